//! Reading a file of reports.

use std::io::{self, BufRead, Read};

use super::batch::{Batch, Collector, Row};
use super::form::{Form, Layout, detect, is_day_first};
use super::json::{Records, parse, parse_all};
use super::options::ReadOptions;
use super::problem::{ReadError, What};
use super::source::{Line, Lines, MAX_DOCUMENT, Source};
use super::table::Table;
use super::text::{Stripper, Text};
use super::when::Clock;

/// Lines and bytes that a record of a table may run over.
const MAX_JOINED: (usize, usize) = (100, 1 << 16);

/// Reads reported errors in any of the forms that [this module](super) lists. Gzip is unpacked; memory does not grow
/// with the number of requests that are no errors.
///
/// # Errors
///
/// Where the file is empty, is no text, cannot be read, or holds no time at all. What is wrong with some of its lines
/// is told in [`Batch::problems`].
pub fn read<'r>(input: impl Read + 'r, options: &ReadOptions<'_>) -> Result<Batch, ReadError> {
    let source = Source::open(input)?;
    if source.complete && source.head.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    if memchr::memchr(0, &source.head).is_some() {
        return Err(ReadError::Binary);
    }
    let clock = Clock { options, day_first: is_day_first(&source.head) };
    let Layout { form, table } = detect(&source.head, source.complete, &clock);
    let mut collector = Collector::new(options);
    let read = match form {
        Form::Json => documents(source, clock, &mut collector),
        _ => {
            let mut reader = Reader {
                clock,
                form,
                table,
                text: Text::new(clock, matches!(form, Form::Times | Form::JsonLines)),
                page: Stripper::default(),
            };
            reader.lines(source.lines(), &mut collector).map_err(ReadError::Io)
        }
    };
    match read {
        Ok(()) => {}
        Err(ReadError::Io(error)) if collector.has_found() => {
            let line = collector.last_line() + 1;
            collector.problem(What::BrokenOff(error.to_string()), line, form == Form::Json);
        }
        Err(error) => return Err(error),
    }
    // A list that is empty, or a table of its head alone, is an answer: no errors.
    let empty_answer =
        matches!(form, Form::Json | Form::JsonLines | Form::Table) && !collector.has_problems();
    if collector.has_found() || empty_answer {
        Ok(collector.finish(form))
    } else {
        Err(ReadError::NoTime(collector.into_problems()))
    }
}

/// Reads JSON that runs over lines.
fn documents<'o>(
    source: Source<'_>,
    clock: Clock<'o>,
    collector: &mut Collector<'o>,
) -> Result<(), ReadError> {
    let Some(bytes) = source.whole()? else { return Err(ReadError::TooLarge(MAX_DOCUMENT)) };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut count = 0;
    let read = parse_all(text, |value| {
        let mut records = Records::of_document(collector, clock, count);
        records.take(&value);
        count = records.last();
    });
    if let Err(error) = read {
        let line = u64::try_from(error.line()).unwrap_or(1);
        collector.problem(What::BrokenJson(reason(&error)), line, false);
    }
    Ok(())
}

/// What is wrong with JSON; the line is told apart.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// Reads lines, each as what it is.
struct Reader<'o> {
    clock: Clock<'o>,
    form: Form,
    table: Option<Table>,
    text: Text<'o>,
    page: Stripper,
}

impl<'o> Reader<'o> {
    fn lines(&mut self, mut lines: Lines<impl BufRead>, collector: &mut Collector<'o>) -> io::Result<()> {
        let mut line = String::new();
        loop {
            match lines.next(&mut line) {
                Ok(Line::Whole) => {}
                Ok(Line::TooLong) => {
                    collector.problem(What::TooLong, lines.number, false);
                    continue;
                }
                Ok(Line::End) => break,
                Err(error) => {
                    self.text.finish(collector);
                    return Err(error);
                }
            }
            let number = lines.number;
            let skip = self.table.as_ref().map_or(0, |t| t.skip);
            if number <= skip as u64 {
                continue;
            }
            if self.is_open(&line) {
                self.joined(std::mem::take(&mut line), &mut lines, collector)?;
            } else {
                self.line(&line, number, collector);
            }
        }
        self.text.finish(collector);
        Ok(())
    }

