//! Logs of incidents whose causes are known: the lines that a person would point to have the right kind and
//! cause, and every line is accounted for.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "evidence/table.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};

use common::{Folder, incidents, log_of, number, run, text};
use serde_json::Value;
use table::{ACCESS, ALL, BLOG, BLOG_ACCESS, FPM, KERN, NGINX, PHP, SHOP, SHOP_ACCESS, SLOW};

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
        "fpm-reload-in-progress",
        "fpm-request-terminated",
        "fpm-said-php-fatal",
        "fpm-terminating",
        "limit-req-reject",
        "oom-killed-memcg",
        "oom-summary",
        "php-max-execution",
        "php-uncaught",
        "php-undefined-function",
        "proc-signal-term",
        "proc-worker-segv",
        "proc-worker-sigkill",
        "segfault-php-fpm",
        "tls-handshake-unsupported-protocol",
        "upstream-invalid-header",
        "upstream-no-valid-http-header",
        "upstream-recv-reset-header",
        "upstream-timeout-header",
        "upstream-too-big-header",
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
