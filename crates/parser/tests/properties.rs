//! What holds for any bytes.
// Helpers of tests may panic: that is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;

use logscan_parser::{
    Body, Component, Frame, Frames, PhpFatal, PhpMessage, Record, Request, Start, Worker, carrier, start,
};
use proptest::prelude::*;

/// Pieces of logs, so that random bytes get past the first comparison.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\"",
    "\"",
    ", ",
    " ",
    "(",
    ")",
    ":",
    "/",
    "\0",
    "\u{feff}",
    "x",
    "8",
    "2026/11/23 10:46:33 [error] 812#812: *5 ",
    "2026/11/23 10:46:33 [debug] 1#1: ",
    "2026/13/99 99:99:99 [warn] 1#1: ",
    "open() \"/var/www/",
    "\" failed (2: No such file or directory)",
    "FastCGI sent in stderr: \"",
    "PHP message: ",
    "; PHP message: ",
    "PHP Fatal error:  ",
    "\nPHP Notice:  ",
    "Uncaught E: x",
    "Maximum execution time of 1 second",
    "PHP:  syntax error, ",
    "Mon Nov  2 11:14:20 2026 (5): Fatal Error ",
    "\n#1 /w/wp-content/plugins/p/a.php(3): f('x')",
    "\n  thrown in /a.php on line 3",
    "\nNext E: x in /a.php:3",
    " in /a.php on line 3",
    " in /a.php:3",
    "Stack trace:",
    "\n#0 {main}",
    " while ",
    "reading upstream",
    "reading response header from upstream",
    "logging to syslog",
    ", client: 192.0.2.1",
    ", udp client: ",
    ", client: unix:",
    ", server: ",
    ", server: s",
    ", request: \"",
    "GET / HTTP/1.1\"",
    ", request_line: \"",
    ", subrequest: \"",
    ", upstream: \"",
    "http://unix:/a.sock:/",
    ", host: \"",
    ", referrer: \"",
    ", login: \"",
    ", resolver: ",
    ", responder: ",
    ", peer: ",
    ", certificate: \"",
    ", context: ngx.timer",
    ", bytes from/to client:1/2",
    " using starttls",
    "nginx: ",
    "nginx: [emerg] ",
    "angie: ",
    "[23-Nov-2026 06:00:55] ",
    "[23-Nov-2026 06:00:55.123456] ",
    "[23-Nov-2026 06:00:55 UTC] ",
    "\n[23-Nov-2026 06:00:55 Europe/Berlin] ",
    "WARNING: ",
    "NOTICE: ",
    "pid 5, f(), line 6: ",
    "[pool www] ",
    " [pool www] pid 7",
    "child 7 ",
    "child 7, script '",
    "' (request: \"",
    "\") executing too slow (1.5 sec), logging",
    "said into stderr: \"",
    "\", pipe is closed",
    "exited on signal 11 (SIGSEGV)",
    "exited with code 1",
    " after 1.5 seconds from start",
    "started",
    "script_filename = /a.php",
    "[0x00007f3b0ea14250] f() /a.php:4",
    "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"",
    "\" 200",
    " /a.php",
    " 1.500",
    " 2048",
    " 12.5%",
    "<187>Nov 23 10:46:33 vm nginx: ",
    "Nov 23 10:46:33 vm php-fpm[5]: ",
    "2026-11-23T10:46:33.5+01:00 vm kernel: ",
    "[WARNING] ",
];

