//! Proof against the real Apache: it is started with a configuration of its own, in front of php-fpm and of a backend
//! that misbehaves, and made to fail on loopback ports. In the logs it wrote logscan must name every one of these
//! failures, and account for every single line. Where ModSecurity is installed, its lines and its audit log, too.
//!
//! Without Apache or php-fpm the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead.
//! LOGSCAN_LIVE_KEEP keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "live/apache.rs"]
mod apache;
// Shared with another test, which uses more of them.
#[allow(dead_code)]
#[path = "live/expect.rs"]
mod expect;
#[allow(dead_code)]
#[path = "live/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "live/process.rs"]
mod process;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use http::{connect, get, request, status};
use process::{Server, Workdir, command, find_program, is_fpm_name, is_root, kill, run, wait_until};

const SOON: Duration = Duration::from_secs(10);

const MODULES: [&str; 14] = [
    "mpm_prefork",
    "unixd",
    "authz_core",
    "authn_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "autoindex",
    "mime",
    "rewrite",
    "reqtimeout",
    "proxy",
    "proxy_http",
    "proxy_fcgi",
];

/// What ModSecurity needs comes first.
const MODSECURITY: [&str; 2] = ["unique_id", "security2"];

const SCRIPTS: [(&str, &str); 6] = [
    ("sleep.php", "<?php sleep((int) $_GET['s']);"),
    ("crash.php", "<?php file_put_contents(__DIR__ . '/../tmp/crash.pid', getmypid() . \"\\n\"); sleep(20);"),
    ("fatal.php", "<?php function deep() { throw new RuntimeException('db gone'); }\ndeep();"),
    ("warning.php", "<?php trigger_error('beware', E_USER_WARNING);"),
    ("own.php", "<?php error_log('checkout: card, referer: declined');"),
    ("header.php", "<?php header('X-Big: ' . str_repeat('x', 20000)); echo 'big';"),
];

/// Requests that are answered at once, and the status each must have (none: it differs between versions).
const REQUESTS: [(&str, Option<&str>); 17] = [
    ("/nothing.html", Some("404")),
    ("/listing/", Some("403")),
    ("/private/", Some("403")),
    ("/broken/", Some("500")),
    ("/cycle/", Some("500")),
    ("/auth", Some("401")),
    ("/x/.%2e/.%2e/.%2e/etc/passwd", Some("400")),
    ("/nothing.php", Some("404")),
    ("/fatal.php", Some("500")),
    ("/warning.php", Some("200")),
    ("/own.php", Some("200")),
    ("/header.php", Some("500")),
    ("/dead-socket", Some("503")),
    ("/dead-port", Some("503")),
    ("/dead-http", Some("503")),
    ("/backend/closed", Some("502")),
    ("/sleep.php?s=4", Some("504")),
];

const ERRORS: [&str; 38] = [
    "apache-started",
    "apache-command-line",
    "apache-server-built",
    "apache-file-missing",
    "apache-no-directory-index",
    "apache-denied-config",
    "apache-invalid-command",
    "apache-internal-redirects",
    "apache-auth-mismatch",
    "apache-auth-unknown-user",
    "apache-invalid-uri",
    "apache-req-line-long",
    "apache-req-header-long",
    "apache-req-timeout",
    "apache-fcgi-primary-unknown",
    "apache-fcgi-stderr",
    "apache-fcgi-php-warning",
    "apache-fcgi-stderr-other",
    "apache-end-of-script",
    "apache-fcgi-bad-headers",
    "apache-fcgi-dispatch",
    "apache-fcgi-header-read",
    "apache-fcgi-timeout",
    "apache-fcgi-connect",
    "apache-proxy-uds-connect",
    "apache-proxy-tcp-connect",
    "apache-proxy-http-connect",
    "apache-proxy-status-line",
    "apache-proxy-returned-by",
    "apache-proxy-read-response",
    "apache-mpm-prefork-max",
    "apache-child-exit-signal",
    "apache-restart-graceful",
    "apache-restart-hup",
    "apache-pid-overwritten",
    "apache-pid-removed",
    "apache-stopped-term",
    "apache-stopped-graceful",
];

const BLOCKS: [&str; 6] = [
    "waf-modsec-started",
    "waf-modsec-denied",
    "waf-modsec-drop",
    "waf-modsec-redirect",
    "waf-modsec-warning",
    "waf-modsec-body-limit",
];

