use super::*;

fn served(seconds: impl Iterator<Item = i64>, each: u32) -> Served {
    Served::new(seconds.map(|s| (s, each)).collect())
}

fn span(from: i64, until: i64) -> Span {
    Span::new(from * SECOND, until * SECOND)
}

#[test]
fn silence_is_told_where_much_is_usual() {
    let busy = served((0..20).chain(25..60), 10);
    assert_eq!(busy.total(), 550);
    let gaps = busy.gaps(6.0);
    let [gap] = &gaps[..] else { panic!("{gaps:?}") };
    // From the end of the last second with a request to the first such second.
    assert_eq!(gap.span, span(20, 25));
    // 550 in 60 s, for 5 s.
    assert!((gap.expected - 45.8).abs() < 0.1, "{}", gap.expected);
    // Two a minute as a rule: half a minute without any is nothing.
    assert!(served((0..40).map(|n| n * 30), 1).gaps(6.0).is_empty());
    assert!(served(0..60, 10).gaps(0.0).is_empty());
}

#[test]
fn the_longest_comes_first() {
    let gaps = served((0..20).chain(22..40).chain(49..60), 10).gaps(6.0);
    assert_eq!(gaps.iter().map(|g| g.span).collect::<Vec<_>>(), [span(40, 49), span(20, 22)]);
}

#[test]
fn an_interval_lies_in_a_gap_or_not() {
    let served = served((0..20).chain(25..60), 10);
    assert_eq!(served.gap(span(22, 23)).map(|g| g.span), Some(span(20, 25)));
    // A second with requests may have them before or after.
    assert_eq!(served.gap(span(19, 25)).map(|g| g.span), Some(span(20, 25)));
    assert!(served.gap(span(15, 24)).is_none());
    assert!(served.gap(span(10, 11)).is_none());
    // Nobody knows what came later.
    assert!(served.gap(span(70, 71)).is_none() && served.gap(span(-5, -4)).is_none());
}

#[test]
fn before_and_after() {
    let served = served([3, 8].into_iter(), 1);
    let half = SECOND / 2;
    assert_eq!((served.before(8 * SECOND + half), served.before(3 * SECOND)), (Some(3 * SECOND), None));
    assert_eq!((served.after(3 * SECOND + half), served.after(8 * SECOND)), (Some(8 * SECOND), None));
    assert_eq!(served.span(), Some(Span::new(3 * SECOND, 9 * SECOND - 1)));
    assert!(served.any(Span::new(8 * SECOND + half, 9 * SECOND)) && !served.any(span(4, 7)));
    let none = Served::default();
    assert!(none.is_empty() && none.span().is_none() && none.gaps(0.0).is_empty());
    assert!(none.usual(span(0, 9)).abs() < f32::EPSILON);
}
