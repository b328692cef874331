//! A format told from its lines: columns with a divider between them, named by what stands in them.

use super::clock;
use super::element::{Element, Field, Kind, Piece};
use super::escape::Escape;
use super::fill::{is_address, present, seconds};
use super::keys::{Dialect, Path};
use super::looks;
use super::scan::unescaped;
use super::template::Template;
use super::{AccessFormat, AccessServer, Layout};
use crate::Request;

/// The most columns of a line.
const COLUMNS: usize = 64;

/// One column of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Column<'b> {
    /// What stands before the value: `rt="`.
    before: &'b [u8],
    value: &'b [u8],
    /// What closes it.
    after: &'b [u8],
}

pub(super) fn infer(lines: &[&[u8]], server: AccessServer) -> Option<AccessFormat> {
    let divided = |divider| Table::new(lines, divider).and_then(|table| table.format(server));
    [b' ', b'\t', b'|', b';', b','].into_iter().find_map(divided)
}

/// The lines of the commonest shape.
struct Table<'b> {
    rows: Vec<Vec<Column<'b>>>,
    divider: u8,
    names: Vec<Option<&'static str>>,
}

impl<'b> Table<'b> {
    fn new(lines: &[&'b [u8]], divider: u8) -> Option<Table<'b>> {
        let rows: Vec<Vec<Column<'b>>> =
            lines.iter().filter_map(|l| columns(l, divider)).filter(|r| is_access(r)).collect();
        let same = |a: &[Column<'_>], b: &[Column<'_>]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a.before, a.after) == (b.before, b.after))
        };
        // Among few shapes one is the commonest; a log of many shapes is none of ours.
        let mut shapes: Vec<(usize, &Vec<Column<'b>>)> = Vec::new();
        for row in &rows {
            if let Some((count, _)) = shapes.iter_mut().find(|(_, shape)| same(shape, row)) {
                *count += 1;
            } else if shapes.len() < 32 {
                shapes.push((1, row));
            }
        }
        let shape = shapes.iter().max_by_key(|(count, _)| *count)?.1.clone();
        let names = vec![None; shape.len()];
        let rows = rows.into_iter().filter(|row| same(row, &shape)).collect();
        Some(Table { rows, divider, names })
    }

    fn format(mut self, server: AccessServer) -> Option<AccessFormat> {
        self.name_request(server)?;
        self.name_ends();
        self.name_keys();
        self.name_contents();
        let escape = if server == AccessServer::Apache { Escape::Apache } else { Escape::Default };
        let template = Template::new(self.pieces(server), escape);
        Some(AccessFormat { layout: Layout::Template(template), server })
    }