    /// Whether a line is the beginning of a record that goes on in the next.
    fn is_open(&self, line: &str) -> bool {
        let Some(table) = &self.table else { return false };
        memchr::memchr(b'"', line.as_bytes()).is_some()
            && !line.trim_start().starts_with('{')
            && table.fields(line).is_none()
    }

    /// Reads on until the quote is closed; where it never is, each line is a record of its own.
    fn joined(
        &mut self,
        first: String,
        lines: &mut Lines<impl BufRead>,
        collector: &mut Collector<'o>,
    ) -> io::Result<()> {
        let number = lines.number;
        let mut record = first.clone();
        let mut parts = vec![(number, first)];
        let mut line = String::new();
        let mut end = Ok(Line::Whole);
        while parts.len() < MAX_JOINED.0 && record.len() < MAX_JOINED.1 {
            end = lines.next(&mut line);
            if !matches!(end, Ok(Line::Whole)) {
                break;
            }
            record.push('\n');
            record.push_str(&line);
            parts.push((lines.number, line.clone()));
            // Only a quote can close it.
            if line.contains('"') && !self.is_open(&record) {
                self.line(&record, number, collector);
                return Ok(());
            }
        }
        for (number, part) in parts {
            self.line(&part.replace('"', ""), number, collector);
        }
        match end? {
            Line::TooLong => collector.problem(What::TooLong, lines.number, false),
            Line::Whole | Line::End => {}
        }
        Ok(())
    }

    fn line(&mut self, line: &str, number: u64, collector: &mut Collector<'o>) {
        if self.json(line, number, collector) {
            return;
        }
        match (&self.table, self.form) {
            (Some(table), _) => {
                let said = |c: char| c.is_alphanumeric();
                if !line.contains(said) || table.is_header(line) || line.trim_start().starts_with('#') {
                    return;
                }
                let Some(fields) = table.fields(line) else {
                    return collector.problem(What::NoTime, number, false);
                };
                let row = table.row(&fields, &self.clock);
                if let Row::Request(report) = &row
                    && let Some(when) = report.when
                    && fields.is_guessed(&self.clock)
                {
                    collector.problem(What::DayOrMonth(when.from.to_string()), number, false);
                }
                collector.add(row, number, false);
            }
            (None, Form::Html) => {
                let text = self.page.line(line);
                self.text.line(&text, number, collector);
            }
            (None, _) => self.text.line(line, number, collector),
        }
    }

    /// Reads a line of JSON, if it is one. A program that passes records on may have put something before.
    fn json(&mut self, line: &str, number: u64, collector: &mut Collector<'o>) -> bool {
        let trimmed = line.trim().trim_end_matches(',');
        let json_lines = self.form == Form::JsonLines;
        if json_lines && matches!(trimmed, "[" | "]") {
            return true;
        }
        let start = match trimmed.as_bytes() {
            [b'{', ..] => 0,
            [b'[', b'{' | b'[' | b'"', ..] => 0,
            [b'[', ..] if json_lines => 0,
            _ if trimmed.ends_with('}') && self.table.is_none() => match trimmed.find("{\"") {
                Some(start) => start,
                None => return false,
            },
            _ => return false,
        };
        let value = trimmed.get(start..).unwrap_or_default();
        match parse(value) {
            Ok(value) => {
                self.text.flush(collector);
                Records::of_line(collector, self.clock, number).take(&value);
                true
            }
            Err(error) if start == 0 && (json_lines || value.starts_with("{\"")) => {
                collector.problem(What::BrokenJson(reason(&error)), number, false);
                true
            }
            Err(_) => false,
        }
    }
}
