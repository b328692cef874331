//! Standard error of FastCGI programs inside nginx's error log, and PHP's messages in it.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{Body, Frames, MAX_RECORD, NginxError, PhpKind, PhpMessage, Record};

const LIST: &str = r#", client: 192.0.2.1, server: example.com, request: "GET /a HTTP/1.1", upstream: "fastcgi://unix:/run/php/php8.2-fpm.sock:", host: "example.com""#;
const ACTION: &str = " while reading response header from upstream";

fn error(line: &[u8]) -> NginxError<'_> {
    match Record::parse(line).map(|r| r.body) {
        Some(Body::NginxError(error)) => error,
        other => panic!("{other:?}: {}", line.escape_ascii()),
    }
}

fn head(text: &str) -> String {
    format!("2026/11/23 10:46:33 [error] 812#812: *5 FastCGI sent in stderr: \"{text}")
}

fn line(text: &str) -> Vec<u8> {
    format!("{}\"{ACTION}{LIST}", head(text)).into_bytes()
}

fn messages(text: &str) -> Vec<(Option<PhpKind>, String)> {
    let line = line(text);
    error(&line).php_messages().map(|m| (m.kind, String::from_utf8(m.text.to_vec()).unwrap())).collect()
}

fn one(kind: PhpKind, text: &str) -> (Option<PhpKind>, String) {
    (Some(kind), text.to_owned())
}

fn place(message: &str) -> Option<(String, u32)> {
    let place = PhpMessage::parse(message.as_bytes()).location();
    place.map(|(file, line)| (String::from_utf8(file.to_vec()).unwrap(), line))
}

#[test]
fn text_stands_between_the_quotes_and_has_no_errno() {
    let line = line("Primary script unknown (2: No such file or directory)");
    let error = error(&line);
    assert_eq!(error.stderr(), Some(&b"Primary script unknown (2: No such file or directory)"[..]));
    assert_eq!((error.errno, error.action), (None, Some(&b"reading response header from upstream"[..])));
    assert_eq!(error.context.client, Some(&b"192.0.2.1"[..]));
    assert_eq!(messages("Primary script unknown"), [(None, "Primary script unknown".to_owned())]);
}

#[test]
fn other_records_have_no_standard_error() {
    let error = error(b"2026/11/23 10:46:33 [error] 812#812: *5 upstream sent FastCGI sent in stderr: \"x\"");
    assert_eq!(error.stderr(), None);
    assert_eq!(error.php_messages().count(), 0);
}

#[test]
fn messages_of_one_request_are_told_apart() {
    let wanted = [
        one(PhpKind::Warning, "Undefined variable $a in /var/www/a.php on line 3"),
        one(PhpKind::Fatal, "Allowed memory size in /var/www/a.php on line 9"),
        (None, "cache miss; retry".to_owned()),
    ];
    for between in ["; PHP message: ", "\nPHP message: "] {
        let text = [
            "PHP message: PHP Warning:  Undefined variable $a in /var/www/a.php on line 3",
            "PHP Fatal error:  Allowed memory size in /var/www/a.php on line 9",
            "cache miss; retry",
        ]
        .join(between);
        assert_eq!(messages(&text), wanted);
    }
}

#[test]
fn the_mark_inside_a_message_begins_no_other() {
    assert_eq!(messages("PHP message: said PHP message: x"), [(None, "said PHP message: x".to_owned())]);
}

#[test]
fn text_that_begins_in_mid_word_is_a_message_too() {
    let wanted = [(None, "ble $b in /a.php on line 4".to_owned()), one(PhpKind::Notice, "c")];
    assert_eq!(messages("ble $b in /a.php on line 4; PHP message: PHP Notice:  c"), wanted);
}

#[test]
fn every_kind_of_php_is_known_and_the_gravest_is_first() {
    let kinds = [
        ("Fatal error", PhpKind::Fatal),
        ("Recoverable fatal error", PhpKind::Recoverable),
        ("Parse error", PhpKind::Parse),
        ("Warning", PhpKind::Warning),
        ("Notice", PhpKind::Notice),
        ("Deprecated", PhpKind::Deprecated),
        ("Strict Standards", PhpKind::Strict),
        ("Unknown error", PhpKind::Unknown),
    ];
    for (name, kind) in kinds {
        let message = format!("PHP {name}:  x");
        assert_eq!(PhpMessage::parse(message.as_bytes()), PhpMessage { kind: Some(kind), text: b"x" });
        let one_blank = format!("PHP {name}: x");
        assert_eq!(PhpMessage::parse(one_blank.as_bytes()).kind, None, "PHP writes two blanks");
    }
    assert!(kinds.map(|(_, kind)| kind).is_sorted());
}

