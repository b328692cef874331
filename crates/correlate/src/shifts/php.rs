//! Logs of php-fpm and of PHP against what the web server saw: only time connects their lines.

use std::collections::{BTreeMap, HashMap};

use logscan_catalogue::CauseId;
use logscan_parser::Source;

use crate::event::Event;
use crate::origin::Part;
use crate::span::SECOND;

use super::zones::{Class, zone};
use super::{Known, micros};

/// Lines about the death of one worker do not lie further apart; a process ID comes back later than that.
const SAME_DEATH: i64 = 10 * SECOND;

/// Stops, and failures to connect, that belong together lie no further apart.
const EPISODE: i64 = 15 * SECOND;

/// What is to be added to the stamps of a log of php-fpm or PHP.
pub(super) fn shift(known: &Known<'_>, source: Source) -> Option<i64> {
    let ours: Vec<&Event> = known.events.iter().filter(|e| e.source == Some(source)).collect();
    if ours.is_empty() {
        return None;
    }
    let web = Web::new(known);
    let lexicon = known.lexicon;
    let at = |part: &[Part]| -> Vec<i64> {
        ours.iter().filter(|e| part.contains(&lexicon.part(e))).map(|e| known.at(e)).collect()
    };
    let full = |e: &&&Event| e.named.is_some_and(|n| n.cause == lexicon.causes.saturated);
    let began = |e: &&Event| {
        let slow = lexicon.part(e) == Part::Slow;
        Some(known.at(e) - micros(e.rest().elapsed.filter(|_| slow)?))
    };
    let mut stopped = web.down.clone();
    stopped.extend(&web.lost);
    let mut classes = vec![
        Class::new(deaths(known, &ours), web.lost.clone()),
        Class::new(ours.iter().filter(full).map(|e| known.at(e)).collect(), web.full.clone()),
        Class::new(firsts(at(&[Part::FpmStop, Part::FpmReload])), firsts(stopped)),
        Class::new(firsts(at(&[Part::FpmStart])), lasts(web.down.clone())),
        Class::new(ours.iter().filter_map(began).collect(), web.waited.clone()),
    ];
    classes.extend(web.fatal(fatals(known, &ours)));
    zone(&classes, known.skew())
}

/// When workers ended, each once: php-fpm says that it ends one, then that it has ended.
pub(super) fn deaths(known: &Known<'_>, lines: &[&Event]) -> Vec<i64> {
    let ended = |e: &&&Event| matches!(known.lexicon.part(e), Part::ChildEnded | Part::ChildTimedOut);
    let mut of: HashMap<Option<u32>, Vec<i64>> = HashMap::new();
    for line in lines.iter().filter(ended) {
        of.entry(line.child).or_default().push(known.at(line));
    }
    let whose = |(child, times): (Option<u32>, Vec<i64>)| match child {
        Some(_) => runs(times, SAME_DEATH).into_iter().filter_map(|run| run.last().copied()).collect(),
        None => times,
    };
    of.into_iter().flat_map(whose).collect()
}

/// When scripts ended with a message, by what it says of the cause.
fn fatals(known: &Known<'_>, lines: &[&Event]) -> BTreeMap<CauseId, Vec<i64>> {
    let mut fatals: BTreeMap<CauseId, Vec<i64>> = BTreeMap::new();
    for line in lines {
        let named = line.named.filter(|n| known.lexicon.is_php_fatal(n.cause));
        if let Some(named) = named {
            let (cause, _) = known.lexicon.php_fatal(named.cause);
            fatals.entry(cause).or_default().push(known.at(line));
        }
    }
    fatals
}

/// What the web server saw of php-fpm, on the clock of the reference.
#[derive(Debug, Default)]
pub(super) struct Web {
    /// Workers that were gone.
    pub(super) lost: Vec<i64>,
    /// Connections that a full queue refused.
    full: Vec<i64>,
    /// Connections that nobody took.
    down: Vec<i64>,
    /// Beginnings of requests that somebody stopped waiting for.
    waited: Vec<i64>,
    /// Messages of PHP that ended a script.
    fatals: BTreeMap<CauseId, Vec<i64>>,
    /// Requests that were answered 500.
    failed: Vec<i64>,
}

impl Web {
    pub(super) fn new(known: &Known<'_>) -> Web {
        let (lexicon, causes) = (known.lexicon, &known.lexicon.causes);
        let mut web = Web::default();
        let mut bad_gateway = Vec::new();
        let errors = |e: &&Event| matches!(e.source, Some(Source::NginxError | Source::ApacheError));
        for event in known.events.iter().filter(errors) {
            let at = known.at(event);
            match event.named.map(|n| n.cause) {
                _ if lexicon.part(event) == Part::PeerGone && is_fastcgi(event) => web.lost.push(at),
                Some(cause) if cause == causes.saturated => web.full.push(at),
                Some(cause) if cause == causes.fpm_down => web.down.push(at),
                _ => {}
            }
        }
        let lines: Vec<&Event> = known.events.iter().filter(errors).collect();
        web.fatals = fatals(known, &lines);
        for request in known.events.iter().filter(|e| e.is_request()) {
            let at = known.at(request);
            let took = request.took.map(micros);
            // nginx logs a request when it has ended, Apache notes when it began.
            let end = if request.source == Some(Source::ApacheAccess) { at + took.unwrap_or(0) } else { at };
            match request.status {
                Some(499 | 504) => web.waited.extend(took.map(|took| end - took)),
                Some(500) => web.failed.push(end),
                Some(502) => bad_gateway.push(end),
                _ => {}
            }
        }
        // The error log tells which of them lost a worker.
        if web.lost.is_empty() {
            web.lost = bad_gateway;
        }
        web
    }

    /// The same messages in the web server's log; where it has none, failed requests.
    fn fatal(&self, told: BTreeMap<CauseId, Vec<i64>>) -> Vec<Class> {
        if self.fatals.is_empty() {
            return vec![Class::new(told.into_values().flatten().collect(), self.failed.clone())];
        }
        let same = |(cause, at): (CauseId, Vec<i64>)| Some(Class::new(at, self.fatals.get(&cause)?.clone()));
        told.into_iter().filter_map(same).collect()
    }
}

/// Whether a line may be about a request to php-fpm.
fn is_fastcgi(event: &Event) -> bool {
    event.upstream.as_ref().is_none_or(|upstream| upstream.starts_with("fastcgi"))
}

/// Times in order, cut where nothing happens for longer than `gap`.
fn runs(mut times: Vec<i64>, gap: i64) -> Vec<Vec<i64>> {
    times.sort_unstable();
    times.chunk_by(|a, b| b.saturating_sub(*a) <= gap).map(<[i64]>::to_vec).collect()
}

fn firsts(times: Vec<i64>) -> Vec<i64> {
    runs(times, EPISODE).iter().filter_map(|run| run.first().copied()).collect()
}

fn lasts(times: Vec<i64>) -> Vec<i64> {
    runs(times, EPISODE).iter().filter_map(|run| run.last().copied()).collect()
}
