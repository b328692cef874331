//! `logscan correlate` is right where the logs of one machine were written in different zones, and says so.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
mod correlate;

use std::collections::BTreeMap;

use common::{command, finish, text};
use correlate::ask::each;
use correlate::incident::{Incident, is_access, is_fpm, is_nginx_error};
use correlate::load::all;
use correlate::report::Kind;
use correlate::stamp::{Millis, moved};

const HOUR: Millis = 3_600_000;

/// The incident of a name.
fn of(name: &str) -> &'static Incident {
    all().iter().find(|i| i.name == name).unwrap()
}

/// The lines of some logs as if their clock had been `by` milliseconds ahead of the others'.
fn ahead(incident: &Incident, wanted: fn(&str) -> bool, by: Millis) -> Incident {
    let mut incident = incident.clone();
    let clock = incident.clock;
    incident.each_line(wanted, &mut |line| {
        line.text = moved(&line.text, clock, clock, by);
        line.at = line.at.map(|at| at + by);
    });
    incident
}

fn is_kernel(file: &str) -> bool {
    file == "kern.log"
}

/// Verdict and cause of each report, and by how many seconds the edge is ahead of each source.
fn told(incident: &Incident, kind: Kind) -> (Vec<(String, String)>, BTreeMap<String, f64>) {
    let laid = incident.lay();
    let mut command = command();
    command.current_dir(laid.path()).args(["correlate", "--format", "json", "--tz", &incident.zone()]);
    let run = finish(command.args(["--reported", &format!("reports/{}", kind.file()), "logs"]));
    run.ok();
    let told = run.json();
    let reports = told["reports"].as_array().unwrap().iter();
    let causes = reports.map(|r| (text(r, "verdict").to_owned(), text(r, "cause").to_owned())).collect();
    let clocks = told["clocks"].as_array().unwrap().iter();
    let clocks = clocks.map(|c| (text(c, "source").to_owned(), c["offset_seconds"].as_f64().unwrap()));
    (causes, clocks.collect())
}

/// The causes are what they were, and the clocks differ from the access log's by so many seconds.
#[track_caller]
fn is_told(incident: &Incident, off: &[(&str, f64)]) {
    for kind in Kind::ALL {
        let (was, _) = told(of(&incident.name), kind);
        let (is, clocks) = told(incident, kind);
        assert!(was.iter().any(|(verdict, _)| verdict == "explained"), "{}", incident.name);
        assert_eq!(is, was, "{} {}", incident.name, kind.name());
        let reference = clocks["nginx-access"];
        for (source, offset) in &clocks {
            let wanted = off.iter().find(|(s, _)| s == source).map_or(0.0, |(_, off)| *off);
            let is = offset - reference;
            assert!((is - wanted).abs() < 0.01, "{} {}: {source} {is}", incident.name, kind.name());
        }
    }
}

const DEATHS: [&str; 2] = ["php-fpm-segfault", "php-fpm-oom-killed"];

#[test]
fn php_fpm_and_kernel_in_zones_of_their_own() {
    for name in DEATHS {
        let incident = ahead(&ahead(of(name), is_fpm, -5 * HOUR), is_kernel, 3 * HOUR);
        is_told(&incident, &[("php-fpm", 18_000.0), ("kernel", -10_800.0)]);
    }
}

#[test]
fn one_log_in_another_zone() {
    for name in DEATHS {
        is_told(&ahead(of(name), is_fpm, 9 * HOUR + HOUR / 2), &[("php-fpm", -34_200.0)]);
        is_told(&ahead(of(name), is_kernel, -2 * HOUR), &[("kernel", 7_200.0)]);
        is_told(&ahead(of(name), is_nginx_error, HOUR), &[("nginx-error", -3_600.0)]);
    }
}

/// As where the zone that stamps are read in is not the machine's.
#[test]
fn all_but_the_access_log_in_another_zone() {
    for name in DEATHS {
        let incident = ahead(of(name), |file| !is_access(file), -2 * HOUR);
        is_told(&incident, &[("nginx-error", 7_200.0), ("php-fpm", 7_200.0), ("kernel", 7_200.0)]);
    }
}

#[test]
fn nobody_is_off_where_nobody_was() {
    each(all(), |incident| {
        let (_, clocks) = told(incident, Kind::Csv);
        let first = clocks.values().next().copied();
        assert!(clocks.values().all(|offset| Some(*offset) == first), "{}: {clocks:?}", incident.name);
    });
}
