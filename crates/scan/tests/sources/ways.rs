//! The same records, however a log is cut, packed, wrapped and ended.

use crate::common::{Dir, Told, fixture, gzip, gzip_members, read, utc};
use crate::logs::{DAY, SourceLog, logs};
use crate::{alone, file, kinds, scan};
use logscan_scan::Scan;

/// Reads bytes in many ways, and compares with reading them at one go.
fn same(scan: &Scan<'_>, dir: &Dir, name: &str, bytes: &[u8]) -> Told {
    let plain = file(dir, name, bytes);
    let scan = || scan.clone();
    let whole = read(&scan().threads(1), &[&plain]);
    assert!(!whole.inputs.is_empty(), "{name}: {:?}", whole.problems);
    let lines = bytes.split_inclusive(|b| *b == b'\n').count() as u64;
    assert_eq!((whole.inputs[0].lines, whole.inputs[0].bytes), (lines, bytes.len() as u64), "{name}");
    for (span, buffer, threads) in
        [(1, 64, 1), (7, 64, 4), (64, 333, 2), (333, 64, 3), (4096, 100, 2), (1 << 40, 64, 1)]
    {
        let told = read(&scan().threads(threads).block_sizes(span, buffer), &[&plain]);
        assert_eq!(told.essence(), whole.essence(), "{name} {span} {buffer} {threads}");
    }
    for (n, packed) in [gzip(bytes), gzip_members(bytes, 1000)].iter().enumerate() {
        let packed = file(dir, &format!("{n}-{name}"), packed);
        for buffer in [64, 333, 256 << 10] {
            let told = read(&scan().threads(2).block_sizes(1, buffer), &[&packed]);
            assert_eq!(told.essence(), whole.essence(), "{name}, packed {n}, {buffer}");
        }
    }
    whole
}

/// The same, and that every record that was written is told, with its time.
#[track_caller]
fn all_told(dir: &Dir, log: &SourceLog, name: &str, bytes: &[u8]) -> Told {
    let told = same(&scan(&[log]), dir, name, bytes);
    let seconds: Vec<i64> = told.events.iter().map(|e| e.at.unwrap().seconds - DAY).collect();
    let written: Vec<i64> = log.records.iter().map(|r| r.second).collect();
    assert_eq!(seconds, written, "{name}: {:#?}", told.events);
    assert_eq!(told.inputs[0].unrecognized, 0, "{name}: {:?}", told.problems());
    told
}

#[test]
fn every_source() {
    let dir = Dir::new();
    for log in logs(110, 7) {
        let plain = all_told(&dir, &log, log.name, &log.bytes());
        for (event, record) in plain.events.iter().zip(&log.records) {
            assert_eq!(event.text(), record.text);
        }
        assert!(plain.problems.is_empty(), "{}: {:?}", log.name, plain.problems());
    }
}

#[test]
fn every_source_wrapped() {
    let dir = Dir::new();
    for log in logs(6, 7) {
        let plain = kinds(&alone(&dir, &log));
        for (wrap, bytes) in
            [("docker", log.in_docker()), ("cri", log.in_cri()), ("journald", log.in_journal())]
        {
            // What has a prefix of its own, or is written to files only, gets no other, and requests are known only where
            // they begin a line.
            let doubled = ["dmesg", "journal", "imunify", "apache-2.2", "php-fpm-access"].contains(&log.name)
                || log.name.starts_with("modsecurity");
            if wrap == "journald" && (doubled || log.is_access()) {
                continue;
            }
            let name = format!("{}-{wrap}", log.name);
            let told = all_told(&dir, &log, &name, &bytes);
            assert_eq!(kinds(&told), plain, "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn through_a_pipe() {
    use std::io::Write;
    let dir = Dir::new();
    for log in logs(6, 7) {
        let bytes = log.bytes();
        let whole = kinds(&alone(&dir, &log));
        let path = dir.path(&format!("pipe-{}", log.name));
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipe = std::fs::File::options().write(true).open(&path).unwrap();
                bytes.chunks(37).for_each(|piece| pipe.write_all(piece).unwrap());
            });
            let told = read(&scan(&[&log]).block_sizes(7, 100), &[&path]);
            let ids: Vec<_> = told.events.iter().map(|e| &e.kind).collect();
            assert_eq!(ids, whole.iter().map(|(kind, _)| kind).collect::<Vec<_>>(), "{}", log.name);
        });
    }
}

#[test]
fn other_line_ends_and_marks() {
    let dir = Dir::new();
    for log in logs(6, 7) {
        let plain = kinds(&alone(&dir, &log));
        for (what, bytes) in [
            ("crlf", log.with_ends("\r\n")),
            ("bom", [b"\xef\xbb\xbf", &log.bytes()[..]].concat()),
            ("crlf-bom", [b"\xef\xbb\xbf", &log.with_ends("\r\n")[..]].concat()),
        ] {
            let name = format!("{}-{what}", log.name);
            assert_eq!(kinds(&all_told(&dir, &log, &name, &bytes)), plain, "{name}");
        }
    }
}

/// A crash of the machine leaves zeros where a block was never written.
#[test]
fn zeros_in_the_middle() {
    let dir = Dir::new();
    for log in logs(8, 7) {
        let plain = kinds(&alone(&dir, &log));
        let middle = log.records.len() / 2;
        let records = |range: &[crate::logs::Written]| -> Vec<u8> {
            range.iter().flat_map(|r| format!("{}\n", r.text).into_bytes()).collect()
        };
        let (before, after) = (records(&log.records[..middle]), records(&log.records[middle..]));
        let (line, zeros) = ([&[0; 700][..], b"\n"].concat(), vec![0; 700]);
        for (what, between, unrecognized) in [("line", line, 1), ("start", zeros, 0)] {
            let name = format!("{}-zeros-{what}", log.name);
            let told = same(&scan(&[&log]), &dir, &name, &[&before[..], &between, &after].concat());
            assert_eq!(kinds(&told), plain, "{name}");
            assert_eq!(told.inputs[0].unrecognized, unrecognized, "{name}");
        }
    }
}

