//! What happened around a time, without looking at all that happened.

use crate::span::Span;

/// Intervals in the order of their beginnings, each with what it is of.
#[derive(Debug)]
pub(crate) struct Near {
    spans: Vec<(Span, usize)>,
    /// The length of the longest.
    longest: i64,
}

impl Near {
    pub(crate) fn new(mut spans: Vec<(Span, usize)>) -> Near {
        spans.sort_by_key(|(span, _)| span.from);
        let longest = spans.iter().map(|(span, _)| span.until - span.from).max().unwrap_or(0);
        Near { spans, longest }
    }

    /// Those that meet an interval, in order.
    pub(crate) fn meeting(&self, span: Span) -> impl Iterator<Item = (Span, usize)> + '_ {
        let first = self.spans.partition_point(|(s, _)| s.from < span.from.saturating_sub(self.longest));
        let near = self.spans.iter().skip(first).copied();
        near.take_while(move |(s, _)| s.from <= span.until).filter(move |(s, _)| s.meets(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_meet_and_no_others() {
        let spans = [(50, 60), (0, 5), (0, 100), (7, 9), (61, 61), (9, 9)];
        let spans: Vec<(Span, usize)> =
            spans.iter().zip(0..).map(|((from, until), n)| (Span::new(*from, *until), n)).collect();
        let near = Near::new(spans.clone());
        for from in -2..103 {
            for until in from..103 {
                let wanted = Span::new(from, until);
                let mut meeting: Vec<usize> = near.meeting(wanted).map(|(_, n)| n).collect();
                meeting.sort_unstable();
                let all = spans.iter().filter(|(s, _)| s.meets(wanted)).map(|(_, n)| *n);
                assert_eq!(meeting, all.collect::<Vec<_>>(), "{from} to {until}");
            }
        }
    }
}
