use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

fn vote(group: u32, from: i64, until: i64) -> Vote {
    Vote { from, until, group, weight: 1.0 }
}

fn peak(from: i64, until: i64, weight: f64, groups: u32, runner_up: f64) -> Peak {
    Peak { from, until, weight, groups, runner_up }
}

#[test]
fn nothing_votes_for_nothing() {
    assert_eq!(best(&[], 0), None);
    assert_eq!(refine(&[], 0, 10), None);
    let void = |weight| Vote { weight, ..vote(0, 0, 1) };
    assert_eq!(best(&[vote(0, 5, 4), void(0.0), void(-1.0), void(f32::NAN), void(f32::INFINITY)], 0), None);
}

#[test]
fn where_most_overlap() {
    let votes = [vote(0, 0, 10), vote(1, 5, 15), vote(2, 8, 20), vote(3, 100, 110)];
    assert_eq!(best(&votes, 50), Some(peak(8, 10, 3.0, 3, 1.0)));
    // The other one is 90 away.
    assert_eq!(best(&votes, 90), Some(peak(8, 10, 3.0, 3, 1.0)));
    assert_eq!(best(&votes, 91), Some(peak(8, 10, 3.0, 3, 0.0)));
    // Ends belong to the interval.
    assert_eq!(best(&[vote(0, 0, 5), vote(1, 5, 9)], 0), Some(peak(5, 5, 2.0, 2, 0.0)));
}

#[test]
fn a_group_counts_once_by_its_best() {
    let heavy = Vote { weight: 3.0, ..vote(0, 4, 6) };
    assert_eq!(best(&[vote(0, 0, 10), heavy, vote(0, 5, 20)], 0), Some(peak(4, 6, 3.0, 1, 0.0)));
    let votes = [vote(0, 0, 10), heavy, vote(0, 5, 20), vote(1, 8, 9), vote(2, 8, 9), vote(3, 8, 9)];
    assert_eq!(best(&votes, 0), Some(peak(8, 9, 4.0, 4, 3.0)));
    // One after the other, without a gap and with one.
    assert_eq!(best(&[vote(0, 0, 4), vote(0, 5, 9), vote(0, 11, 12)], 0), Some(peak(0, 9, 1.0, 1, 1.0)));
}

#[test]
fn the_nearest_to_zero_wins_among_equals() {
    let votes = [vote(0, -50, -40), vote(1, 30, 45), vote(2, 60, 70)];
    let all = peaks(&votes, 0, 9);
    assert_eq!(all.iter().map(|peak| peak.from).collect::<Vec<i64>>(), [30, -50, 60]);
    assert!(all.iter().all(|peak| peak.runner_up == 1.0));
    let apart = peaks(&votes, 16, 9);
    assert_eq!(apart.iter().map(|peak| peak.from).collect::<Vec<i64>>(), [30, -50]);
    assert_eq!(peaks(&votes, 0, 0), []);
}

#[test]
fn a_shoulder_is_no_peak() {
    let votes = [vote(0, 0, 1000), vote(1, 0, 10), vote(2, 500, 510), vote(3, 505, 520)];
    let all = peaks(&votes, 5, 9);
    assert_eq!(all, [peak(505, 510, 3.0, 3, 2.0), peak(0, 10, 2.0, 2, 3.0)]);
}

#[test]
fn ends_of_all_time_do_no_harm() {
    let votes = [vote(0, i64::MIN, i64::MAX), vote(1, i64::MAX, i64::MAX), vote(2, i64::MIN, -7)];
    let best = best(&votes, i64::MAX).unwrap();
    assert_eq!((best.until, best.weight), (-7, 2.0));
    assert!(refine(&votes, i64::MIN, i64::MAX).is_some());
    assert_eq!(drift(&[(i64::MIN, i64::MIN, i64::MAX); 99]), None);
    let far: Vec<(i64, i64, i64)> = (0..99).map(|i| (i64::MIN + i * (i64::MAX / 100), -i, i)).collect();
    assert_eq!(drift(&far), None);
}

