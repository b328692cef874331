//! Proof against the real fail2ban: a server with its own folder, socket and database watches a log, and is made to
//! ban, unban, restore and fail. Its actions run harmless commands, so that no firewall is touched. Of the log it
//! wrote logscan must understand every line, and tell addresses of Cloudflare's edge from others.
//!
//! Without fail2ban the test says so and passes; with LOGSCAN_REQUIRE_LIVE set it fails instead. LOGSCAN_LIVE_KEEP
//! keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "live/process.rs"]
#[allow(dead_code)]
mod process;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use process::{Server, Workdir, command, wait_until};
use serde_json::Value;

const LOG: &str = "fail2ban.log";
const LIMIT: Duration = Duration::from_secs(30);

/// What stands at the end of a line, and what the line must be named.
const EXPECTED: [(&str, &str); 29] = [
    ("Starting Fail2ban v", "f2b-server-start"),
    ("Jail 'web' started", "f2b-jail-started"),
    ("[web] Found 172.68.10.5 - ", "f2b-found-cloudflare"),
    ("[web] Found 192.0.2.7 - ", "f2b-found"),
    ("[web] Ignore 192.0.2.99 by ip", "f2b-ignore"),
    ("[web] Ban 172.68.10.5", "f2b-ban-cloudflare"),
    ("[web] Ban 192.0.2.7", "f2b-ban"),
    ("[web] 172.68.10.5 already banned", "f2b-already-banned-cloudflare"),
    ("[web] 192.0.2.7 already banned", "f2b-already-banned"),
    ("[web] Ban 172.70.1.0/24", "f2b-ban-cloudflare"),
    ("[web] Ban 2606:4700::1", "f2b-ban-cloudflare"),
    ("[web] Ban 2001:db8::1", "f2b-ban"),
    ("[web] Unban 192.0.2.7", "f2b-unban"),
    ("[web] Unban 172.70.1.0/24", "f2b-unban-cloudflare"),
    ("[broken] Ban 172.68.10.6", "f2b-ban-cloudflare"),
    (" -- stderr: '", "f2b-exec-stderr"),
    (" -- returned 127", "f2b-exec-returned"),
    ("Failed to execute ban jail 'broken'", "f2b-action-failed"),
    ("[short] Increase Ban 172.68.10.5 (2 # ", "f2b-increase-ban-cloudflare"),
    ("[short] IP 172.68.10.5 is bad: ", "f2b-ip-is-bad"),
    ("[short] Found 172.68.10.5, bad - ", "f2b-found-bad"),
    ("rollover performed on ", "f2b-rollover"),
    ("Command ['nonsense'] has failed.", "f2b-error"),
    ("Added logfile: '", "f2b-message"),
    ("Shutdown in progress...", "f2b-shutdown"),
    ("Flush ticket(s) with nothing", "f2b-flush"),
    ("Exiting Fail2ban", "f2b-exit"),
    ("[web] Restore Ban 172.68.10.5", "f2b-restore-ban-cloudflare"),
    ("[web] Restore Ban 2001:db8::1", "f2b-restore-ban"),
];

struct Programs {
    server: PathBuf,
    client: PathBuf,
}

