//! What a report says of the request itself: host, method, path.

use std::borrow::Cow;

use super::Report;
use super::column::Column;
use super::fields::Fields;

/// Methods of HTTP, as they stand in a line.
const METHODS: [&str; 9] =
    ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "CONNECT"];

/// Host and path of a URL; the path with its query, `/` where there is none.
pub(super) fn split_url(url: &str) -> Option<(&str, Cow<'_, str>)> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let path = path.split('#').next().unwrap_or(path);
    let path = if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) };
    Some((without_port(host), path))
}

/// A host without the port behind it.
pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a word is a method.
pub(super) fn is_method(word: &str) -> bool {
    METHODS.contains(&word)
}

/// Whether a word has the form of a host's name: at least one dot, letters after the last.
pub(super) fn is_host(word: &str) -> bool {
    let word = without_port(word);
    let Some((name, top)) = word.rsplit_once('.') else { return false };
    !name.is_empty()
        && word.len() <= 253
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
        && name
            .split('.')
            .all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}

/// Fills in what the fields say of the request.
pub(super) fn fill(report: &mut Report, fields: &Fields<'_>) {
    let host = fields.get(Column::Host).map(|h| without_port(h.trim()).to_owned());
    report.method = fields.get(Column::Method).map(|m| m.trim().to_ascii_uppercase());
    let mut from_url = None;
    let mut set_uri = |text: &str, whole: bool, report: &mut Report| {
        let text = text.trim();
        match split_url(text) {
            Some((host, path)) => {
                from_url.get_or_insert(host.to_owned());
                report.uri = Some(path.into_owned());
                report.whole_uri = true;
            }
            None => {
                report.uri = Some(text.to_owned());
                report.whole_uri = whole || text.contains('?');
            }
        }
    };
    if let Some(uri) = fields.get(Column::Uri) {
        set_uri(uri, true, report);
    } else if let Some(path) = fields.get(Column::Path) {
        set_uri(path, false, report);
        if let (Some(uri), Some(query)) = (&mut report.uri, fields.get(Column::Query))
            && !report.whole_uri
        {
            uri.push('?');
            uri.push_str(query.trim().trim_start_matches('?'));
            report.whole_uri = true;
        }
    } else if let Some(line) = fields.get(Column::RequestLine) {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some(method), Some(uri)) if is_method(method) => {
                report.method.get_or_insert(method.to_owned());
                set_uri(uri, true, report);
            }
            (Some(uri), None) if uri.starts_with('/') || uri.contains("://") => set_uri(uri, true, report),
            _ => {}
        }
    } else if let Some(url) = fields.get(Column::Url)
        && (split_url(url).is_some() || url.trim().starts_with('/'))
    {
        set_uri(url, true, report);
    }
    if from_url.is_none()
        && let Some((host, _)) = fields.get(Column::Url).and_then(split_url)
    {
        from_url = Some(host.to_owned());
    }
    let in_words = || {
        let words = fields.get(Column::Message)?.split([' ', '\n', '(', ')', '<', '>', '"', '`', ',']);
        let site = |host: &&str| !host.ends_with("cloudflare.com") && *host != "github.com";
        words
            .filter_map(|w| split_url(w.trim_end_matches('.')))
            .map(|(host, _)| host)
            .find(site)
            .map(str::to_owned)
    };
    let zone = || fields.get(Column::Zone).map(str::trim).filter(|z| is_host(z)).map(str::to_owned);
    let host = host.filter(|h| !h.is_empty()).or(from_url).or_else(zone).or_else(in_words);
    report.host = host.map(|h| h.to_ascii_lowercase());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_in_parts() {
        assert_eq!(
            split_url("https://shop.example.com/a?b=1#c"),
            Some(("shop.example.com", "/a?b=1".into()))
        );
        assert_eq!(split_url("HTTP://user@shop.example.com:8443"), Some(("shop.example.com", "/".into())));
        assert_eq!(split_url("https://shop.example.com?x"), Some(("shop.example.com", "/?x".into())));
        assert_eq!(split_url("ftp://example.com/"), None);
        assert_eq!(split_url("/path?u=https://a"), None);
    }

    #[test]
    fn names_of_hosts() {
        assert!(is_host("shop.example.com") && is_host("a-b.example.org:443"));
        for word in ["localhost", "192.0.2.1", "a..b", ".com", "file.", "a b.com", "e/f.com", "1.5"] {
            assert!(!is_host(word), "{word}");
        }
    }
}
