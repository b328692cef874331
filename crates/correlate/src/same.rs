//! Reports that cannot be told apart: they get one answer, whatever their order and number.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::report::Report;

/// Reports without repetitions, in an order of their own.
#[derive(Debug)]
pub(crate) struct Unique<'r> {
    /// One of each.
    pub(crate) reports: Vec<&'r Report>,
    /// How many there are of each.
    pub(crate) times: Vec<u32>,
    /// For each of the given reports the one that stands for it.
    pub(crate) owner: Vec<Copy>,
    /// Every report is there so many times, or a multiple of it.
    pub(crate) repeated: u32,
    /// How many files they are from.
    files: usize,
}

/// A report's place among those like it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Copy {
    /// Which of [`Unique::reports`] it is.
    pub(crate) of: usize,
    /// Its number among those that are different errors, as far as is known.
    pub(crate) number: u32,
}

impl<'r> Unique<'r> {
    pub(crate) fn of(reports: &'r [Report]) -> Unique<'r> {
        let mut order: Vec<usize> = (0..reports.len()).collect();
        let by_content = |a: &usize, b: &usize| match (reports.get(*a), reports.get(*b)) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        };
        order.sort_by(by_content);
        let none = vec![Copy::default(); reports.len()];
        let mut unique =
            Unique { reports: Vec::new(), times: Vec::new(), owner: none, repeated: 1, files: 1 };
        let mut last: Option<usize> = None;
        for place in order {
            let again = last.is_some_and(|last| by_content(&last, &place) == Ordering::Equal);
            match unique.times.last_mut().filter(|_| again) {
                Some(times) => *times += 1,
                None => {
                    unique.reports.extend(reports.get(place));
                    unique.times.push(1);
                }
            }
            let number = unique.times.last().map_or(0, |times| times - 1);
            if let Some(owner) = unique.owner.get_mut(place) {
                *owner = Copy { of: unique.reports.len() - 1, number };
            }
            last = Some(place);
        }
        unique.repeated = unique.times.iter().fold(0, |a, b| gcd(a, *b));
        unique.files = reports.iter().map(|r| r.file).collect::<BTreeSet<_>>().len();
        unique
    }

    /// Takes a list whose every report is there several times for one that was given several times.
    pub(crate) fn undo_repetition(&mut self) {
        for times in &mut self.times {
            *times /= self.repeated.max(1);
        }
        for copy in &mut self.owner {
            let times = self.times.get(copy.of).copied().unwrap_or(1).max(1);
            // One list behind the other, or each line behind itself.
            copy.number =
                if self.files > 1 { copy.number % times } else { copy.number / self.repeated.max(1) };
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// By everything but the place where it was read.
fn compare(a: &Report, b: &Report) -> Ordering {
    let when = |r: &Report| r.when.map(|w| (w.from, w.until));
    when(a)
        .cmp(&when(b))
        .then_with(|| a.ray.cmp(&b.ray))
        .then_with(|| a.status.cmp(&b.status))
        .then_with(|| a.host.cmp(&b.host))
        .then_with(|| a.uri.cmp(&b.uri))
        .then_with(|| a.method.cmp(&b.method))
        .then_with(|| a.client.cmp(&b.client))
        .then_with(|| a.edge.cmp(&b.edge))
        .then_with(|| a.origin_status.cmp(&b.origin_status))
        .then_with(|| a.took.cmp(&b.took))
        .then_with(|| a.origin_took.cmp(&b.origin_took))
        .then_with(|| a.count.cmp(&b.count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use logscan_catalogue::Timestamp;

    use crate::report::{Moment, When};

    fn at(second: i64) -> Report {
        let (from, until) = (Timestamp::from_seconds(second), Timestamp::from_seconds(second + 1));
        Report { when: Some(When { from, until, moment: Moment::Start }), count: 1, ..Report::default() }
    }

    #[test]
    fn repetitions_have_one_owner() {
        let reports = [at(7), at(3), at(7), at(5)];
        let unique = Unique::of(&reports);
        assert_eq!(unique.reports, [&at(3), &at(5), &at(7)]);
        assert_eq!(unique.times, [1, 1, 2]);
        let copy = |of, number| Copy { of, number };
        assert_eq!(unique.owner, [copy(2, 0), copy(0, 0), copy(2, 1), copy(1, 0)]);
    }

    #[test]
    fn a_list_that_is_there_twice_counts_once() {
        let twice = [at(1), at(1), at(2), at(2), at(3), at(3), at(3), at(3)];
        let mut unique = Unique::of(&twice);
        assert_eq!(unique.repeated, 2);
        unique.undo_repetition();
        assert_eq!(unique.times, [1, 1, 2]);
        let numbers: Vec<u32> = unique.owner.iter().map(|c| c.number).collect();
        assert_eq!(numbers, [0, 0, 0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn the_place_in_a_file_makes_no_difference() {
        let there = Report { file: 1, line: 9, ..at(7) };
        assert_eq!(Unique::of(&[at(7), there, at(8)]).times, [2, 1]);
    }
}
