//! When events happened, on one clock of the origin.

use std::collections::HashMap;

use logscan_parser::Source;

use crate::event::Event;
use crate::span::{SECOND, Span};

/// The interval in which each event happened: logs cut their stamps.
#[derive(Debug)]
pub(crate) struct Times {
    spans: Vec<Span>,
}

impl Times {
    /// Of events as they are stamped, moved by what the clock of each source is off.
    pub(crate) fn new(events: &[Event], shifts: &HashMap<Source, i64>) -> Times {
        let spans = events
            .iter()
            .map(|event| {
                let shift = event.source.and_then(|s| shifts.get(&s)).copied().unwrap_or(0);
                let at = event.at.micros().saturating_add(shift);
                Span::new(at, at + if event.fine { 999 } else { SECOND - 1 })
            })
            .collect();
        Times { spans }
    }

    pub(crate) fn of(&self, event: usize) -> Span {
        self.spans.get(event).copied().unwrap_or_default()
    }
}
