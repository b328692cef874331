//! Which events are kept.

use logscan_catalogue::{Catalogue, CauseId, Fields, KindId};
use logscan_parser::Level;
use logscan_scan::Event;
use regex::bytes::RegexSet;

use super::args::FilterArgs;
use super::fail::Failure;

/// All filters; an empty one keeps everything.
#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Filter {
    /// There is none.
    is_empty: bool,
    kinds: Vec<KindId>,
    causes: Vec<CauseId>,
    levels: Vec<Level>,
    hosts: Vec<String>,
    statuses: Vec<u16>,
    grep: Option<RegexSet>,
}

impl Filter {
    pub(crate) fn new(args: &FilterArgs, catalogue: &Catalogue) -> Result<Filter, Failure> {
        let mut kinds = Vec::new();
        for name in &args.kind {
            match catalogue.kind_named(name) {
                Some((id, _)) => kinds.push(id),
                None => return Err(unknown("kind", name, catalogue.kinds().map(|k| &*k.id))),
            };
        }
        let mut causes = Vec::new();
        for name in &args.cause {
            match catalogue.cause_named(name) {
                Some((id, _)) => causes.push(id),
                None => return Err(unknown("cause", name, catalogue.causes().map(|c| &*c.id))),
            };
        }
        let mut levels = Vec::new();
        for name in &args.level {
            levels.extend(
                levels_of(name)
                    .ok_or_else(|| unknown("level", name, Level::ALL.iter().map(|l| l.as_str())))?,
            );
        }
        let grep = match args.grep.as_slice() {
            [] => None,
            patterns => Some(RegexSet::new(patterns).map_err(|e| Failure::usage(format!("--grep: {e}")))?),
        };
        let hosts: Vec<String> = args.host.iter().map(|h| h.to_ascii_lowercase()).collect();
        let statuses = args.status.clone();
        Ok(Filter {
            is_empty: kinds.is_empty()
                && causes.is_empty()
                && levels.is_empty()
                && hosts.is_empty()
                && statuses.is_empty()
                && grep.is_none(),
            kinds,
            causes,
            levels,
            hosts,
            statuses,
            grep,
        })
    }

    #[inline]
    pub(crate) fn keeps(&self, event: &Event<'_>) -> bool {
        self.is_empty || self.all_keep(event)
    }

    fn all_keep(&self, event: &Event<'_>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&event.named.kind))
            && (self.causes.is_empty() || self.causes.contains(&event.named.cause))
            && (self.levels.is_empty() || event.record.level().is_some_and(|l| self.levels.contains(&l)))
            && self.fields_keep(event)
            && self.grep.as_ref().is_none_or(|g| g.is_match(event.record.raw))
    }

    /// The filters that ask what is in the record.
    fn fields_keep(&self, event: &Event<'_>) -> bool {
        if self.statuses.is_empty() && self.hosts.is_empty() {
            return true;
        }
        let fields = Fields::of(event.record);
        (self.statuses.is_empty() || self.statuses.iter().any(|s| is_of_status(event, &fields, *s)))
            && (self.hosts.is_empty() || self.keeps_host(&fields))
    }

    fn keeps_host(&self, fields: &Fields<'_>) -> bool {
        fields.site().is_some_and(|site| self.hosts.iter().any(|h| site.eq_ignore_ascii_case(h.as_bytes())))
    }
}

/// Whether a request had the status, or the kind makes visitors see it.
fn is_of_status(event: &Event<'_>, fields: &Fields<'_>, status: u16) -> bool {
    fields.status == Some(status) || event.kind.edge.contains(&status)
}

/// `error`, or with a plus all graver ones, too. php-fpm's names will do.
fn levels_of(name: &str) -> Option<Vec<Level>> {
    let (name, graver) = name.strip_suffix('+').map_or((name, false), |n| (n, true));
    let lower = name.to_ascii_lowercase();
    let level = Level::from_nginx(lower.as_bytes())
        .or_else(|| Level::from_fpm(name.to_ascii_uppercase().as_bytes()))?;
    Some(Level::ALL.into_iter().filter(|l| if graver { *l <= level } else { *l == level }).collect())
}

/// Words for a name that is none, with the nearest that is.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let mut words = format!("no {what} `{name}`");
    if let Some(near) = nearest(name, known) {
        words.push_str(&format!("; did you mean `{near}`?"));
    }
    if what == "level" {
        let names = Level::ALL.map(Level::as_str).join(", ");
        words.push_str(&format!(" (levels: {names}; with a plus, all graver ones too)"));
    } else {
        words.push_str(" (`logscan explain` lists them all)");
    }
    Failure::usage(words)
}

/// The name that is most like a given one, if any is like it at all.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|k| (strsim::jaro_winkler(name, k), k))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}
