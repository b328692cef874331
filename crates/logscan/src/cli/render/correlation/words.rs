//! The answers in words, for text and for tickets.

use logscan_catalogue::Timestamp;
use logscan_correlate::report::Report;
use logscan_correlate::{Clock, Join, Method};
use logscan_scan::Zone;

use super::groups::{Group, errors, not_covered, span};
use super::{Answer, Told};
use crate::cli::render::page::{counted, from_to, local, thousands, zone_name};
use crate::cli::safe::terminal;

/// How sure an answer is, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Certainty {
    Certain,
    VeryLikely,
    Likely,
    Possible,
}

impl Certainty {
    pub(super) fn of(confidence: f64) -> Certainty {
        match confidence {
            c if c >= 0.95 => Certainty::Certain,
            c if c >= 0.8 => Certainty::VeryLikely,
            c if c >= 0.5 => Certainty::Likely,
            _ => Certainty::Possible,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Certainty::Certain => "as good as certain",
            Certainty::VeryLikely => "very likely",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }
}

/// How many errors are explained, and by what where it is one cause.
pub(super) fn headline(told: Told<'_>, groups: &[Group<'_>]) -> String {
    let all = errors(told.answers());
    let explained = groups.iter().map(Group::errors).sum::<u64>();
    let uncovered = errors(not_covered(told));
    let cause = match groups {
        [one] => format!(": {}", one.cause.title),
        _ => String::new(),
    };
    match (all, explained) {
        (0, _) => "No errors reported: nothing to explain.".to_owned(),
        (1, 1) => format!("The error is explained{cause}."),
        (1, _) if uncovered == 1 => "These logs do not reach the time of the error.".to_owned(),
        (1, _) => "These logs do not explain the error.".to_owned(),
        (n, e) if n == e => format!("All {} errors explained{cause}.", thousands(n)),
        (n, 0) if n == uncovered => {
            format!("These logs do not reach the times of the {} errors.", thousands(n))
        }
        (n, 0) => format!("None of {} errors explained.", thousands(n)),
        (n, e) => format!("{} of {} errors explained{cause}.", thousands(e), thousands(n)),
    }
}

/// What is known of the clocks of edge and origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks {
    /// How they differ: a sentence, and more where logs differ among themselves.
    pub(super) known: Vec<String>,
    /// That nothing could be found out.
    pub(super) unknown: Option<String>,
}

pub(super) fn clocks(told: Told<'_>, unicode: bool) -> Clocks {
    let clocks = &told.correlation.clocks;
    let known = || clocks.iter().filter(|c| c.method != Method::None && c.offset.is_finite());
    let best = known().min_by_key(|c| (c.method, std::cmp::Reverse(c.support)));
    let Some(best) = best else {
        let words =
            "How far Cloudflare's clock is from the origin's cannot be told; they are taken to agree.";
        return Clocks { known: Vec::new(), unknown: clocks.first().map(|_| words.to_owned()) };
    };
    let mut words = vec![clock(best, "the origin's", unicode)];
    for other in known() {
        let slack = 0.5 + best.uncertainty.abs() + other.uncertainty.abs();
        if (other.offset - best.offset).abs() > slack {
            words.push(clock(other, &format!("that of the {} logs", other.source.as_str()), unicode));
        }
    }
    Clocks { known: words, unknown: None }
}

