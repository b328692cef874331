//! What nginx says itself of every request, and how it must be told.

use std::collections::{BTreeSet, HashMap};

use logscan::parser::{Access, Stamp};

/// Variables that are needed although no format has them.
pub(crate) const MORE: [&str; 7] =
    ["unbroken", "msec", "request_method", "request_uri", "uri", "args", "is_args"];

/// All variables of a request, as bytes.
#[derive(Debug)]
pub(crate) struct Row(HashMap<String, Vec<u8>>);

/// Reads a log in which each line is `{"name":"value", ...}` as nginx writes it with `escape=json`; bytes that are
/// no UTF-8 stand in it as they are, so that it is no JSON.
pub(crate) fn rows(log: &[u8]) -> Vec<Row> {
    log.split_inclusive(|b| *b == b'\n').map(row).collect()
}

fn row(line: &[u8]) -> Row {
    let mut texts = Vec::new();
    let mut bytes = line.iter().copied();
    while bytes.any(|b| b == b'"') {
        texts.push(text(&mut bytes));
    }
    let pairs = texts.chunks(2).map(|pair| (String::from_utf8(pair[0].clone()).unwrap(), pair[1].clone()));
    Row(pairs.collect())
}

/// The rest of a string whose quote is open.
fn text(bytes: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let mut text = Vec::new();
    loop {
        match bytes.next().expect("a quote at the end") {
            b'"' => return text,
            b'\\' => text.push(match bytes.next().unwrap() {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 8,
                b'f' => 12,
                b'u' => {
                    let digits: String = bytes.by_ref().take(4).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).unwrap()
                }
                itself => itself,
            }),
            byte => text.push(byte),
        }
    }
}

impl Row {
    pub(crate) fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("the truth has no ${name}"))
    }

    /// For messages and for values that are plain.
    pub(crate) fn text(&self, name: &str) -> &str {
        std::str::from_utf8(self.get(name)).unwrap_or("?")
    }

    /// Whether a variable has this value. For what is missing a dash may stand.
    pub(crate) fn is(&self, name: &str, value: &[u8]) -> bool {
        let truth = self.get(name);
        truth == value || (truth.is_empty() && value == b"-")
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// Seconds with three digits behind the dot, as milliseconds.
    fn millis(&self, name: &str) -> Option<u64> {
        millis(self.text(name))
    }
}

fn millis(text: &str) -> Option<u64> {
    let (seconds, rest) = text.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1000 + rest.parse::<u64>().ok()?)
}

/// What was read from a line.
pub(crate) struct Told<'b> {
    pub(crate) at: Option<Stamp>,
    pub(crate) access: Access<'b>,
}

