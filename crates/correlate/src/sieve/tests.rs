use logscan_parser::{AccessFormat, Format, Frames};

use super::*;
use crate::story::{Asked, NO_SOCKET, access, asked, failed, gathered, nginx, ray, seen, seen_at, span};

/// The numbers of the lines that are kept for reports.
fn kept(lines: &[String], reports: &[Report]) -> Vec<u64> {
    let sieve = Sieve::new(reports, Catalogue::builtin());
    gathered(lines, &sieve).events.iter().map(|e| e.line.unwrap()).collect()
}

#[test]
fn what_failed_is_kept_for_any_report() {
    let lines = [
        access(1.0, "/a", 200),
        access(1.0, "/a", 502),
        access(1.0, "/a", 444),
        access(1.0, "/a", 499),
        access(1.0, "/a", 404),
        access(1.0, "/a", 9),
        failed(1.0, 5, NO_SOCKET, "/b"),
        nginx(1.0, "[notice] 900#900: start worker processes"),
        nginx(1.0, "[notice] 900#900: OS: Linux 6.1.0"),
        failed(1.0, 5, "an upstream response is buffered to a temporary file", "/b")
            .replace("[error]", "[warn]"),
    ];
    assert_eq!(kept(&lines, &[seen(1.0, 520)]), [1, 2, 3, 5, 6, 7]);
}

#[test]
fn ordinary_requests_of_reported_paths() {
    let lines = [access(1.0, "/a?x=1", 200), access(1.0, "/b", 200), access(1.0, "/a", 304)];
    assert_eq!(kept(&lines, &[seen_at(1.0, 520, "/a")]), [0, 2]);
    // What the edge passed on was no ordinary answer.
    assert!(kept(&lines, &[seen_at(1.0, 502, "/a")]).is_empty());
    let passed_on = Report { origin_status: Some(502), ..seen_at(1.0, 520, "/a") };
    assert!(kept(&lines, &[passed_on]).is_empty());
    // Requests that were answered well tell the time.
    let sieve = Sieve::new(&[], Catalogue::builtin()).with_others(&[seen_at(1.0, 200, "/b")]);
    let others = gathered(&lines, &sieve).events;
    assert_eq!(others.iter().map(|e| e.line).collect::<Vec<_>>(), [Some(1)]);
}

#[test]
fn a_ray_id_is_kept_whatever_it_was_answered() {
    let (mine, other) = (ray(1.0, 7), ray(1.0, 8));
    let with = |ray: &str, uri| asked(1.0, uri, Asked { ray, ..Asked::default() });
    let lines = [with(&mine, "/a"), with(&other, "/a"), with("-", "/a"), with("-", "/b")];
    let report = Report { ray: RayId::parse(mine.as_bytes()), ..seen_at(1.0, 520, "/a") };
    // The log may lack the ID of a request, but not have another.
    assert_eq!(kept(&lines, &[report]), [0, 2]);
}

#[test]
fn all_requests_are_counted() {
    let (first, second) = (ray(3.0, 7), ray(90_000.0 * 2.0, 8));
    let lines = [
        access(1.0, "/a", 200),
        access(1.0, "/b", 200),
        asked(3.0, "/a", Asked { ray: &first, took: 0.25, ..Asked::default() }),
        asked(3.0, "/a", Asked { ray: &second, ..Asked::default() }),
        access(4.0, "/a", 400),
    ];
    let all = gathered(&lines, &Sieve::new(&[], Catalogue::builtin()));
    let second = |t: f64| span(t, t).from / crate::span::SECOND;
    // What is no request was not served.
    assert_eq!(all.served, [(second(1.0), 2), (second(3.0), 2)].into());
    let tells = Tells { requests: 4, rays: 2, took: 2, head: 2, upstream: 2, connection: 2, host: 2 };
    assert_eq!(all.tells, tells);
    // An ID whose time lies two days off is made up.
    let [ray] = &all.rays[..] else { panic!("{:?}", all.rays) };
    assert_eq!((ray.edge, ray.logged, ray.took), (span(3.0, 3.0).from, span(3.0, 3.0).from, Some(250_000)));
}

#[test]
fn the_slightest_level_of_a_log() {
    let lines = [failed(1.0, 5, NO_SOCKET, "/b"), nginx(1.0, "[notice] 900#900: OS: Linux 6.1.0")];
    let of = |lines: &[String]| gathered(lines, &Sieve::new(&[], Catalogue::builtin())).slightest;
    assert_eq!(of(&lines), HashMap::from([(0, Level::Notice)]));
    assert_eq!(of(&lines[..1]), HashMap::from([(0, Level::Error)]));
}

#[test]
fn whose_addresses_a_log_has() {
    let mut addresses = Addresses::default();
    let minute = |n: i64| n * MINUTE + 1;
    addresses.add(10, 2, 2);
    assert!(!addresses.are_edges(minute(10)), "too few");
    addresses.add(11, 4, 3);
    assert!(addresses.are_edges(minute(10)) && addresses.are_edges(minute(12)));
    assert!(!addresses.are_edges(minute(13)));
    addresses.add(20, 100, 0);
    assert!(addresses.are_edges(minute(11)) && !addresses.are_edges(minute(20)));
    assert!(!addresses.are_mostly_edges());
}

#[test]
fn of_too_many_ordinary_requests_the_busiest_path_goes() {
    let format = Format::with_access(vec![AccessFormat::named("combined").unwrap()], true);
    let reports = [seen_at(1.0, 520, "/often"), seen_at(1.0, 520, "/seldom")];
    let sieve = Sieve::new(&reports, Catalogue::builtin());
    let mut gathered = Gathered::default();
    let mut add = |uri: &str, times: usize| {
        let line = access(1.0, uri, 200);
        let record = Frames::of(line.as_bytes(), &format).next().unwrap().record().unwrap();
        for _ in 0..times {
            let mut kept = Kept::default();
            sieve.add(&mut kept, &record, None, Some(Timestamp::from_seconds(1)), 0, 0);
            gathered.merge(kept, 0, None);
        }
    };
    add("/seldom", 5);
    add("/often", MAX_ORDINARY);
    add("/often", 3);
    add("/seldom", 2);
    let seldom = |e: &Event| e.uri.as_deref() == Some(b"/seldom");
    assert!(gathered.events.len() == 7 && gathered.events.iter().all(seldom), "{}", gathered.events.len());
    assert_eq!(gathered.dropped, 100_003);
    assert_eq!(gathered.served, [(1, 100_010)].into());
}

#[test]
fn samples_are_even() {
    let others: Vec<Report> = (0..1000u16).map(|n| seen(f64::from(n), 200)).collect();
    // 1000 by 4 are 250; by 3 they would be more than 300.
    assert_eq!(sample(&others).count(), 250);
    assert_eq!(sample(&others[..300]).count(), 300);
    assert_eq!(sample(&[]).count(), 0);
}
