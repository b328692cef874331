//! The quick way to read a line tells what the general way tells.

use proptest::prelude::*;

use super::*;
use crate::access::element::Kind;
use crate::access::known::{self, KNOWN};

/// What the general way tells.
fn slowly<'b>(format: &AccessFormat, line: &'b [u8]) -> Option<(Option<Stamp>, Access<'b>)> {
    let Layout::Template(template) = &format.layout else { panic!("{format:?}") };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut access = Access::default();
    format.read_slowly(template, line, &mut access).map(|at| (at, access))
}

/// Whether the quick way alone reads a line.
fn is_quick(format: &AccessFormat, line: &str) -> bool {
    let Layout::Template(template) = &format.layout else { panic!("{format:?}") };
    let mut access = Access::default();
    let mut fill = Fill::new(&mut access, line.as_bytes(), template.escape(), format.server);
    template.read_quickly(line.as_bytes(), &mut fill, &mut Memo::default())
}

/// Reads lines one after the other as a log is read, into one place.
fn same(format: &AccessFormat, lines: &[Vec<u8>]) {
    let (mut access, mut memo) = (Access::default(), Memo::default());
    for line in lines {
        let read = format.read(line, &mut access, &mut memo).map(|at| (at, access));
        assert_eq!(read, slowly(format, line), "{}\n{format:?}", String::from_utf8_lossy(line));
    }
}

/// nginx's variables of all kinds, Apache's directives and what stands between them.
const NGINX: &str = "msec time_local time_iso8601 status request request_method request_uri uri args is_args \
    server_protocol host http_host server_name remote_addr realip_remote_addr http_x_forwarded_for remote_user \
    http_referer http_user_agent bytes_sent body_bytes_sent request_length request_time upstream_addr \
    upstream_status upstream_response_time upstream_header_time http_cf_ray request_id upstream_cache_status \
    connection pid gzip_ratio server_port scheme upstream_response_length own";
const APACHE: [&str; 20] = [
    "%h",
    "%l",
    "%u",
    "%t",
    "%r",
    "%>s",
    "%b",
    "%B",
    "%O",
    "%I",
    "%D",
    "%T",
    "%{ms}T",
    "%m",
    "%U%q",
    "%H",
    "%v",
    "%p",
    "%{Referer}i",
    "%{%s}t.%{msec_frac}t",
];
const BETWEEN: [&str; 16] = [
    " ",
    "\" \"",
    "\" ",
    " \"",
    "\"",
    " - ",
    "] [",
    "|",
    ":",
    ", ",
    " : ",
    "",
    "/",
    "\t",
    "a",
    " the rest of it ",
];

fn nginx_format() -> impl Strategy<Value = AccessFormat> {
    let names: Vec<&str> = NGINX.split_ascii_whitespace().collect();
    let parts =
        prop::collection::vec((prop::sample::select(names), prop::sample::select(&BETWEEN[..])), 1..9);
    let escape = prop::sample::select(&["default", "json", "none"][..]);
    (escape, prop::sample::select(&BETWEEN[..]), parts).prop_map(|(escape, head, parts)| {
        let format: String = parts.iter().map(|(name, after)| format!("${{{name}}}{after}")).collect();
        nginx(&format!("log_format x escape={escape} '{head}{format}';"))
    })
}

fn apache_format() -> impl Strategy<Value = AccessFormat> {
    let part = (prop::sample::select(&APACHE[..]), prop::sample::select(&BETWEEN[..]));
    prop::collection::vec(part, 1..9).prop_map(|parts| {
        let format: String = parts.iter().map(|(name, after)| format!("{name}{after}")).collect();
        apache(&format)
    })
}

fn format() -> impl Strategy<Value = AccessFormat> {
    prop_oneof![
        nginx_format(),
        apache_format(),
        (0..KNOWN.len()).prop_map(|n| known::all().nth(n).unwrap().clone()),
    ]
}

/// Values, usual ones and such as only look like them.
const VALUES: [&[&str]; 6] = [
    &[
        "-",
        "",
        "--",
        "anna",
        "a b",
        "\"\"",
        "[x]",
        "a\\\"b",
        "a\"b",
        "\\",
        "\u{e9}\u{7f}",
        "Mozilla/5.0 (X)",
        "/a",
        "/a?b",
    ],
    &[
        "192.0.2.7",
        "2001:db8::1",
        "192.0.2.7:443",
        "a.example",
        "unix:/a b",
        "10.0.0.1:80, 10.0.0.2:80",
        "https",
        "MISS",
    ],
    &["200", "009", "2000", "20", "0", "-5", "56144", "99999999", "123456789", "99999999999999999999"],
    &["0.003", "0.0031234567891", ".5", "5.", "7", "0.003, 0.120", "502, 200 : 200", "502 : ", "-, 200"],
    &[
        "22/Nov/2026:14:03:07 +0000",
        "22/Nov/2026:14:03:08 +0000",
        "31/Nov/2026:14:03:07 +0000",
        "[22/Nov/2026:14:03:07 -0330]",
        "22/Nov/2026:14:03",
        "2026-11-22T14:03:07+00:00",
        "2026-11-22T14:03:07+00:00Z",
        "2026-13-22T14:03:07+00:00",
        "2026-11-22 14:03:07",
        "1795435092.917",
        "1795435092",
    ],
    &[
        "GET / HTTP/1.1",
        "GET /a b?c=d HTTP/2.0",
        "GET HTTP/1.1",
        "get / HTTP/1.1",
        "GET / HTT",
        "\\x16\\x03",
        "GET /\\x22 HTTP/1.1",
        "GET /\" 200 HTTP/1.1",
        "https://a.example/",
        "/a-",
        "?b",
        "?",
        "HTTP/1.1",
        "HTTP/",
    ],
];

