//! Finding the first kind that fits a record, at a cost that does not grow with the number of kinds.
//!
//! The literals of all kinds of a source are looked for at once, so one pass over the text yields the few kinds that come
//! into question. They are asked in the order of the catalogue, and the first whose other conditions hold is it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use logscan_parser::{Body, Record, Source};
use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::anchor::{self, Anchor};
use crate::fields::Fields;
use crate::kind::{AddressKind, Kind, Scope, UnitKind};
use crate::limits::Limits;
use crate::literals::Literals;
use crate::question::Question;
use crate::ranges::Ranges;
use crate::requests::Requests;
use crate::starts::Starts;
use crate::stem::{self, Stem};
use crate::traits::{Demands, Traits};
use crate::units;
use crate::when::AccessWhen;

#[derive(Debug)]
pub(crate) struct Matcher {
    /// What conditions on sizes, times and addresses refer to.
    pub(crate) surroundings: Surroundings,
    /// By the number of the source; made on first use, as a run reads logs of few sources.
    by_source: Vec<OnceLock<Index>>,
    /// What is made of each kind.
    compiled: Vec<Compiled>,
}

/// What the edge bears with, and which addresses are its own.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) limits: Limits,
    pub(crate) edge: Cow<'static, Ranges>,
}

/// The kinds of one source.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) message: Anchors,
    line: Anchors,
    /// Whether there are kinds that look at whole lines.
    pub(crate) by_line: bool,
    requests: Requests,
}

/// Kinds of one source and scope, by the literals that must stand in the text.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    literals: Literals,
    /// Kinds of each literal, ascending.
    kinds: Vec<Vec<u16>>,
    texts: Vec<Vec<u8>>,
    starts: Starts,
    /// Kinds of each beginning, ascending.
    starting: Vec<Vec<u16>>,
    start_texts: Vec<Vec<u8>>,
    /// Kinds that have no literal, ascending.
    unanchored: Vec<u16>,
}

/// Texts and the kinds of each.
#[derive(Default)]
struct Places {
    texts: Vec<Vec<u8>>,
    kinds: Vec<Vec<u16>>,
    known: HashMap<Vec<u8>, usize>,
}

/// A kind's conditions.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) demands: Demands,
    /// Whether more of the record counts than its text and traits.
    pub(crate) deep: bool,
    /// Whether there is a regex.
    by_pattern: bool,
    /// Whether it can have been found by the beginning of its regex, so that its literals are still to be looked for.
    pub(crate) by_literals: bool,
    /// The beginnings that it goes by, if it goes by them alone.
    beginnings: OnceLock<Option<Vec<Vec<u8>>>>,
    /// Compiled on first use: most are never needed in one run.
    pattern: OnceLock<Option<Regex>>,
    /// What is known of texts that begin as its sample does.
    stem: OnceLock<Option<Stem>>,
    /// Whether there are other causes under conditions.
    by_cause: bool,
    /// Finders of the literals of its causes, one cause after the other.
    words: OnceLock<Vec<Vec<Finder<'static>>>>,
}

/// A kind that fits a text and its traits, if what else it demands holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Candidate {
    pub(crate) place: u16,
    /// Nothing else is demanded.
    pub(crate) sure: bool,
    /// A bit for every condition of its causes that text and traits fulfil.
    pub(crate) causes: u16,
}

/// So many candidates are told of one text.
pub(crate) const CANDIDATES: usize = 4;

/// The kinds that come into question for all records of the same text and traits, the first one first.
pub(crate) type Candidates = [Option<Candidate>; CANDIDATES];

