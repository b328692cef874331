//! Heads, levels, errnos and actions. Context lists and forged ones: `tests/nginx_*.rs`.

use crate::{Body, Civil, Level, MAX_RECORD, NginxError, Record, Source, Stamp};

fn record(line: &[u8]) -> Record<'_> {
    Record::parse(line).unwrap_or_else(|| panic!("no record: {}", line.escape_ascii()))
}

fn error(line: &[u8]) -> NginxError<'_> {
    let Body::NginxError(error) = record(line).body else { panic!("not nginx: {}", line.escape_ascii()) };
    error
}

/// A line of an HTTP request with this between head and context list.
fn with_text(text: &str) -> Vec<u8> {
    let list = r#", client: 192.0.2.1, server: example.com, request: "GET / HTTP/1.1", host: "example.com""#;
    format!("2026/11/23 10:46:33 [error] 812#812: *5 {text}{list}").into_bytes()
}

/// A line without a context list.
fn bare(text: &str) -> Vec<u8> {
    format!("2026/11/23 10:46:33 [alert] 812#812: {text}").into_bytes()
}

#[test]
fn every_level_is_read() {
    let levels = [
        ("emerg", Level::Emerg),
        ("alert", Level::Alert),
        ("crit", Level::Crit),
        ("error", Level::Error),
        ("warn", Level::Warn),
        ("notice", Level::Notice),
        ("info", Level::Info),
        ("debug", Level::Debug),
    ];
    for (name, level) in levels {
        let line = format!("2026/11/23 10:46:33 [{name}] 812#812: exiting");
        let record = record(line.as_bytes());
        assert_eq!(record.level(), Some(level), "{name}");
        assert_eq!(record.text(), b"exiting", "{name}");
    }
}

#[test]
fn levels_go_from_the_gravest_to_the_finest() {
    assert!(Level::ALL.is_sorted());
    assert!(Level::Emerg < Level::Alert && Level::Error < Level::Warn && Level::Info < Level::Debug);
}

#[test]
fn a_level_that_nginx_has_not_is_no_record() {
    for level in ["ERROR", "fatal", "errors", "", "warning", "error ", "emergency"] {
        let line = format!("2026/11/23 10:46:33 [{level}] 812#812: x");
        assert_eq!(Record::parse(line.as_bytes()), None, "{level}");
    }
}

#[test]
fn head_gives_time_process_thread_and_connection() {
    let record = record(b"2026/11/23 10:46:33 [error] 812#813: *5678 x");
    assert_eq!(record.at, Some(Stamp::Local(Civil::new(2026, 11, 23, 10, 46, 33).unwrap())));
    assert_eq!(record.source(), Source::NginxError);
    assert_eq!(record.carrier, None);
    let error = error(b"2026/11/23 10:46:33 [error] 812#813: *5678 x");
    assert_eq!((error.pid, error.tid, error.connection), (Some(812), Some(813), Some(5678)));
    assert_eq!((error.text, error.message), (&b"x"[..], &b"x"[..]));
    assert!(!error.startup && !error.cut);
}

#[test]
fn a_line_of_a_process_has_no_connection() {
    let error = error(b"2026/11/23 10:46:33 [notice] 29347#0: signal 15 (SIGTERM) received from 1, exiting");
    assert_eq!((error.pid, error.tid, error.connection), (Some(29347), Some(0), None));
    assert_eq!(error.text, b"signal 15 (SIGTERM) received from 1, exiting");
    assert_eq!((error.errno, error.action, error.context.client), (None, None, None));
}

#[test]
fn a_star_without_a_number_belongs_to_the_message() {
    for text in ["*x y", "* y", "*5", "*5x y"] {
        let line = bare(text);
        let error = error(&line);
        assert_eq!((error.connection, error.text), (None, text.as_bytes()));
    }
}

#[test]
fn a_kept_connection_has_a_number_but_no_list() {
    let line = b"2026/11/23 10:46:33 [info] 812#812: *9 client 192.0.2.1 closed keepalive connection";
    let error = error(line);
    assert_eq!(error.connection, Some(9));
    assert_eq!(error.message, b"client 192.0.2.1 closed keepalive connection");
    assert_eq!(error.context, crate::Context::default());
}

