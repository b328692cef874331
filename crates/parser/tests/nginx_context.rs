//! Context lists of nginx as each of its parts writes them.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{Body, Context, NginxError, Record, Request};

fn error(line: &[u8]) -> NginxError<'_> {
    match Record::parse(line).map(|r| r.body) {
        Some(Body::NginxError(error)) => error,
        other => panic!("{other:?}: {}", line.escape_ascii()),
    }
}

fn line(rest: &str) -> Vec<u8> {
    format!("2026/11/23 10:46:33 [error] 812#812: *5 {rest}").into_bytes()
}

/// The list of a line with this list.
fn with_list<T>(list: &str, check: impl FnOnce(Context<'_>) -> T) -> T {
    let line = line(&format!("x failed{list}"));
    let error = error(&line);
    assert_eq!(error.text, b"x failed", "{list}");
    check(error.context)
}

fn some(text: &str) -> Option<&[u8]> {
    Some(text.as_bytes())
}

#[test]
fn http_with_every_key() {
    let list = r#", client: 192.0.2.1, server: example.com, request: "GET /a?b=c HTTP/1.1", subrequest: "/auth", upstream: "http://10.0.0.2:8080/a?b=c", host: "www.example.com", referrer: "https://example.org/x""#;
    with_list(list, |c| {
        let wanted = Context {
            client: some("192.0.2.1"),
            server: some("example.com"),
            request: some("GET /a?b=c HTTP/1.1"),
            subrequest: some("/auth"),
            upstream: some("http://10.0.0.2:8080/a?b=c"),
            host: some("www.example.com"),
            referrer: some("https://example.org/x"),
            ..Context::default()
        };
        assert_eq!(c, wanted);
    });
}

#[test]
fn absent_keys_are_none() {
    with_list(r#", client: 2001:db8::1, server: example.com, request: "GET / HTTP/1.0""#, |c| {
        assert_eq!((c.client, c.request), (some("2001:db8::1"), some("GET / HTTP/1.0")));
        assert_eq!((c.upstream, c.host, c.referrer, c.subrequest), (None, None, None, None));
        assert_eq!(c.unread, b"");
    });
}

#[test]
fn server_may_be_empty() {
    with_list(r#", client: 192.0.2.1, server: , request: "GET / HTTP/1.1", host: "h""#, |c| {
        assert_eq!((c.server, c.request, c.host), (some(""), some("GET / HTTP/1.1"), some("h")));
    });
    with_list(", client: 192.0.2.1, server: ", |c| assert_eq!(c.server, some("")));
}

#[test]
fn before_a_request_server_is_the_listening_address() {
    with_list(", client: 192.0.2.1, server: 0.0.0.0:443", |c| {
        assert_eq!((c.client, c.server, c.request), (some("192.0.2.1"), some("0.0.0.0:443"), None));
    });
    with_list(", client: ::1, server: [::]:443", |c| {
        assert_eq!((c.client, c.server), (some("::1"), some("[::]:443")));
    });
}

#[test]
fn client_of_a_unix_socket() {
    with_list(r#", client: unix:, server: example.com, request: "GET / HTTP/1.1", host: "h""#, |c| {
        assert_eq!((c.client, c.server, c.host), (some("unix:"), some("example.com"), some("h")));
    });
}

#[test]
fn stream_with_and_without_bytes() {
    let bytes = "bytes from/to client:12/0, bytes from/to upstream:0/345";
    with_list(
        &format!(r#", client: 192.0.2.1, server: 0.0.0.0:3306, upstream: "10.0.0.2:3306", {bytes}"#),
        |c| {
            assert_eq!((c.client, c.server), (some("192.0.2.1"), some("0.0.0.0:3306")));
            assert_eq!((c.upstream, c.upstream_peer()), (some("10.0.0.2:3306"), some("10.0.0.2:3306")));
            assert_eq!(c.upstream_scheme(), None);
            assert_eq!(c.traffic, some(bytes));
            assert_eq!(c.unread, b"");
        },
    );
    with_list(r#", udp client: 192.0.2.1, server: 0.0.0.0:53, upstream: "unix:/run/dns.sock""#, |c| {
        assert_eq!((c.client, c.server, c.traffic), (some("192.0.2.1"), some("0.0.0.0:53"), None));
        assert_eq!(c.upstream_peer(), some("unix:/run/dns.sock"));
    });
}

#[test]
fn counters_in_the_message_of_a_stream_are_no_list() {
    let text = "upstream disconnected, bytes from/to client:5/7, bytes from/to upstream:7/5";
    let line = line(&format!("{text}, client: 192.0.2.1, server: 0.0.0.0:3306, upstream: \"10.0.0.2:3306\""));
    let error = error(&line);
    assert_eq!(error.text, text.as_bytes());
    assert_eq!((error.context.client, error.context.upstream), (some("192.0.2.1"), some("10.0.0.2:3306")));
}

