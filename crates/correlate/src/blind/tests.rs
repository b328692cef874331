use super::*;
use crate::report::Report;
use crate::story::{
    Asked, NO_SOCKET, RESET, World, access, asked, cause, fail2ban, failed, nginx, seen, span,
};

const STOP: &str = "[notice] 700#700: signal 15 (SIGTERM) received from 1, exiting";
const START: &str = "[notice] 900#900: start worker processes";

fn of(report: &Report) -> Blind {
    let (status, origin_status) = (report.status, report.origin_status);
    let edge = report.edge.as_deref().map(Into::into);
    Blind { wanted: Wanted::of(report, 0, 0).unwrap(), status, origin_status, edge, named: false }
}

fn hits(lines: &[String], blinds: &[Blind]) -> Vec<Option<(What, CauseId)>> {
    let world = World::of(lines);
    let mut field = world.field();
    field.learn(blinds, |span| span);
    field.fit(blinds, |span| span).into_iter().map(|h| h.map(|h| (h.what, h.cause))).collect()
}

fn hit(lines: &[String], report: &Report) -> Option<(What, CauseId)> {
    hits(lines, &[of(report)])[0]
}

/// As many requests in each of these seconds.
fn served(seconds: impl Iterator<Item = u32>, each: usize) -> Vec<String> {
    seconds.flat_map(|s| vec![access(f64::from(s), "/", 200); each]).collect()
}

#[test]
fn each_request_explains_one_report() {
    let lines = [failed(10.0, 5, RESET, "/a"), failed(20.0, 6, NO_SOCKET, "/b")];
    let reports = [of(&seen(10.4, 502)), of(&seen(10.5, 502)), of(&seen(20.4, 502)), of(&seen(60.0, 502))];
    let found = hits(&lines, &reports);
    assert_eq!(found.iter().flatten().count(), 2, "{found:?}");
    assert_eq!(found[2], Some((What::Request(1), cause("fpm-down"))));
    assert_eq!(found[3], None);
}

#[test]
fn the_status_must_fit() {
    let lines = [failed(10.0, 5, NO_SOCKET, "/a"), access(10.0, "/a", 502)];
    assert!(hit(&lines, &seen(10.4, 502)).is_some());
    for status in [500, 503, 520, 521, 522, 524, 525] {
        assert_eq!(hit(&lines, &seen(10.4, status)), None, "{status}");
    }
    let with = |origin| Report { origin_status: Some(origin), ..seen(10.4, 502) };
    assert!(hit(&lines, &with(502)).is_some());
    assert_eq!(hit(&lines, &with(504)), None);
    // A monitor that tells no status may have seen this.
    assert!(hit(&lines, &Report { status: None, ..seen(10.4, 502) }).is_some());
}

#[test]
fn who_names_another_request_does_not_mean_this_one() {
    let lines = [failed(10.0, 5, NO_SOCKET, "/a"), access(10.0, "/a", 502)];
    let named = Blind { named: true, ..of(&seen(10.4, 502)) };
    assert_eq!(hits(&lines, &[named]), [None]);
}

#[test]
fn a_state_explains_all_that_fall_into_it() {
    let mut lines = vec![nginx(10.0, STOP), nginx(20.0, START)];
    lines.extend(served((0..10).chain(20..40), 1));
    let down = |t: f64, status| hit(&lines, &seen(t, status)).map(|(_, cause)| cause);
    let nginx_down = cause("nginx-down");
    assert_eq!((down(11.0, 521), down(19.5, 521)), (Some(nginx_down), Some(nginx_down)));
    assert_eq!((down(5.0, 521), down(30.0, 521)), (None, None));
    // It was running as nginx stopped.
    let cut = hit(&lines, &seen(9.0, 520)).unwrap();
    let world = World::of(&lines);
    let What::State(place) = cut.0 else { panic!("{cut:?}") };
    assert_eq!(world.origin.states[place].shape, Shape::Cut);
    // A refusal is no end of something that ran.
    assert_eq!((down(8.0, 520), down(7.9, 521)), (Some(nginx_down), None));
    // What the origin answered was not lost in a stop.
    let answered = Report { origin_status: Some(502), ..seen(15.0, 521) };
    assert_eq!(hit(&lines, &answered), None);
    // As long as it lasts, nothing else can be.
    let field = world.field();
    let found = field.fit(&[of(&seen(15.0, 521))], |s| s)[0].unwrap();
    assert!(found.certain && !found.common);
}

