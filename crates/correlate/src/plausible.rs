//! Which cause can show as which status at the edge.

use logscan_catalogue::{Catalogue, CauseId};

/// STUB
#[derive(Clone, Debug, Default)]
pub struct Plausibility {}
/// STUB
#[derive(Clone, Debug, Default)]
pub struct Fit {}

/// STUB
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<u16>>,
}

impl Table {
    pub(crate) fn new(catalogue: &Catalogue) -> Table {
        Table { rows: catalogue.causes().map(|c| c.edge.to_vec()).collect() }
    }
    pub(crate) fn weight(&self, cause: CauseId, status: Option<u16>) -> f32 {
        let row = self.rows.get(cause.index());
        match status {
            Some(s) => f32::from(u8::from(row.is_some_and(|r| r.contains(&s)))),
            None => f32::from(u8::from(row.is_some_and(|r| !r.is_empty()))),
        }
    }
    pub(crate) fn line(&self, edge: Option<u16>, origin: u16) -> f32 {
        match (edge, origin) {
            (Some(520), 444 | 9) => 1.0,
            (Some(520), 200..=399) => 0.3,
            (Some(520), 400..=499) => 0.1,
            (Some(524), 499) => 1.0,
            (Some(524), _) => 0.05,
            (Some(525 | 520), 400) => 0.3,
            (Some(a), b) if a == b => 1.0,
            (None, 500..) => 1.0,
            (None, 444 | 9) => 0.9,
            (None, 499) => 0.4,
            (None, _) => 0.1,
            _ => 0.0,
        }
    }
}
