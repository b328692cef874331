//! Forms of output: what people read, and what programs read.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Folder, command, finish, gzip, keys, log_of, number, run, text};
use serde_json::Value;

const OOM: [&str; 3] = ["--tz", "America/Chicago", "php-fpm-oom-killed"];
/// Lines of that incident that are told: all 33 of the kernel, 17 of nginx's error log and 25 of php-fpm's; of 100
/// requests four 403, four 499, three 502, two 444 and a TLS handshake.
const OOM_EVENTS: usize = 33 + 17 + 25 + 14;
const SOCKET: [&str; 3] = ["--tz", "Asia/Kolkata", "php-fpm-socket-missing"];

fn summary_text(args: [&str; 3], columns: &str) -> String {
    let run = finish(command().env("COLUMNS", columns).args(args).args(["--color", "never"]));
    run.is_quiet(0);
    let text = run.out().to_owned();
    // The headline and the hint at the end are one line each, whatever the width.
    let width: usize = columns.parse().unwrap();
    let wide = text.lines().skip(1).filter(|l| l.chars().count() > width && !l.starts_with("More: "));
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(text.lines().find(|l| l.ends_with(' ')), None, "a blank at the end of a line");
    text
}

#[test]
fn summary_of_killed_workers() {
    insta::assert_snapshot!("killed_80", summary_text(OOM, "80"));
    insta::assert_snapshot!("killed_120", summary_text(OOM, "120"));
}

#[test]
fn summary_of_a_missing_socket() {
    insta::assert_snapshot!("socket_80", summary_text(SOCKET, "80"));
    insta::assert_snapshot!("socket_120", summary_text(SOCKET, "120"));
}

/// The first line answers the question: what, since when, what visitors see.
#[test]
fn the_headline_tells_the_worst() {
    let headline = |args: [&str; 3]| {
        let run = finish(command().env("COLUMNS", "200").args(args));
        run.ok().lines().next().unwrap().to_owned()
    };
    let oom = headline(OOM);
    assert!(oom.contains("memory") && oom.contains("05:58:29") && oom.contains("502"), "{oom}");
    let socket = headline(SOCKET);
    assert!(
        socket.contains("not running") && socket.contains("17:29:32") && socket.contains("502"),
        "{socket}"
    );
    // Two kinds show one cause: a crash and a kill five seconds later.
    let worker = headline(["--tz", "UTC", "nginx-worker-killed"]);
    assert_eq!(worker, "nginx worker crash or kill, 2026-11-23 12:02:08 to 12:02:13: visitors see 520");
    // The access log has more 500 than PHP's log has of either kind of exception, and knows less.
    let fatal = headline(["--tz", "America/Chicago", "php-fatal"]);
    assert_eq!(fatal, "Fatal PHP error, 2026-11-23 06:00:18 to 06:00:25: visitors see 500");
    // nginx tells failed handshakes at the level of what clients do; whose they are it does not know.
    let tls = headline(["--tz", "UTC", "tls-protocol-mismatch"]);
    let warned = "Warnings only: TLS handshake with the edge failed, 2026-11-23 12:02:24 to ";
    assert!(tls.starts_with(warned) && tls.ends_with(": visitors may see 525"), "{tls}");
    let info = headline(["--tz", "UTC", "backend-garbage/nginx/blog.example.org.error.log"]);
    assert_eq!(info, "No fault that visitors would see");
    let none = headline(["--kind", "proc-worker-segv", "php-fatal"]);
    assert_eq!(none, "Nothing matches");
}

/// Text that is not a terminal's has no colour unless it is asked for.
#[test]
fn colour_only_where_wanted() {
    assert!(!run(OOM).ok().contains('\x1b'));
    let run = finish(command().args(OOM).args(["--color", "always"]));
    assert!(run.ok().contains("\x1b["));
    let not_even_here = finish(command().env("NO_COLOR", "1").args(OOM).args(["--color", "auto"]));
    assert!(!not_even_here.ok().contains('\x1b'));
}

/// One event has no course in time to draw; nothing stands in its place.
#[test]
fn a_single_event_is_told_without_a_timeline() {
    let text = summary_text(["--kind", "fpm-ready", "php-fatal/php/php8.2-fpm.log"], "80");
    let line = text.lines().find(|l| l.contains("fpm-ready  1 x")).unwrap();
    assert_eq!(line, "  notice   fpm-ready  1 x  php-fpm restarted or reloaded");
}

#[test]
fn without_a_unicode_locale_text_is_ascii() {
    let plain = finish(command().env("LC_ALL", "C").args(OOM));
    assert!(plain.ok().is_ascii());
}

fn json_summary(args: &[&str]) -> Value {
    let run = run(["--format", "json"].iter().chain(args));
    run.ok();
    run.json()
}