#[test]
fn refining_looks_near_and_widens() {
    // Ten agree on 95 to 105, nine of them on 90 to 110; a greater crowd is elsewhere.
    let mut votes: Vec<Vote> = (0..9).map(|group| vote(group, 90, 110)).collect();
    votes.push(vote(9, 95, 105));
    votes.extend((10..50).map(|group| vote(group, 1000, 1001)));
    assert_eq!(refine(&votes, 100, 50), Some((100, 10)));
    assert_eq!(refine(&votes, 100, 0), Some((100, 10)));
    assert_eq!(refine(&votes, 1000, 5), Some((1000, 1)));
    assert_eq!(refine(&votes, 500, 5), None);
    // Of fewer than ten, nine tenths are all.
    assert_eq!(refine(&[vote(0, 0, 100), vote(1, 40, 60)], 0, 1), Some((50, 50)));
    assert_eq!(refine(&[vote(0, 0, 100), vote(1, 40, 60)], 50, 1), Some((50, 10)));
}

/// The summed weight at an offset, by the book.
fn weight_at(votes: &[Vote], offset: i64) -> f64 {
    let mut groups = BTreeMap::new();
    for vote in votes.iter().filter(|vote| (vote.from..=vote.until).contains(&offset)) {
        let best = groups.entry(vote.group).or_insert(0.0);
        *best = f64::from(vote.weight).max(*best);
    }
    groups.values().sum()
}

fn some_votes() -> impl Strategy<Value = Vec<Vote>> {
    let vote = (-40i64..40, 0i64..20, 0u32..6, 1u8..4).prop_map(|(from, width, group, weight)| Vote {
        from,
        until: from + width,
        group,
        weight: f32::from(weight) / 2.0,
    });
    prop::collection::vec(vote, 1..25)
}

