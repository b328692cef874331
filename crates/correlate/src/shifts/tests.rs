use std::time::Duration;

use logscan_catalogue::{Catalogue, Named, Timestamp};
use logscan_parser::Level;
use proptest::prelude::*;

use super::*;
use crate::event::Rest;
use crate::rng::Rng;

const HOUR: i64 = 3600 * SECOND;
/// 2026-11-23T12:00:00Z.
const NOON: i64 = 1_795_435_200 * SECOND;

fn named(kind: &str, cause: &str) -> Option<Named> {
    let catalogue = Catalogue::builtin();
    let (kind, _) = catalogue.kind_named(kind).unwrap();
    let (cause, _) = catalogue.cause_named(cause).unwrap();
    Some(Named { kind, cause })
}

/// Stamps have no fractions.
fn at(source: Source, at: i64) -> Event {
    let at = Timestamp::from_seconds((NOON + at).div_euclid(SECOND));
    Event { source: Some(source), at, ..Event::default() }
}

fn request(when: i64, status: u16, uri: &str) -> Event {
    let uri = Some(uri.as_bytes().into());
    let client = Some("192.0.2.1".into());
    Event { status: Some(status), uri, client, method: Some("GET".into()), ..at(Source::NginxAccess, when) }
}

fn error(when: i64, kind: &str, cause: &str, uri: &str) -> Event {
    Event {
        source: Some(Source::NginxError),
        status: None,
        named: named(kind, cause),
        level: Some(Level::Error),
        upstream: Some("fastcgi://unix:/run/php/php8.2-fpm.sock:".into()),
        ..request(when, 502, uri)
    }
}

/// nginx lost a worker.
fn lost(when: i64, uri: &str) -> Event {
    error(when, "upstream-recv-reset-header", "php-fpm-crash", uri)
}

fn fpm(when: i64, kind: &str, cause: &str) -> Event {
    Event { named: named(kind, cause), ..at(Source::PhpFpm, when) }
}

/// php-fpm's master found a worker dead.
fn died(when: i64, child: u32) -> Event {
    Event { child: Some(child), ..fpm(when, "fpm-child-sigsegv", "php-fpm-crash") }
}

fn segfault(when: i64, process: &str, child: u32) -> Event {
    let named = named("segfault-php-fpm", "php-fpm-crash");
    let process = Some(process.into());
    let rest = Some(Box::new(Rest { process, ..Rest::default() }));
    Event { named, rest, child: Some(child), ..at(Source::Kernel, when) }
}

fn found(events: &[Event]) -> Vec<(Source, i64)> {
    let lexicon = Lexicon::new(Catalogue::builtin()).unwrap();
    let mut found: Vec<_> = shifts(events, &lexicon).into_iter().collect();
    found.sort_unstable();
    found
}

/// Times that nothing but themselves connects.
const TIMES: [i64; 6] = [0, 7, 31, 212, 1003, 2718];

fn times() -> impl Iterator<Item = (i64, String)> {
    TIMES.iter().map(|t| (t * SECOND, format!("/page/{t}")))
}

fn requests_failed_at(times: impl Iterator<Item = (i64, String)>) -> Vec<Event> {
    times.map(|(t, uri)| request(t, 502, &uri)).collect()
}

#[test]
fn nothing_is_off() {
    assert_eq!(found(&[]), []);
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t, &uri)));
    events.extend(times().map(|(t, _)| died(t, 7)));
    events.extend(times().map(|(t, _)| segfault(t, "php-fpm8.2", 7)));
    assert_eq!(found(&events), []);
}

#[test]
fn error_log_in_another_zone() {
    for zone in [-12 * HOUR, -HOUR, HOUR / 2, 5 * HOUR + HOUR / 2, 14 * HOUR] {
        let mut events = requests_failed_at(times());
        events.extend(times().map(|(t, uri)| lost(t - zone, &uri)));
        assert_eq!(found(&events), [(Source::NginxError, zone)]);
    }
    // Further than zones differ.
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t - 16 * HOUR, &uri)));
    assert_eq!(found(&events), []);
}

