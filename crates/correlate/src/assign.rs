//! The best assignment of reports to lines: each used once, the sum of costs least.
//!
//! Lefts (reports) and rights (lines) fall apart into groups that no pair connects. Each group is solved exactly, by
//! shortest augmenting paths with prices (Jonker and Volgenant's form of the Hungarian method, on lists instead of a
//! matrix). A left may always stay without a right at a fixed cost, so that no search looks further than that cost
//! reaches. Groups too large for this are thinned out first, and where even that is too much, solved roughly:
//! [`rough`].
//!
//! Costs are counted in whole numbers: sums are exact, and which of two ways is cheaper depends on no order of adding.

mod exact;
mod rough;

#[cfg(test)]
mod tests;

/// No left, no right.
const NONE: u32 = u32::MAX;

/// Lefts that a group may have to be solved exactly, whatever that takes.
const MAX_LEFTS: usize = 2_000;

/// Pairs that it may have.
const MAX_PAIRS: usize = 200_000;

/// Of a larger group, the pairs that each left keeps.
const KEPT: usize = 16;

/// What the dearest thing costs, in the whole numbers that are counted with; leaves room for sums of some thousand.
const UNIT: f64 = (1u64 << 50) as f64;

/// A left that may be given a right.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pair {
    /// Number of the left, from 0.
    pub(crate) left: u32,
    /// Number of the right, from 0.
    pub(crate) right: u32,
    /// What it costs, in any unit; may be negative. A pair whose cost is not a number is not there.
    pub(crate) cost: f32,
}

/// Pieces in one, each given back as soon as it is taken over: pairs may be very many.
pub(crate) fn joined<T>(pieces: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
    for piece in pieces {
        all.extend(piece);
    }
    all
}

/// For each left its right, such that each right is used at most once and the sum of costs is least, where a left
/// without a right costs `unmatched`. Pairs that cost more than that are never used.
///
/// Groups of more than 2,000 lefts or 200,000 pairs keep the cheapest pairs of each left only, and are solved as well
/// as can be in a time that grows with the number of pairs. Of assignments that cost the same, the lowest left tends
/// to have the lowest right; which one it is never depends on the order of `pairs`.
pub(crate) fn assign(lefts: usize, rights: usize, pairs: &[Pair], unmatched: f32) -> Vec<Option<u32>> {
    let graph = Graph::new(lefts, rights, pairs, unmatched);
    let mut matching = Matching::new(lefts, rights);
    let mut search = exact::Search::new(rights);
    let all = (0..).zip(&graph.starts).map(|(left, _)| left).take(lefts).collect::<Vec<u32>>();
    let mut large: Vec<u32> = Vec::new();
    for group in groups(&graph, &all, rights) {
        if group.len() <= MAX_LEFTS && graph.pairs_of(&group) <= MAX_PAIRS {
            search.solve(&graph, &group, &mut matching, usize::MAX);
        } else {
            large.extend(group);
        }
    }
    if !large.is_empty() {
        large.sort_unstable();
        let thin = rough::thinned(&graph, &large, &mut matching);
        for group in groups(&thin, &large, rights) {
            if !search.solve(&thin, &group, &mut matching, rough::effort(thin.pairs_of(&group))) {
                rough::solve(&thin, &group, &mut matching);
            }
        }
    }
    matching.of_left.into_iter().map(|mate| (mate.right != NONE).then_some(mate.right)).collect()
}

/// A pair, seen from its left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Edge {
    right: u32,
    cost: i64,
}

/// The pairs that may be used, by left; those of one left from the cheapest.
#[derive(Debug)]
struct Graph {
    /// Where in `edges` those of each left begin; one more at the end.
    starts: Vec<usize>,
    edges: Vec<Edge>,
    /// What a left without a right costs.
    unmatched: i64,
}

