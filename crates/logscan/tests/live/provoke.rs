//! What is done to the servers so that they complain.

use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;

use crate::http::{connect, exchange, get, request, status};
use crate::process::{Server, kill, run, wait_until};
use crate::setup::Site;

const SOON: Duration = Duration::from_secs(8);

/// Repeats an action, at most three times, until the server has logged it. What the action gives is held meanwhile.
fn until_logged<T>(site: &Site, log: &str, needle: &str, mut action: impl FnMut() -> T) {
    for _ in 0..3 {
        let _held = action();
        if site.dir.logged(log, needle, SOON) {
            return;
        }
    }
    panic!("no {needle:?} in {log} after three tries:\n{}", site.dir.read(log));
}

fn must_log(site: &Site, log: &str, needle: &str) {
    assert!(site.dir.logged(log, needle, SOON), "no {needle:?} in {log}:\n{}", site.dir.read(log));
}

/// Requests that are answered at once, and the status each must have (none: it differs between versions).
const REQUESTS: [(&str, Option<&str>); 31] = [
    ("/hello.php", Some("200")),
    ("/index.txt", Some("403")),
    ("/nothing.html", Some("404")),
    ("/listing/", Some("403")),
    ("/forbidden", Some("403")),
    ("/missing-socket", Some("502")),
    ("/dead-socket", Some("502")),
    ("/refused", Some("502")),
    ("/dead-group", Some("502")),
    ("/dead-group", Some("502")),
    ("/no-resolver?host=a.example.com", Some("502")),
    ("/backend/closed", Some("502")),
    ("/backend/reset", Some("502")),
    ("/backend/garbage", None),
    ("/backend/bad-header", Some("502")),
    ("/backend/cut-body", Some("200")),
    ("/backend/too-much", Some("200")),
    ("/backend/bad-chunk", None),
    ("/nothing.php", Some("404")),
    ("/fatal.php", Some("500")),
    ("/memory.php", Some("500")),
    ("/parse.php", Some("500")),
    ("/warning.php", Some("200")),
    ("/notice.php", Some("200")),
    ("/own.php", Some("200")),
    ("/header.php", Some("502")),
    ("/limited", Some("200")),
    ("/limited", Some("503")),
    ("/cycle", Some("500")),
    ("/rewrite", Some("500")),
    ("/private", Some("401")),
];

pub(crate) fn quick_requests(site: &Site) {
    let port = site.ports.main;
    for (path, expected) in REQUESTS {
        let answer = get(port, path);
        assert!(expected.is_none() || status(&answer) == expected, "{path}: {answer}");
    }
    assert_eq!(get(port, "/drop"), "", "444 sends nothing");
    let wrong = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n"; // alice:wrong
    assert_eq!(status(&request(port, "GET", "/private/", wrong, "")), Some("401"));
    let unknown = "Authorization: Basic bWFsbG9yeTp4\r\n"; // mallory:x
    assert_eq!(status(&request(port, "GET", "/private/", unknown, "")), Some("401"));
    assert_eq!(status(&request(port, "POST", "/small-body", "", "more than ten bytes")), Some("413"));
    assert_eq!(status(&request(port, "POST", "/hello.php", "", &"x".repeat(3000))), Some("200"));
}

/// Requests no browser sends: lines of level info.
pub(crate) fn bad_clients(site: &Site) {
    let port = site.ports.main;
    let long = "x".repeat(3000);
    for bytes in [
        "get / HTTP/1.1\r\n\r\n",
        "GET / FOO/9\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: live.example.com\r\n\r\n",
        &format!("GET /{long} HTTP/1.1\r\nHost: live.example.com\r\n\r\n"),
        &format!("GET / HTTP/1.1\r\nCookie: {long}\r\n\r\n"),
    ] {
        exchange(port, bytes.as_bytes());
    }
    drop(connect(port)); // says nothing
    until_logged(site, "nginx-error.log", "client timed out", || {
        let mut idle = connect(port); // says nothing for longer than client_header_timeout
        while idle.read(&mut [0]).is_err_and(|e| e.kind() == std::io::ErrorKind::Interrupted) {}
    });
}