#[test]
fn one_request_proves_a_zone_by_its_connection_only() {
    let mut events = vec![request(0, 502, "/a"), lost(-3 * HOUR, "/a")];
    assert_eq!(found(&events), []);
    events.iter_mut().for_each(|e| e.connection = Some(52));
    assert_eq!(found(&events), [(Source::NginxError, 3 * HOUR)]);
    events[1].connection = Some(53);
    assert_eq!(found(&events), []);
}

#[test]
fn other_requests_prove_nothing() {
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| Event { method: Some("POST".into()), ..lost(t - HOUR, &uri) }));
    assert_eq!(found(&events), []);
}

#[test]
fn access_log_of_another_machine() {
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t - 7 * SECOND, &uri)));
    // php-fpm and the kernel are on the machine of the error log.
    events.extend(times().map(|(t, _)| died(t - 7 * SECOND, 7)));
    events.extend(times().map(|(t, _)| segfault(t - 7 * SECOND + 2 * HOUR, "php-fpm8.2", 7)));
    let off = [
        (Source::NginxError, 7 * SECOND),
        (Source::PhpFpm, 7 * SECOND),
        (Source::Kernel, 7 * SECOND - 2 * HOUR),
    ];
    assert_eq!(found(&events), off);
    // With a zone besides.
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t + HOUR - 7 * SECOND, &uri)));
    assert_eq!(found(&events), [(Source::NginxError, 7 * SECOND - HOUR)]);
    // Two are not enough for that, one second is nothing.
    let mut events = requests_failed_at(times());
    events.extend(times().take(2).map(|(t, uri)| lost(t - 7 * SECOND, &uri)));
    assert_eq!(found(&events), []);
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t - SECOND, &uri)));
    assert_eq!(found(&events), []);
}

#[test]
fn an_upstream_that_was_not_the_last_is_no_clock() {
    let mut events: Vec<Event> = times()
        .map(|(t, uri)| Event {
            upstream_status: Some("504, 200".into()),
            ..request(t + 60 * SECOND, 200, &uri)
        })
        .collect();
    events.extend(times().map(|(t, uri)| error(t, "upstream-timeout-connect", "upstream-timeout", &uri)));
    assert_eq!(found(&events), []);
}

#[test]
fn logs_of_different_length_are_as_they_are() {
    // The error log is of twelve hours, the access log of the last two; the same monitor asks all the time.
    let asks =
        |hours: std::ops::Range<i64>| hours.flat_map(|h| (0..30).map(move |n| h * HOUR + n * 120 * SECOND));
    let mut events: Vec<Event> = asks(10..12).map(|t| request(t, 502, "/status")).collect();
    events.extend(asks(0..12).map(|t| lost(t, "/status")));
    assert_eq!(found(&events), []);
    let busier = (0..50).map(|n| lost(8 * HOUR + n * 60 * SECOND, "/status"));
    events.extend(busier);
    assert_eq!(found(&events), []);
}

#[test]
fn periodic_events_fit_everywhere() {
    let hourly = |by: i64| (0..12).map(move |h| h * HOUR + by);
    let mut events: Vec<Event> = hourly(0).map(|t| lost(t, "/cron")).collect();
    for apart in [0, 12, 24, 25, 26] {
        events.retain(|e| e.source != Some(Source::PhpFpm));
        events.extend(hourly(apart * HOUR).map(|t| died(t, 7)));
        assert_eq!(found(&events), [], "{apart}");
    }
}

#[test]
fn php_fpm_in_another_zone() {
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t, &uri)));
    events.extend(times().map(|(t, _)| died(t + 6 * HOUR + SECOND, 7)));
    events.push(Event { child: Some(9), ..at(Source::PhpSlow, 6 * HOUR) });
    let off = [(Source::PhpFpm, -6 * HOUR), (Source::PhpSlow, -6 * HOUR)];
    assert_eq!(found(&events), off);
    // Without an error log the statuses say the same.
    events.retain(|e| e.source != Some(Source::NginxError));
    assert_eq!(found(&events), off);
    // Without an access log the error log is the reference.
    let mut events: Vec<Event> = times().map(|(t, uri)| lost(t, &uri)).collect();
    events.extend(times().map(|(t, _)| died(t - HOUR / 2, 7)));
    assert_eq!(found(&events), [(Source::PhpFpm, HOUR / 2)]);
}

