//! The table against the catalogue, and facts by hand.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use logscan_catalogue::Rules;

use super::*;

fn weight(cause: &str, status: u16) -> f64 {
    assert!(Catalogue::builtin().cause_named(cause).is_some(), "no cause {cause}");
    Plausibility::builtin().cause(cause, Some(status)).weight
}

fn given(cause: &str, status: u16, origin: u16) -> f64 {
    let catalogue = Catalogue::builtin();
    let (id, _) = catalogue.cause_named(cause).unwrap();
    Plausibility::builtin().for_catalogue(catalogue).given(id, Some(status), origin)
}

fn line(edge: u16, origin: u16) -> f64 {
    Plausibility::builtin().line(Some(edge), origin)
}

#[test]
fn the_data_can_be_read() {
    let table = Plausibility::read(DATA).unwrap();
    assert_eq!(table.statuses, [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);
    assert!(table.rows.len() > 200 && table.lines.len() > 10);
}

#[test]
fn each_cause_of_the_catalogue_has_rows_or_never_shows() {
    let table = Plausibility::builtin();
    let all: BTreeSet<&str> = Catalogue::builtin().causes().map(|c| &*c.id).collect();
    let rows: BTreeSet<&str> = table.rows().iter().map(|r| r.cause.as_str()).collect();
    let never: BTreeSet<&str> = table.never().iter().map(String::as_str).collect();
    assert_eq!(rows.intersection(&never).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(rows.union(&never).copied().collect::<BTreeSet<_>>(), all);
}

#[test]
fn rows_are_whole() {
    let table = Plausibility::builtin();
    let mut seen = BTreeSet::new();
    for row in table.rows() {
        let name = format!("{} {}", row.cause, row.status);
        assert!(table.statuses().contains(&row.status), "{name}");
        assert!(row.weight > 0.0 && row.weight <= 1.0, "{name}: {}", row.weight);
        assert!(!row.when.is_empty() || row.weight >= 0.25, "{name}: seldom, so when?");
        for text in [&row.reason, &row.source] {
            assert!((8..240).contains(&text.len()) && text.trim() == text, "{name}: {text}");
        }
        assert!(row.reason.ends_with('.') && !row.when.ends_with('.'), "{name}");
        if let Some(with) = row.with_line {
            assert!(with > row.weight && with <= 1.0, "{name}: {with}");
            assert!(row.line.as_ref().is_some_and(|l| !l.is_empty()), "{name}: with which line?");
        }
        assert!(seen.insert((&row.cause, row.status, &row.when)), "{name}: twice");
    }
    for row in table.lines() {
        assert!(row.weight > 0.0 && row.weight <= 1.0, "{row:?}");
        assert!(!row.edge.is_empty() && !row.origin.is_empty(), "{row:?}");
        assert!(!row.reason.is_empty() && !row.source.is_empty(), "{row:?}");
        assert!(row.edge.iter().all(|edge| table.statuses().contains(edge)), "{row:?}");
    }
}

/// A line that a row allows must be one that the edge's status allows, whatever the cause.
#[test]
fn lines_of_rows_go_with_their_status() {
    for row in Plausibility::builtin().rows() {
        for statuses in row.line.iter().flatten() {
            let any = (statuses.first..=statuses.last).any(|origin| line(row.status, origin) > 0.0);
            assert!(any, "{} {}: {statuses}", row.cause, row.status);
        }
    }
}

#[test]
fn what_a_cause_makes_with_ease_is_what_the_catalogue_lists() {
    let table = Plausibility::builtin();
    for cause in Catalogue::builtin().causes() {
        let listed: BTreeSet<u16> =
            cause.edge.iter().copied().filter(|status| table.statuses().contains(status)).collect();
        let rows = table.rows().iter().filter(|r| r.cause == cause.id && r.weight >= 0.3);
        assert_eq!(rows.map(|r| r.status).collect::<BTreeSet<u16>>(), listed, "{}", cause.id);
    }
}

/// What a kind says visitors see is possible for one of the causes that it can have.
#[test]
fn what_kinds_list_is_possible() {
    let (table, catalogue) = (Plausibility::builtin(), Catalogue::builtin());
    let mut missing: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for kind in catalogue.kinds() {
        let (id, _) = catalogue.kind_named(&kind.id).unwrap();
        let causes: Vec<&str> =
            catalogue.causes_of(id).iter().map(|c| &*catalogue.cause(*c).unwrap().id).collect();
        if causes.iter().all(|cause| table.never().iter().any(|n| n == cause)) {
            continue;
        }
        for &status in kind.edge.iter().filter(|status| table.statuses().contains(status)) {
            if causes.iter().all(|cause| weight(cause, status) == 0.0) {
                missing.entry(&kind.id).or_default().push(status);
            }
        }
    }
    assert_eq!(missing, BTreeMap::new());
}

/// What the page of a status names as its cause is possible.
#[test]
fn what_pages_of_statuses_name_is_possible() {
    let table = Plausibility::builtin();
    for status in Catalogue::builtin().statuses().iter().filter(|s| table.statuses().contains(&s.code)) {
        for cause in status.causes {
            assert!(weight(cause.cause, status.code) >= 0.1, "{}: {}", status.code, cause.cause);
        }
    }
}

#[test]
fn a_dead_php_fpm_worker_is_a_502_and_a_520_only_behind_a_444() {
    for cause in ["php-fpm-crash", "php-fpm-oom-killed", "fpm-restarted", "fpm-terminate-timeout"] {
        assert_eq!(weight(cause, 502), 1.0);
        assert_eq!(weight(cause, 520), 0.05);
        assert_eq!(given(cause, 520, 444), 0.9);
        assert_eq!(given(cause, 520, 502), 0.0);
        assert!(given(cause, 520, 200) <= 0.02);
        for status in [521, 522, 523, 525, 526, 530] {
            assert_eq!(weight(cause, status), 0.0, "{cause} {status}");
        }
    }
}

#[test]
fn a_dead_nginx_worker_leaves_no_line() {
    assert_eq!(weight("nginx-worker-crash", 520), 1.0);
    for origin in [200, 444, 499, 502] {
        assert_eq!(given("nginx-worker-crash", 520, origin), 0.0);
    }
    assert_eq!(weight("nginx-worker-crash", 502), 0.0);
    assert_eq!(weight("nginx-worker-crash", 504), 0.0);
}

#[test]
fn facts() {
    assert_eq!(weight("nginx-down", 521), 1.0);
    assert_eq!(weight("nginx-down", 504), 0.0);
    assert_eq!(weight("dropped-by-nginx-444", 520), 1.0);
    assert_eq!(weight("dropped-by-nginx-444", 502), 0.0);
    assert_eq!(given("dropped-by-nginx-444", 520, 200), 0.0);
    assert_eq!(weight("header-too-big-at-edge", 520), 1.0);
    assert_eq!(weight("header-too-big-at-edge", 502), 0.0);
    assert_eq!(weight("header-too-big-at-nginx", 502), 1.0);
    assert_eq!(weight("upstream-timeout", 504), 1.0);
    assert_eq!(weight("origin-slow", 524), 1.0);
    assert_eq!(weight("origin-slow", 504), 0.0);
    assert_eq!(weight("php-fatal-error", 500), 1.0);
    assert_eq!(weight("php-fatal-error", 521), 0.0);
    assert_eq!(weight("php-execution-timeout", 524), 0.0);
    assert_eq!(weight("tls-certificate", 526), 1.0);
    assert_eq!(weight("tls-handshake", 526), 0.0);
    assert_eq!(weight("php-warning", 500), 0.0);
    assert_eq!(weight("routine", 502), 0.0);
    assert_eq!(given("rate-limited", 520, 444), 0.9);
    assert_eq!(given("rate-limited", 520, 503), 0.0);
    assert_eq!(given("backend-invalid-response", 520, 9), 1.0);
    assert_eq!(given("backend-invalid-response", 502, 502), 1.0);
}

#[test]
fn a_status_that_nobody_knows_takes_the_best() {
    let table = Plausibility::builtin();
    assert_eq!(table.cause("nginx-down", None), table.cause("nginx-down", Some(521)));
    assert_eq!(table.cause("rate-limited", None).weight, 1.0);
    assert_eq!(table.cause("idle-timeout", None).weight, 0.05);
    assert_eq!(table.cause("routine", None).weight, 0.0);
    assert_eq!(table.line(None, 444), 1.0);
    assert_eq!(table.line(None, 502), 1.0);
    assert_eq!(table.line(None, 200), 0.3);
    assert_eq!(table.line(None, 404), 0.1);
}

#[test]
fn lines_and_the_edge() {
    for status in [500, 502, 503, 504] {
        assert_eq!(line(status, status), 1.0);
        assert_eq!(line(status, 444), 0.0);
        assert_eq!(line(status, 404), 0.0);
    }
    assert_eq!(line(503, 502), 0.0);
    assert_eq!([line(520, 444), line(520, 9), line(520, 200), line(520, 499)], [1.0, 1.0, 0.3, 0.3]);
    assert_eq!(line(520, 0), 0.4, "status 000 is not of the class 0xx");
    assert_eq!(line(520, 502), 0.05);
    assert_eq!([line(524, 499), line(524, 200), line(524, 444)], [1.0, 0.1, 0.1]);
    assert_eq!([line(525, 400), line(525, 200)], [0.3, 0.0]);
    for edge in [521, 522, 523, 526, 527, 530] {
        for origin in 0..=999 {
            assert_eq!(line(edge, origin), 0.0, "{edge} {origin}");
        }
    }
    assert_eq!([line(429, 429), line(429, 503)], [1.0, 0.0]);
}

#[test]
fn ids_of_a_catalogue_lead_to_the_same_rows() {
    let (table, catalogue) = (Plausibility::builtin(), Catalogue::builtin());
    let by_id = table.for_catalogue(catalogue);
    for cause in catalogue.causes() {
        let (id, _) = catalogue.cause_named(&cause.id).unwrap();
        for status in table.statuses().iter().copied().map(Some).chain([None]) {
            assert_eq!(by_id.cause(id, status), table.cause(&cause.id, status), "{} {status:?}", cause.id);
        }
    }
    let id = |name| catalogue.cause_named(name).unwrap().0;
    assert_eq!(by_id.cause(id("access-denied"), Some(403)).weight, 1.0);
    assert_eq!(by_id.cause(id("php-fpm-crash"), Some(403)).weight, 0.0);
    assert_eq!(by_id.given(id("rate-limited"), Some(429), 429), 1.0);
}

#[test]
fn a_users_own_cause_fits_each_status_half() {
    let rules = "[[kind]]\nid = \"our-gateway\"\nmatch = \"gateway lost\"\ncause = \"our-gateway-lost\"\n";
    let catalogue = Catalogue::with_rules(Rules::parse(rules).unwrap()).unwrap();
    let (id, _) = catalogue.cause_named("our-gateway-lost").unwrap();
    let table = Plausibility::builtin().for_catalogue(&catalogue);
    for status in [Some(520), Some(502), Some(403), None] {
        assert_eq!(table.cause(id, status).weight, 0.5);
        assert_eq!(table.given(id, status, 200), 0.5);
    }
    assert_eq!(Plausibility::builtin().cause("our-gateway-lost", Some(520)).weight, 0.5);
}

#[test]
fn statuses_are_read_strictly() {
    let read = |text: &str| Statuses::try_from(text.to_owned());
    assert_eq!(read("009").unwrap(), Statuses { first: 9, last: 9 });
    assert_eq!(read("2xx").unwrap(), Statuses { first: 200, last: 299 });
    for text in ["", "xx", "20x", "2x", "22xx", "+44", "4444", "-xx", "abc"] {
        assert!(read(text).is_err(), "{text}");
    }
    for text in ["009", "444", "0xx", "9xx"] {
        assert_eq!(read(text).unwrap().to_string(), text);
    }
}
