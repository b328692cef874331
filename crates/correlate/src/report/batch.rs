//! What a file of reports holds.

use super::form::Form;
use super::options::ReadOptions;
use super::problem::{Problem, What};
use super::sample::Sample;
use super::when::plus;
use super::{Moment, Report, When};

/// Problems that are kept in full.
const MAX_PROBLEMS: usize = 20;

/// What a file of reports holds.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// The errors, in their order.
    pub reports: Vec<Report>,
    /// Some of the other requests, in their order: their Ray IDs, URIs and times tell how clocks differ. No more
    /// than 2000, evenly spread.
    pub others: Vec<Report>,
    /// What the file was taken for.
    pub form: Form,
    /// What could not be read, or with a reservation: the first 20.
    pub problems: Vec<Problem>,
    /// How many more problems there were.
    pub more_problems: u64,
    /// What is in the file and is no wanted error.
    pub left_out: LeftOut,
}

/// How many records are no reports, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct LeftOut {
    /// Requests with a status below 500.
    pub healthy: u64,
    /// Errors whose status was not asked for.
    pub unwanted: u64,
    /// Requests that Cloudflare made by itself, such as a Worker's subrequests and cache look-ups.
    pub internal: u64,
    /// What monitors tell besides failures: up, started, paused.
    pub up: u64,
    /// Groups that count no request.
    pub none: u64,
}

impl LeftOut {
    /// All of them.
    pub fn total(&self) -> u64 {
        [self.unwanted, self.internal, self.up, self.none]
            .iter()
            .fold(self.healthy, |a, b| a.saturating_add(*b))
    }
}

/// What a row of a file is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Row {
    /// A request, with whatever status.
    Request(Box<Report>),
    /// Cloudflare's own.
    Internal,
    /// A monitor's all-clear.
    Up,
    /// A group of no requests.
    Nothing,
    /// Not to be read.
    Bad(What),
}

/// Gathers what is read.
#[derive(Debug)]
pub(super) struct Collector<'o> {
    options: &'o ReadOptions<'o>,
    reports: Vec<Report>,
    others: Sample<Report>,
    problems: Vec<Problem>,
    more_problems: u64,
    left_out: LeftOut,
    guessed: bool,
    last_line: u64,
}

impl<'o> Collector<'o> {
    pub(super) fn new(options: &'o ReadOptions<'o>) -> Collector<'o> {
        Collector {
            options,
            reports: Vec::new(),
            others: Sample::new(),
            problems: Vec::new(),
            more_problems: 0,
            left_out: LeftOut::default(),
            guessed: false,
            last_line: 0,
        }
    }

    /// Whether anything was found.
    pub(super) fn has_found(&self) -> bool {
        !self.reports.is_empty() || self.left_out.total() > 0
    }

    /// Whether there is something to tell.
    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The line of the last record.
    pub(super) fn last_line(&self) -> u64 {
        self.last_line
    }

    /// Adds a row that stands in a line (or is a record of that number).
    pub(super) fn add(&mut self, row: Row, line: u64, record: bool) {
        self.last_line = self.last_line.max(line);
        match row {
            Row::Request(report) => {
                self.request(Report { file: self.options.file, line, ..*report }, record);
            }
            Row::Internal => self.left_out.internal += 1,
            Row::Up => self.left_out.up += 1,
            Row::Nothing => self.left_out.none += 1,
            Row::Bad(what) => self.problem(what, line, record),
        }
    }

    fn request(&mut self, report: Report, record: bool) {
        match report.status {
            Some(status) if !self.options.wanted.contains(status) => {
                if status < 500 {
                    self.left_out.healthy = self.left_out.healthy.saturating_add(report.count);
                } else {
                    self.left_out.unwanted = self.left_out.unwanted.saturating_add(report.count);
                }
                // Groups of requests have no time of their own.
                if !report.when.is_some_and(|when| when.moment == Moment::Within) {
                    self.others.add(report);
                }
            }
            _ => {
                if let Some(When { from, .. }) = report.when
                    && from > plus(self.options.now, 86_400)
                {
                    self.problem(What::Future(from.to_string()), report.line, record);
                }
                self.reports.push(report);
            }
        }
    }

    /// Adds a problem.
    pub(super) fn problem(&mut self, what: What, line: u64, record: bool) {
        // The line after says nothing new.
        if matches!(what, What::DayOrMonth(_)) && std::mem::replace(&mut self.guessed, true) {
            return;
        }
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { line, record, what });
        } else {
            self.more_problems += 1;
        }
    }

    /// What was gathered.
    pub(super) fn finish(self, form: Form) -> Batch {
        Batch {
            reports: self.reports,
            others: self.others.into_vec(),
            form,
            problems: self.problems,
            more_problems: self.more_problems,
            left_out: self.left_out,
        }
    }

    /// The problems alone.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}
