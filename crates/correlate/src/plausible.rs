//! Which cause can show as which status at the edge.

use logscan_catalogue::CauseId;

/// How well a cause fits a status.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// From 0, impossible, to 1, what this cause makes as a rule.
    pub weight: f64,
}

/// The table of causes and statuses.
#[derive(Clone, Debug, Default)]
pub struct Plausibility {
    rows: Vec<(CauseId, u16, Fit)>,
}
