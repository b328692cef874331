//! Reported edge errors, as users have them: exports of Cloudflare, of monitors, lists of times, error pages.

mod batch;
mod column;
mod fields;
mod form;
mod given;
mod internal;
mod json;
mod options;
mod problem;
mod ray_text;
mod read;
mod request;
mod sample;
mod source;
mod stamp;
mod state;
mod table;
mod text;
mod when;

use std::time::Duration;

use logscan_catalogue::Timestamp;

pub use batch::{Batch, LeftOut};
pub use form::Form;
pub use given::read_time;
pub use options::{ReadOptions, ToInstant, Wanted};
pub use problem::{Problem, ReadError, What};
pub use read::read;

use crate::ray::RayId;

/// An error that a visitor or a monitor saw at the edge.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Where it was read: number of the report file, and line or record in it, from 1.
    pub file: u32,
    /// Line in that file, from 1; for a document that is no list of lines, the number of the record.
    pub line: u64,
    /// When, on the edge's clock.
    pub when: Option<When>,
    /// How many errors it stands for: rows of grouped analytics count several.
    pub count: u64,
    /// The status that the visitor saw.
    pub status: Option<u16>,
    /// Ray ID of the request.
    pub ray: Option<RayId>,
    /// Host that was asked for.
    pub host: Option<String>,
    /// Method of the request.
    pub method: Option<String>,
    /// Path of the request, with its query where `whole_uri` says so.
    pub uri: Option<String>,
    /// The URI is known with its query.
    pub whole_uri: bool,
    /// Address of the visitor.
    pub client: Option<String>,
    /// Address that the edge connected from.
    pub edge: Option<String>,
    /// What the origin answered: `Some(0)` is nothing.
    pub origin_status: Option<u16>,
    /// How long the edge was busy with the request.
    pub took: Option<Duration>,
    /// How long the edge waited for the origin.
    pub origin_took: Option<Duration>,
    /// How long the edge waited for the head of the origin's response; 0 where none came.
    pub header_wait: Option<Duration>,
    /// Time of the TCP handshake; 0 where a kept connection was used or none was made.
    pub tcp_handshake: Option<Duration>,
    /// Time of the TLS handshake.
    pub tls_handshake: Option<Duration>,
    /// What became of the request in the edge's cache: `dynamic`, `hit`, `miss` ..., in lower case.
    pub cache: Option<String>,
    /// Address of the origin.
    pub origin: Option<String>,
}

/// A time on the edge's clock, as exactly as the report tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    /// Not before this.
    pub from: Timestamp,
    /// Before this.
    pub until: Timestamp,
    /// What happened then.
    pub moment: Moment,
}

/// Which moment of a request a time is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Moment {
    /// Its beginning.
    Start,
    /// Its end: error pages and monitors tell when they saw the error.
    End,
    /// Any: the request was running at some time in the interval.
    Within,
}
