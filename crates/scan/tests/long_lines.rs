//! Lines and records longer than the mebibyte that is kept of a record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use common::{Dir, Log, NOON, Told, gzip, read, utc};

const KEPT: usize = 1 << 20;

/// Reads the log in all ways; what is kept of a record is at most the first mebibyte.
fn check(log: &Log, long: &str) -> Told {
    let mut kept = log.clone();
    kept.records.iter_mut().for_each(|r| r.raw.truncate(KEPT));
    let dir = Dir::new();
    let plain = dir.file("error.log", &log.bytes);
    let packed = dir.file("packed", &gzip(&log.bytes));
    let whole = read(&utc(), &[&plain]);
    kept.check(&whole);
    let words: Vec<_> = whole.problems.iter().map(|p| p.what.to_string()).collect();
    let told_of = words.iter().filter(|w| w.contains("longer than 1 MiB")).collect::<Vec<_>>();
    assert_eq!(told_of.first().map_or("", |w| w.split(" longer").next().unwrap()), long, "{words:?}");
    for (span, buffer) in [(60_001, 64), (300_000, 4096), (KEPT as u64, KEPT), (1 << 40, 256 << 10)] {
        for path in [&plain, &packed] {
            let told = read(&utc().threads(2).block_sizes(span, buffer), &[path]);
            assert_eq!(told.essence().1, whole.essence().1, "{span} {buffer}");
            assert!(told.essence() == whole.essence(), "{span} {buffer}");
        }
    }
    whole
}

fn long(size: usize) -> String {
    "x".repeat(size)
}

#[test]
fn a_line_of_ten_megabytes_first_and_last_and_between() {
    for place in 0..4 {
        let mut log = Log::new();
        for n in 0..3 {
            if n == place {
                log.nginx(NOON, &long(10_000_000));
            }
            log.nginx(NOON + n, "short").continues("and more");
        }
        if place == 3 {
            log.nginx(NOON + 3, &long(10_000_000));
        }
        let told = check(&log, "1 line");
        let words = told.problems[0].what.to_string();
        let line = log.records.iter().find(|r| r.raw.len() > KEPT).unwrap().line;
        assert!(words.contains(&format!("(the first is line {line})")), "{words}");
    }
}

#[test]
fn a_long_line_at_the_end_without_a_newline() {
    let mut log = Log::new();
    log.nginx(NOON, "short").nginx(NOON, &long(3 * KEPT + 5));
    log.bytes.pop();
    let told = check(&log, "1 line");
    assert_eq!(told.problems(), ["error.log: LongLines", "error.log: Torn"]);
    let length = log.bytes.len() as u64 - log.records[1].offset;
    assert!(told.problems[1].what.to_string().contains(&format!("({length} bytes)")));
}

#[test]
fn a_log_that_is_one_long_line() {
    for newline in [true, false] {
        let mut log = Log::new();
        log.nginx(NOON, &long(2 * KEPT));
        if !newline {
            log.bytes.pop();
        }
        check(&log, "1 line");
    }
}

#[test]
fn several_long_lines() {
    let mut log = Log::new();
    for n in 0..4 {
        log.nginx(NOON + n, &long(KEPT + 1000)).nginx(NOON + n, "short");
        log.nginx(NOON + n, &long(KEPT / 2)).fpm(NOON + n, "NOTICE: fpm is running, pid 7");
    }
    check(&log, "4 lines");
}

/// Lines of about the size that is kept, with and without their newline.
#[test]
fn around_the_limit() {
    for size in [KEPT - 1, KEPT, KEPT + 1] {
        let head = format!("{} [error] 1#1: *5 ", common::nginx_stamp(NOON)).len();
        let mut log = Log::new();
        log.nginx(NOON, &long(size - head))
            .nginx(NOON, "short")
            .nginx(NOON, &long(size - head))
            .continues("more");
        log.records[2].raw.truncate(size);
        let fits = size < KEPT;
        // A line that fits with its newline only is still cut from what continues it.
        let dir = Dir::new();
        let path = dir.file("error.log", &log.bytes);
        let told = read(&utc().block_sizes(100_000, 64), &[&path]);
        log.records.iter_mut().for_each(|r| r.raw.truncate(KEPT));
        log.check(&told);
        assert_eq!(told.problems.is_empty(), fits, "{size} {:?}", told.problems());
    }
}

#[test]
fn a_long_line_that_continues_a_record() {
    let mut log = Log::new();
    log.nginx(NOON, "short").line(long(3 * KEPT).as_bytes()).line(b"#1 {main}");
    log.nginx(NOON + 1, "next");
    let told = check(&log, "1 line");
    assert_eq!(told.inputs[0].continued, 2);
}

#[test]
fn a_long_line_of_nothing() {
    let mut log = Log::new();
    log.nginx(NOON, "short").foreign(&vec![0; 3 * KEPT]).nginx(NOON + 1, "next");
    check(&log, "1 line");
}

#[test]
fn a_record_of_many_lines_and_several_mebibytes() {
    let mut log = Log::new();
    log.nginx(NOON, "before").nginx(NOON + 1, "many");
    let offset = usize::try_from(log.records[1].offset).unwrap();
    for n in 0..40_000 {
        log.line(
            format!("#{n} /var/www/example.com/app/Kernel.php({n}): App\\Kernel->dispatch('/category')")
                .as_bytes(),
        );
    }
    assert!(log.bytes.len() > 3 * KEPT);
    // Whole lines only are kept.
    let fit = log.bytes[offset..offset + KEPT].iter().rposition(|b| *b == b'\n').unwrap();
    log.records[1].raw = log.bytes[offset..offset + fit].to_vec();
    log.nginx(NOON + 2, "after");
    assert_eq!(check(&log, "").inputs[0].continued, 40_000);
}
