//! What must not matter to an answer of `logscan correlate`: the number of workers, the order of the reports, how many
//! files they come in, that one is there twice, other logs, and other visitors.

#![cfg(feature = "cli")]
// A test states what must hold by failing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;
mod correlate;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use common::{command, finish};
use correlate::ask::{Answer, ask, ask_laid, each};
use correlate::busy::{Traffic, busier};
use correlate::incident::{Incident, Laid, is_access, is_nginx_error};
use correlate::line::Line;
use correlate::load::all;
use correlate::random::Random;
use correlate::report::{Kind, Row};

/// What may not change: the verdict and the cause.
type Attribution = (String, String);

fn of(answer: &Answer) -> Attribution {
    (answer.verdict.clone(), answer.cause().to_owned())
}

/// What tells one row from another in the report.
fn key(kind: Kind, row: &Row) -> String {
    let time = Kind::Times.written([row]).trim_end().to_owned();
    if kind == Kind::Times { time } else { format!("{time} {} {}", row.ray, row.status) }
}

/// Attributions by what tells one row from another in the report; rows that cannot be told apart are sorted.
fn by_row<'r>(
    kind: Kind,
    rows: impl IntoIterator<Item = &'r Row>,
    answers: &[Answer],
) -> BTreeMap<String, Vec<Attribution>> {
    let mut found: BTreeMap<String, Vec<Attribution>> = BTreeMap::new();
    for (row, answer) in rows.into_iter().zip(answers) {
        found.entry(key(kind, row)).or_default().push(of(answer));
    }
    found.values_mut().for_each(|answers| answers.sort());
    found
}

/// Runs a test for each incident and kind of report, and fails with all that is not as it must be.
#[track_caller]
fn each_report(what: &str, kinds: &[Kind], test: impl Fn(&Incident, Kind) -> Result<(), String> + Sync) {
    let jobs: Vec<(&Incident, Kind)> = all()
        .iter()
        .filter(|i| !i.rows.is_empty())
        .flat_map(|i| kinds.iter().map(move |k| (i, *k)))
        .collect();
    let results = each(&jobs, |(incident, kind)| test(incident, *kind));
    let mut failed = String::new();
    for ((incident, kind), result) in jobs.iter().zip(results) {
        if let Err(why) = result {
            writeln!(failed, "{} {}: {why}", incident.name, kind.name()).unwrap();
        }
    }
    assert!(failed.is_empty(), "{what}\n{failed}");
}

fn same<T: PartialEq + std::fmt::Debug>(
    is: &BTreeMap<String, T>,
    must: &BTreeMap<String, T>,
) -> Result<(), String> {
    let other = |(row, must): (&String, &T)| {
        let is = is.get(row);
        (is != Some(must)).then(|| format!("\n  {row} was {must:?}, is {is:?}"))
    };
    let changed: String = must.iter().filter_map(other).collect();
    if changed.is_empty() && is.len() == must.len() { Ok(()) } else { Err(changed) }
}

/// What is answered about an incident as it was.
fn before(incident: &Incident, kind: Kind) -> &'static [Answer] {
    static ANSWERS: OnceLock<BTreeMap<&str, [Vec<Answer>; 3]>> = OnceLock::new();
    let answers = ANSWERS.get_or_init(|| {
        let incidents: Vec<&Incident> = all().iter().filter(|i| !i.rows.is_empty()).collect();
        let told = each(&incidents, |incident| {
            let laid = incident.lay();
            (incident.name.as_str(), Kind::ALL.map(|kind| ask_laid(incident, &laid, kind)))
        });
        told.into_iter().collect()
    });
    &answers[incident.name.as_str()][kind as usize]
}

fn ask_about(incident: &Incident, laid: &Laid, reported: &[&str]) -> Vec<Answer> {
    ask(&laid.path(), &incident.zone(), reported, &["logs"])
}

#[test]
fn order_of_the_reports() {
    each_report("shuffled", &Kind::ALL, |incident, kind| {
        let laid = incident.lay();
        let must = by_row(kind, &incident.rows, before(incident, kind));
        let mut rows: Vec<&Row> = incident.rows.iter().collect();
        Random::of(&incident.name).shuffle(&mut rows);
        laid.folder.file("shuffled", kind.written(rows.iter().copied()));
        same(&by_row(kind, rows, &ask_about(incident, &laid, &["shuffled"])), &must)
    });
}

