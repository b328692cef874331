//! php-fpm's slow log and the access log of its pools.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{Body, Civil, FpmAccess, FpmSlow, Frames, Record, Source, Stamp, Start};

const BLOCK: &str = "[23-Nov-2026 05:55:49]  [pool www] pid 7325
script_filename = /var/www/example.com/public/index.php
[0x00007f3b0ea14250] usleep() /var/www/example.com/app/Kernel.php:44
[0x0ea140d0] [INCLUDE_OR_EVAL]() /var/www/example.com/index.php:17
[0x00007f3b0ea13f00] ???() unknown:0";

fn slow(bytes: &[u8]) -> FpmSlow<'_> {
    match Record::parse(bytes).map(|r| r.body) {
        Some(Body::FpmSlow(slow)) => slow,
        other => panic!("{other:?}: {}", bytes.escape_ascii()),
    }
}

fn frames(slow: &FpmSlow<'_>) -> Vec<(String, String, u32)> {
    let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
    slow.frames().map(|(function, file, line)| (text(function), text(file), line)).collect()
}

fn calls() -> Vec<(String, String, u32)> {
    [
        ("usleep", "/var/www/example.com/app/Kernel.php", 44),
        ("[INCLUDE_OR_EVAL]", "/var/www/example.com/index.php", 17),
        ("???", "unknown", 0),
    ]
    .map(|(function, file, line)| (function.to_owned(), file.to_owned(), line))
    .to_vec()
}

#[test]
fn a_block_of_the_slow_log() {
    let record = Record::parse(BLOCK.as_bytes()).unwrap();
    assert_eq!(record.at, Some(Stamp::Local(Civil::new(2026, 11, 23, 5, 55, 49).unwrap())));
    assert_eq!((record.source(), record.level()), (Source::PhpSlow, None));
    let slow = slow(BLOCK.as_bytes());
    assert_eq!((slow.pool, slow.pid), (Some(&b"www"[..]), Some(7325)));
    assert_eq!(slow.text, b"pid 7325");
    assert_eq!(slow.script(), Some(&b"/var/www/example.com/public/index.php"[..]));
    assert_eq!(frames(&slow), calls());
}

#[test]
fn a_block_with_carriage_returns() {
    let dos = BLOCK.replace('\n', "\r\n") + "\r";
    let slow = slow(dos.as_bytes());
    assert_eq!((slow.pid, slow.text), (Some(7325), &b"pid 7325"[..]));
    assert_eq!(slow.script(), Some(&b"/var/www/example.com/public/index.php"[..]));
    assert_eq!(frames(&slow), calls());
}

#[test]
fn microseconds_of_a_block() {
    let line = b"[23-Nov-2026 05:55:49.000125]  [pool www] pid 7325";
    let Some(Stamp::Local(at)) = Record::parse(line).unwrap().at else { panic!() };
    assert_eq!(at.nanos, 125_000);
}

#[test]
fn a_block_may_break_off_after_any_line() {
    let lines: Vec<&str> = BLOCK.split('\n').collect();
    for kept in 1..=lines.len() {
        let cut = lines[..kept].join("\n");
        let slow = slow(cut.as_bytes());
        assert_eq!(slow.pid, Some(7325));
        assert_eq!(slow.script().is_some(), kept >= 2);
        assert_eq!(frames(&slow), calls()[..kept.saturating_sub(2)]);
    }
}

#[test]
fn empty_lines_stand_before_blocks_and_part_none() {
    let log = format!("\n{BLOCK}\n\n{BLOCK}\n");
    let found: Vec<_> = Frames::new(log.as_bytes()).collect();
    let shape: Vec<_> = found.iter().map(|f| (f.start, f.line, f.lines)).collect();
    assert_eq!(shape, [(Start::Continuation, 0, 1), (Start::Timed, 1, 6), (Start::Timed, 7, 5)]);
    assert_eq!(found[0].record(), None);
    for frame in &found[1..] {
        assert_eq!(frames(&slow(frame.bytes)), calls());
    }
}

