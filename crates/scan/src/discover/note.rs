//! What the search for logs has to tell besides the logs.

use std::fmt;
use std::path::PathBuf;

use super::Role;

/// Something that the user should know of the search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// What it is about: a log, a folder, or a configuration file.
    pub path: PathBuf,
    /// Which log it is about, where it is about one.
    pub role: Option<Role>,
    /// The configuration file, or the pattern of a usual place, that led there.
    pub from: Option<PathBuf>,
    /// What is the matter.
    pub why: Why,
}

/// The matters. Text is as it stands in the configuration: it is to be made safe before it is shown.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Why {
    /// The configuration names a file that is not there.
    Missing,
    /// A file or folder may not be read.
    Denied {
        /// What may not be read: the path itself, or a folder on the way to it.
        at: PathBuf,
        /// The group that may.
        group: Option<String>,
    },
    /// Reading fails for another reason: the system's words.
    Unreadable(String),
    /// A pipe, a socket, a device.
    NotAFile,
    /// Lines go to syslog.
    Syslog {
        /// The program's name in the lines.
        tag: String,
        /// The server, where it is not this machine's.
        server: Option<String>,
    },
    /// Lines go to the standard error or standard output of the server.
    Stderr,
    /// Lines go to a buffer in nginx's memory (`error_log memory:`).
    Memory,
    /// Lines go to a program: its command.
    Pipe(String),
    /// The path begins with a variable, so it could be anywhere: the path as written.
    Variable(String),
    /// A relative `error_log` of PHP: a file of this name in the folder of every script.
    ScriptFolder(String),
    /// No access log is kept.
    Off,
    /// The configuration, or what fits a pattern, is too large; the rest was passed over.
    TooMuch,
    /// A configuration file includes itself; it was read once.
    Cycle,
    /// No file holds the kernel's messages; the journal may.
    NoKernelLog {
        /// The root folder that was searched, where it is not that of this machine.
        root: Option<PathBuf>,
    },
    /// Nothing was found at all: where it was looked for.
    Nothing(Vec<&'static str>),
}

impl Note {
    /// Whether there is something that should be read and cannot be.
    pub fn is_failure(&self) -> bool {
        matches!(self.why, Why::Denied { .. } | Why::Unreadable(_) | Why::TooMuch)
    }
}

/// What the note says, without its path.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.role.map_or("a log", Role::words);
        let named = |f: &mut fmt::Formatter<'_>| match &self.from {
            Some(from) => write!(f, " (named in {})", from.display()),
            None => Ok(()),
        };
        match &self.why {
            Why::Missing => {
                f.write_str("no such file")?;
                named(f)
            }
            Why::Denied { at, group } => {
                if *at == self.path {
                    f.write_str("permission denied")?;
                } else {
                    write!(f, "permission denied at {}", at.display())?;
                }
                named(f)?;
                f.write_str("; run with sudo")?;
                match group {
                    Some(group) => write!(
                        f,
                        ", or join the group that may read it (usermod -aG {group} USER) and log in again"
                    ),
                    None => Ok(()),
                }
            }
            Why::Unreadable(error) => {
                write!(f, "cannot be read: {error}")?;
                named(f)
            }
            Why::NotAFile => {
                f.write_str("not a file; nothing can be read from it later")?;
                named(f)
            }
            Why::Syslog { tag, server: None } => write!(
                f,
                "sends {log} to syslog; read the journal: journalctl -t {tag} -o short-iso --since today | logscan -"
            ),
            Why::Syslog { tag, server: Some(server) } => {
                write!(f, "sends {log} to the syslog server {server} (as {tag}); its files can be read there")
            }
            Why::Stderr => write!(
                f,
                "sends {log} to its standard output or error; read the journal of its unit (journalctl -u UNIT -o \
                 short-iso | logscan -), or what its container keeps (docker logs NAME 2>&1 | logscan -)"
            ),
            Why::Memory => write!(f, "keeps {log} in memory only; it is lost when nginx ends"),
            Why::Pipe(command) => {
                write!(f, "sends {log} to a program, which may write files to be named here: {command}")
            }
            Why::Variable(path) => {
                write!(f, "{log} is wherever a variable says, {path}; name its path to have it read")
            }
            Why::ScriptFolder(name) => write!(
                f,
                "PHP writes {log} to a file {name} in the folder of each script; name their paths to have them read"
            ),
            Why::Off => f.write_str("no access log is kept (access_log off)"),
            Why::TooMuch => f.write_str("too large or too many to be read whole; the rest was passed over"),
            Why::Cycle => f.write_str("includes itself; read once"),
            Why::NoKernelLog { root: None } => f.write_str(
                "no file holds the kernel's messages; they may be in the journal: journalctl -k -o short-iso \
                 --since today | logscan -",
            ),
            Why::NoKernelLog { root: Some(root) } => write!(
                f,
                "no file holds the kernel's messages; they may be in the journal: journalctl -D {} -k -o short-iso \
                 | logscan -",
                root.join("var/log/journal").display()
            ),
            Why::Nothing(places) => write!(
                f,
                "no logs of nginx, php-fpm, PHP, Apache, the system or a firewall found in {} places \
                 (configurations like /etc/nginx/nginx.conf, files like /var/log/nginx/*error.log); name their paths",
                places.len()
            ),
        }
    }
}
