//! Options of `logscan correlate`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::{Common, InputArgs, OutputArgs, WindowArgs};

/// Which errors were reported, and how they are matched with the logs.
#[derive(Debug, Args)]
pub(crate) struct CorrelateArgs {
    #[command(flatten)]
    pub(crate) window: WindowArgs,

    /// The errors that were seen at the edge: a file, `-` for standard input, a time or a Ray ID; repeatable
    ///
    /// A file is an export of Cloudflare (Logpush, GraphQL, CSV), of an uptime monitor, an error page, or a list of
    /// times or Ray IDs; plain or gzipped. What names no file is read as the time of one error
    /// ("2026-11-23 12:00:18", RFC 3339, @1795435218) or as its Ray ID.
    #[arg(
        long,
        value_name = "FILE|-|TIME",
        required = true,
        value_hint = ValueHint::FilePath,
        help_heading = "Reports"
    )]
    pub(crate) reported: Vec<PathBuf>,

    /// Take reports of these statuses only: 520, 520-527, 502,504; default: all from 500 on
    #[arg(
        long,
        value_name = "S",
        value_delimiter = ',',
        value_parser = statuses,
        help_heading = "Reports"
    )]
    pub(crate) status: Vec<RangeInclusive<u16>>,

    /// How far from a report its evidence may lie
    #[arg(long = "window", value_name = "D", default_value = "30s", value_parser = window, help_heading = "Reports")]
    pub(crate) reach: Duration,

    /// Cloudflare's clock minus the origin's: 3.7s, -90s, +1h, -0.4; `auto` finds it out
    #[arg(
        long,
        value_name = "D",
        default_value = "auto",
        value_parser = offset,
        allow_hyphen_values = true,
        help_heading = "Reports"
    )]
    pub(crate) clock_offset: Offset,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Form of the output
    #[arg(long, short, value_name = "F", default_value = "text", help_heading = "Output")]
    pub(crate) format: CorrelateFormat,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Exit status 1 where an error was reported, explained or not
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_code: bool,
}

impl CorrelateArgs {
    pub(crate) fn common(&self) -> Common<'_> {
        let CorrelateArgs { window, input, output, exit_code, .. } = self;
        Common { window, input, output, exit_code: *exit_code }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum CorrelateFormat {
    /// For people
    Text,
    /// One JSON value
    Json,
    /// One JSON object a line for each report
    Ndjson,
    /// Comma-separated values with a header, a row for each report
    Csv,
    /// For a ticket
    Markdown,
}

/// How far the clocks of edge and origin are apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Offset {
    /// To be found out.
    Auto,
    /// The edge's time minus the origin's, in seconds.
    Seconds(f64),
}

/// The widest window and the greatest offset, in seconds: more than any clock is wrong.
const FARTHEST: f64 = 366.0 * 86_400.0;

/// `520`, `520-527`.
fn statuses(text: &str) -> Result<RangeInclusive<u16>, String> {
    let code = |text: &str| text.trim().parse::<u16>().ok().filter(|s| (100..=999).contains(s));
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (code(first), code(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err("give a status such as 520, or a range such as 520-527".to_owned()),
    }
}

fn window(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text).filter(|s| *s > 0.0 && *s <= FARTHEST);
    let duration = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    duration.ok_or_else(|| "give a duration such as 30s, 500ms or 2m".to_owned())
}

fn offset(text: &str) -> Result<Offset, String> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(Offset::Auto);
    }
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1.0, size),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let seconds = seconds(size).filter(|s| *s <= FARTHEST);
    let offset = seconds.map(|s| Offset::Seconds(if s == 0.0 { 0.0 } else { sign * s }));
    offset.ok_or_else(|| {
        "give seconds or a duration with its sign, such as 3.7s, -90s, +1h or -0.4, or auto".to_owned()
    })
}

/// `30s`, `1h30m`, `500ms`, `1.5m`, and `30` for seconds. Not negative.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text.trim();
    let mut first = true;
    while first || !rest.is_empty() {
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at_checked(letters)?;
        let factor = match unit {
            "" if first && after.is_empty() => 1.0,
            "ms" => 0.001,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        // A lone dot is no number, nor are two.
        total += number.parse::<f64>().ok()? * factor;
        (rest, first) = (after, false);
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_as_people_write_them() {
        let of = |text: &str| offset(text).ok();
        assert_eq!(of("auto"), Some(Offset::Auto));
        for (text, seconds) in [
            ("3.7s", 3.7),
            ("-90s", -90.0),
            ("+1h", 3600.0),
            ("-0.4", -0.4),
            ("0", 0.0),
            ("-0", 0.0),
            ("1h30m", 5400.0),
            ("-1.5m", -90.0),
            ("+250ms", 0.25),
        ] {
            assert_eq!(of(text), Some(Offset::Seconds(seconds)), "{text}");
        }
        for wrong in [
            "", "-", "+", "--1", "+-1", "s", "1x", "1 h", ".", "1..2", "1h30", "NaN", "inf", "1e9", "999d",
            "--format",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn windows_are_longer_than_nothing() {
        assert_eq!(window("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(window("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(window("45"), Ok(Duration::from_secs(45)));
        for wrong in ["0", "0s", "-5s", "", "soon", "400d"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn statuses_and_ranges() {
        assert_eq!(statuses("520"), Ok(520..=520));
        assert_eq!(statuses("520-527"), Ok(520..=527));
        for wrong in ["", "-", "5xx", "520-", "-520", "527-520", "99", "1000", "520-527-530"] {
            assert!(statuses(wrong).is_err(), "{wrong}");
        }
    }
}
