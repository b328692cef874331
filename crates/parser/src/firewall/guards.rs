//! Guards that watch logs and connections and keep addresses out: lfd of CSF, and the agent of Imunify360.
//!
//! lfd writes in syslog's form (`/var/log/lfd.log`); the message names the trigger in front and the setting that
//! rules it in brackets at the end (`lfd.pl: ipblock, portscans, connectiontracking`). Imunify360's
//! `/var/log/imunify360/console.log` begins with the level: `INFO    [2026-11-22 14:03:07,723] LOGGER: MESSAGE`.

use memchr::memmem;

use super::{address, cut, python_level, python_time, word};
use crate::civil::{Stamp, number};
use crate::level::Level;

/// A record of a guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guard<'b> {
    /// Which guard.
    pub program: GuardProgram,
    /// The level, where it writes one.
    pub level: Option<Level>,
    /// The part of the program that wrote it (Imunify360).
    pub logger: Option<&'b [u8]>,
    /// What happened to an address.
    pub verb: Option<GuardVerb>,
    /// The address or network that it is about.
    pub ip: Option<&'b [u8]>,
    /// How long the block lasts, in seconds; absent where it lasts for good, or where none is told.
    pub seconds: Option<u64>,
    /// What led to it: lfd's setting (`LF_MODSEC`), Imunify360's plugin (`modsec`).
    pub trigger: Option<&'b [u8]>,
    /// The message, without the logger.
    pub text: &'b [u8],
}

/// A program that keeps addresses out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GuardProgram {
    /// The login failure daemon of ConfigServer's firewall (CSF).
    Lfd,
    /// Imunify360.
    Imunify,
}

/// What a guard did with an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GuardVerb {
    /// It is blocked now.
    Blocked,
    /// A block has ended.
    Unblocked,
    /// It is on a list of those that are left alone.
    Ignored,
    /// One event was noted.
    Incident,
    /// Its events were enough for a list (Imunify360).
    Alert,
}

/// Whether a line begins as one of Imunify360 does.
pub(crate) fn looks_like_head(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'I' | b'W' | b'E' | b'C' | b'D')) && head(line).is_some()
}

/// Parses a record of Imunify360.
pub(crate) fn parse(text: &[u8]) -> Option<(Stamp, Guard<'_>)> {
    let (level, at, logger, text) = head(text)?;
    let first = memchr::memchr(b'\n', text).and_then(|end| text.get(..end)).unwrap_or(text);
    let (verb, ip, seconds, trigger) = imunify(first);
    let guard = Guard {
        program: GuardProgram::Imunify,
        level: Some(level),
        logger: Some(logger),
        verb,
        ip,
        seconds,
        trigger,
        text,
    };
    Some((at, guard))
}

type Head<'b> = (Level, Stamp, &'b [u8], &'b [u8]);

/// Level, time, logger and message.
fn head(line: &[u8]) -> Option<Head<'_>> {
    let (level, rest) = word(line);
    let level = python_level(level)?;
    let (at, rest) = python_time(rest.strip_prefix(b"[")?)?;
    let rest = rest.strip_prefix(b"] ")?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_');
    let (logger, text) = rest.split_at_checked(rest.iter().take_while(|b| plain(b)).count())?;
    let text = text.strip_prefix(b":")?.trim_ascii_start();
    (!logger.is_empty()).then_some((level, Stamp::Local(at), logger, text))
}

type Told<'b> = (Option<GuardVerb>, Option<&'b [u8]>, Option<u64>, Option<&'b [u8]>);

/// Verb, address, seconds and trigger of a message of Imunify360.
fn imunify(line: &[u8]) -> Told<'_> {
    // `SensorIncident({...}) processed in 0.02 seconds`; older ones `SensorAlert:\n{...}`.
    for (name, verb) in [(&b"SensorIncident("[..], GuardVerb::Incident), (b"SensorAlert(", GuardVerb::Alert)]
    {
        if let Some(dict) = line.strip_prefix(name) {
            return (
                Some(verb),
                value(dict, b"attackers_ip").and_then(address),
                None,
                value(dict, b"plugin_id"),
            );
        }
    }
    // `IP 192.0.2.1 is BLOCKED with 300 sec (expiration: 1795356487) (due to SensorAlert)`.
    let Some((ip, rest)) = line.strip_prefix(b"IP ").map(word) else { return (None, None, None, None) };
    let due =
        memmem::find(rest, b"(due to ").and_then(|at| cut(rest.get(at + 8..)?, b')')).map(|(due, _)| due);
    if let Some(rest) = rest.strip_prefix(b"is BLOCKED") {
        let seconds = rest.strip_prefix(b" with ").and_then(|r| number(word(r).0));
        return (Some(GuardVerb::Blocked), address(ip), seconds, due);
    }
    let verb = rest.starts_with(b"is UNBLOCKED").then_some(GuardVerb::Unblocked);
    (verb, address(ip), None, due)
}