#[test]
fn all_but_the_access_log_in_another_zone() {
    let mut events = requests_failed_at(times());
    events.extend(times().map(|(t, uri)| lost(t - 5 * HOUR, &uri)));
    events.extend(times().map(|(t, _)| died(t - 5 * HOUR, 7)));
    events.extend(times().map(|(t, _)| segfault(t - 5 * HOUR, "php-fpm8.2", 7)));
    let off = [(Source::NginxError, 5 * HOUR), (Source::PhpFpm, 5 * HOUR), (Source::Kernel, 5 * HOUR)];
    assert_eq!(found(&events), off);
}

#[test]
fn a_worker_that_is_ended_is_one_death() {
    let ended = |t: i64, child: u32| {
        let line = fpm(t, "fpm-request-terminated", "fpm-terminate-timeout");
        [Event { child: Some(child), ..line }, died(t + SECOND, child)]
    };
    // The only one, and explained by nothing else.
    let mut events = vec![lost(0, "/a")];
    events.extend(ended(3 * HOUR, 7));
    assert_eq!(found(&events), [(Source::PhpFpm, -3 * HOUR)]);
    // Two of which one may be the one.
    events.extend(ended(5 * HOUR, 8));
    assert_eq!(found(&events), []);
    // One is explained as it is.
    let events = [lost(0, "/a"), lost(3 * HOUR, "/a"), died(0, 7)];
    assert_eq!(found(&events), []);
}

#[test]
fn only_quarters_of_an_hour() {
    for off in [20 * 60 * SECOND, HOUR + 4 * SECOND, 16 * HOUR] {
        let mut events: Vec<Event> = times().map(|(t, uri)| lost(t, &uri)).collect();
        events.extend(times().map(|(t, _)| died(t + off, 7)));
        assert_eq!(found(&events), [], "{off}");
    }
    let mut events: Vec<Event> = times().map(|(t, uri)| lost(t, &uri)).collect();
    events.extend(times().map(|(t, _)| died(t + 5 * HOUR + 3 * QUARTER, 7)));
    assert_eq!(found(&events), [(Source::PhpFpm, -5 * HOUR - 3 * QUARTER)]);
}

#[test]
fn full_pools_stops_and_slow_requests() {
    let full = times().map(|(t, uri)| error(t, "connect-unix-eagain", "fpm-saturated", &uri));
    let mut events: Vec<Event> = full.collect();
    events.extend(times().map(|(t, _)| fpm(t - HOUR, "fpm-max-children-reached", "fpm-saturated")));
    assert_eq!(found(&events), [(Source::PhpFpm, HOUR)]);

    // Each stop is followed by failures until the start.
    let mut events = Vec::new();
    for (t, uri) in times().skip(2) {
        let failures = (0..5).map(|n| error(t + n * SECOND, "connect-unix-enoent", "fpm-down", &uri));
        events.extend(failures);
        events.push(fpm(t + 2 * HOUR, "fpm-terminating", "fpm-restarted"));
        events.push(fpm(t + 2 * HOUR + 5 * SECOND, "fpm-ready", "routine"));
    }
    assert_eq!(found(&events), [(Source::PhpFpm, -2 * HOUR)]);

    // Found slow after five seconds, given up after different times.
    let slow = |t: i64| {
        let line = fpm(t + 5 * SECOND, "fpm-request-slow", "fpm-slow-request");
        Event { child: Some(7), rest: elapsed(Duration::from_millis(5_400)), ..line }
    };
    let mut events = Vec::new();
    for (n, (t, uri)) in (60..).zip(times()) {
        let took = Some(Duration::from_secs(n));
        events.push(Event { took, ..request(t + i64::try_from(n).unwrap() * SECOND, 499, &uri) });
        events.push(slow(t - 9 * HOUR));
    }
    assert_eq!(found(&events), [(Source::PhpFpm, 9 * HOUR)]);
}

