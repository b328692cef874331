//! The prefix that syslog and the journal put before another program's line.
//!
//! RFC 3164 as nginx itself sends it (`src/core/ngx_syslog.c: ngx_syslog_add_header`) and as rsyslog, busybox and
//! `journalctl` write it; the RFC 3339 stamps that newer rsyslog writes (Debian 12's default); RFC 5424; and the other
//! short forms of `journalctl -o` (systemd `src/shared/logs-show.c: output_short`).

use nom::branch::alt;
use nom::bytes::complete::{tag, take};
use nom::character::complete::char;
use nom::combinator::{map_opt, opt};
use nom::{IResult, Parser};

use crate::civil::{Civil, Stamp, clock, fraction, month_number, number, two_digits};
use crate::level::Level;
use crate::system::dmesg;

/// What the prefix says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrier<'b> {
    /// Facility times 8 plus severity, where `<PRI>` or busybox's `daemon.err` stands.
    pub priority: Option<u8>,
    /// When the line was sent or received.
    pub at: Stamp,
    /// The zone's abbreviation where one is written (`journalctl -o short-full`) that is not UTC.
    pub zone: Option<&'b [u8]>,
    /// The sending machine, where it is named.
    pub host: Option<&'b [u8]>,
    /// The program's name (`nginx`, `php-fpm8.2`; `(nginx)` while systemd prepares to run it). It may hold blanks.
    /// Empty on `last message repeated 3 times`.
    pub tag: &'b [u8],
    /// The process id in brackets after the tag.
    pub pid: Option<u32>,
    /// How many times more the message came, where rsyslog writes that instead of repeating it
    /// (`runtime/ratelimit.c: ratelimitGenRepMsg`). The message is cut at 800 bytes then.
    pub repeated: Option<u32>,
}

impl Carrier<'_> {
    /// The severity of the priority (RFC 5424, 6.2.1), as a level.
    pub fn level(&self) -> Option<Level> {
        Level::ALL.get(usize::from(self.priority? % 8)).copied()
    }
}

/// Whether a line is of the tool that showed the log: `-- Boot 9a0c... --` and the other lines that journalctl puts
/// between entries (`src/journal/journalctl.c`), or `==> FILE <==` of tail.
pub(crate) fn is_marker(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    if let Some(name) = line.strip_prefix(b"==> ").and_then(|l| l.strip_suffix(b" <==")) {
        return !name.is_empty();
    }
    // `journalctl -x` explains entries in lines that begin so; without UTF-8 they begin with `-- `.
    if line.starts_with("\u{2591}\u{2591}".as_bytes()) {
        return true;
    }
    let Some(words) = line.strip_prefix(b"-- ") else { return false };
    let explains: [&[u8]; 4] = [b"cursor: ", b"Subject: ", b"Defined-By: ", b"Support: "];
    if explains.iter().any(|w| words.starts_with(w)) {
        return true;
    }
    let Some(words) = words.strip_suffix(b" --") else { return false };
    match words.strip_prefix(b"Boot ") {
        Some(id) => !id.is_empty() && id.iter().all(u8::is_ascii_hexdigit),
        None => {
            matches!(words, b"Reboot" | b"No entries")
                || words.starts_with(b"Journal begins at ")
                || words.starts_with(b"Logs begin at ")
        }
    }
}

/// Takes a syslog prefix off a line; the rest is the carried line. `None` where no prefix stands.
pub fn carrier(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    // By first bytes: most lines that are asked about are continuations of some other record.
    let (mut carrier, rest) = match line {
        [b'<', b'0'..=b'9', ..] => prioritized(line)?,
        [b'[', b' ' | b'0'..=b'9', ..] => since_start(line)?,
        [b'0'..=b'9' | b'A'..=b'Z', ..] => dated(line)?,
        _ => return None,
    };
    let rest = match repetition(rest) {
        Some((times, inner)) => {
            carrier.repeated = Some(times);
            inner
        }
        None => rest,
    };
    // The journal took the name of the process for the tag then.
    if let Some((tag, pid, rest)) = carrier.host.and_then(|host| named_again(host, rest)) {
        return Some((Carrier { tag, pid: pid.or(carrier.pid), ..carrier }, rest));
    }
    Some((carrier, rest))
}

