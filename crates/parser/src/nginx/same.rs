//! The fast way gives what the simple one gives.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::plainly;
use crate::format::{trimmed, without_junk};
use crate::{Body, Format, Frames, Record};

static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(samples);

/// The samples of the catalogue: lines of all logs.
fn samples() -> Vec<String> {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/data"), &mut found);
    found.sort();
    let texts = found.iter().filter_map(|path| fs::read_to_string(path).ok());
    let quoted = |text: String| -> Vec<String> {
        text.split("\'\'\'").skip(1).step_by(2).filter(|t| t.len() > 20).map(str::to_owned).collect()
    };
    texts.flat_map(quoted).collect()
}

/// Checks all that is found in a log, read as a whole.
fn check(log: &[u8]) {
    let frames: Vec<_> = Frames::new(log).collect();
    let cut: Vec<_> = frames.iter().map(|f| (f.offset, f.bytes.len(), f.lines, f.start)).collect();
    assert_eq!(cut, plainly::frames(log, Format::ANY), "{}", log.escape_ascii());
    let mut again = Frames::new(log);
    let mut record = None;
    for frame in frames {
        let read = again.read(&mut record).unwrap();
        assert_eq!((read.offset, read.bytes, read.line), (frame.offset, frame.bytes, frame.line));
        assert_eq!(again.offset(), (frame.offset + frame.bytes.len() + 1).min(log.len()));
        assert_eq!(record, frame.record(), "{}", frame.bytes.escape_ascii());
        check_record(frame.bytes);
    }
    assert!(again.read(&mut record).is_none());
}

/// Checks what is read of one record.
fn check_record(raw: &[u8]) {
    let text = trimmed(without_junk(raw));
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return;
    }
    let found = Record::parse(raw).and_then(|r| match r.body {
        Body::NginxError(error) if r.carrier.is_none() => Some((r.at, error)),
        _ => None,
    });
    assert_eq!(found, plainly::record(text), "{}", raw.escape_ascii());
}

#[test]
fn samples_are_read_alike_however_they_are_cut() {
    assert!(SAMPLES.len() > 300, "{}", SAMPLES.len());
    for sample in SAMPLES.iter() {
        let long = format!("{sample}{}", "x".repeat(2100));
        for line in [sample, &sample.replace("error] ", "warn] "), &format!("{sample}\r"), &long] {
            check(format!("{line}\n{sample}\n").as_bytes());
        }
        for end in 0..=sample.len() {
            check_record(&sample.as_bytes()[..end]);
            // Of full length, so that its end counts as missing.
            if end > 45 && sample.starts_with('2') && end % 7 == 0 {
                let (head, rest) = sample.as_bytes()[..end].split_at(45);
                check_record(&[head, &b"y".repeat(2047 - end), rest].concat());
            }
        }
    }
}

/// What lists and texts are made of.
const PIECES: &[&str] = &[
    ", client: 192.0.2.1, server: s, request: \"GET / HTTP/1.1\"",
    ", client: 192.0.2.1, server: example.com, request: \"GET / HTTP/2.0\", host: \"example.com\"",
    ", client: 198.51.100.100, server: 0.0.0.0:443",
    ", client: 2001:db8:1:2:3:4:5:6, server: [::]:443",
    ", client: 192.0.2.1/24, server: s",
    ", client: 19202, server: s",
    ", client: 192.0.2.1 , server: s",
    ", server: \"s\", request: \"GET / HTTP/1.1\"",
    ", client: 192.0.2.1",
    ", client: 2001:db8::1",
    ", client: unix:",
    ", client: \"192.0.2.1\"",
    ", client: 192.0.2.1 using starttls",
    ", udp client: 192.0.2.1",
    ", server: s",
    ", server: ",
    ", server: \"s\"",
    ", request: \"GET / HTTP/1.1\"",
    ", request: \"GET /\" HTTP/1.1\"",
    ", request: \"",
    ", request: GET",
    ", request_line: \"GET / HTTP/1.0\"",
    ", subrequest: \"/s\"",
    ", upstream: \"http://192.0.2.9:80/\"",
    ", upstream: \"",
    ", host: \"example.com\"",
    ", host: \"a\"b\"",
    ", host: \"",
    ", referrer: \"https://example.com/\"",
    ", referrer: \"",
    ", login: \"l\"",
    ", resolver: 192.0.2.53:53",
    ", responder: r",
    ", peer: 192.0.2.4:80",
    ", certificate: \"/c.pem\"",
    ", context: ngx.timer",
    ", bytes from/to client:1/2",
    " while ",
    " while sending to client",
    " while connecting to upstream",
    " while sending x to upstream",
    " while accepting new connection on 0.0.0.0:80",
    " while logging to syslog",
    "reading upstream",
    " wwwhile w",
    " failed (104: Connection reset by peer)",
    " failed (104: connection reset by peer)",
    " (110: Connection timed out)",
    " (60: Connection timed out)",
    "(111: Connection refused)",
    " (13: Permission denied) ",
    " while waiting for request",
    " while SSL handshaking",
    " while keepalive",
    "while keepalive",
    " while reading response header from upstream",
    " while reading  response header from upstream",
    "a, b, could, \"",
    " (2: No such file or directory) in /etc/x.conf:3",
    " (",
    "(5)",
    "FastCGI sent in stderr: \"",
    "PHP message: PHP Warning:  x, y in /a.php on line 3",
    "open() \"/var/www, client: 192.0.2.1\"",
    "\"",
    "\"\n",
    "\r\n",
    "\n",
    ",",
    ", ",
    ", ser",
    " ",
    "x",
    "\0",
    "é",
];

