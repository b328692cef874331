//! What is read does not depend on how it is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::fs;
use std::path::Path;

use common::{Dir, Log, NOON, Told, fixtures, gzip, gzip_members, read, utc};

/// Reads a file in all ways that a plain file can be cut, and compares with reading it at one go.
fn same_however_cut(path: &Path) -> Told {
    let zone = || utc().zone("America/Chicago".parse().unwrap());
    let whole = read(&zone().threads(1), &[path]);
    for threads in [1, 2, 4] {
        for (span, buffer) in [
            (1, 64),
            (7, 64),
            (64, 333),
            (333, 64),
            (4096, 100),
            (64, 256 << 10),
            (1 << 40, 64),
            (1 << 40, 256 << 10),
        ] {
            let told = read(&zone().threads(threads).block_sizes(span, buffer), &[path]);
            assert_eq!(told.essence(), whole.essence(), "{} {threads} {span} {buffer}", path.display());
        }
    }
    whole
}

/// The same for a log in memory, and packed in several ways, and through a pipe.
fn same_however_stored(bytes: &[u8]) -> Told {
    let dir = Dir::new();
    let plain = dir.file("plain/error.log", bytes);
    let whole = same_however_cut(&plain);
    let packed = [gzip(bytes), gzip_members(bytes, 100), gzip_members(bytes, 1000)];
    let files = packed.iter().enumerate().map(|(n, p)| dir.file(&format!("packed/{n}"), p));
    // Where clocks are never set back, several workers read one packed file.
    let steady = read(&utc().threads(1), &[&plain]);
    for path in files.clone() {
        for span in [1, 64, 333, 4096, 1 << 40] {
            for (threads, buffer) in [(1, 333), (2, 64), (2, 333), (4, 256 << 10)] {
                let told = read(&utc().threads(threads).block_sizes(span, buffer), &[&path]);
                assert_eq!(told.essence(), steady.essence(), "{} {threads} {span} {buffer}", path.display());
            }
        }
    }
    for path in files {
        for buffer in [64, 333, 256 << 10] {
            for threads in [1, 2] {
                let scan = utc().zone("America/Chicago".parse().unwrap()).threads(threads);
                let told = read(&scan.block_sizes(1, buffer), &[&path]);
                assert_eq!(told.essence(), whole.essence(), "{} {buffer}", path.display());
            }
        }
    }
    #[cfg(unix)]
    for bytes in [bytes, &packed[1]] {
        let scan = utc().zone("America/Chicago".parse().unwrap()).block_sizes(7, 100);
        let told = pipe::through(&dir, bytes, |path| read(&scan, &[path]));
        assert_eq!(told.essence(), whole.essence(), "through a pipe");
    }
    whole
}

#[cfg(unix)]
mod pipe {
    use super::{Dir, Path, Told, fs};
    use std::io::Write;

    /// Has the bytes read through a named pipe, written in small pieces.
    pub(crate) fn through(dir: &Dir, bytes: &[u8], read: impl FnOnce(&Path) -> Told) -> Told {
        let path = dir.path("pipe");
        let _ = fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipe = fs::File::options().write(true).open(&path).unwrap();
                bytes.chunks(37).for_each(|piece| pipe.write_all(piece).unwrap());
            });
            read(&path)
        })
    }
}

#[test]
fn real_logs() {
    for path in fixtures() {
        let told = same_however_cut(&path);
        assert!(!told.inputs.is_empty(), "{} is passed over", path.display());
    }
}

