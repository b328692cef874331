//! Which lines belong together, and where they stand.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use logscan_parser::{
    AccessServer, Body, Civil, Format, Frame, Frames, Level, Record, Source, Stamp, Start, carrier, start,
};

const NGINX: &str = "2026/11/23 10:46:33 [error] 812#812: *5 x failed, client: 192.0.2.1, server: s";
const FPM: &str = "[23-Nov-2026 06:00:55] NOTICE: ready to handle connections";

fn frames(log: &[u8]) -> Vec<Frame<'_>> {
    Frames::new(log).collect()
}

fn starts(log: &[u8]) -> Vec<(Start, u64)> {
    frames(log).iter().map(|f| (f.start, f.lines)).collect()
}

#[test]
fn no_bytes_are_no_frames() {
    assert!(frames(b"").is_empty());
}

#[test]
fn offsets_lines_and_bytes() {
    let log = format!("{NGINX}\n#0 a\n#1 b\n{FPM}\n{NGINX}");
    let found = frames(log.as_bytes());
    let second = NGINX.len() + 11;
    let third = second + FPM.len() + 1;
    let places: Vec<_> = found.iter().map(|f| (f.offset, f.line, f.lines)).collect();
    assert_eq!(places, [(0, 0, 3), (second, 3, 1), (third, 4, 1)]);
    assert_eq!(found[0].bytes, format!("{NGINX}\n#0 a\n#1 b").as_bytes());
    assert_eq!(found[1].bytes, FPM.as_bytes());
    assert_eq!(found[2].bytes, NGINX.as_bytes());
}

#[test]
fn a_last_newline_begins_no_line() {
    assert_eq!(starts(format!("{FPM}\n").as_bytes()), [(Start::Timed, 1)]);
    assert_eq!(starts(format!("{FPM}\n\n").as_bytes()), [(Start::Timed, 2)]);
    assert_eq!(starts(b"\n"), [(Start::Continuation, 1)]);
}

#[test]
fn lines_without_a_record_before_them_are_no_record() {
    let log = format!("#1 b\n  thrown away\n{NGINX}\n");
    let found = frames(log.as_bytes());
    assert_eq!((found[0].start, found[0].lines, found[0].record()), (Start::Continuation, 2, None));
    assert_eq!((found[1].start, found[1].line), (Start::Timed, 2));
}

#[test]
fn every_beginning_is_told() {
    for (line, wanted) in [
        (NGINX, Start::Timed),
        (FPM, Start::Timed),
        ("[23-Nov-2026 05:55:49]  [pool www] pid 7325", Start::Timed),
        ("[23-Nov-2026 05:55:49.576763] DEBUG: pid 1, f(), line 2: x", Start::Timed),
        ("127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200", Start::Line),
        ("[23-Nov-2026 06:00:55 Europe/Berlin] x", Start::Timed),
        ("Mon Nov 23 11:14:20 2026 (21423): Fatal Error x", Start::Timed),
        ("Nov 22 14:03:07 web1 php-fpm[1200]: [NOTICE] ready to handle connections", Start::Timed),
        ("<187>Nov 23 10:46:33 vm nginx: 2026/11/23 10:46:33 [error] 1#1: x", Start::Timed),
        ("Nov 23 10:46:33 vm nginx[7]: nginx: [emerg] x", Start::Timed),
        ("nginx: [emerg] x", Start::Untimed),
        ("angie: [emerg] x", Start::Untimed),
        ("nginx: configuration file /etc/nginx/nginx.conf test failed", Start::Untimed),
        ("NOTICE: PHP message: x", Start::Untimed),
        ("PHP Warning:  x in /a.php on line 3", Start::Untimed),
        ("PHP:  syntax error, unexpected '='", Start::Untimed),
        ("", Start::Continuation),
        ("Stack trace:", Start::Continuation),
        ("#0 {main}", Start::Continuation),
        ("  thrown in /a.php on line 3", Start::Continuation),
        ("script_filename = /a.php", Start::Continuation),
        ("\r", Start::Continuation),
    ] {
        assert_eq!(start(line.as_bytes()), wanted, "{line}");
        let dos = format!("{line}\r");
        assert_eq!(start(dos.as_bytes()), wanted, "{line} with a carriage return");
    }
}

