//! The command line.

mod args;
mod bar;
mod events;
mod explain;
mod fail;
mod filter;
mod found;
mod man;
mod output;
mod render;
mod safe;
mod style;
mod summary;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use logscan_catalogue::{Catalogue, Limits, Ranges, RangesError, Rules};
use logscan_parser::AccessFormat;
use logscan_scan::{InputStats, Inputs, Outcome, Problem, Scan, Timestamp, What, Zone, parse_when};

use args::{Cli, Command, EventArgs, ExplainArgs, Format, ScanArgs};
use bar::Bar;
use fail::Failure;
use filter::Filter;
use found::Machine;
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

/// A scan as the options ask for it.
struct Job {
    catalogue: Knowledge,
    zone: Zone,
    boot: Option<Timestamp>,
    access: Option<AccessFormat>,
    window: (Option<Timestamp>, Option<Timestamp>),
    inputs: Inputs,
    /// Some of this machine's logs could not be read.
    not_found: bool,
    filter: Filter,
}

/// The built-in catalogue, or one with a user's rules.
enum Knowledge {
    Builtin,
    Own(Box<Catalogue>),
}

impl Knowledge {
    fn get(&self) -> &Catalogue {
        match self {
            Knowledge::Builtin => Catalogue::builtin(),
            Knowledge::Own(catalogue) => catalogue,
        }
    }
}

fn catalogue(rules: Option<&Path>) -> Result<Knowledge, Failure> {
    match rules {
        None => Ok(Knowledge::Builtin),
        Some(path) => Ok(Knowledge::Own(Box::new(with_rules(path)?))),
    }
}

fn with_rules(path: &Path) -> Result<Catalogue, Failure> {
    let wrong = |words: String| Failure::usage(format!("--rules {}: {words}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let rules = Rules::parse(&text).map_err(|e| wrong(e.to_string()))?;
    Catalogue::with_rules(rules).map_err(|e| wrong(e.to_string()))
}

/// The catalogue with a user's rules, and with the edge as the options describe it.
fn catalogue_for(args: &ScanArgs) -> Result<Knowledge, Failure> {
    let limits = limits(args)?;
    let edge = args.edge_ips.as_deref().map(edge_ips).transpose()?;
    if limits == Limits::default() && edge.is_none() {
        return catalogue(args.rules.as_deref());
    }
    let catalogue = match args.rules.as_deref() {
        Some(path) => with_rules(path)?,
        None => Catalogue::with_rules(Rules::default()).map_err(|e| Failure::usage(e.to_string()))?,
    };
    let catalogue = catalogue.with_limits(limits);
    let catalogue = match edge {
        Some(edge) => catalogue.with_edge(edge),
        None => catalogue,
    };
    Ok(Knowledge::Own(Box::new(catalogue)))
}

fn limits(args: &ScanArgs) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let wait = Duration::try_from_secs_f64(args.edge_timeout).ok().filter(|wait| !wait.is_zero());
    let wait = wait.ok_or_else(|| Failure::usage("--edge-timeout: give seconds, such as 125 or 0.5"))?;
    if wait != limits.read_timeout {
        // Whoever names a limit means this one, not those of former times.
        limits.read_timeout = wait;
        limits.old_read_timeouts.clear();
    }
    limits.response_head = args.edge_head_limit;
    Ok(limits)
}

fn edge_ips(path: &Path) -> Result<Ranges, Failure> {
    let wrong = |words: String| Failure::usage(format!("--edge-ips {}: {words}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    text.parse().map_err(|e: RangesError| wrong(e.to_string()))
}

impl Job {
    fn new(args: &ScanArgs) -> Result<Job, Failure> {
        let catalogue = catalogue_for(args)?;
        let zone = match &args.tz {
            Some(name) => {
                name.parse().map_err(|e: logscan_scan::ZoneError| Failure::usage(format!("--tz: {e}")))?
            }
            None => Zone::Machine,
        };
        let now = Timestamp::now();
        let when = |option: &str, text: &Option<String>| match text {
            Some(text) => {
                let time = parse_when(text, zone, now);
                time.map(Some).map_err(|e| Failure::usage(format!("{option}: {e}")))
            }
            None => Ok(None),
        };
        let window = (when("--since", &args.since)?, when("--until", &args.until)?);
        if let (Some(since), Some(until)) = window
            && since >= until
        {
            return Err(Failure::usage(format!("--since ({since}) is not before --until ({until})")));
        }
        let boot = when("--boot-time", &args.boot_time)?;
        let mut machine = Machine::new(args.nginx_conf.as_deref())?;
        let access = args.log_format.as_deref().map(|text| machine.access_format(text)).transpose()?;
        let filter = Filter::new(args, catalogue.get())?;
        let (mut inputs, not_found) = match args.paths.as_slice() {
            [] => machine.inputs(args)?,
            paths => (Inputs::collect(paths, !args.no_rotated), false),
        };
        if access.is_none() {
            machine.add_formats(&mut inputs);
        }
        Ok(Job { catalogue, zone, boot, access, window, inputs, not_found, filter })
    }

    fn scan(&self, args: &ScanArgs) -> Scan<'_> {
        Scan::new(self.catalogue.get())
            .zone(self.zone)
            .window(self.window.0, self.window.1)
            .threads(args.threads)
            .only(args.input_format.source())
            .access_format(self.access.clone())
            .boot(self.boot)
    }
}

fn summarise(args: &ScanArgs) -> Result<ExitCode, Failure> {
    let job = Job::new(args)?;
    let scan = job.scan(args);
    let mut out = Output::open(args.output.as_deref())?;
    let look = Look::of(args.color, args.output.is_some());
    let bar = Bar::watch(scan.progress(), args.progress);
    let (summary, outcome) = Summary::of(&scan, &job.inputs, &job.filter);
    drop(bar);
    tell(&job, &outcome, &summary.inputs, args);
    let nothing_read = summary.inputs.is_empty() && failed(&job, &outcome);
    let written = if nothing_read && args.format == Format::Text {
        // Nothing to report on; what went wrong has been said.
        Ok(())
    } else {
        write_summary(&mut out, &summary, &job, args, look)
    };
    let found = !summary.is_empty();
    finish(written.and_then(|()| out.finish(nothing_read)), &job, &outcome, args, found)
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
            let filtered = job.window != (None, None)
                || !(args.kind.is_empty() && args.cause.is_empty() && args.level.is_empty())
                || !(args.host.is_empty() && args.status.is_empty() && args.grep.is_empty());
            let told = render::Told { look, zone: job.zone, all: args.verbose, filtered };
            render::summary_text(out, summary, catalogue, told)
        }
        Format::Json => render::summary_json(out, summary, catalogue, job.window),
        Format::Ndjson => render::summary_lines(out, summary, catalogue),
        Format::Csv => render::summary_csv(out, summary, catalogue),
    }
}

