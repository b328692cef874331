//! What holds for any bytes in Apache's error log and in ModSecurity's audit log.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;

use logscan_parser::{Body, Frames, ModSecurity, PhpMessage, Record, Verdict};
use proptest::prelude::*;

/// Pieces of logs, so that random bytes get past the first comparison.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\"",
    ", ",
    " ",
    ": ",
    "(",
    ")",
    "]",
    "\\",
    "\\n",
    "x",
    "8",
    "[Sun Nov 22 14:03:07.123456 2026] [proxy_fcgi:error] [pid 3311:tid 1396] ",
    "[Sun Nov 22 14:03:07.123456 2026] [security2:error] [pid 3311:tid 1396] [client 192.0.2.1:4] [client 192.0.2.1] ",
    "[Sun Nov  1 14:03:07 2026] [error] ",
    "[2026-11-22 14:03:07.1] [:warn] [R:x] ",
    "Nov 23 10:46:33 vm apache2[5]: ",
    "[core:notice] [pid 1] ",
    "(104)Connection reset by peer: ",
    "(EAI 2)",
    "mod_proxy.c(12): ",
    "[client 192.0.2.1:41022] ",
    "[client 2001:db8::1] ",
    "[remote 192.0.2.1:80] ",
    "AH01071: Got error '",
    "PHP message: ",
    "; PHP message: ",
    "PHP Fatal error:  ",
    " in /a.php on line 3",
    "AH02454: FCGI: attempt to connect to Unix domain socket /a.sock (",
    "AH00957: x attempt to connect to ",
    "AH01075: Error dispatching request to ",
    "AH00898: x returned by ",
    "AH01106: x returned by ",
    "AH00052: child pid 1 exit signal ",
    "Premature end of script headers: ",
    ", referer: ",
    "', referer: ",
    "ModSecurity: ",
    "Access denied with code 403 (phase 2). ",
    "Access denied with redirection to ",
    " [id \"",
    "\"]",
    " [uri \"",
    "--8f9a3c41-A--",
    "--8f9a3c41-B--",
    "--8f9a3c41-F--",
    "--8f9a3c41-H--",
    "---8f9a3c41---A--",
    "[22/Nov/2026:14:03:07.123456 +0000] id 192.0.2.1 ",
    "Message: ",
    "Action: Intercepted",
    "Host: ",
    "{\"transaction\":{\"",
    "time\":\"22/Nov/2026:14:03:07 +0000\"",
    "time_stamp\":\"Sun Nov  1 14:03:07 2026\"",
    "},\"request\":{",
    "\"headers\":{\"Host\":\"",
    "\"audit_data\":{\"messages\":[",
    "}",
];

fn logs() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => prop::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Whether the first slice lies within the second, in memory. Nothing lies anywhere.
fn inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.is_empty() || (whole.start <= part.start && part.end <= whole.end)
}

fn tags(m: ModSecurity<'_>) -> impl Iterator<Item = &[u8]> {
    let url = match m.verdict {
        Verdict::Redirected(url) => Some(url),
        _ => None,
    };
    [m.file, m.id, m.msg, m.severity, m.hostname, m.uri, m.unique_id, url].into_iter().flatten()
}

/// Every slice that a record of these logs gives out.
fn slices<'b>(record: &Record<'b>) -> Vec<&'b [u8]> {
    let message =
        |m: PhpMessage<'b>| [Some(m.text), m.location().map(|(file, _)| file)].into_iter().flatten();
    let mut all = vec![record.raw, record.text()];
    match record.body {
        Body::ApacheError(e) => {
            let peers = [e.client, e.remote].into_iter().flatten().map(|p| p.address);
            all.extend([e.text, e.message]);
            all.extend([e.module, e.errno_text, e.code, e.referer].into_iter().flatten());
            all.extend([e.stderr(), e.upstream(), e.uri(), e.script()].into_iter().flatten());
            all.extend(peers.chain(e.origin.map(|o| o.file)));
            all.extend(e.php_messages().flat_map(message));
            black_box(e.child_signal());
            all.extend(e.modsecurity().into_iter().flat_map(tags));
        }
        Body::NginxError(e) => all.extend(e.modsecurity().into_iter().flat_map(tags)),
        Body::Audit(a) => {
            all.extend([a.text, a.message]);
            all.extend([a.unique_id, a.client, a.request, a.method, a.uri, a.host].into_iter().flatten());
        }
        _ => {}
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic_and_every_field_lies_in_the_input(log in logs()) {
        let of_all = Record::parse(&log);
        let of_frames = Frames::new(&log).filter_map(|f| f.record());
        for record in of_all.into_iter().chain(of_frames) {
            for slice in slices(&record) {
                prop_assert!(inside(slice, &log), "{}", slice.escape_ascii());
            }
        }
    }

    #[test]
    fn a_message_is_read_back(
        errno in prop::option::of((1u32..100_000, "[A-Za-z ]{1,30}")),
        client in prop::option::of(("[0-9a-f:.]{3,30}[0-9a-f]", any::<u16>())),
        code in 0u32..100_000,
        message in "[ -+\\--~]{0,80}",
        referer in prop::option::of("[ -~]{0,60}"),
    ) {
        let number = errno.as_ref().map_or(String::new(), |(n, words)| format!("({n}){words}: "));
        let peer = client.as_ref().map_or(String::new(), |(a, port)| format!("[client {a}:{port}] "));
        let end = referer.as_ref().map_or(String::new(), |r| format!(", referer: {r}"));
        let said = format!("AH{code:05}: {message}");
        let line = format!("[Sun Nov 22 14:03:07.123456 2026] [a:warn] [pid 1:tid 2] {number}{peer}{said}{end}");
        let record = Record::parse(line.as_bytes()).unwrap();
        let Body::ApacheError(e) = record.body else { panic!() };
        prop_assert_eq!(e.errno, errno.as_ref().map(|(n, _)| *n));
        prop_assert_eq!(e.errno_text, errno.as_ref().map(|(_, words)| words.as_bytes()));
        let found = e.client.map(|p| (p.address, p.port));
        let wanted = client.as_ref().filter(|(a, _)| !a.ends_with(':'));
        if wanted.is_some() || client.is_none() {
            prop_assert_eq!(found, wanted.map(|(a, port)| (a.as_bytes(), Some(*port))));
        }
        prop_assert_eq!(e.message, said.as_bytes());
        prop_assert_eq!(e.referer, referer.as_ref().map(String::as_bytes));
    }
}
