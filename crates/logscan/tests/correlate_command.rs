//! The command `correlate`: what it asks for, what it refuses, what it reads and leaves unread.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{Folder, NGINX_LINE, Run, command, finish, keys, log_of, run, run_on, text};
use serde_json::json;

const SEGFAULT: &str = "php-fpm-segfault";
/// The time of an error of that incident, whose edge was 31 s ahead of its origin.
const TIME: &str = "2026-11-23T11:58:44.674Z";

fn correlate(args: &[&str]) -> Run {
    run([&["correlate", "--tz", "UTC"], args].concat())
}

#[test]
fn without_reports_it_does_not_start() {
    correlate(&[SEGFAULT]).says(2, &["--reported"]);
    correlate(&["--reported"]).says(2, &["--reported"]);
    assert_eq!(correlate(&[SEGFAULT]).out(), "");
}

#[test]
fn a_slip_of_the_finger_gets_a_hint() {
    correlate(&["--report", TIME, SEGFAULT]).says(2, &["--reported"]);
    run(["corelate", "--reported", TIME]).code.filter(|c| *c == 2).expect("wrong use");
    run(["corelate"]).says(2, &["corelate", "did you mean the command `correlate`"]);
    for (option, value, hint) in [
        ("--status", "5xx", "520-527"),
        ("--status", "527-520", "520-527"),
        ("--window", "soon", "30s"),
        ("--window", "0s", "30s"),
        ("--window", "-5s", "30s"),
        ("--clock-offset", "1h30", "3.7s"),
        ("--clock-offset", "--format", "3.7s"),
        ("--format", "html", "markdown"),
    ] {
        correlate(&["--reported", TIME, &format!("{option}={value}"), SEGFAULT]).says(2, &[value, option]);
        let told = correlate(&["--reported", TIME, &format!("{option}={value}"), SEGFAULT]);
        assert!(told.err().contains(hint), "{option} {value}: {}", told.err());
        assert_eq!(told.out(), "");
    }
    // What makes no sense here is not there.
    for option in ["--kind", "--grep", "--level", "--host", "--cause"] {
        correlate(&["--reported", TIME, option, "x", SEGFAULT]).says(2, &[option]);
    }
}

#[test]
fn options_as_people_write_them() {
    for args in [
        &["--clock-offset", "-90s"][..],
        &["--clock-offset", "-0.4"],
        &["--clock-offset", "+1h"],
        &["--clock-offset=auto"],
        &["--status", "520-527,502", "--status", "504"],
        &["--window", "2m"],
        &["--since", "2026-11-23", "--until", "2026-11-24"],
    ] {
        let run = correlate(&[args, &["--reported", TIME, "-f", "json", SEGFAULT]].concat());
        run.is_quiet(0);
        assert_eq!(run.json()["reports"].as_array().unwrap().len(), 1, "{args:?}");
    }
}

/// A name that is none is told in both readings.
#[test]
fn neither_a_file_nor_a_time() {
    let run = correlate(&["--reported", "520s.csv", SEGFAULT]);
    run.says(2, &["--reported 520s.csv", "no such file", "time", "Ray ID"]);
    assert_eq!(run.out(), "");
    correlate(&["--reported", "2026-13-45T00:00:00Z", SEGFAULT]).says(2, &["2026-13-45T00:00:00Z"]);
    correlate(&["--reported", "\u{1b}[31m", SEGFAULT]).says(2, &["\\x1b[31m", "no such file"]);
    // What it refuses it refuses before it reads logs.
    correlate(&["--reported", "520s.csv", "/no/such/log"]).says(2, &["520s.csv"]);
}

#[test]
fn files_of_reports_that_cannot_be_used() {
    let folder = Folder::new();
    let empty = folder.file("empty.csv", "");
    let words = folder.file("words.txt", "remember the milk\n");
    for (file, said) in
        [(&*empty, "empty.csv: the file is empty"), (&words, "words.txt: the file holds no time")]
    {
        let run = correlate(&["--reported", file, SEGFAULT]);
        run.says(2, &[said]);
        assert_eq!(run.out(), "", "nothing was read");
        // A program that reads the output gets a value all the same.
        let run = correlate(&["--reported", file, "-f", "json", SEGFAULT]);
        assert_eq!((run.code, &run.json()["reports"]), (Some(2), &json!([])));
    }
    correlate(&["--reported", folder.path(), SEGFAULT]).says(2, &[folder.path(), "a folder"]);
    // The others are read all the same.
    let run = correlate(&["--reported", &empty, "--reported", TIME, "-f", "json", SEGFAULT]);
    run.says(2, &["empty.csv"]);
    assert_eq!(run.json()["reports"].as_array().unwrap().len(), 1);
}

