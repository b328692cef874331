use super::*;
use crate::story::{World, access, cause, fail2ban, failed, nginx, span};

/// A request in each of these seconds.
fn served(seconds: impl Iterator<Item = u32>) -> Vec<String> {
    seconds.map(|s| access(f64::from(s), "/", 200)).collect()
}

fn states(lines: &[String]) -> Vec<State> {
    World::of(lines).origin.states
}

const STOP: &str = "[notice] 700#700: signal 15 (SIGTERM) received from 1, exiting";
const START: &str = "[notice] 900#900: start worker processes";

#[test]
fn a_stop_lasts_until_the_start_and_cuts_what_ran() {
    let mut lines = vec![nginx(10.0, STOP), nginx(14.0, START)];
    lines.extend(served((0..10).chain(14..20)));
    let found = states(&lines);
    let [lasting, cut] = &found[..] else { panic!("{found:?}") };
    // Up to the end of the second in which it started.
    assert_eq!((lasting.shape, lasting.span), (Shape::Lasting, span(10.0, 15.0)));
    assert_eq!((cut.shape, cut.span), (Shape::Cut, span(10.0, 10.999_999)));
    for state in &found {
        assert_eq!((state.cause, state.like), (cause("nginx-down"), cause("nginx-down")));
        assert_eq!(state.lines, [(0, Role::Primary), (1, Role::Supporting)]);
    }
    // Requests show that it runs as well as a line does.
    lines.remove(1);
    assert_eq!(states(&lines)[0].span, span(10.0, 15.0));
    // What never comes back is down to the end of the logs.
    let lines = [nginx(10.0, STOP), nginx(50.0, "[notice] 700#700: exit")];
    assert_eq!(states(&lines)[0].span, span(10.0, 51.999_999));
}

#[test]
fn two_stops_with_a_start_between_them() {
    let lines = [nginx(10.0, STOP), nginx(12.0, START), nginx(14.0, STOP), nginx(16.0, START)];
    let found = states(&lines);
    let lasting: Vec<Span> = found.iter().filter(|s| s.shape == Shape::Lasting).map(|s| s.span).collect();
    assert_eq!(lasting, [span(10.0, 13.0), span(14.0, 17.0)]);
    // Told by another signal, it is the same stop.
    let quit = "[notice] 700#700: signal 3 (SIGQUIT) received from 1, shutting down";
    assert_eq!(states(&[nginx(10.0, quit), nginx(14.0, STOP)]).len(), 2);
}

#[test]
fn a_bind_conflict_takes_the_place_of_the_stop() {
    let bind = "[emerg] 900#900: bind() to 0.0.0.0:80 failed (98: Address already in use)";
    let mut lines = vec![
        nginx(10.0, STOP),
        nginx(12.0, bind),
        nginx(13.0, bind),
        nginx(14.0, "[emerg] 900#900: still could not bind()"),
        nginx(30.0, START),
    ];
    lines.extend(served((0..10).chain(30..60)));
    let found = states(&lines);
    assert_eq!(found.len(), 2, "{found:?}");
    for state in &found {
        // A request that cannot connect does not know why.
        assert_eq!((state.cause, state.like), (cause("nginx-bind-failed"), cause("nginx-down")));
        let primary = [1, 2, 3].map(|l| (l, Role::Primary));
        assert_eq!(state.lines, [&primary[..], &[(4, Role::Supporting)]].concat());
    }
    // From the second of the last request, of which it is not known where in it that was.
    assert_eq!((found[0].shape, found[0].span), (Shape::Lasting, span(9.0, 31.0)));
    assert_eq!((found[1].shape, found[1].span), (Shape::Cut, span(9.0, 11.0)));
}

#[test]
fn a_wrong_configuration_harms_only_a_start() {
    let wrong = "[emerg] 900#900: unknown directive \"proxypass\" in /etc/nginx/sites-enabled/site:12";
    let mut reload = vec![nginx(10.0, wrong)];
    reload.extend(served(0..60));
    assert!(states(&reload).is_empty());
    let mut start = vec![nginx(10.0, wrong)];
    start.extend(served((0..10).chain(30..60)));
    let found = states(&start);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].cause, found[0].span), (cause("nginx-config-error"), span(9.0, 31.0)));
    // After a stop it needs no silence.
    let found = states(&[nginx(9.0, STOP), nginx(10.0, wrong), nginx(20.0, START)]);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].cause, found[0].span), (cause("nginx-config-error"), span(9.0, 21.0)));
}

#[test]
fn fail2ban_keeps_out_one_address() {
    let lines = [
        fail2ban(10.0, "Ban 172.68.10.5"),
        fail2ban(20.0, "Ban 162.158.94.17"),
        fail2ban(30.0, "Ban 192.0.2.7"),
        fail2ban(70.0, "Unban 172.68.10.5"),
    ];
    let found = states(&lines);
    let [first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!((first.cause, first.shape), (cause("edge-blocked"), Shape::Lasting));
    assert_eq!((first.address.as_deref(), first.span), (Some("172.68.10.5"), span(9.5, 70.500_999)));
    // Nobody says when that ends: after ten minutes.
    assert_eq!((second.address.as_deref(), second.span), (Some("162.158.94.17"), span(19.5, 620.500_999)));
}

#[test]
fn workers_that_die_and_descriptors_that_run_out() {
    let died = nginx(10.0, "[alert] 700#700: worker process 812 exited on signal 11");
    let none_left = |t| nginx(t, "[crit] 812#812: accept4() failed (24: Too many open files)");
    let found = states(&[died, none_left(20.0), none_left(22.0), none_left(24.0), none_left(40.0)]);
    let [worker, first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!((worker.cause, worker.shape), (cause("nginx-worker-crash"), Shape::Cut));
    assert_eq!(worker.span, span(10.0, 10.999_999));
    assert_eq!((first.cause, first.span), (cause("nginx-fd-exhausted"), span(19.0, 25.999_999)));
    assert_eq!(first.lines, [(1, Role::Primary), (3, Role::Primary)]);
    assert_eq!((second.span, second.lines.len()), (span(39.0, 41.999_999), 1));
}

#[test]
fn connections_that_failed_on_their_own() {
    let handshake = "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking";
    let lines = [
        nginx(10.0, &format!("[info] 812#812: *5 {handshake}, client: 172.68.10.5, server: 0.0.0.0:443")),
        nginx(11.0, "[alert] 812#812: 1024 worker_connections are not enough"),
        // That one has its request.
        failed(12.0, 7, "1024 worker_connections are not enough while connecting to upstream", "/a"),
    ];
    let loose = World::of(&lines).origin.loose;
    let mut found: Vec<(usize, CauseId)> = loose.iter().map(|l| (l.event, l.cause)).collect();
    found.sort_unstable();
    assert_eq!(found, [(0, cause("tls-handshake")), (1, cause("nginx-worker-connections"))]);
}