/// A value of a variable with such a grammar, or any.
fn value(kind: Kind) -> impl Strategy<Value = &'static str> {
    let own: &[&str] = match kind {
        Kind::Status => &["200", "502", "009"],
        Kind::Number | Kind::Numbers => &["0", "56144", "99999999"],
        Kind::Seconds | Kind::Times => &["0.003", "12.000", "1795435092.917"],
        Kind::TimeLocal => &VALUES[4][..3],
        Kind::TimeIso => &VALUES[4][5..8],
        Kind::Clock => &["[22/Nov/2026:14:03:07 +0100]", "1795435092"],
        Kind::Protocol => &["HTTP/1.1"],
        Kind::Statuses => &["200", "502, 200"],
        Kind::Host | Kind::HostHeader | Kind::Address | Kind::Addresses => &VALUES[1][..4],
        Kind::IsArgs => &["?", ""],
        Kind::Word | Kind::Text => &["-", "GET", "GET / HTTP/1.1", "curl/8.5.0"],
    };
    let any = prop::sample::select(&VALUES[..]).prop_flat_map(prop::sample::select);
    prop_oneof![4 => prop::sample::select(own), 1 => any]
}

/// A line of a format's own literal text with values between, of which any byte may be another, and the end missing.
fn line(format: &AccessFormat) -> impl Strategy<Value = Vec<u8>> + use<> {
    let Layout::Template(template) = &format.layout else { panic!("{format:?}") };
    let (head, parts) = template.parts();
    let (kinds, literals): (Vec<Kind>, Vec<&[u8]>) = parts.unzip();
    let literals: Vec<Vec<u8>> = literals.into_iter().map(<[u8]>::to_vec).collect();
    let head = head.to_vec();
    let values: Vec<_> = kinds.into_iter().map(value).collect();
    let damage = (any::<prop::sample::Index>(), prop::sample::select(&b" \"\\-:,/0a\t\r"[..]));
    let damage = prop::option::weighted(0.3, damage);
    let cut = prop::option::weighted(0.1, any::<prop::sample::Index>());
    (values, damage, cut).prop_map(move |(values, damage, cut)| {
        let mut line = head.clone();
        for (value, literal) in values.iter().zip(&literals) {
            line.extend(value.bytes().chain(literal.iter().copied()));
        }
        if let Some((place, byte)) = damage.filter(|_| !line.is_empty()) {
            let place = place.index(line.len());
            line[place] = byte;
        }
        if let Some(cut) = cut {
            line.truncate(cut.index(line.len() + 1));
        }
        line
    })
}

/// A format with lines of it that have the right kind of value at each place, or nearly so.
fn log() -> impl Strategy<Value = (AccessFormat, Vec<Vec<u8>>)> {
    format().prop_flat_map(|format| {
        let lines = prop::collection::vec(line(&format), 1..6);
        (Just(format), lines)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn lines_of_any_values((format, lines) in log()) {
        same(&format, &lines);
    }

    #[test]
    fn honest_lines_with_a_fault(
        known in 0..KNOWN.len(),
        faults in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(any::<u8>()), 0usize..3), 0..4),
    ) {
        let format = known::all().nth(known).unwrap();
        let line = super::known::written(KNOWN[known].format).1.into_bytes();
        let mut lines = vec![line.clone(), [&line[..], b"\r"].concat(), line.repeat(2)];
        for (place, byte, gone) in faults {
            let mut damaged = lines.last().unwrap().clone();
            let place = place.index(damaged.len());
            let end = (place + gone).min(damaged.len());
            damaged.splice(place..end, byte);
            lines.extend([damaged, line.clone()]);
        }
        lines.extend((0..line.len()).step_by(7).map(|end| line[..end].to_vec()));
        same(format, &lines);
    }
}

/// What is in nearly every log must not need two ways.
#[test]
fn usual_lines_are_read_the_quick_way() {
    for known in KNOWN {
        let format = AccessFormat::named(known.names[0]).unwrap();
        let line = super::known::written(known.format).1;
        // A request line without quotes has blanks in it, of which only the last ends it.
        let ambiguous = known.names[0] == "upstreamlog";
        assert_eq!(is_quick(&format, &line), !ambiguous, "{}: {line}", known.names[0]);
    }
}
