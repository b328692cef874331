//! Why each failed request failed, by the lines about it and by what happened around it.

#[cfg(test)]
mod tests;

use logscan_catalogue::CauseId;
use logscan_parser::Source;
use rayon::prelude::*;

use crate::event::Event;
use crate::span::{SECOND, Span, seconds};

use super::fpm::Fpm;
use super::lexicon::{Lexicon, Part};
use super::near::Near;
use super::requests::Request;
use super::ties::tie;
use super::times::Times;

/// Master and server notice a death within this time of each other.
const AT_ONCE: i64 = 2 * SECOND;

/// Why a request failed.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) cause: CauseId,
    /// How likely, 0 to 1, given that this is the request.
    pub(crate) sure: f32,
    /// Lines that show the cause, from the request to what lies behind.
    pub(crate) primary: Vec<usize>,
    /// Lines that belong to it.
    pub(crate) supporting: Vec<usize>,
    pub(crate) alternatives: Vec<(CauseId, f32)>,
}

/// What is looked at.
pub(crate) struct Doctor<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) times: &'a Times,
    pub(crate) lexicon: &'a Lexicon<'a>,
    pub(crate) requests: &'a [Request],
    pub(crate) fpm: &'a Fpm,
    /// An error log of the web server is among the logs.
    pub(crate) has_error_log: bool,
}