    fn values(&self, column: usize) -> impl Iterator<Item = &'b [u8]> {
        self.rows.iter().filter_map(move |row| row.get(column)).map(|c| c.value)
    }

    /// Whether all values are such, and there is one.
    fn all(&self, column: usize, like: impl Fn(&[u8]) -> bool) -> bool {
        let mut given = self.values(column).filter_map(present).peekable();
        given.peek().is_some() && given.all(like)
    }

    /// The same, and none is missing.
    fn each(&self, column: usize, like: impl Fn(&[u8]) -> bool) -> bool {
        self.values(column).all(like) && !self.rows.is_empty()
    }

    fn shape(&self, column: usize) -> Option<&Column<'b>> {
        self.rows.first()?.get(column)
    }

    fn is_quoted(&self, column: usize) -> bool {
        self.shape(column).is_some_and(|c| c.before == b"\"")
    }

    /// Whether its values have a name, though it may be one that is not known.
    fn is_keyed(&self, column: usize) -> bool {
        self.shape(column).is_some_and(|c| key_of(c.before).is_some())
    }

    fn is_free(&self, column: usize) -> bool {
        self.names.get(column) == Some(&None)
    }

    fn name(&mut self, column: usize, name: &'static str) {
        if let Some(place) = self.names.get_mut(column) {
            *place = Some(name);
        }
    }

    fn find(&self, from: usize, like: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        (from..self.names.len()).find(|n| self.is_free(*n) && like(self, *n))
    }

    fn is_named(&self, name: &str) -> bool {
        self.names.contains(&Some(name))
    }

    /// Time, request line, status and size: without them it is no access log.
    fn name_request(&mut self, server: AccessServer) -> Option<()> {
        let time = self.find(0, |t, n| t.each(n, is_calendar))?;
        self.name(time, "time");
        if let Some(n) = self.find(0, |t, n| t.each(n, |v| clock::epoch(v).is_some() && v.contains(&b'.'))) {
            self.name(n, "msec");
        }
        let request = self.name_asked()?;
        let three = |t: &Self, n: usize| t.each(n, |v| v.len() == 3 && v.iter().all(u8::is_ascii_digit));
        let status = self.find(request, three).or_else(|| self.find(0, three))?;
        self.name(status, "status");
        let size = |v: &[u8]| v.iter().all(u8::is_ascii_digit) || v == b"-";
        let sized = self.is_free(status + 1) && self.each(status + 1, size);
        let after = if sized { status + 2 } else { status + 1 };
        let url = |v: &[u8]| memchr::memmem::find(v, b"://").is_some();
        let pair = self.is_quoted(after) && self.is_quoted(after + 1);
        let combined = pair && self.most(after, url) && self.most(after + 1, is_agent);
        if combined {
            self.name(after, "http_referer");
            self.name(after + 1, "http_user_agent");
        }
        // Elsewhere a number there may as well count the head of the answer.
        if sized && (combined || after == self.names.len()) {
            let asked = self.names.iter().position(|n| matches!(n, Some("request" | "request_method")));
            let head = asked.is_some_and(|asked| self.counts_head(asked, status, status + 1));
            self.name(
                status + 1,
                match server {
                    _ if head => "bytes_sent",
                    AccessServer::Apache => "%b",
                    AccessServer::Nginx => "body_bytes_sent",
                },
            );
        }
        Some(())
    }

    /// The request line, or method and URI in columns of their own; where what was asked for ends.
    fn name_asked(&mut self) -> Option<usize> {
        // A request line has blanks in it.
        let whole = |t: &Self, n: usize| t.is_quoted(n) || t.divider != b' ';
        if let Some(request) = self.find(0, |t, n| whole(t, n) && t.values(n).any(is_request_line)) {
            self.name(request, "request");
            return Some(request);
        }
        let method = self.find(0, |t, n| t.all(n, is_method) && t.all(n + 1, |v| v.starts_with(b"/")))?;
        self.name(method, "request_method");
        self.name(method + 1, "request_uri");
        Some(method + 1)
    }

    /// Whether what is given mostly is such; nothing need be given.
    fn most(&self, column: usize, like: impl Fn(&[u8]) -> bool) -> bool {
        let given: Vec<bool> = self.values(column).filter_map(present).map(like).collect();
        given.iter().filter(|like| **like).count() * 2 >= given.len()
    }

    /// Who asks whom: what stands before the request.
    fn name_ends(&mut self) {
        let Some(client) = self.find(0, |t, n| t.each(n, is_address)) else { return };
        self.name(client, "remote_addr");
        let time = self.names.iter().position(|n| *n == Some("time")).unwrap_or(0);
        if time == client + 3 && self.is_free(client + 1) && self.is_free(client + 2) {
            self.name(client + 2, "remote_user");
        }
    }

    /// Values with names.
    fn name_keys(&mut self) {
        for n in 0..self.names.len() {
            let Some(key) = self.shape(n).and_then(|c| key_of(c.before)) else { continue };
            let field = Path::ROOT.join(key).field(Dialect::Logfmt);
            let Some(name) = field.nginx_name() else { continue };
            let fits = self.values(n).filter_map(present).all(|v| fits(name, v));
            if fits && self.is_free(n) && !self.is_named(name) {
                self.name(n, name);
            }
        }
    }

    /// Values that nothing else looks like.
    fn name_contents(&mut self) {
        let request =
            self.names.iter().position(|n| matches!(n, Some("request" | "request_uri"))).unwrap_or(0);
        self.name_first(0, "http_cf_ray", looks::is_ray);
        self.name_first(0, "request_id", looks::is_request_id);
        self.name_first(0, "upstream_cache_status", looks::is_cache);
        self.name_first(0, "host", looks::is_dotted_host);
        self.name_first(request, "upstream_addr", looks::is_upstream_with_port);
        if let Some(n) = self.find(request, |t, n| t.is_quoted(n) && t.all(n, looks::is_forwarded)) {
            self.name(n, "http_x_forwarded_for");
        }
        self.name_times(request);
        self.name_upstream_status(request);
        self.name_bytes(request);
    }

    fn name_first(&mut self, from: usize, name: &'static str, like: impl Fn(&[u8]) -> bool) {
        if self.is_named(name) {
            return;
        }
        if let Some(n) = self.find(from, |t, n| !t.is_keyed(n) && t.all(n, &like)) {
            self.name(n, name);
        }
    }

    /// The first span of time that is never missing is the request's; upstreams' may be.
    fn name_times(&mut self, from: usize) {
        let single = |v: &[u8]| looks::is_time_span(v) && seconds(v).is_some();
        if !self.is_named("request_time") {
            let Some(n) = self.find(from, |t, n| !t.is_keyed(n) && t.each(n, single)) else { return };
            self.name(n, "request_time");
        }
        let upstream = ["upstream_connect_time", "upstream_header_time", "upstream_response_time"];
        if upstream.iter().any(|name| self.is_named(name)) {
            return;
        }
        let mut spans = Vec::new();
        while let Some(n) = self.find(spans.last().map_or(from, |n| n + 1), |t, n| {
            !t.is_keyed(n) && t.all(n, looks::is_time_span)
        }) {
            spans.push(n);
        }
        match *spans {
            [response] => self.name(response, "upstream_response_time"),
            [connect, header, response] if self.grow(connect, header) && self.grow(header, response) => {
                for (n, name) in spans.into_iter().zip(upstream) {
                    self.name(n, name);
                }
            }
            _ => {}
        }
    }

    /// Whether the second column is never less than the first, and sometimes more.
    fn grow(&self, first: usize, second: usize) -> bool {
        let pairs: Vec<_> = self.values(first).map(seconds).zip(self.values(second).map(seconds)).collect();
        let known = || pairs.iter().filter_map(|(a, b)| (*a).zip(*b));
        known().all(|(a, b)| a <= b) && known().any(|(a, b)| a < b)
    }

    /// Mostly the upstream's status is the one that is passed on.
    fn name_upstream_status(&mut self, from: usize) {
        let Some(status) = self.names.iter().position(|n| *n == Some("status")) else { return };
        let Some(n) = self.find(from, |t, n| t.all(n, looks::is_statuses)) else { return };
        let given = || self.values(status).zip(self.values(n)).filter(|(_, u)| present(u).is_some());
        let same = given().filter(|(s, u)| u.ends_with(s)).count();
        if same * 2 > given().count() && !self.is_named("upstream_status") {
            self.name(n, "upstream_status");
        }
    }

    /// The size of the answer follows the size of its body at the distance of a head, however large the body is.
    fn name_bytes(&mut self, from: usize) {
        let Some(body) = self.names.iter().position(|n| *n == Some("body_bytes_sent")) else { return };
        let number = |v: &[u8]| crate::civil::number(v);
        let bodies = || self.values(body).filter_map(number);
        let spread = bodies().max().unwrap_or(0) - bodies().min().unwrap_or(0);
        let heads = |t: &Self, n: usize| {
            t.values(body).map(number).zip(t.values(n).map(number)).all(|(body, all)| match (body, all) {
                (Some(0), Some(0)) => true,
                (Some(body), Some(all)) => all > body + 50 && all < body + 16_384,
                _ => false,
            })
        };
        if spread > 2000
            && let Some(n) = self.find(from, heads)
        {
            self.name(n, "bytes_sent");
        }
    }

    fn pieces(&self, server: AccessServer) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (n, name) in self.names.iter().enumerate() {
            let Some(shape) = self.shape(n) else { continue };
            let mut before = if n > 0 { vec![self.divider] } else { Vec::new() };
            before.extend(shape.before);
            let constant = self.rows.len() > 1 && self.each(n, |v| v == shape.value && is_divider(v));
            if constant {
                before.extend(shape.value);
            }
            pieces.push(Piece::Literal(before));
            if !constant {
                pieces.extend(self.variable(n, *name, server));
            }
            pieces.push(Piece::Literal(shape.after.to_vec()));
        }
        pieces
    }

    /// `$uri$is_args$args` ends in a dash where there are no arguments.
    fn is_divided_uri(&self, n: usize) -> bool {
        let mut plain = self.values(n).filter(|v| !v.contains(&b'?')).peekable();
        plain.peek().is_some() && plain.all(|v| v.ends_with(b"-"))
    }

    /// Whether a count of bytes has the head in it, which is seen where there is no body.
    fn counts_head(&self, asked: usize, status: usize, size: usize) -> bool {
        let answers = self.values(asked).zip(self.values(status)).zip(self.values(size));
        let bodyless = answers.filter(|((asked, status), _)| is_bodyless(asked, status));
        let sizes: Vec<&[u8]> = bodyless.map(|(_, size)| size).collect();
        sizes.iter().filter(|size| !matches!(**size, b"0" | b"-")).count() * 2 > sizes.len()
    }

    fn variable(&self, n: usize, name: Option<&'static str>, server: AccessServer) -> Vec<Piece> {
        let one = |element| vec![Piece::Variable(element)];
        let port = |v: &[u8]| {
            v.rsplit(|b| *b == b':')
                .next()
                .is_some_and(|p| p.len() < v.len() && p.iter().all(u8::is_ascii_digit))
        };
        match name {
            None => one(Element::new("", Kind::Text, Field::None, 0)),
            // By its grammar a time is found behind a user whose name has brackets in it.
            Some("time") if self.each(n, |v| v.len() == 26 && clock::local(v).is_some()) => {
                one(Element::new("time", Kind::TimeLocal, Field::Time, 1))
            }
            Some("time") => one(Element::new("time", Kind::Text, Field::Time, 1)),
            Some("request_uri") if self.is_divided_uri(n) => {
                ["uri", "is_args", "args"].map(|name| Piece::Variable(Element::nginx(name))).into()
            }
            Some("%b") => one(Element::new("%b", Kind::Number, Field::BodyBytesClf, 0)),
            // The name of the server that Apache puts before its lines.
            Some("host") if server == AccessServer::Apache && n == 0 => {
                one(Element::new("%v", Kind::Host, Field::Server, 0))
            }
            Some("host") if self.all(n, port) && n == 0 => vec![
                Piece::Variable(Element::nginx("host")),
                Piece::Literal(b":".to_vec()),
                Piece::Variable(Element::nginx("server_port")),
            ],
            Some(name) => one(Element::nginx(name)),
        }
    }
}

