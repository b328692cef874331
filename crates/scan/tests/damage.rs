//! What cannot be read is named, and the rest is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::io::Read;

use common::{Dir, Log, NOON, Told, gzip, gzip_members, read, utc};
use logscan_scan::What;

fn good() -> Log {
    let mut log = Log::new();
    for n in 0..400 {
        log.nginx(NOON + n, &format!("open() \"/{}\" failed (2: No such file or directory)", n * 7919 % 997));
    }
    log
}

/// A folder with a good log and, before it, a file of these bytes; both are named.
fn beside(name: &str, bytes: &[u8]) -> Told {
    let dir = Dir::new();
    let bad = dir.file(name, bytes);
    let log = dir.file("good.log", &good().bytes);
    let told = read(&utc().threads(2), &[bad, log]);
    let rest = told.files.iter().filter(|f| *f == "good.log").count();
    assert_eq!(rest, 400, "the rest is read");
    told
}

/// The words said of a file that is not read.
fn words(bytes: &[u8]) -> String {
    let told = beside("bad", bytes);
    assert_eq!(told.problems(), ["bad: Foreign!"]);
    assert_eq!(told.inputs.len(), 1);
    told.problems[0].what.to_string()
}

#[test]
fn a_missing_path() {
    let dir = Dir::new();
    let log = dir.file("good.log", &good().bytes);
    let told = read(&utc(), &[dir.path("missing.log"), log.clone(), dir.path("no/where")]);
    assert_eq!(told.problems(), ["missing.log: NotFound!", "where: NotFound!"]);
    assert_eq!(told.events.len(), 400);
    // A part of the path that is a file is no folder.
    assert!(read(&utc(), &[log.join("x")]).problems[0].is_failure());
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    let log = dir.file("logs/error.log", b"2026/11/23 12:00:00 [error] 1#1: x\n");
    let deny =
        |path: &std::path::Path| std::fs::set_permissions(path, PermissionsExt::from_mode(0o000)).unwrap();
    deny(&log);
    if std::fs::File::open(&log).is_ok() {
        return; // This user may read all.
    }
    assert_eq!(read(&utc(), &[&log]).problems(), ["error.log: Permission!"]);
    assert_eq!(read(&utc(), &[dir.path("logs")]).problems(), ["error.log: Permission!"]);
    deny(&dir.path("logs"));
    assert_eq!(read(&utc(), &[dir.path("logs")]).problems(), ["logs: Permission!"]);
    std::fs::set_permissions(dir.path("logs"), PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn an_empty_file() {
    let told = beside("empty.log", b"");
    assert_eq!(told.problems(), ["empty.log: Empty"]);
    assert_eq!((told.inputs.len(), told.inputs[0].lines), (2, 0));
    // An empty file that was packed.
    assert_eq!(beside("empty.log.1.gz", &gzip(b"")).problems(), ["empty.log.1.gz: Empty"]);
    assert_eq!(beside("empty.log.1.gz", b"").problems(), ["empty.log.1.gz: Empty"]);
}

#[test]
fn other_files() {
    let elf: Vec<u8> =
        b"\x7fELF\x02\x01\x01\0".iter().copied().chain((0..=255).cycle().step_by(7).take(40_000)).collect();
    assert!(words(&elf).contains("binary"));
    assert!(words(&[0; 5000]).contains("binary"));
    assert!(words(&gzip(&elf)).contains("binary"));
    assert!(words(b"\x28\xb5\x2f\xfd\x04\x00").contains("zstdcat"));
    assert!(words(b"\xfd7zXZ\0\0").contains("xzcat"));
    assert!(words(b"BZh91AY").contains("bzcat"));
    let access = b"192.0.2.1 [23/Nov/2026:10:46:16 +0000] nothing that anybody else writes\n".repeat(20);
    assert!(words(&access).contains("--log-format"));
    assert!(words(&gzip(&access)).contains("--log-format"));
    assert!(words(b"\x1f\n").contains("not read"));
    assert!(words(b"{\"level\":\"info\",\"msg\":\"started\"}\n").contains("JSON"));
    assert!(words(b"[2026-11-23 12:00:00] production.ERROR: of a framework\n").contains("no line of it"));
}

#[test]
fn a_file_that_looks_like_nothing_is_read_where_that_is_asked() {
    let dir = Dir::new();
    let path = dir.file("x.log", b"hello\nworld\n");
    let told = read(&utc().only(Some(logscan_parser::Source::NginxError)), &[path]);
    assert_eq!(told.problems(), ["x.log: Unrecognized"]);
    assert_eq!((told.inputs[0].lines, told.inputs[0].unrecognized), (2, 2));
}

#[test]
fn a_torn_last_line() {
    let told = beside("torn.log", b"2026/11/23 12:00:00 [error] 1#1: x\n2026/11/23 12:00:01 [err");
    assert_eq!(told.problems(), ["torn.log: Unrecognized", "torn.log: Torn"]);
    assert!(told.problems.iter().all(|p| !p.is_failure()));
    let torn = told.inputs.iter().find(|i| i.file.ends_with("torn.log")).unwrap();
    assert_eq!(torn.records, 1);
}

#[test]
fn of_a_line_that_is_cut_nothing_wrong_is_told() {
    let line = "2026/11/23 12:00:00 [error] 7#7: *1 access forbidden by rule, client: 192.0.2.1, server: example.com, \
                request: \"GET /.env HTTP/1.1\", host: \"example.com\"";
    let dir = Dir::new();
    for cut in 1..line.len() {
        let path = dir.file(&format!("{cut}.log"), format!("{line}\n{}", &line[..cut]).as_bytes());
        let told = read(&utc(), &[path]);
        let input = &told.inputs[0];
        assert_eq!(
            (input.lines, input.records + input.continued + input.unrecognized),
            (2, 2),
            "cut at {cut}"
        );
        assert!(told.problems().contains(&format!("{cut}.log: Torn")), "cut at {cut}: {:?}", told.problems());
        let raw: Vec<&[u8]> = told.events.iter().map(|e| &e.raw[..]).collect();
        // A single digit may as well go on with the line before.
        if cut > 1 {
            assert_eq!(raw[0], line.as_bytes(), "cut at {cut}");
        }
        // The request may be the last of a line.
        let whole = raw.get(1).is_none_or(|r| r.ends_with(b"HTTP/1.1\""));
        assert!(raw.len() <= 2 && whole, "cut at {cut}: {}", raw[1].escape_ascii());
    }
}

#[test]
fn a_whole_line_without_a_newline_is_read() {
    let dir = Dir::new();
    for line in [
        "2026/11/23 12:00:00 [error] 7#7: *1 access forbidden by rule, client: 192.0.2.1, server: a, request: \"GET / HTTP/1.1\"",
        "[23-Nov-2026 12:00:00] WARNING: [pool www] child 7 exited on signal 11 (SIGSEGV) after 3.5 seconds from start",
        "[23-Nov-2026 12:00:00] WARNING: [pool www] child 7 said into stderr: \"NOTICE: PHP message: x\"",
        "Nov 23 12:00:00 web1 kernel: [ 8654.345819] nginx[7]: segfault at 0 ip 00 sp 00 error 4 in nginx[55+e5]",
        "Nov 23 12:00:00 web1 systemd[1]: nginx.service: Failed with result 'exit-code'.",
        "Nov 23 12:00:00 web1 lfd[7]: (sshd) Failed SSH login from 192.0.2.7: 5 in the last 3600 secs - *Blocked in csf* [LF_SSHD]",
        "192.0.2.7 - - [23/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"-\"",
    ] {
        let told = read(&utc(), &[dir.file("error.log", line.as_bytes())]);
        assert_eq!(told.events.len(), 1, "{line}");
        assert_eq!(told.problems(), ["error.log: Torn"]);
    }
}

/// Each of these may be a part of another line: an address, a number, a status, a word that goes on.
#[test]
fn a_line_that_may_be_a_part_is_not_read() {
    let dir = Dir::new();
    for line in [
        "2026-11-23 12:00:00,123 fail2ban.actions [811]: NOTICE [sshd] Ban 172.68.10.5",
        "[23-Nov-2026 12:00:00 UTC] PHP Warning:  Undefined variable $x in /srv/a.php on line 12",
        "127.0.0.1 -  23/Nov/2026:12:00:00 +0000 \"GET /index.php\" 502",
        "Nov 23 12:00:00 web1 kernel: [    1.000000] Out of memory: Killed process 811 (mariadbd) total-vm:24kB, oom_score_adj:0",
        "2026/11/23 12:00:00 [notice] 7#7: exit",
        "2026/11/23 12:00:00 [error] 7#7: *1 no live upstreams while connecting to upstream, client: 192.0.2.7, server: a, \
         upstream: \"b\"",
    ] {
        let told = read(&utc(), &[dir.file("cut.log", format!("{line}\n{line}").as_bytes())]);
        assert_eq!(told.texts(), [line]);
        assert!(told.problems().contains(&"cut.log: Torn".to_owned()), "{line}");
    }
}

/// What can be unpacked of damaged gzip, a byte at a time.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed);
    let mut byte = [0];
    while let Ok(1) = reader.read(&mut byte) {
        bytes.push(byte[0]);
    }
    bytes
}

/// Reads damaged gzip: it must give what the whole lines that can be unpacked give as a plain file.
fn damaged(packed: &[u8]) {
    let mut bytes = unpacked(packed);
    bytes.truncate(bytes.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1));
    let dir = Dir::new();
    let path = dir.file("error.log.2.gz", packed);
    let whole = read(&utc(), &[dir.file("plain.log", &bytes)]);
    for (threads, buffer) in [(1, 64), (2, 4096), (2, 256 << 10)] {
        let told = read(&utc().threads(threads).block_sizes(1, buffer), &[&path]);
        let pairs = told.events.iter().zip(&whole.events);
        assert_eq!(pairs.clone().find(|(t, w)| t != w), None);
        assert_eq!(told.events.len(), whole.events.len());
        assert_eq!(told.problems().last().unwrap(), "error.log.2.gz: DamagedGzip!");
        let What::DamagedGzip { after } = told.problems.last().unwrap().what else { unreachable!() };
        assert_eq!(after, bytes.len() as u64);
    }
}