/// Visitors who go away: from a kept connection, and while PHP works for them.
pub(crate) fn leaving_clients(site: &Site) {
    let ask = |path: &str| {
        let mut stream = connect(site.ports.main);
        let request = format!("GET {path} HTTP/1.1\r\nHost: live.example.com\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    until_logged(site, "nginx-error.log", "closed keepalive connection", || {
        let _ = ask("/nothing.html").read(&mut [0; 64]);
    });
    until_logged(site, "nginx-error.log", "so upstream connection is closed too", || {
        let stream = ask("/sleep.php?s=2");
        std::thread::sleep(Duration::from_millis(100)); // enough for nginx to pass the request on
        drop(stream);
    });
}

/// Limits that take their time: slow log, terminate timeout, read timeout, dead resolver, CPU limit.
pub(crate) fn slow_requests(site: &Site) {
    let port = site.ports.main;
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(status(&get(port, "/slow/sleep.php?s=20")), Some("502")));
        scope.spawn(|| assert_eq!(status(&get(port, "/impatient/sleep.php?s=2")), Some("504")));
        scope.spawn(|| assert_eq!(status(&get(port, "/dead-resolver?host=a.example.com")), Some("502")));
        scope.spawn(|| assert_eq!(status(&get(port, "/cpu.php")), Some("500")));
        scope.spawn(|| full_pool(site));
    });
    must_log(site, "php-fpm.log", "exited on signal 15 (SIGTERM)");
}

/// One worker, a queue of one, seven visitors.
fn full_pool(site: &Site) {
    until_logged(site, "nginx-error.log", "(11: ", || {
        std::thread::scope(|scope| {
            for _ in 0..7 {
                scope.spawn(|| get(site.ports.main, "/full/sleep.php?s=3"));
            }
        });
    });
    must_log(site, "php-fpm.log", "server reached pm.max_children setting (1)");
}

/// A worker of php-fpm crashes in the middle of a request; another one is killed while idle.
pub(crate) fn lost_fpm_workers(site: &Site) {
    let port = site.ports.main;
    let lost = "recv() failed (104: Connection reset by peer) while reading response header from upstream";
    let needle = format!("{lost}, client: 127.0.0.1, server: live.example.com, request: \"GET /crash.php");
    until_logged(site, "nginx-error.log", &needle, || {
        let _ = std::fs::remove_file(site.dir.path("crash.pid"));
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(status(&get(port, "/crash.php")), Some("502")));
            assert!(
                wait_until(SOON, || site.dir.read("crash.pid").ends_with('\n')),
                "crash.php does not run"
            );
            assert!(kill("SEGV", site.dir.read("crash.pid").trim()));
        });
    });
    must_log(site, "php-fpm.log", "exited on signal 11");
    let answer = get(port, "/hello.php");
    let pid = answer.split("pid=").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    assert!(kill("KILL", pid));
    must_log(site, "php-fpm.log", "exited on signal 9");
}

/// The newest worker of nginx, from its own log.
fn nginx_worker(site: &Site) -> String {
    let log = site.dir.read("nginx-error.log");
    let last = log.lines().filter_map(|line| line.split("start worker process ").nth(1)).next_back();
    last.unwrap().to_owned()
}

pub(crate) fn lost_nginx_workers(site: &Site) {
    for (signal, number) in [("KILL", 9), ("SEGV", 11)] {
        let worker = nginx_worker(site);
        assert!(kill(signal, &worker));
        must_log(site, "nginx-error.log", &format!("worker process {worker} exited on signal {number}"));
        assert!(wait_until(SOON, || nginx_worker(site) != worker), "nginx starts no new worker");
    }
}

/// Connections that have begun a request and do not end it, more than the worker may have.
pub(crate) fn exhausted_connections(site: &Site) {
    get(site.ports.second, "/nothing.html");
    until_logged(site, "nginx-default.log", "worker_connections are not enough", || {
        let mut open = Vec::new();
        for _ in 0..12 {
            let mut stream = connect(site.ports.second);
            let _ = stream.write_all(b"GET / ");
            open.push(stream);
            std::thread::sleep(Duration::from_millis(20)); // nginx drops a connection that has sent nothing yet
        }
        open
    });
}

