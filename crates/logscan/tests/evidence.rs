//! Logs of incidents whose causes are known: the lines that a person would point to have the right kind and
//! cause, and every line is accounted for.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{incidents, log_of, number, run, text};
use serde_json::Value;

/// Lines of an incident's log with what they must be called.
struct Evidence {
    file: &'static str,
    lines: &'static [u64],
    kind: &'static str,
    cause: &'static str,
}

const fn e(file: &'static str, lines: &'static [u64], kind: &'static str, cause: &'static str) -> Evidence {
    Evidence { file, lines, kind, cause }
}

const NGINX: &str = "nginx/error.log";
const SHOP: &str = "nginx/example.com.error.log";
const BLOG: &str = "nginx/blog.example.org.error.log";
const FPM: &str = "php/php8.2-fpm.log";
const SLOW: &str = "php/www-slow.log";

/// Each incident with lines that show what happened in it, and with some that only look as if they did.
const ALL: &[(&str, &[Evidence])] = &[
    (
        "nginx-bind-conflict",
        &[
            e(NGINX, &[4, 5, 6, 7, 8], "bind-in-use", "nginx-bind-failed"),
            e(NGINX, &[9], "bind-still-could-not", "nginx-bind-failed"),
            e("journal.log", &[1, 2, 3, 4, 5], "bind-in-use", "nginx-bind-failed"),
            e("journal.log", &[6], "bind-still-could-not", "nginx-bind-failed"),
            // Noise round about is not taken for the fault.
            e(NGINX, &[13, 17], "client-body-buffered", "routine"),
            e(NGINX, &[2, 12, 14], "access-forbidden", "access-denied"),
        ],
    ),
    (
        "php-fatal",
        &[
            e(NGINX, &[8, 10], "fastcgi-primary-script-unknown", "php-script-missing"),
            e(NGINX, &[5, 7], "index-forbidden", "access-denied"),
            e(NGINX, &[1, 2, 3, 4, 6, 9, 11], "static-not-found", "file-not-found"),
        ],
    ),
    (
        // All lines, so that none is called something by chance.
        "php-fpm-oom-killed",
        &[
            e(FPM, &[6, 14, 18], "fpm-child-sigkill", "php-fpm-oom-killed"),
            // nginx sees a reset connection; which death the worker died it cannot know.
            e(NGINX, &[6, 12, 15], "upstream-recv-reset-header", "php-fpm-crash"),
            e(NGINX, &[1, 2], "index-forbidden", "access-denied"),
            e(NGINX, &[3, 7], "static-not-found", "file-not-found"),
            e(NGINX, &[4, 8, 9, 10, 14, 16, 17], "fastcgi-php-warning", "php-warning"),
            e(NGINX, &[5, 13], "access-forbidden", "access-denied"),
            e(NGINX, &[11], "fastcgi-primary-script-unknown", "php-script-missing"),
            e(FPM, &[1], "fpm-running", "fpm-restarted"),
            e(FPM, &[2], "fpm-ready", "fpm-restarted"),
            e(FPM, &[3], "fpm-systemd-interval", "routine"),
            e(
                FPM,
                &[4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 20, 21, 22, 23],
                "fpm-said-php-message",
                "php-warning",
            ),
            e(FPM, &[7, 15, 19], "fpm-child-started", "routine"),
            e(FPM, &[24], "fpm-finishing", "fpm-down"),
            e(FPM, &[25], "fpm-bye-bye", "fpm-down"),
        ],
    ),
    (
        "php-fpm-saturated",
        &[
            e(NGINX, &[3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], "connect-unix-eagain", "fpm-saturated"),
            e(FPM, &[4], "fpm-max-children-reached", "fpm-saturated"),
        ],
    ),
    (
        "php-fpm-segfault",
        &[
            e(FPM, &[4, 6, 8, 10, 12, 16, 20, 22, 27], "fpm-child-sigsegv", "php-fpm-crash"),
            e(FPM, &[14], "fpm-child-sigabrt", "php-fpm-crash"),
            e(SHOP, &[1, 3, 4, 6, 7, 8, 10, 15, 17], "upstream-recv-reset-header", "php-fpm-crash"),
            e(BLOG, &[3], "upstream-recv-reset-header", "php-fpm-crash"),
        ],
    ),
    (
        "php-fpm-socket-missing",
        &[
            e("nginx/blog.example.org.error.log.1", &[1, 2, 3, 4, 5], "connect-unix-enoent", "fpm-down"),
            e(
                "nginx/example.com.error.log.1",
                &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
                "connect-unix-enoent",
                "fpm-down",
            ),
            e("php/php8.2-fpm.log.1", &[2], "fpm-terminating", "fpm-down"),
            e("php/php8.2-fpm.log.1", &[3], "fpm-bye-bye", "fpm-down"),
            e("php/php8.2-fpm.log.1", &[4], "fpm-running", "fpm-restarted"),
            e("php/php8.2-fpm.log.1", &[5], "fpm-ready", "fpm-restarted"),
            // Packed files are numbered by the lines that were packed.
            e("php/php8.2-fpm.log.2.gz", &[1], "fpm-running", "fpm-restarted"),
            e("php/php8.2-fpm.log.2.gz", &[4, 5, 6, 7, 8, 9], "fpm-said-php-message", "php-warning"),
            e("nginx/example.com.error.log.2.gz", &[3], "static-not-found", "file-not-found"),
            e(FPM, &[1], "fpm-error-log-reopened", "routine"),
        ],
    ),
    (
        "php-fpm-terminate-timeout",
        &[
            e(FPM, &[12, 23, 26, 36, 47], "fpm-request-terminated", "fpm-terminate-timeout"),
            e(FPM, &[13, 24, 27, 39, 48], "fpm-child-sigterm", "fpm-terminate-timeout"),
            e(FPM, &[4, 8, 15, 19, 32, 37, 38], "fpm-request-slow", "fpm-slow-request"),
            e(SHOP, &[4, 5, 6, 10, 12], "upstream-recv-reset-header", "php-fpm-crash"),
            // A stack begins with its stamp; the empty line before it is no record.
            e(SLOW, &[2, 8], "fpm-slowlog-header", "fpm-slow-request"),
        ],
    ),
    (
        "php-memory-limit",
        &[
            e(NGINX, &[2, 4, 5, 10, 14, 17], "fastcgi-php-memory", "php-memory-limit"),
            e(FPM, &[4, 5, 6, 10, 12, 16], "fpm-said-php-fatal", "php-memory-limit"),
            e(FPM, &[7, 8, 9, 11, 13, 14, 15], "fpm-said-php-message", "php-warning"),
        ],
    ),
    (
        "tls-protocol-mismatch",
        &[
            e(
                NGINX,
                &[
                    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
                    54, 55, 56, 57, 60, 65,
                ],
                "tls-handshake-unsupported-protocol",
                "tls-handshake",
            ),
            e(NGINX, &[16, 58], "proc-signal-hup", "routine"),
            e(NGINX, &[17, 59], "proc-reconfiguring", "routine"),
            e(NGINX, &[12, 15], "client-closed-upstream-too", "client-abort"),
            e(NGINX, &[8], "client-closed-waiting", "client-abort"),
            e(NGINX, &[29, 30, 72, 76, 89, 90], "proc-worker-exit-code", "routine"),
        ],
    ),
    (
        "upstream-timeout",
        &[
            e(SHOP, &[6, 10, 11, 19, 20, 24], "upstream-timeout-header", "upstream-timeout"),
            e(FPM, &[6, 10, 14, 18, 28, 32, 38], "fpm-request-slow", "fpm-slow-request"),
            e(SLOW, &[2, 9, 16, 23, 29, 36, 43], "fpm-slowlog-header", "fpm-slow-request"),
        ],
    ),
];

