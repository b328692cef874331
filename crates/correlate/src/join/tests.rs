use std::time::Duration;

use super::*;
use crate::story::{Asked, EDGE, World, access, asked, ray, seen, seen_at, span, within};

fn took(report: Report, took: f64, of_origin: Option<f64>) -> Report {
    let origin_took = of_origin.map(Duration::from_secs_f64);
    Report { took: Some(Duration::from_secs_f64(took)), origin_took, ..report }
}

/// Beginning and end that a report asks for, with clocks that agree.
fn wanted(report: &Report) -> (Span, Option<Span>) {
    let wanted = Wanted::of(report, 0, 0).unwrap();
    (wanted.start, wanted.end)
}

#[test]
fn the_end_is_what_the_edge_waited_for() {
    let start = span(10.0, 10.000_999);
    assert_eq!(wanted(&seen(10.0, 502)), (start, None));
    // The edge writes its own times in whole seconds.
    assert_eq!(wanted(&took(seen(10.0, 502), 3.0, None)), (start, Some(span(12.0, 14.000_999))));
    assert_eq!(wanted(&took(seen(10.0, 502), 3.0, Some(1.25))), (start, Some(span(11.25, 11.250_999))));
    // No time is what the edge writes where it did not ask the origin.
    assert_eq!(wanted(&took(seen(10.0, 502), 3.5, Some(0.0))), (start, Some(span(13.5, 13.500_999))));
}

#[test]
fn monitors_tell_the_end() {
    let end = within(10.0, 11.0, Moment::End, 502);
    let at = span(10.0, 10.999_999);
    assert_eq!(wanted(&end), (span(-120.0, 10.999_999), Some(at)));
    assert_eq!(wanted(&took(end, 2.5, None)), (span(7.5, 8.499_999), Some(at)));
    let row = within(0.0, 60.0, Moment::Within, 502);
    assert_eq!(wanted(&row), (span(0.0, 59.999_999), None));
}

#[test]
fn the_edge_is_ahead_give_or_take() {
    let wanted = Wanted::of(&seen(10.0, 502), 4 * SECOND, SECOND / 2).unwrap();
    assert_eq!(wanted.start, span(5.5, 6.500_999));
    assert!(Wanted::of(&Report::default(), 0, 0).is_none());
}

/// Which request each report is tied to.
fn tied(lines: &[String], reports: &[Report]) -> Vec<Option<u32>> {
    let world = World::of(lines);
    let open: Vec<(usize, &Report, Wanted)> =
        reports.iter().enumerate().map(|(n, r)| (n, r, Wanted::of(r, 0, 0).unwrap())).collect();
    by_request(&open, &world.index(), &world.odds, 30 * SECOND, &[])
}

fn failed_in(t: f64, took: f64) -> String {
    asked(t, "/a", Asked { status: 502, took, ..Asked::default() })
}

#[test]
fn two_of_the_same_uri_are_tied_without_crossing() {
    let lines = [failed_in(10.0, 0.02), failed_in(11.0, 0.02)];
    let reports = [seen_at(10.4, 502, "/a"), seen_at(11.2, 502, "/a")];
    assert_eq!(tied(&lines, &reports), [Some(0), Some(1)]);
    let [first, second] = reports;
    assert_eq!(tied(&lines, &[second, first]), [Some(1), Some(0)]);
    // Both came in the second in which one ended; the earlier still gets the earlier.
    let reports = [seen_at(10.7, 502, "/a"), seen_at(10.95, 502, "/a")];
    assert_eq!(tied(&lines, &reports), [Some(0), Some(1)]);
}

#[test]
fn each_request_is_used_once() {
    let reports = [seen_at(10.4, 502, "/a"), seen_at(10.5, 502, "/a")];
    let found = tied(&[failed_in(10.0, 0.02)], &reports);
    assert_eq!(found.iter().flatten().count(), 1, "{found:?}");
    let found = tied(&[failed_in(10.0, 0.02), failed_in(10.0, 0.02)], &reports);
    assert_eq!(found.iter().flatten().count(), 2, "{found:?}");
}