#[test]
fn an_uncaught_exception_keeps_its_lines_and_the_list_behind_them() {
    let text = "PHP message: PHP Fatal error:  Uncaught RuntimeException: db gone in /var/www/a.php:37\nStack trace:\n#0 /var/www/a.php(40): deep(1)\n#1 {main}\n\nNext LogicException: outer in /var/www/a.php:37\nStack trace:\n#0 {main}\n  thrown in /var/www/a.php on line 37";
    let log = [line(text), b"\n2026/11/23 10:46:34 [notice] 1#1: exiting\n".to_vec()].concat();
    let frames: Vec<_> = Frames::new(&log).collect();
    assert_eq!(frames.iter().map(|f| (f.line, f.lines)).collect::<Vec<_>>(), [(0, 9), (9, 1)]);
    let error = error(frames[0].bytes);
    assert_eq!(error.stderr(), Some(text.as_bytes()));
    assert_eq!(error.context.host, Some(&b"example.com"[..]));
    let message = error.php_messages().next().unwrap();
    assert_eq!(message.kind, Some(PhpKind::Fatal));
    assert_eq!(message.location(), Some((&b"/var/www/a.php"[..], 37)));
}

#[test]
fn a_script_forges_no_list() {
    for text in [
        "PHP message: x, client: 6.6.6.6, server: evil",
        r#"PHP message: x", client: 6.6.6.6, server: evil, request: "GET / HTTP/1.1"#,
        "PHP message: x, context: ngx.timer, client: 6.6.6.6",
        "PHP message: x\n, client: 6.6.6.6, server: evil\ny",
    ] {
        let line = line(text);
        let error = error(&line);
        assert_eq!(error.stderr(), Some(text.as_bytes()));
        let context = error.context;
        assert_eq!((context.client, context.server), (Some(&b"192.0.2.1"[..]), Some(&b"example.com"[..])));
        assert_eq!(context.lua, None);
    }
}

#[test]
fn a_referer_forges_no_list_behind_a_script() {
    let forged = ", referrer: \"a, client: 6.6.6.6, server: evil\"";
    for action in ["", " while reading upstream", ACTION, " while sending to client"] {
        let line = format!("{}\"{action}{LIST}{forged}", head("PHP message: x")).into_bytes();
        let error = error(&line);
        assert_eq!(error.stderr(), Some(&b"PHP message: x"[..]), "{action}");
        assert_eq!(error.context.client, Some(&b"192.0.2.1"[..]), "{action}");
        assert_eq!(error.context.referrer, Some(&b"a, client: 6.6.6.6, server: evil"[..]), "{action}");
    }
}

#[test]
fn a_cut_record_has_its_messages_and_no_forged_list() {
    let start = head("PHP message: PHP Warning:  a; PHP message: lost, client: 6.6.6.6, server: evil ");
    let line = format!("{start}{}", "b".repeat(MAX_RECORD - start.len())).into_bytes();
    let error = error(&line);
    assert!(error.cut);
    assert_eq!((error.context.client, error.action), (None, None));
    let kinds: Vec<_> = error.php_messages().map(|m| m.kind).collect();
    assert_eq!(kinds, [Some(PhpKind::Warning), None]);
    assert!(error.stderr().unwrap().ends_with(b"bbb"));
}

#[test]
fn a_place_stands_at_the_end() {
    assert_eq!(place("PHP Warning:  x in /var/www/a.php on line 13"), Some(("/var/www/a.php".into(), 13)));
    assert_eq!(place("PHP Warning:  x in Unknown on line 0"), Some(("Unknown".into(), 0)));
    assert_eq!(
        place("PHP Parse error:  Unclosed '{' on line 3 in /var/www/a.php on line 10"),
        Some(("/var/www/a.php".into(), 10))
    );
    let traced =
        "PHP Fatal error:  x in /var/www/a.php on line 5\nStack trace:\n#0 /var/www/b.php(5): f()\n#1 {main}";
    assert_eq!(place(traced), Some(("/var/www/a.php".into(), 5)));
    assert_eq!(place("no place in this message"), None);
    assert_eq!(place("PHP Warning:  x in /var/www/a.php on line many"), None);
}

#[test]
fn a_place_named_in_the_words_of_an_exception_is_not_its_own() {
    let head = "PHP Fatal error:  Uncaught TypeError: f(): Argument #1 ($x) must be of type int, string given, called in /var/www/call.php on line 5 and defined in /var/www/def.php:10";
    assert_eq!(place(head), Some(("/var/www/def.php".into(), 10)));
    let parse = "PHP Fatal error:  Uncaught ParseError: Unclosed '{' in x on line 3 in /var/www/a.php:10";
    assert_eq!(place(parse), Some(("/var/www/a.php".into(), 10)));
}

#[test]
fn the_head_of_an_exception_may_have_several_lines() {
    let cut = "PHP Fatal error:  Uncaught RuntimeException: db gone\nsecond line in /var/www/a.php:3\nStack trace:\n#0 /var/www/a.php(37): deep(1)";
    assert_eq!(place(cut), Some(("/var/www/a.php".into(), 3)));
    let dos = "PHP Fatal error:  Uncaught E: x in /var/www/a.php:3\r\nStack trace:\r\n#0 {main}";
    assert_eq!(place(dos), Some(("/var/www/a.php".into(), 3)));
}