#[test]
fn what_is_left_of_a_block_at_the_start_of_a_file_is_a_record() {
    let lines: Vec<&str> = BLOCK.split('\n').collect();
    for first in 1..lines.len() {
        let log = format!("{}\n\n{BLOCK}\n", lines[first..].join("\n"));
        let found: Vec<_> = Frames::new(log.as_bytes()).collect();
        assert_eq!(found.iter().map(|f| f.start).collect::<Vec<_>>(), [Start::Untimed, Start::Timed]);
        let record = found[0].record().unwrap();
        assert_eq!((record.at, record.source()), (None, Source::PhpSlow));
        let slow = slow(found[0].bytes);
        assert_eq!((slow.pool, slow.pid), (None, None));
        assert_eq!(slow.script().is_some(), first == 1);
        assert_eq!(frames(&slow), calls()[first.saturating_sub(2)..]);
    }
}

#[test]
fn an_orphan_may_follow_lines_that_nobody_knows() {
    let log = b"\x00torn\n\nscript_filename = /a.php\n[0x00007f3b0ea14250] usleep() /a.php:44\n";
    let found: Vec<_> = Frames::new(log).map(|f| (f.start, f.lines)).collect();
    assert_eq!(found, [(Start::Continuation, 2), (Start::Untimed, 2)]);
}

#[test]
fn lines_like_stack_frames_are_told_from_them() {
    for line in [
        "[0x1] f /a.php:1",
        "[0x1] f() /a.php",
        "[0x1] f() /a.php:x",
        "[1] f() /a.php:1",
        "[0x1 f() /a.php:1",
    ] {
        let block = format!("[23-Nov-2026 05:55:49]  [pool www] pid 7325\n{line}");
        assert_eq!(slow(block.as_bytes()).frames().count(), 0, "{line}");
        assert_eq!(Record::parse(line.as_bytes()), None, "{line}");
    }
}

fn access(line: &[u8]) -> Option<FpmAccess<'_>> {
    match Record::parse(line)?.body {
        Body::FpmAccess(access) => Some(access),
        other => panic!("{other:?}"),
    }
}

#[test]
fn access_log_with_an_empty_user() {
    let line = b"127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200";
    let record = Record::parse(line).unwrap();
    assert_eq!(record.at, Some(Stamp::Offset(Civil::new(2026, 11, 22, 14, 3, 7).unwrap(), 0)));
    assert_eq!((record.source(), record.level(), record.text()), (Source::PhpFpm, None, &line[..]));
    let wanted =
        FpmAccess { remote: b"127.0.0.1", user: b"", request: b"GET /index.php", status: 200, text: line };
    assert_eq!(access(line), Some(wanted));
}

#[test]
fn access_log_with_user_offset_and_carriage_return() {
    let line = b"- - jane 22/Nov/2026:14:03:07 -0530 \"POST /a.php\" 503\r";
    assert_eq!(
        Record::parse(line).unwrap().at,
        Some(Stamp::Offset(Civil::new(2026, 11, 22, 14, 3, 7).unwrap(), -19_800))
    );
    let access = access(line).unwrap();
    assert_eq!((access.remote, access.user, access.status), (&b"-"[..], &b"jane"[..], 503));
    assert_eq!(access.text, &line[..line.len() - 1]);
}

#[test]
fn a_quote_in_the_script_of_an_access_line() {
    for request in ["GET /a\"b.php", "GET /a\" 500 \"b", "GET /\""] {
        let line = format!("127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"{request}\" 404");
        let access = access(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((access.request, access.status), (request.as_bytes(), 404));
    }
}

#[test]
fn what_is_no_access_line() {
    for line in [
        "127.0.0.1 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
        "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 20",
        "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 2000",
        "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\"",
        "127.0.0.1 -  31/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200",
        "127.0.0.1 -  22/Nov/2026:14:03:07 \"GET /index.php\" 200",
    ] {
        assert_eq!(access(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn every_access_line_is_a_record_of_its_own() {
    let line = "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200\n";
    let log = line.repeat(3);
    let starts: Vec<_> =
        Frames::new(log.as_bytes()).map(|f| (f.start, f.lines, f.record().is_some())).collect();
    assert_eq!(starts, [(Start::Line, 1, true); 3]);
}

#[test]
fn a_stray_line_after_an_access_line_does_not_spoil_it() {
    for stray in ["\n", "stray\n", "\r\n"] {
        let log = format!("127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200\n{stray}");
        let record = Frames::new(log.as_bytes()).next().unwrap().record().unwrap();
        let Body::FpmAccess(access) = record.body else { panic!("{record:?}") };
        assert_eq!((access.request, access.status), (&b"GET /index.php"[..], 200));
    }
}
