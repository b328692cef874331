//! The command line.

mod args;
mod bar;
mod correlate;
mod events;
mod explain;
mod fail;
mod filter;
mod found;
mod job;
mod man;
mod output;
mod plain;
mod render;
mod safe;
mod style;
mod summary;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use logscan_scan::{InputStats, Outcome, Problem, What};

use args::{Cli, Command, Common, EventArgs, ExplainArgs, Format, OutputArgs, ScanArgs};
use bar::Bar;
use fail::Failure;
use filter::Filter;
use job::Job;
use output::Output;
use style::Look;
use summary::Summary;

/// Exit status where an event was found and `--exit-code` was given.
const FOUND: u8 = 1;
/// Exit status for wrong use, and where something could not be read or written.
const FAILED: u8 = 2;
/// Exit status after an interrupt, as shells give it.
const INTERRUPTED: i32 = 130;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // An unfinished output file must not stay behind.
    let _ = ctrlc::set_handler(|| {
        output::discard();
        std::process::exit(INTERRUPTED);
    });
    let cli = Cli::try_parse().unwrap_or_else(|e| refuse(&e));
    let done = match &cli.command {
        None => summarise(&cli.scan),
        Some(Command::Events(args)) => list_events(args),
        Some(Command::Correlate(args)) => correlate::run(args),
        Some(Command::Explain(args)) => explain(args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "logscan", &mut script);
            print(&script)
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            let made = man::page(&mut page, Cli::command());
            made.map_err(|e| Failure::usage(e.to_string())).and_then(|()| print(&page))
        }
    };
    done.unwrap_or_else(|failure| {
        say(&failure.to_string());
        ExitCode::from(FAILED)
    })
}

/// Words about the run. Where they cannot be written there is nobody to tell.
fn say(words: &str) {
    let _ = writeln!(io::stderr(), "logscan: {}", safe::lines(words));
}

/// Ends with clap's words, which hold arguments as they were given: names of files, too, by way of a shell's `*`.
fn refuse(error: &clap::Error) -> ! {
    let words = error.render().to_string();
    let harmless = safe::lines(&words);
    if harmless == words {
        error.exit();
    }
    let _ = io::stderr().write_all(harmless.as_bytes());
    std::process::exit(FAILED.into());
}

fn print(bytes: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    ended(out.write_all(bytes).and_then(|()| out.flush()), ExitCode::SUCCESS)
}

/// A closed pipe is how readers say that they have enough.
fn ended(written: io::Result<()>, code: ExitCode) -> Result<ExitCode, Failure> {
    match written {
        Ok(()) => Ok(code),
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        Err(e) => Err(Failure::usage(format!("the output cannot be written: {e}"))),
    }
}

fn summarise(args: &ScanArgs) -> Result<ExitCode, Failure> {
    let OutputArgs { output, color, progress, .. } = &args.output;
    let mut job = Job::new(args.common())?;
    let filter = Filter::new(&args.filter, job.catalogue.get())?;
    job.find(args.common())?;
    let scan = job.scan(&args.input);
    let mut out = Output::open(output.as_deref())?;
    let look = Look::of(*color, output.is_some());
    let bar = Bar::watch(scan.progress(), *progress);
    let (summary, outcome) = Summary::of(&scan, &job.inputs, &filter);
    drop(bar);
    tell(&job, &outcome, &summary.inputs, &args.output);
    let nothing_read = summary.inputs.is_empty() && failed(&job, &outcome);
    let written = if nothing_read && args.format == Format::Text {
        // Nothing to report on; what went wrong has been said.
        Ok(())
    } else {
        write_summary(&mut out, &summary, &job, args, look)
    };
    let found = !summary.is_empty();
    finish(written.and_then(|()| out.finish(nothing_read)), failed(&job, &outcome), args.common(), found)
}

