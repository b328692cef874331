//! The context list: `, client: ADDR, server: NAME, request: "...", upstream: "...", host: "...", referrer: "..."`.
//!
//! The order is fixed and absent keys are left out (`src/http/ngx_http_request.c: ngx_http_log_error_handler`,
//! `src/stream/ngx_stream_handler.c`, `src/mail/ngx_mail_handler.c`, `src/core/ngx_resolver.c`). Values stand
//! in quotes but nothing in them is escaped, so what a client sends can look like more keys. A value ends at a
//! quote after which a later key of the list, or the end, follows; of several, at the most believable one.

use memchr::{memchr, memchr_iter, memmem};

use crate::near::{near, near_one_of};

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
        let Some(at) = memchr::memrchr(b' ', rest) else {
            return Some(Request { method, uri: rest, protocol: None });
        };
        let (before, last) = (rest.get(..at)?, rest.get(at + 1..)?);
        if last.starts_with(PROTOCOL) {
            return Some(Request { method, uri: before, protocol: Some(last) });
        }
        // The client stopped in the middle of the protocol.
        let uri = if PROTOCOL.starts_with(last) { before } else { rest };
        Some(Request { method, uri, protocol: None })
    }
}

const PROTOCOL: &[u8] = b"HTTP/";

impl<'b> Context<'b> {
    pub(super) const NONE: Context<'b> = Context {
        client: None,
        server: None,
        request: None,
        subrequest: None,
        upstream: None,
        host: None,
        referrer: None,
        login: None,
        resolver: None,
        responder: None,
        peer: None,
        certificate: None,
        lua: None,
        traffic: None,
        unread: b"",
    };

    /// The request line in its parts.
    pub fn request_line(&self) -> Option<Request<'b>> {
        Request::parse(self.request?)
    }

    /// Scheme and peer of the upstream without the URI, the way it is named in the configuration:
    /// `http://10.0.0.2:8080`, `fastcgi://unix:/run/php/php8.2-fpm.sock`.
    #[inline]
    pub fn upstream_peer(&self) -> Option<&'b [u8]> {
        peer(self.upstream?)
    }

    /// `fastcgi`, `http`, `https`, `uwsgi`, `grpc` ...: how the upstream is spoken to.
    pub fn upstream_scheme(&self) -> Option<&'b [u8]> {
        let upstream = self.upstream?;
        scheme_end(upstream).and_then(|at| upstream.get(..at))
    }

    /// Reads a list into an empty context.
    pub(super) fn read(&mut self, list: &'b [u8]) {
        if list.is_empty() || self.read_usual(list).is_some() {
            return;
        }
        *self = Context::default();
        // Nearly every list is an honest one, where each value ends as soon as it can.
        if !self.read_first(list) {
            *self = Context::read_best(list);
        }
    }

    /// Reads the list of most records, which tells a connection or a whole request and ends with the record. `None` if
    /// it is any other, also where a value does not end at the first mark that could end it.
    fn read_usual(&mut self, list: &'b [u8]) -> Option<()> {
        let (client, rest) = cut(list.strip_prefix(b", client: ")?, b',')?;
        let server = rest.strip_prefix(b", server: ")?;
        // What may stand around it is rare.
        if near(b' ', client).is_some() || client.starts_with(b"\"") {
            return None;
        }
        self.client = Some(client);
        self.read_from_server(server)
    }

    /// Reads the value of the server and what follows it, likewise.
    #[inline(always)]
    pub(super) fn read_from_server(&mut self, rest: &'b [u8]) -> Option<()> {
        let Some(end) = near_one_of([b',', b'"'], rest) else {
            self.server = Some(rest);
            return memchr(b'\n', rest).is_none().then_some(());
        };
        let (server, rest) = rest.split_at_checked(end)?;
        self.server = Some(server);
        let rest = rest.strip_prefix(b", request: \"")?;
        let (request, mut rest) = rest.split_at_checked(memchr(b'"', rest)?)?;
        if !ends_in_protocol(request) {
            return None;
        }
        self.request = Some(request);
        // Each begins with the quote after the value before.
        if let Some(value) = rest.strip_prefix(b"\", upstream: \"") {
            let (upstream, after) = cut(value, b'"')?;
            (self.upstream, rest) = (Some(upstream), after);
        }
        if let Some(value) = rest.strip_prefix(b"\", host: \"") {
            let (host, after) = cut(value, b'"')?;
            (self.host, rest) = (Some(host), after);
        }
        if let Some(value) = rest.strip_prefix(b"\", referrer: \"") {
            self.referrer = Some(value.strip_suffix(b"\"")?);
            return Some(());
        }
        (rest == b"\"").then_some(())
    }

    /// Reads a list in which each value ends as soon as it can. Tells whether none looks as if it had been sent to imitate a
    /// list.
    fn read_first(&mut self, list: &'b [u8]) -> bool {
        let mut found = next_key(list, 0);
        self.unread = list;
        let (mut request, mut host) = (true, true);
        while let Some((place, key, value)) = found {
            let order = place + 1;
            let (value, rest, next, plain) = match (key.form, value) {
                (Form::Rest, _) => (self.unread.strip_prefix(b", ").unwrap_or(value), &b""[..], None, true),
                (Form::Quoted, [b'"', value @ ..]) if key.name != Name::Referrer => {
                    match first_end(value, b'"', order) {
                        Some(Ended { value, rest, next, marks }) => (value, rest, next, marks == 0),
                        None => {
                            let (value, rest) = before_junk(value);
                            (value, rest, None, memchr(b'"', value).is_none())
                        }
                    }
                }
                (Form::Quoted, [b'"', value @ ..]) => {
                    let (value, rest) = referrer(value);
                    (value, rest, None, true)
                }
                _ => {
                    let (value, rest, next) = first_bare(value, order);
                    (value, rest, next, key.form == Form::Bare || memchr(b'"', value).is_none())
                }
            };
            match key.name {
                Name::Request => request = plain && ends_in_protocol(value),
                Name::Host => host = plain,
                _ => {}
            }
            self.set(key.name, value);
            self.unread = rest;
            found = next;
        }
        request && host
    }

    /// Reads a list in which each value ends at the most believable place.
    #[cold]
    fn read_best(list: &'b [u8]) -> Context<'b> {
        let mut context = Context::default();
        let mut rest = list;
        let mut order = 0;
        while let Some((place, key, value)) = next_key(rest, order) {
            let (value, after) = match key.form {
                Form::Bare => bare_value(value, place + 1),
                Form::Quoted => quoted_value(value, place + 1, key.name, context.request),
                Form::Rest => (rest.strip_prefix(b", ").unwrap_or(value), &b""[..]),
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
            Name::Client => {
                // The mail proxy writes ` using starttls` after it.
                let len = near(b' ', value).unwrap_or(value.len());
                self.client = value.get(..len);
                return;
            }
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

const UNIX: &[u8] = b"unix:";

/// An upstream without its URI.
fn peer(upstream: &[u8]) -> Option<&[u8]> {
    let start =
        if upstream.starts_with(b"fastcgi://") { 10 } else { scheme_end(upstream).map_or(0, |at| at + 3) };
    let peer = upstream.get(start..)?;
    let len = if let Some(path) = peer.strip_prefix(UNIX) {
        UNIX.len() + unix_path(path)
    } else {
        near(b'/', peer).unwrap_or(peer.len())
    };
    upstream.get(..start + len)
}

/// Length of a socket's path. It ends at the colon before the URI. Time-out lines have none, as the address is
/// forgotten by then: there only the usual end of such names tells where the URI begins.
fn unix_path(path: &[u8]) -> usize {
    let (mut from, mut socket) = (0, None);
    while let Some(at) = path.get(from..).and_then(|rest| near_one_of([b':', b'.'], rest)) {
        let at = from + at;
        match path.get(at..).unwrap_or_default() {
            [b':', ..] => return socket.unwrap_or(at),
            [b'.', b's', b'o', b'c', b'k', b':', ..] => return socket.unwrap_or(at + 5),
            [b'.', b's', b'o', b'c', b'k', b'/', ..] => return at + 5,
            [b'.', b's', b'o', b'c', b'k', b'e', b't', b'/', ..] if socket.is_none() => socket = Some(at + 7),
            _ => {}
        }
        from = at + 1;
    }
    socket.unwrap_or(path.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Bare,
    Quoted,
    Rest,
}

pub(super) struct Key {
    text: &'static [u8],
    pub(super) name: Name,
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

/// A key that begins somewhere, its place among [`KEYS`], and its value.
pub(super) type Found<'b> = (usize, &'static Key, &'b [u8]);

/// The key that begins `rest` after its `, `, if it is one of those from `order` on; then its value.
#[inline]
pub(super) fn next_key(rest: &[u8], order: usize) -> Option<Found<'_>> {
    let rest = rest.strip_prefix(b", ")?;
    // Compared with what is known when this is compiled, a key costs next to nothing.
    let (place, value) = match rest.first()? {
        b'c' => is(rest, b"client: ", 1)
            .or_else(|| is(rest, b"context: ", 0).or_else(|| is(rest, b"certificate: ", 7))),
        b's' => is(rest, b"server: ", 6).or_else(|| is(rest, b"subrequest: ", 11)),
        b'r' => is(rest, b"request: ", 9).or_else(|| {
            let rare = || is(rest, b"resolver: ", 3).or_else(|| is(rest, b"responder: ", 4));
            is(rest, b"referrer: ", 14).or_else(|| is(rest, b"request_line: ", 10)).or_else(rare)
        }),
        b'u' => is(rest, b"upstream: ", 12).or_else(|| is(rest, b"udp client: ", 2)),
        b'h' => is(rest, b"host: ", 13),
        b'p' => is(rest, b"peer: ", 5),
        b'l' => is(rest, b"login: ", 8),
        b'b' => is(rest, b"bytes from/to client:", 15),
        _ => None,
    }?;
    Some((place, KEYS.get(place).filter(|_| place >= order)?, value))
}

/// A key's place and value, if it is this one.
#[inline(always)]
fn is<'b, const N: usize>(rest: &'b [u8], key: &[u8; N], place: usize) -> Option<(usize, &'b [u8])> {
    Some((place, rest.strip_prefix(key)?))
}

/// Whether nothing but the beginning of a `, KEY: ` is left: nginx cut the record there.
pub(super) fn is_torn_key(rest: &[u8], order: usize) -> bool {
    let Some(name) = rest.strip_prefix(b", ") else { return rest == b"," };
    KEYS.iter().skip(order).any(|key| key.text.starts_with(name))
}

fn ends_before(rest: &[u8], order: usize) -> bool {
    next_key(rest, order).is_some() || is_torn_key(rest, order)
}

/// What is before a byte, and the rest that begins with it.
#[inline(always)]
fn cut(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    text.split_at_checked(near(byte, text)?)
}

/// Where a value ends.
struct Ended<'b> {
    value: &'b [u8],
    rest: &'b [u8],
    /// The key that `rest` begins with.
    next: Option<Found<'b>>,
    /// How many marks that could have ended it are in the value.
    marks: usize,
}

/// The first place where a value can end, which is at a comma or after a quote.
#[inline]
fn first_end(value: &[u8], mark: u8, order: usize) -> Option<Ended<'_>> {
    let quote = mark == b'"';
    let (mut from, mut marks) = (0, 0);
    loop {
        let at = from + near(mark, value.get(from..)?)?;
        let rest = value.get(at + usize::from(quote)..)?;
        let next = next_key(rest, order);
        if next.is_some() || (quote && rest.is_empty()) || is_torn_key(rest, order) {
            return Some(Ended { value: value.get(..at)?, rest, next, marks });
        }
        from = at + 1;
        marks += 1;
    }
}

/// A value without quotes ends where a later key begins. angie puts quotes round these too.
#[inline]
fn first_bare(value: &[u8], order: usize) -> (&[u8], &[u8], Option<Found<'_>>) {
    let (value, rest, next) = match first_end(value, b',', order) {
        Some(Ended { value, rest, next, .. }) => (value, rest, next),
        None => {
            let end = memchr(b'\n', value).unwrap_or(value.len());
            let (value, rest) = value.split_at_checked(end).unwrap_or((value, b""));
            (value, rest, None)
        }
    };
    let value = match value {
        [b'"', plain @ .., b'"'] => plain,
        value => value,
    };
    (value, rest, next)
}

pub(super) fn bare_value(value: &[u8], order: usize) -> (&[u8], &[u8]) {
    let (value, rest, _) = first_bare(value, order);
    (value, rest)
}

/// The last value: only the end of the record can end it.
fn referrer(value: &[u8]) -> (&[u8], &[u8]) {
    value.strip_suffix(b"\"").map_or_else(|| before_junk(value), |value| (value, b""))
}

/// Of the quotes after which a value can end, so many are looked at.
const MAX_ENDS: usize = 16;

/// A value in quotes ends at a quote that a later key or the end follows. Where several do, a client may have
/// sent text that looks like keys: of the most believable ends the first is taken.
fn quoted_value<'b>(
    value: &'b [u8],
    order: usize,
    name: Name,
    request: Option<&[u8]>,
) -> (&'b [u8], &'b [u8]) {
    let Some(value) = value.strip_prefix(b"\"") else { return bare_value(value, order) };
    if name == Name::Referrer {
        return referrer(value);
    }
    let mut best: Option<(Belief, &[u8], &[u8])> = None;
    for (inner, rest) in ends(value, order).take(MAX_ENDS) {
        let belief = belief(name, inner, rest, order, request);
        if best.is_none_or(|(so_far, ..)| belief > so_far) {
            best = Some((belief, inner, rest));
        }
        if belief == Belief::Full {
            break;
        }
    }
    best.map_or_else(|| before_junk(value), |(_, inner, rest)| (inner, rest))
}

/// A value whose end is not that of the record. Either nginx cut the record, or lines follow that are none of its
/// own (another program writes to the same file): then a quote stands at the end of a line.
fn before_junk(value: &[u8]) -> (&[u8], &[u8]) {
    let ends_line = |at: &usize| {
        value.get(at + 1..).is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
    };
    let end = memchr_iter(b'"', value).find(ends_line);
    end.and_then(|at| Some((value.get(..at)?, value.get(at + 1..)?))).unwrap_or((value, b""))
}

/// The places where a value that began with a quote can end: what is before each, and what follows its quote.
fn ends(value: &[u8], order: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
    memchr_iter(b'"', value).filter_map(move |at| {
        let (inner, rest) = value.split_at_checked(at)?;
        let rest = rest.strip_prefix(b"\"")?;
        (rest.is_empty() || ends_before(rest, order)).then_some((inner, rest))
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Belief {
    Little,
    Half,
    Full,
}

fn belief(name: Name, value: &[u8], rest: &[u8], order: usize, request: Option<&[u8]>) -> Belief {
    match name {
        // A whole request line ends in its protocol; a partial one is taken only if nothing better follows.
        Name::Request if !ends_in_protocol(value) => Belief::Little,
        Name::Request if has_odd_host(rest) => Belief::Half,
        // The URI of an upstream comes from the request: without a quote there, there is none here.
        Name::Upstream if request.is_some_and(|r| memchr(b'"', r).is_some()) => match next_key(rest, order) {
            Some((_, key, _)) if key.name == Name::Host && !has_odd_host(rest) => Belief::Full,
            Some((_, key, _)) if key.name != Name::Host => Belief::Half,
            _ => Belief::Little,
        },
        _ => Belief::Full,
    }
}

/// Whether the first host in a list holds a quote. Host comes once, so it may be one that a client made up.
fn has_odd_host(list: &[u8]) -> bool {
    const HOST: &[u8] = b", host: \"";
    let after_host = KEYS.iter().take_while(|key| key.name != Name::Host).count() + 1;
    let Some(at) = memmem::find(list, HOST) else { return false };
    let host = list.get(at + HOST.len()..).unwrap_or_default();
    ends(host, after_host).next().is_some_and(|(host, _)| memchr(b'"', host).is_some())
}

#[inline]
fn ends_in_protocol(request: &[u8]) -> bool {
    // What nearly always stands there is asked for first.
    request.ends_with(b" HTTP/1.1") || request.ends_with(b" HTTP/2.0") || ends_in_any_protocol(request)
}

fn ends_in_any_protocol(request: &[u8]) -> bool {
    matches!(request, [.., b' ', b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// Where `://` stands in an upstream. A scheme holds no colon, so only the first can be it.
fn scheme_end(upstream: &[u8]) -> Option<usize> {
    near(b':', upstream).filter(|at| upstream.get(*at..).is_some_and(|rest| rest.starts_with(b"://")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by one search after the other.
    fn simply(upstream: &[u8]) -> &[u8] {
        let scheme = memchr(b':', upstream).filter(|at| upstream[*at..].starts_with(b"://"));
        let start = scheme.map_or(0, |at| at + 3);
        let peer = &upstream[start..];
        let Some(path) = peer.strip_prefix(UNIX) else {
            return &upstream[..start + memchr(b'/', peer).unwrap_or(peer.len())];
        };
        let end = memchr(b':', path).unwrap_or(path.len());
        let name = |name: &[u8]| memmem::find(&path[..end], name).map(|at| at + name.len() - 1);
        &upstream[..start + UNIX.len() + name(b".sock/").or_else(|| name(b".socket/")).unwrap_or(end)]
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            ":",
            "/",
            ".sock",
            ".socket",
            ".sock/",
            ".socket/",
            ".sock:",
            ".",
            "unix:",
            "a",
            "/run/php/www",
            "://",
            "\u{fc}",
        ])
    }

    proptest! {
        #[test]
        fn the_peer_is_what_plain_searches_find(
            scheme in prop::sample::select(vec!["fastcgi://unix:", "fastcgi://", "http://", "http://unix:", "uwsgi://", ""]),
            pieces in prop::collection::vec(piece(), 0..10),
        ) {
            let upstream = scheme.to_owned() + &pieces.concat();
            let context = Context { upstream: Some(upstream.as_bytes()), ..Context::default() };
            prop_assert_eq!(context.upstream_peer(), Some(simply(upstream.as_bytes())));
        }
    }
}
