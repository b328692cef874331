//! Ranges of addresses: whether an address is one of Cloudflare's edge.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::LazyLock;

/// Ranges of IP addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ranges {
    /// First and last address, sorted; IPv4 as its mapped IPv6 address.
    spans: Vec<(u128, u128)>,
}

/// A line of a list of ranges is neither an address nor a range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangesError {
    line: usize,
    text: String,
}

impl fmt::Display for RangesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return f.write_str("holds no range of addresses");
        }
        write!(f, "line {}: `{}` is no address and no range like 173.245.48.0/20", self.line, self.text)
    }
}

impl std::error::Error for RangesError {}

static CLOUDFLARE: LazyLock<Ranges> =
    LazyLock::new(|| include_str!("../data/cloudflare-ips.txt").parse().unwrap_or_default());

impl Ranges {
    /// The addresses that Cloudflare's edge connects from, as published on the day that the list names
    /// (`data/cloudflare-ips.txt`).
    pub fn cloudflare() -> &'static Ranges {
        &CLOUDFLARE
    }

    /// Whether an address, or a part of a range (`172.68.10.0/24`), is inside. A port or brackets do no harm.
    pub fn contains(&self, address: &[u8]) -> bool {
        let Some((first, last)) = std::str::from_utf8(address).ok().and_then(span) else { return false };
        let after = self.spans.partition_point(|(_, end)| *end < first);
        self.spans.get(after).is_some_and(|(start, _)| *start <= last)
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// One range or address a line; `#` begins a comment.
impl FromStr for Ranges {
    type Err = RangesError;

    fn from_str(text: &str) -> Result<Ranges, RangesError> {
        let mut spans = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = || RangesError { line: number + 1, text: line.chars().take(80).collect() };
            spans.push(span(line).ok_or_else(wrong)?);
        }
        if spans.is_empty() {
            return Err(RangesError { line: 0, text: String::new() });
        }
        spans.sort_unstable();
        Ok(Ranges { spans })
    }
}

/// First and last address of `ADDRESS`, `ADDRESS/BITS`, `[V6]:PORT` or `V4:PORT`.
fn span(text: &str) -> Option<(u128, u128)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let parsed = address.parse().ok().or_else(|| without_port(address)?.parse().ok())?;
    let (number, width) = match parsed {
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let bits: u32 = bits.map_or(Some(width), |b| b.parse().ok()).filter(|b| *b <= width)?;
    let free = width - bits;
    let mask = if free == 128 { u128::MAX } else { (1u128 << free) - 1 };
    Some((number & !mask, number | mask))
}

fn without_port(text: &str) -> Option<&str> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => text.rsplit_once(':').map(|(address, _)| address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_edge() {
        let edge = Ranges::cloudflare();
        assert_eq!(edge.len(), 22);
        for inside in [
            "172.68.10.5",
            "172.64.0.0",
            "172.71.255.255",
            "2606:4700::1",
            "::ffff:172.68.10.5",
            "172.68.10.0/24",
        ] {
            assert!(edge.contains(inside.as_bytes()), "{inside}");
        }
        for outside in
            ["172.63.255.255", "172.72.0.0", "192.0.2.1", "2606:4800::1", "", "x", "172.68.10.5/33"]
        {
            assert!(!edge.contains(outside.as_bytes()), "{outside}");
        }
        assert!(edge.contains(b"172.68.10.5:41022") && edge.contains(b"[2606:4700::1]:443"));
    }

    #[test]
    fn a_range_around_a_range_is_partly_inside() {
        assert!(Ranges::cloudflare().contains(b"172.0.0.0/8"));
    }

    #[test]
    fn a_list_of_ones_own() {
        let own: Ranges = "# test\n192.0.2.0/25 # office\n\n2001:db8::/32\n".parse().unwrap();
        assert!(
            own.contains(b"192.0.2.127") && !own.contains(b"192.0.2.128") && own.contains(b"2001:db8::1")
        );
        assert_eq!(
            "192.0.2.0/25\nhello\n".parse::<Ranges>().unwrap_err().to_string(),
            "line 2: `hello` is no address and no range like 173.245.48.0/20"
        );
        assert_eq!("# none\n".parse::<Ranges>().unwrap_err().to_string(), "holds no range of addresses");
    }
}
