//! Times and Ray IDs as they are given on a command line.

use logscan_catalogue::Timestamp;

use super::Report;
use super::batch::Row;
use super::options::{ReadOptions, ToInstant};
use super::problem::What;
use super::stamp::whole;
use super::text::times;
use super::when::Clock;

/// Reads one time in any of the forms of stamps, or a Ray ID: `2026-11-22 14:03:07`, `2026-11-22T14:03`,
/// `@1795356187`, `a5e879cb61d3c7e5-FRA`. Times without a zone are of `zone`, or else UTC.
///
/// # Errors
///
/// Where it is neither, or a time that cannot be; [`What`] has the words.
pub fn read_time(text: &str, zone: Option<&ToInstant<'_>>) -> Result<Report, What> {
    let options = ReadOptions { zone, now: Timestamp::now(), ..ReadOptions::default() };
    let clock = Clock { options: &options, day_first: false };
    let bytes = text.trim().as_bytes();
    let row = match whole(bytes, clock.hints()) {
        Some(seen) => times::row(seen, bytes, &clock),
        None => times::ray_alone(bytes, &clock).unwrap_or(Row::Bad(What::NoTime)),
    };
    match row {
        Row::Request(report) => Ok(Report { line: 1, ..*report }),
        Row::Bad(what) => Err(what),
        _ => Err(What::NoTime),
    }
}