/// What start-up prints: the name of the run, what is changed in its configuration, the kind of what it says.
const FAILED_STARTS: [(&str, &str, &str, &str); 6] = [
    ("bogus", "TypesConfig /dev/null", "Bogus on", "apache-invalid-command"),
    ("root", "DocumentRoot \"", "DocumentRoot \"/nonexistent", "apache-docroot-not-dir"),
    ("context", "LogLevel info", "</Directory>", "apache-syntax-error"),
    ("module", "LogLevel info", "LoadModule nope_module /nonexistent/mod_nope.so", "apache-module-load"),
    ("log", "ErrorLog \"", "ErrorLog \"/nonexistent", "apache-log-folder-missing"),
    ("user", "LogLevel info", "User logscan-nobody", "apache-bad-user"),
];

/// What runs, and where. The servers come first: they end before their directory goes.
struct Site {
    apache: Server,
    fpm: Server,
    program: PathBuf,
    configuration: String,
    port: u16,
    modsecurity: bool,
    /// Keeps a port taken, so that nobody else begins to listen there.
    _closed: (TcpStream, TcpListener),
    dir: Workdir,
}

/// Apache, its folder of modules and php-fpm.
fn find() -> Result<(PathBuf, PathBuf, PathBuf), String> {
    let (apache, folder) = apache::find()?;
    Ok((apache, folder, find_program(is_fpm_name).ok_or("php-fpm is not installed")?))
}

fn load_modules(folder: &Path, modsecurity: bool) -> String {
    apache::load(folder, MODULES.iter().chain(MODSECURITY.iter().filter(|_| modsecurity)))
}

impl Site {
    fn start(apache: PathBuf, modules: &Path, fpm: &Path) -> Site {
        let dir = Workdir::create();
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path(""), open).unwrap(); // for Apache's children, which are not root
        for name in ["tmp", "www", "www/listing", "www/private", "www/broken", "www/cycle"] {
            fs::create_dir(dir.path(name)).unwrap();
        }
        fs::set_permissions(dir.path("tmp"), fs::Permissions::from_mode(0o777)).unwrap();
        for (name, code) in SCRIPTS {
            dir.write(&format!("www/{name}"), code);
        }
        dir.write("www/index.txt", "static\n");
        dir.write("www/broken/.htaccess", "Bogus on\n");
        dir.write("users", "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"); // "password"
        let user = if is_root() { "user = root\ngroup = root" } else { "" };
        let pool = include_str!("live/apache-fpm.conf").replace("@DIR@", dir.text()).replace("@USER@", user);
        let pool = dir.write("php-fpm.conf", &pool);
        let mut start = command(fpm, &dir);
        start.args(["-F", "-n", "-y"]).arg(pool).args(is_root().then_some("-R"));
        let fpm = Server::start(&mut start, &dir.path("php-fpm.stderr"));
        assert!(wait_until(SOON, || dir.path("app.sock").exists()), "{}", dir.read("php-fpm.stderr"));

        let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let closed = (TcpStream::connect(closed.local_addr().unwrap()).unwrap(), closed);
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let modsecurity = modules.join("mod_security2.so").exists();
        let user = if is_root() { "User #65534\nGroup #65534" } else { "" };
        let configuration = include_str!("live/apache.conf")
            .replace("@MODULES@", &load_modules(modules, modsecurity))
            .replace("@USER@", user)
            .replace("@DIR@", dir.text())
            .replace("@PORT@", &port.to_string())
            .replace("@CLOSED@", &closed.0.local_addr().unwrap().port().to_string())
            .replace("@BACKEND@", &http::start_backend().to_string());
        dir.write("apache.conf", &configuration.replace("@NAME@", "apache"));
        let server = start_apache(&apache, &dir);
        Site { apache: server, fpm, program: apache, configuration, port, modsecurity, _closed: closed, dir }
    }

    fn logged(&self, needle: &str) {
        let found = self.dir.logged("apache.log", needle, SOON);
        assert!(found, "no {needle:?} in apache.log:\n{}", self.dir.read("apache.log"));
    }

    /// The process of the last line with these words.
    fn pid_of(&self, needle: &str) -> String {
        let log = self.dir.read("apache.log");
        let line = log.lines().rev().find(|line| line.contains(needle)).expect("a line");
        let rest = line.split_once("[pid ").expect("a pid").1;
        rest.chars().take_while(char::is_ascii_digit).collect()
    }
}

