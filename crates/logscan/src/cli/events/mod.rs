//! Every event, one a line.

mod csv;
mod json;
mod same;
mod text;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use logscan_catalogue::{Catalogue, Fields};
use logscan_parser::Record;
use logscan_scan::{Event, Folder, Inputs, Outcome, Place, Scan, Zone};

use super::args::Format;
use super::filter::Filter;
use super::plain::decimal;
use super::safe::terminal;
use super::style::Look;
use same::Same;

/// Bytes of output after which a part is handed over.
const FULL: usize = 512 * 1024;

/// Bytes of a log that a worker takes at a time: so few that their output, in parts, finds room on its way, and no
/// worker waits for those before it.
const STRETCH: u64 = 1 << 20;

/// Bytes that are read at a time.
const BUFFER: usize = 256 * 1024;

/// Bytes that are written at a time.
const PAGE: usize = 256 * 1024;

/// How events are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) raw: bool,
    pub(crate) look: Look,
    pub(crate) zone: Zone,
}

/// Output of a stretch of a log. Neither the path nor the number of the first line is known to the worker that
/// writes it, so marks tell where path and line go.
#[derive(Debug, Default)]
struct Part {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    /// What was written before and comes again.
    same: Same,
    /// Room for a value that is not in the log as it is told.
    scratch: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    line: u64,
}

struct Writing<'a> {
    form: Form,
    filter: &'a Filter,
    catalogue: &'a Catalogue,
    /// Parts that have been written and can be filled again.
    spare: Mutex<Vec<Part>>,
}

impl Folder for Writing<'_> {
    type Part = Part;

    fn part(&self) -> Part {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Part { bytes: Vec::with_capacity(FULL + FULL / 8), ..Part::default() })
    }

    fn add(&self, part: &mut Part, event: &Event<'_>) {
        if !self.filter.keeps(event) {
            return;
        }
        let fields = Fields::of(event.record);
        let line = Line { event, fields: &fields, catalogue: self.catalogue, form: self.form };
        match self.form.format {
            Format::Text => line.text(part),
            Format::Json => {
                part.bytes.extend_from_slice(b",\n");
                line.json(part);
            }
            Format::Ndjson => {
                line.json(part);
                part.bytes.push(b'\n');
            }
            Format::Csv => line.csv(part),
        }
    }

    fn is_full(&self, part: &Part) -> bool {
        part.bytes.len() >= FULL
    }
}

impl Writing<'_> {
    /// Takes a part that has been written. One that a huge record has blown up goes.
    fn reuse(&self, mut part: Part) {
        if part.bytes.capacity() > FULL * 2 {
            return;
        }
        part.bytes.clear();
        part.marks.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }
}

/// An event to be written.
struct Line<'e, 'b> {
    event: &'e Event<'b>,
    fields: &'e Fields<'b>,
    catalogue: &'e Catalogue,
    form: Form,
}

impl Line<'_, '_> {
    fn cause(&self) -> &str {
        self.catalogue.cause(self.event.named.cause).map_or("other", |c| &c.id)
    }

    fn mark(&self, part: &mut Part) {
        part.marks.push(Mark { at: part.bytes.len(), line: self.event.line });
    }
}

fn raw<'b>(record: &Record<'b>) -> &'b [u8] {
    record.raw.strip_suffix(b"\r").unwrap_or(record.raw)
}

/// Writes events as they are read. How many there were, and whether writing failed.
pub(crate) fn write(
    out: &mut dyn Write,
    scan: &Scan<'_>,
    inputs: &Inputs,
    catalogue: &Catalogue,
    filter: &Filter,
    form: Form,
) -> (Outcome, u64, std::io::Result<()>) {
    let mut count = 0u64;
    let mut written = begin(out, form);
    let array = form.format == Format::Json;
    let mut page = Vec::new();
    let writing = Writing { form, filter, catalogue, spare: Mutex::default() };
    let scan = scan.clone().block_sizes(STRETCH, BUFFER);
    let outcome = scan.run(inputs, &writing, |part: Part, place: Place<'_>| {
        if written.is_ok() {
            written = place_part(out, &mut page, &part, &place, form, count == 0);
        }
        count += part.marks.len() as u64;
        writing.reuse(part);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if array && written.is_ok() {
        written = out.write_all(b"\n]\n");
    }
    (outcome, count, written)
}

fn begin(out: &mut dyn Write, form: Form) -> std::io::Result<()> {
    match form.format {
        Format::Json => out.write_all(b"["),
        Format::Csv => out.write_all(csv::header(form.raw).as_bytes()),
        _ => Ok(()),
    }
}

/// Writes a part with path and line at each mark. In an array every event but the first has a comma before it.
fn place_part(
    out: &mut dyn Write,
    page: &mut Vec<u8>,
    part: &Part,
    place: &Place<'_>,
    form: Form,
    first: bool,
) -> std::io::Result<()> {
    let (before, after) = around_line(place.path, place.line_base.is_some(), form.format);
    let bytes = part.bytes.as_slice();
    let mut from = usize::from(first && form.format == Format::Json && bytes.starts_with(b","));
    page.clear();
    for mark in &part.marks {
        page.extend_from_slice(bytes.get(from..mark.at).unwrap_or_default());
        page.extend_from_slice(before.as_bytes());
        if let Some(base) = place.line_base {
            decimal(page, base + mark.line);
        }
        page.extend_from_slice(after.as_bytes());
        from = mark.at;
        if page.len() >= PAGE {
            out.write_all(page)?;
            page.clear();
        }
    }
    page.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out.write_all(page)
}

/// What comes at a mark before the number of the line and after it, or in its place where lines were not counted.
fn around_line(path: &Path, counted: bool, format: Format) -> (String, &'static str) {
    let name = path.to_string_lossy();
    match (format, counted) {
        (Format::Json | Format::Ndjson, counted) => {
            let file = serde_json::to_string(&name).unwrap_or_default();
            (
                format!("\"file\":{file},{}", if counted { "\"line\":" } else { "" }),
                if counted { "," } else { "" },
            )
        }
        (Format::Csv, _) => {
            let mut cell = Vec::new();
            csv::cell(&mut cell, name.as_bytes());
            (format!("{},", String::from_utf8_lossy(&cell)), ",")
        }
        (Format::Text, true) => (format!("{}:", terminal(name.as_bytes())), ""),
        (Format::Text, false) => (terminal(name.as_bytes()), ""),
    }
}
