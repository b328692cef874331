//! Whether a request of an access log is as a condition wants it.

use std::borrow::Cow;

use logscan_parser::{Access, Source};

use crate::kind::Kind;
use crate::limits::Limits;
use crate::when::{AccessWhen, HeadIs, RequestIs, TimeIs, Tried, Via};

/// Statuses have three digits.
const STATUSES: usize = 1000;

/// Kinds of requests, by the statuses that they are of.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// Kinds of each status from 0 to 999; empty where no kind is of requests.
    by_status: Vec<OfStatus>,
    /// Kinds that do not ask for a status.
    any: OfStatus,
}

/// Kinds of one status.
#[derive(Clone, Debug, Default)]
struct OfStatus {
    /// Ascending.
    kinds: Vec<Wanted>,
    /// A bit for every set of signs: whether it includes those that one of the kinds needs.
    possible: u32,
}

impl OfStatus {
    fn push(&mut self, wanted: Wanted) {
        self.kinds.push(wanted);
        let includes = |signs: &u8| Signs(*signs).include(wanted.signs);
        self.possible |= (0..32).filter(includes).fold(0, |bits, signs| bits | 1 << signs);
    }
}

/// A kind of requests.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    place: u16,
    signs: Signs,
}

/// What can be told of a request at a glance, in five bits. Most requests have no sign, and most kinds need one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Signs(u8);

impl Signs {
    /// Its response head is larger than the smallest of the edge's limits.
    const LARGE_HEAD: u8 = 1;
    /// Nothing was sent.
    const NOTHING_SENT: u8 = 2;
    /// The line tells of upstreams.
    const UPSTREAM: u8 = 4;
    /// It has a time, and a time counts.
    const TIME: u8 = 8;
    /// There was no body.
    const NO_BODY: u8 = 16;

    /// All that a request has.
    #[inline]
    fn of(access: &Access<'_>, limits: &Limits) -> Signs {
        let smallest = near(limits).min(limits.response_head).min(limits.old_response_head);
        let asked = access.upstream_addr.is_some()
            || access.upstream_status.is_some()
            || access.upstream_connect_time.is_some()
            || access.upstream_header_time.is_some()
            || access.upstream_response_time.is_some();
        let has = |sign: u8, yes: bool| if yes { sign } else { 0 };
        Signs(
            has(Signs::LARGE_HEAD, access.head_size().is_some_and(|size| size > smallest))
                | has(Signs::NOTHING_SENT, access.bytes_sent == Some(0))
                | has(Signs::UPSTREAM, asked)
                | has(Signs::TIME, access.request_time.is_some())
                | has(Signs::NO_BODY, access.body_bytes_sent == Some(0)),
        )
    }

    /// Those without which a condition does not hold.
    fn needed(when: &AccessWhen) -> Signs {
        let head = match when.head {
            Some(HeadIs::OverEdgeLimit | HeadIs::NearEdgeLimit | HeadIs::OverOldEdgeLimit) => {
                Signs::LARGE_HEAD
            }
            Some(HeadIs::Nothing) => Signs::NOTHING_SENT,
            None => 0,
        };
        let asked =
            matches!(when.upstream, Some(Tried::Asked | Tried::Many)) || !when.upstream_statuses.is_empty();
        let has = |sign: u8, yes: bool| if yes { sign } else { 0 };
        Signs(
            head | has(Signs::UPSTREAM, asked)
                | has(Signs::TIME, when.time.is_some())
                | has(Signs::NO_BODY, when.empty_body),
        )
    }

    fn include(self, needed: Signs) -> bool {
        needed.0 & !self.0 == 0
    }
}