#[test]
fn real_logs_hold_a_record_per_line_but_for_slow_logs() {
    for path in fixtures().iter().filter(|p| p.extension().is_some_and(|e| e == "log")) {
        let bytes = fs::read(path).unwrap();
        let told = common::read_inputs(&utc(), logscan_scan::Inputs::collect([path], false));
        let Some(stats) = told.inputs.first().filter(|_| !bytes.is_empty()) else { continue };
        let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
        assert_eq!((stats.bytes, stats.lines), (bytes.len() as u64, lines.len() as u64));
        assert_eq!(stats.unrecognized, 0, "{}", path.display());
        // Each line of an access log is a request.
        let access = common::name(path).contains("access.log");
        let is_head = |l: &&&[u8]| l.starts_with(b"20") || l.starts_with(b"[2") || l.starts_with(b"Nov");
        let heads = if access { lines.len() } else { lines.iter().filter(is_head).count() };
        assert_eq!(stats.records, heads as u64, "{}", path.display());
    }
}

#[test]
fn real_logs_packed_and_piped() {
    for name in
        ["upstream-timeout/php/www-slow.log", "nginx-bind-conflict/journal.log", "php-fatal/nginx/error.log"]
    {
        same_however_stored(&fs::read(common::fixture(name)).unwrap());
    }
}

fn nginx_with_stack() -> &'static str {
    "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 \
     /a.php(9): f()\n#1 {main}\n  thrown in /a.php on line 3\" while reading response header from upstream, client: \
     192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", upstream: \"fastcgi://unix:/run/a.sock:\", host: \
     \"a.example\""
}

/// Six hours are between Chicago's clocks and UTC's in winter.
fn check(log: &Log) -> Told {
    let mut there = log.clone();
    for record in &mut there.records {
        record.at = record.at.map(|t| logscan_scan::Timestamp::from_seconds(t.seconds + 6 * 3600));
    }
    let told = same_however_stored(&log.bytes);
    there.check(&told);
    told
}

#[test]
fn records_of_several_lines() {
    let mut log = Log::new();
    for n in 0..12 {
        log.nginx(NOON + n, nginx_with_stack())
            .nginx(NOON + n, "open() \"/x\" failed (2: No such file or directory)");
    }
    let told = check(&log);
    assert_eq!(told.inputs[0].continued, 12 * 4);
    assert!(told.problems.is_empty(), "{:?}", told.problems);
}

#[test]
fn a_record_with_very_many_lines() {
    let mut log = Log::new();
    log.nginx(NOON, "start");
    log.nginx(NOON + 1, "PHP message: x");
    for n in 0..400 {
        log.continues(&format!("#{n} /var/www/app/Kernel.php({n}): handle()"));
    }
    log.nginx(NOON + 2, "end");
    assert_eq!(check(&log).inputs[0].continued, 400);
}

#[test]
fn slow_logs_and_blank_lines() {
    let mut log = Log::new();
    for n in 0..20 {
        let block =
            " [pool www] pid 4\nscript_filename = /a/index.php\n[0x00007fb1888141b0] usleep() /a/K.php:44\n";
        log.fpm(NOON + n, block);
    }
    let told = check(&log);
    assert_eq!(told.inputs[0].source.as_str(), "php-slow");
}

#[test]
fn records_without_a_time() {
    let mut log = Log::new();
    let failed = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)";
    log.record(None, failed).record(None, failed);
    for n in 0..8 {
        log.nginx(NOON + n, "x").record(None, failed).record(None, "nginx: [emerg] still could not bind()");
    }
    let told = check(&log);
    assert_eq!(told.events[0].at, None);
    assert_eq!(told.events[3].at, told.events[2].at);
}

#[test]
fn line_ends_of_windows() {
    let mut log = Log::new();
    log.crlf = true;
    for n in 0..10 {
        log.nginx(NOON + n, nginx_with_stack()).fpm(NOON + n, "NOTICE: fpm is running, pid 7");
    }
    check(&log);
}

#[test]
fn no_newline_at_the_end() {
    let one_line = "access forbidden by rule, client: 192.0.2.1, server: a, request: \"GET / HTTP/1.1\"";
    for text in [one_line, nginx_with_stack()] {
        let mut log = Log::new();
        log.nginx(NOON, "a").nginx(NOON + 1, text);
        log.bytes.pop();
        let told = check(&log);
        let tail = log.bytes.len() - log.bytes.iter().rposition(|b| *b == b'\n').unwrap() - 1;
        let words = told.problems[0].what.to_string();
        assert_eq!(told.problems(), ["error.log: Torn"]);
        assert!(words.contains(&format!("({tail} bytes)")), "{words}");
    }
}

