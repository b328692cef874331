//! Why was it a 520? Matches reported edge errors with what an origin's logs say.
//!
//! Reports come in through [`report`], events and requests of the logs as a stream of [`Event`]s, and out comes one
//! [`Attribution`] a report: its cause, how sure, by which lines; or the plain word that the logs hold no answer.
//!
//! The crate reads no log files and writes nothing: who feeds it decides where bytes come from.
//!
//! ```
//! use logscan_catalogue::{Catalogue, Timestamp};
//! use logscan_correlate::report::{self, ReadOptions};
//! use logscan_correlate::{Coverage, Gathered, Kept, Settings, Sieve, Verdict, correlate};
//! use logscan_parser::{Frames, Source};
//!
//! let reported = b"timestamp,status,host,uri\n2026-11-23T12:00:18Z,502,example.com,/cart\n";
//! let reported = report::read(&reported[..], &ReadOptions::default()).unwrap();
//! let log = b"2026/11/23 12:00:18 [crit] 812#812: *5 connect() to unix:/run/php/php8.2-fpm.sock failed (2: No such \
//! file or directory) while connecting to upstream, client: 192.0.2.7, server: example.com, request: \"GET /cart \
//! HTTP/1.1\", upstream: \"fastcgi://unix:/run/php/php8.2-fpm.sock:\", host: \"example.com\"\n";
//!
//! // What can matter to some report is kept; of a log of any size that is little.
//! let catalogue = Catalogue::builtin();
//! let sieve = Sieve::new(&reported.reports, catalogue);
//! let mut kept = Kept::default();
//! let mut last = None;
//! for frame in Frames::new(log) {
//!     let Some(record) = frame.record() else { continue };
//!     // This log is in UTC.
//!     last = record.at.map(|stamp| Timestamp::from_seconds(stamp.civil().seconds)).or(last);
//!     sieve.add(&mut kept, &record, catalogue.name(&record), last, frame.offset as u64, frame.line);
//! }
//! let mut gathered = Gathered::default();
//! gathered.merge(kept, 0, Some(1));
//! gathered.covers(Coverage::new(0, Source::NginxError, last, last));
//!
//! let answers = correlate(&reported.reports, gathered, &Settings::new(catalogue));
//! let answer = &answers.attributions[0];
//! assert_eq!(answer.verdict, Verdict::Explained);
//! assert_eq!(catalogue.cause(answer.cause).unwrap().id, "fpm-down");
//! let line = &answers.events[answer.evidence[0].event];
//! assert_eq!(line.line, Some(1));
//! ```
//!
//! # How an answer comes about
//!
//! First the origin alone: requests and the lines about them, why each failed, and states that the logs prove. Then
//! the clocks: how far the edge's is ahead. Then reports are tied to requests by Ray ID, by what was asked for and
//! when, and by time alone, always so that all ties together cost least. What time alone explains is weighed against
//! what chance would have explained. [`Plausibility`] says which cause can make which status.

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
#[cfg(test)]
mod story;
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
