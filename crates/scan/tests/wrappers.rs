//! What containers, the journal and terminals put around lines changes nothing of what is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::path::Path;

use common::{Dir, NOON, Seen, Told, fpm_stamp, gzip, gzip_members, name, nginx_stamp, read, utc};
use logscan_catalogue::Catalogue;
use logscan_parser::Record;
use logscan_scan::{Scan, Timestamp};
use proptest::prelude::*;

/// An input with something around its lines, and what must be read from it.
#[derive(Default)]
struct Wrapped {
    bytes: Vec<u8>,
    events: Vec<Seen>,
    lines: u64,
    records: u64,
    unrecognized: u64,
}

impl Wrapped {
    /// The event that begins with the next line.
    fn event(&mut self, text: &str, at: Timestamp) -> &mut Wrapped {
        let record = Record::parse(text.as_bytes()).unwrap();
        let named = Catalogue::builtin().name(&record).unwrap();
        let kind = Catalogue::builtin().kind(named.kind).unwrap().id.to_string();
        self.records += 1;
        self.events.push(Seen {
            offset: self.bytes.len() as u64,
            line: Some(self.lines + 1),
            kind,
            raw: text.as_bytes().to_vec(),
            at: Some(at),
        });
        self
    }

    fn line(&mut self, bytes: impl AsRef<[u8]>) -> &mut Wrapped {
        self.bytes.extend_from_slice(bytes.as_ref());
        self.bytes.push(b'\n');
        self.lines += 1;
        self
    }

    fn foreign(&mut self, bytes: impl AsRef<[u8]>) -> &mut Wrapped {
        self.unrecognized += 1;
        self.line(bytes)
    }

    fn check(&self, told: &Told, how: &str) {
        let short = |seen: &Seen| format!("{seen:?}").chars().take(300).collect::<String>();
        let differs = told.events.iter().zip(&self.events).find(|(s, w)| s != w);
        let differs = differs.map(|(s, w)| (short(s), short(w)));
        assert!(differs.is_none(), "{how}: read and written: {differs:#?}");
        assert_eq!(told.events.len(), self.events.len(), "{how}");
        let [stats] = &told.inputs[..] else { panic!("{how}: {:?}", told.inputs) };
        let expected = (self.bytes.len() as u64, self.lines, self.records, self.unrecognized);
        assert_eq!((stats.bytes, stats.lines, stats.records, stats.unrecognized), expected, "{how}");
    }

    /// Reads it in all ways.
    fn read(&self) -> Told {
        let whole = however(&self.bytes);
        self.check(&whole, "at one go");
        whole
    }
}

fn scan() -> Scan<'static> {
    utc()
}

/// Reads bytes in all ways and compares with reading them at one go.
fn however(bytes: &[u8]) -> Told {
    let dir = Dir::new();
    let plain = dir.file("plain", bytes);
    let whole = read(&scan().threads(1), &[&plain]);
    for (span, buffer, threads) in [
        (1, 64, 2),
        (7, 64, 1),
        (64, 333, 3),
        (333, 64, 2),
        (1000, 64, 4),
        (4096, 100, 1),
        (20_000, 5000, 2),
        (64, 256 << 10, 2),
        (1 << 40, 64, 1),
        (1 << 40, 1000, 1),
        (1 << 40, 20_000, 1),
    ] {
        if bytes.len() as u64 / span > 30_000 {
            continue;
        }
        let told = read(&scan().threads(threads).block_sizes(span, buffer), &[&plain]);
        assert_eq!(told.essence(), whole.essence(), "span {span}, buffer {buffer}, threads {threads}");
    }
    for (n, packed) in [gzip(bytes), gzip_members(bytes, 999)].iter().enumerate() {
        let path = dir.file(&format!("packed/{n}"), packed);
        for buffer in [64, 777, 256 << 10] {
            let told = read(&scan().block_sizes(1, buffer), &[&path]);
            assert_eq!(told.essence(), whole.essence(), "packed {n}, buffer {buffer}");
        }
    }
    #[cfg(unix)]
    assert_eq!(through_a_pipe(&dir, bytes).essence(), whole.essence(), "through a pipe");
    whole
}