/// Tag and message behind the machine's name. nginx sends it to a local socket too, unless `nohostname` is set, where
/// syslog daemons expect none: `web1 web1 nginx: MSG`.
fn named_again<'b>(host: &[u8], rest: &'b [u8]) -> Option<(&'b [u8], Option<u32>, &'b [u8])> {
    let (again, rest) = word(rest)?;
    is_same_host(host, again).then_some(())?;
    own_tag(rest)
}

/// A tag without blanks, and what follows.
fn own_tag(text: &[u8]) -> Option<(&[u8], Option<u32>, &[u8])> {
    word(text)?.0.ends_with(b":").then_some(())?;
    tagged(text)
}

/// Whether two names are of one machine: one may have its domain, and nginx writes small letters.
fn is_same_host(one: &[u8], other: &[u8]) -> bool {
    let short = |name: &'_ [u8]| name.iter().position(|b| *b == b'.').unwrap_or(name.len());
    let (a, b) = (one.get(..short(one)), other.get(..short(other)));
    a.zip(b).is_some_and(|(a, b)| !a.is_empty() && a.eq_ignore_ascii_case(b))
}

/// A stamp of RFC 3339 at the start of a text, and what follows it.
pub(crate) fn rfc3339_stamp(text: &[u8]) -> Option<(Stamp, &[u8])> {
    rfc3339(text).ok().map(|(rest, at)| (at, rest))
}

/// Takes time and host off a line that bears no tag; the tag is empty then.
pub(crate) fn untagged(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let (at, zone, rest) = time(line)?;
    let (host, rest) = word(rest.strip_prefix(b" ")?)?;
    let host = Some(host).filter(|h| is_host(h))?;
    Some((Carrier { priority: None, at, zone, host: Some(host), tag: b"", pid: None, repeated: None }, rest))
}

/// `<30>` and what follows: RFC 5424 has its version there, all else a time.
fn prioritized(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let (priority, rest) = priority(line)?;
    let (carrier, rest) = match rest.strip_prefix(b"1 ") {
        Some(rest) => rfc5424(rest)?,
        None => dated(rest)?,
    };
    Some((Carrier { priority, ..carrier }, rest))
}

/// The number in `<...>`, where it is one of syslog's, and what follows.
pub(crate) fn priority(line: &[u8]) -> Option<(Option<u8>, &[u8])> {
    let rest = line.strip_prefix(b"<")?;
    let close = memchr::memchr(b'>', rest.get(..rest.len().min(6))?)?;
    let value = number(rest.get(..close)?)?;
    Some((u8::try_from(value).ok().filter(|p| *p < 192), rest.get(close + 1..)?))
}

/// `TIME HOST TAG PID MSGID DATA MESSAGE`, where `-` stands for what is not known.
fn rfc5424(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let (stamp, rest) = word(line)?;
    let (_, at) = rfc3339(stamp).ok().filter(|(after, _)| after.is_empty())?;
    let (host, rest) = word(rest)?;
    let (tag, rest) = word(rest)?;
    let (pid, rest) = word(rest)?;
    let (_, rest) = word(rest)?;
    let rest = structured_data(rest)?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    // rsyslog keeps the blank after the colon of a tag that it turned into this form.
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    let pid = number(pid).and_then(|p| u32::try_from(p).ok());
    // As in `named_again`: the machine's name was taken for the tag.
    let named = own_tag(rest).filter(|(own, _, _)| pid.is_none() && is_same_host(host, tag) && *own != tag);
    let (tag, pid, rest) = named.unwrap_or((tag, pid, rest));
    let carrier = Carrier {
        priority: None,
        at,
        zone: None,
        host: (host != b"-").then_some(host),
        tag: if tag == b"-" { b"" } else { tag },
        pid,
        repeated: None,
    };
    Some((carrier, rest))
}

