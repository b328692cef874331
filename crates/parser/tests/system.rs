//! Logs of the kernel, of systemd and of syslog as real programs wrote them, and what holds for any of their lines.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{Body, Civil, Frames, Level, Record, Source, Stamp, Start, carrier, start};
use proptest::prelude::*;

fn records(log: &str) -> Vec<Record<'_>> {
    Frames::new(log.as_bytes()).filter_map(|f| f.record()).collect()
}

/// What each frame is, and how many lines it has.
fn starts(log: &str) -> Vec<(Start, u64)> {
    Frames::new(log.as_bytes()).map(|f| (f.start, f.lines)).collect()
}

/// journalctl 252 with messages of several lines, in all its short forms.
#[test]
fn entries_of_several_lines_in_all_forms_of_journalctl() {
    for (head, marker) in [
        ("Nov 23 15:32:56", None),
        ("Nov 23 15:32:56.821500", Some("-- Boot 99e11ca725d54ec196cc55478a051177 --")),
        ("2026-11-23T15:32:56+0000", Some("-- Reboot --")),
        ("2026-11-23T15:32:56.821500+00:00", Some("-- No entries --")),
        ("Mon 2026-11-23 15:32:56 UTC", None),
        ("Mon 2026-11-23 16:32:56 CET", Some("\u{2591}\u{2591} Subject: The Journal has been started")),
        ("[11453.856732]", None),
        ("1795447976.821500", Some("-- cursor: s=98bcf2057a0b421a9720980b3bdec3f5;i=20d")),
    ] {
        let pad = " ".repeat(head.len() + " vm multi[16138]: ".len());
        let marker = marker.map(|m| format!("{m}\n")).unwrap_or_default();
        let log = format!(
            "{marker}{head} vm kernel: Code: 00 00\n{head} vm multi[16138]: a\n{pad}b\n{pad}\n{pad}  c\n\
             {head} vm systemd[1]: Started nginx.service - A web server.\n{marker}{head} vm kernel: x\n"
        );
        let mark = (!marker.is_empty()).then_some((Start::Marker, 1));
        let one = (Start::Indented, 1);
        let wanted: Vec<_> =
            mark.into_iter().chain([one, (Start::Indented, 4), one]).chain(mark).chain([one]).collect();
        assert_eq!(starts(&log), wanted, "{head}");
        let sources: Vec<_> = records(&log).iter().map(Record::source).collect();
        assert_eq!(sources, [Source::Kernel, Source::Other, Source::Systemd, Source::Kernel], "{head}");
        let text = records(&log)[1].text();
        assert_eq!(text, format!("a\n{pad}b\n{pad}\n{pad}  c").as_bytes(), "{head}");
        let zones: Vec<_> = records(&log).iter().map(|r| r.zone).collect();
        assert_eq!(zones, [head.ends_with("CET").then_some(&b"CET"[..]); 4], "{head}");
    }
}

/// What a worker's death by a limit of its cgroup left in kern.log, with rsyslog's old and new times.
#[test]
fn a_report_of_a_kill_is_one_record_a_line() {
    let lines = [
        "php-fpm8.2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "CPU: 1 UID: 0 PID: 15653 Comm: my pr) (x Not tainted 6.18.44 #1 PREEMPT(none) ",
        "Call Trace:",
        " <TASK>",
        " ? srso_return_thunk+0x5/0x5f",
        "RIP: 0033:0x7f8c5f4130ba",
        "Code: 00 00 48 c7 c1 ff ff ff ff c4 e2 e8 f5 c9 <f3> aa 48 89 d0",
        " </TASK>",
        "memory: usage 225280kB, limit 225280kB, failcnt 467",
        "cache 0",
        "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
        "[  27821]     0 27821    50371     5129      992     3561       576   143360        0             0 php-fpm8.2",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/php8.2-fpm.service,task_memcg=/system.slice/php8.2-fpm.service,task=php-fpm8.2,pid=27822,uid=33",
        "Memory cgroup out of memory: Killed process 27822 (php-fpm8.2) total-vm:439504kB, anon-rss:216620kB, file-rss:7668kB, shmem-rss:2376kB, UID:33 pgtables:600kB oom_score_adj:0",
    ];
    for head in [
        "Nov 23 05:58:29 web1 kernel: [ 8670.633736] ",
        "Nov 23 05:58:29 web1 kernel: ",
        "2026-11-23T05:58:29.123456+00:00 web1 kernel: [ 8670.633736] ",
        "<6>1 2026-11-23T05:58:29Z web1 kernel - - - [ 8670.633736] ",
        "Nov 23 05:58:29 web1 kern.info kernel: [ 8670.633736] ",
        "[ 8670.633736] web1 kernel: ",
        "[ 8670.633736] ",
        "[Mon Nov 23 05:58:29 2026] ",
        "2026-11-23T05:58:29,633736+00:00 ",
        "kern  :info  : [ 8670.633736] ",
        "<6>[ 8670.633736] ",
        "[ 8670.633736] [ T27821] ",
    ] {
        let log: String = lines.iter().map(|l| format!("{head}{l}\n")).collect();
        assert_eq!(starts(&log), vec![(Start::Indented, 1); lines.len()], "{head}");
        let found = records(&log);
        let texts: Vec<_> = found.iter().map(|r| (r.source(), r.text())).collect();
        let wanted: Vec<_> = lines.iter().map(|l| (Source::Kernel, l.as_bytes())).collect();
        assert_eq!(texts, wanted, "{head}");
        let victims: Vec<_> = found
            .iter()
            .filter_map(|r| match &r.body {
                Body::Kernel(k) => k.killed(),
                _ => None,
            })
            .map(|k| (k.process, k.pid, k.cgroup, k.anon_rss))
            .collect();
        assert_eq!(victims, [(&b"php-fpm8.2"[..], 27822, true, Some(216_620))], "{head}");
    }
}

