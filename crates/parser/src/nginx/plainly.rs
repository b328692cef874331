//! The simple way to read a record, which looks at each part anew: the faster one is held to give the same.

use memchr::{memchr, memchr_iter, memmem, memrchr, memrchr_iter};

use super::message::Parts;
use super::{Context, Head, MAX_RECORD, NginxError, stderr};
use crate::civil::{Civil, Stamp, clock, number, two_digits};
use crate::level::Level;
use crate::{Format, Start};

/// The record in a text that begins with a head with a time.
pub(super) fn record(text: &[u8]) -> Option<(Option<Stamp>, NginxError<'_>)> {
    let head = timed(text)?;
    let cut = text.len() >= MAX_RECORD;
    let debug = head.level == Some(Level::Debug);
    let (text, context) = if debug { (head.rest, &b""[..]) } else { split(head.rest, cut) };
    let parts = parts(text);
    let error = NginxError {
        level: head.level,
        pid: head.pid,
        tid: head.tid,
        connection: head.connection,
        text,
        message: if debug { text } else { parts.message },
        errno: if debug { errno(text) } else { parts.errno },
        action: parts.action.filter(|_| !debug),
        context: list(context),
        startup: false,
        cut,
    };
    Some((head.at, error))
}

/// The frames of some bytes: offset, length, lines and what the first line is.
pub(super) fn frames(bytes: &[u8], format: &Format) -> Vec<(usize, usize, u64, Start)> {
    let mut found: Vec<(usize, usize, u64, Start)> = Vec::new();
    let mut offset = 0;
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|b| *b == b'\n');
    for line in lines.filter(|_| !bytes.is_empty()) {
        let start = format.start(line);
        let alone = |start| matches!(start, Start::Foreign | Start::Marker | Start::Line);
        match found.last_mut().filter(|(.., before)| !alone(*before)) {
            Some((from, len, lines, before))
                if match start {
                    Start::Continuation => match before {
                        Start::Timed | Start::Untimed => true,
                        Start::Indented => matches!(line.first(), None | Some(b' ' | b'\t' | b'\r')),
                        _ => !Format::is_orphan(line),
                    },
                    Start::Untimed => Format::is_inside(&bytes[*from..*from + *len], line),
                    _ => false,
                } =>
            {
                *len = offset + line.len() - *from;
                *lines += 1;
            }
            _ => {
                let orphan = start == Start::Continuation && Format::is_orphan(line);
                found.push((offset, line.len(), 1, if orphan { Start::Untimed } else { start }));
            }
        }
        offset += line.len() + 1;
    }
    found
}

fn timed(line: &[u8]) -> Option<Head<'_>> {
    let (stamp, rest) = line.split_at_checked(19)?;
    let (date, time) = stamp.split_at_checked(10)?;
    let day = date_of(date)?;
    let civil = Civil { seconds: day + clock(time.strip_prefix(b" ")?)?, nanos: 0 };
    let rest = rest.strip_prefix(b" [")?;
    let close = rest.iter().take(8).position(|b| *b == b']')?;
    let level = Level::from_nginx(rest.get(..close)?)?;
    let rest = rest.get(close + 1..)?.strip_prefix(b" ")?;
    let (pid, rest) = leading_number(rest)?;
    let (tid, rest) = leading_number(rest.strip_prefix(b"#")?)?;
    let rest = rest.strip_prefix(b":")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (connection, rest) = connection(rest);
    Some(Head {
        at: Some(Stamp::Local(civil)),
        level: Some(level),
        pid: u32::try_from(pid).ok(),
        tid: Some(tid),
        connection,
        startup: false,
        rest,
    })
}

fn date_of(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2] = text else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    Some(Civil::new(i64::from(year), two_digits(m1, m2)?, two_digits(d1, d2)?, 0, 0, 0)?.seconds)
}

fn leading_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let len = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    Some((number(digits)?, rest))
}

fn connection(text: &[u8]) -> (Option<u64>, &[u8]) {
    let parse = || {
        let (n, rest) = leading_number(text.strip_prefix(b"*")?)?;
        Some((n, rest.strip_prefix(b" ")?))
    };
    parse().map_or((None, text), |(n, rest)| (Some(n), rest))
}

