//! Users' own kinds.

use std::borrow::Cow;
use std::fmt;

use logscan_parser::{GuardProgram, Level, Source};

use crate::form::{
    self, AddressForm, CarrierForm, CauseForm, ContextForm, GuardForm, KindForm, OneOrMany, ScopeForm,
    SeverityForm, UnitForm,
};
use crate::kind::{AddressKind, Cause, CauseWhen, ContextKind, Kind, Scope, Severity, Text, UnitKind};
use crate::when::AccessWhen;

/// Why a file of rules cannot be used: words for the user, with the place where one is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesError(String);

impl RulesError {
    pub(crate) fn new(words: impl Into<String>) -> RulesError {
        RulesError(words.into())
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RulesError {}

/// Kinds and causes read from a user's TOML.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) causes: Vec<Cause>,
}

impl Rules {
    /// Reads rules: `[[kind]]` tables with `id`, `match` or `regex`, and what else a kind has.
    ///
    /// # Errors
    ///
    /// Where the text is no TOML, a key or value is not known, an id is malformed or comes twice, or a kind
    /// has nothing to match.
    pub fn parse(text: &str) -> Result<Rules, RulesError> {
        let file = form::parse(text).map_err(RulesError)?;
        let mut rules = Rules::default();
        for form in file.kind {
            let kind = kind(form, file.source.as_deref())?;
            if rules.kinds.iter().any(|k| k.id == kind.id) {
                return Err(RulesError(format!("kind `{}` comes twice", kind.id)));
            }
            rules.kinds.push(kind);
        }
        rules.causes = file.cause.into_iter().map(cause).collect();
        if rules.kinds.is_empty() {
            return Err(RulesError("holds no [[kind]]".to_owned()));
        }
        Ok(rules)
    }

    /// How many kinds there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

fn kind(k: KindForm, file_source: Option<&str>) -> Result<Kind, RulesError> {
    let id = k.id;
    let in_kind = |words: String| RulesError(format!("kind `{id}`: {words}"));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || !id.bytes().all(plain) {
        return Err(in_kind("an id has lower-case letters, digits and dashes only".to_owned()));
    }
    if k.literals.0.iter().all(String::is_empty) && k.regex.is_none() && k.access.is_none() {
        return Err(in_kind("needs `match = \"text\"`, `regex = 'pattern'` or `access = {...}`".to_owned()));
    }
    let source = match k.source.as_deref().or(file_source) {
        Some(name) => Some(Source::from_name(name).ok_or_else(|| in_kind(format!("no source `{name}`")))?),
        None => None,
    };
    let levels = k
        .levels
        .iter()
        .map(|name| {
            let level = Level::from_nginx(name.as_bytes()).or_else(|| Level::from_fpm(name.as_bytes()));
            level.ok_or_else(|| in_kind(format!("no level `{name}`")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Kind {
        aliases: k.also.into_iter().map(Text::Owned).collect(),
        source,
        literals: texts(k.literals),
        regex: k.regex.map(Cow::Owned),
        scope: match k.scope {
            Some(ScopeForm::Message) => Scope::Message,
            Some(ScopeForm::Line) | None => Scope::Line,
        },
        errno: Cow::Owned(k.errno),
        actions: k.actions.into_iter().map(Text::Owned).collect(),
        context: k.context.map(|c| match c {
            ContextForm::Client => ContextKind::Client,
            ContextForm::None => ContextKind::Absent,
            ContextForm::Stream => ContextKind::Stream,
        }),
        access: k.access.as_ref().map(AccessWhen::new).transpose().map_err(&in_kind)?,
        address: k.address.map(|a| match a {
            AddressForm::Cloudflare => AddressKind::Cloudflare,
            AddressForm::Stranger => AddressKind::Stranger,
        }),
        unit: k.unit.map(|UnitForm::Web| UnitKind::Web),
        guard: k.guard.map(|g| match g {
            GuardForm::Lfd => GuardProgram::Lfd,
            GuardForm::Imunify => GuardProgram::Imunify,
        }),
        syslog_only: matches!(k.carrier, Some(CarrierForm::Syslog)),
        levels: Cow::Owned(levels),
        strict_level: k.strict_level,
        severity: match k.severity {
            Some(SeverityForm::Critical) => Severity::Critical,
            Some(SeverityForm::Error) => Severity::Error,
            Some(SeverityForm::Warning) | None => Severity::Warning,
            Some(SeverityForm::Notice) => Severity::Notice,
            Some(SeverityForm::Info) => Severity::Info,
        },
        cause: Cow::Owned(k.cause.unwrap_or_else(|| "other".to_owned())),
        cause_when: k
            .cause_when
            .into_iter()
            .map(|w| {
                Ok(CauseWhen {
                    upstream: w.upstream.map(Cow::Owned),
                    literals: texts(w.literals),
                    errno: Cow::Owned(w.errno),
                    access: w.access.as_ref().map(AccessWhen::new).transpose().map_err(&in_kind)?,
                    cause: Cow::Owned(w.cause),
                })
            })
            .collect::<Result<_, RulesError>>()?,
        edge: Cow::Owned(k.edge),
        meaning: Cow::Owned(k.meaning),
        fix: texts(k.fix),
        origin: Cow::Owned(k.origin),
        sample: Cow::Owned(k.sample),
        near_misses: texts(k.near_miss),
        user: true,
        id: Cow::Owned(id),
    })
}

fn cause(c: CauseForm) -> Cause {
    Cause {
        id: Cow::Owned(c.id),
        title: Cow::Owned(c.title),
        edge: Cow::Owned(c.edge),
        meaning: Cow::Owned(c.meaning),
        fix: texts(c.fix),
    }
}

fn texts(list: OneOrMany) -> Cow<'static, [Text]> {
    list.0.into_iter().filter(|t| !t.is_empty()).map(Text::Owned).collect()
}
