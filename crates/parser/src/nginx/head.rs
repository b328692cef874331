//! The fixed part at the start of a line.

use crate::civil::{Civil, Stamp, clock, number, two_digits};
use crate::level::Level;

/// The head of a line and what follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'b> {
    pub(crate) at: Option<Stamp>,
    pub(crate) level: Option<Level>,
    pub(crate) pid: Option<u32>,
    pub(crate) tid: Option<u64>,
    pub(crate) connection: Option<u64>,
    pub(crate) startup: bool,
    pub(crate) rest: &'b [u8],
}

/// Whether the line begins as one with a time does. Cheap: asked for every line of a log.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    let Some(&[y1, _, _, y4, b'/', m1, m2, b'/', d1, d2, b' ', h1, h2, b':', _, _, b':', s1, s2, b' ', b'[']) =
        line.first_chunk::<21>()
    else {
        return false;
    };
    [y1, y4, m1, m2, d1, d2, h1, h2, s1, s2].iter().all(u8::is_ascii_digit)
        && line.get(21..).is_some_and(|rest| goes_on(rest).is_some())
}

/// Whether `LEVEL] PID#TID:` follows. Other programs write such times too, and what they print can stand inside
/// a record. A line that ends before the colon is a torn one of nginx.
fn goes_on(rest: &[u8]) -> Option<&[u8]> {
    let rest = exactly(some(rest, u8::is_ascii_lowercase)?, b"] ")?;
    let rest = exactly(some(rest, u8::is_ascii_digit)?, b"#")?;
    exactly(some(rest, u8::is_ascii_digit)?, b":")
}

/// Takes off at least one such byte, or nothing where the line is at its end.
fn some(text: &[u8], of: impl Fn(&u8) -> bool) -> Option<&[u8]> {
    let len = text.iter().take_while(|b| of(b)).count();
    if len == 0 && !text.is_empty() { None } else { text.get(len..) }
}

/// Takes off this, or as much of it as is there where the line ends inside it.
fn exactly<'b>(text: &'b [u8], wanted: &[u8]) -> Option<&'b [u8]> {
    text.strip_prefix(wanted).or_else(|| if wanted.starts_with(text) { Some(&b""[..]) } else { None })
}

/// Parses the head of a line with a time, or of a start-up line.
pub(crate) fn head(line: &[u8]) -> Option<Head<'_>> {
    if line.first().is_some_and(u8::is_ascii_digit) { timed(line) } else { startup(line) }
}

fn timed(line: &[u8]) -> Option<Head<'_>> {
    let (stamp, rest) = line.split_at_checked(19)?;
    let (date, time) = stamp.split_at_checked(10)?;
    let day = date_of(date)?;
    let civil = Civil { seconds: day + clock(time.strip_prefix(b" ")?)?, nanos: 0 };
    let rest = rest.strip_prefix(b" [")?;
    let close = rest.iter().take(8).position(|b| *b == b']')?;
    let level = Level::from_nginx(rest.get(..close)?)?;
    let rest = rest.get(close + 1..)?.strip_prefix(b" ")?;
    let (pid, rest) = leading_number(rest)?;
    let (tid, rest) = leading_number(rest.strip_prefix(b"#")?)?;
    let rest = rest.strip_prefix(b":")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (connection, rest) = connection(rest);
    Some(Head {
        at: Some(Stamp::Local(civil)),
        level: Some(level),
        pid: u32::try_from(pid).ok(),
        tid: Some(tid),
        connection,
        startup: false,
        rest,
    })
}

/// Seconds from 1970 to the day of `2026/11/23`.
fn date_of(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2] = text else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    Some(Civil::new(i64::from(year), two_digits(m1, m2)?, two_digits(d1, d2)?, 0, 0, 0)?.seconds)
}

fn leading_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let len = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    Some((number(digits)?, rest))
}

/// `*5678 ` before the message.
fn connection(text: &[u8]) -> (Option<u64>, &[u8]) {
    let parse = || {
        let (n, rest) = leading_number(text.strip_prefix(b"*")?)?;
        Some((n, rest.strip_prefix(b" ")?))
    };
    parse().map_or((None, text), |(n, rest)| (Some(n), rest))
}

/// `nginx: [emerg] MESSAGE`, or a verdict of `nginx -t` without a level (`src/core/nginx.c: main`,
/// `src/core/ngx_log.c: ngx_log_stderr`). angie writes its own name.
fn startup(line: &[u8]) -> Option<Head<'_>> {
    let rest = line.strip_prefix(b"nginx: ").or_else(|| line.strip_prefix(b"angie: "))?;
    let bracket = || {
        let inner = rest.strip_prefix(b"[")?;
        let close = inner.iter().take(8).position(|b| *b == b']')?;
        let level = Level::from_nginx(inner.get(..close)?)?;
        Some((level, inner.get(close + 1..)?.strip_prefix(b" ")?))
    };
    let (level, rest) = bracket().map_or((None, rest), |(l, r)| (Some(l), r));
    Some(Head { at: None, level, pid: None, tid: None, connection: None, startup: true, rest })
}
