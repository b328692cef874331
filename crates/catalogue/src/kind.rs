//! Kinds of messages and the causes they speak for.

use std::borrow::Cow;
use std::fmt;

use logscan_parser::{GuardProgram, Level, Source};

use crate::when::AccessWhen;

/// Text that is part of the program, or of a user's rules.
pub type Text = Cow<'static, str>;

/// How much a kind matters, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The origin, or a whole pool or site, cannot serve.
    Critical,
    /// Requests failed.
    Error,
    /// Degraded, or about to fail.
    Warning,
    /// Context that one wants to see in an incident.
    Notice,
    /// Routine, or the client's own doing.
    Info,
}

impl Severity {
    /// The name used in output and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
            Severity::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A kind of message: how it is recognised, what it means, what to do about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Kind {
    /// Name, in kebab-case. Names stay once they are released.
    pub id: Text,
    /// Other names that it is known by.
    pub aliases: Cow<'static, [Text]>,
    /// The log it is written to; `None` matches records of any log.
    pub source: Option<Source>,
    /// One of these must stand in the searched text.
    pub literals: Cow<'static, [Text]>,
    /// This must match in the searched text, too.
    pub regex: Option<Text>,
    /// Which text is searched.
    pub scope: Scope,
    /// One of these must be the errno.
    pub errno: Cow<'static, [u32]>,
    /// One of these must be nginx's action; an empty one stands for no action.
    pub actions: Cow<'static, [Text]>,
    /// What the context list must be.
    pub context: Option<ContextKind>,
    /// What the request must be, in an access log.
    pub access: Option<AccessWhen>,
    /// Whose the address that the record is about must be.
    pub address: Option<AddressKind>,
    /// Which unit of systemd it must be about.
    pub unit: Option<UnitKind>,
    /// Which guard must have written it.
    pub guard: Option<GuardProgram>,
    /// The record must have come by syslog.
    pub syslog_only: bool,
    /// The levels it is written at. A log of a higher level cannot witness it.
    pub levels: Cow<'static, [Level]>,
    /// Whether the same text at another level is another kind.
    pub strict_level: bool,
    /// How much it matters.
    pub severity: Severity,
    /// The cause it speaks for.
    pub cause: Text,
    /// Other causes under conditions; the first that holds counts.
    pub cause_when: Cow<'static, [CauseWhen]>,
    /// The statuses that visitors behind Cloudflare see because of it.
    pub edge: Cow<'static, [u16]>,
    /// What happened, in plain words.
    pub meaning: Text,
    /// What to look at and change, the likeliest first.
    pub fix: Cow<'static, [Text]>,
    /// File and function that write the line.
    pub origin: Text,
    /// A record of this kind.
    pub sample: Text,
    /// Records that look alike and are of another kind.
    pub near_misses: Cow<'static, [Text]>,
    /// A user's own.
    pub user: bool,
}

/// A cause under conditions, all of which must hold.
#[derive(Clone, Debug)]
pub struct CauseWhen {
    /// Scheme of the upstream (`fastcgi`).
    pub upstream: Option<Text>,
    /// One of these must stand in the message.
    pub literals: Cow<'static, [Text]>,
    /// One of these must be the errno.
    pub errno: Cow<'static, [u32]>,
    /// What the request must be, in an access log.
    pub access: Option<AccessWhen>,
    /// The cause.
    pub cause: Text,
}

/// The text that literals and regex are searched in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Message, errno and action, without the head and the context list.
    Message,
    /// The whole record.
    Line,
}

/// A demand on the context list of a record of nginx.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContextKind {
    /// It names a client.
    Client,
    /// There is none.
    Absent,
    /// It is that of a proxied stream.
    Stream,
}

/// Whose an address is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum AddressKind {
    /// In the ranges of Cloudflare's edge.
    Cloudflare,
    /// Not in them.
    Stranger,
}

/// Which unit of systemd a record is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum UnitKind {
    /// One that visitors depend on: a web server, php-fpm, a database, a cache.
    Web,
}

/// A cause: why visitors saw an error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cause {
    /// Name, in kebab-case. Names stay once they are released.
    pub id: Text,
    /// Short heading.
    pub title: Text,
    /// The statuses that visitors behind Cloudflare see because of it.
    pub edge: Cow<'static, [u16]>,
    /// What happens, and how it shows in the logs.
    pub meaning: Text,
    /// What to look at and change, the likeliest first.
    pub fix: Cow<'static, [Text]>,
}
