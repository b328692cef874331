//! Logs hold what strangers sent. None of it may reach a terminal, break a reader's JSON or run in a spreadsheet.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Folder, Run, command, finish, number, run, text};

/// What a stranger may send: a colour, a window title, the screen cleared, the same by C1 as a character and as a
/// byte, text turned round, text of no width, a bell, and bytes that are no text.
const EVIL: &[&[u8]] = &[
    b"\x1b[31mred",
    b"\x1b]0;owned\x07",
    b"\x1b[2J\x1b[H",
    "\u{9b}31mred".as_bytes(),
    b"\x9b31mred",
    "\u{202e}txt.exe".as_bytes(),
    "\u{2066}\u{2069}".as_bytes(),
    "goog\u{200b}le".as_bytes(),
    "\u{feff}mark".as_bytes(),
    "\u{2028}line".as_bytes(),
    b"\x7fdel",
    b"a\tb\rc\x08d\x0be",
    b"\xff\xfe\xc3",
    "\u{e0041}tag".as_bytes(),
];

/// A log in which every place that a stranger fills holds one of these, in turn.
fn log() -> Vec<u8> {
    let mut log = Vec::new();
    let line = |log: &mut Vec<u8>, parts: &[&[u8]]| {
        log.extend(parts.concat());
        log.push(b'\n');
    };
    for evil in EVIL {
        line(
            &mut log,
            &[
                b"2026/11/23 12:00:00 [error] 7#7: *1 access forbidden by rule, client: 192.0.2.1, server: s",
                evil,
                b", request: \"GET /",
                evil,
                b" HTTP/1.1\", host: \"h",
                evil,
                b"\", referrer: \"http://",
                evil,
                b"\"",
            ],
        );
        line(
            &mut log,
            &[
                b"2026/11/23 12:00:01 [crit] 7#7: *2 connect() to unix:/run/",
                evil,
                b" failed (2: No such file or directory) while connecting to upstream, client: 192.0.2.1, server: s, \
                  request: \"GET / HTTP/1.1\", upstream: \"fastcgi://unix:/run/",
                evil,
                b":\", host: \"h\"",
            ],
        );
        line(
            &mut log,
            &[
                b"2026/11/23 12:00:02 [error] 7#7: *3 FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught ",
                evil,
                b" in /srv/",
                evil,
                b".php:3\" while reading response header from upstream, client: 192.0.2.1, server: s, request: \
                  \"GET / HTTP/1.1\", upstream: \"fastcgi://127.0.0.1:9000\", host: \"h\"",
            ],
        );
        line(&mut log, &[b"2026/11/23 12:00:03 [alert] 7#7: something ", evil, b" that nobody knows"]);
    }
    log
}

fn fpm_log() -> Vec<u8> {
    let mut log = Vec::new();
    for evil in EVIL {
        log.extend(
            [
                b"[23-Nov-2026 12:00:04] WARNING: [pool p",
                *evil,
                b"] child 5 said into stderr: \"NOTICE: PHP message: ",
                evil,
                b"\"\n",
            ]
            .concat(),
        );
    }
    log
}

/// Requests as a log without escapes has them.
fn access_log() -> Vec<u8> {
    let line = |evil: &[u8]| {
        [
            b"192.0.2.1 - - [23/Nov/2026:12:00:05 +0000] \"GET /",
            evil,
            b" HTTP/1.1\" 502 157 \"-\" \"",
            evil,
            b"\"\n",
        ]
        .concat()
    };
    EVIL.iter().flat_map(|evil| line(evil)).collect()
}

/// Messages of PHP with a plugin of such a name.
fn php_log() -> Vec<u8> {
    let line = |evil: &[u8]| {
        [
            b"[23-Nov-2026 12:00:06 UTC] PHP Fatal error:  Uncaught Exception: ",
            evil,
            b" in /srv/wp-content/plugins/",
            evil,
            b"/x.php:3\nStack trace:\n#0 {main}\n  thrown in /srv/wp-content/plugins/",
            evil,
            b"/x.php on line 3\n",
        ]
        .concat()
    };
    EVIL.iter().flat_map(|evil| line(evil)).collect()
}

fn is_harmless(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' | '\u{ad}' | '\u{61c}');
    c == '\n' || !(c.is_control() || invisible)
}

#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    for (number, line) in text.lines().enumerate() {
        if let Some(c) = line.chars().find(|c| !is_harmless(*c)) {
            panic!("{what}, line {}: U+{:04X} in {line:?}", number + 1, u32::from(c));
        }
    }
    // `lines` takes a carriage return away.
    assert!(!text.contains('\r'), "{what} has a carriage return");
}