fn clock(clock: &Clock, whose: &str, unicode: bool) -> String {
    let real = clock.offset - clock.zone_mistake as f64;
    let give = clock.uncertainty.abs();
    let digits = match give {
        g if g >= 0.95 => 0,
        g if g >= 0.095 => 1,
        g if g >= 0.0095 => 2,
        _ => 3,
    };
    let from = match clock.method {
        Method::RayId => format!("from {}", counted(clock.support, "Ray ID")),
        Method::Request => format!("from {} that both know", counted(clock.support, "request")),
        Method::Time => "from the pattern of times".to_owned(),
        Method::Given | Method::None => "as given".to_owned(),
    };
    let sign = if unicode { "±" } else { "+-" };
    let give_or_take = match clock.method {
        Method::Given => from,
        _ => format!("{sign}{give:.digits$} s, {from}"),
    };
    let mut words = if real.abs() <= give.max(0.05) {
        format!("Cloudflare's clock and {whose} agree ({give_or_take}).")
    } else {
        let side = if real > 0.0 { "ahead of" } else { "behind" };
        format!("Cloudflare's clock is {} {side} {whose} ({give_or_take}).", length(real.abs(), digits))
    };
    if clock.zone_mistake != 0 {
        let side = if clock.zone_mistake > 0 { "early" } else { "late" };
        let hours = length((clock.zone_mistake as f64).abs(), 0);
        words.push_str(&format!(
            " Besides, the {} times read {hours} too {side}: the zone they were taken for is wrong (--tz), which was \
             allowed for.",
            clock.source.as_str()
        ));
    }
    if let Some(drift) = clock.drift.filter(|d| d.is_finite() && *d != 0.0) {
        words.push_str(&format!(" The difference changes by {drift:+.2} s a day."));
    }
    if !clock.steps.is_empty() {
        let steps: Vec<String> = clock
            .steps
            .iter()
            .take(STEPS)
            .map(|(from, offset)| format!("{offset:+.1} s from {from} on"))
            .collect();
        let more = if clock.steps.len() > STEPS { ", and more" } else { "" };
        words.push_str(&format!(" A clock was set in between: {}{more}.", steps.join(", ")));
    }
    words
}

/// Changes of a clock that are told.
const STEPS: usize = 4;

