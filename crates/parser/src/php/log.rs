//! The log of PHP itself: `error_log` of php.ini.
//!
//! A record is written by `main/main.c: php_log_err_with_severity`: `[22-Nov-2026 14:03:07 ZONE] MESSAGE`, the
//! message with all its line breaks. The zone is `date.timezone`, which scripts may change, so each record names its
//! own. Without a log, and before there is one, the message alone goes to stderr. OPcache writes in a form of its own
//! (`ext/opcache/zend_accelerator_debug.c: zend_accel_error_va_args`): `Mon Nov 23 11:14:20 2026 (PID): MESSAGE`.

use super::{Component, KINDS, PhpFatal, PhpMessage, trace};
use crate::civil::{Civil, Stamp, clock, month_number, number, two_digits};
use crate::fpm::after_time;
use crate::syslog::numeric_offset;

/// A record of PHP's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhpError<'b> {
    /// Process id, where OPcache writes it.
    pub pid: Option<u32>,
    /// All that follows the head, stack trace included.
    pub text: &'b [u8],
}

impl<'b> PhpError<'b> {
    /// The message with its kind.
    pub fn message(&self) -> PhpMessage<'b> {
        PhpMessage::parse(self.text)
    }

    /// File and line where it happened.
    pub fn location(&self) -> Option<(&'b [u8], u32)> {
        let message = self.message();
        // What an application logs may say anything of any place; files of PHP's own messages need not be absolute.
        message.location().filter(|(file, _)| message.kind.is_some() || file.starts_with(b"/"))
    }

    /// Why PHP ended the script; `None` where it did not, and for other reasons.
    pub fn fatal(&self) -> Option<PhpFatal<'b>> {
        self.message().fatal()
    }

    /// The component of WordPress to blame, see [`PhpMessage::component`].
    pub fn component(&self) -> Option<Component<'b>> {
        self.message().component()
    }
}

/// A record with its time and the zone that it names.
pub(crate) struct Logged<'b> {
    pub(crate) at: Option<Stamp>,
    pub(crate) zone: Option<&'b [u8]>,
    pub(crate) body: PhpError<'b>,
}

/// Whether a line begins as a record of PHP's log does.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    match line.first() {
        Some(b'[') => after_time(line).is_some_and(|rest| matches!(zone(rest), Zone::Named(..) | Zone::Torn)),
        Some(b'F' | b'M' | b'S' | b'T' | b'W') => opcache(line).is_some(),
        _ => false,
    }
}

/// Whether a line is a message that PHP wrote to stderr for want of a log: `PHP Warning:  ...`, and `PHP:  ...` where
/// a configuration file cannot be read.
pub(crate) fn is_headless(line: &[u8]) -> bool {
    line.strip_prefix(b"PHP").is_some_and(|rest| {
        let named = || {
            rest.strip_prefix(b" ").is_some_and(|rest| KINDS.iter().any(|(kind, _)| rest.starts_with(kind)))
        };
        rest.starts_with(b":  syntax error, ") || named()
    })
}

/// Whether a line is of the inside of a record, so that without its head it is still worth one.
pub(crate) fn is_orphan(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'#' | b' ' | b'S' | b'N')) && trace::is_line(line)
}

/// Parses a record, or an orphan.
pub(crate) fn parse(text: &[u8]) -> Option<Logged<'_>> {
    if text.first() == Some(&b'[') {
        let Zone::Named(zone, message) = zone(after_time(text)?) else { return None };
        let at = stamp(time(text.get(1..21)?)?, zone);
        return Some(Logged { at: Some(at), zone, body: PhpError { pid: None, text: message } });
    }
    if let Some((at, pid, message)) = opcache(text) {
        let body = PhpError { pid: Some(pid), text: message };
        return Some(Logged { at: Some(Stamp::Local(at)), zone: None, body });
    }
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let bare = is_headless(text) || is_orphan(text.get(..end)?);
    bare.then_some(Logged { at: None, zone: None, body: PhpError { pid: None, text } })
}

