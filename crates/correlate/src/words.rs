//! What is said where the logs hold no answer, and what they lack.
//!
//! Reports that were looked at alike are answered in the same words, so that these are told once: what differs from
//! report to report is put in classes.

mod advice;
mod look_next;
mod reach;
mod ruled_out;
#[cfg(test)]
mod sample;
mod seen;
mod witnesses;

use logscan_catalogue::Timestamp;

use crate::origin::Served;
use crate::span::Span;

pub(crate) use advice::{Lacking, advice};
pub(crate) use reach::Reach;
pub(crate) use seen::Seen;
pub(crate) use witnesses::Witnesses;

/// More than that nobody reads at night.
const MOST: usize = 4;

/// What was ruled out, and where to look next: the likeliest first.
pub(crate) fn unexplained(seen: &Seen<'_>) -> (Vec<String>, Vec<String>) {
    (first(ruled_out::ruled_out(seen)), first(look_next::look_next(seen)))
}

/// That nothing was served, though much would have been usual.
pub(crate) fn silence(gap: Span, served: &Served) -> String {
    let (from, until) = (Timestamp::from_micros(gap.from), Timestamp::from_micros(gap.until));
    let usual = served.usual(gap);
    format!("No request was logged from {from} to {until}, where about {usual:.0} would have been usual.")
}

/// The first of some words, each once.
fn first(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if kept.len() < MOST && !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept
}
