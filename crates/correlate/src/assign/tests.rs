use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

fn pair(left: u32, right: u32, cost: f32) -> Pair {
    Pair { left, right, cost }
}

/// What an assignment costs; it must use pairs that are there, and each right once.
fn total(pairs: &[Pair], unmatched: f32, assigned: &[Option<u32>]) -> f64 {
    let mut used = std::collections::HashSet::new();
    let mut costs = std::collections::HashMap::new();
    for pair in pairs.iter().filter(|pair| pair.cost <= unmatched) {
        let cost = costs.entry((pair.left, pair.right)).or_insert(pair.cost);
        *cost = cost.min(pair.cost);
    }
    let cost_of = |(left, right): (u32, &Option<u32>)| match right {
        None => f64::from(unmatched),
        Some(right) => {
            assert!(used.insert(*right), "{right} is used twice");
            f64::from(costs[&(left, *right)])
        }
    };
    (0..).zip(assigned).map(cost_of).sum()
}

/// The least cost there is, by trying all.
fn least(pairs: &[Pair], unmatched: f32, left: u32, lefts: u32, used: u32) -> f64 {
    if left == lefts {
        return 0.0;
    }
    let without = f64::from(unmatched) + least(pairs, unmatched, left + 1, lefts, used);
    (pairs.iter())
        .filter(|pair| pair.left == left && pair.cost <= unmatched && used & (1 << pair.right) == 0)
        .map(|pair| f64::from(pair.cost) + least(pairs, unmatched, left + 1, lefts, used | 1 << pair.right))
        .fold(without, f64::min)
}

#[test]
fn nothing_and_what_may_not_be() {
    assert_eq!(assign(0, 0, &[], 1.0), []);
    assert_eq!(assign(2, 0, &[pair(0, 0, 0.0)], 1.0), [None, None]);
    assert_eq!(assign(1, 1, &[pair(1, 0, 0.0), pair(0, 1, 0.0), pair(0, 0, 1.5)], 1.0), [None]);
    assert_eq!(assign(1, 1, &[pair(0, 0, f32::NAN)], 1.0), [None]);
    assert_eq!(assign(1, 1, &[pair(0, 0, 0.5)], f32::NAN), [None]);
    assert_eq!(assign(1, 1, &[pair(0, 0, 1.0)], 1.0), [Some(0)]);
    assert_eq!(assign(1, 2, &[pair(0, 0, f32::NEG_INFINITY), pair(0, 1, 0.0)], 1.0), [Some(0)]);
}

#[test]
fn one_moves_so_that_both_have_a_right() {
    let pairs = [pair(0, 0, 0.1), pair(0, 1, 0.2), pair(1, 0, 0.3)];
    assert_eq!(assign(2, 2, &pairs, 1.0), [Some(1), Some(0)]);
    // Not where going without is cheaper than the other's detour: 0.8 more, and 0.3.
    let pairs = [pair(0, 0, 0.1), pair(0, 1, 0.9), pair(1, 0, 0.3)];
    assert_eq!(assign(2, 2, &pairs, 1.0), [Some(0), None]);
    assert_eq!(assign(2, 2, &pairs, 1.2), [Some(1), Some(0)]);
}

#[test]
fn a_left_may_lose_its_right_to_a_dearer_need() {
    // 0 moves from 0 to 1, and 1, which had that, goes without: 0.2 + 1.0 + 0.15, not 0.1 + 0.85 + 1.0.
    let pairs = [pair(0, 0, 0.1), pair(0, 1, 0.2), pair(1, 1, 0.85), pair(2, 0, 0.15)];
    assert_eq!(assign(3, 2, &pairs, 1.0), [Some(1), None, Some(0)]);
}

#[test]
fn the_lowest_wins_among_equals() {
    let all: Vec<Pair> = (0..3).rev().flat_map(|l| (0..3).rev().map(move |r| pair(l, r, 0.5))).collect();
    assert_eq!(assign(3, 3, &all, 1.0), [Some(0), Some(1), Some(2)]);
    assert_eq!(
        assign(3, 1, &[pair(2, 0, 0.5), pair(1, 0, 0.5), pair(0, 0, 0.5)], 1.0),
        [Some(0), None, None]
    );
}

#[test]
fn without_a_limit_all_rights_are_used() {
    let pairs = [pair(0, 0, 1.0), pair(0, 1, 1e6), pair(1, 0, 1.0)];
    for unmatched in [f32::INFINITY, f32::MAX, 3e6] {
        assert_eq!(assign(2, 2, &pairs, unmatched), [Some(1), Some(0)]);
    }
}