/// No value is null or empty; lists and the window of the document itself may be.
fn assert_nothing_empty(value: &Value, path: &str) {
    let empty = match value {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    };
    assert!(!empty || matches!(path, ".window" | ".inputs" | ".kinds"), "{path} is {value}");
    match value {
        Value::Array(list) => list.iter().for_each(|v| assert_nothing_empty(v, &format!("{path}[]"))),
        Value::Object(map) => map.iter().for_each(|(k, v)| assert_nothing_empty(v, &format!("{path}.{k}"))),
        _ => {}
    }
}

/// RFC 3339 in UTC: `2026-11-23T11:58:26Z`, with a fraction where the source has one.
fn assert_utc(time: &str) {
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let (seconds, rest) = shape.split_at_checked(19).unwrap_or_default();
    assert_eq!(seconds, "0000-00-00T00:00:00", "{time}");
    let fraction = rest.strip_suffix('Z').expect("UTC");
    assert!(fraction.is_empty() || fraction.starts_with('.'), "{time}");
}

#[test]
fn json_summary_has_the_agreed_keys() {
    let since = ["--since", "2026-11-23T11:58:00Z", "--until", "2026-11-23T13:00:00+01:00"];
    let summary = json_summary(&[&OOM[..], &since].concat());
    assert_nothing_empty(&summary, "");
    let of_summary = ["schema", "window", "inputs", "statuses", "kinds", "timeline"];
    assert_eq!(keys(&summary), BTreeSet::from(of_summary));
    assert_eq!(summary["schema"], "logscan.summary/1");
    assert_eq!(summary["window"]["since"], "2026-11-23T11:58:00Z");
    assert_eq!(summary["window"]["until"], "2026-11-23T12:00:00Z");
    let of_input = [
        "file",
        "source",
        "bytes",
        "lines",
        "records",
        "continued",
        "unrecognized",
        "events",
        "first",
        "last",
    ];
    for input in summary["inputs"].as_array().unwrap() {
        let mut wanted = BTreeSet::from(of_input);
        if text(input, "source") == "nginx-access" {
            wanted.insert("statuses");
        }
        assert_eq!(keys(input), wanted);
        ["first", "last"].iter().for_each(|k| assert_utc(text(input, k)));
    }
    for kind in summary["kinds"].as_array().unwrap() {
        let missing: Vec<&str> = ["kind", "cause", "count", "first", "last", "example"]
            .into_iter()
            .filter(|k| !keys(kind).contains(k))
            .collect();
        assert_eq!(missing, Vec::<&str>::new(), "{kind}");
        ["first", "last"].iter().for_each(|k| assert_utc(text(kind, k)));
        assert!(text(kind, "first") <= text(kind, "last"));
        let example = &kind["example"];
        let log = log_of(".", text(example, "file"));
        let line = usize::try_from(number(example, "line")).unwrap();
        assert_eq!(log.lines().nth(line - 1), Some(text(example, "text")));
        assert!(
            log[usize::try_from(number(example, "offset")).unwrap()..].starts_with(text(example, "text"))
        );
    }
}

#[test]
fn json_names_hosts_and_upstreams_with_their_counts() {
    let summary = json_summary(&SOCKET);
    let kinds = summary["kinds"].as_array().unwrap();
    let row = kinds.iter().find(|k| k["kind"] == "connect-unix-enoent").unwrap();
    assert_eq!(number(row, "count"), 24);
    // The most frequent first.
    assert_eq!(row["hosts"], serde_json::json!(["www.example.com", "blog.example.org"]));
    assert_eq!(row["host_counts"], serde_json::json!([19, 5]));
    let sockets = ["fastcgi://unix:/run/php/php8.2-fpm.sock", "fastcgi://unix:/run/php/php8.2-fpm-blog.sock"];
    assert_eq!(row["upstreams"], serde_json::json!(sockets));
    assert_eq!(row["upstream_counts"], serde_json::json!([19, 5]));
    // 17:29:32 in Kolkata.
    assert_eq!(row["first"], "2026-11-23T11:59:32Z");
    // The gravest kind comes first.
    assert_eq!(kinds[0]["kind"], "connect-unix-enoent");
}

#[test]
fn timeline_adds_up_to_the_counts() {
    for args in [OOM, SOCKET, ["--tz", "UTC", "tls-protocol-mismatch"]] {
        let summary = json_summary(&args);
        let timeline = &summary["timeline"];
        assert_eq!(keys(timeline), BTreeSet::from(["start", "step_seconds", "counts"]));
        assert_utc(text(timeline, "start"));
        assert!(number(timeline, "step_seconds") >= 1);
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for kind in summary["kinds"].as_array().unwrap() {
            *counts.entry(text(kind, "kind")).or_default() += number(kind, "count");
            assert!(text(timeline, "start") <= text(kind, "first"));
        }
        let mut lengths = BTreeSet::new();
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (kind, bins) in timeline["counts"].as_object().unwrap() {
            let bins = bins.as_array().unwrap();
            lengths.insert(bins.len());
            sums.insert(kind, bins.iter().map(|b| b.as_u64().unwrap()).sum());
        }
        assert_eq!(sums, counts);
        assert_eq!(lengths.len(), 1, "all rows of the timeline are as long");
    }
}