#[test]
fn number_of_workers() {
    each_report("workers", &Kind::ALL, |incident, kind| {
        let laid = incident.lay();
        let report = format!("reports/{}", kind.file());
        let told = |threads: &str| {
            let mut command = command();
            command.current_dir(laid.path()).args(["correlate", "--format", "json", "--threads", threads]);
            finish(command.args(["--tz", &incident.zone(), "--reported", &report, "logs"]))
        };
        let alone = told("1");
        alone.ok();
        let others = ["2", "5"].map(|threads| (threads, told(threads)));
        match others.iter().find(|(_, run)| run.out() != alone.out()) {
            Some((threads, _)) => Err(format!("another output with {threads}")),
            None => Ok(()),
        }
    });
}

#[test]
fn reports_in_two_files() {
    each_report("two files", &Kind::ALL, |incident, kind| {
        let laid = incident.lay();
        let must = by_row(kind, &incident.rows, before(incident, kind));
        // Every other row, so that no file has an incident's beginning or end for itself.
        let half = |odd: usize| incident.rows.iter().skip(odd).step_by(2);
        laid.folder.file("even", kind.written(half(0)));
        laid.folder.file("odd", kind.written(half(1)));
        let reported: &[&str] = if incident.rows.len() > 1 { &["even", "odd"] } else { &["even"] };
        let answers = ask_about(incident, &laid, reported);
        same(&by_row(kind, half(0).chain(half(1)), &answers), &must)
    });
}

/// Times alone do not tell whether two errors of a second are one.
#[test]
fn a_report_that_is_there_twice() {
    each_report("each twice", &[Kind::Ndjson, Kind::Csv], |incident, kind| {
        let laid = incident.lay();
        let must = before(incident, kind);
        let twice = || incident.rows.iter().flat_map(|row| [row, row]);
        laid.folder.file("twice", kind.written(twice()));
        let doubled: Vec<Answer> = must.iter().flat_map(|a| [a.clone(), a.clone()]).collect();
        let answers = ask_about(incident, &laid, &["twice"]);
        same(&by_row(kind, twice(), &answers), &by_row(kind, twice(), &doubled))?;
        // And once in each of two files.
        laid.folder.file("once", kind.written(&incident.rows));
        let answers = ask_about(incident, &laid, &["once", &format!("reports/{}", kind.file())]);
        let both = || incident.rows.iter().chain(&incident.rows);
        let doubled = [must, must].concat();
        same(&by_row(kind, both(), &answers), &by_row(kind, both(), &doubled))
    });
}

/// Healthy requests of the same minutes, to a host of its own on a machine of its own.
fn another_host(incident: &Incident) -> Vec<(String, Vec<u8>)> {
    let traffic = Traffic { during: 2, around: 0 };
    let busy = busier(incident, traffic);
    let old = correlate::change::unrotated(incident).next_id();
    let text = |lines: Vec<&Line>| -> Vec<u8> {
        let text: String = lines.iter().map(|l| l.lossy() + "\n").collect();
        let text = ["www.example.com", "blog.example.org", "api.example.net", "example.com", "example.org"]
            .iter()
            .fold(text, |text, host| text.replace(host, "intranet.example.edu"));
        text.into_bytes()
    };
    let of = |wanted: fn(&str) -> bool| -> Vec<u8> {
        let logs = busy
            .logs
            .iter()
            .filter(|(file, _)| wanted(file))
            .map(|(_, lines)| lines.iter().filter(|l| l.id >= old).cloned().collect::<Vec<Line>>());
        text(correlate::line::merged(logs).iter().collect())
    };
    vec![("access.log".to_owned(), of(is_access)), ("error.log".to_owned(), of(is_nginx_error))]
}

#[test]
fn logs_of_another_host() {
    each_report("another host's logs", &Kind::ALL, |incident, kind| {
        let laid = incident.lay();
        let must = by_row(kind, &incident.rows, before(incident, kind));
        for (file, bytes) in another_host(incident) {
            laid.folder.file(&format!("intranet.example.edu/nginx/{file}"), bytes);
        }
        let report = format!("reports/{}", kind.file());
        let answers = ask(&laid.path(), &incident.zone(), &[&report], &["logs", "intranet.example.edu"]);
        same(&by_row(kind, &incident.rows, &answers), &must)
    });
}

/// Where an answer was sure, twice the healthy traffic does not change it.
#[test]
fn twice_the_traffic() {
    each_report("twice the traffic", &Kind::ALL, |incident, kind| {
        let before = before(incident, kind);
        let busy = busier(incident, Traffic { during: 1, around: 0 });
        let after = ask_laid(&busy, &busy.lay(), kind);
        let sure = |answers: &[Answer]| -> BTreeMap<String, Attribution> {
            let rows = answers.iter().zip(before).enumerate().filter(|(_, (_, b))| b.confidence >= 0.9);
            rows.map(|(index, (answer, _))| (format!("row {index:3}"), of(answer))).collect()
        };
        same(&sure(&after), &sure(before))
    });
}