#[test]
fn truncated_gzip() {
    let mut log = Log::new();
    // Hard to pack, so that it is unpacked in many pieces.
    let mut random = 1_u64;
    for n in 0..3000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        log.nginx(NOON + n, &format!("{random:x}"));
    }
    let packed = gzip(&log.bytes);
    for part in [
        2,
        9,
        12,
        30,
        packed.len() / 3,
        packed.len() / 2,
        packed.len() - 9,
        packed.len() - 8,
        packed.len() - 1,
    ] {
        damaged(&packed[..part]);
    }
    let members = gzip_members(&log.bytes, 40_000);
    for part in [members.len() / 3, members.len() - 3] {
        damaged(&members[..part]);
    }
    // Broken off just after the border of two members.
    damaged(&[&gzip(&log.bytes[..50_000])[..], &packed[..5]].concat());
}

#[test]
fn broken_gzip() {
    let log = good();
    let mut packed = gzip_members(&log.bytes, 4000);
    let middle = packed.len() / 2;
    packed[middle..middle + 20].fill(0xff);
    damaged(&packed);
    // A wrong checksum shows after all lines.
    let mut packed = gzip(&log.bytes);
    let place = packed.len() - 6;
    packed[place] ^= 1;
    damaged(&packed);
}

#[test]
fn gzip_with_something_after_it() {
    let log = good();
    damaged(&[&gzip(&log.bytes)[..], b"garbage that is no gzip"].concat());
}

