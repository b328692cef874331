use super::*;
use crate::story::{
    Asked, NO_SOCKET, RESET, World, access, asked, failed, failed_at, fpm, id_of, kernel, nginx,
};

/// What was found of the first request of a path.
#[derive(Debug)]
struct Told {
    cause: &'static str,
    sure: f32,
    primary: Vec<usize>,
    supporting: Vec<usize>,
    others: Vec<&'static str>,
}

fn found(lines: &[String], uri: &str) -> Option<Told> {
    let world = World::of(lines);
    let of_uri = |r: &&Request| world.events[r.line().unwrap()].uri.as_deref() == Some(uri.as_bytes());
    let place = world.origin.requests.iter().position(|r| of_uri(&r)).unwrap();
    let finding = world.origin.findings[place].clone()?;
    Some(Told {
        cause: id_of(finding.cause),
        sure: finding.sure,
        primary: finding.primary,
        supporting: finding.supporting,
        others: finding.alternatives.iter().map(|(c, _)| id_of(*c)).collect(),
    })
}

/// The logs have an error log that says nothing.
fn silent() -> String {
    nginx(
        0.0,
        "[error] 812#812: *1 open() \"/srv/www/robots.txt\" failed (2: No such file or directory), client: \
               172.68.10.5, server: example.com, request: \"GET /robots.txt HTTP/1.1\", host: \"example.com\"",
    )
}

fn ended(t: f64, by: &str) -> String {
    fpm(t, &format!("WARNING: [pool www] child 71 exited on signal {by} after 40.250000 seconds from start"))
}

#[test]
fn a_restart_cuts_what_runs_and_refuses_what_comes() {
    let mut lines = vec![
        failed(10.0, 5, RESET, "/a"),
        fpm(10.0, "NOTICE: Terminating ..."),
        fpm(10.0, "NOTICE: exiting, bye-bye!"),
        failed(12.0, 6, NO_SOCKET, "/b"),
        access(10.0, "/a", 502),
        access(12.0, "/b", 502),
        fpm(15.0, "NOTICE: fpm is running, pid 1200"),
        fpm(15.0, "NOTICE: ready to handle connections"),
    ];
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.supporting), ("fpm-restarted", vec![0, 1, 2], vec![6, 7, 4]));
    let b = found(&lines, "/b").unwrap();
    assert_eq!((b.cause, b.primary, b.supporting), ("fpm-down", vec![3], vec![5]));
    // It did not come back: that is no restart.
    lines.truncate(6);
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.others), ("fpm-down", vec![0, 1, 2], vec!["fpm-restarted"]));
}

#[test]
fn a_worker_that_ends_as_php_fpm_stops_did_not_run_too_long() {
    let lines = [failed(10.0, 5, RESET, "/a"), ended(10.0, "15 (SIGTERM)")];
    assert_eq!(found(&lines, "/a").unwrap().cause, "fpm-terminate-timeout");
    let stop = [fpm(10.0, "NOTICE: Terminating ..."), fpm(12.0, "NOTICE: ready to handle connections")];
    let a = found(&[&lines[..], &stop].concat(), "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.supporting), ("fpm-restarted", vec![0, 1, 2], vec![3]));
}

#[test]
fn a_crash_as_all_logs_tell_it() {
    let lines = [
        kernel(9.0, "php-fpm8.2[71]: segfault at 10 ip 0000000000000010 sp 00007ffdb4a6da48 error 14"),
        failed(10.0, 5, RESET, "/a"),
        ended(10.0, "11 (SIGSEGV)"),
        access(10.0, "/a", 502),
    ];
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.supporting), ("php-fpm-crash", vec![1, 2, 0], vec![3]));
    assert!(a.sure > 0.98);
    // nginx alone says only that the worker is gone.
    let a = found(&lines[1..2], "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.others), ("php-fpm-crash", vec![0], vec!["fpm-restarted"]));
    assert!(a.sure < 0.8);
}

