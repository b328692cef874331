//! Runs `logscan correlate`, and holds its answers about many incidents to the goals.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::common::{command, finish, text};

use super::incident::{Incident, Laid};
use super::report::Kind;
use super::score::{NOTHING, Score, score};

/// What was answered about one reported error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) verdict: String,
    pub(crate) named: String,
    pub(crate) confidence: f64,
    /// File and line of what is said to show the cause.
    pub(crate) cited: Vec<(String, u64)>,
}

impl Answer {
    /// The cause; where nothing is explained, none at the origin.
    pub(crate) fn cause(&self) -> &str {
        match self.verdict.as_str() {
            "unexplained" | "not-covered" => NOTHING,
            _ => &self.named,
        }
    }

    fn new(report: &Value) -> Answer {
        let evidence = report["evidence"].as_array().into_iter().flatten();
        let shows = evidence.filter(|e| matches!(e["role"].as_str(), None | Some("primary")));
        let place = |e: &Value| (text(e, "file").to_owned(), e["line"].as_u64().unwrap_or(0));
        Answer {
            verdict: text(report, "verdict").to_owned(),
            named: text(report, "cause").to_owned(),
            confidence: report["confidence"].as_f64().unwrap_or(0.0),
            cited: shows.map(place).collect(),
        }
    }
}

/// Asks about reports and logs by their paths within a folder. Nothing is told but the zone. The answers are in
/// the order of the reports.
pub(crate) fn ask(folder: &Path, zone: &str, reported: &[&str], logs: &[&str]) -> Vec<Answer> {
    let mut command = command();
    command.current_dir(folder).args(["correlate", "--format", "json", "--tz", zone]);
    for report in reported {
        command.args(["--reported", report]);
    }
    let run = finish(command.args(logs));
    run.ok();
    let told = run.json();
    assert_eq!(text(&told, "schema"), "logscan.correlation/1");
    let reports = told["reports"].as_array().unwrap();
    for (index, report) in reports.iter().enumerate() {
        assert_eq!(report["index"].as_u64(), Some(index as u64), "reports keep their order");
    }
    reports.iter().map(Answer::new).collect()
}

pub(crate) fn ask_laid(incident: &Incident, laid: &Laid, kind: Kind) -> Vec<Answer> {
    ask(&laid.path(), &incident.zone(), &[&format!("reports/{}", kind.file())], &["logs"])
}

/// Does the work for each item, several at a time; what is returned is in the order of the items.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let result = work(item);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Totals of a kind of report, split by whether requests are logged with their Ray IDs.
struct Total {
    kind: Kind,
    all: Score,
    ray: Score,
    no_ray: Score,
}

/// Asks about each of the incidents with each kind of report, prints what the answers are worth, and fails where
/// that is less than the goals.
#[track_caller]
pub(crate) fn hold_to_goals(title: &str, incidents: &[Incident]) {
    let incidents: Vec<&Incident> = incidents.iter().filter(|i| !i.rows.is_empty()).collect();
    let scores: Vec<Vec<Score>> = each(&incidents, |incident| {
        let laid = incident.lay();
        Kind::ALL.iter().map(|kind| score(incident, &laid, &ask_laid(incident, &laid, *kind))).collect()
    });
    let mut told = format!("{title}: {} incidents\n", incidents.len());
    let mut missed = String::new();
    for (i, kind) in Kind::ALL.into_iter().enumerate() {
        let mut total =
            Total { kind, all: Score::default(), ray: Score::default(), no_ray: Score::default() };
        for (incident, scores) in incidents.iter().zip(&scores) {
            total.all += &scores[i];
            *(if incident.ray_in_log { &mut total.ray } else { &mut total.no_ray }) += &scores[i];
        }
        for (part, score) in [("all", &total.all), ("rays", &total.ray), ("no rays", &total.no_ray)] {
            writeln!(told, "  {:6} {part:7} {score}", kind.name()).unwrap();
        }
        for wrong in total.all.wrong.iter().chain(&total.all.stray) {
            writeln!(told, "    {} {wrong}", kind.name()).unwrap();
        }
        total.missed(&mut missed);
    }
    println!("{told}");
    assert!(missed.is_empty(), "{title}: short of the goals\n{missed}");
}

impl Total {
    fn missed(&self, missed: &mut String) {
        let mut at_least = |what: &str, is: f64, goal: f64| {
            if is < goal {
                let kind = self.kind.name();
                writeln!(missed, "  {kind}: {what} {:.1} %, not {:.0} %", is * 100.0, goal * 100.0).unwrap();
            }
        };
        match self.kind {
            Kind::Ndjson => {
                at_least("accuracy where requests have rays", self.ray.accuracy(), 0.98);
                at_least("accuracy where requests have none", self.no_ray.accuracy(), 0.95);
            }
            Kind::Csv => at_least("accuracy", self.all.accuracy(), 0.95),
            Kind::Times => at_least("accuracy", self.all.accuracy(), 0.85),
        }
        if self.kind == Kind::Times {
            at_least("left unexplained of what has no evidence", 1.0 - self.all.false_share(), 0.90);
        } else {
            at_least("left unexplained of what has no evidence", 1.0 - self.all.false_share(), 0.98);
            at_least("evidence precision", self.all.precision(), 0.95);
            at_least("evidence hit", self.all.evidence_hit(), 0.95);
        }
    }
}
