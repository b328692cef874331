//! fail2ban's log.
//!
//! `2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [nginx-limit-req] Ban 172.68.10.5`: local time
//! with milliseconds, the logger padded to 24 bytes and the level to 7 (`fail2ban/helpers.py: getVerbosityFormat`).
//! 0.8 wrote no process id. To syslog time and padding are left out, and the logger is the tag; to the journal goes
//! the message alone (`fail2ban/server/server.py: setLogTarget`).

use memchr::memmem;

use super::{address, cut, python_level, python_time, word};
use crate::civil::{Stamp, number};
use crate::level::Level;
use crate::syslog::Carrier;

/// A record of fail2ban's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fail2ban<'b> {
    /// The part of fail2ban that wrote it: `fail2ban.actions`.
    pub logger: Option<&'b [u8]>,
    /// Process id of the server.
    pub pid: Option<u32>,
    /// The level.
    pub level: Option<Level>,
    /// The jail that it is about.
    pub jail: Option<&'b [u8]>,
    /// What happened to an address.
    pub verb: Option<Fail2banVerb>,
    /// The address or network that it is about. A jail may ban user names instead: those stand in `text` alone.
    pub ip: Option<&'b [u8]>,
    /// All that follows the level: `[jail] Ban 192.0.2.1`, with the lines of a traceback.
    pub text: &'b [u8],
}

/// What fail2ban did with an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Fail2banVerb {
    /// It is banned now; written before the actions run (`fail2ban/server/actions.py: __checkBan`).
    Ban,
    /// A ban of the database was put back after a start (`__checkBan`).
    RestoreBan,
    /// A ban has ended, or was lifted by hand, or the jail stops (`__unBan`).
    Unban,
    /// As `Unban`, where the jail stops and the ban stays in the database; written by versions after 1.1.
    RepealBan,
    /// Its actions run once more (`__reBan`).
    Reban,
    /// It is banned, and yet shows up in the watched log (`__checkBan`).
    AlreadyBanned,
    /// One failure was counted (`fail2ban/server/filter.py: processLineAndAdd`).
    Found,
    /// A failure of a known offender counts more than once (`fail2ban/server/observer.py: failureFound`).
    FoundBad,
    /// A failure was added by hand, with `fail2ban-client set JAIL attempt` (`filter.py: addAttempt`).
    Attempt,
    /// It is not banned: `ignoreip`, or the ban would be over already (`filter.py: logIgnoreIp`).
    Ignore,
    /// The ban of a known offender is to last longer (`observer.py: incrBanTime`).
    Bad,
    /// The ban lasts longer than the jail's bantime (`observer.py: banFound`).
    IncreaseBan,
}

/// Whether a line begins as one of fail2ban does.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    line.get(19) == Some(&b',')
        && line.get(24..).is_some_and(|rest| rest.starts_with(b"fail2ban"))
        && parse(line).is_some()
}

/// Parses a record of the file.
pub(crate) fn parse(text: &[u8]) -> Option<(Option<Stamp>, Fail2ban<'_>)> {
    let (at, rest) = python_time(text)?;
    Some((Some(Stamp::Local(at)), named(rest.strip_prefix(b" ")?)?))
}

/// What syslog or the journal carries.
pub(crate) fn carried<'b>(carrier: &Carrier<'b>, inner: &'b [u8]) -> Option<(Option<Stamp>, Fail2ban<'b>)> {
    if !carrier.tag.starts_with(b"fail2ban") {
        return None;
    }
    // What it prints, the journal takes up with the head in front.
    if let Some(whole) = parse(inner) {
        return Some(whole);
    }
    let printed = || named(inner);
    let plain = || {
        let logger = Some(carrier.tag).filter(|t| t.starts_with(b"fail2ban."));
        leveled(logger, carrier.pid, inner)
    };
    Some((None, printed().unwrap_or_else(plain)))
}

/// `fail2ban.actions        [811]: NOTICE  [jail] Ban 192.0.2.1`.
fn named(text: &[u8]) -> Option<Fail2ban<'_>> {
    let end = text.iter().position(|b| matches!(b, b' ' | b'[' | b':'))?;
    let (logger, rest) = text.split_at_checked(end)?;
    if !logger.starts_with(b"fail2ban") {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let (pid, rest) = match rest.strip_prefix(b"[") {
        Some(inner) => {
            let (pid, rest) = cut(inner, b']')?;
            (number(pid).and_then(|n| u32::try_from(n).ok()), rest)
        }
        None => (None, rest),
    };
    Some(leveled(Some(logger), pid, rest.strip_prefix(b":")?.trim_ascii_start()))
}

