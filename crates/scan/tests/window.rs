//! `since` and `until`: exactly what is in `[since, until)`, however it is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::path::Path;

use common::{Dir, Log, NOON, Told, Written, gzip, read, touch, utc};
use logscan_scan::Timestamp;

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(seconds))
}

/// What of the log is in a window. Records without a time go with the one before.
fn inside(log: &Log, since: Option<i64>, until: Option<i64>) -> Vec<(u64, Vec<u8>)> {
    let within = |w: &&Written| {
        let Some(t) = w.at else { return false };
        since.is_none_or(|s| t.seconds >= s) && until.is_none_or(|u| t.seconds < u)
    };
    log.records.iter().filter(within).map(|w| (w.offset, w.raw.clone())).collect()
}

fn seen(told: &Told) -> Vec<(u64, Vec<u8>)> {
    told.events.iter().map(|e| (e.offset, e.raw.clone())).collect()
}

fn scan(path: &Path, since: Option<i64>, until: Option<i64>, span: u64) -> Told {
    let window = utc().window(since.and_then(at), until.and_then(at));
    read(&window.threads(2).block_sizes(span, 4096), &[path])
}

#[test]
fn since_is_inside_and_until_is_not() {
    let dir = Dir::new();
    let mut log = Log::new();
    for n in 0..10 {
        log.nginx(NOON + n, "a").continues("b\nc").record(None, "nginx: [emerg] still could not bind()");
        log.continues("");
    }
    let path = dir.file("error.log", &log.bytes);
    let packed = dir.file("packed", &gzip(&log.bytes));
    for since in (-1..12).map(|n| NOON + n) {
        for until in (-1..12).map(|n| NOON + n) {
            let expected = inside(&log, Some(since), Some(until));
            for (path, span) in [(&path, 1 << 40), (&path, 30), (&packed, 1)] {
                let told = scan(path, Some(since), Some(until), span);
                assert_eq!(seen(&told), expected, "{since} {until} {span}");
                // Two records, three lines that go on with them.
                let records = expected.len() as u64;
                let lines = told.inputs.first().map_or(0, |i| i.lines);
                assert_eq!(lines, records / 2 * 5);
            }
        }
    }
}

#[test]
fn half_open_windows() {
    let dir = Dir::new();
    let mut log = Log::new();
    (0..10).for_each(|n| _ = log.nginx(NOON + n, "a"));
    let path = dir.file("error.log", &log.bytes);
    assert_eq!(seen(&scan(&path, Some(NOON + 4), None, 64)), inside(&log, Some(NOON + 4), None));
    assert_eq!(seen(&scan(&path, None, Some(NOON + 4), 64)), inside(&log, None, Some(NOON + 4)));
}

/// A log of more than a mebibyte, a record about every 10 seconds, up to 20 seconds out of order, some of
/// several lines.
fn large() -> Log {
    let mut log = Log::new();
    let mut random = 12_345_u64;
    for n in 0..9000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let late = i64::try_from((random >> 33) % 20).unwrap();
        log.nginx(NOON + n * 10 - late, &format!("{n} {}", "x".repeat(100)));
        if random >> 61 == 0 {
            log.continues("Stack trace:\n#0 {main}\n  thrown in /a.php on line 3");
        }
        if random >> 59 == 31 {
            log.record(None, "nginx: [emerg] still could not bind()");
        }
    }
    assert!(log.bytes.len() > 1 << 20);
    log
}

#[test]
fn a_large_log_is_searched_and_gives_the_same() {
    let dir = Dir::new();
    let log = large();
    let path = dir.file("error.log", &log.bytes);
    let packed = dir.file("packed", &gzip(&log.bytes));
    let (start, end) = (NOON - 20, NOON + 90_000);
    let middle = log.records[4321].at.unwrap().seconds;
    let windows = [
        (Some(start), Some(end)),
        (Some(middle), Some(middle + 1)),
        (Some(middle), Some(middle + 600)),
        (Some(middle), None),
        (None, Some(middle)),
        (Some(end - 100), None),
        (Some(end), Some(end + 10)),
        (None, Some(start + 60)),
        (Some(middle + 10), Some(middle)),
    ];
    for (since, until) in windows {
        let expected = inside(&log, since, until);
        for (path, span) in [(&path, 1 << 40), (&path, 5000), (&path, 100_003), (&packed, 1)] {
            let told = scan(path, since, until, span);
            assert_eq!(seen(&told), expected, "{since:?} {until:?} {span}");
            assert!(told.problems().is_empty(), "{:?}", told.problems());
        }
    }
}

#[test]
fn a_search_reads_little() {
    let dir = Dir::new();
    let path = dir.file("error.log", &large().bytes);
    let size = path.metadata().unwrap().len();
    let told = scan(&path, Some(NOON + 45_000), Some(NOON + 45_600), 1 << 40);
    assert!(told.inputs[0].bytes < size / 4, "{} of {size}", told.inputs[0].bytes);
    // The largest size there is means one span.
    let again = scan(&path, Some(NOON + 45_000), Some(NOON + 45_600), u64::MAX);
    assert_eq!(again.essence(), told.essence());
    // Lines before the start were not counted, so none has a number.
    assert!(told.events.iter().all(|e| e.line.is_none()));
}

