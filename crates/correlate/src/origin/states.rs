//! States that the logs prove, apart from single requests: nginx stopped, a worker dead, the edge blocked ...

#[cfg(test)]
mod tests;

use foldhash::HashSet;
use logscan_catalogue::CauseId;
use logscan_parser::Source;

use crate::attribution::Role;
use crate::event::Event;
use crate::span::{SECOND, Span};

use super::lexicon::{Lexicon, Part};
use super::served::Served;
use super::times::Times;

/// Stop and start of a server that belong together lie no further apart than this, in microseconds.
const EPISODE: i64 = 15 * SECOND;

/// How long fail2ban bans by default (`bantime` in jail.conf).
const BAN: i64 = 600 * SECOND;

/// How a state shows to requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// It befalls requests that begin in it.
    Lasting,
    /// It befalls requests that are running at the instant.
    Cut,
}

/// A state of the origin.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) cause: CauseId,
    /// The cause whose plausibility counts: what stops the server, not why.
    pub(crate) like: CauseId,
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    pub(crate) lines: Vec<(usize, Role)>,
    /// How sure it explains a request that falls into it.
    pub(crate) sure: f32,
    /// The only address of the edge that it concerns.
    pub(crate) address: Option<Box<str>>,
}

/// A line that tells of one failed connection, without saying of which request.
#[derive(Clone, Debug)]
pub(crate) struct Loose {
    pub(crate) event: usize,
    pub(crate) cause: CauseId,
    pub(crate) at: Span,
}

pub(crate) struct Finder<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) times: &'a Times,
    pub(crate) lexicon: &'a Lexicon<'a>,
    pub(crate) served: &'a Served,
    /// The last instant that any log reaches.
    pub(crate) end: i64,
}

