//! An event as a line for people.

use std::io::Write;

use logscan_scan::Timestamp;

use super::{Line, Part, raw};
use crate::cli::safe::push_terminal;

impl Line<'_, '_> {
    /// Time, severity, kind, place, and the message with where it happened.
    pub(super) fn text(&self, part: &mut Part) {
        let (event, f, look) = (self.event, self.fields, self.form.look);
        match event.at {
            Some(at) => {
                let time = part.same.time(at.seconds, |out| {
                    let time = self.form.zone.civil(Timestamp { nanos: 0, ..at }).to_string();
                    out.extend_from_slice(look.dim(&time).as_bytes());
                });
                part.bytes.extend_from_slice(time);
            }
            None => part.bytes.extend_from_slice(look.dim("-                  ").as_bytes()),
        }
        let names = part.same.names(event, |out| {
            let severity = event.kind.severity;
            let padded = look.severity(severity, &format!("{:<8}", severity.as_str()));
            let _ = write!(out, " {padded} {} ", look.bold(&event.kind.id));
        });
        part.bytes.extend_from_slice(names);
        self.mark(part);
        let out = &mut part.bytes;
        out.extend_from_slice(b": ");
        self.message(out);
        if let Some(status) = f.status {
            let _ = write!(out, " -> {status:03}");
        }
        for (name, value) in [
            (" while ", f.action),
            (" host=", f.site()),
            (" pool=", f.pool),
            (" upstream=", f.upstream_peer),
            (" unit=", f.unit),
            (" ray=", f.ray_id),
        ] {
            if let Some(value) = value {
                out.extend_from_slice(name.as_bytes());
                push_terminal(out, value);
            }
        }
        out.push(b'\n');
    }

    /// The message. A request in a line that has no place for it as a whole (JSON, values with names) is put
    /// together from its parts.
    fn message(&self, out: &mut Vec<u8>) {
        let f = self.fields;
        match (f.method, f.uri) {
            (Some(method), Some(uri)) if f.status.is_some() && f.message == raw(self.event.record) => {
                push_terminal(out, method);
                out.push(b' ');
                push_terminal(out, uri);
            }
            _ => push_terminal(out, f.message),
        }
    }
}
