//! Filters, windows, users' own rules, and what else decides which events are told.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeSet;

use common::{Folder, NGINX_LINE, Run, command, finish, gzip, log_of, number, run, text};
use logscan::catalogue::Catalogue;
use logscan::scan::Timestamp;
use serde_json::Value;

const OOM: &str = "php-fpm-oom-killed";
/// The error logs of that incident, of 17 and 25 lines.
const ERRORS: [&str; 2] = ["php-fpm-oom-killed/nginx/error.log", "php-fpm-oom-killed/php/php8.2-fpm.log"];

fn call(args: &[&str]) -> Run {
    run(["events", "-f", "ndjson"].iter().chain(args))
}

#[track_caller]
fn events(args: &[&str]) -> Vec<Value> {
    let run = call(args);
    run.ok();
    run.lines()
}

/// File names and lines of events of the error logs of the incident of killed workers.
fn places(args: &[&str]) -> Vec<(String, u64)> {
    places_in(&ERRORS, args)
}

fn places_in(paths: &[&str], args: &[&str]) -> Vec<(String, u64)> {
    let short = |file: &str| file.rsplit('/').next().unwrap_or_default().to_owned();
    let all = events(&[args, &["--tz", "America/Chicago"], paths].concat());
    all.iter().map(|e| (short(text(e, "file")), number(e, "line"))).collect()
}

fn of(file: &str, lines: &[u64]) -> Vec<(String, u64)> {
    lines.iter().map(|l| (file.to_owned(), *l)).collect()
}

fn of_nginx(lines: &[u64]) -> Vec<(String, u64)> {
    of("error.log", lines)
}

fn of_fpm(lines: &[u64]) -> Vec<(String, u64)> {
    of("php8.2-fpm.log", lines)
}

fn of_access(lines: &[u64]) -> Vec<(String, u64)> {
    of("access.log", lines)
}

/// Lines of an access log that hold a text, from 1.
fn lines_with(incident: &str, file: &str, needle: &str) -> Vec<u64> {
    let log = log_of(incident, file);
    log.lines().zip(1..).filter(|(line, _)| line.contains(needle)).map(|(_, n)| n).collect()
}

#[test]
fn by_kind_and_by_cause() {
    assert_eq!(places(&["--kind", "fpm-child-sigkill"]), of_fpm(&[6, 14, 18]));
    let both = ["--kind", "fpm-child-sigkill", "--kind", "upstream-recv-reset-header"];
    assert_eq!(places(&both), [of_nginx(&[6, 12, 15]), of_fpm(&[6, 14, 18])].concat());
    assert_eq!(places(&["--cause", "fpm-down"]), of_fpm(&[24, 25]));
    let both = ["--cause", "fpm-down", "--cause", "php-fpm-oom-killed"];
    assert_eq!(places(&both), of_fpm(&[6, 14, 18, 24, 25]));
    // Different filters must hold all together.
    assert_eq!(places(&["--kind", "fpm-child-sigkill", "--cause", "fpm-down"]), []);
    // One cause is told by several logs: the kernel's summary and kill, and what php-fpm saw of it.
    let of_kernel = of("kern.log", &[10, 11, 21, 22, 32, 33]);
    assert_eq!(
        places_in(&[OOM], &["--cause", "php-fpm-oom-killed"]),
        [of_kernel, of_fpm(&[6, 14, 18])].concat()
    );
}

#[test]
fn by_level() {
    // Every line of this nginx log is at error; php-fpm has 17 warnings and 8 notices.
    let count = |levels: &[&str]| places(levels).len();
    assert_eq!(count(&["--level", "error"]), 17);
    assert_eq!(count(&["--level", "warn"]), 17);
    assert_eq!(count(&["--level", "notice"]), 8);
    assert_eq!(count(&["--level", "warn+"]), 34);
    assert_eq!(count(&["--level", "notice+"]), 42);
    assert_eq!(count(&["--level", "crit+"]), 0);
    assert_eq!(count(&["--level", "notice", "--level", "warn"]), 25);
    // php-fpm's own names are names, too.
    assert_eq!(count(&["--level", "WARNING"]), 17);
    // Neither access lines nor the kernel's lines in syslog have a level: no level keeps them.
    assert_eq!(places_in(&[OOM], &["--level", "debug+"]).len(), 42);
}

