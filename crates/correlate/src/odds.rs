//! The table of plausible causes as it is asked in inner loops.

use logscan_catalogue::{Catalogue, CauseId};

use crate::plausible::{Plausibility, Table};

/// Statuses of access lines have three digits.
const STATUSES: u16 = 1000;

/// Weights of causes and of access lines, by status at the edge.
#[derive(Debug)]
pub(crate) struct Odds<'t> {
    table: Table<'t>,
    /// Statuses at the edge that have a row below; the last row is for an unknown one.
    edges: Vec<u16>,
    causes: Vec<Vec<f32>>,
    lines: Vec<Vec<f32>>,
}

#[allow(clippy::cast_possible_truncation)]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

impl<'t> Odds<'t> {
    pub(crate) fn new(catalogue: &'t Catalogue) -> Odds<'t> {
        let plausibility = Plausibility::builtin();
        let table = plausibility.for_catalogue(catalogue);
        let edges = plausibility.statuses().to_vec();
        let asked: Vec<Option<u16>> = edges.iter().map(|e| Some(*e)).chain([None]).collect();
        let cause_ids: Vec<CauseId> =
            catalogue.causes().filter_map(|c| catalogue.cause_named(&c.id)).map(|(id, _)| id).collect();
        let causes = asked
            .iter()
            .map(|edge| cause_ids.iter().map(|id| narrow(table.cause(*id, *edge).weight)).collect())
            .collect();
        let lines = asked
            .iter()
            .map(|edge| (0..STATUSES).map(|origin| narrow(plausibility.line(*edge, origin))).collect())
            .collect();
        Odds { table, edges, causes, lines }
    }

    fn row(&self, edge: Option<u16>) -> Option<usize> {
        match edge {
            None => Some(self.edges.len()),
            Some(edge) => self.edges.iter().position(|e| *e == edge),
        }
    }

    /// How well a cause fits a status, 0 to 1.
    pub(crate) fn weight(&self, cause: CauseId, edge: Option<u16>) -> f32 {
        match self.row(edge) {
            Some(row) => self.causes.get(row).and_then(|r| r.get(cause.index())).copied().unwrap_or(0.0),
            None => narrow(self.table.cause(cause, edge).weight),
        }
    }

    /// The same for a request of which the access log has the status.
    pub(crate) fn given(&self, cause: CauseId, edge: Option<u16>, origin: Option<u16>) -> f32 {
        match origin {
            Some(origin) => narrow(self.table.given(cause, edge, origin)),
            None => self.weight(cause, edge),
        }
    }

    /// How well the status of an access line goes with a status at the edge, 0 to 1.
    pub(crate) fn line(&self, edge: Option<u16>, origin: u16) -> f32 {
        match self.row(edge) {
            Some(row) => self.lines.get(row).and_then(|r| r.get(usize::from(origin))).copied().unwrap_or(0.0),
            None => f32::from(u8::from(edge == Some(origin))),
        }
    }
}
