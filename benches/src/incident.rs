//! A day of a busy origin, with the errors that visitors saw of it: what `logscan correlate` is measured on.
//!
//! Requests come at random. Most are answered; some fail at the server behind nginx, and of those nginx's error log tells
//! with the same connection, request and time; some are dropped (444), given up on by the visitor or by the edge (499),
//! or come while nginx is stopped, and then no line tells of them. Now and then a worker crashes. Between these lines
//! stands what else a busy server's error log holds. A report is written of some of the failed requests, of a few that
//! were answered in the ordinary way, and of a few that never arrived, by an edge whose clock is ahead.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use logscan_catalogue::Catalogue;
use logscan_parser::Civil;

use crate::Log;
use crate::mix::templates;
use crate::random::Random;
use crate::template::Template;
use crate::values::{Clock, Values, civil_text};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// How far the edge's clock is ahead.
const AHEAD: i64 = 3_700_000;

/// 2012-10-12T00:00:00Z, from which Ray IDs count.
const RAYS_FROM: i64 = 1_350_000_000;

/// What nginx logs of requests that fail at the server behind it, with the status that it answers and how often.
const FAILURES: &[(&str, u16, u64)] = &[
    ("upstream-timeout-header", 504, 150),
    ("upstream-closed-header", 502, 130),
    ("connect-unix-eagain", 502, 110),
    ("upstream-recv-reset-header", 502, 100),
    ("upstream-no-live", 502, 90),
    ("connect-refused-tcp", 502, 80),
    ("upstream-timeout-connect", 504, 40),
    ("connect-unix-enoent", 502, 25),
    ("upstream-too-big-header", 502, 20),
];

/// nginx stops every so many seconds, for so many.
const STOPS: (i64, i64) = (2400, 5);

/// A worker of nginx crashes every so many seconds.
const CRASHES: i64 = 900;

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 \
     Mobile/15E148 Safari/604.1",
    "okhttp/4.12.0",
];

/// What the access log tells of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessFormat {
    /// `combined`, and Ray ID, time, connection, host and the upstream's status.
    Full,
    /// nginx's `combined`.
    Combined,
}

/// How many of what there are to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Incident {
    /// Lines of the access log; the day is as much shorter as they are fewer than five million.
    pub requests: u64,
    /// What they tell.
    pub format: AccessFormat,
    /// The same seed gives the same bytes.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Made {
    /// Lines of the access log.
    pub requests: u64,
    /// Records of nginx's error log.
    pub errors: u64,
    /// Of these, those about a request of the access log that failed.
    pub failures: u64,
    /// Reports, in each of the three files.
    pub reports: u64,
}

impl Incident {
    /// The full size: five million requests, a million records of the error log, a hundred thousand reports.
    pub fn new(scale: f64, format: AccessFormat, seed: u64) -> Incident {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let requests = (5e6 * scale.clamp(0.0, 100.0)) as u64;
        Incident { requests, format, seed }
    }

    /// Writes `logs/` and `reports/` into a folder.
    ///
    /// # Errors
    ///
    /// Where files cannot be written there.
    pub fn write(&self, folder: &Path) -> io::Result<Made> {
        let (logs, reports) = (folder.join("logs"), folder.join("reports"));
        fs::create_dir_all(&logs)?;
        fs::create_dir_all(&reports)?;
        let create = |path: &Path| File::create(path).map(|f| BufWriter::with_capacity(1 << 16, f));
        let files = [
            create(&logs.join("access.log"))?,
            create(&logs.join("error.log"))?,
            create(&logs.join("php-fpm.log"))?,
            create(&logs.join("kern.log"))?,
        ];
        let mut logpush = create(&reports.join("logpush.ndjson"))?;
        let mut table = create(&reports.join("errors.csv"))?;
        let mut times = create(&reports.join("times.txt"))?;
        table.write_all(b"timestamp,status,host,method,uri\n")?;
        let out = Out { files, waiting: BinaryHeap::new(), number: 0, made: Made::default() };
        let mut origin = Origin::new(*self, out);
        while origin.out.made.requests < self.requests {
            if let Some(report) = origin.request()? {
                report.as_logpush(&mut logpush)?;
                report.as_row(&mut table)?;
                report.as_time(&mut times)?;
                origin.out.made.reports += 1;
            }
        }
        for file in [&mut logpush, &mut table, &mut times] {
            file.flush()?;
        }
        origin.out.finish()
    }
}

/// Which file a line goes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum To {
    Access,
    Error,
    Fpm,
    Kernel,
}