#[test]
fn by_host() {
    let log = log_of(OOM, "nginx/error.log");
    let with = |host: &str| {
        let lines = log.lines().enumerate().filter(|(_, l)| l.contains(&format!("host: \"{host}\"")));
        lines.map(|(n, _)| n as u64 + 1).collect::<Vec<_>>()
    };
    let (shop, blog) = (with("www.example.com"), with("blog.example.org"));
    assert!(!shop.is_empty() && !blog.is_empty());
    assert_eq!(places(&["--host", "www.example.com"]), of_nginx(&shop));
    assert_eq!(places(&["--host", "BLOG.example.org"]), of_nginx(&blog));
    let all = places(&["--host", "www.example.com", "--host", "blog.example.org"]);
    assert_eq!(all.len(), shop.len() + blog.len());
    assert_eq!(places(&["--host", "example.com"]), [], "a part of a name is another name");
}

/// Requests that were logged with a status are kept, and what makes visitors see it, as the catalogue says.
#[test]
fn by_status() {
    let catalogue = Catalogue::builtin();
    let shows = |event: &Value, status: u16| {
        let edge = &catalogue.kind_named(text(event, "kind")).unwrap().1.edge;
        event["status"] == status || edge.contains(&status)
    };
    let all = events(&["--tz", "America/Chicago", OOM]);
    for status in [403, 404, 444, 499, 502, 520] {
        let wanted: Vec<Value> = all.iter().filter(|e| shows(e, status)).cloned().collect();
        assert!(!wanted.is_empty());
        let number = status.to_string();
        assert_eq!(events(&["--tz", "America/Chicago", "--status", &number, OOM]), wanted);
    }
    let two = all.iter().filter(|e| shows(e, 403) || shows(e, 404)).count();
    assert_eq!(places_in(&[OOM], &["--status", "403", "--status", "404"]).len(), two);
}

#[test]
fn by_status_of_requests() {
    // All nine 499 of the shop; the five that an edge with less patience made are none of another kind here.
    let of_shop = of("example.com.access.log", &[29, 32, 44, 48, 63, 66, 71, 77, 86]);
    assert_eq!(places_in(&["slow-app-524"], &["--status", "499"]), of_shop);
    assert_eq!(places_in(&["slow-app-524"], &["--status", "499", "--kind", "access-499"]), of_shop);
    assert_eq!(places_in(&["slow-app-524"], &["--status", "499", "--kind", "access-403"]), []);

    // A 444 that went through Cloudflare is a 520 there; a scanner's that came directly is nobody's.
    let waf = |args: &[&str]| places_in(&["waf-444"], args);
    let (seen, direct) = ([11, 35, 38, 47, 60, 79, 81, 84], [37]);
    let mut both = [&seen[..], &direct].concat();
    both.sort_unstable();
    assert_eq!(waf(&["--status", "444"]), of_access(&both));
    assert_eq!(waf(&["--kind", "access-444"]), of_access(&seen));
    assert_eq!(waf(&["--kind", "access-444", "--status", "520"]), of_access(&seen));
    assert_eq!(waf(&["--kind", "access-444-direct"]), of_access(&direct));
    assert_eq!(waf(&["--kind", "access-444-direct", "--status", "520"]), []);
    // A status below 100 is one, too: nginx writes it for an answer without a head.
    let headless = of("api.example.net.access.log", &[2, 7, 9, 13]);
    assert_eq!(places_in(&["backend-garbage"], &["--status", "009"]), headless);
    assert_eq!(places_in(&["backend-garbage"], &["--status", "520", "--kind", "access-009"]), headless);
}