/// A minute of a busy server: every fourth line is of a worker whose clock lags, by up to five seconds.
#[test]
fn a_busy_minute_is_searched_and_little_of_it_read() {
    let dir = Dir::new();
    let mut log = Log::new();
    for n in 0..27_000i64 {
        let late = if n % 4 == 0 { n / 4 % 6 } else { 0 };
        log.nginx(NOON + n / 450 - late, &format!("{n} {}", "x".repeat(100)));
    }
    let path = dir.file("error.log", &log.bytes);
    for since in [10, 30, 31, 50] {
        let told = scan(&path, Some(NOON + since), None, 100_000);
        assert_eq!(seen(&told), inside(&log, Some(NOON + since), None), "{since}");
        let first = &log.records[usize::try_from(since * 450).unwrap()];
        let window = log.bytes.len() as u64 - first.offset;
        let read = told.inputs[0].bytes;
        assert!((window..window + 300_000).contains(&read), "{read} for {window}");
    }
}

/// Lines without a time do not show that nothing before them is of the window.
#[test]
fn a_long_trace_at_the_start_of_the_window() {
    let dir = Dir::new();
    let mut log = Log::new();
    (0..8000).for_each(|n| _ = log.nginx(NOON + n / 400, &"x".repeat(100)));
    log.nginx(NOON + 30, "FastCGI sent in stderr: \"PHP message: x");
    log.continues(&"#1 /var/www/a.php(3): b()\n".repeat(12_000));
    (0..50).for_each(|_| _ = log.nginx(NOON + 29, "of a slower worker"));
    (0..8000).for_each(|n| _ = log.nginx(NOON + 31 + n / 400, &"x".repeat(100)));
    let path = dir.file("error.log", &log.bytes);
    let told = scan(&path, Some(NOON + 30), None, 100_000);
    assert_eq!(seen(&told).len(), 8001);
    assert_eq!(seen(&told), inside(&log, Some(NOON + 30), None));
}

#[test]
fn counts_are_of_the_window() {
    let dir = Dir::new();
    let mut log = Log::new();
    log.foreign(b"nonsense")
        .nginx(NOON, "a")
        .nginx(NOON + 5, "b")
        .line(b"b2")
        .foreign(&[0, 0])
        .nginx(NOON + 9, "c");
    let path = dir.file("error.log", &log.bytes);
    touch(&path, NOON + 9);
    let told = scan(&path, Some(NOON + 1), Some(NOON + 9), 1 << 40);
    let stats = &told.inputs[0];
    assert_eq!((stats.lines, stats.records, stats.continued, stats.unrecognized), (3, 1, 1, 1));
    assert_eq!((stats.first, stats.last), (at(NOON + 5), at(NOON + 5)));
}

/// A record without a time at the very start is at most as old as what follows it.
#[test]
fn what_comes_before_all_stamps_goes_with_the_first() {
    let dir = Dir::new();
    let mut log = large();
    let failed = "nginx: [emerg] still could not bind()";
    let small = format!("{failed}\n{} [error] 1#1: x\n", common::nginx_stamp(NOON));
    log.bytes.splice(0..0, format!("{failed}\n").into_bytes());
    for (bytes, name) in [(small.as_bytes(), "small"), (&log.bytes, "large"), (&gzip(&log.bytes), "packed")] {
        let path = dir.file(name, bytes);
        touch(&path, NOON + 100_000);
        let first =
            |since| scan(&path, Some(since), None, 1 << 40).texts().first().is_some_and(|t| t == failed);
        assert!(first(NOON - 100), "{name}");
        assert!(!first(NOON + 50_000), "{name}");
    }
}

/// Where nothing has a time, the file's last change tells whether it can be of the window.
#[test]
fn a_log_without_any_stamp() {
    let dir = Dir::new();
    let path = dir.file("start.log", b"nginx: [emerg] still could not bind()\n");
    touch(&path, NOON);
    assert_eq!(scan(&path, Some(NOON - 60), None, 64).events.len(), 1);
    assert_eq!(scan(&path, Some(NOON + 60), None, 64).events.len(), 0);
    assert_eq!(scan(&path, None, None, 64).events.len(), 1);
}

#[test]
fn a_folder_whose_logs_are_all_outside_is_no_failure() {
    let dir = Dir::new();
    let mut log = Log::new();
    log.nginx(NOON, "a");
    dir.file("error.log", &log.bytes);
    dir.file("other.log", b"hello\n");
    for window in [(None, Some(NOON - 86_400)), (Some(NOON + 86_400), None)] {
        let told = scan(&dir.0, window.0, window.1, 64);
        assert!(told.events.is_empty());
        assert!(!told.problems.iter().any(logscan_scan::Problem::is_failure), "{:?}", told.problems());
    }
}

#[test]
fn rotated_files_from_before_the_window_are_left_unread() {
    let dir = Dir::new();
    let mut log = Log::new();
    log.nginx(NOON, "live");
    let live = dir.file("error.log", &log.bytes);
    // Unreadable as a log, so reading it would be told.
    let old = dir.file("error.log.2.gz", b"\x1f\x8bdamaged");
    let recent = dir.file("error.log.1", b"");
    touch(&old, NOON - 86_400);
    touch(&recent, NOON - 60);
    assert!(scan(&live, Some(NOON - 600), None, 64).problems().is_empty());
    assert_eq!(scan(&live, Some(NOON - 2 * 86_400), None, 64).problems(), ["error.log.2.gz: DamagedGzip!"]);
}