#[test]
fn a_line_that_only_begins_like_a_head_goes_on_with_the_record() {
    for line in [
        "2026/11/23 10:46:33 [ERROR] an application's own line",
        "2026/11/23 10:46:33 [error] an application's own line",
        "2026/11/23 10:46:33 [error] 5: x",
        "[23-Nov-2026 06:00:55] an application's own line",
        "[23-Nov-2026 06:00:55]  three",
    ] {
        assert_eq!(start(line.as_bytes()), Start::Continuation, "{line}");
        let list = ", client: 192.0.2.1, server: s";
        let log = format!(
            "2026/11/23 10:46:33 [error] 1#1: *5 FastCGI sent in stderr: \"PHP message: a\n{line}\" while reading upstream{list}\n"
        );
        let found = frames(log.as_bytes());
        assert_eq!(found.len(), 1, "{line}");
        let Some(Body::NginxError(error)) = found[0].record().map(|r| r.body) else { panic!("{line}") };
        assert_eq!(error.context.client, Some(&b"192.0.2.1"[..]));
    }
}

#[test]
fn a_torn_head_does_not_go_on_with_the_record_before_it() {
    for whole in
        [NGINX, FPM, "[23-Nov-2026 05:55:49.576763] DEBUG: x", "[23-Nov-2026 05:55:49]  [pool www] pid 7"]
    {
        for len in 22..whole.len() {
            let torn = &whole[..len];
            assert_eq!(start(torn.as_bytes()), Start::Timed, "{torn}");
        }
    }
}

#[test]
fn lines_of_phps_own_log_stand_alone() {
    for zone in ["UTC", "Europe/Berlin", "CET", "+02:00"] {
        let php = format!("[23-Nov-2026 06:00:55 {zone}] PHP Fatal error:  x in /a.php on line 3");
        let log = format!("{FPM}\n{php}\n{FPM}\n");
        assert_eq!(
            starts(log.as_bytes()),
            [(Start::Timed, 1), (Start::Timed, 1), (Start::Timed, 1)],
            "{zone}"
        );
    }
}

#[test]
fn lines_of_other_programs_stand_alone() {
    let kernel = "Nov 23 10:46:33 web1 kernel: [1.5] php-fpm8.2[9]: segfault at 0 ip 0 sp 0 error 4";
    let php = "Nov 23 10:46:33 web1 php[9]: PHP Warning:  x in /a.php on line 3";
    let log = format!("{NGINX}\n{kernel}\n{kernel}\n\tindented\n#0 a\n#1 b\n{php}\n{NGINX}\n");
    let wanted = [
        (Start::Timed, 1),
        (Start::Indented, 1),
        (Start::Indented, 2),
        (Start::Continuation, 2),
        (Start::Indented, 1),
        (Start::Timed, 1),
    ];
    assert_eq!(starts(log.as_bytes()), wanted);
    let records: Vec<_> = Frames::new(log.as_bytes()).map(|f| f.record().is_some()).collect();
    assert_eq!(records, [true, true, true, false, true, true]);
}

#[test]
fn a_trace_that_another_line_cut_off_is_a_record() {
    let access = "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200";
    let log = format!(
        "PHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n{access}\n#0 /b.php(4): f()\n#1 {{main}}\n"
    );
    assert_eq!(starts(log.as_bytes()), [(Start::Untimed, 2), (Start::Line, 1), (Start::Untimed, 2)]);
}

#[test]
fn messages_without_a_mark_stay_in_the_record_of_nginx_that_they_are_in() {
    let php = "PHP Notice:  Undefined index: b in /a.php on line 4";
    let open = "2026/11/23 10:46:33 [error] 1#1: *5 FastCGI sent in stderr: \"PHP Notice:  Undefined index: a in /a.php on line 3";
    let end = "\" while reading response header from upstream, client: 192.0.2.1, server: s";
    let log = format!("{open}\n{php}\n{php}{end}\n{php}\n{php}\n");
    assert_eq!(starts(log.as_bytes()), [(Start::Timed, 3), (Start::Untimed, 1), (Start::Untimed, 1)]);
    let Some(Body::NginxError(error)) = frames(log.as_bytes())[0].record().map(|r| r.body) else { panic!() };
    assert_eq!(error.context.client, Some(&b"192.0.2.1"[..]));
    // nginx ends a record after 2047 bytes: what follows a longer one is none of it.
    let lines = 60;
    let log = format!("{open}\n{}", format!("{php}\n").repeat(lines));
    let found = starts(log.as_bytes());
    assert_eq!(found[0], (Start::Timed, 1 + (2046u64 - open.len() as u64) / (php.len() as u64 + 1) + 1));
    assert_eq!(found.iter().map(|f| f.1).sum::<u64>(), 1 + lines as u64);
}