const ACTIONS: &[&str] = &[
    "SSL handshaking",
    "SSL handshaking to upstream",
    "QUIC handshaking to upstream",
    "closing request",
    "connecting to upstream",
    "creating quic connection",
    "decrypting packet",
    "fetching SSL session by lua",
    "handling decrypted packet",
    "handling frames",
    "handling initial packet",
    "handling payload",
    "handling quic client input",
    "handling quic input",
    "handling quic packet",
    "in auth state",
    "in delay pipelining state",
    "in http auth state",
    "in resolving client address",
    "in resolving client hostname",
    "in starttls state",
    "initializing session",
    "keepalive",
    "loading SSL certificate by lua",
    "loading SSL client hello by lua",
    "loading proxy ssl certificate by lua",
    "loading proxy ssl verify by lua",
    "logging request",
    "logging to syslog",
    "parsing frames",
    "parsing quic long header",
    "parsing quic packet",
    "passing connection to port",
    "preparing ack",
    "prereading client data",
    "processing HTTP/2 connection",
    "proxy pass SSL handshaking",
    "proxying",
    "proxying and reading from client",
    "proxying and reading from upstream",
    "proxying and sending to client",
    "proxying and sending to upstream",
    "proxying connection",
    "proxying upgraded connection",
    "reading PROXY protocol",
    "reading client pipelined request line",
    "reading client request",
    "reading client request headers",
    "reading client request line",
    "reading request body",
    "reading response from upstream",
    "reading response header from upstream",
    "reading upstream",
    "requesting certificate status",
    "resolving",
    "returning text",
    "sending PROXY protocol header to upstream",
    "sending early hints to client",
    "sending client greeting line",
    "sending flv to client",
    "sending frames",
    "sending mp4 to client",
    "sending request to upstream",
    "sending response to ACME HTTP challenge",
    "sending response to client",
    "sending to client",
    "storing SSL session by lua",
    "updating keys",
    "waiting for request",
];

fn known(action: &[u8]) -> bool {
    ACTIONS.iter().any(|a| a.as_bytes() == action)
        || action.starts_with(b"accepting new connection on ")
        || (action.starts_with(b"sending ") && action.ends_with(b" to upstream"))
}

fn parts(text: &[u8]) -> Parts<'_> {
    let (message, action) = action(text).map_or((text, None), |(before, action)| (before, Some(action)));
    Parts { message, errno: errno(message), action }
}

fn action(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let from = text.len().saturating_sub(160);
    let begins = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with(b" while "));
    let at = memrchr_iter(b' ', text.get(from..)?).map(|at| from + at).find(begins)?;
    let action = text.get(at + 7..)?;
    if known(action) { Some((text.get(..at)?, action)) } else { None }
}

fn errno(message: &[u8]) -> Option<u32> {
    if message.starts_with(stderr::PREFIX) {
        return None;
    }
    memrchr_iter(b'(', message).take(8).find_map(|open| {
        if !message.get(..open)?.ends_with(b" ") {
            return None;
        }
        let inner = message.get(open + 1..)?;
        let close = memchr(b')', inner)?;
        if !can_follow(inner.get(close + 1..)?) {
            return None;
        }
        let inner = inner.get(..close)?;
        let colon = memchr(b':', inner)?;
        inner.get(colon + 1..)?.strip_prefix(b" ")?;
        u32::try_from(number(inner.get(..colon)?)?).ok()
    })
}

fn can_follow(rest: &[u8]) -> bool {
    let marks: [&[u8]; 2] = [b" in ", b" while "];
    marks.iter().any(|mark| rest.starts_with(mark) || mark.starts_with(rest)) && memchr(b'"', rest).is_none()
}

fn split(body: &[u8], cut: bool) -> (&[u8], &[u8]) {
    let is_stderr = body.starts_with(stderr::PREFIX);
    let at = if is_stderr { after_stderr(body, cut) } else { list_start(body, cut) };
    let at = at.or_else(|| torn_start(body).filter(|_| cut));
    at.and_then(|at| body.split_at_checked(at)).unwrap_or((body, b""))
}

fn list_start(body: &[u8], cut: bool) -> Option<usize> {
    let mut likely = None;
    let mut possible = None;
    let mut quotes = 0usize;
    let mut counted = 0;
    for at in memchr_iter(b',', body) {
        let Some((text, rest)) = body.split_at_checked(at) else { break };
        if !begins_list(text, rest, cut) {
            continue;
        }
        quotes += memchr_iter(b'"', body.get(counted..at).unwrap_or_default()).count();
        counted = at;
        let sound = quotes == 0 || has_sound_server(rest);
        if sound && quotes.is_multiple_of(2) {
            return Some(at);
        }
        if sound && has_ended(text) {
            likely.get_or_insert(at);
        }
        possible.get_or_insert(at);
    }
    likely.or_else(|| possible.filter(|_| !cut))
}

