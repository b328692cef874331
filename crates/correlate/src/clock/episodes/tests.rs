use super::*;
use crate::story::{Asked, World, asked, micros, ray, seen, seen_at, span};

fn found(lines: &[String], reports: &[Report]) -> Offsets {
    let world = World::of(lines);
    let reports: Vec<&Report> = reports.iter().collect();
    let (index, field) = (world.index(), world.field());
    let seen = Seen {
        asked: &reports,
        reports: &reports,
        blinds: &[],
        rays: &world.gathered.rays,
        index: &index,
        origin: &world.origin,
        table: &world.odds,
        field: &field,
    };
    seen.offsets()
}

fn is_near(offset: &Offset, seconds: f64) -> bool {
    (offset.at + micros(0.0) - micros(seconds)).abs() <= SECOND
}

#[test]
fn each_run_has_a_clock_of_its_own() {
    let times = [3.0, 7.0, 19.0, 24.0, 41.0, 600.0, 613.0, 619.0, 635.0];
    let lines: Vec<String> = times
        .iter()
        .map(|t| asked(*t, "/a", Asked { status: 502, took: 0.01, ..Asked::default() }))
        .collect();
    // After ten minutes somebody set the clock.
    let ahead = |t: f64| if t < 300.0 { 0.0 } else { 31.0 };
    let reports: Vec<Report> = times.iter().map(|t| seen_at(t + 0.5 + ahead(*t), 502, "/a")).collect();
    let offsets = found(&lines, &reports);
    assert!(is_near(&offsets.main, 0.0), "{offsets:?}");
    let [(run, other)] = &offsets.others[..] else { panic!("{offsets:?}") };
    assert_eq!(*run, span(631.5, 666.501));
    assert!(is_near(other, 31.0));
    assert!(is_near(offsets.of(micros(650.0)), 31.0) && is_near(offsets.of(micros(20.0)), 0.0));
    let there = offsets.origin_time(span(650.0, 650.0));
    assert!(there.holds(micros(619.0)) && !there.holds(micros(650.0)), "{there:?}");
}

#[test]
fn rays_come_before_requests() {
    let times = [3.1, 7.5, 19.9, 24.3];
    let lines: Vec<String> = times
        .iter()
        .map(|t| asked(*t, "/a", Asked { status: 502, ray: &ray(t + 31.0, 7), ..Asked::default() }))
        .collect();
    // By the requests alone, clocks would agree.
    let reports: Vec<Report> = times.iter().map(|t| seen_at(*t, 502, "/a")).collect();
    let offsets = found(&lines, &reports);
    assert_eq!(offsets.main.method, Method::RayId);
    assert!(is_near(&offsets.main, 31.0), "{offsets:?}");
}

#[test]
fn nothing_to_find_it_by() {
    let offsets = found(&[asked(3.0, "/b", Asked::default())], &[seen(3.0, 520)]);
    assert_eq!((offsets.main, offsets.others.len()), (Offset::none(), 0));
    let given = Offsets::given(5.0);
    assert_eq!(given.origin_time(span(10.0, 10.0)), span(4.9, 5.1));
}
