//! A window that is found by bisection holds what a filter of all records would keep.

use crate::common::{Dir, read};
use crate::logs::{DAY, large_logs};
use crate::{file, scan};
use logscan_scan::Timestamp;

#[test]
fn every_source_is_searched() {
    let dir = Dir::new();
    // One source of each form of stamp.
    const FORMS: [&str; 9] = [
        "json",
        "apache-access",
        "php-error",
        "kernel",
        "dmesg",
        "journal",
        "fail2ban",
        "apache-error",
        "modsecurity",
    ];
    for log in large_logs(1_150_000).filter(|log| FORMS.contains(&log.name)) {
        let bytes = log.bytes();
        assert!(bytes.len() > 1 << 20, "{}: {}", log.name, bytes.len());
        let path = file(&dir, log.name, &bytes);
        let whole = read(&scan(&[&log]).threads(1), &[&path]);
        let middle = DAY + log.records[log.records.len() / 2].second;
        let end = DAY + log.records.last().unwrap().second;
        for (since, until) in [
            (Some(middle), Some(middle + 60)),
            (None, Some(DAY + 600)),
            (Some(end - 600), None),
            (Some(middle - 4000), Some(middle)),
        ] {
            let at = |s: Option<i64>| s.map(Timestamp::from_seconds);
            let inside = |e: &&crate::common::Seen| {
                let t = e.at.unwrap().seconds;
                since.is_none_or(|s| t >= s) && until.is_none_or(|u| t < u)
            };
            let expected: Vec<_> =
                whole.events.iter().filter(inside).map(|e| (e.offset, &e.kind, e.at)).collect();
            assert!(!expected.is_empty(), "{}", log.name);
            for span in [1 << 40, 100_003] {
                let told = read(
                    &scan(&[&log]).window(at(since), at(until)).threads(2).block_sizes(span, 16 << 10),
                    &[&path],
                );
                let seen: Vec<_> = told.events.iter().map(|e| (e.offset, &e.kind, e.at)).collect();
                assert!(seen == expected, "{} {since:?} {until:?} {span}", log.name);
            }
        }
    }
}
