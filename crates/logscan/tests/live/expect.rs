//! What logscan must say about the logs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::process::Workdir;

/// Every log file and the kinds that must be named in it, as far as it was written.
const EXPECTED: [(&str, &[&str]); 10] = [
    ("nginx-error.log", &NGINX),
    ("nginx-default.log", &["static-not-found", "res-worker-connections"]),
    ("nginx-conflict.log", &["bind-in-use", "bind-retry", "bind-still-could-not"]),
    ("nginx-start.stderr", &NGINX_START),
    ("php-fpm.log", &FPM),
    ("php-fpm-slow.log", &["fpm-slowlog-header"]),
    ("php-fpm-failed.log", &["fpm-another-instance", "fpm-bind-in-use", "fpm-init-failed"]),
    ("php-fpm-start.stderr", &["fpm-conf-unknown-entry", "fpm-conf-load-failed", "fpm-init-failed"]),
    ("nginx-early.log", &["conf-unknown-directive", "proc-signal-process-started"]),
    ("nginx-run.stderr", &[]),
];

/// Not written where php-fpm may not trace its workers, where nginx knows no `-e`, where there is nothing to say.
const OPTIONAL: [&str; 3] = ["php-fpm-slow.log", "nginx-early.log", "nginx-run.stderr"];

const NGINX: [&str; 68] = [
    // upstreams
    "connect-unix-enoent",
    "connect-unix-eagain",
    "connect-unix-refused",
    "connect-refused-tcp",
    "upstream-recv-reset-header",
    "upstream-timeout-header",
    "upstream-closed-header",
    "upstream-closed-body",
    "upstream-too-big-header",
    "upstream-invalid-header",
    "upstream-no-valid-http-header",
    "upstream-invalid-chunked",
    "upstream-more-than-content-length",
    "upstream-no-live",
    "upstream-temporarily-disabled",
    "upstream-no-resolver",
    "resolver-send-refused",
    "upstream-resolve-timeout",
    // PHP
    "fastcgi-primary-script-unknown",
    "fastcgi-limit-extensions",
    "fastcgi-php-uncaught",
    "fastcgi-php-memory",
    "fastcgi-php-max-exec",
    "fastcgi-php-parse",
    "fastcgi-php-warning",
    "fastcgi-php-notice",
    "fastcgi-stderr-any",
    // requests
    "static-not-found",
    "index-forbidden",
    "access-forbidden",
    "limit-req-reject",
    "auth-none-given",
    "auth-password-mismatch",
    "auth-user-not-found",
    "rewrite-cycle-internal",
    "rewrite-cycle-processing",
    // clients
    "client-too-large-body",
    "client-body-buffered",
    "client-invalid-method",
    "client-invalid-request",
    "client-invalid-version",
    "client-invalid-host",
    "client-no-host",
    "client-trace-method",
    "client-too-long-uri",
    "client-too-long-header",
    "client-closed-waiting",
    "client-closed-keepalive",
    "client-closed-upstream-too",
    "client-timeout-waiting",
    // the processes
    "proc-banner",
    "proc-os",
    "proc-event-method",
    "proc-rlimit",
    "proc-start-workers",
    "proc-start-worker",
    "proc-worker-sigkill",
    "proc-worker-segv",
    "proc-worker-exit-code",
    "proc-signal-chld",
    "proc-signal-hup",
    "proc-reconfiguring",
    "proc-signal-usr1",
    "proc-reopening-logs",
    "proc-signal-quit",
    "proc-graceful-shutdown",
    "proc-exiting",
    "proc-exit",
];

const NGINX_START: [&str; 12] = [
    "conf-unknown-directive",
    "conf-invalid-args",
    "conf-unexpected-brace",
    "conf-unexpected-eof",
    "conf-include-missing",
    "conf-unknown-variable",
    "conf-directive-duplicate",
    "conf-duplicate-location",
    "conf-no-events",
    "conf-test-failed",
    "bind-in-use",
    "bind-still-could-not",
];

const FPM: [&str; 18] = [
    "fpm-running",
    "fpm-ready",
    "fpm-child-sigsegv",
    "fpm-child-sigkill",
    "fpm-child-sigterm",
    "fpm-child-started",
    "fpm-request-slow",
    "fpm-request-terminated",
    "fpm-max-children-reached",
    "fpm-said-php-fatal",
    "fpm-said-php-message",
    "fpm-said-trace",
    "fpm-script-denied-ext",
    "fpm-reload-in-progress",
    "fpm-reload-execvp",
    "fpm-inherited-socket",
    "fpm-terminating",
    "fpm-bye-bye",
];

/// The logs that were written.
pub(crate) fn written_logs(dir: &Workdir) -> Vec<PathBuf> {
    let names = EXPECTED.iter().map(|(name, _)| *name);
    names
        .filter(|name| !OPTIONAL.contains(name) || !dir.read(name).is_empty())
        .map(|name| dir.path(name))
        .collect()
}

