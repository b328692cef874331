use super::*;
use crate::civil::Civil;
use crate::php::PhpKind;
use crate::record::{Body, Record, Start, start};

fn bytes(text: &str) -> Option<&[u8]> {
    Some(text.as_bytes())
}

#[track_caller]
fn record(line: &str) -> Record<'_> {
    Record::parse(line.as_bytes()).unwrap_or_else(|| panic!("no record: {line}"))
}

#[track_caller]
fn error(line: &str) -> ApacheError<'_> {
    match record(line).body {
        Body::ApacheError(error) => error,
        other => panic!("{line}: {other:?}"),
    }
}

fn second(nanos: u32) -> Option<Stamp> {
    let civil = Civil::new(2026, 11, 22, 14, 3, 7).unwrap();
    Some(Stamp::Local(Civil { nanos, ..civil }))
}

const HEAD: &str = "[Sun Nov 22 14:03:07.123456 2026] [proxy_fcgi:error] [pid 3311:tid 139640311] ";

fn said(message: &str) -> String {
    format!("{HEAD}[client 172.68.10.5:41022] {message}")
}

#[test]
fn every_part_of_a_line() {
    let line = format!(
        "{HEAD}(104)Connection reset by peer: [client 172.68.10.5:41022] AH01075: Error dispatching request to : , \
         referer: https://example.com/a, b"
    );
    assert_eq!(start(line.as_bytes()), Start::Line);
    assert_eq!(record(&line).at, second(123_456_000));
    let e = error(&line);
    assert_eq!((e.module, e.level), (bytes("proxy_fcgi"), Some(Level::Error)));
    assert_eq!((e.pid, e.tid), (Some(3311), Some(139_640_311)));
    assert_eq!((e.errno, e.errno_text), (Some(104), bytes("Connection reset by peer")));
    assert_eq!(e.client, Some(Peer { address: b"172.68.10.5", port: Some(41022) }));
    assert_eq!((e.remote, e.origin), (None, None));
    assert_eq!(e.code, bytes("AH01075"));
    assert_eq!(e.message, b"AH01075: Error dispatching request to : ");
    assert_eq!(e.text, &b"(104)Connection reset by peer: [client 172.68.10.5:41022] AH01075: Error dispatching request to : "[..]);
    assert_eq!(e.referer, bytes("https://example.com/a, b"));
    assert_eq!(record(&line).text(), e.message);
}