#[test]
fn how_long_it_took_tells_two_apart() {
    let lines = [failed_in(20.0, 10.0), failed_in(10.0, 0.02)];
    // Both began in the same second.
    let slow = took(seen_at(10.1, 502, "/a"), 9.8, Some(9.8));
    let quick = took(seen_at(10.1, 502, "/a"), 0.1, Some(0.1));
    assert_eq!(tied(&lines, &[slow, quick]), [Some(0), Some(1)]);
}

#[test]
fn what_was_asked_for_must_be_the_same() {
    let of = |change: fn(&mut Report)| {
        let mut report = seen_at(10.4, 502, "/a");
        change(&mut report);
        tied(&[failed_in(10.0, 0.02)], &[report])[0]
    };
    assert_eq!(of(|_| ()), Some(0));
    assert_eq!(of(|r| r.host = Some("EXAMPLE.com:443".to_owned())), Some(0));
    assert_eq!(of(|r| r.edge = Some(EDGE.to_owned())), Some(0));
    // The visitor's address is not in the log.
    assert_eq!(of(|r| r.client = Some("192.0.2.7".to_owned())), Some(0));
    assert_eq!(of(|r| r.host = Some("www.example.com".to_owned())), None);
    assert_eq!(of(|r| r.method = Some("POST".to_owned())), None);
    assert_eq!(of(|r| r.uri = Some("/a?b".to_owned())), None);
    assert_eq!(of(|r| r.edge = Some("172.68.10.6".to_owned())), None);
    assert_eq!(of(|r| r.origin_status = Some(504)), None);
    // The edge passes on what it got.
    assert_eq!(of(|r| r.status = Some(504)), None);
    // A path stands for all its queries.
    assert_eq!(of(|r| (r.uri, r.whole_uri) = (Some("/a".to_owned()), false)), Some(0));
}

#[test]
fn a_request_before_the_report_is_another() {
    let lines = [failed_in(10.0, 0.02)];
    assert_eq!(tied(&lines, &[seen_at(30.0, 502, "/a")]), [None]);
    assert_eq!(tied(&lines, &[seen_at(-200.0, 502, "/a")]), [None]);
}

#[test]
fn a_ray_id_has_all_its_requests() {
    let (first, second) = (ray(1.0, 7), ray(1.0, 8));
    let of = |ray: &str| asked(1.0, "/a", Asked { ray, ..Asked::default() });
    let world = World::of(&[of(&second), of(&first), of(&second), access(1.0, "/a", 200)]);
    let index = world.index();
    let found = |ray: &str| index.of_ray(RayId::parse(ray.as_bytes()).unwrap()).to_vec();
    assert_eq!((found(&first), found(&second), found(&ray(1.0, 9))), (vec![1], vec![0, 2], vec![]));
}

#[test]
fn another_ray_id_is_another_request() {
    let with = |ray: &str| Report { ray: RayId::parse(ray.as_bytes()), ..seen_at(10.4, 502, "/a") };
    let logged = ray(10.4, 7);
    let line = asked(10.0, "/a", Asked { status: 502, ray: &logged, ..Asked::default() });
    let found =
        [with(&logged), with(&ray(10.4, 8))].map(|report| tied(std::slice::from_ref(&line), &[report])[0]);
    assert_eq!(found, [Some(0), None]);
}

#[test]
fn small_things() {
    assert_eq!((path(b"/a?b=/c?d"), path(b"/a")), (&b"/a"[..], &b"/a"[..]));
    assert!(same_host("Example.com.", "example.com:8443") && !same_host("example.com", "www.example.com"));
    let inner = |text: &str| is_inner(text.parse().unwrap());
    assert!(inner("10.1.2.3") && inner("127.0.0.1") && inner("fd00::1") && inner("::1"));
    assert!(!inner("172.68.10.5") && !inner("2606:4700::1"));
}