#[test]
fn a_byte_order_mark_and_zeros() {
    let mut log = Log::new();
    let zeros = "\0".repeat(300);
    log.record(Some(NOON), &format!("\u{feff}{} [error] 1#1: x", common::nginx_stamp(NOON)));
    log.nginx(NOON + 1, "before the crash");
    // The zeros stand where lines were never written out; the next line goes on after them.
    log.record(Some(NOON + 2), &format!("{zeros}{} [error] 1#1: after it", common::nginx_stamp(NOON + 2)));
    log.foreign(zeros.as_bytes());
    log.nginx(NOON + 3, "end");
    let told = check(&log);
    assert_eq!(told.problems(), ["error.log: Unrecognized"]);
    assert!(told.problems[0].what.to_string().contains("(the first is line 4)"));
}

#[test]
fn lines_that_syslog_carries() {
    let dir = Dir::new();
    let mut log = Log::new();
    for n in 0..12 {
        let stamp = common::syslog_stamp(NOON + n);
        let inner = common::nginx_stamp(NOON + n);
        log.record(Some(NOON + n), &format!("{stamp} web1 nginx: {inner} [error] 1#1: x"));
        log.record(Some(NOON + n), &format!("{stamp} web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7"));
        log.record(Some(NOON + n), &format!("{stamp} web1 nginx[9]: nginx: [emerg] still could not bind()"));
        log.unnamed(format!("{stamp} web1 cron[1]: (root) CMD (true)").as_bytes());
    }
    let path = dir.file("syslog", &log.bytes);
    common::touch(&path, NOON + 60);
    let whole = read(&utc(), &[&path]);
    log.check(&whole);
    for (span, buffer) in [(1, 64), (7, 333), (100, 64), (4096, 4096)] {
        let told = read(&utc().block_sizes(span, buffer).threads(2), &[&path]);
        assert_eq!(told.essence(), whole.essence(), "{span} {buffer}");
    }
}

#[test]
fn lines_that_look_like_records_and_are_none() {
    let mut log = Log::new();
    for n in 0..10 {
        log.nginx(NOON + n, "x").record(None, "nginx: [emerg] still could not bind()");
        // A stamp of a month that is none.
        log.foreign(b"2026/13/23 12:00:00 [error] 1#1: y")
            .record(None, "nginx: [emerg] still could not bind()");
        log.foreign(&[0; 40]).line(b"a line of nothing");
    }
    check(&log);
}

#[test]
fn a_beginning_inside_a_record() {
    let mut log = Log::new();
    log.foreign(b"#3 of a trace").foreign(b"  thrown away").nginx(NOON, "x");
    let told = check(&log);
    assert_eq!(told.problems(), ["error.log: Unrecognized"]);
}

#[test]
fn sixteen_logs_at_once() {
    let dir = Dir::new();
    for n in 0..16 {
        let mut log = Log::new();
        (0..30).for_each(|i| _ = log.nginx(NOON + i, &format!("log {n} line {i}")));
        let name = format!("{n:02}.error.log");
        if n % 3 == 0 {
            dir.file(&name, &gzip(&log.bytes))
        } else {
            dir.file(&name, &log.bytes)
        };
    }
    let whole = read(&utc().threads(1), &[&dir.0]);
    assert_eq!(whole.events.len(), 16 * 30);
    assert_eq!(whole.files.iter().filter(|f| *f == "07.error.log").count(), 30);
    for threads in [2, 3, 8] {
        let told = read(&utc().threads(threads).block_sizes(200, 64), &[&dir.0]);
        assert_eq!(
            (told.files, told.events, told.inputs),
            (whole.files.clone(), whole.events.clone(), whole.inputs.clone())
        );
    }
}