/// What follows `-` or `[id key="value"][...]`. In values `\"`, `\\` and `\]` stand for the second byte.
fn structured_data(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return Some(rest);
    }
    let mut rest = text;
    while let Some(element) = rest.strip_prefix(b"[") {
        let mut quoted = false;
        let mut escaped = false;
        let close = element.iter().position(|b| {
            if escaped {
                escaped = false;
            } else {
                match b {
                    b'\\' => escaped = quoted,
                    b'"' => quoted = !quoted,
                    b']' => return !quoted,
                    _ => {}
                }
            }
            false
        })?;
        rest = element.get(close + 1..)?;
    }
    (rest.len() < text.len()).then_some(rest)
}

/// `[ 4848.848801] web1 kernel: MSG` of `journalctl -o short-monotonic`. dmesg writes the same time, and after it the
/// message at once: only a host name with a tag that cannot be the message's own words tells them apart.
fn since_start(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let (at, rest) = dmesg::uptime(line)?;
    let (host, rest) = word(rest.strip_prefix(b" ")?)?;
    let (tag, pid, rest) = tagged(rest).filter(|_| is_host(host))?;
    // A process may have any name: one that crashed a blank in it, one that was killed the end of a tag.
    let crash = rest.starts_with(b"segfault at ");
    let kill = memchr::memmem::find(tag, b": Killed process ").is_some();
    ((pid.is_some() && !crash && !kill) || tag == b"kernel").then_some(())?;
    Some((Carrier { priority: None, at, zone: None, host: Some(host), tag, pid, repeated: None }, rest))
}

/// A time, then host and tag.
fn dated(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let (at, zone, rest) = time(line)?;
    let rest = rest.strip_prefix(b" ")?;
    let carrier = Carrier { priority: None, at, zone, host: None, tag: b"", pid: None, repeated: None };
    if last_repeated(rest).is_some() {
        return Some((carrier, rest));
    }
    let (first, after) = word(rest)?;
    // With `nohostname` the tag comes first, and a tag ends in a colon.
    if first.ends_with(b":") {
        let (tag, pid, rest) = tagged(rest)?;
        return Some((Carrier { tag, pid, ..carrier }, rest));
    }
    let carrier = Carrier { host: Some(first).filter(|h| is_host(h)), ..carrier };
    carrier.host?;
    if last_repeated(after).is_some() {
        return Some((carrier, after));
    }
    if let Some((priority, after)) = named_priority(after) {
        // busybox's own lines have no tag: `syslogd started: BusyBox v1.35.0`.
        let (tag, pid, rest) = tagged(after).unwrap_or((b"", None, after));
        return Some((Carrier { priority: Some(priority), tag, pid, ..carrier }, rest));
    }
    let (tag, pid, rest) = named_again(first, after).or_else(|| tagged(after))?;
    Some((Carrier { tag, pid, ..carrier }, rest))
}

/// A time, the zone that it names, and what follows.
type Time<'b> = (Stamp, Option<&'b [u8]>, &'b [u8]);

/// A time in any form.
fn time(line: &[u8]) -> Option<Time<'_>> {
    let plain = |(rest, at)| (at, None, rest);
    match *line.first_chunk::<5>()? {
        [b'0'..=b'9', _, _, _, b'-'] => rfc3339(line).ok().map(plain),
        [b'0'..=b'9', ..] => unix(line),
        [_, _, _, b' ', b'0'..=b'9' | b' '] if is_weekday(line) => full(line),
        [a, b, c, b' ', _] if month_number(&[a, b, c]).is_some() => rfc3164(line).ok().map(plain),
        _ => None,
    }
}