/// Lefts at random times, rights near them, each left paired with its nearest `near` rights.
fn by_time(lefts: u32, near: u32, every: u64, rng: &mut Rng) -> Vec<Pair> {
    let mut times = |n: u32| {
        (0..n).map(|_| rng.below(u64::from(lefts) * every)).collect::<std::collections::BTreeSet<u64>>()
    };
    let (ours, theirs) = (times(lefts), times(lefts).into_iter().collect::<Vec<u64>>());
    let mut pairs = Vec::new();
    for (left, at) in (0..).zip(ours) {
        let first = theirs.partition_point(|other| *other < at).saturating_sub(near as usize / 2);
        for (right, other) in theirs.iter().enumerate().skip(first).take(near as usize) {
            pairs.push(pair(left, u32::try_from(right).unwrap(), at.abs_diff(*other) as f32));
        }
    }
    pairs
}

/// Debug builds are slow, and no measure.
fn in_time(what: &str, limit: f64, run: impl FnOnce()) {
    let begin = std::time::Instant::now();
    run();
    let took = begin.elapsed().as_secs_f64();
    println!("{what}: {took:.3} s");
    assert!(cfg!(debug_assertions) || took < limit, "{what} took {took} s");
}

#[test]
fn a_hundred_thousand_are_done_in_a_second() {
    let (n, mut rng) = (if cfg!(debug_assertions) { 20_000u32 } else { 100_000 }, Rng::new(7));
    let mut below = |n: u32| u32::try_from(rng.below(u64::from(n))).unwrap();
    let anywhere: Vec<Pair> =
        (0..n * 5).map(|i| pair(i / 5, below(n), below(1_000_000) as f32 / 1e6)).collect();
    let scarce: Vec<Pair> = anywhere.iter().map(|p| pair(p.left, p.right / 2, p.cost)).collect();
    let row = by_time(n, 5, 100, &mut rng);
    for (what, pairs, unmatched) in
        [("anywhere", &anywhere, 1.0), ("scarce", &scarce, 1.0), ("in a row", &row, 1000.0)]
    {
        in_time(what, 1.0, || {
            let assigned = assign(n as usize, n as usize, pairs, unmatched);
            let matched = assigned.iter().flatten().count();
            println!("{what}: {matched}, {}", total(pairs, unmatched, &assigned));
            assert!(matched > n as usize * 4 / 5 || what == "scarce", "{what}: {matched}");
        });
    }
}

#[test]
fn the_largest_group_that_is_solved_exactly() {
    // Rights are scarce, so that each new left asks nearly all others.
    let (n, mut rng) = (2_000u32, Rng::new(3));
    let mut below = |n: u32| u32::try_from(rng.below(u64::from(n))).unwrap();
    let pairs: Vec<Pair> =
        (0..n * 100).map(|i| pair(i / 100, below(1_000), 0.9 + below(1_000_000) as f32 / 1e7)).collect();
    in_time("scarce", 4.0, || {
        let assigned = assign(n as usize, 1_000, &pairs, 2.0);
        assert_eq!(assigned.iter().flatten().count(), 1_000);
    });
}

#[test]
fn a_burst_within_one_second_is_matched_in_full() {
    // All cost the same: if all kept the same sixteen, most would go without.
    let n = if cfg!(debug_assertions) { 2_100 } else { 3_000 };
    let pairs: Vec<Pair> = (0..n).flat_map(|left| (0..n).map(move |right| pair(left, right, 0.0))).collect();
    let assigned = assign(n as usize, n as usize, &pairs, 1.0);
    assert_eq!(assigned.iter().flatten().count(), n as usize);
}

#[test]
fn a_large_group_is_as_good_as_exact() {
    // One row of neighbours: in parts it is small enough to be solved exactly, as a whole it is not.
    let mut rng = Rng::new(11);
    let pairs = by_time(3_000, 8, 10, &mut rng);
    let graph = Graph::new(3_000, 3_000, &pairs, 60.0);
    let group: Vec<u32> = (0..3_000).filter(|left| !graph.row(*left).is_empty()).collect();
    let mut exact = Matching::new(3_000, 3_000);
    assert!(exact::Search::new(3_000).solve(&graph, &group, &mut exact, usize::MAX));
    let exact: Vec<Option<u32>> =
        (0..3_000).map(|left| exact.right_of(left).map(|mate| mate.right)).collect();
    assert_eq!(total(&pairs, 60.0, &exact), total(&pairs, 60.0, &assign(3_000, 3_000, &pairs, 60.0)));
    let mut quick = Matching::new(3_000, 3_000);
    rough::solve(&graph, &group, &mut quick);
    let quick: Vec<Option<u32>> =
        (0..3_000).map(|left| quick.right_of(left).map(|mate| mate.right)).collect();
    let (exact, quick) = (total(&pairs, 60.0, &exact), total(&pairs, 60.0, &quick));
    assert!(exact <= quick && quick < exact * 1.3, "{exact} {quick}");
}

