//! The former way of naming, plain and slow: every kind of a record's source is asked, in order.

use logscan_parser::{Body, Context, Record, Source};
use regex::bytes::Regex;

use crate::catalogue::{Catalogue, Named};
use crate::fields::Fields;
use crate::kind::{AddressKind, CauseWhen, ContextKind, Kind, Scope, UnitKind};
use crate::units;
use crate::when::AccessWhen;

/// A catalogue with its regexes compiled.
pub(crate) struct Oracle<'c> {
    catalogue: &'c Catalogue,
    regexes: Vec<Option<Regex>>,
}

impl<'c> Oracle<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue) -> Oracle<'c> {
        let compiled =
            |pattern: &str| Regex::new(&format!("(?s-u){pattern}")).or_else(|_| Regex::new(pattern)).unwrap();
        let regexes = catalogue.kinds().map(|kind| kind.regex.as_ref().map(|r| compiled(r))).collect();
        Oracle { catalogue, regexes }
    }

    pub(crate) fn name(&self, record: &Record<'_>) -> Option<Named> {
        let fits = |kind: &Kind, regex: &Option<Regex>| {
            let text = if kind.scope == Scope::Line { record.line() } else { record.text() };
            let source = kind.source.is_none_or(|s| {
                s == record.source()
                    || (kind.access.is_none() && s == Source::PhpFpm && record.source() == Source::PhpSlow)
            });
            source
                && (kind.access.is_none() || matches!(record.body, Body::Access(_)))
                && self.conditions_hold(kind, record)
                && one_stands(&kind.literals, text)
                && regex.as_ref().is_none_or(|r| r.is_match(text))
        };
        let place = self.catalogue.kinds().zip(&self.regexes).position(|(kind, regex)| fits(kind, regex))?;
        let kind = self.catalogue.kinds().nth(place)?;
        let when = kind.cause_when.iter().position(|when| self.cause_holds(when, record));
        self.catalogue.named(u16::try_from(place).ok()?, when)
    }

    fn conditions_hold(&self, kind: &Kind, record: &Record<'_>) -> bool {
        let strict = kind.strict_level && !record.level().is_some_and(|l| kind.levels.contains(&l));
        if strict || (kind.syslog_only && record.carrier.is_none()) {
            return false;
        }
        if !kind.errno.is_empty() && !errno(record).is_some_and(|n| kind.errno.contains(&n)) {
            return false;
        }
        let nginx = match &record.body {
            Body::NginxError(error) => Some(error),
            _ => None,
        };
        let action = nginx.and_then(|e| e.action).unwrap_or_default();
        if !kind.actions.is_empty() && !kind.actions.iter().any(|a| a.as_bytes() == action) {
            return false;
        }
        let context = kind.context.is_none_or(|c| nginx.is_some_and(|e| context_is(&e.context, c)));
        context
            && kind.unit.is_none_or(|UnitKind::Web| units::is_web(record))
            && kind.guard.is_none_or(|program| matches!(&record.body, Body::Guard(g) if g.program == program))
            && kind.access.as_ref().is_none_or(|when| self.access_holds(when, record))
            && kind.address.is_none_or(|wanted| self.address_holds(wanted, record))
    }

    /// Whether the address that a record is about, else its client's, is whose it should be.
    fn address_holds(&self, wanted: AddressKind, record: &Record<'_>) -> bool {
        let fields = Fields::of(record);
        let inside = fields.ip.or(fields.client).map(|ip| self.catalogue.edge().contains(ip));
        inside == Some(wanted == AddressKind::Cloudflare)
    }

    /// Whether a request is as a condition wants it.
    fn access_holds(&self, when: &AccessWhen, record: &Record<'_>) -> bool {
        match &record.body {
            Body::Access(access) => when.holds(access, self.catalogue.limits()),
            _ => false,
        }
    }

    /// Whether the conditions of a cause hold for a record.
    fn cause_holds(&self, when: &CauseWhen, record: &Record<'_>) -> bool {
        let scheme = match &record.body {
            Body::NginxError(error) => error.context.upstream_scheme(),
            _ => None,
        };
        if when.upstream.as_ref().is_some_and(|u| scheme != Some(u.as_bytes())) {
            return false;
        }
        if !when.errno.is_empty() && !errno(record).is_some_and(|n| when.errno.contains(&n)) {
            return false;
        }
        if when.access.as_ref().is_some_and(|a| !self.access_holds(a, record)) {
            return false;
        }
        one_stands(&when.literals, record.text())
    }
}

fn one_stands(literals: &[crate::kind::Text], text: &[u8]) -> bool {
    literals.is_empty() || literals.iter().any(|l| memchr::memmem::find(text, l.as_bytes()).is_some())
}

fn context_is(context: &Context<'_>, wanted: ContextKind) -> bool {
    match wanted {
        ContextKind::Client => context.client.is_some(),
        ContextKind::Absent => *context == Context::default(),
        ContextKind::Stream => context.traffic.is_some(),
    }
}

/// The number of the failed system call.
fn errno(record: &Record<'_>) -> Option<u32> {
    match &record.body {
        Body::NginxError(error) => error.errno,
        Body::ApacheError(error) => error.errno,
        _ => None,
    }
}
