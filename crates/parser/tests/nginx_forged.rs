//! What clients and scripts send in order to look like nginx's own keys, and records that were cut.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{Body, Context, MAX_RECORD, NginxError, Record};

fn error(line: &[u8]) -> NginxError<'_> {
    match Record::parse(line).map(|r| r.body) {
        Some(Body::NginxError(error)) => error,
        other => panic!("{other:?}: {}", line.escape_ascii()),
    }
}

fn line(rest: &str) -> Vec<u8> {
    format!("2026/11/23 10:46:33 [error] 812#812: *5 {rest}").into_bytes()
}

fn some(text: &str) -> Option<&[u8]> {
    Some(text.as_bytes())
}

#[test]
fn a_referer_forges_no_upstream() {
    let line = line(
        r#"x failed, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", host: "h", referrer: "x", upstream: "fake""#,
    );
    let c = error(&line).context;
    assert_eq!((c.upstream, c.host), (None, some("h")));
    assert_eq!(c.referrer, some(r#"x", upstream: "fake"#));
}

#[test]
fn a_referer_forges_no_host_behind_an_upstream() {
    let line = line(
        r#"x failed, client: 192.0.2.1, server: s, request: "GET / HTTP/1.0", upstream: "http://10.0.0.2:80/", referrer: "a", host: "evil""#,
    );
    let c = error(&line).context;
    assert_eq!(
        (c.upstream, c.host, c.referrer),
        (some("http://10.0.0.2:80/"), None, some(r#"a", host: "evil"#))
    );
}

#[test]
fn a_referer_forges_no_client() {
    let line = line(
        r#"x failed (2: No such file or directory), client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", host: "h", referrer: "a, client: 6.6.6.6, server: evil""#,
    );
    let c = error(&line).context;
    assert_eq!((c.client, c.server), (some("192.0.2.1"), some("s")));
    assert_eq!(c.referrer, some("a, client: 6.6.6.6, server: evil"));
}

#[test]
fn a_path_forges_no_client() {
    for path in [
        "/var/www/x, client: 6.6.6.6, server: evil",
        r#"/var/www/x", client: 6.6.6.6, server: evil"#,
        r#"/var/www/"x"", client: 6.6.6.6, server: evil"#,
        r#"/var/www/"x, client: 6.6.6.6"#,
        r#"/var/www/"x", client: 6.6.6.6"#,
    ] {
        let text = format!(r#"open() "{path}" failed (2: No such file or directory)"#);
        let line =
            line(&format!(r#"{text}, client: 192.0.2.1, server: s, request: "GET /x HTTP/1.1", host: "h""#));
        let error = error(&line);
        assert_eq!(error.text, text.as_bytes(), "{path}");
        assert_eq!(error.errno, Some(2), "{path}");
        assert_eq!((error.context.client, error.context.server), (some("192.0.2.1"), some("s")), "{path}");
    }
}

#[test]
fn a_quote_in_a_path_hides_no_list() {
    let text = r#"open() "/var/www/"><script>alert(1)" failed (2: No such file or directory)"#;
    let line = line(&format!(
        r#"{text}, client: 192.0.2.1, server: s, request: "GET /%22%3E%3Cscript%3Ealert(1) HTTP/1.1", host: "h""#
    ));
    let error = error(&line);
    assert_eq!((error.text, error.errno), (text.as_bytes(), Some(2)));
    assert_eq!((error.context.client, error.context.host), (some("192.0.2.1"), some("h")));
}

#[test]
fn a_request_forges_no_host() {
    for request in [
        r#"GET /?x=", host: "evil HTTP/1.1"#,
        r#"GET /?x=", upstream: "http://6.6.6.6/", host: "evil HTTP/1.1"#,
        r#"GET /?x=", referrer: "evil HTTP/1.1"#,
        r#"GET /a HTTP/1.1", host: "evil HTTP/1.1"#,
        r#"GET /"a"b", HTTP/1.1"#,
    ] {
        let line = line(&format!(
            r#"x failed, client: 192.0.2.1, server: s, request: "{request}", upstream: "http://10.0.0.2:80/", host: "real", referrer: "r""#
        ));
        let c = error(&line).context;
        assert_eq!(c.request, some(request));
        assert_eq!((c.upstream, c.host, c.referrer), (some("http://10.0.0.2:80/"), some("real"), some("r")));
    }
}

#[test]
fn a_query_in_the_upstream_forges_no_host() {
    let query = r#"/?x=", host: "evil"#;
    let line = line(&format!(
        r#"x failed, client: 192.0.2.1, server: s, request: "GET {query} HTTP/1.1", upstream: "http://10.0.0.2:80{query}", host: "real""#
    ));
    let c = error(&line).context;
    assert_eq!((c.host, c.referrer), (some("real"), None));
    assert_eq!(c.upstream, some(&format!("http://10.0.0.2:80{query}")));
    assert_eq!(c.upstream_peer(), some("http://10.0.0.2:80"));
}

#[test]
fn a_host_with_quotes_stays_the_host() {
    for upstream in ["", r#", upstream: "fastcgi://unix:/run/php.sock:""#] {
        for host in [r#"a"b"#, r#""><script>"#, r#"""#] {
            let line = line(&format!(
                r#"x failed, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1"{upstream}, host: "{host}""#
            ));
            let c = error(&line).context;
            assert_eq!((c.request, c.host), (some("GET / HTTP/1.1"), some(host)), "{upstream}");
            assert_eq!(c.upstream_scheme().is_some(), !upstream.is_empty());
        }
    }
}

#[test]
fn a_header_line_forges_no_list() {
    let text = r#"client sent invalid header line: "X y: a, client: 6.6.6.6, server: evil, request: "GET / HTTP/1.1"""#;
    let line = line(&format!(
        r#"{text} while reading client request headers, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", host: "h""#
    ));
    let error = error(&line);
    assert_eq!(error.message, text.as_bytes());
    assert_eq!((error.context.client, error.context.server), (some("192.0.2.1"), some("s")));
}

/// `list` behind a message so long that the record is cut after `kept` bytes of the list.
fn cut_in(list: &str, kept: usize) -> Vec<u8> {
    let (head, tail) =
        ("2026/11/23 10:46:33 [error] 812#812: *5 open() \"/", "\" failed (2: No such file or directory)");
    let fill = "a".repeat(MAX_RECORD - head.len() - tail.len() - kept);
    format!("{head}{fill}{tail}{}", &list[..kept]).into_bytes()
}

fn values<'c>(c: &Context<'c>) -> [Option<&'c [u8]>; 14] {
    [
        c.client,
        c.server,
        c.request,
        c.subrequest,
        c.upstream,
        c.host,
        c.referrer,
        c.login,
        c.resolver,
        c.responder,
        c.peer,
        c.certificate,
        c.lua,
        c.traffic,
    ]
}

#[test]
fn a_list_cut_anywhere_gives_beginnings_of_its_values() {
    for list in [
        r#", client: 192.0.2.1, server: example.com, request: "GET /a?b=c HTTP/1.1", subrequest: "/auth", upstream: "http://10.0.0.2:8080/a?b=c", host: "www.example.com", referrer: "https://example.org/x""#,
        r#", client: 192.0.2.1, server: , request: "GET / HTTP/1.1", host: "h""#,
        r#", client: "192.0.2.1", server: "example.com", request_line: "GET / HTTP/1.1", host: "h""#,
        r#", client: 192.0.2.1, server: 0.0.0.0:3306, upstream: "10.0.0.2:3306", bytes from/to client:1/2, bytes from/to upstream:3/4"#,
        r#", udp client: 192.0.2.1, server: 0.0.0.0:53"#,
        r#", client: 192.0.2.1 using starttls, server: 0.0.0.0:25, login: "jane", upstream: 10.0.0.2:25"#,
        ", context: ngx.timer, client: 192.0.2.1, server: 0.0.0.0:443",
    ] {
        let whole = cut_in(list, list.len());
        let whole = values(&error(&whole).context);
        for kept in 0..list.len() {
            let line = cut_in(list, kept);
            let error = error(&line);
            let shown = &list[..kept];
            assert!(error.cut);
            assert!(error.text.ends_with(b"failed (2: No such file or directory)"), "{shown}");
            for (part, value) in values(&error.context).into_iter().zip(whole) {
                let Some(part) = part else { continue };
                let value = value.unwrap_or_else(|| panic!("{}: {shown}", part.escape_ascii()));
                // angie's quotes cannot be told from a value's where the second is missing.
                let part = part.strip_prefix(b"\"").unwrap_or(part);
                assert!(value.starts_with(part), "{}: {shown}", part.escape_ascii());
            }
        }
    }
}

#[test]
fn a_cut_path_forges_no_list() {
    let head = "2026/11/23 10:46:33 [crit] 812#812: *5 stat() \"/x, client: 6.6.6.6, server: evil/";
    let tail = "... (36: File name too long)";
    let line = format!("{head}{}{tail}", "a".repeat(MAX_RECORD - head.len() - tail.len())).into_bytes();
    let error = error(&line);
    assert!(error.cut);
    assert_eq!((error.errno, error.context.client, error.context.server), (Some(36), None, None));
}

#[test]
fn a_long_path_with_a_quote_keeps_its_list_when_cut() {
    let (head, tail) = (
        "2026/11/23 10:46:33 [error] 812#812: *5 open() \"/\"><script>",
        r#"" failed (2: No such file or directory), client: 192.0.2.1, server: s, request: "GET /%22%3E%3Cscr"#,
    );
    let line = format!("{head}{}{tail}", "a".repeat(MAX_RECORD - head.len() - tail.len())).into_bytes();
    let c = error(&line).context;
    assert_eq!((c.client, c.server, c.request), (some("192.0.2.1"), some("s"), some("GET /%22%3E%3Cscr")));
}

#[test]
fn a_carriage_return_or_empty_lines_at_the_end_belong_to_no_value() {
    let list = r#"x failed, client: 192.0.2.1, server: s, request: "GET / HTTP/1.1", host: "h""#;
    for end in ["\r", "\n", "\r\n\r", "\n\n"] {
        let line = line(&format!("{list}{end}"));
        assert_eq!(error(&line).context.host, some("h"), "{end:?}");
    }
    let line = line("signal 15 (SIGTERM) received\r");
    assert_eq!(error(&line).text, b"signal 15 (SIGTERM) received");
}

/// Lines that go on with a record can make it as long as a file; reading it must not take the square of that.
#[test]
fn long_records_full_of_keys_are_read_in_one_go() {
    let begun = std::time::Instant::now();
    for key in [
        "\", host: \"",
        " HTTP/1.1\", host: \"",
        "x\", client: 192.0.2.9, server: \"",
        ", context: ngx.timer",
    ] {
        for before in [
            "",
            "FastCGI sent in stderr: \"",
            "x, client: 192.0.2.1, server: s, request: \"G\" HTTP/1.1\", upstream: \"",
        ] {
            let line = line(&format!("{before}{}", key.repeat(300_000 / key.len())));
            assert!(error(&line).cut);
        }
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
