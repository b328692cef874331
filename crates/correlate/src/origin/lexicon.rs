//! The names that the analysis goes by, as ids of the catalogue at hand.

use logscan_catalogue::{Catalogue, CauseId, KindId};
use logscan_parser::Source;

use crate::event::Event;

/// What a kind of event is to the analysis, apart from the cause that it speaks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Part {
    #[default]
    None,
    /// nginx was told to stop.
    NginxStop,
    /// nginx has started.
    NginxStart,
    /// php-fpm stops.
    FpmStop,
    /// php-fpm reloads: it replaces itself.
    FpmReload,
    /// php-fpm is running.
    FpmStart,
    /// A worker of php-fpm has ended.
    ChildEnded,
    /// php-fpm ends a worker for its request took too long.
    ChildTimedOut,
    /// A request is slow.
    Slow,
    /// nginx found that the worker behind a request was gone.
    PeerGone,
    /// PHP's message that ends a script.
    PhpFatal,
    /// FastCGI's stderr in nginx's log: a request may have several.
    Stderr,
}

/// Kinds by their part. Of those that are not here the cause says all.
const PARTS: &[(Part, &[&str])] = &[
    (Part::NginxStop, &["proc-signal-term", "proc-signal-int", "proc-signal-quit"]),
    (Part::NginxStart, &["proc-start-workers", "proc-start-worker", "proc-event-method"]),
    (Part::FpmStop, &["fpm-terminating", "fpm-finishing", "fpm-bye-bye"]),
    (Part::FpmReload, &["fpm-reload-in-progress"]),
    (Part::FpmStart, &["fpm-running", "fpm-ready"]),
    (Part::ChildTimedOut, &["fpm-request-terminated", "fpm-hard-timeout"]),
    (Part::Slow, &["fpm-request-slow", "fpm-slowlog-header"]),
    (
        Part::PeerGone,
        &[
            "upstream-recv-reset-header",
            "upstream-recv-reset-body",
            "upstream-readv-reset-sending",
            "upstream-send-epipe",
            "upstream-send-reset",
            "upstream-closed-header",
            "upstream-closed-body",
            "upstream-closed-sending",
            "fastcgi-closed-stdout",
            "fastcgi-closed-request",
            "apache-fcgi-header-read",
            "apache-fcgi-dispatch",
        ],
    ),
];

/// How the names of kinds begin that tell the end of a worker of php-fpm.
const ENDED: &[&str] = &["fpm-child-sig", "fpm-child-exit-", "fpm-child-core-dumped"];

/// Causes by the names that the analysis gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Causes {
    pub(crate) none: CauseId,
    pub(crate) crash: CauseId,
    pub(crate) oom: CauseId,
    pub(crate) terminated: CauseId,
    pub(crate) restarted: CauseId,
    pub(crate) fpm_down: CauseId,
    pub(crate) saturated: CauseId,
    pub(crate) memory_limit: CauseId,
    pub(crate) execution_time: CauseId,
    pub(crate) fatal: CauseId,
    pub(crate) app: CauseId,
    pub(crate) slow: CauseId,
    pub(crate) slow_request: CauseId,
    pub(crate) timeout: CauseId,
    pub(crate) limited: CauseId,
    pub(crate) dropped: CauseId,
    pub(crate) garbage: CauseId,
    pub(crate) closed_early: CauseId,
    pub(crate) head: CauseId,
    pub(crate) nginx_down: CauseId,
    pub(crate) bind: CauseId,
    pub(crate) config: CauseId,
    pub(crate) worker: CauseId,
    pub(crate) connections: CauseId,
    pub(crate) descriptors: CauseId,
    pub(crate) tls: CauseId,
    pub(crate) certificate: CauseId,
    pub(crate) memory: CauseId,
    pub(crate) blocked: CauseId,
    pub(crate) rebooted: CauseId,
    pub(crate) network: CauseId,
    pub(crate) apache_down: CauseId,
    pub(crate) apache_crash: CauseId,
    pub(crate) waf: CauseId,
    pub(crate) other: CauseId,
    pub(crate) database: CauseId,
}

/// What the analysis knows of kinds and causes.
#[derive(Debug)]
pub(crate) struct Lexicon<'c> {
    pub(crate) catalogue: &'c Catalogue,
    pub(crate) causes: Causes,
    parts: Vec<Part>,
    access_direct: Vec<bool>,
}

