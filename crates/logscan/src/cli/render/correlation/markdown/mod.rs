//! The answers for a ticket.

mod markup;

use std::io::{self, Write};

use logscan_catalogue::Text;
use logscan_correlate::Role;

use super::chain::{place, steps};
use super::groups::{Group, Tally, causes, errors, not_covered, unexplained};
use super::words::{
    alternatives, asked, chance, clocks, headline, scope, sureness, time, uncovered, zone_hints,
};
use super::{Answer, Told};
use crate::cli::render::page::{from_to, thousands};
use crate::cli::safe::{shorten, terminal};
use markup::{block, code, code_cell, plain};

/// Names of a list, errors of a table.
const NAMES: usize = 5;
const ERRORS: usize = 20;
/// Answers in the same words that are told, of more.
const ANSWERS: usize = 10;
/// Columns of a line of a log, and of a request in a table.
const COLUMNS: usize = 400;
const REQUEST: usize = 160;

/// Writes the answers.
pub(crate) fn correlation(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let groups = causes(told);
    let title = headline(told, &groups);
    writeln!(out, "# {}", plain(title.trim_end_matches('.')))?;
    let clocks = clocks(told, true);
    let scope = scope(told).map(|s| s + ".");
    for words in clocks.known.into_iter().chain(scope).chain(clocks.unknown) {
        writeln!(out, "\n{}", plain(&words))?;
    }
    overview(out, &groups, told)?;
    for group in &groups {
        section(out, group, told)?;
    }
    open(out, told)?;
    let outside = not_covered(told);
    if !outside.is_empty() {
        heading(out, "Not covered by these logs", errors(outside.iter().copied()))?;
        table(out, &outside, told)?;
        writeln!(out, "\n{}", plain(&uncovered(told)))?;
        for hint in zone_hints(not_covered(told).into_iter()) {
            writeln!(out, "\n{}", plain(&hint))?;
        }
    }
    if told.all && !told.reports.is_empty() {
        reports(out, told)?;
    }
    if !told.correlation.advice.is_empty() {
        writeln!(out, "\n## To know more next time\n")?;
        told.correlation.advice.iter().try_for_each(|a| writeln!(out, "- {}", plain(&a.text)))?;
    }
    Ok(())
}

fn heading(out: &mut dyn Write, title: &str, count: u64) -> io::Result<()> {
    writeln!(out, "\n## {}: {}\n", plain(title), counted(count))
}

