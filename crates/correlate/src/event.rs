//! What the correlation keeps of a line of a log.

use std::time::Duration;

use logscan_catalogue::{Fields, Named, Timestamp};
use logscan_parser::{Body, Level, Record, Source, Worker};

use crate::ray::RayId;

/// Bytes of a record's text that are kept.
const MAX_TEXT: usize = 2048;

/// A record of a log, owned: an error line, a request of an access log, a message of php-fpm, PHP, the kernel ...
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Event {
    /// The log it is of.
    pub source: Option<Source>,
    /// Number of the input that it was read from; what the number means is up to who feeds the correlation.
    pub input: u32,
    /// Its line in that input, from 1, where lines were counted.
    pub line: Option<u64>,
    /// Offset of its first byte in the unpacked stream.
    pub offset: u64,
    /// When it was written, on the origin's clock. nginx writes a request when it has ended.
    pub at: Timestamp,
    /// Whether the log writes fractions of a second.
    pub fine: bool,
    /// Its kind and cause; `None` for an ordinary request.
    pub named: Option<Named>,
    /// Its level.
    pub level: Option<Level>,
    /// The beginning of its text, as it stands in the log.
    pub text: Box<[u8]>,
    /// Process that wrote it.
    pub pid: Option<u32>,
    /// nginx's number of the connection.
    pub connection: Option<u64>,
    /// Address of the client.
    pub client: Option<Box<str>>,
    /// Address of the edge, where the log tells both.
    pub edge: Option<Box<str>>,
    /// Method of the request.
    pub method: Option<Box<str>>,
    /// URI of the request, as sent.
    pub uri: Option<Box<[u8]>>,
    /// Host header.
    pub host: Option<Box<str>>,
    /// Name of the server that answered.
    pub server: Option<Box<str>>,
    /// Upstream's address, as written.
    pub upstream: Option<Box<str>>,
    /// Error number of a failed system call.
    pub errno: Option<u32>,
    /// Status that was logged for a request.
    pub status: Option<u16>,
    /// Statuses of the upstreams that were asked, as written.
    pub upstream_status: Option<Box<str>>,
    /// How long the request took.
    pub took: Option<Duration>,
    /// Bytes of the response head, where the log tells.
    pub head: Option<u64>,
    /// Ray ID of the request.
    pub ray: Option<RayId>,
    /// php-fpm's pool.
    pub pool: Option<Box<str>>,
    /// php-fpm's worker, or another process that died.
    pub child: Option<u32>,
    /// Name of that process, where the log tells.
    pub process: Option<Box<str>>,
    /// How long php-fpm's worker had been at its request.
    pub elapsed: Option<Duration>,
    /// systemd's unit.
    pub unit: Option<Box<str>>,
    /// Signal that it died of.
    pub signal: Option<u32>,
    /// Address that was banned, blocked or refused.
    pub ip: Option<Box<str>>,
}

impl Event {
    /// What is kept of a record.
    pub fn of(record: &Record<'_>, named: Option<Named>, at: Timestamp) -> Event {
        let fields = Fields::of(record);
        let text =
            |bytes: Option<&[u8]>| bytes.map(|b| String::from_utf8_lossy(b).into_owned().into_boxed_str());
        let access = match &record.body {
            Body::Access(access) => Some(access),
            _ => None,
        };
        let raw = record.raw.get(..record.raw.len().min(MAX_TEXT)).unwrap_or_default();
        Event {
            source: Some(record.source()),
            at,
            fine: at.nanos != 0,
            named,
            level: record.level(),
            text: raw.into(),
            pid: fields.pid.or_else(|| record.carrier.and_then(|c| c.pid)),
            connection: fields.connection,
            client: text(fields.client),
            edge: text(access.and_then(|a| a.edge)),
            method: text(fields.method),
            uri: fields.uri.map(Into::into),
            host: text(fields.host),
            server: text(fields.server),
            upstream: text(fields.upstream),
            errno: fields.errno,
            status: fields.status,
            upstream_status: text(fields.upstream_status),
            took: fields.request_time,
            head: access.and_then(|a| Some(a.bytes_sent?.saturating_sub(a.body_bytes_sent?))),
            ray: fields.ray_id.and_then(RayId::parse),
            pool: text(fields.pool),
            child: fields.child_pid,
            process: text(fields.process),
            elapsed: elapsed(record),
            unit: text(fields.unit),
            signal: fields.signal,
            ip: text(fields.ip),
            ..Event::default()
        }
    }

    /// Whether it is a request that was answered in the ordinary way.
    pub fn is_ordinary(&self) -> bool {
        self.is_request() && self.status.is_some_and(|s| (100..500).contains(&s) && !matches!(s, 444 | 499))
    }

    /// Whether it is a request of an access log.
    pub fn is_request(&self) -> bool {
        matches!(self.source, Some(Source::NginxAccess | Source::ApacheAccess))
    }
}

/// How long a worker had been at its request when php-fpm wrote the line.
fn elapsed(record: &Record<'_>) -> Option<Duration> {
    let Body::Fpm(fpm) = &record.body else { return None };
    match fpm.worker()? {
        Worker::Slow { seconds, .. } | Worker::TimedOut { seconds, .. } => {
            Duration::try_from_secs_f64(seconds).ok()
        }
        _ => None,
    }
}