#[test]
fn crashes_in_a_log_of_the_kernel() {
    let log = "\
Nov 23 11:58:13 web1 kernel: [ 8654.345819] php-fpm8.2[27777]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000] likely on CPU 0 (core 0, socket 0)
Nov 23 11:58:16 web1 kernel: [ 8656.646249] php-fpm8.2[27770]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000] likely on CPU 1 (core 1, socket 0)
Nov 23 11:58:19 web1 kernel: [ 8660.446038] php-fpm8.2[27776]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000] likely on CPU 1 (core 1, socket 0)
";
    let crashes: Vec<_> = records(log)
        .iter()
        .map(|r| {
            let Body::Kernel(k) = &r.body else { panic!("{r:?}") };
            let c = k.crash().unwrap();
            (r.at.unwrap(), c.process, c.pid, c.file.unwrap())
        })
        .collect();
    let at = |second| Stamp::Yearless(Civil::new(1972, 11, 23, 11, 58, second).unwrap());
    let fpm = &b"php-fpm8.2"[..];
    assert_eq!(crashes, [(at(13), fpm, 27777, fpm), (at(16), fpm, 27770, fpm), (at(19), fpm, 27776, fpm)]);
}

#[test]
fn a_program_in_the_journal_is_told_by_its_text() {
    let log = "\
Nov 23 06:01:53 web1 nginx[29395]: nginx: [emerg] bind() to 127.0.0.1:8081 failed (98: Address already in use)
Nov 23 06:01:53 web1 nginx[29395]: nginx: [emerg] still could not bind()
Nov 23 06:01:54 web1 php-fpm8.2[200]: [WARNING] [pool www] child 12 exited on signal 11 (SIGSEGV) after 1.5 seconds from start
Nov 23 06:01:54 web1 nginx[29395]: message repeated 2 times: [ nginx: [emerg] still could not bind()]
Nov 23 06:01:55 web1 last message repeated 3 times
Nov 23 06:01:55 web1 CRON[5]: (root) CMD (true)
Nov 23 06:01:55 web1 audit[2211]: AVC avc:  denied  { read } for  pid=2211 comm=\"nginx\"
";
    let found: Vec<_> = records(log)
        .iter()
        .map(|r| {
            (
                r.source(),
                r.level(),
                r.carrier.unwrap().repeated,
                String::from_utf8_lossy(r.text()).into_owned(),
            )
        })
        .collect();
    let emerg = Some(Level::Emerg);
    let said = |source, level, repeated, text: &str| (source, level, repeated, text.to_owned());
    assert_eq!(
        found,
        [
            said(
                Source::NginxError,
                emerg,
                None,
                "bind() to 127.0.0.1:8081 failed (98: Address already in use)"
            ),
            said(Source::NginxError, emerg, None, "still could not bind()"),
            said(
                Source::PhpFpm,
                Some(Level::Warn),
                None,
                "child 12 exited on signal 11 (SIGSEGV) after 1.5 seconds from start"
            ),
            said(Source::NginxError, emerg, Some(2), "still could not bind()"),
            said(Source::Other, None, Some(3), "last message repeated 3 times"),
            said(Source::Other, None, None, "(root) CMD (true)"),
            said(Source::Kernel, None, None, "AVC avc:  denied  { read } for  pid=2211 comm=\"nginx\""),
        ]
    );
}

#[test]
fn a_killed_process_whose_name_looks_like_the_end_of_a_tag() {
    for words in ["Out of memory", "Memory cgroup out of memory"] {
        let line = format!("[ 4848.848801] {words}: Killed process 7 ([0]:) total-vm:1kB, anon-rss:1kB");
        let record = Record::parse(line.as_bytes()).unwrap();
        let Body::Kernel(kernel) = &record.body else { panic!("{record:?}") };
        assert_eq!(kernel.killed().map(|k| (k.process, k.pid)), Some((&b"[0]:"[..], 7)));
    }
}