/// `journalctl -o short-unix`: `1795447976.805108`.
fn unix(line: &[u8]) -> Option<Time<'_>> {
    let (seconds, rest) = line.split_at_checked(10)?;
    let (nanos, rest) = fraction(rest.strip_prefix(b".")?)?;
    let seconds = i64::try_from(number(seconds)?).ok()?;
    Some((Stamp::Offset(Civil { seconds, nanos }, 0), None, rest))
}

fn is_weekday(line: &[u8]) -> bool {
    let days: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    line.get(..3).is_some_and(|name| days.contains(&name))
}

/// `journalctl -o short-full`: `Sun 2026-11-22 14:03:07 UTC`. Zones without a name are written as `-03` or `+0530`.
fn full(line: &[u8]) -> Option<Time<'_>> {
    let (date, rest) = line.get(4..)?.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(b" ")?.split_at_checked(8)?;
    let (nanos, rest) = match rest.strip_prefix(b".") {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    let civil = Civil { seconds: dashed_date(date)?.seconds + clock(time)?, nanos };
    let rest = rest.strip_prefix(b" ")?;
    let end = memchr::memchr(b' ', rest.get(..rest.len().min(8))?)?;
    let (zone, rest) = rest.split_at_checked(end)?;
    let sign = match zone {
        b"UTC" | b"GMT" => return Some((Stamp::Offset(civil, 0), None, rest)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ if zone.iter().all(u8::is_ascii_alphabetic) => {
            return Some((Stamp::Local(civil), Some(zone), rest));
        }
        _ => return None,
    };
    let &[h1, h2, ref minutes @ ..] = zone.get(1..)? else { return None };
    let minutes = if minutes.is_empty() { 0 } else { pair(minutes)? };
    Some((Stamp::Offset(civil, sign * (pair(&[h1, h2])? * 3600 + minutes * 60)), None, rest))
}

/// The bytes up to a blank, and what follows it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // No name is longer (RFC 5424, 6: 255 bytes for a host), and a line may be.
    let end = text.iter().take(256).position(|b| *b <= b' ' || *b == 0x7f)?;
    let rest = text.get(end..)?.strip_prefix(b" ")?;
    Some((text.get(..end).filter(|w| !w.is_empty())?, rest))
}

/// A host's name or address; a relay may write `source@host/address`.
fn is_host(word: &[u8]) -> bool {
    word.iter().all(|b| b.is_ascii_alphanumeric() || b".-_:@/%".contains(b) || !b.is_ascii())
        && !word.ends_with(b":")
}

