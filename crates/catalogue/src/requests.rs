//! Whether a request of an access log is as a condition wants it.

use logscan_parser::Access;

use crate::limits::Limits;
use crate::when::{AccessWhen, HeadIs, RequestIs, TimeIs, Tried, Via};

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
        HeadIs::NearEdgeLimit => over((limits.response_head / 4 * 3).saturating_sub(1)),
        HeadIs::OverOldEdgeLimit => over(limits.old_response_head),
        HeadIs::Nothing => access.bytes_sent == Some(0),
    }
}
