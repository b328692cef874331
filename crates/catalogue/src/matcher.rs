//! Finding the first kind that fits a record, at a cost that does not grow with the number of kinds.
//!
//! Every literal that a kind needs is a pattern of one Aho-Corasick automaton per source, so one pass over the
//! text yields the few kinds that come into question; only their other conditions are looked at.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use logscan_parser::{Body, Context, Record, Source};
use regex::bytes::Regex;

use crate::anchor;
use crate::fields::Fields;
use crate::kind::{AddressKind, CauseWhen, ContextKind, Kind, Scope, UnitKind};
use crate::limits::Limits;
use crate::ranges::Ranges;
use crate::units;
use crate::when::AccessWhen;

/// Statuses have three digits.
const STATUSES: usize = 1000;

#[derive(Debug)]
pub(crate) struct Matcher {
    /// What conditions on sizes, times and addresses refer to.
    pub(crate) surroundings: Surroundings,
    by_source: Vec<(Source, Index)>,
    /// Compiled on first use: most are never needed in one run.
    regexes: Vec<OnceLock<Option<Regex>>>,
}

/// What the edge bears with, and which addresses are its own.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) limits: Limits,
    pub(crate) edge: Cow<'static, Ranges>,
}

/// The kinds of one source.
#[derive(Debug)]
struct Index {
    message: Anchors,
    line: Anchors,
    requests: Requests,
}

/// Kinds of requests, by the statuses that they are of.
#[derive(Debug, Default)]
struct Requests {
    /// Kinds of each status from 0 to 999, ascending; empty where no kind is of requests.
    by_status: Vec<Vec<u16>>,
    /// Kinds that do not ask for a status, ascending.
    any: Vec<u16>,
}

/// Kinds of one source and scope, by the literals that must stand in the text.
#[derive(Debug, Default)]
struct Anchors {
    automaton: Option<AhoCorasick>,
    /// Kinds of each pattern, ascending.
    kinds: Vec<Vec<u16>>,
    /// Kinds that have no literal, ascending.
    unanchored: Vec<u16>,
}

