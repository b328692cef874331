//! Sections between boundaries: `--8f9a3c41-A--` to `--8f9a3c41-Z--`.
//!
//! Version 2 writes eight hexadecimal digits between two and one hyphens
//! (`apache2/msc_logging.c: sec_audit_logger_native`), version 3 eight letters or digits between three
//! (`src/transaction.cc: Transaction::toOldAuditLogFormat`).

use memchr::{memchr, memmem};

use super::{Audit, stamp, status};
use crate::civil::Stamp;

/// The name of a section and the boundary's own text.
fn boundary(line: &[u8]) -> Option<(&[u8], u8)> {
    let line = line.trim_ascii_end();
    let (id, rest) = match line.strip_prefix(b"---") {
        Some(rest) => (rest.get(..8)?, rest.get(8..)?.strip_prefix(b"---")?),
        None => {
            let rest = line.strip_prefix(b"--")?;
            (rest.get(..8)?, rest.get(8..)?.strip_prefix(b"-")?)
        }
    };
    let &[section, b'-', b'-'] = rest else { return None };
    (section.is_ascii_uppercase() && id.iter().all(u8::is_ascii_alphanumeric)).then_some((id, section))
}

pub(super) fn looks_like_head(text: &[u8]) -> bool {
    text.starts_with(b"--") && {
        let end = memchr(b'\n', text.get(..text.len().min(24)).unwrap_or_default());
        boundary(text.get(..end.unwrap_or(text.len())).unwrap_or_default()).is_some_and(|(_, s)| s == b'A')
    }
}

pub(super) fn parse(text: &[u8]) -> Option<(Option<Stamp>, Audit<'_>)> {
    let sections = Sections::new(text)?;
    let mut audit = Audit {
        unique_id: None,
        client: None,
        request: None,
        method: None,
        uri: None,
        host: None,
        status: None,
        intercepted: false,
        message: b"",
        text: b"",
    };
    let mut at = None;
    // Every section counts once: a body may hold text that looks like a boundary, but hardly with the same id.
    for (name, body) in sections {
        match name {
            b'A' => at = connection(&mut audit, body),
            b'B' if audit.request.is_none() => request(&mut audit, body),
            b'F' if audit.status.is_none() => {
                let line = first_line(body);
                audit.status = memchr(b' ', line).and_then(|blank| status(line.get(blank + 1..)?));
            }
            b'H' if audit.text.is_empty() => trailer(&mut audit, body),
            _ => {}
        }
    }
    Some((at, audit))
}

/// `[22/Nov/2026:14:03:07.123456 +0000] UNIQUE_ID CLIENT PORT SERVER PORT`.
fn connection<'b>(audit: &mut Audit<'b>, body: &'b [u8]) -> Option<Stamp> {
    let line = first_line(body).strip_prefix(b"[")?;
    let close = memchr(b']', line)?;
    let at = stamp(line.get(..close)?);
    let mut words = line.get(close + 1..)?.split(|b| *b == b' ').filter(|w| !w.is_empty());
    audit.unique_id = words.next();
    audit.client = words.next();
    at
}

fn request<'b>(audit: &mut Audit<'b>, body: &'b [u8]) {
    audit.request = Some(first_line(body)).filter(|l| !l.is_empty());
    let mut headers = body.split(|b| *b == b'\n').skip(1).take_while(|l| !l.trim_ascii().is_empty());
    audit.host = headers.find_map(|line| {
        let (name, value) = line.split_at_checked(5)?;
        name.eq_ignore_ascii_case(b"host:").then(|| value.trim_ascii())
    });
}

fn trailer<'b>(audit: &mut Audit<'b>, body: &'b [u8]) {
    audit.text = body.trim_ascii_end();
    let mut lines = audit.text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    let message =
        |line: &'b [u8]| line.strip_prefix(b"Message: ").or_else(|| line.strip_prefix(b"ModSecurity: "));
    audit.message = lines.clone().find_map(message).unwrap_or_default();
    audit.intercepted =
        lines.any(|l| l.starts_with(b"Action: Intercepted") || l.starts_with(b"ModSecurity: Access denied "));
}

fn first_line(body: &[u8]) -> &[u8] {
    body.get(..memchr(b'\n', body).unwrap_or(body.len())).unwrap_or_default().trim_ascii_end()
}

/// The sections of one transaction. A record may end before the last.
struct Sections<'b> {
    /// What all boundaries begin with: `--8f9a3c41-`.
    mark: &'b [u8],
    rest: &'b [u8],
}

impl<'b> Sections<'b> {
    fn new(text: &'b [u8]) -> Option<Sections<'b>> {
        let end = memchr(b'\n', text).unwrap_or(text.len());
        let line = text.get(..end)?.trim_ascii_end();
        boundary(line)?;
        Some(Sections { mark: line.get(..line.len().checked_sub(3)?)?, rest: text })
    }
}

impl<'b> Iterator for Sections<'b> {
    type Item = (u8, &'b [u8]);

    fn next(&mut self) -> Option<(u8, &'b [u8])> {
        let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end)?;
        let (_, name) = boundary(line)?;
        let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        let next = memmem::find_iter(rest, self.mark).find(|at| {
            let begins = *at == 0 || rest.get(at - 1) == Some(&b'\n');
            begins && rest.get(*at..).map(first_line).is_some_and(|l| boundary(l).is_some())
        });
        let (body, rest) = rest.split_at_checked(next.unwrap_or(rest.len()))?;
        self.rest = rest;
        Some((name, body))
    }
}
