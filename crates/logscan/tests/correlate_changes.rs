//! The changes by which `correlate` is tested do what they say: the lines that are evidence are still there, are
//! still read as what they were, and stand where the truth has them.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
mod correlate;

use std::collections::{BTreeMap, HashMap};
use std::fs;

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;

use common::{command, finish, incidents, log_of, number, text};
use correlate::ask::{Answer, each};
use correlate::busy::{Traffic, busier};
use correlate::change::{edge_ahead, in_zone, joined, later, rotated, unrotated};
use correlate::incident::{Incident, Laid};
use correlate::load::all;
use correlate::report::Kind;
use correlate::score::{Score, score};
use correlate::stamp::{Clock, Millis, moved, of_ray, ray_moved, rays, when};

const UTC: Clock = Clock { zone: Tz::UTC, year: 2026 };
const ADELAIDE: Clock = Clock { zone: Tz::Australia__Adelaide, year: 2026 };
/// 2026-11-23T12:03:23Z.
const AT: Millis = 1_795_435_403_000;

/// Each sort of line, as a machine in UTC and one in Adelaide, ten and a half hours ahead, write it at one time.
const STAMPS: [(&str, &str); 6] = [
    ("2026/11/23 12:03:23 [error] 7#7: *1 x", "2026/11/23 22:33:23 [error] 7#7: *1 x"),
    ("[23-Nov-2026 12:03:23] NOTICE: x", "[23-Nov-2026 22:33:23] NOTICE: x"),
    (
        "Nov 23 12:03:23 web1 kernel: [ 8654.345819] php-fpm8.2[7]: segfault",
        "Nov 23 22:33:23 web1 kernel: [ 8654.345819] php-fpm8.2[7]: segfault",
    ),
    (
        "a.example:80 192.0.2.1 - - [23/Nov/2026:12:03:23 +0000] \"GET / HTTP/1.1\" 200 1",
        "a.example:80 192.0.2.1 - - [23/Nov/2026:22:33:23 +1030] \"GET / HTTP/1.1\" 200 1",
    ),
    (
        r#"{"time":"2026-11-23T12:03:23+00:00","msec":1795435403.689,"cf_ray":""}"#,
        r#"{"time":"2026-11-23T22:33:23+10:30","msec":1795435403.689,"cf_ray":""}"#,
    ),
    (
        "[23-Nov-2026 13:03:23 Europe/Berlin] PHP Warning:  x",
        "[23-Nov-2026 22:33:23 Australia/Adelaide] PHP Warning:  x",
    ),
];

fn moved_text(line: &str, old: Clock, new: Clock, by: Millis) -> String {
    String::from_utf8(moved(line.as_bytes(), old, new, by)).unwrap()
}

#[test]
fn stamps_are_read_and_written_in_any_zone() {
    for (here, there) in STAMPS {
        let fraction = if here.contains("msec") { 689 } else { 0 };
        assert_eq!(when(here.as_bytes(), UTC), Some(AT + fraction), "{here}");
        assert_eq!(when(there.as_bytes(), ADELAIDE), Some(AT + fraction), "{there}");
        assert_eq!(moved_text(here, UTC, ADELAIDE, 0), there);
        assert_eq!(moved_text(there, ADELAIDE, ADELAIDE, 0), there);
    }
    for line in ["", "Stack trace:", "[0x00007f4f0f414250] usleep() /a.php:44", "#0 /a.php(1): x()"] {
        assert_eq!(when(line.as_bytes(), UTC), None, "{line}");
        assert_eq!(moved_text(line, UTC, ADELAIDE, 5000), line);
    }
}

#[test]
fn stamps_move_over_midnight() {
    // Twelve hours, three minutes and some: into the next day.
    let by = 12 * 3_600_000;
    let later = [
        "2026/11/24 00:03:23 [error] 7#7: *1 x",
        "[24-Nov-2026 00:03:23] NOTICE: x",
        "Nov 24 00:03:23 web1 kernel: [51854.345819] php-fpm8.2[7]: segfault",
        "a.example:80 192.0.2.1 - - [24/Nov/2026:00:03:23 +0000] \"GET / HTTP/1.1\" 200 1",
        r#"{"time":"2026-11-24T00:03:23+00:00","msec":1795478603.689,"cf_ray":""}"#,
        "[24-Nov-2026 01:03:23 Europe/Berlin] PHP Warning:  x",
    ];
    for ((here, _), later) in STAMPS.iter().zip(later) {
        assert_eq!(moved_text(here, UTC, UTC, by), later);
    }
    // The second of a request with milliseconds is that of its milliseconds.
    assert_eq!(
        moved_text(STAMPS[4].0, UTC, UTC, 400),
        r#"{"time":"2026-11-23T12:03:24+00:00","msec":1795435404.089,"cf_ray":""}"#
    );
}

