//! A last line without a newline: still being written, or cut by a full disk or a crash.
//!
//! It is read where it is whole, as the last line of a file that somebody made by hand mostly is; of a part of a
//! line nothing is told, for a part of a host or of a message is a wrong one.

use logscan_catalogue::Kind;
use logscan_parser::{AccessFormat, Body, Format, Record, Worker};
use memchr::memrchr;

/// Length of the last line where it has no newline and is but the beginning of a head: what belongs to no record.
pub(crate) fn beginning_of_head(bytes: &[u8]) -> usize {
    let tail = memrchr(b'\n', bytes).map_or(bytes, |at| bytes.get(at + 1..).unwrap_or_default());
    let masks: [&[u8]; 2] = [b"0000/00/00 00:00:00 [", b"[00-Aaa-0000 00:00:00"];
    let fits =
        |mask: &&[u8]| tail.len() <= mask.len() && tail.iter().zip(*mask).all(|(b, m)| is_like(*b, *m));
    if tail.len() > 1 && masks.iter().any(fits) { tail.len() } else { 0 }
}

fn is_like(byte: u8, mask: u8) -> bool {
    match mask {
        b'0' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        b'a' => byte.is_ascii_lowercase(),
        _ => byte == mask,
    }
}

/// Whether a record that ends without a newline is whole, as far as can be told: its kind is known by more than its
/// level, and what nginx and php-fpm put in quotes at its end is closed.
pub(crate) fn is_whole(record: &Record<'_>, kind: Option<&Kind>, format: &Format) -> bool {
    if let Body::Access(_) = &record.body {
        // Where the format ends in text of its own, a line that was cut does not fit it.
        return format.access().iter().all(AccessFormat::ends_closed);
    }
    let by_text = kind.is_some_and(|k| !k.literals.is_empty() || k.regex.is_some());
    let quoted = match &record.body {
        // What nginx says of a connection nearly always ends in the client's request.
        Body::NginxError(error) => {
            error.connection.is_some() || error.context.client.is_some() || error.stderr().is_some()
        }
        Body::Fpm(fpm) => matches!(fpm.worker(), Some(Worker::Said { output, .. }) if !output.pipe_closed),
        _ => false,
    };
    let raw = record.raw.trim_ascii_end();
    let closed = raw.ends_with(b"\"") && !raw.ends_with(b": \"");
    by_text && (!quoted || closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_heads() {
        for tail in ["2026/1", "2026/11/23 12:00:18", "2026/11/23 12:00:18 [", "[23", "[23-Nov-2026 05:5"] {
            assert_eq!(beginning_of_head(format!("x\n{tail}").as_bytes()), tail.len(), "{tail}");
            assert_eq!(beginning_of_head(tail.as_bytes()), tail.len(), "{tail}");
        }
        for tail in
            ["", "2", "#0 /var/www/a.php(3): f()", "[0x00007f", "2026 was", "{main}", "[23-nov", "20260/"]
        {
            assert_eq!(beginning_of_head(format!("x\n{tail}").as_bytes()), 0, "{tail}");
        }
    }
}