/// Of an access line the host is what its format says, as it is of an error line.
#[test]
fn by_host_of_requests() {
    let waf = |args: &[&str]| places_in(&["waf-444/nginx/access.log"], args);
    assert_eq!(waf(&["--host", "203.0.113.10"]), of_access(&[37]));
    let of_499 = |host: &str| -> Vec<u64> {
        let of_host = lines_with("waf-444", "nginx/access.log", &format!("\" {host} \"a5f"));
        let of_status = lines_with("waf-444", "nginx/access.log", "\" 499 0 ");
        of_status.into_iter().filter(|n| of_host.contains(n)).collect()
    };
    assert_eq!(of_499("www.example.com"), [6, 20, 28, 72]);
    assert_eq!(waf(&["--host", "www.example.com", "--status", "499"]), of_access(&[6, 20, 28, 72]));
    assert_eq!(waf(&["--host", "blog.example.org", "--status", "499"]), []);
    let shop = waf(&["--host", "WWW.example.com", "--kind", "access-444"]);
    assert_eq!(shop, of_access(&[11, 35, 38, 47, 60, 79, 81, 84]));
    // `$host:$server_port`, and the same host in both logs.
    let log = log_of(OOM, "nginx/access.log");
    let of_shop =
        log.lines().zip(1..).filter(|(l, _)| l.starts_with("www.example.com:") && l.contains("\" 502 "));
    assert_eq!(of_shop.map(|(_, n)| n).collect::<Vec<u64>>(), [37, 57, 79]);
    let both = places_in(&[OOM], &["--host", "www.example.com", "--status", "502"]);
    assert_eq!(both, [of_access(&[37, 57, 79]), of_nginx(&[6, 12, 15])].concat());
    // A format without the host has none to keep.
    assert_eq!(places_in(&["php-memory-limit/nginx/access.log"], &["--host", "www.example.com"]), []);
}

#[test]
fn by_regular_expression() {
    assert_eq!(places(&["--grep", r"child \d+ exited on signal 9\b"]), of_fpm(&[6, 14, 18]));
    assert_eq!(
        places(&["--grep", "bye-bye", "--grep", r"GET /\.aws/"]),
        [of_nginx(&[13]), of_fpm(&[25])].concat()
    );
    assert_eq!(places(&["--grep", "(?i)PRIMARY SCRIPT"]), of_nginx(&[11]));
}

#[test]
fn a_filter_that_cannot_match_says_what_is_wrong() {
    call(&["--kind", "fpm-child-sigkil", OOM])
        .says(2, &["fpm-child-sigkil", "did you mean `fpm-child-sigkill`"]);
    call(&["--cause", "fpm_down", OOM]).says(2, &["fpm_down", "did you mean `fpm-down`"]);
    call(&["--level", "waring", OOM]).says(2, &["waring", "did you mean `warn`"]);
    call(&["--level", "loud", OOM])
        .says(2, &["loud", "emerg, alert, crit, error, warn, notice, info, debug"]);
    call(&["--status", "9999", OOM]).says(2, &["9999", "0..=999"]);
    call(&["--grep", "(", OOM]).says(2, &["--grep"]);
    call(&["--status", "fivehundred", OOM]).says(2, &["fivehundred"]);
    call(&["--tz", "Europe/Berlim", OOM]).says(2, &["--tz", "Europe/Berlim"]);
}

/// Filters leave the counts of what was read alone.
#[test]
fn the_summary_counts_what_is_kept() {
    let run = run(["-f", "json", "--tz", "UTC", "--kind", "fpm-child-sigkill", OOM]);
    let summary = run.json();
    assert_eq!(summary["kinds"].as_array().unwrap().len(), 1);
    let of = |key: &str| summary["inputs"].as_array().unwrap().iter().map(|i| number(i, key)).sum::<u64>();
    // 33 lines of the kernel, 100 requests, 17 lines of nginx and 25 of php-fpm.
    assert_eq!((of("lines"), of("records"), of("events")), (175, 175, 3));
    // Nor do they change how many requests there were.
    assert_eq!(summary["statuses"]["200"], 83);
}

#[test]
fn by_time() {
    // --until leaves out its instant: what is of 05:58:33 to 05:58:36.
    let wanted = [of_nginx(&[12, 13, 14]), of_fpm(&[14, 15, 16, 17])].concat();
    for (since, until) in [
        ("2026-11-23 05:58:33", "2026-11-23 05:58:37"),
        ("2026-11-23T11:58:33Z", "2026-11-23T11:58:37Z"),
        ("2026-11-23T12:58:33+01:00", "2026-11-23 05:58:37"),
        ("@1795435113", "@1795435117"),
    ] {
        assert_eq!(places(&["--since", since, "--until", until]), wanted, "{since}");
    }
    assert_eq!(places(&["--since", "2026-11-23 05:58:41"]), of_fpm(&[24, 25]));
    assert_eq!(places(&["--until", "2026-11-23 05:58:27"]), of_fpm(&[1, 2, 3]));
    assert_eq!(places(&["--since", "2026-11-24"]), []);
}

