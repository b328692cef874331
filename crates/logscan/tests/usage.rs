//! Wrong use, and where output goes.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{Folder, NGINX_LINE, command, run};

const OOM: &str = "php-fpm-oom-killed";

#[test]
fn a_slip_of_the_finger_gets_a_hint() {
    run(["--formt", "json", OOM]).says(2, &["--format"]);
    run(["--format", "jsn", OOM]).says(2, &["json"]);
    run(["--format", "jsn", OOM]).says(2, &["jsn", "--format"]);
    run(["event", OOM]).says(2, &["event: ", "did you mean the command `events`"]);
    run(["explian"]).says(2, &["explian", "did you mean the command `explain`"]);
    run(["events", "--thread", "2", OOM]).says(2, &["--threads"]);
    run(["--threads", "many", OOM]).says(2, &["many", "--threads"]);
    run(["-q", "-v", OOM]).says(2, &["--quiet", "--verbose"]);
    run(["completions", "tcsh"]).says(2, &["tcsh"]);
}

#[test]
fn more_words_and_none() {
    for command in [&["-v"][..], &["events", "-v"]] {
        let run = run([command, &["--tz", "UTC", OOM]].concat());
        run.says(0, &["php-fpm-oom-killed/nginx/error.log", "17 lines of nginx-error"]);
        run.says(0, &["php-fpm-oom-killed/php/php8.2-fpm.log", "25 lines of php-fpm"]);
    }
    // Kinds that are no fault have their own block, too.
    assert!(run(["--tz", "UTC", OOM]).ok().contains("\nAlso seen\n"));
    let full = run(["-v", "--tz", "UTC", OOM]);
    assert!(full.ok().contains("\nINFO     fpm-child-started  3 x\n") && !full.out().contains("Also seen"));
    run(["-q", "--tz", "UTC", OOM]).is_quiet(0);
}

#[test]
fn a_window_that_is_none() {
    run(["--since", "tomorrowish", OOM]).says(2, &["--since", "tomorrowish", "is no time"]);
    run(["--until", "2026-13-01", OOM]).says(2, &["--until", "2026-13-01"]);
    run(["--since", "5", OOM]).says(2, &["--since", "`5`", "1h"]);
    let turned = ["--tz", "UTC", "--since", "2026-11-24", "--until", "2026-11-23", OOM];
    run(turned).says(2, &["--since (2026-11-24T00:00:00Z)", "not before", "--until (2026-11-23T00:00:00Z)"]);
    assert_eq!(run(turned).out(), "");
}

#[test]
fn a_file_gets_what_standard_output_would() {
    let folder = Folder::new();
    let path = folder.at("report.txt");
    let to_file = |args: &[&str]| {
        run([args, &["-o", path.to_str().unwrap(), "--tz", "UTC", OOM]].concat()).is_quiet(0);
        assert_eq!(folder.names(), ["report.txt"], "nothing else is left behind");
        fs::read(&path).unwrap()
    };
    for form in [&["-f", "text"][..], &["-f", "json"], &["events", "-f", "csv"]] {
        let shown = run([form, &["--tz", "UTC", OOM]].concat());
        assert_eq!(to_file(form), shown.stdout, "{form:?}");
        assert_eq!(run([form, &["-o", path.to_str().unwrap(), "--tz", "UTC", OOM]].concat()).out(), "");
    }
    let shown = run(["--tz", "UTC", OOM]);
    assert_eq!(run(["-o", "-", "--tz", "UTC", OOM]).stdout, shown.stdout, "- is standard output here, too");
}

#[test]
fn a_file_that_cannot_be_written() {
    let folder = Folder::new();
    let nowhere = format!("{}/no/such/folder/report.txt", folder.path());
    run(["-o", &nowhere, OOM]).says(2, &["report.txt", "No such file"]);
    run(["-o", folder.path(), OOM]).says(2, &[folder.path(), "cannot be written"]);
    assert_eq!(folder.names(), Vec::<String>::new());
}

/// Whoever reads a report that a cron job writes finds the last good one, not half of the next.
#[test]
fn the_old_file_stays_where_there_is_no_new_one() {
    let folder = Folder::new();
    let path = folder.file("report.txt", "the old report\n");
    let missing = format!("{}/gone.log", folder.path());
    let others = Folder::new();
    let notes = others.file("notes.txt", "remember the milk\n");
    for args in [
        &["--kind", "no-such-kind", OOM][..],
        &["--since", "never", OOM],
        &["--rules", &missing, OOM],
        &[&missing],
        &["-f", "json", &missing],
        &[&notes],
    ] {
        assert_eq!(run([args, &["-o", &path]].concat()).code, Some(2), "{args:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "the old report\n", "{args:?}");
        assert_eq!(folder.names(), ["report.txt"], "{args:?}");
    }
    assert_eq!(run(["events", "-o", &path, &missing]).code, Some(2));
    assert_eq!(fs::read_to_string(&path).unwrap(), "the old report\n");
    // Where something was read, that is the new report, although something else failed.
    assert_eq!(run(["-o", &path, &missing, OOM]).code, Some(2));
    assert!(fs::read_to_string(&path).unwrap().contains("fpm-child-sigkill"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    run(["-o", "/dev/full", "--tz", "UTC", OOM]).says(2, &["cannot be written", "No space left"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = common::finish_to(command().args(["--tz", "UTC", OOM]), full);
    run.says(2, &["cannot be written", "No space left"]);
}

/// `logscan events ... | head -1` ends without a word.
#[test]
fn a_reader_that_has_enough() {
    let folder = Folder::new();
    let log = folder.file("error.log", format!("{NGINX_LINE}\n").repeat(20_000));
    for args in [&["events", &log][..], &["events", "-f", "json", &log], &["events", "-f", "csv", &log]] {
        let mut child = command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        let mut reader = BufReader::with_capacity(100, child.stdout.take().unwrap());
        reader.read_line(&mut first).unwrap();
        assert!(!first.is_empty());
        drop(reader);
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""), "{args:?}");
    }
}

/// An interrupt ends the program at once and leaves no half-written file.
#[test]
#[cfg(unix)]
fn an_interrupt_leaves_nothing_behind() {
    use std::io::Write;
    use std::time::{Duration, Instant};
    let folder = Folder::new();
    let path = folder.file("report.txt", "the old report\n");
    let mut child = command().args(["-o", &path, "-"]).stdin(Stdio::piped()).spawn().unwrap();
    // The reader waits for the end of its input, which does not come.
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{NGINX_LINE}").unwrap();
    let begun = Instant::now();
    while folder.names().len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "no file has been begun");
        std::thread::sleep(Duration::from_millis(10));
    }
    let killed = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(folder.names(), ["report.txt"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "the old report\n");
}
