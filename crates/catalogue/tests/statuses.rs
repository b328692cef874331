//! The pages of statuses: whole, in order, and of kinds and causes that there are.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use logscan_catalogue::{Catalogue, Status, StatusCause, Whose};

fn status(code: u16) -> &'static Status {
    Catalogue::builtin().status(code).unwrap_or_else(|| panic!("{code} has no page"))
}

fn causes(code: u16) -> Vec<&'static str> {
    status(code).causes.iter().map(|c| c.cause).collect()
}

#[test]
fn what_the_edge_shows_has_a_page() {
    let codes: Vec<u16> = Catalogue::builtin().statuses().iter().map(|s| s.code).collect();
    assert_eq!(codes, [520, 521, 522, 523, 524, 525, 526, 530, 502, 504, 500, 503, 499]);
    assert!(Catalogue::builtin().status(403).is_none());
}

#[test]
fn the_edge_makes_52x_and_the_origin_the_others() {
    for status in Catalogue::builtin().statuses() {
        let whose = match status.code {
            520..=530 => Whose::Edge,
            502 | 504 => Whose::Either,
            _ => Whose::Origin,
        };
        assert_eq!(status.whose, whose, "{}", status.code);
    }
}

#[test]
fn every_kind_is_known() {
    let all = Catalogue::builtin().statuses().iter().flat_map(|s| s.causes).flat_map(|c| c.kinds);
    let unknown: BTreeSet<&str> =
        all.copied().filter(|k| Catalogue::builtin().kind_named(k).is_none()).collect();
    assert!(unknown.is_empty(), "no such kinds: {unknown:?}");
}

/// A cause twice on one page must have two headings, and a kind twice in one list helps nobody.
#[test]
fn nothing_comes_twice() {
    for status in Catalogue::builtin().statuses() {
        let mut seen = BTreeSet::new();
        for of in status.causes {
            assert!(seen.insert((of.cause, of.title)), "{}: {} comes twice", status.code, of.cause);
            let kinds: BTreeSet<&str> = of.kinds.iter().copied().collect();
            assert_eq!(kinds.len(), of.kinds.len(), "{}: {}: {:?}", status.code, of.cause, of.kinds);
        }
    }
}

/// A heading of its own says something else than the cause; then its advice is of its own, or fits all the same.
#[test]
fn advice_of_its_own_has_a_heading_of_its_own() {
    for of in Catalogue::builtin().statuses().iter().flat_map(|s| s.causes) {
        assert!(of.fix.is_empty() || of.title.is_some(), "{}", of.cause);
        if of.cause == "no-origin-evidence" {
            assert!(of.fix.len() > 1, "what logs cannot show needs its own advice");
        }
    }
}

#[test]
fn every_page_teaches() {
    for status in Catalogue::builtin().statuses() {
        let StatusTexts { short, long } = texts(status);
        for text in &short {
            assert!((5..70).contains(&text.len()), "{}: {text}", status.code);
        }
        for text in &long {
            assert!((20..260).contains(&text.len()), "{}: {text}", status.code);
        }
        for text in short.iter().chain(&long) {
            assert!(text.is_ascii() && text.trim() == *text, "{}: {text}", status.code);
        }
        assert!(status.first_steps.len() >= 2 && !status.causes.is_empty(), "{}", status.code);
        assert!(!status.silent.is_empty() && !status.mistaken.is_empty(), "{}", status.code);
    }
}

struct StatusTexts {
    short: Vec<&'static str>,
    long: Vec<&'static str>,
}

fn texts(status: &'static Status) -> StatusTexts {
    let of_causes = |f: fn(&'static StatusCause) -> &'static [&'static str]| {
        status.causes.iter().flat_map(f).copied().collect::<Vec<_>>()
    };
    let mut short = vec![status.title];
    short.extend(status.causes.iter().filter_map(|c| c.title));
    short.extend(status.limits.iter().map(|l| l.what));
    let mut long = vec![status.meaning];
    long.extend(status.causes.iter().map(|c| c.why));
    long.extend(of_causes(|c| c.fix));
    long.extend(status.first_steps.iter().chain(status.mistaken).chain(status.silent));
    StatusTexts { short, long }
}

/// What people name most often comes first.
#[test]
fn the_likeliest_cause_comes_first() {
    let first = |code| causes(code)[0];
    assert_eq!(
        causes(520)[..4],
        ["header-too-big-at-edge", "dropped-by-nginx-444", "nginx-worker-crash", "nginx-down"]
    );
    assert_eq!(causes(520).last(), Some(&"no-origin-evidence"));
    assert_eq!([first(521), first(522)], ["edge-blocked"; 2]);
    assert_eq!([first(524), first(525), first(526)], ["origin-slow", "tls-handshake", "tls-certificate"]);
    assert_eq!([first(502), first(504)], ["php-fpm-crash", "upstream-timeout"]);
}

/// nginx makes a proper 502 of a dead php-fpm worker: it is no cause of a 520.
#[test]
fn what_makes_another_status_is_no_cause() {
    for cause in [
        "php-fpm-crash",
        "php-fpm-oom-killed",
        "fpm-saturated",
        "header-too-big-at-nginx",
        "upstream-timeout",
    ] {
        assert!(!causes(520).contains(&cause), "{cause}");
    }
    assert!(!causes(526).contains(&"tls-handshake"));
    assert!(!causes(521).contains(&"fpm-down") && causes(502).contains(&"fpm-down"));
}

#[test]
fn limits_of_today_and_older_ones() {
    let limit = |code, of: &str| {
        let limits = status(code).limits;
        let found = limits.iter().find(|l| l.what.contains(of)).unwrap_or_else(|| panic!("{code}: {of}"));
        (found.value, found.older)
    };
    let (head, older) = limit(520, "response head");
    assert_eq!(head, "128 KB");
    assert!(["8 KB", "16 KB", "32 KB"].iter().all(|v| older.contains(v)), "{older}");
    assert_eq!(limit(520, "idle").0, "900 s");
    assert_eq!(limit(522, "TCP connection"), ("19 s", "15 s"));
    assert_eq!(limit(522, "ACK").0, "90 s");
    assert_eq!(limit(524, "write").0, "30 s");
    for code in [524, 504, 499] {
        let (value, older) = limit(code, "wait");
        assert!(value.starts_with("125 s") && older.contains("100 s") && older.contains("120 s"), "{code}");
    }
}
