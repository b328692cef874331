//! HAR: what a browser's network panel saves.

use std::borrow::Cow;
use std::time::Duration;

use super::{Json, with_status};
use crate::ray::RayId;
use crate::report::Report;
use crate::report::batch::Row;
use crate::report::problem::What;
use crate::report::request::split_url;
use crate::report::stamp;
use crate::report::when::{Clock, Known};

/// Whether an object is an entry of a HAR (`log.entries[]`, HAR 1.2).
pub(super) fn is_entry(value: &Json<'_>) -> bool {
    value.get("startedDateTime").is_some()
        && value.get("request").is_some()
        && value.get("response").is_some()
}

/// The request of an entry. Its time is the browser's, so a Ray ID among the response's headers dates it better.
pub(super) fn row<'a>(entry: &Json<'a>, _members: &[(Cow<'a, str>, Json<'a>)], clock: &Clock<'_>) -> Row {
    let text = |value: Option<&Json<'a>>, key: &str| value?.get(key)?.text().map(ToString::to_string);
    let (request, response) = (entry.get("request"), entry.get("response"));
    let ray = response.and_then(|r| header(r, "cf-ray")).and_then(|t| RayId::parse(t.as_bytes()));
    let started = text(Some(entry), "startedDateTime").unwrap_or_default();
    let span = stamp::field(started.as_bytes(), clock.hints())
        .ok_or(What::NoTime)
        .and_then(|seen| clock.span(seen, started.as_bytes()));
    let known = match span {
        Ok(span) => Known { start: Some(span), ray, ..Known::default() },
        Err(what) if ray.is_none() => return Row::Bad(what),
        Err(_) => Known { ray, ..Known::default() },
    };
    let (when, _) = known.resolve(clock.options.now);
    if when.is_none() {
        return Row::Bad(What::NoTime);
    }
    let mut report = Report { when, ray, count: 1, ..Report::default() };
    report.took = text(Some(entry), "time").and_then(|t| duration(&t));
    report.method = text(request, "method");
    if let Some((host, uri)) = text(request, "url").as_deref().and_then(split_url) {
        report.host = Some(host.to_owned());
        report.uri = Some(uri.into_owned());
        report.whole_uri = true;
    }
    let report = with_status(report, text(response, "status").as_deref());
    // The browser gave up or was not connected: nothing came from the edge.
    if report.status.is_none() && ray.is_none() { Row::Nothing } else { Row::Request(Box::new(report)) }
}

/// The value of a header in HAR's lists of names and values.
fn header<'a, 'j>(message: &'j Json<'a>, name: &str) -> Option<&'j Cow<'a, str>> {
    let Json::List(headers) = message.get("headers")? else { return None };
    let of_name =
        |h: &&Json<'a>| h.get("name").and_then(Json::text).is_some_and(|n| n.eq_ignore_ascii_case(name));
    headers.iter().find(of_name)?.get("value")?.text()
}

/// Milliseconds with a fraction.
fn duration(text: &str) -> Option<Duration> {
    let millis: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(millis / 1000.0).ok()
}
