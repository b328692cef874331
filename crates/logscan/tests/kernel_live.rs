//! Proof against the real kernel: a process called php-fpm8.2 reads where it may not, and another one takes more
//! memory than its memory cgroup has. What the kernel says of them, printed by the real `dmesg` in its forms, must be
//! named, with process and time.
//!
//! Few machines let a test do this: it needs root, perl, `dmesg`, and a memory cgroup that can be made. Where something
//! is missing the test says so and passes, even with LOGSCAN_REQUIRE_LIVE set. LOGSCAN_LIVE_KEEP keeps the logs.

#![cfg(target_os = "linux")]
// A test states what must hold by failing; its helpers are no interface that needs documentation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

// Shared with other tests, which use more of them.
#[allow(dead_code)]
#[path = "live/process.rs"]
mod process;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use process::{Workdir, command, find_program, wait_until};
use serde_json::Value;

/// The name that stands in the kernel's lines: at most 15 bytes.
const NAME: &str = "php-fpm8.2";
const LIMIT: Duration = Duration::from_secs(5);
const MEMORY: &str = "16777216";

/// What a program must be told to print the kernel's log, and whether its times count from the machine's start.
const FORMS: [(&[&str], bool); 7] = [
    (&[], true),
    (&["-T"], false),
    (&["--time-format", "iso"], false),
    (&["-x"], true),
    (&["-r"], true),
    (&["-x", "-T"], false),
    (&["-d"], true),
];

#[test]
fn the_kernels_own_lines_are_named() {
    let dir = Workdir::create();
    let Some(perl) = find_program(|name| name == "perl") else { return skipped("perl is not installed") };
    let program = dir.path(NAME);
    fs::copy(perl, &program).unwrap();
    if dmesg(&dir, &[]).is_none() {
        return skipped("dmesg may not read the kernel's log here");
    }
    match crash(&dir, &program) {
        Some(pid) => {
            let seen = Seen { pid: &pid, needle: format!("{NAME}[{pid}]: segfault at ") };
            seen.is_named(&dir, "segfault-php-fpm", Some("php-fpm-crash"));
        }
        None => skipped("the kernel does not log a segfault"),
    }
    let Some(group) = Group::create() else { return skipped("no memory cgroup can be made") };
    match exhaust(&dir, &program, &group) {
        Some(pid) => {
            let seen = Seen { pid: &pid, needle: format!("Killed process {pid} ({NAME})") };
            seen.is_named(&dir, "oom-killed-memcg", Some("php-fpm-oom-killed"));
            let seen = Seen { pid: &pid, needle: format!(",task={NAME},pid={pid},") };
            if dmesg(&dir, &[]).is_some_and(|log| log.contains(&seen.needle)) {
                seen.is_named(&dir, "oom-summary", Some("php-fpm-oom-killed"));
            }
        }
        None => skipped("the kernel does not log who was killed for memory"),
    }
}

fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// The kernel's log in one of the forms; nothing if it may not be read or has no such form.
fn dmesg(dir: &Workdir, arguments: &[&str]) -> Option<String> {
    let program = find_program_by_help("dmesg")?;
    let mut dmesg = command(&program, dir);
    let output = dmesg.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Programs that know no `-v`.
fn find_program_by_help(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|p| p.exists())
}

/// Reads at address 16. The process, if the kernel tells of it.
fn crash(dir: &Workdir, program: &Path) -> Option<String> {
    let mut crash = command(program, dir);
    crash.args(["-e", "unpack('p', pack('J', 16))"]).stderr(Stdio::null());
    let mut child = crash.spawn().unwrap();
    let pid = child.id().to_string();
    let _ = child.wait();
    logged(dir, &format!("{NAME}[{pid}]: segfault")).then_some(pid)
}