impl Requests {
    pub(crate) fn new(kinds: &[Cow<'static, Kind>], source: Source) -> Requests {
        let mut requests = Requests::default();
        let is_access = matches!(source, Source::NginxAccess | Source::ApacheAccess);
        for (place, kind) in kinds.iter().enumerate().filter(|_| is_access) {
            let Some(when) = kind.access.as_ref().filter(|_| kind.source.is_none_or(|s| s == source)) else {
                continue;
            };
            let Some(place) = u16::try_from(place).ok().filter(|p| *p != u16::MAX) else { continue };
            let wanted = Wanted { place, signs: Signs::needed(when) };
            requests.by_status.resize(STATUSES, OfStatus::default());
            if when.statuses.is_empty() {
                requests.any.push(wanted);
                requests.by_status.iter_mut().for_each(|kinds| kinds.push(wanted));
            }
            for status in when.statuses.iter().flat_map(|(first, last)| *first..=*last) {
                if let Some(kinds) = requests.by_status.get_mut(usize::from(status)) {
                    kinds.push(wanted);
                }
            }
        }
        requests
    }

    /// The lowest place that holds.
    #[inline]
    pub(crate) fn first(
        &self,
        access: &Access<'_>,
        limits: &Limits,
        holds: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        let of_status = access.status.and_then(|s| self.by_status.get(usize::from(s)));
        let of_status = of_status.unwrap_or(&self.any);
        let signs = Signs::of(access, limits);
        if of_status.possible & 1 << signs.0 == 0 {
            return None;
        }
        let might = of_status.kinds.iter().filter(|kind| signs.include(kind.signs));
        might.map(|kind| kind.place).find(|place| holds(*place))
    }
}

/// From so many bytes on a head is near the edge's limit, less one.
fn near(limits: &Limits) -> u64 {
    (limits.response_head / 4 * 3).saturating_sub(1)
}

impl AccessWhen {
    /// Whether all that is wanted holds. What the log's format does not have holds nothing.
    pub(crate) fn holds(&self, access: &Access<'_>, limits: &Limits) -> bool {
        let within = |ranges: &[(u16, u16)], status: Option<u16>| {
            ranges.is_empty()
                || status.is_some_and(|s| ranges.iter().any(|(first, last)| (*first..=*last).contains(&s)))
        };
        within(&self.statuses, access.status)
            && (self.upstream_statuses.is_empty() || within(&self.upstream_statuses, last_try(access)))
            && self.upstream.is_none_or(|wanted| tried(access, wanted))
            && self.request.is_none_or(|wanted| match wanted {
                RequestIs::TlsHello => access.is_tls_hello(),
                RequestIs::Http2Preface => access.is_http2_preface(),
                RequestIs::Empty => access.request.is_none() && access.uri.is_none(),
            })
            && self.head.is_none_or(|wanted| head_is(access, wanted, limits))
            && self.time.is_none_or(|wanted| {
                access.request_time.is_some_and(|took| match wanted {
                    TimeIs::AtEdgeLimit => limits.is_at_read_timeout(took),
                    TimeIs::OverEdgeLimit => took > limits.read_timeout,
                })
            })
            && self
                .via
                .is_none_or(|wanted| access.logs_ray && (access.ray().is_some() == (wanted == Via::Edge)))
            && (!self.empty_body || access.body_bytes_sent == Some(0))
    }
}

/// Status of the last try; 0 where an upstream was asked and gave none.
fn last_try(access: &Access<'_>) -> Option<u16> {
    access.last_upstream_status().or_else(|| access.upstream_addr.map(|_| 0))
}

/// Formats without any of these columns do not say whether an upstream was asked.
fn tried(access: &Access<'_>, wanted: Tried) -> bool {
    let asked = access.upstream_addr.is_some()
        || access.upstream_status.is_some()
        || access.upstream_response_time.is_some();
    match wanted {
        Tried::Asked => asked,
        Tried::Never => !asked && access.logs_upstream,
        Tried::Many => access.tries().count() > 1,
    }
}

fn head_is(access: &Access<'_>, wanted: HeadIs, limits: &Limits) -> bool {
    let over = |limit: u64| access.head_size().is_some_and(|size| size > limit);
    match wanted {
        HeadIs::OverEdgeLimit => over(limits.response_head),
        HeadIs::NearEdgeLimit => over(near(limits)),
        HeadIs::OverOldEdgeLimit => over(limits.old_response_head),
        HeadIs::Nothing => access.bytes_sent == Some(0),
    }
}
