//! Small stories for tests: lines of logs as programs write them, and what was seen at the edge meanwhile.
//!
//! All times are seconds since noon of 2026-11-23, UTC; lines are numbered from 0.

use std::collections::HashMap;

use logscan_catalogue::{Catalogue, CauseId, Timestamp};
use logscan_parser::{AccessFormat, Format, Frames, Record, Stamp};

use crate::attribution::{Correlation, Role};
use crate::blind::Field;
use crate::correlate::{Settings, correlate};
use crate::event::Event;
use crate::join::{Index, Reach};
use crate::odds::Odds;
use crate::origin::{Lexicon, Origin, Served, Times};
use crate::report::{Moment, Report, When};
use crate::sieve::{Coverage, Gathered, Kept, Sieve};
use crate::span::{SECOND, Span};

/// 2026-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_795_435_200 * SECOND;

/// Without times of requests, Ray IDs and connections.
const PLAIN: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

/// With all of them.
const FULL: &str = r#"$remote_addr [$time_local] "$request" $status $bytes_sent $body_bytes_sent host=$host ray=$http_cf_ray conn=$connection rt=$request_time us=$upstream_status"#;

/// The edge's address in all lines.
pub(crate) const EDGE: &str = "172.68.10.5";

/// The reason that nginx gives for a worker of php-fpm that is gone.
pub(crate) const RESET: &str =
    "recv() failed (104: Connection reset by peer) while reading response header from upstream";

/// The same for php-fpm's socket.
pub(crate) const NO_SOCKET: &str =
    "connect() to unix:/run/php/www.sock failed (2: No such file or directory) while connecting to upstream";

/// An instant in microseconds since 1970.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn micros(t: f64) -> i64 {
    NOON + (t * 1e6).round() as i64
}

/// From one instant to another.
pub(crate) fn span(from: f64, until: f64) -> Span {
    Span::new(micros(from), micros(until))
}

fn clock(t: f64) -> String {
    let second = (micros(t) - NOON).div_euclid(SECOND) + 12 * 3600;
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// A line of nginx's error log, from the level on.
pub(crate) fn nginx(t: f64, rest: &str) -> String {
    format!("2026/11/23 {} {rest}", clock(t))
}

/// nginx failed a request at php-fpm.
pub(crate) fn failed(t: f64, connection: u32, what: &str, uri: &str) -> String {
    failed_at(t, connection, what, uri, "fastcgi://unix:/run/php/www.sock:")
}

/// nginx failed a request at an upstream.
pub(crate) fn failed_at(t: f64, connection: u32, what: &str, uri: &str, upstream: &str) -> String {
    let of = format!("client: {EDGE}, server: example.com, request: \"GET {uri} HTTP/1.1\"");
    nginx(
        t,
        &format!(
            "[error] 812#812: *{connection} {what}, {of}, upstream: \"{upstream}\", host: \"example.com\""
        ),
    )
}

/// A line of php-fpm's log.
pub(crate) fn fpm(t: f64, rest: &str) -> String {
    format!("[23-Nov-2026 {}] {rest}", clock(t))
}

/// A line of the kernel, half a second later.
pub(crate) fn kernel(t: f64, rest: &str) -> String {
    format!("2026-11-23T{}.500000+00:00 web1 kernel: [ 4848.848801] {rest}", clock(t))
}

/// A line of fail2ban's log, half a second later.
pub(crate) fn fail2ban(t: f64, rest: &str) -> String {
    format!("2026-11-23 {},500 fail2ban.actions        [811]: NOTICE  [nginx-limit-req] {rest}", clock(t))
}

/// An access line of the format that everybody has.
pub(crate) fn access(t: f64, uri: &str, status: u16) -> String {
    format!(
        "{EDGE} - - [23/Nov/2026:{} +0000] \"GET {uri} HTTP/1.1\" {status:03} 157 \"-\" \"curl/8.5.0\"",
        clock(t)
    )
}

/// What an access line tells of a request, if its format is long enough.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) status: u16,
    pub(crate) ray: &'a str,
    pub(crate) connection: u32,
    pub(crate) took: f64,
    pub(crate) head: u32,
    pub(crate) upstream: &'a str,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Asked { status: 200, ray: "-", connection: 5, took: 0.0, head: 180, upstream: "200" }
    }
}

/// An access line of a long format.
pub(crate) fn asked(t: f64, uri: &str, of: Asked<'_>) -> String {
    let Asked { status, ray, connection, took, head, upstream } = of;
    format!(
        "{EDGE} [23/Nov/2026:{} +0000] \"GET {uri} HTTP/1.1\" {status:03} {} 157 host=example.com ray={ray} \
         conn={connection} rt={took:.3} us={upstream}",
        clock(t),
        157 + head
    )
}

/// A Ray ID that was given at a time, with a tail of its own.
#[allow(clippy::cast_sign_loss)]
pub(crate) fn ray(t: f64, tail: u32) -> String {
    let centiseconds = (micros(t) - 1_350_000_000 * SECOND) / 10_000;
    format!("{:016x}-FRA", (centiseconds as u64) << 28 | u64::from(tail))
}

/// An error that the edge saw, in the millisecond that its request began.
pub(crate) fn seen(t: f64, status: u16) -> Report {
    within(t, t + 0.001, Moment::Start, status)
}

