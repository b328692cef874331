//! What could not be read, or was read with a reservation.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::gunzip::is_damage;
use logscan_catalogue::Timestamp;

/// Something about an input that the user must be told.
#[derive(Debug)]
pub struct Problem {
    /// The input, `-` for standard input.
    pub path: PathBuf,
    /// What is the matter.
    pub what: What,
}

/// The matters.
#[derive(Debug)]
#[non_exhaustive]
pub enum What {
    /// No such file.
    NotFound,
    /// No file fits a pattern.
    NoMatch,
    /// The file or folder may not be read.
    Permission,
    /// Reading failed; what came before has been used.
    Io(io::Error),
    /// A folder has no log that is known.
    NoLogs,
    /// The file is no log that is known: what it looks like.
    Foreign(&'static str),
    /// A file in a folder that was named is no log that is known: what it looks like.
    PassedOver(&'static str),
    /// The gzip data break off or are broken; every whole line before has been used.
    DamagedGzip {
        /// Bytes that were unpacked before.
        after: u64,
    },
    /// A socket, a block device: nothing that a log is written to.
    NotAFile,
    /// The file has no bytes.
    Empty,
    /// The last line has no newline: it is being written, or was cut.
    Torn {
        /// Its length in bytes.
        bytes: u64,
    },
    /// Times count from the machine's start, and this machine's is taken for it.
    BootAssumed {
        /// When this machine was started.
        boot: Timestamp,
    },
    /// Times count from the machine's start, which is not known.
    BootUnknown,
    /// Lines longer than a record is kept; their ends were passed over.
    LongLines {
        /// How many.
        count: u64,
        /// Number of the first, from 1, where lines are counted.
        first: Option<u64>,
    },
    /// Lines that are no record and belong to none.
    Unrecognized {
        /// How many.
        count: u64,
        /// Number of the first, from 1, where lines are counted.
        first: Option<u64>,
    },
}

impl Problem {
    pub(crate) fn new(path: impl AsRef<Path>, what: What) -> Problem {
        Problem { path: path.as_ref().to_owned(), what }
    }

    pub(crate) fn from_io(path: impl AsRef<Path>, error: io::Error) -> Problem {
        let what = match error.kind() {
            io::ErrorKind::NotFound => What::NotFound,
            io::ErrorKind::PermissionDenied => What::Permission,
            _ => What::Io(error),
        };
        Problem::new(path, what)
    }

    /// Reading failed after so many bytes, unpacked.
    pub(crate) fn from_reading(path: impl AsRef<Path>, error: io::Error, after: u64) -> Problem {
        if is_damage(&error) {
            return Problem::new(path, What::DamagedGzip { after });
        }
        Problem::from_io(path, error)
    }

    /// Whether something that was asked for was not read.
    pub fn is_failure(&self) -> bool {
        match self.what {
            What::NotFound
            | What::NoMatch
            | What::Permission
            | What::Io(_)
            | What::NoLogs
            | What::Foreign(_)
            | What::DamagedGzip { .. }
            | What::NotAFile => true,
            What::PassedOver(_)
            | What::BootAssumed { .. }
            | What::BootUnknown
            | What::Empty
            | What::Torn { .. }
            | What::LongLines { .. }
            | What::Unrecognized { .. } => false,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, first: &Option<u64>| match first {
            Some(line) => write!(f, " (the first is line {line})"),
            None => Ok(()),
        };
        match self {
            What::NotFound => f.write_str("no such file or folder"),
            What::NoMatch => f.write_str("no file fits this pattern"),
            What::Permission => f.write_str(
                "permission denied; run with sudo, or join the group that may read it (on Debian: usermod -aG adm USER)",
            ),
            What::Io(error) => write!(f, "cannot be read: {error}"),
            What::NoLogs => f.write_str("no log that is known in this folder"),
            What::BootAssumed { boot } => write!(
                f,
                "its times count from the machine's start, taken to be this machine's ({boot}); \
                 for a log of another machine or run, give --boot-time"
            ),
            What::BootUnknown => f.write_str(
                "its times count from a machine's start, which is not known: its records have no time; \
                 give --boot-time (`uptime -s` on that machine), or use dmesg --time-format iso",
            ),
            What::Foreign(looks) | What::PassedOver(looks) => write!(f, "not read: {looks}"),
            What::DamagedGzip { after } => {
                write!(f, "damaged or truncated gzip after {after} unpacked bytes; all whole lines before were used")
            }
            What::NotAFile => f.write_str("not a file that logs are written to"),
            What::Empty => f.write_str("empty"),
            What::Torn { bytes } => {
                write!(f, "the last line ({bytes} bytes) has no newline: still being written, or cut")
            }
            What::LongLines { count, first } => {
                let s = if *count == 1 { "" } else { "s" };
                write!(f, "{count} line{s} longer than 1 MiB; the rest of each was passed over")?;
                at(f, first)
            }
            What::Unrecognized { count, first } => {
                let (s, are) = if *count == 1 { ("", "is") } else { ("s", "are") };
                write!(f, "{count} line{s} {are} no record of a known log")?;
                at(f, first)
            }
        }
    }
}