#[test]
fn lines_of_zeros_stand_alone_and_zeros_before_a_line_are_passed_over() {
    let log = [NGINX.as_bytes(), b"\n\0\0\0\0\n\0\0\0", FPM.as_bytes(), b"\n#0\n\0\0\r\n\0"].concat();
    let wanted =
        [(Start::Timed, 1), (Start::Foreign, 1), (Start::Timed, 2), (Start::Foreign, 1), (Start::Foreign, 1)];
    assert_eq!(starts(&log), wanted);
    let found = frames(&log);
    let record = found[2].record().unwrap();
    assert_eq!(record.source(), Source::PhpFpm);
    assert_eq!(record.raw, found[2].bytes, "the zeros are the record's bytes all the same");
}

#[test]
fn a_byte_order_mark_hides_no_record() {
    for line in [
        NGINX,
        FPM,
        "nginx: [emerg] x",
        "NOTICE: PHP message: x",
        "Nov 22 14:03:07 web1 php-fpm[1200]: [NOTICE] x",
        "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 200",
    ] {
        let plain = Record::parse(line.as_bytes()).unwrap();
        for junk in [&b"\xef\xbb\xbf"[..], b"\0\0\0", b"\0\xef\xbb\xbf"] {
            let log = [junk, line.as_bytes(), b"\n"].concat();
            let found = frames(&log);
            assert_eq!(found[0].start, start(line.as_bytes()), "{line}");
            let record = found[0].record().unwrap();
            assert_eq!((record.at, record.body), (plain.at, plain.body), "{line}");
        }
    }
}

#[test]
fn syslog_carries_nginx_lines_under_any_tag() {
    let inner =
        "2026/11/23 10:46:33 [crit] 1#1: *5 x failed (13: Permission denied), client: 192.0.2.1, server: s";
    for prefix in [
        "<187>Nov 23 10:46:33 vm nginx: ",
        "<187>Nov 23 10:46:33 nginx: ",
        "Nov 23 10:46:33 vm shop: ",
        "Nov  3 10:46:33 vm nginx[812]: ",
        "2026-11-23T10:46:33Z vm nginx: ",
        "2026-11-23T10:46:33.123456+01:00 vm nginx[812]: ",
    ] {
        let line = format!("{prefix}{inner}");
        let record = Record::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(
            record.at,
            Some(Stamp::Local(Civil::new(2026, 11, 23, 10, 46, 33).unwrap())),
            "its own stamp"
        );
        assert_eq!(
            (record.level(), record.text()),
            (Some(Level::Crit), &b"x failed (13: Permission denied)"[..])
        );
        assert!(record.carrier.is_some());
        assert_eq!(carrier(line.as_bytes()).unwrap().1, inner.as_bytes());
    }
}

#[test]
fn a_start_up_line_takes_its_time_from_syslog() {
    let line = b"Nov  3 10:46:33 vm nginx[7]: nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)";
    let record = Record::parse(line).unwrap();
    assert_eq!(record.at, Some(Stamp::Yearless(Civil::new(1972, 11, 3, 10, 46, 33).unwrap())));
    assert_eq!(record.level(), Some(Level::Emerg));
}

#[test]
fn carriage_returns_change_no_frame() {
    let log = format!("{NGINX}\n#0 a\n\n{FPM}\nnginx: [emerg] x\n");
    let dos = log.replace('\n', "\r\n");
    assert_eq!(starts(dos.as_bytes()), starts(log.as_bytes()));
    let records = |log: &str| -> Vec<(Option<Stamp>, usize)> {
        Frames::new(log.as_bytes()).filter_map(|f| f.record()).map(|r| (r.at, r.text().len())).collect()
    };
    assert_eq!(records(&dos), records(&log));
}