/// When a line is written, its number, where to, and its text.
type Waiting = (i64, u64, To, Vec<u8>);

/// The logs. Lines wait until no earlier one can come.
struct Out {
    files: [BufWriter<File>; 4],
    waiting: BinaryHeap<Reverse<Waiting>>,
    number: u64,
    made: Made,
}

impl Out {
    fn line(&mut self, at: i64, to: To, line: Vec<u8>) {
        self.number += 1;
        self.waiting.push(Reverse((at, self.number, to, line)));
    }

    fn until(&mut self, now: i64) -> io::Result<()> {
        while self.waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, _, to, line))) = self.waiting.pop() else { break };
            if let Some(file) = self.files.get_mut(to as usize) {
                file.write_all(&line)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<Made> {
        self.until(i64::MAX)?;
        for file in &mut self.files {
            file.flush()?;
        }
        Ok(self.made)
    }
}

/// How a request ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Answered,
    /// By a failure of that number.
    Failed(usize),
    Dropped,
    GivenUp {
        by_edge: bool,
    },
    /// It never comes to be logged.
    Lost(u16),
}

/// An error as the edge tells it.
struct Report {
    began: i64,
    ended: i64,
    status: u16,
    origin: u16,
    ray: u64,
    host: Vec<u8>,
    uri: Vec<u8>,
    edge: Vec<u8>,
}

impl Report {
    fn as_logpush(&self, out: &mut impl Write) -> io::Result<()> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        writeln!(
            out,
            "{{\"CacheCacheStatus\":\"dynamic\",\"ClientIP\":\"203.0.113.7\",\"ClientRequestHost\":\"{}\",\
             \"ClientRequestMethod\":\"GET\",\"ClientRequestURI\":\"{}\",\"EdgeColoCode\":\"FRA\",\
             \"EdgeEndTimestamp\":\"{}Z\",\"EdgeResponseStatus\":{},\"EdgeServerIP\":\"{}\",\
             \"EdgeStartTimestamp\":\"{}Z\",\"OriginResponseStatus\":{},\"RayID\":\"{:016x}\"}}",
            text(&self.host),
            text(&self.uri),
            civil_text(self.ended, 'T'),
            self.status,
            text(&self.edge),
            civil_text(self.began, 'T'),
            self.origin,
            self.ray
        )
    }

    fn as_row(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{}Z,{},", civil_text(self.began, 'T'), self.status)?;
        out.write_all(&self.host)?;
        out.write_all(b",GET,")?;
        out.write_all(&self.uri)?;
        out.write_all(b"\n")
    }

    fn as_time(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}Z", civil_text(self.began, 'T'))
    }
}

/// The origin as time goes by.
struct Origin {
    incident: Incident,
    out: Out,
    random: Random,
    /// Microseconds since 1970.
    now: i64,
    begin: i64,
    connection: u64,
    failures: Vec<(Template, u16, u64)>,
    others: Vec<Template>,
    sums: Vec<u64>,
    /// Whether the last look found nginx stopped.
    stopped: bool,
    crashes: i64,
}

impl Origin {
    fn new(incident: Incident, out: Out) -> Origin {
        let catalogue = Catalogue::builtin();
        let sample = |id: &str| catalogue.kinds().find(|k| &*k.id == id).map(|k| k.sample.to_string());
        let failures = FAILURES
            .iter()
            .filter_map(|(id, status, weight)| {
                Some((Template::new(Log::NginxError, id, *weight, &sample(id)?)?, *status, *weight))
            })
            .collect();
        // What is about a client, and about no server behind nginx; states of the server come below.
        let others: Vec<Template> = templates(Log::NginxError)
            .into_iter()
            .filter(|t| {
                !t.id.starts_with("upstream-")
                    && !t.id.starts_with("connect-")
                    && sample(&t.id).is_some_and(|s| s.contains("client: "))
            })
            .collect();
        let mut sum = 0;
        let sums = others.iter().map(|t| {
            sum += t.weight;
            sum
        });
        let sums = sums.collect();
        let begin = Civil::new(2026, 11, 22, 0, 0, 0).map_or(0, |c| c.seconds) * SECOND;
        Origin {
            incident,
            out,
            random: Random::new(incident.seed),
            now: begin,
            begin,
            connection: 1,
            failures,
            others,
            sums,
            stopped: false,
            crashes: 0,
        }
    }

