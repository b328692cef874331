//! Reads logs, in parallel and in bounded memory, and folds their events.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use logscan_catalogue::Catalogue;
//! use logscan_scan::{Event, Folder, Inputs, Scan};
//!
//! /// Counts the events of one cause.
//! struct Crashes;
//!
//! impl Folder for Crashes {
//!     type Part = u64;
//!     fn part(&self) -> u64 { 0 }
//!     fn add(&self, count: &mut u64, event: &Event<'_>) {
//!         *count += u64::from(event.kind.cause == "php-fpm-crash");
//!     }
//! }
//!
//! let inputs = Inputs::collect(["/var/log/nginx/error.log"], true);
//! let mut total = 0;
//! let outcome = Scan::new(Catalogue::builtin()).run(&inputs, &Crashes, |count, _| {
//!     total += count;
//!     ControlFlow::Continue(())
//! });
//! println!("{total} of {} records", outcome.inputs.iter().map(|i| i.records).sum::<u64>());
//! ```
//!
//! # How it reads
//!
//! A plain file is cut into spans that workers read by position, side by side; a stream (gzip, standard input,
//! a pipe) is read by one worker. No file is mapped into memory: a log that is truncated under a mapping kills
//! the process. Parts of the fold come back in the order of the files and of the bytes in them, so the result
//! does not depend on the number of threads or the size of spans.

mod ahead;
mod block;
mod boot;
mod clock;
mod detect;
mod discover;
mod event;
mod gather;
mod grammar;
mod gunzip;
mod input;
mod pieces;
mod prepare;
mod problem;
mod progress;
mod rotation;
mod run;
mod seek;
mod span;
mod stats;
mod torn;
mod when;
mod zone;

pub use discover::{Discovery, FoundLog, NamedFormat, Note, Role, Server, Why};
pub use event::{Event, Unnamed};
pub use input::{Found, Input, Inputs};
pub use logscan_catalogue::Timestamp;
pub use problem::{Problem, What};
pub use progress::Progress;
pub use run::{Folder, Outcome, Place, Scan};
pub use stats::InputStats;
pub use when::{WhenError, parse_when};
pub use zone::{Zone, ZoneError};
