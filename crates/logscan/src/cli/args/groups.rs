//! Options that several commands have.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use logscan_parser::Source;

use super::When;

/// Which logs, and which time of them.
#[derive(Debug, Args)]
pub(crate) struct WindowArgs {
    /// File, folder or glob; `-` is standard input. Without one, the logs that this machine keeps
    ///
    /// Those are found by the configurations of nginx, php-fpm, PHP and Apache, and in the usual places.
    ///
    /// A live log brings its rotated files (error.log.1, error.log.2.gz, error.log-20260329.gz). Gzip is known
    /// by its content, not by its name.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// From this time on: 1h, 90m, 2d, today, yesterday, 2026-03-29, "2026-03-29 10:00", RFC 3339, @1774778400
    #[arg(long, value_name = "T", help_heading = "Window")]
    pub(crate) since: Option<String>,

    /// Up to this time, which is left out
    #[arg(long, value_name = "T", help_heading = "Window")]
    pub(crate) until: Option<String>,

    /// Zone of stamps that carry none, and of T: IANA name or offset; default: the machine's own
    #[arg(long, value_name = "ZONE", help_heading = "Window")]
    pub(crate) tz: Option<String>,
}

/// Which events.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Keep this kind (see `logscan explain`); repeatable, as are all filters
    #[arg(long, value_name = "K", help_heading = "Filters")]
    pub(crate) kind: Vec<String>,

    /// Keep this cause
    #[arg(long, value_name = "C", help_heading = "Filters")]
    pub(crate) cause: Vec<String>,

    /// Keep this level: emerg, alert, crit, error, warn, notice, info, debug; `warn+` keeps it and all graver ones
    #[arg(long, value_name = "L", help_heading = "Filters")]
    pub(crate) level: Vec<String>,

    /// Keep this host: the Host header, or the server name where there is none
    #[arg(long, value_name = "H", help_heading = "Filters")]
    pub(crate) host: Vec<String>,

    /// Keep requests of this status, and what makes visitors see it: 502, 520, 009 ...
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u16).range(..=999), help_heading = "Filters")]
    pub(crate) status: Vec<u16>,

    /// Keep records that this regular expression matches
    #[arg(long, value_name = "RE", help_heading = "Filters")]
    pub(crate) grep: Vec<String>,
}

impl FilterArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.kind.is_empty()
            && self.cause.is_empty()
            && self.level.is_empty()
            && self.host.is_empty()
            && self.status.is_empty()
            && self.grep.is_empty()
    }
}

/// How logs are read, and what the edge is.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Your own kinds, in TOML: [[kind]] with id, match or regex, cause, meaning, fix
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub(crate) rules: Option<PathBuf>,

    /// Take the files that are named for this log, instead of judging by their content
    #[arg(long, value_name = "FORMAT", default_value = "auto", help_heading = "Input")]
    pub(crate) input_format: InputFormat,

    /// Form of access logs: a name (combined, or of nginx.conf) or a log_format string; default: told by the lines
    #[arg(long, value_name = "NAME|STRING", help_heading = "Input")]
    pub(crate) log_format: Option<String>,

    /// nginx.conf to take logs and log_format from; default: where nginx is installed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub(crate) nginx_conf: Option<PathBuf>,

    /// When the machine was started, for dmesg's times; default: this machine's start
    #[arg(long, value_name = "T", help_heading = "Input")]
    pub(crate) boot_time: Option<String>,

    /// Addresses of Cloudflare's edge, one range a line; default: the published list of 2026-10-05
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Edge")]
    pub(crate) edge_ips: Option<PathBuf>,

    /// How long the edge waits for a response before it shows a 524
    #[arg(long, value_name = "SECONDS", default_value = "125", help_heading = "Edge")]
    pub(crate) edge_timeout: f64,

    /// Largest response head that the edge takes, in bytes; k and m may follow
    #[arg(long, value_name = "SIZE", default_value = "128k", value_parser = size, help_heading = "Edge")]
    pub(crate) edge_head_limit: u64,

    /// Leave out the rotated files of a live log
    #[arg(long, help_heading = "Input")]
    pub(crate) no_rotated: bool,

    /// Workers; default: one per processor
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = "Input")]
    pub(crate) threads: usize,
}

/// Where output goes, and what is said beside it.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Write to this file instead of standard output; it appears only when it is whole
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,

    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: When,

    /// Progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) progress: When,

    /// No words about the run but for failures
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,

    /// More words: what was read, every kind in full
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,
}

/// The options that every command has which reads logs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    pub(crate) window: &'a WindowArgs,
    pub(crate) input: &'a InputArgs,
    pub(crate) output: &'a OutputArgs,
    pub(crate) exit_code: bool,
}

/// `131072`, `128k`, `1m`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.to_ascii_lowercase().strip_suffix(['k', 'm']) {
        Some(digits) => (digits.to_owned(), if text.ends_with(['k', 'K']) { 1 << 10 } else { 1 << 20 }),
        None => (text.to_owned(), 1),
    };
    let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    number.ok_or_else(|| "give bytes, or 128k, or 1m".to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum InputFormat {
    /// By content
    Auto,
    /// nginx's error log
    NginxError,
    /// nginx's access log
    NginxAccess,
    /// php-fpm's log
    PhpFpm,
    /// A pool's slow log
    PhpSlow,
    /// PHP's own error log
    PhpError,
    /// The kernel's messages
    Kernel,
    /// systemd's messages
    Systemd,
    /// fail2ban's log
    Fail2ban,
    /// Apache's error log
    ApacheError,
    /// Apache's access log
    ApacheAccess,
    /// ModSecurity's audit log
    Modsecurity,
}

impl InputFormat {
    /// The log that inputs are taken for.
    pub(crate) fn source(self) -> Option<Source> {
        match self {
            InputFormat::Auto => None,
            InputFormat::NginxError => Some(Source::NginxError),
            InputFormat::NginxAccess => Some(Source::NginxAccess),
            InputFormat::PhpFpm => Some(Source::PhpFpm),
            InputFormat::PhpSlow => Some(Source::PhpSlow),
            InputFormat::PhpError => Some(Source::PhpError),
            InputFormat::Kernel => Some(Source::Kernel),
            InputFormat::Systemd => Some(Source::Systemd),
            InputFormat::Fail2ban => Some(Source::Fail2ban),
            InputFormat::ApacheError => Some(Source::ApacheError),
            InputFormat::ApacheAccess => Some(Source::ApacheAccess),
            InputFormat::Modsecurity => Some(Source::Modsecurity),
        }
    }
}
