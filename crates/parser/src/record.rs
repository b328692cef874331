//! Records: one or more lines with their parsed form.

use crate::access::{Access, AccessServer};
use crate::apache::ApacheError;
use crate::civil::Stamp;
use crate::firewall::{Audit, Fail2ban, Guard};
use crate::format::{Format, trimmed, without_junk};
use crate::fpm::{Fpm, FpmAccess, FpmSlow};
use crate::level::Level;
use crate::nginx::NginxError;
use crate::php::PhpError;
use crate::source::Source;
use crate::syslog::Carrier;
use crate::system::{Kernel, Other, Systemd};

/// A record, borrowed from the bytes it was read from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Record<'b> {
    /// The record's bytes: all its lines without the newline of the last.
    pub raw: &'b [u8],
    /// Its time as written; `None` where the program writes none (start-up lines of nginx, undecorated output).
    pub at: Option<Stamp>,
    /// The zone that the line names for a time without an offset, as it is written (`Europe/Berlin`, `UTC`).
    pub zone: Option<&'b [u8]>,
    /// The syslog prefix that stood before it.
    pub carrier: Option<Carrier<'b>>,
    /// What it says.
    pub body: Body<'b>,
}

/// The kinds of records.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
// A body lives on the stack and is never moved far: boxing the large one would cost an allocation a line.
#[allow(clippy::large_enum_variant)]
pub enum Body<'b> {
    /// nginx's error log.
    NginxError(NginxError<'b>),
    /// A request in nginx's or Apache's access log.
    Access(Access<'b>),
    /// php-fpm's error log.
    Fpm(Fpm<'b>),
    /// A pool's slow log.
    FpmSlow(FpmSlow<'b>),
    /// A pool's access log.
    FpmAccess(FpmAccess<'b>),
    /// The log of PHP itself.
    Php(PhpError<'b>),
    /// The kernel.
    Kernel(Kernel<'b>),
    /// systemd and its helpers.
    Systemd(Systemd<'b>),
    /// fail2ban.
    Fail2ban(Fail2ban<'b>),
    /// lfd or Imunify360.
    Guard(Guard<'b>),
    /// Apache's error log.
    ApacheError(ApacheError<'b>),
    /// ModSecurity's audit log.
    Audit(Audit<'b>),
    /// Any other program.
    Other(Other<'b>),
}

/// What a line is to the record before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// It begins a record that has a time; all lines that begin nothing continue it.
    Timed,
    /// It begins a record that has a time; only indented lines continue it.
    Indented,
    /// It is a record that has a time; no line continues it.
    Line,
    /// It begins a record without a time of its own.
    Untimed,
    /// It goes on with the record before it, if there is one.
    Continuation,
    /// It is a line of something else: zeros left by a crash, a program that is not known.
    Foreign,
    /// It is of the tool that showed the log, and no part of it: `==> error.log <==`, `-- Boot 9a0c --`.
    Marker,
}

impl Start {
    /// Whether a record with a time begins.
    pub fn is_timed(self) -> bool {
        matches!(self, Start::Timed | Start::Indented | Start::Line)
    }
}

/// Tells what a line (without its newline) is to the record before it, as [`Format::start`] does for an input of
/// which nothing is known.
pub fn start(line: &[u8]) -> Start {
    Format::ANY.start(line)
}

impl<'b> Record<'b> {
    /// Parses the bytes of one record, as [`Format::parse`] does for an input of which nothing is known.
    pub fn parse(raw: &'b [u8]) -> Option<Record<'b>> {
        Format::ANY.parse(raw)
    }

    /// The log that such a record is written to.
    pub fn source(&self) -> Source {
        match &self.body {
            Body::NginxError(_) => Source::NginxError,
            Body::Access(a) => match a.server_kind {
                AccessServer::Nginx => Source::NginxAccess,
                AccessServer::Apache => Source::ApacheAccess,
            },
            Body::Fpm(_) | Body::FpmAccess(_) => Source::PhpFpm,
            Body::FpmSlow(_) => Source::PhpSlow,
            Body::Php(_) => Source::PhpError,
            Body::Kernel(_) => Source::Kernel,
            Body::Systemd(_) => Source::Systemd,
            Body::Fail2ban(_) => Source::Fail2ban,
            Body::ApacheError(_) => Source::ApacheError,
            Body::Audit(_) => Source::Modsecurity,
            Body::Guard(_) | Body::Other(_) => Source::Other,
        }
    }

    /// Its bytes without what is no part of them: a byte order mark, zeros that a crash left before it, a carriage return
    /// at its end.
    pub fn line(&self) -> &'b [u8] {
        trimmed(without_junk(self.raw))
    }

    /// The level it was written at.
    pub fn level(&self) -> Option<Level> {
        match &self.body {
            Body::NginxError(e) => e.level,
            Body::Fpm(f) => f.level,
            Body::Fail2ban(f) => f.level,
            Body::ApacheError(e) => e.level,
            Body::Guard(g) => g.level.or_else(|| self.carrier.and_then(|c| c.level())),
            Body::Kernel(k) => k.level.or_else(|| self.carrier?.level()),
            Body::Systemd(_) | Body::Other(_) => self.carrier.and_then(|c| c.level()),
            Body::FpmSlow(_) | Body::FpmAccess(_) | Body::Php(_) | Body::Access(_) | Body::Audit(_) => None,
        }
    }

    /// The message with what belongs to it, without head and context list: what a rule looks at.
    pub fn text(&self) -> &'b [u8] {
        match &self.body {
            Body::NginxError(e) => e.text,
            Body::Access(a) => a.text,
            Body::Fpm(f) => f.text,
            Body::FpmSlow(s) => s.text,
            Body::FpmAccess(a) => a.text,
            Body::Php(p) => p.text,
            Body::Kernel(k) => k.text,
            Body::Systemd(s) => s.text,
            Body::Fail2ban(f) => f.text,
            Body::Guard(g) => g.text,
            // What is before Apache's message is told by fields, and a kind's regex may begin where the message does.
            Body::ApacheError(e) => e.message,
            Body::Audit(a) => a.text,
            Body::Other(o) => o.text,
        }
    }
}
