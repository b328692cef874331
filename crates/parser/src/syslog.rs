//! The syslog prefix that carries another program's line.
//!
//! RFC 3164 as nginx itself sends it (`src/core/ngx_syslog.c: ngx_syslog_add_header`) and as rsyslog and
//! journald write it to files, with or without `<PRI>` and host name; and the RFC 3339 stamps that newer
//! rsyslog writes (Debian 12's default).

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while1};
use nom::character::complete::{char, u32 as digits_u32};
use nom::combinator::{map_opt, opt};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};

/// What the prefix says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrier<'b> {
    /// Facility times 8 plus severity, where `<PRI>` stands.
    pub priority: Option<u8>,
    /// When the line was sent or received.
    pub at: Stamp,
    /// The sending machine, where it is named.
    pub host: Option<&'b [u8]>,
    /// The program's name (`nginx`, `php-fpm8.2`).
    pub tag: &'b [u8],
    /// The process id in brackets after the tag.
    pub pid: Option<u32>,
}

/// Takes a syslog prefix off a line; the rest is the carried line. `None` where no prefix stands.
pub fn carrier(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    // Cheap refusal first: most lines that are asked about are continuations of some other record.
    if !matches!(line.first(), Some(b'<' | b'0'..=b'9' | b'A'..=b'Z')) {
        return None;
    }
    prefix(line).ok().map(|(rest, c)| (c, rest))
}

fn prefix(line: &[u8]) -> IResult<&[u8], Carrier<'_>> {
    let (rest, priority) = opt(delimited(char('<'), digits_u32, char('>'))).parse(line)?;
    let (rest, at) = terminated(alt((rfc3164, rfc3339)), char(' ')).parse(rest)?;
    let (rest, first) = terminated(word, char(' ')).parse(rest)?;
    // With `nohostname` the tag comes first, and a tag ends in a colon.
    let (rest, host, tag) = if let Some(tag) = first.strip_suffix(b":") {
        (rest, None, tag)
    } else {
        let (rest, second) =
            terminated(map_opt(word, |w: &[u8]| w.strip_suffix(b":")), opt(char(' '))).parse(rest)?;
        (rest, Some(first), second)
    };
    let (tag, pid) = split_pid(tag);
    let priority = priority.and_then(|p| u8::try_from(p).ok());
    Ok((rest, Carrier { priority, at, host, tag, pid }))
}

fn word(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(|b: u8| b > b' ' && b != 0x7f).parse(input)
}

/// `tag[123]` as tag and process id.
fn split_pid(tag: &[u8]) -> (&[u8], Option<u32>) {
    let inner = || {
        let body = tag.strip_suffix(b"]")?;
        let open = memchr::memrchr(b'[', body)?;
        let pid = number(body.get(open + 1..)?)?;
        Some((body.get(..open)?, u32::try_from(pid).ok()?))
    };
    inner().map_or((tag, None), |(name, pid)| (name, Some(pid)))
}

/// `Nov  3 14:03:07`: the day padded with a blank, no year. A leap year stands in, so that 29 February is a day.
fn rfc3164(input: &[u8]) -> IResult<&[u8], Stamp> {
    map_opt(take(15usize), |text: &[u8]| {
        let &[m1, m2, m3, b' ', d1, d2, b' ', ref time @ ..] = text else { return None };
        let tens = if d1 == b' ' { b'0' } else { d1 };
        let day = Civil::new(1972, month_number(&[m1, m2, m3])?, two_digits(tens, d2)?, 0, 0, 0)?;
        Some(Stamp::Yearless(Civil { seconds: day.seconds + clock(time)?, nanos: 0 }))
    })
    .parse(input)
}

/// `2026-11-23T10:46:33.123456+01:00` or `...Z`.
pub(crate) fn rfc3339(input: &[u8]) -> IResult<&[u8], Stamp> {
    let (rest, mut civil) = map_opt(take(19usize), |text: &[u8]| {
        let (date, time) = text.split_at_checked(10)?;
        let day = dashed_date(date)?;
        let time = clock(time.strip_prefix(b"T")?)?;
        Some(Civil { seconds: day.seconds + time, nanos: 0 })
    })
    .parse(input)?;
    let (rest, nanos) = opt(fraction_part).parse(rest)?;
    civil.nanos = nanos.unwrap_or(0);
    let (rest, offset) = alt((tag("Z").map(|_| 0), numeric_offset)).parse(rest)?;
    Ok((rest, Stamp::Offset(civil, offset)))
}

fn fraction_part(input: &[u8]) -> IResult<&[u8], u32> {
    let (rest, _) = char('.').parse(input)?;
    match fraction(rest) {
        Some((nanos, rest)) => Ok((rest, nanos)),
        None => Err(nom::Err::Error(nom::error::Error::new(rest, nom::error::ErrorKind::Digit))),
    }
}

/// `2026-11-23`.
pub(crate) fn dashed_date(text: &[u8]) -> Option<Civil> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    Civil::new(i64::from(year), two_digits(m1, m2)?, two_digits(d1, d2)?, 0, 0, 0)
}

/// `+01:00` or `+0100`, in seconds.
pub(crate) fn numeric_offset(input: &[u8]) -> IResult<&[u8], i32> {
    let (rest, sign) = alt((char('+'), char('-'))).parse(input)?;
    let (rest, hours) = map_opt(take(2usize), pair).parse(rest)?;
    let (rest, _) = opt(char(':')).parse(rest)?;
    let (rest, minutes) = map_opt(take(2usize), pair).parse(rest)?;
    let seconds = hours * 3600 + minutes * 60;
    Ok((rest, if sign == '-' { -seconds } else { seconds }))
}

fn pair(text: &[u8]) -> Option<i32> {
    let &[a, b] = text else { return None };
    i32::try_from(two_digits(a, b)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_own_syslog_line() {
        let line = b"<187>Nov 23 10:46:33 vm nginx: 2026/11/23 10:46:33 [error] 1#1: x";
        let (c, rest) = carrier(line).unwrap();
        assert_eq!(c.priority, Some(187));
        assert_eq!(c.host, Some(&b"vm"[..]));
        assert_eq!(c.tag, b"nginx");
        assert_eq!(c.pid, None);
        assert_eq!(rest, b"2026/11/23 10:46:33 [error] 1#1: x");
    }

    #[test]
    fn without_host_and_with_padded_day() {
        let (c, rest) = carrier(b"Nov  3 01:02:03 php-fpm8.2[1200]: [WARNING] x").unwrap();
        assert_eq!((c.host, c.tag, c.pid), (None, &b"php-fpm8.2"[..], Some(1200)));
        assert_eq!(c.at, Stamp::Yearless(Civil::new(1972, 11, 3, 1, 2, 3).unwrap()));
        assert_eq!(rest, b"[WARNING] x");
    }

    #[test]
    fn rfc3339_stamp_with_offset() {
        let (c, rest) = carrier(b"2026-11-23T10:46:33.250000+01:00 web1 nginx[7]: nginx: [emerg] x").unwrap();
        let Stamp::Offset(civil, 3600) = c.at else { panic!("{:?}", c.at) };
        assert_eq!(civil.nanos, 250_000_000);
        assert_eq!(c.pid, Some(7));
        assert_eq!(rest, b"nginx: [emerg] x");
    }

    #[test]
    fn other_lines_have_no_prefix() {
        assert!(carrier(b"2026/11/23 10:46:33 [error] 1#1: x").is_none());
        assert!(carrier(b"Nov 31 10:46:33 vm nginx: x").is_none());
        assert!(carrier(b"Stack trace:").is_none());
    }
}
