//! Groups that are too large to be solved exactly in a time worth waiting.

use super::{Edge, Graph, KEPT, Matching};

/// Rounds of looking for swaps.
const ROUNDS: usize = 8;

/// Pairs that the exact search may look at in a group of this many, before it is solved roughly. Searches are short
/// where rights are not scarce or costs grow with a distance, and that is what large groups mostly are: long rows of
/// neighbours.
pub(super) fn effort(pairs: usize) -> usize {
    pairs.saturating_mul(64).saturating_add(1_000_000)
}

/// The cheapest pairs of each left only, and the one that a greedy choice would take: so the best of what is left
/// over is no worse than that choice. Lefts come in order.
pub(super) fn thinned(graph: &Graph, lefts: &[u32], matching: &mut Matching) -> Graph {
    greedy(graph, lefts, matching);
    let mut thin = Graph {
        starts: Vec::with_capacity(graph.starts.len()),
        edges: Vec::new(),
        unmatched: graph.unmatched,
    };
    for (rank, left) in lefts.iter().enumerate() {
        while thin.starts.len() <= *left as usize {
            thin.starts.push(thin.edges.len());
        }
        let row = graph.row(*left);
        let limit = row.get(KEPT.min(row.len()).saturating_sub(1)).map_or(0, |edge| edge.cost);
        let (cheaper, others) = row.split_at(row.partition_point(|edge| edge.cost < limit));
        let (alike, _) = others.split_at(others.partition_point(|edge| edge.cost == limit));
        // Many lefts may have the same rights at the same cost, as in a burst within one second: each begins elsewhere.
        let missing = KEPT.saturating_sub(cheaper.len()).min(alike.len());
        let turned = alike.iter().cycle().skip(rank.wrapping_mul(missing) % alike.len().max(1)).take(missing);
        let mut kept: Vec<Edge> = cheaper.iter().chain(turned).copied().collect();
        kept.extend(matching.right_of(*left).filter(|mate| !kept.contains(mate)));
        kept.sort_unstable_by_key(|edge| (edge.cost, edge.right));
        thin.edges.append(&mut kept);
    }
    thin.starts.resize(graph.starts.len(), thin.edges.len());
    thin
}

/// The cheapest pair first, then swaps for as long as they make it cheaper, a few rounds at most.
pub(super) fn solve(graph: &Graph, group: &[u32], matching: &mut Matching) {
    greedy(graph, group, matching);
    let price =
        |matching: &Matching, left: u32| matching.right_of(left).map_or(graph.unmatched, |mate| mate.cost);
    for _ in 0..ROUNDS {
        // Those who pay most first, whatever the lefts are numbered by.
        let mut order: Vec<(i64, u32)> = group.iter().map(|left| (-price(matching, *left), *left)).collect();
        order.sort_unstable();
        let mut swapped = false;
        for (_, left) in order {
            swapped |= improve(graph, left, matching);
        }
        if !swapped {
            return;
        }
    }
}

fn greedy(graph: &Graph, group: &[u32], matching: &mut Matching) {
    group.iter().for_each(|left| matching.part(*left));
    let mut pairs: Vec<(i64, u32, u32)> = (group.iter())
        .flat_map(|left| graph.row(*left).iter().map(|edge| (edge.cost, *left, edge.right)))
        .collect();
    pairs.sort_unstable();
    for (cost, left, right) in pairs {
        if matching.right_of(left).is_none() && matching.left_of(right).is_none() {
            matching.join(left, Edge { right, cost });
        }
    }
}

/// What a left could take.
#[derive(Clone, Copy, Debug)]
struct Swap {
    /// How much less the sum would be.
    won: i64,
    edge: Edge,
    /// Who has that right, and what it would have instead.
    moved: Option<(u32, Option<Edge>)>,
}

/// Gives a left a cheaper right, where who has that right can be given another one for less than is won.
fn improve(graph: &Graph, left: u32, matching: &mut Matching) -> bool {
    let mine = matching.right_of(left);
    let now = mine.map_or(graph.unmatched, |mate| mate.cost);
    let mut best: Option<Swap> = None;
    for edge in graph.row(left) {
        let won = now - edge.cost;
        // No other can win by this more than it pays above its cheapest; that is tried when its own turn comes.
        if won <= 0 {
            break;
        }
        let (won, moved) = match matching.left_of(edge.right) {
            None => (won, None),
            Some(other) => {
                let pays = matching.right_of(other).map_or(graph.unmatched, |mate| mate.cost);
                let next = graph.row(other).iter().find(|next| {
                    next.right != edge.right
                        && (matching.left_of(next.right).is_none()
                            || mine.is_some_and(|mine| mine.right == next.right))
                });
                let cost = next.map_or(graph.unmatched, |next| next.cost);
                (won + pays - cost, Some((other, next.copied())))
            }
        };
        if won > best.map_or(0, |best| best.won) {
            best = Some(Swap { won, edge: *edge, moved });
        }
    }
    let Some(Swap { edge, moved, .. }) = best else { return false };
    matching.part(left);
    if let Some((other, next)) = moved {
        matching.part(other);
        if let Some(next) = next {
            matching.join(other, next);
        }
    }
    matching.join(left, edge);
    true
}
