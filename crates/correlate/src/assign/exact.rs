//! Shortest augmenting paths: lefts come in one by one, and each may push others on to their next best right.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Edge, Graph, Matching, NONE};

/// A right, as a search sees it.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// What the lefts that want it have bid, as a negative number; 0 while it is free. A pair's cost less this, less
    /// what its left pays in all, is never negative, and is 0 for the pairs in use: so the least sum is known as such.
    price: i64,
    /// What it costs to bring the new left in by way of this right; the greatest number where no way was found.
    distance: i64,
    /// The left that the way comes from.
    via: u32,
    /// What the pair of that left and this right costs.
    cost: i64,
}

/// Where a way ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// At a free right.
    Free(u32),
    /// At a left that goes without.
    Without(u32),
}

/// The state of searches, kept between groups for its memory.
#[derive(Debug)]
pub(super) struct Search {
    columns: Vec<Column>,
    /// Rights that the search has found a way to.
    touched: Vec<u32>,
    /// Those of them whose way is known to be the shortest.
    settled: Vec<u32>,
    /// Rights in use to look at next: distance, number.
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    end: (i64, End),
    /// Pairs that may still be looked at.
    effort: usize,
}

impl Search {
    pub(super) fn new(rights: usize) -> Search {
        let column = Column { price: 0, distance: i64::MAX, via: NONE, cost: 0 };
        Search {
            columns: vec![column; rights],
            touched: Vec::new(),
            settled: Vec::new(),
            heap: BinaryHeap::new(),
            end: (0, End::Without(NONE)),
            effort: 0,
        }
    }

    /// Solves a group. Gives up after looking at `effort` pairs, and says so: what was matched by then is void.
    pub(super) fn solve(
        &mut self,
        graph: &Graph,
        group: &[u32],
        matching: &mut Matching,
        effort: usize,
    ) -> bool {
        self.effort = effort;
        for edge in group.iter().flat_map(|left| graph.row(*left)) {
            if let Some(column) = self.columns.get_mut(edge.right as usize) {
                column.price = 0;
            }
        }
        group.iter().for_each(|left| matching.part(*left));
        // The cheapest first, so that few have to move, whatever the lefts are numbered by.
        let mut order: Vec<(i64, u32)> =
            group.iter().filter_map(|left| Some((graph.row(*left).first()?.cost, *left))).collect();
        order.sort_unstable();
        order.iter().all(|(_, left)| self.bring_in(graph, *left, matching))
    }

    /// Gives one more left a right, or finds that it had better go without. `false` where effort is at its end.
    fn bring_in(&mut self, graph: &Graph, new: u32, matching: &mut Matching) -> bool {
        self.end = (graph.unmatched, End::Without(new));
        self.look(graph, new, 0, matching);
        while let Some(Reverse((distance, right))) = self.heap.pop() {
            if distance >= self.end.0 || self.effort == 0 {
                break;
            }
            let Some(column) = self.columns.get(right as usize) else { continue };
            if distance > column.distance {
                continue;
            }
            let price = column.price;
            let Some(left) = matching.left_of(right) else { continue };
            let Some(mate) = matching.right_of(left) else { continue };
            self.settled.push(right);
            let base = distance - (mate.cost - price);
            self.look(graph, left, base, matching);
            if base + graph.unmatched < self.end.0 {
                self.end = (base + graph.unmatched, End::Without(left));
            }
        }
        self.heap.clear();
        let done = self.effort > 0;
        if done {
            self.raise();
            self.push_on(new, matching);
        }
        self.settled.clear();
        for right in self.touched.drain(..) {
            if let Some(column) = self.columns.get_mut(right as usize) {
                column.distance = i64::MAX;
            }
        }
        done
    }

    /// Looks where a left could go, to which `base` leads.
    fn look(&mut self, graph: &Graph, left: u32, base: i64, matching: &Matching) {
        for edge in graph.row(left) {
            // Prices make it dearer only, and what follows is dearer still.
            if base + edge.cost > self.end.0 {
                break;
            }
            self.effort = self.effort.saturating_sub(1);
            let Some(column) = self.columns.get_mut(edge.right as usize) else { continue };
            let distance = base + edge.cost - column.price;
            if distance > self.end.0 || distance >= column.distance {
                continue;
            }
            if column.distance == i64::MAX {
                self.touched.push(edge.right);
            }
            *column = Column { price: column.price, distance, via: left, cost: edge.cost };
            if matching.left_of(edge.right).is_some() {
                self.heap.push(Reverse((distance, edge.right)));
            } else if distance < self.end.0 || !matches!(self.end.1, End::Free(right) if right <= edge.right)
            {
                self.end = (distance, End::Free(edge.right));
            }
        }
    }

    /// Makes the rights that were nearer than the end dearer, by as much.
    fn raise(&mut self) {
        for right in &self.settled {
            if let Some(column) = self.columns.get_mut(*right as usize) {
                column.price += column.distance - self.end.0;
            }
        }
    }

    /// Follows the way back from its end: each left on it takes the right that it was to go to.
    fn push_on(&self, new: u32, matching: &mut Matching) {
        let mut right = match self.end.1 {
            End::Free(right) => right,
            End::Without(left) => {
                let Some(mate) = matching.right_of(left) else { return };
                matching.part(left);
                mate.right
            }
        };
        while let Some(column) = self.columns.get(right as usize) {
            let left = column.via;
            let before = matching.right_of(left);
            matching.join(left, Edge { right, cost: column.cost });
            match before {
                Some(mate) if left != new => right = mate.right,
                _ => return,
            }
        }
    }
}
