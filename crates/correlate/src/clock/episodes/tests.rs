use super::*;
use crate::join::Wanted;
use crate::story::{Asked, RESET, World, asked, failed, micros, ray, seen, seen_at, span};

fn found(lines: &[String], reports: &[Report]) -> Offsets {
    offsets(lines, reports, &[])
}

fn offsets(lines: &[String], reports: &[Report], blinds: &[(usize, Blind)]) -> Offsets {
    let world = World::of(lines);
    let reports: Vec<&Report> = reports.iter().collect();
    let (index, field) = (world.index(), world.field());
    let seen = Seen {
        asked: &reports,
        reports: &reports,
        blinds,
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
fn a_burst_that_other_reports_are_about_is_no_clock() {
    let pattern = [3.0, 7.0, 19.0, 24.0, 41.0, 44.0, 58.0, 63.0, 71.0, 90.0];
    let lines: Vec<String> = (1..).zip(&pattern).map(|(n, t)| failed(*t, n, RESET, "/a")).collect();
    // An hour later the same again, of which the logs have nothing.
    let times = pattern.iter().copied().chain(pattern.iter().map(|t| t + 3600.0));
    let reports: Vec<Report> = times.map(|t| seen(t, 502)).collect();
    let blind = |report: &Report| Blind {
        wanted: Wanted::of(report, 0, 0).unwrap(),
        status: report.status,
        origin_status: None,
        edge: None,
        named: false,
    };
    let blinds: Vec<(usize, Blind)> = reports.iter().map(blind).enumerate().collect();
    let both = offsets(&lines, &reports, &blinds);
    assert!(is_near(&both.main, 0.0) && both.others.is_empty(), "{both:?}");
    // Alone they may be about it, from a clock that is an hour ahead.
    let later: Vec<Report> = reports.iter().skip(pattern.len()).cloned().collect();
    let blinds: Vec<(usize, Blind)> = later.iter().map(blind).enumerate().collect();
    let alone = offsets(&lines, &later, &blinds);
    assert!(is_near(&alone.main, 3600.0), "{alone:?}");
}

/// Workers that look at runs must not wait for each other.
#[test]
fn many_runs_by_times_alone() {
    let at = |run: i32, n: i32| f64::from(run) * 400.0 + f64::from(n) * 0.25;
    let lines: Vec<String> = (1u32..).zip(0..30).map(|(c, run)| failed(at(run, 0), c, RESET, "/a")).collect();
    let reports: Vec<Report> = (0..30).flat_map(|run| (0..400).map(move |n| seen(at(run, n), 502))).collect();
    let blind = |report: &Report| Blind {
        wanted: Wanted::of(report, 0, 0).unwrap(),
        status: report.status,
        origin_status: None,
        edge: None,
        named: false,
    };
    let blinds: Vec<(usize, Blind)> = reports.iter().map(blind).enumerate().collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    // Who waits for whom is chance.
    for _ in 0..8 {
        let found = pool.install(|| offsets(&lines, &reports, &blinds));
        assert!(is_near(&found.main, 0.0), "{found:?}");
    }
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
