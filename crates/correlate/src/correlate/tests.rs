use super::*;
use crate::attribution::{Attribution, Method};
use crate::ray::RayId;
use crate::report::{Moment, Report};
use crate::rng::Rng;
use crate::story::{
    Asked, NO_SOCKET, RESET, access, answers, answers_with, asked, causes, fail2ban, failed, fpm, id_of,
    kernel, nginx, ray, seen, seen_at, shown, within,
};

const STOP: &str = "[notice] 700#700: signal 15 (SIGTERM) received from 1, exiting";
const START: &str = "[notice] 900#900: start worker processes";

/// Ordinary requests, so many in each of these seconds.
fn served(seconds: impl Iterator<Item = u32>, each: usize) -> Vec<String> {
    seconds.flat_map(|s| vec![access(f64::from(s), "/", 200); each]).collect()
}

fn with_ray(report: Report, ray: &str) -> Report {
    Report { ray: RayId::parse(ray.as_bytes()), ..report }
}

/// Verdict, cause and join of the only report.
fn only(lines: &[String], report: Report) -> (Verdict, &'static str, Join) {
    let found = answers(lines, &[report]);
    let Attribution { verdict, cause, join, .. } = found.attributions[0];
    (verdict, id_of(cause), join)
}

#[test]
fn a_crash_from_the_request_to_the_kernel() {
    let lines = [
        kernel(10.0, "php-fpm8.2[71]: segfault at 10 ip 0000000000000010 sp 00007ffdb4a6da48 error 14"),
        fpm(
            10.0,
            "WARNING: [pool www] child 71 exited on signal 11 (SIGSEGV) after 40.250000 seconds from start",
        ),
        failed(10.0, 5, RESET, "/cart"),
        access(10.0, "/cart", 502),
    ];
    let found = answers(&lines, &[seen_at(10.2, 502, "/cart")]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["php-fpm-crash"], vec![2, 1, 0]));
    let answer = &found.attributions[0];
    assert_eq!((answer.verdict, answer.join), (Verdict::Explained, Join::Request));
    // The chain begins with the access line, which belongs to it without showing the cause.
    let first = answer.evidence[0];
    assert_eq!((found.events[first.event].line, first.role), (Some(3), Role::Supporting));
    assert!(answer.confidence > 0.9);
    // It stays in the chain where only the time connects.
    let found = answers(&lines, &[seen(10.2, 502)]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["php-fpm-crash"], vec![2, 1, 0]));
    assert_eq!(found.attributions[0].join, Join::Time);
}

#[test]
fn a_520_is_not_a_502_that_the_origin_sent() {
    let lines = [failed(10.0, 5, NO_SOCKET, "/cart"), access(10.0, "/cart", 502)];
    assert_eq!(only(&lines, seen_at(10.2, 502, "/cart")), (Verdict::Explained, "fpm-down", Join::Request));
    for report in [seen_at(10.2, 520, "/cart"), seen(10.2, 520)] {
        let (verdict, cause, _) = only(&lines, report);
        assert_eq!((verdict, cause), (Verdict::Unexplained, "no-origin-evidence"));
    }
}

#[test]
fn a_444_hides_the_back_end() {
    let id = ray(10.2, 7);
    let of = |upstream| Asked { status: 444, ray: &id, took: 0.01, upstream, ..Asked::default() };
    let dropped = |upstream| asked(10.0, "/cart", of(upstream));
    let lines = [failed(10.0, 5, NO_SOCKET, "/cart"), dropped("502")];
    let found = answers(&lines, &[seen_at(10.2, 520, "/cart")]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["fpm-down"], vec![0]));
    // By a rule, without any back end.
    let lines = [dropped("-"), nginx(9.0, "[notice] 900#900: OS: Linux 6.1.0")];
    let found = answers(&lines, &[seen_at(10.2, 520, "/cart")]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["dropped-by-nginx-444"], vec![0]));
    // Whoever has no Ray ID where others do came past the edge.
    let stranger = asked(10.0, "/cart", Asked { ray: "-", ..of("-") });
    assert_eq!(only(&[stranger], seen(10.2, 520)).0, Verdict::Unexplained);
}