/// A field that is a text, and the variables of which it may be one.
type Text<'b> = (&'static str, Option<&'b [u8]>, &'static [&'static str]);
/// The same of numbers; of spans of time in milliseconds.
type Number = (&'static str, Option<u64>, &'static str);

impl<'b> Told<'b> {
    fn texts(&self) -> [Text<'b>; 19] {
        let a = &self.access;
        [
            ("request", a.request, &["request"]),
            ("host", a.host, &["host", "http_host"]),
            ("server", a.server, &["server_name"]),
            ("client", a.client, &["remote_addr", "http_cf_connecting_ip"]),
            ("edge", a.edge, &["realip_remote_addr"]),
            (
                "forwarded",
                a.forwarded,
                &["http_x_forwarded_for", "proxy_add_x_forwarded_for", "http_cf_connecting_ip"],
            ),
            ("connecting", a.connecting, &["http_cf_connecting_ip"]),
            ("user", a.user, &["remote_user"]),
            ("referrer", a.referrer, &["http_referer"]),
            ("user_agent", a.user_agent, &["http_user_agent"]),
            ("upstream_addr", a.upstream_addr, &["upstream_addr"]),
            ("upstream_status", a.upstream_status, &["upstream_status"]),
            ("upstream_connect_time", a.upstream_connect_time, &["upstream_connect_time"]),
            ("upstream_header_time", a.upstream_header_time, &["upstream_header_time"]),
            ("upstream_response_time", a.upstream_response_time, &["upstream_response_time"]),
            ("ray_id", a.ray_id, &["http_cf_ray"]),
            ("request_id", a.request_id, &["request_id", "req_id"]),
            ("cache", a.cache, &["upstream_cache_status"]),
            ("protocol", a.protocol, &["server_protocol"]),
        ]
    }

    fn numbers(&self) -> [Number; 7] {
        let a = &self.access;
        [
            ("status", a.status.map(u64::from), "status"),
            ("bytes_sent", a.bytes_sent, "bytes_sent"),
            ("body_bytes_sent", a.body_bytes_sent, "body_bytes_sent"),
            ("request_length", a.request_length, "request_length"),
            ("connection", a.connection, "connection"),
            ("connection_requests", a.connection_requests, "connection_requests"),
            ("pid", a.pid.map(u64::from), "pid"),
        ]
    }

    /// What is not as nginx meant it. Of a format that is `known` all that its variables say must be told; of one that
    /// is found out, time, status, method and URI.
    pub(crate) fn problems(&self, row: &Row, names: &BTreeSet<&str>, known: bool) -> Vec<String> {
        let mut problems = Vec::new();
        let has = |name: &str| known && names.contains(name);
        let decoded = |value: &'b [u8]| self.access.escape.decode(value);
        let shown = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        for (field, told, of) in self.texts() {
            match told.map(decoded) {
                // nginx takes what it cannot read for HTTP/1.0 or for nothing; the client may have said other.
                Some(_) if field == "protocol" => {}
                Some(told) if !of.iter().any(|name| row.get(name) == &*told) => {
                    problems.push(format!("{field} is {:?}, not {:?}", row.text(of[0]), shown(&told)));
                }
                // The address that Cloudflare tells is a field of its own.
                None if of.iter().any(|name| {
                    (has(name) && !matches!(row.get(name), b"" | b"-"))
                        && (field == "connecting" || *name != "http_cf_connecting_ip")
                }) =>
                {
                    problems.push(format!("{field} is missing"));
                }
                _ => {}
            }
        }
        for (field, told, name) in self.numbers() {
            if told.map_or(has(name) || field == "status" && names.contains(name), |t| {
                Some(t) != row.number(name)
            }) {
                problems.push(format!("{field} is {:?}, not {told:?}", row.text(name)));
            }
        }
        let told = self.access.request_time.map(|t| u64::try_from(t.as_millis()).unwrap());
        if told.map_or(has("request_time"), |_| told != row.millis("request_time")) {
            problems.push(format!("request_time is {:?}, not {told:?}", row.text("request_time")));
        }
        problems.extend(self.time(row, names));
        problems.extend(self.asked(row, names));
        problems.extend(self.tries(row, names).filter(|_| known));
        problems.extend(self.sums(row));
        problems
    }

    fn time(&self, row: &Row, names: &BTreeSet<&str>) -> Option<String> {
        let timed = ["msec", "time_local", "time_iso8601"];
        let truth = row.millis("msec").unwrap();
        match self.at {
            Some(Stamp::Offset(civil, offset)) => {
                let seconds = u64::try_from(civil.seconds - i64::from(offset)).unwrap();
                let told = seconds * 1000 + u64::from(civil.nanos) / 1_000_000;
                let exact = told % 1000 > 0;
                let same = if exact { told == truth } else { told / 1000 == truth / 1000 };
                (!same).then(|| format!("time is {truth}, not {told}"))
            }
            None if timed.iter().all(|name| !names.contains(name)) => None,
            other => Some(format!("time is {truth}, not {other:?}")),
        }
    }

    /// Method and URI, where there is a request of which nginx knows both.
    fn asked(&self, row: &Row, names: &BTreeSet<&str>) -> Vec<String> {
        let mut problems = Vec::new();
        let (method, uri) = (row.get("request_method"), row.get("request_uri"));
        let worked = [row.get("uri"), row.get("is_args"), row.get("args")].concat();
        let has = |of: &[&str]| of.iter().any(|name| names.contains(name));
        let decode =
            |value: Option<&'b [u8]>| value.map(|value| self.access.escape.decode(value).into_owned());
        let shown = |value: &Option<Vec<u8>>| value.as_deref().map(String::from_utf8_lossy).map(String::from);
        if method.is_empty() || uri.is_empty() || row.text("status") == "400" {
            return problems;
        }
        let told = decode(self.access.method);
        if has(&["request", "request_method"]) && told.as_deref() != Some(method) {
            problems.push(format!("method is {:?}, not {:?}", row.text("request_method"), shown(&told)));
        }
        let told = decode(self.access.uri);
        let same = match told.as_deref() {
            Some(told) => told == uri || row.get("request").windows(told.len()).any(|w| w == told),
            None => false,
        };
        let same = same || told.as_deref().is_some_and(|told| told == worked || told == row.get("uri"));
        if has(&["request", "request_uri", "uri"]) && !same {
            problems.push(format!("uri is {:?}, not {:?}", row.text("request_uri"), shown(&told)));
        }
        problems
    }

    /// The lists taken apart.
    fn tries(&self, row: &Row, names: &BTreeSet<&str>) -> Option<String> {
        let told: Vec<_> = self.access.tries().collect();
        let status = names.contains("upstream_status");
        let of = if status { "upstream_status" } else { "upstream_response_time" };
        if !names.contains(of) {
            return None;
        }
        let list = row.text(of);
        let items: Vec<(bool, &str)> = list
            .split(" : ")
            .flat_map(|group| group.split(", ").enumerate().map(|(n, item)| (n == 0, item)))
            .filter(|(_, item)| !item.is_empty())
            .collect();
        let same = items.len() == told.len() || (told.is_empty() && matches!(list, "" | "-"));
        let each = items.iter().zip(&told).enumerate().all(|(n, ((first, item), told))| {
            told.redirected == (*first && n > 0)
                && if status {
                    told.status.map(|s| s.to_string()).as_deref().unwrap_or("-") == *item
                } else {
                    told.response_time.map(|t| u64::try_from(t.as_millis()).unwrap()) == millis(item)
                }
        });
        (!same || !each).then(|| format!("tries are {list:?}, not {told:?}"))
    }

    /// What is made of several fields, or of parts of one.
    fn sums(&self, row: &Row) -> Option<String> {
        let head = row.number("bytes_sent").zip(row.number("body_bytes_sent")).map(|(all, body)| all - body);
        let told = self.access.head_size();
        if told.is_some() && told != head {
            return Some(format!("the head is {head:?}, not {told:?}"));
        }
        let ray = row.text("http_cf_ray");
        let id =
            ray.split('-').next().filter(|id| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        let told = self.access.ray();
        (self.access.ray_id.is_some() && told != id.map(str::as_bytes))
            .then(|| format!("ray is {id:?}, not {told:?}"))
    }
}