impl Graph {
    fn new(lefts: usize, rights: usize, pairs: &[Pair], unmatched: f32) -> Graph {
        let usable = |pair: &&Pair| {
            (pair.left as usize) < lefts && (pair.right as usize) < rights && pair.cost <= unmatched
        };
        let cost = |pair: &Pair| f64::from(pair.cost.max(f32::MIN));
        let dearest = pairs.iter().filter(usable).map(|pair| cost(pair).abs()).fold(0.0, f64::max);
        // From here on more does not change which assignment is best: all rights are used that can be.
        let limit = (dearest * 2.0 * (lefts as f64 + 1.0)).max(f64::from(f32::MIN_POSITIVE));
        let unmatched = f64::from(unmatched).min(limit);
        let scale = UNIT / unmatched.abs().max(dearest).max(f64::from(f32::MIN_POSITIVE));
        // How many each left has, then where they begin: there is no need to sort all of them.
        let mut starts = vec![0; lefts.saturating_add(1)];
        for pair in pairs.iter().filter(usable) {
            if let Some(count) = starts.get_mut(pair.left as usize) {
                *count += 1;
            }
        }
        let mut all = 0;
        for start in &mut starts {
            let count = *start;
            *start = all;
            all += count;
        }
        let mut free = starts.clone();
        let mut edges = vec![Edge { right: NONE, cost: 0 }; all];
        for pair in pairs.iter().filter(usable) {
            if let Some(free) = free.get_mut(pair.left as usize)
                && let Some(edge) = edges.get_mut(*free)
            {
                *edge = Edge { right: pair.right, cost: whole(cost(pair) * scale) };
                *free += 1;
            }
        }
        let mut rest = edges.as_mut_slice();
        for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
            let Some((row, others)) = rest.split_at_mut_checked(end - start) else { break };
            row.sort_unstable_by_key(|edge| (edge.cost, edge.right));
            rest = others;
        }
        Graph { starts, edges, unmatched: whole(unmatched * scale) }
    }

    fn row(&self, left: u32) -> &[Edge] {
        let from = self.starts.get(left as usize).copied().unwrap_or_default();
        let until = self.starts.get(left as usize + 1).copied().unwrap_or_default();
        self.edges.get(from..until).unwrap_or_default()
    }

    fn pairs_of(&self, lefts: &[u32]) -> usize {
        lefts.iter().map(|left| self.row(*left).len()).sum()
    }
}

/// The nearest whole number.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// Who has whom.
#[derive(Debug)]
struct Matching {
    /// The pair that each left uses; without a right where it uses none.
    of_left: Vec<Edge>,
    /// The left that each right is used by.
    of_right: Vec<u32>,
}

impl Matching {
    fn new(lefts: usize, rights: usize) -> Matching {
        Matching { of_left: vec![Edge { right: NONE, cost: 0 }; lefts], of_right: vec![NONE; rights] }
    }

    fn right_of(&self, left: u32) -> Option<Edge> {
        self.of_left.get(left as usize).copied().filter(|mate| mate.right != NONE)
    }

    fn left_of(&self, right: u32) -> Option<u32> {
        self.of_right.get(right as usize).copied().filter(|left| *left != NONE)
    }

    /// Gives a left a right; whoever had it, and what the left had, must be seen to by the caller.
    fn join(&mut self, left: u32, edge: Edge) {
        if let Some(mate) = self.of_left.get_mut(left as usize) {
            *mate = edge;
        }
        if let Some(mate) = self.of_right.get_mut(edge.right as usize) {
            *mate = left;
        }
    }

    /// Leaves a left without a right, and its right free.
    fn part(&mut self, left: u32) {
        if let Some(mate) = self.of_left.get_mut(left as usize) {
            if let Some(holder) = self.of_right.get_mut(mate.right as usize).filter(|holder| **holder == left)
            {
                *holder = NONE;
            }
            mate.right = NONE;
        }
    }
}

/// Splits lefts into groups that share no right, in order; lefts without a pair are left out.
fn groups(graph: &Graph, lefts: &[u32], rights: usize) -> Vec<Vec<u32>> {
    let mut parents: Vec<u32> = (0..).zip(&graph.starts).map(|(left, _)| left).collect();
    let mut first = vec![NONE; rights];
    for left in lefts {
        for edge in graph.row(*left) {
            let Some(first) = first.get_mut(edge.right as usize) else { continue };
            if *first == NONE {
                *first = *left;
            }
            let (one, other) = (root(&mut parents, *left), root(&mut parents, *first));
            if let Some(parent) = parents.get_mut(one.max(other) as usize) {
                *parent = one.min(other);
            }
        }
    }
    let mut members: Vec<(u32, u32)> = (lefts.iter().filter(|left| !graph.row(**left).is_empty()))
        .map(|left| (root(&mut parents, *left), *left))
        .collect();
    members.sort_unstable();
    (members.chunk_by(|one, other| one.0 == other.0))
        .map(|group| group.iter().map(|(_, left)| *left).collect())
        .collect()
}

/// The lowest left of a group; halves the way there for those who ask later.
fn root(parents: &mut [u32], mut left: u32) -> u32 {
    let parent_of = |parents: &[u32], left: u32| parents.get(left as usize).copied().unwrap_or(left);
    loop {
        let parent = parent_of(parents, left);
        if parent == left {
            return left;
        }
        let above = parent_of(parents, parent);
        if let Some(parent) = parents.get_mut(left as usize) {
            *parent = above;
        }
        left = above;
    }
}
