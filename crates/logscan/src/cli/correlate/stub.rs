//! Stands in for the reader of reports in `logscan_correlate::report`: times of RFC 3339 and Ray IDs alone, one a
//! line.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::RangeInclusive;

use logscan_correlate::RayId;
use logscan_correlate::report::{Moment, Report, When};
use logscan_parser::Civil;
use logscan_scan::{Timestamp, Zone, parse_when};

#[derive(Default)]
pub(super) struct Wanted(Vec<RangeInclusive<u16>>);

impl Wanted {
    pub(super) fn of(statuses: impl IntoIterator<Item = RangeInclusive<u16>>) -> Wanted {
        Wanted(statuses.into_iter().collect())
    }
}

static ERRORS: Wanted = Wanted(Vec::new());

pub(super) struct ReadOptions<'a> {
    pub(super) file: u32,
    pub(super) wanted: &'a Wanted,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        ReadOptions { file: 0, wanted: &ERRORS }
    }
}

#[derive(Default)]
pub(super) struct LeftOut {
    pub(super) healthy: u64,
    pub(super) unwanted: u64,
    pub(super) internal: u64,
    pub(super) up: u64,
}

pub(super) struct Problem {
    line: u64,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: no time in it", self.line)
    }
}

pub(super) struct Batch {
    pub(super) reports: Vec<Report>,
    pub(super) problems: Vec<Problem>,
    pub(super) more_problems: u64,
    pub(super) left_out: LeftOut,
}

pub(super) enum ReadError {
    Empty,
    NoTime,
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Empty => f.write_str("is empty"),
            ReadError::NoTime => f.write_str("holds no time and no Ray ID"),
            ReadError::Io(error) => error.fmt(f),
        }
    }
}

pub(super) fn read(reader: impl Read, options: &ReadOptions<'_>) -> Result<Batch, ReadError> {
    let (mut reports, mut problems, mut left_out) = (Vec::new(), Vec::new(), LeftOut::default());
    for (line, text) in (1..).zip(BufReader::new(reader).lines()) {
        let text = text.map_err(ReadError::Io)?;
        match read_time(&text, None) {
            Ok(mut report) => {
                (report.file, report.line) = (options.file, line);
                reports.push(report);
            }
            Err(_) => problems.push(Problem { line }),
        }
    }
    let wanted = &options.wanted.0;
    let all = reports.len();
    reports.retain(|r| r.status.is_none_or(|s| wanted.is_empty() || wanted.iter().any(|w| w.contains(&s))));
    left_out.unwanted = (all - reports.len()) as u64;
    match (reports.is_empty(), problems.is_empty()) {
        (true, true) => Err(ReadError::Empty),
        (true, false) => Err(ReadError::NoTime),
        _ => Ok(Batch { reports, problems, more_problems: 0, left_out }),
    }
}

pub(super) type ToInstant<'z> = dyn Fn(Civil) -> Option<Timestamp> + 'z;

pub(super) fn read_time(text: &str, _zone: Option<&ToInstant<'_>>) -> Result<Report, &'static str> {
    let text = text.trim();
    let mut report = Report::default();
    report.count = 1;
    let at = match RayId::parse(text.as_bytes()) {
        Some(ray) => {
            report.ray = Some(ray);
            ray.time()
        }
        None => parse_when(text, Zone::Machine, Timestamp::now()).map_err(|_| "no time in it")?,
    };
    let width = if at.nanos == 0 { 1_000_000 } else { 1000 };
    let until = Timestamp::from_micros(at.micros() + width);
    report.when = Some(When { from: at, until, moment: Moment::Start });
    Ok(report)
}
