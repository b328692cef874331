//! Which logs this machine keeps: from the configurations of nginx, php-fpm, PHP and Apache, then from the usual
//! places.

mod apache;
mod fpm;
mod gather;
mod lexer;
mod nginx;
mod note;
mod places;
mod tree;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::input::identity;
use crate::rotation;
use gather::Gather;
use tree::Tree;

pub use note::{Note, Why};

/// The logs of a machine.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Logs that can be read, each once: those that configurations name, then those of the usual places.
    pub logs: Vec<FoundLog>,
    /// What could not be found or read, and where lines go that no file keeps.
    pub notes: Vec<Note>,
    /// Formats of access logs that configurations define, and nginx's own `combined`.
    pub formats: Vec<NamedFormat>,
    /// The main configuration files that were read.
    pub confs: Vec<PathBuf>,
}

/// A log that can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FoundLog {
    /// Where it lies on this machine.
    pub path: PathBuf,
    /// What it holds.
    pub role: Role,
    /// Numbers of its formats in [`Discovery::formats`]: an access log that several directives write to may have
    /// more than one. Empty where it is not known.
    pub formats: Vec<usize>,
    /// Names of the hosts whose requests are logged there. Empty where it is of the whole server.
    pub hosts: Vec<String>,
    /// The least level that is written, as the configuration sets it (`error_log PATH LEVEL`, `LogLevel` is not
    /// read).
    pub level: Option<String>,
    /// The configuration file that names it, or the pattern of the usual place where it was found.
    pub from: PathBuf,
}

/// The format of an access log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NamedFormat {
    /// Its name; empty where a format stands in place of a name (Apache).
    pub name: String,
    /// As the configuration has it: of nginx, all that follows the name, in its quotes (`escape=json '..' '..'`);
    /// of Apache, the string in its quotes.
    pub text: String,
    /// Whose configuration it is.
    pub server: Server,
    /// The file that defines it; of nginx's own `combined`, the main configuration file.
    pub from: PathBuf,
}

/// Whose configuration a format is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Server {
    /// nginx's `http` block.
    Nginx,
    /// nginx's `stream` block, whose formats are apart.
    NginxStream,
    /// Apache.
    Apache,
}

/// What a log holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Role {
    /// nginx's errors (`error_log`).
    NginxError,
    /// Requests to nginx (`access_log`).
    NginxAccess,
    /// Sessions of nginx's stream module (`access_log` in `stream`).
    NginxStream,
    /// php-fpm's own messages (`error_log` of its `[global]` section).
    PhpFpm,
    /// Requests to a pool of php-fpm (`access.log`).
    PhpFpmAccess,
    /// Stacks of slow scripts (`slowlog` of a pool).
    PhpSlow,
    /// Errors of PHP scripts (`error_log` of PHP).
    PhpError,
    /// Apache's errors (`ErrorLog`).
    ApacheError,
    /// Requests to Apache (`CustomLog`, `TransferLog`).
    ApacheAccess,
    /// What ModSecurity audits (`SecAuditLog`).
    ModSecurity,
    /// The kernel and the services: `kern.log`, `syslog`, `messages`, `daemon.log`.
    System,
    /// Programs that shut clients out: fail2ban, ufw, firewalld, lfd, Imunify360.
    Firewall,
}

impl Role {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::NginxError => "nginx-error",
            Role::NginxAccess => "nginx-access",
            Role::NginxStream => "nginx-stream",
            Role::PhpFpm => "php-fpm",
            Role::PhpFpmAccess => "php-fpm-access",
            Role::PhpSlow => "php-slow",
            Role::PhpError => "php-error",
            Role::ApacheError => "apache-error",
            Role::ApacheAccess => "apache-access",
            Role::ModSecurity => "modsecurity",
            Role::System => "system",
            Role::Firewall => "firewall",
        }
    }

    /// What it is called in a sentence.
    fn words(self) -> &'static str {
        match self {
            Role::NginxError => "nginx's error log",
            Role::NginxAccess => "nginx's access log",
            Role::NginxStream => "the access log of nginx's stream module",
            Role::PhpFpm => "php-fpm's error log",
            Role::PhpFpmAccess => "a pool's access log",
            Role::PhpSlow => "a pool's slow log",
            Role::PhpError => "PHP's error log",
            Role::ApacheError => "Apache's error log",
            Role::ApacheAccess => "Apache's access log",
            Role::ModSecurity => "ModSecurity's audit log",
            Role::System => "the system's log",
            Role::Firewall => "a firewall's log",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Discovery {
    /// The logs of this machine.
    pub fn of_machine() -> Discovery {
        Discovery::of_root(Path::new("/"))
    }

    /// What this machine's web servers name in their configurations, without looking anywhere else: enough to know the
    /// formats of access logs.
    pub fn of_servers() -> Discovery {
        let tree = Tree::new(Path::new("/"));
        let mut gather = Gather::new(&tree);
        nginx::find(&mut gather);
        apache::find(&mut gather);
        gather.patterns();
        gather.finish()
    }

    /// The logs of a machine whose files lie under a folder: a mounted disk, a container's files. Links lead to
    /// places under that folder, as they would on the machine itself.
    pub fn of_root(root: &Path) -> Discovery {
        let tree = Tree::new(root);
        let mut gather = Gather::new(&tree);
        nginx::find(&mut gather);
        fpm::find(&mut gather);
        apache::find(&mut gather);
        gather.patterns();
        places::find(&mut gather);
        gather.finish()
    }

    /// What one configuration of nginx names, of this machine or copied from another; the output of `nginx -T` will
    /// do. Logs that are not there are not told of, and no compiled-in default is presumed.
    ///
    /// An `include` of an absolute path (`/etc/nginx/conf.d/*.conf`) is looked up beside the file first, so that a
    /// copied folder is read as a whole.
    pub fn with_nginx_conf(conf: &Path) -> Discovery {
        let tree = Tree::new(Path::new("/"));
        let mut gather = Gather::new(&tree);
        gather.tell_missing = false;
        nginx::read_copy(&mut gather, conf);
        gather.patterns();
        gather.discovery
    }

    /// A format by its name; nginx's before Apache's.
    pub fn named(&self, name: &str) -> Option<&NamedFormat> {
        let of = |server| self.formats.iter().find(move |f| f.server == server && f.name == name);
        of(Server::Nginx).or_else(|| of(Server::Apache)).or_else(|| of(Server::NginxStream))
    }

    /// The format that the configuration sets for a log, or for the log that a file was rotated from. The first,
    /// where several directives write to it; see [`FoundLog::formats`].
    pub fn format_of(&self, log: &Path) -> Option<&NamedFormat> {
        let found = self.log(log)?;
        self.formats.get(*found.formats.first()?)
    }

    /// What was found of a log, or of the log that a file was rotated from, whatever path leads to it.
    pub fn log(&self, path: &Path) -> Option<&FoundLog> {
        let at = |path: &Path| {
            let same = |log: &&FoundLog| log.path == path;
            self.logs.iter().find(same).or_else(|| {
                let node = identity(path);
                self.logs.iter().find(|log| identity(&log.path) == node)
            })
        };
        at(path).or_else(|| {
            let name = rotation::read(path.file_name()?.to_str()?);
            at(&path.with_file_name(name.base))
        })
    }
}
