//! What is kept of the logs: only what can matter to some report.

use logscan_catalogue::{Named, Timestamp};
use logscan_parser::{Record, Source};

use crate::event::Event;
use crate::report::Report;

/// Decides which records are kept, in workers side by side.
#[derive(Debug)]
pub struct Sieve {
    _private: (),
}

/// What was kept of a stretch of a log.
#[derive(Debug, Default)]
pub struct Kept {
    events: Vec<Event>,
}

/// What was kept of all logs.
#[derive(Debug, Default)]
pub struct Gathered {
    pub(crate) events: Vec<Event>,
}

/// An input as the correlation sees it: what it holds, from when to when.
#[derive(Clone, PartialEq, Debug)]
pub struct Coverage {
    /// Number of the input.
    pub input: u32,
    /// The log that it is.
    pub source: Source,
    /// Time of its first record.
    pub first: Option<Timestamp>,
    /// Time of its last record.
    pub last: Option<Timestamp>,
}

impl Sieve {
    /// A sieve for these reports.
    pub fn new(_reports: &[Report]) -> Sieve {
        Sieve { _private: () }
    }

    /// Keeps a record, if it can matter. `line` is counted from the start of the stretch.
    pub fn add(
        &self,
        kept: &mut Kept,
        record: &Record<'_>,
        named: Option<Named>,
        at: Option<Timestamp>,
        offset: u64,
        line: u64,
    ) {
        if let Some(event) = Event::of(record, named, at) {
            kept.events.push(Event { offset, line: Some(line), ..event });
        }
    }
}

impl Kept {
    /// Whether it should be handed over, for memory to stay bounded.
    pub fn is_full(&self) -> bool {
        self.events.len() >= 4096
    }
}

impl Gathered {
    /// Adds what was kept of a stretch of an input. `line_base` is the number of the stretch's first line, from 1.
    pub fn merge(&mut self, kept: Kept, input: u32, line_base: Option<u64>) {
        for mut event in kept.events {
            event.input = input;
            event.line = event.line.zip(line_base).map(|(line, base)| line + base);
            self.events.push(event);
        }
    }

    /// Says what an input covers, once it was read.
    pub fn covers(&mut self, _coverage: Coverage) {}
}
