//! Text: lists of times and Ray IDs, error pages, tickets and mails.
//!
//! A line that tells a time is a report. Lines of one error page, or of one place of a mail, tell one report together:
//! its status, the time of the page and the Ray ID stand in lines of their own.

mod clues;
mod html;
mod mail;
mod status;
pub(super) mod times;

pub(super) use html::Stripper;

use super::Report;
use super::batch::{Collector, Row};
use super::problem::What;
use super::request::is_host;
use super::stamp::{Hints, Seen};
use super::when::{Clock, Known, Span, belong, is_plausible, plus};
use crate::ray::RayId;
use clues::Clues;
use mail::Part;

/// How many lines a page or a place of a mail has between what it tells.
const NEAR: u64 = 40;

/// Whether a line tells when, as lines of a list of times do.
pub(super) fn is_timed(line: &str, hints: Hints) -> bool {
    Clues::of(line, hints).is_timed()
}

/// Reads text line by line.
#[derive(Debug)]
pub(super) struct Text<'o> {
    clock: Clock<'o>,
    /// Each line should tell a time.
    list: bool,
    open: Option<Open>,
    in_head: bool,
    held: Option<(String, u64)>,
    /// The last two lines that are not blank, of old to new.
    last: [String; 2],
}

/// What lines told so far that no report was made of.
#[derive(Clone, Debug, Default)]
struct Open {
    /// The line that told the time first, or else the first of all.
    line: u64,
    last: u64,
    span: Option<Span>,
    stretch: bool,
    rays: Vec<RayId>,
    labelled: bool,
    page: bool,
    report: Report,
}

impl Open {
    fn is_timed(&self) -> bool {
        self.span.is_some() || !self.rays.is_empty()
    }
}

