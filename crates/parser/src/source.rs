//! The logs that records come from.

use std::fmt;

/// Which program's which log a record was written to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// nginx's error log.
    NginxError,
    /// php-fpm's error log (`error_log` of the `[global]` section) and pool access logs.
    PhpFpm,
    /// A pool's slow log.
    PhpSlow,
    /// Anything else.
    Other,
}

impl Source {
    /// The name used in output and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::NginxError => "nginx-error",
            Source::PhpFpm => "php-fpm",
            Source::PhpSlow => "php-slow",
            Source::Other => "other",
        }
    }

    /// The source of a name; `None` where there is none.
    pub fn from_name(name: &str) -> Option<Source> {
        [Source::NginxError, Source::PhpFpm, Source::PhpSlow, Source::Other]
            .into_iter()
            .find(|s| s.as_str() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
