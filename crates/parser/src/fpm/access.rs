//! A pool's access log (`sapi/fpm/fpm/fpm_log.c: fpm_log_write`): the default `access.format`, `%R - %u %t "%m %r" %s`,
//! and that of the sample configuration, `%R - %u %t "%m %r%Q%q" %s %f %{milliseconds}d %{kilobytes}M %C%%`, and
//! parts of it.

use std::time::Duration;

use nom::bytes::complete::{tag, take, take_till, take_while_m_n};
use nom::combinator::map_opt;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::civil::{Stamp, clf_time, number};
use crate::syslog::numeric_offset;

/// A request that a worker served. A worker that dies writes no line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FpmAccess<'b> {
    /// The FastCGI peer: the web server, `-` on a unix socket. Never the visitor.
    pub remote: &'b [u8],
    /// Authenticated user; mostly empty.
    pub user: &'b [u8],
    /// Method and script URI, with the query where the format has it, without protocol.
    pub request: &'b [u8],
    /// Status that PHP answered with.
    pub status: u16,
    /// Path of the script (`%f`); `None` where it is not logged, or no script was found.
    pub script: Option<&'b [u8]>,
    /// How long the request took (`%{milliseconds}d`). `None` where the line has no memory after it: then the unit
    /// cannot be told, since seconds (`%d`) are written with three decimals, too.
    pub duration: Option<Duration>,
    /// Peak memory in bytes (`%M`). Its unit is told by its size.
    pub memory: Option<u64>,
    /// Share of a processor that the request used, in percent (`%C%%`).
    pub cpu: Option<f32>,
    /// The whole line.
    pub text: &'b [u8],
}

impl<'b> FpmAccess<'b> {
    pub(crate) fn parse(line: &'b [u8]) -> Option<(Stamp, FpmAccess<'b>)> {
        let body = line.strip_suffix(b"\r").unwrap_or(line);
        let (rest, (at, access)) = access(body).ok()?;
        let columns = Columns::parse(rest)?;
        let duration = columns.milliseconds.filter(|_| columns.memory.is_some());
        let Columns { script, memory, cpu, .. } = columns;
        Some((at, FpmAccess { script, duration, memory, cpu, text: body, ..access }))
    }
}

fn access(input: &[u8]) -> IResult<&[u8], (Stamp, FpmAccess<'_>)> {
    let blank = |b: u8| b == b' ';
    let (rest, remote) = terminated(take_till(blank), tag(" - ")).parse(input)?;
    let (rest, user) = terminated(take_till(blank), tag(" ")).parse(rest)?;
    let (rest, civil) = terminated(map_opt(take(20usize), clf_time), tag(" ")).parse(rest)?;
    let (rest, offset) = terminated(numeric_offset, tag(" \"")).parse(rest)?;
    // A script's name may hold quotes: the last one is php-fpm's.
    let end = memchr::memmem::rfind(rest, b"\" ").unwrap_or(rest.len());
    let (rest, request) = map_opt(terminated(take(end), tag("\" ")), without_protocol).parse(rest)?;
    let (rest, status) = map_opt(take_while_m_n(3, 3, |b: u8| b.is_ascii_digit()), number).parse(rest)?;
    let status = u16::try_from(status).unwrap_or(0);
    let bare = FpmAccess {
        remote,
        user,
        request,
        status,
        script: None,
        duration: None,
        memory: None,
        cpu: None,
        text: b"",
    };
    Ok((rest, (Stamp::Offset(civil, offset), bare)))
}

/// Web servers write the protocol, php-fpm does not.
fn without_protocol(request: &[u8]) -> Option<&[u8]> {
    let protocol = request.rsplit(|b| *b == b' ').next().is_some_and(|last| last.starts_with(b"HTTP/"));
    (!protocol).then_some(request)
}

/// What follows the status.
#[derive(Default)]
struct Columns<'b> {
    script: Option<&'b [u8]>,
    milliseconds: Option<Duration>,
    memory: Option<u64>,
    cpu: Option<f32>,
}

