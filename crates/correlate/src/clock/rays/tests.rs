use super::*;
use crate::story::micros;

/// Requests that ended so long after noon, in seconds, with an edge that is ahead.
fn sample(ended: f64, took: Option<f64>, ahead: f64) -> RaySample {
    let began = ended - took.unwrap_or(0.02);
    let edge = micros(began + ahead).div_euclid(10_000) * 10_000;
    // Stamps have whole seconds.
    RaySample {
        edge,
        logged: micros(ended.floor()),
        fine: false,
        took: took.map(|t| micros(t) - micros(0.0)),
    }
}

fn off_by(offset: Option<Offset>, ahead: f64) -> i64 {
    let offset = offset.unwrap();
    assert_eq!(offset.method, Method::RayId);
    let off = offset.at - (micros(ahead) - micros(0.0));
    assert!(off.abs() <= offset.uncertainty, "{offset:?}");
    offset.uncertainty
}

#[test]
fn three_are_enough() {
    // The fractions of seconds tell more than each stamp does: .1, .5 and .9 leave .2 s.
    let ends = [10.1, 12.5, 15.9];
    for ahead in [0.0, 31.0, -7200.25] {
        let quick = ends.map(|e| sample(e, None, ahead));
        let told = ends.map(|e| sample(e, Some(1.5), ahead));
        assert_eq!(by_rays(&quick).unwrap().support, 3);
        assert!(off_by(by_rays(&quick), ahead) < SECOND / 2);
        assert!(off_by(by_rays(&told), ahead) < SECOND / 4);
    }
}

#[test]
fn who_waited_has_no_say_where_that_is_not_logged() {
    let mut samples: Vec<RaySample> = (0..20).map(|n| sample(f64::from(n) * 7.1, None, 31.0)).collect();
    // Begun up to two minutes before.
    samples.extend((0..5).map(|n| {
        let slow = sample(f64::from(n) * 9.3, None, 31.0);
        RaySample { edge: slow.edge - i64::from(n + 1) * 20 * SECOND, ..slow }
    }));
    off_by(by_rays(&samples), 31.0);
}

#[test]
fn made_up_ids_agree_on_nothing() {
    assert_eq!(by_rays(&[]), None);
    let apart = |n: i64| n * n * 37 * SECOND;
    let made_up: Vec<RaySample> =
        (1..40).map(|n| RaySample { edge: micros(0.0) + apart(n), ..sample(10.0, None, 0.0) }).collect();
    assert_eq!(by_rays(&made_up), None);
    assert_eq!(by_rays(&made_up[..2]), None);
}
