//! What the statuses mean that visitors see.

use std::fmt;

/// A status that visitors behind Cloudflare see: what the edge means by it, and what makes it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The number (520).
    pub code: u16,
    /// Short heading.
    pub title: &'static str,
    /// Who makes this answer.
    pub whose: Whose,
    /// What happened between the edge and the origin.
    pub meaning: &'static str,
    /// Limits that have a part in it.
    pub limits: &'static [Limit],
    /// What to do first, whatever the cause.
    pub first_steps: &'static [&'static str],
    /// Its causes, the likeliest first.
    pub causes: &'static [StatusCause],
    /// What is often taken for its cause, and what that gives instead.
    pub mistaken: &'static [&'static str],
    /// What leaves no line in the logs, and how to see it all the same.
    pub silent: &'static [&'static str],
}

/// A cause of a status.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StatusCause {
    /// The cause's name.
    pub cause: &'static str,
    /// A heading for what it is in the case of this status; `None`: that of the cause.
    pub title: Option<&'static str>,
    /// How it makes this status, and how that looks.
    pub why: &'static str,
    /// Names of the kinds that prove it, the strongest first.
    pub kinds: &'static [&'static str],
    /// What to do in the case of this status; empty: what the cause says.
    pub fix: &'static [&'static str],
}

/// A limit of the edge or of the origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// Its value, with the unit.
    pub value: &'static str,
    /// Values it had before and that are still quoted; empty where there are none.
    pub older: &'static str,
}

/// Who makes the answer with a status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    /// Cloudflare, because the origin gave it nothing to pass on.
    Edge,
    /// The origin; Cloudflare passes it on.
    Origin,
    /// The origin as a rule, at times Cloudflare.
    Either,
}

impl Whose {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Whose::Edge => "edge",
            Whose::Origin => "origin",
            Whose::Either => "either",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
