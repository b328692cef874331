//! The answers of `logscan correlate` in all forms.

mod chain;
mod csv;
mod groups;
mod json;
mod markdown;
mod text;
mod words;

use std::path::{Path, PathBuf};

use logscan_catalogue::{Catalogue, Cause, CauseId, Kind};
use logscan_correlate::report::{Report, When};
use logscan_correlate::{Attribution, Correlation, Event, Evidence, Verdict};
use logscan_scan::{InputStats, Timestamp, Zone};

use crate::cli::style::Look;

pub(crate) use self::csv::correlation as csv;
pub(crate) use json::{correlation as json, lines};
pub(crate) use markdown::correlation as markdown;
pub(crate) use text::correlation as text;

/// What there is to tell, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) reports: &'a [Report],
    pub(crate) correlation: &'a Correlation,
    /// What was read.
    pub(crate) inputs: &'a [InputStats],
    /// Paths by the numbers that events know them by.
    pub(crate) files: &'a [PathBuf],
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) zone: Zone,
    pub(crate) look: Look,
    /// Every report, and each in full.
    pub(crate) all: bool,
}

/// A report and its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) index: usize,
    pub(crate) report: &'a Report,
    pub(crate) attribution: &'a Attribution,
}

impl<'a> Told<'a> {
    /// The answers in the order of the reports.
    fn answers(self) -> impl Iterator<Item = Answer<'a>> {
        let both = self.reports.iter().zip(&self.correlation.attributions).enumerate();
        both.map(|(index, (report, attribution))| Answer { index, report, attribution })
    }

    fn cause(self, id: CauseId) -> Option<&'a Cause> {
        self.catalogue.cause(id)
    }

    fn event(self, evidence: Evidence) -> Option<&'a Event> {
        self.correlation.events.get(evidence.event)
    }

    fn is_explained(self, attribution: &Attribution) -> bool {
        attribution.verdict == Verdict::Explained
    }

    /// How sure an answer is, without digits that nobody can answer for.
    fn confidence(self, attribution: &Attribution) -> f64 {
        rounded(attribution.confidence, 4).clamp(0.0, 1.0)
    }

    /// The kind of an event; an ordinary request has none.
    fn kind(self, event: &Event) -> Option<&'a Kind> {
        self.catalogue.kind(event.named?.kind)
    }

    /// The log that an event stands in.
    fn file(self, event: &Event) -> &'a Path {
        let number = usize::try_from(event.input).unwrap_or(usize::MAX);
        self.files.get(number).map_or(Path::new("-"), PathBuf::as_path)
    }
}

/// A number to so many digits; one that is none is 0, for JSON has no such numbers.
fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let rounded = (number * scale).round() / scale;
    if rounded.is_finite() && rounded != 0.0 { rounded } else { 0.0 }
}

impl Answer<'_> {
    /// From when to when, where the report tells more than a second to choose from.
    fn interval(self) -> Option<(Timestamp, Timestamp)> {
        let When { from, until, .. } = self.report.when?;
        (until.micros().saturating_sub(from.micros()) > 1_000_000).then_some((from, until))
    }

    /// The errors that the report stands for.
    fn count(self) -> u64 {
        self.report.count.max(1)
    }
}

#[cfg(test)]
mod tests;