fn start_apache(program: &Path, dir: &Workdir) -> Server {
    let count = || dir.read("apache.log").matches("resuming normal operations").count();
    let before = count();
    let mut start = command(program, dir);
    start.arg("-DFOREGROUND").arg("-f").arg(dir.path("apache.conf"));
    let mut server = Server::start(&mut start, &dir.path("run.stderr"));
    wait_until(SOON, || count() > before || !server.is_running());
    assert!(count() > before, "Apache does not start: {}{}", dir.read("run.stderr"), dir.read("apache.log"));
    server
}

fn quick_requests(site: &Site) {
    for (path, expected) in REQUESTS {
        let answer = get(site.port, path);
        assert!(expected.is_none() || status(&answer) == expected, "{path}: {answer}");
    }
    get(site.port, "/backend/cut-body");
    get(site.port, "/backend/bad-chunk");
    get(site.port, "/backend/bad-header");
    let referer = "Referer: https://example.com/AH00052: child pid 1 exit signal Killed (9)\r\n";
    assert_eq!(status(&request(site.port, "GET", "/nothing.gif", referer, "")), Some("404"));
    let wrong = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n"; // alice:wrong
    assert_eq!(status(&request(site.port, "GET", "/auth", wrong, "")), Some("401"));
    let unknown = "Authorization: Basic bWFsbG9yeTp4\r\n"; // mallory:x
    assert_eq!(status(&request(site.port, "GET", "/auth", unknown, "")), Some("401"));
    let long = "x".repeat(9000);
    assert_eq!(status(&get(site.port, &format!("/{long}"))), Some("414"));
    assert_eq!(status(&request(site.port, "GET", "/", &format!("Cookie: {long}\r\n"), "")), Some("400"));
    if site.modsecurity {
        assert_eq!(status(&get(site.port, "/index.txt?deny=1")), Some("403"));
        assert_eq!(get(site.port, "/index.txt?drop=1"), "", "a drop sends nothing");
        assert_eq!(status(&get(site.port, "/index.txt?move=1")), Some("302"));
        assert_eq!(status(&get(site.port, "/index.txt?warn=1%22%5D+%5Bid+%229%22%5D")), Some("200"));
        assert_eq!(status(&request(site.port, "POST", "/index.txt", "", &"x".repeat(3000))), Some("413"));
    }
}

/// More connections than processes, which all say no more than a letter: one that says nothing is not accepted.
fn too_many_clients(site: &Site) {
    for _ in 0..3 {
        let _slow: Vec<_> = (0..6).map(|_| slow_client(site.port, b"G")).collect();
        if site.dir.logged("apache.log", "AH00161", Duration::from_secs(5)) {
            break;
        }
    }
    site.logged("AH00161");
    let _slow = slow_client(site.port, b"G");
    site.logged("AH01382: Request");
}

fn slow_client(port: u16, beginning: &[u8]) -> TcpStream {
    let mut stream = connect(port);
    stream.write_all(beginning).unwrap();
    stream
}

/// A worker of php-fpm, and a child of Apache, die.
fn crashes(site: &Site) {
    thread::scope(|scope| {
        let answer = scope.spawn(|| get(site.port, "/crash.php"));
        let pid = || site.dir.read("tmp/crash.pid").trim().to_owned();
        assert!(wait_until(SOON, || !pid().is_empty()), "crash.php does not run");
        assert!(kill("SEGV", &pid()));
        assert_eq!(status(&answer.join().unwrap()), Some("503"));
    });
    site.logged("AH01067");
    get(site.port, "/nothing.html");
    let child = site.pid_of("AH00128");
    assert!(kill("SEGV", &child));
    site.logged(&format!("AH00052: child pid {child} exit signal"));
}

fn failed_starts(site: &Site) {
    for (name, from, to, _) in FAILED_STARTS {
        let configuration = site.configuration.replace("@NAME@", name).replacen(from, to, 1);
        let path = site.dir.write(&format!("{name}.conf"), &configuration);
        let mut test = command(&site.program, &site.dir);
        run(test.arg("-t").arg("-f").arg(path), &site.dir.path(&format!("{name}.stderr")));
    }
    let path = site.dir.write("taken.conf", &site.configuration.replace("@NAME@", "taken"));
    let mut second = command(&site.program, &site.dir);
    let ended = run(second.arg("-DFOREGROUND").arg("-f").arg(path), &site.dir.path("taken.stderr"));
    assert!(!ended.success(), "two servers on one port");
}

