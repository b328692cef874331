//! What php-fpm, PHP and the kernel say of workers: deaths, restarts, slow requests, full pools.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use logscan_catalogue::CauseId;
use logscan_parser::Source;

use crate::event::Event;
use crate::shared::Word;
use crate::span::{SECOND, Span};

use super::lexicon::{Lexicon, Part};
use super::times::Times;

/// Lines about the death of one worker do not lie further apart; a process ID comes back later than that.
const SAME_DEATH: i64 = 10 * SECOND;

/// A worker that died, or was ended, at its request.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    /// Lines that show it: of php-fpm, then of the kernel.
    pub(crate) lines: Vec<usize>,
    /// Lines about the worker before that.
    pub(crate) before: Vec<usize>,
    pub(crate) at: Span,
    pub(crate) cause: CauseId,
    /// How sure the cause is, given the death.
    pub(crate) sure: f32,
    pub(crate) pool: Option<Word>,
}

/// A slow request as php-fpm saw it.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    pub(crate) lines: Vec<usize>,
    /// When the request began.
    pub(crate) start: Span,
    /// When it was found slow.
    pub(crate) at: Span,
}

/// A stop or a reload of php-fpm, up to when it was ready again.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    /// Lines that show the stop.
    pub(crate) lines: Vec<usize>,
    /// Lines that show the start.
    pub(crate) starts: Vec<usize>,
    pub(crate) at: Span,
    /// When it was ready again, if that is in the logs.
    pub(crate) ready: Option<Span>,
}

/// All of that.
#[derive(Debug, Default)]
pub(crate) struct Fpm {
    pub(crate) deaths: Vec<Death>,
    pub(crate) slow: Vec<Slow>,
    pub(crate) stops: Vec<Stop>,
    /// Warnings that all workers of a pool are busy.
    pub(crate) full: Vec<usize>,
    /// PHP's messages that ended a script, save those that nginx's error log ties to a request.
    pub(crate) fatals: Vec<usize>,
}

impl Fpm {
    pub(crate) fn new(events: &[Event], times: &Times, lexicon: &Lexicon<'_>) -> Fpm {
        let is_full = |event: &Event| {
            let full = event.named.is_some_and(|n| n.cause == lexicon.causes.saturated);
            full && event.source == Some(Source::PhpFpm)
        };
        let tells = |event: &Event| {
            let is_of_child = event.child.is_some() && is_of_fpm(event);
            let part = lexicon.part(event);
            let marks = matches!(part, Part::FpmStop | Part::FpmReload | Part::FpmStart | Part::PhpFatal);
            is_of_child || marks || is_full(event)
        };
        let mut order: Vec<usize> =
            events.iter().enumerate().filter(|(_, e)| tells(e)).map(|(place, _)| place).collect();
        order.sort_by_key(|e| times.of(*e).from);
        let mut fpm = Fpm::default();
        let mut by_child: HashMap<u32, Vec<usize>> = HashMap::new();
        for place in order {
            let Some(event) = events.get(place) else { continue };
            if let Some(child) = event.child.filter(|_| is_of_fpm(event)) {
                by_child.entry(child).or_default().push(place);
            }
            match lexicon.part(event) {
                Part::FpmStop | Part::FpmReload => fpm.stop(place, times.of(place)),
                Part::FpmStart => fpm.start(place, times.of(place)),
                Part::PhpFatal if event.named.is_some_and(|n| lexicon.is_php_fatal(n.cause)) => {
                    fpm.fatals.push(place);
                }
                _ => {}
            }
            if is_full(event) {
                fpm.full.push(place);
            }
        }
        for lines in by_child.into_values() {
            fpm.child(&lines, events, times, lexicon);
        }
        fpm.deaths.sort_by_key(|d| (d.at.from, d.lines.first().copied()));
        fpm.slow.sort_by_key(|s| (s.at.from, s.lines.first().copied()));
        fpm
    }

    fn stop(&mut self, place: usize, at: Span) {
        match self.stops.last_mut().filter(|s| s.ready.is_none() && s.at.gap(at) <= SAME_DEATH) {
            Some(stop) => stop.lines.push(place),
            None => self.stops.push(Stop { lines: vec![place], starts: Vec::new(), at, ready: None }),
        }
    }

    fn start(&mut self, place: usize, at: Span) {
        if let Some(stop) = self.stops.last_mut()
            && stop.ready.is_none_or(|ready| ready.gap(at) <= 2 * SECOND)
        {
            stop.starts.push(place);
            stop.ready.get_or_insert(at);
        }
    }