#[test]
fn php_messages() {
    let fatal = |t: i64, source: Source| {
        // What counts is the cause.
        Event { named: named("fpm-child-sigsegv", "php-memory-limit"), ..at(source, t) }
    };
    // The same message in nginx's log.
    let mut events: Vec<Event> = times().map(|(t, _)| fatal(t, Source::NginxError)).collect();
    events.extend(times().map(|(t, _)| fatal(t - 8 * HOUR, Source::PhpError)));
    assert_eq!(found(&events), [(Source::PhpError, 8 * HOUR)]);
    // Of another cause.
    let mut events: Vec<Event> = times().map(|(t, _)| fatal(t, Source::NginxError)).collect();
    events.extend(times().map(|(t, _)| Event {
        named: named("fpm-child-sigsegv", "php-execution-timeout"),
        ..fatal(t - 8 * HOUR, Source::PhpError)
    }));
    assert_eq!(found(&events), []);
    // Only statuses.
    let mut events: Vec<Event> = times().map(|(t, uri)| request(t, 500, &uri)).collect();
    events.extend(times().map(|(t, _)| fatal(t + HOUR, Source::PhpError)));
    assert_eq!(found(&events), [(Source::PhpError, -HOUR)]);
}

#[test]
fn the_kernel_names_the_process() {
    // php-fpm's log is where it should be.
    let mut events = vec![lost(0, "/a"), died(0, 27_777), died(60 * SECOND, 27_778)];
    events.push(segfault(4 * HOUR + SECOND, "php-fpm8.2", 27_777));
    assert_eq!(found(&events), [(Source::Kernel, -4 * HOUR)]);
    // Another process.
    events.pop();
    events.push(segfault(4 * HOUR + SECOND, "php-fpm8.2", 4242));
    assert_eq!(found(&events), []);
    // php-fpm's log is off, too, the other way.
    let mut events: Vec<Event> = times().map(|(t, uri)| lost(t, &uri)).collect();
    events.extend((1..).zip(times()).map(|(pid, (t, _))| died(t - HOUR, pid)));
    events.extend((1..).zip(times()).map(|(pid, (t, _))| segfault(t + HOUR, "php-fpm8.2", pid)));
    assert_eq!(found(&events), [(Source::PhpFpm, HOUR), (Source::Kernel, -HOUR)]);
    // The kernel alone.
    events.retain(|e| e.source != Some(Source::PhpFpm));
    assert_eq!(found(&events), [(Source::Kernel, -HOUR)]);
}

#[test]
fn a_worker_of_nginx() {
    let line = at(Source::NginxError, 0);
    let exit = Event { child: Some(812), named: named("proc-worker-segv", "nginx-worker-crash"), ..line };
    let events = [exit, segfault(7 * HOUR, "nginx", 812)];
    assert_eq!(found(&events), [(Source::Kernel, -7 * HOUR)]);
}

/// Logs that have nothing to do with each other, but as much of it as may be.
fn noise(seed: u64, count: u64, hours: u64) -> Vec<Event> {
    let mut rng = Rng::new(seed);
    let mut when = |_| i64::try_from(rng.below(hours * 3600)).unwrap() * SECOND;
    let mut events: Vec<Event> = Vec::new();
    events.extend((0..count).map(&mut when).map(|t| lost(t, &format!("/{}", t / SECOND % 7))));
    events.extend((0..count).map(&mut when).map(|t| request(t, 502, &format!("/{}", t / SECOND % 5))));
    events.extend((0..count).map(&mut when).map(|t| died(t, 1 + u32::try_from(t / SECOND % 9).unwrap())));
    events
}

