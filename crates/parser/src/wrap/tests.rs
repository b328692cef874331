use super::*;

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
fn a_line_that_is_not_wrapped_stays() {
    let (text, _) = unwrapped(
        b"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T14:03:07Z\"}\n\
          {\"log\":\"b\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T14:03:07Z\"}\n\
          {\"log\":\"cut",
    );
    assert_eq!(text, "a\nb\n{\"log\":\"cut\n");
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
