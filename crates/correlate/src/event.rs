//! What the correlation keeps of a line of a log.

use std::time::Duration;

use logscan_catalogue::{Fields, Named, Timestamp};
use logscan_parser::{Body, Level, Record, Source, Worker};

use crate::ray::RayId;
use crate::shared::{Word, Words};
use crate::texts::Place;

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
    /// Where the text lies until it is asked for.
    pub(crate) packed: Place,
    /// Process that wrote it.
    pub pid: Option<u32>,
    /// nginx's number of the connection.
    pub connection: Option<u64>,
    /// Address of the client.
    pub client: Option<Word>,
    /// Address of the edge, where the log tells both.
    pub edge: Option<Word>,
    /// Method of the request.
    pub method: Option<Word>,
    /// URI of the request, as sent.
    pub uri: Option<Word<[u8]>>,
    /// Host header.
    pub host: Option<Word>,
    /// Name of the server that answered.
    pub server: Option<Word>,
    /// Upstream's address, as written.
    pub upstream: Option<Word>,
    /// Error number of a failed system call.
    pub errno: Option<u16>,
    /// Status that was logged for a request.
    pub status: Option<u16>,
    /// Statuses of the upstreams that were asked, as written.
    pub upstream_status: Option<Word>,
    /// How long the request took.
    pub took: Option<Duration>,
    /// Bytes of the response head, where the log tells.
    pub head: Option<u64>,
    /// Ray ID of the request.
    pub ray: Option<RayId>,
    /// php-fpm's worker, or another process that died.
    pub child: Option<u32>,
    pub(crate) rest: Option<Box<Rest>>,
    /// An ordinary request, of which only the path is that of a report.
    pub(crate) spare: bool,
}

/// What few records have.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Rest {
    /// php-fpm's pool.
    pub pool: Option<Word>,
    /// Name of the process that died, where the log tells.
    pub process: Option<Word>,
    /// How long php-fpm's worker had been at its request.
    pub elapsed: Option<Duration>,
    /// systemd's unit.
    pub unit: Option<Word>,
    /// Signal that a process died of.
    pub signal: Option<u32>,
    /// Address that was banned, blocked or refused.
    pub ip: Option<Word>,
}

impl Rest {
    const NONE: Rest = Rest { pool: None, process: None, elapsed: None, unit: None, signal: None, ip: None };
}

impl Event {
    /// What is kept of a record, with its text.
    pub fn of(record: &Record<'_>, named: Option<Named>, at: Timestamp) -> Event {
        Event { text: text(record).into(), ..Event::lean(record, named, at, &Words::new()) }
    }

    /// What is kept of a record, without its text, in words that are shared.
    pub(crate) fn lean(record: &Record<'_>, named: Option<Named>, at: Timestamp, words: &Words) -> Event {
        let fields = Fields::of(record);
        let text = |bytes: Option<&[u8]>| bytes.map(|b| words.text(&String::from_utf8_lossy(b)));
        let access = match &record.body {
            Body::Access(access) => Some(access),
            _ => None,
        };
        let rest = Rest {
            pool: text(fields.pool),
            process: text(fields.process),
            elapsed: elapsed(record),
            unit: text(fields.unit),
            signal: fields.signal,
            ip: text(fields.ip),
        };
        Event {
            source: Some(record.source()),
            at,
            fine: at.nanos != 0,
            named,
            level: record.level(),
            pid: fields.pid.or_else(|| record.carrier.and_then(|c| c.pid)),
            connection: fields.connection,
            client: text(fields.client),
            edge: text(access.and_then(|a| a.edge)),
            method: text(fields.method),
            uri: fields.uri.map(|uri| words.bytes(uri)),
            host: text(fields.host),
            server: text(fields.server),
            upstream: text(fields.upstream),
            errno: fields.errno.and_then(|e| u16::try_from(e).ok()),
            status: fields.status,
            upstream_status: text(fields.upstream_status),
            took: fields.request_time,
            head: access.and_then(|a| Some(a.bytes_sent?.saturating_sub(a.body_bytes_sent?))),
            ray: fields.ray_id.and_then(RayId::parse),
            child: fields.child_pid,
            rest: (rest != Rest::NONE).then(|| Box::new(rest)),
            ..Event::default()
        }
    }

    /// What few records have.
    pub fn rest(&self) -> &Rest {
        self.rest.as_deref().unwrap_or(&Rest::NONE)
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

/// The beginning of a record's text.
pub(crate) fn text<'b>(record: &Record<'b>) -> &'b [u8] {
    record.raw.get(..record.raw.len().min(MAX_TEXT)).unwrap_or_default()
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
