//! Each form as it is found in the wild, and what it must give.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use logscan_catalogue::Timestamp;
use logscan_parser::Civil;
use proptest::prelude::*;

use super::*;

const RAY: RayId = RayId(0xa5e8_79cb_61d3_c7e5);

/// 2026-11-22T14:03:07Z, the second of [`RAY`].
const AT: i64 = 1_795_356_187;

fn options() -> ReadOptions<'static> {
    ReadOptions { now: Timestamp::from_seconds(AT + 86_400), ..ReadOptions::default() }
}

fn batch(text: &str) -> Batch {
    read(text.as_bytes(), &options()).unwrap()
}

/// The only report of a text that has nothing else.
fn only(text: &str) -> Report {
    let mut batch = batch(text);
    assert_eq!(batch.problems, [], "{text}");
    assert_eq!(batch.reports.len(), 1, "{text}: {batch:?}");
    batch.reports.remove(0)
}

fn when(from_millis: i64, until_millis: i64, moment: Moment) -> Option<When> {
    let at = |millis: i64| Timestamp::from_micros(millis * 1000);
    Some(When { from: at(from_millis), until: at(until_millis), moment })
}

/// The ten milliseconds that the Ray ID tells.
fn by_ray() -> Option<When> {
    when(AT * 1000 + 420, AT * 1000 + 430, Moment::Start)
}

fn second(seconds: i64, moment: Moment) -> Option<When> {
    when(seconds * 1000, seconds * 1000 + 1000, moment)
}

fn words(batch: &Batch) -> Vec<String> {
    batch.problems.iter().map(ToString::to_string).collect()
}