impl Matcher {
    pub(crate) fn new(kinds: &[Cow<'static, Kind>]) -> Matcher {
        let by_source = Source::ALL
            .into_iter()
            .map(|source| {
                let of = |scope| Anchors::new(kinds, source, scope);
                let requests = Requests::new(kinds, source);
                (source, Index { message: of(Scope::Message), line: of(Scope::Line), requests })
            })
            .collect();
        let surroundings =
            Surroundings { limits: Limits::default(), edge: Cow::Borrowed(Ranges::cloudflare()) };
        Matcher { surroundings, by_source, regexes: kinds.iter().map(|_| OnceLock::new()).collect() }
    }

    /// The place of the first kind whose conditions all hold.
    pub(crate) fn find(&self, kinds: &[Cow<'static, Kind>], record: &Record<'_>) -> Option<usize> {
        let source = record.source();
        let (_, index) = self.by_source.iter().find(|(s, _)| *s == source)?;
        let mut best = index.requests.first(record, |place| {
            let place = usize::from(place);
            kinds.get(place).is_some_and(|k| {
                self.conditions_hold(k, record)
                    && self.literals_hold(k, record)
                    && self.regex_holds(k, place, searched(k, record))
            })
        });
        for (anchors, text) in [(&index.line, record.line()), (&index.message, record.text())] {
            let holds = |place: u16| {
                let place = usize::from(place);
                kinds
                    .get(place)
                    .is_some_and(|k| self.conditions_hold(k, record) && self.regex_holds(k, place, text))
            };
            best = anchors.first(text, best, holds);
        }
        (best != u16::MAX).then_some(usize::from(best))
    }

    fn conditions_hold(&self, kind: &Kind, record: &Record<'_>) -> bool {
        let strict = kind.strict_level && !record.level().is_some_and(|l| kind.levels.contains(&l));
        if strict || (kind.syslog_only && record.carrier.is_none()) {
            return false;
        }
        if !kind.errno.is_empty() && !errno(record).is_some_and(|n| kind.errno.contains(&n)) {
            return false;
        }
        let nginx = match &record.body {
            Body::NginxError(error) => Some(error),
            _ => None,
        };
        let action = nginx.and_then(|e| e.action).unwrap_or_default();
        if !kind.actions.is_empty() && !kind.actions.iter().any(|a| a.as_bytes() == action) {
            return false;
        }
        let context = kind.context.is_none_or(|c| nginx.is_some_and(|e| context_is(&e.context, c)));
        context
            && kind.unit.is_none_or(|UnitKind::Web| units::is_web(record))
            && kind.guard.is_none_or(|program| matches!(&record.body, Body::Guard(g) if g.program == program))
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

    /// Whether the conditions of a cause hold for a record.
    pub(crate) fn cause_holds(&self, when: &CauseWhen, record: &Record<'_>) -> bool {
        let scheme = match &record.body {
            Body::NginxError(error) => error.context.upstream_scheme(),
            _ => None,
        };
        if when.upstream.as_ref().is_some_and(|u| scheme != Some(u.as_bytes())) {
            return false;
        }
        if !when.errno.is_empty() && !errno(record).is_some_and(|n| when.errno.contains(&n)) {
            return false;
        }
        if when.access.as_ref().is_some_and(|a| !self.access_holds(a, record)) {
            return false;
        }
        let text = record.text();
        when.literals.is_empty()
            || when.literals.iter().any(|l| memchr::memmem::find(text, l.as_bytes()).is_some())
    }

    fn literals_hold(&self, kind: &Kind, record: &Record<'_>) -> bool {
        let text = searched(kind, record);
        kind.literals.is_empty()
            || kind.literals.iter().any(|l| memchr::memmem::find(text, l.as_bytes()).is_some())
    }

    fn regex_holds(&self, kind: &Kind, place: usize, text: &[u8]) -> bool {
        let Some(pattern) = &kind.regex else { return true };
        let Some(slot) = self.regexes.get(place) else { return false };
        slot.get_or_init(|| Regex::new(&format!("(?s-u){pattern}")).or_else(|_| Regex::new(pattern)).ok())
            .as_ref()
            .is_some_and(|r| r.is_match(text))
    }
}

impl Requests {
    fn new(kinds: &[Cow<'static, Kind>], source: Source) -> Requests {
        let mut requests = Requests::default();
        let is_access = matches!(source, Source::NginxAccess | Source::ApacheAccess);
        for (place, kind) in kinds.iter().enumerate().filter(|_| is_access) {
            let Some(when) = kind.access.as_ref().filter(|_| kind.source.is_none_or(|s| s == source)) else {
                continue;
            };
            let Ok(place) = u16::try_from(place) else { continue };
            requests.by_status.resize(STATUSES, Vec::new());
            if when.statuses.is_empty() {
                requests.any.push(place);
                requests.by_status.iter_mut().for_each(|kinds| kinds.push(place));
            }
            for status in when.statuses.iter().flat_map(|(first, last)| *first..=*last) {
                if let Some(kinds) = requests.by_status.get_mut(usize::from(status)) {
                    kinds.push(place);
                }
            }
        }
        requests
    }

    /// The lowest place that holds, else the highest there is.
    fn first(&self, record: &Record<'_>, holds: impl Fn(u16) -> bool) -> u16 {
        let Body::Access(access) = &record.body else { return u16::MAX };
        let of_status = access.status.and_then(|s| self.by_status.get(usize::from(s)));
        of_status.unwrap_or(&self.any).iter().copied().find(|p| holds(*p)).unwrap_or(u16::MAX)
    }
}

impl Anchors {
    fn new(kinds: &[Cow<'static, Kind>], source: Source, scope: Scope) -> Anchors {
        let mut anchors = Anchors::default();
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        let mut places_of: HashMap<Vec<u8>, usize> = HashMap::new();
        for (place, kind) in kinds.iter().enumerate() {
            let fits = kind.source.is_none_or(|s| s == source || slow_in_fpm(s, source));
            let fits = fits && kind.scope == scope && kind.access.is_none();
            let Some(place) = u16::try_from(place).ok().filter(|_| fits) else {
                continue;
            };
            let literals = anchor::of(kind);
            if literals.is_empty() {
                anchors.unanchored.push(place);
            }
            for literal in literals {
                let at = *places_of.entry(literal).or_insert_with_key(|literal| {
                    patterns.push(literal.clone());
                    anchors.kinds.push(Vec::new());
                    patterns.len() - 1
                });
                if let Some(places) = anchors.kinds.get_mut(at) {
                    places.push(place);
                }
            }
        }
        if !patterns.is_empty() {
            // A contiguous NFA is built in a fraction of the time that a DFA takes; a run over a small log
            // should not wait for that. Patterns of this number and length are within its limits.
            anchors.automaton = AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&patterns)
                .ok();
        }
        anchors
    }

    /// The lowest place below `best` that holds, else `best`.
    fn first(&self, text: &[u8], mut best: u16, holds: impl Fn(u16) -> bool) -> u16 {
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(text) {
                let Some(places) = self.kinds.get(found.pattern().as_usize()) else { continue };
                for place in places.iter().take_while(|p| **p < best) {
                    if holds(*place) {
                        best = *place;
                        break;
                    }
                }
            }
        }
        self.unanchored.iter().copied().take_while(|p| *p < best).find(|p| holds(*p)).unwrap_or(best)
    }
}

/// Slow-log blocks are told of among php-fpm's kinds: they are php-fpm's log, only in a file of its own.
fn slow_in_fpm(of_kind: Source, of_record: Source) -> bool {
    of_kind == Source::PhpFpm && of_record == Source::PhpSlow
}

fn context_is(context: &Context<'_>, wanted: ContextKind) -> bool {
    match wanted {
        ContextKind::Client => context.client.is_some(),
        ContextKind::Absent => *context == Context::default(),
        ContextKind::Stream => context.traffic.is_some(),
    }
}

/// The text that a kind's literals and regex are searched in.
fn searched<'b>(kind: &Kind, record: &Record<'b>) -> &'b [u8] {
    match kind.scope {
        Scope::Message => record.text(),
        Scope::Line => record.line(),
    }
}

/// The number of the failed system call.
fn errno(record: &Record<'_>) -> Option<u32> {
    match &record.body {
        Body::NginxError(error) => error.errno,
        Body::ApacheError(error) => error.errno,
        _ => None,
    }
}
