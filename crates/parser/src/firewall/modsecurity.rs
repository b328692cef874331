//! What ModSecurity writes into the error log of its server.
//!
//! Version 2 in Apache (`apache2/re.c: msre_format_metadata`, `apache2/mod_security2.c: perform_interception`) and
//! version 3 behind its connectors (`src/rule_message.cc`) write the same form: `ModSecurity: WHAT [file "..."]
//! [line "..."] [id "..."] [msg "..."] ... [hostname "..."] [uri "..."] [unique_id "..."]`.

use memchr::{memchr, memmem};

use crate::civil::number;

const PREFIX: &[u8] = b"ModSecurity: ";

/// What was done with the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict<'b> {
    /// It was answered with this status: `Access denied with code 403`.
    Denied(u16),
    /// Its connection was closed without an answer: `Access denied with connection close`.
    Dropped,
    /// It was sent elsewhere: `Access denied with redirection to URL`.
    Redirected(&'b [u8]),
    /// A rule matched, and the request went on: `Warning.`.
    Warning,
    /// Anything else: limits, errors of ModSecurity itself, its banner.
    Other,
}

impl Verdict<'_> {
    /// Whether the request was kept from being served.
    pub fn is_denial(self) -> bool {
        matches!(self, Verdict::Denied(_) | Verdict::Dropped | Verdict::Redirected(_))
    }
}

/// A message of ModSecurity. Values are as written: quotes in them are escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModSecurity<'b> {
    /// What was done.
    pub verdict: Verdict<'b>,
    /// The phase of the rule: 1 and 2 before the request is served, 3 and 4 with its answer, 5 when logging.
    pub phase: Option<u8>,
    /// The file of the rule.
    pub file: Option<&'b [u8]>,
    /// The rule's number: `949110`.
    pub id: Option<&'b [u8]>,
    /// The rule's own words.
    pub msg: Option<&'b [u8]>,
    /// `CRITICAL`; a number in version 3, 2 for critical.
    pub severity: Option<&'b [u8]>,
    /// The host that was asked for; the server's address in version 3.
    pub hostname: Option<&'b [u8]>,
    /// The path of the request.
    pub uri: Option<&'b [u8]>,
    /// The transaction: other lines and the audit log have the same.
    pub unique_id: Option<&'b [u8]>,
}

impl<'b> ModSecurity<'b> {
    /// Reads a message, with or without `[client IP] ` before it.
    #[inline]
    pub fn parse(text: &'b [u8]) -> Option<ModSecurity<'b>> {
        // Asked of every record of a log, nearly always in vain.
        matches!(text.first(), Some(b'M' | b'[')).then(|| read(text, false)).flatten()
    }

    /// Whether a text is a message that tells of a [denial](Verdict::is_denial). Reads no more than that takes.
    #[inline]
    pub fn is_denial(text: &[u8]) -> bool {
        matches!(text.first(), Some(b'M' | b'[')) && denied(text).is_some_and(Verdict::is_denial)
    }

    /// Reads a message that Apache escaped once more, so that a backslash is two.
    pub(crate) fn parse_doubled(text: &'b [u8]) -> Option<ModSecurity<'b>> {
        read(text, true)
    }
}

fn read(text: &[u8], doubled: bool) -> Option<ModSecurity<'_>> {
    let message = after_client(text).unwrap_or(text).strip_prefix(PREFIX)?;
    let (what, mut rest) = message.split_at_checked(first_tag(message))?;
    let verdict = verdict(what);
    let phase = phase(what);
    let mut found = ModSecurity {
        verdict,
        phase,
        file: None,
        id: None,
        msg: None,
        severity: None,
        hostname: None,
        uri: None,
        unique_id: None,
    };
    while let Some((name, value, after)) = tag(rest, doubled) {
        let slot = match name {
            b"file" => Some(&mut found.file),
            b"id" => Some(&mut found.id),
            b"msg" => Some(&mut found.msg),
            b"severity" => Some(&mut found.severity),
            b"hostname" => Some(&mut found.hostname),
            b"uri" => Some(&mut found.uri),
            b"unique_id" => Some(&mut found.unique_id),
            _ => None,
        };
        if let Some(slot) = slot {
            slot.get_or_insert(value);
        }
        rest = after;
    }
    Some(found)
}

/// The verdict of a message that begins as those of denials do.
fn denied(text: &[u8]) -> Option<Verdict<'_>> {
    let message = after_client(text).unwrap_or(text).strip_prefix(PREFIX)?;
    if !message.starts_with(b"Access denied with ") {
        return None;
    }
    message.get(..first_tag(message)).map(verdict)
}

