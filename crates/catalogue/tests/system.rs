//! The kernel and systemd: which service a crash, a kill or the end of a unit is blamed on.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use logscan_catalogue::{Catalogue, Fields, Severity};
use logscan_parser::{Frames, Record};

fn cause_of(text: &str) -> String {
    let catalogue = Catalogue::builtin();
    let record = Frames::new(text.as_bytes()).next().and_then(|f| f.record()).expect("a record");
    let named = catalogue.name(&record).expect("a name");
    catalogue.cause(named.cause).expect("a cause").id.to_string()
}

/// The kinds of all records of a log, in order; `-` for records without.
fn kinds_in(log: &str) -> Vec<String> {
    let catalogue = Catalogue::builtin();
    let name = |record: Record<'_>| {
        let kind = catalogue.name(&record).and_then(|n| catalogue.kind(n.kind));
        kind.map_or_else(|| "-".to_owned(), |k| k.id.to_string())
    };
    Frames::new(log.as_bytes()).filter_map(|f| f.record()).map(name).collect()
}

#[test]
fn a_crash_is_blamed_on_the_service_it_was_of() {
    let segfault = |name: &str| {
        format!(
            "[ 8657.146897] {name}[27788]: segfault at 10 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in x[1,2+3]"
        )
    };
    let trap = |name: &str| {
        format!(
            "[ 8657.146897] traps: {name}[27788] general protection fault ip:55b0 sp:7ffd error:0 in x[1,2+3]"
        )
    };
    for line in [segfault("NAME"), trap("NAME")] {
        for (name, cause) in [
            ("php-fpm8.2", "php-fpm-crash"),
            ("php-fpm", "php-fpm-crash"),
            ("nginx", "nginx-worker-crash"),
            ("apache2", "apache-child-crash"),
            ("httpd", "apache-child-crash"),
            ("mariadbd", "database-error"),
            ("cron", "other"),
            ("my prog", "other"),
            // The library's name must not be taken for the process's.
            ("not-nginx", "other"),
        ] {
            assert_eq!(cause_of(&line.replace("NAME", name)), cause, "{line} of {name}");
        }
    }
}

#[test]
fn a_kill_for_lack_of_memory_is_blamed_on_its_victim() {
    for (head, tail) in [
        (
            "Memory cgroup out of memory: Killed process 6980",
            "total-vm:439496kB, anon-rss:216400kB, file-rss:6964kB",
        ),
        ("Out of memory: Killed process 6980", "total-vm:439496kB, anon-rss:216400kB, file-rss:6964kB"),
        ("Killed process 6980", "total-vm:439496kB, anon-rss:216400kB, file-rss:6964kB"),
    ] {
        for (name, cause) in [
            ("php-fpm8.2", "php-fpm-oom-killed"),
            ("nginx", "nginx-worker-crash"),
            ("mysqld", "database-error"),
            ("apache2", "apache-child-crash"),
            ("my pr) (x", "out-of-memory"),
        ] {
            assert_eq!(cause_of(&format!("[11417.174099] {head} ({name}) {tail}")), cause, "{head} ({name})");
        }
    }
}

/// One kill makes a report of many lines, of which one alone counts as a fault.
#[test]
fn a_kill_for_lack_of_memory_is_one_fault() {
    let report = "\
        Nov 23 05:58:29 web1 kernel: [ 8670.633736] php-fpm8.2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.633744] memory: usage 225280kB, limit 225280kB, failcnt 467\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.633746] Memory cgroup stats for /system.slice/php8.2-fpm.service:\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.633748] Tasks state (memory values in pages):\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.633749] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.634202] [  27821]     0 27821    50371     5129      992     3561       576   143360        0             0 php-fpm8.2\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.634207] [  27822]    33 27822   109876    56666    54155     1917       594   614400        0             0 php-fpm8.2\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.634281] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/php8.2-fpm.service,task_memcg=/system.slice/php8.2-fpm.service,task=php-fpm8.2,pid=27822,uid=33\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.634301] Memory cgroup out of memory: Killed process 27822 (php-fpm8.2) total-vm:439504kB, anon-rss:216620kB, file-rss:7668kB, shmem-rss:2376kB, UID:33 pgtables:600kB oom_score_adj:0\n\
        Nov 23 05:58:29 web1 kernel: [ 8670.634401] oom_reaper: reaped process 27822 (php-fpm8.2), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n\
        Nov 23 05:58:29 web1 systemd[1]: php8.2-fpm.service: A process of this unit has been killed by the OOM killer.\n";
    let kinds = kinds_in(report);
    let wanted = [
        "oom-invoked",
        "memcg-usage",
        "-",
        "oom-tasks-header",
        "-",
        "oom-victim-row",
        "oom-victim-row",
        "oom-summary",
        "oom-killed-memcg",
        "oom-reaper",
        "unit-oom-notice",
    ];
    assert_eq!(kinds, wanted);
    let faults = kinds.iter().filter_map(|k| Catalogue::builtin().kind_named(k));
    let faults: Vec<_> = faults.filter(|(_, k)| k.severity <= Severity::Error).map(|(_, k)| &*k.id).collect();
    assert_eq!(faults, ["oom-killed-memcg"]);
}