#[track_caller]
fn assert_clean(run: &Run) {
    assert_harmless("stdout", run.out());
    assert_harmless("stderr", run.err());
}

#[test]
fn text_holds_nothing_that_moves_a_terminal() {
    let folder = Folder::new();
    let nginx = folder.file("error.log", log());
    let fpm = folder.file("fpm.log", fpm_log());
    for form in [&["-v"][..], &["events"]] {
        let run = run([form, &["--tz", "UTC", "--color", "never", &nginx, &fpm]].concat());
        run.ok();
        assert_clean(&run);
        // What was left out is shown as an escape, so that it can be searched for.
        assert!(run.out().contains("\\x1b[31mred"), "{}", run.out());
    }
}

#[test]
fn colours_are_ours_alone() {
    let folder = Folder::new();
    let nginx = folder.file("error.log", log());
    let fpm = folder.file("fpm.log", fpm_log());
    for form in [&["-v"][..], &["events"]] {
        let run = run([form, &["--tz", "UTC", "--color", "always", &nginx, &fpm]].concat());
        let coloured = run.ok();
        assert!(coloured.contains("\x1b["));
        // Taking away what sets colours, and only that, must leave nothing else.
        let mut plain = String::new();
        let mut rest = coloured;
        while let Some(at) = rest.find("\x1b[") {
            plain.push_str(&rest[..at]);
            let sequence = &rest[at + 2..];
            let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
            assert_eq!(&sequence[end..=end], "m", "{:?}", &rest[at..at + 12]);
            rest = &sequence[end + 1..];
        }
        plain.push_str(rest);
        assert_harmless("stdout without colours", &plain);
        let never =
            command().args(form).args(["--tz", "UTC", "--color", "never", &nginx, &fpm]).output().unwrap();
        assert_eq!(plain, String::from_utf8(never.stdout).unwrap(), "colour changes nothing but colour");
    }
}

#[test]
fn json_is_json_whatever_comes() {
    let folder = Folder::new();
    let nginx = folder.file("error.log", log());
    let fpm = folder.file("fpm.log", fpm_log());
    let lines = run(["events", "-f", "ndjson", "--raw", "--tz", "UTC", &nginx, &fpm]);
    let events = lines.lines();
    assert_eq!(events.len(), EVIL.len() * 5);
    assert_eq!(lines.out().lines().count(), events.len(), "one value is one line");
    for (n, evil) in EVIL.iter().enumerate() {
        let shown = String::from_utf8_lossy(evil);
        let event = &events[n * 4];
        assert_eq!(text(event, "host"), format!("h{shown}"));
        assert_eq!(number(event, "line"), n as u64 * 4 + 1);
        assert!(text(event, "raw").contains(&*shown), "{event}");
    }
    let array = run(["events", "-f", "json", "--tz", "UTC", &nginx]).json();
    assert_eq!(array.as_array().unwrap().len(), EVIL.len() * 4);
    let summary = run(["-f", "json", "--tz", "UTC", &nginx, &fpm]).json();
    let kinds = summary["kinds"].as_array().unwrap();
    let forbidden = kinds.iter().find(|k| k["kind"] == "access-forbidden").unwrap();
    assert_eq!(forbidden["hosts"].as_array().unwrap().len(), EVIL.len());
}

