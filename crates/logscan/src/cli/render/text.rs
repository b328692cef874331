//! The summary for people: what is wrong, since when, where, and what to do.

use std::io::{self, Write};

use logscan_catalogue::{Catalogue, Severity};
use logscan_scan::Zone;

use super::page::{INDENT, TIE, counted, field, from_to, hanging, lines_of, thousands, zone_name};
use crate::cli::safe::{shorten, terminal};
use crate::cli::style::Look;
use crate::cli::summary::{LISTS, Row, Summary, Top, step_for};

/// Kinds that are told in full before the rest is listed.
const IN_FULL: usize = 8;

/// Columns of a timeline.
const TIMELINE: i64 = 24;

/// How the summary is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) look: Look,
    pub(crate) zone: Zone,
    /// Every kind in full.
    pub(crate) all: bool,
    /// Filters were given, so that silence means only that nothing matched.
    pub(crate) filtered: bool,
}

/// Writes the summary.
pub(crate) fn summary(
    out: &mut dyn Write,
    summary: &Summary,
    catalogue: &Catalogue,
    told: Told,
) -> io::Result<()> {
    let rows = summary.rows(catalogue);
    headline(out, summary, &rows, told)?;
    let bad = rows.iter().filter(|r| r.kind.severity <= Severity::Warning).count();
    let full = if told.all { rows.len() } else { bad.min(IN_FULL) };
    let (first, rest) = rows.split_at_checked(full).unwrap_or((&rows, &[]));
    let axis = Axis::of(summary);
    for row in first {
        writeln!(out)?;
        block(out, row, axis, told)?;
    }
    if !rest.is_empty() {
        writeln!(out)?;
        writeln!(
            out,
            "{}",
            told.look.bold(if first.is_empty() { "Seen, none of it a fault" } else { "Also seen" })
        )?;
        table(out, rest, axis, told)?;
    }
    if let Some(row) = first.first().or(rest.first()) {
        writeln!(out)?;
        writeln!(out, "{}", told.look.dim(&format!("More: logscan explain {}", row.kind.id)))?;
    }
    Ok(())
}

