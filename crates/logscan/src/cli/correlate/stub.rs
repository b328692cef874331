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
        if text.starts_with("timestamp,") { continue; }
        if text.starts_with('{') || text.matches(',').count() >= 5 {
            if let Some(r) = trial(&text) { batch.reports.push(with_place(r, options.file, line)); }
            continue;
        }
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

fn trial(text: &str) -> Option<Report> {
    let mut r = Report::default();
    r.count = 1;
    r.whole_uri = true;
    if text.starts_with('{') {
        let v: serde_json::Value = serde_json::from_str(text).ok()?;
        let st = |k: &str| v.get(k).and_then(|x| x.as_str()).map(str::to_owned);
        let num = |k: &str| v.get(k).and_then(serde_json::Value::as_u64);
        let at = |k: &str| -> Option<(Timestamp, i64)> {
            match v.get(k)? {
                serde_json::Value::Number(n) => Some((Timestamp::from_micros(n.as_i64()? / 1000), 1000)),
                serde_json::Value::String(s) => {
                    let t = parse_when(s, Zone::Machine, Timestamp::now()).ok()?;
                    Some((t, if s.contains('.') { 1000 } else { 1_000_000 }))
                }
                _ => None,
            }
        };
        let (from, width) = at("EdgeStartTimestamp")?;
        r.ray = st("RayID").and_then(|s| RayId::parse(s.as_bytes()));
        let (mut from, mut width) = (from, width);
        if let Some(ray) = r.ray {
            let d = ray.time().micros() - from.micros();
            if width > 1000 && (0..width).contains(&d) { from = ray.time(); width = 10_000; }
        }
        r.when = Some(When { from, until: Timestamp::from_micros(from.micros() + width), moment: Moment::Start });
        r.status = num("EdgeResponseStatus").and_then(|n| u16::try_from(n).ok());
        r.origin_status = num("OriginResponseStatus").and_then(|n| u16::try_from(n).ok());
        r.host = st("ClientRequestHost"); r.method = st("ClientRequestMethod"); r.uri = st("ClientRequestURI");
        r.client = st("ClientIP"); r.edge = st("EdgeServerIP");
        r.origin_took = num("OriginResponseDurationMs").map(std::time::Duration::from_millis);
    } else {
        let mut rd = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let row = rd.records().next()?.ok()?;
        let g = |i: usize| row.get(i).map(str::to_owned);
        let t = parse_when(row.get(0)?, Zone::Machine, Timestamp::now()).ok()?;
        r.when = Some(When { from: t, until: Timestamp::from_micros(t.micros() + 1000), moment: Moment::Start });
        r.status = g(1)?.parse().ok(); r.ray = RayId::parse(g(2)?.as_bytes());
        r.host = g(3); r.method = g(4); r.uri = g(5); r.client = g(6);
    }
    Some(r)
}
