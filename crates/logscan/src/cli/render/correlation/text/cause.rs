//! A cause in full: what it hit, how it is known, and what to do.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::about;
use crate::cli::render::correlation::chain::{Step, steps};
use crate::cli::render::correlation::groups::{Group, Tally};
use crate::cli::render::correlation::words::{alternatives, chance, sureness, time};
use crate::cli::render::correlation::{Answer, Told};
use crate::cli::render::page::{INDENT, field, from_to, hanging, thousands};
use crate::cli::safe::{shorten, terminal};
use crate::cli::style::wrapped;

/// Names of a list.
const NAMES: usize = 3;
/// Steps of advice, of more.
const STEPS: usize = 3;
/// Lines of a chain, of more.
const LINES: usize = 6;

/// The block of a cause.
pub(super) fn block(out: &mut dyn Write, group: &Group<'_>, told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    let title = look.bold(&terminal(group.cause.title.as_bytes()));
    let id = look.dim(&format!("({})", group.cause.id));
    writeln!(out, "{title}  {}  {id}", look.bold(&format!("{} x", thousands(group.errors()))))?;
    if let Some((first, last)) = group.span() {
        field(out, "when", &from_to(first, last, told.zone), look)?;
    }
    for (label, tally) in [("seen as", group.statuses()), ("host", group.hosts()), ("request", group.paths())]
    {
        if let Some(names) = names(&tally, told) {
            field(out, label, &names, look)?;
        }
    }
    field(out, "sure", &sureness(group), look)?;
    if let Some(words) = chance(group) {
        field(out, "chance", &words, look)?;
    }
    if let Some(words) = alternatives(group, told) {
        field(out, "or else", &words, look)?;
    }
    if told.all && !group.cause.meaning.is_empty() {
        field(out, "means", &group.cause.meaning, look)?;
    }
    if let Some(answer) = group.example() {
        example(out, answer, told)?;
    }
    fix(out, group, told)
}

fn names(tally: &Tally, told: Told<'_>) -> Option<String> {
    let shown = |name: &str| shorten(&terminal(name.as_bytes()), 60, told.look.unicode);
    match tally.as_slice() {
        [] => None,
        [(name, _)] => Some(shown(name)),
        names => {
            let count = if told.all { names.len() } else { NAMES };
            let (first, rest) = names.split_at_checked(count).unwrap_or((names, &[]));
            let mut words: Vec<String> =
                first.iter().map(|(n, count)| format!("{} ({})", shown(n), thousands(*count))).collect();
            if !rest.is_empty() {
                words.push(format!("and {} more", thousands(rest.len() as u64)));
            }
            Some(words.join(", "))
        }
    }
}

/// One error with its chain, from what the visitor saw to what lies behind it.
fn example(out: &mut dyn Write, answer: Answer<'_>, told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    let room = look.width.saturating_sub(INDENT);
    let when = time(answer, told.zone).map(|t| format!("{t}  ")).unwrap_or_default();
    let about = about(answer, room.saturating_sub(when.len()), told);
    field(out, "example", &format!("{when}{about}"), look)?;
    let steps = steps(answer, told);
    let shown = if told.all { steps.len() } else { LINES };
    for step in steps.iter().take(shown) {
        link(out, step, told)?;
    }
    if steps.len() > shown {
        let more = format!("and {} more lines; -v tells them", steps.len() - shown);
        writeln!(out, "{}{}", " ".repeat(INDENT), look.dim(&more))?;
    }
    for words in &answer.attribution.because {
        let margin = " ".repeat(INDENT);
        wrapped(out, words, &margin, &margin, look)?;
    }
    Ok(())
}

/// A line of the chain: where it stands, and what it says.
fn link(out: &mut dyn Write, step: &Step, told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    let arrow = if look.unicode { "←" } else { "<-" };
    let margin = " ".repeat(INDENT);
    let indent = " ".repeat(INDENT + arrow.chars().count() + 1);
    let place = format!("{}  {}", step.time, step.place);
    write!(out, "{margin}{arrow} {}", look.dim(&place))?;
    if let Some((kind, severity)) = &step.kind {
        let fits = indent.len() + place.width() + 2 + kind.len() <= look.width;
        let gap = if fits { "  ".to_owned() } else { format!("\n{indent}") };
        write!(out, "{gap}{}", look.severity(*severity, kind))?;
    }
    writeln!(out)?;
    let room = look.width.saturating_sub(indent.len());
    let text =
        if told.all { step.raw.clone() } else { shorten(&step.text, room * 2 - room / 4, look.unicode) };
    let mut lines = Vec::new();
    wrapped(&mut lines, &text, &indent, &indent, look)?;
    for line in String::from_utf8_lossy(&lines).lines() {
        let words = line.get(indent.len()..).unwrap_or_default();
        let words = if step.primary { look.bold(words) } else { words.to_owned() };
        writeln!(out, "{indent}{words}")?;
    }
    Ok(())
}

fn fix(out: &mut dyn Write, group: &Group<'_>, told: Told<'_>) -> io::Result<()> {
    let steps = &*group.cause.fix;
    let shown = if told.all { steps.len() } else { STEPS };
    for (n, step) in steps.iter().take(shown).enumerate() {
        let label = if n == 0 { "fix" } else { "" };
        match steps {
            [only] => field(out, label, only, told.look)?,
            _ => hanging(out, label, &format!("{}. {step}", n + 1), 3, told.look)?,
        }
    }
    let rest = steps.len().saturating_sub(shown);
    if rest > 0 {
        let s = if rest == 1 { "" } else { "s" };
        let more = format!("{rest} more step{s}: logscan explain {}", group.cause.id);
        writeln!(out, "{}{}", " ".repeat(INDENT), told.look.dim(&more))?;
    }
    Ok(())
}
