//! php-fpm's error log. Slow log and access log: `tests/fpm_files.rs`.

use crate::{Body, Civil, Fpm, Level, Origin, Output, PhpKind, Record, Source, Stamp, Stream, Worker};

fn record(line: &[u8]) -> Record<'_> {
    Record::parse(line).unwrap_or_else(|| panic!("no record: {}", line.escape_ascii()))
}

fn fpm(line: &[u8]) -> Fpm<'_> {
    let Body::Fpm(fpm) = record(line).body else { panic!("not php-fpm: {}", line.escape_ascii()) };
    fpm
}

/// What the master says of a worker, in a whole line of pool `www`.
fn with_worker<T>(message: &str, check: impl FnOnce(Option<Worker<'_>>) -> T) -> T {
    let line = format!("[23-Nov-2026 06:00:55] WARNING: [pool www] {message}");
    let fpm = fpm(line.as_bytes());
    assert_eq!((fpm.pool, fpm.text), (Some(&b"www"[..]), message.as_bytes()));
    check(fpm.worker())
}

fn said(message: &str) -> (Stream, String, bool) {
    with_worker(message, |worker| {
        let Some(Worker::Said { pid: 7325, output }) = worker else { panic!("{message}: {worker:?}") };
        let Output { stream, text, pipe_closed } = output;
        (stream, String::from_utf8(text.to_vec()).unwrap(), pipe_closed)
    })
}

#[test]
fn every_level_is_read() {
    for (name, level) in [
        ("DEBUG", Level::Debug),
        ("NOTICE", Level::Notice),
        ("WARNING", Level::Warn),
        ("ERROR", Level::Error),
        ("ALERT", Level::Alert),
    ] {
        let line = format!("[23-Nov-2026 06:00:55] {name}: fpm is running, pid 1200");
        let record = record(line.as_bytes());
        assert_eq!(record.level(), Some(level), "{name}");
        assert_eq!(record.at, Some(Stamp::Local(Civil::new(2026, 11, 23, 6, 0, 55).unwrap())));
        assert_eq!(record.source(), Source::PhpFpm);
        let fpm = fpm(line.as_bytes());
        assert_eq!((fpm.pool, fpm.origin, fpm.worker()), (None, None, None));
        assert_eq!(fpm.text, b"fpm is running, pid 1200");
        assert!(!fpm.syslog && !fpm.undecorated);
    }
}

#[test]
fn what_is_no_head_is_no_record() {
    for line in [
        "[23-Nov-2026 06:00:55] FATAL: x",
        "[23-Nov-2026 06:00:55] warning: x",
        "[23-Nov-2026 06:00:55] plain message",
        "[31-Nov-2026 06:00:55] NOTICE: x",
        "[23-Nox-2026 06:00:55] NOTICE: x",
        "[23-Nov-2026 25:00:55] NOTICE: x",
        "[23-Nov-2026 06:00:55] ",
        "[23-Nov-2026 06:00:55",
    ] {
        assert_eq!(Record::parse(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn debug_lines_have_microseconds_and_say_where_they_were_written() {
    let line = b"[23-Nov-2026 11:00:57.576763] WARNING: pid 10309, fpm_children_bury(), line 289: [pool www] child 10316 exited on signal 15 (SIGTERM) after 2.672391 seconds from start";
    let Some(Stamp::Local(at)) = record(line).at else { panic!() };
    assert_eq!(
        (at, at.nanos),
        (Civil { nanos: 576_763_000, ..Civil::new(2026, 11, 23, 11, 0, 57).unwrap() }, 576_763_000)
    );
    let fpm = fpm(line);
    assert_eq!(fpm.origin, Some(Origin { pid: Some(10309), function: b"fpm_children_bury", line: 289 }));
    assert_eq!((fpm.level, fpm.pool), (Some(Level::Warn), Some(&b"www"[..])));
    assert_eq!(fpm.worker().unwrap().pid(), 10316);
}

#[test]
fn a_worker_writes_its_function_without_a_process() {
    let line = b"[23-Nov-2026 11:00:57.576763] DEBUG: main(), line 1893: Primary script unknown";
    let fpm = fpm(line);
    assert_eq!(fpm.origin, Some(Origin { pid: None, function: b"main", line: 1893 }));
    assert_eq!(fpm.text, b"Primary script unknown");
}

#[test]
fn output_at_debug_level_has_no_function() {
    let line = b"[23-Nov-2026 11:00:57.576763] WARNING: pid 10309, (null)(), line 0: [pool www] child 7 said into stderr: \"NOTICE: sapi_cgi_log_message(), line 666: PHP message: PHP Warning:  x in /a.php on line 2\"";
    let fpm = fpm(line);
    assert_eq!(fpm.origin, Some(Origin { pid: Some(10309), function: b"(null)", line: 0 }));
    assert_eq!(fpm.pool, Some(&b"www"[..]));
    let message = fpm.php_message().unwrap();
    assert_eq!((message.kind, message.text), (Some(PhpKind::Warning), &b"x in /a.php on line 2"[..]));
}

#[test]
fn syslog_leaves_the_level_in_brackets() {
    let line = b"Nov 22 14:03:07 web1 php-fpm[1200]: [WARNING] [pool www] child 1234 exited on signal 11 (SIGSEGV) after 0.581727 seconds from start";
    let record = record(line);
    assert_eq!(record.at, Some(Stamp::Yearless(Civil::new(1972, 11, 22, 14, 3, 7).unwrap())));
    let carrier = record.carrier.unwrap();
    assert_eq!((carrier.host, carrier.tag, carrier.pid), (Some(&b"web1"[..]), &b"php-fpm"[..], Some(1200)));
    let fpm = fpm(line);
    assert!(fpm.syslog);
    assert_eq!((fpm.level, fpm.pool), (Some(Level::Warn), Some(&b"www"[..])));
    assert!(matches!(fpm.worker(), Some(Worker::Signalled { pid: 1234, signal: 11, name: b"SIGSEGV", .. })));
}

#[test]
fn priority_of_syslog_is_not_the_level() {
    let line = b"<29>Nov 22 14:03:07 php-fpm[1200]: [ALERT] fpm_children_bury(), line 289: x";
    assert_eq!(record(line).carrier.unwrap().priority, Some(29));
    let fpm = fpm(line);
    assert_eq!(fpm.level, Some(Level::Alert));
    assert_eq!(fpm.origin, Some(Origin { pid: None, function: b"fpm_children_bury", line: 289 }));
}

#[test]
fn a_line_in_the_journal_keeps_its_own_stamp() {
    let line =
        b"2026-11-23T11:30:12.5+01:00 web1 php-fpm8.2[53]: [23-Nov-2026 11:30:11] ERROR: No pool defined";
    let record = record(line);
    assert_eq!(record.at, Some(Stamp::Local(Civil::new(2026, 11, 23, 11, 30, 11).unwrap())));
    assert_eq!((record.level(), record.text()), (Some(Level::Error), &b"No pool defined"[..]));
    assert!(!fpm(line).syslog);
}

#[test]
fn exit_codes() {
    for code in [0, 1, 70, 78, 124, 254, 255] {
        with_worker(
            &format!("child 7325 exited with code {code} after 12.345678 seconds from start"),
            |worker| {
                assert_eq!(worker, Some(Worker::Exited { pid: 7325, code, age: 12.345_678 }));
            },
        );
    }
}

#[test]
fn signals_with_and_without_name_or_core() {
    for (text, signal, name, core_dumped) in [
        ("11 (SIGSEGV)", 11, "SIGSEGV", false),
        ("11 (SIGSEGV - core dumped)", 11, "SIGSEGV", true),
        ("35 ()", 35, "", false),
        ("35 ( - core dumped)", 35, "", true),
        ("9 (SIGKILL)", 9, "SIGKILL", false),
        ("12 (SIGUSR2)", 12, "SIGUSR2", false),
    ] {
        with_worker(
            &format!("child 7325 exited on signal {text} after 0.581727 seconds from start"),
            |worker| {
                let name = name.as_bytes();
                let wanted = Worker::Signalled { pid: 7325, signal, name, core_dumped, age: 0.581_727 };
                assert_eq!(worker, Some(wanted), "{text}");
            },
        );
    }
}

#[test]
fn a_started_worker() {
    with_worker("child 7326 started", |worker| assert_eq!(worker, Some(Worker::Started { pid: 7326 })));
}

#[test]
fn other_words_about_children_are_no_worker_lines() {
    for text in [
        "child x started",
        "child 7325 stopped for tracing",
        "child 7325 exited",
        "child 99999999999 started",
        "child 7325 exited on signal eleven (SIGSEGV) after 1.0 seconds from start",
        "server reached pm.max_children setting (5), consider raising it",
        "child 7325 said nothing",
    ] {
        with_worker(text, |worker| assert_eq!(worker, None, "{text}"));
    }
}

#[test]
fn output_of_a_worker_keeps_its_inner_quotes() {
    let of = |stream, text: &str, closed| (stream, text.to_owned(), closed);
    let head = "child 7325 said into";
    assert_eq!(said(&format!(r#"{head} stderr: "plain""#)), of(Stream::Stderr, "plain", false));
    assert_eq!(said(&format!(r#"{head} stdout: "plain""#)), of(Stream::Stdout, "plain", false));
    assert_eq!(said(&format!(r#"{head} stderr: "a "b" c""#)), of(Stream::Stderr, r#"a "b" c"#, false));
    assert_eq!(said(&format!(r#"{head} stderr: """#)), of(Stream::Stderr, "", false));
    assert_eq!(said(&format!(r#"{head} stderr: "a "b"""#)), of(Stream::Stderr, r#"a "b""#, false));
    assert_eq!(said(&format!(r#"{head} stderr: "a", pipe is closed"#)), of(Stream::Stderr, "a", true));
    let quoting = format!(r#"{head} stderr: "a", pipe is closed""#);
    assert_eq!(said(&quoting), of(Stream::Stderr, r#"a", pipe is closed"#, false));
    assert_eq!(said(&format!(r#"{head} stderr: "cut"#)), of(Stream::Stderr, "cut", false));
}

#[test]
fn a_message_of_php_is_marked_by_php_fpm_only() {
    let line = |text: &str| {
        format!(r#"[23-Nov-2026 06:00:55] WARNING: [pool www] child 7 said into stderr: "{text}""#)
    };
    let fatal = line("NOTICE: PHP message: PHP Fatal error:  Uncaught E: x in /a.php:3");
    let message = fpm(fatal.as_bytes()).php_message().unwrap();
    assert_eq!((message.kind, message.location()), (Some(PhpKind::Fatal), Some((&b"/a.php"[..], 3))));
    let own = line("NOTICE: PHP message: cache miss");
    assert_eq!(fpm(own.as_bytes()).php_message().unwrap().kind, None);
    for other in [
        "PHP Fatal error:  spoof in /a.php on line 1",
        "ERROR: Unable to open primary script: /var/www/a.php (No such file or directory)",
        "NOTICE: Access to the script '/var/www' has been denied (see security.limit_extensions)",
        "#0 /var/www/a.php(37): deep(1)",
    ] {
        assert_eq!(fpm(line(other).as_bytes()).php_message(), None, "{other}");
    }
    assert_eq!(fpm(b"[23-Nov-2026 06:00:55] NOTICE: PHP message: x").php_message(), None);
}

#[test]
fn a_wrapped_record_is_two_whole_records() {
    let head = "[23-Nov-2026 06:00:55] WARNING: [pool www] child 7 said into stderr: \"";
    let first = format!("{head}NOTICE: PHP message: PHP Warning:  {}\"", "a".repeat(900));
    let log = format!("{first}\n{head}rest in /a.php on line 2\"\n");
    let frames: Vec<_> = crate::Frames::new(log.as_bytes()).collect();
    assert_eq!(frames.iter().map(|f| f.lines).collect::<Vec<_>>(), [1, 1]);
    let text = |at: usize| match fpm(frames[at].bytes).worker() {
        Some(Worker::Said { output, .. }) => output.text,
        other => panic!("{other:?}"),
    };
    assert!(text(0).ends_with(b"aaa"));
    assert_eq!(text(1), b"rest in /a.php on line 2");
}

#[test]
fn slow_and_timed_out_requests() {
    let script = "/var/www/public/index.php";
    for (script, request) in [
        (script, "GET /index.php?page=1"),
        ("/var/www/o'neill/a \"b\".php", "GET /a.php?x='y' (request: \"z\")"),
        (script, "GET /a\") executing too slow (9 sec), logging"),
        (script, "GET /a\") execution timed out (9 sec), terminating"),
        (script, ""),
    ] {
        let head = format!("child 7325, script '{script}' (request: \"{request}\")");
        let (script, request) = (script.as_bytes(), request.as_bytes());
        with_worker(&format!("{head} executing too slow (1.153303 sec), logging"), |worker| {
            assert_eq!(worker, Some(Worker::Slow { pid: 7325, script, request, seconds: 1.153_303 }));
        });
        with_worker(&format!("{head} execution timed out (2.154249 sec), terminating"), |worker| {
            assert_eq!(worker, Some(Worker::TimedOut { pid: 7325, script, request, seconds: 2.154_249 }));
        });
    }
}

#[test]
fn undecorated_lines_are_records_without_a_time() {
    let line = b"NOTICE: PHP message: PHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3";
    let record = record(line);
    assert_eq!((record.at, record.carrier, record.level()), (None, None, Some(Level::Notice)));
    let fpm = fpm(line);
    assert!(fpm.undecorated);
    assert_eq!((fpm.pool, fpm.text), (None, &line[..]));
    let message = fpm.php_message().unwrap();
    assert_eq!((message.kind, message.location()), (Some(PhpKind::Fatal), Some((&b"/a.php"[..], 3))));
    let other = record_text("ERROR: Unable to open primary script: /a.php (No such file or directory)");
    assert_eq!(other, "ERROR: Unable to open primary script: /a.php (No such file or directory)");
}

fn record_text(line: &str) -> String {
    String::from_utf8(record(line.as_bytes()).text().to_vec()).unwrap()
}

#[test]
fn carriage_returns_belong_to_no_value() {
    let line = b"[23-Nov-2026 06:00:55] WARNING: [pool www] child 7 said into stderr: \"a\"\r";
    let Some(Worker::Said { output, .. }) = fpm(line).worker() else { panic!() };
    assert_eq!(output.text, b"a");
}

#[test]
fn a_pool_may_have_any_name() {
    let line = b"[23-Nov-2026 06:00:55] NOTICE: [pool shop.example.com-2] child 7 started";
    assert_eq!(fpm(line).pool, Some(&b"shop.example.com-2"[..]));
    let open = b"[23-Nov-2026 06:00:55] NOTICE: [pool www child 7 started";
    assert_eq!((fpm(open).pool, fpm(open).text), (None, &b"[pool www child 7 started"[..]));
}

#[test]
fn lines_of_a_stack_trace_go_on_with_the_message_before() {
    let continues = |text: &str| {
        let line = format!("[23-Nov-2026 12:00:00] WARNING: [pool www] child 7 said into stderr: \"{text}\"");
        let record = Record::parse(line.as_bytes()).unwrap();
        let Body::Fpm(fpm) = record.body else { panic!("{record:?}") };
        let Some(Worker::Said { output, .. }) = fpm.worker() else { panic!("{fpm:?}") };
        output.continues_message()
    };
    for text in
        ["Stack trace:", "#0 /var/www/a.php(3): f()", "#12 {main}", "  thrown in /var/www/a.php on line 3"]
    {
        assert!(continues(text), "{text}");
    }
    for text in
        ["NOTICE: PHP message: PHP Fatal error:  Uncaught E in /a.php:3", "#hashtag", "#", "malloc(): x"]
    {
        assert!(!continues(text), "{text}");
    }
}
