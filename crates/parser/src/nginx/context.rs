//! The context list: `, client: ADDR, server: NAME, request: "...", upstream: "...", host: "...", referrer: "..."`.
//!
//! The order is fixed and absent keys are left out (`src/http/ngx_http_request.c: ngx_http_log_error_handler`,
//! `src/stream/ngx_stream_handler.c`, `src/mail/ngx_mail_handler.c`, `src/core/ngx_resolver.c`). Values stand
//! in quotes but nothing in them is escaped, so what a client sends can look like more keys. A value ends at
//! the first quote after which a later key of the list, or the end, follows.

use memchr::{memchr, memchr_iter};

/// The values of a context list, as written, without their quotes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Context<'b> {
    /// Address of the client: the edge's, or the visitor's where the realip module is on. Never a port.
    pub client: Option<&'b [u8]>,
    /// `server_name` of the block that serves the request (not the Host header), or, before there is a
    /// request, the listening address. May be empty.
    pub server: Option<&'b [u8]>,
    /// The request line, raw and possibly partial.
    pub request: Option<&'b [u8]>,
    /// URI of the subrequest.
    pub subrequest: Option<&'b [u8]>,
    /// `scheme://peer/uri` of the server that was asked; unix sockets end in a colon save in time-out lines.
    pub upstream: Option<&'b [u8]>,
    /// The Host header, raw.
    pub host: Option<&'b [u8]>,
    /// The Referer header, raw.
    pub referrer: Option<&'b [u8]>,
    /// Login name (mail proxy).
    pub login: Option<&'b [u8]>,
    /// Address of the name server that was asked.
    pub resolver: Option<&'b [u8]>,
    /// Host name of the OCSP responder.
    pub responder: Option<&'b [u8]>,
    /// Address of the OCSP responder.
    pub peer: Option<&'b [u8]>,
    /// Path of the certificate whose status was asked for.
    pub certificate: Option<&'b [u8]>,
    /// Phase of the Lua module without a request (`ngx.timer`).
    pub lua: Option<&'b [u8]>,
    /// `bytes from/to client:N/N, bytes from/to upstream:N/N` of a proxied stream.
    pub traffic: Option<&'b [u8]>,
    /// What could not be read as part of the list.
    pub unread: &'b [u8],
}

/// A request line, `METHOD URI PROTOCOL`, split at its first and last blank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'b> {
    /// Method.
    pub method: &'b [u8],
    /// URI as sent, with its query.
    pub uri: &'b [u8],
    /// `HTTP/1.1`; absent in partial lines and HTTP/0.9.
    pub protocol: Option<&'b [u8]>,
}

impl<'b> Request<'b> {
    /// Splits a request line; `None` where it does not begin with a method (a TLS hello on a plain port).
    pub fn parse(line: &'b [u8]) -> Option<Request<'b>> {
        let blank = memchr(b' ', line)?;
        let method = line.get(..blank)?;
        if method.is_empty() || !method.iter().all(|b| b.is_ascii_uppercase() || *b == b'_' || *b == b'-') {
            return None;
        }
        let rest = line.get(blank + 1..)?;
        let last = memchr::memrchr(b' ', rest).filter(|at| rest.get(at + 1..).is_some_and(is_protocol));
        let (uri, protocol) = match last {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
            None => (rest, None),
        };
        Some(Request { method, uri, protocol })
    }
}

fn is_protocol(text: &[u8]) -> bool {
    text.starts_with(b"HTTP/")
}

impl<'b> Context<'b> {
    /// The request line in its parts.
    pub fn request_line(&self) -> Option<Request<'b>> {
        Request::parse(self.request?)
    }

