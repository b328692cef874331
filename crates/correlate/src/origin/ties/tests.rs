use super::*;
use crate::span::SECOND;

/// Instants, in tenths of a second.
fn at(tenths: &[i64]) -> Vec<Span> {
    tenths.iter().map(|t| Span::new(t * SECOND / 10, t * SECOND / 10)).collect()
}

/// Stamps without fractions.
fn in_second(seconds: &[i64]) -> Vec<Span> {
    seconds.iter().map(|s| Span::new(s * SECOND, s * SECOND + SECOND - 1)).collect()
}

fn freely(_: usize, _: usize) -> Option<f32> {
    Some(0.0)
}

#[test]
fn two_of_a_second_do_not_cross() {
    assert_eq!(tie(&at(&[0, 4]), &at(&[1, 5]), 2 * SECOND, freely), [Some(0), Some(1)]);
    assert_eq!(tie(&at(&[4, 0]), &at(&[1, 5]), 2 * SECOND, freely), [Some(1), Some(0)]);
    // Where the stamps of one side are of the same second, those of the other still have an order.
    let found = tie(&in_second(&[3, 4]), &in_second(&[4, 5]), 2 * SECOND, freely);
    assert_eq!(found, [Some(0), Some(1)]);
}

#[test]
fn each_is_used_once_by_the_nearest() {
    assert_eq!(tie(&at(&[0, 9]), &at(&[10]), 2 * SECOND, freely), [None, Some(0)]);
    // One gives way where both find something so.
    assert_eq!(tie(&at(&[10, 11]), &at(&[12, 25]), 2 * SECOND, freely), [Some(0), Some(1)]);
}

#[test]
fn none_is_too_far_or_forbidden() {
    assert_eq!(tie(&at(&[0, 100]), &at(&[21, 80]), 2 * SECOND, freely), [None, Some(1)]);
    assert_eq!(tie(&at(&[0]), &at(&[0, 5]), 2 * SECOND, |_, r| (r != 0).then_some(0.0)), [Some(1)]);
    // What costs a second more is tied where it is nearer by more than that.
    assert_eq!(tie(&at(&[0]), &at(&[0, 5]), 2 * SECOND, |_, r| Some([1.0, 0.0][r])), [Some(1)]);
    assert_eq!(tie(&at(&[0]), &at(&[0, 15]), 2 * SECOND, |_, r| Some([1.0, 0.0][r])), [Some(0)]);
    assert_eq!(tie(&[], &at(&[0]), SECOND, freely), []);
    assert_eq!(tie(&at(&[0]), &[], SECOND, freely), [None]);
}
