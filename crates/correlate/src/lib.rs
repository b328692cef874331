//! Why was it a 520? Matches reported edge errors with what an origin's logs say.
//!
//! Reports come in through [`report`], events and requests of the logs as a stream of [`Event`]s, and out comes one
//! [`Attribution`] a report: its cause, how sure, by which lines; or the plain word that the logs hold no answer.
//!
//! The crate reads no log files and writes nothing: who feeds it decides where bytes come from.

pub mod report;

mod answer;
mod assign;
mod attribution;
mod blind;
mod chance;
mod clock;
mod correlate;
mod event;
mod join;
mod odds;
mod origin;
mod plausible;
mod ray;
mod rng;
mod same;
mod shared;
mod shifts;
mod sieve;
mod span;
mod stab;
mod texts;
mod words;

pub use attribution::{
    Advice, Alternative, Attribution, CauseCount, Clock, Correlation, Evidence, Join, Method, Role, Verdict,
};
pub use correlate::{Settings, correlate};
pub use event::{Event, Rest};
pub use plausible::{Fit, LineRow, Plausibility, Row, Statuses, Table};
pub use ray::RayId;
pub use shared::Word;
pub use sieve::{Coverage, Gathered, Kept, Sieve};