fn logs() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => prop::sample::select(PIECES).prop_map(|p| p.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop_oneof![
        8 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

/// Logs that are whole records: the first line begins one, the last ends in a newline.
fn whole() -> impl Strategy<Value = Vec<u8>> {
    (
        logs(),
        prop::sample::select(&[
            "2026/11/23 10:46:33 [error] 812#812: ",
            "nginx: ",
            "[23-Nov-2026 06:00:55] NOTICE: ",
        ]),
    )
        .prop_map(|(log, first)| [first.as_bytes(), &log, b"\n"].concat())
}

fn line_count(bytes: &[u8]) -> u64 {
    let newlines = bytes.iter().filter(|b| **b == b'\n').count() as u64;
    newlines + u64::from(bytes.last().is_some_and(|b| *b != b'\n'))
}

/// Whether the first slice lies within the second, in memory. Nothing lies anywhere.
fn inside(part: &[u8], whole: &[u8]) -> bool {
    if part.is_empty() {
        return true;
    }
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// Every slice that a record gives out.
fn slices<'b>(record: &Record<'b>) -> Vec<&'b [u8]> {
    let mut all = vec![record.raw, record.text()];
    if let Some(carrier) = record.carrier {
        all.push(carrier.tag);
        all.extend(carrier.host);
    }
    all.extend(record.zone);
    let message = |m: PhpMessage<'b>| {
        let calls = m.trace().flat_map(|(function, file, _)| [function, file]);
        let class = match m.fatal() {
            Some(PhpFatal::Uncaught { class }) => Some(class),
            _ => None,
        };
        let component = m.component().and_then(Component::name);
        let found: Vec<_> = [Some(m.text), m.location().map(|(file, _)| file), class, component]
            .into_iter()
            .flatten()
            .chain(calls)
            .collect();
        found
    };
    match record.body {
        Body::NginxError(e) => {
            let c = e.context;
            all.extend([e.text, e.message, c.unread]);
            all.extend(e.action);
            let values = [
                c.client,
                c.server,
                c.request,
                c.subrequest,
                c.upstream,
                c.host,
                c.referrer,
                c.login,
                c.resolver,
                c.responder,
                c.peer,
                c.certificate,
                c.lua,
                c.traffic,
                c.upstream_peer(),
                c.upstream_scheme(),
            ];
            all.extend(values.into_iter().flatten());
            all.extend(
                c.request_line()
                    .map(|r| [r.method, r.uri, r.protocol.unwrap_or(r.uri)])
                    .into_iter()
                    .flatten(),
            );
            all.extend(e.stderr());
            all.extend(e.php_messages().flat_map(message));
        }
        Body::Fpm(f) => {
            all.push(f.text);
            all.extend(f.pool);
            all.extend(f.origin.map(|o| o.function));
            all.extend(f.php_message().into_iter().flat_map(message));
            match f.worker() {
                Some(Worker::Said { output, .. }) => all.push(output.text),
                Some(Worker::Slow { script, request, .. } | Worker::TimedOut { script, request, .. }) => {
                    all.extend([script, request]);
                }
                Some(Worker::Signalled { name, .. }) => all.push(name),
                _ => {}
            }
        }
        Body::FpmSlow(s) => {
            all.extend([s.text, s.body]);
            all.extend(s.pool);
            all.extend(s.script());
            all.extend(s.frames().flat_map(|(function, file, _)| [function, file]));
        }
        Body::FpmAccess(a) => {
            all.extend([a.remote, a.user, a.request, a.text]);
            all.extend(a.script);
        }
        Body::Php(p) => {
            all.push(p.text);
            all.extend(p.location().map(|(file, _)| file));
            all.extend(message(p.message()));
        }
        // Those of other programs have properties of their own beside their grammars.
        _ => {}
    }
    all
}

