//! Makes logs of any size that look like those of a busy server, to measure logscan on.
//!
//! A [`Generator`] draws from the samples of the whole catalogue and varies in them what varies in life; requests of
//! an access log it makes up. It holds no log in memory, and the same seed gives the same bytes.
//!
//! ```
//! use logscan_benches::{Generator, Log};
//!
//! let mut log = Vec::new();
//! Generator::new(Log::NginxError, 7).write(10_000, &mut log).unwrap();
//! assert!(log.starts_with(b"2026/11/2") && log.len() >= 10_000);
//! ```

mod access;
mod generator;
mod incident;
pub mod layers;
mod mix;
mod random;
mod template;
mod values;

pub use generator::{Generator, Written};
pub use incident::{AccessFormat, Incident, Made};

/// Which log is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Log {
    /// nginx's error log at level info.
    NginxError,
    /// nginx's access log in the format `combined`.
    NginxAccess,
    /// php-fpm's error log.
    PhpFpm,
}
