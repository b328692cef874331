//! The fixed part at the start of a line.

use crate::civil::{Civil, Stamp, two_digits};
use crate::level::Level;
use crate::near::leading_number;

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

/// The head of a line with a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    seconds: i64,
    level: Level,
    pid: Option<u32>,
    tid: u64,
    connection: Option<u64>,
    /// Its length.
    len: usize,
}

impl Timed {
    /// The head with what follows it in a record that begins with it.
    #[inline]
    pub(crate) fn of<'b>(&self, record: &'b [u8]) -> Head<'b> {
        Head {
            at: Some(Stamp::Local(Civil { seconds: self.seconds, nanos: 0 })),
            level: Some(self.level),
            pid: self.pid,
            tid: Some(self.tid),
            connection: self.connection,
            startup: false,
            rest: record.get(self.len..).unwrap_or_default(),
        }
    }
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
    let mut heads = Heads::NEW;
    if line.first().is_some_and(u8::is_ascii_digit) {
        Some(heads.timed(line)?.of(line))
    } else {
        startup(line)
    }
}

/// Reads the heads of lines that follow each other: most are of the minute of the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// `2026/11/23 12:00:` as it was read last,
    minute: [u8; 17],
    /// and the seconds from 1970 to it.
    seconds: i64,
}

impl Heads {
    pub(crate) const NEW: Heads = Heads { minute: *b"1970/01/01 00:00:", seconds: 0 };

    /// Parses the head of a line with a time. A line with such a head looks like one, as [`looks_like_head`] has it.
    #[inline]
    pub(crate) fn timed(&mut self, line: &[u8]) -> Option<Timed> {
        let (stamp, rest) = line.split_first_chunk::<21>()?;
        let &[minute @ .., s1, s2, b' ', b'['] = stamp else { return None };
        if minute != self.minute {
            *self = Heads { minute, seconds: seconds_of(minute)? };
        }
        let second = two_digits(s1, s2).filter(|s| *s <= 60)?;
        let (level, rest) = level(rest)?;
        let (pid, rest) = number(rest)?;
        let (tid, rest) = number(rest.strip_prefix(b"#")?)?;
        let rest = rest.strip_prefix(b":")?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let (connection, rest) = connection(rest);
        Some(Timed {
            seconds: self.seconds + i64::from(second),
            level,
            pid: u32::try_from(pid).ok(),
            tid,
            connection,
            len: line.len() - rest.len(),
        })
    }
}

/// Seconds from 1970 to the minute of `2026/11/23 12:00:`.
#[cold]
fn seconds_of(minute: [u8; 17]) -> Option<i64> {
    let [y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2, b' ', h1, h2, b':', n1, n2, b':'] = minute else {
        return None;
    };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let (month, day) = (two_digits(m1, m2)?, two_digits(d1, d2)?);
    Some(Civil::new(i64::from(year), month, day, two_digits(h1, h2)?, two_digits(n1, n2)?, 0)?.seconds)
}

/// `LEVEL] `.
fn level(text: &[u8]) -> Option<(Level, &[u8])> {
    if let Some(rest) = text.strip_prefix(b"error] ") {
        return Some((Level::Error, rest));
    }
    let close = text.iter().take(8).position(|b| *b == b']')?;
    let (name, rest) = text.split_at_checked(close)?;
    Some((Level::from_nginx(name)?, rest.strip_prefix(b"] ")?))
}

#[inline]
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (value, len) = leading_number(text)?;
    Some((value, text.get(len..)?))
}

/// `*5678 ` before the message.
#[inline]
fn connection(text: &[u8]) -> (Option<u64>, &[u8]) {
    let parse = || {
        let (n, rest) = number(text.strip_prefix(b"*")?)?;
        Some((n, rest.strip_prefix(b" ")?))
    };
    parse().map_or((None, text), |(n, rest)| (Some(n), rest))
}

/// `nginx: [emerg] MESSAGE`, or a verdict of `nginx -t` without a level (`src/core/nginx.c: main`,
/// `src/core/ngx_log.c: ngx_log_stderr`). angie writes its own name.
fn startup(line: &[u8]) -> Option<Head<'_>> {
    let rest = line.strip_prefix(b"nginx: ").or_else(|| line.strip_prefix(b"angie: "))?;
    let bracket = rest.strip_prefix(b"[").and_then(level);
    let (level, rest) = bracket.map_or((None, rest), |(l, r)| (Some(l), r));
    Some(Head { at: None, level, pid: None, tid: None, connection: None, startup: true, rest })
}