/// The zone of the machine is that of stamps without one.
#[test]
fn the_zone_of_the_machine_is_the_default() {
    let first = |zone: &str| {
        let run = finish(command().env("TZ", zone).args(["events", "-f", "ndjson", ERRORS[0]]));
        text(&run.lines()[0], "time").to_owned()
    };
    assert_eq!(first("Asia/Kolkata"), "2026-11-23T00:28:27Z");
    assert_eq!(first("UTC"), "2026-11-23T05:58:27Z");
}

#[test]
fn durations_count_back_from_now() {
    let line = |seconds_ago: i64| {
        let at = Timestamp::from_seconds(Timestamp::now().seconds - seconds_ago).to_string();
        let stamp = at.trim_end_matches('Z').replace('-', "/").replace('T', " ");
        NGINX_LINE.replacen("2026/11/23 12:00:00", &stamp, 1) + "\n"
    };
    let folder = Folder::new();
    let log = folder.file("error.log", [line(3 * 86_400), line(7200), line(1800)].concat());
    let lines = |since: &str| {
        events(&["--tz", "UTC", "--since", since, &log]).iter().map(|e| number(e, "line")).collect::<Vec<_>>()
    };
    assert_eq!(lines("1h"), [3]);
    assert_eq!(lines("1h30m"), [3]);
    assert_eq!(lines("3h"), [2, 3]);
    assert_eq!(lines("4d"), [1, 2, 3]);
    assert_eq!(lines("10m"), [] as [u64; 0]);
}

#[test]
fn rotated_files_come_along_unless_told_not_to() {
    let files = |args: &[&str]| {
        let all = events(&[&["--tz", "Asia/Kolkata"], args].concat());
        let names: BTreeSet<String> = all.iter().map(|e| text(e, "file").to_owned()).collect();
        (all.len(), names.len())
    };
    let live = "php-fpm-socket-missing/nginx/example.com.error.log";
    assert_eq!(files(&[live]), (27, 3), "1 line, 23 in .1 and 3 in .2.gz");
    assert_eq!(files(&["--no-rotated", live]), (1, 1));
    // Nor are the rotated files of a folder read: its live logs have one error, and one request that is told.
    assert_eq!(files(&["--no-rotated", "php-fpm-socket-missing/nginx"]), (2, 2));
    // An older file brings nobody.
    assert_eq!(files(&["php-fpm-socket-missing/nginx/example.com.error.log.1"]), (23, 1));
    // A file that is named twice, or lies in a folder that is named too, is read once.
    // The error logs hold 27 of the shop and 6 of the blog; of the requests, 24 got a 502, 2 a 403, 1 a 400, and
    // one was given up.
    assert_eq!(files(&[live, live, "php-fpm-socket-missing/nginx"]).0, 33 + 28);
}

#[test]
fn exit_status_tells_whether_something_was_found() {
    let code = |args: &[&str]| run(["--exit-code", "--tz", "UTC"].iter().chain(args)).code;
    assert_eq!(code(&[OOM]), Some(1));
    assert_eq!(code(&["--kind", "proc-worker-segv", OOM]), Some(0));
    assert_eq!(code(&["no-such-file.log", OOM]), Some(2), "what could not be read counts for more");
    assert_eq!(run(["--tz", "UTC", OOM]).code, Some(0));
    let events = |args: &[&str]| run(["events", "--exit-code"].iter().chain(args)).code;
    assert_eq!(events(&[OOM]), Some(1));
    assert_eq!(events(&["--kind", "proc-worker-segv", OOM]), Some(0));
}

#[test]
fn the_format_of_an_input_can_be_forced() {
    let folder = Folder::new();
    // So much else comes first that content tells nothing.
    let log = folder.file("odd.log", "not a log line\n".repeat(6000) + NGINX_LINE + "\n");
    call(&[&log]).says(2, &["odd.log", "not read"]);
    let forced = call(&["--input-format", "nginx-error", &log]);
    forced.says(0, &["odd.log", "6000 lines"]);
    assert_eq!(forced.lines().len(), 1);
    call(&["--input-format", "apache", &log]).says(2, &["apache"]);
    // A record of another log is then a line like any other.
    let other = call(&["--input-format", "php-fpm", &folder.file("nginx.log", NGINX_LINE.to_owned() + "\n")]);
    other.says(0, &["nginx.log", "1 line is no record"]);
    assert_eq!(other.lines().len(), 0);
    // Gzip is known by its content, not by its name.
    let packed = folder.file("packed.log", gzip(NGINX_LINE.as_bytes()));
    assert_eq!(events(&[&packed]).len(), 1);
}