#[test]
fn heads_of_all_forms() {
    type Wanted = (Option<Stamp>, Option<&'static [u8]>, Level, Option<u32>, Option<u64>);
    let day = |d: u32| Some(Stamp::Local(Civil::new(2026, 11, d, 14, 3, 7).unwrap()));
    let cases: [(&str, Wanted); 12] = [
        (
            "[Sun Nov 22 14:03:07.123456 2026] [core:notice] [pid 3311] ",
            (second(123_456_000), Some(b"core"), Level::Notice, Some(3311), None),
        ),
        (
            "[Tue Nov  3 14:03:07.000000 2026] [:error] [pid 1:tid 7f3b0ea14250] ",
            (day(3), None, Level::Error, Some(1), Some(0x7f3b_0ea1_4250)),
        ),
        (
            "[Tue Nov 03 14:03:07 2026] [ssl:trace8] [pid 1:tid 0xff] ",
            (day(3), Some(b"ssl"), Level::Debug, Some(1), Some(255)),
        ),
        ("[Sun Nov 22 14:03:07 2026] [error] ", (second(0), None, Level::Error, None, None)),
        (
            "[Sun Nov 22 14:03:07 2026] [emerg] [pid 9:tid 8] ",
            (second(0), None, Level::Emerg, Some(9), Some(8)),
        ),
        (
            "[Sun Nov 22 14:03:07.5 2026] [mpm_event:warn] ",
            (second(500_000_000), Some(b"mpm_event"), Level::Warn, None, None),
        ),
        (
            "[2026-11-22 14:03:07.123456] [-:crit] [R:aWq/x] [C:3] ",
            (second(123_456_000), None, Level::Crit, None, None),
        ),
        ("[2026-11-22 14:03:07] [alert] [pid 4] ", (second(0), None, Level::Alert, Some(4), None)),
        ("[2026-11-22 14:03:07] [core:info] ", (second(0), Some(b"core"), Level::Info, None, None)),
        ("[Sun Nov 22 14:03:07 2026] [trace1] ", (second(0), None, Level::Debug, None, None)),
        (
            "[Sun Nov 22 14:03:07.123456 2026] [php7.module:debug] [pid 99999999999] ",
            (second(123_456_000), Some(b"php7.module"), Level::Debug, None, None),
        ),
        (
            "[Sun Nov 22 14:03:07.123456 2026] [http2:info] [pid 1:tid zz] ",
            (second(123_456_000), Some(b"http2"), Level::Info, Some(1), None),
        ),
    ];
    for (head, (at, module, level, pid, tid)) in cases {
        let line = format!("{head}AH00163: x");
        assert_eq!(start(line.as_bytes()), Start::Line, "{line}");
        let e = error(&line);
        assert_eq!(record(&line).at, at, "{line}");
        assert_eq!((e.module, e.level, e.pid, e.tid), (module, Some(level), pid, tid), "{line}");
        assert_eq!((e.text, e.message), (&b"AH00163: x"[..], &b"AH00163: x"[..]), "{line}");
        assert_eq!(start(head.trim_end().as_bytes()), Start::Line, "an empty message");
    }
}

#[test]
fn heads_of_others_are_none() {
    for line in [
        "[Sun Nov 22 14:03:07 2026] [drm] Initialized i915",
        "[Sun Nov 22 14:03:07 2026] usb 1-1: new device",
        "[Sun Nov 31 14:03:07 2026] [error] x",
        "[Sun Nov 22 24:03:07 2026] [error] x",
        "[Sun Nov 22 14:03:07.123456] [core:error] x",
        "[2026-11-22 14:03:07] [error] of another program",
        "[2026-11-22 14:03:07] production.ERROR: x",
        "[2026-11-22 14:03:07] [a b:error] x",
        "[Sun Nov 22 14:03:07 2026] [error]x",
        "[proxy:error] [pid 1:tid 2] x",
        "[client 172.68.10.5] x",
    ] {
        assert!(!looks_like_head(line.as_bytes()), "{line}");
    }
}

#[test]
fn the_form_of_2_2() {
    let e = error(
        "[Sun Nov 22 14:03:07 2026] [error] [client 172.68.10.5] (13)Permission denied: file permissions deny server access: /var/www/a, referer: http://e/",
    );
    assert_eq!(e.client, Some(Peer { address: b"172.68.10.5", port: None }));
    assert_eq!((e.errno, e.errno_text), (Some(13), bytes("Permission denied")));
    assert_eq!(e.message, b"file permissions deny server access: /var/www/a");
    assert_eq!((e.referer, e.code), (bytes("http://e/"), None));
    let e = error("[Sun Nov 22 14:03:07 2026] [error] [client 2001:db8::1234] File does not exist: /a");
    assert_eq!(e.client, Some(Peer { address: b"2001:db8::1234", port: None }));
}

#[test]
fn addresses_of_ipv6_and_of_back_ends() {
    let line = format!("{HEAD}[client 2001:db8::1:41022] AH01067: x");
    let e = error(&line);
    assert_eq!(e.client, Some(Peer { address: b"2001:db8::1", port: Some(41022) }));
    let line = format!("{HEAD}[client ::1:0] AH01067: x");
    let e = error(&line);
    assert_eq!(e.client, Some(Peer { address: b"::1", port: Some(0) }));
    let line = format!(
        "{HEAD}(22)Invalid argument: [remote 127.0.0.1:18497] AH01590: Error reading/parsing chunk  "
    );
    let e = error(&line);
    assert_eq!((e.client, e.remote), (None, Some(Peer { address: b"127.0.0.1", port: Some(18497) })));
    assert_eq!(e.message, b"AH01590: Error reading/parsing chunk  ");
}

#[test]
fn the_source_line_and_errors_of_apr_and_of_the_resolver() {
    let e = error(
        "[Sun Nov 22 14:03:07.123456 2026] [proxy:debug] [pid 1:tid 2] proxy_util.c(2568): (70007)The timeout specified has expired: AH00925: x",
    );
    assert_eq!(e.origin, Some(SourceLine { file: b"proxy_util.c", line: 2568 }));
    assert_eq!((e.errno, e.message), (Some(70007), &b"AH00925: x"[..]));
    assert_eq!(e.text, &b"(70007)The timeout specified has expired: AH00925: x"[..]);
    let line = format!("{HEAD}(EAI 2)Name or service not known: AH00549: x");
    let e = error(&line);
    assert_eq!((e.errno, e.errno_text), (Some(670_002), bytes("Name or service not known")));
    for message in ["(x)y: z", "(1", "(104)without an end", "()a: b"] {
        let line = format!("{HEAD}{message}");
        assert_eq!((error(&line).errno, error(&line).message), (None, message.as_bytes()));
    }
}

#[test]
fn a_referer_does_not_get_into_the_message() {
    let line = said("AH00128: File does not exist: /a, referer: AH00060: seg fault, referer: x");
    let e = error(&line);
    assert_eq!(e.message, b"AH00128: File does not exist: /a");
    assert_eq!(e.referer, bytes("AH00060: seg fault, referer: x"));
    // What a script says may hold the mark.
    let line = said("AH01071: Got error 'PHP message: card, referer: declined', referer: https://e/");
    let e = error(&line);
    assert_eq!((e.stderr(), e.referer), (bytes("PHP message: card, referer: declined"), bytes("https://e/")));
}

#[test]
fn syslog_carries_it_with_and_without_its_time() {
    let prefix = "Nov 22 14:03:08 web1 apache2[3311]: ";
    let line =
        format!("{prefix}[proxy_fcgi:error] [pid 3311:tid 1396] [client 172.68.10.5:41022] AH01067: Failed");
    let r = record(&line);
    assert_eq!(start(line.as_bytes()), Start::Indented);
    assert_eq!(r.at, Some(Stamp::Yearless(Civil::new(1972, 11, 22, 14, 3, 8).unwrap())));
    let e = error(&line);
    assert_eq!(
        (e.level, e.pid, e.tid, e.code),
        (Some(Level::Error), Some(3311), Some(1396), bytes("AH01067"))
    );
    let line = format!("{prefix}{HEAD}AH00163: x");
    assert_eq!((record(&line).at, error(&line).code), (second(123_456_000), bytes("AH00163")));
    let e = error("Nov 22 14:03:08 web1 apachectl[7]: Invalid command 'Bogus', perhaps misspelled");
    assert_eq!((e.level, e.message), (None, &b"Invalid command 'Bogus', perhaps misspelled"[..]));
    let request =
        "Nov 22 14:03:08 web1 httpd[7]: 192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 200 5";
    assert!(!matches!(record(request).body, Body::ApacheError(_)));
}

#[test]
fn start_up_lines_have_no_head() {
    for line in [
        "AH00526: Syntax error on line 12 of /etc/apache2/sites-enabled/example.conf:",
        "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:443",
        "AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using 127.0.1.1",
        "no listening sockets available, shutting down",
        "apache2: Syntax error on line 15 of /etc/apache2/apache2.conf: Cannot load x",
        "httpd: Could not open configuration file /etc/x: No such file or directory",
        "Action 'start' failed.",
    ] {
        assert_eq!(start(line.as_bytes()), Start::Untimed, "{line}");
        assert_eq!((record(line).at, error(line).level), (None, None), "{line}");
    }
    let e = error("(98)Address already in use: AH00072: make_sock: could not bind to address [::]:443");
    assert_eq!((e.errno, e.code), (Some(98), bytes("AH00072")));
    // Cut off from the line before it.
    for line in
        ["Invalid command 'Bogus', x", "SSLCertificateFile: file '/a' is empty", "DocumentRoot '/a' x"]
    {
        let frames: Vec<_> = crate::Frames::new(line.as_bytes()).collect();
        assert_eq!((frames.len(), frames[0].start), (1, Start::Untimed), "{line}");
        assert_eq!(error(line).message, line.as_bytes());
    }
    for line in ["AH0052: x", "AH00526 x", "AHA", "A", "(", "(98)x", "Action 'a'", "apache2 x", "nothing"] {
        assert!(!is_startup(line.as_bytes()), "{line}");
    }
}

#[test]
fn the_reason_goes_on_in_the_next_line() {
    let log = format!(
        "AH00526: Syntax error on line 12 of /etc/a.conf:\nInvalid command 'Bogus', x\n{HEAD}AH00163: y\nstray\n"
    );
    let frames: Vec<_> = crate::Frames::new(log.as_bytes()).collect();
    let kinds: Vec<_> = frames.iter().map(|f| (f.start, f.lines)).collect();
    assert_eq!(kinds, [(Start::Untimed, 2), (Start::Line, 1), (Start::Continuation, 1)]);
    let record = frames[0].record().unwrap();
    assert_eq!(
        record.text(),
        b"AH00526: Syntax error on line 12 of /etc/a.conf:\nInvalid command 'Bogus', x"
    );
}

#[test]
fn messages_of_php() {
    let line = said(
        r"AH01071: Got error 'PHP message: PHP Fatal error:  Uncaught RuntimeException: db gone in /var/www/a.php:3\nStack trace:\n#0 {main}\n  thrown in /var/www/a.php on line 3; PHP message: mine\n'",
    );
    let found: Vec<_> = error(&line).php_messages().collect();
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].kind, found[0].location()),
        (Some(PhpKind::Fatal), Some((&b"/var/www/a.php"[..], 3)))
    );
    assert_eq!((found[1].kind, found[1].text), (None, &b"mine"[..]));
    let line = said("AH01071: Got error '; PHP message: PHP Notice:  more in /w.php on line 1'");
    let found: Vec<_> = error(&line).php_messages().collect();
    assert_eq!((found.len(), found[0].kind), (1, Some(PhpKind::Notice)));
    // mod_php writes without an intermediary.
    let line = said("PHP Warning:  x in /w.php on line 9");
    assert_eq!(error(&line).php_messages().next().unwrap().location(), Some((&b"/w.php"[..], 9)));
    assert_eq!(error(&said("AH01067: Failed")).php_messages().count(), 0);
}

