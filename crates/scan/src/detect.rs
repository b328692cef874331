//! Telling what a file is from its first bytes.

use logscan_parser::{Frames, Record, Start, carrier};

/// What the first bytes of a file look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Looks {
    /// Records that are known.
    Log,
    /// Log lines of many programs, among which known ones may come.
    Syslog,
    /// Something else, in words.
    Other(&'static str),
}

const MAGIC: &[(&[u8], &str)] = &[
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first: zstdcat FILE | logscan -"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first: xzcat FILE | logscan -"),
    (b"BZh", "compressed with bzip2; unpack it first: bzcat FILE | logscan -"),
    (b"PK\x03\x04", "a zip archive; unpack it first: unzip -p FILE | logscan -"),
];

/// Judges the first bytes of a file, unpacked.
pub(crate) fn looks(head: &[u8]) -> Looks {
    if let Some((_, words)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Looks::Other(words);
    }
    let mut foreign = false;
    for frame in Frames::new(head) {
        match frame.start {
            Start::Timed | Start::Indented | Start::Line | Start::Untimed if frame.record().is_some() => {
                return Looks::Log;
            }
            Start::Foreign => foreign |= carrier(frame.bytes).is_some(),
            _ => {}
        }
    }
    if foreign {
        return Looks::Syslog;
    }
    Looks::Other(other(head))
}

fn other(head: &[u8]) -> &'static str {
    let control =
        head.iter().take(8192).filter(|b| **b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b)).count();
    if control * 20 > head.len().min(8192) {
        return "binary data, not a log";
    }
    let mut lines = head.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).take(20);
    if lines.clone().any(is_access) {
        return "an access log of a web server, which this version does not read";
    }
    if lines.clone().any(is_php_error) {
        return "an error log of PHP itself, which this version does not read";
    }
    if lines.any(|l| l.starts_with(b"{")) {
        return "JSON lines, which this version does not read";
    }
    "no line of it is of nginx's error log or of php-fpm's log"
}

/// `... [23/Nov/2026:10:46:16 +0000] "GET / HTTP/1.1" 200 ...`.
fn is_access(line: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'[', line) else { return false };
    let stamp = line.get(open + 1..open + 27).unwrap_or_default();
    let shape = stamp.get(2) == Some(&b'/') && stamp.get(6) == Some(&b'/') && stamp.get(11) == Some(&b':');
    shape && memchr::memchr(b'"', line).is_some()
}

/// `[22-Nov-2026 14:03:07 UTC] PHP Warning: ...`.
fn is_php_error(line: &[u8]) -> bool {
    let Some(inner) = line.strip_prefix(b"[") else { return false };
    inner.get(2) == Some(&b'-') && inner.get(6) == Some(&b'-') && inner.get(20) == Some(&b' ')
}

/// The first stamp in the bytes.
pub(crate) fn first_stamp(bytes: &[u8]) -> Option<logscan_parser::Stamp> {
    Frames::new(bytes).filter(|f| f.start.is_timed()).find_map(|f| Record::parse(f.bytes)?.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(head: &[u8]) -> &'static str {
        match looks(head) {
            Looks::Other(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn known_logs() {
        assert_eq!(looks(b"2026/11/23 10:46:33 [error] 1#1: x\n"), Looks::Log);
        assert_eq!(looks(b"[23-Nov-2026 05:58:26] NOTICE: fpm is running, pid 1\n"), Looks::Log);
        assert_eq!(
            looks(b"nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n"),
            Looks::Log
        );
        assert_eq!(looks(b"Nov 23 06:01:53 web1 cron[1]: x\n"), Looks::Syslog);
    }

    #[test]
    fn others_are_named() {
        assert!(
            words(b"192.0.2.1 - - [23/Nov/2026:10:46:16 +0000] \"GET / HTTP/1.1\" 200 5\n")
                .contains("access log")
        );
        assert!(
            words(b"[22-Nov-2026 14:03:07 UTC] PHP Warning:  x in /a on line 1\n").contains("PHP itself")
        );
        assert!(words(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0").contains("binary"));
        assert!(words(b"\x28\xb5\x2f\xfdxxxx").contains("zstd"));
        assert!(words(b"hello\nworld\n").contains("no line"));
    }
}
