//! Every known format, on a line as the server would write it, and those of the documentation.

use super::*;
use crate::access::known::KNOWN;

/// Values for the variables of a format, those of a request that two upstreams saw.
fn sample(name: &str) -> &'static str {
    match name {
        "remote_addr" | "%h" | "%a" => "203.0.113.9",
        "realip_remote_addr" => "172.71.1.2",
        "remote_user" | "%u" => "anna",
        "%l" | "gzip_ratio" => "-",
        "time_local" | "%t" => "22/Nov/2026:14:03:07 +0100",
        "time_iso8601" => "2026-11-22T14:03:07+01:00",
        "msec" => "1795352587.250",
        "request" | "%r" => "GET /a?b=c HTTP/1.1",
        "request_method" => "GET",
        "request_uri" => "/a?b=c",
        "uri" => "/a",
        "scheme" => "https",
        "status" | "%s" => "200",
        "body_bytes_sent" | "%b" => "4096",
        "bytes_sent" | "%O" => "4500",
        "request_length" | "%I" => "734",
        "http_referer" | "%{Referer}i" => "https://example.com/",
        "http_user_agent" | "%{User-Agent}i" => {
            "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0"
        }
        "http_x_forwarded_for" | "proxy_add_x_forwarded_for" => "203.0.113.9, 172.71.1.2",
        "http_cf_connecting_ip" => "203.0.113.9",
        "http_cf_ray" | "%{CF-Ray}i" => "a5e879cb61d3c7e5-FRA",
        "host" | "http_host" | "server_name" | "%v" => "www.example.com",
        "server_port" | "%p" => "443",
        "request_time" => "0.123",
        "upstream_addr" => "10.0.0.1:80, 10.0.0.2:80",
        "upstream_status" => "502, 200",
        "upstream_connect_time" => "0.000, 0.001",
        "upstream_header_time" => "-, 0.119",
        "upstream_response_time" => "0.001, 0.120",
        "upstream_response_length" => "0, 4096",
        "upstream_cache_status" => "MISS",
        "pipe" => ".",
        "pid" => "812",
        "connection" => "42",
        "connection_requests" => "3",
        "request_id" | "req_id" => "0123456789abcdef0123456789abcdef",
        "proxy_upstream_name" => "default-web-80",
        "proxy_alternative_upstream_name" | "request_body" | "server" => "",
        "http3" => "h3",
        "%D" => "123000",
        other => panic!("no sample of {other}"),
    }
}

/// The names and values of a format that nginx or Apache would write, in their order, and the line.
pub(super) fn written(format: &str) -> (Vec<(String, &'static str)>, String) {
    let (mut values, mut line) = (Vec::new(), String::new());
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '$' => 1 + rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').count(),
            '%' if rest.starts_with("%{") => rest.find('}').unwrap() + 2,
            '%' => {
                if rest.starts_with("%>") {
                    3
                } else {
                    2
                }
            }
            _ => 0,
        };
        if len == 0 {
            line.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let name = rest[..len].trim_start_matches('$').replace('>', "");
        let value = sample(&name);
        line.push_str(&if name == "%t" { format!("[{value}]") } else { value.to_string() });
        values.push((name, value));
        rest = &rest[len..];
    }
    (values, line)
}

