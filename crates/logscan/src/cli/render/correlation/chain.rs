//! The lines that an answer rests on, step by step from the request to what lies behind it.

use logscan_catalogue::{Fields, Severity, Timestamp};
use logscan_correlate::{Event, Role};
use logscan_parser::Record;
use logscan_scan::Zone;

use super::words::moment;
use super::{Answer, Told};
use crate::cli::safe::terminal;

/// A line of a log. All texts are fit for a terminal.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// File and line.
    pub(super) place: String,
    /// Time in the zone of the logs, on the origin's clock.
    pub(super) time: String,
    pub(super) kind: Option<(String, Severity)>,
    /// What it says, without what is told by time and place.
    pub(super) text: String,
    /// The line as it stands in the log.
    pub(super) raw: String,
    /// It shows the cause.
    pub(super) primary: bool,
}

/// The chain of an answer.
pub(super) fn steps(answer: Answer<'_>, told: Told<'_>) -> Vec<Step> {
    let day = answer.report.when.map(|w| told.zone.civil(w.from).date());
    let step = |(event, role): (&Event, Role)| Step {
        place: place(event, told),
        time: clock(event.at, day, told.zone),
        kind: told.kind(event).map(|k| (k.id.to_string(), k.severity)),
        text: text(event),
        raw: terminal(&event.text),
        primary: role == Role::Primary,
    };
    let evidence = answer.attribution.evidence.iter();
    evidence.filter_map(|e| Some((told.event(*e)?, e.role))).map(step).collect()
}

/// `/var/log/nginx/error.log:12`.
pub(super) fn place(event: &Event, told: Told<'_>) -> String {
    let file = terminal(told.file(event).to_string_lossy().as_bytes());
    event.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"))
}

/// The time; with its day where that is not the one of the report.
fn clock(at: Timestamp, day: Option<(i64, u32, u32)>, zone: Zone) -> String {
    let whole = moment(at, zone);
    match whole.get(11..) {
        Some(clock) if Some(zone.civil(at).date()) == day => clock.to_owned(),
        _ => whole,
    }
}

fn text(event: &Event) -> String {
    if event.is_request()
        && let Some(text) = request(event)
    {
        return text;
    }
    let record = Record::parse(&event.text).filter(|r| Some(r.source()) == event.source);
    let Some(record) = record else { return first_line(&event.text) };
    let fields = Fields::of(&record);
    let mut text = first_line(fields.message);
    if let Some(action) = fields.action {
        text.push_str(&format!(" while {}", terminal(action)));
    }
    text
}

/// `GET /cart -> 502 (upstream 502) after 0.002 s, ray=a5f0...`: requests are written in too many forms to be read at
/// once.
fn request(event: &Event) -> Option<String> {
    let (method, uri, status) = (event.method.as_deref()?, event.uri.as_deref()?, event.status?);
    let mut text = format!("{} {} -> {status:03}", terminal(method.as_bytes()), terminal(uri));
    if let Some(upstream) = event.upstream_status.as_deref().filter(|s| !matches!(*s, "" | "-")) {
        text.push_str(&format!(" (upstream {})", terminal(upstream.as_bytes())));
    }
    if let Some(took) = event.took {
        text.push_str(&format!(" after {} s", took.as_secs_f64()));
    }
    if let Some(ray) = event.ray {
        text.push_str(&format!(", ray={ray}"));
    }
    Some(text)
}

fn first_line(text: &[u8]) -> String {
    terminal(text.split(|b| *b == b'\n').next().unwrap_or_default())
}