/// Names of browsers and plugins come from strangers as well, and stand in lists and fields of their own.
#[test]
fn requests_and_messages_of_php_are_strangers_too() {
    let folder = Folder::new();
    let access = folder.file("access.log", access_log());
    let php = folder.file("php_errors.log", php_log());
    let form = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
    for path in [&access, &php] {
        let args = ["--tz", "UTC", "--log-format", form, path];
        for form in [&["-v"][..], &["events"], &["-f", "csv"], &["events", "-f", "csv", "--raw"]] {
            let run = run([form, &args].concat());
            run.ok();
            assert_clean(&run);
            assert!(run.out().contains("red"), "{}", run.out());
        }
        let events = run([&["events", "-f", "ndjson", "--raw"], &args[..]].concat());
        assert_eq!(events.lines().len(), EVIL.len(), "{path}");
        for (event, evil) in events.lines().iter().zip(EVIL) {
            let shown = String::from_utf8_lossy(evil);
            assert!(text(event, "raw").contains(&*shown), "{event}");
            if path == &access {
                assert_eq!(text(event, "user_agent"), shown);
            } else {
                assert_eq!(text(event, "component"), format!("plugin {shown}"));
            }
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    let folder = Folder::new();
    let formulas = ["=HYPERLINK(\"http://example.com\")", "+1+1", "-1-1", "@SUM(A1)", "=cmd|' /C calc'!A0"];
    let mut log = String::new();
    for f in formulas {
        log.push_str(&format!(
            "2026/11/23 12:00:00 [error] 7#7: *1 {f}, client: 192.0.2.1, server: {f}, request: \"GET {f} HTTP/1.1\", \
             upstream: \"{f}\", host: \"{f}\"\n"
        ));
    }
    log.push_str("[23-Nov-2026 12:00:04] WARNING: [pool =p] child 5 said into stderr: \"=x\"\n");
    folder.file("=error.log", log);
    for form in [&["events", "-f", "csv", "--raw"][..], &["-f", "csv"]] {
        let mut command = command();
        command.current_dir(folder.path()).args(form).args(["--tz", "UTC", "=error.log"]);
        let run = finish(&mut command);
        let mut cells = 0;
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(run.ok().as_bytes());
        for row in table.records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
                cells += 1;
            }
        }
        assert!(cells > 30, "{}", run.out());
        // Shown with a quote before it, in the place of the host as in that of the file.
        assert!(run.out().contains("'=cmd|") && run.out().contains("'=error.log"), "{}", run.out());
        assert_harmless("csv", run.out());
    }
}

/// A table holds text for people: no control byte in it either.
#[test]
fn tables_hold_no_control_bytes() {
    let folder = Folder::new();
    let nginx = folder.file("error.log", log());
    assert_clean(&run(["events", "-f", "csv", "--raw", "--tz", "UTC", &nginx]));
    assert_clean(&run(["-f", "csv", "--tz", "UTC", &nginx]));
}

#[test]
#[cfg(unix)]
fn names_of_files_are_strangers_too() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let folder = Folder::new();
    let evil: &[u8] = b"\x1b[31mred\x07\x9b\xe2\x80\xae\nerror.log";
    let name = OsStr::from_bytes(evil);
    let path = folder.at("").join(name);
    if std::fs::write(&path, log()).is_err() {
        return; // A file system that takes no such name needs no care.
    }
    let path = path.into_os_string();
    let args = |more: &[&str]| -> Vec<OsString> {
        let of_words = more.iter().map(|w| OsString::from(*w));
        of_words.chain(["--tz", "UTC"].map(OsString::from)).chain([path.clone()]).collect()
    };
    for form in [&["-v"][..], &["events"], &["-f", "csv"], &["events", "-f", "csv"]] {
        let run = run(args(form));
        run.ok();
        assert_clean(&run);
    }
    let run_json = run(args(&["events", "-f", "json"]));
    let first = run_json.json()[0].clone();
    assert!(text(&first, "file").ends_with(&*String::from_utf8_lossy(evil)));

    // What is said about such a file, wherever it is named.
    let missing: Vec<u8> = [path.as_bytes(), b".gone"].concat();
    let missing = OsString::from_vec(missing);
    for before in ["", "--rules", "-o"] {
        let mut command = command();
        if !before.is_empty() {
            command.arg(before);
        }
        let folder_too = [missing.as_bytes(), b"/x"].concat();
        command.arg(OsStr::from_bytes(if before == "-o" { &folder_too } else { missing.as_bytes() }));
        let run = finish(command.arg("php-fatal/nginx/error.log"));
        assert_eq!(run.code, Some(2), "{before}");
        assert!(run.err().contains("error.log.gone"), "{before}: {}", run.err());
        assert_clean(&run);
    }
}

/// `logscan *` in a folder where somebody has put a file of such a name.
#[test]
fn names_that_look_like_options_are_harmless() {
    for evil in ["--\u{1b}]0;owned\u{7}", "--for\u{202e}mat", "--\u{9b}31m", "-\u{7f}"] {
        let run = run([evil]);
        assert_eq!(run.code, Some(2));
        assert!(!run.err().is_empty());
        assert_clean(&run);
    }
    for option in ["--kind", "--cause", "--level", "--grep", "--since", "--tz"] {
        let run = run([option, "(\u{1b}[31m\u{202e}", "php-fatal"]);
        assert_eq!(run.code, Some(2), "{option}");
        assert_clean(&run);
    }
    let asked = run(["explain", "\u{1b}[31m\u{202e}"]);
    assert_eq!(asked.code, Some(2));
    assert_clean(&asked);
}