/// Takes a hundred megabytes inside the group.
fn exhaust(dir: &Workdir, program: &Path, group: &Group) -> Option<String> {
    let script = "echo $$ >\"$0/cgroup.procs\" && exec \"$1\" -e '$x = \"x\" x (100 << 20)'";
    let mut shell = command(Path::new("/bin/sh"), dir);
    let mut child =
        shell.args(["-c", script]).arg(&group.0).arg(program).stderr(Stdio::null()).spawn().unwrap();
    let pid = child.id().to_string();
    let _ = child.wait();
    logged(dir, &format!("Killed process {pid} (")).then_some(pid)
}

fn logged(dir: &Workdir, needle: &str) -> bool {
    wait_until(LIMIT, || dmesg(dir, &[]).is_some_and(|log| log.contains(needle)))
}

/// A memory cgroup with little memory and no swap; gone at the end.
struct Group(PathBuf);

impl Group {
    fn create() -> Option<Group> {
        let name = format!("logscan-live-{}", std::process::id());
        let limits = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", MEMORY),
            ("/sys/fs/cgroup", "memory.max", "memory.swap.max", "0"),
        ];
        limits.into_iter().find_map(|(root, memory, swap, most)| {
            // What is no cgroup has no such file.
            Path::new(root).join("cgroup.procs").exists().then_some(())?;
            let group = Group(Path::new(root).join(&name));
            fs::create_dir(&group.0).ok()?;
            group.limit(memory, MEMORY)?;
            // Not everywhere is swap counted.
            let _ = group.limit(swap, most);
            Some(group)
        })
    }

    fn limit(&self, file: &str, value: &str) -> Option<()> {
        let mut file = File::options().write(true).open(self.0.join(file)).ok()?;
        file.write_all(value.as_bytes()).ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        wait_until(LIMIT, || fs::remove_dir(&self.0).is_ok() || !self.0.exists());
    }
}

/// A line that this test has caused.
struct Seen<'p> {
    pid: &'p str,
    needle: String,
}

impl Seen<'_> {
    /// In all forms of dmesg the line is of this kind, and has the same time.
    fn is_named(&self, dir: &Workdir, kind: &str, cause: Option<&str>) {
        let started = started();
        let mut times: Vec<(u64, &[&str])> = Vec::new();
        for (arguments, counted) in FORMS {
            let Some(log) = dmesg(dir, arguments) else { continue };
            // An older process may have had the number.
            let line = log.lines().rfind(|line| line.contains(&self.needle));
            let line = line.unwrap_or_else(|| panic!("dmesg {arguments:?} does not say {:?}", self.needle));
            let log = dir.write("dmesg.txt", &format!("{line}\n"));
            let boot = counted.then_some(["--boot-time", &started]);
            let event = event(&log, boot.as_ref().map_or(&[], |boot| boot));
            assert_eq!(event["kind"], kind, "{line} {event}");
            assert_eq!(event["cause"].as_str(), cause, "{line} {event}");
            assert_eq!(event["process"], NAME, "{line} {event}");
            assert_eq!(event["child_pid"].to_string(), self.pid, "{line} {event}");
            assert_eq!(event["source"], "kernel", "{line} {event}");
            times.push((seconds(event["time"].as_str().unwrap_or_default()), arguments));
        }
        let (first, _) = times[0];
        assert!(times.iter().all(|(time, _)| time.abs_diff(first) <= 3), "{times:?}");
    }
}

/// The only event of a log.
fn event(log: &Path, arguments: &[&str]) -> Value {
    let mut logscan = Command::new(env!("CARGO_BIN_EXE_logscan"));
    logscan.args(["events", "--format", "ndjson", "--tz", "UTC"]).args(arguments).arg(log);
    let output = logscan.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {complaints}"))
}

/// When the machine was started, by its own clock.
fn started() -> String {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = now.saturating_sub(Duration::from_secs_f64(uptime)).as_secs();
    let date = Command::new("date").args(["-u", "-d", &format!("@{start}"), "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(date.unwrap().stdout).unwrap().trim().to_owned()
}

fn seconds(time: &str) -> u64 {
    let date = Command::new("date").args(["-u", "-d", time, "+%s"]).output().unwrap();
    String::from_utf8(date.stdout).unwrap().trim().parse().unwrap_or_else(|_| panic!("no time: {time:?}"))
}
