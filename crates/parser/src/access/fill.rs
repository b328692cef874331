//! From values to the fields of [`Access`].

use std::time::Duration;

use super::clock::{self, Parts};
use super::element::{Field, Kind, Unit};
use super::template::Step;
use super::{Access, AccessServer, Escape, lists, word};
use crate::Request;
use crate::civil::{Stamp, fraction, number};

/// Takes what an extractor finds in a line.
pub(super) trait Sink {
    /// The value of a template's variable, as a range of the line. May be called again for the same variable:
    /// the last call counts.
    fn take(&mut self, step: &Step, from: usize, to: usize);
}

/// Fills an [`Access`].
#[derive(Debug)]
pub(super) struct Fill<'a, 'b> {
    line: &'b [u8],
    access: &'a mut Access<'b>,
    stamp: Option<Stamp>,
    parts: Option<Parts>,
    path: Option<(usize, usize)>,
}

impl Sink for Fill<'_, '_> {
    #[inline]
    fn take(&mut self, step: &Step, from: usize, to: usize) {
        match step.field {
            Field::None => {}
            Field::Clock => {
                let text = self.line.get(from..to).unwrap_or_default();
                if let Some(clock) = &step.clock {
                    clock.read(text, self.parts.get_or_insert_default());
                }
            }
            field => self.set(field, step.kind, from, to),
        }
    }
}

impl<'a, 'b> Fill<'a, 'b> {
    /// Fills from the line what is empty otherwise.
    #[inline]
    pub(super) fn new(
        access: &'a mut Access<'b>,
        line: &'b [u8],
        escape: Escape,
        server_kind: AccessServer,
    ) -> Fill<'a, 'b> {
        *access = Access { text: line, escape, server_kind, ..Access::default() };
        Fill { line, access, stamp: None, parts: None, path: None }
    }

    /// Notes that the log has a place for a field, whatever stands there.
    pub(super) fn has_place(&mut self, field: Field) {
        self.access.logs_upstream |= tells_upstream(field);
        self.access.logs_ray |= field == Field::RayId;
    }

    /// Notes whether the log has places for what upstreams said, and for the Ray ID.
    #[inline]
    pub(super) fn has_places(&mut self, upstream: bool, ray: bool) {
        self.access.logs_upstream = upstream;
        self.access.logs_ray = ray;
    }

    pub(super) fn set(&mut self, field: Field, kind: Kind, from: usize, to: usize) {
        self.has_place(field);
        let text = self.line.get(from..to).unwrap_or_default();
        let value = present(text);
        match field {
            Field::Time => {
                self.stamp = value.and_then(|v| match kind {
                    Kind::TimeLocal => clock::local(v),
                    Kind::Seconds | Kind::Number => clock::epoch(v),
                    _ => clock::any(v),
                });
            }
            Field::Fraction => {
                let nanos = fraction(text).map_or(0, |(nanos, _)| nanos);
                self.parts.get_or_insert_default().nanos = nanos;
            }
            Field::Status => self.access.status = value.and_then(status),
            Field::Path => {
                self.path = value.map(|_| (from, to));
            }
            Field::Query => {
                // `$uri$is_args$args` and `%U%q` are one stretch of the line.
                if let Some((_, end)) = &mut self.path
                    && value.is_some()
                    && (*end == from || (*end + 1 == from && self.line.get(*end) == Some(&b'?')))
                {
                    *end = to;
                }
            }
            Field::BodyBytesClf if matches!(text, [b'-']) => self.number(field, Some(0)),
            Field::RequestTime(unit) => self.access.request_time = value.and_then(|v| span(v, unit)),
            _ if is_count(field) => self.number(field, value.and_then(number)),
            _ => self.text(field, value),
        }
    }

    /// The value of a field that is a time.
    #[inline]
    pub(super) fn time(&mut self, stamp: Option<Stamp>) {
        self.stamp = stamp;
    }

    /// The value of a field that is a status.
    #[inline]
    pub(super) fn status(&mut self, status: u16) {
        self.access.status = Some(status);
    }

    /// The value of a field that counts something, or a span of time in whole units.
    #[inline]
    pub(super) fn number(&mut self, field: Field, value: Option<u64>) {
        let a = &mut *self.access;
        match field {
            Field::BytesSent => a.bytes_sent = value,
            Field::BodyBytesSent | Field::BodyBytesClf => a.body_bytes_sent = value,
            Field::RequestLength => a.request_length = value,
            Field::RequestTime(unit) => a.request_time = value.map(|n| unit.span(n, 0)),
            Field::Connection => a.connection = value,
            Field::ConnectionRequests => a.connection_requests = value,
            Field::Pid => a.pid = value.and_then(|n| u32::try_from(n).ok()),
            _ => {}
        }
    }

    /// The value of the field that is a span of time.
    #[inline]
    pub(super) fn span(&mut self, span: Duration) {
        self.access.request_time = Some(span);
    }

