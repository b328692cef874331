//! Zero-copy parser of the logs of a web server's machine: nginx, php-fpm, PHP, Apache, ModSecurity, kernel, systemd,
//! fail2ban and firewalls, through syslog, the journal or a container.
//!
//! Bytes go in, borrowed records come out. No I/O, no threads, no time zones; what allocates says so.
//!
//! ```
//! use logscan_parser::{Body, Frames};
//!
//! let log = b"2026/11/23 12:00:18 [error] 812#812: *5 recv() failed (104: Connection reset by peer) while \
//! reading response header from upstream, client: 192.0.2.7, server: example.com, request: \"GET / HTTP/1.1\", \
//! upstream: \"fastcgi://unix:/run/php/php8.2-fpm.sock:\", host: \"example.com\"\n";
//! let record = Frames::new(log).next().and_then(|f| f.record()).unwrap();
//! let Body::NginxError(error) = record.body else { unreachable!() };
//! assert_eq!(error.errno, Some(104));
//! assert_eq!(error.action, Some(&b"reading response header from upstream"[..]));
//! assert_eq!(error.context.upstream_peer(), Some(&b"fastcgi://unix:/run/php/php8.2-fpm.sock"[..]));
//! ```
//!
//! # From bytes to records
//!
//! [`Frames`] cuts bytes into frames: a first line with the lines that continue it. [`Record::parse`] reads
//! one. What a grammar does not understand is kept ([`Context::unread`]), never dropped. Fields are bytes
//! (`&[u8]`): a log holds whatever a client sent, and need not be UTF-8.
//!
//! # Access logs
//!
//! An [`AccessFormat`] is compiled from nginx's `log_format` or Apache's `LogFormat`, or told from the log itself,
//! and reads lines into [`Access`]es. Only that allocates; reading lines does not.
//!
//! # Times
//!
//! These logs mostly carry local time without a zone, so a time is a [`Civil`]: the caller knows the zone.

mod access;
mod apache;
mod civil;
mod firewall;
mod format;
mod fpm;
mod frames;
mod json;
mod level;
mod near;
mod nginx;
mod php;
mod record;
mod source;
mod syslog;
mod system;
mod wrap;

pub use access::{Access, AccessFormat, AccessServer, Escape, FormatError, Tries, Try};
pub use apache::{ApacheError, Peer, SourceLine};
pub use civil::{Civil, Stamp};
pub use firewall::{
    Audit, Fail2ban, Fail2banVerb, Guard, GuardProgram, GuardVerb, ModSecurity, Packet, TcpFlags, Verdict,
};
pub use format::Format;
pub use fpm::{Fpm, FpmAccess, FpmSlow, Origin, Output, SlowFrames, Stream, Worker};
pub use frames::{Frame, Frames};
pub use level::Level;
pub use nginx::{Context, MAX_RECORD, NginxError, PhpMessages, Request};
pub use php::{Component, PhpError, PhpFatal, PhpKind, PhpMessage, PhpTrace};
pub use record::{Body, Record, Start, start};
pub use source::Source;
pub use syslog::{Carrier, carrier};
pub use system::{Crash, Kernel, Killed, OomSummary, Other, Systemd, UnitEnd, UnitExit};
pub use wrap::{Unwrapped, Unwrapper, Wrap};
