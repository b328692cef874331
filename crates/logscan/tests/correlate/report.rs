//! Reported errors: a row that can be written as each kind of report.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value};

use super::stamp::{Millis, ray_moved};

/// The kinds of reports, by how much they tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Records of Logpush.
    Ndjson,
    /// A table with time, status, Ray ID and request.
    Csv,
    /// Times, cut to the second.
    Times,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Ndjson, Kind::Csv, Kind::Times];

    pub(crate) fn file(self) -> &'static str {
        match self {
            Kind::Ndjson => "errors.ndjson",
            Kind::Csv => "errors.csv",
            Kind::Times => "timestamps.txt",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Ndjson => "ndjson",
            Kind::Csv => "csv",
            Kind::Times => "times",
        }
    }

    /// A report of these rows.
    pub(crate) fn written<'r>(self, rows: impl IntoIterator<Item = &'r Row>) -> String {
        let header = if self == Kind::Csv { CSV_HEADER } else { "" };
        let mut out = header.to_owned();
        for row in rows {
            match self {
                Kind::Ndjson => out.push_str(&Value::Object(row.record.clone()).to_string()),
                Kind::Csv => {
                    let at = iso(row.at, SecondsFormat::Millis);
                    out.push_str(&format!("{at},{},{},{}", row.status, row.ray, row.request));
                }
                Kind::Times => out.push_str(&iso(row.at, SecondsFormat::Secs)),
            }
            out.push('\n');
        }
        out
    }
}

const CSV_HEADER: &str = "timestamp,status,ray_id,host,method,uri,client_ip\n";

/// One reported error with what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Name of the incident that it is of, and its place there.
    pub(crate) of: String,
    /// When the request began, on the edge's clock.
    pub(crate) at: Millis,
    end: Millis,
    pub(crate) status: u64,
    pub(crate) ray: String,
    record: Map<String, Value>,
    /// Host, method, URI and client, as the table has them.
    request: String,
    pub(crate) truth: Truth,
}

/// What caused an error, and the lines that show it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub(crate) cause: String,
    pub(crate) accept: Vec<String>,
    pub(crate) explainable: bool,
    /// Numbers of lines, and whether the line is enough by itself.
    pub(crate) evidence: Vec<(usize, bool)>,
}

impl Row {
    pub(crate) fn new(of: String, at: &str, status: u64, record: &str, csv: &str, truth: Truth) -> Row {
        let record: Map<String, Value> = serde_json::from_str(record).unwrap();
        let at = DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis();
        let request = csv.splitn(4, ',').nth(3).unwrap().to_owned();
        let ray = record["RayID"].as_str().unwrap().to_owned();
        // An end that is cut to the second was within that second.
        let end = match &record["EdgeEndTimestamp"] {
            Value::String(end) => {
                let end = DateTime::parse_from_rfc3339(end).unwrap().timestamp_millis();
                let took = record["OriginResponseDurationMs"].as_i64().unwrap_or(0);
                (at + took).clamp(end, end + 999)
            }
            _ => at,
        };
        Row { of, at, end, status, ray, record, request, truth }
    }

    /// Moves the row as if the edge's clock had been `by` milliseconds ahead of what it was.
    pub(crate) fn later(&mut self, by: Millis) {
        self.at += by;
        self.end += by;
        self.ray = ray_moved(&self.ray, by);
        self.record.insert("RayID".to_owned(), Value::from(self.ray.as_str()));
        for (key, at) in [("EdgeStartTimestamp", self.at), ("EdgeEndTimestamp", self.end)] {
            let value = &self.record[key];
            let value = match value.as_str() {
                Some(stamp) if stamp.contains('.') => {
                    let was = DateTime::parse_from_rfc3339(stamp).unwrap().timestamp_millis();
                    Value::from(iso(was + by, SecondsFormat::Millis))
                }
                Some(_) => Value::from(iso(at, SecondsFormat::Secs)),
                None => Value::from(value.as_i64().unwrap() + by * 1_000_000),
            };
            self.record.insert(key.to_owned(), value);
        }
    }
}

fn iso(at: Millis, precision: SecondsFormat) -> String {
    DateTime::from_timestamp_millis(at).unwrap().to_rfc3339_opts(precision, true)
}