#[cfg(unix)]
fn through_a_pipe(dir: &Dir, bytes: &[u8]) -> Told {
    use std::io::Write;
    let path = dir.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pipe = std::fs::File::options().write(true).open(&path).unwrap();
            bytes.chunks(371).for_each(|piece| pipe.write_all(piece).unwrap());
        });
        read(&scan().block_sizes(7, 100), &[&path])
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn nginx(seconds: i64) -> String {
    format!(
        "{} [error] 7#7: *{seconds} access forbidden by rule, client: 192.0.2.1, server: a.example, request: \
         \"GET /\\x22|\\ HTTP/1.1\", host: \"a.example\"",
        nginx_stamp(seconds)
    )
}

const STARTUP: &str = "nginx: [emerg] still could not bind()";
const OUTPUT: &str = "NOTICE: PHP message: PHP Fatal error:  Uncaught Error: x in /a.php:3";

fn fpm(seconds: i64) -> String {
    format!(
        "{} WARNING: [pool www] child 7 exited on signal 11 (SIGSEGV) after 3.5 seconds from start",
        fpm_stamp(seconds)
    )
}

/// `2026-11-23T12:00:00.NNNNNNNNNZ`, half a second after that.
fn precise(seconds: i64) -> (String, Timestamp) {
    let at = Timestamp { seconds, nanos: 500_000_123 };
    (at.to_string(), at)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' || c == '<' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

fn docker(seconds: i64, log: &str) -> String {
    let time = precise(seconds).0;
    format!("{{\"log\":\"{}\",\"stream\":\"stderr\",\"time\":\"{time}\"}}", escaped(log))
}

#[test]
fn docker_json_files() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        log.event(&nginx(n), at(n)).line(docker(n, &format!("{}\n", nginx(n))));
        // Neither has a time of its own.
        log.event(STARTUP, precise(n + 1).1).line(docker(n + 1, &format!("{STARTUP}\n")));
        log.event(OUTPUT, precise(n + 2).1).line(docker(n + 2, &format!("{OUTPUT}\n")));
        if n == NOON + 5 {
            log.foreign(r#"{"log":"the end of this one is miss"#);
        }
        log.event(&fpm(n), at(n)).line(docker(n, &format!("{}\n", fpm(n))));
    }
    let told = log.read();
    assert_eq!(told.events[1].kind, "bind-still-could-not");
    assert_eq!(told.events[3].kind, "fpm-child-sigsegv");
    assert_eq!(told.inputs[0].first, Some(at(NOON)));
}

#[test]
fn docker_lines_of_windows() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        log.event(&format!("{}\r", nginx(n)), at(n)).line(docker(n, &format!("{}\r\n", nginx(n))));
        // The file itself was copied as text.
        log.event(&fpm(n), at(n)).line(format!("{}\r", docker(n, &format!("{}\n", fpm(n)))));
    }
    log.read();
}

/// A request of so many bytes, as a hostile client sends it: cut into parts, each but the first begins with what
/// looks like a record.
fn long_request(seconds: i64, size: usize) -> (String, Vec<String>) {
    const PART: usize = 16 << 10;
    let mut text = format!("{} [error] 7#7: *1 access forbidden by rule \"", nginx_stamp(seconds));
    while text.len() < size {
        text.push_str(&"x".repeat((PART - text.len() % PART) % PART));
        text.push_str(&nginx(seconds + 100));
    }
    let parts = text.as_bytes().chunks(PART).map(|p| String::from_utf8(p.to_vec()).unwrap()).collect();
    (text, parts)
}

#[test]
fn docker_parts() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(6) {
        let (text, parts) = long_request(n, 40_000);
        log.event(&text, at(n));
        for (i, part) in parts.iter().enumerate() {
            log.line(docker(n, &format!("{part}{}", if i + 1 == parts.len() { "\n" } else { "" })));
        }
        log.event(STARTUP, precise(n).1).line(docker(n, &format!("{STARTUP}\n")));
        log.event(&nginx(n), at(n)).line(docker(n, &format!("{}\n", nginx(n))));
        log.event(&fpm(n), at(n)).line(docker(n, &format!("{}\n", fpm(n))));
    }
    assert_eq!(log.read().inputs[0].continued, 6 * 3);
}

