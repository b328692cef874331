//! What strangers send, in the logs of every source: it moves no terminal, breaks no reader, and forges no field.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Folder, Run, command, finish, run, text};
use serde_json::Value;

/// Text that looks like a part of some log. None has a line break: what a program does not escape there makes lines of
/// its own, which nobody can tell from others.
const IMITATIONS: &[&str] = &[
    "\" 502 0 \"-\" \"-\"",
    "\" 200 0 \"-\" \"-\" 0.001 6.6.6.6",
    "/ HTTP/1.1\" 504 157 \"-\" \"curl\" \"a5e879cb3c1d3c7e-FRA\" evil rt=60.0 us=504 urt=60.0 bs=0",
    "6.6.6.6 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 504 0 \"-\" \"-\"",
    "2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [sshd] Ban 172.68.10.5",
    "2026/11/22 14:03:07 [crit] 1#1: *1 connect() to unix:/x failed (2: No such file or directory) while connecting to \
     upstream, client: 6.6.6.6, server: evil, request: \"GET / HTTP/1.1\", host: \"evil\"",
    "[Sun Nov 22 14:03:07.123456 2026] [mpm_prefork:error] [pid 1] AH00161: server reached MaxRequestWorkers setting",
    "[22-Nov-2026 14:03:07] WARNING: [pool evil] child 1 exited on signal 11 (SIGSEGV) after 1.0 seconds from start",
    "[22-Nov-2026 14:03:07 UTC] PHP Fatal error:  Allowed memory size of 1 bytes exhausted in /evil.php on line 999",
    "Nov 22 14:03:07 web1 kernel: [  4848.848801] php-fpm[1]: segfault at 0 ip 0 sp 0 error 4 in php-fpm[0+1]",
    "Nov 22 14:03:07 web1 systemd[1]: nginx.service: Failed with result 'oom-kill'.",
    "nginx.service: Main process exited, code=killed, status=9/KILL",
    "Out of memory: Killed process 1 (php-fpm) total-vm:1kB, anon-rss:1kB, file-rss:0kB",
    "php-fpm[1]: segfault at 0 ip 0 sp 0 error 4 in php-fpm[0+1]",
    "\",\"status\":\"504\",\"remote_addr\":\"6.6.6.6\",\"x\":\"",
    "\\\",\\\"status\\\":504,\\\"remote_addr\\\":\\\"6.6.6.6",
    "\tstatus:504\thost:6.6.6.6\ttime:22/Nov/2026:14:03:08 +0000",
    "\", host: \"evil\", upstream: \"fastcgi://6.6.6.6:9000\"",
    ", client: 6.6.6.6, server: evil, request: \"GET / HTTP/1.1\", host: \"evil\"",
    "[client 6.6.6.6:1] ModSecurity: Access denied with code 403 (phase 2). [id \"1\"] [hostname \"evil\"] [unique_id \"x\"]",
    " in /evil.php on line 999",
    "(sshd) Failed SSH login from 172.68.10.5: 5 in the last 3600 secs - *Blocked in csf* [LF_SSHD]",
    "[UFW BLOCK] IN=eth0 OUT= SRC=172.68.10.5 DST=203.0.113.10 LEN=60 PROTO=TCP SPT=1 DPT=443 SYN",
    "PHP message: PHP Fatal error:  Allowed memory size of 1 bytes exhausted (tried to allocate 2 bytes)",
    "\" while reading response header from upstream, client: 6.6.6.6, server: evil",
    "\", pipe is closed",
    "--8f9a3c41-H--",
    "==> /var/log/nginx/error.log <==",
    "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T14:03:07Z\"}",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://evil\")",
    "'\"`,;|&$()[]{}<>\\",
    "\u{1b}[31mred\u{7}\u{202e}",
];

/// As nginx escapes what it writes to an access log (`ngx_http_log_escape`).
fn nginx(value: &str) -> String {
    let escaped = value.bytes().map(|b| match b {
        b'"' | b'\\' | 0..=31 | 127..=255 => format!("\\x{b:02X}"),
        b => char::from(b).to_string(),
    });
    escaped.collect()
}

