use super::*;
use crate::story::{NO_SOCKET, World, cause, failed, fpm, kernel, nginx, span};

fn of(lines: &[String]) -> Fpm {
    let world = World::of(lines);
    Fpm::new(&world.events, &world.times, &world.lexicon)
}

/// Cause, how sure in percent, and the lines of each death.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn deaths(lines: &[String]) -> Vec<(CauseId, u32, Vec<usize>)> {
    let percent = |sure: f32| (sure * 100.0).round() as u32;
    of(lines).deaths.into_iter().map(|d| (d.cause, percent(d.sure), d.lines)).collect()
}

fn ended(t: f64, child: u32, by: &str) -> String {
    fpm(
        t,
        &format!(
            "WARNING: [pool shop] child {child} exited on signal {by} after 40.250000 seconds from start"
        ),
    )
}

fn segfault(t: f64, process: &str) -> String {
    kernel(t, &format!("{process}: segfault at 10 ip 0000000000000010 sp 00007ffdb4a6da48 error 14"))
}

const TOO_LONG: &str = "WARNING: [pool shop] child 71, script '/srv/index.php' (request: \"GET /index.php\") \
                        execution timed out (30.154249 sec), terminating";

#[test]
fn all_that_is_said_of_a_worker_is_one_death() {
    let lines = [fpm(5.0, TOO_LONG), ended(6.0, 71, "15 (SIGTERM)"), ended(6.0, 72, "15 (SIGTERM)")];
    let (terminated, crash) = (cause("fpm-terminate-timeout"), cause("php-fpm-crash"));
    // The second may have been ended by anybody.
    assert_eq!(deaths(&lines), [(terminated, 99, vec![0, 1]), (terminated, 60, vec![2])]);
    assert_eq!(of(&lines).deaths[0].pool.as_deref(), Some("shop"));

    // php-fpm's word comes first, whoever wrote first.
    let lines = [segfault(5.0, "php-fpm8.2[71]"), ended(6.0, 71, "11 (SIGSEGV - core dumped)")];
    assert_eq!(deaths(&lines), [(crash, 99, vec![1, 0])]);
    assert_eq!(of(&lines).deaths[0].at, span(6.0, 6.999_999));
}

#[test]
fn the_kernel_knows_who_killed_it() {
    let killed = ended(6.0, 71, "9 (SIGKILL)");
    let memory = kernel(
        5.0,
        "Memory cgroup out of memory: Killed process 71 (php-fpm8.2) total-vm:439496kB, anon-rss:216400kB, \
         file-rss:6964kB, shmem-rss:1972kB, UID:33 pgtables:600kB oom_score_adj:0",
    );
    let oom = cause("php-fpm-oom-killed");
    assert_eq!(deaths(std::slice::from_ref(&killed)), [(oom, 70, vec![0])]);
    assert_eq!(deaths(&[memory.clone(), killed.clone()]), [(oom, 99, vec![1, 0])]);
    // That was another worker.
    let other = memory.replace("71", "72");
    assert_eq!(deaths(&[other, killed]), [(oom, 99, vec![0]), (oom, 70, vec![1])]);
}

#[test]
fn a_process_id_comes_back() {
    let lines = [ended(6.0, 71, "11 (SIGSEGV)"), ended(17.0, 71, "11 (SIGSEGV)")];
    assert_eq!(deaths(&lines).len(), 2);
    // Of another program.
    let lines = [segfault(6.0, "nginx[71]"), ended(6.0, 71, "11 (SIGSEGV)")];
    assert_eq!(deaths(&lines), [(cause("php-fpm-crash"), 99, vec![1])]);
}

#[test]
fn a_slow_request_is_told_twice() {
    let slow = "WARNING: [pool shop] child 71, script '/srv/index.php' (request: \"GET /index.php?page=1\") \
                executing too slow (5.153303 sec), logging";
    let found = of(&[fpm(5.0, slow), fpm(6.0, " [pool shop] pid 71\nscript_filename = /srv/index.php")]);
    let [slow] = &found.slow[..] else { panic!("{:?}", found.slow) };
    assert_eq!((slow.lines.as_slice(), slow.at), (&[0, 1][..], span(5.0, 5.999_999)));
    assert_eq!(slow.start, span(-0.153_303, 0.846_696));
    assert!(found.deaths.is_empty());
}

#[test]
fn a_restart_from_the_stop_to_the_start() {
    let lines = [
        fpm(5.0, "NOTICE: Terminating ..."),
        fpm(6.0, "NOTICE: exiting, bye-bye!"),
        fpm(9.0, "NOTICE: fpm is running, pid 1200"),
        fpm(9.0, "NOTICE: ready to handle connections"),
        fpm(40.0, "NOTICE: Terminating ..."),
    ];
    let stops = of(&lines).stops;
    let [first, second] = &stops[..] else { panic!("{stops:?}") };
    assert_eq!((first.lines.as_slice(), first.starts.as_slice()), (&[0, 1][..], &[2, 3][..]));
    assert_eq!((first.at, first.ready), (span(5.0, 5.999_999), Some(span(9.0, 9.999_999))));
    assert_eq!((second.lines.as_slice(), second.ready), (&[4][..], None));
    // A start alone ends nothing.
    assert!(of(&lines[2..4]).stops.is_empty());
}

#[test]
fn full_pools_and_fatal_errors() {
    let lines = [
        fpm(1.0, "WARNING: [pool shop] server reached pm.max_children setting (5), consider raising it"),
        failed(
            2.0,
            5,
            "connect() to unix:/run/php/www.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
            "/a",
        ),
        fpm(3.0, "PHP Fatal error:  Uncaught TypeError: strlen() in /srv/a.php:7")
            .replace("] PHP", " UTC] PHP"),
        fpm(4.0, "PHP Warning:  Undefined array key 1 in /srv/a.php on line 4").replace("] PHP", " UTC] PHP"),
        failed(5.0, 5, NO_SOCKET, "/a"),
        nginx(6.0, "[notice] 700#700: start worker processes"),
    ];
    let found = of(&lines);
    // nginx's own line is of a request.
    assert_eq!((found.full, found.fatals), (vec![0], vec![2]));
}