/// Two programs that write to one file: every line is right by itself.
#[test]
fn two_sources_in_one_stream() {
    let dir = Dir::new();
    let logs = logs(8, 7);
    for (n, one) in logs.iter().enumerate() {
        let other = &logs[(n + 5) % logs.len()];
        // Of a file, one form of access logs is known; whose it is may be told by the lines beside them.
        // Beside transactions of ModSecurity, which show requests as they came, no form is looked for.
        let either = |name: &str| [one, other].iter().any(|log| log.name.starts_with(name));
        let access = one.is_access() || other.is_access();
        if access && (one.is_access() == other.is_access() || either("apache") || either("modsecurity")) {
            continue;
        }
        let mut texts = Vec::new();
        for (a, b) in one.records.iter().zip(&other.records) {
            texts.extend([&a.text, &b.text]);
        }
        let bytes: Vec<u8> = texts.iter().flat_map(|t| format!("{t}\n").into_bytes()).collect();
        let name = format!("{}-and-{}", one.name, other.name);
        let told = same(&scan(&[one, other]), &dir, &name, &bytes);
        let expected: Vec<_> = kinds(&alone(&dir, one))
            .into_iter()
            .zip(kinds(&alone(&dir, other)))
            .flat_map(|(a, b)| [a.0, b.0])
            .collect();
        let told: Vec<_> = kinds(&told).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn another_log_behind_it() {
    let dir = Dir::new();
    let logs = logs(8, 7);
    for (n, one) in logs.iter().enumerate() {
        let other = &logs[(n + 9) % logs.len()];
        if one.is_access() && other.is_access() {
            continue;
        }
        let name = format!("{}-then-{}", one.name, other.name);
        let told = same(&scan(&[one, other]), &dir, &name, &[one.bytes(), other.bytes()].concat());
        let expected: Vec<_> = kinds(&alone(&dir, one))
            .into_iter()
            .chain(kinds(&alone(&dir, other)))
            .map(|(kind, _)| kind)
            .collect();
        let told: Vec<_> = kinds(&told).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(told, expected, "{name}");
    }
}

/// A rotated file may begin inside a record: what is whole is told, and of the rest nothing that is of another kind.
#[test]
fn a_beginning_in_the_middle_of_a_record() {
    let dir = Dir::new();
    for log in logs(8, 7) {
        let whole = kinds(&alone(&dir, &log));
        let first = log.records[0].text.len();
        for at in [1, first / 4, first / 2] {
            let name = format!("{}-from-{at}", log.name);
            let told = kinds(&same(&scan(&[&log]), &dir, &name, &log.bytes()[at..]));
            assert!(told.ends_with(&whole[1..]), "{name}: {told:#?}");
        }
    }
}

#[test]
fn lines_too_long_to_keep() {
    let dir = Dir::new();
    for log in logs(8, 7) {
        let plain = kinds(&alone(&dir, &log));
        let long = [&vec![b'x'; (1 << 20) + 5000][..], b"\n"].concat();
        let middle: usize = log.records[..4].iter().map(|r| r.text.len() + 1).sum();
        let bytes = log.bytes();
        let path = file(&dir, log.name, &[&bytes[..middle], &long, &bytes[middle..], &long].concat());
        let whole = read(&scan(&[&log]).threads(1), &[&path]);
        assert_eq!(kinds(&whole), plain, "{}", log.name);
        assert_eq!(whole.problems().last().unwrap().split_once(' ').unwrap().1, "LongLines", "{}", log.name);
        let told = read(&scan(&[&log]).threads(2).block_sizes(1 << 19, 4096), &[&path]);
        assert_eq!(told.essence(), whole.essence(), "{}", log.name);
    }
}

#[test]
fn damaged_gzip() {
    let dir = Dir::new();
    for log in logs(200, 7) {
        let bytes = log.bytes();
        let packed = gzip_members(&bytes, bytes.len() / 3);
        let whole = kinds(&alone(&dir, &log));
        for part in [packed.len() / 2, packed.len() - 9] {
            let path = file(&dir, &format!("{}-{part}.gz", log.name), &packed[..part]);
            let told = read(&scan(&[&log]).threads(2).block_sizes(1, 333), &[&path]);
            assert!(told.problems().last().unwrap().ends_with("DamagedGzip!"), "{}", log.name);
            // The last record may have lost lines that make it another kind.
            let told = kinds(&told);
            let sure = told.len().saturating_sub(1);
            assert!(whole.starts_with(&told[..sure]) && sure * 4 > whole.len(), "{} {part}", log.name);
        }
    }
}

#[test]
fn real_logs_of_other_sources() {
    for name in [
        "php-fpm-oom-killed/kern.log",
        "php-fpm-segfault/kern.log",
        "php-fatal/php/php_errors.log",
        "php-fatal/nginx/access.log",
        "waf-444/nginx/access.log",
        "nginx-bind-conflict/journal.log",
    ] {
        let dir = Dir::new();
        let told = same(&utc(), &dir, "log", &std::fs::read(fixture(name)).unwrap());
        assert_eq!(told.inputs[0].unrecognized, 0, "{name}");
        assert!(told.inputs[0].records > 3, "{name}");
    }
}
