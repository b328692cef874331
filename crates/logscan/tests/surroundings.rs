//! The edge and the machine as options describe them, and logs and formats as a configuration of nginx does.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::fs;

use common::{Folder, log_of, number, run, run_on, text};
use serde_json::{Value, json};

fn events(args: &[&str]) -> Vec<Value> {
    let run = run([&["events", "-f", "ndjson", "--tz", "UTC"], args].concat());
    run.ok();
    run.lines()
}

/// Lines of events of a kind.
fn lines(args: &[&str], kind: &str) -> Vec<u64> {
    events(args).iter().filter(|e| e["kind"] == kind).map(|e| number(e, "line")).collect()
}

/// An edge that waits for three seconds: what was given up after so long is its doing, not the visitors'.
#[test]
fn the_patience_of_the_edge() {
    let log = "slow-app-524/nginx/example.com.access.log";
    let at_limit = [32, 44, 48, 66, 86];
    assert!(lines(&[log], "access-499-at-edge-limit").is_empty());
    assert_eq!(lines(&["--edge-timeout", "3", log], "access-499-at-edge-limit"), at_limit);
    assert_eq!(lines(&["--edge-timeout", "3", log], "access-499"), [29, 63, 71, 77]);
    // Half a second is over, but for those that left sooner: 0.467, 0.335 and 0.425 s against 0.522 s.
    let impatient = ["--edge-timeout", "0.4", log];
    let over =
        [lines(&impatient, "access-499-at-edge-limit"), lines(&impatient, "access-499-over-edge-limit")];
    let mut over = over.concat();
    over.sort_unstable();
    assert!(at_limit.iter().chain(&[29]).all(|n| over.contains(n)), "{over:?}");

    let told = events(&["--edge-timeout", "3", "--cause", "origin-slow", "slow-app-524"]);
    assert_eq!(told.iter().map(|e| number(e, "line")).collect::<Vec<_>>(), at_limit);
    let page = run(["--edge-timeout", "3", "--tz", "UTC", "slow-app-524"]);
    let headline = page.ok().lines().next().unwrap();
    assert!(headline.starts_with("Origin too slow for Cloudflare") && headline.contains("524"), "{headline}");
    // Without it the page does not guess: visitors who leave are no fault. That PHP was slow is a warning.
    let page = run(["--tz", "UTC", "slow-app-524"]);
    let headline = page.ok().lines().next().unwrap();
    assert!(headline.starts_with("Warnings only: PHP request slow enough to be traced, "), "{headline}");
}

const BANS: &str = "\
2026-11-23 12:00:05,123 fail2ban.actions        [812]: NOTICE  [nginx-http-auth] Ban 172.68.10.5
2026-11-23 12:00:06,000 fail2ban.actions        [812]: NOTICE  [sshd] Ban 192.0.2.1
2026-11-23 12:00:07,000 fail2ban.actions        [812]: NOTICE  [sshd] Ban 2001:db8:77:3::a2
";

/// A list of addresses takes the place of the published one.
#[test]
fn the_addresses_of_the_edge() {
    let folder = Folder::new();
    let log = folder.file("fail2ban.log", BANS);
    assert_eq!(lines(&[&log], "f2b-ban-cloudflare"), [1]);
    assert_eq!(lines(&[&log], "f2b-ban"), [2, 3]);
    let list = folder.file("edge.txt", "# our own edge\n192.0.2.0/24\n\n2001:db8:77::/48\n");
    assert_eq!(lines(&["--edge-ips", &list, &log], "f2b-ban-cloudflare"), [2, 3]);
    assert_eq!(lines(&["--edge-ips", &list, &log], "f2b-ban"), [1]);
    // An address alone is a range of one.
    let one = folder.file("one.txt", "192.0.2.1\n");
    assert_eq!(lines(&["--edge-ips", &one, &log], "f2b-ban-cloudflare"), [2]);
}

