use super::*;

#[test]
fn nginx_own_syslog_line() {
    let line = b"<187>Nov 23 10:46:33 vm nginx: 2026/11/23 10:46:33 [error] 1#1: x";
    let (c, rest) = carrier(line).unwrap();
    assert_eq!(c.priority, Some(187));
    assert_eq!(c.host, Some(&b"vm"[..]));
    assert_eq!(c.tag, b"nginx");
    assert_eq!(c.pid, None);
    assert_eq!(rest, b"2026/11/23 10:46:33 [error] 1#1: x");
}

/// What rsyslog and journald make of `error_log syslog:server=unix:/dev/log`.
#[test]
fn nginx_names_its_host_to_local_sockets_too() {
    let head = b"2026/11/23 10:46:33 [error] 1#1: x";
    for (line, tag, pid) in [
        ("Nov 23 10:46:33 web1 web1 nginx: ", "nginx", None),
        ("2026-11-23T10:46:33.250000+01:00 Web1 web1.example.com nginx_error: ", "nginx_error", None),
        ("<187>1 2026-11-23T10:46:33.250000+01:00 web1 web1 - - -  nginx: ", "nginx", None),
        ("Nov 23 10:46:33 web1 nginx[812]: web1 nginx: ", "nginx", Some(812)),
    ] {
        let line = [line.as_bytes(), head].concat();
        let (c, rest) = carrier(&line).unwrap();
        assert_eq!(
            (c.tag, c.pid, rest),
            (tag.as_bytes(), pid, &head[..]),
            "{}",
            String::from_utf8_lossy(&line)
        );
    }
    let (c, rest) = carrier(b"Nov 23 10:46:33 nginx nginx[7]: nginx: [emerg] x").unwrap();
    assert_eq!((c.tag, rest), (&b"nginx"[..], &b"nginx: [emerg] x"[..]));
    let (c, rest) = carrier(b"Nov 23 10:46:33 web1 php[7]: web1 is down: x").unwrap();
    assert_eq!((c.tag, rest), (&b"php"[..], &b"web1 is down: x"[..]));
}

#[test]
fn without_host_and_with_padded_day() {
    let (c, rest) = carrier(b"Nov  3 01:02:03 php-fpm8.2[1200]: [WARNING] x").unwrap();
    assert_eq!((c.host, c.tag, c.pid), (None, &b"php-fpm8.2"[..], Some(1200)));
    assert_eq!(c.at, Stamp::Yearless(Civil::new(1972, 11, 3, 1, 2, 3).unwrap()));
    assert_eq!(rest, b"[WARNING] x");
}

#[test]
fn rfc3339_stamp_with_offset() {
    let (c, rest) = carrier(b"2026-11-23T10:46:33.250000+01:00 web1 nginx[7]: nginx: [emerg] x").unwrap();
    let Stamp::Offset(civil, 3600) = c.at else { panic!("{:?}", c.at) };
    assert_eq!(civil.nanos, 250_000_000);
    assert_eq!(c.pid, Some(7));
    assert_eq!(rest, b"nginx: [emerg] x");
}

fn civil(fraction: u32) -> Civil {
    Civil { nanos: fraction, ..Civil::new(2026, 11, 22, 14, 3, 7).unwrap() }
}

fn yearless(fraction: u32) -> Stamp {
    Stamp::Yearless(Civil { nanos: fraction, ..Civil::new(1972, 11, 22, 14, 3, 7).unwrap() })
}

