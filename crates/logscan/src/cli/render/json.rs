//! The summary as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use logscan_catalogue::Catalogue;
use logscan_scan::{InputStats, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::cli::summary::{Example, LISTS, Row, Summary, Top, step_for};

/// Bins of the timeline.
const BINS: i64 = 120;

#[derive(Serialize)]
struct Document<'s> {
    schema: &'static str,
    window: Window,
    inputs: Vec<Input<'s>>,
    /// Requests by status, over all access logs.
    #[serde(skip_serializing_if = "Statuses::is_empty")]
    statuses: Statuses,
    kinds: Vec<KindRow<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<Timeline<'s>>,
}

#[derive(Serialize)]
struct Window {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
}

#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

/// What one input held.
#[derive(Serialize)]
pub(super) struct Input<'s> {
    file: Cow<'s, str>,
    source: &'static str,
    bytes: u64,
    lines: u64,
    records: u64,
    continued: u64,
    unrecognized: u64,
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
    /// Requests by status.
    #[serde(skip_serializing_if = "Statuses::is_empty")]
    statuses: Statuses,
}

struct Statuses(BTreeMap<u16, u64>);

impl Statuses {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(status, count)| (format!("{status:03}"), count)))
    }
}

#[derive(Serialize)]
struct KindRow<'s> {
    kind: &'s str,
    cause: &'s str,
    severity: &'static str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
    /// Names, the most frequent first, each list followed by the counts of its names.
    #[serde(flatten)]
    lists: Lists<'s>,
    /// The lists that had more names than are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partial: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[u16]>::is_empty")]
    edge: &'s [u16],
    #[serde(skip_serializing_if = "str::is_empty")]
    meaning: &'s str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fix: Vec<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<Sample<'s>>,
}

struct Lists<'s>(&'s [Top; LISTS.len()]);

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        for (list, top) in LISTS.iter().zip(self.0) {
            let (names, counts) = names(top);
            if !names.is_empty() {
                map.serialize_entry(list.plural, &names)?;
                map.serialize_entry(list.counts, &counts)?;
            }
        }
        map.end()
    }
}

/// Names and their counts, the most frequent first.
fn names(top: &Top) -> (Vec<Cow<'_, str>>, Vec<u64>) {
    // Nearly all are plain text, which this tells sooner.
    let text = |name| str::from_utf8(name).map_or_else(|_| String::from_utf8_lossy(name), Cow::Borrowed);
    top.sorted().into_iter().map(|(name, count)| (text(name), count)).unzip()
}

#[derive(Serialize)]
struct Sample<'s> {
    file: Cow<'s, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    offset: u64,
    text: Cow<'s, str>,
}

#[derive(Serialize)]
struct Timeline<'s> {
    start: Time,
    step_seconds: i64,
    counts: Counts<'s>,
}

struct Counts<'s>(Vec<(&'s str, Vec<u64>)>);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(n, c)| (n, c)))
    }
}

/// The whole summary as one JSON value.
pub(crate) fn summary(
    out: &mut dyn Write,
    summary: &Summary,
    catalogue: &Catalogue,
    window: (Option<Timestamp>, Option<Timestamp>),
) -> io::Result<()> {
    let rows = summary.rows(catalogue);
    let document = Document {
        schema: "logscan.summary/1",
        window: Window { since: window.0.map(Time), until: window.1.map(Time) },
        inputs: summary.inputs.iter().map(input).collect(),
        statuses: Statuses(summary.statuses()),
        timeline: timeline(summary, &rows),
        kinds: rows.iter().map(row).collect(),
    };
    let mut out = BufWriter::with_capacity(1 << 16, out);
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Indented::default()))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes what [`serde_json::ser::PrettyFormatter`] writes, but a line's blanks at once: in long lists there are more of
/// these than of anything else.
#[derive(Default)]
struct Indented {
    depth: usize,
    /// Whether there is something in what is open.
    has_value: bool,
}

impl Indented {
    fn open(&mut self, out: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        out.write_all(bracket)
    }

