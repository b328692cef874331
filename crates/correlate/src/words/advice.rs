//! What the logs lack, said once, and only where it would have helped with the reports at hand.

mod texts;

use std::collections::HashSet;

use logscan_parser::{Level, Source};

use super::witnesses::Witnesses;
use crate::answer::Answer;
use crate::attribution::{Advice, Join, Verdict};
use crate::event::Event;
use crate::origin::Lexicon;
use crate::report::Report;
use crate::sieve::{Addresses, Tells};

/// An explanation less sure than this could do with more evidence.
const SURE: f64 = 0.9;

/// What advice is drawn from.
pub(crate) struct Lacking<'a> {
    pub(crate) reports: &'a [Report],
    /// Their answers, in the same order.
    pub(crate) answers: &'a [Answer],
    pub(crate) events: &'a [Event],
    pub(crate) witnesses: &'a Witnesses,
    pub(crate) tells: &'a Tells,
    pub(crate) addresses: &'a Addresses,
    /// Ordinary requests that could not be kept.
    pub(crate) dropped: u64,
    pub(crate) lexicon: &'a Lexicon<'a>,
}

/// What the logs lack, what would have helped most first.
pub(crate) fn advice(lacking: &Lacking<'_>) -> Vec<Advice> {
    let l = lacking;
    let apache = l.witnesses.apache();
    let logs = [
        ("rotated-file-missing", l.rotated_file(), texts::ROTATED_FILE.to_owned()),
        ("no-access-log", l.access_log(), texts::access_log(apache)),
        ("no-error-log", l.error_log(), texts::error_log(apache).to_owned()),
        ("no-php-fpm-log", l.fpm_log(), texts::FPM_LOG.to_owned()),
    ];
    let fields = [
        ("no-ray-id", l.ray_id(), texts::ray_id(apache).to_owned()),
        ("no-request-time", l.request_time(), texts::request_time(apache).to_owned()),
        ("no-head-size", l.head_size(), texts::head_size(apache).to_owned()),
        ("no-connection", l.connection(), texts::CONNECTION.to_owned()),
        ("no-host", l.host(), texts::host(apache).to_owned()),
    ];
    let level = l.level();
    let settings = [
        ("error-log-level", level.is_some(), texts::level(level, apache)),
        ("catch-workers-output", l.php_messages(), texts::CATCH_WORKERS_OUTPUT.to_owned()),
        ("behind-proxy", l.edge_addresses(), texts::behind_proxy(apache).to_owned()),
        ("too-many-ordinary", l.dropped_requests(), texts::TOO_MANY.to_owned()),
    ];
    logs.into_iter()
        .chain(fields)
        .chain(settings)
        .filter(|(_, lacks, _)| *lacks)
        .map(|(id, _, text)| Advice::new(id, text))
        .collect()
}

