//! The answers for people: how many errors are explained, by what, how that is known, and what to do.

mod cause;
mod open;
mod reports;

use std::io::{self, Write};

use super::groups::{Group, causes, not_covered, unexplained};
use super::words::{asked, clocks, headline, scope};
use super::{Answer, Told};
use crate::cli::render::page::{lines_of, thousands};
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
    let clocks = clocks(told, look.unicode);
    words.extend(clocks.known);
    for line in lines_of(&words.join(" "), look)? {
        writeln!(out, "{}", look.bold(&line))?;
    }
    let words: Vec<String> = scope(told).map(|s| s + ".").into_iter().chain(clocks.unknown).collect();
    if words.is_empty() {
        return Ok(());
    }
    lines_of(&words.join(" "), look)?.iter().try_for_each(|line| writeln!(out, "{}", look.dim(line)))
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

/// `502  GET www.example.com/cart  ray=a5f000f938a38226`: what is known of a report but its time.
fn about(answer: Answer<'_>, room: usize, told: Told<'_>) -> String {
    let report = answer.report;
    let status = report.status.map(|s| s.to_string());
    let asked = asked(report);
    let ray = report.ray.map(|r| format!("ray={r}"));
    let room = if told.all { usize::MAX } else { room.saturating_sub(5).max(24) };
    let asked = (!asked.is_empty()).then(|| shorten(&asked, room, told.look.unicode));
    let several = Some(answer.count()).filter(|n| *n > 1).map(|n| format!("{} x", thousands(n)));
    let words: Vec<String> = [status, asked, ray, several].into_iter().flatten().collect();
    words.join("  ")
}