#[test]
fn every_form_of_the_time() {
    let micros = 123_456_000;
    for (time, at, zone) in [
        ("Nov 22 14:03:07", yearless(0), None),
        ("Nov 22 14:03:07.123456", yearless(micros), None),
        ("Nov 22 2026 14:03:07", Stamp::Local(civil(0)), None),
        ("2026-11-22T14:03:07Z", Stamp::Offset(civil(0), 0), None),
        ("2026-11-22T14:03:07+0000", Stamp::Offset(civil(0), 0), None),
        ("2026-11-22T14:03:07+00:00", Stamp::Offset(civil(0), 0), None),
        ("2026-11-22T14:03:07.123456+0530", Stamp::Offset(civil(micros), 19_800), None),
        ("2026-11-22T14:03:07.123456-08:00", Stamp::Offset(civil(micros), -28_800), None),
        ("Sun 2026-11-22 14:03:07 UTC", Stamp::Offset(civil(0), 0), None),
        ("Sun 2026-11-22 14:03:07 GMT", Stamp::Offset(civil(0), 0), None),
        ("Sun 2026-11-22 14:03:07 CET", Stamp::Local(civil(0)), Some(&b"CET"[..])),
        ("Sun 2026-11-22 14:03:07 -03", Stamp::Offset(civil(0), -10_800), None),
        ("Sun 2026-11-22 14:03:07 +0530", Stamp::Offset(civil(0), 19_800), None),
        ("1795356187.123456", Stamp::Offset(civil(micros), 0), None),
        ("[ 4848.848801]", Stamp::Uptime(Civil { seconds: 4848, nanos: 848_801_000 }), None),
    ] {
        let line = format!("{time} web1 nginx[147]: a: b");
        let (found, rest) = carrier(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        let wanted = Carrier {
            priority: None,
            at,
            zone,
            host: Some(b"web1"),
            tag: b"nginx",
            pid: Some(147),
            repeated: None,
        };
        assert_eq!((found, rest), (wanted, &b"a: b"[..]), "{line}");
    }
}

#[test]
fn every_form_of_the_tag() {
    for (text, tag, pid, inner) in [
        ("kernel: [ 1.0] x", "kernel", None, "[ 1.0] x"),
        ("nginx[147]: x", "nginx", Some(147), "x"),
        ("(nginx)[147]: x", "(nginx)", Some(147), "x"),
        ("php-fpm8.2[1]: x", "php-fpm8.2", Some(1), "x"),
        ("postfix/smtp[3]: x", "postfix/smtp", Some(3), "x"),
        ("Plex Media Server[16135]: a: b", "Plex Media Server", Some(16135), "a: b"),
        ("nginx[]: x", "nginx[]", None, "x"),
        ("nginx:", "nginx", None, ""),
    ] {
        let line = format!("Nov 22 14:03:07 web1 {text}");
        let (c, rest) = carrier(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((c.tag, c.pid, rest), (tag.as_bytes(), pid, inner.as_bytes()), "{line}");
        assert_eq!(c.host, Some(&b"web1"[..]), "{line}");
    }
}

#[test]
fn rfc5424() {
    let data = r#"[a@1 k="x ] \" y" l="\\"][b]"#;
    for (line, pid, tag, inner) in [
        (
            "<30>1 2026-11-22T14:03:07.123456Z web1 systemd 1 - - Started x.".to_owned(),
            Some(1),
            "systemd",
            "Started x.",
        ),
        (
            format!("<30>1 2026-11-22T14:03:07.123456Z web1 nginx 147 ID47 {data} \u{feff}x"),
            Some(147),
            "nginx",
            "x",
        ),
        ("<30>1 2026-11-22T14:03:07.123456Z web1 kernel - - -".to_owned(), None, "kernel", ""),
        // rsyslog's RSYSLOG_SyslogProtocol23Format.
        (
            "<30>1 2026-11-22T14:03:07.123456Z web1 nginx 30823 - -  nginx: [emerg] x".to_owned(),
            Some(30823),
            "nginx",
            "nginx: [emerg] x",
        ),
    ] {
        let (c, rest) = carrier(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((c.priority, c.at), (Some(30), Stamp::Offset(civil(123_456_000), 0)), "{line}");
        assert_eq!((c.host, c.tag, c.pid), (Some(&b"web1"[..]), tag.as_bytes(), pid), "{line}");
        assert_eq!((rest, c.level()), (inner.as_bytes(), Some(Level::Info)), "{line}");
    }
    let nobody = carrier(b"<30>1 2026-11-22T14:03:07Z - - - - - x").unwrap();
    assert_eq!((nobody.0.host, nobody.0.tag, nobody.1), (None, &b""[..], &b"x"[..]));
    for line in [
        "<30>1 - web1 nginx 147 - - x",
        "<30>1 2026-11-22T14:03:07Z web1 nginx 147 - [a k=\"x] y",
        "<30>1 2026-11-22T14:03:07Z web1 nginx",
        "<30>2 2026-11-22T14:03:07Z web1 nginx 1 - - x",
    ] {
        assert!(carrier(line.as_bytes()).is_none(), "{line}");
    }
}

#[test]
fn busybox_names_facility_and_level() {
    let (c, rest) = carrier(b"Nov 22 14:03:07 web1 daemon.err nginx[123]: x").unwrap();
    assert_eq!((c.priority, c.level()), (Some(27), Some(Level::Error)));
    assert_eq!((c.host, c.tag, c.pid, rest), (Some(&b"web1"[..]), &b"nginx"[..], Some(123), &b"x"[..]));
    let (c, _) = carrier(b"Nov 22 14:03:07 web1 local7.warn kernel: x").unwrap();
    assert_eq!((c.priority, c.tag), (Some(188), &b"kernel"[..]));
    let (c, rest) = carrier(b"Nov 22 14:03:07 web1 syslog.info syslogd started: BusyBox v1.35.0").unwrap();
    assert_eq!((c.priority, c.tag, rest), (Some(46), &b""[..], &b"syslogd started: BusyBox v1.35.0"[..]));
}

#[test]
fn repetitions_are_counted() {
    let (c, rest) = carrier(b"Nov 22 14:03:07 web1 nginx[147]: message repeated 3 times: [ a [b]]").unwrap();
    assert_eq!((c.repeated, c.tag, rest), (Some(3), &b"nginx"[..], &b"a [b]"[..]));
    for line in [
        "Nov 22 14:03:07 web1 last message repeated 12 times",
        "Nov 22 14:03:07 last message repeated 12 times",
    ] {
        let (c, rest) = carrier(line.as_bytes()).unwrap();
        assert_eq!((c.repeated, c.tag, rest), (Some(12), &b""[..], &b"last message repeated 12 times"[..]));
    }
    let (c, rest) = carrier(b"Nov 22 14:03:07 web1 kernel: last message repeated 2 times").unwrap();
    assert_eq!((c.repeated, c.tag, rest), (Some(2), &b"kernel"[..], &b"last message repeated 2 times"[..]));
    let (c, rest) = carrier(b"Nov 22 14:03:07 web1 nginx: message repeated often").unwrap();
    assert_eq!((c.repeated, rest), (None, &b"message repeated often"[..]));
}

#[test]
fn messages_of_dmesg_are_not_taken_for_hosts_and_tags() {
    for line in [
        "[11415.078301] php-fpm8.2[15638]: segfault at 10 ip 1 sp 2 error 6",
        "[11415.085069] my prog[15645]: segfault at 10 ip 1 sp 2 error 6",
        "[11415.080427] traps: php-fpm8.2[15640] general protection fault ip:1 sp:2 error:0",
        "[    1.311092] tokio-rt-worker (69): drop_caches: 3",
        "[    1.311092] usb 1-1: new high-speed USB device",
        "[    1.311092] systemd[1]: Inserted module 'autofs4'",
        "[    1.311092] eth0: link up",
    ] {
        assert!(carrier(line.as_bytes()).is_none(), "{line}");
    }
    assert!(carrier(b"[11453.859723] vm kernel: php-fpm8.2[16140]: segfault at 10").is_some());
}

#[test]
fn other_lines_have_no_prefix() {
    for line in [
        "2026/11/23 10:46:33 [error] 1#1: x",
        "Nov 31 10:46:33 vm nginx: x",
        "Nov 30 24:00:00 vm nginx: x",
        "2026-11-23T15:32:19,174079+00:00 oom-kill: x",
        "2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  x",
        "Mon Nov 23 11:14:20 2026 (5): Fatal Error x",
        "Sun 2026-11-22 14:03:07 no_zone web1 nginx: x",
        "192.0.2.1 - - [22/Nov/2026:14:03:07 +0000] \"GET / HTTP/1.1\" 200 1",
        "Nov 22 14:03:07 web1 words without a tag",
        "Nov 22 14:03:07 a \"b\" c: d",
        "Nov 22 14:03:07",
        "<187>",
        "<187",
        "<>Nov 22 14:03:07 web1 nginx: x",
        "Stack trace:",
        "Monday: x",
        "",
    ] {
        assert!(carrier(line.as_bytes()).is_none(), "{line}");
    }
    let far = format!("Nov 22 14:03:07 web1 {}]: x", "a ".repeat(500));
    assert!(carrier(far.as_bytes()).is_none(), "a tag is near");
}

#[test]
fn a_priority_that_is_none_is_passed_over() {
    for (line, priority) in [("<191>", Some(191)), ("<192>", None), ("<999>", None)] {
        let line = format!("{line}Nov 22 14:03:07 web1 nginx: x");
        assert_eq!(carrier(line.as_bytes()).unwrap().0.priority, priority, "{line}");
    }
}

#[test]
fn lines_of_the_tools_that_show_logs() {
    for line in [
        "==> /var/log/nginx/error.log <==",
        "-- Boot 99e11ca725d54ec196cc55478a051177 --",
        "-- Reboot --",
        "-- No entries --",
        "-- Journal begins at Mon 2026-11-23 15:32:55 UTC, ends at Mon 2026-11-23 15:32:56 UTC. --",
        "-- Logs begin at Mon 2026-11-23 15:32:55 UTC, end at Mon 2026-11-23 15:32:56 UTC. --",
        "-- cursor: s=98bcf2057a0b421a9720980b3bdec3f5;i=20d",
        "-- Subject: Unit failed",
        "\u{2591}\u{2591} Subject: Unit failed",
        "\u{2591}\u{2591} ",
    ] {
        assert!(is_marker(line.as_bytes()), "{line}");
        assert!(is_marker(format!("{line}\r").as_bytes()), "{line}");
    }
    for line in
        ["-- SELECT 1 --", "-- Boot me --", "-- a comment in SQL", "==> <==", "--", "-- --", "==>", ""]
    {
        assert!(!is_marker(line.as_bytes()), "{line}");
    }
}