const RULES: &str = r#"[[kind]]
id = "shop-export"
match = "GET /account/orders/export"
cause = "shop-export-too-big"
severity = "critical"
meaning = "The export of orders died."
fix = ["Export fewer orders.", "Ask the shop's developers."]

[[kind]]
id = "worker-27823"
regex = 'child 2782[3] exited'
"#;

#[test]
fn rules_of_the_user_come_first() {
    let folder = Folder::new();
    let rules = folder.file("rules.toml", RULES);
    // By literal, with a cause of its own; by regular expression, without one.
    assert_eq!(places(&["--rules", &rules, "--kind", "shop-export"]), of_nginx(&[6, 12, 15]));
    assert_eq!(places(&["--rules", &rules, "--cause", "shop-export-too-big"]), of_nginx(&[6, 12, 15]));
    assert_eq!(places(&["--rules", &rules, "--kind", "worker-27823"]), of_fpm(&[18]));
    // What no rule names is named as before.
    assert_eq!(places(&["--rules", &rules, "--kind", "fpm-child-sigkill"]), of_fpm(&[6, 14]));

    let summary = run(["--rules", &rules, "--tz", "UTC", ERRORS[0], ERRORS[1]]);
    assert!(summary.ok().contains("CRITICAL shop-export  3 x"), "{}", summary.out());
    assert!(summary.out().contains("The export of orders died."));
    let page = run(["explain", "--rules", &rules, "shop-export"]);
    assert!(page.ok().contains("Export fewer orders."));
    assert!(run(["explain", "--rules", &rules]).ok().contains("Your kinds (2)"));
}

/// Each wrong file of rules, and what is said about it besides its name.
#[test]
fn wrong_rules_are_refused_with_the_place() {
    let folder = Folder::new();
    let wrong = |name: &str, text: &str, words: &[&str]| {
        let path = folder.file(name, text);
        let run = run(["--rules", &path, OOM]);
        assert_eq!(run.code, Some(2), "{name}: {}", run.err());
        assert_eq!(run.out(), "", "{name}");
        for word in words.iter().chain(&[name]) {
            assert!(run.err().contains(word), "{name} must say {word}: {}", run.err());
        }
    };
    wrong("broken.toml", "[[kind]]\nid = \"a\"\nmatch = \"x\n", &["line 3"]);
    wrong(
        "key.toml",
        "[[kind]]\nid = \"a\"\nmatch = \"x\"\nmaning = \"y\"\n",
        &["line 4", "maning", "meaning"],
    );
    wrong(
        "twice.toml",
        "[[kind]]\nid = \"a\"\nmatch = \"x\"\n[[kind]]\nid = \"a\"\nmatch = \"y\"\n",
        &["`a`", "twice"],
    );
    wrong(
        "taken.toml",
        "[[kind]]\nid = \"bind-in-use\"\nmatch = \"x\"\n",
        &["bind-in-use", "choose another"],
    );
    wrong("nothing.toml", "[[kind]]\nid = \"a\"\n", &["`a`", "match", "regex"]);
    wrong("regex.toml", "[[kind]]\nid = \"a\"\nregex = '('\n", &["`a`", "unclosed"]);
    wrong("level.toml", "[[kind]]\nid = \"a\"\nmatch = \"x\"\nlevels = [\"loud\"]\n", &["`a`", "loud"]);
    wrong(
        "severity.toml",
        "[[kind]]\nid = \"a\"\nmatch = \"x\"\nseverity = \"bad\"\n",
        &["line 4", "bad", "critical"],
    );
    wrong("id.toml", "[[kind]]\nid = \"My Kind\"\nmatch = \"x\"\n", &["My Kind", "lower-case"]);
    wrong("empty.toml", "", &["[[kind]]"]);
    run(["--rules", &format!("{}/none.toml", folder.path()), OOM]).says(2, &["none.toml", "No such file"]);
}
