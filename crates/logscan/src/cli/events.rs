//! Every event, one a line.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use logscan_catalogue::{Catalogue, Fields};
use logscan_parser::Record;
use logscan_scan::{Event, Folder, Inputs, Outcome, Place, Scan, Timestamp, Zone};

use super::args::Format;
use super::filter::Filter;
use super::safe::{cell, terminal};
use super::style::Look;

/// Bytes of output after which a part is handed over.
const FULL: usize = 1 << 20;

/// How events are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) raw: bool,
    pub(crate) look: Look,
    pub(crate) zone: Zone,
}

/// Output of a stretch of a log. Neither the path nor the number of the first line is known to the worker that
/// writes it, so marks tell where path and line go.
#[derive(Debug, Default)]
pub(crate) struct Part {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    line: u64,
}

struct Writing<'a> {
    form: Form,
    filter: &'a Filter,
    catalogue: &'a Catalogue,
}

impl Folder for Writing<'_> {
    type Part = Part;

    fn part(&self) -> Part {
        Part::default()
    }

    fn add(&self, part: &mut Part, event: &Event<'_>) {
        if !self.filter.keeps(event) {
            return;
        }
        let fields = Fields::of(event.record);
        let line = Line { event, fields: &fields, cause: self.cause(event), form: self.form };
        match self.form.format {
            Format::Text => line.text(part),
            Format::Json => {
                part.bytes.extend_from_slice(b",\n");
                line.json(part);
            }
            Format::Ndjson => {
                line.json(part);
                part.bytes.push(b'\n');
            }
            Format::Csv => line.csv(part),
        }
    }

    fn is_full(&self, part: &Part) -> bool {
        part.bytes.len() >= FULL
    }
}

impl Writing<'_> {
    fn cause(&self, event: &Event<'_>) -> &str {
        self.catalogue.cause(event.named.cause).map_or("other", |c| &c.id)
    }
}

