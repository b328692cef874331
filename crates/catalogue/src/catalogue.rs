//! The catalogue: all kinds and causes, and the naming of records.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use logscan_parser::Record;

use crate::kind::{Cause, Kind};
use crate::limits::Limits;
use crate::matcher::{Index, Matcher};
use crate::namer::{Namer, Namers};
use crate::ranges::Ranges;
use crate::rules::{Rules, RulesError};
use crate::status::Status;
use crate::tables;
use crate::traits::Traits;

/// A kind's place in its catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KindId(pub(crate) u16);

/// A cause's place in its catalogue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CauseId(pub(crate) u16);

impl KindId {
    /// Its place in [`Catalogue::kinds`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl CauseId {
    /// Its place in [`Catalogue::causes`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What a record is named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Named {
    /// Its kind.
    pub kind: KindId,
    /// The cause it speaks for, which for some kinds depends on more of the record.
    pub cause: CauseId,
}

/// All kinds and causes, compiled.
#[derive(Debug)]
pub struct Catalogue {
    pub(crate) kinds: Vec<Cow<'static, Kind>>,
    causes: Vec<Cow<'static, Cause>>,
    /// Cause of each kind, then of each of its conditions.
    cause_ids: Vec<Vec<CauseId>>,
    pub(crate) matcher: Matcher,
}

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    let kinds = tables::KINDS.iter().map(Cow::Borrowed).collect();
    let causes = tables::CAUSES.iter().map(Cow::Borrowed).collect();
    Catalogue::compile(kinds, causes)
});

