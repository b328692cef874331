use std::collections::BTreeSet;

use logscan_catalogue::Catalogue;
use logscan_parser::{Body, Frames, Level, Record, Start};

use super::*;

const BOTH: [Log; 2] = [Log::NginxError, Log::PhpFpm];

fn kind_of(record: &Record<'_>) -> String {
    let catalogue = Catalogue::builtin();
    let named = catalogue.name(record).expect("a name");
    catalogue.kind(named.kind).expect("a kind").id.to_string()
}

#[test]
fn the_size_is_met_within_a_record() {
    for log in BOTH {
        for size in [1, 1000, 100_000, 1_000_000] {
            let (bytes, written) = Generator::bytes(log, 1, size);
            assert_eq!(written.bytes, bytes.len() as u64);
            let before_last = Frames::new(&bytes).last().map_or(0, |f| f.offset) as u64;
            // The few records of one event come together.
            assert!(
                written.bytes >= size && before_last < size + 1000,
                "{log:?}: {} for {size}",
                written.bytes
            );
            assert!(written.bytes < size + 4096);
        }
    }
}

#[test]
fn the_seed_decides() {
    for log in BOTH {
        let first = Generator::bytes(log, 7, 300_000).0;
        assert_eq!(first, Generator::bytes(log, 7, 300_000).0);
        assert_ne!(first, Generator::bytes(log, 8, 300_000).0);
        assert!(Generator::bytes(log, 7, 600_000).0.starts_with(&first));
    }
}

#[test]
fn every_line_is_accounted_for() {
    for log in BOTH {
        let (bytes, written) = Generator::bytes(log, 2, 4_000_000);
        let (mut records, mut continued) = (0, 0);
        for frame in Frames::new(&bytes) {
            assert!(matches!(frame.start, Start::Timed | Start::Untimed), "{frame:?}");
            assert!(frame.record().is_some());
            records += 1;
            continued += frame.lines - 1;
        }
        assert_eq!(records, written.records);
        assert_eq!(records + continued, bytes.iter().filter(|b| **b == b'\n').count() as u64);
        assert!(continued > records / 100, "{continued} lines of traces");
    }
}

#[test]
fn the_log_is_of_many_kinds() {
    let (bytes, _) = Generator::bytes(Log::NginxError, 3, 8_000_000);
    let kinds: BTreeSet<String> = Frames::new(&bytes).filter_map(|f| Some(kind_of(&f.record()?))).collect();
    assert!(kinds.len() >= 300, "{} kinds", kinds.len());
    let (bytes, _) = Generator::bytes(Log::PhpFpm, 3, 8_000_000);
    let kinds: BTreeSet<String> = Frames::new(&bytes).filter_map(|f| Some(kind_of(&f.record()?))).collect();
    assert!(kinds.len() >= 150, "{} kinds", kinds.len());
}

#[test]
fn values_do_not_make_another_kind() {
    for log in BOTH {
        let mut generator = Generator::new(log, 4);
        let mut wrong = BTreeSet::new();
        for template in &generator.templates {
            for _ in 0..50 {
                let values = Values::draw(&mut generator.random, &generator.clock, 1);
                let mut line = Vec::new();
                template.fill(&values, &mut line);
                let record = Frames::new(&line).next().and_then(|f| f.record()).expect("a record");
                let kind = kind_of(&record);
                if kind != template.id {
                    wrong.insert((template.id.clone(), kind, String::from_utf8_lossy(&line).into_owned()));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn one_record_in_five_is_an_upstream_error() {
    let (bytes, written) = Generator::bytes(Log::NginxError, 5, 4_000_000);
    let upstream = |record: &Record<'_>| {
        let Body::NginxError(error) = &record.body else { return false };
        error.stderr().is_none()
            && error.context.upstream.is_some()
            && error.level.is_some_and(|l| l <= Level::Error)
    };
    let count = Frames::new(&bytes).filter_map(|f| f.record()).filter(upstream).count() as u64;
    assert!((15..=25).contains(&(count * 100 / written.records)), "{count} of {}", written.records);
}

#[test]
fn stamps_rise_but_for_a_second() {
    for log in BOTH {
        let (bytes, _) = Generator::bytes(log, 6, 2_000_000);
        let stamps = Frames::new(&bytes).filter_map(|f| f.record()?.at);
        let mut latest = 0;
        let mut back = 0;
        for stamp in stamps {
            let seconds = stamp.civil().seconds;
            assert!(seconds >= latest - 1);
            back += u64::from(seconds < latest);
            latest = latest.max(seconds);
        }
        assert!(back > 0);
    }
}

#[test]
fn clients_hosts_and_uris_are_many() {
    let (bytes, _) = Generator::bytes(Log::NginxError, 7, 4_000_000);
    let (mut clients, mut hosts, mut uris) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for record in Frames::new(&bytes).filter_map(|f| f.record()) {
        let Body::NginxError(error) = record.body else { continue };
        assert_eq!(error.context.unread, b"", "{}", String::from_utf8_lossy(record.raw));
        clients.extend(error.context.client);
        hosts.extend(error.context.host);
        uris.extend(error.context.request_line().map(|r| r.uri));
    }
    assert!(
        clients.len() > 2000 && hosts.len() > 500 && uris.len() > 2000,
        "{} {} {}",
        clients.len(),
        hosts.len(),
        uris.len()
    );
}