    /// The value of a field that is text.
    #[inline]
    pub(super) fn text(&mut self, field: Field, value: Option<&'b [u8]>) {
        let a = &mut *self.access;
        match field {
            Field::Request => a.request = value,
            Field::Method => a.method = value,
            Field::Uri => a.uri = value,
            Field::Protocol => a.protocol = value,
            Field::Host => a.host = value,
            Field::Server => a.server = value,
            Field::Client => a.client = value,
            Field::Edge => a.edge = value,
            Field::Forwarded => a.forwarded = value,
            Field::Connecting => a.connecting = value,
            // Apache writes an empty user as a pair of quotes.
            Field::User => a.user = value.filter(|v| !matches!(v, [b'"', b'"'])),
            Field::Referrer => a.referrer = value,
            Field::UserAgent => a.user_agent = value,
            Field::UpstreamAddr => a.upstream_addr = value,
            Field::UpstreamStatus => a.upstream_status = value,
            Field::UpstreamConnectTime => a.upstream_connect_time = value,
            Field::UpstreamHeaderTime => a.upstream_header_time = value,
            Field::UpstreamResponseTime => a.upstream_response_time = value,
            Field::RayId => a.ray_id = value,
            Field::RequestId => a.request_id = value,
            Field::Cache => a.cache = value,
            Field::LtsvHost if value.is_some_and(is_address) => a.client = value,
            Field::LtsvHost => a.host = value,
            _ => {}
        }
    }

    /// Whether a field that has several names has its value.
    pub(super) fn has(&self, field: Field) -> bool {
        let a = &*self.access;
        match field {
            Field::Status => a.status.is_some(),
            Field::Request => a.request.is_some(),
            Field::Method => a.method.is_some(),
            Field::Uri => a.uri.is_some(),
            Field::Path => self.path.is_some(),
            Field::Protocol => a.protocol.is_some(),
            Field::Host => a.host.is_some(),
            Field::Server => a.server.is_some(),
            Field::Client => a.client.is_some(),
            Field::Forwarded => a.forwarded.is_some(),
            Field::User => a.user.is_some(),
            Field::UserAgent => a.user_agent.is_some(),
            Field::Referrer => a.referrer.is_some(),
            Field::RequestTime(_) => a.request_time.is_some(),
            Field::UpstreamAddr => a.upstream_addr.is_some(),
            Field::UpstreamResponseTime => a.upstream_response_time.is_some(),
            Field::RayId => a.ray_id.is_some(),
            Field::RequestId => a.request_id.is_some(),
            _ => false,
        }
    }

    /// Puts together what stands in several variables; the time, where there is one.
    #[inline]
    pub(super) fn finish(self) -> Option<Stamp> {
        let a = self.access;
        if (a.method.is_none() || a.uri.is_none() || a.protocol.is_none())
            && let Some(request) = a.request.and_then(asked)
        {
            a.method = a.method.or(Some(request.method));
            a.uri = a.uri.or(Some(request.uri));
            a.protocol = a.protocol.or(request.protocol);
        }
        if a.uri.is_none()
            && let Some((from, to)) = self.path
        {
            a.uri = self.line.get(from..to);
        }
        self.stamp.or_else(|| self.parts.and_then(|p| p.stamp()))
    }
}

/// Whether a field is one by which a log tells that an upstream was asked.
pub(super) fn tells_upstream(field: Field) -> bool {
    matches!(field, Field::UpstreamAddr | Field::UpstreamStatus | Field::UpstreamResponseTime)
}

/// Whether a field is a number that counts something.
pub(super) fn is_count(field: Field) -> bool {
    matches!(
        field,
        Field::BytesSent
            | Field::BodyBytesSent
            | Field::BodyBytesClf
            | Field::RequestLength
            | Field::Connection
            | Field::ConnectionRequests
            | Field::Pid
    )
}

/// Whether the value of a field is told as it is written.
pub(super) fn is_text(field: Field) -> bool {
    let made_of = matches!(field, Field::Time | Field::Clock | Field::Fraction | Field::Path | Field::Query);
    !made_of && !is_count(field) && !matches!(field, Field::Status | Field::RequestTime(_))
}

/// A request line in its parts. Nearly all end in a version of HTTP of one digit, a dot and a digit.
#[inline]
fn asked(line: &[u8]) -> Option<Request<'_>> {
    usual(line).or_else(|| Request::parse(line))
}

/// The parts of a request line that ends so, whatever the last three bytes are if no blank.
#[inline]
fn usual(line: &[u8]) -> Option<Request<'_>> {
    let (before, last) = word::tail(line)?;
    let before = before.strip_suffix(b" ")?;
    if (last ^ HTTP) & HTTP_MASK != 0 || word::holds(last, b' ') {
        return None;
    }
    let (method, uri) = before.split_at_checked(word::find(b' ', before)?)?;
    let is_letter = |b: &u8| b.is_ascii_uppercase() || *b == b'_' || *b == b'-';
    let usual = matches!(method, b"GET" | b"POST" | b"HEAD");
    let is_method = usual || (!method.is_empty() && method.iter().all(is_letter));
    is_method.then_some(Request { method, uri: uri.get(1..)?, protocol: line.get(before.len() + 1..) })
}

