//! Proof against the real rsyslog: one with its own socket gets what nginx and `logger` send, and writes it in its
//! three usual forms. In each logscan must name every line, with its time.
//!
//! Without rsyslog, nginx or `logger` the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead.
//! LOGSCAN_LIVE_KEEP keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

// Shared with other tests, which use more of them.
#[allow(dead_code)]
#[path = "live/expect.rs"]
mod expect;
#[allow(dead_code)]
#[path = "live/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "live/process.rs"]
mod process;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use http::get;
use process::{Server, Workdir, command, find_program, is_root, run, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(10);

const FORMS: [(&str, &str); 3] = [
    ("traditional.log", "RSYSLOG_TraditionalFileFormat"),
    ("rfc3339.log", "RSYSLOG_FileFormat"),
    ("rfc5424.log", "RSYSLOG_SyslogProtocol23Format"),
];

/// By default nginx names its host to a local socket too, which rsyslog does not expect.
const NGINX: &str = "@USER@
daemon off;
worker_processes 1;
pid @DIR@/nginx.pid;
error_log syslog:server=unix:@DIR@/log.sock error;
error_log syslog:server=unix:@DIR@/log.sock,nohostname,tag=web error;
events { }
http {
    client_body_temp_path @DIR@/tmp/body;
    proxy_temp_path @DIR@/tmp/proxy;
    fastcgi_temp_path @DIR@/tmp/fastcgi;
    uwsgi_temp_path @DIR@/tmp/uwsgi;
    scgi_temp_path @DIR@/tmp/scgi;
    access_log syslog:server=unix:@DIR@/log.sock combined;
    access_log syslog:server=unix:@DIR@/log.sock,nohostname,tag=web_access,severity=debug combined;
    server {
        listen 127.0.0.1:@PORT@;
        location = /dead { proxy_pass http://127.0.0.1:@CLOSED@; }
    }
}
";

/// What programs send that write to syslog by themselves: tag, text, kind.
const SENT: [(&str, &str, &str); 4] = [
    ("nginx", "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "bind-in-use"),
    (
        "php-fpm",
        "[WARNING] [pool www] server reached pm.max_children setting (5), consider raising it",
        "fpm-max-children-reached",
    ),
    ("systemd", "php8.2-fpm.service: Main process exited, code=killed, status=11/SEGV", "unit-killed-segv"),
    ("ordinary", "nothing of ours", "other-program"),
];

fn find() -> Result<[PathBuf; 3], String> {
    let of =
        |name: &'static str| find_program(|found| found == name).ok_or(format!("{name} is not installed"));
    // `logger` knows no `-v`.
    let logger = ["/usr/bin/logger", "/bin/logger"].iter().map(PathBuf::from).find(|path| path.exists());
    Ok([of("rsyslogd")?, of("nginx")?, logger.ok_or("logger is not installed")?])
}

fn start_rsyslog(program: &Path, dir: &Workdir) -> Server {
    let at = dir.text();
    let mut configuration = format!(
        "global(workDirectory=\"{at}\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{at}/log.sock\" RateLimit.Interval=\"0\")\n"
    );
    for (file, template) in FORMS {
        configuration += &format!("action(type=\"omfile\" file=\"{at}/{file}\" template=\"{template}\")\n");
    }
    let mut start = command(program, dir);
    start.arg("-n").arg("-f").arg(dir.write("rsyslog.conf", &configuration));
    start.arg("-i").arg(dir.path("rsyslog.pid"));
    let server = Server::start(&mut start, &dir.path("rsyslog.stderr"));
    assert!(wait_until(SOON, || dir.path("log.sock").exists()), "{}", dir.read("rsyslog.stderr"));
    server
}

fn start_nginx(program: &Path, dir: &Workdir, closed: u16) -> (Server, u16) {
    fs::create_dir(dir.path("tmp")).unwrap();
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let configuration = NGINX
        .replace("@USER@", if is_root() { "user root root;" } else { "" })
        .replace("@DIR@", dir.text())
        .replace("@PORT@", &port.to_string())
        .replace("@CLOSED@", &closed.to_string());
    let mut start = command(program, dir);
    start.args(["-p", dir.text(), "-c"]).arg(dir.write("nginx.conf", &configuration));
    let server = Server::start(&mut start, &dir.path("nginx.stderr"));
    assert!(wait_until(SOON, || dir.path("nginx.pid").exists()), "{}", dir.read("nginx.stderr"));
    (server, port)
}

fn every_line_is_read(log: &Path, lines: usize) {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    let output = logscan.args(["--format", "json", "--tz", "UTC"]).arg(log).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {complaints}"));
    let input = &report["inputs"][0];
    assert_eq!(input["records"].as_u64(), u64::try_from(lines).ok(), "{input} {complaints}");
    assert_eq!(input["records"], input["lines"], "{input} {complaints}");
}

#[test]
fn every_line_of_rsyslog_is_named() {
    let [rsyslog, nginx, logger] = match find() {
        Ok(found) => found,
        Err(missing) => {
            let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
            assert!(!required, "{missing}, but this run requires it");
            eprintln!("skipped: {missing}; nothing was really sent");
            return;
        }
    };
    let dir = Workdir::create();
    let begin = expect::clock(-2);
    let _rsyslog = start_rsyslog(&rsyslog, &dir);
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let closed = (TcpStream::connect(closed.local_addr().unwrap()).unwrap(), closed);
    let (_nginx, port) = start_nginx(&nginx, &dir, closed.0.local_addr().unwrap().port());
    get(port, "/dead");
    get(port, "/none");
    for (tag, text, _) in SENT {
        let mut send = command(&logger, &dir);
        send.arg("-u").arg(dir.path("log.sock")).args(["-t", tag, text]);
        assert!(run(&mut send, &dir.path("logger.stderr")).success(), "{}", dir.read("logger.stderr"));
    }
    let logs: Vec<PathBuf> = FORMS.iter().map(|(file, _)| dir.path(file)).collect();
    for (file, _) in FORMS {
        assert!(
            wait_until(SOON, || dir.read(file).lines().count() >= 8 + SENT.len()),
            "{file}: {}",
            dir.read(file)
        );
    }
    let end = expect::clock(2);

    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    for log in logs {
        every_line_is_read(&log, 8 + SENT.len());
        let events = expect::events(std::slice::from_ref(&log));
        let count = |kind: &str| events.iter().filter(|event| text(event, "kind") == kind).count();
        assert_eq!((count("connect-refused-tcp"), count("static-not-found")), (2, 2), "{log:?} {events:#?}");
        for (_, words, kind) in SENT.iter().filter(|(_, _, kind)| *kind != "other-program") {
            assert_eq!(count(kind), 1, "{log:?} {words}: {events:#?}");
        }
        for event in &events {
            let time = text(event, "time");
            let time = time.get(..19).unwrap_or_default();
            assert!(*begin <= *time && *time <= *end, "not in {begin} to {end}: {event}");
            let path = text(event, "uri");
            assert!(
                text(event, "source") != "nginx-error"
                    || path == "/dead"
                    || path == "/none"
                    || path.is_empty()
            );
        }
    }
}
