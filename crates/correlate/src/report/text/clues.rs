//! What a line of text tells.

use std::net::IpAddr;

use super::status;
use crate::ray::RayId;
use crate::report::ray_text;
use crate::report::request::{is_host, is_method, split_url, without_port};
use crate::report::stamp::{Found, Hints, Seen, bare, find, whole};
use crate::report::when::OLDEST;

/// Ray IDs of a line that are read.
const MAX_RAYS: usize = 1000;

/// What a line tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Clues {
    /// A time, and how it is written.
    pub(super) stamp: Option<(Seen, Vec<u8>)>,
    /// The end of the stretch that the time begins.
    pub(super) until: Option<Seen>,
    pub(super) rays: Vec<RayId>,
    /// The Ray IDs are called so, or have a data centre behind them.
    pub(super) labelled: bool,
    pub(super) status: Option<u16>,
    pub(super) host: Option<String>,
    pub(super) method: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) whole_uri: bool,
    pub(super) client: Option<String>,
    /// It is of an error page, or speaks of one.
    pub(super) page: bool,
}

impl Clues {
    /// Of the subject of a mail: the time in it is of another thing as often as not.
    pub(super) fn of_subject(line: &str, hints: Hints) -> Clues {
        let mut clues = Clues { stamp: None, until: None, ..Clues::of(line, hints) };
        clues.find_request(line, true);
        clues
    }

    /// Of a line.
    pub(super) fn of(line: &str, hints: Hints) -> Clues {
        let bytes = line.as_bytes();
        let lower = line.to_ascii_lowercase();
        let mut clues = Clues::default();
        clues.find_rays(bytes, lower.as_bytes());
        let found = clues.find_stamp(bytes, hints);
        clues.page = is_of_page(&lower);
        let timed = clues.stamp.is_some() || !clues.rays.is_empty();
        let span = found.map(|f| (f.start, f.end));
        clues.status = status::of(line, span, timed);
        clues.find_request(line, timed);
        clues
    }

    /// Whether it tells when.
    pub(super) fn is_timed(&self) -> bool {
        self.stamp.is_some() || !self.rays.is_empty()
    }

    /// Whether it tells nothing.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_timed() && self.status.is_none() && self.host.is_none() && !self.page
    }

    fn find_stamp(&mut self, bytes: &[u8], hints: Hints) -> Option<Found> {
        let found = match find(bytes, 0, hints) {
            Some(found) => found,
            None if self.rays.is_empty() => number(bytes, hints)?,
            None => return None,
        };
        let text = bytes.get(found.start..found.end)?;
        self.stamp = Some((found.seen, text.to_vec()));
        // `14:03 to 14:10` of one day is seldom written with the day twice; with it, it is a stretch.
        if let Some(second) = find(bytes, found.end, hints)
            && let Seen::Time(_) = second.seen
            && joins(bytes.get(found.end..second.start)?)
        {
            self.until = Some(second.seen);
            return Some(Found { end: second.end, ..found });
        }
        Some(found)
    }

    /// Words of 16 hex digits, with or without a data centre behind them.
    fn find_rays(&mut self, bytes: &[u8], lower: &[u8]) {
        let mut position = 0;
        while position < bytes.len() && self.rays.len() < MAX_RAYS {
            let rest = bytes.get(position..).unwrap_or_default();
            let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            if length == 0 {
                position += 1;
                continue;
            }
            let before = position.checked_sub(1).and_then(|p| bytes.get(p));
            if length == 16 && !matches!(before, Some(b'-' | b'_' | b'%' | b'.')) {
                let suffix = match rest.get(16..20) {
                    Some([b'-', colo @ ..]) if colo.iter().all(u8::is_ascii_uppercase) => 4,
                    _ => 0,
                };
                let after = rest.get(16 + suffix);
                let ends = !after.is_some_and(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'-' | b'_' | b'.')
                            && suffix == 0
                            && rest.get(17).is_some_and(u8::is_ascii_alphanumeric)
                });
                let start = position.saturating_sub(24);
                let named =
                    lower.get(start..position).is_some_and(|t| memchr::memmem::find(t, b"ray").is_some());
                let digits = rest.get(..16).is_some_and(|t| t.iter().all(u8::is_ascii_digit));
                if ends
                    && (named || suffix > 0 || !digits)
                    && let Some(ray) = rest.get(..16 + suffix).and_then(ray_text::whole)
                {
                    self.rays.push(ray);
                    self.labelled |= named || suffix > 0;
                }
            }
            position += length;
        }
    }

    fn find_request(&mut self, line: &str, timed: bool) {
        let title = title(line);
        let is_cover = |c: char| c.is_whitespace() || "\"'`<>()[]|,;*".contains(c);
        let mut before = "";
        for (number, word) in line.split(is_cover).filter(|w| !w.is_empty()).enumerate() {
            if number > 200 {
                break;
            }
            let word = word.trim_end_matches(['.', ':', '!']);
            if let Some((host, uri)) = word.find("http").and_then(|at| split_url(word.get(at..)?)) {
                if self.host.is_none() && !is_cloudflare(host) {
                    self.host = Some(host.to_owned());
                    self.uri = Some(uri.into_owned());
                    self.whole_uri = true;
                }
            } else if is_method(before) && word.starts_with('/') {
                self.method = Some(before.to_owned());
                self.uri = Some(word.to_owned());
                self.whole_uri = true;
            } else if is_host(word) && !is_cloudflare(word) {
                let told = ["host", "hostname", "domain", "zone", "site", "website", "http_host"]
                    .iter()
                    .any(|n| before.trim_end_matches([':', '=']).eq_ignore_ascii_case(n));
                if self.host.is_none() && (told || ((timed || title == Some(word)) && !is_file(word))) {
                    self.host = Some(without_port(word).to_owned());
                }
            } else if timed && self.uri.is_none() && word.starts_with('/') && !word.starts_with("//") {
                self.uri = Some(word.to_owned());
                self.whole_uri = word.contains('?');
            } else if self.client.is_none()
                && ((timed && number == 0) || before.eq_ignore_ascii_case("ip"))
                && word.parse::<IpAddr>().is_ok()
            {
                self.client = Some(word.to_owned());
            }
            before = word;
        }
    }
}

