//! `logscan correlate`: why each reported error came about.

mod gather;
mod reported;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use logscan_correlate::report::Report;
use logscan_correlate::{Correlation, Settings, Sieve, correlate};
use logscan_scan::{Outcome, Timestamp};

use super::args::{CorrelateArgs, CorrelateFormat, Offset, OutputArgs};
use super::bar::Bar;
use super::fail::Failure;
use super::job::Job;
use super::output::Output;
use super::render::correlation as render;
use super::style::Look;
use super::{failed, finish, tell};
use reported::Reported;

/// How far before and after the reports the logs are read: clocks may be wrong by as much as zones differ.
const ASTRAY: Duration = Duration::from_secs(15 * 3600);

/// Runs the command.
pub(super) fn run(args: &CorrelateArgs) -> Result<ExitCode, Failure> {
    let OutputArgs { output, color, verbose, .. } = &args.output;
    let mut job = Job::new(args.common())?;
    let reported = Reported::read(args, &job)?;
    let reports = reported.reports.as_slice();
    if !reports.is_empty() {
        find_logs(&mut job, args, &reported)?;
        job.window = around(reports, args);
    }
    let mut out = Output::open(output.as_deref())?;
    let (outcome, correlation) = match reports {
        [] => (Outcome::default(), Correlation::default()),
        reports => explain(reports, &reported.others, &job, args),
    };
    let failed = reported.failed || failed(&job, &outcome);
    let nothing_read = failed && outcome.inputs.is_empty();
    let files: Vec<PathBuf> = job.inputs.files.iter().map(|i| i.path.clone()).collect();
    let told = render::Told {
        reports,
        correlation: &correlation,
        inputs: &outcome.inputs,
        files: &files,
        catalogue: job.catalogue.get(),
        zone: job.zone,
        look: Look::of(*color, output.is_some()),
        all: *verbose,
    };
    let written = match args.format {
        // What went wrong has been said.
        CorrelateFormat::Text | CorrelateFormat::Markdown if nothing_read => Ok(()),
        CorrelateFormat::Text => render::text(&mut out, told),
        CorrelateFormat::Json => render::json(&mut out, told),
        CorrelateFormat::Ndjson => render::lines(&mut out, told),
        CorrelateFormat::Csv => render::csv(&mut out, told),
        CorrelateFormat::Markdown => render::markdown(&mut out, told),
    };
    let written = written.and_then(|()| out.finish(nothing_read));
    finish(written, failed, args.common(), !reports.is_empty())
}

/// Finds the logs; the files that hold the reports are none.
fn find_logs(job: &mut Job, args: &CorrelateArgs, reported: &Reported) -> Result<(), Failure> {
    job.find(args.common())?;
    let left_out = job.inputs.leave_out(&reported.files);
    if left_out > 0 && job.inputs.files.is_empty() && job.inputs.problems.is_empty() {
        return Err(Failure::usage("no log to read: PATH holds only what --reported names"));
    }
    Ok(())
}

/// Reads the logs and matches the reports with them.
fn explain(reports: &[Report], others: &[Report], job: &Job, args: &CorrelateArgs) -> (Outcome, Correlation) {
    let scan = job.scan(&args.input);
    let bar = Bar::watch(scan.progress(), args.output.progress);
    let (gathered, outcome) =
        gather::gather(&scan, &job.inputs, Sieve::new(reports, job.catalogue.get()).with_others(others));
    drop(bar);
    tell(job, &outcome, &outcome.inputs, &args.output);
    let mut settings = Settings::new(job.catalogue.get());
    settings.window = args.reach;
    settings.threads = args.input.threads;
    settings.others = others;
    settings.clock_offset = match args.clock_offset {
        Offset::Auto => None,
        Offset::Seconds(seconds) => Some(seconds),
    };
    (outcome, correlate(reports, gathered, &settings))
}

/// The time of the logs, on the origin's clock, that can matter to some report.
fn around(reports: &[Report], args: &CorrelateArgs) -> (Option<Timestamp>, Option<Timestamp>) {
    let offset = match args.clock_offset {
        Offset::Auto => Duration::ZERO,
        Offset::Seconds(s) => Duration::try_from_secs_f64(s.abs()).unwrap_or_default(),
    };
    let reach = ASTRAY.saturating_add(args.reach).saturating_add(offset);
    let reach = i64::try_from(reach.as_micros()).unwrap_or(i64::MAX);
    let times = || reports.iter().filter_map(|r| r.when);
    let first = times().map(|w| w.from.micros().saturating_sub(reach)).min();
    let last = times().map(|w| w.until.micros().saturating_add(reach)).max();
    (first.map(Timestamp::from_micros), last.map(Timestamp::from_micros))
}