/// `NOTICE  [jail] Ban 192.0.2.1`.
fn leveled<'b>(logger: Option<&'b [u8]>, pid: Option<u32>, rest: &'b [u8]) -> Fail2ban<'b> {
    let (first, after) = word(rest);
    let (level, text) = match python_level(first) {
        Some(level) => (Some(level), after),
        None => (None, rest),
    };
    let line = memchr::memchr(b'\n', text).and_then(|end| text.get(..end)).unwrap_or(text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (jail, verb, ip) = told(line);
    Fail2ban { logger, pid, level, jail, verb, ip, text }
}

/// Jail, verb and address of a message.
fn told(line: &[u8]) -> (Option<&[u8]>, Option<Fail2banVerb>, Option<&[u8]>) {
    if let Some((jail, rest)) = line.strip_prefix(b"[").and_then(|inner| cut(inner, b']')) {
        let (verb, ip) = done(rest.trim_ascii_start());
        return (Some(jail), verb, ip);
    }
    if let Some(rest) = line.strip_prefix(b"Jail '") {
        return (cut(rest, b'\'').map(|(jail, _)| jail), None, None);
    }
    // `Failed to execute ban jail 'x' action 'y' info '...': Error banning 192.0.2.1`. The info holds log lines.
    if line.starts_with(b"Failed to ") {
        let jail = memmem::find(line, b" jail '").and_then(|at| cut(line.get(at + 7..)?, b'\''));
        let ip = memchr::memrchr(b' ', line).and_then(|at| address(line.get(at + 1..)?));
        return (jail.map(|(jail, _)| jail), None, ip);
    }
    (None, None, None)
}

/// `Ban 192.0.2.1` and the like, after the jail.
fn done(text: &[u8]) -> (Option<Fail2banVerb>, Option<&[u8]>) {
    use Fail2banVerb::{
        AlreadyBanned, Attempt, Bad, Ban, Found, FoundBad, Ignore, IncreaseBan, Reban, RepealBan, RestoreBan,
        Unban,
    };
    let verbs: [(&[u8], Fail2banVerb); 10] = [
        (b"Found ", Found),
        (b"Ban ", Ban),
        (b"Unban ", Unban),
        (b"Restore Ban ", RestoreBan),
        (b"Repeal Ban ", RepealBan),
        (b"Increase Ban ", IncreaseBan),
        (b"Reban ", Reban),
        (b"Ignore ", Ignore),
        (b"Attempt ", Attempt),
        (b"IP ", Bad),
    ];
    for (name, verb) in verbs {
        let Some(rest) = text.strip_prefix(name) else { continue };
        let (object, rest) = word(rest);
        let object = object.strip_suffix(b",").unwrap_or(object);
        let verb = match verb {
            Found if rest.starts_with(b"bad - ") => FoundBad,
            Bad if !rest.starts_with(b"is bad: ") => continue,
            other => other,
        };
        return (Some(verb), address(object));
    }
    match text.strip_suffix(b" already banned") {
        Some(object) => (Some(AlreadyBanned), address(object)),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::Civil;
    use crate::record::{Body, Record, Start};
    use crate::source::Source;
    use crate::{Format, Frames};
    use proptest::prelude::*;

    fn body(line: &str) -> Fail2ban<'_> {
        assert_eq!(Format::ANY.start(line.as_bytes()), Start::Timed, "{line}");
        carried_body(line)
    }

    fn carried_body(line: &str) -> Fail2ban<'_> {
        let record = Record::parse(line.as_bytes()).unwrap();
        assert_eq!(record.source(), Source::Fail2ban);
        let Body::Fail2ban(body) = record.body else { panic!("{:?}", record.body) };
        body
    }

    fn told_by(message: &str) -> (Option<Fail2banVerb>, Option<String>) {
        let line = format!("2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [sshd] {message}");
        let body = body(&line);
        assert_eq!(body.jail, Some(&b"sshd"[..]));
        assert_eq!(body.text, format!("[sshd] {message}").as_bytes());
        (body.verb, body.ip.map(|ip| String::from_utf8(ip.to_vec()).unwrap()))
    }

    #[test]
    fn a_ban() {
        let line = b"2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [nginx-limit-req] Ban 172.68.10.5";
        let record = Record::parse(line).unwrap();
        let at = Civil { nanos: 123_000_000, ..Civil::new(2026, 11, 22, 14, 3, 7).unwrap() };
        assert_eq!(record.at, Some(Stamp::Local(at)));
        assert_eq!(record.level(), Some(Level::Notice));
        assert_eq!(
            record.body,
            Body::Fail2ban(Fail2ban {
                logger: Some(b"fail2ban.actions"),
                pid: Some(811),
                level: Some(Level::Notice),
                jail: Some(b"nginx-limit-req"),
                verb: Some(Fail2banVerb::Ban),
                ip: Some(b"172.68.10.5"),
                text: b"[nginx-limit-req] Ban 172.68.10.5",
            })
        );
    }

    #[test]
    fn lines_of_0_8_name_no_process() {
        let old = body("2015-11-22 14:03:07,123 fail2ban.actions: WARNING [ssh] Ban 1.2.3.4");
        assert_eq!(
            (old.logger, old.pid, old.level),
            (Some(&b"fail2ban.actions"[..]), None, Some(Level::Warn))
        );
        assert_eq!(
            (old.jail, old.verb, old.ip),
            (Some(&b"ssh"[..]), Some(Fail2banVerb::Ban), Some(&b"1.2.3.4"[..]))
        );
        let padded = body("2015-11-22 14:03:07,123 fail2ban.filter : INFO   Set maxRetry = 6");
        assert_eq!((padded.logger, padded.text), (Some(&b"fail2ban.filter"[..]), &b"Set maxRetry = 6"[..]));
    }

    #[test]
    fn verbs() {
        use Fail2banVerb as V;
        let ip = || Some("172.68.10.5".to_owned());
        for (message, verb) in [
            ("Ban 172.68.10.5", V::Ban),
            ("Restore Ban 172.68.10.5", V::RestoreBan),
            ("Unban 172.68.10.5", V::Unban),
            ("Repeal Ban 172.68.10.5", V::RepealBan),
            ("Reban 172.68.10.5, action 'iptables-multiport'", V::Reban),
            ("172.68.10.5 already banned", V::AlreadyBanned),
            ("Found 172.68.10.5 - 2026-11-22 14:03:07", V::Found),
            ("Found 172.68.10.5", V::Found),
            ("Found 172.68.10.5, bad - 2026-11-22 14:03:06, 1 # -> 2.0, Ban", V::FoundBad),
            ("Attempt 172.68.10.5 - 2026-11-22 14:03:07", V::Attempt),
            ("Ignore 172.68.10.5 by ip", V::Ignore),
            ("Ignore 172.68.10.5, expired bantime", V::Ignore),
            ("IP 172.68.10.5 is bad: 1 # last 2026-11-22 13:50:00 - incr 10m to 20m", V::Bad),
            ("Increase Ban 172.68.10.5 (3 # 4:00:00 -> 2026-11-22 18:03:07)", V::IncreaseBan),
        ] {
            assert_eq!(told_by(message), (Some(verb), ip()), "{message}");
        }
        assert_eq!(told_by("Ban 2606:4700::1"), (Some(V::Ban), Some("2606:4700::1".to_owned())));
        assert_eq!(told_by("Ban 172.68.10.0/24"), (Some(V::Ban), Some("172.68.10.0/24".to_owned())));
        assert_eq!(told_by("Ban root"), (Some(V::Ban), None));
        assert_eq!(told_by("Flush ticket(s) with iptables-multiport"), (None, None));
        assert_eq!(told_by("Banana 172.68.10.5"), (None, None));
    }

    #[test]
    fn jails_in_the_words_of_a_message() {
        let started = body(
            "2026-11-22 14:03:07,123 fail2ban.jail           [811]: INFO    Jail 'nginx-limit-req' started",
        );
        assert_eq!((started.jail, started.verb), (Some(&b"nginx-limit-req"[..]), None));
        let failed = body(
            "2026-11-22 14:03:07,123 fail2ban.actions        [811]: ERROR   Failed to execute ban jail 'sshd' action \
             'x' info 'ActionInfo({'matches': \"jail 'evil' 10.0.0.1\"})': Error banning 172.68.10.5",
        );
        assert_eq!((failed.jail, failed.verb), (Some(&b"sshd"[..]), None));
        assert_eq!((failed.ip, failed.level), (Some(&b"172.68.10.5"[..]), Some(Level::Error)));
    }

    #[test]
    fn through_syslog_and_the_journal() {
        let syslog =
            carried_body("Nov 22 14:03:07 web1 fail2ban.actions[811]: NOTICE [sshd] Ban 172.68.10.5");
        assert_eq!((syslog.logger, syslog.pid), (Some(&b"fail2ban.actions"[..]), Some(811)));
        assert_eq!((syslog.level, syslog.verb), (Some(Level::Notice), Some(Fail2banVerb::Ban)));
        let journal = carried_body("Nov 22 14:03:07 web1 fail2ban[811]: [sshd] Ban 172.68.10.5");
        assert_eq!((journal.logger, journal.pid, journal.level), (None, Some(811), None));
        assert_eq!((journal.jail, journal.ip), (Some(&b"sshd"[..]), Some(&b"172.68.10.5"[..])));
        let printed = carried_body(
            "Nov 22 14:03:07 web1 fail2ban-server[9]: 2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [sshd] Unban 172.68.10.5",
        );
        assert_eq!((printed.pid, printed.verb), (Some(811), Some(Fail2banVerb::Unban)));
        let sysout = carried_body(
            "Nov 22 14:03:07 web1 fail2ban-server[9]: fail2ban.jail           [811]: INFO    Jail 'sshd' started",
        );
        assert_eq!((sysout.pid, sysout.jail), (Some(811), Some(&b"sshd"[..])));
        let ready = carried_body("Nov 22 14:03:07 web1 fail2ban-server[9]: Server ready");
        assert_eq!((ready.level, ready.text), (None, &b"Server ready"[..]));
    }

    #[test]
    fn a_traceback_belongs_to_its_record() {
        let log = b"2026-11-22 14:03:07,123 fail2ban.observer       [811]: ERROR   'x'\n\
            Traceback (most recent call last):\n  File \"/usr/lib/python3/x.py\", line 1, in y\n    raise KeyError('x')\n\
            KeyError: 'x'\n\
            2026-11-22 14:03:08,001 fail2ban.server         [811]: INFO    Exiting Fail2ban\n";
        let frames: Vec<_> = Frames::new(log).collect();
        assert_eq!(frames.iter().map(|f| f.lines).collect::<Vec<_>>(), [5, 1]);
        let record = frames.first().and_then(crate::Frame::record).unwrap();
        assert!(record.text().ends_with(b"KeyError: 'x'"));
    }

    #[test]
    fn other_logs_are_none_of_it() {
        for line in [
            "2026-11-22 14:03:07,123 sshd.actions [811]: NOTICE  [x] Ban 1.2.3.4",
            "2026-11-22 14:03:07.123 fail2ban.actions [811]: NOTICE  [x] Ban 1.2.3.4",
            "2026-13-22 14:03:07,123 fail2ban.actions [811]: NOTICE  [x] Ban 1.2.3.4",
            "2026-11-22 14:03:07,12x fail2ban.actions [811]: NOTICE  [x] Ban 1.2.3.4",
            "2026-11-22 14:03:07,123 fail2ban",
            "fail2ban.actions [811]: NOTICE  [x] Ban 1.2.3.4",
        ] {
            assert!(!looks_like_head(line.as_bytes()), "{line}");
        }
    }

    fn within(outer: &[u8], inner: &[u8]) -> bool {
        let (o, i) = (outer.as_ptr_range(), inner.as_ptr_range());
        inner.is_empty() || (o.start <= i.start && i.end <= o.end)
    }

    proptest! {
        #[test]
        fn any_message_is_read(message in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut line = b"2026-11-22 14:03:07,123 fail2ban.actions        [811]: ".to_vec();
            line.extend_from_slice(&message);
            let (_, body) = parse(&line).unwrap();
            for field in [Some(body.text), body.jail, body.ip, body.logger].into_iter().flatten() {
                prop_assert!(within(&line, field));
            }
        }

        #[test]
        fn no_line_is_too_strange(line in "(2026-11-22 14:03:07,123 )?fail2ban[.a-z\\[\\]: 0-9']{0,60}") {
            let _ = parse(line.as_bytes());
            let _ = looks_like_head(line.as_bytes());
        }
    }
}