#[test]
fn a_search_that_gives_up_leaves_nothing_behind() {
    let mut rng = Rng::new(2);
    let pairs = by_time(200, 8, 10, &mut rng);
    let graph = Graph::new(200, 200, &pairs, 60.0);
    let group: Vec<u32> = (0..200).filter(|left| !graph.row(*left).is_empty()).collect();
    let rights = |matching: Matching| -> Vec<Option<u32>> {
        (0..200).map(|left| matching.right_of(left).map(|mate| mate.right)).collect()
    };
    let mut search = exact::Search::new(200);
    for effort in [0, 1, 100, 300] {
        let mut matching = Matching::new(200, 200);
        assert!(!search.solve(&graph, &group, &mut matching, effort));
        rough::solve(&graph, &group, &mut matching);
        let mut quick = Matching::new(200, 200);
        rough::solve(&graph, &group, &mut quick);
        assert_eq!(rights(matching), rights(quick));
    }
    let mut matching = Matching::new(200, 200);
    assert!(search.solve(&graph, &group, &mut matching, usize::MAX));
    assert_eq!(rights(matching), assign(200, 200, &pairs, 60.0));
}

fn some_pairs(n: u32) -> impl Strategy<Value = Vec<Pair>> {
    // Quarters add up exactly, and make ties.
    let cost = (-8i16..=24).prop_map(|quarters| f32::from(quarters) / 4.0);
    prop::collection::vec((0..n, 0..n, cost).prop_map(|(l, r, c)| pair(l, r, c)), 0..40)
}

proptest! {
    #[test]
    fn no_assignment_is_cheaper(pairs in some_pairs(6), unmatched in 0i16..24) {
        let unmatched = f32::from(unmatched) / 4.0;
        let assigned = assign(6, 6, &pairs, unmatched);
        prop_assert_eq!(total(&pairs, unmatched, &assigned), least(&pairs, unmatched, 0, 6, 0));
    }

    #[test]
    fn order_does_not_matter(pairs in some_pairs(12), seed in any::<u64>()) {
        let assigned = assign(12, 12, &pairs, 5.0);
        let mut rng = Rng::new(seed);
        let mut shuffled = pairs.clone();
        rng.shuffle(&mut shuffled);
        prop_assert_eq!(&assign(12, 12, &shuffled, 5.0), &assigned);
        let mut names: Vec<u32> = (0..12).collect();
        rng.shuffle(&mut names);
        for pair in &mut shuffled {
            pair.left = names[pair.left as usize];
        }
        let renamed = assign(12, 12, &shuffled, 5.0);
        prop_assert_eq!(total(&shuffled, 5.0, &renamed), total(&pairs, 5.0, &assigned));
    }

    #[test]
    fn swaps_never_make_it_dearer(pairs in some_pairs(12)) {
        let graph = Graph::new(12, 12, &pairs, 5.0);
        let group: Vec<u32> = (0..12).filter(|left| !graph.row(*left).is_empty()).collect();
        let mut matching = Matching::new(12, 12);
        rough::solve(&graph, &group, &mut matching);
        let quick: Vec<Option<u32>> = (0..12).map(|left| matching.right_of(left).map(|mate| mate.right)).collect();
        let exact = total(&pairs, 5.0, &assign(12, 12, &pairs, 5.0));
        prop_assert!(total(&pairs, 5.0, &quick) >= exact);
    }

    #[test]
    fn times_are_matched_as_in_order(
        mut ours in prop::collection::vec(0i16..500, 1..40),
        shift in prop::collection::vec(-20i16..20, 40),
        seed in any::<u64>(),
    ) {
        // As many rights as lefts and no limit: matching both in order costs the least.
        let mut theirs: Vec<i16> = ours.iter().zip(&shift).map(|(at, by)| at + by).collect();
        Rng::new(seed).shuffle(&mut ours);
        Rng::new(!seed).shuffle(&mut theirs);
        let mut pairs = Vec::new();
        for (left, at) in (0..).zip(&ours) {
            for (right, other) in (0..).zip(&theirs) {
                pairs.push(pair(left, right, f32::from(at.abs_diff(*other))));
            }
        }
        let cost = total(&pairs, 1000.0, &assign(ours.len(), theirs.len(), &pairs, 1000.0));
        ours.sort_unstable();
        theirs.sort_unstable();
        let in_order: f64 = ours.iter().zip(&theirs).map(|(at, other)| f64::from(at.abs_diff(*other))).sum();
        prop_assert_eq!(cost, in_order);
    }

    #[test]
    fn odd_numbers_do_no_harm(
        pairs in prop::collection::vec((0u32..9, 0u32..9, any::<f32>()), 0..30),
        unmatched in any::<f32>(),
    ) {
        let pairs: Vec<Pair> = pairs.into_iter().map(|(l, r, c)| pair(l, r, c)).collect();
        prop_assert_eq!(assign(8, 8, &pairs, unmatched).len(), 8);
    }
}