#[test]
fn ray_ids_carry_the_edges_clock() {
    // 0xa5f000f93 centiseconds after 2012-10-12.
    let at = DateTime::parse_from_rfc3339("2026-11-23T11:58:44.670Z").unwrap().timestamp_millis();
    assert_eq!(of_ray("a5f000f938a38226"), Some(at));
    assert_eq!(ray_moved("a5f000f938a38226", 3_700), "a5f0011058a38226");
    assert_eq!(of_ray(&ray_moved("a5f000f938a38226", -90_000)), Some(at - 90_000));
    let line = br#""a5f000f938a38226-FRA" 0123456789abcdef a5f000f938a382267 "a5f000f938a38226""#;
    assert_eq!(rays(line, at), [1..17, 59..75]);
}

/// Nothing is lost between reading and writing.
#[test]
fn an_incident_is_laid_down_as_it_was() {
    if std::env::var_os("LOGSCAN_INCIDENTS").is_some() {
        return;
    }
    for incident in all() {
        let laid = incident.lay();
        for file in incident.logs.keys() {
            let mut bytes = fs::read(laid.folder.at(&format!("logs/{file}"))).unwrap();
            if file.ends_with(".gz") {
                let packed = std::mem::take(&mut bytes);
                let mut packed = flate2::read::MultiGzDecoder::new(&*packed);
                std::io::Read::read_to_end(&mut packed, &mut bytes).unwrap();
            }
            assert!(bytes == log_of(&incident.name, file).into_bytes(), "{}/{file}", incident.name);
        }
        for kind in Kind::ALL {
            let name = format!("{}/{}", incident.name, kind.file());
            let kept = fs::read_to_string(incidents().join("../reports").join(&name)).unwrap();
            let written = fs::read_to_string(laid.folder.at(&format!("reports/{}", kind.file()))).unwrap();
            assert!(written == kept, "{name}");
        }
    }
}

/// What `logscan events` says of each line by its number: its kind and its time.
fn read(incident: &Incident) -> (Laid, HashMap<usize, (String, Millis)>) {
    let laid = incident.lay();
    let run = |args: &[&str]| {
        let run = finish(command().current_dir(laid.path()).args(["--tz", &incident.zone()]).args(args));
        run.is_quiet(0);
        run
    };
    let summary = run(&["--format", "json", "logs"]).json();
    for input in summary["inputs"].as_array().unwrap() {
        assert_eq!(number(input, "unrecognized"), 0, "{}: {input}", incident.name);
    }
    let ids: HashMap<(&str, u64), usize> =
        laid.places.iter().map(|(id, (file, line))| ((file.as_str(), *line), *id)).collect();
    let run = finish(command().current_dir(laid.path()).args([
        "events",
        "--format",
        "ndjson",
        "--tz",
        &incident.zone(),
        "logs",
    ]));
    run.is_quiet(0);
    let told = |event: &Value| {
        let id = ids[&(text(event, "file"), number(event, "line"))];
        let time = text(event, "time");
        let at = DateTime::parse_from_rfc3339(time).unwrap_or_else(|e| panic!("{e}: {event}"));
        (id, (text(event, "kind").to_owned(), at.timestamp_millis()))
    };
    let lines = run.lines().iter().map(told).collect();
    (laid, lines)
}

/// Every line that was an event before the change is the same one after it, at the time that `time` makes of it.
#[track_caller]
fn keeps_events(before: &[Incident], change: impl Fn(&Incident) -> Incident + Sync, by: Millis) {
    each(before, |incident| {
        let (_, was) = read(incident);
        let (_, is) = read(&change(incident));
        assert_eq!(was.len(), is.len(), "{}", incident.name);
        for (id, (kind, at)) in &was {
            let line = incident.lines().find(|(_, l)| l.id == *id).unwrap().1.lossy();
            assert_eq!(is.get(id), Some(&(kind.clone(), at + by)), "{}: {line}", incident.name);
        }
    });
}

