//! `data/statuses.toml` as a table of constants.

use std::fmt::Write as _;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) status: Vec<StatusForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StatusForm {
    pub(crate) code: u16,
    title: String,
    whose: Whose,
    meaning: String,
    limits: Vec<LimitForm>,
    first_steps: Vec<String>,
    mistaken: Vec<String>,
    silent: Vec<String>,
    pub(crate) cause: Vec<CauseForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Whose {
    Edge,
    Origin,
    Either,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitForm {
    what: String,
    value: String,
    older: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CauseForm {
    pub(crate) cause: String,
    title: Option<String>,
    why: String,
    kinds: Vec<String>,
    #[serde(default)]
    fix: Vec<String>,
}

/// The table, as source text. The debug form of strings and lists of strings is that of Rust's literals.
pub(crate) fn table(statuses: &[StatusForm]) -> String {
    let mut out = String::from("pub(crate) static STATUSES: &[Status] = &[\n");
    for s in statuses {
        let whose = match s.whose {
            Whose::Edge => "Whose::Edge",
            Whose::Origin => "Whose::Origin",
            Whose::Either => "Whose::Either",
        };
        let limits: String = s
            .limits
            .iter()
            .map(|l| format!("Limit {{ what: {:?}, value: {:?}, older: {:?} }}, ", l.what, l.value, l.older))
            .collect();
        let causes: String = s.cause.iter().map(cause).collect();
        let _ = writeln!(
            out,
            "    Status {{ code: {}, title: {:?}, whose: {whose}, meaning: {:?}, limits: &[{limits}], \
             first_steps: &{:?}, causes: &[{causes}], mistaken: &{:?}, silent: &{:?} }},",
            s.code, s.title, s.meaning, s.first_steps, s.mistaken, s.silent
        );
    }
    out.push_str("];\n");
    out
}

fn cause(c: &CauseForm) -> String {
    format!(
        "StatusCause {{ cause: {:?}, title: {:?}, why: {:?}, kinds: &{:?}, fix: &{:?} }}, ",
        c.cause, c.title, c.why, c.kinds, c.fix
    )
}