/// Unix time in a line: alone, or a number of as many digits that lies in the time of Cloudflare.
fn number(bytes: &[u8], hints: Hints) -> Option<Found> {
    let text = bare(bytes);
    let before = bytes.len() - bytes.trim_ascii_start().len();
    let start = before + memchr::memmem::find(bytes.get(before..)?, text)?;
    if let Some(seen @ Seen::Time(_)) = whole(text, hints) {
        return Some(Found { seen, start, end: start + text.len() });
    }
    let mut position = 0;
    while position < bytes.len() {
        let rest = bytes.get(position..)?;
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'.').count();
        let word = rest.get(..length)?;
        let begins = position
            .checked_sub(1)
            .and_then(|p| bytes.get(p))
            .is_none_or(|b| !matches!(b, b'-' | b'_' | b'/'));
        if begins
            && matches!(length, 10..=30)
            && word.first().is_some_and(u8::is_ascii_digit)
            && let Some(seen @ Seen::Time(written)) = whole(word, hints)
            && written.at.seconds >= OLDEST
            && written.at.seconds <= hints.now.seconds + 86_400
        {
            return Some(Found { seen, start: position, end: position + length });
        }
        position += length.max(1);
    }
    None
}

/// Whether the words between two times make them a stretch.
fn joins(between: &[u8]) -> bool {
    let Ok(between) = std::str::from_utf8(between) else { return false };
    matches!(
        between.trim(),
        "-" | "–" | "—" | "to" | "and" | "until" | "till" | "bis" | "und" | ".." | "..." | "→" | "->"
    )
}

/// What error pages and answers of Cloudflare say, and those who speak of them.
fn is_of_page(lower: &str) -> bool {
    const MARKS: [&str; 7] = [
        "ray id",
        "error code",
        "error_code",
        "cf-ray",
        "cloudflare",
        "ray_id",
        "returning an unknown error",
    ];
    let error = || {
        let mut parts = lower.match_indices("error 5").map(|(at, m)| lower.get(at + m.len()..));
        parts.any(|rest| rest.is_some_and(|r| r.bytes().take_while(u8::is_ascii_digit).count() == 2))
    };
    MARKS.iter().any(|mark| lower.contains(mark)) || error()
}

/// `shop.example.com | 520: Web server is returning an unknown error`, the title of an error page.
fn title(line: &str) -> Option<&str> {
    let (before, after) = line.split_once(" | ")?;
    let status = after.trim_start().get(..4).is_some_and(|s| s.starts_with('5') && s.ends_with(':'));
    status.then(|| before.rsplit(char::is_whitespace).next())?
}

fn is_cloudflare(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "cloudflare.com" || host.ends_with(".cloudflare.com")
}

/// Names of files look like names of hosts.
fn is_file(word: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["log", "php", "html", "htm", "js", "css", "gz", "txt", "json", "csv", "png", "jpg", "conf", "xml"];
    word.rsplit_once('.').is_some_and(|(_, end)| ENDINGS.iter().any(|e| end.eq_ignore_ascii_case(e)))
}
