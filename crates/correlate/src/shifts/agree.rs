//! The shift that pairs of lines agree on which name the same thing: a request, a process.

use std::collections::BTreeMap;

use crate::span::{SECOND, Span};
use crate::stab::{Vote, peaks, refine};

use super::proof::Case;
use super::{FARTHEST, nearest};

/// Clocks that are set by hand, or not at all, are off by no more than this besides the zone.
const CLOCK: i64 = 300 * SECOND;

/// A line of each of two logs, which may be about the same thing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pair {
    pub(super) left: u32,
    pub(super) right: u32,
    /// The shift lies in it if they are.
    pub(super) span: Span,
    /// Both lines were written at once, so the span says how much clocks differ.
    pub(super) at_once: bool,
}

/// How pairs are judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Zones differ by multiples of it.
    pub(super) step: i64,
    /// By which clocks are off besides the zone.
    pub(super) skew: i64,
    /// How far a shift may be from the span of a pair.
    pub(super) slack: i64,
    /// Fewer pairs prove nothing.
    pub(super) least: usize,
    /// With so much of the score of a shift no shift at all wins.
    pub(super) enough: f64,
    /// Lines that lie, unshifted, where the other log has lines, too.
    pub(super) inside: usize,
    /// How much likelier than by chance two lines of a pair belong together, for what they have in common.
    pub(super) telling: f64,
}

/// The zone that most pairs agree on.
pub(super) fn by_zone(pairs: &[Pair], rule: Rule) -> Option<i64> {
    let tried = FARTHEST / rule.step * 2 + 1;
    let best = zones(pairs, rule);
    let (shift, score) = top(&best)?;
    let other = best.iter().filter(|(s, _)| **s != shift && **s != rule.skew).map(|(_, n)| *n).max();
    let case = Case {
        score,
        zero: score_at(pairs, 0, rule.slack),
        inside: rule.inside,
        other: other.unwrap_or(0),
        chance: chance(pairs, shift, rule.slack) / rule.telling,
        tried: count(tried),
    };
    (shift != 0 && score >= rule.least && case.holds(rule.enough)).then_some(shift)
}

/// By how much clocks are off, in seconds besides the zone: where at least three pairs agree on that, and on no zone.
pub(super) fn by_clock(pairs: &[Pair], rule: Rule) -> Option<i64> {
    const LEAST: usize = 3;
    /// A clock is known to this at least.
    const SHARP: i64 = 3 * SECOND;
    let votes: Vec<Vote> = pairs
        .iter()
        .filter(|p| p.at_once)
        .map(|p| Vote { from: p.span.from, until: p.span.until, group: p.left, weight: 1.0 })
        .collect();
    let found: Vec<(i64, i64, usize)> = peaks(&votes, SECOND, 12)
        .iter()
        .filter_map(|p| refine(&votes, Span::new(p.from, p.until).middle(), SECOND))
        .map(|(at, uncertainty)| (at, uncertainty, score_at(pairs, at, SECOND / 2)))
        .collect();
    let (shift, uncertainty, score) = *found.iter().max_by_key(|(at, _, n)| (*n, -at.abs()))?;
    let whole = nearest(shift, rule.step);
    if score < LEAST || uncertainty > SHARP || (shift - whole).abs() > CLOCK || whole.abs() > FARTHEST {
        return None;
    }
    let other = |at: i64| (at - shift).abs() > 5 * SECOND && at.abs() > 5 * SECOND;
    let (_, zone) = top(&zones(pairs, rule)).unwrap_or_default();
    if zone * 4 >= score * 3 {
        return None;
    }
    let case = Case {
        score,
        zero: score_at(pairs, 0, rule.slack),
        inside: rule.inside,
        other: found.iter().filter(|(at, _, _)| other(*at)).map(|(_, _, n)| *n).max().unwrap_or(0),
        chance: chance(pairs, shift, SECOND / 2) / rule.telling,
        tried: count(FARTHEST * 2 / SECOND) * count(2 * CLOCK) / count(rule.step),
    };
    case.holds(rule.enough).then_some(shift)
}

/// Pairs brought together by each zone that brings any.
fn zones(pairs: &[Pair], rule: Rule) -> BTreeMap<i64, usize> {
    let mut of: BTreeMap<i64, Vec<Pair>> = BTreeMap::new();
    for pair in pairs {
        let reach = pair.span.wider(rule.slack).moved(-rule.skew);
        let first = reach.from.max(-FARTHEST).saturating_add(rule.step - 1).div_euclid(rule.step);
        let last = reach.until.min(FARTHEST).div_euclid(rule.step);
        for zone in first..=last {
            of.entry(zone * rule.step + rule.skew).or_default().push(*pair);
        }
    }
    of.into_iter().map(|(shift, pairs)| (shift, apart(&pairs))).collect()
}

/// The shift with the most pairs, the least one among equals.
fn top(of: &BTreeMap<i64, usize>) -> Option<(i64, usize)> {
    of.iter().map(|(shift, n)| (*shift, *n)).max_by_key(|(shift, n)| (*n, -shift.abs()))
}

fn score_at(pairs: &[Pair], shift: i64, slack: i64) -> usize {
    let fit: Vec<Pair> = pairs.iter().filter(|p| p.span.wider(slack).holds(shift)).copied().collect();
    apart(&fit)
}

/// How many pairs there are without a line in common, at most.
fn apart(pairs: &[Pair]) -> usize {
    let different = |of: fn(&Pair) -> u32| {
        let mut all: Vec<u32> = pairs.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    different(|p| p.left).min(different(|p| p.right))
}

/// How many pairs chance brings together with a shift: if they lie anywhere, and if they lie where pairs are many.
fn chance(pairs: &[Pair], shift: i64, slack: i64) -> f64 {
    const AROUND: i64 = 900 * SECOND;
    const BESIDE: i64 = 10 * SECOND;
    let wide = |p: &Pair| count(p.span.until - p.span.from + 2 * slack);
    let near = |p: &&Pair| {
        let away = (p.span.middle() - shift).abs();
        away > BESIDE && away <= AROUND
    };
    let anywhere = pairs.iter().map(wide).sum::<f64>() / count(2 * FARTHEST);
    let nearby = pairs.iter().filter(near).map(wide).sum::<f64>() / count(2 * (AROUND - BESIDE));
    anywhere.max(nearby)
}

#[allow(clippy::cast_precision_loss)]
fn count(number: i64) -> f64 {
    number as f64
}
