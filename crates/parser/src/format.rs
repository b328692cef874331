//! The grammars an input may be written in, and which line is of which.

use memchr::memchr;

use crate::access::{Access, AccessFormat, AccessServer, Memo};
use crate::apache;
use crate::civil::Stamp;
use crate::firewall::{audit, fail2ban, guards, packet};
use crate::fpm::{self, FpmAccess, FpmSlow};
use crate::nginx::{self, NginxError};
use crate::php::{self, log::Logged};
use crate::record::{Body, Record, Start};
use crate::syslog::{Carrier, carrier, is_marker, untagged};
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
        // A transaction of ModSecurity shows the client's request as it came: none of its lines is one of an access log.
        if head.split(|b| *b == b'\n').any(|l| audit::start(l) == Some(Start::Untimed)) {
            return Format::default();
        }
        let Some(found) = AccessFormat::detect(head, server) else {
            return Format::with_access(usual(server), false);
        };
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
        self.begin(line, &mut None, &mut Memo::default())
    }

    /// The same, with the record where the line had to be parsed to tell; a record that is there already is replaced.
    pub(crate) fn begin<'b>(
        &self,
        line: &'b [u8],
        record: &mut Option<Record<'b>>,
        memo: &mut Memo,
    ) -> Start {
        if nginx::looks_like_head(line) || fpm::looks_like_head(line) {
            *record = None;
            return Start::Timed;
        }
        if self.mostly_access && self.is_request(line, record, memo) {
            return Start::Line;
        }
        *record = None;
        match line.first() {
            // Most continuations are stack frames, indented text or empty.
            None | Some(b'#' | b' ' | b'\t' | b'\r') => Start::Continuation,
            _ => self.slow_start(line),
        }
    }

    /// Reads a request into a place that may hold one already, which is quicker than to make it and move it there.
    /// Where the line is none, what the place holds is of no use.
    #[inline]
    fn is_request<'b>(&self, line: &'b [u8], place: &mut Option<Record<'b>>, memo: &mut Memo) -> bool {
        let record = match place {
            Some(record) => record,
            None => place.insert(plain(line, None, Body::Access(Access::default()))),
        };
        if !matches!(record.body, Body::Access(_)) {
            record.body = Body::Access(Access::default());
        }
        let Body::Access(access) = &mut record.body else { return false };
        let Some(at) = self.access.iter().find_map(|format| format.read(line, access, memo)) else {
            return false;
        };
        (record.raw, record.at, record.zone, record.carrier) = (line, at, None, None);
        true
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
            || guards::looks_like_head(clean)
        {
            return Start::Timed;
        }
        if is_marker(clean) {
            return Start::Marker;
        }
        if is_of_container(clean) {
            return Start::Foreign;
        }
        if apache::looks_like_head(clean) {
            return Start::Line;
        }
        if let Some(start) = audit::start(clean) {
            return start;
        }
        if clean.starts_with(b"nginx: ")
            || clean.starts_with(b"angie: ")
            || fpm::undecorated(clean).is_some()
            || php::log::is_headless(clean)
            || apache::is_startup(clean)
        {
            return Start::Untimed;
        }
        if let Some((c, inner)) = prefixed(clean) {
            return match self.carried(&c, inner).1 {
                Body::NginxError(_) | Body::Fpm(_) => Start::Timed,
                _ => Start::Indented,
            };
        }
        if dmesg::looks_like_head(clean) {
            return Start::Indented;
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

    /// Whether a line that begins a record by itself goes on with this one all the same: php-cgi sends messages of PHP
    /// without a mark, and nginx writes all of one read into one record.
    pub(crate) fn is_inside(record: &[u8], line: &[u8]) -> bool {
        php::log::is_headless(line) && nginx::is_open_stderr(record)
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
        if let Some((at, fail2ban)) = fail2ban::parse(text) {
            return Some(plain(raw, at, Body::Fail2ban(fail2ban)));
        }
        if let Some((at, guard)) = guards::parse(text) {
            return Some(plain(raw, Some(at), Body::Guard(guard)));
        }
        if let Some((at, found)) = audit::parse(text) {
            return Some(plain(raw, at, Body::Audit(found)));
        }
        if let Some((c, inner)) = prefixed(text) {
            let (at, body) = self.carried(&c, inner);
            let zone = if at.is_none() { c.zone } else { None };
            return Some(Record { raw, at: at.or(Some(c.at)), zone, carrier: Some(c), body });
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

    /// The record that syslog carried. What no program's own grammar takes may be a request (`access_log syslog:`), but
    /// not of any program: sshd, say, writes names of users that anybody may send.
    fn carried<'b>(&self, carrier: &Carrier<'b>, inner: &'b [u8]) -> (Option<Stamp>, Body<'b>) {
        let found = carried(carrier, inner);
        match found.1 {
            Body::Other(_) if self.mostly_access || is_web_server(carrier.tag) => {
                self.request(inner).unwrap_or(found)
            }
            _ => found,
        }
    }

    fn request<'b>(&self, line: &'b [u8]) -> Option<(Option<Stamp>, Body<'b>)> {
        self.access.iter().find_map(|format| format.parse(line)).map(|(at, a)| (at, Body::Access(a)))
    }
}