impl Doctor<'_> {
    /// A finding for each request, where there is one.
    pub(crate) fn findings(&self) -> Vec<Option<Finding>> {
        let mut findings: Vec<Option<Finding>> =
            self.requests.par_iter().map(|r| self.by_own_lines(r)).collect();
        self.deaths(&mut findings);
        self.fatals(&mut findings);
        self.slow(&mut findings);
        self.full(&mut findings);
        self.requests.par_iter().zip(&mut findings).for_each(|(request, finding)| {
            if finding.is_none() {
                *finding = self.by_status(request);
            }
        });
        findings
    }

    fn event(&self, place: usize) -> Option<&Event> {
        self.events.get(place)
    }

    /// The error line that decided the request: the last that tells a failure.
    fn deciding(&self, request: &Request) -> Option<(usize, CauseId)> {
        let causes = &self.lexicon.causes;
        request.errors.iter().rev().find_map(|place| {
            let event = self.event(*place)?;
            let cause = event.named?.cause;
            let harmless = cause == causes.slow_request
                || cause == causes.other
                || cause == causes.waf && request.status.is_some_and(|s| !matches!(s, 403 | 406 | 444))
                || self.lexicon.kind_of(event) == "limit-req-delay";
            (!harmless).then_some((*place, cause))
        })
    }

    fn by_own_lines(&self, request: &Request) -> Option<Finding> {
        let causes = &self.lexicon.causes;
        // Whoever got an ordinary answer has nothing to complain of but its form.
        let (deciding, cause) = self.deciding(request)?;
        let fatal = self.lexicon.is_php_fatal(cause);
        let (cause, of_cause) = self.lexicon.php_fatal(cause);
        let status = request.status;
        if cause == causes.limited && !status.is_none_or(|s| matches!(s, 429 | 444 | 503) || s >= 520) {
            return None;
        }
        if fatal && status.is_some_and(|s| s < 500 && s != 444) {
            return None;
        }
        let mut primary: Vec<usize> = vec![deciding];
        let mut supporting = Vec::new();
        for place in &request.errors {
            let same = self.event(*place).and_then(|e| e.named).is_some_and(|n| n.cause == of_cause);
            match () {
                () if *place == deciding => {}
                () if same => primary.push(*place),
                () => supporting.push(*place),
            }
        }
        if let Some(access) = request.access {
            let shows = matches!(status, Some(9)) || cause == causes.limited;
            if shows { primary.insert(0, access) } else { supporting.push(access) }
        }
        // A server that closed the connection by rule hides the fault behind it.
        let mut alternatives = if status == Some(444) { vec![(causes.dropped, 0.2)] } else { Vec::new() };
        if of_cause != cause {
            alternatives.push((of_cause, 0.3));
        }
        let sure = if status == Some(444) { 0.93 } else { 0.99 };
        Some(Finding { cause, sure, primary, supporting, alternatives })
    }

    /// Whether nginx lost the worker behind the request.
    fn lost_worker(&self, request: &Request) -> Option<usize> {
        let place = request.errors.iter().rev().find(|p| {
            self.event(**p).is_some_and(|e| self.lexicon.part(e) == Part::PeerGone && is_fastcgi(e))
        });
        place.copied()
    }

    /// Ties requests whose worker was lost to workers that died, then to stops of php-fpm.
    fn deaths(&self, findings: &mut [Option<Finding>]) {
        let lost: Vec<(usize, usize)> = (0..self.requests.len())
            .filter_map(|r| Some((r, self.lost_worker(self.requests.get(r)?)?)))
            .collect();
        // Without an error log, any 502 may be of a worker that died.
        let mut lost_at: Vec<(usize, Span, Option<usize>)> =
            lost.iter().map(|(r, line)| (*r, self.times.of(*line), Some(*line))).collect();
        if !self.has_error_log {
            for (r, request) in self.requests.iter().enumerate() {
                if request.status == Some(502) && request.errors.is_empty() {
                    lost_at.push((r, request.end, None));
                }
            }
        }
        let left: Vec<Span> = lost_at.iter().map(|(_, at, _)| *at).collect();
        let right: Vec<Span> = self.fpm.deaths.iter().map(|d| d.at).collect();
        let found = tie(&left, &right, AT_ONCE, |l, r| {
            let upstream = lost_at.get(l).and_then(|(_, _, line)| self.event((*line)?)?.upstream.as_deref());
            let pool = self.fpm.deaths.get(r).and_then(|d| d.pool.as_deref());
            // Pools often name their socket.
            let named = matches!((upstream, pool), (Some(u), Some(p)) if p.len() > 2 && u.contains(p));
            Some(if named { 0.0 } else { 0.3 })
        });
        for ((request, at, line), death) in lost_at.iter().zip(found) {
            let Some(finding) = findings.get_mut(*request) else { continue };
            if let Some(death) = death.and_then(|d| self.fpm.deaths.get(d)) {
                self.died(finding, *request, *line, death);
            } else if let Some(stop) = self.stop_near(*at) {
                self.stopped(finding, *request, *line, stop);
            } else if let Some(finding) = finding {
                // nginx alone says that the worker is gone.
                finding.sure = 0.75;
                finding.alternatives = vec![(self.lexicon.causes.restarted, 0.1)];
            }
        }
    }

    fn stop_near(&self, at: Span) -> Option<&super::fpm::Stop> {
        self.fpm.stops.iter().filter(|s| s.at.gap(at) <= AT_ONCE).min_by_key(|s| s.at.gap(at))
    }

    fn died(
        &self,
        finding: &mut Option<Finding>,
        request: usize,
        line: Option<usize>,
        death: &super::fpm::Death,
    ) {
        let causes = &self.lexicon.causes;
        let (mut cause, mut sure) = (death.cause, death.sure);
        let mut primary: Vec<usize> = line.into_iter().chain(death.lines.iter().copied()).collect();
        let mut alternatives = Vec::new();
        let mut supporting: Vec<usize> = death.before.clone();
        match self.stop_near(death.at) {
            // A worker that ends on a request to do so, as php-fpm stops, did not run too long.
            Some(stop) if cause == causes.terminated && sure < 0.9 => {
                (cause, sure) = (causes.restarted, 0.95);
                primary.extend(stop.lines.iter().copied());
                supporting.extend(stop.starts.iter().copied());
            }
            _ if cause == causes.oom && sure < 0.9 => alternatives.push((causes.crash, 0.2)),
            _ => {}
        }
        supporting.extend(self.requests.get(request).and_then(|r| r.access));
        *finding = Some(Finding { cause, sure, primary, supporting, alternatives });
    }

    fn stopped(
        &self,
        finding: &mut Option<Finding>,
        request: usize,
        line: Option<usize>,
        stop: &super::fpm::Stop,
    ) {
        let causes = &self.lexicon.causes;
        let cause = if stop.ready.is_some() { causes.restarted } else { causes.fpm_down };
        let primary = line.into_iter().chain(stop.lines.iter().copied()).collect();
        let access = self.requests.get(request).and_then(|r| r.access);
        let supporting = stop.starts.iter().copied().chain(access).collect();
        let other = if cause == causes.restarted { causes.fpm_down } else { causes.restarted };
        *finding =
            Some(Finding { cause, sure: 0.95, primary, supporting, alternatives: vec![(other, 0.04)] });
    }

    /// Ties PHP's fatal errors, which name no request, to those that nginx tells of, and then to other 500s.
    fn fatals(&self, findings: &mut [Option<Finding>]) {
        let causes = &self.lexicon.causes;
        let of =
            |place: usize| self.event(place).and_then(|e| e.named).map(|n| self.lexicon.php_fatal(n.cause));
        let at: Vec<Span> = self.fpm.fatals.iter().map(|p| self.times.of(*p)).collect();
        // The same message, told twice: by the web server with the request, and by php-fpm or PHP without.
        let told: Vec<(usize, Span, CauseId)> = findings
            .iter()
            .enumerate()
            .filter_map(|(r, f)| {
                let f = f.as_ref().filter(|f| self.lexicon.is_php_fatal(f.cause))?;
                Some((r, self.times.of(*f.primary.first()?), f.cause))
            })
            .collect();
        let left: Vec<Span> = told.iter().map(|(_, at, _)| *at).collect();
        let twice = tie(&left, &at, AT_ONCE, |l, r| {
            let cause = told.get(l).map(|(_, _, cause)| *cause);
            (self.fpm.fatals.get(r).and_then(|p| of(*p)).map(|(cause, _)| cause) == cause).then_some(0.0)
        });
        let mut used = vec![false; at.len()];
        for ((request, _, _), fatal) in told.iter().zip(twice) {
            let Some(place) = fatal.and_then(|f| self.fpm.fatals.get(f)) else { continue };
            if let Some(used) = fatal.and_then(|f| used.get_mut(f)) {
                *used = true;
            }
            if let Some(finding) = findings.get_mut(*request).and_then(Option::as_mut) {
                finding.primary.push(*place);
            }
        }
        let open: Vec<usize> = (0..self.requests.len())
            .filter(|r| {
                let status = self.requests.get(*r).and_then(|r| r.status);
                status == Some(500) && findings.get(*r).is_some_and(Option::is_none)
            })
            .collect();
        let left: Vec<Span> = open.iter().filter_map(|r| Some(self.requests.get(*r)?.end)).collect();
        let found = tie(&left, &at, AT_ONCE, |_, r| used.get(r).is_some_and(|used| !used).then_some(0.0));
        for (request, fatal) in open.iter().zip(found) {
            let Some(place) = fatal.and_then(|f| self.fpm.fatals.get(f)) else { continue };
            let (Some(slot), Some((cause, of_cause))) = (findings.get_mut(*request), of(*place)) else {
                continue;
            };
            let mut alternatives = vec![(causes.app, 0.04)];
            if of_cause != cause {
                alternatives.insert(0, (of_cause, 0.3));
            }
            *slot = Some(Finding {
                cause,
                sure: 0.97,
                primary: vec![*place],
                supporting: self.requests.get(*request).and_then(|r| r.access).into_iter().collect(),
                alternatives,
            });
        }
    }

    /// Requests that somebody stopped waiting for: the edge (499), or nginx (504).
    fn slow(&self, findings: &mut [Option<Finding>]) {
        let causes = &self.lexicon.causes;
        let waited: Vec<usize> = (0..self.requests.len())
            .filter(|r| {
                let waited = |s: u16| matches!(s, 499 | 504);
                let by_error =
                    findings.get(*r).and_then(Option::as_ref).is_some_and(|f| f.cause == causes.timeout);
                self.requests.get(*r).is_some_and(|r| r.status.is_some_and(waited)) || by_error
            })
            .collect();
        let left: Vec<Span> = waited.iter().filter_map(|r| Some(self.requests.get(*r)?.end)).collect();
        let right: Vec<Span> = self.fpm.slow.iter().map(|s| s.at).collect();
        let found = tie(&left, &right, 130 * SECOND, |l, r| {
            let request = self.requests.get(*waited.get(l)?)?;
            let slow = self.fpm.slow.get(r)?;
            // Found slow while it ran; and begun when the request came in, where the log tells that.
            if slow.at.from > request.end.until || request.start.gap(slow.start) > AT_ONCE {
                return None;
            }
            Some(seconds(request.start.gap(slow.start)))
        });
        for (request, slow) in waited.iter().zip(found) {
            let slow = slow.and_then(|s| self.fpm.slow.get(s));
            let Some(slot) = findings.get_mut(*request) else { continue };
            let Some(of) = self.requests.get(*request) else { continue };
            if let Some(finding) = slot {
                finding.supporting.extend(slow.iter().flat_map(|s| &s.lines));
                continue;
            }
            let primary: Vec<usize> =
                of.access.into_iter().chain(slow.iter().flat_map(|s| s.lines.clone())).collect();
            // A 504 that nginx says nothing of is the application's own.
            if of.status != Some(499) {
                continue;
            }
            let sure = if slow.is_some() { 0.98 } else { 0.93 };
            *slot = Some(Finding {
                cause: causes.slow,
                sure,
                primary,
                supporting: Vec::new(),
                alternatives: Vec::new(),
            });
        }
    }

    /// Requests that waited for, or were refused by, a pool whose workers were all busy.
    fn full(&self, findings: &mut [Option<Finding>]) {
        let causes = &self.lexicon.causes;
        let full = Near::new(self.fpm.full.iter().map(|p| (self.times.of(*p), *p)).collect());
        let refused = self
            .requests
            .iter()
            .zip(findings.iter())
            .filter(|(_, f)| f.as_ref().is_some_and(|f| f.cause == causes.saturated))
            .map(|(r, _)| (r.end, 0));
        let refused = Near::new(refused.collect());
        for (request, finding) in self.requests.iter().zip(findings) {
            let Some(finding) = finding else { continue };
            // php-fpm looks once a second, and warns once an episode.
            let around = match finding.cause {
                // nginx waited for a place in the queue, for a minute as a rule.
                c if (c == causes.saturated || c == causes.timeout) && self.while_connecting(request) => {
                    Span::new(request.end.from - 75 * SECOND, request.end.until + 2 * SECOND)
                }
                c if c == causes.saturated => request.end.wider(10 * SECOND),
                // Slow by itself, or waiting in the queue: the queue is told by others that were refused.
                c if c == causes.slow => {
                    let known = Span::new(
                        request.start.until.max(request.end.from - 130 * SECOND),
                        request.end.until,
                    );
                    let start = if request.start.until - request.start.from > 10 * SECOND {
                        request.end
                    } else {
                        known
                    };
                    if refused.meeting(start.wider(5 * SECOND)).next().is_none() {
                        continue;
                    }
                    start.wider(5 * SECOND)
                }
                _ => continue,
            };
            let warning = full.meeting(around).min_by_key(|(at, _)| at.gap(request.end));
            if let Some((_, line)) = warning {
                if finding.cause != causes.saturated {
                    finding.alternatives.push((finding.cause, 0.2));
                    finding.cause = causes.saturated;
                    finding.sure = 0.8;
                    finding.primary.extend(finding.supporting.iter().filter(|l| Some(**l) == request.access));
                }
                finding.primary.push(line);
            }
        }
    }

    fn while_connecting(&self, request: &Request) -> bool {
        let connecting = |e: &Event| self.lexicon.kind_of(e) == "upstream-timeout-connect" && is_fastcgi(e);
        request.errors.iter().any(|p| self.event(*p).is_some_and(connecting))
    }

    /// What the access line alone says.
    fn by_status(&self, request: &Request) -> Option<Finding> {
        let causes = &self.lexicon.causes;
        let access = request.access?;
        let event = self.event(access)?;
        let named = event.named.map(|n| n.cause);
        let finding = |cause: CauseId, sure: f32, alternatives: Vec<(CauseId, f32)>| {
            Some(Finding { cause, sure, primary: vec![access], supporting: Vec::new(), alternatives })
        };
        // nginx logs each failure of its own at level error; where it is silent the application answered so.
        let silent = self.has_error_log && self.deciding(request).is_none();
        // nginx writes its own 502 and 504 into the list of upstreams' statuses, too, but then with a line.
        let asked = event.upstream_status.as_deref().is_some_and(|s| s != "-");
        match request.status? {
            444 => finding(causes.dropped, 0.98, Vec::new()),
            1..100 => finding(causes.garbage, 0.98, Vec::new()),
            503 if named == Some(causes.limited) && !silent => {
                finding(causes.limited, 0.6, vec![(causes.app, 0.3)])
            }
            500 | 503 if silent => finding(causes.app, 0.92, vec![(causes.limited, 0.05)]),
            500 | 503 => finding(causes.app, 0.6, Vec::new()),
            502 | 504 if silent && asked => finding(causes.app, 0.85, Vec::new()),
            502 | 504 if silent => finding(causes.app, 0.7, Vec::new()),
            501 | 505..=599 => finding(causes.app, 0.7, Vec::new()),
            _ if named == Some(causes.head) => finding(causes.head, 0.97, Vec::new()),
            _ => None,
        }
    }
}

/// Whether a line is about a request to php-fpm.
fn is_fastcgi(event: &Event) -> bool {
    match &event.upstream {
        Some(upstream) => upstream.starts_with("fastcgi"),
        None => event.source == Some(Source::ApacheError),
    }
}
