use super::*;
use crate::Frames;
use crate::record::{Body, Record, start};
use crate::source::Source;

const SERIAL: &str = "--8f9a3c41-A--
[22/Nov/2026:14:03:07.123456 +0100] Z0CJm38AAQEAAA 172.68.10.5 41022 10.0.0.5 443
--8f9a3c41-B--
POST /wp-login.php HTTP/1.1
host: example.com
User-Agent: x

--8f9a3c41-C--
log=a
--deadbeef-H--
Action: Intercepted (phase 9)
--8f9a3c41-F--
HTTP/1.1 403 Forbidden
Content-Length: 239

--8f9a3c41-H--
Message: Access denied with code 403 (phase 2). String match \"1\" at ARGS:evil. [id \"1001\"]
Apache-Error: [file \"apache2_util.c\"] [line 275] [level 3] x
Action: Intercepted (phase 2)
Engine-Mode: \"ENABLED\"

--8f9a3c41-Z--

";

const JSON: &str = r#"{"transaction":{"time":"23/Nov/2026:15:40:50.647395 +0000","transaction_id":"awRegvNT7_Hp","remote_address":"192.0.2.7","remote_port":59940,"local_address":"127.0.0.1","local_port":18480},"request":{"request_line":"GET /?evil=1 HTTP/1.1","headers":{"X-A":"\"}{,\\","Host":"example.com"}},"response":{"protocol":"HTTP/1.1","status":403,"headers":{}},"audit_data":{"messages":["Access denied with code 403 (phase 2). [id \"1001\"]","two"],"action":{"intercepted":true,"phase":2,"message":"x"},"engine_mode":"ENABLED"}}"#;

#[track_caller]
fn audit(text: &str) -> Audit<'_> {
    match Record::parse(text.as_bytes()).map(|r| r.body) {
        Some(Body::Audit(audit)) => audit,
        other => panic!("{other:?}"),
    }
}

fn bytes(text: &str) -> Option<&[u8]> {
    Some(text.as_bytes())
}

fn at(day: u32, hour: u32, minute: u32, second: u32) -> Civil {
    Civil::new(2026, 11, day, hour, minute, second).unwrap()
}

#[test]
fn the_serial_form_is_one_record() {
    let log = SERIAL.repeat(2);
    let frames: Vec<_> = Frames::new(log.as_bytes()).collect();
    assert_eq!(frames.iter().map(|f| (f.start, f.lines)).collect::<Vec<_>>(), [(Start::Untimed, 23); 2]);
    let record = frames[1].record().unwrap();
    assert_eq!(record.source(), Source::Modsecurity);
    assert_eq!(record.at, Some(Stamp::Offset(Civil { nanos: 123_456_000, ..at(22, 14, 3, 7) }, 3600)));
    let a = audit(SERIAL);
    assert_eq!((a.unique_id, a.client), (bytes("Z0CJm38AAQEAAA"), bytes("172.68.10.5")));
    assert_eq!((a.request, a.host), (bytes("POST /wp-login.php HTTP/1.1"), bytes("example.com")));
    assert_eq!((a.status, a.intercepted), (Some(403), true));
    assert!(a.message.starts_with(b"Access denied with code 403 (phase 2). String"));
    assert!(a.text.starts_with(b"Message: ") && a.text.ends_with(b"Engine-Mode: \"ENABLED\""));
}

#[test]
fn text_of_a_body_is_no_section() {
    // The boundary of another transaction in a body.
    let logged = SERIAL.replacen("Action: Intercepted (phase 2)\n", "", 1);
    assert!(!audit(&logged).intercepted);
}

#[test]
fn windows_line_ends_and_torn_records() {
    let a = SERIAL.replace('\n', "\r\n");
    assert_eq!(audit(&a).request, bytes("POST /wp-login.php HTTP/1.1"));
    assert_eq!(audit(&a).host, bytes("example.com"));
    for end in (0..SERIAL.len()).filter(|e| SERIAL.is_char_boundary(*e)) {
        let _ = Record::parse(&SERIAL.as_bytes()[..end]);
    }
    assert_eq!(audit("--8f9a3c41-A--\n[22/Nov/2026:14:03:07 +0000] id 192.0.2.7").client, bytes("192.0.2.7"));
}

