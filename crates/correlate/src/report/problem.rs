//! What could not be read, or only with a reservation, in words for people.

use std::fmt;
use std::io;

/// Something in a file of reports that its user should know.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// Its line, or the number of the record where `record` says so; from 1.
    pub line: u64,
    /// `line` counts records of a document that is no list of lines.
    pub record: bool,
    /// What is the matter.
    pub what: What,
}

/// The matters.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum What {
    /// There is no time and no Ray ID.
    NoTime,
    /// It has the form of a time, but there is no such day or hour: as written.
    NoDay(String),
    /// A local time that the zone's clocks skip: as written.
    Skipped(String),
    /// The Ray ID stands alone, and the time it carries cannot be.
    OddRay(String),
    /// It begins as JSON and is none: what is wrong.
    BrokenJson(String),
    /// The time lies in the future; the report is kept.
    Future(String),
    /// Month and day could be the other way round: how it was read. Told once a file.
    DayOrMonth(String),
    /// The line is longer than lines are read.
    TooLong,
    /// The text cannot be read on from here: what happened.
    BrokenOff(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.record { "record" } else { "line" };
        write!(f, "{unit} {}: {}", self.line, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::NoTime => f.write_str("no time in it"),
            What::NoDay(text) => write!(f, "{text} is no date"),
            What::Skipped(text) => write!(f, "{text} does not exist in this zone: its clocks skip it"),
            What::OddRay(ray) => write!(f, "no time in it, and the Ray ID {ray} carries none that can be"),
            What::BrokenJson(why) => write!(f, "broken JSON ({why})"),
            What::Future(time) => write!(f, "{time} lies in the future"),
            What::DayOrMonth(time) => write!(f, "month or day first is not told; read as {time}"),
            What::TooLong => f.write_str("too long, passed over"),
            What::BrokenOff(why) => write!(f, "reading stopped ({why})"),
        }
    }
}

/// A file of reports cannot be used at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// It has no bytes, or blanks only.
    Empty,
    /// Its bytes are no text.
    Binary,
    /// No time and no Ray ID was found in it; what was found instead.
    NoTime(Vec<Problem>),
    /// A document that has to be read as a whole is larger than that: the limit in bytes.
    TooLarge(u64),
    /// Reading failed before anything was found.
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Empty => f.write_str("is empty"),
            ReadError::Binary => f.write_str("is no text: bytes of some other kind"),
            ReadError::NoTime(problems) => {
                f.write_str("holds no time and no Ray ID")?;
                match problems.first() {
                    Some(Problem { what: What::NoTime, .. }) | None => Ok(()),
                    Some(first) => write!(f, "; {first}"),
                }
            }
            ReadError::TooLarge(limit) => {
                write!(f, "is one document of more than {} MiB; ", limit >> 20)?;
                f.write_str("give its errors only, or one record a line (NDJSON)")
            }
            ReadError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}