#[test]
fn what_is_no_head_is_no_record() {
    for line in [
        "2026/11/23 10:46:33 [error]",
        "2026/11/23 10:46:33 [error] x#1: y",
        "2026/11/23 10:46:33 [error] 1: y",
        "2026/13/23 10:46:33 [error] 1#1: y",
        "2026/11/31 10:46:33 [error] 1#1: y",
        "2026/11/23 24:46:33 [error] 1#1: y",
        "2026/11/23 10:60:33 [error] 1#1: y",
        "2026-11-23 10:46:33 [error] 1#1: y",
        " 2026/11/23 10:46:33 [error] 1#1: y",
        "",
    ] {
        assert_eq!(Record::parse(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn an_errno_stands_before_the_action() {
    let line = with_text(
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
    );
    let error = error(&line);
    assert_eq!(error.errno, Some(104));
    assert_eq!(error.action, Some(&b"reading response header from upstream"[..]));
    assert_eq!(error.message, b"recv() failed (104: Connection reset by peer)");
    assert_eq!(
        error.text,
        b"recv() failed (104: Connection reset by peer) while reading response header from upstream"
    );
}

#[test]
fn an_errno_is_read_whatever_the_words_of_the_c_library() {
    for (text, errno) in [
        ("upstream timed out (110: Connection timed out) while connecting to upstream", 110),
        ("upstream timed out (110: Operation timed out) while connecting to upstream", 110),
        ("connect() failed (113: No route to host) while connecting to upstream", 113),
        ("connect() failed (113: Host is unreachable) while connecting to upstream", 113),
        ("socket() failed (24: No file descriptors available) while connecting to upstream", 24),
        ("open() \"/var/www/a\" failed (2: No such file or directory)", 2),
        ("bad.example.com could not be resolved (3: Host not found)", 3),
        ("bad.example.com could not be resolved (110: Operation timed out)", 110),
        ("x.example.com could not be resolved (5: Operation refused)", 5),
    ] {
        assert_eq!(error(&with_text(text)).errno, Some(errno), "{text}");
    }
    for (text, errno) in [
        ("bind() to 0.0.0.0:80 failed (98: Address already in use)", 98),
        ("bind() to 0.0.0.0:80 failed (98: Address in use)", 98),
        ("accept4() failed (24: Too many open files)", 24),
    ] {
        assert_eq!(error(&bare(text)).errno, Some(errno), "{text}");
    }
}

#[test]
fn an_errno_of_a_configuration_error_stands_before_the_file() {
    for text in [
        "open() \"/etc/nginx/x.conf\" failed (2: No such file or directory) in /etc/nginx/nginx.conf:12",
        "open() \"/etc/nginx/x.conf\" failed (2: No such file or directory) in command line",
        "open() \"/etc/nginx/x.conf\" failed (2: No such file or directory) in /etc/nginx/a (old)/b (1).conf:12",
    ] {
        assert_eq!(error(&bare(text)).errno, Some(2), "{text}");
        let start = format!("nginx: [emerg] {text}");
        assert_eq!(error(start.as_bytes()).errno, Some(2), "{start}");
    }
}

#[test]
fn details_of_tls_are_no_errno() {
    for text in [
        "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking",
        "SSL_do_handshake() failed (SSL: error:1417D18C:SSL routines:tls_process_client_hello:version too low)",
        "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream",
        "client SSL certificate verify error: (18:self signed certificate)",
        "worker process 812 exited on signal 11 (core dumped)",
        "signal 17 (SIGCHLD) received from 813",
    ] {
        assert_eq!(error(&with_text(text)).errno, None, "{text}");
    }
    let both = "SSL_read() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading) (104: Connection reset by peer) while reading upstream";
    assert_eq!(error(&with_text(both)).errno, Some(104));
}

#[test]
fn what_a_client_sent_is_no_errno() {
    for text in [
        r#"client sent invalid header line: "X: (104: Connection reset by peer) y" while reading client request headers"#,
        r#"client sent invalid header line: "X: (104: Connection reset by peer)""#,
        r#"access forbidden by rule "a (13: Permission denied) in b""#,
        "lua (7: seven) is a number",
    ] {
        assert_eq!(error(&with_text(text)).errno, None, "{text}");
    }
    let path = r#"open() "/var/www/(13: Permission denied) x" failed (2: No such file or directory)"#;
    assert_eq!(error(&with_text(path)).errno, Some(2));
}

#[test]
fn every_action_is_known() {
    let list = "waiting for request;reading PROXY protocol;SSL handshaking;reading client request line;\
        reading client pipelined request line;reading client request headers;reading client request;\
        processing HTTP/2 connection;sending to client;sending response to client;sending early hints to client;\
        sending mp4 to client;sending flv to client;logging request;closing request;keepalive;\
        reading request body;sending response to ACME HTTP challenge;connecting to upstream;\
        SSL handshaking to upstream;sending request to upstream;reading response header from upstream;\
        reading upstream;proxying upgraded connection;initializing session;prereading client data;\
        proxying connection;proxying and reading from client;proxying and reading from upstream;\
        proxying and sending to client;proxying and sending to upstream;\
        sending PROXY protocol header to upstream;passing connection to port;returning text;\
        sending client greeting line;in auth state;in starttls state;in delay pipelining state;\
        in http auth state;in resolving client address;in resolving client hostname;proxying;\
        reading response from upstream;sending user name to upstream;sending password to upstream;\
        sending AUTH to upstream;sending LOGIN command to upstream;sending HELO/EHLO to upstream;\
        sending client HELO/EHLO to upstream;sending XCLIENT to upstream;sending MAIL FROM to upstream;\
        sending RCPT TO to upstream;creating quic connection;handling quic input;\
        handling quic packet;handling initial packet;parsing quic packet;parsing quic long header;\
        decrypting packet;handling decrypted packet;handling payload;parsing frames;handling frames;\
        sending frames;preparing ack;updating keys;handling quic client input;QUIC handshaking to upstream;\
        resolving;requesting certificate status;loading SSL certificate by lua;\
        loading SSL client hello by lua;fetching SSL session by lua;storing SSL session by lua;\
        loading proxy ssl certificate by lua;loading proxy ssl verify by lua;proxy pass SSL handshaking";
    for action in list.split(';') {
        let line = with_text(&format!("something failed while {action}"));
        let error = error(&line);
        assert_eq!(error.action, Some(action.as_bytes()), "{action}");
        assert_eq!(error.message, b"something failed", "{action}");
    }
}

#[test]
fn the_address_of_an_accept_is_part_of_the_action() {
    for address in ["0.0.0.0:443", "[::]:80", "unix:/run/nginx.sock"] {
        let text =
            format!("accept4() failed (24: Too many open files) while accepting new connection on {address}");
        let line = bare(&text);
        let error = error(&line);
        assert_eq!(error.action, Some(format!("accepting new connection on {address}").as_bytes()));
        assert_eq!(error.errno, Some(24));
    }
}

#[test]
fn only_the_last_while_can_be_an_action() {
    let cycle = r#"rewrite or internal redirection cycle while processing "/index.php""#;
    let plain = with_text(cycle);
    assert_eq!((error(&plain).action, error(&plain).message), (None, cycle.as_bytes()));
    let acting = with_text(&format!("{cycle} while sending to client"));
    assert_eq!(error(&acting).action, Some(&b"sending to client"[..]));
    assert_eq!(error(&acting).message, cycle.as_bytes());
    let invented = with_text("x while reading upstream while dancing");
    assert_eq!((error(&invented).action, error(&invented).errno), (None, None));
}

#[test]
fn debug_lines_have_neither_action_nor_list() {
    let line = b"2026/11/23 10:46:33 [debug] 812#812: *5 http header: \"Referer: a while reading upstream, client: 6.6.6.6, server: evil\"";
    let error = error(line);
    assert_eq!((error.action, error.context.client, error.context.server), (None, None, None));
    assert!(error.text.ends_with(b"server: evil\""));
}

#[test]
fn start_up_lines_have_a_level_and_no_time() {
    for program in ["nginx", "angie"] {
        let line = format!("{program}: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)");
        let record = record(line.as_bytes());
        assert_eq!((record.at, record.level()), (None, Some(Level::Emerg)));
        let error = error(line.as_bytes());
        assert!(error.startup);
        assert_eq!((error.pid, error.tid, error.connection, error.errno), (None, None, None, Some(98)));
        assert_eq!(error.message, b"bind() to 0.0.0.0:80 failed (98: Address already in use)");
    }
}

#[test]
fn verdict_lines_have_no_level() {
    for text in [
        "configuration file /etc/nginx/nginx.conf test failed",
        "the configuration file /etc/nginx/nginx.conf syntax is ok",
    ] {
        let line = format!("nginx: {text}");
        let error = error(line.as_bytes());
        assert_eq!((error.level, error.text, error.startup), (None, text.as_bytes(), true));
    }
}

#[test]
fn a_record_of_full_length_is_cut() {
    let head = "2026/11/23 10:46:33 [error] 812#812: *5 ";
    let of = |len: usize| format!("{head}{}", "a".repeat(len - head.len())).into_bytes();
    assert!(error(&of(MAX_RECORD)).cut);
    assert!(!error(&of(MAX_RECORD - 1)).cut);
    let after_crash = [vec![0; 4096], of(100)].concat();
    assert!(!error(&after_crash).cut, "zeros are no part of the record");
    let dos = [of(MAX_RECORD - 1), b"\r".to_vec()].concat();
    assert!(!error(&dos).cut, "nor is the carriage return");
    let carried = [b"<187>Nov 23 10:46:33 vm nginx: ".to_vec(), of(MAX_RECORD)].concat();
    assert!(error(&carried).cut, "syslog carries the whole line");
    let short = [b"<187>Nov 23 10:46:33 vm nginx: ".to_vec(), of(MAX_RECORD - 1)].concat();
    assert!(!error(&short).cut, "but its prefix does not count");
}

#[test]
fn an_errno_outlives_a_cut_anywhere_behind_it() {
    let text = "open() \"/a... (36: File name too long)";
    let tail = " while sending to client, client: 192.0.2.1";
    for len in 0..=tail.len() {
        let head = "2026/11/23 10:46:33 [error] 812#812: *5 open() \"/";
        let end = &text["open() \"/".len()..];
        let fill = MAX_RECORD - head.len() - end.len() - len;
        let line = format!("{head}{}{end}{}", "a".repeat(fill), &tail[..len]).into_bytes();
        assert_eq!(line.len(), MAX_RECORD);
        assert_eq!(error(&line).errno, Some(36), "{}", &tail[..len]);
    }
}
