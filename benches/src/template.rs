//! A sample of the catalogue, taken apart at what varies.

use std::ops::Range;

use logscan_parser::{Body, Frames, NginxError, Record};

use crate::Log;
use crate::values::{Values, decimal};

/// A part of a record.
#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Stamp,
    Pid,
    Child,
    Connection,
    Client,
    Host,
    Path,
    Uri,
    Pool,
    Peer,
    Referrer,
    Script,
    Trace,
    /// A number in a range.
    Number(Range<u64>),
}

/// A record, or a few that belong together, with places for values.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The kind it was made of; its records may be of more kinds.
    pub(crate) id: String,
    /// How many records it writes.
    pub(crate) records: u64,
    /// How often it comes, relative to the others.
    pub(crate) weight: u64,
    pieces: Vec<Piece>,
}

/// What is looked for in a sample, and what stands for it. The first that fits counts.
type Needle = (Vec<u8>, Vec<Piece>);

impl Template {
    /// Takes a sample apart. `None` where it is no record of this log as it lies in its file.
    pub(crate) fn new(log: Log, id: &str, weight: u64, sample: &str) -> Option<Template> {
        let record = Frames::new(sample.as_bytes()).next()?.record()?;
        if !belongs(log, &record) {
            return None;
        }
        let mut needles = Vec::new();
        if let Body::NginxError(error) = &record.body {
            nginx_needles(error, &mut needles);
        }
        needles.extend(common_needles());
        let mut pieces = cut(sample.as_bytes(), &needles);
        if sample.ends_with(", host: \"example.com\"") {
            pieces.push(Piece::Referrer);
        }
        let records = Frames::new(sample.as_bytes()).count() as u64;
        Some(Template { id: id.to_owned(), records, weight, pieces })
    }

    /// Whether it writes requests with their query.
    pub(crate) fn has_query(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Uri))
    }

    /// Writes the record with its newline.
    pub(crate) fn fill(&self, values: &Values<'_>, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            write(piece, values, out);
        }
        out.push(b'\n');
    }
}

/// Samples of start-up, syslog and slow-log lines do not stand in an error log.
fn belongs(log: Log, record: &Record<'_>) -> bool {
    let own = match &record.body {
        Body::NginxError(error) => log == Log::NginxError && !error.startup,
        Body::Fpm(_) => log == Log::PhpFpm,
        _ => false,
    };
    own && record.carrier.is_none()
}

fn write(piece: &Piece, values: &Values<'_>, out: &mut Vec<u8>) {
    match piece {
        Piece::Text(text) => out.extend_from_slice(text),
        Piece::Stamp => values.stamp(out),
        Piece::Pid => decimal(out, values.pid),
        Piece::Child => decimal(out, values.child),
        Piece::Connection => decimal(out, values.connection),
        Piece::Client => values.client(out),
        Piece::Host => values.host(out),
        Piece::Path => values.path(out),
        Piece::Uri => values.uri(out),
        Piece::Pool => values.pool(out),
        Piece::Peer => values.peer(out),
        Piece::Referrer => values.referrer(out),
        Piece::Script => values.script(out),
        Piece::Trace => values.trace(out),
        Piece::Number(range) => decimal(out, range.start + values.number % (range.end - range.start)),
    }
}

fn text(text: &str) -> Piece {
    Piece::Text(text.as_bytes().to_vec())
}

