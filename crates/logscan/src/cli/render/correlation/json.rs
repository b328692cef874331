//! The answers as JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use logscan_correlate::{Advice, Alternative, CauseCount, Clock, Evidence};
use serde::Serialize;

use super::{Answer, Told, rounded};
use crate::cli::render::json::{Input, Time, input};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    inputs: Vec<Input<'a>>,
    clocks: Vec<ClockRow>,
    reports: Reports<'a>,
    causes: Vec<CauseRow<'a>>,
    /// What the logs lack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advice: Vec<AdviceRow<'a>>,
}

/// Written one by one, as there may be very many.
struct Reports<'a>(Told<'a>);

impl Serialize for Reports<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.answers().map(|answer| report(answer, self.0)))
    }
}

#[derive(Serialize)]
struct ClockRow {
    source: &'static str,
    offset_seconds: f64,
    uncertainty_seconds: f64,
    method: &'static str,
    support: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift_seconds_per_day: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepRow>,
    #[serde(skip_serializing_if = "is_zero")]
    zone_mistake_seconds: i64,
}

#[derive(Serialize)]
struct ReportRow<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Time>,
    /// The end of the time, where the report tells an interval, not a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ray_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_status: Option<u16>,
    /// Errors that it stands for, where they are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    verdict: &'static str,
    cause: &'a str,
    confidence: f64,
    join: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<AlternativeRow<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    because: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ruled_out: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    look_next: &'a [String],
}

#[derive(Serialize)]
struct StepRow {
    from: String,
    offset_seconds: f64,
}

#[derive(Serialize)]
struct EvidenceRow<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    time: Time,
    file: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    text: Cow<'a, str>,
}

#[derive(Serialize)]
struct AlternativeRow<'a> {
    cause: &'a str,
    confidence: f64,
}

#[derive(Serialize)]
struct CauseRow<'a> {
    cause: &'a str,
    count: u64,
    expected_by_chance: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advice: Vec<&'a str>,
}

#[derive(Serialize)]
struct AdviceRow<'a> {
    id: &'static str,
    text: &'a str,
}

/// All answers as one JSON value.
pub(crate) fn correlation(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let found = told.correlation;
    let document = Document {
        schema: "logscan.correlation/1",
        inputs: told.inputs.iter().map(input).collect(),
        clocks: found.clocks.iter().map(clock).collect(),
        reports: Reports(told),
        causes: found.causes.iter().map(|c| cause(c, told)).collect(),
        advice: found.advice.iter().map(|Advice { id, text, .. }| AdviceRow { id, text }).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

/// A JSON object a line for each report.
pub(crate) fn lines(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    for answer in told.answers() {
        serde_json::to_writer(&mut *out, &report(answer, told))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn clock(clock: &Clock) -> ClockRow {
    ClockRow {
        source: clock.source.as_str(),
        offset_seconds: rounded(clock.offset, 6),
        uncertainty_seconds: rounded(clock.uncertainty, 6),
        method: clock.method.as_str(),
        support: clock.support,
        drift_seconds_per_day: clock.drift.map(|d| rounded(d, 6)),
        steps: clock
            .steps
            .iter()
            .map(|(from, o)| StepRow { from: from.to_string(), offset_seconds: rounded(*o, 6) })
            .collect(),
        zone_mistake_seconds: clock.zone_mistake,
    }
}

fn report<'a>(answer: Answer<'a>, told: Told<'a>) -> ReportRow<'a> {
    let Answer { index, report, attribution } = answer;
    ReportRow {
        index,
        time: report.when.map(|w| Time(w.from)),
        until: answer.interval().map(|(_, until)| Time(until)),
        status: report.status,
        ray_id: report.ray.map(|r| r.to_string()),
        host: present(report.host.as_deref()),
        method: present(report.method.as_deref()),
        uri: present(report.uri.as_deref()),
        origin_status: report.origin_status,
        count: Some(report.count).filter(|n| *n > 1),
        verdict: attribution.verdict.as_str(),
        cause: told.cause(attribution.cause).map_or("other", |c| &c.id),
        confidence: told.confidence(attribution),
        join: attribution.join.as_str(),
        evidence: attribution.evidence.iter().filter_map(|e| evidence(*e, told)).collect(),
        alternatives: attribution.alternatives.iter().map(|a| alternative(a, told)).collect(),
        because: &attribution.because,
        ruled_out: &attribution.ruled_out,
        look_next: &attribution.look_next,
    }
}

fn evidence<'a>(evidence: Evidence, told: Told<'a>) -> Option<EvidenceRow<'a>> {
    let event = told.event(evidence)?;
    Some(EvidenceRow {
        role: evidence.role.as_str(),
        kind: told.kind(event).map(|k| &*k.id),
        time: Time(event.at),
        file: told.file(event).to_string_lossy(),
        line: event.line,
        text: String::from_utf8_lossy(&event.text),
    })
}

fn alternative<'a>(other: &Alternative, told: Told<'a>) -> AlternativeRow<'a> {
    AlternativeRow {
        cause: told.cause(other.cause).map_or("other", |c| &c.id),
        confidence: rounded(other.confidence, 4).clamp(0.0, 1.0),
    }
}

fn cause<'a>(count: &CauseCount, told: Told<'a>) -> CauseRow<'a> {
    let cause = told.cause(count.cause);
    CauseRow {
        cause: cause.map_or("other", |c| &c.id),
        count: count.count,
        expected_by_chance: rounded(count.expected_by_chance, 4),
        first: count.first.map(Time),
        last: count.last.map(Time),
        advice: cause.map(|c| c.fix.iter().map(|f| &**f).collect()).unwrap_or_default(),
    }
}

fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|t| !t.is_empty())
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it so
fn is_zero(number: &i64) -> bool {
    *number == 0
}