    fn close(&mut self, out: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(out, true)?;
        }
        out.write_all(bracket)
    }

    #[inline]
    fn line(&self, out: &mut (impl Write + ?Sized), first: bool) -> io::Result<()> {
        const LINE: &[u8; 34] = b",\n                                ";
        match LINE.get(usize::from(first)..2 + self.depth * 2) {
            Some(line) => out.write_all(line),
            None => {
                out.write_all(if first { b"\n" } else { b",\n" })?;
                (0..self.depth).try_for_each(|_| out.write_all(b"  "))
            }
        }
    }
}

impl Formatter for Indented {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    #[inline]
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    #[inline]
    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    #[inline]
    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.line(out, first)
    }

    #[inline]
    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    #[inline]
    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

/// A JSON object a line for each kind.
pub(crate) fn summary_lines(out: &mut dyn Write, summary: &Summary, catalogue: &Catalogue) -> io::Result<()> {
    for r in summary.rows(catalogue) {
        serde_json::to_writer(&mut *out, &row(&r))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

pub(super) fn input(stats: &InputStats) -> Input<'_> {
    Input {
        file: stats.file.to_string_lossy(),
        source: stats.source.as_str(),
        bytes: stats.bytes,
        lines: stats.lines,
        records: stats.records,
        continued: stats.continued,
        unrecognized: stats.unrecognized,
        events: stats.events,
        first: stats.first.map(Time),
        last: stats.last.map(Time),
        statuses: Statuses(stats.statuses.iter().copied().collect()),
    }
}

fn row<'s>(row: &Row<'s>) -> KindRow<'s> {
    let Row { kind, cause, group } = *row;
    let by_cause = Row { kind, cause, group };
    let fix: Vec<&'s str> = if std::ptr::eq(by_cause.fix(), &*kind.fix) {
        kind.fix.iter().map(|f| &**f).collect()
    } else {
        cause.fix.iter().map(|f| &**f).collect()
    };
    KindRow {
        kind: &kind.id,
        cause: &cause.id,
        severity: kind.severity.as_str(),
        count: group.count,
        first: group.first.map(Time),
        last: group.last.map(Time),
        lists: Lists(&group.lists),
        partial: LISTS
            .iter()
            .zip(&group.lists)
            .filter(|(_, top)| top.is_partial())
            .map(|(list, _)| list.plural)
            .collect(),
        edge: &kind.edge,
        meaning: &kind.meaning,
        fix,
        example: group.example.as_ref().map(sample),
    }
}

fn sample(example: &Example) -> Sample<'_> {
    Sample {
        file: example.file.to_string_lossy(),
        line: example.line,
        offset: example.offset,
        text: String::from_utf8_lossy(&example.text),
    }
}

fn timeline<'s>(summary: &Summary, rows: &[Row<'s>]) -> Option<Timeline<'s>> {
    let (range, least) = summary.range()?;
    let step = step_for(range, least, BINS);
    let start = range.0.div_euclid(step) * step;
    let len = usize::try_from((range.1 - start).div_euclid(step) + i64::from((range.1 - start) % step != 0))
        .ok()?;
    let mut counts: Vec<(&'s str, Vec<u64>)> = Vec::new();
    for row in rows {
        let more = row.group.times.counts(start, step, len);
        // A kind may come with several causes.
        match counts.iter_mut().find(|(kind, _)| *kind == row.kind.id) {
            Some((_, sums)) => sums.iter_mut().zip(more).for_each(|(sum, n)| *sum += n),
            None => counts.push((&row.kind.id, more)),
        }
    }
    Some(Timeline { start: Time(Timestamp::from_seconds(start)), step_seconds: step, counts: Counts(counts) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn indented(value: &Value) -> String {
        let mut text = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Indented::default())).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn lines_are_those_of_serde_json() {
        let mut value =
            json!({"a": [], "b": {}, "c": [1, "x\n\"", null, [true, {}, [[]]]], "d": {"e": {"f": [0.5]}}});
        for _ in 0..20 {
            assert_eq!(indented(&value), serde_json::to_string_pretty(&value).unwrap());
            value = json!({"deep": [value]});
        }
    }
}