/// Writes events as they are read. How many there were, and whether writing failed.
pub(crate) fn write(
    out: &mut dyn Write,
    scan: &Scan<'_>,
    inputs: &Inputs,
    catalogue: &Catalogue,
    filter: &Filter,
    form: Form,
) -> (Outcome, u64, std::io::Result<()>) {
    let mut count = 0u64;
    let mut written = begin(out, form);
    let array = form.format == Format::Json;
    let outcome = scan.run(inputs, &Writing { form, filter, catalogue }, |part: Part, place: Place<'_>| {
        if written.is_ok() {
            written = place_part(out, &part, &place, form, count == 0);
        }
        count += part.marks.len() as u64;
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if array && written.is_ok() {
        written = out.write_all(b"\n]\n");
    }
    (outcome, count, written)
}

fn begin(out: &mut dyn Write, form: Form) -> std::io::Result<()> {
    match form.format {
        Format::Json => out.write_all(b"["),
        Format::Csv => {
            let raw = if form.raw { ",raw" } else { "" };
            writeln!(out, "{}{raw}", COLUMNS.join(","))
        }
        _ => Ok(()),
    }
}

/// Writes a part with path and line at each mark. In an array every event but the first has a comma before it.
fn place_part(
    out: &mut dyn Write,
    part: &Part,
    place: &Place<'_>,
    form: Form,
    first: bool,
) -> std::io::Result<()> {
    let file = place_text(place.path, form.format);
    let bytes = part.bytes.as_slice();
    let mut from = usize::from(first && form.format == Format::Json && bytes.starts_with(b","));
    for mark in &part.marks {
        out.write_all(bytes.get(from..mark.at).unwrap_or_default())?;
        let line = place.line_base.map(|base| base + mark.line);
        match (form.format, line) {
            (Format::Json | Format::Ndjson, Some(line)) => write!(out, "\"file\":{file},\"line\":{line},")?,
            (Format::Json | Format::Ndjson, None) => write!(out, "\"file\":{file},")?,
            (Format::Csv, Some(line)) => write!(out, "{file},{line},")?,
            (Format::Csv, None) => write!(out, "{file},,")?,
            (Format::Text, Some(line)) => write!(out, "{file}:{line}")?,
            (Format::Text, None) => write!(out, "{file}")?,
        }
        from = mark.at;
    }
    out.write_all(bytes.get(from..).unwrap_or_default())
}

fn place_text(path: &Path, format: Format) -> String {
    let name = path.to_string_lossy();
    match format {
        Format::Json | Format::Ndjson => serde_json::to_string(&name).unwrap_or_default(),
        Format::Csv => quoted(&cell(name.as_bytes())),
        Format::Text => terminal(name.as_bytes()),
    }
}

const COLUMNS: &[&str] = &[
    "time",
    "kind",
    "cause",
    "severity",
    "source",
    "level",
    "file",
    "line",
    "offset",
    "message",
    "pid",
    "connection",
    "errno",
    "action",
    "client",
    "server",
    "method",
    "uri",
    "host",
    "upstream",
    "pool",
    "child_pid",
    "signal",
    "script",
    "php_file",
    "php_line",
    "component",
    "status",
    "upstream_status",
    "request_time",
    "upstream_time",
    "ray_id",
    "request_id",
    "bytes_sent",
    "unit",
    "jail",
    "ip",
];

struct Line<'e, 'b> {
    event: &'e Event<'b>,
    fields: &'e Fields<'b>,
    cause: &'e str,
    form: Form,
}

impl Line<'_, '_> {
    fn mark(&self, part: &mut Part) {
        part.marks.push(Mark { at: part.bytes.len(), line: self.event.line });
    }

    /// Time, severity, kind, place, and the message with where it happened.
    fn text(&self, part: &mut Part) {
        let look = self.form.look;
        let time = self.event.at.map_or_else(
            || "-                  ".to_owned(),
            |at| self.form.zone.civil(Timestamp { nanos: 0, ..at }).to_string(),
        );
        let kind = self.event.kind;
        let severity = look.severity(kind.severity, &format!("{:<8}", kind.severity.as_str()));
        let head = format!("{} {severity} {} ", look.dim(&time), look.bold(&kind.id));
        part.bytes.extend_from_slice(head.as_bytes());
        self.mark(part);
        let mut message = self.message();
        if let Some(status) = self.fields.status {
            message.push_str(&format!(" -> {status:03}"));
        }
        if let Some(action) = self.fields.action {
            message.push_str(&format!(" while {}", terminal(action)));
        }
        for (name, value) in [
            ("host", self.fields.site()),
            ("pool", self.fields.pool),
            ("upstream", self.fields.upstream_peer),
            ("unit", self.fields.unit),
            ("ray", self.fields.ray_id),
        ] {
            if let Some(value) = value {
                message.push_str(&format!(" {name}={}", terminal(value)));
            }
        }
        part.bytes.extend_from_slice(format!(": {message}\n").as_bytes());
    }

    /// The message. A request in a line that has no place for it as a whole (JSON, values with names) is put
    /// together from its parts.
    fn message(&self) -> String {
        let f = self.fields;
        match (f.method, f.uri) {
            (Some(method), Some(uri)) if f.status.is_some() && f.message == raw(self.event.record) => {
                format!("{} {}", terminal(method), terminal(uri))
            }
            _ => terminal(f.message),
        }
    }

    fn json(&self, part: &mut Part) {
        let (event, f) = (self.event, self.fields);
        let mut o = Object::begin(&mut part.bytes);
        if let Some(at) = event.at {
            o.text("time", at.to_string().as_bytes());
        }
        o.text("kind", event.kind.id.as_bytes());
        o.text("cause", self.cause.as_bytes());
        o.text("severity", event.kind.severity.as_str().as_bytes());
        o.text("source", event.record.source().as_str().as_bytes());
        o.separate();
        let at = part.bytes.len();
        part.marks.push(Mark { at, line: event.line });
        let mut o = Object::resume(&mut part.bytes);
        o.number("offset", Some(event.offset));
        o.maybe("level", event.record.level().map(|l| l.as_str().as_bytes()));
        o.text("message", f.message);
        o.number("pid", f.pid.map(u64::from));
        o.number("tid", f.tid);
        o.number("connection", f.connection);
        o.number("errno", f.errno.map(u64::from));
        o.maybe("action", f.action);
        o.maybe("client", f.client);
        o.maybe("server", f.server);
        o.maybe("method", f.method);
        o.maybe("uri", f.uri);
        o.maybe("protocol", f.protocol);
        o.maybe("host", f.host);
        o.maybe("upstream", f.upstream);
        o.maybe("referrer", f.referrer);
        o.maybe("pool", f.pool);
        o.number("child_pid", f.child_pid.map(u64::from));
        o.number("signal", f.signal.map(u64::from));
        o.maybe("script", f.script);
        o.maybe("php_file", f.php_file);
        o.number("php_line", f.php_line.map(u64::from));
        o.maybe("component", f.component.map(|c| c.to_string()).as_ref().map(String::as_bytes));
        o.number("status", f.status.map(u64::from));
        o.maybe("upstream_status", f.upstream_status);
        o.seconds("request_time", f.request_time);
        o.maybe("upstream_time", f.upstream_time);
        o.maybe("ray_id", f.ray_id);
        o.maybe("request_id", f.request_id);
        o.maybe("user_agent", f.user_agent);
        o.number("bytes_sent", f.bytes_sent);
        o.maybe("unit", f.unit);
        o.maybe("process", f.process);
        o.maybe("jail", f.jail);
        o.maybe("ip", f.ip);
        o.number("port", f.port.map(u64::from));
        o.maybe("code", f.code);
        if self.form.raw {
            o.text("raw", raw(event.record));
        }
        o.end();
    }

    fn csv(&self, part: &mut Part) {
        let (event, f) = (self.event, self.fields);
        let time = event.at.map_or_else(String::new, |t| t.to_string());
        let level = event.record.level().map_or("", |l| l.as_str());
        let head = [
            &*time,
            &event.kind.id,
            self.cause,
            event.kind.severity.as_str(),
            event.record.source().as_str(),
            level,
        ];
        for value in head {
            part.bytes.extend_from_slice(quoted(value).as_bytes());
            part.bytes.push(b',');
        }
        self.mark(part);
        let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        let text = |t: Option<&[u8]>| t.map_or_else(String::new, |t| quoted(&cell(t)));
        let mut cells = vec![
            event.offset.to_string(),
            text(Some(f.message)),
            number(f.pid.map(u64::from)),
            number(f.connection),
            number(f.errno.map(u64::from)),
            text(f.action),
            text(f.client),
            text(f.server),
            text(f.method),
            text(f.uri),
            text(f.host),
            text(f.upstream),
            text(f.pool),
            number(f.child_pid.map(u64::from)),
            number(f.signal.map(u64::from)),
            text(f.script),
            text(f.php_file),
            number(f.php_line.map(u64::from)),
            f.component.map_or_else(String::new, |c| quoted(&cell(c.to_string().as_bytes()))),
            f.status.map_or_else(String::new, |s| format!("{s:03}")),
            text(f.upstream_status),
            f.request_time.map_or_else(String::new, seconds),
            text(f.upstream_time),
            text(f.ray_id),
            text(f.request_id),
            number(f.bytes_sent),
            text(f.unit),
            text(f.jail),
            text(f.ip),
        ];
        if self.form.raw {
            cells.push(text(Some(raw(event.record))));
        }
        part.bytes.extend_from_slice(cells.join(",").as_bytes());
        part.bytes.push(b'\n');
    }
}

fn raw<'b>(record: &Record<'b>) -> &'b [u8] {
    record.raw.strip_suffix(b"\r").unwrap_or(record.raw)
}