impl<'a> Lacking<'a> {
    /// Reports that the logs cover, with their answers.
    fn covered(&self) -> impl Iterator<Item = (&'a Report, &'a Answer)> + use<'a> {
        self.reports.iter().zip(self.answers).filter(|(_, a)| a.verdict != Verdict::NotCovered)
    }

    fn unexplained(&self) -> impl Iterator<Item = (&'a Report, &'a Answer)> + use<'a> {
        self.covered().filter(|(_, a)| a.verdict == Verdict::Unexplained)
    }

    /// Those that more evidence would help with.
    fn open(&self) -> impl Iterator<Item = (&'a Report, &'a Answer)> + use<'a> {
        self.covered().filter(|(_, a)| a.verdict == Verdict::Unexplained || a.confidence < SURE)
    }

    fn lines(&self, answer: &'a Answer) -> impl Iterator<Item = &'a Event> + use<'a> {
        let events = self.events;
        answer.lines.iter().filter_map(move |(line, _)| events.get(*line))
    }

    /// Whether some answer rests on an access line with one of some statuses.
    fn logged(&self, answer: &'a Answer, is: impl Fn(u16) -> bool) -> bool {
        self.lines(answer).any(|e| e.is_request() && e.status.is_some_and(&is))
    }

    /// Whether most requests lack something.
    fn rare(&self, count: u64) -> bool {
        self.witnesses.access() && self.tells.requests > 0 && count * 2 < self.tells.requests
    }

    fn rotated_file(&self) -> bool {
        self.answers.iter().any(|a| a.verdict == Verdict::NotCovered)
    }

    /// An input without a record may be the log that seems to be missing.
    fn access_log(&self) -> bool {
        !self.witnesses.access() && !self.witnesses.silent && self.open().next().is_some()
    }

    fn error_log(&self) -> bool {
        !self.witnesses.error() && !self.witnesses.silent && self.open().next().is_some()
    }

    /// nginx says that it lost a worker of php-fpm, and only php-fpm knows why.
    fn fpm_log(&self) -> bool {
        let of_fpm = |answer: &'a Answer| {
            let fastcgi = |e: &Event| e.upstream.as_ref().is_some_and(|u| u.starts_with("fastcgi"));
            let proxied = |e: &Event| e.source == Some(Source::ApacheError) && self.is_php(e);
            self.lines(answer).any(|e| fastcgi(e) || proxied(e))
        };
        let gateway = |r: &Report| matches!(r.status, Some(502..=504));
        !self.witnesses.fpm()
            && !self.witnesses.silent
            && self.covered().any(|(r, a)| match a.verdict {
                Verdict::Explained => of_fpm(a) && self.is_of_fpm(a),
                _ => gateway(r),
            })
    }

    /// Whether a line names php-fpm as the cause, or what PHP ran into.
    fn is_php(&self, event: &Event) -> bool {
        let c = &self.lexicon.causes;
        let fpm = [c.crash, c.oom, c.terminated, c.restarted, c.fpm_down, c.saturated];
        event.named.is_some_and(|n| fpm.contains(&n.cause))
    }

    /// Causes of which php-fpm's log would tell more than the web server's.
    fn is_of_fpm(&self, answer: &Answer) -> bool {
        let c = &self.lexicon.causes;
        [c.crash, c.oom, c.terminated, c.restarted, c.saturated, c.closed_early, c.timeout]
            .contains(&answer.cause)
    }

    fn ray_id(&self) -> bool {
        let weak = |j: Join| matches!(j, Join::Request | Join::Time | Join::None);
        self.rare(self.tells.rays)
            && self
                .covered()
                .filter(|(r, _)| was_asked(r))
                .any(|(r, a)| weak(a.join) || r.ray.is_some() && a.join != Join::RayId)
    }

    fn request_time(&self) -> bool {
        self.rare(self.tells.took)
            && self.covered().any(|(r, a)| {
                matches!(r.status, Some(524 | 504))
                    || a.verdict == Verdict::Unexplained && self.logged(a, |s| s == 499)
            })
    }

    fn head_size(&self) -> bool {
        self.rare(self.tells.head)
            && self.unexplained().any(|(r, a)| r.status == Some(520) && self.lines(a).any(Event::is_ordinary))
    }

    /// An access line of a failure that its error lines could not be told for.
    fn connection(&self) -> bool {
        self.rare(self.tells.connection)
            && self.witnesses.error()
            && !self.witnesses.apache()
            && self.open().any(|(_, a)| {
                matches!(a.join, Join::RayId | Join::Request) && self.logged(a, |s| s >= 500 || s == 444)
            })
    }

    fn host(&self) -> bool {
        let hosts: HashSet<&str> = self.reports.iter().filter_map(|r| r.host.as_deref()).collect();
        self.rare(self.tells.host)
            && hosts.len() > 1
            && self.covered().any(|(r, a)| r.host.is_some() && was_asked(r) && a.join > Join::RayId)
    }

    /// The level that would have told more.
    fn level(&self) -> Option<Level> {
        let heard = self.witnesses;
        if !heard.error() {
            return None;
        }
        let unexplained = |is: fn(u16) -> bool| self.unexplained().any(|(r, _)| r.status.is_some_and(is));
        if unexplained(|s| matches!(s, 525 | 526)) && !heard.hears(Level::Info) {
            return Some(Level::Info);
        }
        // What else Apache's levels hide is not known.
        if heard.apache() {
            return None;
        }
        if unexplained(|s| matches!(s, 520 | 521)) && !heard.hears(Level::Notice) && !heard.system() {
            return Some(Level::Notice);
        }
        let graver = heard.slightest.is_some_and(|l| l < Level::Error);
        (graver && self.open().next().is_some()).then_some(Level::Error)
    }

    /// A 500 of which no log has PHP's message.
    fn php_messages(&self) -> bool {
        let told = |a: &'a Answer| {
            let cause = |e: &Event| e.named.is_some_and(|n| self.lexicon.is_php_fatal(n.cause));
            self.lines(a).any(cause)
        };
        !self.witnesses.php()
            && self.covered().any(|(r, a)| {
                let open = a.verdict == Verdict::Unexplained || a.cause == self.lexicon.causes.app;
                let failed = r.status == Some(500) || self.logged(a, |s| s == 500);
                open && failed && !told(a)
            })
    }

    /// The log has the edge's addresses in place of the visitors'.
    fn edge_addresses(&self) -> bool {
        let helps = |(r, a): (&Report, &Answer)| {
            let banned = a.cause == self.lexicon.causes.blocked
                || a.verdict == Verdict::Unexplained && matches!(r.status, Some(521 | 522));
            banned || r.client.is_some() && was_asked(r) && a.join > Join::RayId
        };
        self.witnesses.access() && self.addresses.are_mostly_edges() && self.covered().any(helps)
    }

    fn dropped_requests(&self) -> bool {
        self.dropped > 0 && self.unexplained().next().is_some()
    }
}

/// Whether the edge got as far as to send a request, which an access log can have.
fn was_asked(report: &Report) -> bool {
    !matches!(report.status, Some(521..=523 | 525 | 526 | 530))
}

#[cfg(test)]
mod tests;