fn begins_list(text: &[u8], rest: &[u8], cut: bool) -> bool {
    let Some((place, key, value)) = next_key(rest, 0) else { return false };
    match key.name {
        Name::Client => is_address(value, place + 1, cut),
        Name::Lua => is_lua_phase(value, cut),
        Name::Resolver | Name::Responder => true,
        Name::Server => text.ends_with(b" while logging to syslog"),
        _ => false,
    }
}

fn is_address(value: &[u8], order: usize, cut: bool) -> bool {
    let (value, quoted) = value.strip_prefix(b"\"").map_or((value, false), |v| (v, true));
    let len = match value.strip_prefix(b"unix:") {
        Some(_) => 5,
        None => value.iter().take_while(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':')).count(),
    };
    let (address, next) = value.split_at_checked(len).unwrap_or((value, b""));
    if next.is_empty() && cut {
        return true;
    }
    let next = if quoted { next.strip_prefix(b"\"").unwrap_or(next) } else { next };
    let next = next.strip_prefix(b" using starttls").unwrap_or(next);
    let follows = next.is_empty()
        || next_key(next, order).is_some()
        || (cut && (is_torn_key(next, order) || b" using starttls".starts_with(next)));
    follows && address.iter().any(|b| matches!(b, b'.' | b':'))
}

fn is_lua_phase(value: &[u8], cut: bool) -> bool {
    let phases: [&[u8]; 6] = [
        b"ngx.timer",
        b"init_worker_by_lua*",
        b"ssl_certificate_by_lua*",
        b"ssl_client_hello_by_lua*",
        b"ssl_session_fetch_by_lua*",
        b"ssl_session_store_by_lua*",
    ];
    let ends = |rest: &[u8]| rest.is_empty() || rest.starts_with(b", ") || (cut && rest == b",");
    phases.iter().any(|p| value.strip_prefix(*p).is_some_and(ends) || (cut && p.starts_with(value)))
}

fn has_sound_server(list: &[u8]) -> bool {
    let list = list.get(..list.len().min(MAX_RECORD)).unwrap_or_default();
    let Some((client, _, value)) = next_key(list, 0) else { return false };
    match next_key(bare_value(value, client + 1).1, client + 1) {
        Some((place, key, value)) if key.name == Name::Server => {
            let server = bare_value(value, place + 1).0;
            memchr(b'"', server.strip_prefix(b"\"").unwrap_or(server)).is_none()
        }
        _ => true,
    }
}

fn has_ended(text: &[u8]) -> bool {
    matches!(text.last(), Some(b')' | b'"' | b']')) || action(text).is_some()
}

fn torn_start(body: &[u8]) -> Option<usize> {
    let at = memrchr(b',', body)?;
    let (text, rest) = body.split_at_checked(at)?;
    (is_torn_key(rest, 0) && has_ended(text)).then_some(at)
}

fn after_stderr(body: &[u8], cut: bool) -> Option<usize> {
    let mut last = None;
    for at in memchr_iter(b',', body) {
        let Some((text, rest)) = body.split_at_checked(at) else { break };
        if !begins_list(text, rest, cut) {
            continue;
        }
        if action(text).is_some_and(|(before, _)| before.ends_with(b"\"")) {
            return Some(at);
        }
        if text.ends_with(b"\"") {
            last = Some(at);
        }
    }
    last
}

fn list(list: &[u8]) -> Context<'_> {
    let context = read(list, End::First);
    if is_honest(&context) { context } else { read(list, End::Best) }
}

fn read(list: &[u8], end: End) -> Context<'_> {
    let mut context = Context::default();
    let mut rest = list;
    let mut order = 0;
    while let Some((place, key, value)) = next_key(rest, order) {
        let (value, after) = match key.form {
            Form::Bare => bare_value(value, place + 1),
            Form::Quoted => quoted_value(value, place + 1, key.name, context.request, end),
            Form::Rest => (rest.strip_prefix(b", ").unwrap_or(value), &b""[..]),
        };
        set(&mut context, key.name, value);
        rest = after;
        order = place + 1;
    }
    context.unread = rest;
    context
}

fn is_honest(context: &Context<'_>) -> bool {
    let plain = |value: &[u8]| memchr(b'"', value).is_none();
    context.request.is_none_or(|r| ends_in_protocol(r) && plain(r)) && context.host.is_none_or(plain)
}

