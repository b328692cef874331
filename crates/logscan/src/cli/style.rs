//! Colour and width of the terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use logscan_catalogue::Severity;

use super::args::When;

/// How text is dressed: plain where colour is not wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) colour: bool,
    /// Columns to use.
    pub(crate) width: usize,
    /// Whether a person reads it at a terminal, so that long lines are shortened.
    pub(crate) terminal: bool,
    /// Whether characters beyond ASCII can be shown.
    pub(crate) unicode: bool,
}

impl Look {
    /// For standard output, or for a file.
    pub(crate) fn of(when: When, to_file: bool) -> Look {
        let terminal = !to_file && io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let colour = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && !no_colour,
        };
        let columns = || std::env::var("COLUMNS").ok()?.parse::<usize>().ok();
        let measured = || terminal_size::terminal_size().map(|(w, _)| usize::from(w.0));
        let width =
            if terminal { columns().or_else(measured).unwrap_or(100) } else { columns().unwrap_or(100) };
        Look { colour, width: width.clamp(40, 160), terminal, unicode: unicode_locale() }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::Error => AnsiColor::Red.on_default(),
            Severity::Warning => AnsiColor::Yellow.on_default(),
            Severity::Notice | Severity::Info => Style::new(),
        };
        self.paint(style, text)
    }
}

/// Writes a text in lines of the width of the terminal. Words are broken at blanks only: a path or an option
/// must come out whole.
pub(crate) fn wrapped(
    out: &mut dyn Write,
    text: &str,
    first: &str,
    rest: &str,
    look: Look,
) -> io::Result<()> {
    let options = textwrap::Options::new(look.width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn unicode_locale() -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    // Without a locale (cron, containers) readers are mostly UTF-8 all the same, but need not be.
    set.is_some_and(|v| v.to_ascii_lowercase().replace('-', "").contains("utf8"))
}