/// Forms of requests that may follow though none was among the first lines, as where logs are put behind each other.
/// Only what web servers write unless they are told otherwise: other lines go on with the record before them.
fn usual(server: AccessServer) -> Vec<AccessFormat> {
    match server {
        AccessServer::Nginx => {
            ["combined", "main", "vhost_combined"].into_iter().filter_map(AccessFormat::named).collect()
        }
        AccessServer::Apache => Vec::new(),
    }
}

/// Whether a tag is one that web servers are known by.
fn is_web_server(tag: &[u8]) -> bool {
    let names: [&[u8]; 7] = [b"nginx", b"angie", b"openresty", b"ingress", b"apache", b"httpd", b"access"];
    names.iter().any(|name| memchr::memmem::find(tag, name).is_some())
}

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
pub(crate) fn without_junk(line: &[u8]) -> &[u8] {
    let zeros = line.iter().take_while(|b| **b == 0).count();
    let line = line.get(zeros..).unwrap_or_default();
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

/// Whether a line is of a program that shares a container's output with nginx: the controller of Kubernetes' ingress
/// (`I1123 12:00:18.123456       7 main.go:53] TEXT`, `klog.go: formatHeader`), the entry point of nginx's image.
fn is_of_container(line: &[u8]) -> bool {
    let controller = || {
        let Some(([level, m1, m2, d1, d2, b' ', h1, h2, b':', _, _, b':', _, _, b'.', f], _)) =
            line.split_first_chunk::<16>()
        else {
            return false;
        };
        matches!(level, b'I' | b'W' | b'E' | b'F')
            && [m1, m2, d1, d2, h1, h2, f].into_iter().all(u8::is_ascii_digit)
    };
    line.starts_with(b"/docker-entrypoint.sh: ") || controller()
}

/// Without a carriage return at the end, and without the empty lines that may follow a record.
#[inline]
pub(crate) fn trimmed(raw: &[u8]) -> &[u8] {
    if !matches!(raw.last(), Some(b'\r' | b'\n')) {
        return raw;
    }
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

/// Takes a syslog prefix off a line. In packets that ulogd writes to its file the rule's own words stand where the
/// tag of others stands.
fn prefixed(line: &[u8]) -> Option<(Carrier<'_>, &[u8])> {
    let tagged = carrier(line);
    let doubtful = tagged.is_none_or(|(_, inner)| inner.starts_with(b"IN="));
    if doubtful
        && tagged.is_none_or(|(c, _)| c.tag != b"kernel" && c.tag != b"ulogd")
        && let Some(found) = untagged(line).filter(|(_, inner)| packet::is_packet(inner))
    {
        return Some(found);
    }
    tagged
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
    if holds(b"php")
        && let Some(php) = php::log::carried(tag, inner)
    {
        return (None, Body::Php(php));
    }
    // The audit subsystem writes under its own name where journald or auditd pass its records on.
    if matches!(tag, b"kernel" | b"audit" | b"audispd" | b"audisp-syslog") {
        return (None, Body::Kernel(system::kernel(inner)));
    }
    // ulogd writes packets as the kernel does: to syslog under its own name, to its file under none.
    if (tag == b"ulogd" || tag.is_empty()) && packet::is_packet(inner) {
        return (None, Body::Kernel(system::kernel(inner)));
    }
    if let Some(systemd) = system::systemd(tag, inner) {
        return (None, Body::Systemd(systemd));
    }
    if let Some((at, fail2ban)) = fail2ban::carried(carrier, inner) {
        return (at, Body::Fail2ban(fail2ban));
    }
    if tag == b"lfd" {
        return (None, Body::Guard(guards::lfd(inner)));
    }
    if (tag.starts_with(b"apache") || tag.starts_with(b"httpd"))
        && let Some((at, error)) = apache::parse_carried(inner)
    {
        return (at, Body::ApacheError(error));
    }
    (None, Body::Other(Other { text: inner }))
}
