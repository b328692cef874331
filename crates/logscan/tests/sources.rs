//! What the lines of each log tell, as fields of events and as lists of the summary.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::{Folder, command, finish, log_of, number, run, text};
use serde_json::{Value, json};

/// PHP's own log with a plugin, a theme and a file that is of neither.
const PHP_LOG: &str = "\
[23-Nov-2026 12:00:18 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function wc_get_logger() in /var/www/html/wp-content/plugins/shop-gateway/includes/class-api.php:41
Stack trace:
#0 /var/www/html/wp-includes/class-wp-hook.php(324): Shop_Gateway\\Api->boot('')
#1 {main}
  thrown in /var/www/html/wp-content/plugins/shop-gateway/includes/class-api.php on line 41
[23-Nov-2026 12:00:19 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function wc_get_order() in /var/www/html/wp-content/plugins/shop-gateway/gateway.php:7
Stack trace:
#0 {main}
  thrown in /var/www/html/wp-content/plugins/shop-gateway/gateway.php on line 7
[23-Nov-2026 12:00:20 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function harbour_menu() in /var/www/html/wp-content/themes/harbour/header.php:12
Stack trace:
#0 {main}
  thrown in /var/www/html/wp-content/themes/harbour/header.php on line 12
[23-Nov-2026 12:00:21 UTC] PHP Warning:  Undefined variable $total in /srv/tools/report.php on line 3
";

/// Units of two services, the second of which no visitor depends on.
const SYSTEMD_LOG: &str = "\
Nov 23 12:00:01 web1 systemd[1]: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL
Nov 23 12:00:02 web1 systemd[1]: nginx.service: Main process exited, code=killed, status=9/KILL
Nov 23 12:00:03 web1 systemd[1]: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL
";

/// Bans of an address of Cloudflare's, twice, and of another.
const FAIL2BAN_LOG: &str = "\
2026-11-23 12:00:05,123 fail2ban.actions        [812]: NOTICE  [nginx-http-auth] Ban 172.68.10.5
2026-11-23 12:00:06,000 fail2ban.actions        [812]: NOTICE  [sshd] Ban 192.0.2.1
2026-11-23 12:00:07,500 fail2ban.actions        [812]: NOTICE  [wordpress] Ban 172.68.10.5
";

const PACKETS_LOG: &str = "\
Nov 23 12:00:09 web1 kernel: [  4848.848801] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=172.68.10.5 DST=203.0.113.10 LEN=60 TOS=0x00 PREC=0x00 TTL=57 ID=4711 DF PROTO=TCP SPT=41022 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0
";

fn events(args: &[&str]) -> Vec<Value> {
    let run = run([&["events", "-f", "ndjson", "--tz", "UTC"], args].concat());
    run.ok();
    run.lines()
}

fn at(args: &[&str], line: u64) -> Value {
    events(args)
        .into_iter()
        .find(|e| number(e, "line") == line)
        .unwrap_or_else(|| panic!("no event of line {line}"))
}

fn summary(args: &[&str]) -> Value {
    let run = run([&["--format", "json", "--tz", "UTC"], args].concat());
    run.ok();
    run.json()
}

/// The row of a kind, as JSON.
fn row(args: &[&str], kind: &str) -> Value {
    let summary = summary(args);
    let rows = summary["kinds"].as_array().unwrap();
    rows.iter().find(|r| r["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {summary}")).clone()
}

/// Members of an event that a line itself tells, without those that every event has.
fn told(event: &Value) -> BTreeMap<String, Value> {
    let always =
        ["time", "kind", "cause", "severity", "source", "file", "line", "offset", "level", "message"];
    let all = event.as_object().unwrap().iter();
    all.filter(|(key, _)| !always.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

#[track_caller]
fn assert_tells(event: &Value, wanted: &Value) {
    let wanted: BTreeMap<String, Value> =
        wanted.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    assert_eq!(told(event), wanted);
}

#[test]
fn of_a_request_in_json() {
    let event = at(&["slow-app-524/nginx/example.com.access.log"], 32);
    assert_eq!((text(&event, "source"), text(&event, "kind")), ("nginx-access", "access-499"));
    // `msec` is finer than `time`.
    assert_eq!(text(&event, "time"), "2026-11-23T12:07:50.494Z");
    // A dash as upstream_status means that the upstream gave none: it is left out.
    assert_tells(
        &event,
        &json!({
            "connection": 18, "client": "203.0.113.77", "method": "GET", "uri": "/account/orders/export",
            "protocol": "HTTP/1.1", "host": "www.example.com", "upstream": "unix:/run/php/php8.2-fpm.sock",
            "status": 499, "request_time": 3.001, "upstream_time": "3.001", "ray_id": "a5f00e4b51aab9a7",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "bytes_sent": 0,
        }),
    );
}

#[test]
fn of_a_request_in_a_line() {
    let event = at(&["backend-garbage/nginx/api.example.net.access.log"], 3);
    assert_eq!(text(&event, "message"), "GET /v1/stock?sku=A427 HTTP/1.1");
    assert_tells(
        &event,
        &json!({
            "client": "108.162.221.88", "method": "GET", "uri": "/v1/stock?sku=A427", "protocol": "HTTP/1.1",
            "status": 502, "upstream_status": "502", "request_time": 0.001, "upstream_time": "0.000",
            "ray_id": "a5f00bf02819728d",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/142.0.0.0 Safari/537.36",
            // Of the body, as the format has no $bytes_sent.
            "bytes_sent": 552,
        }),
    );
    let folder = Folder::new();
    let log = folder.file(
        "access.log",
        "192.0.2.7 [23/Nov/2026:12:00:00 +0100] \"GET / HTTP/2.0\" 502 0123456789abcdef0123456789abcdef 812 1074\n",
    );
    let format = "$remote_addr [$time_local] \"$request\" $status $request_id $pid $bytes_sent";
    let event = at(&["--log-format", format, &log], 1);
    assert_eq!(text(&event, "time"), "2026-11-23T11:00:00Z");
    assert_tells(
        &event,
        &json!({
            "pid": 812, "client": "192.0.2.7", "method": "GET", "uri": "/", "protocol": "HTTP/2.0", "status": 502,
            "request_id": "0123456789abcdef0123456789abcdef", "bytes_sent": 1074,
        }),
    );
}

#[test]
fn of_the_kernel() {
    let killed = at(&["php-fpm-oom-killed/kern.log"], 11);
    assert_eq!(text(&killed, "source"), "kernel");
    assert_tells(&killed, &json!({"child_pid": 27822, "process": "php-fpm8.2", "signal": 9}));
    let crashed = at(&["php-fpm-segfault/kern.log"], 1);
    assert_tells(&crashed, &json!({"child_pid": 27777, "process": "php-fpm8.2", "signal": 11}));
}

#[test]
fn of_systemd() {
    let folder = Folder::new();
    let log = folder.file("syslog", SYSTEMD_LOG);
    let event = at(&[&log], 1);
    assert_eq!(
        (text(&event, "source"), text(&event, "kind"), text(&event, "cause")),
        ("systemd", "unit-killed-kill", "fpm-down")
    );
    assert_tells(&event, &json!({"pid": 1, "unit": "php8.2-fpm.service", "signal": 9}));
}

#[test]
fn of_fail2ban_and_of_packets() {
    let folder = Folder::new();
    let log = folder.file("fail2ban.log", FAIL2BAN_LOG);
    let event = at(&[&log], 1);
    assert_eq!((text(&event, "source"), text(&event, "kind")), ("fail2ban", "f2b-ban-cloudflare"));
    assert_eq!((text(&event, "level"), text(&event, "time")), ("notice", "2026-11-23T12:00:05.123Z"));
    assert_tells(&event, &json!({"pid": 812, "jail": "nginx-http-auth", "ip": "172.68.10.5"}));
    let packets = folder.file("ufw.log", PACKETS_LOG);
    let event = at(&[&packets], 1);
    assert_eq!((text(&event, "source"), text(&event, "kind")), ("kernel", "ufw-block-cloudflare"));
    assert_tells(&event, &json!({"ip": "172.68.10.5", "port": 443}));
}

#[test]
fn of_php() {
    let folder = Folder::new();
    let log = folder.file("php_errors.log", PHP_LOG);
    let event = at(&[&log], 1);
    assert_eq!((text(&event, "source"), text(&event, "kind")), ("php-error", "php-undefined-function"));
    assert_eq!(text(&event, "time"), "2026-11-23T12:00:18Z");
    assert_tells(
        &event,
        &json!({
            "php_file": "/var/www/html/wp-content/plugins/shop-gateway/includes/class-api.php", "php_line": 41,
            "component": "plugin shop-gateway",
        }),
    );
    assert_tells(
        &at(&[&log], 10),
        &json!({
            "php_file": "/var/www/html/wp-content/themes/harbour/header.php", "php_line": 12,
            "component": "theme harbour",
        }),
    );
    assert_tells(&at(&[&log], 14), &json!({"php_file": "/srv/tools/report.php", "php_line": 3}));
    // The stack goes with its record: four events, and the raw one is all of it.
    let raw = events(&["--raw", &log]);
    assert_eq!(raw.len(), 4);
    assert_eq!(text(&raw[0], "raw"), PHP_LOG.lines().take(5).collect::<Vec<_>>().join("\n"));
    let input = summary(&[&log])["inputs"][0].clone();
    assert_eq!(
        (number(&input, "lines"), number(&input, "records"), number(&input, "continued")),
        (14, 4, 10)
    );
}

/// A stamp that names its zone needs none: PHP's own log stands in UTC beside logs of Chicago.
#[test]
fn a_zone_in_the_stamp_counts_for_more() {
    let run =
        run(["events", "-f", "ndjson", "--tz", "America/Chicago", "--kind", "php-uncaught", "php-fatal"]);
    assert_eq!(text(&run.lines()[0], "time"), "2026-11-23T12:00:18Z");
}

#[test]
fn statuses_are_counted_for_each_log_and_for_all() {
    let of_app = summary(&["app-503"]);
    let counts = json!({"200": 78, "403": 3, "404": 7, "444": 2, "499": 2, "500": 1, "503": 8});
    assert_eq!(of_app["statuses"], counts);
    for input in of_app["inputs"].as_array().unwrap() {
        if text(input, "source") == "nginx-access" {
            assert_eq!(input["statuses"], counts);
        } else {
            assert!(input.get("statuses").is_none(), "{input}");
        }
    }
    // One log for each host: each has its own, and all together are the sum.
    let garbage = summary(&["backend-garbage"]);
    let of = |file: &str| {
        let inputs = garbage["inputs"].as_array().unwrap();
        inputs.iter().find(|i| text(i, "file").ends_with(file)).unwrap()["statuses"].clone()
    };
    // A status below 100 keeps its three digits.
    assert_eq!(of("nginx/api.example.net.access.log"), json!({"009": 4, "200": 12, "502": 2}));
    assert_eq!(of("nginx/blog.example.org.access.log"), json!({"200": 21}));
    assert_eq!(of("nginx/example.com.access.log"), json!({"200": 81, "403": 3, "404": 6, "499": 3}));
    assert_eq!(garbage["statuses"], json!({"009": 4, "200": 114, "403": 3, "404": 6, "499": 3, "502": 2}));
    // Logs without requests have no such list, not an empty one.
    assert!(summary(&["app-503/php"]).get("statuses").is_none());
    let page = run(["--tz", "UTC", "backend-garbage"]);
    let shown = page.ok().lines().take(4).collect::<Vec<_>>().join(" ");
    assert!(
        shown.contains("132 requests: 009 (4), 200 (114), 403 (3), 404 (6), 499 (3), 502 (2)"),
        "{shown}"
    );
}

/// A status and its count stay on one line, however wide the terminal is.
#[test]
fn a_status_is_not_parted_from_its_count() {
    for columns in 60..120 {
        let columns = columns.to_string();
        let page = finish(command().env("COLUMNS", &columns).args(["--tz", "UTC", "app-503"]));
        let head = page.ok().split("\n\n").next().unwrap();
        let read = &head[head.find("3 files").unwrap()..];
        let parted = read.lines().find(|l| l.rsplit(' ').next().is_some_and(|w| w.parse::<u16>().is_ok()));
        assert_eq!(parted, None, "at {columns}: {head}");
        assert!(head.contains("503 (8)"), "{head}");
    }
}

/// The window leaves out requests, as it does events.
#[test]
fn statuses_are_those_of_the_window() {
    let window = ["--since", "2026-11-23 12:02:57", "--until", "2026-11-23 12:02:58"];
    let log = log_of("app-503", "nginx/access.log");
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for line in log.lines().filter(|l| l.contains("[23/Nov/2026:12:02:57 ")) {
        *counts.entry(&line[line.find("\" ").unwrap() + 2..][..3]).or_default() += 1;
    }
    assert_eq!(counts["444"], 1);
    assert_eq!(summary(&[&window[..], &["app-503"]].concat())["statuses"], json!(counts));
}

/// A cell of the table, by the names of kind and column.
fn cell(args: &[&str], kind: &str, column: &str) -> String {
    let table = run([&["-f", "csv", "--tz", "UTC"], args].concat());
    let mut reader = csv::Reader::from_reader(table.ok().as_bytes());
    let at = reader.headers().unwrap().iter().position(|h| h == column).unwrap();
    let row = reader.records().map(Result::unwrap).find(|r| &r[0] == kind).unwrap();
    row[at].to_owned()
}

/// A field of the block of a kind in the text.
fn field(args: &[&str], kind: &str, label: &str) -> String {
    let page = run([&["-v", "--tz", "UTC"], args].concat());
    let mut block = page.ok().lines().skip_while(|l| !l.contains(&format!(" {kind}  "))).skip(1);
    let start = format!("  {label:<9}");
    let line = block.by_ref().take_while(|l| !l.is_empty()).find(|l| l.starts_with(&start));
    line.unwrap_or_else(|| panic!("no {label} of {kind}: {}", page.out()))[start.len()..].to_owned()
}

#[test]
fn components_of_wordpress_are_listed() {
    let folder = Folder::new();
    let log = folder.file("php_errors.log", PHP_LOG);
    let kind = "php-undefined-function";
    let found = row(&[&log], kind);
    // The most frequent first.
    assert_eq!(found["components"], json!(["plugin shop-gateway", "theme harbour"]));
    assert_eq!(found["component_counts"], json!([2, 1]));
    assert!(row(&[&log], "php-undefined-variable").get("components").is_none());
    assert_eq!(cell(&[&log], kind, "components"), "plugin shop-gateway; theme harbour");
    assert_eq!(field(&[&log], kind, "in"), "plugin shop-gateway (2), theme harbour (1)");
}

#[test]
fn units_and_addresses_are_listed() {
    let folder = Folder::new();
    let syslog = folder.file("syslog", SYSTEMD_LOG);
    let found = row(&[&syslog], "unit-killed-kill");
    // What became of php-fpm and what of nginx are rows of their own: their causes differ.
    assert_eq!((text(&found, "cause"), &found["units"]), ("fpm-down", &json!(["php8.2-fpm.service"])));
    assert_eq!(found["unit_counts"], json!([2]));
    assert_eq!(cell(&[&syslog], "unit-killed-kill", "units"), "php8.2-fpm.service");
    assert_eq!(field(&[&syslog], "unit-killed-kill", "unit"), "php8.2-fpm.service");

    let bans = folder.file("fail2ban.log", FAIL2BAN_LOG);
    let found = row(&[&bans], "f2b-ban-cloudflare");
    assert_eq!((&found["ips"], &found["ip_counts"]), (&json!(["172.68.10.5"]), &json!([2])));
    assert_eq!(cell(&[&bans], "f2b-ban-cloudflare", "ips"), "172.68.10.5");
    assert_eq!(cell(&[&bans], "f2b-ban", "ips"), "192.0.2.1");
    assert_eq!(field(&[&bans], "f2b-ban-cloudflare", "address"), "172.68.10.5");
}
