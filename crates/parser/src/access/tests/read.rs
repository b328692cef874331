use super::*;
use crate::Civil;

const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
const LINE: &str =
    r#"192.0.2.7 - - [22/Nov/2026:14:03:07 +0100] "GET /a?b=c HTTP/1.1" 200 512 "-" "curl/8.5.0""#;

fn stamp(offset: i32) -> Option<Stamp> {
    Some(Stamp::Offset(Civil::new(2026, 11, 22, 14, 3, 7).unwrap(), offset))
}

#[test]
fn combined() {
    let format = nginx(COMBINED);
    let (at, access) = format.parse(LINE.as_bytes()).unwrap();
    assert_eq!(at, stamp(3600));
    let expected = Access {
        status: Some(200),
        request: Some(b"GET /a?b=c HTTP/1.1"),
        method: Some(b"GET"),
        uri: Some(b"/a?b=c"),
        protocol: Some(b"HTTP/1.1"),
        client: Some(b"192.0.2.7"),
        body_bytes_sent: Some(512),
        user_agent: Some(b"curl/8.5.0"),
        text: LINE.as_bytes(),
        ..Access::default()
    };
    assert_eq!(access, expected);
    let with_return = format!("{LINE}\r");
    assert_eq!(format.parse(with_return.as_bytes()).unwrap().1, expected);
}

