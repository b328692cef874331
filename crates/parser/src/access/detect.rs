//! Finding the format of a log that nobody named.

use std::time::Duration;

use super::element::Field;
use super::fill::{is_address, seconds};
use super::keys::Dialect;
use super::looks;
use super::{Access, AccessFormat, AccessServer, Layout, infer, known};
use crate::Request;
use crate::civil::Stamp;
use crate::syslog::carrier;

/// How many lines are looked at.
const SAMPLE: usize = 400;

pub(super) fn detect(head: &[u8], server: AccessServer) -> Option<AccessFormat> {
    let lines: Vec<&[u8]> = sample(head).collect();
    let found = best(&lines, server);
    // nginx never writes a quote behind a backslash, save in JSON.
    let quotes = |line: &&[u8]| !line.starts_with(b"{") && memchr::memmem::find(line, b"\\\"").is_some();
    if server == AccessServer::Nginx && lines.iter().any(quotes) {
        let apache = best(&lines, AccessServer::Apache);
        let fits = |found: &Option<(AccessFormat, Score)>| found.as_ref().map_or(0, |(_, score)| score.fits);
        if fits(&apache) > fits(&found) {
            return apache.map(|(format, _)| format);
        }
    }
    found.map(|(format, _)| format)
}

/// Of the formats that fit nearly all lines that any fits, the one that says most; the first where several do.
fn best(lines: &[&[u8]], server: AccessServer) -> Option<(AccessFormat, Score)> {
    let keys = [Dialect::Json, Dialect::Ltsv, Dialect::Logfmt];
    let keys = keys.map(|dialect| AccessFormat { layout: Layout::Keys(dialect), server });
    let inferred = infer::infer(lines, server);
    let mut formats: Vec<&AccessFormat> = known::all().filter(|f| f.server == server).collect();
    formats.extend(keys.iter().chain(&inferred));
    let scored: Vec<_> = formats.into_iter().map(|f| (f, Score::of(f, lines))).collect();
    let most = scored.iter().map(|(_, s)| s.fits).max().filter(|n| *n > 0)?;
    let mut best: Option<&(&AccessFormat, Score)> = None;
    for candidate in scored.iter().filter(|(_, s)| s.fits * 10 >= most * 9) {
        if best.is_none_or(|(_, best)| candidate.1.says_more(best)) {
            best = Some(candidate);
        }
    }
    best.map(|(format, score)| ((*format).clone(), *score))
}

/// Lines of the beginning, without what syslog puts before them.
fn sample(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(|line| carrier(line).map_or(line, |(_, rest)| rest))
        .take(SAMPLE)
}

/// How well a format fits.
#[derive(Clone, Copy, Default, Debug)]
struct Score {
    fits: usize,
    fields: usize,
}

impl Score {
    fn of(format: &AccessFormat, lines: &[&[u8]]) -> Score {
        let mut score = Score::default();
        let mut evidence = [Evidence::default(); 6];
        for line in lines {
            let Some((at, access)) = format.parse(line) else { continue };
            for (seen, of) in evidence.iter_mut().zip(columns(&access)) {
                seen.add(of);
            }
            if !is_plausible(format, at, &access) {
                continue;
            }
            score.fits += 1;
            score.fields += said(&access);
        }
        if evidence.iter().any(Evidence::is_against) { Score::default() } else { score }
    }

    fn says_more(&self, other: &Score) -> bool {
        self.fields * other.fits > other.fields * self.fits
    }
}

/// The number of fields with a value.
fn said(a: &Access<'_>) -> usize {
    let texts = [
        a.request,
        a.method,
        a.uri,
        a.protocol,
        a.host,
        a.server,
        a.client,
        a.edge,
        a.forwarded,
        a.connecting,
        a.user,
        a.referrer,
        a.user_agent,
        a.upstream_addr,
        a.upstream_status,
        a.upstream_connect_time,
        a.upstream_header_time,
        a.upstream_response_time,
        a.ray_id,
        a.request_id,
        a.cache,
    ];
    let numbers = [a.bytes_sent, a.body_bytes_sent, a.request_length, a.connection, a.connection_requests];
    texts.iter().flatten().count()
        + numbers.iter().flatten().count()
        + usize::from(a.request_time.is_some())
        + usize::from(a.pid.is_some())
}