fn headline(out: &mut dyn Write, summary: &Summary, rows: &[Row<'_>], told: Told) -> io::Result<()> {
    let look = told.look;
    let (words, severity) = match rows.first().filter(|r| r.kind.severity <= Severity::Error) {
        Some(row) => (trouble(row, rows, "see", told.zone), Some(row.kind.severity)),
        None if rows.is_empty() && told.filtered => ("Nothing matches".to_owned(), None),
        None if rows.is_empty() => ("Nothing found".to_owned(), None),
        None => match rows.iter().find(|r| may_be_seen(r)) {
            Some(row) => {
                let words = trouble(row, rows, "may see", told.zone);
                (format!("Warnings only: {words}"), Some(row.kind.severity))
            }
            None => ("No fault that visitors would see".to_owned(), None),
        },
    };
    for line in lines_of(&words, look)? {
        let line = severity.map_or_else(|| look.bold(&line), |s| look.severity(s, &line));
        writeln!(out, "{line}")?;
    }
    let lines: u64 = summary.inputs.iter().map(|i| i.lines).sum();
    let faults: u64 = rows.iter().filter(|r| r.kind.severity <= Severity::Error).map(|r| r.group.count).sum();
    let files = summary.inputs.len() as u64;
    let mut read =
        format!("{}, {}, {}", counted(files, "file"), counted(lines, "line"), counted(faults, "fault"));
    if let Some((first, last)) = summary.covered() {
        read.push_str(&format!(", {} ({})", from_to(first, last, told.zone), zone_name(told.zone)));
    }
    if let Some(requests) = requests(summary) {
        read.push_str("; ");
        read.push_str(&requests);
    }
    lines_of(&read, look)?.iter().try_for_each(|line| writeln!(out, "{}", look.dim(line)))
}

/// `1,234 requests: 200 (1,200), 404 (30), 502 (4)`.
fn requests(summary: &Summary) -> Option<String> {
    let statuses = summary.statuses();
    if statuses.is_empty() {
        return None;
    }
    let all = counted(statuses.values().sum(), "request").replace(' ', &TIE.to_string());
    let each: Vec<String> = statuses.iter().map(|(s, n)| format!("{s:03}{TIE}({})", thousands(*n))).collect();
    Some(format!("{all}: {}", each.join(", ")))
}

/// A warning of what visitors see as an error of the server.
fn may_be_seen(row: &Row<'_>) -> bool {
    row.kind.severity == Severity::Warning && row.kind.edge.iter().any(|status| *status >= 500)
}

/// What is worst, when, and what came of it. Other kinds of faults may show the same cause at other times.
fn trouble(row: &Row<'_>, rows: &[Row<'_>], see: &str, zone: Zone) -> String {
    let mildest = row.kind.severity.max(Severity::Error);
    let mut words = match cause_of(row) {
        Some(cause) => cause.to_owned(),
        None => format!("Cause not told ({})", row.kind.id),
    };
    let same = |r: &&Row<'_>| match cause_of(row) {
        Some(_) => r.cause.id == row.cause.id && r.kind.severity <= mildest,
        None => r.kind.id == row.kind.id,
    };
    let first = rows.iter().filter(same).filter_map(|r| r.group.first).min();
    let last = rows.iter().filter(same).filter_map(|r| r.group.last).max();
    if let Some((first, last)) = first.zip(last) {
        words.push_str(&format!(", {}", from_to(first, last, zone)));
    }
    if !row.kind.edge.is_empty() {
        let statuses: Vec<String> = row.kind.edge.iter().map(ToString::to_string).collect();
        let last = statuses.last().map(String::as_str).unwrap_or_default();
        let all = match statuses.get(..statuses.len() - 1).unwrap_or_default() {
            [] => last.to_owned(),
            others => format!("{} or {last}", others.join(", ")),
        };
        words.push_str(&format!(": visitors {see} {all}"));
    }
    words
}

/// What to call the cause; `None` where the lines only show that something failed.
fn cause_of<'s>(row: &Row<'s>) -> Option<&'s str> {
    (row.cause.id != "other").then_some(&*row.cause.title)
}

/// A kind in full.
fn block(out: &mut dyn Write, row: &Row<'_>, axis: Option<Axis>, told: Told) -> io::Result<()> {
    let look = told.look;
    let label = row.kind.severity.as_str().to_ascii_uppercase();
    writeln!(
        out,
        "{} {}  {}",
        look.severity(row.kind.severity, &format!("{label:<8}")),
        look.bold(&row.kind.id),
        look.bold(&format!("{} x", thousands(row.group.count)))
    )?;
    let cause = cause_of(row).unwrap_or("not told by these lines");
    field(out, "cause", &format!("{cause} ({})", row.cause.id), look)?;
    if let Some(when) = span(row, told.zone) {
        let line = axis.map(|a| format!("  {}", a.draw(row, look.unicode))).unwrap_or_default();
        field(out, "when", &format!("{when}{line}"), look)?;
    }
    for (list, top) in LISTS.iter().zip(&row.group.lists) {
        if let Some(names) = names(top, look) {
            field(out, list.label, &names, look)?;
        }
    }
    field(out, "means", &row.kind.meaning, look)?;
    steps(out, row, told)?;
    let Some(example) = &row.group.example else { return Ok(()) };
    let line = example.line.map_or_else(String::new, |l| format!(":{l}"));
    field(out, "sample", &format!("{}{line}", terminal(example.file.to_string_lossy().as_bytes())), look)?;
    let text = terminal(&example.text);
    let text = if look.terminal && !told.all {
        shorten(&text, look.width.saturating_sub(INDENT) * 3, look.unicode)
    } else {
        text
    };
    field(out, "", &text, look)
}

