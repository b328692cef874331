//! The logs of this machine, and the formats that configurations give them.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use logscan_parser::AccessFormat;
use logscan_scan::{Discovery, Inputs, NamedFormat, Server};

use super::args::OutputArgs;
use super::fail::Failure;
use super::{safe, say};

/// Logs that are told by name; of more, how many there are.
const FEW: usize = 12;

/// What is known of this machine's logs: read only where something asks for it.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    conf: Option<PathBuf>,
    /// All logs.
    discovery: Option<Discovery>,
    /// Those that web servers name.
    servers: Option<Discovery>,
}

impl Machine {
    /// # Errors
    ///
    /// Where the configuration that was named cannot be opened: to go on without it would be to guess.
    pub(crate) fn new(conf: Option<&Path>) -> Result<Machine, Failure> {
        if let Some(path) = conf {
            let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(ErrorKind::IsADirectory.into()),
                false => Ok(()),
            });
            opened.map_err(|e| Failure::usage(format!("--nginx-conf {}: {e}", path.display())))?;
        }
        Ok(Machine { conf: conf.map(Path::to_owned), discovery: None, servers: None })
    }

    fn discovery(&mut self) -> &Discovery {
        let conf = self.conf.as_deref();
        self.discovery.get_or_insert_with(|| match conf {
            Some(conf) => Discovery::with_nginx_conf(conf),
            None => Discovery::of_machine(),
        })
    }

    /// The same, of web servers only where nothing more has been asked for.
    fn servers(&mut self) -> &Discovery {
        if self.discovery.is_some() || self.conf.is_some() {
            return self.discovery();
        }
        self.servers.get_or_insert_with(Discovery::of_servers)
    }

    /// The logs that are there, with their rotated files where these are wanted, told with what could not be found or read. Whether something could not be read.
    pub(crate) fn inputs(&mut self, rotated: bool, args: &OutputArgs) -> Result<(Inputs, bool), Failure> {
        let discovery = self.discovery();
        let mut failed = false;
        let terminal = |path: &Path| safe::terminal(path.to_string_lossy().as_bytes());
        for note in &discovery.notes {
            failed |= note.is_failure();
            if note.is_failure() || !args.quiet {
                say(&format!("{}: {note}", terminal(&note.path)));
            }
        }
        if discovery.logs.is_empty() {
            let what = if failed { "none of this machine's logs could be read" } else { "no log found" };
            return Err(Failure::usage(format!(
                "no PATH given, and {what}; name a file or folder, or - for standard input"
            )));
        }
        if !args.quiet {
            if discovery.logs.len() <= FEW || args.verbose {
                for log in &discovery.logs {
                    say(&format!("{}: {} ({})", terminal(&log.path), log.role, terminal(&log.from)));
                }
            } else {
                say(&format!("{} logs found; -v names them", discovery.logs.len()));
            }
        }
        Ok((Inputs::found(discovery.logs.iter().map(|log| &log.path), rotated), failed))
    }

    /// Gives access logs the formats that a configuration names for them.
    pub(crate) fn add_formats(&mut self, inputs: &mut Inputs) {
        if inputs.files.iter().all(|input| input.path == Path::new("-")) {
            return;
        }
        let discovery = self.servers();
        for input in &mut inputs.files {
            let Some(log) = discovery.log(&input.path) else { continue };
            let formats = log.formats.iter().filter_map(|n| discovery.formats.get(*n));
            input.access = formats.filter_map(|f| compiled(f).ok()).collect();
        }
    }

    /// The form of a name, of the configuration or of those that are known, or of a `log_format` string.
    pub(crate) fn access_format(&mut self, text: &str) -> Result<AccessFormat, Failure> {
        let wrong = |e: String| Failure::usage(format!("--log-format: {e}"));
        if is_string(text) {
            let format =
                if text.contains('$') { AccessFormat::nginx(text) } else { AccessFormat::apache(text) };
            return format.map_err(|e| wrong(e.to_string()));
        }
        if let Some(format) = self.servers().named(text) {
            return compiled(format).map_err(|e| wrong(format!("{text} of {}: {e}", format.from.display())));
        }
        AccessFormat::named(text).ok_or_else(|| {
            let discovery = self.servers();
            let mut names: Vec<&str> = discovery.formats.iter().map(|f| &*f.name).filter(|n| !n.is_empty()).collect();
            names.extend(["combined", "main", "common", "vhost_combined"]);
            names.sort_unstable();
            names.dedup();
            wrong(format!(
                "no format `{text}`; known are {}; a log_format string has $variables, one of Apache %directives",
                names.join(", ")
            ))
        })
    }
}

/// Whether a text is a format, not the name of one.
fn is_string(text: &str) -> bool {
    text.contains(['$', '%'])
}

fn compiled(format: &NamedFormat) -> Result<AccessFormat, String> {
    match format.server {
        Server::Apache => AccessFormat::apache(&format.text).map_err(|e| e.to_string()),
        _ => AccessFormat::nginx(&format.text).map_err(|e| e.to_string()),
    }
}