/// Of more than a mebibyte, so that a window is found by bisection.
#[test]
fn windows_of_docker_parts() {
    let dir = Dir::new();
    let mut log = Wrapped::default();
    for n in (NOON..).step_by(10).take(40) {
        let (text, parts) = long_request(n, 40_000);
        log.event(&text, at(n));
        for (i, part) in parts.iter().enumerate() {
            log.line(docker(n, &format!("{part}{}", if i + 1 == parts.len() { "\n" } else { "" })));
        }
        log.event(&nginx(n), at(n)).line(docker(n, &format!("{}\n", nginx(n))));
    }
    assert!(log.bytes.len() > 1 << 20);
    let path = dir.file("json.log", &log.bytes);
    for (since, until) in [(0, 10), (100, 200), (300, 400), (395, 500), (0, 400)] {
        let inside = |t: &Timestamp| (NOON + since..NOON + until).contains(&t.seconds);
        let expected: Vec<u64> =
            log.events.iter().filter(|e| e.at.as_ref().is_some_and(inside)).map(|e| e.offset).collect();
        for span in [5000, 60_000, 1 << 40] {
            let window = utc().window(Some(at(NOON + since)), Some(at(NOON + until)));
            let told = read(&window.block_sizes(span, 4096), &[&path]);
            let seen: Vec<u64> = told.events.iter().map(|e| e.offset).collect();
            assert_eq!(seen, expected, "{since} {until} {span}");
        }
    }
}

#[test]
fn a_set_back_clock_in_docker_parts() {
    // 02:00 to 03:00 in Berlin comes twice; the second time begins at 01:00 UTC.
    let berlin = || utc().zone("Europe/Berlin".parse().unwrap());
    let change = 1_792_890_000;
    let mut log = Wrapped::default();
    for s in (-1800..1800).step_by(200) {
        let local = change + s + if s < 0 { 7200 } else { 3600 };
        let (text, parts) = long_request(local, 17_000);
        log.event(&text, at(change + s));
        for (i, part) in parts.iter().enumerate() {
            log.line(docker(change + s, &format!("{part}{}", if i + 1 == parts.len() { "\n" } else { "" })));
        }
        log.event(&fpm(local), at(change + s)).line(docker(change + s, &format!("{}\n", fpm(local))));
    }
    let dir = Dir::new();
    let path = dir.file("json.log", &log.bytes);
    for span in [100, 333, 5000, 17_000, 1 << 40] {
        log.check(&read(&berlin().block_sizes(span, 64), &[&path]), &span.to_string());
    }
}

#[test]
fn a_last_line_of_docker_that_is_cut() {
    let dir = Dir::new();
    let mut log = Wrapped::default();
    log.event(&nginx(NOON), at(NOON)).line(docker(NOON, &format!("{}\n", nginx(NOON))));
    let last = docker(NOON + 1, &format!("{} [error] 1#1: x\n", nginx_stamp(NOON + 1)));
    for cut in 1..last.len() {
        let path = dir.file("json.log", &[&log.bytes, &last.as_bytes()[..cut]].concat());
        let told = read(&utc(), &[&path]);
        assert_eq!(told.events, log.events, "cut at {cut}");
        assert_eq!((told.inputs[0].lines, told.inputs[0].unrecognized), (2, 1), "cut at {cut}");
        assert_eq!(told.problems(), ["json.log: Unrecognized", "json.log: Torn"], "cut at {cut}");
        let words = told.problems[1].what.to_string();
        assert!(words.contains(&format!("({cut} bytes)")), "{words}");
    }
    // The object is whole, so the line is, though its kind is known by its level only.
    let path = dir.file("json.log", &[&log.bytes, last.as_bytes()].concat());
    let told = read(&utc(), &[&path]);
    assert_eq!((told.events.len(), told.problems()), (2, vec!["json.log: Torn".to_owned()]));
}

/// `tail -F` of the logs of two containers.
#[test]
fn headers_of_tail_between_objects() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(5) {
        log.line(format!("==> /var/lib/docker/containers/{n}/{n}-json.log <=="));
        for n in (n..).take(9) {
            log.event(&fpm(n), at(n)).line(docker(n, &format!("{}\n", fpm(n))));
        }
        log.event(&format!("{}\n", fpm(n)), at(n)).line(docker(n, &format!("{}\n", fpm(n)))).line("");
    }
    assert!(log.read().problems.is_empty());
}

