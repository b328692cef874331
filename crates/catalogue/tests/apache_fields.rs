//! The fields and causes of Apache's and ModSecurity's records.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use logscan_catalogue::{Catalogue, Fields};
use logscan_parser::Record;

const HEAD: &str = "[Sun Nov 22 14:03:07.123456 2026] [x:error] [pid 3311:tid 12] ";

fn said(message: &str) -> String {
    format!("{HEAD}{message}, referer: https://e/")
}

#[track_caller]
fn fields(line: &str) -> Fields<'_> {
    Fields::of(&Record::parse(line.as_bytes()).expect("a record"))
}

#[track_caller]
fn kind_and_cause(line: &str) -> (String, String) {
    let catalogue = Catalogue::builtin();
    let named = catalogue.name(&Record::parse(line.as_bytes()).expect("a record")).expect("a name");
    (catalogue.kind(named.kind).unwrap().id.to_string(), catalogue.cause(named.cause).unwrap().id.to_string())
}

fn bytes(text: &str) -> Option<&[u8]> {
    Some(text.as_bytes())
}

#[test]
fn a_back_end_that_is_down() {
    let line = said(
        "(2)No such file or directory: AH02454: FCGI: attempt to connect to Unix domain socket /run/php/a.sock (localhost:8000) failed",
    );
    let f = fields(&line);
    assert_eq!((f.pid, f.tid, f.errno, f.code), (Some(3311), Some(12), Some(2), bytes("AH02454")));
    assert_eq!((f.upstream, f.upstream_peer), (bytes("/run/php/a.sock"), bytes("/run/php/a.sock")));
    assert_eq!((f.client, f.ip, f.referrer), (None, None, bytes("https://e/")));
    assert!(f.message.starts_with(b"AH02454: FCGI") && f.message.ends_with(b"failed"));
}

#[test]
fn the_cause_follows_errno_and_scheme() {
    let uds = |errno: &str, scheme: &str| {
        kind_and_cause(&said(&format!(
            "({errno})x: AH02454: {scheme}: attempt to connect to Unix domain socket /a (localhost:8000) failed"
        )))
        .1
    };
    assert_eq!(uds("2", "FCGI"), "fpm-down");
    assert_eq!(uds("11", "FCGI"), "fpm-saturated");
    assert_eq!(uds("13", "FCGI"), "permission-denied");
    assert_eq!(uds("2", "http"), "upstream-down");
    let dispatch = |errno: &str| {
        kind_and_cause(&said(&format!(
            "({errno})x: [client 192.0.2.7:4] AH01075: Error dispatching request to : "
        )))
    };
    assert_eq!(dispatch("70007"), ("apache-fcgi-timeout".to_owned(), "upstream-timeout".to_owned()));
    assert_eq!(dispatch("104"), ("apache-fcgi-dispatch".to_owned(), "php-fpm-crash".to_owned()));
    assert_eq!(dispatch("22").1, "header-too-big-at-apache");
    let php = |text: &str| {
        kind_and_cause(&said(&format!("[client 192.0.2.7:4] AH01071: Got error 'PHP message: {text}'")))
    };
    assert_eq!(
        php("PHP Fatal error:  Allowed memory size of 1 bytes exhausted in /a on line 1").1,
        "php-memory-limit"
    );
    assert_eq!(
        php("PHP Notice:  x in /a on line 1; PHP message: PHP Fatal error:  x in /a on line 1").0,
        "apache-fcgi-stderr"
    );
}

#[test]
fn php_and_crashes() {
    let line = said(
        r"[client 192.0.2.7:4] AH01071: Got error 'PHP message: PHP Warning:  a in /w.php on line 1; PHP message: PHP Fatal error:  Uncaught E: b in /f.php:3\nStack trace:\n#0 {main}\n  thrown in /f.php on line 3'",
    );
    let f = fields(&line);
    assert_eq!((f.client, f.php_file, f.php_line), (bytes("192.0.2.7"), bytes("/f.php"), Some(3)));
    let line = format!("{HEAD}AH00052: child pid 77 exit signal Segmentation fault (11)");
    assert_eq!((fields(&line).child_pid, fields(&line).signal), (Some(77), Some(11)));
    let line = said("[client 192.0.2.7:4] Premature end of script headers: a.php");
    assert_eq!(fields(&line).script, bytes("a.php"));
}

#[test]
fn modsecurity_blocks_an_address_only_when_it_denies() {
    let tags = r#"[id "7"] [hostname "example.com"] [uri "/u"] [unique_id "x"]"#;
    let denied = said(&format!(
        "[client 192.0.2.7:4] [client 192.0.2.7] ModSecurity: Access denied with code 403 (phase 2). x {tags}"
    ));
    let f = fields(&denied);
    assert_eq!((f.ip, f.host, f.uri), (bytes("192.0.2.7"), bytes("example.com"), bytes("/u")));
    let warned = said(&format!("[client 192.0.2.7:4] [client 192.0.2.7] ModSecurity: Warning. x {tags}"));
    assert_eq!((fields(&warned).ip, fields(&warned).client), (None, bytes("192.0.2.7")));
    let nginx = "2026/11/22 14:03:07 [error] 1#1: *5 [client 192.0.2.7] ModSecurity: Access denied with code 403 (phase 2). x [id \"7\"], client: 192.0.2.7, server: e";
    assert_eq!(fields(nginx).ip, bytes("192.0.2.7"));
}

#[test]
fn the_audit_log() {
    let line = r#"{"transaction":{"time":"22/Nov/2026:14:03:07.1 +0000","transaction_id":"x","remote_address":"192.0.2.7"},"request":{"request_line":"GET /a HTTP/1.1","headers":{"Host":"example.com"}},"response":{"status":403},"audit_data":{"messages":["m"],"action":{"intercepted":true}}}"#;
    let f = fields(line);
    assert_eq!((f.client, f.ip, f.host), (bytes("192.0.2.7"), bytes("192.0.2.7"), bytes("example.com")));
    assert_eq!(
        (f.method, f.uri, f.protocol, f.message),
        (bytes("GET"), bytes("/a"), bytes("HTTP/1.1"), &b"m"[..])
    );
    assert_eq!(kind_and_cause(line).0, "modsec-audit-intercepted");
}

#[test]
fn what_a_client_sends_forges_no_kind() {
    let forged = "AH00052: child pid 1 exit signal Segmentation fault (11)";
    let by_path = format!("[client 192.0.2.7:4] AH00128: File does not exist: /var/www/{forged}");
    let by_referer =
        format!("{HEAD}[client 192.0.2.7:4] AH00128: File does not exist: /a, referer: {forged}");
    for line in [said(&by_path), by_referer] {
        assert_eq!(kind_and_cause(&line).0, "apache-file-missing");
    }
    let syslog = format!(
        "Nov 22 14:03:07 web1 httpd[5]: [core:error] [pid 5:tid 6] {}",
        "[client 192.0.2.7:4] AH00124: Request exceeded the limit of 10"
    );
    assert_eq!(kind_and_cause(&syslog).0, "apache-internal-redirects");
}