#[test]
fn zones_do_not_change_what_is_read() {
    keeps_events(all(), |i| in_zone(i, Tz::Australia__Adelaide), 0);
}

#[test]
fn rotation_does_not_change_what_is_read() {
    keeps_events(all(), rotated, 0);
}

#[test]
fn later_is_later() {
    keeps_events(all(), |i| later(i, 86_400_000), 86_400_000);
}

#[test]
fn the_edges_clock_is_in_reports_and_rays() {
    keeps_events(all(), |i| edge_ahead(i, 3_700), 0);
    for incident in all() {
        let ahead = edge_ahead(incident, 3_700);
        let rays_of = |incident: &Incident| -> Vec<(usize, Millis)> {
            let of = |l: &correlate::line::Line| -> Vec<(usize, Millis)> {
                let line = l.lossy();
                let found = rays(&l.text, l.at.unwrap_or(0));
                found.into_iter().map(|at| (l.id, of_ray(&line[at]).unwrap())).collect()
            };
            incident.lines().filter(|(file, _)| file.contains("access")).flat_map(|(_, l)| of(l)).collect()
        };
        let (was, is) = (rays_of(incident), rays_of(&ahead));
        assert_eq!(!was.is_empty(), incident.ray_in_log, "{}", incident.name);
        assert_eq!(was.iter().map(|(id, at)| (*id, at + 3_700)).collect::<Vec<_>>(), is);
        for (row, moved) in incident.rows.iter().zip(&ahead.rows) {
            assert_eq!(of_ray(&moved.ray), of_ray(&row.ray).map(|at| at + 3_700));
            assert_eq!(moved.at, row.at + 3_700);
            // A Ray ID has its time to the centisecond.
            assert!((of_ray(&moved.ray).unwrap() - moved.at).abs() <= 10);
        }
        let back = edge_ahead(&ahead, -3_700);
        for kind in Kind::ALL {
            assert_eq!(kind.written(&back.rows), kind.written(&incident.rows), "{}", incident.name);
            assert_ne!(kind.written(&ahead.rows), kind.written(&incident.rows), "{}", incident.name);
        }
    }
}

/// The old lines are what they were; the new ones are of the same kinds as healthy lines were.
#[test]
fn more_traffic_adds_healthy_requests_only() {
    each(all(), |incident| {
        let incident = unrotated(incident);
        let busy = busier(&incident, Traffic { during: 10, around: 10 });
        let old = incident.next_id();
        let (_, was) = read(&incident);
        let (_, is) = read(&busy);
        let count = |i: &Incident| i.lines().filter(|(file, _)| file.contains("access")).count();
        assert!(count(&busy) > 10 * count(&incident), "{}: {}", incident.name, count(&busy));
        for row in &incident.rows {
            for (id, _) in &row.truth.evidence {
                assert_eq!(is.get(id), was.get(id), "{}", incident.name);
            }
        }
        let kinds: BTreeMap<&str, u32> = was.values().map(|(kind, _)| (kind.as_str(), 0)).collect();
        for (kind, _) in is.iter().filter(|(id, _)| **id >= old).map(|(_, told)| told) {
            assert!(kinds.contains_key(kind.as_str()), "{}: {kind}", incident.name);
            let healthy = ["access-403", "access-404", "access-301", "access-200", "static-not-found"];
            let noise = ["index-forbidden", "access-forbidden", "fastcgi-php-warning", "fastcgi-primary"];
            let known = healthy.iter().chain(&noise).any(|k| kind.starts_with(k));
            assert!(known, "{}: {kind}", incident.name);
        }
        // The same in every run.
        let again = busier(&incident, Traffic { during: 10, around: 10 });
        assert!(again.logs == busy.logs, "{}", incident.name);
    });
}

