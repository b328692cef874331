//! What the tests share: folders that vanish, logs whose records are known, and scans that tell all they saw.

use std::fmt;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use logscan_catalogue::Catalogue;
use logscan_scan::{Event, Folder, InputStats, Inputs, Problem, Scan, Timestamp};

/// 2026-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_795_435_200;

/// A folder for one test, removed when it goes.
pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new() -> Dir {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("logscan-scan-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        // Without links in it, so that paths can be compared.
        Dir(fs::canonicalize(path).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, with the folders that lead to it.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sets the time of a file's last change.
pub(crate) fn touch(path: &Path, at: i64) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at.try_into().unwrap());
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Gzip members of `size` bytes each, which need not end at line ends.
pub(crate) fn gzip_members(bytes: &[u8], size: usize) -> Vec<u8> {
    bytes.chunks(size).flat_map(gzip).collect()
}

/// All files under `fixtures/incidents` of the repository.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&fixture(""), &mut found);
    found.sort();
    found
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/incidents").join(name)
}

/// An event as it was handed out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) offset: u64,
    /// From 1; `None` where lines are not counted.
    pub(crate) line: Option<u64>,
    pub(crate) kind: String,
    pub(crate) raw: Vec<u8>,
    pub(crate) at: Option<Timestamp>,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {:?} {} {:?}",
            self.offset,
            self.line,
            self.at.map(|t| t.to_string()),
            self.kind,
            self.text()
        )
    }
}

/// Keeps all events, in parts of at most so many.
pub(crate) struct Collect(pub(crate) usize);

impl Folder for Collect {
    type Part = Vec<(u64, Seen)>;

    fn part(&self) -> Self::Part {
        Vec::new()
    }

    fn add(&self, part: &mut Self::Part, event: &Event<'_>) {
        assert_eq!(event.kind.id, Catalogue::builtin().kind(event.named.kind).unwrap().id);
        let seen = Seen {
            offset: event.offset,
            line: None,
            kind: event.kind.id.to_string(),
            raw: event.record.raw.to_vec(),
            at: event.at,
        };
        part.push((event.line, seen));
    }

    fn is_full(&self, part: &Self::Part) -> bool {
        part.len() >= self.0
    }
}

/// All that a scan told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) events: Vec<Seen>,
    /// Name of the file of each event.
    pub(crate) files: Vec<String>,
    pub(crate) inputs: Vec<InputStats>,
    pub(crate) problems: Vec<Problem>,
}

impl Told {
    /// Problems as `name: kind of problem`, failures with a `!`.
    pub(crate) fn problems(&self) -> Vec<String> {
        let kind = |p: &Problem| format!("{:?}", p.what).split([' ', '(', '{']).next().unwrap().to_owned();
        let mark = |p: &Problem| if p.is_failure() { "!" } else { "" };
        self.problems.iter().map(|p| format!("{}: {}{}", name(&p.path), kind(p), mark(p))).collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.events.iter().map(Seen::text).collect()
    }

    /// The same without paths, to compare one log read in several ways.
    pub(crate) fn essence(&self) -> (Vec<Seen>, Vec<InputStats>, Vec<String>) {
        let mut inputs = self.inputs.clone();
        inputs.iter_mut().for_each(|i| i.file = PathBuf::new());
        let problems = self.problems.iter().map(|p| p.what.to_string()).collect();
        (self.events.clone(), inputs, problems)
    }
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A scan whose zone is UTC.
pub(crate) fn utc() -> Scan<'static> {
    Scan::new(Catalogue::builtin()).zone("UTC".parse().unwrap())
}

/// Reads paths with their rotated files, and checks what must hold of every scan.
pub(crate) fn read<P: AsRef<Path>>(scan: &Scan<'_>, paths: &[P]) -> Told {
    read_inputs(scan, Inputs::collect(paths, true))
}

pub(crate) fn read_inputs(scan: &Scan<'_>, inputs: Inputs) -> Told {
    let (mut events, mut files) = (Vec::new(), Vec::new());
    let outcome = scan.run(&inputs, &Collect(5), |part, place| {
        for (line, seen) in part {
            files.push(name(place.path));
            events.push(Seen { line: place.line_base.map(|base| base + line), ..seen });
        }
        ControlFlow::Continue(())
    });
    for i in &outcome.inputs {
        assert_eq!(i.lines, i.records + i.continued + i.unrecognized, "{i:?}");
        assert!(i.events <= i.records, "{i:?}");
    }
    assert_eq!(outcome.inputs.iter().map(|i| i.events).sum::<u64>(), events.len() as u64);
    assert!(!outcome.stopped);
    let problems = inputs.problems.into_iter().chain(outcome.problems).collect();
    Told { events, files, inputs: outcome.inputs, problems }
}