    /// One request comes. Returns what is reported of it.
    fn request(&mut self) -> io::Result<Option<Report>> {
        // Five million a day.
        self.now += i64::try_from(self.random.below(2 * 17_280)).unwrap_or(0);
        self.connection += self.random.below(3);
        self.states();
        let clock = Clock::at(Log::NginxError, self.now.div_euclid(SECOND));
        let values = Values::of_site(&mut self.random, &clock, self.connection);
        let end = if self.stopped { End::Lost(521) } else { self.end() };
        let took = match end {
            End::Failed(place) => match self.failures.get(place) {
                Some((template, ..)) if template.id.starts_with("upstream-timeout") => {
                    60 * SECOND + self.up_to(2000)
                }
                _ => self.up_to(300_000),
            },
            End::GivenUp { by_edge: true } => 125 * SECOND + self.up_to(3000),
            End::GivenUp { by_edge: false } => self.up_to(20 * SECOND),
            _ => {
                // Most at once, few in seconds.
                let bits = 10 + u32::try_from(self.random.below(12)).unwrap_or(0);
                self.up_to(1 << bits)
            }
        };
        let ended = self.now + took;
        let ray = {
            let hundredths = (self.now + AHEAD - 20_000).div_euclid(10_000) - RAYS_FROM * 100;
            u64::try_from(hundredths).unwrap_or(0) << 28 | self.random.next() & 0xfff_ffff
        };
        let mut uri = Vec::new();
        match end {
            End::Failed(place) if self.failures.get(place).is_some_and(|(t, ..)| !t.has_query()) => {
                values.path(&mut uri);
            }
            _ => values.uri(&mut uri),
        }
        let status = match end {
            End::Answered | End::Lost(_) => 200,
            End::Failed(place) => self.failures.get(place).map_or(502, |(_, status, _)| *status),
            End::Dropped => 444,
            End::GivenUp { .. } => 499,
        };
        if !matches!(end, End::Lost(_)) {
            self.access(&values, &uri, status, took, ray);
        }
        if let End::Failed(place) = end {
            self.failed(&values, place, ended);
        }
        for _ in 0..self.random.below(100) / 84 {
            self.other(ended);
        }
        let reported = match end {
            End::Answered => self.random.one_in(1000).then_some((520, 0)),
            End::Failed(_) => (self.random.below(100) < 41).then_some((status, status)),
            End::Dropped => self.random.one_in(3).then_some((520, 0)),
            End::GivenUp { by_edge } => by_edge.then_some((524, 0)),
            End::Lost(status) => self.random.one_in(3).then_some((status, 0)),
        };
        let report = reported.map(|(status, origin)| {
            let (mut host, mut edge) = (Vec::new(), Vec::new());
            values.host(&mut host);
            values.client(&mut edge);
            let (began, ended) = (self.now + AHEAD - 20_000, ended + AHEAD + 20_000);
            Report { began, ended, status, origin, ray, host, uri, edge }
        });
        self.out.until(self.now - SECOND)?;
        Ok(report)
    }

    fn up_to(&mut self, micros: i64) -> i64 {
        i64::try_from(self.random.below(u64::try_from(micros).unwrap_or(1))).unwrap_or(0)
    }

    fn end(&mut self) -> End {
        // Faults come in bursts: one minute in ten.
        let burst = (self.now - self.begin).div_euclid(60 * SECOND) % 10 == 7;
        let failing = if burst { 2500 } else { 170 };
        match self.random.below(10_000) {
            n if n < failing => {
                let weights = self.failures.iter().map(|(.., weight)| weight);
                let mut drawn = self.random.below(weights.clone().sum());
                let place = weights.into_iter().position(|weight| {
                    let here = drawn < *weight;
                    drawn = drawn.wrapping_sub(*weight);
                    here
                });
                End::Failed(place.unwrap_or(0))
            }
            n if n < failing + 40 => End::Dropped,
            n if n < failing + 90 => End::GivenUp { by_edge: false },
            n if n < failing + 100 => End::GivenUp { by_edge: true },
            n if n < failing + 104 => End::Lost(520),
            _ => End::Answered,
        }
    }

    /// Stops, starts and crashes of nginx since the last request.
    fn states(&mut self) {
        let since = (self.now - self.begin).div_euclid(SECOND);
        let (every, lasting) = STOPS;
        let stopped = since >= every && since % every < lasting;
        let stamp = civil_text(self.now, ' ').replace('-', "/");
        if stopped != self.stopped {
            self.stopped = stopped;
            let line = if stopped {
                format!("{stamp} [notice] 1199#1199: signal 15 (SIGTERM) received from 1, exiting\n")
            } else {
                format!(
                    "{stamp} [notice] 1199#1199: using the \"epoll\" event method\n\
                     {stamp} [notice] 1199#1199: start worker processes\n"
                )
            };
            self.out.made.errors += 1;
            self.out.line(self.now, To::Error, line.into());
        }
        let crashes = since.div_euclid(CRASHES);
        if crashes > self.crashes {
            self.crashes = crashes;
            let worker = 1200 + self.random.below(8);
            let line = format!("{stamp} [alert] 1199#1199: worker process {worker} exited on signal 11\n");
            self.out.made.errors += 1;
            self.out.line(self.now, To::Error, line.into());
        }
    }