impl<'o> Text<'o> {
    pub(super) fn new(clock: Clock<'o>, list: bool) -> Text<'o> {
        Text { clock, list, open: None, in_head: false, held: None, last: Default::default() }
    }

    /// Takes a line.
    pub(super) fn line(&mut self, line: &str, number: u64, collector: &mut Collector<'_>) {
        if line.trim().is_empty() {
            self.release(collector);
            self.in_head = false;
            return;
        }
        match mail::part(line, self.in_head, self.clock.hints()) {
            Part::Head => {
                self.held = None;
                self.in_head = true;
                if let Some(subject) = mail::subject(line) {
                    let clues = Clues::of_subject(subject, self.clock.hints());
                    if !clues.is_empty() {
                        self.take(clues, number, collector);
                    }
                }
            }
            Part::Date if self.in_head => {}
            Part::Date => {
                self.release(collector);
                self.held = Some((line.to_owned(), number));
            }
            Part::Text => {
                self.release(collector);
                self.in_head = false;
                self.judge(line, number, collector);
            }
        }
    }

    /// A `Date:` that turned out to be of no mail.
    fn release(&mut self, collector: &mut Collector<'_>) {
        if let Some((line, number)) = self.held.take() {
            self.judge(&line, number, collector);
        }
    }

    fn judge(&mut self, line: &str, number: u64, collector: &mut Collector<'_>) {
        let mut clues = Clues::of(line, self.clock.hints());
        // The diagram of an error page: the host, below it `Host` and `Error`.
        let trimmed = line.trim();
        let [host, below] = &self.last;
        if trimmed.eq_ignore_ascii_case("error") && below.eq_ignore_ascii_case("host") && is_host(host) {
            clues.host = Some(host.clone());
        }
        self.last.rotate_left(1);
        if let Some(last) = self.last.last_mut() {
            last.clear();
            last.push_str(if trimmed.len() <= 253 { trimmed } else { "" });
        }
        if clues.is_empty() {
            if self.list && !trimmed.starts_with('#') {
                collector.problem(What::NoTime, number, false);
            }
            return;
        }
        self.take(clues, number, collector);
    }

    /// Adds what a line told to what is open, or begins anew.
    fn take(&mut self, clues: Clues, number: u64, collector: &mut Collector<'_>) {
        let span = match &clues.stamp {
            Some((seen, text)) => match self.clock.span(*seen, text) {
                Ok(span) => Some(span),
                Err(what) if clues.rays.is_empty() => return collector.problem(what, number, false),
                Err(_) => None,
            },
            None => None,
        };
        if let Some((Seen::Time(written), _)) = &clues.stamp
            && written.guessed
            && let Some(span) = span
        {
            collector.problem(What::DayOrMonth(span.from.to_string()), number, false);
        }
        let stretch = clues.until.and_then(|seen| self.clock.span(seen, b"").ok());
        if !self.open.as_ref().is_some_and(|open| fits(open, &clues, span, number)) {
            self.flush(collector);
        }
        let open = self.open.get_or_insert_with(|| Open { line: number, ..Open::default() });
        if !open.is_timed() {
            open.line = number;
        }
        open.last = number;
        open.page |= clues.page;
        if let Some(span) = span {
            open.span = Some(span);
            if let Some(end) = stretch.filter(|end| end.until > span.from) {
                open.span = Some(Span { from: span.from, until: end.until });
                open.stretch = true;
            }
        }
        open.labelled |= clues.labelled;
        open.rays.extend(clues.rays);
        let report = &mut open.report;
        report.status = report.status.or(clues.status);
        if report.host.is_none() {
            report.host = clues.host;
        }
        if report.uri.is_none() {
            (report.uri, report.whole_uri) = (clues.uri, clues.whole_uri);
        }
        if report.method.is_none() {
            report.method = clues.method;
        }
        if report.client.is_none() {
            report.client = clues.client;
        }
    }

    /// Makes reports of what is open.
    pub(super) fn flush(&mut self, collector: &mut Collector<'_>) {
        let Some(open) = self.open.take() else { return };
        let now = self.clock.options.now;
        let mut span = open.span;
        let mut rays = open.rays.iter().copied().map(Some).peekable();
        if rays.peek().is_none() && span.is_some() {
            collector.add(make(&open, span, None, &self.clock), open.line, false);
            return;
        }
        for ray in rays.flatten() {
            // 16 digits that nobody called a Ray ID may be anything.
            let known = open.labelled || span.is_some_and(|s| belong(s, ray));
            let ray = (known || (span.is_none() && is_plausible(ray.time(), now))).then_some(ray);
            // The time in the line is the first one's.
            let span = span.take();
            if ray.is_some() || span.is_some() {
                collector.add(make(&open, span, ray, &self.clock), open.line, false);
            } else if self.list {
                collector.problem(What::NoTime, open.line, false);
            }
        }
    }

    /// Takes what is left at the end.
    pub(super) fn finish(&mut self, collector: &mut Collector<'_>) {
        self.release(collector);
        self.flush(collector);
    }
}

/// Whether a line tells of what is open, or of something new.
fn fits(open: &Open, clues: &Clues, span: Option<Span>, number: u64) -> bool {
    let distance = number.saturating_sub(open.last);
    let differ = open.report.status.is_some_and(|s| clues.status.is_some_and(|c| c != s));
    if distance > NEAR || differ {
        return false;
    }
    if !clues.is_timed() {
        let complete = open.span.is_some() && !open.rays.is_empty();
        return if !open.is_timed() {
            true
        } else if clues.status.is_some() {
            // A second page begins with its status.
            !complete && open.report.status.is_none() && (open.page || clues.page || distance <= 3)
        } else {
            !complete || distance <= 5
        };
    }
    if !open.is_timed() {
        return true;
    }
    let page = open.page || clues.page;
    let together = |span: Span, rays: &[RayId]| match rays {
        [ray] => belong(span, *ray) || open.report.status.or(clues.status).is_some(),
        _ => false,
    };
    match (open.span, span) {
        (Some(stamp), None) => page && open.rays.is_empty() && together(stamp, &clues.rays),
        (None, Some(stamp)) => page && clues.rays.is_empty() && together(stamp, &open.rays),
        _ => false,
    }
}

/// The report of a time, a Ray ID or both.
fn make(open: &Open, span: Option<Span>, ray: Option<RayId>, clock: &Clock<'_>) -> Row {
    let mut known = Known { ray, ..Known::default() };
    match span {
        Some(span) if open.stretch => known.within = Some(span),
        // Pages tell when they were made. So does a time that lies well behind the Ray ID's.
        Some(span) if open.page || ray.is_some_and(|r| r.time() < plus(span.from, -1) && belong(span, r)) => {
            known.end = Some(span);
        }
        span => known.start = span,
    }
    let (when, took) = known.resolve(clock.options.now);
    match (when, ray) {
        (None, Some(ray)) => Row::Bad(What::OddRay(ray.to_string())),
        (None, None) => Row::Bad(What::NoTime),
        (when, ray) => Row::Request(Box::new(Report { when, took, ray, count: 1, ..open.report.clone() })),
    }
}