#[test]
fn each_is_read_to_its_last_value() {
    for known in KNOWN {
        for name in known.names {
            let format = AccessFormat::named(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(format.server(), known.server, "{name}");
            let (expected, line) = written(known.format);
            let expected: Vec<_> = expected.iter().map(|(n, v)| format!("{n}={v}")).collect();
            assert_eq!(values(&format, &line), expected.join("\n"), "{name}: {line}");
        }
    }
    assert!(KNOWN.len() >= 25);
    assert!(AccessFormat::named("nobody-knows").is_none());
}

#[test]
fn no_name_stands_twice() {
    let mut names: Vec<_> = KNOWN.iter().flat_map(|k| k.names).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Fields that the format has and that detection finds without being told.
#[test]
fn each_is_detected() {
    // Nothing in the line tells what these are: an address may be of one header or the other.
    let unknown = [
        "apache-time",
        "cloudflare-connecting",
        "compression",
        "debian-common",
        "debian-combined",
        "debian-vhost-combined",
    ];
    for known in KNOWN.iter().filter(|k| !k.names.iter().any(|n| unknown.contains(n))) {
        let (_, line) = written(known.format);
        let told = AccessFormat::named(known.names[0]).unwrap();
        let log = format!("{line}\n").repeat(3);
        let found = AccessFormat::detect(log.as_bytes(), known.server).unwrap_or_else(|| panic!("{line}"));
        let same = found.parse(line.as_bytes()) == told.parse(line.as_bytes());
        assert!(same && found.server() == known.server, "{line}\n{}", values(&found, &line));
    }
}

/// The formats of the pages of nginx's own modules, of its packages' `nginx.conf`, and of ingress-nginx.
#[test]
fn formats_of_the_documentation() {
    let compression = nginx(
        "compression '$remote_addr - $remote_user [$time_local] ' '\"$request\" $status $bytes_sent ' '\"$http_referer\" \"$http_user_agent\" \"$gzip_ratio\"'"
            .strip_prefix("compression ").unwrap(),
    );
    let line =
        r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100] "GET / HTTP/1.1" 200 512 "-" "curl/8.5.0" "3.25""#;
    assert_eq!(
        values(&compression, line),
        "remote_addr=192.0.2.7\nremote_user=-\ntime_local=22/Nov/2026:14:03:07 +0100\nrequest=GET / HTTP/1.1\nstatus=200\n\
         bytes_sent=512\nhttp_referer=-\nhttp_user_agent=curl/8.5.0\ngzip_ratio=3.25"
    );
    let main = nginx(
        "log_format  main  '$remote_addr - $remote_user [$time_local] \"$request\" '\n                      '$status $body_bytes_sent \"$http_referer\" '\n                      '\"$http_user_agent\" \"$http_x_forwarded_for\"';",
    );
    let a = r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100] "GET / HTTP/1.1" 200 512 "-" "curl/8.5.0" "203.0.113.9""#;
    assert_eq!(text(access(&main, a).forwarded), Some("203.0.113.9"));
    let ssl = nginx("'$remote_addr $ssl_protocol $ssl_cipher $ssl_session_reused \"$request\" $status'");
    assert_eq!(
        access(&ssl, r#"192.0.2.7 TLSv1.3 TLS_AES_256_GCM_SHA384 r "GET / HTTP/1.1" 200"#).status,
        Some(200)
    );
    let userid = nginx("'$remote_addr \"$request\" \"$uid_got\" \"$uid_set\" $proxy_protocol_addr'");
    assert_eq!(
        values(&userid, r#"192.0.2.7 "GET / HTTP/1.1" "-" "uid=7F000001A1" 203.0.113.9"#),
        "remote_addr=192.0.2.7\nrequest=GET / HTTP/1.1\nuid_got=-\nuid_set=uid=7F000001A1\nproxy_protocol_addr=203.0.113.9"
    );
    let ingress = AccessFormat::named("upstreaminfo").unwrap();
    let line = r#"203.0.113.9 - - [22/Nov/2026:14:03:07 +0000] "GET /api HTTP/2.0" 502 150 "-" "curl/8.5.0" 40 0.004 [shop-web-80] [] 10.1.2.3:8080, 10.1.2.3:8080 0, 0 0.000, 0.004 502, 502 8e5b6cf5a3b8d6d7a2f3c1d0e9f8a7b6"#;
    let a = access(&ingress, line);
    assert_eq!((a.request_length, text(a.upstream_status)), (Some(40), Some("502, 502")));
    assert_eq!((a.tries().count(), text(a.upstream_addr)), (2, Some("10.1.2.3:8080, 10.1.2.3:8080")));
    assert_eq!(text(a.request_id), Some("8e5b6cf5a3b8d6d7a2f3c1d0e9f8a7b6"));
}