/// `3.7 s`, `2 min 5 s`, `1 h 30 min`.
fn length(seconds: f64, digits: usize) -> String {
    if seconds < 119.5 {
        return format!("{seconds:.digits$} s");
    }
    // More than a year is told in seconds, which no clock is off by.
    if seconds > 366.0 * 86_400.0 {
        return format!("{seconds:.0} s");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and a year
    let whole = seconds.round() as u64;
    let parts = [(whole / 3600, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    told.join(" ")
}

/// How sure the cause of some errors is, and how they were tied to the logs.
pub(super) fn sureness(group: &Group<'_>) -> String {
    let sure: Vec<(&str, u64)> = group.certainties().into_iter().map(|(c, n)| (c.as_str(), n)).collect();
    let joined = |join: Join| match join {
        Join::RayId => "by Ray ID",
        Join::Request => "by the request",
        Join::Interval => "by what was going on then",
        Join::Time => "by time alone",
        Join::None => "by nothing",
    };
    let joins: Vec<(&str, u64)> = group.joins().into_iter().map(|(j, n)| (joined(j), n)).collect();
    format!("{}; matched {}", each(&sure), each(&joins))
}

/// `a (3), b (2)`, or the name alone where there is one.
fn each(names: &[(&str, u64)]) -> String {
    match names {
        [(name, _)] => (*name).to_owned(),
        names => names
            .iter()
            .map(|(n, count)| format!("{n} ({})", thousands(*count)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// A warning where chance may have explained as much.
pub(super) fn chance(group: &Group<'_>) -> Option<String> {
    let expected = group.by_chance?;
    let these = match group.errors() {
        1 => "this one".to_owned(),
        n => format!("these {}", thousands(n)),
    };
    Some(format!("by chance alone {expected:.1} of {these} would look explained, too: take it with care"))
}

/// What else it may be.
pub(super) fn alternatives<'a>(group: &Group<'a>, told: Told<'a>) -> Option<String> {
    let others: Vec<String> = group
        .alternatives(told)
        .into_iter()
        .take(3)
        .map(|(cause, n)| match n == group.errors() {
            true => cause.title.to_string(),
            false => format!("{} (for {} of them)", cause.title, thousands(n)),
        })
        .collect();
    (!others.is_empty()).then(|| others.join("; "))
}

/// What was reported, and what was read of the logs; `None` where nothing was reported.
pub(super) fn scope(told: Told<'_>) -> Option<String> {
    if told.reports.is_empty() {
        return None;
    }
    let mut words = counted(errors(told.answers()), "reported error");
    if let Some((first, last)) = span(told.answers()) {
        words.push_str(&format!(", {}", from_to(first, last, told.zone)));
    }
    let lines: u64 = told.inputs.iter().map(|i| i.lines).sum();
    words.push_str(&format!("; {} of {}", counted(lines, "line"), counted(told.inputs.len() as u64, "log")));
    if let Some((first, last)) = reach(told) {
        words.push_str(&format!(", {}", from_to(first, last, told.zone)));
    }
    words.push_str(&format!(" ({})", zone_name(told.zone)));
    Some(words)
}

/// `GET www.example.com/cart`, fit for a terminal.
pub(super) fn asked(report: &Report) -> String {
    let safe = |text: &Option<String>| terminal(text.as_deref().unwrap_or_default().as_bytes());
    let (method, url) = (safe(&report.method), format!("{}{}", safe(&report.host), safe(&report.uri)));
    [method, url].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// When an error was seen, in the zone of the logs, as exactly as is known.
pub(super) fn time(answer: Answer<'_>, zone: Zone) -> Option<String> {
    let from = answer.report.when?.from;
    match answer.interval() {
        Some((from, until)) => Some(from_to(from, until, zone)),
        None => Some(moment(from, zone)),
    }
}

/// `2026-11-23 11:58:44.674`: to the millisecond where it is known so well.
pub(super) fn moment(at: Timestamp, zone: Zone) -> String {
    let second = local(at, zone);
    if at.nanos == 0 { second } else { format!("{second}.{:03}", at.nanos / 1_000_000) }
}

/// The span of the logs that were read.
pub(super) fn reach(told: Told<'_>) -> Option<(Timestamp, Timestamp)> {
    let first = told.inputs.iter().filter_map(|i| i.first).min()?;
    let last = told.inputs.iter().filter_map(|i| i.last).max()?;
    Some((first, last))
}

/// What to do where the logs do not reach the time of a report.
pub(super) fn uncovered(told: Told<'_>) -> String {
    match reach(told) {
        Some((first, last)) => format!(
            "The logs that were read hold {}. Name those of the time of these errors: older rotated files, other virtual \
             hosts, the other servers behind this name.",
            from_to(first, last, told.zone)
        ),
        None => "The logs that were read hold no line within 15 hours of the reports. Name those of that time: older \
                 rotated files, an archive, the other servers behind this name."
            .to_owned(),
    }
}

/// What would bring reports that the logs do not cover into their time: another zone.
pub(super) fn zone_hints<'a>(answers: impl Iterator<Item = Answer<'a>>) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    for hint in answers.flat_map(|a| &a.attribution.look_next).filter(|hint| hint.contains("--tz")) {
        if !hints.contains(hint) {
            hints.push(hint.clone());
        }
    }
    hints.truncate(2);
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_people_say_them() {
        for (seconds, digits, words) in [
            (3.7, 1, "3.7 s"),
            (0.04, 2, "0.04 s"),
            (90.4, 0, "90 s"),
            (119.4, 0, "119 s"),
            (119.6, 0, "2 min"),
            (125.0, 1, "2 min 5 s"),
            (3600.0, 0, "1 h"),
            (19_800.0, 0, "5 h 30 min"),
        ] {
            assert_eq!(length(seconds, digits), words);
        }
    }

    #[test]
    fn certainty_in_words() {
        let of = |c| Certainty::of(c).as_str();
        assert_eq!(of(1.0), "as good as certain");
        assert_eq!(of(0.8), "very likely");
        assert_eq!(of(0.5), "likely");
        assert_eq!(of(0.2), "possible");
        assert_eq!(of(f64::NAN), "possible");
    }
}
