//! The page of a status.

use std::io::{self, Write};

use logscan_catalogue::{Catalogue, Cause, Status, StatusCause, Text, Whose};
use serde_json::{Value, json};

use super::super::style::{Look, wrapped};
use super::{present, section};

/// So many steps of a cause's advice stand on the page of a status; the rest on its own.
const STEPS: usize = 2;

/// Writes what a status means: what to do at once before the causes, for that is what one looks for at night.
pub(super) fn teach(
    out: &mut dyn Write,
    status: &Status,
    catalogue: &Catalogue,
    look: Look,
) -> io::Result<()> {
    writeln!(out, "{}  {}", look.bold(&status.code.to_string()), status.title)?;
    section(out, "Meaning", status.meaning, look)?;
    section(out, "Answered by", answered(status.whose), look)?;
    if !status.limits.is_empty() {
        section(out, "Limits", "", look)?;
    }
    for limit in status.limits {
        let older = if limit.older.is_empty() { String::new() } else { format!("; older: {}", limit.older) };
        wrapped(out, &format!("{}: {}{older}", limit.what, limit.value), "    ", "      ", look)?;
    }
    section(out, "First steps", "", look)?;
    for (n, step) in status.first_steps.iter().enumerate() {
        wrapped(out, step, &format!("    {}. ", n + 1), "       ", look)?;
    }
    section(out, "Causes, the likeliest first", "", look)?;
    for (n, of) in status.causes.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        cause(out, n + 1, of, catalogue, look)?;
    }
    let rarer: Vec<&Cause> = rarer(status, catalogue).collect();
    if !rarer.is_empty() {
        section(out, "More rarely", "", look)?;
    }
    let width = rarer.iter().map(|c| c.id.len()).max().unwrap_or(0);
    for cause in rarer {
        let asked = look.dim(&format!("logscan explain {:<width$}", cause.id));
        writeln!(out, "    {asked}  {}", cause.title)?;
    }
    list(out, "What leaves no line", status.silent, look)?;
    list(out, "Often blamed, but not the cause", status.mistaken, look)
}

fn cause(
    out: &mut dyn Write,
    number: usize,
    of: &StatusCause,
    catalogue: &Catalogue,
    look: Look,
) -> io::Result<()> {
    let known = catalogue.cause_named(of.cause).map(|(_, c)| c);
    let title = title(of, known);
    let (first, rest) = (format!("{number:>5}. "), "       ");
    writeln!(out, "{first}{}", look.bold(title))?;
    wrapped(out, of.why, rest, rest, look)?;
    let shown = if of.kinds.is_empty() {
        "No line shows it.".to_owned()
    } else {
        format!("Shown by {}", of.kinds.join(", "))
    };
    wrapped(out, &shown, rest, "         ", look)?;
    let fix = fix(of, known);
    let told = if of.fix.is_empty() { STEPS } else { fix.len() };
    for step in fix.iter().take(told) {
        wrapped(out, step, "       - ", "         ", look)?;
    }
    let more = match fix.len().saturating_sub(told) {
        0 => String::new(),
        1 => " (1 more step)".to_owned(),
        n => format!(" ({n} more steps)"),
    };
    writeln!(out, "{rest}{}", look.dim(&format!("logscan explain {}{more}", of.cause)))
}

fn list(out: &mut dyn Write, title: &str, texts: &[&str], look: Look) -> io::Result<()> {
    if !texts.is_empty() {
        section(out, title, "", look)?;
    }
    texts.iter().try_for_each(|text| wrapped(out, text, "    - ", "      ", look))
}

/// Causes that can make the status, too, but have no words for it.
fn rarer<'c>(status: &'c Status, catalogue: &'c Catalogue) -> impl Iterator<Item = &'c Cause> {
    catalogue
        .causes()
        .filter(|c| c.edge.contains(&status.code) && !status.causes.iter().any(|of| of.cause == c.id))
}

fn answered(whose: Whose) -> &'static str {
    match whose {
        Whose::Edge => "Cloudflare's edge, in place of an answer of the origin",
        Whose::Origin => "the origin; Cloudflare passes it on",
        Whose::Either => "mostly the origin, and Cloudflare passes it on; at times the edge itself",
    }
}

fn title<'c>(of: &'c StatusCause, known: Option<&'c Cause>) -> &'c str {
    of.title.or(known.map(|c| &*c.title)).unwrap_or(of.cause)
}

fn fix<'c>(of: &'c StatusCause, known: Option<&'c Cause>) -> Vec<&'c str> {
    if of.fix.is_empty() {
        let steps: &[Text] = known.map_or(&[], |c| &c.fix);
        steps.iter().map(|s| &**s).collect()
    } else {
        of.fix.to_vec()
    }
}

/// The page for programs: with all steps.
pub(super) fn as_json(status: &Status, catalogue: &Catalogue) -> Value {
    let causes: Vec<Value> = status
        .causes
        .iter()
        .map(|of| {
            let known = catalogue.cause_named(of.cause).map(|(_, c)| c);
            json!({
                "cause": of.cause,
                "title": title(of, known),
                "why": of.why,
                "kinds": of.kinds,
                "fix": fix(of, known),
            })
        })
        .collect();
    let limits: Vec<Value> = status
        .limits
        .iter()
        .map(|l| present(json!({ "what": l.what, "value": l.value, "older": l.older })))
        .collect();
    json!({
        "status": status.code,
        "title": status.title,
        "whose": status.whose.as_str(),
        "meaning": status.meaning,
        "limits": limits,
        "first_steps": status.first_steps,
        "causes": causes,
        "rarer": rarer(status, catalogue).map(|c| &*c.id).collect::<Vec<_>>(),
        "silent": status.silent,
        "mistaken": status.mistaken,
    })
}
