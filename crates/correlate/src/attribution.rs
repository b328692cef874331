//! What comes out: an attribution for each report, and what was found out on the way.

use logscan_catalogue::{CauseId, Timestamp};
use logscan_parser::Source;

/// Whether a report could be explained.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Verdict {
    /// The logs show the cause.
    Explained,
    /// The logs cover the time and do not show a cause.
    Unexplained,
    /// The logs do not reach that time.
    NotCovered,
}

impl Verdict {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Explained => "explained",
            Verdict::Unexplained => "unexplained",
            Verdict::NotCovered => "not-covered",
        }
    }
}

/// How a report was tied to what the logs say, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Join {
    /// The access log has its Ray ID.
    RayId,
    /// Host, method, URI, client and time fit one request.
    Request,
    /// The report falls into a state that the logs prove.
    Interval,
    /// Only the time fits.
    Time,
    /// Not at all.
    None,
}

impl Join {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Join::RayId => "ray-id",
            Join::Request => "request",
            Join::Interval => "interval",
            Join::Time => "time",
            Join::None => "none",
        }
    }
}

/// What a line is to an explanation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Role {
    /// It shows the cause.
    Primary,
    /// It belongs to the request or to the fault, but would not be enough.
    Supporting,
}

impl Role {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Primary => "primary",
            Role::Supporting => "supporting",
        }
    }
}

/// A line that an attribution rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Evidence {
    /// Number of the event in [`Correlation::events`].
    pub event: usize,
    /// What it is to the explanation.
    pub role: Role,
}

/// Another cause that may be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Alternative {
    /// The cause.
    pub cause: CauseId,
    /// How likely it is, 0 to 1.
    pub confidence: f64,
}

/// The answer to a report.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Attribution {
    /// Whether it could be explained.
    pub verdict: Verdict,
    /// Why the visitor saw the error; `no-origin-evidence` where the logs do not show it.
    pub cause: CauseId,
    /// How likely the cause is the right one, 0 to 1.
    pub confidence: f64,
    /// How the report was tied to the logs.
    pub join: Join,
    /// The lines it rests on, as a chain: from the request to what lies behind it.
    pub evidence: Vec<Evidence>,
    /// What shows the cause besides lines, in words: that nothing was served, for one.
    pub because: Vec<String>,
    /// Other causes, the likeliest first.
    pub alternatives: Vec<Alternative>,
    /// What was looked at and does not explain it, in words; for unexplained reports.
    pub ruled_out: Vec<String>,
    /// Where to look next, in words; for unexplained reports.
    pub look_next: Vec<String>,
}

/// How an offset between clocks was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Method {
    /// From Ray IDs in the access log.
    RayId,
    /// From requests that the report and the log both have.
    Request,
    /// From the pattern of times.
    Time,
    /// It was given.
    Given,
    /// Not at all: clocks are taken to agree.
    None,
}

impl Method {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::RayId => "ray-id",
            Method::Request => "request",
            Method::Time => "time",
            Method::Given => "given",
            Method::None => "none",
        }
    }
}

/// How the clock of the logs of a source differs from the edge's.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Clock {
    /// The logs.
    pub source: Source,
    /// The edge's time minus the origin's, in seconds.
    pub offset: f64,
    /// Give or take, in seconds.
    pub uncertainty: f64,
    /// How the offset changes, in seconds a day, where it does.
    pub drift: Option<f64>,
    /// Runs of reports that show another offset, as a clock was set between: their first time and that offset.
    pub steps: Vec<(Timestamp, f64)>,
    /// How it was found.
    pub method: Method,
    /// By how many joins.
    pub support: u64,
    /// The part of the offset that is a mistake of the zone, in seconds: whole or half hours.
    pub zone_mistake: i64,
}

/// How often a cause was found.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct CauseCount {
    /// The cause.
    pub cause: CauseId,
    /// Errors that it explains.
    pub count: u64,
    /// How many chance would have explained: the same reports, shifted in time.
    pub expected_by_chance: f64,
    /// The first of these reports, on the edge's clock.
    pub first: Option<Timestamp>,
    /// The last.
    pub last: Option<Timestamp>,
}

/// What the logs lack, and how to have it next time.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Advice {
    /// A short name, in kebab-case: `no-ray-id`, `no-request-time` ...
    pub id: &'static str,
    /// What to change, and why.
    pub text: String,
}

/// All answers.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Correlation {
    /// An attribution for each report, in their order.
    pub attributions: Vec<Attribution>,
    /// The events that evidence points to.
    pub events: Vec<crate::Event>,
    /// The clocks of the logs.
    pub clocks: Vec<Clock>,
    /// Causes, the most frequent first.
    pub causes: Vec<CauseCount>,
    /// What the logs lack.
    pub advice: Vec<Advice>,
}

impl Attribution {
    /// An answer without evidence yet.
    pub fn new(verdict: Verdict, cause: CauseId) -> Attribution {
        Attribution {
            verdict,
            cause,
            confidence: 0.0,
            join: Join::None,
            evidence: Vec::new(),
            because: Vec::new(),
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            look_next: Vec::new(),
        }
    }
}

impl Clock {
    /// A clock that differs by an offset, in seconds, with an uncertainty.
    pub fn new(source: Source, method: Method, offset: f64, uncertainty: f64) -> Clock {
        Clock {
            source,
            offset,
            uncertainty,
            drift: None,
            steps: Vec::new(),
            method,
            support: 0,
            zone_mistake: 0,
        }
    }
}

impl CauseCount {
    /// A cause that was found so many times.
    pub fn new(cause: CauseId, count: u64) -> CauseCount {
        CauseCount { cause, count, expected_by_chance: 0.0, first: None, last: None }
    }
}

impl Advice {
    /// Advice with its name.
    pub fn new(id: &'static str, text: impl Into<String>) -> Advice {
        Advice { id, text: text.into() }
    }
}
