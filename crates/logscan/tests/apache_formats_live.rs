//! Proof against the real Apache: it writes every request into logs of different formats, and once more with all
//! directives, each between quotes. What the formats read from their logs must be what Apache meant.
//!
//! Without Apache the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead. LOGSCAN_LIVE_KEEP
//! keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "live/apache.rs"]
mod apache;
// Shared with other tests, which use more of them.
#[allow(dead_code)]
#[path = "live/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "live/process.rs"]
mod process;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use http::exchange;
use logscan::parser::{Access, AccessFormat, AccessServer, Stamp};
use process::{Server, Workdir, command, is_root, wait_until};
use serde_json::Value;

const START: Duration = Duration::from_secs(10);

const MODULES: [&str; 13] = [
    "mpm_prefork",
    "unixd",
    "log_config",
    "logio",
    "authz_core",
    "authn_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "mime",
    "alias",
    "remoteip",
    "reqtimeout",
];

/// Built in nowhere; without it there is no `UNIQUE_ID`.
const OTHERS: [&str; 1] = ["unique_id"];

/// All directives of all formats, by the names that [`AccessFormat::values`] gives them.
const DIRECTIVES: [(&str, &str); 36] = [
    ("%a", "%a"),
    ("%{c}a", "%{c}a"),
    ("%h", "%h"),
    ("%l", "%l"),
    ("%u", "%u"),
    ("%t", "%{%d/%b/%Y:%T %z}t"),
    ("%r", "%r"),
    ("%s", "%>s"),
    ("first %s", "%s"),
    ("%b", "%b"),
    ("%B", "%B"),
    ("%O", "%O"),
    ("%I", "%I"),
    ("%D", "%D"),
    ("%T", "%T"),
    ("%{ms}T", "%{ms}T"),
    ("%{us}T", "%{us}T"),
    ("%v", "%v"),
    ("%V", "%V"),
    ("%p", "%p"),
    ("%P", "%P"),
    ("%m", "%m"),
    ("%U", "%U"),
    ("%q", "%q"),
    ("%H", "%H"),
    ("%k", "%k"),
    ("%X", "%X"),
    ("%L", "%L"),
    ("%{UNIQUE_ID}e", "%{UNIQUE_ID}e"),
    ("%{Referer}i", "%{Referer}i"),
    ("%{User-Agent}i", "%{User-Agent}i"),
    ("%{CF-Ray}i", "%{CF-Ray}i"),
    ("%{CF-Connecting-IP}i", "%{CF-Connecting-IP}i"),
    ("%{X-Forwarded-For}i", "%{X-Forwarded-For}i"),
    ("%{Host}i", "%{Host}i"),
    ("%{Cookie}i", "%{Cookie}i"),
];

/// The parts of times, which are not told one by one.
const TIMES: [(&str, &str); 2] = [("usec", "%{usec}t"), ("end", "%{end:usec}t")];

/// Logs without a request, a status or a time, or with a time or request in parts that no other log has.
const UNTOLD: [&str; 4] = ["referer", "agent", "fraction", "parts"];

type Row = HashMap<&'static str, Vec<u8>>;

/// Names and texts of the configuration's formats.
fn formats() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("live/apache-formats.conf").lines();
    let formats = lines.filter_map(|line| line.strip_prefix("LogFormat "));
    formats.map(|format| (format.rsplit(' ').next().unwrap(), format)).collect()
}

/// The quoted values of a line. Apache has a name or `\xhh` for each byte that it escapes.
fn row(line: &[u8]) -> Row {
    let mut values = Vec::new();
    let mut bytes = line.iter().copied();
    while bytes.any(|b| b == b'"') {
        let mut value = Vec::new();
        loop {
            match bytes.next().expect("a quote at the end") {
                b'"' => break,
                b'\\' => value.push(match bytes.next().unwrap() {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    b'x' => {
                        let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                        u8::from_str_radix(&digits, 16).unwrap()
                    }
                    itself => itself,
                }),
                byte => value.push(byte),
            }
        }
        values.push(value);
    }
    let names = DIRECTIVES.iter().chain(&TIMES).map(|(name, _)| *name);
    assert_eq!(values.len(), DIRECTIVES.len() + TIMES.len(), "{}", String::from_utf8_lossy(line));
    names.zip(values).collect()
}