#[test]
fn version_3_has_longer_boundaries() {
    let text = "---aB3xY9q2---A--\n[22/Nov/2026:14:03:07 +0000] 173228538755.059797 192.0.2.7 41022 10.0.0.5 80\n---aB3xY9q2---B--\nGET / HTTP/1.1\nHost: e\n\n---aB3xY9q2---F--\nHTTP/1.1 403\n\n---aB3xY9q2---H--\nModSecurity: Warning. a\nModSecurity: Access denied with code 403 (phase 2). b\n\n---aB3xY9q2---Z--\n";
    let a = audit(text);
    assert_eq!((a.unique_id, a.status, a.intercepted), (bytes("173228538755.059797"), Some(403), true));
    assert_eq!((a.host, a.message), (bytes("e"), &b"Warning. a"[..]));
}

#[test]
fn json_of_version_2() {
    assert_eq!(start(JSON.as_bytes()), Start::Line);
    let record = Record::parse(JSON.as_bytes()).unwrap();
    assert_eq!(record.at, Some(Stamp::Offset(Civil { nanos: 647_395_000, ..at(23, 15, 40, 50) }, 0)));
    let a = audit(JSON);
    assert_eq!((a.unique_id, a.client), (bytes("awRegvNT7_Hp"), bytes("192.0.2.7")));
    assert_eq!((a.request, a.host), (bytes("GET /?evil=1 HTTP/1.1"), bytes("example.com")));
    assert_eq!((a.status, a.intercepted), (Some(403), true));
    assert_eq!(a.message, br#"Access denied with code 403 (phase 2). [id \"1001\"]"#);
    assert!(a.text.starts_with(b"{\"messages\":[") && a.text.ends_with(b"\"ENABLED\"}"));
    assert!(!audit(&JSON.replace("\"intercepted\":true", "\"intercepted\":false")).intercepted);
    for end in 0..JSON.len() {
        let _ = Record::parse(&JSON.as_bytes()[..end]);
    }
}

#[test]
fn json_of_version_3() {
    let text = r#"{"transaction":{"client_ip":"192.0.2.7","time_stamp":"Sun Nov  1 14:03:07 2026","server_id":"ab","client_port":41022,"host_ip":"10.0.0.5","host_port":80,"unique_id":"173228","request":{"method":"GET","http_version":1.1,"uri":"/?a=1","headers":{"Host":"e"}},"response":{"http_code":403,"headers":{}},"producer":{"modsecurity":"x"},"messages":[{"message":"XSS","details":{"ruleId":"941100"}}]}}"#;
    assert_eq!(Record::parse(text.as_bytes()).unwrap().at, Some(Stamp::Local(at(1, 14, 3, 7))));
    let a = audit(text);
    assert_eq!((a.method, a.uri, a.request), (bytes("GET"), bytes("/?a=1"), None));
    assert_eq!((a.client, a.unique_id, a.host), (bytes("192.0.2.7"), bytes("173228"), bytes("e")));
    assert_eq!((a.status, a.message), (Some(403), &b"XSS"[..]));
}

#[test]
fn what_is_no_transaction() {
    for line in [
        "--8f9a3c41-B--",
        "--8f9a3c41-A-",
        "--8f9a3c4-A--",
        "-- Boot A --",
        "----",
        "{\"transaction\":1}",
        "{\"a\":{",
        "---8f9a3c41-A--",
    ] {
        assert_eq!(super::start(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn deep_and_long_json_ends() {
    for piece in ["[", "{\"a\":", "\"", "\\", ",", "\"transaction\":{"] {
        let text = format!("{{\"transaction\":{{\"time\":{}", piece.repeat(200_000 / piece.len()));
        let _ = Record::parse(text.as_bytes());
    }
    for piece in ["--8f9a3c41-", "\n--8f9a3c41-", "\n--8f9a3c41-B--", "\n"] {
        let text = format!("--8f9a3c41-A--\n{}", piece.repeat(200_000 / piece.len()));
        let _ = Record::parse(text.as_bytes());
    }
}
