//! Severity levels of log lines.

use std::fmt;

/// The level a line was written at, from the gravest to the finest.
///
/// nginx's eight levels (`src/core/ngx_log.c: err_levels`). php-fpm's five (`sapi/fpm/fpm/zlog.c:
/// level_names`) are the same notions under other names: `ALERT`, `ERROR`, `WARNING`, `NOTICE`, `DEBUG`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// The program cannot go on.
    Emerg,
    /// Something is broken that must be repaired at once.
    Alert,
    /// Critical conditions.
    Crit,
    /// A request or an operation failed.
    Error,
    /// Something unusual that did not fail.
    Warn,
    /// Normal but significant.
    Notice,
    /// For information; not written by default.
    Info,
    /// For debugging; not written by default.
    Debug,
}

impl Level {
    /// All levels, the gravest first.
    pub const ALL: [Level; 8] = [
        Level::Emerg,
        Level::Alert,
        Level::Crit,
        Level::Error,
        Level::Warn,
        Level::Notice,
        Level::Info,
        Level::Debug,
    ];

    /// nginx's name of the level.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Emerg => "emerg",
            Level::Alert => "alert",
            Level::Crit => "crit",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Notice => "notice",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }

    /// php-fpm's name of the level; nginx's where php-fpm has none like it.
    pub fn as_fpm(self) -> &'static str {
        match self {
            Level::Alert => "ALERT",
            Level::Error => "ERROR",
            Level::Warn => "WARNING",
            Level::Notice => "NOTICE",
            Level::Debug => "DEBUG",
            other => other.as_str(),
        }
    }

    /// The level of nginx's lower-case name, without brackets.
    pub fn from_nginx(name: &[u8]) -> Option<Level> {
        Some(match name {
            b"emerg" => Level::Emerg,
            b"alert" => Level::Alert,
            b"crit" => Level::Crit,
            b"error" => Level::Error,
            b"warn" => Level::Warn,
            b"notice" => Level::Notice,
            b"info" => Level::Info,
            b"debug" => Level::Debug,
            _ => return None,
        })
    }

    /// The level of php-fpm's upper-case name.
    pub fn from_fpm(name: &[u8]) -> Option<Level> {
        use Level::{Alert, Debug, Error, Notice, Warn};
        [Alert, Error, Warn, Notice, Debug].into_iter().find(|l| l.as_fpm().as_bytes() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