/// What to do. Of a warning the likeliest step is enough for now.
fn steps(out: &mut dyn Write, row: &Row<'_>, told: Told) -> io::Result<()> {
    let fix = row.fix();
    let [first, rest @ ..] = fix else { return Ok(()) };
    if rest.is_empty() {
        return field(out, "fix", first, told.look);
    }
    if row.kind.severity == Severity::Warning && !told.all {
        field(out, "fix", first, told.look)?;
        let s = if rest.len() == 1 { "" } else { "s" };
        let more = format!("{} more step{s}: logscan explain {}", rest.len(), row.kind.id);
        return writeln!(out, "{}{}", " ".repeat(INDENT), told.look.dim(&more));
    }
    for (n, step) in fix.iter().enumerate() {
        let label = if n == 0 { "fix" } else { "" };
        hanging(out, label, &format!("{}. {step}", n + 1), 3, told.look)?;
    }
    Ok(())
}

/// Kinds in a line each.
fn table(out: &mut dyn Write, rows: &[Row<'_>], axis: Option<Axis>, told: Told) -> io::Result<()> {
    let look = told.look;
    let width = rows.iter().map(|r| r.kind.id.len()).max().unwrap_or(0);
    let digits = rows.iter().map(|r| thousands(r.group.count).len()).max().unwrap_or(0);
    for row in rows {
        let count = thousands(row.group.count);
        let head = format!("  {:<8} {:<width$}  {count:>digits$} x", row.kind.severity.as_str(), row.kind.id);
        let mut line = look.severity(row.kind.severity, &head);
        let drawn = axis.map(|a| a.draw(row, look.unicode)).unwrap_or_default();
        let room = look.width.saturating_sub(head.chars().count() + drawn.chars().count() + 4);
        if !drawn.is_empty() {
            line.push_str(&format!("  {drawn}"));
        }
        if let Some(cause) = cause_of(row).filter(|_| room >= 24) {
            line.push_str("  ");
            line.push_str(&look.dim(&shorten(cause, room, look.unicode)));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The time axis that all timelines share.
#[derive(Clone, Copy, Debug)]
struct Axis {
    start: i64,
    step: i64,
    bins: usize,
}

impl Axis {
    fn of(summary: &Summary) -> Option<Axis> {
        let (range, least) = summary.range()?;
        // One column tells nothing.
        if range.1 - range.0 < 2 {
            return None;
        }
        let step = step_for(range, least, TIMELINE);
        let start = range.0.div_euclid(step) * step;
        let bins = usize::try_from((range.1 - 1).div_euclid(step) - start.div_euclid(step) + 1).ok()?;
        (bins > 1).then_some(Axis { start, step, bins })
    }

    fn draw(self, row: &Row<'_>, unicode: bool) -> String {
        const BLOCKS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        const ASCII: [char; 9] = ['.', '_', '_', '-', '-', '=', '=', '#', '#'];
        let counts = row.group.times.counts(self.start, self.step, self.bins);
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let glyphs = if unicode { BLOCKS } else { ASCII };
        counts
            .iter()
            .map(|n| {
                let height = (n * 8).div_ceil(most);
                usize::try_from(height).ok().and_then(|h| glyphs.get(h)).copied().unwrap_or('?')
            })
            .collect()
    }
}

fn span(row: &Row<'_>, zone: Zone) -> Option<String> {
    Some(from_to(row.group.first?, row.group.last?, zone))
}

fn names(top: &Top, look: Look) -> Option<String> {
    let sorted = top.sorted();
    let (first, rest) = sorted.split_at_checked(3).unwrap_or((&sorted, &[]));
    if first.is_empty() {
        return None;
    }
    let mut words: Vec<String> = first
        .iter()
        .map(|(name, count)| {
            let name = shorten(&terminal(name), 60, look.unicode);
            if sorted.len() == 1 && !top.is_partial() {
                name
            } else {
                format!("{name} ({})", thousands(*count))
            }
        })
        .collect();
    if top.is_partial() {
        words.push(format!("and at least {} more", thousands(rest.len() as u64)));
    } else if !rest.is_empty() {
        words.push(format!("and {} more", rest.len()));
    }
    Some(words.join(", "))
}
