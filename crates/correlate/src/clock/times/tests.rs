use super::*;
use crate::story::{RESET, World, failed, micros, seen};

/// Times that nothing but themselves connects.
const TIMES: [f64; 12] = [3.0, 10.0, 34.0, 115.0, 215.0, 306.0, 521.0, 733.0, 1006.0, 1450.0, 2003.0, 2721.0];

fn blind(t: f64) -> Blind {
    let wanted = Wanted::of(&seen(t, 502), 0, 0).unwrap();
    Blind { wanted, status: Some(502), origin_status: None, edge: None, named: false }
}

fn offset(events: &[f64], reports: &[f64], bases: &[i64]) -> Option<Offset> {
    let lines: Vec<String> = (1..).zip(events).map(|(n, t)| failed(*t, n, RESET, "/a")).collect();
    let world = World::of(&lines);
    let reports: Vec<Blind> = reports.iter().map(|t| blind(*t)).collect();
    by_times(&reports, &world.field(), bases)
}

#[test]
fn a_pattern_that_fits_at_one_offset_only() {
    for ahead in [31.0, -300.0, 7200.0] {
        let found = offset(&TIMES, &TIMES.map(|t| t + 0.5 + ahead), &[0]).unwrap();
        let off = found.at + micros(0.0) - micros(ahead);
        assert!(off.abs() <= found.uncertainty + SECOND / 2, "{ahead}: {found:?}");
        assert_eq!((found.method, found.support), (Method::Time, 12));
    }
}

#[test]
fn clocks_that_agree_need_no_other() {
    assert_eq!(offset(&TIMES, &TIMES.map(|t| t + 0.5), &[0]), None);
    // It is what is believed.
    let believed = 31 * SECOND;
    assert_eq!(offset(&TIMES, &TIMES.map(|t| t + 31.5), &[believed, 0]), None);
    // It was, and is not any more.
    let found = offset(&TIMES, &TIMES.map(|t| t + 0.5), &[believed, 0]).unwrap();
    assert!(found.at.abs() <= 2 * SECOND, "{found:?}");
}

#[test]
fn little_tells_nothing() {
    assert_eq!(offset(&[], &TIMES, &[0]), None);
    assert_eq!(offset(&TIMES, &[], &[0]), None);
    assert_eq!(offset(&TIMES[..2], &[34.0, 41.5], &[0]), None);
    // By chance.
    let mut rng = Rng::new(7);
    for _ in 0..10 {
        let mut some = |n: usize| -> Vec<f64> {
            (0..n).map(|_| f64::from(u32::try_from(rng.below(3000)).unwrap())).collect()
        };
        let (events, reports) = (some(12), some(12));
        assert_eq!(offset(&events, &reports, &[0]), None);
    }
}