fn set<'b>(context: &mut Context<'b>, name: Name, value: &'b [u8]) {
    let slot = match name {
        Name::Lua => &mut context.lua,
        Name::Client => {
            let len = memchr(b' ', value).unwrap_or(value.len());
            context.client = value.get(..len);
            return;
        }
        Name::Server => &mut context.server,
        Name::Resolver => &mut context.resolver,
        Name::Responder => &mut context.responder,
        Name::Peer => &mut context.peer,
        Name::Certificate => &mut context.certificate,
        Name::Login => &mut context.login,
        Name::Request => &mut context.request,
        Name::Subrequest => &mut context.subrequest,
        Name::Upstream => &mut context.upstream,
        Name::Host => &mut context.host,
        Name::Referrer => &mut context.referrer,
        Name::Traffic => &mut context.traffic,
    };
    *slot = Some(value);
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
enum End {
    First,
    Best,
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

fn next_key(rest: &[u8], order: usize) -> Option<(usize, &'static Key, &[u8])> {
    let rest = rest.strip_prefix(b", ")?;
    KEYS.iter()
        .enumerate()
        .skip(order)
        .find_map(|(place, key)| rest.strip_prefix(key.text).map(|value| (place, key, value)))
}

fn is_torn_key(rest: &[u8], order: usize) -> bool {
    let Some(name) = rest.strip_prefix(b", ") else { return rest == b"," };
    KEYS.iter().skip(order).any(|key| key.text.starts_with(name))
}

fn ends_before(rest: &[u8], order: usize) -> bool {
    next_key(rest, order).is_some() || is_torn_key(rest, order)
}

fn bare_value(value: &[u8], order: usize) -> (&[u8], &[u8]) {
    let end = memchr_iter(b',', value)
        .find(|at| value.get(*at..).is_some_and(|rest| ends_before(rest, order)))
        .unwrap_or_else(|| memchr(b'\n', value).unwrap_or(value.len()));
    let (value, rest) = value.split_at_checked(end).unwrap_or((value, b""));
    let plain = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
    (plain.unwrap_or(value), rest)
}

const MAX_ENDS: usize = 16;

fn quoted_value<'b>(
    value: &'b [u8],
    order: usize,
    name: Name,
    request: Option<&[u8]>,
    end: End,
) -> (&'b [u8], &'b [u8]) {
    let Some(value) = value.strip_prefix(b"\"") else { return bare_value(value, order) };
    if name == Name::Referrer {
        return value.strip_suffix(b"\"").map_or_else(|| before_junk(value), |value| (value, b""));
    }
    let mut best: Option<(Belief, &[u8], &[u8])> = None;
    for (inner, rest) in ends(value, order).take(MAX_ENDS) {
        let belief = match end {
            End::First => Belief::Full,
            End::Best => belief(name, inner, rest, order, request),
        };
        if best.is_none_or(|(so_far, ..)| belief > so_far) {
            best = Some((belief, inner, rest));
        }
        if belief == Belief::Full {
            break;
        }
    }
    best.map_or_else(|| before_junk(value), |(_, inner, rest)| (inner, rest))
}

fn before_junk(value: &[u8]) -> (&[u8], &[u8]) {
    let ends_line = |at: &usize| {
        value.get(at + 1..).is_some_and(|rest| rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
    };
    let end = memchr_iter(b'"', value).find(ends_line);
    end.and_then(|at| Some((value.get(..at)?, value.get(at + 1..)?))).unwrap_or((value, b""))
}

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
        Name::Request if !ends_in_protocol(value) => Belief::Little,
        Name::Request if has_odd_host(rest) => Belief::Half,
        Name::Upstream if request.is_some_and(|r| memchr(b'"', r).is_some()) => match next_key(rest, order) {
            Some((_, key, _)) if key.name == Name::Host && !has_odd_host(rest) => Belief::Full,
            Some((_, key, _)) if key.name != Name::Host => Belief::Half,
            _ => Belief::Little,
        },
        _ => Belief::Full,
    }
}

fn has_odd_host(list: &[u8]) -> bool {
    const HOST: &[u8] = b", host: \"";
    let after_host = KEYS.iter().take_while(|key| key.name != Name::Host).count() + 1;
    let Some(at) = memmem::find(list, HOST) else { return false };
    let host = list.get(at + HOST.len()..).unwrap_or_default();
    ends(host, after_host).next().is_some_and(|(host, _)| memchr(b'"', host).is_some())
}

fn ends_in_protocol(request: &[u8]) -> bool {
    matches!(request, [.., b' ', b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}