fn logscan(arguments: &[&str], logs: &[PathBuf]) -> String {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    let output = logscan.args(arguments).args(["--tz", "UTC"]).args(logs).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.stdout.is_empty(), "logscan {arguments:?} says nothing but {complaints:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn events(logs: &[PathBuf]) -> Vec<Value> {
    let text = logscan(&["events", "--format", "ndjson"], logs);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'event>(event: &'event Value, field: &str) -> &'event str {
    event[field].as_str().unwrap_or_default()
}

fn file_name(event: &Value) -> &str {
    text(event, "file").rsplit('/').next().unwrap_or_default()
}

/// In every input: lines == records + continued + unrecognized, nothing is unrecognized, every record has a name.
pub(crate) fn conservation(logs: &[PathBuf]) {
    let report: Value = serde_json::from_str(&logscan(&["--format", "json"], logs)).unwrap();
    let inputs = report["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), logs.len(), "{inputs:?}");
    for input in inputs {
        let count = |field: &str| input[field].as_u64().unwrap_or_else(|| panic!("no {field} in {input}"));
        assert_eq!(count("lines"), count("records") + count("continued") + count("unrecognized"), "{input}");
        assert_eq!(count("unrecognized"), 0, "{input}");
        assert_eq!(count("events"), count("records"), "{input}");
    }
}

pub(crate) fn kinds(logs: &[PathBuf], events: &[Value]) {
    let named: BTreeSet<(&str, &str)> = events.iter().map(|e| (file_name(e), text(e, "kind"))).collect();
    let mut missing = Vec::new();
    for (file, kinds) in EXPECTED.iter().filter(|(file, _)| logs.iter().any(|log| log.ends_with(file))) {
        missing
            .extend(kinds.iter().filter(|kind| !named.contains(&(*file, **kind))).map(|kind| (file, kind)));
    }
    assert!(missing.is_empty(), "not named: {missing:?}\nnamed: {named:?}");
    let routine = named.iter().find(|(file, kind)| *file == "nginx-default.log" && kind.starts_with("proc-"));
    assert_eq!(routine, None, "by default nginx does not log its start and stop");
}

/// Causes and context of some of the events.
pub(crate) fn details(dir: &Workdir, events: &[Value]) {
    let of_kind = |kind: &'static str| events.iter().filter(move |event| text(event, "kind") == kind);
    for (kind, upstream, cause) in [
        ("connect-unix-enoent", "missing.sock", "fpm-down"),
        ("connect-unix-refused", "dead.sock", "fpm-down"),
        ("connect-unix-eagain", "full.sock", "fpm-saturated"),
        ("upstream-recv-reset-header", "app.sock", "php-fpm-crash"),
        ("upstream-recv-reset-header", "/backend/reset", "upstream-closed-early"),
        ("upstream-no-live", "dead_group", "no-live-upstreams"),
    ] {
        let found =
            of_kind(kind).any(|e| text(e, "upstream").contains(upstream) && text(e, "cause") == cause);
        assert!(
            found,
            "no {kind} at {upstream} with cause {cause}: {:#?}",
            of_kind(kind).collect::<Vec<_>>()
        );
    }
    let crashed: Option<u64> = dir.read("crash.pid").trim().parse().ok();
    assert!(crashed.is_some() && of_kind("fpm-child-sigsegv").any(|e| e["child_pid"].as_u64() == crashed));
    assert!(events.iter().all(|event| !event.to_string().contains("/drop")), "a 444 leaves no line");
}

/// Every event stands where it says it stands, and has a time within the run. Only nginx's start-up lines may have
/// none: they bear no time themselves.
pub(crate) fn times_and_places(dir: &Workdir, events: &[Value], begin: &str, end: &str) {
    for event in events {
        let log = std::fs::read(dir.path(file_name(event))).unwrap();
        let offset = usize::try_from(event["offset"].as_u64().expect("an offset")).unwrap();
        let (before, rest) = log.split_at(offset);
        let lines_before = before.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(event["line"].as_u64(), u64::try_from(lines_before + 1).ok(), "{event}");
        assert!(before.is_empty() || before.ends_with(b"\n"), "{event}");
        match text(event, "time").get(..19) {
            Some(time) => assert!(begin <= time && time <= end, "not in {begin} to {end}: {event}"),
            None => assert!(rest.starts_with(b"nginx: "), "no time: {event}"),
        }
    }
}

/// The time in some seconds from now, as far as seconds, in UTC.
pub(crate) fn clock(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let then = format!("@{}", now.saturating_add_signed(seconds));
    let output = Command::new("date").args(["-u", "-d", &then, "+%Y-%m-%dT%H:%M:%S"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
