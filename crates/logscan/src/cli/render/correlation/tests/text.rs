//! The page for people.

use logscan_correlate::{Attribution, Clock, Method, Verdict};
use logscan_parser::Source;
use unicode_width::UnicodeWidthStr;

use super::sample::{Sample, at, cause, crashes, look, report};
use crate::cli::render::correlation::text;
use crate::cli::style::Look;

fn page(sample: &Sample, look: Look, all: bool) -> String {
    let mut out = Vec::new();
    text(&mut out, sample.told(look, all)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_page_of_an_incident() {
    let sample = crashes();
    insta::assert_snapshot!("text_80", page(&sample, look(80), false));
    insta::assert_snapshot!("text_120", page(&sample, look(120), false));
    insta::assert_snapshot!("text_all_100", page(&sample, look(100), true));
}

/// Whoever has only one time gets one answer.
#[test]
fn one_error() {
    let mut one = crashes();
    one.reports.truncate(1);
    one.correlation.attributions.truncate(1);
    let (mut clock, mut row) = (one.correlation.clocks.remove(0), one.correlation.causes.remove(0));
    (clock.method, clock.offset, clock.uncertainty, clock.support) = (Method::None, 0.0, 0.0, 0);
    row.count = 1;
    (one.correlation.clocks, one.correlation.causes) = (vec![clock], vec![row]);
    one.correlation.advice.clear();
    insta::assert_snapshot!("one_error_80", page(&one, look(80), false));
}

/// All reports are of one minute of grouped analytics, and nothing fits.
#[test]
fn nothing_explained() {
    let mut sample = Sample::of("php-fpm-segfault");
    for n in 0..7 {
        let mut minute = report("2026-11-23T12:01:00Z", 521 + n % 2, "GET www.example.com /", "-");
        minute.when.as_mut().unwrap().until = at("2026-11-23T12:02:00Z");
        minute.count = 1000 + u64::from(n);
        sample.add(minute, Attribution::new(Verdict::Unexplained, cause("no-origin-evidence")));
    }
    insta::assert_snapshot!("nothing_explained_80", page(&sample, look(80), false));
}

#[test]
fn no_log_of_that_time() {
    let mut sample = Sample::empty();
    for n in 0..3 {
        let time = format!("2026-11-23T12:00:0{n}Z");
        let answer = Attribution::new(Verdict::NotCovered, cause("no-origin-evidence"));
        sample.add(report(&time, 520, "GET www.example.com /", "-"), answer);
    }
    let shown = page(&sample, look(100), false);
    assert!(shown.starts_with("These logs do not reach the times of the 3 errors.\n"), "{shown}");
    assert!(shown.contains("hold no line within 15 hours of the reports"), "{shown}");
    assert_eq!(page(&Sample::empty(), look(80), false), "No errors reported: nothing to explain.\n");
}

/// Terminals and logs of mail programs that know only ASCII, and narrow ones.
#[test]
fn plain_and_narrow() {
    let ascii = Look { unicode: false, ..look(80) };
    let shown = page(&crashes(), ascii, false);
    assert!(
        shown.is_ascii() && shown.contains("(+-0.1 s,") && shown.contains("           <- 11:58:13"),
        "{shown}"
    );
    for width in [80, 100, 160] {
        for line in page(&crashes(), look(width), false).lines() {
            // A place of a line is not broken.
            let whole = line.contains("/var/log/");
            assert!(line.width() <= width || whole, "{width}: {line}");
            assert!(!line.ends_with(' '), "{line:?}");
        }
    }
}

#[test]
fn colours_dress_the_same_words() {
    let coloured = page(&crashes(), Look { colour: true, ..look(80) }, false);
    assert!(coloured.starts_with("\u{1b}[1m8 of 10 errors explained."));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, page(&crashes(), look(80), false));
}

/// The first words of a page whose clocks are these.
fn clocks(clocks: Vec<Clock>) -> String {
    let mut sample = Sample::empty();
    sample.correlation.clocks = clocks;
    let first = page(&sample, look(160), false).replace('\n', " ");
    first.strip_prefix("No errors reported: nothing to explain. ").unwrap().trim_end().to_owned()
}

#[test]
fn clocks_in_words() {
    let of = |method, offset, uncertainty| Clock::new(Source::NginxAccess, method, offset, uncertainty);
    let with = |mut clock: Clock, support, zone_mistake, drift| {
        (clock.support, clock.zone_mistake, clock.drift) = (support, zone_mistake, drift);
        clock
    };
    assert_eq!(
        clocks(vec![with(of(Method::RayId, 3.7, 0.1), 118, 0, None)]),
        "Cloudflare's clock is 3.7 s ahead of the origin's (±0.1 s, from 118 Ray IDs)."
    );
    assert_eq!(
        clocks(vec![with(of(Method::Request, -90.4, 1.2), 1, 0, None)]),
        "Cloudflare's clock is 90 s behind the origin's (±1 s, from 1 request that both know)."
    );
    assert_eq!(
        clocks(vec![of(Method::Time, 0.4, 2.0)]),
        "Cloudflare's clock and the origin's agree (±2 s, from the pattern of times)."
    );
    assert_eq!(
        clocks(vec![of(Method::Given, 3600.0, 0.0)]),
        "Cloudflare's clock is 1 h ahead of the origin's (as given)."
    );
    assert_eq!(
        clocks(vec![with(of(Method::RayId, 7200.02, 0.01), 12, 7200, Some(-0.4))]),
        "Cloudflare's clock and the origin's agree (±0.01 s, from 12 Ray IDs). Besides, the nginx-access times read 2 h \
         too early: the zone they were taken for is wrong (--tz), which was allowed for. The difference changes by \
         -0.40 s a day."
    );
    assert_eq!(
        clocks(vec![of(Method::None, 0.0, 0.0), of(Method::None, 0.0, 0.0)]),
        "How far Cloudflare's clock is from the origin's cannot be told; they are taken to agree."
    );
    let mut fpm = with(of(Method::Time, 64.0, 1.0), 9, 0, None);
    fpm.source = Source::PhpFpm;
    assert_eq!(
        clocks(vec![fpm, with(of(Method::RayId, 3.7, 0.1), 118, 0, None), of(Method::None, 0.0, 0.0)]),
        "Cloudflare's clock is 3.7 s ahead of the origin's (±0.1 s, from 118 Ray IDs). Cloudflare's clock is 64 s ahead \
         of that of the php-fpm logs (±1 s, from the pattern of times)."
    );
}
