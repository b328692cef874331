//! The command line, as clap reads it. Help, man page and completions come from here.

mod correlate;
mod groups;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

pub(crate) use correlate::{CorrelateArgs, CorrelateFormat, Offset};
pub(crate) use groups::{Common, FilterArgs, InputArgs, OutputArgs, WindowArgs};

/// Why did visitors see a Cloudflare 520 (502, 504 ...), and what is to be fixed?
///
/// Reads the logs of an origin (nginx, php-fpm, PHP, Apache, the kernel, systemd, firewalls), plain or gzipped,
/// with their rotated files, and tells what happened: the most important first, how often, since when, where,
/// what it means and what to do.
#[derive(Debug, Parser)]
#[command(name = "logscan", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 done; 1 with --exit-code: an event was found (of correlate: an error was reported); 2 wrong use, or something could not be read."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) scan: ScanArgs,
}

// Made once a run.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Every event, one a line
    Events(EventArgs),
    /// Why each error that was seen at the edge came about: reports matched with the logs
    ///
    /// For each error that Cloudflare, a monitor or a visitor tells of, the lines of the logs that show its cause, how
    /// sure that is, and what to do; or that the logs do not show it, what was ruled out and where to look next. How
    /// the clocks of edge and origin differ is found out on the way. --since and --until choose among the reports.
    Correlate(CorrelateArgs),
    /// What a kind, a cause or a status means, how it looks, how to fix it; without an argument, the list
    Explain(ExplainArgs),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page, on standard output
    Man,
}

/// Options of the commands that tell events.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) window: WindowArgs,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Form of the output
    #[arg(long, short, value_name = "F", default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Exit status 1 where an event was found
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_code: bool,
}

impl ScanArgs {
    pub(crate) fn common(&self) -> Common<'_> {
        let ScanArgs { window, input, output, exit_code, .. } = self;
        Common { window, input, output, exit_code: *exit_code }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EventArgs {
    #[command(flatten)]
    pub(crate) scan: ScanArgs,

    /// With the raw line (json, ndjson, csv)
    #[arg(long, help_heading = "Output")]
    pub(crate) raw: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Name of a kind or a cause, or a status
    #[arg(value_name = "KIND|CAUSE|STATUS")]
    pub(crate) topic: Option<String>,

    /// Your own kinds, in TOML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) rules: Option<PathBuf>,

    /// Form of the output
    #[arg(long, short, value_name = "F", default_value = "text")]
    pub(crate) format: ExplainFormat,

    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON value
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people
    Text,
    /// One JSON value
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