#[test]
fn joined_incidents_keep_their_evidence() {
    let whole = joined(all());
    let rows = |incidents: &[Incident]| incidents.iter().map(|i| i.rows.len()).sum::<usize>();
    assert_eq!(rows(&whole), rows(all()));
    assert!(whole.len() < all().len());
    // What each line of evidence is called, in the order of the errors.
    let called = |incident: &Incident| -> Vec<Vec<Option<String>>> {
        let (_, told) = read(incident);
        let kind = |id: &usize| told.get(id).map(|(kind, _)| kind.clone());
        incident.rows.iter().map(|r| r.truth.evidence.iter().map(|(id, _)| kind(id)).collect()).collect()
    };
    let mut apart: Vec<_> = each(all(), |i| (i.rows.first().map(|r| r.ray[9..].to_owned()), called(i)));
    apart.retain(|(first, _)| first.is_some());
    let together: Vec<_> = each(&whole, |i| (i.rows.clone(), called(i)));
    for (first, apart) in apart {
        let at = together.iter().find_map(|(rows, called)| {
            let start = rows.iter().position(|r| Some(&r.ray[9..]) == first.as_deref())?;
            called.get(start..start + apart.len())
        });
        assert_eq!(at, Some(&apart[..]));
    }
    for incident in &whole {
        assert!(incident.rows.is_sorted_by_key(|r| r.at), "{}", incident.name);
    }
}

/// The truth given as the answer, in the words of the program.
fn oracle(incident: &Incident, laid: &Laid) -> Vec<Answer> {
    let answer = |row: &correlate::report::Row| {
        let shows = row.truth.evidence.iter().filter(|(_, primary)| *primary && row.truth.explainable);
        Answer {
            verdict: if row.truth.explainable { "explained" } else { "unexplained" }.to_owned(),
            named: row.truth.cause.clone(),
            confidence: 1.0,
            cited: shows.map(|(id, _)| laid.places[id].clone()).collect(),
        }
    };
    incident.rows.iter().map(answer).collect()
}

#[test]
fn the_truth_scores_full_marks() {
    for incident in all() {
        let laid = incident.lay();
        let got = score(incident, &laid, &oracle(incident, &laid));
        assert_eq!((got.right, got.hit, got.falsely), (got.errors, got.explainable, 0), "{}", incident.name);
        assert_eq!(got.cited_true, got.cited);
        assert!(got.wrong.is_empty());
    }
}

#[test]
fn wrong_answers_are_counted_as_what_they_are() {
    let find = |explainable: bool| {
        all().iter().find(|i| i.rows.len() > 3 && i.rows.iter().all(|r| r.truth.explainable == explainable))
    };
    let (Some(shown), Some(silent)) = (find(true), find(false)) else { return };
    let laid = shown.lay();
    let mut answers = oracle(shown, &laid);
    let cited: u32 = answers.iter().map(|a| u32::try_from(a.cited.len()).unwrap()).sum();
    // A right cause, shown by a line that has nothing to do with it, besides those that have.
    answers[0].cited.push(("logs/nginx/access.log".to_owned(), 999_999));
    // A right cause shown by nothing.
    let lost = u32::try_from(std::mem::take(&mut answers[1].cited).len()).unwrap();
    // No cause, though there was one.
    "unexplained".clone_into(&mut answers[2].verdict);
    // The end of a path is enough.
    for cited in &mut answers[3].cited {
        cited.0 = format!("/somewhere/else/{}", cited.0);
    }
    let got = score(shown, &laid, &answers);
    let wanted = Score {
        right: got.errors - 1,
        explainable: got.errors,
        hit: got.errors - 1,
        cited: cited + 1 - lost,
        cited_true: cited - lost,
        ..Score { errors: got.errors, wrong: got.wrong.clone(), stray: got.stray.clone(), ..Score::default() }
    };
    assert_eq!(got, wanted);
    assert_eq!((got.wrong.len(), got.stray.len()), (1, 1));

    let laid = silent.lay();
    let mut answers = oracle(silent, &laid);
    // What was looked at without an explanation is no claim; what is cited for a wrong one is.
    answers[0].cited.push(("logs/nginx/access.log".to_owned(), 1));
    "explained".clone_into(&mut answers[1].verdict);
    "php-fpm-crash".clone_into(&mut answers[1].named);
    answers[1].cited.push(("logs/nginx/access.log".to_owned(), 999_999));
    let got = score(silent, &laid, &answers);
    assert_eq!((got.right, got.silent, got.falsely), (got.errors - 1, got.errors, 1));
    assert_eq!((got.cited, got.cited_true, got.explainable, got.hit), (1, 0, 0, 0));
}