fn after_client(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"[client ")?;
    let close = inner.iter().take(100).position(|b| *b == b']')?;
    inner.get(close + 1..)?.strip_prefix(b" ")
}

/// Where the tags begin: at the first `[name "` after a blank. Values before it have their quotes escaped.
fn first_tag(message: &[u8]) -> usize {
    memmem::find_iter(message, b" [")
        .find(|at| message.get(*at..).is_some_and(|rest| opening(rest).is_some()))
        .unwrap_or(message.len())
}

/// The name and what follows the quote of ` [name "`.
fn opening(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b" ").unwrap_or(text).strip_prefix(b"[")?;
    let len = text.iter().take(16).take_while(|b| b.is_ascii_lowercase() || **b == b'_').count();
    let (name, rest) = text.split_at_checked(len)?;
    Some((name, rest.strip_prefix(b" \"")?)).filter(|_| len > 0)
}

/// ` [name "value"]`: name, value, and what follows.
fn tag(text: &[u8], doubled: bool) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, inner) = opening(text)?;
    let mut from = 0;
    // Each byte is looked at once: the search goes on behind the quote that did not end the value.
    while let Some(at) = memchr(b'"', inner.get(from..)?).map(|at| from + at) {
        let slashes = inner.get(from..at)?.iter().rev().take_while(|b| **b == b'\\').count();
        let escaped = if doubled { slashes % 4 >= 2 } else { slashes % 2 == 1 };
        if !escaped && inner.get(at + 1) == Some(&b']') {
            return Some((name, inner.get(..at)?, inner.get(at + 2..)?));
        }
        from = at + 1;
    }
    None
}

fn verdict(what: &[u8]) -> Verdict<'_> {
    if what.starts_with(b"Warning. ") || what == b"Warning." {
        return Verdict::Warning;
    }
    let Some(how) = what.strip_prefix(b"Access denied with ") else { return Verdict::Other };
    if let Some(code) = how.strip_prefix(b"code ") {
        let digits = code.get(..3).and_then(number).and_then(|n| u16::try_from(n).ok());
        return digits.map_or(Verdict::Other, Verdict::Denied);
    }
    if how.starts_with(b"connection close") {
        return Verdict::Dropped;
    }
    match how.strip_prefix(b"redirection to ") {
        Some(url) => Verdict::Redirected(url.get(..memchr(b' ', url).unwrap_or(url.len())).unwrap_or(url)),
        None => Verdict::Other,
    }
}