impl<'b> Columns<'b> {
    /// Columns are told by their shape, each once at most; `None` where something else stands there.
    fn parse(rest: &'b [u8]) -> Option<Columns<'b>> {
        let mut columns = Columns::default();
        if rest.is_empty() {
            return Some(columns);
        }
        let mut rest = rest.strip_prefix(b" ")?;
        // The path of a script may have blanks, so the figures are taken off before and after it.
        while let Some((before, _)) = split_last(rest).filter(|(_, last)| columns.take(last)) {
            let Some(before) = before else { return Some(columns) };
            rest = before;
        }
        while let Some((_, after)) = split_first(rest).filter(|(first, _)| columns.take(first)) {
            rest = after;
        }
        match rest {
            b"-" => Some(columns),
            [b'/', ..] => Some(Columns { script: Some(rest), ..columns }),
            _ => None,
        }
    }

    /// Takes a figure; `false` where it is none, or one that is there already.
    fn take(&mut self, token: &[u8]) -> bool {
        if let Some(percent) = token.strip_suffix(b"%") {
            return set(&mut self.cpu, decimal(percent));
        }
        if let Some(value) = milliseconds(token) {
            return set(&mut self.milliseconds, Some(value));
        }
        set(&mut self.memory, memory(token))
    }
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let free = slot.is_none() && value.is_some();
    if free {
        *slot = value;
    }
    free
}

/// The last word, and what is before it, if anything.
fn split_last(text: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    match memchr::memrchr(b' ', text) {
        Some(at) => Some((Some(text.get(..at)?), text.get(at + 1..)?)),
        None => Some((None, text)),
    }
}

/// The first word, and what is after it.
fn split_first(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `12.34`.
fn decimal(text: &[u8]) -> Option<f32> {
    let plain = text.len() <= 12 && text.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

/// `54.365`: three decimals.
fn milliseconds(text: &[u8]) -> Option<Duration> {
    let (whole, fraction) = text.split_at_checked(text.len().checked_sub(4)?)?;
    let micros = number(fraction.strip_prefix(b".")?)?;
    // Longer than 31 years is no request.
    let whole = number(whole).filter(|ms| *ms < 1_000_000_000_000)?;
    Some(Duration::from_micros(whole * 1000 + micros))
}

/// The peak of PHP's memory manager, which takes memory from the system in pieces of 2 MiB: at least 2 in megabytes,
/// 2048 in kilobytes and 2097152 in bytes.
fn memory(text: &[u8]) -> Option<u64> {
    let figure = number(text).filter(|n| *n < 1 << 50)?;
    let unit = match figure {
        0..2048 => 1 << 20,
        2048..0x20_0000 => 1 << 10,
        _ => 1,
    };
    Some(figure * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Script, microseconds, memory and processor.
    type Figures = (Option<&'static str>, Option<u64>, Option<u64>, Option<f32>);

    fn parse(rest: &str) -> Option<Figures> {
        let line = format!("- -  23/Nov/2026:15:31:54 +0000 \"GET /a.php?a=1&b=\"x\" 200\"{rest}");
        // Leaked, so that the script can be told: tests run not for long.
        let (_, a) = FpmAccess::parse(Box::leak(line.into_boxed_str()).as_bytes())?;
        assert_eq!(a.request, b"GET /a.php?a=1&b=\"x\" 200");
        let script = a.script.map(|s| std::str::from_utf8(s).unwrap());
        let micros = a.duration.map(|d| u64::try_from(d.as_micros()).unwrap());
        Some((script, micros, a.memory, a.cpu))
    }

    #[test]
    fn columns_of_the_sample_configuration() {
        assert_eq!(parse(" 200"), Some((None, None, None, None)));
        assert_eq!(
            parse(" 200 /srv/a.php 54.365 131072 91.97%"),
            Some((Some("/srv/a.php"), Some(54_365), Some(131_072 << 10), Some(91.97)))
        );
        assert_eq!(parse(" 404 - 0.089 65536 0.00%"), Some((None, Some(89), Some(65_536 << 10), Some(0.0))));
        assert_eq!(
            parse(" 200 /srv/My Site/a 2 b.php 0.525 2048 0.00%"),
            Some((Some("/srv/My Site/a 2 b.php"), Some(525), Some(2 << 20), Some(0.0)))
        );
    }

    #[test]
    fn parts_of_it_and_other_orders() {
        assert_eq!(parse(" 200 /srv/a.php"), Some((Some("/srv/a.php"), None, None, None)));
        assert_eq!(parse(" 200 0.525"), Some((None, None, None, None)));
        assert_eq!(parse(" 200 0.525 2048"), Some((None, Some(525), Some(2 << 20), None)));
        assert_eq!(
            parse(" 200 0.525 2048 /srv/a.php"),
            Some((Some("/srv/a.php"), Some(525), Some(2 << 20), None))
        );
        assert_eq!(parse(" 200 -"), Some((None, None, None, None)));
    }

    #[test]
    fn the_unit_of_memory_is_told_by_its_size() {
        for (figure, bytes) in [("2", 2 << 20), ("128", 128 << 20), ("2048", 2 << 20), ("131072", 128 << 20)]
        {
            assert_eq!(parse(&format!(" 200 {figure}")).unwrap().2, Some(bytes), "{figure}");
        }
        assert_eq!(parse(" 200 2097152").unwrap().2, Some(2 << 20));
    }

    #[test]
    fn other_columns_are_of_another_log() {
        for rest in [
            " 200 ",
            " 200  2048",
            " 200 2048 4096",
            " 200 x",
            " 200 5 \"-\"",
            " 200 1.5% 2.5%",
            " 200 %",
            " 200 2,5%",
            " 200 99999999999999999999",
        ] {
            assert_eq!(parse(rest), None, "{rest}");
        }
        for line in [
            "192.0.2.1 - - 23/Nov/2026:15:31:54 +0000 \"GET /a.php HTTP/1.1\" 200 2048",
            "192.0.2.1 - - 23/Nov/2026:15:31:54 +0000 \"GET /a.php HTTP/2.0\" 200 5 \"-\" \"curl/8\"",
            "192.0.2.1 - - [23/Nov/2026:15:31:54 +0000] \"GET /a.php\" 200 2048",
        ] {
            assert!(FpmAccess::parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
