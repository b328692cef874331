use std::time::Duration;

use super::*;
use crate::story::{Asked, RESET, World, access, asked, failed, failed_at, span};

/// Lines of the access log and of the error log of each request.
fn told(lines: &[String]) -> Vec<(Option<usize>, Vec<usize>)> {
    World::of(lines).origin.requests.into_iter().map(|r| (r.access, r.errors)).collect()
}

const REFUSED: &str = "connect() failed (111: Connection refused) while connecting to upstream";

#[test]
fn a_kept_connection_has_one_request_after_the_other() {
    let errors = [failed(3.0, 5, RESET, "/a"), failed(9.0, 5, RESET, "/a")];
    let world = World::of(&errors);
    let [first, second] = &world.origin.requests[..] else { panic!("{:?}", world.origin.requests) };
    assert_eq!((first.access, &first.errors[..], first.end), (None, &[0][..], span(3.0, 3.999_999)));
    assert_eq!((second.errors.as_slice(), second.status), (&[1][..], None));
    assert_eq!(second.start, span(9.0 - 130.0, 9.999_999));

    let mut lines = errors.to_vec();
    lines.extend([access(9.0, "/a", 502), access(3.0, "/a", 502)]);
    assert_eq!(told(&lines), [(Some(2), vec![1]), (Some(3), vec![0])]);
}

#[test]
fn another_upstream_is_the_same_request() {
    let again = |to: &str| failed_at(3.0, 5, REFUSED, "/a", &format!("http://{to}:8080/a"));
    let lines = [again("10.0.0.8"), again("10.0.0.9"), access(3.0, "/a", 502)];
    assert_eq!(told(&lines), [(Some(2), vec![0, 1])]);
    // The same one twice is a second request.
    let lines = [again("10.0.0.8"), again("10.0.0.8"), access(3.0, "/a", 502), access(3.0, "/a", 502)];
    let errors: Vec<usize> = told(&lines).into_iter().map(|(_, errors)| errors.len()).collect();
    assert_eq!(errors, [1, 1]);
}

#[test]
fn php_says_the_same_more_than_once() {
    let said = "FastCGI sent in stderr: \"PHP message: PHP Warning:  Undefined array key 1 in /srv/a.php on line 4\" \
                while reading response header from upstream";
    let lines = [failed(3.0, 5, said, "/a"), failed(3.0, 5, said, "/a"), failed(4.0, 5, RESET, "/a")];
    assert_eq!(told(&lines), [(None, vec![0, 1, 2])]);
}

#[test]
fn the_connection_decides_where_both_logs_have_it() {
    let answered = |connection| asked(3.0, "/a", Asked { status: 502, connection, ..Asked::default() });
    let lines = [answered(6), answered(5), failed(3.0, 5, RESET, "/a"), failed(3.0, 6, RESET, "/a")];
    assert_eq!(told(&lines), [(Some(0), vec![3]), (Some(1), vec![2])]);
    let lines = [answered(6), failed(3.0, 5, RESET, "/a")];
    assert_eq!(told(&lines), [(Some(0), vec![]), (None, vec![1])]);
}

#[test]
fn other_requests_are_not_the_one() {
    let post = access(3.0, "/a", 502).replace("GET", "POST");
    let lines = [post, access(3.0, "/b", 502), failed(3.0, 5, RESET, "/a")];
    assert_eq!(told(&lines), [(Some(0), vec![]), (Some(1), vec![]), (None, vec![2])]);
    // It is logged at its end, which comes no later than anybody waits.
    let lines = [access(60.0, "/a", 502), access(200.0, "/a", 502), failed(3.0, 5, RESET, "/a")];
    assert_eq!(told(&lines), [(Some(0), vec![]), (Some(1), vec![]), (None, vec![2])]);
}

#[test]
fn the_failed_one_of_two_is_meant() {
    let lines = [access(3.0, "/a", 200), access(3.0, "/a", 502), failed(3.0, 5, RESET, "/a")];
    assert_eq!(told(&lines), [(Some(0), vec![]), (Some(1), vec![2])]);
}

#[test]
fn nginx_logs_the_end_and_apache_the_beginning() {
    let at = span(10.0, 10.999_999);
    let of = |source, took| bounds(&Event { source: Some(source), took, ..Event::default() }, at);
    let took = Some(Duration::from_millis(2_500));
    assert_eq!(of(Source::NginxAccess, took), (span(7.5, 8.499_999), at));
    assert_eq!(of(Source::ApacheAccess, took), (at, span(12.5, 13.499_999)));
    assert_eq!(of(Source::NginxAccess, None), (span(-120.0, 10.999_999), at));
    assert_eq!(of(Source::ApacheAccess, None), (at, span(10.0, 140.999_999)));
}
