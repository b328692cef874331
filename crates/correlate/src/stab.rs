//! The offset that most intervals agree on.
//!
//! Each vote says that the offset between two clocks lies in an interval, if the vote is right; many are not. Where the
//! sum of their weights is greatest lies the offset that most can be right with. The ends of all intervals are sorted
//! and walked once.

mod drift;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BinaryHeap};

pub(crate) use drift::drift;
use rayon::prelude::*;

/// Ends further out than this are cut: 70,000 years, so that no sum of two overflows.
const FAR: i64 = i64::MAX / 4;

/// One interval that the offset may lie in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Vote {
    /// The least offset it allows, in microseconds.
    pub(crate) from: i64,
    /// The greatest; a vote that ends before it begins does not count.
    pub(crate) until: i64,
    /// Votes of one group are alternatives, of which at most one is right: at any offset only its best counts.
    pub(crate) group: u32,
    /// How much it counts; no more than 0 is nothing.
    pub(crate) weight: f32,
}

/// A range of offsets that more agree on than on what lies on either side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Peak {
    /// The least offset of it, in microseconds.
    pub(crate) from: i64,
    /// The greatest.
    pub(crate) until: i64,
    /// The sum of weights there.
    pub(crate) weight: f64,
    /// How many groups agree there; the most, where that changes and the sum does not.
    pub(crate) groups: u32,
    /// The weight of the best other peak that is as far away as was asked for, or further; 0 where there is none.
    pub(crate) runner_up: f64,
}

/// How fast clocks run apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Drift {
    /// How much the offset grows, in seconds a day.
    pub(crate) per_day: f64,
    /// Give or take, in seconds a day: two standard deviations.
    pub(crate) uncertainty: f64,
}

/// The offset where the summed weight is greatest; the one nearest to zero where that is so more than once. Its
/// runner-up lies at least `tolerance` microseconds off. `None` where no vote counts.
pub(crate) fn best(votes: &[Vote], tolerance: i64) -> Option<Peak> {
    peaks(votes, tolerance, 1).into_iter().next()
}

/// The `n` best peaks, the best first, that are at least `tolerance` microseconds apart, from end to beginning.
pub(crate) fn peaks(votes: &[Vote], tolerance: i64, n: usize) -> Vec<Peak> {
    let heaviest = votes.iter().filter(|vote| vote.counts()).map(|vote| vote.weight).fold(0.0, f32::max);
    // A power of two, so that weights stay exact where they are of like size, and millions can be summed.
    let scale = 2f64.powi(36) / f64::from(heaviest.max(f32::MIN_POSITIVE)).log2().floor().exp2();
    let mut turns = turns(votes, |vote| whole(f64::from(vote.weight) * scale));
    let mut tops: Vec<Step> = Vec::new();
    let (mut low, mut rising) = (0, None);
    for step in Steps::over(&mut turns) {
        match rising.take() {
            Some(top) if step.sum < low => tops.push(top),
            _ => {}
        }
        if step.sum > low {
            rising = Some(step);
        }
        low = step.sum;
    }
    tops.extend(rising);
    tops.sort_unstable_by_key(|top| (-top.sum, top.distance(0), top.from));
    let mut chosen: Vec<Peak> = Vec::new();
    let mut places: BTreeMap<i64, i64> = BTreeMap::new();
    for top in &tops {
        if chosen.len() >= n.max(2) {
            break;
        }
        let before = places.range(..=top.from).next_back();
        let after = places.range(top.from..).next();
        let room = |from: i64, until: i64| from - until >= tolerance.max(0);
        if before.is_none_or(|(_, until)| room(top.from, *until))
            && after.is_none_or(|(from, _)| room(*from, top.until))
        {
            places.insert(top.from, top.until);
            let runner_up = chosen.first().map_or(0.0, |best| best.weight);
            let weight = top.sum as f64 / scale;
            chosen.push(Peak { from: top.from, until: top.until, weight, groups: top.groups, runner_up });
        }
    }
    if let [first, second, ..] = chosen.as_mut_slice() {
        first.runner_up = second.weight;
    }
    chosen.truncate(n);
    chosen
}

/// The offset and its uncertainty (half of the width), from votes that reach to within `within` microseconds of
/// `around`: where the greatest number of groups agree, widened to where nine tenths of that number still do, in case
/// some that cut it short are wrong.
pub(crate) fn refine(votes: &[Vote], around: i64, within: i64) -> Option<(i64, i64)> {
    let around = around.clamp(-FAR, FAR);
    let within = within.clamp(0, FAR);
    let near: Vec<Vote> = (votes.iter().copied())
        .filter(|vote| vote.until >= around - within && vote.from <= around + within)
        .collect();
    let crowd = crowd(&mut turns(&near, |_| 1), around, within)?;
    let half = (crowd.until - crowd.from + 1) / 2;
    Some((crowd.from + (crowd.until - crowd.from) / 2, half))
}

