//! The grammars an input may be written in, and which line is of which.

use memchr::memchr;

use crate::access::{AccessFormat, AccessServer};
use crate::apache;
use crate::civil::Stamp;
use crate::firewall::{audit, fail2ban, guards};
use crate::fpm::{self, FpmAccess, FpmSlow};
use crate::nginx::{self, NginxError};
use crate::php;
use crate::record::{Body, Record, Start};
use crate::syslog::{Carrier, carrier, is_marker};
use crate::system::{self, Other, dmesg};

/// How the lines of an input are written.
///
/// Programs share files and streams (a container's output, syslog), so each line is judged by itself: every grammar
/// is always known. Only the form of access logs differs from server to server, and is part of the format.
#[derive(Clone, Debug, Default)]
pub struct Format {
    access: Vec<AccessFormat>,
    /// Most lines are requests.
    mostly_access: bool,
}

impl Format {
    /// The format of an input of which nothing is known: all grammars but those of access logs.
    pub const ANY: &'static Format = &Format { access: Vec::new(), mostly_access: false };

    /// A format with access logs of these forms; the first that a line fits counts. With `mostly`, lines are taken
    /// for requests first.
    pub fn with_access(access: Vec<AccessFormat>, mostly: bool) -> Format {
        Format { access, mostly_access: mostly }
    }

    /// The format of an input with these first bytes: with the form of the access log whose lines are in it.
    /// `server` is whose access log it is, which the lines of most do not tell.
    pub fn detect(head: &[u8], server: AccessServer) -> Format {
        let Some(found) = AccessFormat::detect(head, server) else { return Format::default() };
        let lines = head.split(|b| *b == b'\n').filter(|l| !l.is_empty());
        let (fit, all) = lines.fold((0usize, 0usize), |(fit, all), line| {
            (fit + usize::from(found.parse(line).is_some()), all + 1)
        });
        Format::with_access(vec![found], fit * 2 > all)
    }

    /// The forms of access logs that lines are tried for.
    pub fn access(&self) -> &[AccessFormat] {
        &self.access
    }

    /// Tells what a line (without its newline) is to the record before it.
    pub fn start(&self, line: &[u8]) -> Start {
        if nginx::looks_like_head(line) || fpm::looks_like_head(line) {
            return Start::Timed;
        }
        if self.mostly_access && self.request(line).is_some() {
            return Start::Line;
        }
        match line.first() {
            // Most continuations are stack frames, indented text or empty.
            None | Some(b'#' | b' ' | b'\t' | b'\r') => Start::Continuation,
            _ => self.slow_start(line),
        }
    }

    #[cold]
    fn slow_start(&self, line: &[u8]) -> Start {
        let clean = without_junk(line);
        if trimmed(clean).is_empty() {
            return Start::Foreign;
        }
        if nginx::looks_like_head(clean)
            || fpm::looks_like_head(clean)
            || php::log::looks_like_head(clean)
            || fail2ban::looks_like_head(clean)
        {
            return Start::Timed;
        }
        if is_marker(clean) {
            return Start::Marker;
        }
        if apache::looks_like_head(clean) || guards::looks_like_head(clean) {
            return Start::Line;
        }
        if let Some(start) = audit::start(clean) {
            return start;
        }
        if dmesg::looks_like_head(clean) {
            return Start::Indented;
        }
        if clean.starts_with(b"nginx: ")
            || clean.starts_with(b"angie: ")
            || fpm::undecorated(clean).is_some()
            || apache::is_startup(clean)
        {
            return Start::Untimed;
        }
        if let Some((c, inner)) = carrier(clean) {
            return match carried(&c, inner).1 {
                Body::NginxError(_) | Body::Fpm(_) => Start::Timed,
                _ => Start::Indented,
            };
        }
        if self.request(clean).is_some() || FpmAccess::parse(clean).is_some() {
            return Start::Line;
        }
        Start::Continuation
    }

    /// Whether a line is of the inside of a record, so that without its beginning it is still worth one.
    pub(crate) fn is_orphan(line: &[u8]) -> bool {
        fpm::is_slow_orphan(line) || php::log::is_orphan(line) || apache::is_reason(line)
    }