/// The string of a key of a Python dict as `repr` writes it. Strings hold what attackers sent, so keys count only
/// where keys stand: outside of all strings and of inner lists and dicts.
fn value<'b>(dict: &'b [u8], key: &[u8]) -> Option<&'b [u8]> {
    let mut rest = dict;
    let mut depth = 0usize;
    let mut is_value = false;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return None;
                }
            }
            b',' => is_value = false,
            b'\'' | b'"' => {
                let end = string_end(after, *first)?;
                let (text, quote) = after.split_at_checked(end)?;
                rest = quote.get(1..)?;
                if depth == 1 && is_value {
                    return Some(text);
                }
                is_value =
                    depth == 1 && text == key && (rest.starts_with(b": '") || rest.starts_with(b": \""));
            }
            _ => {}
        }
    }
    None
}

/// Where a string that was opened with a quote ends.
fn string_end(text: &[u8], quote: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(quote, b'\\', text.get(from..)?)?;
        if text.get(at) == Some(&quote) {
            return Some(at);
        }
        from = at + 2;
    }
}

/// What the tag `lfd` carries.
pub(crate) fn lfd(text: &[u8]) -> Guard<'_> {
    let blocked = memmem::rfind(text, b"*Blocked in csf*");
    let verb = if blocked.is_some() {
        Some(GuardVerb::Blocked)
    } else if text.ends_with(b" - ignored") {
        Some(GuardVerb::Ignored)
    } else {
        text.ends_with(b"block removed").then_some(GuardVerb::Unblocked)
    };
    let end = blocked.and_then(|at| text.get(at..)).unwrap_or_default();
    let seconds =
        memmem::find(end, b" for ").and_then(|at| number(word(end.get(at + 5..)?).0)).filter(|s| *s > 0);
    let trigger = end.strip_suffix(b"]").and_then(|e| e.get(memchr::memrchr(b'[', e)? + 1..));
    Guard {
        program: GuardProgram::Lfd,
        level: None,
        logger: None,
        verb,
        ip: first_address(text),
        seconds,
        trigger,
        text,
    }
}

