//! The answers for people: how many errors are explained, by what, how that is known, and what to do.

mod cause;
mod open;
mod reports;

use std::io::{self, Write};

use super::groups::{Group, causes, errors, not_covered, span, unexplained};
use super::words::{clocks, headline, reach};
use super::{Answer, Told};
use crate::cli::render::page::{counted, from_to, lines_of, zone_name};
use crate::cli::safe::{shorten, terminal};
use crate::cli::style::wrapped;

/// Writes the answers.
pub(crate) fn correlation(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    let groups = causes(told);
    head(out, told, &groups)?;
    for group in &groups {
        writeln!(out)?;
        cause::block(out, group, told)?;
    }
    open::unexplained(out, &unexplained(told), told)?;
    open::not_covered(out, &not_covered(told), told)?;
    if told.all && !told.reports.is_empty() {
        reports::list(out, told)?;
    }
    advice(out, told)?;
    if let Some(group) = groups.first() {
        let all = if told.all { "" } else { "; -v tells every report and every step" };
        let more = format!("More: logscan explain {}{all}", group.cause.id);
        writeln!(out, "\n{}", look.dim(&more))?;
    }
    Ok(())
}

fn head(out: &mut dyn Write, told: Told<'_>, groups: &[Group<'_>]) -> io::Result<()> {
    let look = told.look;
    let mut words = vec![headline(told, groups)];
    words.extend(clocks(told, look.unicode));
    for line in lines_of(&words.join(" "), look)? {
        writeln!(out, "{}", look.bold(&line))?;
    }
    if told.reports.is_empty() {
        return Ok(());
    }
    let mut about = counted(errors(told.answers()), "reported error");
    if let Some((first, last)) = span(told.answers()) {
        about.push_str(&format!(", {}", from_to(first, last, told.zone)));
    }
    let lines: u64 = told.inputs.iter().map(|i| i.lines).sum();
    about.push_str(&format!("; {} of {}", counted(lines, "line"), counted(told.inputs.len() as u64, "log")));
    if let Some((first, last)) = reach(told) {
        about.push_str(&format!(", {}", from_to(first, last, told.zone)));
    }
    about.push_str(&format!(" ({})", zone_name(told.zone)));
    lines_of(&about, look)?.iter().try_for_each(|line| writeln!(out, "{}", look.dim(line)))
}

/// What the logs lack.
fn advice(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let advice = &told.correlation.advice;
    if advice.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", told.look.bold("To know more next time"))?;
    advice.iter().try_for_each(|a| bullet(out, &a.text, told))
}

fn bullet(out: &mut dyn Write, text: &str, told: Told<'_>) -> io::Result<()> {
    wrapped(out, &terminal(text.as_bytes()), "  - ", "    ", told.look)
}

/// `502  GET www.example.com/cart  Ray ID a5f000f938a38226`: what is known of a report but its time.
fn about(answer: Answer<'_>, room: usize, told: Told<'_>) -> String {
    let report = answer.report;
    let mut words = Vec::new();
    words.extend(report.status.map(|s| s.to_string()));
    let safe = |text: &Option<String>| terminal(text.as_deref().unwrap_or_default().as_bytes());
    let asked = format!("{}{}", safe(&report.host), safe(&report.uri));
    let asked =
        [safe(&report.method), asked].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let ray = report.ray.map(|r| format!("Ray ID {r}"));
    let others = words.iter().chain(&ray).map(|w| w.len() + 2).sum();
    if !asked.is_empty() {
        let room = if told.all { usize::MAX } else { room.saturating_sub(others).max(24) };
        words.push(shorten(&asked, room, told.look.unicode));
    }
    words.extend(ray);
    if answer.count() > 1 {
        words.push(counted(answer.count(), "error"));
    }
    words.join("  ")
}
