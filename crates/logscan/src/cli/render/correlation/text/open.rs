//! Errors that the logs do not explain, and those that they do not reach.

use std::io::{self, Write};

use super::about;
use crate::cli::render::correlation::groups::{Open, errors, span};
use crate::cli::render::correlation::words::{time, uncovered, zone_hints};
use crate::cli::render::correlation::{Answer, Told};
use crate::cli::render::page::{INDENT, field, from_to, hanging, thousands};
use crate::cli::safe::terminal;

/// Answers in the same words that are told in full, of more.
const GROUPS: usize = 3;
/// Errors of one that are listed, of more.
const ERRORS: usize = 5;
/// Steps that are told, of more.
const STEPS: usize = 3;

/// What was ruled out for each, and where to look next.
pub(super) fn unexplained(out: &mut dyn Write, groups: &[Open<'_>], told: Told<'_>) -> io::Result<()> {
    let count = |groups: &[Open<'_>]| groups.iter().map(|g| errors(g.answers.iter().copied())).sum::<u64>();
    if groups.is_empty() {
        return Ok(());
    }
    heading(out, "Not explained by these logs", count(groups), told)?;
    let shown = if told.all { groups.len() } else { GROUPS };
    let (first, rest) = groups.split_at_checked(shown).unwrap_or((groups, &[]));
    for (n, group) in first.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        listed(out, &group.answers, told)?;
        points(out, "checked", group.ruled_out, told)?;
        let none = told.catalogue.cause_named("no-origin-evidence").map(|(_, c)| c);
        let usual: Vec<String> =
            none.iter().flat_map(|c| &*c.fix).take(STEPS).map(ToString::to_string).collect();
        points(out, "next", if group.look_next.is_empty() { &usual } else { group.look_next }, told)?;
    }
    if !rest.is_empty() {
        let more = format!("and {} more; -v tells them", thousands(count(rest)));
        writeln!(out, "  {}", told.look.dim(&more))?;
    }
    Ok(())
}

/// When they were, and what the logs hold instead.
pub(super) fn not_covered(out: &mut dyn Write, answers: &[Answer<'_>], told: Told<'_>) -> io::Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    heading(out, "Not covered by these logs", errors(answers.iter().copied()), told)?;
    match span(answers.iter().copied()) {
        Some((first, last)) if answers.len() > ERRORS => {
            field(out, "when", &from_to(first, last, told.zone), told.look)?;
        }
        _ => listed(out, answers, told)?,
    }
    field(out, "logs", &uncovered(told), told.look)?;
    points(out, "next", &zone_hints(answers.iter().copied()), told)
}

fn heading(out: &mut dyn Write, title: &str, count: u64, told: Told<'_>) -> io::Result<()> {
    writeln!(out, "\n{}", told.look.bold(&format!("{title}  {} x", thousands(count))))
}

fn listed(out: &mut dyn Write, answers: &[Answer<'_>], told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    for (n, answer) in answers.iter().take(ERRORS).enumerate() {
        let when = time(*answer, told.zone).map(|t| format!("{t}  ")).unwrap_or_default();
        let room = look.width.saturating_sub(INDENT + when.len());
        let label = if n == 0 { "errors" } else { "" };
        field(out, label, &format!("{when}{}", about(*answer, room, told)), look)?;
    }
    if answers.len() > ERRORS {
        let whither = if told.all { "see the list of reports" } else { "-v tells them" };
        let more = format!("and {} more; {whither}", thousands((answers.len() - ERRORS) as u64));
        writeln!(out, "{}{}", " ".repeat(INDENT), look.dim(&more))?;
    }
    Ok(())
}

fn points(out: &mut dyn Write, label: &str, points: &[String], told: Told<'_>) -> io::Result<()> {
    for (n, point) in points.iter().enumerate() {
        let point = format!("- {}", terminal(point.as_bytes()));
        hanging(out, if n == 0 { label } else { "" }, &point, 2, told.look)?;
    }
    Ok(())
}