fn start(program: &Path, modules: &Path, dir: &Workdir, port: u16) -> Server {
    fs::set_permissions(dir.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.path("www")).unwrap();
    dir.write("www/index.txt", "static\n");
    // The password is `x`.
    let users = ["alice", "alice smith", "a\"b\\c", "x] \"GET / HTTP/1.1\" 200 5", "a - b [c"];
    let users: String =
        users.iter().map(|user| format!("{user}:{{SHA}}EfatjsUqKYSrqv18O1FlA3hcIHI=\n")).collect();
    dir.write("users", &users);
    let truth: String = DIRECTIVES.iter().chain(&TIMES).map(|(_, text)| format!("\\\"{text}\\\" ")).collect();
    let mut logs = format!("CustomLog \"{}/truth.log\" \"{truth}\"\n", dir.text());
    for (name, _) in formats() {
        logs += &format!("CustomLog \"{}/apache-{name}.log\" {name}\n", dir.text());
    }
    let configuration = include_str!("live/apache-formats.conf")
        .replace("@MODULES@", &apache::load(modules, MODULES.iter().chain(&OTHERS)))
        .replace("@USER@", if is_root() { "User #65534\nGroup #65534" } else { "" })
        .replace("@LOGS@", &logs)
        .replace("@DIR@", dir.text())
        .replace("@PORT@", &port.to_string());
    let mut start = command(program, dir);
    start.arg("-DFOREGROUND").arg("-f").arg(dir.write("apache.conf", &configuration));
    let mut server = Server::start(&mut start, &dir.path("run.stderr"));
    let ready = || dir.read("error.log").contains("resuming normal operations");
    wait_until(START, || ready() || !server.is_running());
    assert!(ready(), "Apache does not start: {}{}", dir.read("run.stderr"), dir.read("error.log"));
    server
}

const REQUESTS: [(&str, &str); 22] = [
    ("GET /index.txt", ""),
    (
        "GET /index.txt?a=1&b=2",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nReferer: https://example.com/?x=y\r\n",
    ),
    ("HEAD /index.txt", "User-Agent: curl/8.5.0\r\n"),
    ("POST /index.txt", "Cookie: a=1; b=\"2\"\r\n"),
    ("GET /nothing", "Referer: -\r\nUser-Agent: -\r\n"),
    ("GET /moved/x", ""),
    ("GET /index.txt", "If-None-Match: *\r\n"),
    ("GET /index.txt", "CF-Ray: a5e879cb61d3c7e5-FRA\r\nCF-Connecting-IP: 192.0.2.7\r\n"),
    (
        "GET /index.txt",
        "CF-Ray: a5e879cb61d3c7e6\r\nCF-Connecting-IP: 2001:db8::7\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n",
    ),
    ("GET /index.txt", "CF-Ray: made up \"by\" a client\r\n"),
    ("GET /auth", ""),
    ("GET /auth", "Authorization: Basic YWxpY2U6eA==\r\n"),
    ("GET /auth", "Authorization: Basic YWxpY2Ugc21pdGg6eA==\r\n"),
    ("GET /auth", "Authorization: Basic YSJiXGM6eA==\r\n"),
    ("GET /auth", "Authorization: Basic eF0gIkdFVCAvIEhUVFAvMS4xIiAyMDAgNTp4\r\n"),
    ("GET /auth", "Authorization: Basic YSAtIGIgW2M6eA==\r\n"),
    ("GET /auth", "Authorization: Basic bWFsbG9yeTp4\r\n"),
    ("GET /a%20b%22c%5cd%0a%01%7f%c3%a9?q=%22+%5c", "User-Agent: a \"quoted\" \\ b\\\\\r\n"),
    ("GET /x?\u{e9}", "User-Agent: sm\u{f6}rg\u{e5}sbord\t\u{1f600}\r\n"),
    ("GET http://other.example/x?y", ""),
    ("OPTIONS *", ""),
    ("GET /x?a=-", "User-Agent: a|b\r\nReferer: a b\r\n"),
];

