//! Tables: CSV, TSV and their kin, with or without a line of names.

mod guess;
mod split;

use std::borrow::Cow;

use super::batch::Row;
use super::column::{Column, column};
use super::fields::Fields;
use super::ray_text::is_ray;
use super::stamp;
use super::when::{Clock, Span};

/// What separates fields.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Lines at the beginning of a file that may stand before the names of columns.
const PREAMBLE: usize = 10;

/// Columns of a table without names; Logpush has some hundred fields.
const MAX_GUESSED: usize = 400;

/// Lines at the beginning of a file that a guess is made by.
const SAMPLE: usize = 64;

/// How a table is laid out.
#[derive(Clone, Debug)]
pub(super) struct Table {
    delimiter: u8,
    /// The names of columns, or nothing where they were guessed.
    heads: Vec<Head>,
    /// How many lines from the beginning are no rows.
    pub(super) skip: usize,
    /// The line with the names, as it stands: it comes again where files were joined.
    header: Option<String>,
    /// Rows count requests from their time on for so many seconds.
    bucket: Option<u64>,
}

/// A column.
#[derive(Clone, Debug)]
enum Head {
    /// What it is called.
    Named(String),
    /// What it was taken for.
    Guessed(Column),
    /// Of no interest.
    Other,
}

impl Table {
    /// The table that these first lines of a file are of.
    pub(super) fn detect(lines: &[&str], clock: &Clock<'_>) -> Option<Table> {
        let mut table = Table::with_header(lines, clock).or_else(|| Table::without_header(lines, clock))?;
        table.bucket = table.find_bucket(lines, clock);
        Some(table)
    }

    fn with_header(lines: &[&str], clock: &Clock<'_>) -> Option<Table> {
        for (number, line) in lines.iter().enumerate().take(PREAMBLE).filter(|(_, l)| !is_json(l)) {
            for delimiter in DELIMITERS {
                let Some(names) = split::split(line, delimiter) else { continue };
                let known: Vec<Column> = names.iter().filter_map(|n| column(n)).collect();
                let dates = known.iter().any(|c| is_time(*c));
                // A single name makes a table only at the top of a list of times.
                let under = lines.get(number + 1).and_then(|next| split::split(next, delimiter));
                let followed = || {
                    let times = names.iter().position(|n| column(n).is_some_and(is_time));
                    let cell = times.and_then(|at| under.as_ref()?.get(at));
                    cell.is_none_or(|t| stamp::whole(t.as_bytes(), clock.hints()).is_some() || is_ray(t))
                };
                let enough = known.len() >= 2 || (known.len() == 1 && number == 0 && followed());
                let is_row =
                    names.iter().any(|n| stamp::whole(n.as_bytes(), clock.hints()).is_some() || is_ray(n));
                let wordy = names.len() > 1 || delimiter == b',';
                if dates && enough && wordy && !is_row {
                    let heads = names.into_iter().map(|n| Head::Named(n.into_owned())).collect();
                    let header = Some((*line).to_owned());
                    return Some(Table { delimiter, heads, skip: number + 1, header, bucket: None });
                }
            }
        }
        None
    }

    fn without_header(lines: &[&str], clock: &Clock<'_>) -> Option<Table> {
        let lines: Vec<&str> = lines.iter().copied().filter(|l| !is_json(l)).collect();
        for delimiter in DELIMITERS {
            let rows: Vec<_> = lines.iter().take(SAMPLE).filter_map(|l| split::split(l, delimiter)).collect();
            let width = rows.first().map_or(0, Vec::len);
            let even = rows.iter().filter(|r| r.len() == width).count();
            if !(2..=MAX_GUESSED).contains(&width) || even * 4 < lines.len().min(SAMPLE) * 3 {
                continue;
            }
            let rows: Vec<_> = rows.into_iter().filter(|r| r.len() == width).collect();
            if let Some(columns) = guess::columns(&rows, width, clock) {
                let heads = columns.into_iter().map(|c| c.map_or(Head::Other, Head::Guessed)).collect();
                return Some(Table { delimiter, heads, skip: 0, header: None, bucket: None });
            }
        }
        None
    }

    /// How long the stretches are that rows with counts stand for: the longest usual one that fits all their times.
    fn find_bucket(&self, lines: &[&str], clock: &Clock<'_>) -> Option<u64> {
        let counts = |h: &Head| matches!(h, Head::Named(n) if column(n) == Some(Column::Count));
        if !self.heads.iter().any(counts) {
            return None;
        }
        let mut times = Vec::new();
        for line in lines.iter().skip(self.skip).take(SAMPLE) {
            let fields = self.fields(line)?;
            let Row::Request(report) = fields.row(clock) else { continue };
            times.push(report.when?.from.seconds);
        }
        let even = |step: i64| times.len() > 1 && times.iter().all(|t| t.rem_euclid(step) == 0);
        [3600, 1800, 900, 300, 60]
            .into_iter()
            .find(|step| even(*step))
            .and_then(|step| u64::try_from(step).ok())
    }

    /// The fields of a line; `None` where a quote is open at its end.
    pub(super) fn fields<'a>(&self, line: &'a str) -> Option<Fields<'a>> {
        let mut fields = Fields::new();
        for (head, text) in self.heads.iter().zip(split::split(line, self.delimiter)?) {
            match head {
                Head::Named(name) => fields.set_named(name, text),
                Head::Guessed(column) => fields.set(*column, text),
                Head::Other => {}
            }
        }
        Some(fields)
    }

    /// Whether a line is the line of names once more.
    pub(super) fn is_header(&self, line: &str) -> bool {
        self.header.as_deref() == Some(line)
    }

    /// What a row is.
    pub(super) fn row(&self, fields: &Fields<'_>, clock: &Clock<'_>) -> Row {
        let mut row = fields.row(clock);
        if let (Row::Request(report), Some(seconds)) = (&mut row, self.bucket)
            && report.ray.is_none()
            && let Some(when) = &mut report.when
        {
            let span = Span::new(when.from, seconds * stamp::SECOND);
            (when.until, when.moment) = (span.until.max(when.until), super::Moment::Within);
        }
        row
    }
}

/// Whether a line is of another form: records of JSON may stand among the rows.
fn is_json(line: &str) -> bool {
    line.trim_start().starts_with(['{', '['])
}

/// Whether a column tells a time, if only by a Ray ID.
fn is_time(column: Column) -> bool {
    if column == Column::MonitorTime {
        return true;
    }
    let mut fields = Fields::new();
    fields.set(column, Cow::Borrowed("x"));
    fields.has_time()
}
