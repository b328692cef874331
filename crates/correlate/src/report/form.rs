//! What a file of reports is, told by its beginning.

use super::json::{is_list, parse};
use super::stamp::{Cursor, whole};
use super::table::Table;
use super::text::is_timed;
use super::when::Clock;

/// Lines that the form is told by.
const LINES: usize = 200;

/// Bytes that dates are looked for in, to tell whether they begin with the day.
const DATES: usize = 1 << 16;

/// What a file of reports was taken for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Form {
    /// JSON, a value a line: Logpush, Logpull, Instant logs.
    JsonLines,
    /// One JSON document, or several that run over lines: analytics, monitors, HAR.
    Json,
    /// CSV, TSV and the like.
    Table,
    /// A list with a time or a Ray ID in each line.
    Times,
    /// A web page.
    Html,
    /// Other text: an error page that was copied, a ticket, a mail.
    Text,
}

impl Form {
    /// The name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Form::JsonLines => "JSON lines",
            Form::Json => "JSON",
            Form::Table => "table",
            Form::Times => "list of times",
            Form::Html => "web page",
            Form::Text => "text",
        }
    }
}

/// The form of a file, and how its tables are laid out.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) form: Form,
    pub(super) table: Option<Table>,
}

/// Tells the form by the beginning of a file.
pub(super) fn detect(head: &[u8], complete: bool, clock: &Clock<'_>) -> Layout {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let text = String::from_utf8_lossy(head);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(LINES).collect();
    let plain = |form| Layout { form, table: None };
    if let Some(form) = json(&lines, complete || head.contains(&b'\n')) {
        return plain(form);
    }
    let first = lines.first().map_or("", |l| l.trim_start());
    if first.starts_with('<') && !first.starts_with("< ") {
        return plain(Form::Html);
    }
    // Tables may have blank lines, which do not count as rows.
    let skipped = text.lines().take_while(|l| l.trim().is_empty()).count();
    let near: Vec<&str> = text.lines().skip(skipped).take(LINES).collect();
    if let Some(mut table) = Table::detect(&near, clock) {
        table.skip += if table.skip > 0 { skipped } else { 0 };
        return Layout { form: Form::Table, table: Some(table) };
    }
    let timed = lines.iter().filter(|l| is_timed(l, clock.hints())).count();
    let listed = lines.first().is_some_and(|l| whole(l.as_bytes(), clock.hints()).is_some());
    plain(if listed || timed * 2 > lines.len() { Form::Times } else { Form::Text })
}

/// JSON lines or one document, if it is JSON. `ended`: the first line is whole.
fn json(lines: &[&str], ended: bool) -> Option<Form> {
    let first = lines.first()?.trim();
    let rest = first.strip_prefix(['{', '['])?.trim_start();
    let begins = match first.as_bytes().first()? {
        b'{' => rest.is_empty() || rest.starts_with(['"', '}']),
        _ => rest.is_empty() || rest.starts_with(['{', '[', ']', '"']) || is_list_of_numbers(rest),
    };
    if !begins {
        return None;
    }
    if !ended {
        return Some(Form::Json);
    }
    if let Ok(value) = parse(first) {
        // One document in one line; records of several such lines are told by the line.
        let alone = lines.len() == 1 && is_list(&value);
        return Some(if alone { Form::Json } else { Form::JsonLines });
    }
    // A list with a record a line, or lines of which the first is broken. A document that goes on in the next line has
    // a comma behind its records.
    let second = lines.get(1).map_or("", |l| l.trim_end());
    let second = if first == "[" { second.trim_start().trim_end_matches(',') } else { second };
    Some(if second.starts_with('{') && parse(second).is_ok() { Form::JsonLines } else { Form::Json })
}

/// `1795356187, ...`, but not `22/Nov/2026:14:03:07 +0000] ...`.
fn is_list_of_numbers(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits >= 10
        && text
            .get(digits..)
            .is_some_and(|t| t.trim_start().is_empty() || t.trim_start().starts_with([',', ']']))
}

/// Whether dates with slashes begin with the day, as a day of 13 or more shows.
pub(super) fn is_day_first(head: &[u8]) -> bool {
    let mut before = 0u8;
    for (position, byte) in head.iter().take(DATES).enumerate() {
        if byte.is_ascii_digit() && !before.is_ascii_alphanumeric() && before != b'/' {
            let mut cursor = Cursor::new(head.get(position..).unwrap_or_default());
            let mut date = || {
                let first = cursor.short()?;
                cursor.take(b'/')?;
                let second = cursor.short()?;
                cursor.take(b'/')?;
                (cursor.digits(5) == 4).then_some((first, second))
            };
            match date() {
                Some((13..=31, 1..=12)) => return true,
                Some((1..=12, 13..=31)) => return false,
                _ => {}
            }
        }
        before = *byte;
    }
    false
}