fn cri(seconds: i64, tag: &str, text: &str) -> String {
    format!("{} stderr {tag} {text}", precise(seconds).0)
}

#[test]
fn kubernetes() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(6) {
        log.event(&nginx(n), at(n)).line(cri(n, "F", &nginx(n)));
        let (text, parts) = long_request(n, 40_000);
        log.event(&text, at(n));
        for (i, part) in parts.iter().enumerate() {
            log.line(cri(n, if i + 1 == parts.len() { "F" } else { "P" }, part));
        }
        log.event(STARTUP, precise(n + 1).1).line(cri(n + 1, "F", STARTUP));
        log.event(OUTPUT, precise(n + 2).1).line(cri(n + 2, "F:tag", OUTPUT));
        log.event(&fpm(n), at(n)).line(cri(n, "F", &fpm(n)));
    }
    log.read();
}

#[test]
fn kubernetes_with_line_ends_of_windows() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(6) {
        let text = nginx(n);
        let (one, two) = text.split_at(50);
        log.event(&format!("{text}\r"), at(n));
        log.line(format!("{}\r", cri(n, "P", one))).line(format!("{}\r", cri(n, "F", two)));
        log.event(&format!("{}\r", fpm(n)), at(n)).line(format!("{}\r", cri(n, "F", &fpm(n))));
    }
    log.read();
}

#[test]
fn a_last_line_of_kubernetes_that_is_cut() {
    let dir = Dir::new();
    let mut log = Wrapped::default();
    log.event(&nginx(NOON), at(NOON)).line(cri(NOON, "F", &nginx(NOON)));
    let last = cri(NOON + 1, "F", &nginx(NOON + 1));
    for cut in 1..last.len() {
        let path = dir.file("0.log", &[&log.bytes, &last.as_bytes()[..cut]].concat());
        let told = read(&utc(), &[&path]);
        let input = &told.inputs[0];
        assert_eq!(
            (input.lines, input.records + input.continued + input.unrecognized),
            (2, 2),
            "cut at {cut}"
        );
        // A single digit, or a bracket, may as well go on with the line before.
        let known = told.events.len() == 2 && told.events[1].raw.ends_with(b"HTTP/1.1\"");
        if known || !last[..cut].ends_with(" F 2") {
            assert_eq!(told.events[..1], log.events, "cut at {cut}");
        }
        assert!(known || told.events.len() < 2, "cut at {cut}: {:?}", told.events);
    }
}

#[test]
fn docker_logs_with_times() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        let stamp = precise(n + 1).0;
        log.event(&nginx(n), at(n)).line(format!("{stamp} {}", nginx(n)));
        log.event(STARTUP, precise(n + 1).1).line(format!("{stamp} {STARTUP}"));
        log.event(OUTPUT, precise(n + 1).1).line(format!("{stamp} {OUTPUT}"));
    }
    log.read();
}

/// `kubectl logs --timestamps` leaves out zeros at the end.
#[test]
fn kubectl_logs_with_times_in_a_zone() {
    let mut log = Wrapped::default();
    for (n, zeros) in (NOON..).take(27).zip([9, 8, 7, 9, 8].into_iter().cycle().take(25).chain([6, 3])) {
        let fraction = &"500100120"[..zeros];
        let stamp = format!("{}.{fraction}+02:00", &at(n + 7200).to_string()[..19]);
        let nanos = fraction.parse::<u32>().unwrap() * 10_u32.pow(9 - u32::try_from(zeros).unwrap());
        log.event(STARTUP, Timestamp { seconds: n, nanos }).line(format!("{stamp} {STARTUP}"));
        log.event(&nginx(n), at(n)).line(format!("{stamp} {}", nginx(n)));
    }
    log.read();
}

#[test]
fn compose() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        log.event(&nginx(n), at(n)).line(format!("nginx-1  | {}", nginx(n)));
        log.event(&fpm(n), at(n)).line(format!("php-1    | {}", fpm(n)));
        // No time at all: that of the record before.
        log.event(STARTUP, at(n)).line(format!("nginx-1  | {STARTUP}"));
    }
    log.read();
}