/// Whole requests that are none of HTTP/1.1, or none at all.
const ODD: [&[u8]; 6] = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\"\\\xff\xfe\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET /\r\n",
    b"GET /two words HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /never-ended HTTP/1.1\r\nHost: a\r\n",
];

#[test]
fn every_format_is_read_as_apache_meant_it() {
    let (program, modules) = match apache::find() {
        Ok(found) => found,
        Err(missing) => {
            let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
            assert!(!required, "{missing}, but this run requires it");
            eprintln!("skipped: {missing}; no format was really written");
            return;
        }
    };
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let dir = Workdir::create();
    let mut server = start(&program, &modules, &dir, port);
    for (line, headers) in REQUESTS {
        let rest = format!("Connection: close\r\n{headers}Content-Length: 0\r\n\r\n");
        exchange(port, format!("{line} HTTP/1.1\r\nHost: live.example.com:{port}\r\n{rest}").as_bytes());
    }
    for bytes in ODD {
        exchange(port, bytes);
    }
    let count = REQUESTS.len() + ODD.len();
    assert!(
        wait_until(START, || dir.read("truth.log").lines().count() >= count),
        "{}",
        dir.read("truth.log")
    );
    server.signal("TERM");
    server.wait();

    let truth = fs::read(dir.path("truth.log")).unwrap();
    let rows: Vec<Row> = truth.split_inclusive(|b| *b == b'\n').map(row).collect();
    let statuses: BTreeSet<&[u8]> = rows.iter().map(|row| &*row["%s"]).collect();
    for status in ["200", "302", "304", "400", "401", "404", "408"] {
        assert!(statuses.contains(status.as_bytes()), "no {status} among {statuses:?}");
    }
    let mut wrong = Vec::new();
    for (name, format) in formats() {
        let log = fs::read(dir.path(&format!("apache-{name}.log"))).unwrap();
        let lines: Vec<&[u8]> = log.split(|b| *b == b'\n').take(rows.len()).collect();
        assert_eq!(lines.len(), rows.len(), "{name}");
        let compiled = AccessFormat::apache(format).unwrap_or_else(|error| panic!("{name}: {error}"));
        read(name, format, &compiled, &lines, &rows, &mut wrong);
        if UNTOLD.contains(&name) {
            continue;
        }
        match AccessFormat::detect(&log, AccessServer::Apache) {
            Some(found) => read(&format!("{name} (told)"), "", &found, &lines, &rows, &mut wrong),
            None => wrong.push(format!("{name}: cannot be told")),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for (name, format) in formats() {
        let of = dir.path(&format!("apache-{name}.log"));
        unrecognized(&["--log-format", format], &of, rows.len());
        if !UNTOLD.contains(&name) {
            unrecognized(&[], &of, rows.len());
        }
    }
}

/// Reads all lines; the values of a format that is known, and the fields, must be those that Apache tells.
fn read(
    name: &str,
    known: &str,
    format: &AccessFormat,
    lines: &[&[u8]],
    rows: &[Row],
    wrong: &mut Vec<String>,
) {
    for (line, row) in lines.iter().zip(rows) {
        let mut say = |what: String| wrong.push(format!("{name}: {what}: {}", String::from_utf8_lossy(line)));
        let (Some((at, access)), Some(values)) = (format.parse(line), format.values(line)) else {
            say("is not read".to_owned());
            continue;
        };
        for (value_name, value) in values.filter(|_| !known.is_empty()) {
            let name = if value_name == "%s" && !known.contains("%>s") { "first %s" } else { value_name };
            let name = if name == "%{User-agent}i" { "%{User-Agent}i" } else { name };
            let (Some(truth), value) = (row.get(name), format.escape().decode(value)) else { continue };
            // `%s %>s` have one name for two values.
            let first = value_name == "%s" && *row["first %s"] == *value;
            if *truth != *value && !first {
                say(format!(
                    "{name} is {:?}, not {:?}",
                    String::from_utf8_lossy(truth),
                    String::from_utf8_lossy(&value)
                ));
            }
        }
        fields(at, &access, row, known).into_iter().for_each(say);
    }
}

fn fields(at: Option<Stamp>, a: &Access<'_>, row: &Row, known: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let texts: [(Option<&[u8]>, &[&str]); 11] = [
        (a.request, &["%r"]),
        (a.method, &["%m"]),
        (a.host, &["%V", "%{Host}i"]),
        (a.server, &["%v"]),
        (a.client, &["%a", "%h"]),
        (a.edge, &["%{c}a"]),
        (a.user, &["%u"]),
        (a.referrer, &["%{Referer}i"]),
        (a.user_agent, &["%{User-Agent}i"]),
        (a.ray_id, &["%{CF-Ray}i"]),
        (a.forwarded, &["%{X-Forwarded-For}i", "%{CF-Connecting-IP}i"]),
    ];
    let is_request = a.status != Some(400);
    for (told, names) in texts {
        let decoded = told.map(|value| a.escape.decode(value));
        let spoken = is_request || *names != ["%m"];
        match decoded {
            Some(told) if spoken && !names.iter().any(|name| *row[name] == *told) => {
                problems.push(format!("{} is not {:?}", names[0], String::from_utf8_lossy(&told)));
            }
            None if names.iter().any(|name| known.contains(name) && !matches!(&*row[name], b"-" | b""))
                && spoken =>
            {
                problems.push(format!("{} is missing", names[0]));
            }
            _ => {}
        }
    }
    let number = |name: &str| std::str::from_utf8(&row[name]).ok().and_then(|text| text.parse::<u64>().ok());
    let status = a.status.map(u64::from);
    if (known.is_empty() || known.contains("%>s")) && status != number("%s") {
        problems.push(format!("the status is not {status:?}"));
    }
    for (told, name) in [(a.body_bytes_sent, "%B"), (a.bytes_sent, "%O"), (a.request_length, "%I")] {
        if told.is_some() && told != number(name) {
            problems.push(format!("{name} is {:?}, not {told:?}", number(name)));
        }
    }
    if let Some(told) = a.request_time {
        let told = u64::try_from(told.as_micros()).unwrap();
        let truth = number("%D").unwrap();
        // Microseconds where the format has them, else milliseconds.
        if told != truth && (told != truth / 1000 * 1000 || known.contains("%D") || known.contains("{us}T")) {
            problems.push(format!("%D is {truth}, not {told}"));
        }
    }
    let timed = known.is_empty() || known.contains('t') && (known.contains("%t") || known.contains("}t"));
    match at {
        Some(Stamp::Offset(civil, offset)) => {
            let told = u64::try_from(civil.seconds - i64::from(offset)).unwrap();
            let times = [number("usec").unwrap(), number("end").unwrap()].map(|usec| usec / 1_000_000);
            if !times.contains(&told) {
                problems.push(format!("the time is {times:?}, not {told}"));
            }
        }
        other if timed => problems.push(format!("the time is {other:?}")),
        _ => {}
    }
    let uri = a.uri.map(|uri| a.escape.decode(uri).into_owned()).unwrap_or_default();
    let whole = [&*row["%U"], &*row["%q"]].concat();
    let asked = row["%r"].split(|b| *b == b' ').nth(1).unwrap_or_default();
    let has = known.is_empty() || known.contains("%r") || known.contains("%U");
    if has && is_request && row["%s"] != *b"408" && uri != whole && uri != asked && uri != row["%U"] {
        problems.push(format!("the URI is not {:?}", String::from_utf8_lossy(&uri)));
    }
    problems
}

/// logscan itself must take every line for a record.
fn unrecognized(arguments: &[&str], log: &Path, lines: usize) {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    let output = logscan.args(["--format", "json"]).args(arguments).arg(log).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {complaints}"));
    let input = &report["inputs"][0];
    assert_eq!(input["unrecognized"].as_u64(), Some(0), "{arguments:?} {input} {complaints}");
    assert_eq!(input["records"].as_u64(), u64::try_from(lines).ok(), "{arguments:?} {input}");
}