    fn access(&mut self, values: &Values<'_>, uri: &[u8], status: u16, took: i64, ray: u64) {
        let mut line = Vec::with_capacity(320);
        values.client(&mut line);
        let ended = self.now + took;
        let bytes = match status {
            200 => 500 + values.number % 60_000,
            444 | 499 => 0,
            _ => 150,
        };
        line.extend_from_slice(b" - - [");
        line.extend_from_slice(common_stamp(ended).as_bytes());
        line.extend_from_slice(b"] \"GET ");
        line.extend_from_slice(uri);
        let agent = usize::try_from(values.number >> 32).ok().and_then(|n| AGENTS.get(n % AGENTS.len()));
        let agent = agent.copied().unwrap_or("-");
        line.extend_from_slice(format!(" HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\"").as_bytes());
        if self.incident.format == AccessFormat::Full {
            let upstream = match status {
                444 => "-".to_owned(),
                499 => "-".to_owned(),
                status => status.to_string(),
            };
            let more = format!(
                " \"{ray:016x}-FRA\" rt={}.{:03} conn={} us={upstream} host=",
                took / SECOND,
                took % SECOND / 1000,
                values.connection
            );
            line.extend_from_slice(more.as_bytes());
            values.host(&mut line);
        }
        line.push(b'\n');
        self.out.made.requests += 1;
        self.out.line(ended, To::Access, line);
    }

    /// nginx's line about a request that failed, and now and then those about the worker behind it.
    fn failed(&mut self, values: &Values<'_>, place: usize, ended: i64) {
        let seconds = ended.div_euclid(SECOND);
        let clock = Clock::at(Log::NginxError, seconds);
        let Some((template, ..)) = self.failures.get(place) else { return };
        let mut line = Vec::with_capacity(400);
        template.fill(&values.at(&clock), &mut line);
        self.out.made.errors += 1;
        self.out.made.failures += 1;
        let reset = template.id == "upstream-recv-reset-header";
        self.out.line(ended, To::Error, line);
        if reset && self.random.one_in(8) {
            let stamp = civil_text(ended, ' ');
            let child = 30_000 + self.random.below(30_000);
            let month_day = &common_stamp(ended);
            let day = month_day.get(..2).unwrap_or("22");
            let time = stamp.get(11..).unwrap_or_default();
            let fpm = format!(
                "[{day}-Nov-2026 {time}] WARNING: [pool www] child {child} exited on signal 11 (SIGSEGV) after \
                 38.712345 seconds from start\n"
            );
            let kernel = format!(
                "Nov {day} {time} web1 kernel: [ 8656.646249] php-fpm8.2[{child}]: segfault at 7ffce5d5cfc8 ip \
                 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000]\n"
            );
            self.out.line(ended, To::Kernel, kernel.into());
            self.out.line(ended, To::Fpm, fpm.into());
        }
    }

    /// A line of the error log about something else.
    fn other(&mut self, at: i64) {
        let clock = Clock::at(Log::NginxError, at.div_euclid(SECOND));
        let drawn = self.random.below(self.sums.last().copied().unwrap_or(0));
        let place = self.sums.partition_point(|sum| *sum <= drawn);
        let values = Values::of_site(&mut self.random, &clock, self.connection);
        let Some(template) = self.others.get(place) else { return };
        let mut line = Vec::with_capacity(400);
        template.fill(&values, &mut line);
        self.out.made.errors += template.records;
        self.out.line(at, To::Error, line);
    }
}

/// `22/Nov/2026:00:00:00 +0000`.
fn common_stamp(micros: i64) -> String {
    let text = civil_text(micros, ':');
    let (day, time) = (text.get(8..10).unwrap_or_default(), text.get(11..).unwrap_or_default());
    format!("{day}/Nov/2026:{time} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps() {
        let at = Civil::new(2026, 11, 22, 4, 5, 6).map_or(0, |c| c.seconds) * SECOND;
        assert_eq!(common_stamp(at), "22/Nov/2026:04:05:06 +0000");
        assert_eq!(civil_text(at, 'T'), "2026-11-22T04:05:06");
    }
}
