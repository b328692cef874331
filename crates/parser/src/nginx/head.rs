//! The fixed part at the start of a line.

use crate::civil::{Civil, Stamp, two_digits};
use crate::level::Level;
use crate::near::{leading_number, short_number};

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
    pub(super) seconds: i64,
    pub(super) level: Level,
    pub(super) pid: Option<u32>,
    pub(super) tid: u64,
    pub(super) connection: Option<u64>,
    /// Its length.
    pub(super) len: usize,
}

impl Timed {
    pub(crate) const NONE: Timed =
        Timed { seconds: 0, level: Level::Info, pid: None, tid: 0, connection: None, len: 0 };

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
    let mut timed = Timed::NONE;
    if line.first().is_some_and(u8::is_ascii_digit) {
        { Heads::NEW }.read(line, &mut timed).then(|| timed.of(line))
    } else {
        startup(line)
    }
}

/// Reads the heads of lines that follow each other: most are of the second of the one before, and of its minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
    /// `2026/11/23 12:00:07 ` as it was read last,
    stamp: [u8; 20],
    /// the seconds from 1970 to it,
    seconds: i64,
    /// and those to its minute.
    minute: i64,
}

impl Heads {
    pub(crate) const NEW: Heads = Heads { stamp: *b"1970/01/01 00:00:00 ", seconds: 0, minute: 0 };

    /// Parses the head of a line with a time. A line with such a head looks like one, as [`looks_like_head`] has it.
    /// `false` if it has none: then `head` stays what it was.
    #[inline(always)]
    pub(crate) fn read(&mut self, line: &[u8], head: &mut Timed) -> bool {
        self.usual(line, head).is_some() || self.any(line, head).is_some()
    }

    /// The head of nearly every line, by words: the numbers of processes have less than eight digits. `None` if it is any other.
    #[inline(always)]
    fn usual(&mut self, line: &[u8], head: &mut Timed) -> Option<()> {
        let line = line.first_chunk::<64>()?;
        let (stamp, rest) = line.split_first_chunk::<20>()?;
        if !self.is_last(stamp) {
            self.renew(*stamp)?;
        }
        let (level, len) = level(rest)?;
        let pid_at = 20 + len;
        let word = word_at(line, pid_at)?;
        let digits = short_number(word)?;
        let (pid, hash) = (digits.value(), digits.after(word));
        let tid_at = pid_at + digits.len + 1;
        let word = word_at(line, tid_at)?;
        let (tid, colon, len) = if digits.begin(word) {
            (pid, digits.after(word), digits.len)
        } else {
            let digits = short_number(word)?;
            (digits.value(), digits.after(word), digits.len)
        };
        if (hash, colon) != (b'#', b':') {
            return None;
        }
        let at = tid_at + len + 1;
        let mark = line.get(at..at + 2)?;
        (head.connection, head.len) = if mark == b" *" {
            let (connection, len) = leading_number(line.get(at + 2..)?)?;
            let end = at + 2 + len;
            if line.get(end) != Some(&b' ') {
                return None;
            }
            (Some(connection), end + 1)
        } else if mark.first() == Some(&b' ') {
            (None, at + 1)
        } else {
            return None;
        };
        // Less than eight digits fit.
        head.pid = u32::try_from(pid).ok();
        (head.seconds, head.level, head.tid) = (self.seconds, level, tid);
        Some(())
    }

    #[inline(never)]
    fn any(&mut self, line: &[u8], head: &mut Timed) -> Option<()> {
        let (stamp, rest) = line.split_first_chunk::<20>()?;
        if *stamp != self.stamp {
            self.renew(*stamp)?;
        }
        let (level, len) = level(rest)?;
        let (pid, rest) = number(rest.get(len..)?)?;
        let (tid, rest) = number(rest.strip_prefix(b"#")?)?;
        let rest = rest.strip_prefix(b":")?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let (connection, rest) = connection(rest);
        *head = Timed {
            seconds: self.seconds,
            level,
            pid: u32::try_from(pid).ok(),
            tid,
            connection,
            len: line.len() - rest.len(),
        };
        Some(())
    }

    /// Whether a stamp is the one that was read last.
    #[inline(always)]
    fn is_last(&self, stamp: &[u8; 20]) -> bool {
        let parts = |stamp: &[u8; 20]| {
            let (day, time) = (stamp.first_chunk::<16>(), stamp.last_chunk::<4>());
            (day.map(|b| u128::from_le_bytes(*b)), time.map(|b| u32::from_le_bytes(*b)))
        };
        parts(stamp) == parts(&self.stamp)
    }

    /// Takes another stamp, if it is one.
    #[inline(never)]
    fn renew(&mut self, stamp: [u8; 20]) -> Option<()> {
        let ([minute @ .., s1, s2, b' '], [known @ .., _, _, _]) = (stamp, self.stamp) else { return None };
        let second = two_digits(s1, s2).filter(|s| *s <= 60)?;
        let minute = if minute == known { self.minute } else { seconds_of(minute)? };
        *self = Heads { stamp, seconds: minute + i64::from(second), minute };
        Some(())
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

/// `[LEVEL] `, and its length.
#[inline]
fn level(text: &[u8]) -> Option<(Level, usize)> {
    const fn word(bytes: &[u8; 8]) -> u64 {
        u64::from_le_bytes(*bytes)
    }
    const SEVEN: u64 = u64::MAX >> 8;
    const ERROR: u64 = word(b"[error] ");
    const INFO: u64 = word(b"[info] \0");
    const WARN: u64 = word(b"[warn] \0");
    const CRIT: u64 = word(b"[crit] \0");
    const NOTICE: u64 = word(b"[notice]");
    const ALERT: u64 = word(b"[alert] ");
    const EMERG: u64 = word(b"[emerg] ");
    const DEBUG: u64 = word(b"[debug] ");
    let Some(eight) = text.first_chunk::<8>().map(word) else {
        // Nothing follows: a line of the start that was cut.
        let name = text.strip_prefix(b"[")?.strip_suffix(b"] ")?;
        return Some((Level::from_nginx(name)?, text.len()));
    };
    let found = match eight & SEVEN {
        INFO => (Level::Info, 7),
        WARN => (Level::Warn, 7),
        CRIT => (Level::Crit, 7),
        _ => match eight {
            ERROR => (Level::Error, 8),
            ALERT => (Level::Alert, 8),
            EMERG => (Level::Emerg, 8),
            DEBUG => (Level::Debug, 8),
            NOTICE if text.get(8) == Some(&b' ') => (Level::Notice, 9),
            _ => return None,
        },
    };
    Some(found)
}

/// The eight bytes at a place, the first of them in the lowest byte.
#[inline(always)]
fn word_at(line: &[u8; 64], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*line.get(at..)?.first_chunk()?))
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
    let bracket = level(rest).and_then(|(level, len)| Some((level, rest.get(len..)?)));
    let (level, rest) = bracket.map_or((None, rest), |(l, r)| (Some(l), r));
    Some(Head { at: None, level, pid: None, tid: None, connection: None, startup: true, rest })
}