/// A record that a log holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) offset: u64,
    pub(crate) line: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) at: Option<Timestamp>,
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.raw);
        write!(f, "{} {} {:?} {text:?}", self.offset, self.line, self.at.map(|t| t.to_string()))
    }
}

fn short(written: &Written) -> String {
    format!("{written:?}").chars().take(300).collect()
}

/// A log that is written line by line, and what must be read from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<Written>,
    pub(crate) lines: u64,
    pub(crate) unrecognized: u64,
    /// Records that no kind is known of.
    pub(crate) unnamed: u64,
    /// Lines end in CR LF.
    pub(crate) crlf: bool,
    at: Option<Timestamp>,
}

impl Log {
    pub(crate) fn new() -> Log {
        Log::default()
    }

    /// A line that continues what is before it, or is nothing.
    pub(crate) fn line(&mut self, text: &[u8]) -> &mut Log {
        self.bytes.extend_from_slice(text);
        self.bytes.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
        self.lines += 1;
        self
    }

    /// A line of something else.
    pub(crate) fn foreign(&mut self, text: &[u8]) -> &mut Log {
        self.unrecognized += 1;
        self.line(text)
    }

    /// A record that makes no event.
    pub(crate) fn unnamed(&mut self, text: &[u8]) -> &mut Log {
        self.unnamed += 1;
        self.line(text)
    }

    /// A record of these lines; without a time it has that of the record before.
    pub(crate) fn record(&mut self, at: Option<i64>, text: &str) -> &mut Log {
        if let Some(seconds) = at {
            self.at = Some(Timestamp::from_seconds(seconds));
        }
        let (offset, line) = (self.bytes.len(), self.lines + 1);
        for text in text.split('\n') {
            self.line(text.as_bytes());
        }
        let mut raw = self.bytes[offset..].to_vec();
        raw.pop();
        self.records.push(Written { offset: offset as u64, line, raw, at: self.at });
        self
    }

    /// Lines that were written after the last record are of it.
    pub(crate) fn continues(&mut self, text: &str) -> &mut Log {
        for text in text.split('\n') {
            self.line(text.as_bytes());
        }
        let last = self.records.last_mut().unwrap();
        last.raw = self.bytes[usize::try_from(last.offset).unwrap()..].to_vec();
        last.raw.pop();
        self
    }

    pub(crate) fn nginx(&mut self, at: i64, text: &str) -> &mut Log {
        self.record(Some(at), &format!("{} [error] 1#1: *5 {text}", nginx_stamp(at)))
    }

    pub(crate) fn fpm(&mut self, at: i64, text: &str) -> &mut Log {
        self.record(Some(at), &format!("{} {text}", fpm_stamp(at)))
    }

    /// Checks that what was told of the log, its only input, is what was written.
    pub(crate) fn check(&self, told: &Told) {
        let seen: Vec<Written> = told
            .events
            .iter()
            .map(|e| Written { offset: e.offset, line: e.line.unwrap(), raw: e.raw.clone(), at: e.at })
            .collect();
        let differs = seen.iter().zip(&self.records).find(|(s, w)| s != w);
        assert!(differs.is_none(), "read and written: {:?}", differs.map(|d| (short(d.0), short(d.1))));
        assert_eq!(seen.len(), self.records.len());
        let [stats] = &told.inputs[..] else { panic!("{:?}", told.inputs) };
        assert_eq!(stats.bytes, self.bytes.len() as u64);
        assert_eq!(stats.lines, self.lines);
        assert_eq!(stats.records, self.records.len() as u64 + self.unnamed);
        assert_eq!(stats.unrecognized, self.unrecognized);
    }
}

/// `2026/11/23 12:00:18`.
pub(crate) fn nginx_stamp(at: i64) -> String {
    Timestamp::from_seconds(at).to_string()[..19].replace('-', "/").replace('T', " ")
}

/// `[23-Nov-2026 12:00:18]`.
pub(crate) fn fpm_stamp(at: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = Timestamp::from_seconds(at).to_string();
    let month: usize = text[5..7].parse().unwrap();
    format!("[{}-{}-{} {}]", &text[8..10], MONTHS[month - 1], &text[..4], &text[11..19])
}

/// `Nov 23 12:00:18`.
pub(crate) fn syslog_stamp(at: i64) -> String {
    let fpm = fpm_stamp(at);
    let day = fpm[1..3].trim_start_matches('0');
    format!("{} {day:>2} {}", &fpm[4..7], &fpm[13..21])
}