#[test]
fn an_ordinary_answer_is_unexplained_unless_its_head_is_too_big() {
    let id = ray(10.2, 7);
    let answered = |head| asked(10.0, "/cart", Asked { ray: &id, head, took: 0.01, ..Asked::default() });
    let report = with_ray(seen_at(10.2, 520, "/cart"), &id);
    let found = answers(&[answered(2_000)], std::slice::from_ref(&report));
    let answer = &found.attributions[0];
    assert_eq!((answer.verdict, answer.join), (Verdict::Unexplained, Join::RayId));
    // The line is shown, as what it is.
    assert_eq!(answer.evidence.len(), 1);
    assert!(shown(&found, 0).is_empty() && !answer.look_next.is_empty());

    let found = answers(&[answered(140_000)], &[report]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["header-too-big-at-edge"], vec![0]));
}

#[test]
fn a_ray_id_beats_the_time() {
    let (mine, other) = (ray(10.2, 7), ray(10.2, 8));
    let failed_as = |t: f64, ray: &str, upstream| {
        asked(t, "/cart", Asked { status: 502, ray, connection: 6, took: 0.01, upstream, ..Asked::default() })
    };
    // nginx's own clock puts the other request nearer.
    let lines = [
        failed_as(14.0, &mine, "502"),
        failed_as(10.0, &other, "502"),
        failed(14.0, 6, NO_SOCKET, "/cart"),
        failed(10.0, 6, RESET, "/cart"),
    ];
    let found = answers(&lines, &[with_ray(seen_at(10.2, 502, "/cart"), &mine)]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["fpm-down"], vec![2]));
    assert_eq!(found.attributions[0].join, Join::RayId);
}

#[test]
fn the_edge_asked_twice() {
    let id = ray(10.2, 7);
    let try_at = |t: f64, connection, status| {
        asked(
            t,
            "/cart",
            Asked { status, ray: &id, connection, took: 0.01, upstream: "-", ..Asked::default() },
        )
    };
    let lines = [try_at(10.0, 5, 200), try_at(11.0, 6, 444), nginx(9.0, "[notice] 900#900: OS: Linux 6.1.0")];
    let found = answers(&lines, &[with_ray(seen_at(10.2, 520, "/cart"), &id)]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["dropped-by-nginx-444"], vec![1]));
    assert_eq!(found.attributions[0].evidence.len(), 2);
}

#[test]
fn php_fpm_restarts() {
    let lines = [
        failed(10.0, 5, RESET, "/a"),
        fpm(10.0, "NOTICE: Terminating ..."),
        failed(12.0, 6, NO_SOCKET, "/b"),
        access(10.0, "/a", 502),
        access(12.0, "/b", 502),
        fpm(15.0, "NOTICE: fpm is running, pid 1200"),
    ];
    let found = answers(&lines, &[seen_at(9.9, 502, "/a"), seen_at(12.3, 502, "/b")]);
    assert_eq!(causes(&found), ["fpm-restarted", "fpm-down"]);
    assert_eq!((shown(&found, 0), shown(&found, 1)), (vec![0, 1], vec![2]));
}

#[test]
fn nginx_stops_and_starts() {
    let mut lines = vec![nginx(20.0, STOP), nginx(30.0, START)];
    lines.extend(served((0..20).chain(30..60), 2));
    assert_eq!(only(&lines, seen(25.3, 521)), (Verdict::Explained, "nginx-down", Join::Interval));
    assert_eq!(only(&lines, seen_at(25.3, 521, "/cart")), (Verdict::Explained, "nginx-down", Join::Interval));
    assert_eq!(only(&lines, seen(19.9, 520)).1, "nginx-down");
    let (verdict, cause, join) = only(&lines, seen(45.3, 521));
    assert_eq!((verdict, cause, join), (Verdict::Unexplained, "no-origin-evidence", Join::None));
    let found = answers(&lines, &[seen(25.3, 521)]);
    assert_eq!(shown(&found, 0), [0]);
}

#[test]
fn another_program_has_the_port() {
    let bind = "[emerg] 900#900: bind() to 0.0.0.0:80 failed (98: Address already in use)";
    let mut lines = vec![nginx(20.0, STOP), nginx(21.0, bind), nginx(30.0, START)];
    lines.extend(served((0..20).chain(30..60), 2));
    let found = answers(&lines, &[seen(25.3, 521), seen(20.5, 521)]);
    assert_eq!((causes(&found), shown(&found, 0)), (vec!["nginx-bind-failed"; 2], vec![1]));
}

