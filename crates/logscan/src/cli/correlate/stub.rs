//! Stands in for the reader of reports: times of RFC 3339 alone, one a line.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::RangeInclusive;

use logscan_correlate::RayId;
use logscan_correlate::report::{Moment, Report, When};
use logscan_scan::{Timestamp, Zone, parse_when};

/// What is taken.
pub(super) struct ReadOptions<'a> {
    pub(super) file: u32,
    /// Empty: all from 500 on.
    pub(super) statuses: &'a [RangeInclusive<u16>],
}

/// What was read of one file.
pub(super) struct Batch {
    pub(super) reports: Vec<Report>,
    pub(super) problems: Vec<String>,
}

pub(super) fn read(reader: impl Read, options: &ReadOptions<'_>) -> Result<Batch, String> {
    let mut batch = Batch { reports: Vec::new(), problems: Vec::new() };
    for (line, text) in (1..).zip(BufReader::new(reader).lines()) {
        let text = text.map_err(|e: io::Error| format!("cannot be read: {e}"))?;
        match read_time(&text, Zone::Machine).filter(|_| !text.trim().is_empty()) {
            Some(report) => batch.reports.push(with_place(report, options.file, line)),
            None => batch.problems.push(format!("line {line}: no time in it")),
        }
    }
    let keeps = |s: u16| options.statuses.is_empty() || options.statuses.iter().any(|r| r.contains(&s));
    batch.reports.retain(|r| r.status.is_none_or(keeps));
    if batch.reports.is_empty() {
        return Err("no time in it at all".to_owned());
    }
    Ok(batch)
}

fn with_place(mut report: Report, file: u32, line: u64) -> Report {
    (report.file, report.line) = (file, line);
    report
}

pub(super) fn read_time(text: &str, zone: Zone) -> Option<Report> {
    let text = text.trim();
    let mut report = Report::default();
    report.count = 1;
    let at = match RayId::parse(text.as_bytes()) {
        Some(ray) => {
            report.ray = Some(ray);
            ray.time()
        }
        None => parse_when(text, zone, Timestamp::now()).ok()?,
    };
    let width = if at.nanos == 0 { 1_000_000 } else { 1000 };
    let until = Timestamp::from_micros(at.micros() + width);
    report.when = Some(When { from: at, until, moment: Moment::Start });
    Some(report)
}
