//! What was looked at for a report that nothing explains.

use std::time::Duration;

use logscan_catalogue::Limits;

use super::witnesses::Witnesses;
use crate::event::Event;
use crate::origin::{Request, Served};
use crate::report::Report;
use crate::sieve::Tells;
use crate::span::{SECOND, Span};

/// A gap that would have had fewer requests shows nothing.
const TELLING: f32 = 3.0;

/// What was looked at for a report that nothing explains.
pub(crate) struct Seen<'a> {
    pub(crate) report: &'a Report,
    /// The request that it was tied to.
    pub(crate) request: Option<&'a Request>,
    /// By its Ray ID: that is certain.
    pub(crate) by_ray: bool,
    /// When it began, on the origin's clock.
    pub(crate) start: Option<Span>,
    pub(crate) served: &'a Served,
    pub(crate) tells: &'a Tells,
    pub(crate) witnesses: &'a Witnesses,
    pub(crate) events: &'a [Event],
    pub(crate) limits: &'a Limits,
    /// A failure that the logs tell may explain the report, and is not likely enough.
    pub(crate) has_guess: bool,
}

/// What became of the request at the origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It was answered in the ordinary way.
    Answered(u16),
    /// The other side went away.
    GaveUp,
    /// It failed, and the log does not say why.
    Failed(u16),
    /// Only the error log names it.
    OnlyError,
    /// No access line is about it.
    Absent,
    /// The report does not say what was asked for.
    Unnamed,
    /// There is no access log.
    NoAccessLog,
}

/// Whether requests were served at the time of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Around {
    Served,
    /// None, though some would be usual.
    Silent,
    /// None, and so few as a rule that this shows nothing.
    Thin,
    Unknown,
}

impl<'a> Seen<'a> {
    /// The line of the access log.
    pub(super) fn line(&self) -> Option<&'a Event> {
        self.events.get(self.request?.access?)
    }

    pub(super) fn fate(&self) -> Fate {
        let status = self.line().map(|l| (l.is_ordinary(), l.status.unwrap_or(0)));
        match (status, self.request) {
            (Some((true, status)), _) => Fate::Answered(status),
            (Some((false, 499)), _) => Fate::GaveUp,
            (Some((false, status)), _) => Fate::Failed(status),
            (None, Some(_)) => Fate::OnlyError,
            (None, None) if !self.witnesses.access() => Fate::NoAccessLog,
            (None, None) if self.report.uri.is_some() || self.ray_is_missing() => Fate::Absent,
            (None, None) => Fate::Unnamed,
        }
    }

    /// The access log has Ray IDs, and not this one.
    pub(super) fn ray_is_missing(&self) -> bool {
        let logged = self.tells.rays > 0 && self.tells.rays * 2 >= self.tells.requests;
        self.report.ray.is_some() && logged && !self.by_ray
    }

    pub(super) fn around(&self) -> Around {
        let Some(start) = self.start.filter(|_| !self.served.is_empty()) else { return Around::Unknown };
        if self.served.any(start.wider(SECOND)) {
            return Around::Served;
        }
        match self.served.gap(start) {
            Some(gap) if gap.expected >= TELLING => Around::Silent,
            Some(_) => Around::Thin,
            None => Around::Unknown,
        }
    }

    /// What the origin answered, by the report: 0 is nothing, and where the cache answered tells nothing.
    pub(super) fn origin_status(&self) -> Option<u16> {
        self.report.origin_status.filter(|s| *s > 0 || !self.cached())
    }

    /// The edge's cache had the answer.
    pub(super) fn cached(&self) -> bool {
        matches!(self.report.cache.as_deref(), Some("hit" | "stale" | "updating" | "revalidated"))
    }

    /// Whether the edge used a kept connection, where the report tells.
    pub(super) fn kept_connection(&self) -> Option<bool> {
        let tcp = self.report.tcp_handshake.filter(|_| !self.cached())?;
        let tls = self.report.tls_handshake.unwrap_or_default();
        Some(tcp.is_zero() && tls.is_zero())
    }

    /// How long the edge was busy.
    pub(super) fn waited(&self) -> Option<Duration> {
        self.report.origin_took.filter(|t| !t.is_zero()).or(self.report.took)
    }

    /// The limit of a response head, in words.
    pub(super) fn head_limit(&self) -> String {
        format!("{} KB", self.limits.response_head / 1024)
    }
}