#[test]
fn mail_with_login_and_bare_upstream() {
    let line = line(
        r#"upstream sent invalid response: "NO" while sending user name to upstream, client: 192.0.2.1 using starttls, server: 0.0.0.0:143, login: "jane@example.com", upstream: 10.0.0.2:143"#,
    );
    let error = error(&line);
    let c = error.context;
    assert_eq!(error.action, some("sending user name to upstream"));
    assert_eq!((c.client, c.server), (some("192.0.2.1"), some("0.0.0.0:143")));
    assert_eq!((c.login, c.upstream), (some("jane@example.com"), some("10.0.0.2:143")));
    with_list(r#", client: 192.0.2.1, server: 0.0.0.0:25, login: "a, b: c""#, |c| {
        assert_eq!((c.client, c.login), (some("192.0.2.1"), some("a, b: c")));
    });
}

#[test]
fn resolver() {
    for address in ["127.0.0.53:53", "[2001:db8::53]:53"] {
        let line =
            line(&format!("recv() failed (111: Connection refused) while resolving, resolver: {address}"));
        let error = error(&line);
        assert_eq!((error.action, error.errno), (some("resolving"), Some(111)));
        assert_eq!(error.context, Context { resolver: some(address), ..Context::default() });
    }
}

#[test]
fn responder_peer_and_certificate() {
    let list =
        r#", responder: ocsp.example.org, peer: 192.0.2.80:80, certificate: "/etc/ssl/example.com.pem""#;
    let line = line(&format!(
        "OCSP responder timed out (110: Connection timed out) while requesting certificate status{list}"
    ));
    let error = error(&line);
    assert_eq!(error.action, some("requesting certificate status"));
    let wanted = Context {
        responder: some("ocsp.example.org"),
        peer: some("192.0.2.80:80"),
        certificate: some("/etc/ssl/example.com.pem"),
        ..Context::default()
    };
    assert_eq!(error.context, wanted);
    with_list(", responder: ocsp.example.org", |c| assert_eq!(c.responder, some("ocsp.example.org")));
}

#[test]
fn phases_of_lua_stand_before_the_client() {
    for phase in [
        "ngx.timer",
        "init_worker_by_lua*",
        "ssl_certificate_by_lua*",
        "ssl_client_hello_by_lua*",
        "ssl_session_fetch_by_lua*",
        "ssl_session_store_by_lua*",
    ] {
        with_list(&format!(", context: {phase}, client: 192.0.2.1, server: 0.0.0.0:443"), |c| {
            assert_eq!((c.lua, c.client, c.server), (some(phase), some("192.0.2.1"), some("0.0.0.0:443")));
        });
        with_list(&format!(", context: {phase}"), |c| assert_eq!((c.lua, c.client), (some(phase), None)));
    }
}

#[test]
fn the_word_context_in_a_message_is_no_list() {
    let text = "[lua] a.lua:3: no data, context: checkout of order 7";
    let line = line(&format!("{text}, client: 192.0.2.1, server: s, request: \"GET / HTTP/1.1\""));
    let error = error(&line);
    assert_eq!(error.text, text.as_bytes());
    assert_eq!((error.context.lua, error.context.client), (None, some("192.0.2.1")));
}

#[test]
fn words_after_client_are_no_address() {
    for word in ["bad", "face", "10", "example.com"] {
        let text = format!("[lua] a.lua:3: lost, client: {word}, again");
        let line = line(&format!("{text}, client: 192.0.2.1, server: s"));
        let error = error(&line);
        assert_eq!((error.text, error.context.client), (text.as_bytes(), some("192.0.2.1")));
    }
}

#[test]
fn syslog_server_follows_its_action_only() {
    let line1 =
        line("send() failed (111: Connection refused) while logging to syslog, server: 192.0.2.5:514");
    let error1 = error(&line1);
    assert_eq!(error1.action, some("logging to syslog"));
    assert_eq!(error1.context, Context { server: some("192.0.2.5:514"), ..Context::default() });
    let line2 = line("something, server: 192.0.2.5:514");
    assert_eq!(error(&line2).text, b"something, server: 192.0.2.5:514");
    assert_eq!(error(&line2).context.server, None);
}

#[test]
fn angie_quotes_client_and_server_and_renames_the_request() {
    let list = r#", client: "192.0.2.1", server: "example.com", request_line: "GET / HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "h", referrer: "r""#;
    with_list(list, |c| {
        assert_eq!((c.client, c.server), (some("192.0.2.1"), some("example.com")));
        assert_eq!((c.request, c.upstream), (some("GET / HTTP/1.1"), some("fastcgi://127.0.0.1:9000")));
        assert_eq!((c.host, c.referrer, c.unread), (some("h"), some("r"), &b""[..]));
    });
    with_list(r#", client: "192.0.2.1", server: "", request_line: "GET / HTTP/1.1""#, |c| {
        assert_eq!((c.server, c.request), (some(""), some("GET / HTTP/1.1")));
    });
}

