//! From stamps without a zone, or without a year, to instants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::path::Path;

use common::{Dir, Log, Told, gzip, nginx_stamp, read, syslog_stamp, touch, utc};
use logscan_scan::{Scan, Timestamp, Zone};

/// Seconds since 1970 of `2026-10-25T00:59:00Z`.
fn instant(text: &str) -> i64 {
    logscan_scan::parse_when(text, "UTC".parse().unwrap(), Timestamp::from_seconds(0)).unwrap().seconds
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

/// The log that a machine in a zone writes at these instants, UTC in the records.
fn written(zone: Zone, instants: impl IntoIterator<Item = i64>) -> Log {
    let mut log = Log::new();
    for (n, at) in instants.into_iter().enumerate() {
        let local = at + i64::from(zone.offset_at(Timestamp::from_seconds(at)));
        log.record(Some(at), &format!("{} [error] 1#1: *{n} x", nginx_stamp(local)));
        if n % 4 == 1 {
            log.continues("#0 {main}");
        }
        if n % 5 == 1 {
            log.record(None, "nginx: [emerg] still could not bind()");
        }
    }
    log
}

/// Reads the log in all ways and checks it; ends with the file plain.
fn check(zone: Zone, log: &Log) {
    let dir = Dir::new();
    let plain = dir.file("error.log", &log.bytes);
    let packed = dir.file("packed", &gzip(&log.bytes));
    let scan = || utc().zone(zone);
    log.check(&read(&scan().block_sizes(1, 4096), &[&packed]));
    for span in [1, 13, 64, 333, 4096, 100_000, 1 << 40] {
        // Spans of few bytes only where there are not too many.
        if log.bytes.len() as u64 / span > 20_000 {
            continue;
        }
        let told = read(&scan().threads(2).block_sizes(span, 200), &[&plain]);
        log.check(&told);
    }
}

#[test]
fn the_hour_that_comes_twice() {
    for (name, change) in [
        ("Europe/Berlin", "2026-10-25T01:00:00Z"),
        ("America/St_Johns", "2026-11-01T04:30:00Z"),
        // Half an hour only.
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("America/Chicago", "2026-11-01T07:00:00Z"),
    ] {
        let change = instant(change);
        let every = |step| (-9000..9000).step_by(step).map(move |s| change + s);
        check(zone(name), &written(zone(name), every(177)));
        check(zone(name), &written(zone(name), every(600)));
    }
}

/// PHP names the zone of its log in each line, and its repeated hour is that of this zone, whatever the machine's is.
#[test]
fn the_hour_that_comes_twice_in_a_zone_that_lines_name() {
    for (name, change) in
        [("Europe/Berlin", "2026-10-25T01:00:00Z"), ("America/New_York", "2026-11-01T06:00:00Z")]
    {
        let (php, change) = (zone(name), instant(change));
        let mut log = Log::new();
        for at in (-9000..9000).step_by(177).map(|s| change + s) {
            let local = at + i64::from(php.offset_at(Timestamp::from_seconds(at)));
            let stamp = chrono::DateTime::from_timestamp(local, 0).unwrap().format("%d-%b-%Y %H:%M:%S");
            let line = format!("[{stamp} {name}] PHP Fatal error:  Uncaught Error: x in /a.php:3");
            log.record(Some(at), &line);
            log.continues("Stack trace:").continues("#0 {main}").continues("  thrown in /a.php on line 3");
        }
        for machine in ["UTC", "Asia/Kolkata", name] {
            check(zone(machine), &log);
        }
    }
}

#[test]
fn the_hour_that_comes_twice_in_a_large_log() {
    let change = instant("2026-10-25T01:00:00Z");
    let berlin = zone("Europe/Berlin");
    let log = written(berlin, (-200_000..200_000).step_by(9).map(|s| change + s));
    assert!(log.bytes.len() > 1 << 20);
    check(berlin, &log);
}

#[test]
fn neighbours_out_of_order_by_seconds_in_the_hour_that_comes_twice() {
    let change = instant("2026-10-25T01:00:00Z");
    let berlin = zone("Europe/Berlin");
    // Not across the change itself: there a stamp can mean both.
    let late = |s: i64| if s % 3 == 0 && s.rem_euclid(3600) > 60 { s - 20 } else { s };
    check(berlin, &written(berlin, (-7000..7000).step_by(61).map(|s| change + late(s))));
}

/// The first line lies in the hour's first time, after the last line's local time in its second.
#[test]
fn a_log_that_ends_at_an_earlier_local_time_than_it_begins() {
    let change = instant("2026-10-25T01:00:00Z");
    let berlin = zone("Europe/Berlin");
    check(berlin, &written(berlin, (-1200..600).step_by(50).map(|s| change + s)));
}

/// Where the first time of the hour left no line, the line after the hour tells of the late one.
#[test]
fn a_late_line_after_the_hour() {
    let berlin = zone("Europe/Berlin");
    let after = instant("2026-10-25T02:00:00Z");
    check(berlin, &written(berlin, [after - 9000, after + 1, after - 1, after + 3, after - 2, after + 60]));
}

#[test]
fn two_autumns_in_one_log() {
    let berlin = zone("Europe/Berlin");
    let changes = [instant("2025-10-26T01:00:00Z"), instant("2026-10-25T01:00:00Z")];
    check(
        berlin,
        &written(berlin, changes.into_iter().flat_map(|c| (-6000..6000).step_by(300).map(move |s| c + s))),
    );
}

#[test]
fn windows_in_the_hour_that_comes_twice() {
    let change = instant("2026-10-25T01:00:00Z");
    let berlin = zone("Europe/Berlin");
    let dir = Dir::new();
    let log = written(berlin, (-100_000..100_000).step_by(4).map(|s| change + s));
    assert!(log.bytes.len() > 1 << 20);
    let path = dir.file("error.log", &log.bytes);
    for (since, until) in
        [(-1800, -1200), (-600, 600), (600, 900), (1800, 5000), (-7200, -3500), (3600, 3700)]
    {
        let (since, until) = (change + since, change + until);
        let scan = utc().zone(berlin).block_sizes(50_000, 4096);
        let window = scan.window(Some(Timestamp::from_seconds(since)), Some(Timestamp::from_seconds(until)));
        let expected = log.records.iter().filter(|r| (since..until).contains(&r.at.unwrap().seconds));
        let told = read(&window, &[&path]);
        let seen = told.events.iter().map(|e| (e.offset, e.at));
        assert!(seen.eq(expected.map(|r| (r.offset, r.at))), "{since} {until}");
    }
}

#[test]
fn the_hour_that_is_skipped() {
    for (name, change) in [
        ("Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("America/St_Johns", "2026-03-08T05:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ] {
        let change = instant(change);
        check(zone(name), &written(zone(name), (-7200..7200).step_by(100).map(|s| change + s)));
    }
}

/// A clock that nobody set forward writes times that the zone does not have: they go on from before the change.
#[test]
fn a_stamp_in_the_hour_that_is_skipped() {
    let told = one_line(utc().zone(zone("Europe/Berlin")), "2026/03/29 02:30:00 [error] 1#1: x", 0);
    assert_eq!(told.events[0].at.unwrap().to_string(), "2026-03-29T01:30:00Z");
    let told = one_line(utc().zone(zone("Australia/Lord_Howe")), "2026/10/04 02:10:00 [error] 1#1: x", 0);
    assert_eq!(told.events[0].at.unwrap().to_string(), "2026-10-03T15:40:00Z");
}

fn one_line(scan: Scan<'_>, line: &str, changed: i64) -> Told {
    let dir = Dir::new();
    let path = dir.file("error.log", format!("{line}\n").as_bytes());
    touch(&path, changed);
    read(&scan, &[path])
}

#[test]
fn fixed_offsets_and_fractions() {
    let told = one_line(
        utc().zone(zone("+05:30")),
        "[23-Nov-2026 17:29:27.250000] NOTICE: fpm is running, pid 1",
        0,
    );
    assert_eq!(told.events[0].at.unwrap().to_string(), "2026-11-23T11:59:27.250Z");
}

#[test]
fn a_stamp_with_an_offset_needs_no_zone() {
    let line = "2026-11-23T10:46:33.250000+01:00 web1 nginx[7]: nginx: [emerg] still could not bind()";
    let told = one_line(utc().zone(zone("Asia/Kolkata")), line, 0);
    assert_eq!(told.events[0].at.unwrap().to_string(), "2026-11-23T09:46:33.250Z");
}

/// Syslog lines of php-fpm at these instants.
fn syslog(zone: Zone, instants: impl IntoIterator<Item = i64>) -> Log {
    let mut log = Log::new();
    for at in instants {
        let local = at + i64::from(zone.offset_at(Timestamp::from_seconds(at)));
        let stamp = syslog_stamp(local);
        log.record(Some(at), &format!("{stamp} web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7"));
    }
    log
}

fn check_syslog(zone: Zone, log: &Log, changed: i64) {
    let dir = Dir::new();
    let (plain, packed) = (dir.file("plain", &log.bytes), dir.file("packed", &gzip(&log.bytes)));
    for path in [&plain, &packed] {
        touch(path, changed);
    }
    let scan = |path: &Path, span| read(&utc().zone(zone).block_sizes(span, 333), &[path]);
    for (path, span) in [(&packed, 1), (&plain, 1 << 40), (&plain, 1), (&plain, 100), (&plain, 4096)] {
        log.check(&scan(path, span));
    }
}

#[test]
fn a_missing_year_across_new_year() {
    let midnight = instant("2027-01-01T00:00:00Z");
    let log = syslog(zone("UTC"), (-86_400..86_400).step_by(5000).map(|s| midnight + s));
    check_syslog(zone("UTC"), &log, midnight + 86_500);
    // Read long after, the file still says when it was written.
    let log = syslog(zone("UTC"), [instant("2019-12-31T23:00:00Z"), instant("2020-02-29T12:00:00Z")]);
    check_syslog(zone("UTC"), &log, instant("2020-02-29T12:00:01Z"));
}

#[test]
fn a_missing_year_and_the_hour_that_comes_twice() {
    let berlin = zone("Europe/Berlin");
    let change = instant("2026-10-25T01:00:00Z");
    check_syslog(berlin, &syslog(berlin, (-6000..6000).step_by(170).map(|s| change + s)), change + 6001);
}

/// One gzip member that tells when the packed file was last changed.
fn gzip_of(bytes: &[u8], changed: i64) -> Vec<u8> {
    use std::io::Write;
    let builder = flate2::GzBuilder::new().mtime(u32::try_from(changed).unwrap());
    let mut packer = builder.write(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Lines with the time that each must have.
fn lines_at(lines: &[(&str, &str)]) -> Log {
    let mut log = Log::new();
    for (line, at) in lines {
        log.record(Some(instant(at)), line);
    }
    log
}

#[test]
fn new_year_in_files_that_were_changed_then_or_later() {
    let log = lines_at(&[
        ("Dec 30 23:59:59 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-30T23:59:59Z"),
        ("Dec 31 23:59:58 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T23:59:58Z"),
        ("Jan  1 00:00:00 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2027-01-01T00:00:00Z"),
        ("Jan  1 00:00:01 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2027-01-01T00:00:01Z"),
    ]);
    for changed in
        ["2027-01-01T00:00:01Z", "2027-01-01T20:00:00Z", "2027-07-14T10:00:00Z", "2027-12-29T10:00:00Z"]
    {
        check_syslog(zone("UTC"), &log, instant(changed));
    }
    // Copied late in the year: the last line tells that December was before January. A stream has not seen it yet.
    let dir = Dir::new();
    let path = dir.file("syslog", &log.bytes);
    touch(&path, instant("2027-12-30T20:00:00Z"));
    for span in [1, 50, 1 << 40] {
        log.check(&read(&utc().block_sizes(span, 64), &[&path]));
    }
}

#[test]
fn new_year_in_a_packed_file_that_tells_when_it_was_changed() {
    let log = lines_at(&[
        ("Dec 31 23:59:58 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T23:59:58Z"),
        ("Jan  1 00:00:00 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2027-01-01T00:00:00Z"),
    ]);
    let dir = Dir::new();
    let path = dir.file("syslog.1.gz", &gzip_of(&log.bytes, instant("2027-01-01T00:00:00Z")));
    // Unpacked nowhere, but copied without its time years later.
    touch(&path, instant("2030-05-05T05:05:05Z"));
    for buffer in [64, 4096] {
        log.check(&read(&utc().block_sizes(1, buffer), &[&path]));
    }
}

/// Workers write side by side: the last line may be stamped a little before the one above it.
#[test]
fn lines_out_of_order_at_new_year() {
    let log = lines_at(&[
        ("Dec 31 23:59:57 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T23:59:57Z"),
        ("Jan  1 00:00:00 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2027-01-01T00:00:00Z"),
        ("Dec 31 23:59:59 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T23:59:59Z"),
    ]);
    check_syslog(zone("UTC"), &log, instant("2027-01-01T00:00:00Z"));
    check_syslog(zone("UTC"), &log, instant("2027-03-01T00:00:00Z"));
}

/// The file's time is in UTC; where the machine is west of it, its new year is still to come.
#[test]
fn new_year_in_another_zone() {
    let log = lines_at(&[
        ("Dec 31 18:59:59 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T23:59:59Z"),
        ("Dec 31 19:00:01 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2027-01-01T00:00:01Z"),
    ]);
    check_syslog(zone("America/New_York"), &log, instant("2027-01-01T00:00:01Z"));
    let log = lines_at(&[
        ("Dec 31 23:59:59 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T14:59:59Z"),
        ("Jan  1 00:00:01 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-12-31T15:00:01Z"),
    ]);
    check_syslog(zone("Asia/Tokyo"), &log, instant("2026-12-31T15:00:01Z"));
}

/// What the three programs write at a local time: day as `(month, name, day)`, and the time of day.
fn forms((month, name, day): (u32, &str, u32), time: &str) -> [String; 3] {
    [
        format!("2026/{month:02}/{day:02} {time} [error] 1#1: *7 x"),
        format!("[{day:02}-{name}-2026 {time}] NOTICE: fpm is running, pid 7"),
        format!("{name} {day:>2} {time} web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7"),
    ]
}

/// `date -d` gives these: `TZ=America/New_York date -d 2026-11-01T06:00:00Z`.
#[test]
fn nights_of_the_change_in_all_forms() {
    type Night<'n> = (&'n str, (u32, &'n str, u32), &'n [(&'n str, &'n str)]);
    let nights: [Night<'_>; 4] = [
        (
            "Europe/Berlin",
            (3, "Mar", 29),
            &[
                ("01:59:59", "2026-03-29T00:59:59Z"),
                ("03:00:00", "2026-03-29T01:00:00Z"),
                ("03:30:00", "2026-03-29T01:30:00Z"),
            ],
        ),
        (
            "Europe/Berlin",
            (10, "Oct", 25),
            &[
                ("01:59:59", "2026-10-24T23:59:59Z"),
                ("02:00:00", "2026-10-25T00:00:00Z"),
                ("02:59:59", "2026-10-25T00:59:59Z"),
                ("02:00:00", "2026-10-25T01:00:00Z"),
                ("02:59:59", "2026-10-25T01:59:59Z"),
                ("03:00:00", "2026-10-25T02:00:00Z"),
            ],
        ),
        (
            "America/New_York",
            (3, "Mar", 8),
            &[("01:59:59", "2026-03-08T06:59:59Z"), ("03:00:00", "2026-03-08T07:00:00Z")],
        ),
        (
            "America/New_York",
            (11, "Nov", 1),
            &[
                ("00:59:59", "2026-11-01T04:59:59Z"),
                ("01:00:00", "2026-11-01T05:00:00Z"),
                ("01:59:59", "2026-11-01T05:59:59Z"),
                ("01:00:00", "2026-11-01T06:00:00Z"),
                ("01:59:59", "2026-11-01T06:59:59Z"),
                ("02:00:00", "2026-11-01T07:00:00Z"),
            ],
        ),
    ];
    for (name, day, stamps) in nights {
        for form in 0..3 {
            let mut log = Log::new();
            for (time, at) in stamps {
                log.record(Some(instant(at)), &forms(day, time)[form]);
            }
            check_syslog(zone(name), &log, instant("2026-12-01T00:00:00Z"));
        }
    }
}

/// The end of a window comes after lines without a time that follow the last stamp.
#[test]
fn a_large_log_that_ends_in_lines_without_a_time() {
    let mut log = Log::new();
    let start = instant("2026-11-23T12:00:00Z");
    for n in 0..1000 {
        log.nginx(start + n, "x");
    }
    for _ in 0..40_000 {
        log.record(None, "nginx: [emerg] still could not bind()");
    }
    assert!(log.bytes.len() > 1 << 20);
    let dir = Dir::new();
    let path = dir.file("error.log", &log.bytes);
    let window = utc().window(None, Some(Timestamp::from_seconds(start + 2000)));
    assert_eq!(read(&window, &[&path]).events.len(), 41_000);
    let window = utc().window(None, Some(Timestamp::from_seconds(start + 900)));
    assert_eq!(read(&window, &[&path]).events.len(), 900);
}

/// logrotate runs some minutes after midnight: the day begins in the rotated file.
#[test]
fn a_rotation_after_midnight() {
    let dir = Dir::new();
    let old = "2026/11/22 23:58:00 [error] 1#1: *1 a\n2026/11/22 23:59:59 [error] 1#1: *2 b\n\
               2026/11/23 00:00:00 [error] 1#1: *3 c\n2026/11/23 00:07:01 [error] 1#1: *4 d\n";
    // The old worker writes on for a moment.
    let new = "2026/11/23 00:07:02 [error] 1#1: *5 e\n2026/11/23 00:07:01 [error] 1#1: *6 f\n\
               2026/11/23 09:00:00 [error] 1#1: *7 g\n";
    let (rotated, live) = (dir.file("error.log.1", old.as_bytes()), dir.file("error.log", new.as_bytes()));
    touch(&rotated, instant("2026-11-22T23:07:01Z"));
    touch(&live, instant("2026-11-23T08:00:00Z"));
    let berlin = zone("Europe/Berlin");
    let now = Timestamp::from_seconds(instant("2026-11-23T09:00:00Z"));
    let midnight = logscan_scan::parse_when("today", berlin, now).unwrap();
    assert_eq!(midnight.to_string(), "2026-11-22T23:00:00Z");
    for span in [1, 40, 1 << 40] {
        let scan = || utc().zone(berlin).block_sizes(span, 64);
        let told = read(&scan().window(Some(midnight), None), &[&live]);
        let seen: Vec<(String, String)> = told
            .files
            .iter()
            .zip(&told.events)
            .map(|(f, e)| (f.clone(), e.at.unwrap().to_string()))
            .collect();
        let expected = [
            ("error.log.1", "2026-11-22T23:00:00Z"),
            ("error.log.1", "2026-11-22T23:07:01Z"),
            ("error.log", "2026-11-22T23:07:02Z"),
            ("error.log", "2026-11-22T23:07:01Z"),
            ("error.log", "2026-11-23T08:00:00Z"),
        ];
        assert!(seen.iter().map(|(f, t)| (f.as_str(), t.as_str())).eq(expected), "{seen:?}");
        // The day before ends where the day begins.
        let yesterday = read(&scan().window(None, Some(midnight)), &[&live]);
        assert_eq!(yesterday.events.len(), 2);
    }
}

/// Offsets in lines count, whatever zone is given; lines without one are of the zone that is given.
#[test]
fn lines_with_offsets_among_lines_without() {
    let log = lines_at(&[
        (
            "2026-10-25T02:30:00.500000+02:00 web1 nginx: nginx: [emerg] still could not bind()",
            "2026-10-25T00:30:00Z",
        ),
        (
            "2026-10-25T02:30:00+01:00 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7",
            "2026-10-25T01:30:00Z",
        ),
        (
            "2026-10-25T02:31:00-05:30 web1 nginx: 2026/10/24 21:31:00 [error] 1#1: *1 x",
            "2026-10-25T01:31:00Z",
        ),
        ("Oct 24 21:32:00 web1 php-fpm8.2[7]: [NOTICE] fpm is running, pid 7", "2026-10-25T01:32:00Z"),
        ("2026/10/24 21:33:00 [error] 1#1: *1 x", "2026-10-25T01:33:00Z"),
    ]);
    let dir = Dir::new();
    let path = dir.file("mixed", &log.bytes);
    touch(&path, instant("2026-10-25T02:00:00Z"));
    for span in [1, 100, 1 << 40] {
        let told = read(&utc().zone(zone("America/New_York")).block_sizes(span, 64), &[&path]);
        let seen: Vec<String> = told.events.iter().map(|e| e.at.unwrap().to_string()).collect();
        assert_eq!(
            seen,
            [
                "2026-10-25T00:30:00.500Z",
                "2026-10-25T01:30:00Z",
                "2026-10-25T01:31:00Z",
                "2026-10-25T01:32:00Z",
                "2026-10-25T01:33:00Z",
            ]
        );
    }
}

/// Asks another process, whose machine is in Tokyo.
#[test]
fn the_machine_in_another_zone() {
    let out = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "on_a_machine_in_tokyo"])
        .env("TZ", "Asia/Tokyo")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by `the_machine_in_another_zone`"]
fn on_a_machine_in_tokyo() {
    let line = "2026/11/23 12:00:00 [error] 1#1: x";
    let told = |scan| one_line(scan, line, 0).events[0].at.unwrap().to_string();
    assert_eq!(told(utc().zone(zone("local"))), "2026-11-23T03:00:00Z");
    assert_eq!(told(utc().zone(zone("America/New_York"))), "2026-11-23T17:00:00Z");
    assert_eq!(told(utc()), "2026-11-23T12:00:00Z");
}