impl Finder<'_> {
    /// All states, and the lines about connections that failed on their own.
    pub(crate) fn find(&self) -> (Vec<State>, Vec<Loose>) {
        let causes = self.lexicon.causes;
        let single = [causes.tls, causes.certificate, causes.connections];
        let downs = [causes.nginx_down, causes.apache_down];
        let deaths = [causes.worker, causes.apache_crash];
        let others =
            [causes.bind, causes.config, causes.descriptors, causes.network, causes.rebooted, causes.blocked];
        // Events are many and large: they are gone through once, and only what tells is put in order.
        let told = |e: &Event| e.named.map(|n| n.cause);
        let wanted: HashSet<CauseId> =
            single.iter().chain(&downs).chain(&deaths).chain(&others).copied().collect();
        let tells = |e: &Event| {
            told(e).is_some_and(|c| wanted.contains(&c)) || self.lexicon.part(e) == Part::NginxStart
        };
        let mut order: Vec<usize> =
            self.events.iter().enumerate().filter(|(_, e)| tells(e)).map(|(place, _)| place).collect();
        order.sort_by_key(|e| self.times.of(*e).from);
        let with = |wanted: &[CauseId]| -> Vec<usize> {
            let is = |e: &Event| told(e).is_some_and(|c| wanted.contains(&c)) && e.uri.is_none();
            order.iter().filter(|e| self.event(**e).is_some_and(is)).copied().collect()
        };
        let starts: Vec<usize> = order.iter().filter(|e| self.is(**e, Part::NginxStart)).copied().collect();
        let mut states = self.downs(&with(&downs), &starts);
        self.failed_starts(&mut states, &with(&[causes.bind]), &starts, false);
        self.failed_starts(&mut states, &with(&[causes.config]), &starts, true);
        self.deaths(&mut states, &with(&deaths));
        self.stretches(&mut states, &with(&[causes.descriptors]), 5 * SECOND, SECOND, 0.85);
        self.stretches(&mut states, &with(&[causes.network]), 60 * SECOND, 5 * SECOND, 0.5);
        self.reboots(&mut states, &with(&[causes.rebooted]));
        self.blocks(&mut states, &with(&[causes.blocked]));
        states.sort_by_key(|s| (s.span.from, s.cause));
        let loose = with(&single)
            .into_iter()
            .chain(self.tls_requests(&order))
            .filter_map(|event| {
                let cause = self.event(event)?.named?.cause;
                Some(Loose { event, cause, at: self.times.of(event) })
            })
            .collect();
        (states, loose)
    }

    fn event(&self, place: usize) -> Option<&Event> {
        self.events.get(place)
    }

    fn is(&self, place: usize, part: Part) -> bool {
        self.event(place).is_some_and(|e| self.lexicon.part(e) == part)
    }

    fn cause(&self, place: usize) -> CauseId {
        self.event(place).and_then(|e| e.named).map_or(self.lexicon.causes.none, |n| n.cause)
    }

    /// Requests of an access log that are the beginning of a TLS handshake, on a port without TLS.
    fn tls_requests<'o>(&'o self, order: &'o [usize]) -> impl Iterator<Item = usize> + 'o {
        let tls = self.lexicon.causes.tls;
        order.iter().copied().filter(move |e| {
            self.event(*e)
                .is_some_and(|e| e.is_request() && e.uri.is_some() && e.named.is_some_and(|n| n.cause == tls))
        })
    }

    /// Runs of lines that lie no further apart than `gap`.
    fn runs(&self, lines: &[usize], gap: i64) -> Vec<Vec<usize>> {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for line in lines {
            let near = |run: &&mut Vec<usize>| {
                run.last().is_some_and(|last| self.times.of(*last).gap(self.times.of(*line)) <= gap)
            };
            match runs.last_mut().filter(near) {
                Some(run) => run.push(*line),
                None => runs.push(vec![*line]),
            }
        }
        runs
    }

    /// Stops that are one: after a start the next begins.
    fn episodes(&self, stops: &[usize], starts: &[usize]) -> Vec<Vec<usize>> {
        let mut episodes: Vec<Vec<usize>> = Vec::new();
        for run in self.runs(stops, EPISODE) {
            let mut last: Option<usize> = None;
            for stop in run {
                let started = |last: usize| {
                    let between = Span::new(self.times.of(last).until, self.times.of(stop).from);
                    starts.iter().any(|s| {
                        between.from <= self.times.of(*s).from && self.times.of(*s).until <= between.until
                    })
                };
                match (last, episodes.last_mut()) {
                    (Some(before), Some(episode)) if !started(before) => episode.push(stop),
                    _ => episodes.push(vec![stop]),
                }
                last = Some(stop);
            }
        }
        episodes
    }

    fn span(&self, run: &[usize]) -> Span {
        let at = |place: Option<&usize>| place.map(|p| self.times.of(*p)).unwrap_or_default();
        Span::new(at(run.first()).from, at(run.last()).until)
    }

    /// When a server that was down after an instant served again, and the line that says so.
    fn up_again(&self, after: i64, starts: &[usize]) -> (i64, Option<usize>) {
        let start = starts
            .iter()
            .find(|s| self.times.of(**s).until >= after && self.times.of(**s).from >= after - SECOND);
        let started = start.map(|s| self.times.of(*s).from);
        // Requests that were running may still be logged in the second of the stop.
        let served = self.served.after(after + SECOND);
        let until = match (started, served) {
            (Some(started), Some(served)) => started.min(served).max(after),
            (Some(at), None) | (None, Some(at)) => at.max(after),
            (None, None) => self.end.max(after),
        };
        (until + SECOND, start.copied())
    }

    /// Stops of the web server.
    fn downs(&self, stops: &[usize], starts: &[usize]) -> Vec<State> {
        let mut states = Vec::new();
        for run in self.episodes(stops, starts) {
            let at = self.span(&run);
            let Some(first) = run.first() else { continue };
            let (until, start) = self.up_again(at.from, starts);
            // The reasons that php-fpm or nginx give for not finding a pid file are no stops.
            let stop = run.iter().any(|e| self.is(*e, Part::NginxStop))
                || self.event(*first).is_some_and(|e| e.source != Some(Source::NginxError));
            if !stop {
                continue;
            }
            let shown = |e: &&usize| {
                self.is(**e, Part::NginxStop)
                    || self.event(**e).is_some_and(|e| e.source != Some(Source::NginxError))
            };
            let mut lines: Vec<_> = run.iter().filter(shown).map(|e| (*e, Role::Primary)).collect();
            lines.extend(start.map(|s| (s, Role::Supporting)));
            let cause = self.cause(*first);
            let lasting = Span::new(at.from, until);
            states.push(State {
                cause,
                like: cause,
                span: lasting,
                shape: Shape::Lasting,
                lines: lines.clone(),
                sure: 0.98,
                address: None,
            });
            let cut = Span::new(at.from, self.times.of(*first).until);
            states.push(State {
                cause,
                like: cause,
                span: cut,
                shape: Shape::Cut,
                lines,
                sure: 0.9,
                address: None,
            });
        }
        states
    }

    /// Starts that failed: the server was down before and after. Where `doubted`, only if nothing was served then: the
    /// same message comes from a reload, which harms nobody.
    fn failed_starts(&self, states: &mut Vec<State>, lines: &[usize], starts: &[usize], doubted: bool) {
        for run in self.runs(lines, EPISODE) {
            let at = self.span(&run);
            let Some(first) = run.first() else { continue };
            let (until, start) = self.up_again(at.until, starts);
            let down = states
                .iter()
                .filter(|s| s.cause == self.lexicon.causes.nginx_down && s.span.wider(EPISODE).meets(at))
                .map(|s| s.span.from)
                .min();
            let quiet = self.served.before(at.from + SECOND).map(|s| s.max(at.from - 3600 * SECOND));
            let from = down.unwrap_or(at.from).min(quiet.unwrap_or(at.from)).min(at.from);
            if doubted && down.is_none() {
                let after = Span::new(at.until + SECOND / 2, at.until + SECOND + SECOND / 2);
                if !self.served.gap(after).is_some_and(|gap| gap.expected >= 4.0) {
                    continue;
                }
            }
            let span = Span::new(from, until);
            let cause = self.cause(*first);
            let mut shown: Vec<_> = run.iter().map(|e| (*e, Role::Primary)).collect();
            shown.extend(start.map(|s| (s, Role::Supporting)));
            // The stop before it belongs to it.
            states.retain(|s| {
                !(s.cause == self.lexicon.causes.nginx_down && span.wider(EPISODE).holds(s.span.from))
            });
            for shape in [Shape::Lasting, Shape::Cut] {
                let span = if shape == Shape::Cut { Span::new(from, from + 2 * SECOND) } else { span };
                let sure = if shape == Shape::Cut { 0.9 } else { 0.97 };
                let like = self.lexicon.causes.nginx_down;
                states.push(State { cause, like, span, shape, lines: shown.clone(), sure, address: None });
            }
        }
    }

    /// Workers of the web server that died.
    fn deaths(&self, states: &mut Vec<State>, lines: &[usize]) {
        for run in self.runs(lines, SECOND) {
            let Some(first) = run.first() else { continue };
            let lines = run.iter().map(|e| (*e, Role::Primary)).collect();
            let (cause, span) = (self.cause(*first), self.span(&run));
            states.push(State {
                cause,
                like: cause,
                span,
                shape: Shape::Cut,
                lines,
                sure: 0.93,
                address: None,
            });
        }
    }

    /// States that last from the first line of a run to the last.
    fn stretches(&self, states: &mut Vec<State>, lines: &[usize], gap: i64, around: i64, sure: f32) {
        for run in self.runs(lines, gap) {
            let Some(first) = run.first() else { continue };
            let (cause, span) = (self.cause(*first), self.span(&run).wider(around));
            let lines = ends(&run);
            states.push(State {
                cause,
                like: cause,
                span,
                shape: Shape::Lasting,
                lines,
                sure,
                address: None,
            });
        }
    }

    fn reboots(&self, states: &mut Vec<State>, lines: &[usize]) {
        for run in self.runs(lines, 60 * SECOND) {
            let Some(first) = run.first() else { continue };
            let at = self.span(&run);
            let from =
                self.served.before(at.from).map_or(at.from - 60 * SECOND, |s| s.max(at.from - 3600 * SECOND));
            let until = self
                .served
                .after(at.from)
                .map_or(at.until + 60 * SECOND, |s| s.min(at.until + 3600 * SECOND));
            let lines = vec![(*first, Role::Primary)];
            let (cause, span) = (self.cause(*first), Span::new(from, until));
            states.push(State {
                cause,
                like: cause,
                span,
                shape: Shape::Lasting,
                lines,
                sure: 0.9,
                address: None,
            });
        }
    }

    /// Addresses of the edge that a firewall or fail2ban keeps out, each from the first word to the last.
    fn blocks(&self, states: &mut Vec<State>, lines: &[usize]) {
        let mut addresses: Vec<&str> =
            lines.iter().filter_map(|e| self.event(*e)?.rest().ip.as_deref()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses {
            let of: Vec<usize> = lines
                .iter()
                .filter(|e| self.event(**e).is_some_and(|e| e.rest().ip.as_deref() == Some(address)))
                .copied()
                .collect();
            let bans = |e: &&usize| {
                self.event(**e).is_some_and(|e| !self.lexicon.kind_of(e).starts_with("f2b-found"))
            };
            let (ends, begins): (Vec<usize>, Vec<usize>) = of
                .iter()
                .filter(bans)
                .partition(|e| self.event(**e).is_some_and(|e| self.lexicon.kind_of(e).contains("unban")));
            let jailed = |e: usize| self.event(e).is_some_and(|e| e.source == Some(Source::Fail2ban));
            for run in self.runs(&begins, 60 * SECOND) {
                let (Some(first), at) = (run.first(), self.span(&run)) else { continue };
                let unban = ends.iter().map(|e| self.times.of(*e).until).find(|t| *t >= at.until);
                let until = match unban {
                    Some(until) => until,
                    None if jailed(*first) => at.until + BAN,
                    None => at.until + 5 * SECOND,
                };
                let lines = vec![(*first, Role::Primary)];
                let (cause, span) = (self.cause(*first), Span::new(at.from - SECOND, until));
                let address = Some(address.into());
                states.push(State {
                    cause,
                    like: cause,
                    span,
                    shape: Shape::Lasting,
                    lines,
                    sure: 0.9,
                    address,
                });
            }
        }
    }
}

/// The first and the last line of a run stand for all.
fn ends(run: &[usize]) -> Vec<(usize, Role)> {
    let mut lines: Vec<_> = run.first().into_iter().chain(run.last()).copied().collect();
    lines.dedup();
    lines.into_iter().map(|e| (e, Role::Primary)).collect()
}