const HTTP: u64 = u64::from_le_bytes(*b"HTTP/\0\0\0");
const HTTP_MASK: u64 = 0xff_ffff_ffff;

/// The value, unless it says that there is none.
#[inline]
pub(super) fn present(value: &[u8]) -> Option<&[u8]> {
    (!matches!(value, [] | [b'-'])).then_some(value)
}

/// `502`, `009`.
#[inline]
pub(super) fn status(text: &[u8]) -> Option<u16> {
    if text.len() > 3 { None } else { u16::try_from(number(text)?).ok() }
}

/// `0.003`.
pub(super) fn seconds(text: &[u8]) -> Option<Duration> {
    span(text, Unit::Seconds)
}

fn span(text: &[u8], unit: Unit) -> Option<Duration> {
    let dot = memchr::memchr(b'.', text).unwrap_or(text.len());
    let (whole, rest) = text.split_at_checked(dot)?;
    let whole = number(whole)?;
    let nanos = match rest.strip_prefix(b".") {
        Some(digits) => match fraction(digits)? {
            (nanos, []) => nanos,
            _ => return None,
        },
        None => 0,
    };
    Some(unit.span(whole, nanos))
}

impl Unit {
    /// So many units, and a fraction of one in billionths.
    #[inline]
    pub(super) fn span(self, whole: u64, fraction: u32) -> Duration {
        match self {
            Unit::Seconds => Duration::new(whole, fraction),
            // What is less than the unit in the log is finer than any clock behind it.
            Unit::Millis => Duration::from_millis(whole) + Duration::from_nanos(u64::from(fraction / 1000)),
            Unit::Micros => Duration::from_micros(whole),
            Unit::Nanos => Duration::from_nanos(whole),
        }
    }
}

/// Whether the text looks like an address, without port.
pub(super) fn is_address(text: &[u8]) -> bool {
    let dots = text.iter().filter(|b| **b == b'.').count();
    let colons = text.iter().filter(|b| **b == b':').count();
    let v4 = dots == 3 && colons == 0 && text.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let v6 = colons >= 2 && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    (v4 || v6 || text == b"unix:") && text.len() <= 45
}

impl<'b> Access<'b> {
    /// Size of the response's head, in bytes: `$bytes_sent - $body_bytes_sent`. Cloudflare answers with a 520
    /// where it is too big, and nothing else in nginx's logs shows it. `None` where either is missing, or where
    /// more body than bytes is told.
    pub fn head_size(&self) -> Option<u64> {
        self.bytes_sent?.checked_sub(self.body_bytes_sent?)
    }

    /// Whether the request is the beginning of a TLS handshake: the client spoke TLS to a port that does not.
    pub fn is_tls_hello(&self) -> bool {
        let starts: [&[u8]; 3] = [br"\x16\x03", br"\u0016\u0003", b"\x16\x03"];
        self.request.is_some_and(|request| starts.iter().any(|start| request.starts_with(start)))
    }

    /// Whether the request is the first line of HTTP/2: the client spoke HTTP/2 to a port that does not.
    pub fn is_http2_preface(&self) -> bool {
        self.request.is_some_and(|request| request.starts_with(b"PRI * HTTP/2.0"))
    }

    /// What was tried at the upstreams; empty where the format names none of it.
    pub fn tries(&self) -> lists::Tries<'b> {
        let (connect, header) = (self.upstream_connect_time, self.upstream_header_time);
        let lists = [self.upstream_addr, self.upstream_status, connect, header, self.upstream_response_time];
        lists::Tries { lists, redirected: false }
    }

    /// What the upstream that was asked last said.
    pub fn last_upstream_status(&self) -> Option<u16> {
        status(lists::last(self.upstream_status?)?)
    }

    /// The Ray ID without the data centre: 16 hex digits. `None` for what a client made up.
    pub fn ray(&self) -> Option<&'b [u8]> {
        let (ray, rest) = self.ray_id?.split_at_checked(16)?;
        let hex = ray.iter().all(u8::is_ascii_hexdigit);
        (hex && (rest.is_empty() || rest.starts_with(b"-"))).then_some(ray)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn usual_request_lines_are_divided_as_all_are(
            line in "(GET|POST|HEAD|get|M-S_X|)[ A]{0,2}(/[a b]{0,9}|)[ ]{0,2}(HTTP/|HTTP|http/|)([12]\\.[01]|[ .0-9é]{0,4})",
        ) {
            prop_assert_eq!(asked(line.as_bytes()), Request::parse(line.as_bytes()));
        }
    }
}