const HEADS: &[&str] = &[
    "2026/11/23 10:46:33 [error] 812#812: *5 ",
    "2026/11/23 10:46:33 [error] 812#812: ",
    "2026/11/23 10:46:33 [error] 812#813: *123456789 ",
    "2026/11/23 10:46:33 [alert] 1234567#1234567: *1234567 ",
    "2026/11/23 10:46:33 [emerg] 8#8:*5 ",
    "2026/11/23 10:46:33 [notice] 8#8;*5 ",
    "2026/11/23 10:46:33 [noticed] 8#8: *5 ",
    "2026/11/23 10:46:33 [crit] 8#8: *5, ",
    "2026/11/23 10:46:33 [info] 8: *5 ",
    "2026/11/23 10:46:33 [warn] #8: *5 ",
    "2026/11/23 10:46:33[warn] 8#8: *5 ",
    "2026/11/23 10:46:60 [info] 1#0: *12345678 ",
    "2026/11/23 10:46:61 [info] 1#0: ",
    "2026/11/23 10:47:00 [notice] 123456789#1234567890123456789: *1234567890123456789 ",
    "2026/11/23 10:47:00 [crit] 1#12345678901234567890: ",
    "2026/11/23 10:47:00 [crit] 4294967296#1: *12345678901234567890 ",
    "2026/02/30 10:47:00 [crit] 1#1: ",
    "2026/11/23 24:47:00 [crit] 1#1: ",
    "2026/11/23 10:47:00 [debug] 1#1: *3 ",
    "2026/11/23 10:47:00 [fatal] 1#1: ",
    "2026/11/23 10:47:00 [warn] 1#1:",
    "2026/11/23 10:47:00 [warn] 1#1: *",
    "2026/11/23 10:47:00 [warn] 1#1: *7",
    "1970/01/01 00:00:07 [alert] 1#1: ",
    "nginx: [emerg] ",
    "[23-Nov-2026 06:00:55] NOTICE: ",
    "NOTICE: PHP message: ",
    "PHP Notice:  x in /a.php on line 3",
    "#0 {main}",
    "",
    "\0",
    "\u{feff}",
];

/// What clients send in order to look like the end of a value.
const FORGED: &[&str] = &[
    " HTTP/1.1",
    "\"",
    "\", upstream: \"u",
    "\", host: \"h",
    "\", referrer: \"r",
    "\", server: t",
    "\", ho",
    "\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_lines_are_read_alike(
        lines in proptest::collection::vec(
            (proptest::sample::select(HEADS), proptest::collection::vec(proptest::sample::select(PIECES), 0..9)),
            1..5,
        ),
        long in any::<bool>(),
        end in any::<proptest::sample::Index>(),
    ) {
        let mut log = String::new();
        for (head, pieces) in &lines {
            log += head;
            if long {
                log += &"z".repeat(1800);
            }
            log += &pieces.concat();
            log += "\n";
        }
        check(log.as_bytes());
        check(&log.as_bytes()[..end.index(log.len())]);
    }

    #[test]
    fn forged_lists_are_read_alike(
        start in proptest::sample::select(vec![", server: s", ", server: \"s\"", " using starttls, server: s", ""]),
        whole in any::<bool>(),
        pieces in proptest::collection::vec(proptest::sample::select(FORGED), 0..8),
        closed in any::<bool>(),
    ) {
        let request = if whole { "GET / HTTP/1.1" } else { "GET /a" };
        let (forged, end) = (pieces.concat(), if closed { "\"" } else { "" });
        let head = "2026/11/23 10:46:33 [error] 1#1: *5 x failed (104: y) while reading upstream";
        let line = format!("{head}, client: 192.0.2.1{start}, request: \"{request}{forged}{end}");
        check_record(line.as_bytes());
    }

    #[test]
    fn a_byte_that_is_another_changes_both_ways_alike(
        sample in any::<proptest::sample::Index>(),
        places in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut line = SAMPLES[sample.index(SAMPLES.len())].clone().into_bytes();
        for (place, byte) in places {
            let at = place.index(line.len());
            line[at] = byte;
        }
        check(&line);
        check_record(&line);
    }
}