proptest! {
    #[test]
    fn the_best_is_the_best(votes in some_votes(), tolerance in 0i64..30) {
        let found = best(&votes, tolerance).unwrap();
        let greatest = (-50..70).map(|at| weight_at(&votes, at)).fold(0.0, f64::max);
        prop_assert_eq!(found.weight, greatest);
        for at in found.from..=found.until {
            prop_assert_eq!(weight_at(&votes, at), found.weight);
        }
        prop_assert!(weight_at(&votes, found.from - 1) < found.weight);
        prop_assert!(weight_at(&votes, found.until + 1) < found.weight);
        let nearest = (-50i64..70).filter(|at| weight_at(&votes, *at) == found.weight).map(i64::abs).min();
        prop_assert_eq!(nearest, Some(found.from.max(-found.until).max(0)));
        prop_assert!(found.runner_up <= greatest);
    }

    #[test]
    fn peaks_keep_apart_and_come_in_order(votes in some_votes(), tolerance in 0i64..30, n in 1usize..9) {
        let found = peaks(&votes, tolerance, n);
        prop_assert!(!found.is_empty() && found.len() <= n);
        prop_assert_eq!(Some(found[0]), best(&votes, tolerance));
        for (number, one) in found.iter().enumerate() {
            for other in &found[..number] {
                prop_assert!(other.weight >= one.weight);
                prop_assert!(one.from - other.until >= tolerance || other.from - one.until >= tolerance);
            }
        }
        if let Some(second) = found.get(1) {
            prop_assert_eq!(found[0].runner_up, second.weight);
        }
    }

    #[test]
    fn order_does_not_matter(votes in some_votes(), seed in any::<u64>()) {
        let mut shuffled = votes.clone();
        Rng::new(seed).shuffle(&mut shuffled);
        prop_assert_eq!(peaks(&shuffled, 5, 9), peaks(&votes, 5, 9));
        prop_assert_eq!(refine(&shuffled, 3, 9), refine(&votes, 3, 9));
    }

    #[test]
    fn refining_holds_nine_tenths(votes in some_votes(), around in -40i64..40, within in 0i64..20) {
        let near: Vec<Vote> = (votes.iter())
            .filter(|vote| vote.until >= around - within && vote.from <= around + within)
            .map(|vote| Vote { weight: 1.0, ..*vote })
            .collect();
        let most = (around - within..=around + within).map(|at| weight_at(&near, at)).fold(0.0, f64::max);
        match refine(&votes, around, within) {
            None => prop_assert_eq!(most, 0.0),
            Some((offset, half)) => {
                let enough = |at: &i64| weight_at(&near, *at) >= most * 0.9;
                prop_assert!(enough(&offset));
                let from = (-99..=offset).rev().take_while(enough).last().unwrap();
                let until = (offset..99).take_while(enough).last().unwrap();
                prop_assert_eq!((offset, half), (from + (until - from) / 2, (until - from + 1) / 2));
                prop_assert!((from..=until).any(|at| (at - around).abs() <= within && weight_at(&near, at) == most));
            }
        }
    }

    #[test]
    fn odd_numbers_do_no_harm(
        votes in prop::collection::vec((any::<i64>(), any::<i64>(), 0u32..4, any::<f32>()), 0..20),
        (a, b) in any::<(i64, i64)>(),
        samples in prop::collection::vec(any::<(i64, i64, i64)>(), 0..40),
    ) {
        let votes: Vec<Vote> =
            votes.into_iter().map(|(from, until, group, weight)| Vote { from, until, group, weight }).collect();
        peaks(&votes, a, 3);
        refine(&votes, a, b);
        drift(&samples);
    }
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `n` samples over a day, of `width`, right where `share` of a hundred says so; `shift` is the true offset by time.
fn samples(n: i64, width: i64, share: u64, seed: u64, shift: impl Fn(i64) -> i64) -> Vec<(i64, i64, i64)> {
    let mut rng = Rng::new(seed);
    let mut below = |n: i64| i64::try_from(rng.below(n.unsigned_abs())).unwrap();
    (0..n)
        .map(|_| {
            let at = 1_700_000_000 * SECOND + below(DAY);
            let wrong =
                if below(100) < i64::try_from(share).unwrap() { 0 } else { below(60 * SECOND) - 30 * SECOND };
            let from = shift(at - 1_700_000_000 * SECOND) - below(width) + wrong;
            (at, from, from + width)
        })
        .collect()
}

#[test]
fn a_drift_is_found_within_its_uncertainty() {
    // Two seconds a day, seen in whole seconds, in milliseconds, by few, and with two fifths of them wrong.
    for (n, width, share) in
        [(2_000, SECOND, 100), (500, 1_000, 100), (30, 100_000, 100), (4_000, SECOND, 60)]
    {
        for seed in 0..5 {
            for per_day in [2.0f64, -2.0] {
                let samples =
                    samples(n, width, share, seed, |at| 5 * SECOND + whole(per_day * at as f64 / 86_400.0));
                let found = drift(&samples).unwrap();
                let off = (found.per_day - per_day).abs();
                assert!(
                    off <= 2.0 * found.uncertainty && found.uncertainty < 0.5,
                    "{n} {width} {share} {found:?}"
                );
            }
        }
    }
}

#[test]
fn steady_clocks_and_jumps_do_not_drift() {
    for seed in 0..20 {
        for (n, width, share) in
            [(2_000, SECOND, 100), (2_000, 1_000, 100), (40, SECOND, 100), (2_000, SECOND, 40)]
        {
            assert_eq!(drift(&samples(n, width, share, seed, |_| 7 * SECOND)), None);
            let jump = |at: i64| if at < DAY / 2 { 0 } else { 3 * SECOND };
            assert_eq!(drift(&samples(n, width, share, seed, jump)), None, "{n} {width} {share} {seed}");
        }
        assert_eq!(drift(&samples(3, 10, 100, seed, |at| at / 1000)), None);
    }
    assert_eq!(drift(&[]), None);
    assert_eq!(drift(&vec![(5, 0, 10); 100]), None);
}

#[test]
fn a_million_votes_are_counted_in_a_second() {
    let mut rng = Rng::new(5);
    let mut below = |n: u64| i64::try_from(rng.below(n)).unwrap();
    let votes: Vec<Vote> = (0..1_000_000u32)
        .map(|number| {
            let from = if number % 10 == 0 {
                3 * SECOND - below(1_000_000)
            } else {
                below(60_000_000) - 30 * SECOND
            };
            vote(number / 10, from, from + SECOND)
        })
        .collect();
    let mut shuffled = votes.clone();
    Rng::new(6).shuffle(&mut shuffled);
    let begin = std::time::Instant::now();
    let peak = best(&shuffled, 2 * SECOND).unwrap();
    let counted = begin.elapsed();
    let (offset, half) = refine(&shuffled, peak.from, SECOND).unwrap();
    let refined = begin.elapsed();
    println!("counted {counted:?}, refined {refined:?}: {peak:?}, {offset} {half}");
    assert!((offset - 3 * SECOND).abs() < SECOND / 4);
    assert!(cfg!(debug_assertions) || counted.as_secs_f64() < 1.0, "{counted:?}");
    let samples = samples(1_000_000, SECOND, 80, 1, |at| at / 86_400);
    let begin = std::time::Instant::now();
    assert!((drift(&samples).unwrap().per_day - 1.0).abs() < 0.1);
    println!("drift {:?}", begin.elapsed());
}