/// Whether an answer to such a request has no body.
fn is_bodyless(request: &[u8], status: &[u8]) -> bool {
    request.starts_with(b"HEAD") || matches!(status, b"204" | b"304")
}

/// Punctuation that stands alone between columns; a dash is a missing value.
fn is_divider(value: &[u8]) -> bool {
    !value.is_empty() && value != b"-" && value.iter().all(u8::is_ascii_punctuation)
}

fn is_calendar(value: &[u8]) -> bool {
    value.contains(&b':') && clock::any(value).is_some()
}

fn is_request_line(value: &[u8]) -> bool {
    Request::parse(value).is_some_and(|r| r.protocol.is_some())
}

fn is_agent(value: &[u8]) -> bool {
    !looks::is_ray(value)
        && !looks::is_forwarded(value)
        && memchr::memmem::find(value, b"://").is_none_or(|at| at > 5)
}

/// Whether a line has what every access log has.
fn is_access(row: &[Column<'_>]) -> bool {
    let apart =
        |pair: &[Column<'_>]| matches!(pair, [m, u] if is_method(m.value) && u.value.starts_with(b"/"));
    let asks = row.iter().any(|c| is_request_line(c.value)) || row.windows(2).any(apart);
    asks && row.iter().any(|c| is_calendar(c.value))
}

fn is_method(value: &[u8]) -> bool {
    let methods: [&[u8]; 8] =
        [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"PROPFIND"];
    methods.contains(&value)
}

/// Whether the value is such as the variable has.
fn fits(name: &str, value: &[u8]) -> bool {
    match Element::nginx(name).field {
        Field::RequestTime(_) => seconds(value).is_some(),
        Field::UpstreamStatus => looks::is_statuses(value),
        Field::UpstreamConnectTime | Field::UpstreamHeaderTime | Field::UpstreamResponseTime => {
            looks::elements(value).all(|e| present(e).is_none() || seconds(e).is_some() && e.contains(&b'.'))
        }
        Field::UpstreamAddr => looks::is_upstream(value),
        Field::Host | Field::Server => looks::is_host(value),
        Field::Client | Field::Edge | Field::Connecting => is_address(value),
        Field::Forwarded => looks::is_forwarded(value),
        Field::RayId => looks::is_ray(value),
        Field::RequestId => looks::is_request_id(value),
        Field::Cache => looks::is_cache(value),
        Field::Time | Field::Status | Field::Request | Field::Query | Field::UserAgent => false,
        Field::Method | Field::Uri | Field::Path | Field::Protocol | Field::Referrer | Field::User => true,
        _ => value.iter().all(u8::is_ascii_digit),
    }
}

/// The name in `rt="`.
fn key_of(before: &[u8]) -> Option<&[u8]> {
    let end = before.iter().position(|b| matches!(b, b'=' | b':'))?;
    before.get(..end).filter(|k| !k.is_empty())
}

fn columns(line: &[u8], divider: u8) -> Option<Vec<Column<'_>>> {
    let mut columns = Vec::new();
    let mut rest = line;
    loop {
        let (column, after) = column(rest, divider)?;
        columns.push(column);
        if after.is_empty() {
            return (columns.len() > 2).then_some(columns);
        }
        if columns.len() == COLUMNS {
            return None;
        }
        rest = after.strip_prefix(&[divider])?;
    }
}

fn column(text: &[u8], divider: u8) -> Option<(Column<'_>, &[u8])> {
    let key = key_len(text);
    let (before, value) = text.split_at_checked(key)?;
    let close = match value.first() {
        Some(b'"') => b'"',
        // `[::1]:80` has brackets of its own.
        Some(b'[') if is_bracketed(value, divider) => b']',
        _ => {
            let len = bare(value, divider);
            let (value, rest) = value.split_at_checked(len)?;
            return Some((Column { before, value, after: b"" }, rest));
        }
    };
    let before = text.get(..key + 1)?;
    let inner = value.get(1..)?;
    let len = unescaped(close, inner);
    let (value, rest) = inner.split_at_checked(len)?;
    let (after, rest) = rest.split_at_checked(1)?;
    Some((Column { before, value, after }, rest))
}

/// Whether the bracket that a value begins with closes it.
fn is_bracketed(value: &[u8], divider: u8) -> bool {
    let len = unescaped(b']', value);
    value.get(len + 1).is_none_or(|after| *after == divider)
}

/// The length of `name=`, or of `name:` before a quote or a name that is known.
fn key_len(text: &[u8]) -> usize {
    let len =
        text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    let key = text.get(..len).unwrap_or_default();
    if !key.first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    match (text.get(len), text.get(len + 1)) {
        (Some(b'='), _) | (Some(b':'), Some(b'"')) => len + 1,
        (Some(b':'), Some(_)) if Path::ROOT.join(key).field(Dialect::Logfmt) != Field::None => len + 1,
        _ => 0,
    }
}

/// The length of a value without quotes; lists of several tries go on over blanks.
fn bare(text: &[u8], divider: u8) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(found) = memchr::memchr(divider, rest) else { break };
        let end = at + found;
        let after = text.get(end..).unwrap_or_default();
        at = match divider {
            b' ' if after.starts_with(b" : ") => end + 3,
            b' ' if text.get(..end).is_some_and(|t| t.ends_with(b",")) => end + 1,
            b',' if after.starts_with(b", ") => end + 2,
            _ => return end,
        };
    }
    text.len()
}