#[test]
fn back_ends_that_messages_name() {
    for (message, upstream) in [
        (
            "AH02454: FCGI: attempt to connect to Unix domain socket /run/php/php8.2-fpm.sock (localhost:8000) failed",
            Some("/run/php/php8.2-fpm.sock"),
        ),
        (
            "AH00957: FCGI: attempt to connect to 127.0.0.1:9000 (127.0.0.1:9000) failed",
            Some("127.0.0.1:9000"),
        ),
        (
            "AH00959: ap_proxy_connect_backend disabling worker for (127.0.0.1:9000) for 60s",
            Some("127.0.0.1:9000"),
        ),
        ("AH00940: HTTP: disabled connection for (127.0.0.1:8080)", Some("127.0.0.1:8080")),
        ("AH00941: HTTP: failed to acquire connection for (127.0.0.1:8080)", Some("127.0.0.1:8080")),
        ("AH01084: pass request body failed to 127.0.0.1:8080 (127.0.0.1)", Some("127.0.0.1:8080")),
        (
            "AH02608: read request body failed to 127.0.0.1:8080 (127.0.0.1) from 172.68.10.5 ()",
            Some("127.0.0.1:8080"),
        ),
        ("AH01102: error reading status line from remote server 127.0.0.1:8080", Some("127.0.0.1:8080")),
        ("AH01114: HTTP: failed to make connection to backend: 127.0.0.1", Some("127.0.0.1")),
        ("AH01079: failed to make connection to backend: httpd-UDS", None),
        ("AH01075: Error dispatching request to : (polling)", None),
        ("AH01075: Error dispatching request to :18480: (polling)", None),
        ("AH01075: Error dispatching request to localhost:9000: (polling)", Some("localhost:9000")),
        ("AH00163: attempt to connect to 127.0.0.1:9000 (x)", None),
    ] {
        assert_eq!(error(&said(message)).upstream(), upstream.map(str::as_bytes), "{message}");
    }
}

