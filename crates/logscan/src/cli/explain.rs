//! What kinds, causes and statuses mean.

mod status;

use std::io::{self, Write};

use logscan_catalogue::{Catalogue, Cause, Kind, Severity, Status, Text};
use logscan_parser::Source;
use serde_json::{Value, json};

use super::args::{ExplainArgs, ExplainFormat};
use super::fail::Failure;
use super::filter::nearest;
use super::safe::terminal;
use super::style::{Look, wrapped};

/// What was asked about.
enum Topic<'c> {
    All,
    Kind(&'c Kind),
    Cause(&'c Cause),
    Status(&'c Status),
    /// One of which only its causes are known.
    Code(u16),
}

/// Writes the explanation.
pub(crate) fn explain(
    out: &mut dyn Write,
    args: &ExplainArgs,
    catalogue: &Catalogue,
) -> Result<io::Result<()>, Failure> {
    let topic = match args.topic.as_deref() {
        None => Topic::All,
        Some(name) => find(name, catalogue)?,
    };
    let look = Look::of(args.color, false);
    Ok(match args.format {
        ExplainFormat::Json => serde_json::to_writer_pretty(&mut *out, &as_json(&topic, catalogue))
            .map_err(Into::into)
            .and_then(|()| writeln!(out)),
        ExplainFormat::Text => match topic {
            Topic::All => list(out, catalogue, look),
            Topic::Kind(kind) => teach_kind(out, kind, catalogue, look),
            Topic::Cause(cause) => teach_cause(out, cause, catalogue, look),
            Topic::Status(status) => status::teach(out, status, catalogue, look),
            Topic::Code(code) => teach_code(out, code, catalogue, look),
        },
    })
}

fn find<'c>(name: &str, catalogue: &'c Catalogue) -> Result<Topic<'c>, Failure> {
    // The sources of these facts write names with underscores, too.
    let id = name.trim().to_ascii_lowercase().replace('_', "-");
    if let Some((_, kind)) = catalogue.kind_named(&id) {
        return Ok(Topic::Kind(kind));
    }
    if let Some((_, cause)) = catalogue.cause_named(&id) {
        return Ok(Topic::Cause(cause));
    }
    if let Ok(code) = id.parse::<u16>() {
        if let Some(status) = catalogue.status(code) {
            return Ok(Topic::Status(status));
        }
        if catalogue.causes().any(|c| c.edge.contains(&code)) {
            return Ok(Topic::Code(code));
        }
    }
    let names = || catalogue.kinds().map(|k| &*k.id).chain(catalogue.causes().map(|c| &*c.id));
    let holding: Vec<&str> = names().filter(|n| id.len() > 2 && n.contains(&*id)).take(8).collect();
    let near = match nearest(&id, names()) {
        _ if !holding.is_empty() => format!("; these have it in their name: {}", holding.join(", ")),
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    };
    Err(Failure::usage(format!("no kind, cause or status `{name}`{near} (`logscan explain` lists them all)")))
}

fn list(out: &mut dyn Write, catalogue: &Catalogue, look: Look) -> io::Result<()> {
    let width = catalogue.kinds().map(|k| k.id.len()).max().unwrap_or(0);
    writeln!(out, "{}", look.bold("Causes"))?;
    for cause in catalogue.causes() {
        writeln!(out, "  {:<width$}  {}{}", cause.id, cause.title, statuses(&cause.edge))?;
    }
    let users: Vec<&Kind> = catalogue.kinds().filter(|k| k.user).collect();
    let of = |source| catalogue.kinds().filter(move |k| !k.user && k.source == Some(source)).collect();
    let sections: [(&str, Vec<&Kind>); 13] = [
        ("Your kinds", users),
        ("Kinds of nginx's error log", of(Source::NginxError)),
        ("Kinds of nginx's access log", of(Source::NginxAccess)),
        ("Kinds of php-fpm's logs", of(Source::PhpFpm)),
        ("Kinds of the slow log", of(Source::PhpSlow)),
        ("Kinds of PHP's own log", of(Source::PhpError)),
        ("Kinds of the kernel, with packets that a firewall logs", of(Source::Kernel)),
        ("Kinds of systemd", of(Source::Systemd)),
        ("Kinds of fail2ban", of(Source::Fail2ban)),
        ("Kinds of Apache's error log", of(Source::ApacheError)),
        ("Kinds of Apache's access log", of(Source::ApacheAccess)),
        ("Kinds of ModSecurity's audit log", of(Source::Modsecurity)),
        ("Kinds of other programs: lfd, Imunify360", of(Source::Other)),
    ];
    for (title, kinds) in sections {
        if kinds.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", look.bold(&format!("{title} ({})", kinds.len())))?;
        for kind in kinds {
            let id = look.severity(kind.severity, &format!("{:<width$}", kind.id));
            writeln!(out, "  {id}  {:<8}  {}", kind.severity.as_str(), kind.cause)?;
        }
    }
    writeln!(out, "\n{}", look.dim("logscan explain KIND teaches one of them"))
}

