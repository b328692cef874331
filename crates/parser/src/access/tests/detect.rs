use super::*;

fn found(log: &str) -> AccessFormat {
    AccessFormat::detect(log.as_bytes(), AccessServer::Nginx).unwrap_or_else(|| panic!("{log}"))
}

const HEAD: &str = r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100] "GET /a HTTP/1.1""#;

#[test]
fn columns_are_told_by_what_stands_in_them() {
    let log = [
        r#"200 452 "-" "curl/8.5.0" example.com "a5f003f25e7a8b1b-FRA" 0.002 200 0.001 638 x"#,
        r#"502 5559 "https://a.example/" "curl/8.5.0" example.com "a5f003f25e7a8b1c-FRA" 0.900 502, 502 0.001, 0.002 5799 y"#,
        r#"304 0 "-" "-" example.com "-" 0.000 - - 180 x"#,
    ]
    .map(|rest| format!("{HEAD} {rest}"));
    let format = found(&log.join("\n"));
    let a = access(&format, &log[1]);
    assert_eq!((text(a.host), text(a.ray())), (Some("example.com"), Some("a5f003f25e7a8b1c")));
    assert_eq!(
        (text(a.upstream_status), text(a.upstream_response_time)),
        (Some("502, 502"), Some("0.001, 0.002"))
    );
    assert_eq!((a.request_time, a.bytes_sent), (Some(Duration::from_millis(900)), Some(5799)));
    assert_eq!((a.body_bytes_sent, text(a.referrer)), (Some(5559), Some("https://a.example/")));
    assert!(log.iter().all(|line| format.parse(line.as_bytes()).is_some()));
}