#[test]
fn compose_with_times() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        let (stamp, later) = precise(n + 1);
        log.event(&nginx(n), at(n)).line(format!("nginx-1  | {stamp} {}", nginx(n)));
        log.event(OUTPUT, later).line(format!("php-1    | {stamp} {OUTPUT}"));
    }
    log.read();
}

/// An entry as `journalctl -o json` writes it; the message is JSON.
fn journal(micros: i64, tag: &str, message: &str) -> String {
    format!(
        r#"{{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"{}","_SOURCE_REALTIME_TIMESTAMP":"{micros}","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"{tag}","_PID":"7","PRIORITY":"3","MESSAGE":{message}}}"#,
        micros + 55
    )
}

/// The line of syslog that stands for an entry.
fn carried(seconds: i64, tag: &str, message: &str) -> String {
    format!("<3>{}.250000Z web1 {tag}[7]: {message}", &at(seconds).to_string()[..19])
}

#[test]
fn the_journal_as_json() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(10) {
        let micros = n * 1_000_000 + 250_000;
        let then = Timestamp { seconds: n, nanos: 250_000_000 };
        let json = |text: &str| format!("\"{}\"", escaped(text));
        let line = |text: &str| carried(n, "nginx", text);
        log.event(&line(STARTUP), then).line(journal(micros, "nginx", &json(STARTUP)));
        // nginx's own time counts.
        log.event(&line(&nginx(n - 9)), at(n - 9)).line(journal(micros, "nginx", &json(&nginx(n - 9))));
        // Bytes that are no text come as numbers.
        let bytes: Vec<String> = STARTUP.bytes().chain([0x1b]).map(|b| b.to_string()).collect();
        let array = format!("[{}]", bytes.join(", "));
        log.event(&line(&format!("{STARTUP}\u{1b}")), then).line(journal(micros, "nginx", &array));
        // No message: it was too long to be shown.
        log.line(journal(micros, "cron", "null"));
        log.records += 1;
        let several = "[NOTICE] fpm is running, pid 7\nnginx: [emerg] x\n2026/11/23 12:00:00 [error] 1#1: y";
        let text = carried(n, "php-fpm8.2", &several.replace('\n', "\n "));
        log.event(&text, then).line(journal(micros, "php-fpm8.2", &json(several)));
        if n == NOON + 5 {
            log.foreign(r#"{"__CURSOR":"s=1;i=2","MESSAGE":"cut"#);
        }
    }
    log.read();
}

/// An entry as `journalctl -o export` writes it, without the empty line at its end; how many lines it has.
fn export(log: &mut Wrapped, seconds: i64, tag: &str, message: &str) {
    log.line("__CURSOR=s=1;i=2").line(format!("__REALTIME_TIMESTAMP={}", seconds * 1_000_000 + 250_000));
    log.line("_HOSTNAME=web1").line("PRIORITY=3").line("_PID=7");
    if message.contains('\n') {
        let mut framed = (message.len() as u64).to_le_bytes().to_vec();
        framed.extend_from_slice(message.as_bytes());
        log.line("MESSAGE").line(&framed);
        log.lines += framed.iter().filter(|b| **b == b'\n').count() as u64;
    } else {
        log.line(format!("MESSAGE={message}"));
    }
    log.line(format!("SYSLOG_IDENTIFIER={tag}"));
}

fn exported(end: bool) -> Wrapped {
    let mut log = Wrapped::default();
    let forged = "[NOTICE] fpm is running, pid 7\n\n__REALTIME_TIMESTAMP=1\nMESSAGE=nginx: [emerg] still could not \
                  bind()\nSYSLOG_IDENTIFIER=nginx\n\n__REALTIME_TIMESTAMP=1\n\n";
    for n in (NOON..).take(10) {
        let then = Timestamp { seconds: n, nanos: 250_000_000 };
        log.event(&carried(n, "nginx", STARTUP), then);
        export(&mut log, n, "nginx", STARTUP);
        log.line("");
        let shown = forged.strip_suffix('\n').unwrap().replace('\n', "\n ");
        log.event(&carried(n, "php-fpm", &shown), then);
        export(&mut log, n, "php-fpm", forged);
        log.line("");
        log.event(&carried(n, "nginx", &nginx(n)), at(n));
        export(&mut log, n, "nginx", &nginx(n));
        if end || n < NOON + 9 {
            log.line("");
        }
    }
    log
}

