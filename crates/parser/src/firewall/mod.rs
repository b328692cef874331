//! Programs that keep addresses out: fail2ban, lfd, Imunify360, ModSecurity, and packets that the kernel logs for a
//! firewall.

use std::net::IpAddr;

pub(crate) mod audit;
pub(crate) mod fail2ban;
pub(crate) mod guards;
mod modsecurity;
pub(crate) mod packet;

pub use audit::Audit;
pub use fail2ban::{Fail2ban, Fail2banVerb};
pub use guards::{Guard, GuardProgram, GuardVerb};
pub use modsecurity::{ModSecurity, Verdict};
pub use packet::{Packet, TcpFlags};

use crate::civil::{Civil, clock, number};
use crate::level::Level;
use crate::syslog::dashed_date;

/// The longest address with a prefix length: `0000:...:0000:255.255.255.255/128`.
const LONGEST_ADDRESS: usize = 49;

/// The text where it is an address, or a network (`172.68.10.0/24`).
fn address(text: &[u8]) -> Option<&[u8]> {
    // Cheap refusal first: words of prose are asked about, too.
    let shape = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'/');
    if text.len() > LONGEST_ADDRESS || !text.iter().all(shape) {
        return None;
    }
    let plain = std::str::from_utf8(text).ok()?;
    let (host, bits) = plain.split_once('/').map_or((plain, None), |(host, bits)| (host, Some(bits)));
    let host: IpAddr = host.parse().ok()?;
    let width = if host.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|b| number(b.as_bytes()).is_some_and(|b| b <= width)).then_some(text)
}

/// `2026-11-22 14:03:07,123`, the time of Python's `logging` (`Formatter.formatTime`), and what follows it.
fn python_time(text: &[u8]) -> Option<(Civil, &[u8])> {
    let (time, rest) = text.split_at_checked(23)?;
    let (date, time) = time.split_at_checked(10)?;
    let (time, millis) = time.strip_prefix(b" ")?.split_at_checked(8)?;
    let millis = u32::try_from(number(millis.strip_prefix(b",")?)?).ok()?;
    let seconds = dashed_date(date)?.seconds + clock(time)?;
    Some((Civil { seconds, nanos: millis * 1_000_000 }, rest))
}

/// The level of a name of Python's `logging`, with those that fail2ban adds (`fail2ban/__init__.py`): `MSG` is
/// finer than `INFO`, and numbers without a name are written `#18-Lev.`.
fn python_level(name: &[u8]) -> Option<Level> {
    Some(match name {
        b"CRITICAL" | b"FATAL" => Level::Crit,
        b"ERROR" => Level::Error,
        b"WARNING" | b"WARN" => Level::Warn,
        b"NOTICE" => Level::Notice,
        b"INFO" => Level::Info,
        b"MSG" | b"DEBUG" | b"TRACE" | b"TRACEDEBUG" | b"HEAVY" | b"HEAVYDEBUG" | b"NOTSET" => Level::Debug,
        _ => match number(name.strip_prefix(b"#")?.strip_suffix(b"-Lev.")?)? {
            0..20 => Level::Debug,
            20..25 => Level::Info,
            25..30 => Level::Notice,
            30..40 => Level::Warn,
            40..50 => Level::Error,
            _ => Level::Crit,
        },
    })
}

/// What stands before a byte, and what after it.
fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(memchr::memchr(at, text)?)?;
    Some((before, rest.get(1..)?))
}

/// The first word, which ends at a blank or at the end, and what follows the blanks after it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    cut(text, b' ').map_or((text, &[][..]), |(word, rest)| (word, rest.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks() {
        for yes in [
            "172.68.10.5",
            "172.68.10.0/24",
            "2606:4700::1",
            "2606:4700::/32",
            "::ffff:172.68.10.5",
            "2606:4700:0000:0000:0000:0000:0000:0001",
        ] {
            assert_eq!(address(yes.as_bytes()), Some(yes.as_bytes()));
        }
        for no in
            ["", "root", "172.68.10", "172.68.10.5/33", "172.68.10.5,", "::/129", "1.2.3.4/", "deadbeef"]
        {
            assert_eq!(address(no.as_bytes()), None, "{no}");
        }
    }

    #[test]
    fn levels_of_python() {
        let of = |name: &str| python_level(name.as_bytes());
        assert_eq!(of("CRITICAL"), Some(Level::Crit));
        assert_eq!(of("WARNING"), Some(Level::Warn));
        assert_eq!(of("MSG"), Some(Level::Debug));
        assert_eq!(of("HEAVYDEBUG"), Some(Level::Debug));
        assert_eq!(of("#18-Lev."), Some(Level::Debug));
        assert_eq!(of("#45-Lev."), Some(Level::Error));
        assert_eq!(of("info"), None);
        assert_eq!(of("[sshd]"), None);
    }
}
