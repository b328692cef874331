//! How reports are read.

use std::fmt;
use std::ops::RangeInclusive;

use logscan_catalogue::Timestamp;
use logscan_parser::Civil;

/// Makes an instant of a local time; `None` where the zone's clocks skip it.
pub type ToInstant<'z> = dyn Fn(Civil) -> Option<Timestamp> + 'z;

/// How to read a file of reports.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ReadOptions<'z> {
    /// The number of the file, for [`Report::file`](super::Report::file).
    pub file: u32,
    /// The statuses that are wanted.
    pub wanted: &'z Wanted,
    /// The zone of stamps that name none; without it, they are UTC.
    pub zone: Option<&'z ToInstant<'z>>,
    /// The time of now: later reports are told of, and stamps without a year lie before it.
    pub now: Timestamp,
}

/// Every status from 500.
static ERRORS: Wanted = Wanted(Vec::new());

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        ReadOptions { file: 0, wanted: &ERRORS, zone: None, now: Timestamp::now() }
    }
}

impl fmt::Debug for ReadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("file", &self.file)
            .field("wanted", &self.wanted)
            .field("zone", &self.zone.is_some())
            .field("now", &self.now)
            .finish()
    }
}

/// The statuses whose reports are wanted. A report that tells no status always is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted(Vec<RangeInclusive<u16>>);

impl Wanted {
    /// These; none stand for every status from 500.
    pub fn of(statuses: impl IntoIterator<Item = RangeInclusive<u16>>) -> Wanted {
        Wanted(statuses.into_iter().collect())
    }

    /// Whether a status is wanted.
    pub fn contains(&self, status: u16) -> bool {
        if self.0.is_empty() { status >= 500 } else { self.0.iter().any(|range| range.contains(&status)) }
    }
}