#[test]
fn summary_as_lines_and_as_a_table_holds_the_same_kinds() {
    let whole = json_summary(&OOM);
    let kinds = whole["kinds"].as_array().unwrap();
    let lines = run(["-f", "ndjson"].iter().chain(&OOM));
    assert_eq!(&lines.lines(), kinds);

    let table = run(["-f", "csv"].iter().chain(&OOM));
    let mut reader = csv::Reader::from_reader(table.ok().as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(
        header.iter().take(6).collect::<Vec<_>>(),
        ["kind", "cause", "severity", "count", "first", "last"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of_rows: Vec<(&str, String)> = rows.iter().map(|r| (&r[0], r[3].to_owned())).collect();
    let of_json: Vec<(&str, String)> =
        kinds.iter().map(|k| (text(k, "kind"), number(k, "count").to_string())).collect();
    assert_eq!(of_rows, of_json);
}

#[test]
fn events_as_text() {
    let run = run(["events"].iter().chain(&OOM));
    let lines: Vec<&str> = run.ok().lines().collect();
    assert_eq!(lines.len(), OOM_EVENTS);
    let killed = "2026-11-23 05:58:29 critical fpm-child-sigkill php-fpm-oom-killed/php/php8.2-fpm.log:6: \
                  child 27822 exited on signal 9 (SIGKILL) after 3.511279 seconds from start pool=www";
    assert!(lines.contains(&killed), "{}", run.out());
    let reset = "2026-11-23 05:58:29 error    upstream-recv-reset-header php-fpm-oom-killed/nginx/error.log:6: \
                 recv() failed (104: Connection reset by peer) while reading response header from upstream \
                 host=www.example.com upstream=fastcgi://unix:/run/php/php8.2-fpm.sock";
    assert!(lines.contains(&reset), "{}", run.out());
}

/// Of a request the line tells what was asked, with the status, whatever form the log has.
#[test]
fn requests_as_text() {
    let told = |incident: &str, kind: &str| {
        let run = run(["events", "--tz", "UTC", "--kind", kind, incident]);
        run.ok().lines().next().unwrap().to_owned()
    };
    assert_eq!(
        told("slow-app-524", "access-499"),
        "2026-11-23 12:07:50 info     access-499 slow-app-524/nginx/example.com.access.log:29: GET /search?q=lamp \
         -> 499 host=www.example.com upstream=unix:/run/php/php8.2-fpm.sock ray=a5f00e58ed042438"
    );
    assert_eq!(
        told("backend-garbage", "access-009"),
        "2026-11-23 12:06:12 error    access-009 backend-garbage/nginx/api.example.net.access.log:2: \
         GET /v1/stock?sku=A838 HTTP/1.1 -> 009 ray=a5f00be800b7e84b"
    );
}

/// What only shows that something failed does not pretend to know why, and comes after what does.
#[test]
fn an_open_cause_is_called_open() {
    let page = run(["--tz", "UTC", "app-503"]);
    let page = page.ok();
    assert!(!page.contains("Something else"), "{page}");
    assert!(
        page.contains("ERROR    access-503  8 x\n  cause    not told by these lines (other)\n"),
        "{page}"
    );
    let at = |kind: &str| page.find(&format!(" {kind}  ")).unwrap_or_else(|| panic!("{kind}: {page}"));
    assert!(at("limit-req-reject") < at("access-503") && at("access-503") < at("access-500"));
    let alone = run(["--tz", "UTC", "--kind", "access-500", "app-503"]);
    let headline = alone.ok().lines().next().unwrap();
    assert_eq!(headline, "Cause not told (access-500), 2026-11-23 12:02:57: visitors see 500");
}

#[test]
fn events_as_json_hold_the_fields_of_the_line() {
    let lines = run(["events", "-f", "ndjson"].iter().chain(&OOM)).lines();
    let array = run(["events", "-f", "json"].iter().chain(&OOM));
    assert_eq!(array.json(), Value::Array(lines.clone()));
    lines.iter().for_each(|event| {
        assert_nothing_empty(event, "event");
        assert_utc(text(event, "time"));
    });

    let at = |file: &str, line: u64| {
        lines.iter().find(|e| text(e, "file").ends_with(file) && number(e, "line") == line).unwrap()
    };
    let wanted: Value = serde_json::json!({
        "time": "2026-11-23T11:58:29Z", "kind": "upstream-recv-reset-header", "cause": "php-fpm-crash",
        "severity": "error", "source": "nginx-error", "file": "php-fpm-oom-killed/nginx/error.log", "line": 6,
        "offset": log_of("php-fpm-oom-killed", "nginx/error.log").lines().take(5).map(|l| l.len() + 1).sum::<usize>(),
        "level": "error", "message": "recv() failed (104: Connection reset by peer)", "pid": 27830, "tid": 27830,
        "connection": 64, "errno": 104, "action": "reading response header from upstream",
        "client": "172.70.246.112", "server": "www.example.com", "method": "GET", "uri": "/account/orders/export",
        "protocol": "HTTP/1.1", "host": "www.example.com",
        "upstream": "fastcgi://unix:/run/php/php8.2-fpm.sock:",
    });
    assert_eq!(at("nginx/error.log", 6), &wanted);
    let killed = at("php8.2-fpm.log", 6);
    assert_eq!(
        (&killed["pool"], number(killed, "child_pid"), number(killed, "signal")),
        (&"www".into(), 27822, 9)
    );
    assert_eq!(killed["level"], "warn");
}

#[test]
fn no_event_is_a_valid_array_too() {
    let none = run(["events", "-f", "json", "--kind", "proc-worker-segv", "php-fatal/nginx/error.log"]);
    assert_eq!(none.json(), serde_json::json!([]));
    none.is_quiet(0);
    assert_eq!(run(["events", "--kind", "proc-worker-segv", "php-fatal/nginx/error.log"]).ok(), "");
}

#[test]
fn events_as_a_table() {
    let run = run(["events", "-f", "csv", "--raw"].iter().chain(&OOM));
    let mut reader = csv::Reader::from_reader(run.ok().as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), OOM_EVENTS);
    let of = |name: &str| rows.iter().filter(|r| &r[column("kind")] == name).collect::<Vec<_>>();
    let pids: Vec<&str> = of("fpm-child-sigkill").iter().map(|r| &r[column("child_pid")]).collect();
    assert_eq!(pids, ["27822", "27832", "27823"]);
    // A message with quotes and commas comes back whole.
    let of_nginx = rows.iter().filter(|r| r[column("file")].ends_with("nginx/error.log"));
    let raw: Vec<&str> = of_nginx.map(|r| &r[column("raw")]).collect();
    let nginx = log_of("php-fpm-oom-killed", "nginx/error.log");
    assert_eq!(raw, nginx.lines().collect::<Vec<_>>());
}

#[test]
fn raw_is_the_line_as_it_stands_in_the_log() {
    let run = run(["events", "-f", "ndjson", "--raw", "--tz", "UTC", "upstream-timeout/php/php8.2-fpm.log"]);
    let events = run.lines();
    let raw: Vec<&str> = events.iter().map(|e| text(e, "raw")).collect();
    assert_eq!(raw, log_of("upstream-timeout", "php/php8.2-fpm.log").lines().collect::<Vec<_>>());
}

/// More workers are faster and nothing else.
#[test]
fn threads_do_not_change_a_byte() {
    let folder = Folder::new();
    // Long enough to be cut in pieces, with more hosts than are kept. Each line tells its own number.
    let path = "deep/".repeat(60);
    let log: String = (1..=21_000u32)
        .map(|n| {
            let (m, s) = (n / 600, n / 10 % 60);
            let what =
                ["access forbidden by rule", "directory index of \"/srv/\" is forbidden"][n as usize % 2];
            let host = format!("s{}.example.com", n % 1500);
            format!(
                "2026/11/23 12:{m:02}:{s:02} [error] 7#7: *{n} {what}, client: 192.0.2.1, server: {host}, \
                 request: \"GET /{path} HTTP/1.1\", host: \"{host}\"\n"
            )
        })
        .collect();
    assert!(log.len() > 8 << 20, "{}", log.len());
    let plain = folder.file("error.log", &log);
    let packed = folder.file("packed.log", gzip(log.as_bytes()));
    for (form, path) in [
        (&["--format", "json"][..], &plain),
        (&["events", "--format", "ndjson"], &plain),
        (&["events", "--format", "csv"], &packed),
    ] {
        let of = |threads: &str| {
            let run = run([form, &["--tz", "UTC", "--threads", threads, path]].concat());
            run.ok();
            run.stdout
        };
        let one = of("1");
        assert!(of("2") == one, "2 threads, {form:?}");
        assert!(of("4") == one, "4 threads, {form:?}");
    }
    let events =
        run(["events", "-f", "ndjson", "--threads", "4", "--host", "s7.example.com", &plain]).lines();
    assert_eq!(events.len(), 14);
    assert!(events.iter().all(|e| number(e, "line") == number(e, "connection")), "a line has another number");
}
