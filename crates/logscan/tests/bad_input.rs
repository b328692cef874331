//! What cannot be read, or is not what it should be: said with its name and the reason, and never in the way of
//! what can be read.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::fs;

use common::{Folder, NGINX_LINE, Run, gzip, log_of, number, run, run_on};

/// An access log in a form of its own: what stands where no reader can tell.
const ODD_ACCESS: &str =
    "hit [23/Nov/2026:10:46:16 +0000] shop/ok fast\nhit [23/Nov/2026:10:46:17 +0000] blog/ok fast\n";

/// Events of a path as JSON, so that nothing is hidden by wording.
fn events(path: &str) -> Run {
    run(["events", "-f", "ndjson", "--tz", "UTC", path])
}

fn first_input(path: &str) -> serde_json::Value {
    run(["-f", "json", "--tz", "UTC", path]).json()["inputs"][0].clone()
}

/// The nginx log of an incident, of 17 lines.
fn sample() -> String {
    log_of("php-fpm-oom-killed", "nginx/error.log")
}

#[test]
fn a_path_that_leads_nowhere() {
    let folder = Folder::new();
    let missing = format!("{}/gone.log", folder.path());
    run([&missing]).says(2, &["gone.log", "no such file"]);
    assert_eq!(run([&missing]).out(), "");
    let glob = format!("{}/*.log", folder.path());
    run([&glob]).says(2, &["*.log", "no file fits this pattern"]);
    assert_eq!(events(&glob).out(), "");
    // A program that reads the output gets a value all the same.
    assert_eq!(run(["-f", "json", &missing]).json()["inputs"], serde_json::json!([]));
    assert_eq!(run(["events", "-f", "json", &missing]).json(), serde_json::json!([]));
}

#[test]
fn a_folder_without_logs() {
    let folder = Folder::new();
    run([folder.path()]).says(2, &[folder.path(), "no log that is known"]);
    folder.file("notes.txt", "remember the milk\n");
    let run = run([folder.path()]);
    run.says(2, &[folder.path(), "no log that is known"]);
    assert_eq!(run.out(), "");
}

/// That a window leaves nothing of a folder is no failure: the logs are there.
#[test]
fn a_folder_outside_the_window() {
    for window in [["--until", "2026-11-22"], ["--since", "2026-11-25"]] {
        let run = run([&window[..], &["--tz", "UTC", "php-fpm-oom-killed"]].concat());
        run.is_quiet(0);
        assert!(run.out().starts_with("Nothing matches"), "{window:?}: {}", run.out());
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.file("secret.log", sample());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        return; // The superuser may read everything.
    }
    let run = events(&path);
    run.says(2, &["secret.log", "permission denied"]);
    assert_eq!(run.out(), "");
}

#[test]
fn a_file_without_a_byte() {
    let folder = Folder::new();
    let path = folder.file("error.log", "");
    run([&path]).says(0, &["error.log", "empty"]);
    run(["-q", &path]).is_quiet(0);
    assert_eq!(events(&path).out(), "");
    let packed = folder.file("error.log.1", gzip(b""));
    run([&packed]).says(0, &["error.log.1", "empty"]);
}