#[test]
fn what_does_not_fit_is_none() {
    let format = nginx(COMBINED);
    let short = LINE.len() - 1;
    assert!(format.parse(&LINE.as_bytes()[..short]).is_none());
    assert!(format.parse(format!("{LINE} 0.001").as_bytes()).is_none());
    assert!(format.parse(b"").is_none());
    assert!(format.parse(LINE.replace(" 200 ", " 2000 ").as_bytes()).is_none());
    assert!(format.parse(LINE.replace(" 512 ", " x ").as_bytes()).is_none());
    let bare = nginx("$remote_addr $http_cf_ray");
    assert!(bare.parse(br#"192.0.2.7 a "b""#).is_none());
}

#[test]
fn the_finest_time_counts() {
    let line = |format: &str, text: &str| nginx(format).parse(text.as_bytes()).unwrap().0;
    let exact = Civil { nanos: 123_000_000, ..Civil::new(2026, 11, 22, 13, 3, 7).unwrap() };
    let seconds = exact.seconds;
    let text = format!("22/Nov/2026:14:03:07 +0100 2026-11-22T14:03:07+01:00 {seconds}.123");
    assert_eq!(line("$time_local $time_iso8601 $msec", &text), Some(Stamp::Offset(exact, 0)));
    assert_eq!(line("$time_local $time_iso8601", text.rsplit_once(' ').unwrap().0), stamp(3600));
    assert_eq!(line("$time_local|$status", "22/Nov/2026:14:03:07 +0100|200"), stamp(3600));
    assert_eq!(line("$status", "200"), None);
}

#[test]
fn lists_without_quotes_end_where_they_end() {
    let format = nginx("$request_time $upstream_status $upstream_response_time $upstream_addr $bytes_sent");
    let several = values(
        &format,
        "0.003 502, 200 : 200 0.001, 0.002 : - 10.0.0.1:80, unix:/run/a.sock : [::1]:80 1074",
    );
    assert_eq!(
        several,
        "request_time=0.003\nupstream_status=502, 200 : 200\nupstream_response_time=0.001, 0.002 : -\n\
         upstream_addr=10.0.0.1:80, unix:/run/a.sock : [::1]:80\nbytes_sent=1074"
    );
    let none = values(&format, "0.000 - - - 157");
    assert_eq!(
        none,
        "request_time=0.000\nupstream_status=-\nupstream_response_time=-\nupstream_addr=-\nbytes_sent=157"
    );
    let open = values(&nginx("$upstream_status $bytes_sent"), "502 :  17");
    assert_eq!(open, "upstream_status=502 : \nbytes_sent=17");
}

#[test]
fn lists_between_the_same_commas() {
    let format = nginx("$request_time, $upstream_response_time, $upstream_status, $status");
    let line = "0.003, 0.001, 0.002, 502, 200, 200";
    assert_eq!(
        values(&format, line),
        "request_time=0.003\nupstream_response_time=0.001, 0.002\nupstream_status=502, 200\nstatus=200"
    );
}

#[test]
fn a_list_may_end_in_its_colon_before_any_divider() {
    let line = "10.0.0.1:80 : |502 : |0.001 : ]x";
    let format = nginx("$upstream_addr|$upstream_status|$upstream_response_time]$host");
    let expected =
        "upstream_addr=10.0.0.1:80 : \nupstream_status=502 : \nupstream_response_time=0.001 : \nhost=x";
    assert_eq!(values(&format, line), expected);
    // A colon of the format is not the list's.
    let format = nginx("$upstream_status : $request");
    assert_eq!(values(&format, "502 : GET / HTTP/1.1"), "upstream_status=502\nrequest=GET / HTTP/1.1");
}

/// What a client sent that did not speak HTTP has a host, that of the server, and no path.
#[test]
fn a_path_behind_a_host_may_be_missing() {
    let uri = nginx("$scheme://$host$request_uri $status");
    assert_eq!(
        values(&uri, "http://a.example- 400"),
        "scheme=http\nhost=a.example\nrequest_uri=-\nstatus=400"
    );
    assert_eq!(values(&uri, "http://a-/x- 200"), "scheme=http\nhost=a-\nrequest_uri=/x-\nstatus=200");
    let header = nginx("$http_host$request_uri $status");
    assert_eq!(values(&header, "-- 400"), "http_host=-\nrequest_uri=-\nstatus=400");
    let worked = nginx("$host$uri$is_args$args $status");
    assert_eq!(values(&worked, "a.example-- 400"), "host=a.example\nuri=-\nis_args=\nargs=-\nstatus=400");
    // Nothing stands for what is missing here.
    let json = nginx(r#"escape=json '"$host$request_uri"'"#);
    assert_eq!(values(&json, r#""a-""#), "host=a-\nrequest_uri=");
}

#[test]
fn tries_and_last_status() {
    let format = nginx(r#"$status "$upstream_addr" "$upstream_status" "$upstream_response_time""#);
    let access = access(&format, r#"200 "10.0.0.1:80, 10.0.0.2:80" "502, 200" "0.001, 0.020""#);
    assert_eq!(access.last_upstream_status(), Some(200));
    let tries: Vec<_> =
        access.tries().map(|t| (text(t.addr).unwrap(), t.status, t.response_time.unwrap())).collect();
    assert_eq!(
        tries,
        [
            ("10.0.0.1:80", Some(502), Duration::from_millis(1)),
            ("10.0.0.2:80", Some(200), Duration::from_millis(20))
        ]
    );
}

#[test]
fn variables_side_by_side() {
    let format = nginx("$request_method $uri$is_args$args $status");
    assert_eq!(
        values(&format, "GET /a?b=c d 200"),
        "request_method=GET\nuri=/a\nis_args=?\nargs=b=c d\nstatus=200"
    );
    // `$args` of a request without them is missing: a dash.
    assert_eq!(values(&format, "GET /a- 200"), "request_method=GET\nuri=/a\nis_args=\nargs=-\nstatus=200");
    assert_eq!(text(access(&format, "GET /a?b=c 200").uri), Some("/a?b=c"));
    assert_eq!(text(access(&format, "GET /a- 200").uri), Some("/a"));

    let url = nginx("$scheme://$host$request_uri $status");
    assert_eq!(
        values(&url, "https://example.com:8443/a/b?c=://d 200"),
        "scheme=https\nhost=example.com:8443\nrequest_uri=/a/b?c=://d\nstatus=200"
    );
    let header = nginx("$scheme://$http_host$uri $status");
    assert_eq!(
        values(&header, "http://example.com/ 200"),
        "scheme=http\nhttp_host=example.com\nuri=/\nstatus=200"
    );
    // Nothing tells where one ends, so neither is named.
    assert_eq!(values(&nginx("$http_a$http_b $status"), "xy 200"), "status=200");
}

#[test]
fn addresses_before_a_port() {
    let format = nginx("$host:$server_port $remote_addr:$remote_port $status");
    for (host, client) in
        [("example.com", "192.0.2.7"), ("_", "2001:db8::1"), ("[2001:db8::2]", "2001:db8::1")]
    {
        let line = format!("{host}:443 {client}:50123 200");
        let expected =
            format!("host={host}\nserver_port=443\nremote_addr={client}\nremote_port=50123\nstatus=200");
        assert_eq!(values(&format, &line), expected);
    }
}

#[test]
fn blanks_in_unquoted_values() {
    let format = nginx("$remote_addr - $remote_user [$time_local] $status");
    let line = "192.0.2.7 - a [b] - c [22/Nov/2026:14:03:07 +0100] 200";
    assert_eq!(text(access(&format, line).user), Some("a [b] - c"));
    let format = nginx("$request_method $request_uri $server_protocol $status");
    let a = access(&format, "GET /a b HTTP/1.1 200 HTTP/1.1 404");
    assert_eq!((text(a.uri), a.status), (Some("/a b HTTP/1.1 200"), Some(404)));
}

#[test]
fn json() {
    let format = nginx(
        r#"escape=json '{"t":"$time_iso8601","r":"$request","s":$status,"ray":"$http_cf_ray","ua":"$http_user_agent","us":"$upstream_status"}'"#,
    );
    let line = r#"{"t":"2026-11-22T14:03:07+00:00","r":"GET /\"a\\ HTTP/1.1","s":502,"ray":"","ua":"x\",\"us\":\"1","us":"502, 502"}"#;
    let (at, a) = format.parse(line.as_bytes()).unwrap();
    assert_eq!(at, stamp(0));
    assert_eq!(text(a.request), Some(r#"GET /\"a\\ HTTP/1.1"#));
    assert_eq!(a.escape.decode(a.uri.unwrap()), &b"/\"a\\"[..]);
    assert_eq!((a.ray_id, text(a.user_agent)), (None, Some(r#"x\",\"us\":\"1"#)));
    assert_eq!(a.last_upstream_status(), Some(502));
    assert!(format.parse(&line.as_bytes()[..line.len() - 1]).is_none());
}

#[test]
fn raw_values_are_read_so_that_all_fits() {
    let format =
        nginx(r#"escape=none '"$request" $status "$http_user_agent" "$http_referer" $request_time'"#);
    let line = r#""GET /" x HTTP/1.1" 200 "a "b" c" "" 0.003"#;
    let expected = "request=GET /\" x HTTP/1.1\nstatus=200\nhttp_user_agent=a \"b\" c\nhttp_referer=\nrequest_time=0.003";
    assert_eq!(values(&format, line), expected);
    assert_eq!(access(&format, line).referrer, None);
}

#[test]
fn cloudflare() {
    let line = r#"203.0.113.9 172.71.1.2 [2026-11-22T14:03:07+00:00] 1795356187.250 example.com "GET / HTTP/2.0" 200 "200" 151264 150378 0.120 "0.119" 812 42 3 0123456789abcdef0123456789abcdef a5e879cb61d3c7e5-FRA"#;
    let a = access(&AccessFormat::named("cloudflare-joined").unwrap(), line);
    assert_eq!((text(a.client), text(a.edge)), (Some("203.0.113.9"), Some("172.71.1.2")));
    assert_eq!((text(a.ray_id), text(a.ray())), (Some("a5e879cb61d3c7e5-FRA"), Some("a5e879cb61d3c7e5")));
    assert_eq!(a.head_size(), Some(886));
    assert_eq!((a.pid, a.connection, a.connection_requests), (Some(812), Some(42), Some(3)));
    assert_eq!(a.request_time, Some(Duration::from_millis(120)));
    assert_eq!(text(a.request_id), Some("0123456789abcdef0123456789abcdef"));
}

#[test]
fn head_size_needs_both() {
    let format = nginx("$bytes_sent $body_bytes_sent");
    assert_eq!(access(&format, "10 20").head_size(), None);
    assert_eq!(access(&format, "- 20").head_size(), None);
    assert_eq!(access(&format, "20 20").head_size(), Some(0));
}

#[test]
fn made_up_rays_are_none() {
    let format = nginx(r#"'"$http_cf_ray"'"#);
    for (written, ray) in [
        (r#""a5e879cb61d3c7e5""#, Some("a5e879cb61d3c7e5")),
        (r#""A5E879CB61D3C7E5-FRA""#, Some("A5E879CB61D3C7E5")),
        (r#""a5e879cb61d3c7e5x""#, None),
        (r#""a5e879cb61d3c7e""#, None),
        (r#""g5e879cb61d3c7e5""#, None),
        (r#""-""#, None),
    ] {
        assert_eq!(text(access(&format, written).ray()), ray, "{written}");
    }
}

#[test]
fn apache_combined() {
    let format = apache(r#"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""#);
    let line = r#"host.example.net - "" [22/Nov/2026:14:03:07 +0100] "GET /\"a HTTP/1.1" 304 - "-" "a\\\"b""#;
    let (at, a) = format.parse(line.as_bytes()).unwrap();
    assert_eq!(at, stamp(3600));
    assert_eq!((text(a.client), a.user, a.status), (Some("host.example.net"), None, Some(304)));
    assert_eq!((a.body_bytes_sent, a.bytes_sent), (Some(0), None));
    assert_eq!(a.escape.decode(a.user_agent.unwrap()), &b"a\\\"b"[..]);
    assert_eq!(text(a.uri), Some(r#"/\"a"#));
    assert_eq!(a.server_kind, AccessServer::Apache);
}

#[test]
fn apache_elements() {
    let format = apache(
        "%a %{c}a %A %v %V %p %{remote}p %m %U%q %H %s %>s %B %I %O %S %D %T %X %L %P %{tid}P %k %f %{X}e %{X}o \
         %{X}n %{CF-Ray}i %!200,304{X-A}i %{X}C %R",
    );
    let line = "192.0.2.7 172.71.1.2 10.0.0.1 www.example.com example.com 443 50123 GET /a?b=c HTTP/1.1 200 302 512 \
                100 700 800 1500 0 + Xyz123 3311 139640311 0 /var/www/a - - - a5e879cb61d3c7e5-FRA - - -";
    let a = access(&format, line);
    assert_eq!((text(a.client), text(a.edge)), (Some("192.0.2.7"), Some("172.71.1.2")));
    assert_eq!((text(a.server), text(a.host)), (Some("www.example.com"), Some("example.com")));
    assert_eq!(
        (text(a.method), text(a.uri), text(a.protocol)),
        (Some("GET"), Some("/a?b=c"), Some("HTTP/1.1"))
    );
    assert_eq!((a.status, a.head_size(), a.request_length), (Some(302), Some(188), Some(100)));
    assert_eq!(a.request_time, Some(Duration::from_micros(1500)));
    assert_eq!((text(a.request_id), a.pid), (Some("Xyz123"), Some(3311)));
    assert_eq!(text(a.ray()), Some("a5e879cb61d3c7e5"));
    assert_eq!(text(access(&apache("%U%q %s"), "/a 200").uri), Some("/a"));
    assert_eq!(access(&apache("%<s %>s"), "200 404").status, Some(404));
    assert_eq!(access(&apache("%{ms}T"), "1500").request_time, Some(Duration::from_millis(1500)));
    assert_eq!(access(&apache("%{us}T"), "1500").request_time, Some(Duration::from_micros(1500)));
    assert_eq!(access(&apache("%T"), "2").request_time, Some(Duration::from_secs(2)));
}

#[test]
fn apache_times() {
    let at = |format: &str, line: &str| apache(format).parse(line.as_bytes()).unwrap().0;
    let civil = Civil::new(2026, 11, 22, 14, 3, 7).unwrap();
    let milli = Civil { nanos: 123_000_000, ..civil };
    assert_eq!(at("[%{%d/%b/%Y:%T %z}t] %s", "[22/Nov/2026:14:03:07 +0100] 200"), stamp(3600));
    let parts = "%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t";
    assert_eq!(at(parts, "22/Nov/2026:14:03:07.123 +0100"), Some(Stamp::Offset(milli, 3600)));
    assert_eq!(at("%{begin:%F %T}t %s", "2026-11-22 14:03:07 200"), Some(Stamp::Local(civil)));
    let seconds = civil.seconds;
    assert_eq!(at("%{sec}t %s", &format!("{seconds} 200")), stamp(0));
    assert_eq!(at("%{msec}t %s", &format!("{seconds}123 200")), Some(Stamp::Offset(milli, 0)));
    assert_eq!(at("%{end:usec}t %s", &format!("{seconds}123000 200")), Some(Stamp::Offset(milli, 0)));
}

/// A column without a value is a column: of a JSON log an empty string, as of others a dash.
#[test]
fn empty_columns_are_known_to_be_there() {
    for line in [
        &br#"{"time":"2026-11-22T14:03:07+01:00","method":"GET","uri":"/","status":444,"cf_ray":"","upstream_status":""}"#[..],
        br#"{"time":"2026-11-22T14:03:07+01:00","method":"GET","uri":"/","status":444,"cf_ray":"-","upstream_addr":"-"}"#,
    ] {
        let format = AccessFormat::detect(line, AccessServer::Nginx).unwrap();
        let access = format.parse(line).unwrap().1;
        assert_eq!((access.ray(), access.upstream_status), (None, None));
        assert!(access.logs_ray && access.logs_upstream);
    }
    let without = br#"{"time":"2026-11-22T14:03:07+01:00","method":"GET","uri":"/","status":444}"#;
    let format = AccessFormat::detect(without, AccessServer::Nginx).unwrap();
    let access = format.parse(without).unwrap().1;
    assert!(!access.logs_ray && !access.logs_upstream);
}
