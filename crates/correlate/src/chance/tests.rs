use super::*;
use crate::join::Wanted;
use crate::story::{RESET, World, cause, failed, nginx, seen};

fn blind(t: f64, status: u16) -> Blind {
    let wanted = Wanted::of(&seen(t, status), 0, 0).unwrap();
    Blind { wanted, status: Some(status), origin_status: None, edge: None, named: false }
}

/// How likely each explanation is the real one, and what chance would have explained.
fn judged(lines: &[String], reports: &[f64], status: u16) -> (Vec<f64>, BTreeMap<CauseId, f64>) {
    let world = World::of(lines);
    let field = world.field();
    let blinds: Vec<Blind> = reports.iter().map(|t| blind(*t, status)).collect();
    let hits = field.fit(&blinds, |span| span);
    let chance = Chance::new(&hits, Elsewhere::new(&field, &blinds, |span| span));
    (hits.iter().flatten().map(|hit| chance.real(hit)).collect(), chance.expected())
}

fn some(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    (0..count).map(|_| f64::from(u32::try_from(rng.below(3_600_000)).unwrap()) / 1000.0).collect()
}

fn lost(times: &[f64]) -> Vec<String> {
    (1..).zip(times).map(|(n, t)| failed(*t, n, RESET, "/a")).collect()
}

#[test]
fn frequent_events_meet_reports_by_chance() {
    for seed in 0..5 {
        // Every six seconds one, and reports that have nothing to do with them.
        let (real, expected) = judged(&lost(&some(seed, 600)), &some(seed + 100, 20), 502);
        assert!(real.len() > 5 && real.iter().all(|real| *real < 0.5), "{seed}: {real:?}");
        // What chance explains is about what was found.
        let expected = expected[&cause("php-fpm-crash")];
        #[allow(clippy::cast_precision_loss)]
        let found = real.len() as f64;
        assert!((expected - found).abs() < 6.0, "{seed}: {expected}, {found}");
    }
}

#[test]
fn a_pattern_is_no_chance() {
    for seed in 0..5 {
        let times = some(seed, 20);
        let reports: Vec<f64> = times.iter().map(|t| t.floor() + 0.4).collect();
        let (real, expected) = judged(&lost(&times), &reports, 502);
        assert_eq!(real.len(), 20);
        assert!(real.iter().all(|real| *real > 0.8), "{seed}: {real:?}");
        // Each could be met by a few seconds of an hour.
        assert!(expected.values().sum::<f64>() < 4.0, "{expected:?}");
    }
}

#[test]
fn one_report_and_one_event() {
    let (real, _) = judged(&lost(&[10.0]), &[10.4], 502);
    assert!(real[0] > 0.5, "{real:?}");
    let (real, expected) = judged(&lost(&[10.0]), &[1000.0], 502);
    assert!(real.is_empty() && expected.is_empty());
}

#[test]
fn while_nobody_answers_nothing_else_can_be() {
    let lines = [
        nginx(10.0, "[notice] 700#700: signal 15 (SIGTERM) received from 1, exiting"),
        nginx(200.0, "[notice] 900#900: start worker processes"),
    ];
    let times: Vec<f64> = (0..8u8).map(|n| 20.0 + f64::from(n) * 20.0).collect();
    let (real, expected) = judged(&lines, &times, 521);
    assert!(real.len() == 8 && real.iter().all(|real| *real > 0.95), "{real:?}");
    // All the time that the reports span is explained by it.
    assert!(expected[&cause("nginx-down")] > 7.0, "{expected:?}");
}

#[test]
fn the_same_each_time() {
    let lines = lost(&some(1, 200));
    assert_eq!(judged(&lines, &some(2, 20), 502), judged(&lines, &some(2, 20), 502));
}
