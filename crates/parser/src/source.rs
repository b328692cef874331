//! The logs that records come from.

use std::fmt;

/// Which program's which log a record was written to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// nginx's error log.
    NginxError,
    /// nginx's access logs, in any `log_format`.
    NginxAccess,
    /// php-fpm's error log (`error_log` of the `[global]` section) and pool access logs.
    PhpFpm,
    /// A pool's slow log.
    PhpSlow,
    /// The log of PHP itself (`error_log` of php.ini).
    PhpError,
    /// The kernel: kern.log, dmesg, `journalctl -k`; packets logged by a firewall, too.
    Kernel,
    /// systemd and its helpers (coredump, journald).
    Systemd,
    /// fail2ban's log.
    Fail2ban,
    /// Apache's error log.
    ApacheError,
    /// Apache's access logs, in any `LogFormat`.
    ApacheAccess,
    /// ModSecurity's audit log.
    Modsecurity,
    /// Anything else: other programs that write to syslog, lfd, Imunify360.
    Other,
}

impl Source {
    /// All sources.
    pub const ALL: [Source; 12] = [
        Source::NginxError,
        Source::NginxAccess,
        Source::PhpFpm,
        Source::PhpSlow,
        Source::PhpError,
        Source::Kernel,
        Source::Systemd,
        Source::Fail2ban,
        Source::ApacheError,
        Source::ApacheAccess,
        Source::Modsecurity,
        Source::Other,
    ];

    /// The name used in output and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::NginxError => "nginx-error",
            Source::NginxAccess => "nginx-access",
            Source::PhpFpm => "php-fpm",
            Source::PhpSlow => "php-slow",
            Source::PhpError => "php-error",
            Source::Kernel => "kernel",
            Source::Systemd => "systemd",
            Source::Fail2ban => "fail2ban",
            Source::ApacheError => "apache-error",
            Source::ApacheAccess => "apache-access",
            Source::Modsecurity => "modsecurity",
            Source::Other => "other",
        }
    }

    /// The source of a name; `None` where there is none.
    pub fn from_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