impl Catalogue {
    /// The catalogue without rules of a user.
    pub fn builtin() -> &'static Catalogue {
        &BUILTIN
    }

    /// The catalogue with a user's rules, which are tried before all others.
    ///
    /// # Errors
    ///
    /// Where a rule has the id of a kind that exists, or a regex that is none.
    pub fn with_rules(rules: Rules) -> Result<Catalogue, RulesError> {
        for kind in &rules.kinds {
            if tables::KINDS.iter().any(|k| k.id == kind.id) {
                let words = format!("kind `{}`: logscan has a kind of that name; choose another", kind.id);
                return Err(RulesError::new(words));
            }
            if let Some(pattern) = &kind.regex {
                regex::bytes::Regex::new(pattern)
                    .map_err(|e| RulesError::new(format!("kind `{}`: {e}", kind.id)))?;
            }
        }
        let kinds = rules.kinds.into_iter().map(Cow::Owned);
        let causes = tables::CAUSES.iter().map(Cow::Borrowed);
        Ok(Catalogue::compile(
            kinds.chain(tables::KINDS.iter().map(Cow::Borrowed)).collect(),
            causes.chain(rules.causes.into_iter().map(Cow::Owned)).collect(),
        ))
    }

    fn compile(kinds: Vec<Cow<'static, Kind>>, mut causes: Vec<Cow<'static, Cause>>) -> Catalogue {
        let mut known: HashMap<String, CauseId> = HashMap::new();
        for (place, cause) in causes.iter().enumerate() {
            known.insert(cause.id.to_string(), CauseId(narrow(place)));
        }
        let mut id_of = |name: &str| match known.get(name) {
            Some(id) => *id,
            None => {
                // A user's own cause needs no words of its own.
                let id = CauseId(narrow(causes.len()));
                causes.push(Cow::Owned(named_only(name)));
                known.insert(name.to_owned(), id);
                id
            }
        };
        let cause_ids = kinds
            .iter()
            .map(|k| {
                std::iter::once(&k.cause)
                    .chain(k.cause_when.iter().map(|w| &w.cause))
                    .map(|c| id_of(c))
                    .collect()
            })
            .collect();
        let matcher = Matcher::new(&kinds);
        Catalogue { kinds, causes, cause_ids, matcher }
    }

    /// The same catalogue with other limits of the edge.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Catalogue {
        self.matcher.surroundings.limits = limits;
        self
    }

    /// The same catalogue with other addresses of the edge.
    #[must_use]
    pub fn with_edge(mut self, edge: Ranges) -> Catalogue {
        self.matcher.surroundings.edge = Cow::Owned(edge);
        self
    }

    /// The limits of the edge that kinds go by.
    pub fn limits(&self) -> &Limits {
        &self.matcher.surroundings.limits
    }

    /// The addresses of the edge.
    pub fn edge(&self) -> &Ranges {
        &self.matcher.surroundings.edge
    }

    /// Names a record. `None` only for records of a source that has no kinds. Where there are many, a [`Namer`] is faster.
    pub fn name(&self, record: &Record<'_>) -> Option<Named> {
        let index = self.matcher.index(&self.kinds, record.source())?;
        self.name_by(index, record, &Traits::of(record))
    }

    /// The same, of a record whose traits are known.
    pub(crate) fn name_by(&self, index: &Index, record: &Record<'_>, traits: &Traits<'_>) -> Option<Named> {
        let place = self.matcher.find(index, &self.kinds, record, traits)?;
        self.named(place, self.matcher.cause(place, &self.kinds, record, traits))
    }

    /// What names records one after the other.
    pub fn namer(&self) -> Namer<'_> {
        Namer::new(self)
    }

    /// What names records in several threads, or in several stretches of a log.
    pub fn namers(&self) -> Namers<'_> {
        Namers::new(self)
    }

    /// The kind at a place, with the cause of one of its conditions, else its usual one.
    #[inline]
    pub(crate) fn named(&self, place: u16, condition: Option<usize>) -> Option<Named> {
        let cause = *self.cause_ids.get(usize::from(place))?.get(condition.map_or(0, |at| at + 1))?;
        Some(Named { kind: KindId(place), cause })
    }

    /// All kinds, in the order in which they are tried.
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = &Kind> {
        self.kinds.iter().map(|k| &**k)
    }

    /// The ids of all kinds, in the same order.
    pub fn kind_ids(&self) -> impl ExactSizeIterator<Item = KindId> + use<> {
        (0..narrow(self.kinds.len())).map(KindId)
    }

    /// All causes.
    pub fn causes(&self) -> impl ExactSizeIterator<Item = &Cause> {
        self.causes.iter().map(|c| &**c)
    }

    /// The kind at a place of this catalogue; an id of another catalogue names another kind or none.
    pub fn kind(&self, id: KindId) -> Option<&Kind> {
        self.kinds.get(usize::from(id.0)).map(|k| &**k)
    }

    /// The cause at a place of this catalogue.
    pub fn cause(&self, id: CauseId) -> Option<&Cause> {
        self.causes.get(usize::from(id.0)).map(|c| &**c)
    }

    /// The kind of a name, or of another name that it is known by.
    pub fn kind_named(&self, id: &str) -> Option<(KindId, &Kind)> {
        let place = self.kinds.iter().position(|k| k.id == id || k.aliases.iter().any(|a| a == id))?;
        Some((KindId(narrow(place)), self.kinds.get(place)?))
    }

    /// The cause of a name.
    pub fn cause_named(&self, id: &str) -> Option<(CauseId, &Cause)> {
        let place = self.causes.iter().position(|c| c.id == id)?;
        Some((CauseId(narrow(place)), self.causes.get(place)?))
    }

    /// What is known of the statuses that visitors see, the edge's own first.
    pub fn statuses(&self) -> &'static [Status] {
        tables::STATUSES
    }

    /// What is known of a status.
    pub fn status(&self, code: u16) -> Option<&'static Status> {
        tables::STATUSES.iter().find(|s| s.code == code)
    }

    /// All causes that records of a kind can be given, the usual one first.
    pub fn causes_of(&self, id: KindId) -> &[CauseId] {
        self.cause_ids.get(usize::from(id.0)).map_or(&[], Vec::as_slice)
    }
}

fn narrow(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

fn named_only(name: &str) -> Cause {
    let id = || Cow::Owned(name.to_owned());
    Cause {
        id: id(),
        title: id(),
        edge: Cow::Borrowed(&[]),
        meaning: Cow::Borrowed(""),
        fix: Cow::Borrowed(&[]),
    }
}