#[test]
fn zeros_after_a_gzip_are_padding() {
    let told = beside("padded.gz", &[&gzip(&good().bytes)[..], &[0; 100_000]].concat());
    assert_eq!(told.problems(), [] as [&str; 0]);
    assert_eq!(told.events.len(), 800);
}

#[test]
fn damaged_gzip_in_a_folder_is_a_failure() {
    let dir = Dir::new();
    dir.file("error.log", &good().bytes);
    dir.file("error.log.1.gz", &gzip(&good().bytes)[..200]);
    let told = read(&utc(), &[&dir.0]);
    assert_eq!(told.problems(), ["error.log.1.gz: DamagedGzip!"]);
    assert!(told.events.len() > 400);
}

#[test]
fn a_rotated_file_that_is_something_else_is_passed_over() {
    let dir = Dir::new();
    let live = dir.file("error.log", &good().bytes);
    dir.file("error.log.1", b"hello\n");
    dir.file("error.log.2", b"");
    let told = read(&utc(), &[live]);
    assert_eq!(told.problems(), ["error.log.1: PassedOver"]);
    assert_eq!(told.events.len(), 400);
}

#[test]
fn a_log_after_many_zeros_is_known() {
    for zeros in [5_000, 65_536, 500_000] {
        let told = beside("zeros.log", &[&vec![0; zeros][..], &good().bytes].concat());
        assert_eq!(told.problems(), [] as [&str; 0], "{zeros}");
        assert_eq!(told.events.len(), 800, "{zeros}");
    }
}
