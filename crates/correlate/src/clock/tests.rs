use super::*;

const HOUR: i64 = 3600 * SECOND;

fn at(offset: i64) -> Offset {
    Offset { at: offset, uncertainty: SECOND / 2, method: Method::Request, support: 3, drift: None, pivot: 0 }
}

#[test]
fn whole_and_half_hours_are_a_mistake_of_the_zone() {
    let mistake = |offset: i64| at(offset).clock(Source::NginxAccess).zone_mistake;
    assert_eq!(mistake(HOUR + 7 * SECOND), 3600);
    assert_eq!(mistake(-5 * HOUR - HOUR / 2 - 31 * SECOND), -19_800);
    assert_eq!(mistake(9 * HOUR), 32_400);
    // A clock that is set badly.
    assert_eq!((mistake(0), mistake(31 * SECOND), mistake(-240 * SECOND)), (0, 0, 0));
    assert_eq!((mistake(20 * 60 * SECOND), mistake(HOUR + 400 * SECOND)), (0, 0));
}

#[test]
fn a_clock_is_told_in_seconds() {
    let clock = at(-1_500_000).clock(Source::NginxError);
    assert_eq!((clock.source, clock.method, clock.support), (Source::NginxError, Method::Request, 3));
    assert_eq!((clock.offset, clock.uncertainty, clock.drift), (-1.5, 0.5, None));
}

#[test]
fn a_given_offset_is_taken_as_it_is() {
    let given = Offset::given(-2.25);
    assert_eq!((given.at, given.method, given.then(7 * HOUR)), (-2_250_000, Method::Given, -2_250_000));
    assert_eq!(Offset::given(1e30).at, 1_000_000 * SECOND);
    assert_eq!(Offset::given(f64::NAN).at, 0);
}

#[test]
fn a_clock_that_drifts() {
    let drifting = Offset { drift: Some(2.4), pivot: 10 * HOUR, ..at(5 * SECOND) };
    assert_eq!(drifting.then(10 * HOUR), 5 * SECOND);
    assert_eq!(drifting.then(15 * HOUR), 5 * SECOND + SECOND / 2);
    assert_eq!(drifting.then(0), 4 * SECOND);
}

#[test]
fn usual_offsets_are_likelier() {
    let of = |offset: i64| likelihood(Span::new(offset, offset + SECOND / 10));
    let order = [0, 7 * SECOND, 31 * SECOND, 2 * HOUR + SECOND, 2 * HOUR + 60 * SECOND, 20 * 60 * SECOND];
    assert!(order.windows(2).all(|w| of(w[0]) > of(w[1])), "{:?}", order.map(of));
}