#[test]
fn levels_come_from_the_line_or_its_carrier() {
    for (line, level) in [
        ("kern  :err   : [11417.174099] x", Some(Level::Error)),
        ("<4>[11417.174099] x", Some(Level::Warn)),
        ("<2>Nov 22 14:03:07 web1 kernel: x", Some(Level::Crit)),
        ("Nov 22 14:03:07 web1 kern.alert kernel: x", Some(Level::Alert)),
        ("<29>1 2026-11-22T14:03:07Z web1 systemd 1 - - x", Some(Level::Notice)),
        ("Nov 22 14:03:07 web1 kernel: x", None),
    ] {
        assert_eq!(Record::parse(line.as_bytes()).unwrap().level(), level, "{line}");
    }
}

/// Lines of the kernel end a record of nginx; what only looks a little like them does not.
#[test]
fn other_text_goes_on_with_the_record_before_it() {
    let nginx = "2026/11/23 10:46:33 [error] 1#1: *5 FastCGI sent in stderr: \"PHP message: a";
    for line in [
        "[0.12] 5 rows",
        "[12] x",
        "kern: x",
        "type=text",
        "<b>x</b>",
        "<6>x",
        "Nov 22: x",
        "Nov 22 14:03:07",
        "Sun 2026-11-22",
        "2026-11-22T14:03:07",
        "-- SELECT 1 --",
        "1795356187.5 x",
    ] {
        assert_eq!(start(line.as_bytes()), Start::Continuation, "{line}");
        assert_eq!(starts(&format!("{nginx}\n{line}\n")), [(Start::Timed, 2)], "{line}");
    }
    let kernel = "[ 8670.633736] oom_reaper: reaped process 1 (a), now anon-rss:0kB";
    assert_eq!(starts(&format!("{nginx}\n{kernel}\n")), [(Start::Timed, 1), (Start::Indented, 1)]);
}

/// Pieces of these logs, so that random text gets past the first comparison.
const PIECES: &[&str] = &[
    " ",
    "  ",
    ":",
    ": ",
    "]",
    "]: ",
    "[",
    "(",
    ") ",
    ",",
    "/",
    "=",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "x",
    "7",
    "\0",
    "\u{2591}",
    "-- ",
    " --",
    "Boot ",
    "<30>",
    "<6>",
    "<999>",
    "1 ",
    "- ",
    "Nov 22 14:03:07",
    "Nov  3 14:03:07",
    "Nov 22 2026 14:03:07",
    "2026-11-22T14:03:07",
    "2026-11-22T14:03:07.123456",
    "+0000",
    "+00:00",
    "Z",
    "Sun 2026-11-22 14:03:07 ",
    "UTC ",
    "CET ",
    "-03 ",
    "[ 4848.848801]",
    "[Mon Nov 23 11:13:48 2026]",
    "2026-11-23T11:13:48,914408+00:00",
    ".123456",
    "1795356187",
    " web1 ",
    "daemon.err ",
    "kernel: ",
    "nginx[147]: ",
    "(nginx)[147]: ",
    "systemd[1]: ",
    "systemd-coredump[5]: ",
    "[a@1 k=\"",
    "kern  :err   : ",
    "[    T1]",
    "type=AVC",
    " msg=audit(1763820187.123:88): ",
    "node=a ",
    "message repeated ",
    "last message repeated ",
    "3 times",
    ": [ ",
    "php-fpm8.2[6892]",
    ": segfault at ",
    "7ffc",
    " ip ",
    " error 6",
    " in ",
    "a.so[1,2+3]",
    " likely on CPU 1",
    "traps: ",
    " general protection fault",
    " trap int3",
    " ip:",
    " error:0",
    "Out of memory: ",
    "Memory cgroup out of memory: ",
    "Killed process ",
    "Kill process ",
    "6980",
    " (php-fpm)",
    ", UID 48,",
    " total-vm:12kB",
    ", anon-rss:3kB",
    "oom-kill:constraint=",
    ",oom_memcg=",
    ",task_memcg=",
    ",task=",
    ",pid=",
    ",uid=",
    "nginx.service",
    "Started ",
    "Suppressed ",
    " messages from ",
    "Killed /",
    "Main process exited, code=",
    "killed",
    "exited",
    ", status=9/KILL",
    "Failed with result '",
    "Killing process ",
    " with signal SIGKILL.",
    "Process ",
    " of user 33 dumped core.",
    " terminated abnormally with signal 11/SEGV",
];

fn logs() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.is_empty() || (whole.start <= part.start && part.end <= whole.end)
}