#[test]
fn a_ban_concerns_one_address_of_the_edge() {
    let lines = [fail2ban(10.0, "Ban 172.68.10.5"), fail2ban(70.0, "Unban 172.68.10.5")];
    let from = |edge: Option<&str>, t| Report { edge: edge.map(Into::into), ..seen(t, 522) };
    assert_eq!(hit(&lines, &from(Some("172.68.10.5"), 30.0)), Some((What::State(0), cause("edge-blocked"))));
    assert_eq!(hit(&lines, &from(Some("172.68.10.5"), 80.0)), None);
    assert_eq!(hit(&lines, &from(Some("172.68.10.6"), 30.0)), None);
    // Where it is not told, it may be: at a price.
    let world = World::of(&lines);
    let cost = |edge| world.field().fit(&[of(&from(edge, 30.0))], |s| s)[0].unwrap().cost;
    assert!((cost(None) - cost(Some("172.68.10.5")) - 1.5).abs() < 1e-5);
}

#[test]
fn silence_tells_only_where_much_is_usual() {
    let busy = served((0..20).chain(30..60), 3);
    assert_eq!(hit(&busy, &seen(25.0, 521)), Some((What::Silence(0), cause("nginx-down"))));
    assert_eq!((hit(&busy, &seen(10.0, 521)), hit(&busy, &seen(25.0, 526))), (None, None));
    let quiet = served((0..20).map(|n| n * 30), 1);
    assert_eq!(hit(&quiet, &seen(45.0, 521)), None);
    // Stops that are told need no silence.
    let told = [&busy[..], &[nginx(20.0, STOP), nginx(29.0, START)]].concat();
    let world = World::of(&told);
    assert!(world.field().silence(0).is_none());
}

#[test]
fn strangers_are_nobodys_reports() {
    let handshake = "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking";
    let from = |client| {
        nginx(10.0, &format!("[info] 812#812: *5 {handshake}, client: {client}, server: 0.0.0.0:443"))
    };
    assert_eq!(hit(&[from("172.68.10.5")], &seen(10.4, 525)), Some((What::Loose(0), cause("tls-handshake"))));
    assert_eq!(hit(&[from("198.51.100.7")], &seen(10.4, 525)), None);
    // The edge connected from another address.
    let edge = Some("172.68.10.6".to_owned());
    assert_eq!(hit(&[from("172.68.10.5")], &Report { edge, ..seen(10.4, 525) }), None);
}

#[test]
fn the_edge_gives_up_after_the_same_time_and_visitors_at_any() {
    let left = |t: f64, took| asked(t, "/a", Asked { status: 499, took, upstream: "-", ..Asked::default() });
    let lines = [left(130.0, 120.0), left(133.0, 13.4)];
    // Both began in the same instant as the edge tells it.
    assert_eq!(hit(&lines, &seen(10.3, 524)).unwrap().0, What::Request(0));
    let world = World::of(&lines);
    let field = world.field();
    let against: Vec<f32> = field.requests.iter().map(|(_, against)| *against).collect();
    assert!(against[0] < 1.0 && against[1] > 1.0, "{against:?}");
}

#[test]
fn how_long_the_edge_waits_is_learnt() {
    let begun = [3.0, 10.0, 34.0, 115.0, 215.0];
    let mut lines = vec![access(0.0, "/", 200)];
    lines.extend(begun.iter().map(|t| access(t + 100.0, "/a", 499)));
    let blinds: Vec<Blind> = begun.iter().map(|t| of(&seen(t + 0.5, 524))).collect();
    let world = World::of(&lines);
    let mut field = world.field();
    field.learn(&blinds, |span| span);
    let waited = field.waits.edge.unwrap();
    assert!((waited - 100 * SECOND).abs() <= SECOND, "{waited}");
    assert_eq!(field.waits.nginx, None);
    assert_eq!(hits(&lines, &blinds).into_iter().flatten().count(), 5);
    // Two may be anything.
    field.learn(&blinds[..2], |span| span);
    assert_eq!(field.waits.edge, None);
}

#[test]
fn events_are_counted_by_cause() {
    let lines = [failed(10.0, 5, RESET, "/a"), failed(20.0, 6, NO_SOCKET, "/b"), access(21.0, "/c", 444)];
    let world = World::of(&lines);
    let counts = world.field().events(span(15.0, 30.0));
    // A dropped connection is logged without anybody's complaint as well.
    let expected = [((cause("fpm-down"), false), 1.0), ((cause("dropped-by-nginx-444"), true), 1.0)];
    assert_eq!(counts, expected.into_iter().collect());
    assert!(!world.field().is_empty() && World::of(&lines[..0]).field().is_empty());
}