#[test]
#[cfg(unix)]
fn reports_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.file("520s.txt", TIME);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        return; // The superuser may read everything.
    }
    correlate(&["--reported", &path, SEGFAULT]).says(2, &["520s.txt", "permission denied"]);
}

#[test]
fn a_line_without_a_time_is_named_and_the_rest_goes_on() {
    let folder = Folder::new();
    let path =
        folder.file("times.txt", format!("{TIME}\nyesterday evening, I think\n2026-11-23T11:58:46Z\n"));
    let run = correlate(&["--reported", &path, "-f", "json", SEGFAULT]);
    run.says(0, &["times.txt: line 2:"]);
    let found = run.json();
    let times: Vec<&str> = found["reports"].as_array().unwrap().iter().map(|r| text(r, "time")).collect();
    assert_eq!(times, [TIME, "2026-11-23T11:58:46Z"]);
    correlate(&["-q", "--reported", &path, "-f", "json", SEGFAULT]).is_quiet(0);
}

#[test]
fn reports_of_several_sources_keep_their_order() {
    let folder = Folder::new();
    let path = folder.file("times.txt", "2026-11-23T11:58:47Z\n");
    let args = ["correlate", "--tz", "UTC", "--reported", &path, "--reported", "-", "--reported", TIME];
    let run = run_on(b"2026-11-23T11:58:46Z\n", &[&args[..], &["-f", "ndjson", SEGFAULT]].concat());
    run.is_quiet(0);
    let lines = run.lines();
    let told: Vec<(&str, u64)> =
        lines.iter().map(|r| (text(r, "time"), r["index"].as_u64().unwrap())).collect();
    assert_eq!(told, [("2026-11-23T11:58:47Z", 0), ("2026-11-23T11:58:46Z", 1), (TIME, 2)]);
}

#[test]
fn standard_input_is_one_thing() {
    let run = run_on(b"", &["correlate", "--reported", "-", "-"]);
    run.says(2, &["standard input", "once"]);
    run_on(b"", &["correlate", "--reported", "-", "--reported", "-", SEGFAULT]).says(2, &["once"]);
    // Logs from there, reports from elsewhere.
    let log = log_of(SEGFAULT, "nginx/example.com.error.log");
    let run = run_on(log.as_bytes(), &["correlate", "--tz", "UTC", "--reported", TIME, "-f", "json", "-"]);
    assert_eq!(text(&run.json()["inputs"][0], "file"), "-");
}

/// Whoever keeps the list of errors beside the logs hears no word about it.
#[test]
fn the_list_of_errors_is_no_log() {
    let folder = Folder::new();
    folder.file("error.log", format!("{NGINX_LINE}\n"));
    let list = folder.file("520s.txt", "2026-11-23T12:00:00Z\n");
    for paths in
        [&[folder.path()][..], &[folder.path(), &list], &[&list, &format!("{}/error.log", folder.path())]]
    {
        let run = correlate(&[&["--reported", &list, "-f", "json"], paths].concat());
        run.is_quiet(0);
        let inputs = run.json()["inputs"].clone();
        assert_eq!(inputs.as_array().unwrap().len(), 1, "{paths:?}");
        assert!(text(&inputs[0], "file").ends_with("error.log"));
    }
    correlate(&["--reported", &list, &list]).says(2, &["no log to read"]);
    let alone = Folder::new();
    let list = alone.file("520s.txt", "2026-11-23T12:00:00Z\n");
    correlate(&["--reported", &list, alone.path()]).says(2, &["no log to read"]);
}

/// The logs are read as far from the reports as clocks may be wrong, and no further.
#[test]
fn logs_far_from_the_reports_stay_unread() {
    let folder = Folder::new();
    let line = |time: &str| NGINX_LINE.replace("2026/11/23 12:00:00", time) + "\n";
    let times = [
        "2026/11/22 20:00:00",
        "2026/11/22 22:00:00",
        "2026/11/23 12:00:00",
        "2026/11/24 02:00:00",
        "2026/11/24 04:00:00",
    ];
    let log = folder.file("error.log", times.map(line).concat());
    let span = |args: &[&str]| {
        let run = correlate(&[args, &["-f", "json", &log]].concat());
        let input = &run.json()["inputs"][0];
        (text(input, "first").to_owned(), text(input, "last").to_owned())
    };
    let whole = ("2026-11-22T22:00:00Z".to_owned(), "2026-11-24T02:00:00Z".to_owned());
    assert_eq!(span(&["--reported", "2026-11-23T12:00:00Z"]), whole);
    // An offset that is known moves the stretch as well.
    let (first, _) = span(&["--reported", "2026-11-23T12:00:00Z", "--clock-offset", "3h"]);
    assert_eq!(first, "2026-11-22T20:00:00Z");
    // Reports that were not asked for do not count.
    let day =
        ["--reported", "2026-11-23T12:00:00Z", "--reported", "2027-01-01T00:00:00Z", "--until", "2026-12-01"];
    assert_eq!(span(&day), whole);
}