#[test]
fn bytes_that_are_no_utf8_begin_no_record() {
    let log = [NGINX.as_bytes(), b"\n\xff\xfe\x80\n\xc3\x28\n", FPM.as_bytes()].concat();
    assert_eq!(starts(&log), [(Start::Timed, 3), (Start::Timed, 1)]);
}

#[test]
fn undecorated_output_takes_the_bare_lines_behind_it() {
    let first = "NOTICE: PHP message: PHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3";
    let log =
        format!("{FPM}\n{first}\nERROR: Unable to open primary script: /b.php (No such file or directory)\n");
    let found = frames(log.as_bytes());
    assert_eq!(starts(log.as_bytes()), [(Start::Timed, 1), (Start::Untimed, 4), (Start::Untimed, 1)]);
    assert_eq!(found[1].bytes, first.as_bytes());
    let Some(Body::Fpm(fpm)) = found[1].record().map(|r| r.body) else { panic!() };
    assert_eq!(fpm.php_message().unwrap().location(), Some((&b"/a.php"[..], 3)));
}

#[test]
fn every_source_and_level_is_found_by_its_name() {
    for source in [Source::NginxError, Source::PhpFpm, Source::PhpSlow, Source::Other] {
        assert_eq!(Source::from_name(&source.to_string()), Some(source));
    }
    assert_eq!(Source::from_name("nginx"), None);
    for level in Level::ALL {
        assert_eq!(Level::from_nginx(level.to_string().as_bytes()), Some(level));
    }
    assert_eq!((Level::from_nginx(b"ERROR"), Level::from_fpm(b"error")), (None, None));
}

#[test]
fn requests_that_syslog_carries() {
    let request =
        "203.0.113.7 - - [22/Nov/2026:14:03:07 +0000] \"GET /shop/ HTTP/1.1\" 502 157 \"-\" \"curl/8\"";
    let log = format!(
        "Nov 22 15:03:08 web1 nginx: {request}\nNov 22 15:03:09 web1 cron[7]: {request} and more\n{NGINX}\n{request}\n"
    );
    let format = Format::detect(log.as_bytes(), AccessServer::Nginx);
    let records: Vec<_> = Frames::of(log.as_bytes(), &format).map(|f| f.record().unwrap()).collect();
    let sources: Vec<_> = records.iter().map(Record::source).collect();
    assert_eq!(sources, [Source::NginxAccess, Source::Other, Source::NginxError, Source::NginxAccess]);
    let Body::Access(access) = records[0].body else { panic!("{:?}", records[0]) };
    assert_eq!((access.status, access.uri), (Some(502), Some(&b"/shop/"[..])));
    assert_eq!(records[0].carrier.unwrap().host, Some(&b"web1"[..]));
    let Some(Stamp::Offset(at, 0)) = records[0].at else { panic!("{:?}", records[0].at) };
    assert_eq!(at, Civil::new(2026, 11, 22, 14, 3, 7).unwrap(), "the request's own time counts");
}

#[test]
fn requests_behind_a_log_that_has_none_are_no_part_of_its_last_record() {
    let format = Format::detect(format!("{NGINX}\n").repeat(3).as_bytes(), AccessServer::Nginx);
    let combined = "203.0.113.7 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\"";
    let log = format!(
        "{NGINX}\n#0 {{main}}\n{combined}\n{combined} \"198.51.100.1\"\nexample.com:443 {combined}\nhello\n{NGINX}\n"
    );
    let found: Vec<_> = Frames::of(log.as_bytes(), &format)
        .map(|f| (f.start, f.lines, f.record().map(|r| r.source())))
        .collect();
    let request = (Start::Line, 1, Some(Source::NginxAccess));
    let expected = [
        (Start::Timed, 2, Some(Source::NginxError)),
        request,
        request,
        request,
        (Start::Continuation, 1, None),
        (Start::Timed, 1, Some(Source::NginxError)),
    ];
    assert_eq!(found, expected);
}
