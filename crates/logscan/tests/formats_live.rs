//! Proof against the real nginx: it writes every request into some fifty logs of different formats, those of its
//! documentation, of panels and of people, and once more with all variables as JSON. What the formats read from
//! their logs, compiled and told from the lines alone, must be what nginx meant.
//!
//! Without nginx the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead. LOGSCAN_LIVE_KEEP
//! keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

// Shared with other tests, which use more of them.
#[allow(dead_code)]
#[path = "live/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "live/process.rs"]
mod process;
#[path = "live/truth.rs"]
mod truth;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use http::{connect, exchange};
use logscan::parser::{AccessFormat, AccessServer};
use process::{Server, Workdir, command, find_program, is_root, wait_until};
use serde_json::Value;
use truth::{Row, Told};

const START: Duration = Duration::from_secs(10);

/// What the lines of these logs do not tell: they have no request of their own, no status or no time, write URLs
/// where others have paths, or divide their columns in a way that is theirs alone.
const UNTOLD: [&str; 6] = ["sslparams", "performance", "fcgi", "url", "apostrophes", "json_message"];

/// A format of the configuration.
struct Format {
    name: String,
    /// The directive, from `log_format` to before its semicolon.
    text: String,
}

/// All formats of the configuration, and nginx's own `combined`.
fn formats() -> Vec<Format> {
    let mut formats = vec![Format {
        name: "combined".to_owned(),
        text: "log_format combined '$remote_addr - $remote_user [$time_local] \"$request\" $status \
               $body_bytes_sent \"$http_referer\" \"$http_user_agent\"'"
            .to_owned(),
    }];
    let mut rest = include_str!("live/formats.conf");
    while let Some(at) = rest.find("\n    log_format ") {
        let directive = rest[at..].trim_start();
        let end = end_of(directive);
        let name = directive.split_ascii_whitespace().nth(1).unwrap().to_owned();
        formats.push(Format { name, text: directive[..end].to_owned() });
        rest = &directive[end..];
    }
    formats.retain(|format| format.name != "truth");
    formats
}

/// The place of the semicolon that ends a directive.
fn end_of(directive: &str) -> usize {
    let mut open = None;
    let mut escaped = false;
    directive
        .char_indices()
        .find_map(|(at, c)| {
            match (open, c) {
                _ if escaped => escaped = false,
                (_, '\\') => escaped = true,
                (None, '"' | '\'') => open = Some(c),
                (None, ';') => return Some(at),
                (Some(quote), c) if quote == c => open = None,
                _ => {}
            }
            None
        })
        .expect("a semicolon")
}

impl Format {
    /// The names of its variables.
    fn variables(&self) -> BTreeSet<&str> {
        let names = self.text.split('$').skip(1).map(|after| {
            let after = after.strip_prefix('{').unwrap_or(after);
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            &after[..end]
        });
        names.collect()
    }

    fn compiled(&self) -> AccessFormat {
        AccessFormat::nginx(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Whether a value can break its lines: nothing is escaped, or not the quotes that it has.
    fn breaks(&self) -> bool {
        self.text.contains("escape=none") || self.name == "apostrophes"
    }

    /// What its log must hold.
    fn rows<'r>(&self, rows: &'r [Row]) -> Vec<&'r Row> {
        rows.iter().filter(|row| !self.breaks() || !row.get("unbroken").is_empty()).collect()
    }
}

struct Site {
    /// Ends before its directory goes.
    nginx: Server,
    port: u16,
    port_http2: u16,
    /// Accepts and says nothing.
    _silent: UnixListener,
    /// Keeps a port taken, so that nobody else begins to listen there.
    _closed: (TcpStream, TcpListener),
    dir: Workdir,
}

