//! Formats and values made by chance, written as nginx writes them, and read again.

use proptest::prelude::*;

use super::*;
use crate::access::element::{Element, Kind};
use crate::access::known::all;

/// nginx's escaping of a value.
fn escaped(value: &[u8], escape: Escape) -> Vec<u8> {
    let one = |b: &u8| match (escape, b) {
        (Escape::Default, b'"' | b'\\' | 0..=0x1f | 0x7f..) => format!("\\x{b:02X}").into_bytes(),
        (Escape::Json, b'"' | b'\\') => vec![b'\\', *b],
        (Escape::Json, b'\n') => b"\\n".to_vec(),
        (Escape::Json, 0..=0x1f) => format!("\\u00{b:02X}").into_bytes(),
        _ => vec![*b],
    };
    value.iter().flat_map(one).collect()
}

fn list(of: &'static str) -> BoxedStrategy<Vec<u8>> {
    let more = (prop_oneof![Just(", "), Just(" : ")], of);
    (of, prop::collection::vec(more, 0..3))
        .prop_map(|(first, more)| more.iter().fold(first, |list, (gap, next)| list + gap + next).into_bytes())
        .boxed()
}

fn typed(of: &'static str) -> BoxedStrategy<Vec<u8>> {
    of.prop_map(String::into_bytes).boxed()
}

/// A variable and a value that it can have.
fn variable() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let raw = || prop::collection::vec(any::<u8>(), 0..30).boxed();
    let named =
        |name: &'static str, value: BoxedStrategy<Vec<u8>>| value.prop_map(move |v| (name, v)).boxed();
    prop_oneof![
        named("status", typed("[0-5][0-9]{2}")),
        named("body_bytes_sent", typed("[0-9]{1,9}")),
        named("bytes_sent", typed("[0-9]{1,9}")),
        named("request_time", typed("[0-9]{1,3}\\.[0-9]{3}")),
        named("msec", typed("17[0-9]{8}\\.[0-9]{3}")),
        named("time_local", typed("[0-2][1-8]/Nov/20[0-9]{2}:1[0-9]:[0-5][0-9]:[0-5][0-9] [+-]0[0-9]00")),
        named("time_iso8601", typed("20[0-9]{2}-11-[0-2][1-8]T1[0-9]:[0-5][0-9]:[0-5][0-9][+-]0[0-9]:00")),
        named("remote_addr", typed("[1-9]{1,3}\\.[0-9]{1,2}\\.[0-9]\\.7|2001:db8::[0-9a-f]{1,4}|unix:")),
        named("host", typed("[a-z]{1,8}\\.example|_|\\[::1\\]")),
        named("server_protocol", typed("HTTP/[123]\\.[01]|-")),
        named("upstream_status", list("[1-5][0-9]{2}|-")),
        named("upstream_response_time", list("[0-9]\\.[0-9]{3}|-")),
        named("upstream_response_length", list("[0-9]{1,5}|-")),
        named("upstream_addr", list("10\\.0\\.0\\.[0-9]:80|unix:/run/a\\.sock|\\[::1\\]:80|backend")),
        named("request", raw()),
        named("http_user_agent", raw()),
        named("http_cf_ray", raw()),
        named("remote_user", raw()),
    ]
}

fn format_of(format: &str, escape: Escape) -> AccessFormat {
    nginx(&format!("escape={} {format}", if escape == Escape::Json { "json" } else { "default" }))
}

proptest! {
    #[test]
    fn quoted_values_come_back(
        parts in prop::collection::vec((variable(), "[a-z]{0,3}[=:|]?"), 1..12),
        json in any::<bool>(),
    ) {
        let escape = if json { Escape::Json } else { Escape::Default };
        let (mut format, mut line) = (String::from("x "), b"x ".to_vec());
        for ((name, value), before) in &parts {
            format.push_str(&format!("{before}\"${name}\" "));
            line.extend(before.bytes().chain(*b"\""));
            line.extend(escaped(value, escape));
            line.extend(b"\" ");
        }
        format.push('.');
        line.push(b'.');
        let format = format_of(&format, escape);
        let found: Vec<_> = format.values(&line).unwrap().collect();
        prop_assert_eq!(found.len(), parts.len());
        for ((name, value), ((wanted, raw), _)) in found.into_iter().zip(&parts) {
            prop_assert_eq!(name, *wanted);
            prop_assert_eq!(escape.decode(value).into_owned(), raw.clone());
        }
    }

    #[test]
    fn typed_values_come_back_without_quotes(
        parts in prop::collection::vec(variable().prop_filter("has a grammar", |(n, _)| Element::nginx(n).kind != Kind::Text), 1..12),
        divider in "[ |\t;#]",
    ) {
        let (mut format, mut line) = (Vec::new(), Vec::new());
        for (name, value) in &parts {
            format.push(format!("${name}"));
            line.push(value.clone());
        }
        let (format, line) = (nginx(&format.join(&divider)), line.join(divider.as_bytes()));
        let found: Vec<_> = format.values(&line).unwrap().map(|(_, value)| value.to_vec()).collect();
        let wanted: Vec<_> = parts.into_iter().map(|(_, value)| value).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn any_bytes_are_read_or_refused(line in prop::collection::vec(any::<u8>(), 0..200), server in any::<bool>()) {
        let server = if server { AccessServer::Apache } else { AccessServer::Nginx };
        for format in all().cloned().chain(AccessFormat::detect(&line, server)) {
            let _ = format.parse(&line);
        }
    }

    #[test]
    fn values_lie_inside_the_line(
        line in "(\\{?[\"\\[]?(time|status|request|[a-z]{1,3}|-|0\\.00[0-9]|200|22/Nov/2026:14:03:07 \\+0000|GET / HTTP/1\\.1|1\\.2\\.3\\.4|é)[\"\\]]?[ =:,\t}]{0,2}){0,16}",
    ) {
        let inside = |value: &[u8]| {
            let (line, value) = (line.as_bytes().as_ptr_range(), value.as_ptr_range());
            line.start <= value.start && value.end <= line.end
        };
        let keys = [Dialect::Json, Dialect::Ltsv, Dialect::Logfmt];
        let keys = keys.map(|dialect| AccessFormat { layout: Layout::Keys(dialect), server: AccessServer::Nginx });
        let found = AccessFormat::detect(line.as_bytes(), AccessServer::Nginx);
        for format in all().cloned().chain(keys).chain(found) {
            for (_, value) in format.values(line.as_bytes()).into_iter().flatten() {
                prop_assert!(inside(value));
            }
        }
    }

    #[test]
    fn any_text_is_a_format_or_an_error(text in "[-%${}a-z\"'\\\\ ;#<>!,0-9^]{0,40}") {
        for format in [AccessFormat::nginx(&text), AccessFormat::apache(&text)] {
            match format {
                Ok(format) => drop(format.parse(text.as_bytes())),
                Err(error) => prop_assert!(error.offset() <= text.len(), "{}", error),
            }
        }
    }
}