/// Configurations that nginx refuses, each with a line of its own kind.
const BROKEN: [&str; 9] = [
    "events { } nonsense on;",
    "events { } http { root /srv/a /srv/b; }",
    "events { } http { root /srv/a }",
    "events { } http { root /srv/a;",
    "events { } http { include /nonexistent/vhost.conf; }",
    "events { } http { server { return 301 $no_such_thing; } }",
    "events { } http { server { listen 8; root /srv/a; root /srv/b; } }",
    "events { } http { server { listen 8; location / { } location / { } } }",
    "http { }",
];

/// Arguments that give nginx a first log. Debian's is stderr and gets dated lines; with another one stderr gets
/// lines that begin `nginx: `. Nginx before 1.19.5 has no such option.
fn early_log(site: &Site) -> &'static [&'static str] {
    let help = Command::new(&site.programs.nginx).arg("-h").output().unwrap();
    let known = String::from_utf8_lossy(&help.stderr).contains("-e filename");
    if known { &["-e", "nginx-early.log"] } else { &[] }
}

/// Starts that fail: their errors stand on stderr, which a service manager would have kept.
pub(crate) fn failed_starts(site: &Site) {
    let stderr = site.dir.path("nginx-start.stderr");
    let early_log = early_log(site);
    for (number, text) in BROKEN.iter().enumerate() {
        let configuration = site.configure(&format!("broken-{number}.conf"), text);
        let mut nginx = site.nginx_command(&configuration);
        if number % 2 == 0 {
            nginx.args(early_log);
        }
        let status = run(nginx.arg("-t"), &stderr);
        assert!(!status.success(), "nginx accepts {text:?}");
    }
    let conflict = site.configure("nginx-conflict.conf", include_str!("nginx-conflict.conf"));
    let mut nginx = Server::start(&mut site.nginx_command(&conflict), &stderr);
    failed_fpm_starts(site);
    nginx.wait(); // tries five times, half a second apart
}

fn failed_fpm_starts(site: &Site) {
    let stderr = site.dir.path("php-fpm-start.stderr");
    let head =
        "[global]\nerror_log = @DIR@/php-fpm-failed.log\n[www]\n@USER@\npm = static\npm.max_children = 1\n";
    for (name, listen) in [
        ("fpm-unknown.conf", "listen = @DIR@/new.sock\nnonsense = 1\n"),
        ("fpm-twice.conf", "listen = @DIR@/app.sock\n"),
        ("fpm-port.conf", "listen = 127.0.0.1:@PORT@\n"),
    ] {
        let configuration = site.configure(name, &format!("{head}{listen}"));
        let mut fpm = Server::start(&mut site.fpm_command(&configuration), &stderr);
        fpm.wait();
    }
}

/// Reload, reopening of logs and stop of everything.
pub(crate) fn reload_and_stop(site: &mut Site) {
    let worker = nginx_worker(site);
    let configuration = site.dir.path("nginx.conf").to_str().unwrap().to_owned();
    let stderr = site.dir.path("nginx-run.stderr");
    let mut nginx = site.nginx_command(&configuration);
    assert!(run(nginx.args(early_log(site)).args(["-s", "reload"]), &stderr).success());
    must_log(site, "nginx-error.log", &format!("worker process {worker} exited with code 0"));
    site.nginx.signal("USR1");
    must_log(site, "nginx-error.log", "reopening logs");
    site.nginx.signal("QUIT");
    site.nginx.wait();
    site.nginx_default.signal("TERM");
    site.nginx_default.wait();

    let ready = || site.dir.read("php-fpm.log").matches("ready to handle connections").count();
    site.fpm.signal("USR2");
    assert!(wait_until(SOON, || ready() == 2), "php-fpm does not reload: {}", site.dir.read("php-fpm.log"));
    site.fpm.signal("TERM");
    site.fpm.wait();
}