fn events(incident: &str) -> Vec<Value> {
    let run = run(["events", "--format", "ndjson", "--tz", "UTC", incident]);
    run.ok();
    run.lines()
}

#[test]
fn lines_that_show_the_cause_are_named() {
    for (incident, evidence) in ALL {
        let found: BTreeMap<(String, u64), (String, String)> = events(incident)
            .iter()
            .map(|e| {
                let place = (text(e, "file").to_owned(), number(e, "line"));
                (place, (text(e, "kind").to_owned(), text(e, "cause").to_owned()))
            })
            .collect();
        for e in *evidence {
            for line in e.lines {
                let got = found.get(&(format!("{incident}/{}", e.file), *line));
                let wanted = (e.kind.to_owned(), e.cause.to_owned());
                assert_eq!(got, Some(&wanted), "{incident}/{}:{line}", e.file);
            }
        }
    }
}

/// A kind of the fault itself must not be found on any other line of that incident.
#[test]
fn no_other_line_is_taken_for_the_fault() {
    let faults = [
        "bind-in-use",
        "bind-still-could-not",
        "connect-unix-eagain",
        "connect-unix-enoent",
        "fastcgi-php-memory",
        "fpm-child-sigabrt",
        "fpm-child-sigkill",
        "fpm-child-sigsegv",
        "fpm-child-sigterm",
        "fpm-max-children-reached",
        "fpm-request-terminated",
        "fpm-said-php-fatal",
        "tls-handshake-unsupported-protocol",
        "upstream-recv-reset-header",
        "upstream-timeout-header",
    ];
    for (incident, evidence) in ALL {
        let places = |kind: &str| -> BTreeSet<(String, u64)> {
            let of_kind = evidence.iter().filter(|e| e.kind == kind);
            of_kind.flat_map(|e| e.lines.iter().map(|l| (format!("{incident}/{}", e.file), *l))).collect()
        };
        let events = events(incident);
        for fault in faults {
            let found: BTreeSet<(String, u64)> = events
                .iter()
                .filter(|e| text(e, "kind") == fault)
                .map(|e| (text(e, "file").to_owned(), number(e, "line")))
                .collect();
            assert_eq!(found, places(fault), "{fault} in {incident}");
        }
    }
}