/// The first word that is an address. The country and the host name of it come after it.
fn first_address(text: &[u8]) -> Option<&[u8]> {
    text.split(|b| *b == b' ').find_map(|word| {
        let word = word.strip_suffix(b",").or_else(|| word.strip_suffix(b":")).unwrap_or(word);
        let word = word.strip_suffix(b".").unwrap_or(word);
        (word.len() > 2).then_some(word).and_then(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::Civil;
    use crate::record::{Body, Record, Start};
    use crate::{Format, Source};
    use proptest::prelude::*;

    fn imunify_of(line: &str) -> Guard<'_> {
        assert_eq!(Format::ANY.start(line.as_bytes()), Start::Timed, "{line}");
        let record = Record::parse(line.as_bytes()).unwrap();
        assert_eq!(record.source(), Source::Other);
        let Body::Guard(guard) = record.body else { panic!("{:?}", record.body) };
        guard
    }

    fn lfd_of(message: &str) -> (Option<GuardVerb>, Option<String>, Option<u64>, Option<String>) {
        let line = format!("Nov 22 14:03:07 web1 lfd[28641]: {message}");
        let Body::Guard(guard) = Record::parse(line.as_bytes()).unwrap().body else { panic!("{line}") };
        assert_eq!((guard.program, guard.text), (GuardProgram::Lfd, message.as_bytes()));
        let own = |b: Option<&[u8]>| b.map(|b| String::from_utf8(b.to_vec()).unwrap());
        (guard.verb, own(guard.ip), guard.seconds, own(guard.trigger))
    }

    #[test]
    fn a_block_of_imunify() {
        let line = "INFO    [2026-11-22 14:03:07,889] defence360agent.plugins.protector.lazy_init: IP 172.68.10.5 is \
                    BLOCKED with 300 sec (expiration: 1795356487) (due to SensorAlert)";
        let record = Record::parse(line.as_bytes()).unwrap();
        let at = Civil { nanos: 889_000_000, ..Civil::new(2026, 11, 22, 14, 3, 7).unwrap() };
        assert_eq!((record.at, record.level()), (Some(Stamp::Local(at)), Some(Level::Info)));
        assert_eq!(
            imunify_of(line),
            Guard {
                program: GuardProgram::Imunify,
                level: Some(Level::Info),
                logger: Some(b"defence360agent.plugins.protector.lazy_init"),
                verb: Some(GuardVerb::Blocked),
                ip: Some(b"172.68.10.5"),
                seconds: Some(300),
                trigger: Some(b"SensorAlert"),
                text: b"IP 172.68.10.5 is BLOCKED with 300 sec (expiration: 1795356487) (due to SensorAlert)",
            }
        );
        let end = imunify_of(
            "INFO [2017-04-15 18:30:01,663] defence360agent.plugins.protector.lazy_init: IP 172.68.10.5 is UNBLOCKED (due to ClientUnblock)",
        );
        assert_eq!((end.verb, end.ip), (Some(GuardVerb::Unblocked), Some(&b"172.68.10.5"[..])));
        assert_eq!((end.seconds, end.trigger), (None, Some(&b"ClientUnblock"[..])));
    }

    #[test]
    fn what_attackers_send_names_no_address() {
        let incident = imunify_of(
            "INFO    [2026-11-22 14:03:07,723] defence360agent.internals.the_sink: SensorIncident({'method': 'INCIDENT', \
             'uri': \"/?'attackers_ip': '10.0.0.1'\", 'tag': ['attackers_ip', {'attackers_ip': '10.0.0.2'}], 'name': 'a\\'}', \
             'attackers_ip': '172.68.10.5', 'plugin_id': 'modsec', 'access_denied': True}) processed in 0.0209 seconds",
        );
        assert_eq!((incident.verb, incident.ip), (Some(GuardVerb::Incident), Some(&b"172.68.10.5"[..])));
        assert_eq!(incident.trigger, Some(&b"modsec"[..]));
        let alert = imunify_of(
            "INFO    [2026-11-22 14:03:08,905] defence360agent.internals.the_sink: SensorAlert({'method': 'ALERT', 'attackers_ip': '2606:4700::1'}) processed in 0.01 seconds",
        );
        assert_eq!(
            (alert.verb, alert.ip, alert.trigger),
            (Some(GuardVerb::Alert), Some(&b"2606:4700::1"[..]), None)
        );
    }

    #[test]
    fn lines_of_lfd() {
        use GuardVerb::{Blocked, Ignored, Unblocked};
        let of = |verb, ip: &str, seconds, trigger: &str| {
            (Some(verb), Some(ip.to_owned()), seconds, (!trigger.is_empty()).then(|| trigger.to_owned()))
        };
        assert_eq!(
            lfd_of(
                "(mod_security) mod_security (id:949110) triggered by 172.68.10.5 (US/United States/-): 5 in the last 3600 secs - *Blocked in csf* for 3600 secs [LF_MODSEC]"
            ),
            of(Blocked, "172.68.10.5", Some(3600), "LF_MODSEC")
        );
        assert_eq!(
            lfd_of(
                "(CT) IP 172.68.10.5 (US/United States/-) found to have 312 connections - *Blocked in csf* for 1800 secs [CT_LIMIT]"
            ),
            of(Blocked, "172.68.10.5", Some(1800), "CT_LIMIT")
        );
        assert_eq!(
            lfd_of(
                "(NETBLOCK) 172.68.10.0/24 (US/United States/-) has had more than 4 blocks in the last 86400 secs - *Blocked in csf* [LF_MODSEC]"
            ),
            of(Blocked, "172.68.10.0/24", None, "LF_MODSEC")
        );
        assert_eq!(
            lfd_of(
                "117.132.192.31 (CN/China/-), 5 distributed sshd attacks on account [root] in the last 3600 secs - *Blocked in csf* [LF_DISTATTACK]"
            ),
            of(Blocked, "117.132.192.31", None, "LF_DISTATTACK")
        );
        assert_eq!(
            lfd_of(
                "*Port Scan* detected from 172.68.10.5 (US/United States/-). 11 hits in the last 76 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]"
            ),
            of(Blocked, "172.68.10.5", Some(3600), "PS_LIMIT")
        );
        // The name is what the owner of the address likes it to be.
        assert_eq!(
            lfd_of(
                "(sshd) Failed SSH login from 192.0.2.7 (US/United States/172.68.10.5): 5 in the last 300 secs - *Blocked in csf*"
            ),
            of(Blocked, "192.0.2.7", None, "")
        );
        assert_eq!(
            lfd_of("Incoming IP 172.68.10.5 temporary block removed"),
            of(Unblocked, "172.68.10.5", None, "")
        );
        assert_eq!(
            lfd_of("mod_security (id:949110) triggered by 172.68.10.5 - ignored"),
            of(Ignored, "172.68.10.5", None, "")
        );
        assert_eq!(lfd_of("TERM"), (None, None, None, None));
    }

    #[test]
    fn other_lines_are_no_heads() {
        for line in [
            "INFO    defence360agent.internals: x",
            "INFO    [2026-11-22 14:03:07] app: x",
            "INFO    [2026-11-22 14:03:07,723] no logger here",
            "INFORM  [2026-11-22 14:03:07,723] app: x",
            "[2026-11-22 14:03:07,723] INFO app: x",
        ] {
            assert!(!looks_like_head(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_message(message in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut line = b"INFO    [2026-11-22 14:03:07,723] a.b: ".to_vec();
            line.extend_from_slice(&message);
            prop_assert!(parse(&line).is_some());
            let _ = lfd(&message);
        }

        #[test]
        fn any_dict(dict in "SensorAlert\\(\\{['\"\\\\\\[\\]{}(),: a]{0,40}('attackers_ip': '1.2.3.4')?['\"\\\\}) ]{0,9}") {
            let _ = imunify(dict.as_bytes());
        }
    }
}
