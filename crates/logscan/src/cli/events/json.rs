//! An event as a JSON object.

use std::io::Write;
use std::time::Duration;

use super::{Line, Part, raw};
use crate::cli::plain::{decimal, find, padded};

impl Line<'_, '_> {
    /// Absent and empty values are left out.
    pub(super) fn json(&self, part: &mut Part) {
        let (event, f) = (self.event, self.fields);
        part.bytes.push(b'{');
        if let Some(at) = event.at {
            part.bytes.extend_from_slice(b"\"time\":\"");
            part.same.timestamp(&mut part.bytes, at);
            part.bytes.extend_from_slice(b"\",");
        }
        let names = part.same.names(event, |out| {
            text(out, "\"kind\":\"", event.kind.id.as_bytes());
            text(out, ",\"cause\":\"", self.cause().as_bytes());
            text(out, ",\"severity\":\"", event.kind.severity.as_str().as_bytes());
            text(out, ",\"source\":\"", event.record.source().as_str().as_bytes());
            out.push(b',');
        });
        part.bytes.extend_from_slice(names);
        self.mark(part);
        let component = f.component.map(|component| {
            part.scratch.clear();
            let _ = write!(part.scratch, "{component}");
            &*part.scratch
        });
        let out = &mut part.bytes;
        out.extend_from_slice(b"\"offset\":");
        decimal(out, event.offset);
        maybe(out, ",\"level\":\"", event.record.level().map(|l| l.as_str().as_bytes()));
        text(out, ",\"message\":\"", f.message);
        number(out, ",\"pid\":", f.pid.map(u64::from));
        number(out, ",\"tid\":", f.tid);
        number(out, ",\"connection\":", f.connection);
        number(out, ",\"errno\":", f.errno.map(u64::from));
        maybe(out, ",\"action\":\"", f.action);
        maybe(out, ",\"client\":\"", f.client);
        maybe(out, ",\"server\":\"", f.server);
        maybe(out, ",\"method\":\"", f.method);
        maybe(out, ",\"uri\":\"", f.uri);
        maybe(out, ",\"protocol\":\"", f.protocol);
        maybe(out, ",\"host\":\"", f.host);
        maybe(out, ",\"upstream\":\"", f.upstream);
        maybe(out, ",\"referrer\":\"", f.referrer);
        maybe(out, ",\"pool\":\"", f.pool);
        number(out, ",\"child_pid\":", f.child_pid.map(u64::from));
        number(out, ",\"signal\":", f.signal.map(u64::from));
        maybe(out, ",\"script\":\"", f.script);
        maybe(out, ",\"php_file\":\"", f.php_file);
        number(out, ",\"php_line\":", f.php_line.map(u64::from));
        maybe(out, ",\"component\":\"", component);
        number(out, ",\"status\":", f.status.map(u64::from));
        maybe(out, ",\"upstream_status\":\"", f.upstream_status);
        if let Some(time) = f.request_time {
            out.extend_from_slice(b",\"request_time\":");
            seconds(out, time);
        }
        maybe(out, ",\"upstream_time\":\"", f.upstream_time);
        maybe(out, ",\"ray_id\":\"", f.ray_id);
        maybe(out, ",\"request_id\":\"", f.request_id);
        maybe(out, ",\"user_agent\":\"", f.user_agent);
        number(out, ",\"bytes_sent\":", f.bytes_sent);
        maybe(out, ",\"unit\":\"", f.unit);
        maybe(out, ",\"process\":\"", f.process);
        maybe(out, ",\"jail\":\"", f.jail);
        maybe(out, ",\"ip\":\"", f.ip);
        number(out, ",\"port\":", f.port.map(u64::from));
        maybe(out, ",\"code\":\"", f.code);
        if self.form.raw {
            text(out, ",\"raw\":\"", raw(event.record));
        }
        out.push(b'}');
    }
}

/// Seconds with the digits there are, at least milliseconds.
pub(super) fn seconds(out: &mut Vec<u8>, value: Duration) {
    decimal(out, value.as_secs());
    out.push(b'.');
    let least = out.len() + 3;
    padded::<9>(out, value.subsec_nanos());
    while out.len() > least && out.last() == Some(&b'0') {
        out.pop();
    }
}

/// A key, with what comes before and after it, and its text.
#[inline]
fn text(out: &mut Vec<u8>, key: &'static str, value: &[u8]) {
    out.extend_from_slice(key.as_bytes());
    escaped(out, value);
    out.push(b'"');
}

#[inline]
fn maybe(out: &mut Vec<u8>, key: &'static str, value: Option<&[u8]>) {
    if let Some(value) = value.filter(|v| !v.is_empty()) {
        text(out, key, value);
    }
}

#[inline]
fn number(out: &mut Vec<u8>, key: &'static str, value: Option<u64>) {
    if let Some(value) = value {
        out.extend_from_slice(key.as_bytes());
        decimal(out, value);
    }
}

/// Writes what stands between the quotes. Bytes that are not UTF-8 become U+FFFD.
fn escaped(out: &mut Vec<u8>, value: &[u8]) {
    let mut rest = value;
    while let Some((clear, [byte, after @ ..])) =
        find(rest, is_special).and_then(|at| rest.split_at_checked(at))
    {
        out.extend_from_slice(clear);
        if byte.is_ascii() {
            escape(out, *byte);
            rest = after;
            continue;
        }
        // No character goes on beyond a byte of ASCII.
        let len = after.iter().position(u8::is_ascii).unwrap_or(after.len());
        let Some((text, after)) = rest.split_at_checked(clear.len() + 1 + len) else { break };
        for chunk in text.get(clear.len()..).unwrap_or_default().utf8_chunks() {
            out.extend_from_slice(chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                out.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}

/// Whether a byte does not stand for itself, or is not of ASCII.
#[inline]
fn is_special(byte: u8) -> bool {
    (byte.wrapping_sub(0x20) >= 0x60) | (byte == b'"') | (byte == b'\\')
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a library for JSON writes it.
    #[track_caller]
    fn check(value: &[u8]) {
        let mut out = vec![b'"'];
        escaped(&mut out, value);
        out.push(b'"');
        let expected = serde_json::to_string(&String::from_utf8_lossy(value)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{value:?}");
    }

    #[test]
    fn each_byte_at_each_place() {
        for byte in 0..=255 {
            for len in 1..40 {
                for at in 0..len {
                    let mut value = vec![b'a'; len];
                    value[at] = byte;
                    check(&value);
                }
            }
        }
    }

    #[test]
    fn characters_whole_and_in_pieces() {
        let text = "a\u{7f}\u{80}é–\u{fffd}日本\u{1f600}\"\\\n\u{e000}z".as_bytes();
        for from in 0..text.len() {
            for to in from..=text.len() {
                check(&text[from..to]);
                let mut doubled = text[from..to].to_vec();
                doubled.extend_from_slice(&text[..to - from]);
                check(&doubled);
            }
        }
        for bytes in [
            &b"\xe2\x82"[..],
            b"\xed\xa0\x80",
            b"\xf0\x90\x28\xbc",
            b"\xc0\xaf",
            b"\xff\xfe\x80x\xf4\x90\x80\x80",
        ] {
            check(bytes);
        }
    }

    #[test]
    fn seconds_have_the_digits_there_are() {
        let told = |value| {
            let mut out = Vec::new();
            seconds(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(told(Duration::ZERO), "0.000");
        assert_eq!(told(Duration::from_millis(60_050)), "60.050");
        assert_eq!(told(Duration::from_micros(1_234_567)), "1.234567");
        assert_eq!(told(Duration::from_nanos(7)), "0.000000007");
    }
}
