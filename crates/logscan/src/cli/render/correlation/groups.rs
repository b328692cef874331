//! Answers that belong together.

use std::collections::BTreeMap;

use logscan_catalogue::{Cause, CauseId, Timestamp};
use logscan_correlate::{Join, Verdict};

use super::words::Certainty;
use super::{Answer, Told};

/// All reports that one cause explains.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) cause: &'a Cause,
    pub(super) answers: Vec<Answer<'a>>,
    /// How many of them chance would explain, where that is more than it may be.
    pub(super) by_chance: Option<f64>,
}

/// Of a cause's errors this part may be expected by chance without a word about it.
const CHANCE: f64 = 0.05;

/// An alternative less likely than this is no news.
const WORTH_A_WORD: f64 = 0.15;

/// How often each of some names came, the most frequent first.
pub(super) type Tally = Vec<(String, u64)>;

/// The errors that answers stand for.
pub(super) fn errors<'a>(answers: impl IntoIterator<Item = Answer<'a>>) -> u64 {
    answers.into_iter().fold(0, |sum, a| sum.saturating_add(a.count()))
}

/// First and last time of some reports, on the edge's clock.
pub(super) fn span<'a>(answers: impl IntoIterator<Item = Answer<'a>>) -> Option<(Timestamp, Timestamp)> {
    let times = answers.into_iter().filter_map(|a| Some(a.report.when?.from));
    times.fold(None, |span, at| {
        let (first, last) = span.unwrap_or((at, at));
        Some((first.min(at), last.max(at)))
    })
}

/// The causes that were found, the most frequent first.
pub(super) fn causes(told: Told<'_>) -> Vec<Group<'_>> {
    let mut by_cause: BTreeMap<CauseId, Vec<Answer<'_>>> = BTreeMap::new();
    for answer in told.answers().filter(|a| a.attribution.verdict == Verdict::Explained) {
        by_cause.entry(answer.attribution.cause).or_default().push(answer);
    }
    let mut groups: Vec<Group<'_>> = by_cause
        .into_iter()
        .filter_map(|(id, answers)| {
            let row = told.correlation.causes.iter().find(|c| c.cause == id);
            let expected = row.map(|c| c.expected_by_chance);
            let few = CHANCE * row.map_or(0, |c| c.count) as f64;
            let by_chance = expected.filter(|e| e.is_finite() && *e > few);
            Some(Group { cause: told.cause(id)?, answers, by_chance })
        })
        .collect();
    groups.sort_by(|a, b| b.errors().cmp(&a.errors()).then_with(|| a.cause.id.cmp(&b.cause.id)));
    groups
}

/// Reports that were answered in the same words.
#[derive(Clone, Debug)]
pub(super) struct Open<'a> {
    pub(super) ruled_out: &'a [String],
    pub(super) look_next: &'a [String],
    pub(super) answers: Vec<Answer<'a>>,
}

/// The reports that the logs cover and do not explain, in the order of the first of each kind of answer.
pub(super) fn unexplained(told: Told<'_>) -> Vec<Open<'_>> {
    let mut places: BTreeMap<(&[String], &[String]), usize> = BTreeMap::new();
    let mut groups: Vec<Open<'_>> = Vec::new();
    for answer in told.answers().filter(|a| a.attribution.verdict == Verdict::Unexplained) {
        let (ruled_out, look_next) = (&*answer.attribution.ruled_out, &*answer.attribution.look_next);
        let place = *places.entry((ruled_out, look_next)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.answers.push(answer),
            None => groups.push(Open { ruled_out, look_next, answers: vec![answer] }),
        }
    }
    groups
}

/// The reports at whose time the logs hold nothing.
pub(super) fn not_covered(told: Told<'_>) -> Vec<Answer<'_>> {
    told.answers().filter(|a| a.attribution.verdict == Verdict::NotCovered).collect()
}

impl<'a> Group<'a> {
    pub(super) fn errors(&self) -> u64 {
        errors(self.answers.iter().copied())
    }

    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        span(self.answers.iter().copied())
    }

    pub(super) fn statuses(&self) -> Tally {
        self.tally(|a| a.report.status.map(|s| s.to_string()))
    }

    pub(super) fn hosts(&self) -> Tally {
        self.tally(|a| a.report.host.clone())
    }

    /// What was asked for, without queries: they are seldom the same twice.
    pub(super) fn paths(&self) -> Tally {
        self.tally(|a| Some(a.report.uri.as_deref()?.split('?').next()?.to_owned()))
    }

    pub(super) fn joins(&self) -> Vec<(Join, u64)> {
        self.sums(|a| Some(a.attribution.join))
    }

    /// How sure the answers are, the surest first.
    pub(super) fn certainties(&self) -> Vec<(Certainty, u64)> {
        self.sums(|a| Some(Certainty::of(a.attribution.confidence)))
    }

    /// Other causes that may explain some of these errors, and how many, the most frequent first.
    pub(super) fn alternatives(&self, told: Told<'a>) -> Vec<(&'a Cause, u64)> {
        let mut sums: BTreeMap<CauseId, u64> = BTreeMap::new();
        for answer in &self.answers {
            let likely = answer.attribution.alternatives.iter().filter(|o| o.confidence >= WORTH_A_WORD);
            for other in likely {
                *sums.entry(other.cause).or_insert(0) += answer.count();
            }
        }
        let mut others: Vec<(&Cause, u64)> =
            sums.into_iter().filter_map(|(id, n)| Some((told.cause(id)?, n))).collect();
        others.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
        others
    }

    /// The answer that shows best how the cause came to be seen: the surest, of these the one with the longest
    /// chain, of these the first.
    pub(super) fn example(&self) -> Option<Answer<'a>> {
        let key = |a: &Answer<'a>| (Certainty::of(a.attribution.confidence), a.attribution.join);
        let lines = |a: &Answer<'a>| a.attribution.evidence.len();
        let better =
            |a: &Answer<'a>, b: &Answer<'a>| key(a).cmp(&key(b)).then_with(|| lines(b).cmp(&lines(a)));
        self.answers.iter().copied().min_by(better)
    }

    fn tally(&self, name: impl Fn(&Answer<'a>) -> Option<String>) -> Tally {
        let mut sums = self.sums(|a| name(a).filter(|n| !n.is_empty()));
        sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        sums
    }

    fn sums<K: Ord>(&self, key: impl Fn(&Answer<'a>) -> Option<K>) -> Vec<(K, u64)> {
        let mut sums: BTreeMap<K, u64> = BTreeMap::new();
        for answer in &self.answers {
            if let Some(key) = key(answer) {
                *sums.entry(key).or_insert(0) += answer.count();
            }
        }
        sums.into_iter().collect()
    }
}
