//! Names of rotated logs, as logrotate makes them.

use std::cmp::Reverse;

/// What a file name says of rotation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    /// Name of the live log.
    pub(crate) base: String,
    /// How old the file is among those of its base.
    pub(crate) age: Age,
}

/// Age of a rotated file; the oldest sorts first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Age {
    /// `error.log-20260329`, with the time of day or Unix seconds where `dateformat` adds them.
    Dated(String),
    /// `error.log.2`: the higher, the older.
    Numbered(Reverse<u64>),
    /// Not rotated.
    Live,
}

/// Reads a file name: `error.log`, `error.log.1`, `error.log.2.gz`, `error.log-20260329.gz`.
pub(crate) fn read(name: &str) -> Name {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let live = || Name { base: plain.to_owned(), age: Age::Live };
    if let Some((base, suffix)) = plain.rsplit_once('.')
        && !base.is_empty()
        && (1..=4).contains(&suffix.len())
        && let Ok(number) = suffix.parse()
    {
        return Name { base: base.to_owned(), age: Age::Numbered(Reverse(number)) };
    }
    // The date may have dashes of its own (`dateformat -%Y-%m-%d`).
    let dated = plain.char_indices().filter(|(_, c)| matches!(c, '-' | '.')).find_map(|(at, _)| {
        let (base, rest) = plain.split_at_checked(at)?;
        let date = rest.get(1..)?;
        let digits = date.bytes().filter(u8::is_ascii_digit).count();
        let shape = date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let year = date.starts_with("19") || date.starts_with("20");
        (shape && year && (8..=18).contains(&digits) && !base.is_empty())
            .then(|| Name { base: base.to_owned(), age: Age::Dated(date.replace('-', "")) })
    });
    dated.unwrap_or_else(live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logrotate() {
        let base = |name: &str| read(name).base;
        for name in [
            "error.log",
            "error.log.1",
            "error.log.12.gz",
            "error.log-20260329",
            "error.log-20260329.gz",
            "error.log-2026-03-29",
            "error.log.2026-03-29.gz",
            "error.log-20260329-1774778400",
        ] {
            assert_eq!(base(name), "error.log", "{name}");
        }
        assert_eq!(read("php8.2-fpm.log").age, Age::Live);
        assert_eq!(read("site-1.error.log").age, Age::Live);
        assert_eq!(read("php8.2-fpm.log.1").base, "php8.2-fpm.log");
    }

    #[test]
    fn the_oldest_first() {
        let mut names = vec!["e.log", "e.log.10.gz", "e.log.1", "e.log.2.gz"];
        names.sort_by_key(|n| read(n).age);
        assert_eq!(names, ["e.log.10.gz", "e.log.2.gz", "e.log.1", "e.log"]);
        let mut dated = vec!["e.log", "e.log-20260401", "e.log-20260329.gz"];
        dated.sort_by_key(|n| read(n).age);
        assert_eq!(dated, ["e.log-20260329.gz", "e.log-20260401", "e.log"]);
    }
}