/// `tag: `, `tag[123]: `, and with a process id also a tag with blanks (journald takes any): tag, pid, what follows.
fn tagged(text: &[u8]) -> Option<(&[u8], Option<u32>, &[u8])> {
    let head = text.get(..text.len().min(128))?;
    let line = memchr::memchr(b'\n', head).unwrap_or(head.len());
    let head = head.get(..line)?;
    let first = memchr::memchr(b' ', head).unwrap_or(head.len());
    let (tag, pid, end) = match head.get(..first)?.strip_suffix(b":") {
        Some(tag) => {
            let (tag, pid) = split_pid(tag);
            (tag, pid, first)
        }
        None => {
            let close = memchr::memmem::find(head, b"]:")?;
            let (tag, pid) = split_pid(head.get(..=close)?);
            (tag, Some(pid?), close + 2)
        }
    };
    let rest = text.get(end..).filter(|_| !tag.is_empty())?;
    Some((tag, pid, rest.strip_prefix(b" ").unwrap_or(rest)))
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

const FACILITIES: [&[u8]; 12] = [
    b"kern",
    b"user",
    b"mail",
    b"daemon",
    b"auth",
    b"syslog",
    b"lpr",
    b"news",
    b"uucp",
    b"cron",
    b"authpriv",
    b"ftp",
];

/// The number of a facility's name (RFC 5424, table 1).
pub(crate) fn facility(name: &[u8]) -> Option<u8> {
    if let Some(&[digit @ b'0'..=b'7']) = name.strip_prefix(b"local") {
        return Some(16 + digit - b'0');
    }
    FACILITIES.iter().position(|f| *f == name).and_then(|place| u8::try_from(place).ok())
}

/// The level of a severity's name.
pub(crate) fn severity(name: &[u8]) -> Option<Level> {
    match name {
        b"err" => Some(Level::Error),
        b"warning" => Some(Level::Warn),
        b"panic" => Some(Level::Emerg),
        name => Level::from_nginx(name),
    }
}

/// `daemon.err ` before the tag, as busybox writes it (`sysklogd/syslogd.c: parse_fac_prio_20`).
fn named_priority(text: &[u8]) -> Option<(u8, &[u8])> {
    let end = memchr::memchr(b' ', text.get(..text.len().min(20))?)?;
    let name = text.get(..end)?;
    let (facility_name, level) = name.split_at_checked(memchr::memchr(b'.', name)?)?;
    let level = severity(level.get(1..)?)?;
    let level = u8::try_from(Level::ALL.iter().position(|l| *l == level)?).ok()?;
    Some((facility(facility_name)? * 8 + level, text.get(end + 1..)?))
}

/// What rsyslog writes for a message that came again, and what it was where that is told.
fn repetition(text: &[u8]) -> Option<(u32, &[u8])> {
    if let Some(times) = last_repeated(text) {
        return Some((times, text));
    }
    let (times, rest) = times(text.strip_prefix(b"message repeated ")?)?;
    let inner = rest.strip_prefix(b": [")?;
    let inner = inner.strip_prefix(b" ").unwrap_or(inner);
    Some((times, inner.strip_suffix(b"]").unwrap_or(inner)))
}

/// `last message repeated 3 times`: which message it was, the line before tells.
fn last_repeated(text: &[u8]) -> Option<u32> {
    let (times, rest) = times(text.strip_prefix(b"last message repeated ")?)?;
    rest.trim_ascii().is_empty().then_some(times)
}

fn times(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = memchr::memchr(b' ', text.get(..text.len().min(12))?)?;
    let times = u32::try_from(number(text.get(..end)?)?).ok()?;
    Some((times, text.get(end..)?.strip_prefix(b" times")?))
}

/// `Nov  3 14:03:07`, the day padded with a blank: no year, so a leap year stands in, that 29 February is a day.
/// Some templates have the year after the day, `journalctl -o short-precise` a fraction after the second.
fn rfc3164(input: &[u8]) -> IResult<&[u8], Stamp> {
    let (rest, (month, day)) = map_opt(take(7usize), |text: &[u8]| {
        let &[m1, m2, m3, b' ', d1, d2, b' '] = text else { return None };
        let tens = if d1 == b' ' { b'0' } else { d1 };
        Some((month_number(&[m1, m2, m3])?, two_digits(tens, d2)?))
    })
    .parse(input)?;
    let (rest, year) = opt(map_opt(take(5usize), |text: &[u8]| {
        let &[y1, y2, y3, y4, b' '] = text else { return None };
        Some(i64::from(two_digits(y1, y2)? * 100 + two_digits(y3, y4)?))
    }))
    .parse(rest)?;
    let (rest, mut civil) = map_opt(take(8usize), |text: &[u8]| {
        let day = Civil::new(year.unwrap_or(1972), month, day, 0, 0, 0)?;
        Some(Civil { seconds: day.seconds + clock(text)?, nanos: 0 })
    })
    .parse(rest)?;
    let (rest, nanos) = opt(fraction_part).parse(rest)?;
    civil.nanos = nanos.unwrap_or(0);
    Ok((rest, if year.is_some() { Stamp::Local(civil) } else { Stamp::Yearless(civil) }))
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
mod tests;
