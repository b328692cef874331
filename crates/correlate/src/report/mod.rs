//! Reported edge errors, as users have them: exports of Cloudflare, of monitors, lists of times, error pages.
//!
//! [`read`] takes a file in any of the forms below, tells which one it is from its beginning, and gives a [`Batch`].
//! [`read_time`] takes a single time or Ray ID, as on a command line.
//!
//! ```
//! use logscan_correlate::report::{ReadOptions, read};
//!
//! let text = b"timestamp;status;ray id\n2026-11-22 14:03:07;520;a5e879cb61d3c7e5\nyesterday;520;\n";
//! let batch = read(&text[..], &ReadOptions::default())?;
//! assert_eq!(batch.reports[0].status, Some(520));
//! assert_eq!(batch.problems[0].to_string(), "line 3: no time in it");
//! # Ok::<(), logscan_correlate::report::ReadError>(())
//! ```
//!
//! # Forms
//!
//! Gzip is unpacked, UTF-16 recoded; a byte order mark and either end of lines do no harm. Keys and names of columns
//! are read without regard to case, blanks, dashes and underscores, and unknown ones are passed over.
//!
//! | form | a sample |
//! | --- | --- |
//! | Logpush, Logpull, Instant logs: JSON lines of `http_requests`, also behind a prefix or in `{"events":[...]}` | `{"EdgeResponseStatus":520,"EdgeStartTimestamp":1795356187420000000,"RayID":"a5e879cb61d3c7e5"}` |
//! | Log Explorer | `{"result":[{"edgestarttimestamp":"2026-11-22T14:03:07Z","edgeresponsestatus":520}],"success":true}` |
//! | GraphQL, rows | `{"data":{"viewer":{"zones":[{"httpRequestsAdaptive":[{"datetime":"2026-11-22T14:03:07Z","edgeResponseStatus":520}]}]}}}` |
//! | GraphQL, groups: a stretch of time and a count | `... [{"count":37,"dimensions":{"datetimeMinute":"2026-11-22T14:03:00Z","edgeResponseStatus":520}}]` |
//! | GraphQL, older groups with counts by status | `{"httpRequests1hGroups":[{"dimensions":{"datetime":"2026-11-22T14:00:00Z"},"sum":{"responseStatusMap":[{"edgeResponseStatus":520,"requests":37}]}}]}` |
//! | other JSON: lists of objects, of times, of Ray IDs | `[{"time":"2026-11-22T14:03:07Z","status":520}]` |
//! | tables with names: comma, semicolon, tab or bar; day and time in one column or two | `timestamp,status,ray_id,host,method,uri,client_ip` |
//! | tables with a column of counts; the step of their times is the stretch | `Time (UTC),Requests` |
//! | tables without names, as Logpush writes CSV: columns are told by what all their cells are | `"203.0.113.77",1795356187420000000,520,0,"a5e879cb61d3c7e5"` |
//! | a time a line, with or without a status, a host, a path | `2026-11-22 14:03:07 520 shop.example.com /checkout/` |
//! | a Ray ID a line, which carries its own time | `a5e879cb61d3c7e5-FRA` |
//! | lines of an access log of the edge | `203.0.113.77 - - [22/Nov/2026:14:03:07 +0000] "GET / HTTP/1.1" 520 7168` |
//! | error pages as text, in the new layout and the old | `Error 520 Ray ID: a5e879cb61d3c7e5 • 2026-11-22 14:03:08 UTC` |
//! | error pages as HTML | `<title>shop.example.com \| 520: Web server is returning an unknown error</title>` |
//! | error answers for programs: RFC 9457, Markdown | `{"status":520,"ray_id":"a5e879cb61d3c7e5","timestamp":"2026-11-22T14:03:08Z","cloudflare_error":true}` |
//! | heads of responses | `cf-ray: a5e879cb61d3c7e5-FRA` below `date: Sun, 22 Nov 2026 14:03:08 GMT` |
//! | tickets and mails | `At 2026-11-22 14:03:08 UTC we saw a 520, Ray ID: a5e879cb61d3c7e5.` |
//! | Uptime Kuma, webhook or table; its times are UTC | `{"heartbeat":{"status":0,"time":"2026-11-22 14:03:08.123","msg":"Request failed with status code 520"}}` |
//! | UptimeRobot, `logs` of its API or CSV | `{"type":1,"datetime":1795356188,"reason":{"code":"520"}}` |
//! | Pingdom, `results` | `{"results":[{"time":1795356188,"status":"down","statusdesc":"520"}]}` |
//! | StatusCake, alerts and history | `{"data":[{"status":"down","status_code":520,"triggered_at":"2026-11-22T14:03:08Z"}]}` |
//! | Upptime, an issue as GitHub's API gives it | `{"body":"shop was **down**: HTTP code: 521","created_at":"2026-11-22T14:03:30Z"}` |
//! | Cloudflare's notifications; the errors lie in the five minutes before | `{"ts":1795356300,"alert_type":"http_alert_origin_error"}` |
//! | HAR | `{"log":{"entries":[{"startedDateTime":"2026-11-22T15:03:07.420+01:00","response":{"status":520}}]}}` |
//!
//! Lines are judged one by one: JSON among plain times is read as JSON. Lines of a page or a ticket tell one report
//! together. Documents that are no lists of lines are read as a whole, up to 256 MiB, everything else as a stream.
//!
//! # Times
//!
//! Stamps without a zone are UTC, or of [`ReadOptions::zone`]. A report is as exact as its stamp: `14:03` is a
//! minute, `14:03:07.420` a millisecond. A Ray ID whose time agrees with a stamp dates the request to a hundredth of a
//! second, and with the time of an error page tells how long the edge waited.
//!
//! `03/04/2026` is the fourth of March, unless a date near the beginning of the file shows that days come first.
//!
//! # What is no report
//!
//! Requests with a status below 500 or one that is not [wanted](Wanted), Cloudflare's own requests, and monitors'
//! all-clears are counted in [`LeftOut`]; a sample of the requests is kept in [`Batch::others`], since their times tell
//! how clocks differ.

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

#[cfg(test)]
mod tests;

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