/// `(phase 2)`.
fn phase(what: &[u8]) -> Option<u8> {
    let at = memmem::find(what, b" (phase ")?;
    let digit = what.get(at + 8)?.wrapping_sub(b'0');
    (digit <= 9 && what.get(at + 9) == Some(&b')')).then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIED: &[u8] = br#"[client 172.68.10.5] ModSecurity: Access denied with code 403 (phase 2). Operator GE matched 5 at TX:anomaly_score. [file "/etc/modsecurity/crs/rules/REQUEST-949-BLOCKING-EVALUATION.conf"] [line "94"] [id "949110"] [msg "Inbound Anomaly Score Exceeded (Total Score: 10)"] [severity "CRITICAL"] [tag "a"] [tag "b"] [hostname "example.com"] [uri "/"] [unique_id "Z0CJm38AAQEAAA"]"#;

    fn v2(text: &str) -> ModSecurity<'_> {
        ModSecurity::parse_doubled(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_denial_of_version_2() {
        let m = ModSecurity::parse(DENIED).unwrap();
        assert_eq!((m.verdict, m.phase), (Verdict::Denied(403), Some(2)));
        assert_eq!(m.file, Some(&b"/etc/modsecurity/crs/rules/REQUEST-949-BLOCKING-EVALUATION.conf"[..]));
        assert_eq!(m.id, Some(&b"949110"[..]));
        assert_eq!(m.msg, Some(&b"Inbound Anomaly Score Exceeded (Total Score: 10)"[..]));
        assert_eq!(m.severity, Some(&b"CRITICAL"[..]));
        assert_eq!(m.hostname, Some(&b"example.com"[..]));
        assert_eq!((m.uri, m.unique_id), (Some(&b"/"[..]), Some(&b"Z0CJm38AAQEAAA"[..])));
    }

    #[test]
    fn the_ways_to_refuse() {
        let of = |what: &'static str| verdict(what.as_bytes());
        assert_eq!(of("Access denied with connection close (phase 1). x"), Verdict::Dropped);
        assert_eq!(
            of("Access denied with redirection to https://example.com/b using status 302 (phase 2). x"),
            Verdict::Redirected(b"https://example.com/b")
        );
        assert_eq!(
            of("Access denied with code 400. Too many threads [31] of 30 allowed"),
            Verdict::Denied(400)
        );
        assert_eq!(of("Warning. Pattern match"), Verdict::Warning);
        assert_eq!(of("Request body (Content-Length) is larger"), Verdict::Other);
        for what in ["code 403 (phase 2). x", "connection close (phase 1). x", "redirection to /b x"] {
            let denial = format!("ModSecurity: Access denied with {what} [id \"7\"]");
            assert!(ModSecurity::is_denial(denial.as_bytes()), "{denial}");
            assert!(ModSecurity::is_denial(format!("[client 192.0.2.1] {denial}").as_bytes()));
            assert!(!ModSecurity::is_denial(denial.replace("with ", "with [id \"7\"] ").as_bytes()));
            assert!(!ModSecurity::is_denial(format!("x {denial}").as_bytes()));
        }
        assert!(!ModSecurity::is_denial(b"ModSecurity: Warning. x"));
        assert!(Verdict::Dropped.is_denial() && !Verdict::Warning.is_denial());
        assert_eq!(ModSecurity::parse(b"x ModSecurity: Warning."), None);
    }

    #[test]
    fn a_value_does_not_end_at_an_escaped_quote() {
        // ModSecurity writes `\"`, and Apache doubles the backslash.
        let m = v2(r#"ModSecurity: Warning. x [id "7"] [data "a\\"] [uri \\"/forged"] [uri "/real"]"#);
        assert_eq!((m.id, m.uri), (Some(&b"7"[..]), Some(&b"/real"[..])));
        // A value that ends in a backslash: four of them.
        let m = v2(r#"ModSecurity: Warning. x [data "a\\\\"] [uri "/real"]"#);
        assert_eq!(m.uri, Some(&b"/real"[..]));
        // Not escaped by Apache.
        let m = ModSecurity::parse(br#"ModSecurity: Warning. x [data "a\"] [uri \"/forged"] [uri "/real"]"#)
            .unwrap();
        assert_eq!(m.uri, Some(&b"/real"[..]));
        let m = ModSecurity::parse(br#"ModSecurity: Warning. x [data "a\\"] [uri "/real"]"#).unwrap();
        assert_eq!(m.uri, Some(&b"/real"[..]));
    }

    #[test]
    fn a_reason_with_brackets_is_no_tag() {
        let m = v2(r#"ModSecurity: Warning. Too many [31] at ARGS:x [id \\"1\\"]. [id "7"]"#);
        assert_eq!(m.id, Some(&b"7"[..]));
        let m = v2(r#"ModSecurity: Warning. x [id "7"#);
        assert_eq!(m.id, None);
    }
}