impl Matcher {
    pub(crate) fn new(kinds: &[Cow<'static, Kind>]) -> Matcher {
        let surroundings =
            Surroundings { limits: Limits::default(), edge: Cow::Borrowed(Ranges::cloudflare()) };
        Matcher {
            surroundings,
            by_source: Source::ALL.iter().map(|_| OnceLock::new()).collect(),
            compiled: kinds.iter().map(|kind| Compiled::new(kind)).collect(),
        }
    }

    /// The kinds of a source.
    #[inline]
    pub(crate) fn index(&self, kinds: &[Cow<'static, Kind>], source: Source) -> Option<&Index> {
        let index = self.by_source.get(source as usize)?;
        Some(index.get_or_init(|| Index::new(kinds, source)))
    }

    /// The place of the first kind whose conditions all hold.
    #[inline]
    pub(crate) fn find(
        &self,
        index: &Index,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<u16> {
        let best = self.of_request(index, kinds, record, traits);
        let best = self.of_line(index, best, kinds, record, traits);
        let text = record.text();
        index.message.first(text, best, |place| self.holds(place, kinds, record, traits, text))
    }

    /// The first kind of requests.
    #[inline]
    fn of_request(
        &self,
        index: &Index,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<u16> {
        let Body::Access(access) = &record.body else { return None };
        index.requests.first(access, &self.surroundings.limits, |place| {
            let Some(kind) = kinds.get(usize::from(place)) else { return false };
            let text = searched(kind, record);
            self.holds(place, kinds, record, traits, text)
                && (kind.literals.is_empty() || one_stands(kind, text))
        })
    }

    /// The first kind that looks at the whole line, if it comes before another.
    #[inline]
    pub(crate) fn of_line(
        &self,
        index: &Index,
        best: Option<u16>,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<u16> {
        if !index.by_line {
            return best;
        }
        let line = record.line();
        index.line.first(line, best, |place| self.holds(place, kinds, record, traits, line))
    }

    /// What is known of texts that begin as this one and the sample of its kind do.
    pub(crate) fn stem(
        &self,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        place: u16,
    ) -> Option<&Stem> {
        let source = record.source();
        let index = self.index(kinds, source)?;
        let (kind, compiled) = self.kind(place, kinds)?;
        let start = stem::start_of(kind, compiled).filter(|start| record.text().starts_with(start))?;
        if kind.source != Some(source) {
            return None;
        }
        let new = || Stem::new(start, kinds, &self.compiled, &index.message);
        compiled.stem.get_or_init(new).as_ref()
    }

    /// The same, if it is known already.
    #[inline]
    pub(crate) fn known_stem(&self, place: u16) -> Option<&Stem> {
        self.compiled.get(usize::from(place))?.stem.get()?.as_ref()
    }

    /// The kinds that records of a text and its traits can be of, as far as their messages say. `None` where they are too
    /// many to be remembered.
    pub(crate) fn candidates(
        &self,
        index: &Index,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<Candidates> {
        let text = record.text();
        let mut question = index.message.question(text);
        let mut candidates = Candidates::default();
        let mut len = 0;
        while let Some(place) = question.lowest() {
            question.pass(place);
            let Some((kind, compiled)) = self.kind(place, kinds) else { continue };
            if !compiled.demands.hold(kind, traits) || !compiled.regex_holds(kind, text) {
                continue;
            }
            let causes = compiled.causes_by_text(kind, text, traits)?;
            *candidates.get_mut(len)? = Some(Candidate { place, sure: !compiled.deep, causes });
            len += 1;
            if !compiled.deep {
                break;
            }
        }
        Some(candidates)
    }

    #[inline]
    fn kind<'k>(&self, place: u16, kinds: &'k [Cow<'static, Kind>]) -> Option<(&'k Kind, &Compiled)> {
        let place = usize::from(place);
        Some((&**kinds.get(place)?, self.compiled.get(place)?))
    }

    #[inline]
    fn holds(
        &self,
        place: u16,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
        text: &[u8],
    ) -> bool {
        self.kind(place, kinds).is_some_and(|(kind, compiled)| {
            compiled.demands.hold(kind, traits)
                && (!compiled.deep || self.deep_holds(kind, record))
                && (!compiled.by_pattern || compiled.regex_holds(kind, text))
        })
    }

    /// Whether a condition of a kind's causes demands nothing but text and traits.
    pub(crate) fn is_plain_cause(kind: &Kind, at: usize) -> bool {
        kind.cause_when.get(at).is_some_and(|when| when.upstream.is_none() && when.access.is_none())
    }

    /// Whether what a kind demands of a record besides its text and traits holds.
    pub(crate) fn deep_holds(&self, kind: &Kind, record: &Record<'_>) -> bool {
        kind.unit.is_none_or(|UnitKind::Web| units::is_web(record))
            && kind.access.as_ref().is_none_or(|when| self.access_holds(when, record))
            && kind.address.is_none_or(|wanted| self.address_holds(wanted, record))
    }

    /// Whether the address that a record is about, else its client's, is whose it should be.
    fn address_holds(&self, wanted: AddressKind, record: &Record<'_>) -> bool {
        let fields = Fields::of(record);
        let inside = fields.ip.or(fields.client).map(|ip| self.surroundings.edge.contains(ip));
        inside == Some(wanted == AddressKind::Cloudflare)
    }

    /// Whether a request is as a condition wants it.
    fn access_holds(&self, when: &AccessWhen, record: &Record<'_>) -> bool {
        match &record.body {
            Body::Access(access) => when.holds(access, &self.surroundings.limits),
            _ => false,
        }
    }

    /// The first condition of a kind's causes that holds for a record.
    #[inline]
    pub(crate) fn cause(
        &self,
        place: u16,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<usize> {
        let by_cause = self.compiled.get(usize::from(place))?.by_cause;
        if by_cause { self.first_cause(place, kinds, record, traits) } else { None }
    }

    fn first_cause(
        &self,
        place: u16,
        kinds: &[Cow<'static, Kind>],
        record: &Record<'_>,
        traits: &Traits<'_>,
    ) -> Option<usize> {
        let (kind, compiled) = self.kind(place, kinds)?;
        let text = record.text();
        (0..kind.cause_when.len())
            .find(|at| compiled.cause_by_text(kind, *at, text, traits) && self.cause_else(kind, *at, record))
    }

    /// The same of those that text and traits fulfil.
    #[inline]
    pub(crate) fn cause_of(&self, kind: &Kind, causes: u16, record: &Record<'_>) -> Option<usize> {
        let mut left = causes;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            if self.cause_else(kind, at, record) {
                return Some(at);
            }
            left &= left - 1;
        }
        None
    }

    /// Whether the conditions of a cause hold that do not depend on text and traits.
    fn cause_else(&self, kind: &Kind, at: usize, record: &Record<'_>) -> bool {
        let Some(when) = kind.cause_when.get(at) else { return false };
        let scheme = || match &record.body {
            Body::NginxError(error) => error.context.upstream_scheme(),
            _ => None,
        };
        when.upstream.as_ref().is_none_or(|wanted| scheme() == Some(wanted.as_bytes()))
            && when.access.as_ref().is_none_or(|wanted| self.access_holds(wanted, record))
    }
}

impl Index {
    fn new(kinds: &[Cow<'static, Kind>], source: Source) -> Index {
        let of = |scope| Anchors::new(kinds, source, scope);
        let requests = Requests::new(kinds, source);
        let line = of(Scope::Line);
        Index { message: of(Scope::Message), by_line: !line.is_empty(), line, requests }
    }
}

impl Anchors {
    fn new(kinds: &[Cow<'static, Kind>], source: Source, scope: Scope) -> Anchors {
        let (mut literals, mut starts) = (Places::default(), Places::default());
        let mut unanchored = Vec::new();
        for (place, kind) in kinds.iter().enumerate() {
            let fits = kind.source.is_none_or(|s| s == source || slow_in_fpm(s, source));
            let fits = fits && kind.scope == scope && kind.access.is_none();
            // The highest place is that of no kind.
            let Some(place) = u16::try_from(place).ok().filter(|p| fits && *p != u16::MAX) else {
                continue;
            };
            match anchor::of(kind) {
                Anchor::Start(all) => starts.add(all, place),
                Anchor::Inside(all) => literals.add(all, place),
                Anchor::None => unanchored.push(place),
            }
        }
        Anchors {
            literals: Literals::new(&literals.texts),
            kinds: literals.kinds,
            texts: literals.texts,
            starts: Starts::new(starts.texts.clone()),
            starting: starts.kinds,
            start_texts: starts.texts,
            unanchored,
        }
    }

    /// Whether there is no kind.
    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.starting.is_empty() && self.unanchored.is_empty()
    }

    /// Whether there are kinds that are found by literals.
    pub(crate) fn looks_at_text(&self) -> bool {
        !self.kinds.is_empty() || !self.starting.is_empty()
    }

    /// The kinds that come into question for a text.
    pub(crate) fn question(&self, text: &[u8]) -> Question<'_> {
        let mut question = Question::new(&self.unanchored);
        self.ask(text, &mut question);
        question
    }

    /// The literals of some kinds, of which one stands in every text with a beginning that can be of one of these kinds.
    pub(crate) fn literals_of(&self, start: &[u8], is_one: impl Fn(&u16) -> bool) -> Vec<Vec<u8>> {
        let literals = self.texts.iter().zip(&self.kinds);
        let longer = self.start_texts.iter().zip(&self.starting).filter(|(text, _)| text.starts_with(start));
        let mut all: Vec<Vec<u8>> = literals
            .chain(longer)
            .filter(|(_, kinds)| kinds.iter().any(&is_one))
            .map(|(text, _)| text.clone())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Asks which kinds come into question for a text.
    #[inline]
    fn ask<'m>(&'m self, text: &[u8], question: &mut Question<'m>) {
        self.literals.each(text, |literal| {
            if let Some(places) = self.kinds.get(literal) {
                question.add(places);
            }
        });
        self.starts.each(text, |start| {
            if let Some(places) = self.starting.get(start) {
                question.add(places);
            }
        });
    }

    /// The lowest place below `best` that holds, else `best`.
    #[inline]
    fn first(&self, text: &[u8], best: Option<u16>, holds: impl Fn(u16) -> bool) -> Option<u16> {
        // Requests are hardly ever named by their text.
        if self.is_empty() {
            return best;
        }
        let mut question = Question::new(&self.unanchored);
        self.ask(text, &mut question);
        while let Some(place) = question.lowest().filter(|place| best.is_none_or(|best| *place < best)) {
            if holds(place) {
                return Some(place);
            }
            question.pass(place);
        }
        best
    }
}

impl Places {
    /// Adds a kind, which comes after those before it.
    fn add(&mut self, texts: Vec<Vec<u8>>, place: u16) {
        for text in texts {
            let number = *self.known.entry(text).or_insert_with_key(|text| {
                self.texts.push(text.clone());
                self.kinds.push(Vec::new());
                self.kinds.len() - 1
            });
            if let Some(kinds) = self.kinds.get_mut(number).filter(|kinds| kinds.last() != Some(&place)) {
                kinds.push(place);
            }
        }
    }
}

impl Compiled {
    fn new(kind: &Kind) -> Compiled {
        Compiled {
            demands: Demands::of(kind),
            deep: kind.unit.is_some() || kind.access.is_some() || kind.address.is_some(),
            by_pattern: kind.regex.is_some(),
            by_literals: kind.regex.is_some() && kind.literals.iter().any(|l| l.len() < anchor::SHORT),
            beginnings: OnceLock::new(),
            pattern: OnceLock::new(),
            stem: OnceLock::new(),
            by_cause: !kind.cause_when.is_empty(),
            words: OnceLock::new(),
        }
    }

    fn regex_holds(&self, kind: &Kind, text: &[u8]) -> bool {
        let Some(pattern) = &kind.regex else { return true };
        if self.by_literals && !one_stands(kind, text) {
            return false;
        }
        if let Some(beginnings) = self.beginnings(pattern) {
            return beginnings.iter().any(|start| text.starts_with(start));
        }
        let compile = || Regex::new(&format!("(?s-u){pattern}")).or_else(|_| Regex::new(pattern)).ok();
        self.pattern.get_or_init(compile).as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// The beginnings by which alone its regex goes.
    #[inline]
    pub(crate) fn beginnings(&self, pattern: &str) -> Option<&Vec<Vec<u8>>> {
        self.beginnings.get_or_init(|| anchor::beginnings(pattern)).as_ref()
    }

    /// The conditions of causes that text and traits fulfil, up to the first that demands nothing else. `None` where there
    /// are more than bits.
    fn causes_by_text(&self, kind: &Kind, text: &[u8], traits: &Traits<'_>) -> Option<u16> {
        let mut causes = 0;
        for (at, when) in kind.cause_when.iter().enumerate() {
            if self.cause_by_text(kind, at, text, traits) {
                causes |= 1u16.checked_shl(u32::try_from(at).ok()?)?;
                if when.upstream.is_none() && when.access.is_none() {
                    break;
                }
            }
        }
        Some(causes)
    }

    /// Whether a cause's conditions on text and traits hold.
    fn cause_by_text(&self, kind: &Kind, at: usize, text: &[u8], traits: &Traits<'_>) -> bool {
        let Some(when) = kind.cause_when.get(at) else { return false };
        (when.errno.is_empty() || traits.errno().is_some_and(|n| when.errno.contains(&n)))
            && (when.literals.is_empty()
                || self.words(kind).get(at).is_some_and(|words| words.iter().any(|w| w.find(text).is_some())))
    }

    fn words(&self, kind: &Kind) -> &[Vec<Finder<'static>>] {
        self.words.get_or_init(|| {
            let finder = |literal: &Cow<'static, str>| Finder::new(literal.as_bytes()).into_owned();
            kind.cause_when.iter().map(|when| when.literals.iter().map(finder).collect()).collect()
        })
    }
}

/// Slow-log blocks are told of among php-fpm's kinds: they are php-fpm's log, only in a file of its own.
fn slow_in_fpm(of_kind: Source, of_record: Source) -> bool {
    of_kind == Source::PhpFpm && of_record == Source::PhpSlow
}

/// Whether one of a kind's literals stands in a text.
pub(crate) fn one_stands(kind: &Kind, text: &[u8]) -> bool {
    kind.literals.iter().any(|l| memchr::memmem::find(text, l.as_bytes()).is_some())
}

/// The text that a kind's literals and regex are searched in.
fn searched<'b>(kind: &Kind, record: &Record<'b>) -> &'b [u8] {
    match kind.scope {
        Scope::Message => record.text(),
        Scope::Line => record.line(),
    }
}

#[cfg(test)]
pub(crate) mod oracle;
