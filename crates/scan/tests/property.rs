//! Logs made at random are read the same in all ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use common::{Dir, NOON, fpm_stamp, gzip_members, nginx_stamp, read, syslog_stamp, utc};
use logscan_parser::Source;
use logscan_scan::Timestamp;
use proptest::prelude::*;

/// A line, told from its number and a second of an hour.
fn line(which: u8, second: i64) -> Vec<u8> {
    let at = NOON + second;
    let text = match which {
        0..=5 => {
            format!("{} [error] 1#1: *5 open() \"/x\" failed (2: No such file or directory)", nginx_stamp(at))
        }
        6 | 7 => format!("{} NOTICE: [pool www] child 7 started", fpm_stamp(at)),
        8 => format!("{}  [pool www] pid 7", fpm_stamp(at)),
        9 => "script_filename = /var/www/index.php".to_owned(),
        10 => "[0x00007fb188814130] handle() /var/www/index.php:10".to_owned(),
        11 => "#0 /var/www/a.php(9): f()".to_owned(),
        12 => String::new(),
        13 => "nginx: [emerg] still could not bind()".to_owned(),
        14 => format!("{} web1 nginx: {} [warn] 1#1: x", syslog_stamp(at), nginx_stamp(at)),
        15 => format!("{} web1 cron[1]: x", syslog_stamp(at)),
        16 => "\0\0\0\0\0".to_owned(),
        17 => format!("\0\0\0{} [error] 1#1: y", nginx_stamp(at)),
        18 => "2026/23/11 12:00:00 [error] 1#1: no such day".to_owned(),
        19 => "NOTICE: PHP message: PHP Warning:  x in /a.php on line 3".to_owned(),
        20 => format!("{} [what] 1#1: no such level", nginx_stamp(at)),
        21 => "\r".to_owned(),
        22 => "\u{feff}x".to_owned(),
        23 => format!("{} [error] 1#1: z\r", nginx_stamp(at)),
        24 => "y".repeat(300),
        25 => "127.0.0.1 -  23/Nov/2026:12:00:07 +0000 \"GET /index.php\" 200".to_owned(),
        _ => return vec![0xff, 0xfe, b' ', which],
    };
    text.into_bytes()
}

fn log() -> impl Strategy<Value = Vec<u8>> {
    let lines = prop::collection::vec((0u8..27, 0i64..40), 0..60);
    (lines, any::<bool>()).prop_map(|(lines, newline)| {
        let lines: Vec<Vec<u8>> =
            lines.iter().enumerate().map(|(n, (w, s))| line(*w, s + n as i64)).collect();
        let mut bytes = lines.join(&b'\n');
        if newline {
            bytes.push(b'\n');
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_log_is_read_the_same(
        bytes in log(),
        window in prop::option::of((0i64..60, 0i64..60)),
        sizes in prop::collection::vec((1u64..400, 64usize..500, 1usize..4), 3),
        member in 1usize..2000,
        only in 0u8..3,
    ) {
        let dir = Dir::new();
        let (plain, packed) = (dir.file("plain", &bytes), dir.file("packed", &gzip_members(&bytes, member)));
        for path in [&plain, &packed] {
            common::touch(path, NOON + 200);
        }
        let at = |s| Some(Timestamp::from_seconds(NOON + s));
        let scan = || match window {
            Some((since, length)) => utc().window(at(since), at(since + length)),
            None => utc(),
        };
        let only = [None, Some(Source::NginxError), Some(Source::PhpFpm)][usize::from(only)];
        let scan = || scan().only(only);
        let whole = read(&scan().threads(1), &[&plain]);
        if window.is_none() && !bytes.is_empty() && !whole.inputs.is_empty() {
            let lines = bytes.split_inclusive(|b| *b == b'\n').count() as u64;
            prop_assert_eq!((whole.inputs[0].lines, whole.inputs[0].bytes), (lines, bytes.len() as u64));
        }
        for event in &whole.events {
            let offset = usize::try_from(event.offset).unwrap();
            prop_assert!(bytes[offset..].starts_with(&event.raw));
            let before = bytes[..offset].iter().filter(|b| **b == b'\n').count() as u64;
            prop_assert_eq!(event.line, Some(before + 1));
        }
        for (span, buffer, threads) in sizes {
            for path in [&plain, &packed] {
                let told = read(&scan().threads(threads).block_sizes(span, buffer), &[path]);
                prop_assert_eq!(told.essence(), whole.essence(), "{} {} {}", span, buffer, threads);
            }
        }
    }
}
