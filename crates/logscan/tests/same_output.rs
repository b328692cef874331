//! How logs are read changes no byte of what is told: neither the number of workers nor the order of files nor packing.
//! That the size of blocks changes nothing is held where it can be set: by the tests of the summary and of the scan.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Folder, command, finish, gzip, incidents, log_of};

/// Kinds of output, and what each must say of the logs below.
const OUTPUTS: [(&[&str], &str); 4] = [
    (&["--format", "json"], "\"connect-unix-enoent\""),
    (&["--format", "text"], "not running"),
    (&["events", "--format", "ndjson"], "\"kind\":\"access-forbidden\""),
    (&["events", "--format", "csv"], "access-forbidden"),
];

/// A log of more than one stretch that workers take, with more names than lists hold.
fn long_log() -> String {
    let mut log = String::new();
    let mut n = 0u64;
    while log.len() < 9 << 20 {
        n += 1;
        let (minute, second) = (n / 600 % 60, n / 10 % 60);
        let says = match n % 3 {
            0 => "access forbidden by rule".to_owned(),
            1 => format!("open() \"/var/www/{n}\" failed (2: No such file or directory)"),
            _ => "upstream timed out (110: Connection timed out) while reading response header from upstream"
                .to_owned(),
        };
        log.push_str(&format!(
            "2026/11/23 12:{minute:02}:{second:02} [error] 7#7: *{n} {says}, client: 198.51.100.{}, server: \
             s{}.example.com, request: \"GET /{n}?x=y HTTP/1.1\", upstream: \"fastcgi://unix:/run/php/{}.sock:\", \
             host: \"h{}.example.com\"\n",
            n % 250,
            n % 7,
            n % 2_003,
            n * n % 2_999,
        ));
    }
    log
}

#[test]
fn workers_order_and_packing_change_nothing() {
    let folder = Folder::new();
    let plain = folder.file("plain/error.log", long_log());
    let access = folder.file("plain/access.log", log_of("php-fpm-oom-killed", "nginx/access.log"));
    let missing =
        folder.file("plain/missing.log", log_of("php-fpm-socket-missing", "nginx/example.com.error.log.1"));
    let packed = folder.file("packed/error.log.2.gz", gzip(long_log().as_bytes()));
    let files = [plain.as_str(), &access, &missing, &packed];
    for (output, says) in OUTPUTS {
        let told = |threads: &str, files: &[&str]| {
            let common = ["--tz", "UTC", "--color", "never", "--no-rotated", "--threads", threads];
            finish(command().args(output).args(common).args(files)).ok().to_owned()
        };
        let first = told("1", &files);
        assert!(first.contains(says), "{output:?} does not say {says}");
        let backwards: Vec<&str> = files.iter().rev().copied().collect();
        for (threads, files) in [("2", &files[..]), ("3", &backwards), ("8", &files), ("1", &backwards)] {
            assert!(told(threads, files) == first, "{output:?} with {threads} threads");
        }
    }
}

#[test]
fn all_incidents_are_told_the_same_by_any_number_of_workers() {
    let told = |threads: &str| {
        let args = ["events", "--format", "ndjson", "--tz", "UTC", "--threads", threads];
        let run = finish(command().args(args).arg(incidents()));
        (run.code, run.out().to_owned())
    };
    let one = told("1");
    assert!(one.1.lines().count() > 1_000);
    assert!(["2", "5"].iter().all(|threads| told(threads) == one));
}