#[test]
fn the_journal_as_export() {
    assert!(exported(true).read().problems.is_empty());
}

#[test]
fn an_export_without_an_empty_line_at_its_end() {
    exported(false).read();
}

#[test]
fn an_export_with_entries_that_have_no_time() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(4) {
        log.event(&carried(n, "nginx", STARTUP), Timestamp { seconds: n, nanos: 250_000_000 });
        export(&mut log, n, "nginx", STARTUP);
        log.line("").line("MESSAGE=of no time").foreign("_PID=1");
        log.line("");
    }
    however(&log.bytes);
}

#[test]
fn an_export_that_is_cut_anywhere() {
    let dir = Dir::new();
    let log = exported(true);
    let size = log.bytes.len() / 5;
    for cut in (1..size).step_by(3) {
        let bytes = &log.bytes[..cut];
        let path = dir.file("export", bytes);
        let scan = || utc().only(Some(logscan_parser::Source::NginxError));
        let whole = read(&scan(), &[&path]);
        let lines = bytes.split_inclusive(|b| *b == b'\n').count() as u64;
        assert_eq!((whole.inputs[0].lines, whole.inputs[0].bytes), (lines, cut as u64), "cut at {cut}");
        assert_eq!(read(&scan().block_sizes(9, 64), &[&path]).essence(), whole.essence(), "cut at {cut}");
    }
}

#[test]
fn a_core_dump_in_an_export() {
    let dir = Dir::new();
    let mut log = Wrapped::default();
    for n in (NOON..).take(3) {
        log.event(&carried(n, "nginx", STARTUP), Timestamp { seconds: n, nanos: 250_000_000 });
        export(&mut log, n, "nginx", STARTUP);
        let mut framed = (3_000_000_u64).to_le_bytes().to_vec();
        framed.resize(3_000_008, b'x');
        log.line("COREDUMP").line(&framed).line("");
    }
    let path = dir.file("export", &log.bytes);
    for buffer in [64, 4096, 1 << 20] {
        let told = read(&utc().block_sizes(1, buffer), &[&path]);
        log.check(&told, &buffer.to_string());
        assert_eq!(told.problems(), ["export: LongLines"]);
    }
}

#[test]
fn colours() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(12) {
        let found = nginx(n).replace("error", "\u{1b}[01;31m\u{1b}[Kerror\u{1b}[m\u{1b}[K");
        log.event(&nginx(n), at(n)).line(found);
        // ccze paints every word.
        let painted: Vec<String> =
            fpm(n).split(' ').map(|w| format!("\u{1b}[22m\u{1b}[36m{w}\u{1b}[0m")).collect();
        log.event(&fpm(n), at(n)).line(painted.join(" "));
    }
    log.read();
}

#[test]
fn tail_of_several_logs() {
    let mut log = Wrapped::default();
    for n in (NOON..).step_by(7).take(6) {
        log.line("==> /var/log/nginx/error.log <==");
        log.event(&nginx(n), at(n)).line(nginx(n));
        let stack = format!(
            "{} [error] 7#7: *1 FastCGI sent in stderr: \"PHP message: x\n#0 {{main}}\" while reading \
            response header from upstream, client: 192.0.2.1, server: a, request: \"GET / HTTP/1.1\", upstream: \
            \"fastcgi://unix:/run/a.sock:\", host: \"a\"",
            nginx_stamp(n)
        );
        log.event(&format!("{stack}\n"), at(n)).line(&stack).line("");
        log.lines += 1;
        log.line("==> /var/log/php8.2-fpm.log <==");
        log.event(&fpm(n), at(n)).line(fpm(n));
        log.event(&format!("{}\n", fpm(n + 1)), at(n + 1)).line(fpm(n + 1)).line("");
    }
    assert!(log.read().problems.is_empty());
}

