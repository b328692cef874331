use super::*;
use crate::story::{Asked, World, access, asked, seen_at, within};

const HOUR: f64 = 3600.0;

/// Times that nothing but themselves connects.
const TIMES: [f64; 6] = [3.0, 10.0, 34.0, 215.0, 1006.0, 2721.0];

fn offset(lines: &[String], reports: &[Report], believed: Option<i64>) -> Option<Offset> {
    let world = World::of(lines);
    let reports: Vec<&Report> = reports.iter().collect();
    by_requests(&reports, &world.index(), &world.origin, &world.odds, believed)
}

fn failed() -> Vec<String> {
    TIMES.iter().map(|t| asked(*t, "/a", Asked { status: 502, took: 0.01, ..Asked::default() })).collect()
}

/// In the middle of the seconds of the log.
fn reported(ahead: f64) -> Vec<Report> {
    TIMES.iter().map(|t| seen_at(t + 0.5 + ahead, 502, "/a")).collect()
}

#[test]
fn the_same_requests_in_both() {
    for ahead in [0.0, 31.0, -HOUR, 5.5 * HOUR + 3.0] {
        let found = offset(&failed(), &reported(ahead), None).unwrap();
        let off = found.at - crate::story::micros(ahead) + crate::story::micros(0.0);
        assert!(off.abs() <= SECOND / 2, "{ahead}: {found:?}");
        assert_eq!((found.method, found.support), (Method::Request, 6));
    }
}

#[test]
fn one_request_alone_says_nothing_of_far_clocks() {
    let of = |ahead: f64| offset(&failed()[..1], &reported(ahead)[..1], None);
    assert!(of(0.0).is_some());
    assert_eq!((of(31.0), of(HOUR)), (None, None));
}

#[test]
fn others_are_no_clock() {
    assert_eq!(offset(&failed(), &[], None), None);
    let other: Vec<Report> = TIMES.iter().map(|t| seen_at(t + 0.5, 502, "/b")).collect();
    assert_eq!(offset(&failed(), &other, None), None);
    // Nobody knows when these began.
    let ends: Vec<Report> = reported(31.0)
        .into_iter()
        .zip(TIMES)
        .map(|(r, t)| Report { when: within(t + 31.0, t + 32.0, Moment::End, 502).when, ..r })
        .collect();
    assert_eq!(offset(&failed(), &ends, None), None);
    // Further than zones differ.
    assert_eq!(offset(&failed(), &reported(16.0 * HOUR), None), None);
}

#[test]
fn what_is_believed_is_preferred() {
    // Every minute the same: any whole number of minutes fits.
    let times = || (0..10u8).map(|n| f64::from(n) * 60.0);
    let lines: Vec<String> = times().map(|t| access(t, "/a", 502)).collect();
    let reports: Vec<Report> = times().map(|t| seen_at(t + 60.4, 502, "/a")).collect();
    let minute = 60 * SECOND;
    let found = |believed| offset(&lines, &reports, believed).unwrap().at;
    assert!((found(Some(minute)) - minute).abs() <= SECOND);
}

#[test]
fn wide_ranges() {
    let of = |from: i64, until: i64| usual(Span::new(from * SECOND, until * SECOND));
    // That of an ordinary vote is told by its middle.
    assert_eq!(of(-1, 1), None);
    assert_eq!(of(-3, 4), Some(0));
    assert_eq!(of(1750, 1900), Some(1800 * SECOND));
    assert_eq!(of(-3700, -3550), Some(-3600 * SECOND));
    // Otherwise who waited did not do so for long.
    assert_eq!(of(30, 150), Some(32 * SECOND));
}