#[test]
fn peer_of_an_upstream() {
    for (upstream, peer, scheme) in [
        ("fastcgi://unix:/run/php/php8.2-fpm.sock:", "fastcgi://unix:/run/php/php8.2-fpm.sock", "fastcgi"),
        ("fastcgi://unix:/run/php/php8.2-fpm.sock", "fastcgi://unix:/run/php/php8.2-fpm.sock", "fastcgi"),
        ("http://unix:/run/app.sock:/a/b:c", "http://unix:/run/app.sock", "http"),
        ("http://unix:/run/app.sock/a/b:c", "http://unix:/run/app.sock", "http"),
        ("http://unix:/run/app.socket/a?b", "http://unix:/run/app.socket", "http"),
        ("fastcgi://127.0.0.1:9000", "fastcgi://127.0.0.1:9000", "fastcgi"),
        ("http://10.0.0.2:8080/a?b=http://c/d", "http://10.0.0.2:8080", "http"),
        ("https://[2001:db8::2]:443/", "https://[2001:db8::2]:443", "https"),
        ("grpcs://backend/pkg.Service/Call", "grpcs://backend", "grpcs"),
        ("http://backend", "http://backend", "http"),
    ] {
        let list = format!(
            r#", client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", upstream: "{upstream}", host: "h""#
        );
        with_list(&list, |c| {
            assert_eq!(c.upstream, some(upstream));
            assert_eq!(c.upstream_peer(), some(peer));
            assert_eq!(c.upstream_scheme(), some(scheme));
        });
    }
    assert_eq!((Context::default().upstream_peer(), Context::default().upstream_scheme()), (None, None));
}

#[test]
fn request_lines_are_split_into_their_parts() {
    for (request, method, uri, protocol) in [
        ("GET /a?b HTTP/1.1", "GET", "/a?b", Some("HTTP/1.1")),
        ("POST / HTTP/2.0", "POST", "/", Some("HTTP/2.0")),
        ("VERSION-CONTROL /x HTTP/1.0", "VERSION-CONTROL", "/x", Some("HTTP/1.0")),
        ("GET /a b c HTTP/1.1", "GET", "/a b c", Some("HTTP/1.1")),
        ("GET /", "GET", "/", None),
        ("GET / HTT", "GET", "/", None),
        ("GET / HTTP", "GET", "/", None),
        ("GET /HTTP/1.1", "GET", "/HTTP/1.1", None),
        ("GET /index.php?page=1", "GET", "/index.php?page=1", None),
    ] {
        let wanted =
            Request { method: method.as_bytes(), uri: uri.as_bytes(), protocol: protocol.map(str::as_bytes) };
        assert_eq!(Request::parse(request.as_bytes()), Some(wanted), "{request}");
    }
    for no_request in ["", "GET", "-", " / HTTP/1.1", "get / HTTP/1.1", "\u{16}\u{3}\u{1} x"] {
        assert_eq!(Request::parse(no_request.as_bytes()), None, "{no_request:?}");
    }
}

#[test]
fn bytes_of_a_tls_hello_are_a_request_without_parts() {
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xe2\"\x91\xff, \x00*";
    let mut bytes = line(
        "client sent invalid request while reading client request line, client: 192.0.2.1, server: example.com, request: \"",
    );
    bytes.extend_from_slice(hello);
    bytes.push(b'"');
    let error = error(&bytes);
    assert_eq!(error.action, some("reading client request line"));
    assert_eq!((error.context.request, error.context.request_line()), (Some(&hello[..]), None));
}

#[test]
fn a_partial_request_is_kept() {
    with_list(r#", client: 192.0.2.1, server: s, request: "GET / HTT""#, |c| {
        assert_eq!(c.request, some("GET / HTT"));
        assert_eq!(c.request_line().unwrap().protocol, None);
    });
}

#[test]
fn bytes_that_are_no_utf8_are_kept() {
    let mut bytes = line("x failed, client: 192.0.2.1, server: s, request: \"GET /");
    bytes.extend_from_slice(b"\xff\xfe\xc3 HTTP/1.1\", host: \"\xe4\"");
    let error = error(&bytes);
    assert_eq!(error.context.request_line().unwrap().uri, b"/\xff\xfe\xc3");
    assert_eq!(error.context.host, Some(&b"\xe4"[..]));
}

#[test]
fn lines_of_others_do_not_get_into_the_last_value() {
    let head = "2026/11/23 12:00:00 [error] 7#7: *1 x, client: 192.0.2.1, server: a.example.com";
    let junk = "\nsome other program\nwrote \"this\" here";
    let parse = |line: &str| {
        let line = line.to_owned().into_bytes().leak();
        let Some(Body::NginxError(error)) = Record::parse(line).map(|r| r.body) else { panic!("{line:?}") };
        error.context
    };
    assert_eq!(parse(&format!("{head}{junk}")).server, Some(&b"a.example.com"[..]));
    let host = format!("{head}, request: \"GET / HTTP/1.1\", host: \"a.example.com\"");
    for junk in [junk.to_owned(), junk.replace('\n', "\r\n")] {
        let context = parse(&format!("{host}{junk}"));
        assert_eq!(context.host, Some(&b"a.example.com"[..]));
        assert_eq!(context.unread, junk.as_bytes());
        let referrer = parse(&format!("{host}, referrer: \"https://b.example.com/\"{junk}"));
        assert_eq!(referrer.referrer, Some(&b"https://b.example.com/"[..]));
    }
}