fn lines(batch: &Batch) -> Vec<u64> {
    batch.reports.iter().map(|r| r.line).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const LOGPUSH: &str = r#"{"CacheCacheStatus":"Dynamic","ClientIP":"203.0.113.77","ClientRequestHost":"shop.example.com","ClientRequestMethod":"GET","ClientRequestSource":"eyeball","ClientRequestURI":"/checkout/?step=2","EdgeColoCode":"FRA","EdgeEndTimestamp":"2026-11-22T14:03:08Z","EdgePathingOp":"wl","EdgeResponseStatus":520,"EdgeServerIP":"172.70.114.23","EdgeStartTimestamp":"2026-11-22T14:03:07Z","OriginIP":"198.51.100.20","OriginResponseDurationMs":412,"OriginResponseHeaderReceiveDurationMs":0,"OriginResponseStatus":0,"OriginSSLProtocol":"TLSv1.3","OriginTCPHandshakeDurationMs":3,"OriginTLSHandshakeDurationMs":7,"ParentRayID":"00","RayID":"a5e879cb61d3c7e5"}"#;

#[test]
fn logpush_record() {
    let report = only(LOGPUSH);
    let expected = Report {
        file: 0,
        line: 1,
        when: by_ray(),
        count: 1,
        status: Some(520),
        ray: Some(RAY),
        host: some("shop.example.com"),
        method: some("GET"),
        uri: some("/checkout/?step=2"),
        whole_uri: true,
        client: some("203.0.113.77"),
        edge: some("172.70.114.23"),
        origin_status: Some(0),
        took: Some(Duration::from_secs(1)),
        origin_took: Some(Duration::from_millis(412)),
        header_wait: Some(Duration::ZERO),
        tcp_handshake: Some(Duration::from_millis(3)),
        tls_handshake: Some(Duration::from_millis(7)),
        cache: some("dynamic"),
        origin: some("198.51.100.20"),
    };
    assert_eq!(report, expected);
}

#[test]
fn logpull_record_in_nanoseconds() {
    let line = r#"{"ClientRequestHost":"shop.example.com","EdgeEndTimestamp":1795356187840000000,"EdgeResponseStatus":520,"EdgeStartTimestamp":1795356187425000000,"RayID":"a5e879cb61d3c7e5","sampleInterval":10}"#;
    let report = only(line);
    // A millisecond is finer than what the Ray ID tells.
    assert_eq!(report.when, when(AT * 1000 + 425, AT * 1000 + 426, Moment::Start));
    assert_eq!(report.took, Some(Duration::from_millis(415)));
    assert_eq!(report.count, 10);
    // Copies in other systems write strings.
    let copied = line.replace(":1795356187425000000", ":\"1795356187425000000\"");
    assert_eq!(only(&copied).when, report.when);
}

#[test]
fn the_end_alone_and_a_ray_far_away() {
    let end = only(r#"{"EdgeEndTimestamp":"2026-11-22T14:05:00Z","EdgeResponseStatus":524}"#);
    assert_eq!(end.when, second(AT + 113, Moment::End));
    let ray = only(
        r#"{"EdgeEndTimestamp":"2026-11-22T14:05:12Z","EdgeResponseStatus":524,"RayID":"a5e879cb61d3c7e5"}"#,
    );
    assert_eq!((ray.when, ray.took), (by_ray(), Some(Duration::from_millis(124_580))));
    // Two seconds off: the ID says nothing of this time.
    let start = only(r#"{"EdgeStartTimestamp":"2026-11-22T14:03:10Z","RayID":"a5e879cb61d3c7e5"}"#);
    assert_eq!((start.when, start.ray), (second(AT + 3, Moment::Start), Some(RAY)));
}

#[test]
fn tables_without_names() {
    let report = only("\"203.0.113.77\",1795356187420000000,520,0,\"a5e879cb61d3c7e5\"\n");
    assert_eq!(report.when, when(AT * 1000 + 420, AT * 1000 + 421, Moment::Start));
    assert_eq!((report.status, report.origin_status), (Some(520), Some(0)));
    assert_eq!((report.ray, report.client), (Some(RAY), some("203.0.113.77")));
    let rows = batch(
        "172.70.114.23\t203.0.113.77\t2026-11-22T14:03:09Z\t2026-11-22T14:03:07Z\t502\t412\tPOST\tshop.example.com\t/a\n\
         172.70.114.24\t203.0.113.78\t2026-11-22T14:03:11Z\t2026-11-22T14:03:10Z\t520\t7\tGET\tshop.example.com\t/b\n",
    );
    let report = &rows.reports[0];
    assert_eq!(report.when, second(AT, Moment::Start));
    assert_eq!(report.took, Some(Duration::from_secs(2)));
    assert_eq!(
        (report.edge.as_deref(), report.client.as_deref()),
        (Some("172.70.114.23"), Some("203.0.113.77"))
    );
    assert_eq!((report.status, report.method.as_deref()), (Some(502), Some("POST")));
    assert_eq!((report.host.as_deref(), report.uri.as_deref()), (Some("shop.example.com"), Some("/a")));
    // A comma and three digits behind a second are a status here, and no milliseconds.
    let short = batch("2026-11-22 14:03:07,520\n2026-11-22 14:03:08,521\n");
    assert_eq!((short.reports[1].status, short.reports[1].when), (Some(521), second(AT + 1, Moment::Start)));
}

#[test]
fn tables_of_spreadsheets() {
    let text = "\u{feff}Datum;Uhrzeit;Status;Ray ID;URL\r\n\
                22.11.2026;14:03:07;520;a5e879cb61d3c7e5;https://shop.example.com/a?b=1\r\n\
                22.11.2026;14:03;521;;\"https://shop.example.com/a;b\"\r\n";
    let found = batch(text);
    assert_eq!((found.form, words(&found), lines(&found)), (Form::Table, vec![], vec![2, 3]));
    assert_eq!((found.reports[0].when, found.reports[0].status), (by_ray(), Some(520)));
    assert_eq!((&found.reports[0].host, &found.reports[0].uri), (&some("shop.example.com"), &some("/a?b=1")));
    assert_eq!(found.reports[1].when, when((AT - 7) * 1000, (AT + 53) * 1000, Moment::Start));
    assert_eq!(found.reports[1].uri, some("/a;b"));
    // What Excel calls Unicode text.
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = units.collect();
    assert_eq!(read(bytes.as_slice(), &options()).unwrap(), found);
}

#[test]
fn tables_with_open_quotes_and_line_breaks() {
    let text = "timestamp,status,note\n\
                2026-11-22T14:03:07Z,520,\"two\nlines\"\n\
                2026-11-22T14:03:08Z,521,\"open\n\
                2026-11-22T14:03:09Z,522,x\n";
    let found = batch(text);
    let statuses: Vec<_> = found.reports.iter().map(|r| r.status).collect();
    assert_eq!((lines(&found), statuses), (vec![2, 4, 5], vec![Some(520), Some(521), Some(522)]));
}

#[test]
fn tables_that_count() {
    let found =
        batch("Time (UTC),Requests\n2026-11-22 14:00:00,3\n2026-11-22 14:05:00,0\n2026-11-22 14:10:00,4\n");
    assert_eq!(found.left_out, LeftOut { none: 1, ..LeftOut::default() });
    assert_eq!(found.reports[0].when, when((AT - 187) * 1000, (AT + 113) * 1000, Moment::Within));
    assert_eq!((found.reports[0].count, found.reports[1].count), (3, 4));
}

#[test]
fn log_explorer_and_envelopes() {
    let text = r#"{"result":[{"clientrequesthost":"shop.example.com","edgestarttimestamp":"2026-11-22T14:03:07Z","edgeresponsestatus":520,"originresponsestatus":0,"rayid":"a5e879cb61d3c7e5"}],"success":true,"errors":[],"messages":[]}"#;
    let report = only(text);
    assert_eq!((report.when, report.status, report.origin_status), (by_ray(), Some(520), Some(0)));
    let two = batch(&format!("{{\"events\":[{LOGPUSH},{LOGPUSH}]}}\n{{\"events\":[{LOGPUSH}]}}\n"));
    assert_eq!((two.form, lines(&two)), (Form::JsonLines, vec![1, 1, 2]));
    let listed = batch(&format!("[\n{LOGPUSH},\n{LOGPUSH}\n]\n"));
    assert_eq!(lines(&listed), [2, 3]);
    let pretty =
        batch("[\n {\n  \"timestamp\": \"2026-11-22T14:03:07Z\"\n },\n {\"timestamp\": 1795356188}\n]");
    assert_eq!((pretty.form, lines(&pretty)), (Form::Json, vec![1, 2]));
}

#[test]
fn graphql_rows_and_groups() {
    let rows = r#"{"data":{"viewer":{"zones":[{"httpRequestsAdaptive":[{"datetime":"2026-11-22T14:03:07Z","clientRequestHTTPHost":"shop.example.com","clientRequestHTTPMethodName":"GET","clientRequestPath":"/checkout/","clientRequestQuery":"?step=2","clientIP":"203.0.113.77","edgeResponseStatus":520,"originResponseStatus":0,"rayName":"a5e879cb61d3c7e5"}]}]}},"errors":null}"#;
    let report = only(rows);
    assert_eq!((report.when, report.ray), (by_ray(), Some(RAY)));
    assert_eq!((report.uri.as_deref(), report.whole_uri), (Some("/checkout/?step=2"), true));
    let path = only(&rows.replace(r#""clientRequestQuery":"?step=2","#, ""));
    assert_eq!((path.uri.as_deref(), path.whole_uri), (Some("/checkout/"), false));

    let group = |dimension: &str| {
        only(&format!(
            r#"{{"data":{{"viewer":{{"zones":[{{"httpRequestsAdaptiveGroups":[{{"avg":{{"sampleInterval":1.5}},"count":37,"dimensions":{{{dimension},"edgeResponseStatus":520,"originResponseStatus":0}}}}]}}]}}}},"errors":null}}"#
        ))
    };
    let minute = group(r#""datetimeMinute":"2026-11-22T14:03:00Z""#);
    assert_eq!((minute.count, minute.status, minute.origin_status), (37, Some(520), Some(0)));
    assert_eq!(minute.when, when((AT - 7) * 1000, (AT + 53) * 1000, Moment::Within));
    let hour = group(r#""datetimeHour":"2026-11-22T14:00:00Z""#);
    assert_eq!(hour.when, when((AT - 187) * 1000, (AT + 3413) * 1000, Moment::Within));
    let five = group(r#""datetimeFiveMinutes":"2026-11-22T14:00:00Z""#);
    assert_eq!(five.when, when((AT - 187) * 1000, (AT + 113) * 1000, Moment::Within));
    assert_eq!(group(r#""datetime":"2026-11-22T14:03:07Z""#).when, second(AT, Moment::Start));
}

#[test]
fn graphql_groups_by_status() {
    let text = r#"{"data":{"viewer":{"zones":[{"httpRequests1hGroups":[{"dimensions":{"datetime":"2026-11-22T14:00:00Z"},"sum":{"countryMap":[{"requests":40,"clientCountryName":"DE"}],"responseStatusMap":[{"edgeResponseStatus":200,"requests":3},{"edgeResponseStatus":520,"requests":37}]}}]}]}},"errors":null}"#;
    let found = batch(text);
    assert_eq!((words(&found), found.reports.len(), found.left_out.healthy), (vec![], 1, 3));
    assert_eq!((found.reports[0].count, found.reports[0].status), (37, Some(520)));
    assert_eq!(found.reports[0].when, when((AT - 187) * 1000, (AT + 3413) * 1000, Moment::Within));
    assert_eq!(found.others, []);
    let minute = batch(&text.replace("1h", "1m"));
    assert_eq!(minute.reports[0].when, when((AT - 187) * 1000, (AT - 127) * 1000, Moment::Within));
}

#[test]
fn error_pages() {
    let new = "Web server is returning an unknown error Error code 520\nVisit cloudflare.com for more information.\n\
               2026-11-22 14:03:08 UTC\nYou\nBrowser\nWorking\nFrankfurt\nCloudflare\nWorking\nshop.example.com\nHost\nError\n\
               What happened?\nThere is an unknown connection issue.\nCloudflare Ray ID: a5e879cb61d3c7e5\n";
    let old = "Error 520 Ray ID: a5e879cb61d3c7e5 • 2026-11-22 14:03:08 UTC\n";
    let html = "<!DOCTYPE html><html><head>\n<title>shop.example.com | 520: Web server is returning an unknown error</title>\n\
                <script>var built = '2026-11-01 00:00:00';</script></head><body>\n\
                <span class=\"code-label\">Error code 520</span>\n<div class=\"mt-3\">2026-11-22 14:03:08 UTC</div>\n\
                Cloudflare Ray ID: <strong class=\"font-semibold\">a5e879cb61d3c7e5</strong>\n</body></html>\n";
    let json = r#"{"type":"https://developers.cloudflare.com/","title":"Error 520","status":520,"error_code":520,"error_category":"origin","instance":"a5e879cb61d3c7e5","ray_id":"a5e879cb61d3c7e5","timestamp":"2026-11-22T14:03:08Z","zone":"shop.example.com","cloudflare_error":true}"#;
    let markdown = "---\nerror_code: 520\nerror_category: origin\nstatus: 520\nray_id: a5e879cb61d3c7e5\n\
                    timestamp: 2026-11-22T14:03:08Z\nzone: shop.example.com\n---\n\n# Error 520\n";
    let head = "HTTP/2 520\ndate: Sun, 22 Nov 2026 14:03:08 GMT\nserver: cloudflare\ncf-ray: a5e879cb61d3c7e5-FRA\n\nerror code: 520\n";
    for (name, text, host) in [
        ("new", new, true),
        ("old", old, false),
        ("html", html, true),
        ("json", json, true),
        ("md", markdown, true),
        ("head", head, false),
    ] {
        let report = only(text);
        assert_eq!((report.when, report.ray, report.status), (by_ray(), Some(RAY), Some(520)), "{name}");
        assert_eq!(report.took, Some(Duration::from_millis(580)), "{name}");
        assert_eq!(report.host.is_some(), host, "{name}");
        assert!(report.host.is_none_or(|h| h == "shop.example.com"), "{name}");
    }
    // Without its Ray ID, a page tells when it was made; made up in the same second as the ID, it took no time.
    assert_eq!(only("Error code 520\n2026-11-22 14:03:08 UTC\n").when, second(AT + 1, Moment::End));
    assert_eq!(only(&old.replace(":08", ":07")).took, Some(Duration::ZERO));
    // Pages one after the other.
    let two = batch(&new.repeat(2));
    assert_eq!((lines(&two), two.reports[1].status), (vec![3, 18], Some(520)));
}

#[test]
fn monitors() {
    let kuma = r#"{"heartbeat":{"monitorID":3,"status":0,"time":"2026-11-22 14:03:08.123","msg":"Request failed with status code 520","important":true,"duration":60,"timezone":"Europe/Berlin","localDateTime":"2026-11-22 15:03:08"},"monitor":{"id":3,"name":"shop","url":"https://shop.example.com/health","type":"http"},"msg":"[shop] [Down] Request failed with status code 520"}"#;
    let report = only(kuma);
    assert_eq!(report.when, when((AT + 1) * 1000 + 123, (AT + 1) * 1000 + 124, Moment::End));
    assert_eq!(
        (report.status, report.host.as_deref(), report.uri.as_deref()),
        (Some(520), Some("shop.example.com"), Some("/health"))
    );
    let up = batch(&format!("{kuma}\n{}\n", kuma.replace("\"status\":0", "\"status\":1")));
    assert_eq!((up.reports.len(), up.left_out.up), (1, 1));

    let table = batch(
        "monitor_id,status,msg,time,ping,duration,important\n3,1,200 - OK,2026-11-22 14:02:08.123,30,60,0\n\
         3,0,Request failed with status code 520,2026-11-22 14:03:08.123,,60,1\n",
    );
    assert_eq!((table.reports[0].when, table.left_out.up), (report.when, 1));

    let robot = r#"{"stat":"ok","monitors":[{"id":7,"url":"https://shop.example.com/","status":2,"create_datetime":1700000000,"logs":[{"type":1,"datetime":1795356188,"duration":180,"reason":{"code":"520","detail":"Unknown"}},{"type":2,"datetime":1795356368,"duration":99,"reason":{"code":"200","detail":"OK"}}]}]}"#;
    let exported = "Event,Date-Time,Reason,Duration\nDown,2026-11-22 14:03:08,520 - Unknown,\"0 hrs, 3 mins\"\nUp,2026-11-22 14:06:08,OK,\"1 hrs\"\n";
    let pingdom = r#"{"activeprobes":[33],"results":[{"probeid":33,"time":1795356188,"status":"down","responsetime":412,"statusdesc":"520","statusdesclong":"HTTP Error 520"},{"probeid":33,"time":1795356128,"status":"up","statusdesc":"OK"}]}"#;
    let statuscake = r#"{"data":[{"status":"down","status_code":520,"triggered_at":"2026-11-22T14:03:08+00:00"},{"status":"up","status_code":200,"triggered_at":"2026-11-22T14:05:08+00:00"}]}"#;
    for text in [robot, exported, pingdom, statuscake] {
        let found = batch(text);
        assert_eq!((words(&found), found.reports.len(), found.left_out.up), (vec![], 1, 1), "{text}");
        assert_eq!(
            (found.reports[0].when, found.reports[0].status),
            (second(AT + 1, Moment::End), Some(520)),
            "{text}"
        );
    }
    assert_eq!(batch(robot).reports[0].host, some("shop.example.com"));

    let upptime = "{\"title\":\"shop is down\",\"body\":\"In [`abc`](https://github.com/x/y/commit/abc), shop (https://shop.example.com) was **down**:\\n- HTTP code: 521\\n- Response time: 502 ms\",\"created_at\":\"2026-11-22T14:03:08Z\",\"number\":26}";
    let report = only(upptime);
    assert_eq!((report.when, report.status, report.count), (second(AT + 1, Moment::End), Some(521), 1));
    assert_eq!(report.host, some("shop.example.com"));
}

#[test]
fn alarms_come_late() {
    let text = r#"{"name":"Origin 5xx","text":"...","data":{"x":1},"ts":1795356300,"alert_type":"http_alert_origin_error","alert_event":"ALERT_STATE_EVENT_START"}"#;
    assert_eq!(only(text).when, when((AT + 113 - 300) * 1000, (AT + 114) * 1000, Moment::Within));
    let end = batch(&text.replace("EVENT_START", "EVENT_END"));
    assert_eq!((end.reports.len(), end.left_out.up), (0, 1));
}

#[test]
fn har_of_a_browser() {
    let found = batch(
        r#"{"log":{"version":"1.2","entries":[
        {"startedDateTime":"2026-11-22T15:03:07.425+01:00","time":812.5,"request":{"method":"GET","url":"https://shop.example.com/checkout/?step=2"},"response":{"status":520,"headers":[{"name":"CF-RAY","value":"a5e879cb61d3c7e5-FRA"}]}},
        {"startedDateTime":"2026-11-22T15:03:06.420+01:00","time":12,"request":{"method":"GET","url":"https://shop.example.com/"},"response":{"status":200,"headers":[]}},
        {"startedDateTime":"2026-11-22T15:03:06.420+01:00","time":0,"request":{"method":"GET","url":"https://ads.example.net/"},"response":{"status":0,"headers":[]}}]}}"#,
    );
    assert_eq!((found.reports.len(), found.others.len(), found.left_out.none), (1, 1, 1));
    let report = &found.reports[0];
    assert_eq!(report.when, when(AT * 1000 + 425, AT * 1000 + 426, Moment::Start));
    assert_eq!((report.ray, report.took), (Some(RAY), Some(Duration::from_micros(812_500))));
    assert_eq!(
        (report.host.as_deref(), report.uri.as_deref()),
        (Some("shop.example.com"), Some("/checkout/?step=2"))
    );
}

#[test]
fn mails_and_tickets() {
    let report = only(
        "From: Ann <ann@example.com>\nDate: Mon, 23 Nov 2026 09:10:00 +0100\nSubject: shop.example.com: error 520 again\n\n\
         Hello,\n\nyesterday at 2026-11-22 14:03:08 UTC our customers saw a 520 at checkout.\n\
         The page says Ray ID: a5e879cb61d3c7e5. See https://support.cloudflare.com/hc\n\nOn Mon, Nov 23, 2026 at 9:00 AM Bob wrote:\n> Hm.\n",
    );
    assert_eq!((report.when, report.status, report.ray), (by_ray(), Some(520), Some(RAY)));
    assert_eq!(report.host, some("shop.example.com"));
    let ticket = only(
        "Ticket\n\nDate: 2026-11-22 14:03:07 UTC\nURL: https://shop.example.com/a?b\nStatus: 502\n\nPlease help.\n",
    );
    assert_eq!((ticket.when, ticket.status), (second(AT, Moment::Start), Some(502)));
    assert_eq!(ticket.uri, some("/a?b"));
    let stretch = only("we had an outage, 2026-11-22 14:03:07 - 2026-11-22 14:05:09\n");
    assert_eq!(stretch.when, when(AT * 1000, (AT + 123) * 1000, Moment::Within));
}

#[test]
fn one_stamp_a_line_and_mixed_forms() {
    let found = batch(
        "2026-11-22T14:03:07Z\n{\"EdgeStartTimestamp\":\"2026-11-22T14:03:09Z\",\"EdgeResponseStatus\":521}\nbad line\n\
         2026-02-30 10:00:00\n22/Nov/2026:14:03:10 +0000\n\n# comment\n1795356187\n2030-01-01T00:00:00Z\na5e879cb61d3c7e5-FRA\n\
         {\"broken\":\n2026-11-22 14:03 503 shop.example.com /a\n2026-11-22T14:03:07Z\n2026-11-22T14:03:07Z",
    );
    assert_eq!(lines(&found), [1, 2, 5, 8, 9, 10, 12, 13, 14]);
    assert_eq!(
        words(&found),
        [
            "line 3: no time in it",
            "line 4: 2026-02-30 10:00:00 is no date",
            "line 9: 2030-01-01T00:00:00Z lies in the future",
            "line 11: broken JSON (EOF while parsing a value at column 10)",
        ]
    );
    assert_eq!((found.reports[5].when, found.reports[5].status), (by_ray(), None));
    assert_eq!((found.reports[6].status, found.reports[6].uri.as_deref()), (Some(503), Some("/a")));
    let log = batch(
        "203.0.113.77 - - [22/Nov/2026:14:03:07 +0000] \"GET /a?b HTTP/1.1\" 520 7168 \"-\" \"curl\"\n\
         203.0.113.77 - - [22/Nov/2026:14:03:08 +0000] \"GET / HTTP/1.1\" 200 520 \"-\" \"curl\"\n",
    );
    assert_eq!((log.reports.len(), log.others.len()), (1, 1));
    assert_eq!(
        (log.reports[0].method.as_deref(), log.reports[0].uri.as_deref()),
        (Some("GET"), Some("/a?b"))
    );
}

#[test]
fn unix_time_and_statuses_in_words() {
    let found = batch(
        "ts=1795356187 status=502 host=shop.example.com\n- 1795356188.5: Error 520\norder 1234567890 of 7\n",
    );
    assert_eq!((found.form, lines(&found), words(&found).len()), (Form::Times, vec![1, 2], 1));
    assert_eq!((found.reports[0].when, found.reports[0].status), (second(AT, Moment::Start), Some(502)));
    assert_eq!(found.reports[1].when, when((AT + 1) * 1000 + 500, (AT + 1) * 1000 + 600, Moment::End));
    let rows =
        batch("Date and time,Status,Host\n2026-11-22 14:03:07,520 - Unknown error,Shop.example.com:443\n");
    let report = &rows.reports[0];
    assert_eq!(
        (report.when, report.status, report.host.as_deref()),
        (second(AT, Moment::Start), Some(520), Some("shop.example.com"))
    );
    let footer = only(
        "Error code 520\n2026-11-22 14:03:08 UTC\nCloudflare Ray ID: a5e879cb61d3c7e5 • Your IP: 203.0.113.77\n",
    );
    assert_eq!((footer.when, footer.client.as_deref()), (by_ray(), Some("203.0.113.77")));
}

#[test]
fn what_is_left_out_is_counted() {
    let line = |status: u16, source: &str| {
        format!(
            "{{\"EdgeStartTimestamp\":\"2026-11-22T14:03:07Z\",\"EdgeResponseStatus\":{status},\"OriginResponseStatus\":0,\"ClientRequestSource\":{source}}}\n"
        )
    };
    let text = line(504, "\"earlyHintsCache\"")
        + &line(520, "5")
        + &line(200, "1")
        + &line(520, "\"healthcheck\"")
        + &line(522, "1");
    let found = batch(&text);
    assert_eq!(found.left_out, LeftOut { internal: 2, healthy: 1, ..LeftOut::default() });
    assert_eq!((lines(&found), found.others.len()), (vec![4, 5], 1));
    let wanted = Wanted::of([520..=521]);
    let some = read(text.as_bytes(), &ReadOptions { wanted: &wanted, ..options() }).unwrap();
    assert_eq!((lines(&some), some.left_out.unwanted), (vec![4], 1));
    // A line without a status is kept, whatever was asked for.
    let times = read(&b"2026-11-22T14:03:07Z\n"[..], &ReadOptions { wanted: &wanted, ..options() }).unwrap();
    assert_eq!(times.reports.len(), 1);
}

#[test]
fn many_healthy_requests_are_sampled() {
    let line =
        |n: i64| format!("{{\"EdgeStartTimestamp\":{},\"EdgeResponseStatus\":200}}\n", AT - 10_000 + n);
    let text: String = (0..5000).map(line).collect();
    let found = batch(&text);
    assert_eq!((found.reports.len(), found.left_out.healthy, found.others.len()), (0, 5000, 1250));
    assert_eq!((found.others[0].line, found.others[1249].line), (1, 4997));
}

#[test]
fn markers_that_say_nothing() {
    let report = only(
        r#"{"EdgeStartTimestamp":"2026-11-22T14:03:07Z","EdgeResponseStatus":522,"OriginResponseTime":412000000,"CacheCacheStatus":"unknown","OriginIP":"","EdgeServerIP":"-","RayID":"00"}"#,
    );
    assert_eq!((report.cache, report.origin, report.edge, report.ray), (None, None, None, None));
    assert_eq!(report.origin_took, Some(Duration::from_millis(412)));
}

#[test]
fn zones() {
    let berlin = |civil: Civil| Some(Timestamp { seconds: civil.seconds - 3600, nanos: civil.nanos });
    let local = ReadOptions { zone: Some(&berlin), ..options() };
    let from = |text: &str| read(text.as_bytes(), &local).unwrap().reports[0].when.unwrap().from.seconds;
    assert_eq!(from("2026-11-22 15:03:07\n"), AT);
    assert_eq!(from("2026-11-22T14:03:07Z\n"), AT);
    assert_eq!(from("Time (UTC),Status\n2026-11-22 14:03:07,520\n"), AT);
    assert_eq!(from("Time,Status\n2026-11-22 15:03:07,520\n"), AT);
    // Uptime Kuma writes UTC without saying so.
    assert_eq!(from("monitor_id,status,time,msg\n1,0,2026-11-22 14:03:07.000,x\n"), AT);
    let never = ReadOptions { zone: Some(&|_| None), ..options() };
    let error = read(&b"2026-03-29 02:30:00\n"[..], &never).unwrap_err();
    assert_eq!(
        error.to_string(),
        "holds no time and no Ray ID; line 1: 2026-03-29 02:30:00 does not exist in this zone: its clocks skip it"
    );
}

#[test]
fn days_and_months() {
    let guessed = batch("time,status\n03/04/2026 10:00:00,520\n05/04/2026 10:00:00,520\n");
    assert_eq!(words(&guessed), ["line 2: month or day first is not told; read as 2026-03-04T10:00:00Z"]);
    let told = batch("time,status\n03/04/2026 10:00:00,520\n25/04/2026 10:00:00,520\n");
    assert_eq!(told.reports[0].when.unwrap().from, Timestamp::from_seconds(1_775_210_400));
}

#[test]
fn times_of_a_command_line() {
    let from = |text: &str| read_time(text, None).unwrap().when;
    assert_eq!(from("2026-11-22 14:03:07"), second(AT, Moment::Start));
    assert_eq!(from("@1795356187"), second(AT, Moment::Start));
    assert_eq!(from("2026-11-22T14:03"), when((AT - 7) * 1000, (AT + 53) * 1000, Moment::Start));
    let berlin = |civil: Civil| Some(Timestamp { seconds: civil.seconds - 3600, nanos: 0 });
    assert_eq!(read_time("2026-11-22 15:03:07", Some(&berlin)).unwrap().when, second(AT, Moment::Start));
    let old = read_time("3a6050bcbe121a87-FRA", None).unwrap();
    assert_eq!((old.when.unwrap().from.seconds, old.line, old.count), (1_506_702_504, 1, 1));
    assert_eq!(read_time("520s.csv", None), Err(What::NoTime));
    assert_eq!(read_time("2026-02-30 10:00", None), Err(What::NoDay("2026-02-30 10:00".into())));
    assert_eq!(read_time("ffffffffffffffff", None), Err(What::OddRay("ffffffffffffffff".into())));
}

#[test]
fn files_that_cannot_be_used() {
    let error = |bytes: &[u8]| read(bytes, &options()).unwrap_err().to_string();
    assert_eq!(error(b""), "is empty");
    assert_eq!(error(b" \r\n\n"), "is empty");
    assert_eq!(error(b"\x7fELF\0\0"), "is no text: bytes of some other kind");
    assert_eq!(error(b"nothing here\nat all\n"), "holds no time and no Ray ID");
    assert_eq!(error(b"error code: 520\n"), "holds no time and no Ray ID");
    assert_eq!(error(b"{\"a\":1}\n{\"b\":2}\n"), "holds no time and no Ray ID");
    let broken = "holds no time and no Ray ID; line 2: broken JSON (EOF while parsing a value at column 0)";
    assert_eq!(error(b"{\"a\": [1,\n"), broken);
    // No errors are an answer.
    for empty in ["[]", "timestamp,status\n", r#"{"result":[],"success":true}"#] {
        assert_eq!(batch(empty).reports, []);
    }
}

#[test]
fn gzip_whole_and_torn() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let text: String =
        (0..20_000).map(|n| LOGPUSH.replace("step=2", &format!("s={}", n * 7919 % 100_003)) + "\n").collect();
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let whole = read(packed.as_slice(), &options()).unwrap();
    assert_eq!((whole.reports.len(), whole.problems.len()), (20_000, 0));
    let torn = read(packed.get(..packed.len() / 2).unwrap(), &options()).unwrap();
    assert!(torn.reports.len() > 5000 && torn.reports.len() < 15_000);
    assert!(matches!(torn.problems[0].what, What::BrokenOff(_)));
}

#[test]
fn long_lines_and_many_problems() {
    let text = format!(
        "2026-11-22T14:03:07Z\n{}\n2026-11-22T14:03:08Z\n{}",
        "x".repeat(3 << 20),
        "bad\n".repeat(30)
    );
    let mut list = "2026-11-22T14:03:07Z\n".repeat(60);
    list.push_str(&text);
    let found = batch(&list);
    assert_eq!(found.reports.len(), 62);
    assert_eq!(words(&found)[0], "line 62: too long, passed over");
    assert_eq!((found.problems.len(), found.more_problems), (20, 11));
}

/// Seconds are far more than what grows with the length of a line needs, and far less than what grows with its square.
#[test]
fn hostile_lines_take_time_in_proportion() {
    let pieces = [
        "1 200 ",
        "\"",
        "{\"",
        "2026-",
        "2026-11-22 ",
        "ray a5e879cb61d3c7e5 ",
        "error 5",
        "http://",
        "HTTP/1.1\" 1",
        "a.b ",
        "1795356187,",
        "<!--",
        "</",
        "&amp;",
        "[",
        "Mon ",
        "1/",
        " | 5",
        "@1",
    ];
    for piece in pieces {
        for first in ["", "2026-11-22T14:03:07Z ", "timestamp,status\n", "<html>"] {
            let text = format!("{first}{}", piece.repeat((1 << 16) / piece.len()));
            let started = std::time::Instant::now();
            let _ = read(text.as_bytes(), &options());
            assert!(started.elapsed() < Duration::from_secs(5), "{first}{piece}");
        }
    }
}

fn any_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("2026-11-22T14:03:07Z".to_owned()),
        Just("Ray ID: a5e879cb61d3c7e5".to_owned()),
        Just("Error code 520".to_owned()),
        Just(LOGPUSH.to_owned()),
        Just("timestamp,status,ray".to_owned()),
        Just("{\"result\":[".to_owned()),
        Just("Date: Sun, 22 Nov 2026 14:03:08 GMT".to_owned()),
        "[ -~]{0,12}",
        "[0-9:/T.+ -]{1,24}",
        "\\PC{0,8}",
        Just("\n".to_owned()),
        Just(",".to_owned()),
        Just("\"".to_owned()),
        Just("<b>".to_owned()),
    ]
}

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("2026-11-22T14:03:07Z 520".to_owned()),
        Just("2026-11-22 14:03 503 shop.example.com /a".to_owned()),
        Just("a5e879cb61d3c7e5-FRA".to_owned()),
        Just("1795356187".to_owned()),
        Just("[22/Nov/2026:14:03:07 +0000] 200".to_owned()),
        Just(LOGPUSH.to_owned()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes.as_slice(), &options());
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in proptest::collection::vec(any_piece(), 0..40)) {
        let text = pieces.concat();
        if let Ok(batch) = read(text.as_bytes(), &options()) {
            for report in batch.reports.iter().chain(&batch.others) {
                let when = report.when.unwrap();
                prop_assert!(when.from < when.until && report.count > 0 && report.line > 0);
            }
        }
    }

    #[test]
    fn any_time_given_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = read_time(&text, None);
    }

    /// Each line of a list is judged for itself, so a list twice is twice the list.
    #[test]
    fn twice_the_lines_are_twice_the_reports(lines in proptest::collection::vec(any_line(), 1..20)) {
        let text = lines.join("\n") + "\n";
        let once = batch(&text);
        let twice = batch(&text.repeat(2));
        prop_assert_eq!(once.reports.len() * 2, twice.reports.len());
        prop_assert_eq!(once.left_out.total() * 2, twice.left_out.total());
        let plain = |r: &Report| Report { line: 0, ..r.clone() };
        let (first, second) = twice.reports.split_at(once.reports.len());
        prop_assert!(first.iter().zip(second).all(|(a, b)| plain(a) == plain(b)));
    }
}