#[test]
fn nothing_was_served_where_much_is_usual() {
    let busy = served((0..20).chain(30..60), 5);
    let found = answers(&busy, &[seen(23.3, 521), seen(25.3, 521), seen(27.3, 521)]);
    assert_eq!(causes(&found), ["nginx-down"; 3]);
    let answer = &found.attributions[0];
    assert!(answer.evidence.is_empty() && answer.because.len() == 1 && answer.join == Join::Interval);
    let quiet = served((0..20).map(|n| n * 40), 1);
    assert_eq!(only(&quiet, seen(60.3, 521)).0, Verdict::Unexplained);
}

#[test]
fn fail2ban_took_the_edge_for_a_visitor() {
    let lines = [fail2ban(10.0, "Ban 172.68.10.5"), fail2ban(70.0, "Unban 172.68.10.5")];
    let from = |edge: &str, t| Report { edge: Some(edge.to_owned()), ..seen(t, 522) };
    assert_eq!(only(&lines, from("172.68.10.5", 30.0)), (Verdict::Explained, "edge-blocked", Join::Interval));
    assert_eq!(only(&lines, from("172.68.10.6", 30.0)).0, Verdict::Unexplained);
    assert_eq!(only(&lines, from("172.68.10.5", 90.0)).0, Verdict::Unexplained);
}

#[test]
fn outside_of_the_logs() {
    let lines = served(0..60, 1);
    let (verdict, cause, _) = only(&lines, seen(4000.0, 520));
    assert_eq!((verdict, cause), (Verdict::NotCovered, "no-origin-evidence"));
    assert_eq!(only(&lines, seen(-4000.0, 520)).0, Verdict::NotCovered);
    assert_eq!(only(&lines, seen(30.0, 520)).0, Verdict::Unexplained);
    assert_eq!(only(&[], seen(30.0, 520)).0, Verdict::NotCovered);
    // What is not covered is no cause.
    let found = answers(&lines, &[seen(4000.0, 520)]);
    assert!(found.causes.is_empty() && !found.attributions[0].look_next.is_empty());
}

#[test]
fn a_row_of_analytics_gets_the_cause_of_most() {
    let mut lines: Vec<String> = (1..31).map(|n| failed(f64::from(n) * 1.5, n, NO_SOCKET, "/a")).collect();
    lines.extend((31..36).map(|n| failed(f64::from(n) * 1.5, n, RESET, "/a")));
    lines.extend(served(0..60, 1));
    let row = Report { count: 37, ..within(0.0, 60.0, Moment::Within, 502) };
    let found = answers(&lines, &[row]);
    assert_eq!(causes(&found), ["fpm-down"]);
    assert_eq!(found.causes[0].count, 37);
    // Some of its lines stand for all.
    assert_eq!(found.attributions[0].evidence.len(), 3);
}

/// Requests that failed, and what the edge saw of them with its clock so far ahead.
fn ahead_by(ahead: f64) -> (Vec<String>, Vec<Report>) {
    let times = [3.0, 10.0, 34.0, 115.0, 215.0, 306.0];
    let line = |t: &f64| asked(*t, "/a", Asked { status: 502, took: 0.01, ..Asked::default() });
    let mut lines: Vec<String> = times.iter().map(line).collect();
    lines.extend(times.iter().map(|t| failed(*t, 5, NO_SOCKET, "/a")));
    (lines, times.iter().map(|t| seen_at(t + 0.5 + ahead, 502, "/a")).collect())
}

#[test]
fn clocks_are_found_out_and_told() {
    for (ahead, mistake) in [(0.0, 0), (31.0, 0), (7203.0, 7200)] {
        let (lines, reports) = ahead_by(ahead);
        let found = answers(&lines, &reports);
        assert_eq!(causes(&found), ["fpm-down"; 6], "{ahead}");
        assert_eq!(found.clocks.len(), 2);
        for clock in &found.clocks {
            assert!((clock.offset - ahead).abs() < 1.0, "{clock:?}");
            assert_eq!((clock.method, clock.zone_mistake), (Method::Request, mistake));
        }
    }
}