fn teach_kind(out: &mut dyn Write, kind: &Kind, catalogue: &Catalogue, look: Look) -> io::Result<()> {
    let source = kind.source.map_or("any log", Source::as_str);
    writeln!(out, "{}  {}", look.bold(&kind.id), look.severity(kind.severity, kind.severity.as_str()))?;
    // php-fpm names its levels in its own way.
    let fpm = kind.source == Some(Source::PhpFpm);
    let levels: Vec<&str> = kind.levels.iter().map(|l| if fpm { l.as_fpm() } else { l.as_str() }).collect();
    let level = if levels.is_empty() { String::new() } else { format!(", at level {}", levels.join(", ")) };
    section(out, "Log", &format!("{source}{level}"), look)?;
    section(out, "Meaning", &kind.meaning, look)?;
    section(out, "Visitors see", &visitors(&kind.edge), look)?;
    let mut causes: Vec<&str> = vec![&kind.cause];
    causes.extend(kind.cause_when.iter().map(|w| &*w.cause).filter(|c| *c != kind.cause));
    causes.dedup();
    for (n, id) in causes.into_iter().enumerate() {
        let title = catalogue.cause_named(id).map_or("", |(_, c)| &*c.title);
        section(out, if n == 0 { "Cause" } else { "" }, &format!("{id}: {title}"), look)?;
    }
    steps(out, &kind.fix, look)?;
    section(out, "Looks like", "", look)?;
    for line in kind.sample.lines() {
        writeln!(out, "    {}", look.dim(&terminal(line.as_bytes())))?;
    }
    section(out, "Written by", &kind.origin, look)
}

fn teach_cause(out: &mut dyn Write, cause: &Cause, catalogue: &Catalogue, look: Look) -> io::Result<()> {
    writeln!(out, "{}  {}", look.bold(&cause.id), cause.title)?;
    section(out, "Meaning", &cause.meaning, look)?;
    section(out, "Visitors see", &visitors(&cause.edge), look)?;
    steps(out, &cause.fix, look)?;
    let kinds: Vec<&Kind> = kinds_of(cause, catalogue).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    section(out, "Kinds that speak for it", "", look)?;
    let width = kinds.iter().map(|k| k.id.len()).max().unwrap_or(0);
    for kind in kinds {
        let id = look.severity(kind.severity, &format!("{:<width$}", kind.id));
        writeln!(out, "    {id}  {}", kind.source.map_or("any", Source::as_str))?;
    }
    Ok(())
}

fn kinds_of<'c>(cause: &'c Cause, catalogue: &'c Catalogue) -> impl Iterator<Item = &'c Kind> {
    catalogue.kinds().filter(|k| k.cause == cause.id || k.cause_when.iter().any(|w| w.cause == cause.id))
}

fn teach_code(out: &mut dyn Write, status: u16, catalogue: &Catalogue, look: Look) -> io::Result<()> {
    writeln!(out, "{}", look.bold(&format!("Causes of a {status}")))?;
    for cause in catalogue.causes().filter(|c| c.edge.contains(&status)) {
        section(out, &cause.title, &cause.meaning, look)?;
        let kinds: Vec<&str> = kinds_of(cause, catalogue)
            .filter(|k| k.severity <= Severity::Warning)
            .take(6)
            .map(|k| &*k.id)
            .collect();
        let shown = if kinds.is_empty() { String::new() } else { format!("; shown by {}", kinds.join(", ")) };
        section(out, "", &format!("logscan explain {}{shown}", cause.id), look)?;
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, text: &str, look: Look) -> io::Result<()> {
    if !title.is_empty() {
        writeln!(out, "\n  {}", look.bold(title))?;
    }
    if text.is_empty() {
        return Ok(());
    }
    wrapped(out, text, "    ", "    ", look)
}

fn steps(out: &mut dyn Write, fix: &[Text], look: Look) -> io::Result<()> {
    section(out, "Fix", "", look)?;
    for (n, step) in fix.iter().enumerate() {
        let first = format!("    {}. ", n + 1);
        wrapped(out, step, &first, "       ", look)?;
    }
    Ok(())
}

fn visitors(edge: &[u16]) -> String {
    match edge {
        [] => "no error of its own".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
    }
}

fn statuses(edge: &[u16]) -> String {
    if edge.is_empty() { String::new() } else { format!(" ({})", visitors(edge).replace(" or ", ", ")) }
}

fn as_json(topic: &Topic<'_>, catalogue: &Catalogue) -> Value {
    match topic {
        Topic::All => json!({
            "causes": catalogue.causes().map(cause_json).collect::<Vec<_>>(),
            "kinds": catalogue.kinds().map(kind_json).collect::<Vec<_>>(),
        }),
        Topic::Kind(kind) => kind_json(kind),
        Topic::Cause(cause) => {
            let mut value = cause_json(cause);
            if let Value::Object(map) = &mut value {
                map.insert("kinds".to_owned(), kinds_of(cause, catalogue).map(|k| &*k.id).collect());
            }
            value
        }
        Topic::Status(status) => status::as_json(status, catalogue),
        Topic::Code(status) => json!({
            "status": status,
            "causes": catalogue.causes().filter(|c| c.edge.contains(status)).map(cause_json).collect::<Vec<_>>(),
        }),
    }
}

fn kind_json(kind: &Kind) -> Value {
    let mut causes: Vec<&str> = vec![&kind.cause];
    causes.extend(kind.cause_when.iter().map(|w| &*w.cause).filter(|c| *c != kind.cause));
    causes.dedup();
    present(json!({
        "kind": kind.id,
        "cause": kind.cause,
        "causes": causes,
        "severity": kind.severity.as_str(),
        "source": kind.source.map_or("any", Source::as_str),
        "levels": kind.levels.iter().map(|l| l.as_str()).collect::<Vec<_>>(),
        "edge": kind.edge,
        "meaning": kind.meaning,
        "fix": kind.fix,
        "origin": kind.origin,
        "sample": kind.sample,
    }))
}

fn cause_json(cause: &Cause) -> Value {
    present(json!({
        "cause": cause.id,
        "title": cause.title,
        "edge": cause.edge,
        "meaning": cause.meaning,
        "fix": cause.fix,
    }))
}

/// Leaves out what is empty.
fn present(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, v| !v.as_array().is_some_and(Vec::is_empty) && v.as_str() != Some(""));
    }
    value
}
