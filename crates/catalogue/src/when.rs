// Conditions on a request of an access log. The build script includes this file, too.

use std::borrow::Cow;

use super::form::AccessForm;

/// What a request in an access log must be; all that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccessWhen {
    /// Ranges of statuses, of which one must hold the request's: first and last.
    pub statuses: Cow<'static, [(u16, u16)]>,
    /// Ranges of statuses for that of the last try; 0 is a try without an answer.
    pub upstream_statuses: Cow<'static, [(u16, u16)]>,
    /// Whether and how often an upstream was asked.
    pub upstream: Option<Tried>,
    /// What was sent instead of a request.
    pub request: Option<RequestIs>,
    /// Size of the response head.
    pub head: Option<HeadIs>,
    /// Duration of the request.
    pub time: Option<TimeIs>,
    /// No byte of a body was sent.
    pub empty_body: bool,
    /// Which way the request came.
    pub via: Option<Via>,
}

/// Which way a request came, where the log tells Ray IDs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// With a Ray ID: through Cloudflare.
    Edge,
    /// Without one: past Cloudflare, straight to the origin's address.
    Direct,
}

/// How often an upstream was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// At least once.
    Asked,
    /// Never, as the line says.
    Never,
    /// More than once.
    Many,
}

/// What was sent instead of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestIs {
    /// A TLS handshake, to a port that speaks plain HTTP.
    TlsHello,
    /// The beginning of HTTP/2, to a server that does not speak it.
    Http2Preface,
    /// Nothing.
    Empty,
}

/// Size of a response head, against [`crate::Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadIs {
    /// Over what the edge takes.
    OverEdgeLimit,
    /// From three quarters of that on.
    NearEdgeLimit,
    /// Over what the edge took in former times.
    OverOldEdgeLimit,
    /// Nothing was sent at all, though a status was logged.
    Nothing,
}

/// Duration of a request, against [`crate::Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeIs {
    /// As long as the edge waits, or as it waited in former times.
    AtEdgeLimit,
    /// Longer than the edge waits.
    OverEdgeLimit,
}

impl AccessWhen {
    /// Reads the written form.
    pub(crate) fn new(form: &AccessForm) -> Result<AccessWhen, String> {
        let statuses = |list: &[String]| {
            list.iter().map(|s| statuses(s)).collect::<Result<Vec<_>, String>>().map(Cow::Owned)
        };
        Ok(AccessWhen {
            statuses: statuses(&form.status)?,
            upstream_statuses: statuses(&form.upstream_status)?,
            upstream: choice(
                "upstream",
                form.upstream.as_deref(),
                &[("asked", Tried::Asked), ("none", Tried::Never), ("many", Tried::Many)],
            )?,
            request: choice(
                "request",
                form.request.as_deref(),
                &[
                    ("tls-hello", RequestIs::TlsHello),
                    ("http2-preface", RequestIs::Http2Preface),
                    ("empty", RequestIs::Empty),
                ],
            )?,
            head: choice(
                "head",
                form.head.as_deref(),
                &[
                    ("over-edge-limit", HeadIs::OverEdgeLimit),
                    ("near-edge-limit", HeadIs::NearEdgeLimit),
                    ("over-old-edge-limit", HeadIs::OverOldEdgeLimit),
                    ("none", HeadIs::Nothing),
                ],
            )?,
            time: choice(
                "time",
                form.time.as_deref(),
                &[("at-edge-limit", TimeIs::AtEdgeLimit), ("over-edge-limit", TimeIs::OverEdgeLimit)],
            )?,
            via: choice("via", form.via.as_deref(), &[("edge", Via::Edge), ("direct", Via::Direct)])?,
            empty_body: choice("body", form.body.as_deref(), &[("empty", true)])?.unwrap_or(false),
        })
    }
}

/// `502`, `009`, `5xx`, `-`, `000-099`.
fn statuses(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("`{text}` is no status; write 502, 5xx, 000-099 or -");
    if text == "-" {
        return Ok((0, 0));
    }
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| text.len() == 3 && *n < 1000);
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().map_err(|_| wrong())?;
        return Ok((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).ok_or_else(wrong),
        None => number(text).map(|n| (n, n)).ok_or_else(wrong),
    }
}

fn choice<T: Copy>(key: &str, text: Option<&str>, choices: &[(&str, T)]) -> Result<Option<T>, String> {
    let Some(text) = text else { return Ok(None) };
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| format!("access.{key} is one of: {}", names()))
}
