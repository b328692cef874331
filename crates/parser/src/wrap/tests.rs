use super::*;
use crate::civil::Civil;

/// The text that wrapped lines hold, and the times that wrappers gave.
fn unwrapped(text: &[u8]) -> (String, Vec<Option<i64>>) {
    let wrap = Wrap::detect(text);
    assert!(!wrap.is_none(), "not known as wrapped");
    let mut unwrapper = Unwrapper::new(wrap);
    let mut out = Vec::new();
    let mut times = Vec::new();
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    for line in body.split(|b| *b == b'\n') {
        let at = unwrapper.line(line, &mut out).at;
        times.push(at.map(|at| at.civil().seconds));
    }
    (String::from_utf8(out).unwrap(), times)
}

#[test]
fn docker_json_file() {
    let (text, times) = unwrapped(
        br#"{"log":"2026/11/22 14:03:07 [error] 7#7: *1 a \"b\"\n","stream":"stderr","time":"2026-11-22T14:03:07.5Z"}
{"log":"first part ","stream":"stdout","time":"2026-11-22T14:03:08.123456789Z"}
{"log":"second part\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-11-22T14:03:08.123456789Z"}
"#,
    );
    assert_eq!(text, "2026/11/22 14:03:07 [error] 7#7: *1 a \"b\"\nfirst part second part\n");
    let at = Civil::new(2026, 11, 22, 14, 3, 7).unwrap().seconds;
    assert_eq!(times, [Some(at), Some(at + 1), Some(at + 1)]);
}

#[test]
fn cri_with_parts() {
    let (text, _) = unwrapped(
        b"2026-11-22T14:03:07.123456789+01:00 stderr F [error] x\n\
          2026-11-22T14:03:07.123456789+01:00 stdout P half \n\
          2026-11-22T14:03:07.123456789+01:00 stdout F line\n",
    );
    assert_eq!(text, "[error] x\nhalf line\n");
}

#[test]
fn times_of_docker_logs() {
    let (text, times) = unwrapped(b"2026-11-22T14:03:07.123456789Z 2026/11/22 15:03:07 [error] 1#1: x\n");
    assert_eq!(text, "2026/11/22 15:03:07 [error] 1#1: x\n");
    assert_eq!(times, [Some(Civil::new(2026, 11, 22, 14, 3, 7).unwrap().seconds)]);
}