#[test]
fn without_an_error_log_any_502_may_be_of_a_dead_worker() {
    let died = ended(10.0, "11 (SIGSEGV)");
    let a = found(&[access(10.0, "/a", 502), died.clone()], "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.supporting), ("php-fpm-crash", vec![1], vec![0]));
    assert_eq!(found(&[access(10.0, "/a", 502), died, silent()], "/a").unwrap().cause, "app-error-response");
}

#[test]
fn a_fatal_error_without_its_request() {
    let fatal = fpm(
        10.0,
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 2097152 bytes) in \
         /srv/a.php on line 13",
    )
    .replace("] PHP", " UTC] PHP");
    let lines = [access(10.0, "/a", 500), fatal.clone(), silent()];
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.supporting), ("php-memory-limit", vec![1], vec![0]));
    // nginx has the same words, with the request: then that is the one.
    let said = "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Allowed memory size of 134217728 bytes \
                exhausted (tried to allocate 2097152 bytes) in /srv/a.php on line 13\" while reading response header from upstream";
    let lines = [access(10.0, "/a", 500), access(10.0, "/b", 500), fatal, failed(10.0, 5, said, "/b")];
    let b = found(&lines, "/b").unwrap();
    assert_eq!((b.cause, b.primary), ("php-memory-limit", vec![3, 2]));
    assert_eq!(found(&lines, "/a").unwrap().cause, "app-error-response");
    // With display_errors the visitor got a page.
    let lines = [access(10.0, "/b", 200), failed(10.0, 5, said, "/b")];
    assert!(found(&lines, "/b").is_none());
}

#[test]
fn nginx_gave_up_while_the_pool_was_full() {
    let gave_up = |t, step: &str, upstream| {
        let what = format!("upstream timed out (110: Connection timed out) while {step}");
        vec![failed_at(t, 5, &what, "/a", upstream), access(t, "/a", 504)]
    };
    let full =
        fpm(12.0, "WARNING: [pool www] server reached pm.max_children setting (5), consider raising it");
    let told = |mut lines: Vec<String>| {
        lines.push(full.clone());
        let a = found(&lines, "/a").unwrap();
        (a.cause, a.primary)
    };
    let (connecting, php) = ("connecting to upstream", "fastcgi://127.0.0.1:9000");
    // php-fpm warns as the pool gets full, and nginx waits for a minute.
    assert_eq!(told(gave_up(70.0, connecting, php)), ("fpm-saturated", vec![0, 2]));
    // That warning was of another time.
    assert_eq!(told(gave_up(90.0, connecting, php)), ("fpm-saturated", vec![0]));
    let reading = "reading response header from upstream";
    assert_eq!(told(gave_up(70.0, reading, php)), ("upstream-timeout", vec![0]));
    assert_eq!(told(gave_up(70.0, connecting, "http://10.0.0.8:80/")), ("upstream-timeout", vec![0]));
}

#[test]
fn a_dropped_connection_hides_the_fault_behind_it() {
    let lines = [failed(10.0, 5, NO_SOCKET, "/a"), access(10.0, "/a", 444)];
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.others), ("fpm-down", vec![0], vec!["dropped-by-nginx-444"]));
    let lines = [silent(), access(10.0, "/a", 444)];
    let a = found(&lines, "/a").unwrap();
    assert_eq!((a.cause, a.primary, a.others), ("dropped-by-nginx-444", vec![1], vec![]));
}

#[test]
fn slow_requests() {
    let given_up = asked(120.0, "/a", Asked { status: 499, took: 119.5, ..Asked::default() });
    let slow = "WARNING: [pool www] child 71, script '/srv/index.php' (request: \"GET /a\") executing too slow \
                (5.153303 sec), logging";
    let a = found(&[given_up.clone(), fpm(5.0, slow)], "/a").unwrap();
    assert_eq!((a.cause, a.primary), ("origin-slow", vec![0, 1]));
    // That one began a minute later.
    let a = found(&[given_up, fpm(65.0, slow)], "/a").unwrap();
    assert_eq!((a.cause, a.primary), ("origin-slow", vec![0]));
}

#[test]
fn what_the_access_line_alone_says() {
    let of = |status: u16| found(&[silent(), access(10.0, "/a", status)], "/a").map(|f| f.cause);
    assert_eq!(of(500), Some("app-error-response"));
    assert_eq!(of(503), Some("app-error-response"));
    assert_eq!(of(9), Some("backend-invalid-response"));
    assert_eq!((of(200), of(404), of(301)), (None, None, None));
    // Without an error log that is less sure.
    let sure = |lines: &[String]| found(lines, "/a").unwrap().sure;
    assert!(sure(&[access(10.0, "/a", 500)]) < sure(&[silent(), access(10.0, "/a", 500)]));
}

#[test]
fn a_refusal_for_asking_too_often() {
    let limit = nginx(
        10.0,
        "[error] 812#812: *5 limiting requests, excess: 20.110 by zone \"one\", client: 172.68.10.5, \
                            server: example.com, request: \"GET /a HTTP/1.1\", host: \"example.com\"",
    );
    let a = found(&[limit.clone(), access(10.0, "/a", 503)], "/a").unwrap();
    assert_eq!((a.cause, a.primary), ("rate-limited", vec![1, 0]));
    // dry run, or the request was let pass.
    assert!(found(&[limit, access(10.0, "/a", 200)], "/a").is_none());
}