impl Vote {
    fn counts(&self) -> bool {
        self.from <= self.until && self.weight > 0.0 && self.weight.is_finite()
    }
}

/// The nearest whole number.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// What changes at an offset.
#[derive(Clone, Copy, Debug)]
struct Turn {
    at: i64,
    sum: i64,
    groups: i32,
}

/// A range between turns, or of several where the sum stays the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    from: i64,
    until: i64,
    sum: i64,
    groups: u32,
}

impl Step {
    /// How far it lies from an offset.
    fn distance(&self, offset: i64) -> i64 {
        (self.from - offset).max(offset - self.until).max(0)
    }
}

/// Walks over turns in their order.
#[derive(Debug)]
struct Steps<'t> {
    turns: std::iter::Peekable<std::slice::Iter<'t, Turn>>,
    sum: i64,
    groups: i32,
}

impl<'t> Steps<'t> {
    fn over(turns: &'t mut [Turn]) -> Steps<'t> {
        turns.par_sort_unstable_by_key(|turn| turn.at);
        Steps::again(turns)
    }

    /// Over turns that are sorted already.
    fn again(turns: &'t [Turn]) -> Steps<'t> {
        Steps { turns: turns.iter().peekable(), sum: 0, groups: 0 }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let from = self.turns.peek()?.at;
        let mut step: Option<Step> = None;
        while let Some(at) = self.turns.peek().map(|turn| turn.at) {
            let (mut sum, mut groups) = (self.sum, self.groups);
            let mut rest = self.turns.clone();
            while let Some(turn) = rest.next_if(|turn| turn.at == at) {
                sum += turn.sum;
                groups += turn.groups;
            }
            if step.is_some_and(|step| step.sum != sum) {
                break;
            }
            (self.turns, self.sum, self.groups) = (rest, sum, groups);
            let until = self.turns.peek().map_or(FAR, |next| next.at - 1);
            let groups = u32::try_from(groups).unwrap_or(0).max(step.map_or(0, |step| step.groups));
            step = Some(Step { from, until, sum, groups });
        }
        step
    }
}

/// The turns of all groups: where the best vote of a group begins, ends, or gives way to another one.
fn turns(votes: &[Vote], weight: impl Fn(&Vote) -> i64) -> Vec<Turn> {
    // There may be very many, and mostly they come by group.
    let mut by_group = Cow::Borrowed(votes);
    if !votes.is_sorted_by_key(|vote| vote.group) {
        by_group.to_mut().sort_by_key(|vote| vote.group);
    }
    let mut turns = Vec::with_capacity(votes.len().saturating_mul(2));
    let mut active: BinaryHeap<(i64, i64)> = BinaryHeap::new();
    let mut group: Vec<(i64, i64, i64)> = Vec::new();
    for votes in by_group.chunk_by(|one, other| one.group == other.group) {
        group.clear();
        group.extend(
            (votes.iter().filter(|vote| vote.counts()))
                .map(|vote| (vote.from.clamp(-FAR, FAR), vote.until.clamp(-FAR, FAR), weight(vote))),
        );
        group.sort_unstable();
        let mut others = group.iter().peekable();
        active.clear();
        while let Some(mut at) = others.peek().map(|vote| vote.0) {
            // As long as one vote of the group after the other holds without a gap.
            loop {
                while let Some(vote) = others.next_if(|vote| vote.0 <= at) {
                    active.push((vote.2, vote.1));
                }
                while active.peek().is_some_and(|(_, until)| *until < at) {
                    active.pop();
                }
                let Some((sum, until)) = active.peek().copied() else { break };
                // A vote that begins meanwhile matters only if it counts more: looked at when it begins.
                let next = others.peek().map_or(i64::MAX, |vote| vote.0).min(until + 1);
                turns.push(Turn { at, sum, groups: 1 });
                turns.push(Turn { at: next, sum: -sum, groups: -1 });
                at = next;
            }
        }
    }
    turns
}

/// Where the sum is greatest within `within` of `around`, nearest to that; widened to where nine tenths of it are left.
fn crowd(turns: &mut [Turn], around: i64, within: i64) -> Option<Step> {
    let inside = |step: &Step| step.sum > 0 && step.distance(around) <= within;
    let best =
        Steps::over(turns).filter(inside).min_by_key(|step| (-step.sum, step.distance(around), step.from))?;
    let enough = |step: &Step| step.sum.saturating_mul(10) >= best.sum.saturating_mul(9);
    let mut wide: Option<Step> = None;
    for step in Steps::again(turns) {
        if enough(&step) {
            wide = Some(Step { from: wide.map_or(step.from, |wide| wide.from), until: step.until, ..best });
        } else if step.from > best.until {
            break;
        } else {
            wide = None;
        }
    }
    wide
}
