//! An event as a row of a table.

use std::io::Write;

use super::{Line, Part, json, raw};
use crate::cli::plain::{decimal, find};
use crate::cli::safe;

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

/// The first line.
pub(super) fn header(raw: bool) -> String {
    let raw = if raw { ",raw" } else { "" };
    format!("{}{raw}\n", COLUMNS.join(","))
}

impl Line<'_, '_> {
    pub(super) fn csv(&self, part: &mut Part) {
        let (event, f) = (self.event, self.fields);
        if let Some(at) = event.at {
            part.same.timestamp(&mut part.bytes, at);
        }
        let names = part.same.names(event, |out| {
            for name in
                [&event.kind.id, self.cause(), event.kind.severity.as_str(), event.record.source().as_str()]
            {
                out.push(b',');
                quoted(out, name.as_bytes());
            }
            out.push(b',');
        });
        part.bytes.extend_from_slice(names);
        part.bytes.extend_from_slice(event.record.level().map_or("", |l| l.as_str()).as_bytes());
        part.bytes.push(b',');
        self.mark(part);
        let component = f.component.map(|component| {
            part.scratch.clear();
            let _ = write!(part.scratch, "{component}");
            &*part.scratch
        });
        let out = &mut part.bytes;
        decimal(out, event.offset);
        text(out, Some(f.message));
        number(out, f.pid.map(u64::from));
        number(out, f.connection);
        number(out, f.errno.map(u64::from));
        text(out, f.action);
        text(out, f.client);
        text(out, f.server);
        text(out, f.method);
        text(out, f.uri);
        text(out, f.host);
        text(out, f.upstream);
        text(out, f.pool);
        number(out, f.child_pid.map(u64::from));
        number(out, f.signal.map(u64::from));
        text(out, f.script);
        text(out, f.php_file);
        number(out, f.php_line.map(u64::from));
        text(out, component);
        out.push(b',');
        if let Some(status) = f.status {
            let _ = write!(out, "{status:03}");
        }
        text(out, f.upstream_status);
        out.push(b',');
        if let Some(time) = f.request_time {
            json::seconds(out, time);
        }
        text(out, f.upstream_time);
        text(out, f.ray_id);
        text(out, f.request_id);
        number(out, f.bytes_sent);
        text(out, f.unit);
        text(out, f.jail);
        text(out, f.ip);
        if self.form.raw {
            text(out, Some(raw(event.record)));
        }
        out.push(b'\n');
    }
}

fn text(out: &mut Vec<u8>, value: Option<&[u8]>) {
    out.push(b',');
    if let Some(value) = value {
        cell(out, value);
    }
}

fn number(out: &mut Vec<u8>, value: Option<u64>) {
    out.push(b',');
    if let Some(value) = value {
        decimal(out, value);
    }
}

/// A value of a log: harmless, no formula, and in quotes where it needs them.
pub(super) fn cell(out: &mut Vec<u8>, value: &[u8]) {
    let formula = matches!(value.first(), Some(b'=' | b'+' | b'-' | b'@'));
    let needs_care = |b: u8| (b.wrapping_sub(0x20) >= 0x5f) | (b == b'"') | (b == b',');
    if !formula && find(value, needs_care).is_none() {
        out.extend_from_slice(value);
    } else {
        quoted(out, safe::cell(value).as_bytes());
    }
}

/// A cell in quotes where it needs them (RFC 4180).
fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    if !text.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &[u8]) {
        let text = safe::cell(value);
        let expected = if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        };
        let mut out = Vec::new();
        cell(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{value:?}");
    }

    #[test]
    fn each_byte_at_each_place() {
        for byte in 0..=255 {
            for len in 1..24 {
                for at in 0..len {
                    let mut value = vec![b'a'; len];
                    value[at] = byte;
                    check(&value);
                }
            }
        }
        check(b"");
        check("é,\"–".as_bytes());
    }
}