#[test]
fn the_table_knows_all_incidents() {
    let folders = std::fs::read_dir(incidents()).unwrap();
    let there: BTreeSet<String> = folders.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    let told: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, told);
}

#[test]
fn every_line_is_accounted_for() {
    for (incident, _) in ALL {
        let run = run(["--format", "json", "--tz", "UTC", incident]);
        run.ok();
        let summary = run.json();
        let inputs = summary["inputs"].as_array().unwrap();
        for input in inputs {
            let file = text(input, "file");
            let log = log_of(".", file);
            assert_eq!(number(input, "unrecognized"), 0, "{file}");
            assert_eq!(number(input, "lines"), log.lines().count() as u64, "{file}");
            assert_eq!(number(input, "bytes"), log.len() as u64, "{file}");
            let sum = number(input, "records") + number(input, "continued") + number(input, "unrecognized");
            assert_eq!(number(input, "lines"), sum, "{file}");
        }
        let events: u64 = inputs.iter().map(|i| number(i, "events")).sum();
        let counted: u64 = summary["kinds"].as_array().unwrap().iter().map(|k| number(k, "count")).sum();
        assert_eq!(events, counted, "{incident}");
    }
}

/// The sources are told apart by what is in the files, also where a prefix of syslog stands before the lines.
#[test]
fn each_log_is_known_for_what_it_is() {
    let run = run(["--format", "json", "--tz", "UTC", "upstream-timeout", "nginx-bind-conflict"]);
    run.ok();
    let summary = run.json();
    let mut sources: BTreeMap<&str, &str> = BTreeMap::new();
    for input in summary["inputs"].as_array().unwrap() {
        sources.insert(text(input, "file"), text(input, "source"));
    }
    assert_eq!(sources["upstream-timeout/nginx/example.com.error.log"], "nginx-error");
    assert_eq!(sources["upstream-timeout/php/php8.2-fpm.log"], "php-fpm");
    assert_eq!(sources["upstream-timeout/php/www-slow.log"], "php-slow");
    assert_eq!(sources["nginx-bind-conflict/journal.log"], "nginx-error");
}

#[test]
fn other_logs_in_a_folder_are_passed_over() {
    let quiet = run(["--tz", "UTC", "php-fatal"]);
    quiet.says(0, &["passed over", "nginx/access.log", "php/php_errors.log"]);
    let named = run(["-v", "--tz", "UTC", "php-fatal"]);
    named.says(0, &["php-fatal/nginx/access.log", "access log"]);
    named.says(0, &["php-fatal/php/php_errors.log", "PHP"]);
    run(["-q", "--tz", "UTC", "php-fatal"]).is_quiet(0);

    let summary = run(["--format", "json", "--tz", "UTC", "php-fatal"]);
    let read: Vec<String> =
        summary.json()["inputs"].as_array().unwrap().iter().map(|i| text(i, "file").to_owned()).collect();
    assert_eq!(read, ["php-fatal/nginx/error.log", "php-fatal/php/php8.2-fpm.log"]);
    // The exception stands in PHP's own log only: nothing that is read speaks for it.
    assert!(events("php-fatal").iter().all(|e| text(e, "cause") != "php-fatal-error"));
}

/// The zone moves the times, and only them.
#[test]
fn stamps_are_read_in_the_zone_given() {
    let first = |zone: &str| {
        let run = run(["--format", "json", "--tz", zone, "php-fpm-oom-killed/php"]);
        text(&run.json()["inputs"][0], "first").to_owned()
    };
    // 05:58:26 as written; Chicago is six hours behind UTC in November, Kolkata five and a half before it.
    assert_eq!(first("UTC"), "2026-11-23T05:58:26Z");
    assert_eq!(first("America/Chicago"), "2026-11-23T11:58:26Z");
    assert_eq!(first("Asia/Kolkata"), "2026-11-23T00:28:26Z");
    assert_eq!(first("+01:00"), "2026-11-23T04:58:26Z");
}