/// nginx's records among lines of the controller and of the image's entry point.
#[test]
fn a_stream_of_ingress_nginx() {
    let mut log = Wrapped::default();
    for n in (NOON..).take(10) {
        let klog = format!(
            "I1123 {}.123456       7 main.go:53] \"successfully validated\"",
            &at(n).to_string()[11..19]
        );
        log.event(&nginx(n), at(n)).line(cri(n, "F", &nginx(n)));
        log.foreign(cri(n, "F", &klog)).foreign(cri(n, "F", &klog.replace('I', "W")));
        log.foreign(cri(n, "F", "/docker-entrypoint.sh: Configuration complete; ready for start up"));
        log.event(&nginx(n), at(n)).line(cri(n, "F", &nginx(n)));
    }
    log.read();
}

/// A line made at random, wrapped or not.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let stamp = precise(NOON).0;
    let text = prop_oneof![
        Just(nginx(NOON)),
        Just(STARTUP.to_owned()),
        Just(fpm(NOON + 3)),
        Just(String::new()),
        Just("#0 {main}".to_owned()),
        Just("[0x00007fb188814130] handle() /var/www/index.php:10".to_owned()),
        Just(format!("a\n{}", nginx(NOON))),
        Just("\u{1b}[31mred".to_owned()),
    ];
    let wrapped = (text, 0u8..14).prop_map(move |(text, how)| match how {
        0 | 1 => docker(NOON, &format!("{text}\n")),
        2 => docker(NOON, &text),
        3 => cri(NOON, "F", &text),
        4 => cri(NOON, "P", &text),
        5 => format!("{stamp} {text}"),
        6 => format!("nginx-1  | {text}"),
        7 => journal(NOON * 1_000_000, "nginx", &format!("\"{}\"", escaped(&text))),
        8 => format!("__REALTIME_TIMESTAMP={}", NOON * 1_000_000),
        9 => format!("MESSAGE={text}"),
        10 => "MESSAGE\n\u{5}\0\0\0\0\0\0\0ab\ncd".to_owned(),
        11 => String::new(),
        12 => r#"{"log":"cut"#.to_owned(),
        _ => text,
    });
    prop_oneof![
        8 => wrapped.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_the_same(
        first in 0usize..7,
        lines in prop::collection::vec(any_line(), 0..40),
        newline in any::<bool>(),
        sizes in prop::collection::vec((1u64..400, 64usize..500, 1usize..4), 3),
    ) {
        // So many lines of one kind that the input is known by them.
        let text = fpm(NOON);
        let known = [
            docker(NOON, &format!("{text}\n")),
            cri(NOON, "F", &text),
            format!("{} {text}", precise(NOON).0),
            format!("nginx-1  | {text}"),
            journal(NOON * 1_000_000, "nginx", &format!("\"{}\"", escaped(&text))),
            format!("__REALTIME_TIMESTAMP={}\nMESSAGE={STARTUP}\n", NOON * 1_000_000),
            format!("\u{1b}[31m{text}"),
        ];
        // Colours count only where nearly all of the first lines have them.
        let count = if first == 6 { 250 } else { 50 };
        let mut bytes = format!("{}\n", known[first]).repeat(count).into_bytes();
        bytes.extend_from_slice(&lines.join(&b'\n'));
        if newline {
            bytes.push(b'\n');
        }
        let dir = Dir::new();
        let (plain, packed) = (dir.file("plain", &bytes), dir.file("packed", &gzip_members(&bytes, 501)));
        let whole = read(&utc().threads(1), &[&plain]);
        let count = bytes.split_inclusive(|b| *b == b'\n').count() as u64;
        prop_assert_eq!((whole.inputs[0].lines, whole.inputs[0].bytes), (count, bytes.len() as u64));
        for event in &whole.events {
            let before = bytes[..usize::try_from(event.offset).unwrap()].iter().filter(|b| **b == b'\n').count() as u64;
            prop_assert_eq!(event.line, Some(before + 1));
        }
        for (span, buffer, threads) in sizes {
            for path in [&plain, &packed] {
                let told = read(&utc().threads(threads).block_sizes(span, buffer), &[path]);
                prop_assert_eq!(told.essence(), whole.essence(), "{} {} {} {}", name(path as &Path), span, buffer, threads);
            }
        }
    }
}
