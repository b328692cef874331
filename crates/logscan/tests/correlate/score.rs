//! What answers are worth: how many causes are right, and whether the lines they cite show them.

use std::fmt;
use std::ops::AddAssign;

use super::ask::Answer;
use super::incident::{Incident, Laid};

/// The answer that no log explains the error.
pub(crate) const NOTHING: &str = "no-origin-evidence";

/// Counts of reported errors and of cited lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) errors: u32,
    /// The cause is one that the truth accepts.
    pub(crate) right: u32,
    /// Errors whose cause was not at the origin, and those of them that were explained all the same.
    pub(crate) silent: u32,
    pub(crate) falsely: u32,
    /// Errors that some line shows, and those of them with such a line cited.
    pub(crate) explainable: u32,
    pub(crate) hit: u32,
    /// Lines cited, and those of them that are evidence of that error.
    pub(crate) cited: u32,
    pub(crate) cited_true: u32,
    /// What was answered wrong, in words.
    pub(crate) wrong: Vec<String>,
    /// Lines that were cited and are no evidence of the error, in words.
    pub(crate) stray: Vec<String>,
}

impl AddAssign<&Score> for Score {
    fn add_assign(&mut self, other: &Score) {
        self.errors += other.errors;
        self.right += other.right;
        self.silent += other.silent;
        self.falsely += other.falsely;
        self.explainable += other.explainable;
        self.hit += other.hit;
        self.cited += other.cited;
        self.cited_true += other.cited_true;
        self.wrong.extend_from_slice(&other.wrong);
        self.stray.extend_from_slice(&other.stray);
    }
}

/// A part as a fraction; of nothing, all is well.
pub(crate) fn part(of: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(of) / f64::from(whole) }
}

impl Score {
    pub(crate) fn accuracy(&self) -> f64 {
        part(self.right, self.errors)
    }

    pub(crate) fn precision(&self) -> f64 {
        part(self.cited_true, self.cited)
    }

    pub(crate) fn evidence_hit(&self) -> f64 {
        part(self.hit, self.explainable)
    }

    /// The fraction of errors without evidence that were explained.
    pub(crate) fn false_share(&self) -> f64 {
        if self.silent == 0 { 0.0 } else { part(self.falsely, self.silent) }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |x: f64| format!("{:5.1} %", x * 100.0);
        write!(
            f,
            "errors {:4}  accuracy {}  false {} of {:3}  evidence precision {}  hit {}",
            self.errors,
            percent(self.accuracy()),
            percent(self.false_share()),
            self.silent,
            percent(self.precision()),
            percent(self.evidence_hit())
        )
    }
}

/// Compares answers, one for each row in order, with the truth.
pub(crate) fn score(incident: &Incident, laid: &Laid, answers: &[Answer]) -> Score {
    assert_eq!(answers.len(), incident.rows.len(), "{}: an answer for each report", incident.name);
    let mut score = Score::default();
    for (row, answer) in incident.rows.iter().zip(answers) {
        let truth = &row.truth;
        let cause = answer.cause();
        let right = truth.accept.iter().any(|a| a == cause);
        score.errors += 1;
        score.right += u32::from(right);
        score.explainable += u32::from(truth.explainable);
        if truth.cause == NOTHING {
            score.silent += 1;
            score.falsely += u32::from(cause != NOTHING);
        }
        if !right {
            let wrong = format!("{} {} {}: {cause}, in truth {}", row.of, row.ray, row.status, truth.cause);
            score.wrong.push(wrong);
        }
        // Where no line shows it, what was looked at instead is no claim.
        if right && !truth.explainable {
            continue;
        }
        let mut hit = false;
        for (file, line) in &answer.cited {
            let shows = truth
                .evidence
                .iter()
                .find(|(id, _)| laid.places.get(id).is_some_and(|(f, n)| n == line && same_file(f, file)));
            if shows.is_none() {
                score.stray.push(format!("{}: {file}:{line} is no evidence of it", row.of));
            }
            score.cited += 1;
            score.cited_true += u32::from(shows.is_some());
            hit |= shows.is_some_and(|(_, primary)| *primary);
        }
        score.hit += u32::from(hit && truth.explainable);
    }
    score
}

fn same_file(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| long == short || long.ends_with(&format!("/{short}"));
    ends(one, other) || ends(other, one)
}