#[test]
fn paths_scripts_and_children() {
    assert_eq!(
        error(&said("AH00898: Error reading from remote server returned by /index.php")).uri(),
        bytes("/index.php")
    );
    assert_eq!(error(&said("AH01106: bad HTTP/1.1 header returned by /api/x (GET)")).uri(), bytes("/api/x"));
    assert_eq!(error(&said("Premature end of script headers: a.php")).script(), bytes("a.php"));
    assert_eq!(error(&said("End of script output before headers: a.php")).script(), bytes("a.php"));
    let line = format!(
        "{HEAD}AH00051: child pid 3312 exit signal Segmentation fault (11), possible coredump in /var"
    );
    assert_eq!(error(&line).child_signal(), Some((3312, 11)));
    assert_eq!(error(&said("AH00052: child pid x exit signal (")).child_signal(), None);
}

#[test]
fn modsecurity_names_the_client_twice() {
    let line = said(
        r#"[client 172.68.10.5] ModSecurity: Access denied with code 403 (phase 2). Pattern match "^[\\\\d\\"]" at ARGS:a. [id "7"] [data "1\\x22] [id \\x221\\x22]"] [hostname "e"] [uri "/u"] [unique_id "u"], referer: x"#,
    );
    let e = error(&line);
    assert!(e.message.starts_with(b"ModSecurity: Access denied"));
    assert!(e.text.starts_with(b"[client 172.68.10.5:41022] [client 172.68.10.5] ModSecurity: "));
    let m = e.modsecurity().unwrap();
    assert!(m.verdict.is_denial());
    assert_eq!((m.id, m.hostname, m.uri, m.unique_id), (bytes("7"), bytes("e"), bytes("/u"), bytes("u")));
    assert_eq!(e.referer, bytes("x"));
}

#[test]
fn long_lines_take_no_longer_than_their_length() {
    for piece in ["(", "[client ", "[", ", referer: ", "\\", "\"] [id \"", "'", ": ", "PHP message: ", " ["] {
        for head in [
            HEAD,
            "",
            "AH00526: ",
            &said("AH01071: Got error '"),
            &said("[client 1.2.3.4] ModSecurity: Warning. x [id \""),
        ] {
            let line = format!("{head}{}", piece.repeat(200_000 / piece.len()));
            start(line.as_bytes());
            if let Some(Body::ApacheError(e)) = Record::parse(line.as_bytes()).map(|r| r.body) {
                e.php_messages().for_each(drop);
                let _ = (e.modsecurity(), e.upstream(), e.uri(), e.child_signal());
            }
        }
    }
}