    /// Parses the bytes of one record: its first line must be one that [`Format::start`] calls a beginning, or a line
    /// from the inside of a slow-log block or of a trace of PHP. `None` where no grammar fits.
    pub fn parse<'b>(&self, raw: &'b [u8]) -> Option<Record<'b>> {
        let text = trimmed(without_junk(raw));
        if let Some((at, body)) = nginx_body(text) {
            return Some(Record { raw, at, zone: None, carrier: None, body });
        }
        if self.mostly_access
            && let Some((at, body)) = self.request(text)
        {
            return Some(Record { raw, at, zone: None, carrier: None, body });
        }
        if text.first() == Some(&b'[')
            && let Some(record) = bracketed(raw, text)
        {
            return Some(record);
        }
        if let Some(found) = fail2ban::parse(text).filter(|_| fail2ban::looks_like_head(text)) {
            return Some(plain(raw, found.0, Body::Fail2ban(found.1)));
        }
        if let Some((at, found)) = audit::parse(text) {
            return Some(plain(raw, at, Body::Audit(found)));
        }
        if let Some((at, _, other)) = guards::parse(text) {
            return Some(plain(raw, Some(at), Body::Other(other)));
        }
        if let Some((c, inner)) = carrier(text) {
            let (at, body) = carried(&c, inner);
            return Some(Record { raw, at: at.or(Some(c.at)), zone: None, carrier: Some(c), body });
        }
        if dmesg::looks_like_head(text)
            && let Some((at, kernel)) = dmesg::parse(text)
        {
            return Some(plain(raw, Some(at), Body::Kernel(kernel)));
        }
        self.bare(raw, text)
    }

    /// Records without a head that tells whose they are.
    fn bare<'b>(&self, raw: &'b [u8], text: &'b [u8]) -> Option<Record<'b>> {
        if let Some(f) = fpm::undecorated(text) {
            return Some(plain(raw, None, Body::Fpm(f)));
        }
        if (apache::is_startup(text) || apache::is_reason(text))
            && let Some((at, error)) = apache::parse(text)
        {
            return Some(plain(raw, at, Body::ApacheError(error)));
        }
        let end = memchr(b'\n', text).unwrap_or(text.len());
        let (first, body) = text.split_at_checked(end)?;
        if fpm::is_slow_orphan(first) {
            let body = body.strip_prefix(b"\n").unwrap_or(body);
            let slow = FpmSlow { pool: None, pid: None, text: trimmed(first), body };
            return Some(plain(raw, None, Body::FpmSlow(slow)));
        }
        if let Some(logged) = php::log::parse(text) {
            let Logged { at, zone, body } = logged;
            return Some(Record { raw, at, zone, carrier: None, body: Body::Php(body) });
        }
        // What follows an access line belongs to it no more than to anything else, but it must not spoil it.
        if let Some((at, body)) = self.request(first) {
            return Some(plain(raw, at, body));
        }
        FpmAccess::parse(first).map(|(at, a)| plain(raw, Some(at), Body::FpmAccess(a)))
    }

    fn request<'b>(&self, line: &'b [u8]) -> Option<(Option<Stamp>, Body<'b>)> {
        self.access.iter().find_map(|format| format.parse(line)).map(|(at, a)| (at, Body::Access(a)))
    }
}

use php::log::Logged;

fn plain<'b>(raw: &'b [u8], at: Option<Stamp>, body: Body<'b>) -> Record<'b> {
    Record { raw, at, zone: None, carrier: None, body }
}

/// Records that begin with a time in brackets: php-fpm, PHP, Apache.
fn bracketed<'b>(raw: &'b [u8], text: &'b [u8]) -> Option<Record<'b>> {
    if php::log::looks_like_head(text) {
        let Logged { at, zone, body } = php::log::parse(text)?;
        return Some(Record { raw, at, zone, carrier: None, body: Body::Php(body) });
    }
    if let Some(stamped) = fpm::stamped(text) {
        let body = fpm::decorated(stamped.rest).map(Body::Fpm).or_else(|| slow_block(stamped.rest))?;
        return Some(plain(raw, Some(stamped.at), body));
    }
    if apache::looks_like_head(text) {
        let (at, error) = apache::parse(text)?;
        return Some(plain(raw, at, Body::ApacheError(error)));
    }
    None
}

/// Takes off what is no part of a line: a byte order mark, and the zeros that a crash of the machine leaves
/// where a block was allocated but never written.
fn without_junk(line: &[u8]) -> &[u8] {
    let zeros = line.iter().take_while(|b| **b == 0).count();
    let line = line.get(zeros..).unwrap_or_default();
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

/// Without a carriage return at the end, and without the empty lines that may follow a record.
fn trimmed(raw: &[u8]) -> &[u8] {
    let ends = raw.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    raw.get(..raw.len() - ends).unwrap_or(raw)
}

fn nginx_body(text: &[u8]) -> Option<(Option<Stamp>, Body<'_>)> {
    let head = nginx::head(text)?;
    Some((head.at, Body::NginxError(NginxError::parse_body(head, text.len()))))
}

fn slow_block(rest: &[u8]) -> Option<Body<'_>> {
    let end = memchr(b'\n', rest).unwrap_or(rest.len());
    let (first, body) = rest.split_at_checked(end)?;
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    fpm::slow_block(trimmed(first), body).map(Body::FpmSlow)
}

/// The record inside a syslog line, told by its text where it has a head of its own, since tags can be set freely,
/// else by its tag.
fn carried<'b>(carrier: &Carrier<'b>, inner: &'b [u8]) -> (Option<Stamp>, Body<'b>) {
    let tag = carrier.tag;
    if let Some(nginx) = nginx_body(inner) {
        return nginx;
    }
    if fpm::looks_like_head(inner)
        && let Some((at, fpm)) = fpm::stamped(inner).and_then(|s| Some((s.at, fpm::decorated(s.rest)?)))
    {
        return (Some(at), Body::Fpm(fpm));
    }
    let holds = |word: &[u8]| memchr::memmem::find(tag, word).is_some();
    if (holds(b"php") || holds(b"fpm"))
        && let Some(fpm) = fpm::syslogged(inner)
    {
        return (None, Body::Fpm(fpm));
    }
    if tag == b"kernel" {
        return (None, Body::Kernel(system::kernel(inner)));
    }
    if let Some(systemd) = system::systemd(tag, inner) {
        return (None, Body::Systemd(systemd));
    }
    if tag.starts_with(b"fail2ban")
        && let Some((at, fail2ban)) = fail2ban::parse(inner)
    {
        return (at, Body::Fail2ban(fail2ban));
    }
    if (tag.starts_with(b"apache") || tag.starts_with(b"httpd"))
        && let Some((at, error)) = apache::parse_carried(inner)
    {
        return (at, Body::ApacheError(error));
    }
    (None, Body::Other(Other { text: inner }))
}
