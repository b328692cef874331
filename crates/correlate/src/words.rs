//! What is said where the logs hold no answer, and what they lack.

use std::collections::HashMap;

use logscan_parser::{Level, Source};

use crate::attribution::{Advice, Verdict};
use crate::correlate::Answer;
use crate::event::Event;
use crate::origin::{Lexicon, Request, Served};
use crate::report::Report;
use crate::sieve::{Coverage, Tells};
use crate::span::{SECOND, Span};

/// Which times the logs reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    spans: Vec<(Source, Span)>,
}

impl Reach {
    pub(crate) fn new(coverage: &[Coverage], served: &Served) -> Reach {
        let spans = coverage
            .iter()
            .filter_map(|c| {
                let span = Span::new(c.first?.micros(), c.last?.micros() + SECOND);
                let access = matches!(c.source, Source::NginxAccess | Source::ApacheAccess);
                // An error log may be silent for long; an access log goes on as long as requests come.
                let slack = if access {
                    let total = i64::try_from(served.total()).unwrap_or(i64::MAX).max(1);
                    ((span.until - span.from) / total * 20).clamp(10 * SECOND, 3600 * SECOND)
                } else {
                    3600 * SECOND
                };
                Some((c.source, span.wider(slack)))
            })
            .collect();
        Reach { spans }
    }

    /// Whether the logs reach a time: the access log, where there is one.
    pub(crate) fn holds(&self, span: Span) -> bool {
        let access = |s: &&(Source, Span)| matches!(s.0, Source::NginxAccess | Source::ApacheAccess);
        let any = self.spans.iter().any(|s| access(&s));
        self.spans.iter().filter(|s| !any || access(s)).any(|(_, s)| s.meets(span))
    }

    /// What would be needed to know.
    pub(crate) fn missing(&self, _start: Option<Span>) -> Vec<String> {
        vec!["Give the rotated file that holds this time, or look for it in a backup.".to_owned()]
    }
}

/// What was looked at for a report that nothing explains.
pub(crate) struct Seen<'a> {
    pub(crate) report: &'a Report,
    pub(crate) request: Option<&'a Request>,
    pub(crate) by_ray: bool,
    pub(crate) start: Option<Span>,
    pub(crate) served: &'a Served,
    pub(crate) tells: &'a Tells,
    pub(crate) slightest: &'a HashMap<u32, Level>,
    pub(crate) events: &'a [Event],
    pub(crate) has_loose: bool,
}

/// What was ruled out, and where to look next.
pub(crate) fn unexplained(_seen: &Seen<'_>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// What the logs lack.
pub(crate) fn advice(
    _tells: &Tells,
    _slightest: &HashMap<u32, Level>,
    _coverage: &[Coverage],
    _dropped: u64,
    _answers: &[Answer],
    _lexicon: &Lexicon<'_>,
) -> Vec<Advice> {
    let _ = Verdict::Explained;
    Vec::new()
}