impl<'c> Lexicon<'c> {
    /// `None` for a catalogue without the causes, which the built-in one has.
    pub(crate) fn new(catalogue: &'c Catalogue) -> Option<Lexicon<'c>> {
        let cause = |name: &str| catalogue.cause_named(name).map(|(id, _)| id);
        let causes = Causes {
            none: cause("no-origin-evidence")?,
            crash: cause("php-fpm-crash")?,
            oom: cause("php-fpm-oom-killed")?,
            terminated: cause("fpm-terminate-timeout")?,
            restarted: cause("fpm-restarted")?,
            fpm_down: cause("fpm-down")?,
            saturated: cause("fpm-saturated")?,
            memory_limit: cause("php-memory-limit")?,
            execution_time: cause("php-execution-timeout")?,
            fatal: cause("php-fatal-error")?,
            app: cause("app-error-response")?,
            slow: cause("origin-slow")?,
            slow_request: cause("fpm-slow-request")?,
            timeout: cause("upstream-timeout")?,
            limited: cause("rate-limited")?,
            dropped: cause("dropped-by-nginx-444")?,
            garbage: cause("backend-invalid-response")?,
            closed_early: cause("upstream-closed-early")?,
            head: cause("header-too-big-at-edge")?,
            nginx_down: cause("nginx-down")?,
            bind: cause("nginx-bind-failed")?,
            config: cause("nginx-config-error")?,
            worker: cause("nginx-worker-crash")?,
            connections: cause("nginx-worker-connections")?,
            descriptors: cause("nginx-fd-exhausted")?,
            tls: cause("tls-handshake")?,
            certificate: cause("tls-certificate")?,
            memory: cause("out-of-memory")?,
            blocked: cause("edge-blocked")?,
            rebooted: cause("origin-rebooted")?,
            network: cause("origin-network")?,
            apache_down: cause("apache-down")?,
            apache_crash: cause("apache-child-crash")?,
            waf: cause("waf-blocked")?,
            other: cause("other")?,
            database: cause("database-error")?,
        };
        let part_of = |id: &str| PARTS.iter().find(|(_, ids)| ids.contains(&id)).map(|(part, _)| *part);
        let fatal = [causes.memory_limit, causes.execution_time, causes.fatal, causes.database];
        let parts = catalogue
            .kind_ids()
            .zip(catalogue.kinds())
            .map(|(id, kind)| {
                let speaks = |of: &[CauseId]| catalogue.causes_of(id).iter().any(|c| of.contains(c));
                match part_of(&kind.id) {
                    Some(part) => part,
                    None if ENDED.iter().any(|prefix| kind.id.starts_with(prefix)) => Part::ChildEnded,
                    None if matches!(kind.source, Some(Source::PhpError | Source::PhpFpm))
                        && speaks(&fatal) =>
                    {
                        Part::PhpFatal
                    }
                    None if kind.id.starts_with("fastcgi-php-") => Part::Stderr,
                    None => Part::None,
                }
            })
            .collect();
        let access_direct = catalogue.kinds().map(|k| k.id.ends_with("-direct")).collect();
        Some(Lexicon { catalogue, causes, parts, access_direct })
    }

    pub(crate) fn part(&self, event: &Event) -> Part {
        event.named.and_then(|n| self.parts.get(n.kind.index())).copied().unwrap_or_default()
    }

    /// Whether a request did not come through the edge.
    pub(crate) fn is_direct(&self, event: &Event) -> bool {
        event.named.and_then(|n| self.access_direct.get(n.kind.index())).copied().unwrap_or(false)
    }

    pub(crate) fn kind(&self, id: KindId) -> &str {
        self.catalogue.kind(id).map_or("", |k| &k.id)
    }

    pub(crate) fn kind_of(&self, event: &Event) -> &str {
        event.named.map_or("", |n| self.kind(n.kind))
    }

    /// The cause of a request that a message of PHP ended, and what lies behind it: an uncaught exception of the
    /// database is a fatal error first.
    pub(crate) fn php_fatal(&self, cause: CauseId) -> (CauseId, CauseId) {
        if cause == self.causes.database { (self.causes.fatal, cause) } else { (cause, cause) }
    }

    /// Causes that PHP's own messages tell.
    pub(crate) fn is_php_fatal(&self, cause: CauseId) -> bool {
        let c = &self.causes;
        [c.memory_limit, c.execution_time, c.fatal, c.database].contains(&cause)
    }
}