#[test]
fn noise_has_no_zone() {
    for seed in 0..300 {
        let count = [2, 5, 12, 30, 100, 300][usize::try_from(seed).unwrap() % 6];
        assert_eq!(found(&noise(seed, count, 1 + seed % 12)), [], "{seed}");
    }
}

#[test]
fn bursts_have_no_zone() {
    // Errors of ten minutes, and deaths of another ten, hours later: all of them fit somehow.
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let mut within = |from: i64| from + i64::try_from(rng.below(600)).unwrap() * SECOND;
        let mut events: Vec<Event> = (0..150).map(|_| lost(within(0), "/a")).collect();
        events.extend((0..150).map(|_| died(within(3 * HOUR + 400 * SECOND), 0)));
        assert_eq!(found(&events), [], "{seed}");
    }
}

#[test]
fn many_lines_are_quick() {
    let mut events: Vec<Event> =
        (0..60_000).map(|n| request(n * SECOND / 4, 502, &format!("/{}", n % 300))).collect();
    events.extend((0..60_000).map(|n| lost(n * SECOND / 4 + HOUR, &format!("/{}", n % 300))));
    events.extend((0..60_000).map(|n| died(n * SECOND / 4, 7)));
    let begun = std::time::Instant::now();
    found(&events);
    // Debug builds on slow machines; what is quadratic takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A zone is found again among lines that have no counterpart, unless chance says as much for another.
    #[test]
    fn half_hours_are_found_again(
        half_hours in -28i64..=28,
        pairs in 3u64..9,
        noise in 0u64..8,
        seed: u64,
    ) {
        let mut rng = Rng::new(seed);
        let mut when = || i64::try_from(rng.below(12 * 3600)).unwrap() * SECOND;
        let shift = half_hours * HOUR / 2;
        let mut left: Vec<i64> = (0..pairs).map(|_| when()).collect();
        let mut right = left.clone();
        left.extend((0..noise).map(|_| when()));
        right.extend((0..noise).map(|_| when()));
        // What others would score, counted the plain way.
        let count = |by: i64| left.iter().filter(|l| right.iter().any(|r| (**l + by - r).abs() <= 3 * SECOND)).count();
        let rivals = (-60..=60).map(|n| n * QUARTER).filter(|by| *by != 0).map(count).max().unwrap();
        prop_assume!(rivals < 2 && count(shift) <= 1 || half_hours == 0);
        let mut events: Vec<Event> = right.iter().map(|t| lost(*t, "/a")).collect();
        events.extend(left.iter().map(|t| died(t - shift, 0)));
        let off = if half_hours == 0 { vec![] } else { vec![(Source::PhpFpm, shift)] };
        // Lines that lie near the shift besides make it doubtful: then nothing is said, but nothing wrong either.
        let beside = |l: i64| right.iter().filter(|r| (3 * SECOND..=QUARTER).contains(&(l - **r).abs())).count();
        let doubtful = left.iter().map(|l| beside(*l)).sum::<usize>() > 0;
        let found = found(&events);
        prop_assert!(found == off || doubtful && found.is_empty(), "{:?}, not {:?}", found, off);
    }

    /// No times are too odd.
    #[test]
    fn never_panics(times in prop::collection::vec((any::<i64>(), 0u8..5), 0..60)) {
        let events: Vec<Event> = times
            .into_iter()
            .map(|(t, of)| {
                let event = match of {
                    0 => lost(0, "/a"),
                    1 => request(0, 502, "/a"),
                    2 => died(0, 7),
                    3 => segfault(0, "php-fpm", 7),
                    _ => Event { rest: elapsed(Duration::MAX), ..fpm(0, "fpm-request-slow", "fpm-slow-request") },
                };
                Event { at: Timestamp::from_seconds(t / 4), took: Some(Duration::MAX), ..event }
            })
            .collect();
        found(&events);
    }
}

fn elapsed(time: Duration) -> Option<Box<Rest>> {
    Some(Box::new(Rest { elapsed: Some(time), ..Rest::default() }))
}