    /// Takes the lines about a process ID apart into deaths and slow requests.
    fn child(&mut self, lines: &[usize], events: &[Event], times: &Times, lexicon: &Lexicon<'_>) {
        let of = |place: usize| events.get(place);
        let mut rest = lines;
        while let Some((first, _)) = rest.split_first() {
            let mut last = times.of(*first);
            let together = rest.iter().take_while(|p| {
                let near = times.of(**p).gap(last) <= SAME_DEATH;
                if near {
                    last = times.of(**p);
                }
                near
            });
            let (run, after) = rest.split_at_checked(together.count().max(1)).unwrap_or((rest, &[]));
            rest = after;
            let (mut shows, mut before) = (Vec::new(), Vec::new());
            for place in run {
                let Some(event) = of(*place) else { continue };
                match lexicon.part(event) {
                    Part::Slow => before.push(*place),
                    Part::ChildEnded | Part::ChildTimedOut => shows.push(*place),
                    _ if event.source == Some(Source::PhpFpm) && is_slow(event, lexicon) => {}
                    _ if matches!(event.source, Some(Source::Kernel | Source::Systemd)) => shows.push(*place),
                    _ => {}
                }
            }
            self.slow(&before, events, times);
            let ends = |e: &Event| {
                matches!(lexicon.part(e), Part::ChildEnded | Part::ChildTimedOut)
                    || matches!(e.source, Some(Source::Kernel | Source::Systemd))
            };
            let Some(at) =
                shows.iter().filter(|p| of(**p).is_some_and(ends)).map(|p| times.of(*p)).next_back()
            else {
                continue;
            };
            let (cause, sure) = cause(&shows, events, lexicon);
            let pool = shows.iter().find_map(|p| of(*p)?.rest().pool.clone());
            // php-fpm's lines first: the chain goes from the request to what lies behind.
            shows.sort_by_key(|p| of(*p).is_none_or(|e| e.source != Some(Source::PhpFpm)));
            self.deaths.push(Death { lines: shows, before, at, cause, sure, pool });
        }
    }

    /// A slow request is told by php-fpm's log and by the slow log, a moment apart.
    fn slow(&mut self, lines: &[usize], events: &[Event], times: &Times) {
        let mut open: Option<Slow> = None;
        for place in lines {
            let at = times.of(*place);
            let elapsed = events.get(*place).and_then(|e| e.rest().elapsed);
            let began = elapsed.and_then(|e| i64::try_from(e.as_micros()).ok()).map(|e| at.moved(-e));
            match &mut open {
                Some(slow) if slow.at.gap(at) <= 2 * SECOND => {
                    slow.lines.push(*place);
                    slow.start = began.unwrap_or(slow.start);
                }
                _ => {
                    let start = began.unwrap_or(Span::new(at.from - 130 * SECOND, at.until));
                    self.slow.extend(open.replace(Slow { lines: vec![*place], start, at }));
                }
            }
        }
        self.slow.extend(open);
    }
}

fn is_of_fpm(event: &Event) -> bool {
    match event.source {
        Some(Source::PhpFpm | Source::PhpSlow) => true,
        Some(Source::Kernel | Source::Systemd) => event
            .rest()
            .process
            .as_ref()
            .is_some_and(|name| name.starts_with("php-fpm") || name.starts_with("php")),
        _ => false,
    }
}

fn is_slow(event: &Event, lexicon: &Lexicon<'_>) -> bool {
    event.named.is_some_and(|n| n.cause == lexicon.causes.slow_request)
}

/// Why a worker died, by all that is said about it.
fn cause(lines: &[usize], events: &[Event], lexicon: &Lexicon<'_>) -> (CauseId, f32) {
    let causes = &lexicon.causes;
    let all = || lines.iter().filter_map(|p| events.get(*p));
    let kernel = |e: &&Event| matches!(e.source, Some(Source::Kernel | Source::Systemd));
    if all().filter(kernel).any(|e| e.named.is_some_and(|n| n.cause == causes.memory)) {
        return (causes.oom, 0.99);
    }
    if all().any(|e| lexicon.part(e) == Part::ChildTimedOut) {
        return (causes.terminated, 0.99);
    }
    if let Some(crash) = all().find(kernel).and_then(|e| e.named) {
        return (crash.cause, 0.99);
    }
    let ended = all().find(|e| lexicon.part(e) == Part::ChildEnded).and_then(|e| e.named);
    match ended.map(|n| n.cause) {
        // Without the kernel's word it may have been anybody's kill -9.
        Some(cause) if cause == causes.oom => (cause, 0.7),
        Some(cause) if cause == causes.terminated => (cause, 0.6),
        Some(cause) => (cause, 0.99),
        None => (causes.crash, 0.5),
    }
}