/// Process, connection, client and URI as this sample has them.
fn nginx_needles(error: &NginxError<'_>, needles: &mut Vec<Needle>) {
    if let (Some(pid), Some(tid)) = (error.pid, error.tid) {
        let thread = if tid == 0 { text("0") } else { Piece::Pid };
        needles.push((
            format!(" {pid}#{tid}: ").into(),
            vec![text(" "), Piece::Pid, text("#"), thread, text(": ")],
        ));
    }
    if let Some(connection) = error.connection {
        needles.push((format!("*{connection} ").into(), vec![text("*"), Piece::Connection, text(" ")]));
    }
    if let Some(client) = error.context.client.filter(|c| !c.starts_with(b"unix:")) {
        needles.push(([client, b", "].concat(), vec![Piece::Client, text(", ")]));
        needles.push(([client, b" "].concat(), vec![Piece::Client, text(" ")]));
    }
    let Some(request) = error.context.request_line().filter(|r| r.protocol.is_some()) else { return };
    if request.uri == b"/" {
        needles.push((b" / HTTP/".to_vec(), vec![text(" "), Piece::Uri, text(" HTTP/")]));
    } else if request.uri.starts_with(b"/") {
        // The message often names the file of the URI.
        for end in [&b" "[..], b"\""] {
            needles.push(([request.uri, end].concat(), vec![Piece::Path, Piece::Text(end.to_vec())]));
        }
    }
}

fn common_needles() -> Vec<Needle> {
    let needle = |find: &str, pieces: Vec<Piece>| (find.as_bytes().to_vec(), pieces);
    vec![
        needle("2026/11/22 14:03:07", vec![Piece::Stamp]),
        needle("22-Nov-2026 14:03:07", vec![Piece::Stamp]),
        needle("child 1234", vec![text("child "), Piece::Child]),
        needle("trace 1234", vec![text("trace "), Piece::Child]),
        needle("trace of 1234", vec![text("trace of "), Piece::Child]),
        needle("child 1240", vec![text("child "), Piece::Child]),
        needle("[pool www]", vec![text("[pool "), Piece::Pool, text("]")]),
        needle("/run/php/php8.2-fpm.sock", vec![text("/run/php/"), Piece::Pool, text(".sock")]),
        needle("\"http://127.0.0.1:8080/\"", vec![text("\"http://"), Piece::Peer, Piece::Uri, text("\"")]),
        needle("\"http://backend/\"", vec![text("\"http://backend"), Piece::Uri, text("\"")]),
        needle("127.0.0.1:8080", vec![Piece::Peer]),
        needle("#0 /srv/www/index.php(12): require()\n#1 {main}", vec![Piece::Trace]),
        needle("/srv/www/x.php", vec![Piece::Script]),
        needle("/var/www/example.com/a.php", vec![Piece::Script]),
        needle("/var/www/example.com/app/Cart.php", vec![Piece::Script]),
        needle("/srv/www", vec![text("/var/www/"), Piece::Host]),
        needle("example.com", vec![Piece::Host]),
        needle("client 172.68.10.5 ", vec![text("client "), Piece::Client, text(" ")]),
        needle("\"GET /index.php?page=1\"", vec![text("\"GET "), Piece::Uri, text("\"")]),
        needle("\"GET /index.php\"", vec![text("\"GET "), Piece::Path, text("\"")]),
        needle("order 1017", vec![text("order "), Piece::Number(1000..90_000)]),
        needle("3600.123456 seconds", vec![Piece::Number(900..9000), text(".123456 seconds")]),
        needle("30.154249 sec", vec![Piece::Number(30..60), text(".154249 sec")]),
        needle("12.345678 seconds", vec![Piece::Number(1..400), text(".345678 seconds")]),
        needle("5.153303 sec", vec![Piece::Number(5..30), text(".153303 sec")]),
        needle("0000000003", vec![text("00"), Piece::Number(10_000_000..99_999_999)]),
        needle("1/00/0000000001", vec![text("1/00/00"), Piece::Number(10_000_000..99_999_999)]),
        needle("excess: 5.640", vec![text("excess: "), Piece::Number(5..20), text(".640")]),
        needle("on line 2", vec![text("on line "), Piece::Number(1..900)]),
        needle("on line 4", vec![text("on line "), Piece::Number(1..900)]),
    ]
}

/// Splits a sample at the needles.
fn cut(sample: &[u8], needles: &[Needle]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = Vec::new();
    let mut rest = sample;
    while let Some((first, after)) = rest.split_first() {
        match needles.iter().find(|(find, _)| rest.starts_with(find)) {
            Some((find, found)) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.extend(found.iter().cloned());
                rest = rest.get(find.len()..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}
