//! Reports and what was kept of the logs to attributions.

use std::time::Duration;

use logscan_catalogue::Catalogue;

use crate::attribution::{Attribution, Correlation, Join, Verdict};
use crate::report::Report;
use crate::sieve::Gathered;

/// How to correlate.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Settings<'c> {
    /// Where kinds and causes come from.
    pub catalogue: &'c Catalogue,
    /// How far from a report evidence may lie.
    pub window: Duration,
    /// The edge's time minus the origin's, in seconds, where it is known; otherwise it is found out.
    pub clock_offset: Option<f64>,
}

impl<'c> Settings<'c> {
    /// With a window of 30 seconds, and clocks to be found out.
    pub fn new(catalogue: &'c Catalogue) -> Settings<'c> {
        Settings { catalogue, window: Duration::from_secs(30), clock_offset: None }
    }
}

/// Explains each report, or says that the logs do not.
pub fn correlate(reports: &[Report], _gathered: Gathered, settings: Settings<'_>) -> Correlation {
    let Some((none, _)) = settings.catalogue.cause_named("no-origin-evidence") else {
        return Correlation::default();
    };
    let unexplained = Attribution {
        verdict: Verdict::Unexplained,
        cause: none,
        confidence: 0.0,
        join: Join::None,
        evidence: Vec::new(),
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        look_next: Vec::new(),
    };
    Correlation { attributions: vec![unexplained; reports.len()], ..Correlation::default() }
}