/// The same response is fine, nearly too much or too much, as the edge takes it.
#[test]
fn the_largest_head_of_the_edge() {
    let folder = Folder::new();
    // A head of 20,000 bytes.
    let log = folder
        .file("access.log", "192.0.2.7 [23/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 20886 886\n");
    let format = "$remote_addr [$time_local] \"$request\" $status $bytes_sent $body_bytes_sent";
    let kind = |limit: &[&str]| {
        let told = events(&[limit, &["--log-format", format, &log]].concat());
        assert_eq!(told.len(), 1);
        text(&told[0], "kind").to_owned()
    };
    assert_eq!(kind(&[]), "access-head-over-old-limit");
    assert_eq!(kind(&["--edge-head-limit", "128k"]), "access-head-over-old-limit");
    // Three quarters of 24 KiB are 18,432.
    assert_eq!(kind(&["--edge-head-limit", "24k"]), "access-head-near-edge-limit");
    assert_eq!(kind(&["--edge-head-limit", "20000"]), "access-head-near-edge-limit");
    assert_eq!(kind(&["--edge-head-limit", "19999"]), "access-head-over-edge-limit");
    assert_eq!(kind(&["--edge-head-limit", "16K"]), "access-head-over-edge-limit");
}

/// The kernel's lines of an incident as `dmesg` shows them: with the time since the machine was started.
fn dmesg() -> String {
    let syslog = log_of("php-fpm-oom-killed", "kern.log");
    let bare = syslog.lines().map(|l| l.strip_prefix(&l[..l.find('[').unwrap()]).unwrap().to_owned() + "\n");
    bare.collect()
}

#[test]
fn times_that_count_from_the_start_of_the_machine() {
    let folder = Folder::new();
    let log = folder.file("dmesg.txt", dmesg());
    let run = run([
        "events",
        "-f",
        "ndjson",
        "--kind",
        "oom-killed-memcg",
        "--boot-time",
        "2026-11-23T03:33:58Z",
        &log,
    ]);
    run.is_quiet(0);
    // 8670.634301 s are 2 h, 24 min and 30.634301 s.
    let times: Vec<Value> = run.lines().iter().map(|e| e["time"].clone()).collect();
    let wanted =
        ["2026-11-23T05:58:28.634301Z", "2026-11-23T05:58:31.826537Z", "2026-11-23T05:58:35.718887Z"];
    assert_eq!(times, wanted);
    // The start is read as other times are: here in the zone given.
    let local = ["--tz", "America/Chicago", "--boot-time", "2026-11-22 21:33:58"];
    let again = common::run(
        [&["events", "-f", "ndjson", "--kind", "oom-killed-memcg"], &local[..], &[&log]].concat(),
    );
    assert_eq!(again.stdout, run.stdout);
}

/// Without a start it is this machine's, if the log can be of its run, which is told; else times are not known.
#[test]
#[cfg(target_os = "linux")]
fn without_a_start_it_is_told_what_is_assumed() {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let boot = stat.lines().find_map(|l| l.strip_prefix("btime ")).unwrap().trim().parse::<i64>().unwrap();
    let line = |since: &str| {
        format!(
            "[{since}] php-fpm8.2[27777]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000]\n"
        )
    };
    let folder = Folder::new();
    let of_this_run = folder.file("dmesg.txt", line("    0.250000"));
    let assumed = run(["events", "-f", "ndjson", &of_this_run]);
    assumed.says(0, &["dmesg.txt", "taken to be this machine's", "--boot-time"]);
    let at = logscan::scan::Timestamp { seconds: boot, nanos: 250_000_000 };
    assert_eq!(text(&assumed.lines()[0], "time"), at.to_string());
    // No machine has run for thirty years.
    let of_another = folder.file("other.txt", line("946080000.000000"));
    let unknown = run(["events", "-f", "ndjson", &of_another]);
    unknown.says(0, &["other.txt", "which is not known", "--boot-time"]);
    assert_eq!(unknown.lines()[0].get("time"), None);
    // Both are words about the run.
    run(["events", "-q", &of_this_run, &of_another]).is_quiet(0);
}

/// A format whose columns tell nothing of what they are: the first number might be the status.
const SHOP: &str =
    "'$time_iso8601 $body_bytes_sent $status $request_time '\n                    '\"$request\"'";
const SHOP_LINES: &str = "\
2026-11-23T12:00:00+01:00 200 502 0.100 \"GET /cart HTTP/1.1\"
2026-11-23T12:00:01+01:00 200 444 0.000 \"GET /.env HTTP/1.1\"
2026-11-23T12:00:02+01:00 502 200 0.020 \"GET /big HTTP/1.1\"
";

