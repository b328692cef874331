use std::collections::{BTreeMap, BTreeSet};

use logscan_catalogue::{Catalogue, Ranges};
use logscan_parser::{Body, Civil, Frames, Level, Record, Source, Start};

use super::*;
use crate::layers::format;

const ALL: [Log; 3] = [Log::NginxError, Log::NginxAccess, Log::PhpFpm];
/// Those that are made of samples.
const SAMPLED: [Log; 2] = [Log::NginxError, Log::PhpFpm];

fn spanning(log: Log, seconds: u64, size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    Generator::new(log, 9).spanning(seconds).write(size, &mut bytes).expect("a vector takes all");
    bytes
}

/// Seconds of all stamps since 1970.
fn stamps(log: Log, bytes: &[u8]) -> Vec<i64> {
    let format = format(log);
    Frames::of(bytes, &format).filter_map(|f| Some(f.record()?.at?.civil().seconds)).collect()
}

fn kind_of(record: &Record<'_>) -> String {
    let catalogue = Catalogue::builtin();
    let named = catalogue.name(record).expect("a name");
    catalogue.kind(named.kind).expect("a kind").id.to_string()
}

#[test]
fn the_size_is_met_within_a_record() {
    for log in ALL {
        for size in [1, 1000, 100_000, 1_000_000] {
            let (bytes, written) = Generator::bytes(log, 1, size);
            assert_eq!(written.bytes, bytes.len() as u64);
            let before_last = Frames::of(&bytes, &format(log)).last().map_or(0, |f| f.offset) as u64;
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
    for log in ALL {
        let first = Generator::bytes(log, 7, 300_000).0;
        assert_eq!(first, Generator::bytes(log, 7, 300_000).0);
        assert_ne!(first, Generator::bytes(log, 8, 300_000).0);
        assert!(Generator::bytes(log, 7, 600_000).0.starts_with(&first));
    }
}

#[test]
fn every_line_is_accounted_for() {
    for log in ALL {
        let (bytes, written) = Generator::bytes(log, 2, 4_000_000);
        let (mut records, mut continued) = (0, 0);
        for frame in Frames::of(&bytes, &format(log)) {
            assert!(matches!(frame.start, Start::Timed | Start::Untimed | Start::Line), "{frame:?}");
            assert!(frame.record().is_some());
            records += 1;
            continued += frame.lines - 1;
        }
        assert_eq!(records, written.records);
        assert_eq!(records + continued, bytes.iter().filter(|b| **b == b'\n').count() as u64);
        let traces = if log == Log::NginxAccess { continued == 0 } else { continued > records / 100 };
        assert!(traces, "{log:?}: {continued} lines of traces");
    }
}

#[test]
fn the_log_is_of_many_kinds() {
    let (bytes, _) = Generator::bytes(Log::NginxError, 3, 8_000_000);
    let kinds: BTreeSet<String> = Frames::new(&bytes).filter_map(|f| Some(kind_of(&f.record()?))).collect();
    let all = Generator::new(Log::NginxError, 3).kinds().count();
    assert!(kinds.len() * 100 >= all * 95, "{} kinds of {all}", kinds.len());
    let (bytes, _) = Generator::bytes(Log::PhpFpm, 3, 8_000_000);
    let kinds: BTreeSet<String> = Frames::new(&bytes).filter_map(|f| Some(kind_of(&f.record()?))).collect();
    assert!(kinds.len() >= 150, "{} kinds", kinds.len());
}

#[test]
fn every_kind_that_can_stand_in_the_error_log_is_drawn() {
    let generator = Generator::new(Log::NginxError, 1);
    let drawn: BTreeSet<&str> = generator.kinds().collect();
    let left_out: Vec<&str> = Catalogue::builtin()
        .kinds()
        .filter(|kind| kind.source == Some(Source::NginxError) && !drawn.contains(&*kind.id))
        .filter(|kind| {
            let record = Frames::new(kind.sample.as_bytes()).next().and_then(|f| f.record());
            // What nginx says on a terminal before it has a log has no time.
            record.is_some_and(|r| r.at.is_some() && r.carrier.is_none())
        })
        .map(|kind| &*kind.id)
        .collect();
    assert_eq!(left_out, [""; 0]);
    assert!(drawn.len() > 400, "{}", drawn.len());
}

#[test]
fn values_do_not_make_another_kind() {
    for log in SAMPLED {
        let mut generator = Generator::new(log, 4);
        let mut wrong = BTreeSet::new();
        for template in &generator.templates {
            for _ in 0..50 {
                let values = Values::draw(&mut generator.random, &generator.clock, 1, generator.spread);
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
    let percent = count * 100 / written.records;
    assert!((18..=22).contains(&percent), "{count} of {}", written.records);
}

#[test]
fn stamps_rise_but_for_a_second() {
    for log in ALL {
        let (bytes, _) = Generator::bytes(log, 6, 2_000_000);
        let mut latest = 0;
        let mut back = 0;
        for seconds in stamps(log, &bytes) {
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

#[test]
fn a_span_is_filled_evenly() {
    let begin = Civil::new(2026, 11, 22, 0, 0, 0).expect("a date").seconds;
    for log in ALL {
        let bytes = spanning(log, 86_400, 3_000_000);
        let stamps = stamps(log, &bytes);
        let mut latest = 0;
        for seconds in &stamps {
            assert!(*seconds >= latest - 1);
            latest = latest.max(*seconds);
        }
        assert!(stamps[0] - begin < 60 && (begin + 86_400 - latest) < 60, "{log:?}");
        let last_hour = stamps.iter().filter(|s| **s >= begin + 23 * 3600).count();
        let share = last_hour * 24 * 100 / stamps.len();
        assert!((80..=120).contains(&share), "{log:?}: {share} % of a 24th in the last hour");
    }
}

#[test]
fn as_many_names_as_asked_for() {
    let mut bytes = Vec::new();
    Generator::new(Log::NginxAccess, 7).distinct(1000).write(4_000_000, &mut bytes).expect("written");
    let format = format(Log::NginxAccess);
    let (mut clients, mut uris) = (BTreeSet::new(), BTreeSet::new());
    for record in Frames::of(&bytes, &format).filter_map(|f| f.record()) {
        let Body::Access(access) = record.body else { continue };
        clients.extend(access.client);
        uris.extend(access.uri);
    }
    assert_eq!(clients.len(), 1000);
    // Some pages have no number, probes have some.
    assert!((700..1500).contains(&uris.len()), "{}", uris.len());

    let mut bytes = Vec::new();
    Generator::new(Log::NginxError, 7).distinct(100_000).write(8_000_000, &mut bytes).expect("written");
    let (mut hosts, mut with_host) = (BTreeSet::new(), 0);
    for record in Frames::new(&bytes).filter_map(|f| f.record()) {
        let Body::NginxError(error) = record.body else { continue };
        with_host += error.context.host.iter().len();
        hosts.extend(error.context.host);
    }
    assert!(hosts.len() * 10 > with_host * 8, "{} hosts in {with_host} records", hosts.len());
}

#[test]
fn no_two_clients_share_an_address() {
    let clock = Clock::new(Log::NginxAccess);
    let mut random = Random::new(1);
    let values = Values::draw(&mut random, &clock, 1, Spread::Natural);
    let addresses = (0..200_000u64).chain((1 << 20) - 1000..(1 << 20) + 50_000);
    let mut seen = BTreeSet::new();
    for client in addresses {
        let mut address = Vec::new();
        values.of_client(client).client(&mut address);
        assert!(seen.insert(address), "{client}");
    }
}

#[test]
fn requests_are_answered_as_in_life() {
    let (bytes, written) = Generator::bytes(Log::NginxAccess, 3, 4_000_000);
    let format = format(Log::NginxAccess);
    let mut classes = BTreeMap::new();
    let (mut statuses, mut agents, mut queries) = (BTreeSet::new(), BTreeSet::new(), 0);
    let edge = Ranges::cloudflare();
    for record in Frames::of(&bytes, &format).filter_map(|f| f.record()) {
        let Body::Access(access) = record.body else { panic!("{}", String::from_utf8_lossy(record.raw)) };
        let status = access.status.expect("a status");
        *classes.entry(status / 100).or_insert(0) += 1000;
        statuses.insert(status);
        agents.extend(access.user_agent);
        queries += u64::from(access.uri.is_some_and(|uri| uri.contains(&b'?')));
        assert!(access.client.is_some_and(|client| edge.contains(client)), "{access:?}");
    }
    let share = |class: u16| classes.get(&class).copied().unwrap_or(0) / written.records;
    assert!((720..820).contains(&share(2)) && (80..130).contains(&share(3)), "{classes:?}");
    assert!((70..150).contains(&share(4)) && (5..25).contains(&share(5)), "{classes:?}");
    assert!([200, 304, 404, 444, 499, 502, 504].iter().all(|s| statuses.contains(s)), "{statuses:?}");
    assert!(agents.len() > 30 && queries * 4 > written.records, "{} agents, {queries} queries", agents.len());
}