impl Site {
    fn start(nginx: &Path, formats: &[Format]) -> Site {
        let dir = Workdir::create();
        for name in ["tmp", "www", "www/listing"] {
            fs::create_dir(dir.path(name)).unwrap();
        }
        dir.write("www/index.txt", "static\n");
        dir.write("www/long.txt", &"a line that is told again\n".repeat(200));
        let silent = UnixListener::bind(dir.path("silent.sock")).unwrap();
        let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let closed = (TcpStream::connect(closed.local_addr().unwrap()).unwrap(), closed);
        let mut all: BTreeSet<&str> = formats.iter().flat_map(Format::variables).collect();
        all.extend(truth::MORE);
        let truth: Vec<String> = all.iter().map(|name| format!("'\"{name}\":\"${name}\",'")).collect();
        let logs: Vec<String> = formats
            .iter()
            .filter(|format| format.name != "combined")
            .map(|format| {
                let condition = if format.breaks() { " if=$unbroken" } else { "" };
                let name = &format.name;
                format!("    access_log \"{}/{name}.log\" {name}{condition};\n", dir.text())
            })
            .collect();
        let build = Command::new(nginx).arg("-V").output().unwrap();
        let knows = |what: &str| String::from_utf8_lossy(&build.stderr).contains(what);
        let http3 = if knows("http_v3_module") { "" } else { "map \"\" $http3 { default \"\"; }" };
        let template = include_str!("live/formats.conf")
            .replace("@USER@", if is_root() { "user root root;" } else { "" })
            .replace("@TRUTH@", &format!("'{{' {} '\"end\":\"\"}}'", truth.join("\n        ")))
            .replace("@LOGS@", &logs.concat())
            .replace("@VARIABLES@", http3)
            .replace("@DIR@", dir.text())
            .replace("@CLOSED@", &closed.0.local_addr().unwrap().port().to_string())
            .replace("@BACKEND@", &http::start_backend().to_string());
        for _ in 0..3 {
            let (port, port_http2) = (free_port(), free_port());
            let text =
                template.replace("@PORT@", &port.to_string()).replace("@PORT2@", &port_http2.to_string());
            let configuration = dir.write("nginx.conf", &text);
            let mut start = command(nginx, &dir);
            start.args(["-p", dir.text(), "-c"]).arg(configuration);
            let mut server = Server::start(&mut start, &dir.path("nginx.stderr"));
            wait_until(START, || dir.path("nginx.pid").exists() || !server.is_running());
            if dir.path("nginx.pid").exists() {
                return Site { nginx: server, port, port_http2, _silent: silent, _closed: closed, dir };
            }
        }
        panic!("nginx does not start: {}{}", dir.read("nginx.stderr"), dir.read("nginx-error.log"));
    }

    fn log(&self, format: &Format) -> PathBuf {
        self.dir.path(&format!("{}.log", format.name))
    }