/// What syslog carries (`error_log = syslog`, `main/php_syslog.c`): without time and zone, and each line of a message
/// by itself. The tag is `php` unless `syslog.ident` says otherwise.
pub(crate) fn carried<'b>(tag: &[u8], inner: &'b [u8]) -> Option<PhpError<'b>> {
    if is_headless(inner) || tag == b"php" {
        return Some(PhpError { pid: None, text: inner });
    }
    // A daemon's output in the journal keeps its own head. The journal's time is as good as that.
    looks_like_head(inner).then(|| parse(inner)).flatten().map(|logged| logged.body)
}

/// What follows the time of a head.
enum Zone<'b> {
    /// The zone, where there is one, and the message.
    Named(Option<&'b [u8]>, &'b [u8]),
    /// The line ends in the zone.
    Torn,
    /// Something else.
    Other,
}

/// ` Europe/Berlin] MESSAGE`. PHP 5.2 and older wrote no zone; then only a kind of PHP tells that it is a head.
fn zone(rest: &[u8]) -> Zone<'_> {
    let Some(inner) = rest.strip_prefix(b" ") else {
        let message = rest.strip_prefix(b"] ").filter(|message| is_headless(message));
        return message.map_or(Zone::Other, |message| Zone::Named(None, message));
    };
    let is_zone = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b':' | b'/');
    // The longest name in use has 32 bytes.
    let len = inner.iter().take(49).take_while(|b| is_zone(b)).count();
    let Some((name, after)) = inner.split_at_checked(len).filter(|(name, _)| is_zone_name(name)) else {
        return if inner.is_empty() { Zone::Torn } else { Zone::Other };
    };
    match after.strip_prefix(b"]") {
        Some(after) if matches!(after.first(), None | Some(b'\r' | b'\n')) => Zone::Named(Some(name), after),
        Some(after) => match after.strip_prefix(b" ") {
            Some(message) => Zone::Named(Some(name), message),
            None => Zone::Other,
        },
        None if after.is_empty() => Zone::Torn,
        None => Zone::Other,
    }
}

fn is_zone_name(name: &[u8]) -> bool {
    name.len() < 49 && matches!(name.first(), Some(b'A'..=b'Z' | b'a'..=b'z' | b'+' | b'-'))
}

/// `22-Nov-2026 14:03:07`.
fn time(text: &[u8]) -> Option<Civil> {
    let (date, time) = text.split_at_checked(11)?;
    let &[d1, d2, b'-', m1, m2, m3, b'-', y1, y2, y3, y4] = date else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = Civil::new(i64::from(year), month_number(&[m1, m2, m3])?, two_digits(d1, d2)?, 0, 0, 0)?;
    Some(Civil { seconds: day.seconds + clock(time.strip_prefix(b" ")?)?, nanos: 0 })
}

/// Offsets and UTC need no table of zones.
fn stamp(civil: Civil, zone: Option<&[u8]>) -> Stamp {
    match zone {
        Some(b"UTC" | b"Z") => Stamp::Offset(civil, 0),
        Some(zone) => match numeric_offset(zone) {
            Ok((b"", offset)) => Stamp::Offset(civil, offset),
            _ => Stamp::Local(civil),
        },
        None => Stamp::Local(civil),
    }
}