fn counted(count: u64) -> String {
    format!("{} error{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The causes at a glance.
fn overview(out: &mut dyn Write, groups: &[Group<'_>], told: Told<'_>) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| cause | errors | when | status |\n| --- | ---: | --- | --- |")?;
    for group in groups {
        let when = group.span().map(|(first, last)| from_to(first, last, told.zone)).unwrap_or_default();
        let statuses: Vec<String> = group.statuses().into_iter().map(|(s, _)| s).collect();
        let (title, count) = (plain(&group.cause.title), thousands(group.errors()));
        writeln!(out, "| {title} | {count} | {when} | {} |", statuses.join(", "))?;
    }
    Ok(())
}

/// A cause: what it hit, how it is known, what to do.
fn section(out: &mut dyn Write, group: &Group<'_>, told: Told<'_>) -> io::Result<()> {
    heading(out, &group.cause.title, group.errors())?;
    writeln!(out, "- Cause: `{}`", terminal(group.cause.id.as_bytes()))?;
    if let Some((first, last)) = group.span() {
        writeln!(out, "- When: {}", from_to(first, last, told.zone))?;
    }
    for (label, tally) in [("Seen as", group.statuses()), ("Host", group.hosts()), ("Request", group.paths())]
    {
        if !tally.is_empty() {
            writeln!(out, "- {label}: {}", names(&tally))?;
        }
    }
    writeln!(out, "- How sure: {}", plain(&sureness(group)))?;
    if let Some(words) = chance(group) {
        writeln!(out, "- Careful: {}", plain(&words))?;
    }
    if let Some(words) = alternatives(group, told) {
        writeln!(out, "- Or else: {}", plain(&words))?;
    }
    if !group.cause.meaning.is_empty() {
        writeln!(out, "\n{}", plain(&group.cause.meaning))?;
    }
    if let Some(answer) = group.example() {
        chain(out, answer, told)?;
    }
    fix(out, &group.cause.fix)
}

fn names(tally: &Tally) -> String {
    let (first, rest) = tally.split_at_checked(NAMES).unwrap_or((tally, &[]));
    let mut words: Vec<String> =
        first.iter().map(|(n, c)| format!("{} ({})", code(n), thousands(*c))).collect();
    if !rest.is_empty() {
        words.push(format!("and {} more", thousands(rest.len() as u64)));
    }
    words.join(", ")
}

/// One error and the lines behind it, as they stand in the logs.
fn chain(out: &mut dyn Write, answer: Answer<'_>, told: Told<'_>) -> io::Result<()> {
    let steps = steps(answer, told);
    for words in &answer.attribution.because {
        writeln!(out, "\n{words}")?;
    }
    if steps.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::new();
    for step in steps {
        lines.push(format!("{}  {}", step.time, step.place));
        let text = if told.all { step.raw } else { shorten(&step.raw, COLUMNS, true) };
        lines.push(format!("    {text}"));
    }
    writeln!(out, "\nFor example {}; from the request to what lies behind it:\n", about(answer, told))?;
    out.write_all(block(&lines).as_bytes())
}

/// ``2026-11-23 11:58:44.674, 502, `GET www.example.com/cart`, Ray ID `a5f000f938a38226` ``.
fn about(answer: Answer<'_>, told: Told<'_>) -> String {
    let report = answer.report;
    let request = Some(asked(report)).filter(|a| !a.is_empty()).map(|a| code(&shorten(&a, COLUMNS, true)));
    let status = report.status.map(|s| s.to_string());
    let ray = report.ray.map(|r| format!("Ray ID `{r}`"));
    let words: Vec<String> = [time(answer, told.zone), status, request, ray].into_iter().flatten().collect();
    words.join(", ")
}

fn fix(out: &mut dyn Write, steps: &[Text]) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat to do:\n")?;
    (1..).zip(steps).try_for_each(|(n, step)| writeln!(out, "{n}. {}", plain(step)))
}

/// Errors without an answer: what was looked at, and where to look next.
fn open(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let groups = unexplained(told);
    if groups.is_empty() {
        return Ok(());
    }
    let all = groups.iter().map(|g| errors(g.answers.iter().copied())).sum();
    heading(out, "Not explained by these logs", all)?;
    let shown = if told.all { groups.len() } else { ANSWERS };
    for (n, group) in groups.iter().take(shown).enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        table(out, &group.answers, told)?;
        for (title, points) in [("Checked", group.ruled_out), ("Where to look next", group.look_next)] {
            if !points.is_empty() {
                writeln!(out, "\n{title}:\n")?;
                points.iter().try_for_each(|p| writeln!(out, "- {}", plain(p)))?;
            }
        }
    }
    match groups.len().saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "\nAnd {} more kinds of answers; -v tells them.", thousands(more as u64)),
    }
}

fn table(out: &mut dyn Write, answers: &[Answer<'_>], told: Told<'_>) -> io::Result<()> {
    writeln!(out, "| time | status | request | Ray ID |\n| --- | --- | --- | --- |")?;
    let shown = if told.all { answers.len() } else { ERRORS };
    for answer in answers.iter().take(shown) {
        writeln!(out, "| {} |", cells(*answer, told).join(" | "))?;
    }
    if answers.len() > shown {
        writeln!(out, "\nAnd {} more.", thousands((answers.len() - shown) as u64))?;
    }
    Ok(())
}

fn cells(answer: Answer<'_>, told: Told<'_>) -> [String; 4] {
    let report = answer.report;
    [
        time(answer, told.zone).unwrap_or_default(),
        report.status.map_or_else(String::new, |s| s.to_string()),
        code_cell(&shorten(&asked(report), if told.all { usize::MAX } else { REQUEST }, true)),
        report.ray.map_or_else(String::new, |r| format!("`{r}`")),
    ]
}

/// Every report.
fn reports(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    writeln!(out, "\n## Reports\n")?;
    writeln!(out, "| | time | status | request | Ray ID | answer | sure | shown by |")?;
    writeln!(out, "| ---: | --- | --- | --- | --- | --- | ---: | --- |")?;
    for answer in told.answers() {
        let attribution = answer.attribution;
        let cause = told.cause(attribution.cause).map_or("", |c| &c.id);
        let cause = if told.is_explained(attribution) { cause } else { attribution.verdict.as_str() };
        let telling = attribution.evidence.iter().min_by_key(|e| e.role != Role::Primary);
        let telling = telling.and_then(|e| told.event(*e)).map(|e| code_cell(&place(e, told)));
        writeln!(
            out,
            "| {} | {} | {} | {:.0} % | {} |",
            answer.index,
            cells(answer, told).join(" | "),
            plain(cause),
            told.confidence(attribution) * 100.0,
            telling.unwrap_or_default()
        )?;
    }
    Ok(())
}