/// An error of some stretch of time.
pub(crate) fn within(from: f64, until: f64, moment: Moment, status: u16) -> Report {
    let (from, until) = (Timestamp::from_micros(micros(from)), Timestamp::from_micros(micros(until)));
    let when = Some(When { from, until, moment });
    Report { when, status: Some(status), count: 1, ..Report::default() }
}

/// An error with its request.
pub(crate) fn seen_at(t: f64, status: u16, uri: &str) -> Report {
    let host = Some("example.com".to_owned());
    Report {
        uri: Some(uri.to_owned()),
        whole_uri: true,
        method: Some("GET".to_owned()),
        host,
        ..seen(t, status)
    }
}

pub(crate) fn cause(id: &str) -> CauseId {
    Catalogue::builtin().cause_named(id).unwrap().0
}

pub(crate) fn id_of(cause: CauseId) -> &'static str {
    &Catalogue::builtin().cause(cause).unwrap().id
}

/// A time as it is stamped; these logs are in UTC.
fn at(record: &Record<'_>) -> Timestamp {
    let civil = match record.at {
        Some(Stamp::Local(civil) | Stamp::Offset(civil, 0)) => civil,
        other => panic!("{other:?}"),
    };
    Timestamp { seconds: civil.seconds, nanos: civil.nanos }
}

/// Gives each line's record, with its number.
fn each_record(lines: &[String], mut each: impl FnMut(Record<'_>, u64)) {
    let formats = vec![AccessFormat::nginx(FULL).unwrap(), AccessFormat::nginx(PLAIN).unwrap()];
    let format = Format::with_access(formats, false);
    for (number, line) in (0..).zip(lines) {
        let mut frames = Frames::of(line.as_bytes(), &format);
        each(frames.next().unwrap().record().expect(line), number);
        assert!(frames.next().is_none(), "{line}");
    }
}

/// An event for each line.
pub(crate) fn events(lines: &[String]) -> Vec<Event> {
    let catalogue = Catalogue::builtin();
    let mut events = Vec::new();
    each_record(lines, |record, _| events.push(Event::of(&record, catalogue.name(&record), at(&record))));
    events
}

/// What a sieve keeps of the lines; those of each log are an input.
pub(crate) fn gathered(lines: &[String], sieve: &Sieve) -> Gathered {
    let catalogue = Catalogue::builtin();
    let mut gathered = Gathered::default();
    let mut inputs: Vec<Coverage> = Vec::new();
    each_record(lines, |record, number| {
        let at = Some(at(&record));
        let place = inputs.iter().position(|c| c.source == record.source()).unwrap_or_else(|| {
            inputs.push(Coverage::new(u32::try_from(inputs.len()).unwrap(), record.source(), at, at));
            inputs.len() - 1
        });
        let input = &mut inputs[place];
        (input.first, input.last) = (input.first.min(at), input.last.max(at));
        let mut kept = Kept::default();
        sieve.add(&mut kept, &record, catalogue.name(&record), at, 0, 0);
        gathered.merge(kept, input.input, Some(number));
    });
    inputs.into_iter().for_each(|input| gathered.covers(input));
    gathered
}

/// The origin as its logs show it, with an event for each line.
pub(crate) struct World {
    pub(crate) events: Vec<Event>,
    pub(crate) times: Times,
    pub(crate) lexicon: Lexicon<'static>,
    pub(crate) odds: Odds<'static>,
    pub(crate) origin: Origin,
    pub(crate) gathered: Gathered,
}

impl World {
    pub(crate) fn of(lines: &[String]) -> World {
        let catalogue = Catalogue::builtin();
        let events = events(lines);
        let lexicon = Lexicon::new(catalogue).unwrap();
        let mut gathered = gathered(lines, &Sieve::new(&[], catalogue));
        let served = Served::new(std::mem::take(&mut gathered.served));
        let has_error_log = gathered.slightest.values().any(|_| true);
        let origin = Origin::new(&events, served, has_error_log, &HashMap::new(), &lexicon);
        let times = Times::new(&events, &HashMap::new());
        World { events, times, lexicon, odds: Odds::new(catalogue), origin, gathered }
    }

    pub(crate) fn index(&self) -> Index<'_> {
        Index::new(&self.events, &self.origin, &self.lexicon)
    }

    pub(crate) fn field(&self) -> Field<'_> {
        let addresses = &self.gathered.addresses;
        Field::new(&self.events, &self.origin, &self.lexicon, &self.odds, addresses, Reach::default())
    }
}

/// All answers for reports.
pub(crate) fn answers(lines: &[String], reports: &[Report]) -> Correlation {
    answers_with(lines, reports, |_| {})
}

/// The same, with other settings.
pub(crate) fn answers_with(
    lines: &[String],
    reports: &[Report],
    change: impl FnOnce(&mut Settings<'_>),
) -> Correlation {
    let catalogue = Catalogue::builtin();
    let mut settings = Settings::new(catalogue);
    change(&mut settings);
    correlate(reports, gathered(lines, &Sieve::new(reports, catalogue)), &settings)
}

/// The cause of each report.
pub(crate) fn causes(of: &Correlation) -> Vec<&'static str> {
    of.attributions.iter().map(|a| id_of(a.cause)).collect()
}

/// Which lines show the cause of a report.
pub(crate) fn shown(of: &Correlation, report: usize) -> Vec<u64> {
    let evidence = of.attributions[report].evidence.iter().filter(|e| e.role == Role::Primary);
    evidence.map(|e| of.events[e.event].line.unwrap()).collect()
}