/// What a frame is, apart from where it stands.
fn content<'b>(frame: &Frame<'b>) -> (&'b [u8], u64, Start) {
    (frame.bytes, frame.lines, frame.start)
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
        for line in log.split(|b| *b == b'\n') {
            black_box(start(line));
            if let Some((c, rest)) = carrier(line) {
                prop_assert!(inside(c.tag, line) && inside(rest, line));
            }
            if let Some(r) = Request::parse(line) {
                prop_assert!(inside(r.method, line) && inside(r.uri, line));
            }
        }
    }

    #[test]
    fn frames_hold_every_line_and_every_byte(log in logs()) {
        let frames: Vec<_> = Frames::new(&log).collect();
        prop_assert_eq!(frames.iter().map(|f| f.lines).sum::<u64>(), line_count(&log));
        let mut joined = Vec::new();
        for frame in &frames {
            prop_assert_eq!(frame.offset, joined.len());
            prop_assert_eq!(frame.line, line_count(&log[..frame.offset]));
            joined.extend_from_slice(frame.bytes);
            joined.push(b'\n');
        }
        let end = log.len() + usize::from(log.last().is_some_and(|b| *b != b'\n'));
        prop_assert_eq!(joined.len(), end);
        prop_assert_eq!(&joined[..log.len()], &log[..]);
    }

    #[test]
    fn only_the_first_line_of_a_frame_begins_a_record(log in logs()) {
        let mut before = None;
        for frame in Frames::new(&log) {
            let mut lines = frame.bytes.split(|b| *b == b'\n');
            let first = start(lines.next().unwrap());
            // The inside of a slow-log block or of a trace is a record where nothing stands before it that it
            // goes on with.
            prop_assert!(first == frame.start || (first, frame.start) == (Start::Continuation, Start::Untimed));
            // Messages of php-cgi stay in the record of nginx.
            let inside = |line: &[u8]| start(line) == Start::Continuation || line.starts_with(b"PHP");
            prop_assert!(lines.all(inside));
            if matches!(frame.start, Start::Foreign | Start::Line | Start::Marker) {
                prop_assert_eq!(frame.lines, 1);
            }
            if frame.start == Start::Continuation {
                prop_assert!(!matches!(before, Some(Start::Timed | Start::Untimed)), "after {:?}", before);
                prop_assert_eq!(frame.record(), None);
            }
            before = Some(frame.start);
        }
    }

    #[test]
    fn two_logs_of_whole_records_give_the_frames_of_both(first in whole(), second in whole()) {
        let both = [first.clone(), second.clone()].concat();
        let wanted: Vec<_> = Frames::new(&first).chain(Frames::new(&second)).collect();
        let found: Vec<_> = Frames::new(&both).collect();
        prop_assert_eq!(
            found.iter().map(content).collect::<Vec<_>>(),
            wanted.iter().map(content).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_log_cut_where_a_frame_begins_gives_the_frames_from_there(log in logs()) {
        let frames: Vec<_> = Frames::new(&log).collect();
        for (at, frame) in frames.iter().enumerate() {
            let tail: Vec<_> = Frames::new(&log[frame.offset..]).collect();
            prop_assert_eq!(
                tail.iter().map(content).collect::<Vec<_>>(),
                frames[at..].iter().map(content).collect::<Vec<_>>()
            );
            prop_assert_eq!(tail[0].record().map(|r| r.body), frame.record().map(|r| r.body));
        }
    }

    #[test]
    fn a_benign_list_is_read_back(
        client in "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
        server in "[a-z0-9.*~^$_-]{0,20}",
        request in "GET /[a-z0-9/?=&%, :;'-]{0,40} HTTP/[12]\\.[01]",
        upstream in prop::option::of("(http|fastcgi)://[a-z0-9.:]{1,20}/?[a-z0-9/?=&,]{0,20}"),
        host in prop::option::of("[a-z0-9.:-]{1,30}"),
        referrer in prop::option::of("[ -~\u{80}-\u{ff}]{0,60}"),
    ) {
        let quoted = |key: &str, value: &Option<String>| value.as_ref().map_or(String::new(), |v| format!(", {key}: \"{v}\""));
        // Without a Host a Referer is free to look like one; that is no question of reading lists.
        let referrer = referrer.filter(|_| host.is_some());
        let line = format!(
            "2026/11/23 10:46:33 [error] 1#1: *5 x failed (2: y) while reading upstream, client: {client}, server: {server}, request: \"{request}\"{}{}{}",
            quoted("upstream", &upstream), quoted("host", &host), quoted("referrer", &referrer),
        );
        let record = Record::parse(line.as_bytes()).unwrap();
        let Body::NginxError(error) = record.body else { panic!() };
        let c = error.context;
        let bytes = |v: &'_ Option<String>| v.as_ref().map(|v| v.as_bytes().to_vec());
        prop_assert_eq!(error.text, b"x failed (2: y) while reading upstream");
        prop_assert_eq!(c.client, Some(client.as_bytes()));
        prop_assert_eq!(c.server, Some(server.as_bytes()));
        prop_assert_eq!(c.request, Some(request.as_bytes()));
        prop_assert_eq!(c.upstream.map(<[u8]>::to_vec), bytes(&upstream));
        prop_assert_eq!(c.host.map(<[u8]>::to_vec), bytes(&host));
        prop_assert_eq!(c.referrer.map(<[u8]>::to_vec), bytes(&referrer));
        prop_assert_eq!(c.unread, b"");
    }
}