fn write_summary(
    out: &mut Output,
    summary: &Summary,
    job: &Job,
    args: &ScanArgs,
    look: Look,
) -> io::Result<()> {
    let catalogue = job.catalogue.get();
    match args.format {
        Format::Text => {
            let filtered = job.window != (None, None) || !args.filter.is_empty();
            let told = render::Told { look, zone: job.zone, all: args.output.verbose, filtered };
            render::summary_text(out, summary, catalogue, told)
        }
        Format::Json => render::summary_json(out, summary, catalogue, job.window),
        Format::Ndjson => render::summary_lines(out, summary, catalogue),
        Format::Csv => render::summary_csv(out, summary, catalogue),
    }
}

fn list_events(args: &EventArgs) -> Result<ExitCode, Failure> {
    let scan_args = &args.scan;
    let OutputArgs { output, color, progress, .. } = &scan_args.output;
    let mut job = Job::new(scan_args.common())?;
    let filter = Filter::new(&scan_args.filter, job.catalogue.get())?;
    job.find(scan_args.common())?;
    let scan = job.scan(&scan_args.input);
    let mut out = Output::open(output.as_deref())?;
    let look = Look::of(*color, output.is_some());
    let form = events::Form { format: scan_args.format, raw: args.raw, look, zone: job.zone };
    let bar = Bar::watch(scan.progress(), *progress);
    let (outcome, count, written) =
        events::write(&mut out, &scan, &job.inputs, job.catalogue.get(), &filter, form);
    drop(bar);
    tell(&job, &outcome, &outcome.inputs, &scan_args.output);
    let nothing_read = outcome.inputs.is_empty() && failed(&job, &outcome);
    let written = written.and_then(|()| out.finish(nothing_read));
    finish(written, failed(&job, &outcome), scan_args.common(), count > 0)
}

fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let catalogue = job::catalogue(args.rules.as_deref())?;
    let mut page = Vec::new();
    let made = explain::explain(&mut page, args, catalogue.get())?;
    made.map_err(|e| Failure::usage(e.to_string()))?;
    print(&page)
}

fn finish(written: io::Result<()>, failed: bool, args: Common<'_>, found: bool) -> Result<ExitCode, Failure> {
    if written.as_ref().is_err_and(|e| e.kind() != io::ErrorKind::BrokenPipe) {
        output::discard();
    }
    let code = if failed {
        FAILED
    } else if args.exit_code && found {
        FOUND
    } else {
        0
    };
    ended(written, ExitCode::from(code))
}

fn failed(job: &Job, outcome: &Outcome) -> bool {
    job.not_found || job.inputs.problems.iter().chain(&outcome.problems).any(Problem::is_failure)
}

/// Words about what could not be read, and, unless told to be quiet, about what was read with a reservation.
fn tell(job: &Job, outcome: &Outcome, inputs: &[InputStats], args: &OutputArgs) {
    let mut passed_over = Vec::new();
    for problem in job.inputs.problems.iter().chain(&outcome.problems) {
        let path = safe::terminal(problem.path.to_string_lossy().as_bytes());
        match &problem.what {
            What::PassedOver(_) if !args.verbose => passed_over.push(path),
            what if problem.is_failure() || !args.quiet => say(&format!("{path}: {what}{}", hint(problem))),
            _ => {}
        }
    }
    match passed_over.as_slice() {
        _ if args.quiet => {}
        [] => {}
        few @ ([_] | [_, _] | [_, _, _]) => {
            say(&format!("passed over, as no logs that are known: {}", few.join(", ")));
        }
        many => say(&format!("{} files passed over, as no logs that are known; -v names them", many.len())),
    }
    if args.verbose {
        for input in inputs {
            let path = safe::terminal(input.file.to_string_lossy().as_bytes());
            say(&format!("{path}: {} lines of {}", input.lines, input.source));
        }
    }
}

/// Whoever mistypes a command names a path that is not there.
fn hint(problem: &Problem) -> String {
    let Some(name) = problem.path.to_str().filter(|_| matches!(problem.what, What::NotFound)) else {
        return String::new();
    };
    let cli = Cli::command();
    let commands: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    filter::nearest(name, commands.into_iter())
        .map_or_else(String::new, |c| format!("; did you mean the command `{c}`?"))
}
