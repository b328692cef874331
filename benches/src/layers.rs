//! The layers of a scan, each by itself: what benches time and whose instructions are counted.

use std::error::Error;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;

use logscan_catalogue::{Catalogue, Rules, RulesError};
use logscan_parser::{AccessFormat, Format, Frames, Record};
use logscan_scan::{Event, Folder, Inputs, Scan, Timestamp, Unnamed};

use crate::Log;

/// How the lines of a log are written, as a scan tells it by the log's beginning.
pub fn format(log: Log) -> Format {
    match log {
        Log::NginxAccess => Format::with_access(AccessFormat::named("combined").into_iter().collect(), true),
        Log::NginxError | Log::PhpFpm => Format::default(),
    }
}

/// Finds the newlines, the least that a reader of lines does. Returns how many.
pub fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).map(black_box).count() as u64
}

/// Cuts into frames. Returns how many.
pub fn frames(bytes: &[u8], format: &Format) -> u64 {
    Frames::of(bytes, format).map(black_box).count() as u64
}

/// Cuts into frames and parses them. Returns how many are records.
pub fn records(bytes: &[u8], format: &Format) -> u64 {
    let (mut frames, mut record, mut count) = (Frames::of(bytes, format), None, 0);
    while frames.read(&mut record).is_some() {
        count += u64::from(black_box(&record).is_some());
    }
    count
}

/// The records of a log.
pub fn parsed<'b>(bytes: &'b [u8], format: &'b Format) -> Vec<Record<'b>> {
    Frames::of(bytes, format).filter_map(|frame| frame.record()).collect()
}

/// Names records one after the other. Returns how many have a name.
pub fn named(catalogue: &Catalogue, records: &[Record<'_>]) -> u64 {
    let mut namer = catalogue.namer();
    records.iter().filter(|record| black_box(namer.name(black_box(record))).is_some()).count() as u64
}

/// Counts records, with a name or without. It stands for the fold of the summary, which is the command line's own.
#[derive(Debug)]
struct Count;

impl Folder for Count {
    type Part = u64;

    fn part(&self) -> u64 {
        0
    }

    fn add(&self, part: &mut u64, event: &Event<'_>) {
        black_box(event.named);
        *part += 1;
    }

    fn add_unnamed(&self, part: &mut u64, record: &Unnamed<'_>) {
        black_box(record.at);
        *part += 1;
    }
}

/// Scans a file, plain or packed, from a time on. Returns how many records there are.
///
/// # Errors
///
/// Where something cannot be read, or is no record.
pub fn scanned(path: &Path, threads: usize, since: Option<Timestamp>) -> Result<u64, Box<dyn Error>> {
    let scan = Scan::new(Catalogue::builtin()).zone("UTC".parse()?).window(since, None).threads(threads);
    let mut count = 0;
    let outcome = scan.run(&Inputs::collect([path], false), &Count, |part, _| {
        count += part;
        ControlFlow::Continue(())
    });
    match outcome.problems.first() {
        Some(problem) => Err(format!("{problem:?}").into()),
        None => Ok(count),
    }
}

/// The catalogue with rules as users write them before it: three in four a text, one in four a pattern; a few match.
///
/// # Errors
///
/// Where the catalogue does not take such rules any more.
pub fn with_user_rules(count: usize) -> Result<Catalogue, RulesError> {
    let rules: String = (0..count)
        .map(|n| {
            let matcher = match n % 4 {
                0 => format!(r"regex = 'POST /plugin-{n}/\w+\.php'"),
                1 => format!("match = \"GET /product/{n}/ \""),
                2 => format!("match = \"site{n}.example.org\""),
                _ => format!("match = \"application error {n}:\""),
            };
            format!("[[kind]]\nid = \"user-{n}\"\n{matcher}\nmeaning = \"rule {n}\"\n")
        })
        .collect();
    Catalogue::with_rules(Rules::parse(&rules)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generator;

    #[test]
    fn each_layer_does_its_work() {
        for log in [Log::NginxError, Log::NginxAccess, Log::PhpFpm] {
            let (bytes, written) = Generator::bytes(log, 1, 300_000);
            let format = format(log);
            assert!(newlines(&bytes) >= written.records);
            assert_eq!(frames(&bytes, &format), written.records);
            assert_eq!(records(&bytes, &format), written.records);
            let parsed = parsed(&bytes, &format);
            let builtin = named(Catalogue::builtin(), &parsed);
            // Requests that went well have no name.
            let share = builtin * 100 / written.records;
            assert!(
                if log == Log::NginxAccess { (3..30).contains(&share) } else { share == 100 },
                "{log:?} {share}"
            );
            let with_rules = with_user_rules(200).expect("rules");
            assert!(with_rules.kinds().len() == Catalogue::builtin().kinds().len() + 200);
            assert!(named(&with_rules, &parsed) >= builtin);
            let user = |record: &&Record<'_>| with_rules.name(record).is_some_and(|n| n.kind.index() < 200);
            assert!(parsed.iter().any(|r| user(&r)), "{log:?}: no rule matches");
        }
    }
}
