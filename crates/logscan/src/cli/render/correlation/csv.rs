//! The answers as a table.

use std::io::{self, Write};

use logscan_correlate::Role;

use super::chain::place;
use super::{Answer, Told};
use crate::cli::safe::cell;

/// A header and a row for each report.
pub(crate) fn correlation(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "index",
        "time",
        "status",
        "ray_id",
        "host",
        "method",
        "uri",
        "verdict",
        "cause",
        "confidence",
        "join",
        "evidence",
        "text",
    ])?;
    for answer in told.answers() {
        table.write_record(row(answer, told))?;
    }
    table.flush()
}

fn row(answer: Answer<'_>, told: Told<'_>) -> [String; 13] {
    let Answer { index, report, attribution } = answer;
    let text = |text: &Option<String>| cell(text.as_deref().unwrap_or_default().as_bytes());
    // The line that shows the cause, or else the one that comes nearest.
    let evidence = attribution.evidence.iter();
    let telling = evidence.min_by_key(|e| e.role != Role::Primary).and_then(|e| told.event(*e));
    [
        index.to_string(),
        report.when.map_or_else(String::new, |w| w.from.to_string()),
        report.status.map_or_else(String::new, |s| s.to_string()),
        report.ray.map_or_else(String::new, |r| r.to_string()),
        text(&report.host),
        text(&report.method),
        text(&report.uri),
        attribution.verdict.as_str().to_owned(),
        told.cause(attribution.cause).map_or_else(String::new, |c| cell(c.id.as_bytes())),
        told.confidence(attribution).to_string(),
        attribution.join.as_str().to_owned(),
        telling.map_or_else(String::new, |e| cell(place(e, told).as_bytes())),
        telling.map_or_else(String::new, |e| cell(&e.text)),
    ]
}