#[test]
fn since_and_until_choose_among_the_reports() {
    let folder = Folder::new();
    let list = folder.file("times.txt", "2026-11-23T11:58:44Z\n2026-11-23T11:58:50Z\n2026-11-23T11:59:00Z\n");
    let times = |args: &[&str]| {
        let run = correlate(&[args, &["--reported", &list, "-f", "ndjson", SEGFAULT]].concat());
        let told: Vec<String> = run.lines().iter().map(|r| text(r, "time").to_owned()).collect();
        (run.code, told)
    };
    let since = ["--since", "2026-11-23 11:58:50", "--until", "2026-11-23 11:59:00"];
    assert_eq!(times(&since), (Some(0), vec!["2026-11-23T11:58:50Z".to_owned()]));
    assert_eq!(times(&["--since", "2026-11-24"]), (Some(0), vec![]));
    correlate(&["--since", "2026-11-24", "--reported", &list, SEGFAULT]).says(0, &["3 of 3", "--since"]);
}

#[test]
fn no_log_of_the_time_is_no_failure_but_no_log_is() {
    let far = correlate(&["--reported", "2025-01-01T00:00:00Z", SEGFAULT]);
    far.is_quiet(0);
    let gone = correlate(&["--reported", TIME, "/no/such/log"]);
    gone.says(2, &["/no/such/log", "no such file"]);
    assert_eq!(gone.out(), "");
    let gone = correlate(&["--reported", TIME, "-f", "json", "/no/such/log"]);
    assert_eq!((gone.code, &gone.json()["inputs"]), (Some(2), &json!([])));
}

#[test]
fn exit_statuses() {
    assert_eq!(correlate(&["--reported", TIME, SEGFAULT]).code, Some(0));
    assert_eq!(correlate(&["--exit-code", "--reported", TIME, SEGFAULT]).code, Some(1));
    let none = ["--exit-code", "--since", "2026-11-24", "--reported", TIME, SEGFAULT];
    assert_eq!(correlate(&none).code, Some(0), "no report, nothing found");
    assert_eq!(correlate(&["--exit-code", "--reported", TIME, "/no/such/log"]).code, Some(2));
}

#[test]
fn the_document_holds_what_is_promised() {
    let found = correlate(&["--reported", TIME, "-f", "json", SEGFAULT]);
    found.is_quiet(0);
    let found = found.json();
    assert_eq!(found["schema"], "logscan.correlation/1");
    let top = keys(&found);
    assert!(BTreeSet::from(["schema", "inputs", "clocks", "reports", "causes"]).is_subset(&top), "{top:?}");
    let summary = run(["-f", "json", "--tz", "UTC", SEGFAULT]).json();
    assert_eq!(found["inputs"], summary["inputs"], "as in the summary");
    let report = &found["reports"][0];
    assert_eq!((text(report, "time"), &report["index"]), (TIME, &json!(0)));
    assert!(["explained", "unexplained", "not-covered"].contains(&text(report, "verdict")));
}

#[test]
fn every_form_goes_to_a_file_or_to_standard_output() {
    let folder = Folder::new();
    let path = folder.at("answers");
    for form in ["text", "json", "ndjson", "csv", "markdown"] {
        let shown = correlate(&["-f", form, "--reported", TIME, SEGFAULT]);
        assert!(!shown.ok().is_empty(), "{form}");
        correlate(&["-f", form, "-o", path.to_str().unwrap(), "--reported", TIME, SEGFAULT]).is_quiet(0);
        assert_eq!(fs::read(&path).unwrap(), shown.stdout, "{form}");
    }
    // Where nothing was read, the old file stays.
    fs::write(&path, "the old answers\n").unwrap();
    for args in [&["--reported", "520s.csv"][..], &["--reported", folder.path()], &["--status", "5xx"]] {
        let run = correlate(&[args, &["-o", path.to_str().unwrap(), SEGFAULT]].concat());
        assert_eq!(
            (run.code, fs::read_to_string(&path).unwrap().as_str()),
            (Some(2), "the old answers\n"),
            "{args:?}"
        );
    }
    assert_eq!(folder.names(), ["answers"]);
}

#[test]
fn colour_only_where_it_is_wanted() {
    let coloured = correlate(&["--color", "always", "--reported", TIME, SEGFAULT]);
    assert!(coloured.ok().contains('\u{1b}'));
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let run =
            finish(command().env(variable.0, variable.1).args(["correlate", "--reported", TIME, SEGFAULT]));
        assert!(!run.ok().contains('\u{1b}'));
    }
    assert!(
        !correlate(&["--color", "always", "-f", "markdown", "--reported", TIME, SEGFAULT])
            .ok()
            .contains('\u{1b}')
    );
}