#[test]
fn syslog_is_not_taken_for_a_container() {
    assert!(Wrap::detect(b"2026-11-22T14:03:07.123456+00:00 web1 nginx[7]: x\n").is_none());
    assert!(Wrap::detect(b"2026-11-22T14:03:07Z web1 nginx[7]: x\n").is_none());
    assert!(Wrap::detect(b"2026/11/22 14:03:07 [error] 1#1: x\n").is_none());
    assert!(
        Wrap::detect(br#"{"time":"2026-11-22T14:03:07Z","status":502,"request":"GET / HTTP/1.1"}"#).is_none()
    );
    assert!(Wrap::detect(b"").is_none());
}

#[test]
fn compose_prefix() {
    let (text, _) = unwrapped(b"nginx-1  | 2026/11/22 14:03:07 [error] 1#1: a | b\nphp-1    | NOTICE: x\n");
    assert_eq!(text, "2026/11/22 14:03:07 [error] 1#1: a | b\nNOTICE: x\n");
}

#[test]
fn journal_json() {
    let (text, _) = unwrapped(
        br#"{"__REALTIME_TIMESTAMP":"1795356187123456","_SOURCE_REALTIME_TIMESTAMP":"1795356187000001","MESSAGE":"nginx.service: Failed","SYSLOG_IDENTIFIER":"systemd","_PID":"1","PRIORITY":"4","_HOSTNAME":"web1"}
{"__REALTIME_TIMESTAMP":"1795356188000000","MESSAGE":[104,105],"_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","_HOSTNAME":"web1"}
{"__REALTIME_TIMESTAMP":"1795356188000000","MESSAGE":null,"_COMM":"a b:c","_HOSTNAME":"web1"}
{"__REALTIME_TIMESTAMP":"1795356188000000","MESSAGE":"one\ntwo","SYSLOG_IDENTIFIER":"x","_PID":"9"}
"#
        .as_slice(),
    );
    assert_eq!(
        text,
        "<4>2026-11-22T14:03:07.000001Z web1 systemd[1]: nginx.service: Failed\n\
         2026-11-22T14:03:08.000000Z web1 kernel: hi\n\
         2026-11-22T14:03:08.000000Z web1 a_b_c: \n\
         2026-11-22T14:03:08.000000Z - x[9]: one\n two\n"
    );
}

#[test]
fn journal_export_with_a_framed_value() {
    let mut entry =
        b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795356187000000\n_HOSTNAME=web1\nMESSAGE\n".to_vec();
    let message = b"first\n\nMESSAGE=forged\n";
    entry.extend_from_slice(&(message.len() as u64).to_le_bytes());
    entry.extend_from_slice(message);
    entry.extend_from_slice(b"\nSYSLOG_IDENTIFIER=php\n_PID=7\n\n");
    entry.extend_from_slice(
        b"__CURSOR=x\n__REALTIME_TIMESTAMP=1795356188000000\nMESSAGE=next\n_COMM=cron\n\n",
    );
    let (text, _) = unwrapped(&entry);
    assert_eq!(
        text,
        "2026-11-22T14:03:07.000000Z web1 php[7]: first\n \n MESSAGE=forged\n\
         2026-11-22T14:03:08.000000Z - cron: next\n"
    );
}

#[test]
fn a_framed_value_of_any_length_is_bounded() {
    let mut unwrapper = Unwrapper::new(Wrap { outer: Outer::JournalExport, colours: false });
    let mut out = Vec::new();
    unwrapper.line(b"MESSAGE", &mut out);
    unwrapper.line(&[0xff; 9], &mut out);
    for _ in 0..100 {
        unwrapper.line(&[b'x'; 1000], &mut out);
    }
    assert!(out.is_empty() && unwrapper.binary.is_none());
}

#[test]
fn colours_are_taken_off() {
    let (text, _) = unwrapped(b"2026/11/22 14:03:07 [\x1b[01;31m\x1b[Kerror\x1b[m\x1b[K] 7#7: \x1bx\n");
    assert_eq!(text, "2026/11/22 14:03:07 [error] 7#7: \u{1b}x\n");
}

#[test]
fn a_line_that_is_not_wrapped_stays_and_a_broken_object_is_nothing() {
    let line = "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T14:03:07Z\"}\n".repeat(30);
    let (text, _) = unwrapped(format!("{line}==> a.log <==\n{{\"log\":\"cut\n").as_bytes());
    assert_eq!(text, format!("{}==> a.log <==\n\0\n", "a\n".repeat(30)));
}

/// Text of a whole head, of lines after it, and whether reading could begin with each.
fn docker_lines(lines: &[&[u8]], mut unwrapper: Unwrapper) -> (String, Vec<bool>) {
    let mut out = Vec::new();
    let joints = lines.iter().map(|line| unwrapper.line(line, &mut out).joint).collect();
    (String::from_utf8(out).unwrap(), joints)
}

const DOCKER: Wrap = Wrap { outer: Outer::DockerJson, colours: false };

#[test]
fn the_rest_of_a_line_begins_nothing() {
    let lines: [&[u8]; 4] = [
        br#"{"log":"half ","time":"2026-11-22T14:03:07Z"}"#,
        br#"{"log":"line\n","time":"2026-11-22T14:03:07Z"}"#,
        br#"{"log":"a\n","time":"2026-11-22T14:03:07Z"}"#,
        br#"{"log":"b\n","time":"2026-11-22T14:03:07Z"}"#,
    ];
    let (text, joints) = docker_lines(&lines, Unwrapper::new(DOCKER));
    assert_eq!((text.as_str(), joints), ("half line\na\nb\n", vec![false, false, true, true]));
    // From the middle on, the first may be a rest.
    let (text, joints) = docker_lines(lines.get(1..).unwrap(), Unwrapper::inside(DOCKER));
    assert_eq!((text.as_str(), joints), (" line\na\nb\n", vec![false, true, true]));
    // Where the beginning is not at hand, as after a block that was full.
    let mut unwrapper = Unwrapper::new(DOCKER);
    unwrapper.line(lines.first().unwrap(), &mut Vec::new());
    let mut out = Vec::new();
    unwrapper.line(lines.get(1).unwrap(), &mut out);
    assert_eq!(out, b" line\n");
}

#[test]
fn a_part_that_never_went_on_is_ended() {
    let lines: [&[u8]; 2] = [br#"{"log":"half","time":"2026-11-22T14:03:07Z"}"#, b"==> a.log <=="];
    assert_eq!(docker_lines(&lines, Unwrapper::new(DOCKER)).0, "half\n==> a.log <==\n");
}

#[test]
fn lines_inside_a_line_of_docker_are_indented() {
    let lines: [&[u8]; 1] = [br#"{"log":"a\n2026/11/22 14:03:07 [error] 1#1: x\nb\n"}"#];
    let text = docker_lines(&lines, Unwrapper::new(DOCKER)).0;
    assert_eq!(text, "a\n 2026/11/22 14:03:07 [error] 1#1: x\n b\n");
}

#[test]
fn colours_in_the_escapes_of_json() {
    let lines: [&[u8]; 1] = [br#"{"log":"\u001b[31mred\u001b[0m\n"}"#];
    assert_eq!(docker_lines(&lines, Unwrapper::new(DOCKER)).0, "red\n");
}

#[test]
fn colours_around_the_prefix_of_compose() {
    let (text, _) = unwrapped(b"\x1b[36mnginx-1  | \x1b[0m2026/11/22 14:03:07 [error] 1#1: x\n");
    assert_eq!(text, "2026/11/22 14:03:07 [error] 1#1: x\n");
}

#[test]
fn a_blank_line_with_a_prefix_and_times_after_it() {
    let (text, times) =
        unwrapped(b"nginx-1  |\nnginx-1  | 2026-11-22T14:03:07.123456789Z x\nphp-1    | 2026-11-22 y\n");
    assert_eq!(text, "\nx\n2026-11-22 y\n");
    assert_eq!(times, [None, Some(Civil::new(2026, 11, 22, 14, 3, 7).unwrap().seconds), None]);
}

/// Fractions lose their zeros at the end, with zones east of UTC, too.
#[test]
fn times_of_kubectl_logs() {
    let (text, _) = unwrapped(
        b"2026-11-22T15:03:07.12345678+01:00 a\n\
          2026-11-22T15:03:07.1234567+01:00 b\n\
          2026-11-22T15:03:07.123+01:00 web1 tag: c\n\
          2026-11-22T15:03:07.123456789+01:00\n",
    );
    assert_eq!(text, "a\nb\nweb1 tag: c\n\n");
}

/// `$time_iso8601 $remote_addr ...`.
#[test]
fn whole_seconds_are_the_lines_own() {
    assert!(Wrap::detect(b"2026-11-22T15:03:07+01:00 192.0.2.7:40000 GET /a 200 17 0.001\n").is_none());
}

#[test]
fn an_entry_of_the_journal_with_several_messages() {
    let (text, _) = unwrapped(
        br#"{"__REALTIME_TIMESTAMP":"1795356188000000","MESSAGE":[[104,105],[106]],"SYSLOG_IDENTIFIER":"x"}
{"__REALTIME_TIMESTAMP":"1795356188000000","MESSAGE":["one","two"],"SYSLOG_IDENTIFIER":"x"}
"#,
    );
    assert_eq!(text, "2026-11-22T14:03:08.000000Z - x: hi\n2026-11-22T14:03:08.000000Z - x: one\n");
}

#[test]
fn the_last_entry_of_an_export_needs_no_empty_line() {
    let mut unwrapper = Unwrapper::new(Wrap { outer: Outer::JournalExport, colours: false });
    let mut out = Vec::new();
    for line in ["__REALTIME_TIMESTAMP=1795356187000000", "MESSAGE=hi", "SYSLOG_IDENTIFIER=x"] {
        unwrapper.line(line.as_bytes(), &mut out);
    }
    assert!(out.is_empty() && unwrapper.is_inside_entry());
    unwrapper.finish(&mut out);
    assert_eq!(out, b"2026-11-22T14:03:07.000000Z - x: hi\n");
}

#[test]
fn a_value_with_a_line_that_is_too_long_to_be_given_is_passed_over() {
    let mut unwrapper = Unwrapper::new(Wrap { outer: Outer::JournalExport, colours: false });
    let mut out = Vec::new();
    unwrapper.line(b"COREDUMP", &mut out);
    let mut value = (2_u64 << 20).to_le_bytes().to_vec();
    value.resize(8 + (2 << 20), b'x');
    value.push(b'\n');
    value.chunks(1 << 20).for_each(|chunk| unwrapper.pass(chunk));
    for line in ["__REALTIME_TIMESTAMP=1795356187000000", "MESSAGE=hi", ""] {
        unwrapper.line(line.as_bytes(), &mut out);
    }
    assert_eq!(out, b"2026-11-22T14:03:07.000000Z - unknown: hi\n");
}

proptest::proptest! {
    #[test]
    fn any_bytes_do_no_harm(lines in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80), 0..20)) {
        for outer in [Outer::DockerJson, Outer::Cri, Outer::Time, Outer::Compose, Outer::JournalJson, Outer::JournalExport] {
            let mut unwrapper = Unwrapper::new(Wrap { outer, colours: true });
            let mut out = Vec::new();
            for line in &lines {
                unwrapper.line(line, &mut out);
            }
        }
    }
}
