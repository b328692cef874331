//! What pages for people are made of: labelled fields, numbers, times.

use std::io::{self, Write};

use logscan_scan::{Timestamp, Zone};

use crate::cli::style::{Look, wrapped};

/// A blank at which no line is broken.
pub(super) const TIE: char = '\u{a0}';

/// A text in lines of the width of the terminal.
pub(super) fn lines_of(text: &str, look: Look) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    wrapped(&mut lines, text, "", "", look)?;
    Ok(String::from_utf8_lossy(&lines).replace(TIE, " ").lines().map(str::to_owned).collect())
}

/// Width of the labels with the blanks round them.
pub(super) const INDENT: usize = 11;

/// A label and its text, wrapped and indented.
pub(super) fn field(out: &mut dyn Write, label: &str, text: &str, look: Look) -> io::Result<()> {
    hanging(out, label, text, 0, look)
}

/// The same with the lines after the first indented further.
pub(super) fn hanging(
    out: &mut dyn Write,
    label: &str,
    text: &str,
    further: usize,
    look: Look,
) -> io::Result<()> {
    let first = format!("  {label:<9}");
    let mut lines = Vec::new();
    wrapped(&mut lines, text, &first, &" ".repeat(INDENT + further), look)?;
    let first_shown = if label.is_empty() { first.clone() } else { look.dim(&first) };
    out.write_all(first_shown.as_bytes())?;
    out.write_all(lines.get(first.len()..).unwrap_or_default())
}

/// First and last time; the day once where both are of one day.
pub(super) fn from_to(first: Timestamp, last: Timestamp, zone: Zone) -> String {
    let (from, to) = (local(first, zone), local(last, zone));
    if from == to {
        return from;
    }
    let to = if from.get(..10) == to.get(..10) { to.get(11..).unwrap_or(&to) } else { &to };
    format!("{from} to {to}")
}

/// `2026-11-23 05:58:29` in the zone of the logs, to the second.
pub(super) fn local(at: Timestamp, zone: Zone) -> String {
    zone.civil(Timestamp { nanos: 0, ..at }).to_string()
}

pub(super) fn zone_name(zone: Zone) -> String {
    match zone {
        Zone::Machine => "local time".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn counted(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", thousands(n))
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let lead = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == lead {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_groups() {
        let all: Vec<String> = [0, 12, 123, 1234, 123_456, 1_234_567].into_iter().map(thousands).collect();
        assert_eq!(all, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }
}