impl Programs {
    fn find() -> Result<Programs, String> {
        let of = |name: &str| find_program(name).ok_or(format!("{name} is not installed"));
        Ok(Programs { server: of("fail2ban-server")?, client: of("fail2ban-client")? })
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(PathBuf::from);
    let found = |program: &Path| {
        let version =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    usual.into_iter().chain(std::env::split_paths(&path)).map(|dir| dir.join(name)).find(|p| found(p))
}

/// A fail2ban of its own.
struct Jails {
    programs: Programs,
    dir: Workdir,
}

impl Jails {
    fn new(programs: Programs) -> Jails {
        let dir = Workdir::create();
        for folder in ["filter.d", "action.d"] {
            std::fs::create_dir(dir.path(folder)).unwrap();
        }
        let at = dir.text();
        dir.write(
            "fail2ban.conf",
            &format!(
                "[Definition]\nloglevel = INFO\nlogtarget = {at}/{LOG}\nsyslogsocket = auto\nallowipv6 = yes\n\
                 socket = {at}/socket\npidfile = {at}/pid\ndbfile = {at}/bans.sqlite3\ndbpurgeage = 1d\n\
                 dbmaxmatches = 10\n"
            ),
        );
        // The log has whole seconds, so that a ban of one second could be over before it begins.
        dir.write(
            "jail.conf",
            &format!(
                "[DEFAULT]\nenabled = true\nbackend = polling\nusedns = no\nfilter = web\nignoreself = false\n\
                 ignoreip = 192.0.2.99\nfindtime = 600\nbantime = 3600\nmaxretry = 2\n\
                 [web]\nlogpath = {at}/web.log\naction = nothing\n\
                 [broken]\nlogpath = {at}/broken.log\naction = broken\n\
                 [short]\nlogpath = {at}/short.log\naction = nothing\nbantime = 3\nbantime.increment = true\n"
            ),
        );
        dir.write(
            "filter.d/web.conf",
            "[Definition]\nfailregex = ^ bad request from <ADDR>$\ndatepattern = ^%%Y-%%m-%%d %%H:%%M:%%S\n",
        );
        dir.write(
            "action.d/nothing.conf",
            "[Definition]\nactionstart = true\nactionstop = true\nactionflush = true\nactionban = true\n\
             actionunban = true\n",
        );
        dir.write(
            "action.d/broken.conf",
            "[Definition]\nactionban = /nonexistent/program <ip>\nactionunban = false\n",
        );
        for log in ["web.log", "broken.log", "short.log"] {
            dir.write(log, "");
        }
        Jails { programs, dir }
    }

    fn of_own(&self, program: &Path) -> Command {
        let mut command = command(program, &self.dir);
        command.arg("-c").arg(self.dir.text()).arg("-s").arg(self.dir.path("socket"));
        command.arg("-p").arg(self.dir.path("pid"));
        command
    }

    fn start(&self, loglevel: &str) -> Server {
        let mut start = self.of_own(&self.programs.server);
        start.args(["-f", "--loglevel", loglevel, "start"]);
        let server = Server::start(&mut start, &self.dir.path("server.stderr"));
        assert!(wait_until(LIMIT, || self.client(&["ping"])), "{}", self.dir.read("server.stderr"));
        server
    }

    fn client(&self, arguments: &[&str]) -> bool {
        let mut client = self.of_own(&self.programs.client);
        client.args(arguments).stderr(Stdio::null()).status().unwrap().success()
    }

    fn stop(&self, mut server: Server) {
        assert!(self.client(&["stop"]));
        server.wait();
    }

    /// A client does wrong, now.
    fn fails(&self, log: &str, addresses: &[&str]) {
        let mut log = File::options().append(true).open(self.dir.path(log)).unwrap();
        let now = Command::new("date").args(["-u", "+%Y-%m-%d %H:%M:%S"]).output().unwrap();
        let now = String::from_utf8(now.stdout).unwrap();
        let lines: String =
            addresses.iter().map(|address| format!("{} bad request from {address}\n", now.trim())).collect();
        log.write_all(lines.as_bytes()).unwrap();
    }

    fn awaits(&self, needle: &str) {
        assert!(self.dir.logged(LOG, needle, LIMIT), "not logged: {needle}\n{}", self.dir.read(LOG));
    }
}

#[test]
fn every_line_of_fail2ban_is_named() {
    let programs = match Programs::find() {
        Ok(programs) => programs,
        Err(missing) => {
            let required = std::env::var_os("LOGSCAN_REQUIRE_LIVE").is_some();
            assert!(!required, "{missing}, but this run requires it");
            eprintln!("skipped: {missing}; nobody was really banned");
            return;
        }
    };
    let jails = Jails::new(programs);
    first_run(&jails);
    let told = events(&jails.dir);
    conservation(&jails.dir);
    for event in &told {
        let line = text(event, "raw");
        let word = line.split("]: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        let level = match word {
            "WARNING" => "warn".to_owned(),
            other => other.to_lowercase(),
        };
        assert_eq!(text(event, "level"), level, "{line}");
        assert_eq!(text(event, "source"), "fail2ban", "{line}");
    }

    let server = jails.start("DEBUG");
    jails.awaits("[web] Restore Ban 172.68.10.5");
    jails.fails("broken.log", &["192.0.2.8", "192.0.2.8"]);
    jails.awaits("': Error banning 192.0.2.8");
    jails.stop(server);
    jails.awaits("Exiting Fail2ban");
    let continued = conservation(&jails.dir);
    assert!(continued > 0, "at level DEBUG a traceback follows a failed action");

    let told = events(&jails.dir);
    for (needle, kind) in EXPECTED {
        let mut of_line = told.iter().filter(|event| text(event, "raw").contains(needle)).peekable();
        assert!(of_line.peek().is_some(), "no line with {needle}");
        for event in of_line {
            assert_eq!(text(event, "kind"), kind, "{event}");
        }
    }
    let cloudflare: Vec<&str> =
        told.iter().filter(|e| text(e, "cause") == "edge-blocked").map(|e| text(e, "raw")).collect();
    let edge = ["172.68.10.", "172.70.1.0/24", "2606:4700::1"];
    assert!(
        cloudflare.iter().all(|line| edge.iter().any(|address| line.contains(address))),
        "{cloudflare:#?}"
    );
}

/// Bans, unbans and failures, at the level that fail2ban has by default.
fn first_run(jails: &Jails) {
    let server = jails.start("INFO");
    jails.awaits("Jail 'short' started");
    jails.fails("web.log", &["192.0.2.7", "192.0.2.7", "172.68.10.5", "172.68.10.5", "192.0.2.99"]);
    jails.fails("short.log", &["172.68.10.5", "172.68.10.5"]);
    jails.fails("broken.log", &["172.68.10.6", "172.68.10.6"]);
    for needle in [
        "[web] Ban 192.0.2.7",
        "[web] Ban 172.68.10.5",
        "[short] Unban 172.68.10.5",
        "': Error banning 172.68.10.6",
    ] {
        jails.awaits(needle);
    }
    jails.fails("short.log", &["172.68.10.5"]);
    jails.awaits("[short] Increase Ban 172.68.10.5");
    // Within three seconds of a ban a failure is taken for one that was on the way.
    std::thread::sleep(Duration::from_secs(4));
    jails.fails("web.log", &["192.0.2.7", "192.0.2.7", "172.68.10.5", "172.68.10.5"]);
    jails.awaits("[web] 172.68.10.5 already banned");
    jails.awaits("[web] 192.0.2.7 already banned");
    assert!(jails.client(&["set", "web", "banip", "172.70.1.0/24", "2606:4700::1", "2001:db8::1"]));
    for needle in ["[web] Ban 172.70.1.0/24", "[web] Ban 2606:4700::1", "[web] Ban 2001:db8::1"] {
        jails.awaits(needle);
    }
    assert!(jails.client(&["set", "web", "unbanip", "172.70.1.0/24", "192.0.2.7"]));
    assert!(jails.client(&["flushlogs"]));
    assert!(!jails.client(&["nonsense"]));
    jails.stop(server);
    jails.awaits("Exiting Fail2ban");
}

fn logscan(dir: &Workdir, arguments: &[&str]) -> String {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    let output = logscan.args(arguments).args(["--tz", "UTC"]).arg(dir.path(LOG)).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.stdout.is_empty(), "logscan {arguments:?} says nothing but {complaints:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn events(dir: &Workdir) -> Vec<Value> {
    let text = logscan(dir, &["events", "--format", "ndjson", "--raw"]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'event>(event: &'event Value, field: &str) -> &'event str {
    event[field].as_str().unwrap_or_default()
}

/// Every line is a record with a name or goes on with one; how many do the latter.
fn conservation(dir: &Workdir) -> u64 {
    let report: Value = serde_json::from_str(&logscan(dir, &["--format", "json"])).unwrap();
    let input = &report["inputs"][0];
    let count = |field: &str| input[field].as_u64().unwrap_or_else(|| panic!("no {field} in {input}"));
    assert_eq!(count("lines"), count("records") + count("continued"), "{input}");
    assert_eq!(count("unrecognized"), 0, "{input}");
    assert_eq!(count("events"), count("records"), "{input}");
    count("continued")
}