/// As Apache does (`ap_escape_logitem`).
fn apache(value: &str) -> String {
    let escaped = value.bytes().map(|b| match b {
        b'"' => "\\\"".to_owned(),
        b => apache_error(&[b]),
    });
    escaped.collect()
}

/// As Apache does in its error log (`ap_escape_errorlog_item`): quotes stay.
fn apache_error(value: &[u8]) -> String {
    let escaped = value.iter().map(|b| match b {
        b'\\' => "\\\\".to_owned(),
        b'\t' => "\\t".to_owned(),
        0..=31 | 127..=255 => format!("\\x{b:02x}"),
        b => char::from(*b).to_string(),
    });
    escaped.collect()
}

/// As `escape=json` of nginx and other writers of JSON do.
fn json(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As it is: PHP, php-fpm and the kernel do not escape.
fn raw(value: &str) -> String {
    value.to_owned()
}

/// As Apache's error log has what PHP sent.
fn errorlog(value: &str) -> String {
    apache_error(value.as_bytes())
}

/// A line with a place for what a client sends, and how it is escaped there.
struct Place {
    name: &'static str,
    line: &'static str,
    escape: fn(&str) -> String,
}

const PLACES: &[Place] = &[
    Place {
        name: "uri of combined",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET /@ HTTP/1.1\" 502 157 \"-\" \"Mozilla/5.0\"",
        escape: nginx,
    },
    Place {
        name: "whole request",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"@\" 502 157 \"-\" \"Mozilla/5.0\"",
        escape: nginx,
    },
    Place {
        name: "referer of combined",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 502 157 \"@\" \"Mozilla/5.0\"",
        escape: nginx,
    },
    Place {
        name: "user agent of combined",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"@\"",
        escape: nginx,
    },
    Place {
        name: "user of combined",
        line: "192.0.2.7 - @ [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"-\"",
        escape: nginx,
    },
    Place {
        name: "extended",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET /@ HTTP/1.1\" 502 157 \"@\" \"@\" \"a5e879cb6a2d3c7e-FRA\" \
               rt=0.104 us=502, 504 urt=0.103, 0.001",
        escape: nginx,
    },
    Place {
        name: "json",
        line: "{\"time_local\":\"22/Nov/2026:14:03:07 +0000\",\"remote_addr\":\"192.0.2.7\",\"request\":\"GET /@ HTTP/1.1\",\
               \"status\":\"502\",\"body_bytes_sent\":\"157\",\"http_referer\":\"@\",\"http_user_agent\":\"@\"}",
        escape: json,
    },
    Place {
        name: "ltsv",
        line: "time:22/Nov/2026:14:03:07 +0000\thost:192.0.2.7\treq:GET /@ HTTP/1.1\tstatus:502\tsize:157\treferer:@\tua:@",
        escape: nginx,
    },
    Place {
        name: "apache",
        line: "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET /@ HTTP/1.1\" 502 157 \"@\" \"@\"",
        escape: apache,
    },
    Place {
        name: "php-fpm access",
        line: "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php?@\" 502",
        escape: raw,
    },
    Place {
        name: "docker",
        line: "{\"log\":\"192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \\\"GET / HTTP/1.1\\\" 502 157 \\\"-\\\" \\\"@\\\"\\n\",\
               \"stream\":\"stdout\",\"time\":\"2026-11-22T14:03:07Z\"}",
        escape: |value| json(&nginx(value)),
    },
    Place {
        name: "php",
        line: "[22-Nov-2026 14:03:07 UTC] PHP Warning:  Undefined array key \"@\" in /var/www/a.php on line 3",
        escape: raw,
    },
    Place {
        name: "php exception",
        line: "[22-Nov-2026 14:03:07 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function f(@) in /var/www/a.php:3\n\
               Stack trace:\n#0 /var/www/b.php(7): g('@')\n#1 {main}\n  thrown in /var/www/a.php on line 3",
        escape: raw,
    },
    Place {
        name: "php through php-fpm",
        line: "[22-Nov-2026 14:03:07] WARNING: [pool www] child 5 said into stderr: \"NOTICE: PHP message: PHP Warning:  \
               Undefined array key \"@\" in /var/www/a.php on line 3\"",
        escape: raw,
    },
    Place {
        name: "php through Apache",
        line: "[Sun Nov 22 14:03:07.123456 2026] [proxy_fcgi:error] [pid 33:tid 20] [client 192.0.2.7:41022] AH01071: Got error \
               'PHP message: PHP Warning:  Undefined array key \"@\" in /var/www/a.php on line 3'",
        escape: errorlog,
    },
    Place {
        name: "path in Apache's error log",
        line: "[Sun Nov 22 14:03:07.123456 2026] [core:info] [pid 33:tid 20] [client 192.0.2.7:41022] AH00128: File does not \
               exist: /var/www/@, referer: http://x/@",
        escape: errorlog,
    },
    Place {
        name: "path in that of 2.2",
        line: "[Sun Nov 22 14:03:07 2026] [error] [client 192.0.2.7] File does not exist: /var/www/@",
        escape: errorlog,
    },
    Place {
        name: "matched data of ModSecurity",
        line: "[Sun Nov 22 14:03:07.123456 2026] [security2:error] [pid 33:tid 20] [client 192.0.2.7:41022] [client 192.0.2.7] \
               ModSecurity: Access denied with code 403 (phase 2). Match of \"x\" required. [file \"/etc/a.conf\"] [line \"8\"] \
               [id \"949110\"] [msg \"m\"] [data \"@\"] [hostname \"example.com\"] [uri \"/\"] [unique_id \"Z0CJm38\"]",
        escape: apache,
    },
    // Section C, the body of a request, is left out: its lines are the client's own, and each may begin as a record of
    // any log does. So it is with all that a program writes with the line breaks it was sent.
    Place {
        name: "audit log",
        line: "--8f9a3c41-A--\n[22/Nov/2026:14:03:07.123456 +0000] Z0CJm38 192.0.2.7 41022 10.0.0.5 443\n--8f9a3c41-B--\n\
               GET /?@ HTTP/1.1\nHost: example.com\nUser-Agent: @\n\n--8f9a3c41-F--\nHTTP/1.1 403 Forbidden\n\n\
               --8f9a3c41-H--\nMessage: Access denied with code 403 (phase 2). Match of \"@\".\nAction: Intercepted (phase 2)\n\n\
               --8f9a3c41-Z--\n",
        escape: raw,
    },
    Place {
        name: "action of fail2ban",
        line: "2026-11-22 14:03:07,123 fail2ban.utils          [811]: ERROR   7fd21346ce30 -- stderr: 'bad @'",
        escape: raw,
    },
    Place {
        name: "user of sshd",
        line: "Nov 22 14:03:07 web1 sshd[5]: Invalid user @ from 192.0.2.7 port 4711",
        escape: raw,
    },
    Place {
        name: "user of sshd in the journal",
        line: "{\"__REALTIME_TIMESTAMP\":\"1795356187000000\",\"_HOSTNAME\":\"web1\",\"PRIORITY\":\"6\",\"SYSLOG_IDENTIFIER\":\
               \"sshd\",\"_PID\":\"5\",\"MESSAGE\":\"Invalid user @ from 192.0.2.7 port 4711\"}",
        escape: json,
    },
    Place {
        name: "file that lfd found",
        line: "Nov 22 14:03:07 web1 lfd[28641]: *Suspicious File* /tmp/@ [www-data:www-data (33:33)] - Script, file extension",
        escape: raw,
    },
    Place {
        name: "imunify360",
        line: "INFO    [2026-11-22 14:03:07,723] defence360agent.internals.the_sink: SensorIncident({'method': 'INCIDENT', \
               'plugin_id': 'modsec', 'attackers_ip': '192.0.2.7', 'rule': '33312', 'access_denied': True, 'name': \"@\"}) \
               processed in 0.0209 seconds",
        escape: |value| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t"),
    },
];

/// What must be the same whatever a client sends.
const KEYS: &[&str] = &[
    "time",
    "kind",
    "cause",
    "source",
    "level",
    "pid",
    "tid",
    "connection",
    "errno",
    "client",
    "server",
    "status",
    "upstream",
    "upstream_status",
    "upstream_time",
    "request_time",
    "ray_id",
    "request_id",
    "bytes_sent",
    "pool",
    "child_pid",
    "signal",
    "php_file",
    "php_line",
    "unit",
    "jail",
    "ip",
    "port",
    "code",
];

fn events(folder: &Folder, name: &str, bytes: impl AsRef<[u8]>) -> (Vec<Value>, Value) {
    let path = folder.file(name, bytes);
    let events = run(["events", "-f", "ndjson", "--tz", "UTC", &path]).lines();
    let summary = run(["-f", "json", "--tz", "UTC", &path]).json();
    (events, summary["inputs"][0].clone())
}

#[test]
fn nothing_is_forged() {
    let folder = Folder::new();
    let mut wrong = Vec::new();
    for Place { name, line, escape } in PLACES {
        for status in ["502", "200"] {
            let line =
                line.replace(" 502", &format!(" {status}")).replace("\"502\"", &format!("\"{status}\""));
            let line = line.replace("status:502", &format!("status:{status}"));
            if status == "200" && !line.contains("200") {
                continue;
            }
            // Apache has all messages of PHP that came at one go in one line: there, this begins another one.
            let another = |value: &&str| *name == "php through Apache" && value.starts_with("PHP message: ");
            let lines: Vec<String> = std::iter::once("x")
                .chain(IMITATIONS.iter().copied().filter(|value| !another(value)))
                .map(|value| line.replace('@', &escape(value)))
                .collect();
            let (told, input) = events(&folder, "log", lines.join("\n") + "\n");
            if input["unrecognized"] != 0 {
                wrong.push(format!("{name}, {status}: {} lines unrecognized", input["unrecognized"]));
            }
            // Each line is an event, or none is.
            if !told.is_empty() && told.len() != lines.len() {
                wrong.push(format!("{name}, {status}: {} events of {} lines", told.len(), lines.len()));
            }
            let named = !["sshd", "lfd"].iter().any(|program| name.contains(program));
            if status == "502" && told.is_empty() == named {
                wrong.push(format!("{name}: {} events", told.len()));
            }
            for event in &told {
                if let Some(key) = KEYS.iter().find(|key| event[**key] != told[0][**key]) {
                    wrong.push(format!("{name}, {status}: {key} of {event}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// A process chooses its name of up to 15 bytes.
#[test]
fn names_of_processes_forge_nothing() {
    const NAMES: &[&str] = &[
        "x",
        "a[1]: segfault",
        "php-fpm[1]: seg",
        "Out of memory: ",
        "oom-kill:task=x",
        "traps: php-fpm",
        "a) total-vm:1kB",
        "a) score 9 or",
        "[UFW BLOCK] IN=",
        "invoked oom-kil",
        "kernel: [ 1.0]",
        "x.service: a",
        ")(",
        "][",
        "a (b) [c]: d",
        "\u{1b}[31m",
        "=1+1",
        "\"",
        ",pid=1,uid=0",
    ];
    let folder = Folder::new();
    let mut wrong = Vec::new();
    for (line, kind) in [
        (
            "@[6892]: segfault at 10 ip 000000000000001a sp 00007ffdb4a6da48 error 4 in x.so[55d0c09e0000+e5000]",
            "segfault-any",
        ),
        (
            "traps: @[6892] general protection fault ip:7f1f9b870d7d sp:7ffd5dab97f0 error:0 in x.so[7f1f9b85e000+25000]",
            "",
        ),
        (
            "Out of memory: Killed process 6892 (@) total-vm:2439496kB, anon-rss:1216400kB, file-rss:0kB, shmem-rss:0kB, UID:112 \
          pgtables:3600kB oom_score_adj:0",
            "oom-killed-modern",
        ),
        ("Killed process 6892 (@) total-vm:33558652kB, anon-rss:920kB, file-rss:452kB", "oom-killed-old"),
    ] {
        let lines: Vec<String> = NAMES
            .iter()
            .map(|name| format!("Nov 22 14:03:07 web1 kernel: [  4848.848801] {}\n", line.replace('@', name)))
            .collect();
        let (told, _) = events(&folder, "kern.log", lines.concat());
        for (name, event) in NAMES.iter().zip(&told) {
            let same = event["child_pid"] == 6892
                && event["kind"] == told[0]["kind"]
                && event["signal"] == told[0]["signal"];
            if !same || (!kind.is_empty() && event["kind"] != *kind) {
                wrong.push(format!("{name:?}: {event}"));
            }
        }
        if told.len() != lines.len() {
            wrong.push(format!("{} events of {} lines: {line}", told.len(), lines.len()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What may stand in a log whose writer escapes nothing, or that somebody wrote to by hand.
const EVIL: &[&[u8]] = &[
    b"\x1b[31mred",
    b"\x1b]0;owned\x07",
    "\u{9b}31mred".as_bytes(),
    b"\x9b31mred",
    "\u{202e}txt.exe".as_bytes(),
    "\u{2066}\u{2069}\u{200b}\u{feff}".as_bytes(),
    b"\xff\xfe\xc3",
    b"a\0b",
    b"a\tb\rc\x08d",
    b"=cmd|' /C calc'!A0",
    b"-1+1",
    b"@SUM(A1)",
    b"\",\"",
    b"<script>",
];

fn evil_logs(folder: &Folder) -> Vec<String> {
    let file = |(n, place): (usize, &Place)| {
        let mut bytes = Vec::new();
        for evil in EVIL {
            // In JSON, escapes hide what else would stand there.
            let lossy = String::from_utf8_lossy(evil);
            let escaped: &[u8] = if place.line.starts_with('{') { &json(&lossy).into_bytes() } else { evil };
            let parts: Vec<&[u8]> = place.line.as_bytes().split(|b| *b == b'@').collect();
            bytes.extend(parts.join(escaped));
            bytes.push(b'\n');
        }
        folder.file(&format!("{n}.log"), bytes)
    };
    PLACES.iter().enumerate().map(file).collect()
}

fn is_harmless(c: char) -> bool {
    let invisible =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c == '\n' || !(c.is_control() || invisible)
}

#[track_caller]
fn assert_clean(run: &Run) {
    for text in [run.out(), run.err()] {
        let bad = text.char_indices().find(|(_, c)| !is_harmless(*c));
        assert!(
            bad.is_none(),
            "{bad:?} in {:?}",
            text.get(bad.unwrap().0.saturating_sub(80)..bad.unwrap().0)
        );
    }
}

#[test]
fn whatever_stands_there_reaches_no_terminal_and_breaks_no_reader() {
    let folder = Folder::new();
    let logs = evil_logs(&folder);
    let args = |form: &[&str]| -> Vec<String> {
        let form = form.iter().map(|f| (*f).to_owned());
        form.chain(["--tz", "UTC"].map(str::to_owned)).chain(logs.iter().cloned()).collect()
    };
    for form in [&["-v", "--color", "never"][..], &["events", "--color", "never"]] {
        assert_clean(&run(args(form)));
    }
    let told = run(args(&["events", "-f", "ndjson", "--raw"])).lines();
    assert!(told.len() > EVIL.len() * (PLACES.len() - 8), "{}", told.len());
    assert!(told.iter().all(|event| !text(event, "kind").is_empty()));
    assert_eq!(run(args(&["events", "-f", "json"])).json().as_array().unwrap().len(), told.len());
    assert!(run(args(&["-f", "json"])).json()["kinds"].as_array().unwrap().len() > 10);
    for form in [&["events", "-f", "csv", "--raw"][..], &["-f", "csv"]] {
        let mut command = command();
        let run = finish(command.args(args(form)));
        assert_clean(&run);
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(run.out().as_bytes());
        for row in table.records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            }
        }
    }
}