#[test]
fn what_cannot_be_told_has_no_name() {
    let log = format!(r#"{HEAD} 200 452 "-" "curl/8.5.0" 17 "word" 0.5 7.25 k=v"#);
    let a = found(&log);
    assert_eq!(values(&a, &log).lines().count(), 7 + 1, "{}", values(&a, &log));
    let a = access(&a, &log);
    let expected = Access {
        status: Some(200),
        request: Some(b"GET /a HTTP/1.1"),
        method: Some(b"GET"),
        uri: Some(b"/a"),
        protocol: Some(b"HTTP/1.1"),
        client: Some(b"192.0.2.7"),
        body_bytes_sent: Some(452),
        user_agent: Some(b"curl/8.5.0"),
        text: log.as_bytes(),
        ..Access::default()
    };
    assert_eq!(a, expected);
}

#[test]
fn columns_with_names() {
    let log = format!(
        r#"{HEAD} 200 452 "-" "curl/8.5.0" ray=a5f003f25e7a8b1b-FRA rid=- host="example.com" took=0.5 rt=0.002 us=502, 200 urt="0.001, 0.001" cs=MISS"#
    );
    let a = access(&found(&log), &log).to_owned();
    assert_eq!((text(a.host), text(a.ray())), (Some("example.com"), Some("a5f003f25e7a8b1b")));
    assert_eq!((text(a.upstream_status), text(a.cache)), (Some("502, 200"), Some("MISS")));
    assert_eq!(
        (text(a.upstream_response_time), a.request_time),
        (Some("0.001, 0.001"), Some(Duration::from_millis(2)))
    );
}

#[test]
fn other_dividers() {
    for divider in ["\t", "|", ";"] {
        let columns = [
            "2026-11-22T14:03:07+01:00",
            "192.0.2.7",
            "\"GET /a HTTP/1.1\"",
            "200",
            "452",
            "example.com",
            "0.002",
            "0.001",
        ];
        let log = columns.join(divider);
        let format = found(&log);
        let a = access(&format, &log);
        assert_eq!(
            (a.status, text(a.client), text(a.host)),
            (Some(200), Some("192.0.2.7"), Some("example.com"))
        );
        assert_eq!(text(a.upstream_response_time), Some("0.001"));
    }
}

#[test]
fn method_and_uri_apart() {
    let log = "2026-11-22T14:03:07+01:00|192.0.2.7|example.com|GET|/a b|502|0.003|502, 502\n\
               2026-11-22T14:03:08+01:00|192.0.2.7|example.com|POST|/|200|0.030|200";
    let a = access(&found(log), log.lines().next().unwrap());
    assert_eq!((text(a.method), text(a.uri), a.status), (Some("GET"), Some("/a b"), Some(502)));
    assert_eq!((text(a.host), text(a.upstream_status)), (Some("example.com"), Some("502, 502")));
}

#[test]
fn a_number_may_count_either() {
    let log = r#"example.com [2026-11-22T14:03:07+01:00] 192.0.2.7 "GET / HTTP/1.1" 200 4300 0.120 0.119"#;
    let a = access(&found(log), log);
    assert_eq!((a.bytes_sent, a.body_bytes_sent, text(a.host)), (None, None, Some("example.com")));
}

/// nginx's documentation has `$bytes_sent` where `combined` has `$body_bytes_sent`.
#[test]
fn answers_without_a_body_tell_which_bytes_are_counted() {
    let line = |method: &str, rest: &str| format!("{}{rest}", HEAD.replace("GET", method));
    for rest in ["", r#" "-""#, r#" "curl/8.5.0" x y"#] {
        let whole = line("GET", &format!(r#" 200 4340 "-" "curl/8.5.0"{rest}"#));
        let head = |size: u64| line("HEAD", &format!(r#" 200 {size} "-" "curl/8.5.0"{rest}"#));
        let (with, without) = (format!("{whole}\n{}", head(244)), format!("{whole}\n{}", head(0)));
        let (with, without) = (found(&with), found(&without));
        let (a, b) = (access(&with, &whole), access(&without, &whole));
        assert_eq!((a.bytes_sent, a.body_bytes_sent), (Some(4340), None), "{rest}");
        assert_eq!((b.bytes_sent, b.body_bytes_sent), (None, Some(4340)), "{rest}");
    }
}

/// A column that is mostly empty is not named by the values that others have there.
#[test]
fn one_value_of_another_kind_is_enough_where_there_is_no_other() {
    let empty = format!(r#"{HEAD} 200 452 "-" "curl/8.5.0" "-" "-""#);
    let range = format!(r#"{HEAD} 206 452 "-" "curl/8.5.0" "bytes=10-99" "bytes 10-99/5200""#);
    let log = format!("{}{range}\n", format!("{empty}\n").repeat(99));
    let a = access(&found(&log), &range).to_owned();
    assert_eq!((a.status, a.forwarded, a.ray_id), (Some(206), None, None));
    // What one client makes up does not hide what the others say.
    let ray = format!(r#"{HEAD} 200 452 "-" "curl/8.5.0" "192.0.2.7" "a5f003f25e7a8b1b-FRA""#);
    let made_up = format!(r#"{HEAD} 200 452 "-" "curl/8.5.0" "192.0.2.7" "made up""#);
    let log = format!("{}{made_up}\n", format!("{ray}\n").repeat(99));
    assert_eq!(text(access(&found(&log), &ray).ray()), Some("a5f003f25e7a8b1b"));
}

#[test]
fn users_may_have_brackets() {
    let line = r#"192.0.2.7 - a - b [c [22/Nov/2026:14:03:07 +0100] "GET /a HTTP/1.1" 200 17 word"#;
    let log = format!("{HEAD} 200 17 word\n{line}\n");
    let format = found(&log);
    assert_eq!(text(access(&format, line).user), Some("a - b [c"));
    assert!(format.parse(line.as_bytes()).unwrap().0.is_some());
}

#[test]
fn paths_and_queries_apart() {
    let log = ["GET /a- 200 17/7 0.000", "GET /b?c=d 404 17/7 0.000", "POST /- 200 17/7 0.001"]
        .map(|rest| format!("2026-11-22T14:03:07+01:00 192.0.2.7:40000 {rest}"));
    let format = found(&log.join("\n"));
    let uris = log.each_ref().map(|line| text(access(&format, line).uri));
    assert_eq!(uris, [Some("/a"), Some("/b?c=d"), Some("/")]);
}

#[test]
fn columns_that_only_look_like_others() {
    let line = |rest: &str| format!(r#"192.0.2.7 [22/Nov/2026:14:03:07 +0100] {rest}"#);
    let a = line(r#".one "GET /a HTTP/1.1" 302 "https://a.example/?x" ct=0.002"#);
    let b = line(r#".one "GET /b HTTP/1.1" 302 "https://b.example/" ct=0.001"#);
    let format = found(&format!("{a}\n{b}"));
    let told = access(&format, &a);
    assert_eq!((text(told.uri), told.host, told.request_time), (Some("/a"), None, None));
}

#[test]
fn status_before_the_request_and_tabs() {
    let old = r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100]  502 "GET /a HTTP/1.1" 17 "-" "curl/8.5.0" "-""#;
    assert_eq!(access(&found(old), old).status, Some(502));
    let tabs = "2026-11-22T14:03:07+01:00\t192.0.2.7\ta.example\tGET /a b HTTP/1.1\t400\t17";
    let told = access(&found(tabs), tabs).to_owned();
    assert_eq!((text(told.uri), told.status, text(told.host)), (Some("/a b"), Some(400), Some("a.example")));
}

#[test]
fn upstreams_of_ipv6_without_quotes() {
    let rest = r#"upstream_addr=[::1]:80, 10.0.0.1:80 upstream_status=502, 200 request_time=0.001"#;
    let logfmt = format!(
        r#"time="22/Nov/2026:14:03:07 +0100" method=GET url="/a" status=200 client=192.0.2.7 {rest}"#
    );
    assert_eq!(text(access(&found(&logfmt), &logfmt).upstream_addr), Some("[::1]:80, 10.0.0.1:80"));
    let columns = format!("{HEAD} 200 [::1]:80, 10.0.0.1:80 [x] 0.001");
    assert_eq!(text(access(&found(&columns), &columns).upstream_addr), Some("[::1]:80, 10.0.0.1:80"));
}

#[test]
fn lines_of_others_between() {
    let log = format!(
        "/docker-entrypoint.sh: Configuration complete; ready for start up\n\
         2026/11/22 14:03:06 [notice] 1#1: start worker processes\n{HEAD} 200 452 \"-\" \"curl/8.5.0\" \"-\"\n\
         2026/11/22 14:03:08 [error] 30#30: *1 open() \"/x\" failed (2: No such file or directory), client: 192.0.2.7, \
         server: , request: \"GET /x HTTP/1.1\", host: \"a\"\n"
    );
    let a = found(&log);
    assert_eq!(
        access(&a, &format!(r#"{HEAD} 404 0 "-" "-" "203.0.113.9""#)).forwarded,
        Some(&b"203.0.113.9"[..])
    );
}

#[test]
fn over_syslog() {
    let log = format!("<190>Nov 22 14:03:07 web1 nginx: {HEAD} 200 452 \"-\" \"curl/8.5.0\"\n");
    assert_eq!(access(&found(&log), &format!(r#"{HEAD} 404 0 "-" "-""#)).status, Some(404));
}

#[test]
fn json_by_its_keys() {
    let flat = r#"{"@timestamp":"2026-11-22T14:03:07+01:00","remote_addr":"192.0.2.7","request":"GET /\"a HTTP/1.1","status":502,"requestTime":"0.003","upstream_status":"502, 502","cf_ray":"a5f003f25e7a8b1b-FRA","http_host":"example.com","bodyBytesSent":150,"unknown":[1,{"status":7}],"n":null}"#;
    let format = found(flat);
    let (at, a) = format.parse(flat.as_bytes()).unwrap();
    assert_eq!(at.unwrap().civil().to_string(), "2026-11-22 14:03:07");
    assert_eq!((a.status, text(a.uri), text(a.host)), (Some(502), Some(r#"/\"a"#), Some("example.com")));
    assert_eq!((a.last_upstream_status(), text(a.ray())), (Some(502), Some("a5f003f25e7a8b1b")));
    assert_eq!((a.request_time, a.body_bytes_sent), (Some(Duration::from_millis(3)), Some(150)));
    assert_eq!((a.escape, format.ends_closed()), (Escape::Json, true));

    let ecs = r#"{ "@timestamp": "2026-11-22T13:03:07.250Z", "http": {"request": {"method": "GET", "referrer": "-"}, "response": {"status_code": 504, "body": {"bytes": 7}}, "version": "1.1"}, "url": {"original": "/a"}, "source": {"address": "192.0.2.7"}, "event": {"duration": 3000000}, "user_agent": {"original": "curl/8.5.0"} }"#;
    let a = access(&found(ecs), ecs).to_owned();
    assert_eq!((a.status, text(a.method), text(a.uri)), (Some(504), Some("GET"), Some("/a")));
    assert_eq!((a.body_bytes_sent, a.request_time), (Some(7), Some(Duration::from_millis(3))));
    assert_eq!((text(a.client), text(a.user_agent)), (Some("192.0.2.7"), Some("curl/8.5.0")));

    // A client that said nothing: the places for a request are there.
    let empty = r#"{"time":"2026-11-22T14:03:07+01:00","status":400,"request":"","remote_addr":"192.0.2.7","host":"_","bytes_sent":0,"body_bytes_sent":0,"connection":7}"#;
    assert_eq!(access(&found(empty), empty).request, None);
    // What was asked for goes before what nginx made of it, and the first of two names for one thing.
    for line in [
        r#"{"time":"2026-11-22T14:03:07+01:00","uri":"/index.php","request_uri":"/a?b","status":200,"host":"a","http_host":"b"}"#,
        r#"{"time":"2026-11-22T14:03:07+01:00","request_uri":"/a?b","uri":"/index.php","host":"a","status":200,"vhost":"b"}"#,
    ] {
        let a = access(&format, line);
        assert_eq!((text(a.uri), text(a.host)), (Some("/a?b"), Some("a")), "{line}");
    }
    // The finer time counts, wherever it stands.
    for line in [
        r#"{"msec":1795352587.250,"time":"2026-11-22T14:03:07+01:00","status":200,"uri":"/"}"#,
        r#"{"time":"2026-11-22T14:03:07+01:00","msec":1795352587.250,"status":200,"uri":"/"}"#,
    ] {
        assert_eq!(format.parse(line.as_bytes()).unwrap().0.unwrap().civil().nanos, 250_000_000);
    }
}

#[test]
fn ltsv_and_logfmt() {
    let ltsv = "time:22/Nov/2026:14:03:07 +0100\thost:192.0.2.7\tforwardedfor:-\treq:GET /a HTTP/1.1\tstatus:200\tsize:452\tvhost:example.com\treqtime:0.003\tapptime:0.001\tua:curl/8.5.0";
    let a = access(&found(ltsv), ltsv).to_owned();
    assert_eq!((a.status, text(a.client), text(a.host)), (Some(200), Some("192.0.2.7"), Some("example.com")));
    assert_eq!(
        (a.request_time, text(a.upstream_response_time)),
        (Some(Duration::from_millis(3)), Some("0.001"))
    );
    assert_eq!((a.body_bytes_sent, text(a.uri)), (Some(452), Some("/a")));

    let logfmt = r#"time="22/Nov/2026:14:03:07 +0100" remote_addr=192.0.2.7 host=example.com method=GET uri="/a?b=c" status=502 rt=0.003 upstream_status=502, 502 upstream_addr="10.0.0.1:80, 10.0.0.2:80" cf_ray=a5f003f25e7a8b1b-FRA"#;
    let a = access(&found(logfmt), logfmt).to_owned();
    assert_eq!((a.status, text(a.uri), text(a.host)), (Some(502), Some("/a?b=c"), Some("example.com")));
    assert_eq!((text(a.upstream_status), a.tries().count()), (Some("502, 502"), 2));
    assert_eq!(text(a.ray()), Some("a5f003f25e7a8b1b"));
}

#[test]
fn apache_by_its_numbers() {
    let log = |status: &str, size: &str| format!("{HEAD} {status} {size} \"-\" \"curl/8.5.0\"\n");
    let apache = |log: &str| AccessFormat::detect(log.as_bytes(), AccessServer::Apache).unwrap();
    let read = |log: &str| {
        let a = apache(log).parse(log.lines().next().unwrap().as_bytes()).unwrap().1;
        (a.body_bytes_sent, a.bytes_sent)
    };
    assert_eq!(read(&(log("200", "452") + &log("304", "-"))), (Some(452), None));
    // An answer that can have no body has a head only: the number counts it.
    assert_eq!(read(&(log("200", "452") + &log("304", "180"))), (None, Some(452)));
}

#[test]
fn lines_can_say_that_they_are_apaches() {
    let plain = format!("{HEAD} 200 452 \"-\" \"curl/8.5.0\"\n");
    assert_eq!(found(&plain).server(), AccessServer::Nginx);
    let quoted = format!("{plain}{HEAD} 200 452 \"-\" \"a\\\"b\"\n");
    assert_eq!(found(&quoted).server(), AccessServer::Apache);
}

#[test]
fn others_are_refused() {
    for log in [
        "",
        "\n\n",
        "2026/11/22 14:03:08 [error] 30#30: *1 open() \"/x\" failed (2: No such file), client: 192.0.2.7, server: a, request: \"GET /x HTTP/1.1\", host: \"a\"\n",
        "[22-Nov-2026 14:03:08] WARNING: [pool www] child 7 exited on signal 11 (SIGSEGV) after 3.0 seconds from start\n",
        "-  - 22/Nov/2026:14:03:07 +0100 \"GET /index.php\" 200\n",
        "Nov 22 14:03:07 web1 kernel: [ 4848.848801] Out of memory: Killed process 6980 (php-fpm8.2)\n",
        "[Sun Nov 22 14:03:07.123456 2026] [proxy_fcgi:error] [pid 3311:tid 1396] [client 1.2.3.4:41022] AH01075: x\n",
        "{\"time\":\"2026-11-22T14:03:07+01:00\",\"level\":\"error\",\"msg\":\"x\"}\n",
        "{\"time\":\"2026-11-22T14:03:07+01:00\",\"status\":\"ok\",\"path\":\"/x\",\"host\":\"a\",\"method\":\"GET\",\"ip\":\"1.2.3.4\"}\n",
        "time=2026-11-22T14:03:07Z level=info msg=\"listening\" host=a port=80 status=up\n",
        "2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [nginx-limit-req] Ban 172.68.10.5\n",
    ] {
        for server in [AccessServer::Nginx, AccessServer::Apache] {
            assert!(AccessFormat::detect(log.as_bytes(), server).is_none(), "{log}");
        }
    }
}