/// A reload, a reload with a broken configuration (which ends Apache), and the ways to stop.
fn reload_and_stop(site: &mut Site) {
    let started = |site: &Site| site.dir.read("apache.log").matches("resuming normal operations").count();
    for (signal, word) in [("USR1", "Graceful restart requested"), ("HUP", "SIGHUP received")] {
        let before = started(site);
        site.apache.signal(signal);
        site.logged(word);
        assert!(wait_until(SOON, || started(site) > before), "{}", site.dir.read("apache.log"));
    }
    let good = site.dir.read("apache.conf");
    site.dir.write("apache.conf", &format!("{good}Bogus on\n"));
    site.apache.signal("USR1");
    site.apache.wait();
    site.dir.write("apache.conf", &good);
    site.apache = start_apache(&site.program, &site.dir);
    site.logged("AH00098");
    site.apache.signal("TERM");
    site.apache.wait();
    site.apache = start_apache(&site.program, &site.dir);
    site.apache.signal("WINCH");
    site.apache.wait();
    site.logged("shutting down gracefully");
    assert!(site.fpm.is_running());
}

#[test]
fn every_provoked_failure_is_named() {
    let (apache, modules, fpm) = match find() {
        Ok(found) => found,
        Err(missing) => {
            let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
            assert!(!required, "{missing}, but this run requires it");
            eprintln!("skipped: {missing}; no real failure was provoked");
            return;
        }
    };
    let mut site = Site::start(apache, &modules, &fpm);
    quick_requests(&site);
    too_many_clients(&site);
    crashes(&site);
    failed_starts(&site);
    reload_and_stop(&mut site);

    let mut wanted: Vec<(&str, &str)> = ERRORS.iter().map(|kind| ("apache.log", *kind)).collect();
    let mut logs = vec!["apache.log".to_owned(), "taken.stderr".to_owned()];
    wanted.extend([("taken.stderr", "apache-bind-failed"), ("taken.stderr", "apache-no-listeners")]);
    wanted.push(("taken.stderr", "apache-unable-open-logs"));
    let starts: Vec<_> =
        FAILED_STARTS.iter().map(|(name, _, _, kind)| (format!("{name}.stderr"), *kind)).collect();
    for (file, kind) in &starts {
        wanted.push((file, kind));
        logs.push(file.clone());
    }
    if site.modsecurity {
        wanted.extend(BLOCKS.iter().map(|kind| ("apache.log", *kind)));
        wanted.extend([("audit.log", "modsec-audit-intercepted"), ("audit.log", "modsec-audit-logged")]);
        logs.push("audit.log".to_owned());
    }
    let logs: Vec<PathBuf> = logs.iter().map(|name| site.dir.path(name)).collect();
    expect::conservation(&logs);
    let events = expect::events(&logs);
    let text = |event: &serde_json::Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let file = |event| text(event, "file").rsplit('/').next().unwrap_or_default().to_owned();
    let named: BTreeSet<(String, String)> = events.iter().map(|e| (file(e), text(e, "kind"))).collect();
    let missing: Vec<_> =
        wanted.iter().filter(|(f, k)| !named.contains(&((*f).to_owned(), (*k).to_owned()))).collect();
    assert!(missing.is_empty(), "not named: {missing:?}\nnamed: {named:?}");
    // What a client sends forges nothing, and the fields are those of the real program.
    assert!(named.iter().all(|(_, kind)| kind != "apache-child-killed"), "{named:?}");
    let fatal = events.iter().find(|e| text(e, "kind") == "apache-fcgi-stderr").unwrap();
    assert!(text(fatal, "php_file").ends_with("/www/fatal.php"), "{fatal}");
    let dead = events.iter().find(|e| text(e, "kind") == "apache-proxy-uds-connect").unwrap();
    assert!(text(dead, "upstream").ends_with("/missing.sock") && text(dead, "cause") == "fpm-down", "{dead}");
    // The reload that failed is told without a time of its own, and gets that of the line before it.
    let of_log = || events.iter().filter(|e| text(e, "file").ends_with("/apache.log"));
    assert!(of_log().all(|e| !text(e, "time").is_empty()));
    let reload = of_log().filter(|e| text(e, "kind") == "apache-invalid-command" && e["level"].is_null());
    assert_eq!(reload.count(), 1);
}
