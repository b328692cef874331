use super::*;

fn combined() -> AccessFormat {
    AccessFormat::named("combined").unwrap()
}

fn with_request(request: &str, status: &str) -> String {
    format!(r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100] "{request}" {status} 150 "-" "-""#)
}

#[test]
fn tls_on_a_plain_port() {
    let line = with_request(r"\x16\x03\x01\x00\xEE\x01\x00", "400");
    let a = access(&combined(), &line);
    assert!(a.is_tls_hello() && !a.is_http2_preface());
    assert_eq!((a.status, a.method, a.uri), (Some(400), None, None));
    let json = nginx(r#"escape=json '{"r":"$request"}'"#);
    assert!(access(&json, r#"{"r":"\u0016\u0003\u0001"}"#).is_tls_hello());
    assert!(access(&nginx("escape=none '\"$request\" $status'"), "\"\u{16}\u{3}\u{1}\" 400").is_tls_hello());
    assert!(!access(&combined(), &with_request("GET / HTTP/1.1", "400")).is_tls_hello());
    assert!(access(&combined(), &with_request("PRI * HTTP/2.0", "400")).is_http2_preface());
}

#[test]
fn short_and_missing_requests() {
    for (request, method, uri, protocol) in [
        ("-", None, None, None),
        ("", None, None, None),
        ("GET / HTT", Some("GET"), Some("/"), None),
        ("GET /a b HTTP/1.1", Some("GET"), Some("/a b"), Some("HTTP/1.1")),
        (r"GET /\x22\x5C\xC3 HTTP/1.0", Some("GET"), Some(r"/\x22\x5C\xC3"), Some("HTTP/1.0")),
    ] {
        let line = with_request(request, "009");
        let a = access(&combined(), &line);
        assert_eq!((text(a.method), text(a.uri), text(a.protocol)), (method, uri, protocol), "{request}");
        assert_eq!(a.status, Some(9));
    }
    assert_eq!(access(&combined(), &with_request("-", "000")).status, Some(0));
}

#[test]
fn forged_fields_stay_in_their_value() {
    let format = nginx(r#"$remote_user "$request" $status "$http_user_agent" $http_cf_ray $request_time"#);
    let line = r#"a b "GET / HTTP/1.1\x22 200 \x22" 404 "\x22 200 \x22 0.001" x 9.999 0.003"#;
    let a = access(&format, line);
    assert_eq!((a.status, a.request_time), (Some(404), Some(Duration::from_millis(3))));
    assert_eq!((text(a.user), text(a.ray_id)), (Some("a b"), Some("x 9.999")));
}

#[test]
fn hosts_may_be_anything_without_blanks() {
    for (format, before, after) in [
        ("$host $status", "", " 400"),
        ("[$host] $status", "[", "] 400"),
        ("$host:$server_port $status", "", ":80 400"),
        ("$scheme://$host$request_uri $status", "http://", "/a 400"),
    ] {
        for host in ["a'b", "<x>(y)", "a{}=&?!$", r"a\x22b", "[a]", "a:b"] {
            let line = format!("{before}{host}{after}");
            let a = access(&nginx(format), &line);
            assert_eq!((text(a.host), a.status), (Some(host), Some(400)), "{line}");
        }
    }
}

#[test]
fn long_hostile_lines_end() {
    let many = r#"" 200 "#.repeat(200_000);
    let formats = [
        nginx(
            r#"escape=none '"$request" $status "$http_user_agent" "$http_referer" "$http_a" "$http_b" $request_time'"#,
        ),
        nginx("$http_a $http_b $http_c $http_d $http_e $http_f $status"),
        nginx("escape=none '$http_a $http_b $http_c $status $http_d 1 $status'"),
        nginx("$upstream_status, $upstream_status, $upstream_status, $upstream_status x"),
        nginx("$upstream_addr : $upstream_addr : $upstream_addr x"),
        nginx("$remote_addr:$remote_addr:$host:$host x"),
        combined(),
        apache(r#"%u %u %u %u "%r""#),
    ];
    let lines = [
        many.clone(),
        "1 ".repeat(500_000),
        "200, ".repeat(200_000),
        "a : ".repeat(200_000),
        ":".repeat(1_000_000),
        "\\".repeat(1_000_001),
        format!("{}{}", with_request("", "200"), many),
    ];
    for format in &formats {
        for line in &lines {
            let _ = format.parse(line.as_bytes());
        }
    }
    for line in
        ["{\"a\":".repeat(200_000), "[".repeat(1_000_000), "{\"a\":[".repeat(200_000), "a=\"".repeat(300_000)]
    {
        assert!(AccessFormat::detect(line.as_bytes(), AccessServer::Nginx).is_none());
        for dialect in [Dialect::Json, Dialect::Ltsv, Dialect::Logfmt] {
            let format = AccessFormat { layout: Layout::Keys(dialect), server: AccessServer::Nginx };
            assert!(format.parse(line.as_bytes()).is_none());
        }
    }
}
