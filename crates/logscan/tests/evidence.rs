//! Logs of incidents whose causes are known: the lines that a person would point to have the right kind and
//! cause, and every line is accounted for.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Folder, incidents, log_of, number, run, text};
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
const PHP: &str = "php/php_errors.log";
const KERN: &str = "kern.log";
/// The access log of all hosts; where each host has its own, that of requests to no host of the machine.
const ACCESS: &str = "nginx/access.log";
const SHOP_ACCESS: &str = "nginx/example.com.access.log";
const BLOG_ACCESS: &str = "nginx/blog.example.org.access.log";
const API: &str = "nginx/api.example.net.error.log";
const API_ACCESS: &str = "nginx/api.example.net.access.log";

/// Each incident with lines that show what happened in it, and with some that only look as if they did. An access
/// line knows no more than its format tells: without $upstream_status the cause of a 502 is not in it, and whether
/// a visitor or a scanner got a 444 tells only a column with the Ray ID.
const ALL: &[(&str, &[Evidence])] = &[
    (
        "app-503",
        &[
            // The application's three 503 are nginx's five to this format: the cause of both is open.
            e(ACCESS, &[16, 17, 37, 40, 41, 44, 46, 82], "access-503", "other"),
            e(ACCESS, &[54], "access-500", "other"),
            // The five that nginx made are told by its error log.
            e(NGINX, &[7, 8, 9, 10, 11], "limit-req-reject", "rate-limited"),
            e(ACCESS, &[11, 74, 89], "access-403", "access-denied"),
            e(ACCESS, &[50, 59], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[19, 76], "access-499", "client-abort"),
        ],
    ),
    (
        "backend-garbage",
        &[
            e(API_ACCESS, &[2, 7, 9, 13], "access-009", "backend-invalid-response"),
            e(API_ACCESS, &[3, 10], "access-502-upstream", "other"),
            e(API, &[1, 3, 4, 6], "upstream-no-valid-http-header", "backend-invalid-response"),
            e(API, &[2, 5], "upstream-invalid-header", "backend-invalid-response"),
            e(SHOP_ACCESS, &[8, 43, 56], "access-403", "access-denied"),
            e(SHOP_ACCESS, &[49, 68, 69], "access-499", "client-abort"),
        ],
    ),
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
            e(ACCESS, &[9, 56, 64, 80], "access-403", "access-denied"),
            // The Ray ID of a scanner is an empty string in this format.
            e(ACCESS, &[39, 55], "access-444-direct", "dropped-by-nginx-444"),
            e(ACCESS, &[31], "access-400-empty", "client-abort"),
            e(ACCESS, &[15, 62], "access-499", "client-abort"),
        ],
    ),
    (
        "nginx-worker-killed",
        &[
            e(NGINX, &[6], "proc-worker-segv", "nginx-worker-crash"),
            e(NGINX, &[18], "proc-worker-sigkill", "nginx-worker-crash"),
            e(ACCESS, &[5], "access-444-direct", "dropped-by-nginx-444"),
            // The client's address is no edge's.
            e(ACCESS, &[114], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[15, 25], "access-499", "client-abort"),
        ],
    ),
    (
        "php-fatal",
        &[
            // Each record is told at its first line; its stack stands behind it.
            e(PHP, &[14, 29, 38, 45], "php-undefined-function", "php-fatal-error"),
            e(PHP, &[1, 21, 55], "php-uncaught", "php-fatal-error"),
            e(PHP, &[9, 10, 11, 36, 37, 52, 53, 54, 65, 66, 67], "php-undefined-key", "php-warning"),
            e(PHP, &[12, 63], "php-undefined-variable", "php-warning"),
            e(PHP, &[13, 64], "php-offset-null", "php-warning"),
            e(ACCESS, &[16, 32, 33, 58, 75], "access-500-upstream", "app-error-response"),
            e(ACCESS, &[61, 64], "access-403", "access-denied"),
            e(ACCESS, &[19, 43, 48, 50], "access-499", "client-abort"),
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
            e(KERN, &[11, 22, 33], "oom-killed-memcg", "php-fpm-oom-killed"),
            e(KERN, &[10, 21, 32], "oom-summary", "php-fpm-oom-killed"),
            e(KERN, &[1, 12, 23], "oom-invoked", "out-of-memory"),
            // The workers that the kernel chose from.
            e(
                KERN,
                &[2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28, 29, 30, 31],
                "oom-victim-row",
                "out-of-memory",
            ),
            e(ACCESS, &[37, 57, 79], "access-502", "other"),
            e(ACCESS, &[2, 9, 36, 63], "access-403", "access-denied"),
            e(ACCESS, &[76, 89], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[7], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[4, 48, 64, 68], "access-499", "client-abort"),
        ],
    ),
    (
        "php-fpm-saturated",
        &[
            e(NGINX, &[3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], "connect-unix-eagain", "fpm-saturated"),
            e(FPM, &[4], "fpm-max-children-reached", "fpm-saturated"),
            e(ACCESS, &[28, 30, 31, 33, 34, 36, 44, 45, 46, 48, 49, 50], "access-502-upstream", "other"),
            // Three seconds are not what Cloudflare's edge waits.
            e(ACCESS, &[51], "access-499", "client-abort"),
            e(ACCESS, &[24], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[93], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "php-fpm-segfault",
        &[
            e(FPM, &[4, 6, 8, 10, 12, 16, 20, 22, 27], "fpm-child-sigsegv", "php-fpm-crash"),
            e(FPM, &[14], "fpm-child-sigabrt", "php-fpm-crash"),
            e(SHOP, &[1, 3, 4, 6, 7, 8, 10, 15, 17], "upstream-recv-reset-header", "php-fpm-crash"),
            e(BLOG, &[3], "upstream-recv-reset-header", "php-fpm-crash"),
            e(KERN, &[1, 2, 3, 4], "segfault-php-fpm", "php-fpm-crash"),
            e(SHOP_ACCESS, &[10, 18, 27, 30, 35, 38, 45, 62, 68], "access-502-upstream", "other"),
            e(BLOG_ACCESS, &[13], "access-502-upstream", "other"),
            e(ACCESS, &[1], "access-400-empty", "client-abort"),
            e(ACCESS, &[2, 3], "access-444-direct", "dropped-by-nginx-444"),
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
            e(
                "nginx/example.com.access.log.1",
                &[14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 36],
                "access-502",
                "other",
            ),
            e("nginx/blog.example.org.access.log.1", &[3, 4, 5, 6, 7], "access-502", "other"),
            e("nginx/access.log.1", &[1], "access-400-tls-hello-direct", "client-bad-request"),
            e(SHOP_ACCESS, &[9], "access-499", "client-abort"),
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
            e(SHOP_ACCESS, &[29, 45, 47, 70, 80], "access-502", "other"),
            e(ACCESS, &[1], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[2], "access-400-tls-hello-direct", "client-bad-request"),
        ],
    ),
    (
        "php-memory-limit",
        &[
            e(NGINX, &[2, 4, 5, 10, 14, 17], "fastcgi-php-memory", "php-memory-limit"),
            e(FPM, &[4, 5, 6, 10, 12, 16], "fpm-said-php-fatal", "php-memory-limit"),
            e(FPM, &[7, 8, 9, 11, 13, 14, 15], "fpm-said-php-message", "php-warning"),
            e(ACCESS, &[24, 37, 40, 67, 86, 93], "access-500", "other"),
        ],
    ),
    (
        "slow-app-524",
        &[
            e(FPM, &[5, 11, 12, 24, 28], "fpm-request-slow", "fpm-slow-request"),
            e(SLOW, &[2, 9, 16, 23, 30], "fpm-slowlog-header", "fpm-slow-request"),
            // The edge of this incident gave up after three seconds, which logscan must be told.
            e(SHOP_ACCESS, &[29, 32, 44, 48, 63, 66, 71, 77, 86], "access-499", "client-abort"),
            e(ACCESS, &[1], "access-444-direct", "dropped-by-nginx-444"),
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
            e(SHOP_ACCESS, &[22, 36, 39, 69, 70, 79], "access-504-upstream", "upstream-timeout"),
            e(SHOP_ACCESS, &[74], "access-499", "client-abort"),
            e(ACCESS, &[1], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "waf-444",
        &[
            // With a Ray ID a visitor saw it, or at least Cloudflare.
            e(ACCESS, &[11, 35, 38, 47, 60, 79, 81, 84], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[37], "access-444-direct", "dropped-by-nginx-444"),
            e(ACCESS, &[6, 20, 28, 72], "access-499", "client-abort"),
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
        "access-009",
        "access-444",
        "access-500",
        "access-500-upstream",
        "access-502",
        "access-502-upstream",
        "access-503",
        "access-504-upstream",
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
        "limit-req-reject",
        "oom-killed-memcg",
        "oom-summary",
        "php-uncaught",
        "php-undefined-function",
        "proc-worker-segv",
        "proc-worker-sigkill",
        "segfault-php-fpm",
        "tls-handshake-unsupported-protocol",
        "upstream-invalid-header",
        "upstream-no-valid-http-header",
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

/// The files of an incident.
fn files(incident: &str) -> BTreeSet<String> {
    let mut folders = vec![incident.to_owned()];
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(incidents().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                files.insert(path);
            }
        }
    }
    files
}

#[test]
fn every_line_is_accounted_for() {
    for (incident, _) in ALL {
        let run = run(["--format", "json", "--tz", "UTC", incident]);
        run.ok();
        let summary = run.json();
        let inputs = summary["inputs"].as_array().unwrap();
        let read: BTreeSet<&str> = inputs.iter().map(|i| text(i, "file")).collect();
        assert_eq!(read, files(incident).iter().map(String::as_str).collect());
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
    let sources = |incident: &str| -> BTreeMap<String, String> {
        let run = run(["--format", "json", "--tz", "UTC", incident]);
        run.ok();
        let inputs = run.json()["inputs"].as_array().unwrap().clone();
        let short = |i: &Value| text(i, "file").strip_prefix(incident).unwrap()[1..].to_owned();
        inputs.iter().map(|i| (short(i), text(i, "source").to_owned())).collect()
    };
    let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(file, source)| ((*file).to_owned(), (*source).to_owned())).collect()
    };
    assert_eq!(
        sources("upstream-timeout"),
        of(&[
            (SHOP, "nginx-error"),
            (BLOG, "nginx-error"),
            (ACCESS, "nginx-access"),
            (SHOP_ACCESS, "nginx-access"),
            (BLOG_ACCESS, "nginx-access"),
            (FPM, "php-fpm"),
            (SLOW, "php-slow"),
            // Nothing has been written to it, so it might be anything.
            (NGINX, "other"),
        ])
    );
    assert_eq!(
        sources("nginx-bind-conflict"),
        of(&[
            (NGINX, "nginx-error"),
            (ACCESS, "nginx-access"),
            (FPM, "php-fpm"),
            ("journal.log", "nginx-error")
        ])
    );
    assert_eq!(
        sources("php-fpm-segfault"),
        of(&[
            (SHOP, "nginx-error"),
            (BLOG, "nginx-error"),
            (ACCESS, "nginx-access"),
            (SHOP_ACCESS, "nginx-access"),
            (BLOG_ACCESS, "nginx-access"),
            (FPM, "php-fpm"),
            (KERN, "kernel"),
            (NGINX, "other"),
        ])
    );
    assert_eq!(
        sources("php-fatal"),
        of(&[(NGINX, "nginx-error"), (ACCESS, "nginx-access"), (FPM, "php-fpm"), (PHP, "php-error")])
    );
}

/// A folder with something else in it is read all the same, and what is passed over is told.
#[test]
fn other_files_in_a_folder_are_passed_over() {
    let folder = Folder::new();
    let log = folder.file("error.log", log_of("php-fatal", NGINX));
    let notes = folder.file("notes.txt", "remember the milk\n");
    let quiet = run(["--tz", "UTC", folder.path()]);
    quiet.says(0, &["passed over", "notes.txt"]);
    let named = run(["-v", "--tz", "UTC", folder.path()]);
    named.says(0, &[&notes, "no line of it"]);
    run(["-q", "--tz", "UTC", folder.path()]).is_quiet(0);
    let summary = run(["--format", "json", "--tz", "UTC", folder.path()]).json();
    let read: Vec<&str> = summary["inputs"].as_array().unwrap().iter().map(|i| text(i, "file")).collect();
    assert_eq!(read, [log]);
    // Of a folder of logs nothing is passed over.
    run(["--tz", "UTC", "php-fatal"]).is_quiet(0);
}

/// The exception stands in PHP's own log, and its 500 in the access log; nothing else speaks for it.
#[test]
fn only_the_logs_that_know_speak_for_a_fatal_error() {
    let of = |cause: &str| -> BTreeSet<String> {
        let events = events("php-fatal");
        events.iter().filter(|e| text(e, "cause") == cause).map(|e| text(e, "file").to_owned()).collect()
    };
    assert_eq!(of("php-fatal-error"), BTreeSet::from(["php-fatal/php/php_errors.log".to_owned()]));
    assert_eq!(of("app-error-response"), BTreeSet::from(["php-fatal/nginx/access.log".to_owned()]));
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
