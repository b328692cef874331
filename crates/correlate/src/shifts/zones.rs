//! The zone of a log whose lines only time connects to those of another one.

use crate::span::SECOND;

use super::proof::Case;
use super::{FARTHEST, QUARTER, sampled};

/// Two lines about one event do not lie further apart.
const AT_ONCE: i64 = 5 * SECOND / 2;

/// Times of lines of two logs, of which each of the one may go with one of the other.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Class {
    left: Vec<i64>,
    right: Vec<i64>,
}

impl Class {
    /// `left` is of the log whose zone is in question.
    pub(super) fn new(mut left: Vec<i64>, mut right: Vec<i64>) -> Class {
        left.sort_unstable();
        right.sort_unstable();
        Class { left: sampled(left), right }
    }

    /// How many of the left, moved by a shift, have one of the right, each used once.
    fn score(&self, shift: i64) -> usize {
        let (mut found, mut rest) = (0, self.right.as_slice());
        for left in &self.left {
            let at = left.saturating_add(shift);
            rest = rest.get(rest.partition_point(|r| *r < at.saturating_sub(AT_ONCE))..).unwrap_or_default();
            match rest.split_first() {
                Some((right, others)) if *right <= at.saturating_add(AT_ONCE) => {
                    found += 1;
                    rest = others;
                }
                Some(_) => {}
                None => break,
            }
        }
        found
    }

    /// How many of the right lie within `reach` of the left, all together.
    fn pairs(&self, reach: i64) -> usize {
        let until = |at: i64| self.right.partition_point(|r| *r <= at);
        let within = |left: &i64| until(left.saturating_add(reach)) - until(left.saturating_sub(reach + 1));
        self.left.iter().map(within).sum()
    }

    /// How many of the left lie between the first and the last of the right.
    fn inside(&self) -> usize {
        let (Some(first), Some(last)) = (self.right.first(), self.right.last()) else { return 0 };
        self.left.iter().filter(|l| (first - AT_ONCE..=last + AT_ONCE).contains(*l)).count()
    }
}

/// What is to be added to the left of all classes: quarters of an hour, and `skew`, by which clocks are off besides.
pub(super) fn zone(classes: &[Class], skew: i64) -> Option<i64> {
    let score = |shift: i64| classes.iter().map(|c| c.score(shift)).sum::<usize>();
    let most = FARTHEST / QUARTER;
    let tried: Vec<(i64, usize)> =
        (-most..=most).map(|n| n * QUARTER + skew).map(|s| (s, score(s))).collect();
    let (shift, found) = *tried.iter().max_by_key(|(shift, score)| (*score, -shift.abs()))?;
    let other = tried.iter().filter(|(s, _)| *s != shift && *s != skew).map(|(_, score)| *score).max();
    #[allow(clippy::cast_precision_loss)]
    let (pairs, count) =
        (classes.iter().map(|c| c.pairs(FARTHEST)).sum::<usize>() as f64, tried.len() as f64);
    #[allow(clippy::cast_precision_loss)]
    let evenly = pairs * (2 * AT_ONCE) as f64 / QUARTER as f64 / count;
    // Half and quarter hours are much rarer than whole ones.
    let rare = if (shift - skew) % (2 * QUARTER) == 0 { 1.0 } else { 5.0 };
    let case = Case {
        score: found,
        zero: score(0),
        inside: classes.iter().map(Class::inside).sum(),
        other: other.unwrap_or(0),
        chance: evenly.max(nearby(&score, shift)),
        tried: count * rare,
    };
    // One pair says something only where there is nothing else to say.
    let only = classes.iter().filter(|c| !c.right.is_empty()).map(|c| c.left.len()).sum::<usize>() == 1;
    (shift != 0 && (found > 1 || only) && case.holds(0.5)).then_some(shift)
}

/// The mean score of shifts near one that no zone differs by: what the crowding of events makes of it.
fn nearby(score: &impl Fn(i64) -> usize, shift: i64) -> f64 {
    const STEP: i64 = 15 * SECOND;
    let steps = || (2..QUARTER / STEP / 2).flat_map(|n| [-n, n]);
    let sum: usize = steps().map(|n| score(shift + n * STEP)).sum();
    #[allow(clippy::cast_precision_loss)]
    let mean = sum as f64 / steps().count().max(1) as f64;
    mean
}
