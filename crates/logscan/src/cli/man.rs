//! The manual page, made from the definition of the command line.

use std::io::{self, Write};

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Writes one page with all commands.
pub(crate) fn page(out: &mut dyn Write, mut cli: Command) -> io::Result<()> {
    // Arguments can be written out only once their defaults are settled.
    cli.build();
    let man = Man::new(cli.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    let mut page = Roff::new();
    page.control("SH", ["COMMANDS"]);
    for command in cli.get_subcommands().filter(|c| c.get_name() != "help") {
        describe(&mut page, &cli, command);
    }
    page.control("SH", ["EXIT STATUS"]);
    let statuses = [
        ("0", "Done."),
        ("1", "With --exit-code: an event was found; of correlate: an error was reported."),
        ("2", "Wrong use, or something could not be read. What could be read is reported all the same."),
    ];
    for (status, meaning) in statuses {
        page.control("TP", []).text([bold(status)]).text([roman(meaning)]);
    }
    page.control("SH", ["EXAMPLES"]);
    let examples = [
        ("logscan /var/log/nginx/error.log --since 1h", "What went wrong in the last hour."),
        ("zcat old.gz | logscan -", "A log from standard input."),
        ("journalctl -k -o short-iso | logscan -", "What the kernel says of crashes, memory and packets."),
        (
            "logscan correlate --reported 520s.csv /var/log/nginx /var/log/php8.2-fpm.log",
            "Why each of these errors came about.",
        ),
        (
            "logscan correlate --reported a5f000f938a38226",
            "The same of one error, by the Ray ID on its page.",
        ),
        ("logscan explain 520", "What Cloudflare means by it, and what causes it."),
        ("logscan events /var/log/nginx --level warn+ --format ndjson", "Events, one JSON object a line."),
        ("logscan explain fpm-max-children-reached", "What a message means, and how to fix it."),
    ];
    for (command, meaning) in examples {
        page.control("TP", []).text([bold(command)]).text([roman(meaning)]);
    }
    page.to_writer(out)?;
    man.render_version_section(out)
}

/// A command and those of its arguments that the main command does not have.
fn describe(page: &mut Roff, cli: &Command, command: &Command) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    page.control("TP", []);
    page.text([bold(format!("logscan {}", command.get_name()))]);
    page.text([roman(about)]);
    let own = |arg: &&Arg| {
        !arg.is_hide_set() && arg.get_id() != "help" && !cli.get_arguments().any(|a| same(a, arg))
    };
    for arg in command.get_arguments().filter(own) {
        page.control("RS", []).control("TP", []);
        page.text([bold(arg.to_string())]);
        page.text([roman(arg.get_help().map(ToString::to_string).unwrap_or_default())]);
        page.control("RE", []);
    }
}

fn same(a: &Arg, b: &Arg) -> bool {
    a.get_id() == b.get_id() && a.get_help().map(ToString::to_string) == b.get_help().map(ToString::to_string)
}