/// A machine's logs in a folder, with the configuration that names them.
fn machine() -> Folder {
    let folder = Folder::new();
    let at = folder.path();
    folder.file("logs/error.log", log_of("php-fpm-oom-killed", "nginx/error.log"));
    folder.file("logs/shop.access.log", SHOP_LINES);
    folder.file("logs/shop.access.log.1", SHOP_LINES.replace("11-23", "11-22"));
    folder.file("logs/not-named.log", log_of("php-fpm-oom-killed", "nginx/error.log"));
    folder.file(
        "conf/sites/shop.conf",
        format!(
            "server {{\n  server_name shop.example.com;\n  access_log {at}/logs/shop.access.log shop;\n}}\n"
        ),
    );
    folder.file(
        "conf/nginx.conf",
        format!(
            "error_log {at}/logs/error.log warn;\nevents {{}}\nhttp {{\n  log_format shop {SHOP};\n  \
             include {at}/conf/sites/*.conf;\n  server {{ access_log {at}/logs/gone.log; }}\n}}\n"
        ),
    );
    folder
}

fn files(summary: &Value) -> Vec<&str> {
    summary["inputs"].as_array().unwrap().iter().map(|i| text(i, "file")).collect()
}

#[test]
fn a_configuration_names_the_logs() {
    let machine = machine();
    let conf = machine.at("conf/nginx.conf").to_str().unwrap().to_owned();
    let logs = |names: &[&str]| -> Vec<String> {
        names.iter().map(|n| machine.at("logs").join(n).to_str().unwrap().to_owned()).collect()
    };
    let found = run(["--nginx-conf", &conf, "-f", "json", "--tz", "UTC"]);
    let mut read: Vec<String> = files(&found.json()).into_iter().map(str::to_owned).collect();
    found.ok();
    read.sort();
    assert_eq!(read, logs(&["error.log", "shop.access.log", "shop.access.log.1"]));
    // The format of the configuration says which number is the status, of the rotated log, too.
    assert_eq!(found.json()["statuses"], json!({"200": 2, "444": 2, "502": 2}));
    // What is read, and which file named it.
    found.says(0, &["logs/error.log: nginx-error", "conf/nginx.conf"]);
    found.says(0, &["logs/shop.access.log: nginx-access", "conf/sites/shop.conf"]);
    run(["-q", "--nginx-conf", &conf, "-f", "json", "--tz", "UTC"]).is_quiet(0);
    // Options go with it as with paths.
    let live =
        run(["-q", "--nginx-conf", &conf, "-f", "json", "--no-rotated", "--kind", "access-502"]).json();
    assert_eq!(live["kinds"][0]["count"], 1);
    assert_eq!(live["kinds"][0]["example"]["text"], SHOP_LINES.lines().next().unwrap());
}

#[test]
fn a_configuration_tells_the_format_of_a_log_that_is_named() {
    let machine = machine();
    let conf = machine.at("conf/nginx.conf").to_str().unwrap().to_owned();
    let log = machine.at("logs/shop.access.log").to_str().unwrap().to_owned();
    let statuses = |args: &[&str]| {
        let run = run([&["-f", "json", "--no-rotated", "--tz", "UTC"], args].concat());
        run.json()["statuses"].clone()
    };
    let right = json!({"200": 1, "444": 1, "502": 1});
    assert_eq!(statuses(&["--nginx-conf", &conf, &log]), right);
    // By its name, for a log that no configuration names.
    let copy = machine.file("copy.log", SHOP_LINES);
    assert_eq!(statuses(&["--nginx-conf", &conf, "--log-format", "shop", &copy]), right);
    // As a string, with and without the directive's words.
    let string = "$time_iso8601 $body_bytes_sent $status $request_time \"$request\"";
    assert_eq!(statuses(&["--log-format", string, &copy]), right);
    assert_eq!(statuses(&["--log-format", &format!("log_format shop {SHOP};"), &copy]), right);
    let piped = run_on(SHOP_LINES.as_bytes(), &["-f", "json", "--log-format", string, "-"]);
    assert_eq!(piped.json()["statuses"], right);
    // A format that does not fit leaves lines over, and says so.
    let wrong = run(["-f", "json", "--log-format", "combined", &copy]);
    wrong.says(2, &["copy.log", "not read"]);
}

#[test]
fn a_configuration_without_logs() {
    let folder = Folder::new();
    let conf = folder
        .file("nginx.conf", format!("http {{ server {{ access_log {}/gone.log; }} }}\n", folder.path()));
    let run = run(["--nginx-conf", &conf]);
    run.says(2, &["no PATH given, and no log found"]);
    assert_eq!(run.out(), "");
}
