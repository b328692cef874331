//! The errors that were reported.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use logscan_correlate::report::Report;
use logscan_scan::Timestamp;

use super::stub::{ReadOptions, read, read_time};
use crate::cli::args::CorrelateArgs;
use crate::cli::fail::Failure;
use crate::cli::job::Job;
use crate::cli::{safe, say};

/// All reports, in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Reported {
    pub(super) reports: Vec<Report>,
    /// The files that they were read from: no logs, though they may lie among them.
    pub(super) files: Vec<PathBuf>,
    /// Something could not be read, and was told.
    pub(super) failed: bool,
    /// Reports outside of `--since` and `--until`.
    outside: u64,
}

impl Reported {
    /// Reads what `--reported` names.
    pub(super) fn read(args: &CorrelateArgs, job: &Job) -> Result<Reported, Failure> {
        let stdin = Path::new("-");
        let of_stdin = args.reported.iter().filter(|r| *r == stdin).count();
        if of_stdin > 1 || (of_stdin == 1 && args.window.paths.iter().any(|p| p == stdin)) {
            return Err(Failure::usage("standard input can be read once: either reports or logs"));
        }
        let mut reported = Reported::default();
        for (number, source) in (0..).zip(&args.reported) {
            if source == stdin {
                reported.add(source, number, io::stdin().lock(), args);
            } else if fs::symlink_metadata(source).is_ok() {
                reported.file(source, number, args);
            } else {
                reported.reports.push(one(source, number, job)?);
            }
        }
        let all = reported.reports.len();
        reported.reports.retain(|r| is_within(r, job.window));
        reported.outside = (all - reported.reports.len()) as u64;
        Ok(reported)
    }

    /// Why there is nothing to explain, where nothing failed.
    pub(super) fn why_none(&self) -> &'static str {
        if self.outside > 0 {
            "no error was reported between --since and --until"
        } else {
            "no error was reported"
        }
    }

    fn file(&mut self, path: &Path, number: u32, args: &CorrelateArgs) {
        let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        });
        match opened {
            Ok(file) => {
                self.files.push(path.to_owned());
                self.add(path, number, file, args);
            }
            Err(error) => self.fail(path, &words(&error)),
        }
    }

    fn add(&mut self, path: &Path, number: u32, reader: impl Read, args: &CorrelateArgs) {
        let options = ReadOptions { file: number, statuses: &args.status };
        match read(reader, &options) {
            Ok(batch) => {
                for problem in batch.problems.iter().filter(|_| !args.output.quiet) {
                    say(&format!("{}: {problem}", name(path)));
                }
                self.reports.extend(batch.reports);
            }
            Err(error) => self.fail(path, &error),
        }
    }

    fn fail(&mut self, path: &Path, words: &str) {
        say(&format!("--reported {}: {words}", name(path)));
        self.failed = true;
    }
}

/// A time or a Ray ID that was typed.
fn one(text: &Path, number: u32, job: &Job) -> Result<Report, Failure> {
    let report = text.to_str().and_then(|text| read_time(text, job.zone));
    let Some(mut report) = report else {
        let name = text.display();
        return Err(Failure::usage(format!(
            "--reported {name}: no such file, and read as a time or a Ray ID it is none; give a file, - for standard \
             input, a time (\"2026-11-23 12:00:18\", 2026-11-23T12:00:18Z, @1795435218) or a Ray ID of 16 hex digits"
        )));
    };
    (report.file, report.line) = (number, 1);
    Ok(report)
}

/// Whether a report may be of the window. One without a time is for its Ray ID to date.
fn is_within(report: &Report, (since, until): (Option<Timestamp>, Option<Timestamp>)) -> bool {
    let Some(when) = report.when else { return true };
    since.is_none_or(|since| when.until > since) && until.is_none_or(|until| when.from < until)
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".to_owned();
    }
    safe::terminal(path.to_string_lossy().as_bytes())
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "a link to a file that is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied; run with sudo, or copy the file".to_owned(),
        io::ErrorKind::IsADirectory => "a folder; name the file in it that lists the errors".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