    fn stop(&mut self) {
        self.nginx.signal("QUIT");
        self.nginx.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Request line and headers of requests that are answered at once.
const REQUESTS: [(&str, &str); 44] = [
    ("GET /index.txt", ""),
    ("GET /index.txt?a=1&b=2", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n"),
    ("HEAD /index.txt", "User-Agent: curl/8.5.0\r\nReferer: https://example.com/a?b=c\r\n"),
    ("GET /long.txt", "Accept-Encoding: gzip\r\nUser-Agent: Mobile Safari\r\n"),
    ("GET /long.txt", "Range: bytes=10-99\r\n"),
    ("GET /index.txt", "If-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n"),
    ("GET /nothing.html", "User-Agent: \r\nReferer: -\r\n"),
    ("POST /good", "Content-Type: application/x-www-form-urlencoded\r\n"),
    ("GET /listing/", ""),
    ("GET /uid", ""),
    ("GET /uid", "Cookie: uid=fwAAAWdVgqVxWQAgAwMGAg==; session=a\"b\\c; theme=dark\r\n"),
    ("GET /drop", ""),
    ("GET /moved?from=here", ""),
    ("GET /limited", ""),
    ("GET /limited", ""),
    ("GET /good", "CF-Ray: a5e879cb61d3c7e5-FRA\r\nCF-Connecting-IP: 192.0.2.7\r\nCF-IPCountry: DE\r\n"),
    ("GET /good?x", "CF-Ray: a5e879cb61d3c7e6\r\nCF-Connecting-IP: 2001:db8::7\r\n"),
    ("GET /good?", "CF-Ray: made up \"by\" a client\r\nCF-Connecting-IP: 999.1.2.3\r\n"),
    ("GET /cached", ""),
    ("GET /cached", "X-Forwarded-For: 192.0.2.1, 10.0.0.1, 172.68.10.5\r\n"),
    ("GET /tried", "CF-Ray: a5e879cb61d3c7e8-NRT\r\nCF-Connecting-IP: 192.0.2.8\r\n"),
    ("GET /tried", "User-Agent: Mozilla/5.0 (iPhone) Mobile/15E148\r\n"),
    ("GET /dead", ""),
    ("GET /dead", "X-Forwarded-For: unknown\r\n"),
    ("GET /back/away", ""),
    ("GET /backend/closed", ""),
    ("GET /backend/garbage", ""),
    ("GET /backend/bad-header", ""),
    ("GET /nowhere?host=example.com", ""),
    ("GET /again", ""),
    ("GET /thrice", "CF-Ray: a5e879cb61d3c7e9-FRA\r\n"),
    ("GET /vain?host=example.com", ""),
    ("GET /slow", "CF-Connecting-IP: 2001:db8::7\r\nCF-Ray: a5e879cb61d3c7ea-FRA\r\n"),
    ("GET /a%20b%22c%5cd%0a%01%7f%c3%a9?q=%22+%5c", "Referer: https://example.com/\"a\\b\"?x=[y]\r\n"),
    ("GET /quo\"te\\back'slash?a=\"b\"&c=\\d", "User-Agent: a \"quoted\" \\ back'slash\\\\\r\n"),
    ("GET /\u{e9}\u{1f600}?q=\u{e4}", "User-Agent: sm\u{f6}rg\u{e5}sbord \u{1f600}\r\nReferer: \u{fc}\r\n"),
    ("GET /x?a=-&b=%20-", "User-Agent: -\r\nX-Forwarded-For: -\r\n"),
    ("GET //double//slash/./a/../b", "User-Agent: \t tab\tand\u{1}\u{1f}\u{7f}control \t\r\n"),
    ("GET /index.txt?u=http://example.com/?x=y", "X-Forwarded-For: [2001:db8::1]:443, 192.0.2.1:80\r\n"),
    ("GET /x?[a]=1,2;3|4", "User-Agent: a] [b | c, d; e\" - \"f\" 200 17\r\nCookie: a=1, b=2; c=\"d\"\r\n"),
    ("GET http://other.example/absolute?x", ""),
    ("OPTIONS *", ""),
    ("GET /a' '200' 'b", ""),
    ("GET /x\" 200 12 \"-\" \"-", ""),
];

/// `alice smith`, `a"b\c`, `x] "GET / HTTP/1.1" 200 5`, one with a tab and a newline, an empty one, one that is a
/// dash; the password is `x`.
const USERS: [&str; 7] = [
    "YWxpY2Ugc21pdGg6eA==",
    "YSJiXGM6eA==",
    "eF0gIkdFVCAvIEhUVFAvMS4xIiAyMDAgNTp4",
    "YQliCmM6eA==",
    "Ong=",
    "LTp4",
    "YSAtIGIgW2M6eA==",
];

/// Whole requests that are none of HTTP/1.1, or none at all.
const ODD: [&[u8]; 12] = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\"\\\xff\xfe\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    b"GET /\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"get /lower HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /two words HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: LIVE.example.com:8080\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
];

/// `GET /index.txt?h2` for `live.example.com`, as a client that knows of HTTP/2 sends it: preface, empty settings,
/// headers that end the stream.
fn http2_request() -> Vec<u8> {
    let mut head = vec![0x82, 0x86, 0x04];
    for text in ["/index.txt?h2", "live.example.com"] {
        if text.starts_with("live") {
            head.push(0x01); // :authority, not kept in the table
        }
        head.push(u8::try_from(text.len()).unwrap());
        head.extend(text.bytes());
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend([0, 0, u8::try_from(head.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
    bytes.extend(head);
    bytes
}

fn ask(site: &Site) {
    for (line, headers) in REQUESTS {
        let body = if line.starts_with("POST") { "a=\"1\"&b=\\2\n\u{e9}" } else { "" };
        let length = body.len();
        let rest = format!("Connection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        exchange(site.port, format!("{line} HTTP/1.1\r\nHost: live.example.com\r\n{rest}").as_bytes());
    }
    for user in USERS {
        let head = format!("Host: a.example\r\nConnection: close\r\nAuthorization: Basic {user}\r\n");
        exchange(site.port, format!("GET /good HTTP/1.1\r\n{head}\r\n").as_bytes());
    }
    let long = "x\"\\\u{e9}".repeat(1500);
    let head = format!("GET /?{long} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: {long}\r\n\r\n");
    exchange(site.port, head.as_bytes());
    for bytes in ODD {
        let mut stream = connect(site.port);
        stream.write_all(bytes).unwrap();
        let _ = stream.shutdown(Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
    // One that is not ended is given up after a second, and one connection bears two requests at once.
    exchange(site.port, b"GET /never-ended HTTP/1.1\r\nHost: a\r\n");
    let two =
        "GET /index.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    exchange(site.port, two.as_bytes());
    let mut stream = connect(site.port_http2);
    stream.write_all(&http2_request()).unwrap();
    assert!(
        site.dir.logged("truth.log", "?h2 HTTP/2.0", START),
        "no HTTP/2: {}",
        site.dir.read("nginx-error.log")
    );
    drop(stream);
    let mut stream = connect(site.port);
    stream.write_all(b"GET /silent HTTP/1.1\r\nHost: a\r\nCF-Ray: a5e879cb61d3c7eb-FRA\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    drop(stream);
    assert!(site.dir.logged("truth.log", "GET /silent", START), "nginx does not see that a client has left");
}

/// The requests did what they are there for.
fn provoked(rows: &[Row]) {
    let statuses: BTreeSet<&str> = rows.iter().map(|row| row.text("status")).collect();
    for status in [
        "009", "200", "206", "302", "304", "400", "403", "404", "405", "408", "444", "499", "502", "503",
        "504",
    ] {
        assert!(statuses.contains(status), "no {status} among {statuses:?}");
    }
    let lists: BTreeSet<&str> = rows.iter().map(|row| row.text("upstream_status")).collect();
    for list in ["502, 502, 200", "502 : 502, 502, 200", "502 : 200"] {
        assert!(lists.contains(list), "no {list:?} among {lists:?}");
    }
    let addresses: BTreeSet<&str> = rows.iter().map(|row| row.text("upstream_addr")).collect();
    assert!(addresses.iter().any(|list| list.ends_with(" : ")), "no list ends in its colon: {addresses:?}");
}

#[test]
fn every_format_is_read_as_nginx_meant_it() {
    let Some(nginx) = find_program(|name| name == "nginx") else {
        let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
        assert!(!required, "nginx is not installed, but this run requires it");
        eprintln!("skipped: nginx is not installed; no format was really written");
        return;
    };
    let formats = formats();
    let mut site = Site::start(&nginx, &formats);
    ask(&site);
    site.stop();
    let rows: Vec<Row> = truth::rows(&fs::read(site.dir.path("truth.log")).unwrap());
    provoked(&rows);

    let mut wrong = Vec::new();
    for format in &formats {
        compiled(format, &site, &rows, &mut wrong);
        if !UNTOLD.contains(&&*format.name) {
            detected(format, &site, &rows, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    by_command(&site, &formats, &rows);
}

/// The lines of a log, which must be as many as the requests.
fn lines(log: &[u8], rows: &[&Row], name: &str) -> Vec<Vec<u8>> {
    let lines: Vec<Vec<u8>> =
        log.split_inclusive(|b| *b == b'\n').map(|l| l[..l.len() - 1].to_vec()).collect();
    assert_eq!(lines.len(), rows.len(), "{name}");
    lines
}

/// The format itself must read every line, and find all values.
fn compiled(format: &Format, site: &Site, rows: &[Row], wrong: &mut Vec<String>) {
    let log = fs::read(site.log(format)).unwrap();
    let rows = format.rows(rows);
    let reader = format.compiled();
    let names = format.variables();
    for (line, row) in lines(&log, &rows, &format.name).iter().zip(&rows) {
        let mut say = |what: String| {
            wrong.push(format!("{}: {what}: {}", format.name, String::from_utf8_lossy(line)));
        };
        let (Some((at, access)), Some(values)) = (reader.parse(line), reader.values(line)) else {
            say("is not read".to_owned());
            continue;
        };
        let values: Vec<(&str, &[u8])> = values.collect();
        for (name, value) in &values {
            let value = reader.escape().decode(value);
            if !row.is(name, &value) {
                say(format!("${name} is {:?}, not {:?}", row.text(name), String::from_utf8_lossy(&value)));
            }
        }
        for name in names.iter().filter(|name| !values.iter().any(|(told, _)| told == *name)) {
            say(format!("${name} is not told"));
        }
        Told { at, access }.problems(row, &names, true).into_iter().for_each(say);
    }
}

/// The format that is told from the lines alone must read every line, and may say less but nothing else.
fn detected(format: &Format, site: &Site, rows: &[Row], wrong: &mut Vec<String>) {
    let log = fs::read(site.log(format)).unwrap();
    let rows = format.rows(rows);
    let Some(reader) = AccessFormat::detect(&log, AccessServer::Nginx) else {
        wrong.push(format!("{}: cannot be told", format.name));
        return;
    };
    for (line, row) in lines(&log, &rows, &format.name).iter().zip(&rows) {
        let mut say = |what: String| {
            wrong.push(format!("{} (told): {what}: {}", format.name, String::from_utf8_lossy(line)));
        };
        let Some((at, access)) = reader.parse(line) else {
            say("is not read".to_owned());
            continue;
        };
        Told { at, access }.problems(row, &format.variables(), false).into_iter().for_each(say);
    }
}

/// logscan itself, with the names of the configuration and without.
fn by_command(site: &Site, formats: &[Format], rows: &[Row]) {
    let conf = site.dir.path("nginx.conf");
    let conf = ["--nginx-conf", conf.to_str().unwrap()];
    let told = formats.iter().filter(|format| !UNTOLD.contains(&&*format.name));
    unrecognized(&[], told.map(|format| site.log(format)).collect());
    unrecognized(&conf, formats.iter().map(|format| site.log(format)).collect());
    for format in formats {
        let [option, file] = conf;
        let count = unrecognized(&["--log-format", &format.name, option, file], vec![site.log(format)]);
        assert_eq!(count, format.rows(rows).len(), "{}", format.name);
    }
}

/// Every line must be a record. How many there are.
fn unrecognized(arguments: &[&str], logs: Vec<PathBuf>) -> usize {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    let output = logscan.args(["--format", "json"]).args(arguments).args(&logs).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {complaints}"));
    let inputs = report["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), logs.len(), "{arguments:?} {complaints}");
    for input in inputs {
        assert_eq!(input["unrecognized"].as_u64(), Some(0), "{arguments:?} {input}");
        assert_eq!(input["records"], input["lines"], "{arguments:?} {input}");
    }
    inputs.iter().map(|input| usize::try_from(input["records"].as_u64().unwrap()).unwrap()).sum()
}