    /// Scheme and peer of the upstream without the URI, the way it is named in the configuration:
    /// `http://10.0.0.2:8080`, `fastcgi://unix:/run/php/php8.2-fpm.sock`.
    pub fn upstream_peer(&self) -> Option<&'b [u8]> {
        let upstream = self.upstream?;
        let start = memchr::memmem::find(upstream, b"://").map_or(0, |at| at + 3);
        let peer = upstream.get(start..)?;
        let len = if let Some(path) = peer.strip_prefix(b"unix:") {
            // The path ends at the colon before the URI; it may stand at the end, or be missing.
            memchr(b':', path).map_or(peer.len(), |at| at + 5)
        } else {
            memchr(b'/', peer).unwrap_or(peer.len())
        };
        upstream.get(..start + len)
    }

    /// `fastcgi`, `http`, `https`, `uwsgi`, `grpc` ...: how the upstream is spoken to.
    pub fn upstream_scheme(&self) -> Option<&'b [u8]> {
        let upstream = self.upstream?;
        memchr::memmem::find(upstream, b"://").and_then(|at| upstream.get(..at))
    }

    pub(super) fn parse(list: &'b [u8]) -> Context<'b> {
        let mut context = Context::default();
        let mut rest = list;
        let mut order = 0;
        while let Some((place, key, value)) = next_key(rest, order) {
            let (value, after) = match key.form {
                Form::Bare => bare_value(value, place + 1),
                Form::Quoted => quoted_value(value, place + 1, key.name),
                Form::Rest => (value, &b""[..]),
            };
            context.set(key.name, value);
            rest = after;
            order = place + 1;
        }
        context.unread = rest;
        context
    }

    fn set(&mut self, name: Name, value: &'b [u8]) {
        let slot = match name {
            Name::Lua => &mut self.lua,
            Name::Client => &mut self.client,
            Name::Server => &mut self.server,
            Name::Resolver => &mut self.resolver,
            Name::Responder => &mut self.responder,
            Name::Peer => &mut self.peer,
            Name::Certificate => &mut self.certificate,
            Name::Login => &mut self.login,
            Name::Request => &mut self.request,
            Name::Subrequest => &mut self.subrequest,
            Name::Upstream => &mut self.upstream,
            Name::Host => &mut self.host,
            Name::Referrer => &mut self.referrer,
            Name::Traffic => &mut self.traffic,
        };
        *slot = Some(value);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Lua,
    Client,
    Server,
    Resolver,
    Responder,
    Peer,
    Certificate,
    Login,
    Request,
    Subrequest,
    Upstream,
    Host,
    Referrer,
    Traffic,
}

#[derive(Clone, Copy)]
enum Form {
    Bare,
    Quoted,
    Rest,
}

struct Key {
    text: &'static [u8],
    name: Name,
    form: Form,
}

/// All keys in the order in which they can follow each other.
const KEYS: &[Key] = &[
    Key { text: b"context: ", name: Name::Lua, form: Form::Bare },
    Key { text: b"client: ", name: Name::Client, form: Form::Bare },
    Key { text: b"udp client: ", name: Name::Client, form: Form::Bare },
    Key { text: b"resolver: ", name: Name::Resolver, form: Form::Bare },
    Key { text: b"responder: ", name: Name::Responder, form: Form::Bare },
    Key { text: b"peer: ", name: Name::Peer, form: Form::Bare },
    Key { text: b"server: ", name: Name::Server, form: Form::Bare },
    Key { text: b"certificate: ", name: Name::Certificate, form: Form::Quoted },
    Key { text: b"login: ", name: Name::Login, form: Form::Quoted },
    Key { text: b"request: ", name: Name::Request, form: Form::Quoted },
    Key { text: b"request_line: ", name: Name::Request, form: Form::Quoted },
    Key { text: b"subrequest: ", name: Name::Subrequest, form: Form::Quoted },
    Key { text: b"upstream: ", name: Name::Upstream, form: Form::Quoted },
    Key { text: b"host: ", name: Name::Host, form: Form::Quoted },
    Key { text: b"referrer: ", name: Name::Referrer, form: Form::Quoted },
    Key { text: b"bytes from/to client:", name: Name::Traffic, form: Form::Rest },
];

/// The key that begins `rest` after its `, `, if it is one of those from `order` on; then its value.
fn next_key(rest: &[u8], order: usize) -> Option<(usize, &'static Key, &[u8])> {
    let rest = rest.strip_prefix(b", ")?;
    KEYS.iter()
        .enumerate()
        .skip(order)
        .find_map(|(place, key)| rest.strip_prefix(key.text).map(|value| (place, key, value)))
}

/// A value without quotes ends where a later key begins. angie puts quotes round these too.
fn bare_value(value: &[u8], order: usize) -> (&[u8], &[u8]) {
    let end = memchr_iter(b',', value)
        .find(|at| value.get(*at..).is_some_and(|rest| next_key(rest, order).is_some()))
        .unwrap_or(value.len());
    let (value, rest) = value.split_at_checked(end).unwrap_or((value, b""));
    let plain = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
    (plain.unwrap_or(value), rest)
}

/// A value in quotes ends at a quote that a later key or the end follows. Where several do, a client may have
/// sent text that looks like keys: the one is taken that leaves a believable value.
fn quoted_value(value: &[u8], order: usize, name: Name) -> (&[u8], &[u8]) {
    let Some(value) = value.strip_prefix(b"\"") else { return bare_value(value, order) };
    if name == Name::Referrer {
        return (value.strip_suffix(b"\"").unwrap_or(value), b"");
    }
    let mut first = None;
    for at in memchr_iter(b'"', value) {
        let Some((inner, rest)) = value.split_at_checked(at) else { break };
        let Some(rest) = rest.strip_prefix(b"\"") else { break };
        if !rest.is_empty() && next_key(rest, order).is_none() {
            continue;
        }
        if believable(name, inner, rest, order) {
            return (inner, rest);
        }
        first.get_or_insert((inner, rest));
    }
    // No closing quote: nginx cut the record.
    first.unwrap_or((value, b""))
}

fn believable(name: Name, value: &[u8], rest: &[u8], order: usize) -> bool {
    match name {
        // A whole request line ends in its protocol; a partial one is taken only if nothing better follows.
        Name::Request => memchr::memrchr(b' ', value)
            .is_some_and(|at| value.get(at + 1..).is_some_and(is_protocol_exactly)),
        // Host comes once: where the host that follows would hold a quote, it is not the real one.
        Name::Upstream => match next_key(rest, order) {
            Some((place, key, host)) if key.name == Name::Host => {
                memchr(b'"', quoted_value(host, place + 1, Name::Host).0).is_none()
            }
            _ => true,
        },
        _ => true,
    }
}

fn is_protocol_exactly(text: &[u8]) -> bool {
    matches!(text, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// Splits what follows the head into text and context list.
///
/// The text may quote a path or a header with `, client: ` in it, so the list begins at the first place that
/// is outside quotes and where an address follows. A script's standard error is not counted so: there the list
/// begins after the closing quote and the action, as nginx writes them.
pub(super) fn split(body: &[u8]) -> (&[u8], &[u8]) {
    let at = if body.starts_with(super::stderr::PREFIX) { after_stderr(body) } else { list_start(body) };
    at.and_then(|at| body.split_at_checked(at)).unwrap_or((body, b""))
}

fn list_start(body: &[u8]) -> Option<usize> {
    let mut inside_quotes = None;
    let mut quotes = 0usize;
    let mut counted = 0;
    for at in memchr_iter(b',', body) {
        let Some(rest) = body.get(at..) else { break };
        if !begins_list(rest, body, at) {
            continue;
        }
        quotes += memchr_iter(b'"', body.get(counted..at).unwrap_or_default()).count();
        counted = at;
        if quotes.is_multiple_of(2) {
            return Some(at);
        }
        inside_quotes.get_or_insert(at);
    }
    inside_quotes
}

fn begins_list(rest: &[u8], body: &[u8], at: usize) -> bool {
    let Some((_, key, value)) = next_key(rest, 0) else { return false };
    match key.name {
        Name::Client => is_address(value),
        Name::Resolver | Name::Responder | Name::Lua => true,
        // `send() failed ... while logging to syslog, server: ADDR` (`src/core/ngx_syslog.c`).
        Name::Server => body.get(..at).is_some_and(|text| text.ends_with(b" while logging to syslog")),
        _ => false,
    }
}

/// Whether an address, and after it the end or another key, begins here.
fn is_address(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    if value.starts_with(b"unix:") {
        return true;
    }
    let len = value.iter().take_while(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':')).count();
    let next = value.get(len..).unwrap_or_default();
    len >= 2
        && (next.is_empty()
            || next.starts_with(b", ")
            || next.starts_with(b"\"")
            || next.starts_with(b" using "))
}

/// The list after a script's standard error: the first place where quote, action and address follow each
/// other; else, as the text may have been cut or be of another action, the last address.
fn after_stderr(body: &[u8]) -> Option<usize> {
    let mut last = None;
    for at in memchr_iter(b',', body) {
        let Some((text, rest)) = body.split_at_checked(at) else { break };
        if !begins_list(rest, body, at) {
            continue;
        }
        if text.ends_with(b"\" while reading response header from upstream")
            || text.ends_with(b"\" while reading upstream")
        {
            return Some(at);
        }
        last = Some(at);
    }
    last
}