/// Seconds with the digits there are, at least milliseconds.
fn seconds(value: Duration) -> String {
    let digits = format!("{}.{:09}", value.as_secs(), value.subsec_nanos());
    let zeros = digits.bytes().rev().take_while(|b| *b == b'0').count().min(6);
    digits.get(..digits.len() - zeros).unwrap_or(&digits).to_owned()
}

/// A cell in quotes where it needs them (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Writes a JSON object key by key. Absent values are left out.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, first: true }
    }

    /// Goes on after a separator.
    fn resume(out: &'o mut Vec<u8>) -> Object<'o> {
        Object { out, first: true }
    }

    fn separate(&mut self) {
        self.out.push(b',');
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Bytes that are not UTF-8 become U+FFFD.
    fn text(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        // Writing to a vector cannot fail.
        let _ = serde_json::to_writer(&mut *self.out, &String::from_utf8_lossy(value));
    }

    fn maybe(&mut self, key: &str, value: Option<&[u8]>) {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            self.text(key, value);
        }
    }

    fn number(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.key(key);
            self.out.extend_from_slice(value.to_string().as_bytes());
        }
    }

    fn seconds(&mut self, key: &str, value: Option<Duration>) {
        if let Some(value) = value {
            self.key(key);
            self.out.extend_from_slice(seconds(value).as_bytes());
        }
    }

    fn end(self) {
        self.out.push(b'}');
    }
}
