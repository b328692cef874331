//! Hand-made findings for the tests of the words.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use logscan_catalogue::{Limits, Timestamp};
use logscan_parser::{Level, Source};

use super::seen::Seen;
use super::witnesses::Witnesses;
use crate::event::Event;
use crate::origin::{Request, Served};
use crate::ray::RayId;
use crate::report::Report;
use crate::sieve::{Coverage, Tells};
use crate::span::{SECOND, Span};

/// When all of it happens, in seconds.
const THEN: i64 = 1_795_435_200;

/// A report of which nothing is known but its status, and what was found for it.
pub(super) struct Sample {
    pub(super) report: Report,
    pub(super) by_ray: bool,
    pub(super) tells: Tells,
    pub(super) has_guess: bool,
    sources: Vec<Source>,
    slightest: HashMap<u32, Level>,
    events: Vec<Event>,
    request: Option<Request>,
    served: Served,
    witnesses: Witnesses,
    limits: Limits,
}

impl Sample {
    pub(super) fn of(status: u16, sources: &[Source]) -> Sample {
        let sample = Sample {
            report: Report { status: Some(status), count: 1, ..Report::default() },
            by_ray: false,
            tells: Tells { requests: 1000, ..Tells::default() },
            has_guess: false,
            sources: sources.to_vec(),
            slightest: HashMap::new(),
            events: Vec::new(),
            request: None,
            served: Served::default(),
            witnesses: Witnesses::default(),
            limits: Limits::default(),
        };
        sample.heard()
    }

    fn heard(mut self) -> Sample {
        let at = Some(Timestamp::from_seconds(THEN));
        let coverage: Vec<Coverage> = self.sources.iter().map(|s| Coverage::new(0, *s, at, at)).collect();
        self.witnesses = Witnesses::new(&coverage, &[], &self.slightest);
        self
    }

    pub(super) fn level(mut self, level: Level) -> Sample {
        self.slightest.insert(0, level);
        self.heard()
    }

    /// The report says what was asked for.
    pub(super) fn named(mut self) -> Sample {
        self.report.uri = Some("/cart".to_owned());
        self
    }

    pub(super) fn ray(mut self) -> Sample {
        self.report.ray = RayId::parse(b"a5f000f938a38226");
        self
    }

    pub(super) fn logs_rays(mut self) -> Sample {
        self.tells.rays = self.tells.requests;
        self
    }

    /// It was tied to an access line.
    pub(super) fn answered(mut self, status: u16, took: Option<f64>) -> Sample {
        let at = Span::new(THEN * SECOND, THEN * SECOND);
        self.events = vec![Event {
            source: Some(Source::NginxAccess),
            status: Some(status),
            took: took.map(Duration::from_secs_f64),
            ..Event::default()
        }];
        let status = Some(status);
        self.request = Some(Request { access: Some(0), errors: Vec::new(), start: at, end: at, status });
        self.named()
    }

    pub(super) fn head(mut self, bytes: u64) -> Sample {
        self.events.iter_mut().for_each(|e| e.head = Some(bytes));
        self
    }

    /// Requests were served at that time.
    pub(super) fn busy(mut self) -> Sample {
        self.served = Served::new((THEN - 60..THEN + 60).map(|s| (s, 1)).collect());
        self
    }

    /// None was served for 20 s, while there are so many in a minute as a rule.
    pub(super) fn silent(mut self, a_minute: i64) -> Sample {
        let step = 60 / a_minute;
        let seconds: BTreeMap<i64, u32> = (THEN - 600..THEN + 600)
            .filter(|s| s % step == 0 && !(THEN - 10..THEN + 10).contains(s))
            .map(|s| (s, 1))
            .collect();
        self.served = Served::new(seconds);
        self
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen {
            report: &self.report,
            request: self.request.as_ref(),
            by_ray: self.by_ray,
            start: Some(Span::new(THEN * SECOND, THEN * SECOND)),
            served: &self.served,
            tells: &self.tells,
            witnesses: &self.witnesses,
            events: &self.events,
            limits: &self.limits,
            has_guess: self.has_guess,
        }
    }
}