#[test]
fn files_of_another_kind() {
    let folder = Folder::new();
    let elf: Vec<u8> =
        b"\x7fELF\x02\x01\x01".iter().copied().chain((0..8000u32).map(|n| (n % 7) as u8)).collect();
    let binary = folder.file("logscan", elf);
    let png = folder.file("graph.log", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0");
    let zstd = folder.file("error.log.zst", b"\x28\xb5\x2f\xfd\x04\x58\x01\0");
    let xz = folder.file("error.log.xz", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46");
    let access = folder.file("access.log", ODD_ACCESS);
    let json = folder.file("app.log", "{\"when\":\"noon\",\"what\":\"lunch\"}\n");
    let text = folder.file("notes.txt", "remember the milk\n");
    for (path, reason) in [
        (&binary, "binary"),
        (&png, "not read"),
        (&zstd, "zstdcat"),
        (&xz, "xzcat"),
        (&access, "--log-format"),
        (&json, "JSON lines"),
        (&text, "no line"),
    ] {
        let run = events(path);
        run.says(2, &[path, reason]);
        assert_eq!(run.out(), "", "{path}");
    }
}

#[test]
#[cfg(unix)]
fn what_is_no_file() {
    let folder = Folder::new();
    let path = folder.at("fpm.sock");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    events(path.to_str().unwrap()).says(2, &["fpm.sock", "not a file"]);
}

#[test]
fn a_gzip_that_breaks_off() {
    let folder = Folder::new();
    let lines = sample().repeat(400);
    let whole = gzip(lines.as_bytes());
    let cut = folder.file("error.log.2.gz", &whole[..whole.len() / 2]);
    let run = events(&cut);
    run.says(2, &["error.log.2.gz", "truncated gzip"]);
    // Whole lines only, and as they stand in the file: no half one is made up.
    let told = run.lines();
    assert!(told.len() > 100, "only {} lines before the damage", told.len());
    for event in &told {
        let at = usize::try_from(number(event, "offset")).unwrap();
        let line = lines[at..].lines().next().unwrap();
        assert!(line.contains(&format!("*{} ", number(event, "connection"))), "{line}");
    }
    let header_only = folder.file("a.gz", &whole[..5]);
    events(&header_only).says(2, &["a.gz", "gzip"]);
    let mut broken = whole.clone();
    broken.truncate(whole.len() - 1);
    events(&folder.file("b.gz", &broken)).says(2, &["b.gz", "gzip"]);
}

#[test]
fn a_gzip_of_several_members_is_read_whole() {
    let folder = Folder::new();
    let line = format!("{NGINX_LINE}\n");
    let path = folder.file("error.log.1.gz", [gzip(line.as_bytes()), gzip(line.as_bytes())].concat());
    events(&path).is_quiet(0);
    assert_eq!(events(&path).lines().len(), 2);
}

#[test]
fn a_line_of_ten_megabytes() {
    let folder = Folder::new();
    let long = NGINX_LINE.replace("/.env", &format!("/{}", "a".repeat(10 << 20)));
    let path = folder.file("error.log", format!("{NGINX_LINE}\n{long}\n{NGINX_LINE}\n"));
    let run = events(&path);
    run.says(0, &["error.log", "1 line longer", "line 2"]);
    let lines: Vec<u64> = run.lines().iter().map(|e| number(e, "line")).collect();
    assert_eq!(lines, [1, 2, 3]);
    assert_eq!(number(&first_input(&path), "lines"), 3);
    let text = common::run(["--tz", "UTC", &path]);
    assert!(text.ok().len() < 100_000, "the summary must not print a line without end");
}

#[test]
fn a_last_line_without_its_newline() {
    let folder = Folder::new();
    let torn = format!("{NGINX_LINE}\n{}", &NGINX_LINE[..60]);
    let path = folder.file("error.log", torn);
    let run = events(&path);
    run.says(0, &["error.log", "60 bytes", "no newline"]);
    assert_eq!(number(&run.lines()[0], "line"), 1);
    assert_eq!(run.lines().len(), 1, "of a part of a line nothing is told");
    // A whole line is read though its newline is missing.
    let whole = folder.file("whole.log", format!("{NGINX_LINE}\n{NGINX_LINE}"));
    assert_eq!(events(&whole).says(0, &["whole.log", "no newline"]).lines().len(), 2);
}

/// After a crash of the machine a log may hold a run of zero bytes where lines have been.
#[test]
fn a_run_of_zero_bytes() {
    let folder = Folder::new();
    let zeros = "\0".repeat(5000);
    let between = folder.file("between.log", format!("{NGINX_LINE}\n{zeros}{NGINX_LINE}\n{NGINX_LINE}\n"));
    let before = folder.file("before.log", format!("{zeros}{NGINX_LINE}\n{NGINX_LINE}\n{NGINX_LINE}\n"));
    for path in [between, before] {
        assert_eq!(events(&path).lines().len(), 3, "{path}");
        let input = first_input(&path);
        assert_eq!((number(&input, "lines"), number(&input, "unrecognized")), (3, 0), "{path}");
    }
}

#[test]
fn bytes_that_are_not_utf8() {
    let folder = Folder::new();
    let line = NGINX_LINE.replace("/.env", "/M\u{fc}ll").into_bytes();
    // The same in Latin-1: a byte that is no UTF-8.
    let latin: Vec<u8> =
        String::from_utf8(line).unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let path = folder.file("error.log", [&latin[..], b"\n"].concat());
    let run = events(&path);
    run.is_quiet(0);
    assert_eq!(run.lines()[0]["uri"], "/M\u{fffd}ll");
    common::run(["--tz", "UTC", &path]).is_quiet(0);
}

/// Editors and Windows leave a mark at the start and carriage returns at the ends; the text is the same.
#[test]
fn a_byte_order_mark_and_carriage_returns() {
    let folder = Folder::new();
    let plain = folder.file("plain/error.log", sample());
    let marked = folder.file("marked/error.log", format!("\u{feff}{}", sample()));
    let returns = folder.file("returns/error.log", sample().replace('\n', "\r\n"));
    let told = |path: &str| {
        let run = run(["events", "-f", "ndjson", "--raw", "--tz", "UTC", path]);
        run.is_quiet(0);
        let mut lines = run.lines();
        for line in &mut lines {
            let line = line.as_object_mut().unwrap();
            line.remove("file");
            line.remove("offset");
        }
        lines
    };
    assert_eq!(told(&plain).len(), 17);
    assert_eq!(told(&returns), told(&plain));
    let (marked, mut plain) = (told(&marked), told(&plain));
    // Only the raw line has the mark.
    plain[0]["raw"] = marked[0]["raw"].clone();
    assert_eq!(marked, plain);
}

#[test]
fn standard_input_plain_and_packed() {
    let args = ["events", "-f", "ndjson", "--tz", "UTC", "-"];
    let plain = run_on(sample().as_bytes(), &args);
    plain.is_quiet(0);
    assert_eq!(plain.lines().len(), 17);
    assert_eq!(plain.lines()[0]["file"], "-");
    let packed = run_on(&gzip(sample().as_bytes()), &args);
    assert_eq!(packed.stdout, plain.stdout);
    run_on(b"", &["-"]).says(0, &["-: ", "empty"]);
    run_on(b"remember the milk\n", &["-"]).says(2, &["-: ", "not read"]);
}

#[test]
fn one_bad_path_does_not_spoil_the_others() {
    let folder = Folder::new();
    let good = folder.file("error.log", sample());
    let missing = format!("{}/gone.log", folder.path());
    let odd = folder.file("access.log", ODD_ACCESS);
    let args = ["events", "-f", "ndjson", "--tz", "UTC", &missing, &good, &odd];
    let run = run(args);
    run.says(2, &["gone.log", "no such file"])
        .says(2, &["access.log", "an access log in a form that is not known"]);
    assert_eq!(run.lines().len(), 17);
    let summary = common::run(["--tz", "UTC", &good, &missing]);
    summary.says(2, &["gone.log"]);
    assert!(summary.out().contains("17 lines"), "{}", summary.out());
}

/// A run of a good log with options that are wrong: nothing is read then.
#[track_caller]
fn refused(options: &[&str], words: &[&str]) {
    let run = run([options, &["--tz", "UTC", "php-fatal/nginx/error.log"]].concat());
    run.says(2, words);
    assert_eq!(run.out(), "", "{options:?}");
}

/// Whoever has said a form must not be told to say one.
#[test]
fn a_form_of_access_logs_that_the_lines_do_not_have() {
    let args = ["--log-format", "$remote_addr $status", "waf-444/nginx/access.log"];
    let run = run(args);
    run.says(2, &["waf-444/nginx/access.log", "no line of it is of the given --log-format"]);
    assert!(!run.err().contains("say it with"), "{}", run.err());
}

#[test]
fn a_form_of_access_logs_that_is_none() {
    let folder = Folder::new();
    // A name that nobody knows is told with those that are known.
    refused(&["--log-format", "combinde"], &["--log-format", "`combinde`", "combined", "vhost_combined"]);
    refused(&["--log-format", ""], &["--log-format"]);
    // Broken strings, with the place: a brace, a quote, a name that is not there.
    refused(&["--log-format", "$remote_addr ${status"], &["--log-format", "closing brace", "byte 14"]);
    refused(&["--log-format", "'$remote_addr $status"], &["--log-format", "never closed"]);
    refused(&["--log-format", "$remote_addr $"], &["--log-format", "without the name of a variable"]);
    refused(&["--log-format", "escape=xml '$status'"], &["--log-format", "escape=xml", "escape=json"]);
    refused(&["--log-format", "100 %"], &["--log-format"]);
    // A name of the configuration is known by it alone.
    let conf = folder.file("nginx.conf", "http { log_format shop '$status $request'; }\n");
    refused(&["--log-format", "shopp", "--nginx-conf", &conf], &["--log-format", "`shopp`", "shop"]);
    let known = ["--log-format", "shop", "--nginx-conf", &conf, "php-fatal/nginx/error.log"];
    assert_eq!(run(known).code, Some(0), "{}", run(known).err());
    let broken = folder.file("broken.conf", "http { log_format shop '$status ${request'; }\n");
    refused(
        &["--log-format", "shop", "--nginx-conf", &broken],
        &["--log-format", "shop of", "broken.conf", "brace"],
    );
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let folder = Folder::new();
    let missing = format!("{}/nginx.conf", folder.path());
    refused(&["--nginx-conf", &missing], &["--nginx-conf", &missing, "No such file"]);
    run(["--nginx-conf", &missing]).says(2, &["--nginx-conf", &missing, "No such file"]);
    refused(&["--nginx-conf", folder.path()], &["--nginx-conf", folder.path(), "directory"]);
}

#[test]
fn options_about_the_edge_and_the_machine_that_are_wrong() {
    let folder = Folder::new();
    refused(&["--boot-time", "tuesday"], &["--boot-time", "`tuesday`", "is no time"]);

    let list = folder.file("edge.txt", "# of our own proxy\n192.0.2.0/24\n192.0.2.300\n");
    refused(&["--edge-ips", &list], &["--edge-ips", &list, "line 3", "`192.0.2.300`"]);
    let list = folder.file("mask.txt", "192.0.2.0/33\n");
    refused(&["--edge-ips", &list], &["--edge-ips", "line 1", "`192.0.2.0/33`"]);
    let list = folder.file("none.txt", "# nothing\n");
    refused(&["--edge-ips", &list], &["--edge-ips", "none.txt", "holds no range"]);
    refused(
        &["--edge-ips", &format!("{}/gone.txt", folder.path())],
        &["--edge-ips", "gone.txt", "No such file"],
    );

    for seconds in ["0", "-5", "nan", "inf", "1e300"] {
        refused(&[&format!("--edge-timeout={seconds}")], &["--edge-timeout", "seconds"]);
    }
    refused(&["--edge-timeout", "soon"], &["--edge-timeout", "soon"]);
    for size in ["x", "", "12q", "k", "-1", "99999999999999999999", "99999999999999999m"] {
        refused(&[&format!("--edge-head-limit={size}")], &["--edge-head-limit", "128k"]);
    }
}