/// `Mon Nov  2 11:14:20 2026 (21423): Fatal Error ...`: time, pid and message.
fn opcache(line: &[u8]) -> Option<(Civil, u32, &[u8])> {
    let (time, rest) = line.split_first_chunk::<24>()?;
    let &[w1, w2, w3, b' ', m1, m2, m3, b' ', d1, d2, b' ', ref time @ .., b' ', y1, y2, y3, y4] = time
    else {
        return None;
    };
    let days: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    if !days.contains(&&[w1, w2, w3]) {
        return None;
    }
    let rest = rest.strip_prefix(b" (")?;
    let close = memchr::memchr(b')', rest.get(..rest.len().min(11))?)?;
    let pid = u32::try_from(number(rest.get(..close)?)?).ok()?;
    let message = rest.get(close + 1..)?.strip_prefix(b": ")?;
    let words: [&[u8]; 5] = [b"Fatal Error ", b"Error ", b"Warning ", b"Message ", b"Debug "];
    if !words.iter().any(|word| message.starts_with(word)) {
        return None;
    }
    let tens = if d1 == b' ' { b'0' } else { d1 };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let day = Civil::new(i64::from(year), month_number(&[m1, m2, m3])?, two_digits(tens, d2)?, 0, 0, 0)?;
    Some((Civil { seconds: day.seconds + clock(time)?, nanos: 0 }, pid, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Frames, PhpKind, Record, Source, Start, start};

    fn record(line: &str) -> Record<'_> {
        Record::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"))
    }

    fn php<'b>(record: &Record<'b>) -> PhpError<'b> {
        match record.body {
            Body::Php(php) => php,
            other => panic!("{other:?}"),
        }
    }

    /// Start, lines and text of all frames.
    fn shape(log: &str) -> Vec<(Start, u64, Option<String>)> {
        let text = |r: Record<'_>| String::from_utf8(r.text().to_vec()).unwrap();
        Frames::new(log.as_bytes()).map(|f| (f.start, f.lines, f.record().map(text))).collect()
    }

    #[test]
    fn zones_of_heads() {
        let at = Civil::new(2026, 11, 22, 14, 3, 7).unwrap();
        for (zone, stamp) in [
            ("Europe/Berlin", Stamp::Local(at)),
            ("America/Argentina/Buenos_Aires", Stamp::Local(at)),
            ("America/Port-au-Prince", Stamp::Local(at)),
            ("Etc/GMT+5", Stamp::Local(at)),
            ("EST5EDT", Stamp::Local(at)),
            ("CET", Stamp::Local(at)),
            ("UTC", Stamp::Offset(at, 0)),
            ("+02:00", Stamp::Offset(at, 7200)),
            ("-05:30", Stamp::Offset(at, -19_800)),
        ] {
            let line = format!("[22-Nov-2026 14:03:07 {zone}] PHP Warning:  x in /a.php on line 3");
            let record = record(&line);
            assert_eq!((record.at, record.zone), (Some(stamp), Some(zone.as_bytes())));
            assert_eq!((record.source(), record.level()), (Source::PhpError, None));
            let php = php(&record);
            assert_eq!(
                (php.message().kind, php.location()),
                (Some(PhpKind::Warning), Some((&b"/a.php"[..], 3)))
            );
        }
    }

    #[test]
    fn a_head_without_a_zone_is_one_of_old_versions() {
        let record = record("[22-Nov-2008 14:03:07] PHP Warning:  x in /a.php on line 3");
        assert_eq!(record.at, Some(Stamp::Local(Civil::new(2008, 11, 22, 14, 3, 7).unwrap())));
        assert_eq!(record.zone, None);
        assert_eq!(php(&record).text, b"PHP Warning:  x in /a.php on line 3");
    }

    #[test]
    fn what_is_no_head() {
        for line in [
            "[22-Nov-2026 14:03:07] payment answered 500",
            "[22-Nov-2026 14:03:07 UTC]x",
            "[22-Nov-2026 14:03:07 at night] x",
            "[22-Nov-2026 14:03:07 3rd] x",
            "[22-Nov-2026 14:03:07 ] x",
            "[22-Nov-2026 14:03:07.123 UTC] x",
            "[2026-11-22 14:03:07 UTC] x",
            "Mon Nov 23 11:14:20 2026 (x): Fatal Error y",
            "Mon Nov 23 11:14:20 2026 (1): hello",
            "Moo Nov 23 11:14:20 2026 (1): Fatal Error y",
            "Mon Nov 31 11:14:20 2026 (1): Fatal Error y",
        ] {
            assert!(!looks_like_head(line.as_bytes()), "{line}");
            assert_eq!(start(line.as_bytes()), Start::Continuation, "{line}");
        }
        let long = format!("[22-Nov-2026 14:03:07 {}] x", "A".repeat(60));
        assert!(!looks_like_head(long.as_bytes()));
    }

    #[test]
    fn heads_of_php_fpm_are_of_another_log() {
        for line in [
            "[23-Nov-2026 05:58:26] NOTICE: fpm is running, pid 1",
            "[23-Nov-2026 05:58:26]  [pool www] pid 7",
            "[23-Nov-2026 05:58:26",
        ] {
            assert!(!looks_like_head(line.as_bytes()), "{line}");
        }
        let log = "[23-Nov-2026 05:58:26] NOTICE: a\n[23-Nov-2026 05:58:26 UTC] b\n[23-Nov-2026 05:58:26] NOTICE: c\n";
        let sources: Vec<_> = Frames::new(log.as_bytes()).map(|f| f.record().map(|r| r.source())).collect();
        assert_eq!(sources, [Source::PhpFpm, Source::PhpError, Source::PhpFpm].map(Some));
    }

    #[test]
    fn a_torn_head_begins_what_cannot_be_read() {
        for torn in
            ["[22-Nov-2026 14:03:07 ", "[22-Nov-2026 14:03:07 Eur", "[22-Nov-2026 14:03:07 Europe/Berlin"]
        {
            let log = format!("[22-Nov-2026 14:03:06 UTC] a\n{torn}\n[22-Nov-2026 14:03:08 UTC] b\n");
            let a = || Some("a".to_owned());
            let b = || Some("b".to_owned());
            assert_eq!(
                shape(&log),
                [(Start::Timed, 1, a()), (Start::Timed, 1, None), (Start::Timed, 1, b())],
                "{torn}"
            );
        }
    }

    #[test]
    fn messages_have_many_lines() {
        let trace = "PHP Fatal error:  Uncaught LogicException: db gone\nsecond line in /w/nest.php:1\nStack trace:\n#0 /w/nest.php(1): App\\g()\n#1 [internal function]: h(1)\n#2 {main}\n\nNext App\\E: outer in /w/nest.php:4\nStack trace:\n#0 {main}\n  thrown in /w/nest.php on line 4";
        let array = "Array\n(\n    [a] => Array\n        (\n            [b] => 1\n        )\n\n)\n";
        let log = format!(
            "[23-Nov-2026 16:29:38 Europe/Berlin] {trace}\n[23-Nov-2026 10:29:38 America/New_York] {array}\n[23-Nov-2026 10:29:38 America/New_York] \n[23-Nov-2026 10:29:38 UTC] two\n\n#3 lines\n"
        );
        let texts: Vec<_> =
            shape(&log).into_iter().map(|(start, lines, text)| (start, lines, text.unwrap())).collect();
        // Newlines at the end are no part of a message.
        let wanted = [
            (Start::Timed, 11, trace.to_owned()),
            (Start::Timed, 9, array.trim_end().to_owned()),
            (Start::Timed, 1, String::new()),
            (Start::Timed, 3, "two\n\n#3 lines".to_owned()),
        ];
        assert_eq!(texts, wanted);
    }

    #[test]
    fn opcache_writes_its_own_form() {
        for (line, day) in [
            ("Mon Nov 23 11:14:20 2026 (21423): Fatal Error Insufficient shared memory!", 23),
            ("Mon Nov  2 11:14:20 2026 (21423): Fatal Error Insufficient shared memory!", 2),
        ] {
            let record = record(line);
            assert_eq!(record.at, Some(Stamp::Local(Civil::new(2026, 11, day, 11, 14, 20).unwrap())));
            let php = php(&record);
            assert_eq!((php.pid, php.text), (Some(21_423), &b"Fatal Error Insufficient shared memory!"[..]));
            assert_eq!(start(line.as_bytes()), Start::Timed);
        }
    }

    #[test]
    fn stderr_has_no_heads() {
        let log = "PHP Warning:  a in /a.php on line 1\nPHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3\nPHP:  syntax error, unexpected end of file, expecting ']' in /etc/php.ini on line 1\n";
        let starts: Vec<_> = shape(log).iter().map(|(start, lines, _)| (*start, *lines)).collect();
        assert_eq!(starts, [(Start::Untimed, 1), (Start::Untimed, 4), (Start::Untimed, 1)]);
        let last = record("PHP:  syntax error, unexpected end of file");
        assert_eq!((last.at, last.zone, last.source()), (None, None, Source::PhpError));
        for line in
            ["PHP message: x", "PHP Warning: one blank", "PHP 8.2.36 (cli)", "PHP: x", "PHP Stack trace:"]
        {
            assert_eq!(start(line.as_bytes()), Start::Continuation, "{line}");
        }
    }

    #[test]
    fn xdebug_writes_a_head_before_each_line_of_a_trace() {
        let log = "[22-Nov-2026 14:03:07 UTC] PHP Stack trace:\n[22-Nov-2026 14:03:07 UTC] PHP   1. {main}() /w/a.php:0\n";
        let texts: Vec<_> = shape(log).into_iter().map(|(_, _, text)| text.unwrap()).collect();
        assert_eq!(texts, ["PHP Stack trace:", "PHP   1. {main}() /w/a.php:0"]);
    }

    #[test]
    fn a_file_may_begin_inside_a_trace() {
        let rest = "#0 /w/a.php(3): f()\n#1 {main}\n  thrown in /w/a.php on line 3";
        let log = format!("second line\n{rest}\n[22-Nov-2026 14:03:07 UTC] x\n");
        assert_eq!(
            shape(&log),
            [
                (Start::Continuation, 1, None),
                (Start::Untimed, 3, Some(rest.to_owned())),
                (Start::Timed, 1, Some("x".to_owned())),
            ]
        );
        let record = record(rest);
        assert_eq!((record.at, record.source()), (None, Source::PhpError));
        assert_eq!(php(&record).location(), Some((&b"/w/a.php"[..], 3)));
    }

    #[test]
    fn syslog_carries_messages_line_by_line() {
        for line in [
            "Nov 22 14:03:07 web1 php[9]: PHP Warning:  x in /a.php on line 3",
            "Nov 22 14:03:07 web1 shop-php[9]: PHP Warning:  x in /a.php on line 3",
            "Nov 22 14:03:07 web1 php-fpm8.2[9]: [22-Nov-2026 14:03:07 UTC] PHP Warning:  x in /a.php on line 3",
        ] {
            let record = record(line);
            assert_eq!(php(&record).text, b"PHP Warning:  x in /a.php on line 3");
            assert!(matches!(record.at, Some(Stamp::Yearless(_))), "{line}");
        }
        assert_eq!(php(&record("Nov 22 14:03:07 web1 php[9]: #0 {main}")).text, b"#0 {main}");
        let other = record("Nov 22 14:03:07 web1 phpmyadmin[9]: hello");
        assert_eq!(other.source(), Source::Other);
    }

    #[test]
    fn places_in_what_applications_say() {
        let place = |text: &'static str| PhpError { pid: None, text: text.as_bytes() }.location();
        assert_eq!(place("Exception: x in /a.php:3\nStack trace:\n#0 {main}"), Some((&b"/a.php"[..], 3)));
        assert_eq!(place("dinner in town:8"), None);
        assert_eq!(place("PHP Warning:  x in Unknown on line 0"), Some((&b"Unknown"[..], 0)));
    }
}