fn list_events(args: &EventArgs) -> Result<ExitCode, Failure> {
    let scan_args = &args.scan;
    let job = Job::new(scan_args)?;
    let scan = job.scan(scan_args);
    let mut out = Output::open(scan_args.output.as_deref())?;
    let look = Look::of(scan_args.color, scan_args.output.is_some());
    let form = events::Form { format: scan_args.format, raw: args.raw, look, zone: job.zone };
    let bar = Bar::watch(scan.progress(), scan_args.progress);
    let (outcome, count, written) =
        events::write(&mut out, &scan, &job.inputs, job.catalogue.get(), &job.filter, form);
    drop(bar);
    tell(&job, &outcome, &outcome.inputs, scan_args);
    let nothing_read = outcome.inputs.is_empty() && failed(&job, &outcome);
    finish(written.and_then(|()| out.finish(nothing_read)), &job, &outcome, scan_args, count > 0)
}

fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let catalogue = catalogue(args.rules.as_deref())?;
    let mut page = Vec::new();
    let made = explain::explain(&mut page, args, catalogue.get())?;
    made.map_err(|e| Failure::usage(e.to_string()))?;
    print(&page)
}

fn finish(
    written: io::Result<()>,
    job: &Job,
    outcome: &Outcome,
    args: &ScanArgs,
    found: bool,
) -> Result<ExitCode, Failure> {
    if written.as_ref().is_err_and(|e| e.kind() != io::ErrorKind::BrokenPipe) {
        output::discard();
    }
    let code = if failed(job, outcome) {
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
fn tell(job: &Job, outcome: &Outcome, inputs: &[InputStats], args: &ScanArgs) {
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