/// What speaks for a column's meaning, and what against it. A client may send what it likes in a header, so that one
/// strange value proves nothing where there are others.
#[derive(Clone, Copy, Default, Debug)]
struct Evidence {
    like: usize,
    unlike: usize,
}

impl Evidence {
    fn add(&mut self, like: Option<bool>) {
        self.like += usize::from(like == Some(true));
        self.unlike += usize::from(like == Some(false));
    }

    fn is_against(&self) -> bool {
        self.unlike > self.like
    }
}

/// Whether those values are like their columns' that can be taken for others: `None` where nothing shows it.
fn columns(a: &Access<'_>) -> [Option<bool>; 6] {
    [
        a.ray_id.map(looks::is_ray),
        a.forwarded.map(looks::is_forwarded),
        a.connecting.map(is_address),
        a.edge.map(is_address),
        a.cache.map(looks::is_cache),
        counts(a),
    ]
}

/// Where there can be no body, a count of bytes that is not 0 has the head in it, `$bytes_sent` or `%O`; one that
/// is 0 has not. Nothing at all is sent to a client that is gone.
fn counts(a: &Access<'_>) -> Option<bool> {
    let bodyless = matches!(a.status, Some(204 | 304)) || a.method == Some(b"HEAD");
    let answered = a.status.is_some_and(|status| !matches!(status, 400 | 408 | 444 | 499));
    match (a.bytes_sent, a.body_bytes_sent) {
        (None, Some(body)) if bodyless => Some(body == 0),
        (Some(all), None) if bodyless && answered => Some(all > 0),
        _ => None,
    }
}

/// Whether the values are such as their fields have.
fn is_plausible(format: &AccessFormat, at: Option<Stamp>, a: &Access<'_>) -> bool {
    let has = |wanted: fn(Field) -> bool| match &format.layout {
        Layout::Template(template) => template.has(wanted),
        Layout::Keys(_) => false,
    };
    let keyed = matches!(format.layout, Layout::Keys(_));
    let timed = at.is_some() || (keyed && said(a) >= 6);
    let apache = a.server_kind == AccessServer::Apache;
    // `%D`, `%T` and counts of bytes all look alike.
    let unsure = apache && !keyed && a.request_time.is_some();
    let no_time = has(|f| matches!(f, Field::RequestTime(_))) && a.request_time.is_none();
    let number = has(|f| f == Field::BytesSent) && a.bytes_sent.is_none();
    timed
        && !unsure
        && !no_time
        && !number
        && matches!(a.status, Some(0 | 9 | 100..=599))
        && a.request.is_none_or(|r| is_request(r, a.status))
        && is(a.client, |c| is_address(c) || (apache && looks::is_host(c)))
        && is(a.edge, is_address)
        && is(a.connecting, is_address)
        && is(a.forwarded, looks::is_forwarded)
        && is(a.host, looks::is_host)
        && is(a.server, looks::is_host)
        && is(a.ray_id, looks::is_ray)
        && is(a.cache, looks::is_cache)
        && is(a.request_id, |r| apache || looks::is_request_id(r))
        && is(a.upstream_addr, looks::is_upstream)
        && is(a.referrer, |r| !is_other(r) && !r.starts_with(b"Mozilla/"))
        && is(a.user_agent, |u| !is_other(u) && !u.starts_with(b"https://"))
        && is(a.upstream_response_time, |t| in_time(t, a.request_time))
        && a.bytes_sent.zip(a.body_bytes_sent).is_none_or(|(all, body)| all >= body)
}

fn is(value: Option<&[u8]>, like: impl FnOnce(&[u8]) -> bool) -> bool {
    value.is_none_or(like)
}

/// Whether a text is sure to belong elsewhere.
fn is_other(text: &[u8]) -> bool {
    (looks::is_ray(text) && text.len() > 16) || is_address(text)
}

/// A request line, or what clients send that do not speak HTTP.
fn is_request(request: &[u8], status: Option<u16>) -> bool {
    Request::parse(request).is_some() || matches!(status, Some(0 | 400..=499)) || request.starts_with(b"\\")
}

/// Whether upstreams took no more time than the request.
fn in_time(list: &[u8], all: Option<Duration>) -> bool {
    let spans: Duration = looks::elements(list).filter_map(seconds).sum();
    all.is_none_or(|all| spans <= all + Duration::from_millis(20))
}