#[test]
fn a_clock_that_is_given_wins() {
    let (lines, reports) = ahead_by(31.0);
    let of = |given: f64| answers_with(&lines, &reports, |s| s.clock_offset = Some(given));
    let found = of(31.0);
    assert_eq!(causes(&found), ["fpm-down"; 6]);
    assert!(found.clocks.iter().all(|c| c.method == Method::Given && (c.offset - 31.0).abs() < 1e-9));
    // Even where it is wrong.
    let found = of(-1800.0);
    assert_eq!(causes(&found), ["no-origin-evidence"; 6]);
}

#[test]
fn chance_explains_nothing() {
    let mut rng = Rng::new(3);
    let mut some = |n: usize| -> Vec<f64> {
        (0..n).map(|_| f64::from(u32::try_from(rng.below(3_600_000)).unwrap()) / 1000.0).collect()
    };
    // A job fails every few seconds, and nobody reports that.
    let lost = |times: &[f64]| -> Vec<String> {
        (1..).zip(times).map(|(n, t)| failed(*t, n, RESET, "/a")).collect()
    };
    let reports: Vec<Report> = some(20).into_iter().map(|t| seen(t, 502)).collect();
    let found = answers(&lost(&some(600)), &reports);
    let explained = found.attributions.iter().filter(|a| a.verdict == Verdict::Explained).count();
    assert!(explained <= 2, "{explained}");

    let times = some(20);
    let reports: Vec<Report> = times.iter().map(|t| seen(t.floor() + 0.4, 502)).collect();
    let found = answers(&lost(&times), &reports);
    assert_eq!(causes(&found), ["php-fpm-crash"; 20]);
    assert!(found.causes[0].expected_by_chance < 4.0, "{:?}", found.causes);
}

#[test]
fn the_order_of_reports_makes_no_difference() {
    let mut lines = vec![nginx(20.0, STOP), nginx(30.0, START)];
    lines.extend(served((0..20).chain(30..60), 2));
    lines.extend((1..8).map(|n| failed(40.0 + f64::from(n), n, RESET, "/a")));
    lines.extend((1..8).map(|n| access(40.0 + f64::from(n), "/a", 502)));
    lines.push(failed(50.0, 9, NO_SOCKET, "/b"));
    let mut reports: Vec<Report> = (0..10).map(|n| seen(41.0 + 0.7 * f64::from(n), 502)).collect();
    reports.extend((0..4).map(|n| seen_at(42.0 + 0.9 * f64::from(n), 502, "/a")));
    reports.extend([seen(25.0, 521), seen(25.0, 521), seen(50.2, 502), seen(19.5, 520), seen(900.0, 520)]);
    // Told apart by their place.
    (1..).zip(&mut reports).for_each(|(line, report)| report.line = line);
    let told = |reports: &[Report]| {
        let found = answers(&lines, reports);
        let mut told: Vec<String> = (0..reports.len())
            .map(|n| {
                let a = &found.attributions[n];
                let when = reports[n].when.unwrap().from.micros();
                let (cause, sure) = (id_of(a.cause), a.confidence);
                format!(
                    "{when} {:?} {:?} {cause} {sure} {:?} {:?}",
                    reports[n].uri,
                    a.verdict,
                    a.join,
                    shown(&found, n)
                )
            })
            .collect();
        told.sort();
        told
    };
    let expected = told(&reports);
    for seed in 0..5 {
        Rng::new(seed).shuffle(&mut reports);
        assert_eq!(told(&reports), expected, "{seed}");
    }
}

#[test]
fn two_in_a_second_of_which_the_logs_have_one() {
    let lines = [failed(10.0, 5, NO_SOCKET, "/a"), access(10.0, "/a", 502), access(60.0, "/", 200)];
    let in_second = |t: f64| within(t, t + 1.0, Moment::Start, 502);
    // A list whose every line is there twice was given twice.
    let found = answers(&lines, &[in_second(10.0), in_second(10.0)]);
    assert_eq!(causes(&found), ["fpm-down"; 2]);
    // Otherwise they are two errors, and the logs have one.
    let found = answers(&lines, &[in_second(10.0), in_second(10.0), in_second(40.0)]);
    assert_eq!(causes(&found), ["fpm-down", "no-origin-evidence", "no-origin-evidence"]);
}