#[test]
fn units_that_serve_no_visitor_are_no_events() {
    let log = "\
        Nov 22 14:03:07 web1 systemd[1]: Started cron.service - Regular background program processing daemon.\n\
        Nov 22 14:03:07 web1 systemd[1]: apt-daily.service: Deactivated successfully.\n\
        Nov 22 14:03:07 web1 systemd[1]: logrotate.service: Failed with result 'exit-code'.\n\
        Nov 22 14:03:07 web1 systemd[1]: Started Session 12 of User nginx.\n\
        Nov 22 14:03:07 web1 systemd[1]: nginx.service: Failed with result 'exit-code'.\n\
        Nov 22 14:03:07 web1 systemd[1]: php8.2-fpm.service: Deactivated successfully.\n\
        Nov 22 14:03:07 web1 systemd[1]: Stopped A high performance web server and a reverse proxy server.\n\
        Nov 22 14:03:07 web1 systemd[1]: Started The PHP 8.2 FastCGI Process Manager.\n";
    let wanted =
        ["-", "-", "-", "-", "unit-failed-exit-code", "unit-deactivated", "unit-stopped", "unit-started"];
    assert_eq!(kinds_in(log), wanted);
}

/// CentOS 7 writes other words than later versions.
#[test]
fn old_words_of_systemd() {
    let log = "\
        Mar 14 16:55:07 web1 systemd: nginx.service: main process exited, code=exited, status=1/FAILURE\n\
        Mar 14 16:55:07 web1 systemd: nginx.service holdoff time over, scheduling restart.\n\
        Mar 14 16:55:07 web1 systemd: start request repeated too quickly for nginx.service\n\
        Mar 14 16:55:07 web1 systemd: Failed to start The nginx HTTP and reverse proxy server.\n\
        Mar 14 16:55:07 web1 systemd: Started The Apache HTTP Server.\n";
    let wanted = [
        "unit-exited-failure",
        "unit-scheduled-restart",
        "unit-failed-start-limit",
        "unit-start-failed",
        "unit-started",
    ];
    assert_eq!(kinds_in(log), wanted);
}

#[test]
fn the_end_of_a_unit_is_blamed_on_its_service() {
    for (unit, cause) in [
        ("php8.2-fpm.service", "fpm-down"),
        ("php-fpm.service", "fpm-down"),
        ("nginx.service", "nginx-down"),
        ("apache2.service", "apache-down"),
        ("httpd.service", "apache-down"),
        ("mariadb.service", "database-error"),
        ("redis-server.service", "other"),
        // Neither Apache's name nor nginx's.
        ("lighttpd.service", "other"),
    ] {
        let line = format!("Nov 22 14:03:07 web1 systemd[1]: {unit}: Failed with result 'signal'.");
        assert_eq!(cause_of(&line), cause, "{unit}");
    }
}

#[test]
fn processes_and_units_are_fields() {
    let fields = |line: &'static str| {
        let record = Record::parse(line.as_bytes()).expect("a record");
        let f = Fields::of(&record);
        let text = |b: Option<&[u8]>| b.map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default();
        (text(f.process), f.child_pid, f.signal, text(f.unit), f.pid)
    };
    let process = |name: &str, pid, signal| (name.to_owned(), Some(pid), signal, String::new(), None);
    assert_eq!(
        fields(
            "Nov 23 11:58:13 web1 kernel: [ 8654.345819] php-fpm8.2[27777]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000]"
        ),
        process("php-fpm8.2", 27777, Some(11))
    );
    assert_eq!(
        fields(
            "[11415.082380] traps: nginx[15642] trap divide error ip:555ad1db621b sp:7ffe2aa5add0 error:0 in nginx[121b,555ad1db6000+1000]"
        ),
        process("nginx", 15642, Some(8))
    );
    assert_eq!(
        fields(
            "[11417.174099] Memory cgroup out of memory: Killed process 15653 (my pr) (x) total-vm:33316kB, anon-rss:30592kB, file-rss:1020kB, shmem-rss:0kB, UID:0 pgtables:104kB oom_score_adj:0"
        ),
        process("my pr) (x", 15653, Some(9))
    );
    // The summary names the victim, too, but is not the kill.
    assert_eq!(
        fields(
            "[11417.174079] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=nginx,pid=15653,uid=0"
        ),
        process("nginx", 15653, None)
    );
    let of_unit = |unit: &str, signal| (String::new(), None, signal, unit.to_owned(), Some(1));
    assert_eq!(
        fields(
            "Nov 22 14:03:07 web1 systemd[1]: nginx.service: Main process exited, code=killed, status=9/KILL"
        ),
        of_unit("nginx.service", Some(9))
    );
    assert_eq!(
        fields(
            "Nov 22 14:03:07 web1 systemd[1]: nginx.service: Main process exited, code=exited, status=1/FAILURE"
        ),
        of_unit("nginx.service", None)
    );
    assert_eq!(
        fields("Nov 22 14:03:07 web1 systemd[1]: Started nginx.service - A high performance web server."),
        of_unit("nginx.service", None)
    );
}
