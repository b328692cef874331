//! What strangers sent, through every form.

use logscan_correlate::{Attribution, Join, Role, Verdict};
use serde_json::Value;

use super::sample::{Sample, cause, explained, look, report};
use crate::cli::render::correlation::{csv, json, lines, markdown, text};

/// A colour, a title of the window, the screen cleared, text turned round and of no width, markup, a table's bar,
/// fences, a formula, HTML, bytes that are no text.
const EVIL: &[&str] = &[
    "\u{1b}[31mred",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{9b}31mred",
    "\u{202e}txt.exe",
    "goog\u{200b}le",
    "a\tb\rc\nd",
    "*bold* [x](http://evil.example) ![i](http://evil.example/i.png)",
    "a | b \\| c",
    "`code` ```` fence",
    "<script>alert(1)</script></code>",
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(1)",
    "-2",
];

fn sample() -> Sample {
    let mut sample = Sample::empty();
    for evil in EVIL {
        let line = [
            b"2026/11/23 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, \
              client: 192.0.2.1, server: s, request: \"GET /",
            evil.as_bytes(),
            b" HTTP/1.1\", upstream: \"fastcgi://127.0.0.1:9000\", host: \"",
            evil.as_bytes(),
            b"\xff\"",
        ]
        .concat();
        let evidence = vec![
            sample.made(&line, "2026-11-23T12:00:00Z", Role::Primary),
            sample.made(evil_line(evil).as_bytes(), "2026-11-23T12:00:00Z", Role::Supporting),
        ];
        let report = |time| {
            let mut report = report(time, 502, "GET h /", "-");
            (report.method, report.host, report.uri) =
                (Some((*evil).to_owned()), Some((*evil).to_owned()), Some((*evil).to_owned()));
            report
        };
        sample.add(report("2026-11-23T12:00:00Z"), explained("fpm-down", 0.9, Join::Request, evidence));
        let mut open = Attribution::new(Verdict::Unexplained, cause("no-origin-evidence"));
        (open.ruled_out, open.look_next) = (vec![(*evil).to_owned()], vec![(*evil).to_owned()]);
        sample.add(report("2026-11-23T12:00:01Z"), open);
    }
    sample
}

/// A line of no log that is known, as far as it can be read.
fn evil_line(evil: &str) -> String {
    format!("2026/11/23 12:00:00 [alert] 7#7: something {evil} that nobody knows")
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Nothing that a terminal would act on, nor what would make a text look like another.
#[track_caller]
fn harmless(text: &str) {
    let bad = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(bad, None, "{text}");
}

#[test]
fn nothing_reaches_a_terminal() {
    let sample = sample();
    for all in [false, true] {
        for width in [40, 80] {
            harmless(&written(|out| text(out, sample.told(look(width), all))));
        }
        harmless(&written(|out| markdown(out, sample.told(look(80), all))));
    }
    harmless(&written(|out| csv(out, sample.told(look(80), false))));
}

#[test]
fn json_stays_json() {
    let sample = sample();
    let found: Value = serde_json::from_str(&written(|out| json(out, sample.told(look(80), false)))).unwrap();
    assert_eq!(found["reports"].as_array().unwrap().len(), 2 * EVIL.len());
    for (row, evil) in found["reports"].as_array().unwrap().iter().step_by(2).zip(EVIL) {
        assert_eq!(row["uri"], *evil, "programs get what was sent");
        assert!(row["evidence"][0]["text"].as_str().unwrap().contains('\u{fffd}'));
    }
    let each = written(|out| lines(out, sample.told(look(80), false)));
    let rows: Vec<Value> = each.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(serde_json::json!(rows), found["reports"]);
}

#[test]
fn no_cell_is_a_formula() {
    let table = written(|out| csv(out, sample().told(look(80), false)));
    let mut rows = ::csv::Reader::from_reader(table.as_bytes());
    let mut count = 0;
    for row in rows.records().map(Result::unwrap) {
        assert_eq!(row.len(), 13);
        assert!(row.iter().all(|c| !c.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        count += 1;
    }
    assert_eq!(count, 2 * EVIL.len());
}

/// Outside of code a ticket holds no HTML, no links and no images; in tables no cell too many.
#[test]
fn a_ticket_shows_it_as_it_is() {
    let ticket = written(|out| markdown(out, sample().told(look(80), true)));
    let mut fence: Option<String> = None;
    let mut columns = None;
    for line in ticket.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) => {
                if line == open {
                    fence = None;
                }
                continue;
            }
            None if ticks.len() >= 3 && line.ends_with("text") => {
                fence = Some(ticks);
                continue;
            }
            None => {}
        }
        // What is escaped is no markup.
        let prose = without_code(line).replace("\\]", "").replace("\\<", "");
        assert!(!prose.contains("<script") && !prose.contains("]("), "{line}");
        if line.starts_with('|') {
            let cells = line.replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(cells), cells, "{line}");
        } else {
            columns = None;
        }
    }
    assert_eq!(fence, None, "every block of code ends");
}

/// A line of Markdown without its spans of code.
fn without_code(line: &str) -> String {
    let mut rest = line;
    let mut prose = String::new();
    while let Some(at) = rest.find('`') {
        let escaped = rest[..at].ends_with('\\');
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(run);
        let after = &rest[at + run..];
        let end = (0..after.len()).filter(|i| after.is_char_boundary(*i)).find(|i| {
            after[*i..].starts_with(&fence)
                && !after[*i + run..].starts_with('`')
                && !after[..*i].ends_with('`')
        });
        prose.push_str(&rest[..at]);
        match end {
            Some(end) if !escaped => rest = &after[end + run..],
            _ => {
                prose.push_str(&fence);
                rest = after;
            }
        }
    }
    prose + rest
}
