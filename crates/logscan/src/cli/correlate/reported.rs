//! The errors that were reported.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use logscan_correlate::report::Report;
use logscan_scan::Timestamp;

use crate::cli::args::CorrelateArgs;
use crate::cli::fail::Failure;
use crate::cli::job::Job;
use crate::cli::{safe, say};
use logscan_correlate::report::{Batch, LeftOut, ReadError, ReadOptions, Wanted, read, read_time};

/// All reports, in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Reported {
    pub(super) reports: Vec<Report>,
    /// Some of the requests that were answered well.
    pub(super) others: Vec<Report>,
    /// The files that they were read from: no logs, though they may lie among them.
    pub(super) files: Vec<PathBuf>,
    /// Something could not be read, and was told.
    pub(super) failed: bool,
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
        let outside = all - reported.reports.len();
        if outside > 0 && !args.output.quiet && (args.output.verbose || reported.reports.is_empty()) {
            say(&format!("{outside} of {all} reports left out, as they are not between --since and --until"));
        }
        Ok(reported)
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
        let wanted = Wanted::of(args.status.iter().cloned());
        let mut options = ReadOptions::default();
        (options.file, options.wanted) = (number, &wanted);
        match read(reader, &options) {
            Ok(batch) => {
                if !args.output.quiet {
                    tell(&batch, path, args.output.verbose);
                }
                self.reports.extend(batch.reports);
                self.others.extend(batch.others);
            }
            Err(ReadError::Io(error)) => self.fail(path, &words(&error)),
            Err(error) => self.fail(path, &format!("the file {error}")),
        }
    }

    fn fail(&mut self, path: &Path, words: &str) {
        say(&format!("--reported {}: {words}", name(path)));
        self.failed = true;
    }
}

/// Words about what was not understood, and about what is no report where that is asked for or all there is.
fn tell(batch: &Batch, path: &Path, verbose: bool) {
    let name = name(path);
    for problem in &batch.problems {
        say(&format!("{name}: {problem}"));
    }
    if batch.more_problems > 0 {
        say(&format!("{name}: and {} more of that kind", batch.more_problems));
    }
    let count = batch.reports.len();
    if count == 0 || verbose {
        let s = if count == 1 { "" } else { "s" };
        say(&format!("{name}: {count} reported error{s}{}", left_out(&batch.left_out)));
    }
}

/// `; left out: 118 requests with a status below 500`.
fn left_out(left_out: &LeftOut) -> String {
    let reasons = [
        (left_out.healthy, "with a status below 500"),
        (left_out.unwanted, "with a status that --status does not name"),
        (left_out.internal, "that Cloudflare made by itself"),
        (left_out.up, "that say all is well"),
    ];
    let told: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if told.is_empty() { String::new() } else { format!("; left out: {}", told.join(", ")) }
}

/// A time or a Ray ID that was typed.
fn one(text: &Path, number: u32, job: &Job) -> Result<Report, Failure> {
    let instant = |civil| Some(job.zone.instant(civil));
    match read_time(&text.to_string_lossy(), Some(&instant)) {
        Ok(mut report) => {
            (report.file, report.line) = (number, 1);
            Ok(report)
        }
        Err(why) => Err(Failure::usage(format!(
            "--reported {}: no such file, and no time or Ray ID ({why}); give a file, - for standard input, a time \
             (\"2026-11-23 12:00:18\", 2026-11-23T12:00:18Z, @1795435218) or a Ray ID of 16 hex digits",
            text.display()
        ))),
    }
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
