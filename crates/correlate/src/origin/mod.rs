//! What happened at the origin, by its logs alone: requests and why they failed, and states that the logs prove.

mod diagnose;
mod fpm;
mod lexicon;
mod near;
mod requests;
mod served;
mod states;
mod ties;
mod times;

pub(crate) use diagnose::Finding;
pub(crate) use lexicon::{Lexicon, Part};
pub(crate) use requests::Request;
pub(crate) use served::Served;
pub(crate) use states::{Loose, Shape, State};
pub(crate) use times::Times;

use std::collections::HashMap;

use logscan_parser::Source;

use crate::event::Event;
use diagnose::Doctor;
use fpm::Fpm;
use states::Finder;

/// All of it.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) requests: Vec<Request>,
    /// Why each of them failed, where that is known.
    pub(crate) findings: Vec<Option<Finding>>,
    pub(crate) states: Vec<State>,
    pub(crate) loose: Vec<Loose>,
    pub(crate) served: Served,
}

impl Origin {
    /// `shifts` are to be added to the stamps of a source to have them on the clock of the others.
    pub(crate) fn new(
        events: &[Event],
        served: Served,
        has_error_log: bool,
        shifts: &HashMap<Source, i64>,
        lexicon: &Lexicon<'_>,
    ) -> Origin {
        let times = Times::new(events, shifts);
        let diagnosed = || {
            let found = || requests::requests(events, &times, lexicon);
            let (requests, fpm) = rayon::join(found, || Fpm::new(events, &times, lexicon));
            let doctor =
                Doctor { events, times: &times, lexicon, requests: &requests, fpm: &fpm, has_error_log };
            let findings = doctor.findings();
            (requests, findings)
        };
        let end = (0..events.len()).map(|e| times.of(e).until).max().unwrap_or(0);
        let end = end.max(served.span().map_or(0, |s| s.until));
        let finder = Finder { events, times: &times, lexicon, served: &served, end };
        let ((requests, findings), (states, loose)) = rayon::join(diagnosed, || finder.find());
        Origin { requests, findings, states, loose, served }
    }
}
