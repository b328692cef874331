//! The kernel and systemd name the process that died, and so do php-fpm and nginx.

use std::collections::HashMap;

use logscan_parser::Source;

use crate::event::Event;
use crate::origin::Part;
use crate::span::{SECOND, Span};

use super::agree::{Pair, Rule, by_zone};
use super::php::Web;
use super::zones::{Class, zone};
use super::{Known, QUARTER, sampled};

/// A process ID that comes back more often is not looked at in each of its lives.
const LIVES: usize = 50;

/// What is to be added to the stamps of the kernel's or systemd's lines.
pub(super) fn shift(known: &Known<'_>, source: Source) -> Option<i64> {
    let ours = known.events.iter().filter(|e| e.source == Some(source) && e.child.is_some());
    let ours = sampled(ours.collect::<Vec<&Event>>());
    if ours.is_empty() {
        return None;
    }
    let parents: Vec<&Event> = known.events.iter().filter(|e| tells_death(known, e)).collect();
    let mut by_pid: HashMap<u32, Vec<usize>> = HashMap::new();
    for (place, line) in parents.iter().enumerate() {
        by_pid.entry(line.child.unwrap_or(0)).or_default().push(place);
    }
    let wide = |e: &Event| Span::new(known.at(e), known.at(e) + if e.fine { 999 } else { SECOND - 1 });
    let mut pairs = Vec::new();
    for (left, line) in (0u32..).zip(&ours) {
        let same = line.child.and_then(|child| by_pid.get(&child));
        for place in same.into_iter().flatten().take(LIVES) {
            let (Ok(right), Some(parent)) = (u32::try_from(*place), parents.get(*place)) else { continue };
            let (died, told) = (wide(line), wide(parent));
            let span = Span::new(told.from - died.until, told.until - died.from);
            pairs.push(Pair { left, right, span, at_once: true });
        }
    }
    let rule = Rule {
        step: QUARTER,
        skew: known.skew(),
        slack: 2 * SECOND,
        least: 1,
        enough: 0.5,
        inside: usize::MAX,
        telling: 10.0,
    };
    if parents.iter().any(|p| p.source == Some(Source::PhpFpm)) || !pairs.is_empty() {
        return by_zone(&pairs, rule);
    }
    // Without php-fpm's log: what nginx lost.
    let workers = |e: &&&Event| e.rest().process.as_ref().is_some_and(|name| name.starts_with("php"));
    let mut died: Vec<i64> = ours.iter().filter(workers).map(|e| known.at(e)).collect();
    died.sort_unstable();
    died.dedup();
    zone(&[Class::new(died, Web::new(known).lost)], known.skew())
}

/// Lines of php-fpm's master about its workers' ends, and those of nginx's.
fn tells_death(known: &Known<'_>, line: &Event) -> bool {
    let ended = match line.source {
        Some(Source::PhpFpm) => {
            matches!(known.lexicon.part(line), Part::ChildEnded | Part::ChildTimedOut)
        }
        Some(Source::NginxError) => line.uri.is_none(),
        _ => false,
    };
    ended && line.child.is_some()
}