/// Every slice that such a record gives out.
fn slices<'b>(record: &Record<'b>) -> Vec<&'b [u8]> {
    let mut all = vec![record.raw, record.text()];
    all.extend(record.zone);
    if let Some(c) = record.carrier {
        all.push(c.tag);
        all.extend([c.host, c.zone].into_iter().flatten());
    }
    match &record.body {
        Body::Kernel(k) => {
            all.extend(k.process().map(|(name, _)| name));
            all.extend(k.crash().into_iter().flat_map(|c| [Some(c.process), c.file]).flatten());
            all.extend(k.killed().map(|v| v.process));
            let summary = k.oom_summary().into_iter();
            all.extend(
                summary.flat_map(|o| [Some(o.constraint), Some(o.process), o.limited, o.group]).flatten(),
            );
        }
        Body::Systemd(s) => {
            all.extend([s.unit, s.result(), s.exit().map(|e| e.name)].into_iter().flatten());
            all.extend(s.process().map(|(name, _)| name));
            std::hint::black_box(s.signal());
        }
        _ => {}
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_bytes_panic_and_every_field_lies_in_the_input(log in logs()) {
        let whole = Record::parse(&log);
        for record in whole.into_iter().chain(Frames::new(&log).filter_map(|f| f.record())) {
            for slice in slices(&record) {
                prop_assert!(inside(slice, &log), "{}", slice.escape_ascii());
            }
        }
        for line in log.split(|b| *b == b'\n') {
            if let Some((c, rest)) = carrier(line) {
                prop_assert!(inside(c.tag, line) && inside(rest, line));
                prop_assert!(start(line).is_timed(), "what has a prefix begins a record");
            }
        }
    }

    /// What a frame's first line promises, its record keeps.
    #[test]
    fn a_beginning_with_a_time_is_a_record_with_a_time(log in logs()) {
        for frame in Frames::new(&log).filter(|f| f.start == Start::Indented) {
            let record = frame.record();
            prop_assert!(record.is_some_and(|r| r.at.is_some()), "{}", frame.bytes.escape_ascii());
        }
    }

    #[test]
    fn a_prefix_is_read_back(
        time in prop::sample::select(vec![
            "Nov 22 14:03:07", "Nov 22 14:03:07.123456", "Nov 22 2026 14:03:07", "2026-11-22T14:03:07+0000",
            "2026-11-22T14:03:07.123456Z", "Sun 2026-11-22 14:03:07 UTC", "Sun 2026-11-22 14:03:07 CET", "1795356187.123456",
        ]),
        host in "[a-z][a-z0-9.-]{0,20}",
        tag in "[a-z(][a-z0-9._/)-]{0,20}",
        pid in prop::option::of(0u32..),
        text in "[ -~]{0,60}",
    ) {
        let pid_text = pid.map_or(String::new(), |p| format!("[{p}]"));
        let line = format!("{time} {host} {tag}{pid_text}: {text}");
        let (c, rest) = carrier(line.as_bytes()).unwrap();
        prop_assert_eq!(c.host, Some(host.as_bytes()));
        prop_assert_eq!((c.tag, c.pid), (tag.as_bytes(), pid));
        prop_assert_eq!(rest, text.as_bytes());
    }

    #[test]
    fn a_crash_and_a_kill_are_read_back_whatever_the_name(
        name in "[ -~]{1,15}",
        pid in 0u32..,
        at in any::<u64>(),
        size in 0u64..1_000_000_000,
    ) {
        let line = format!("[ 4848.848801] {name}[{pid}]: segfault at {at:x} ip {at:016x} sp {at:016x} error 6 in a.so[1,2+3]");
        // A name may also end the line's first words as a host and a tag would; then syslog's reading is as good.
        let record = Record::parse(line.as_bytes()).unwrap();
        if let (None, Body::Kernel(k)) = (record.carrier, &record.body) {
            // Blanks and what looks like a caller mark before a name are lost.
            let crash = k.crash().unwrap();
            prop_assert!(name.as_bytes().ends_with(crash.process));
            prop_assert_eq!((crash.pid, crash.at, crash.file), (pid, Some(at), Some(&b"a.so"[..])));
        }
        let line = format!("[ 4848.848801] Out of memory: Killed process {pid} ({name}) total-vm:{size}kB, anon-rss:{size}kB, file-rss:0kB, UID:33");
        let record = Record::parse(line.as_bytes()).unwrap();
        let Body::Kernel(k) = &record.body else { panic!("{record:?}") };
        let killed = k.killed().unwrap();
        prop_assert_eq!((killed.process, killed.pid), (name.as_bytes(), pid));
        prop_assert_eq!((killed.total_vm, killed.anon_rss, killed.cgroup), (Some(size), Some(size), false));
    }
}
