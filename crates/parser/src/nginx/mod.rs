//! nginx's error log.
//!
//! A line is written by `src/core/ngx_log.c: ngx_log_error_core`:
//! `YYYY/MM/DD HH:MM:SS [LEVEL] PID#TID: *CONN MESSAGE (ERRNO: TEXT) while ACTION, KEY: VALUE...`.
//! Nothing in it is escaped, so a record may hold any byte, newlines too; its context list then stands at the
//! end of its last line.

mod action;
mod context;
mod head;
mod list;
mod message;
mod stderr;
mod usual;

pub use context::{Context, Request};
pub use stderr::PhpMessages;

use head::Head;
pub(crate) use head::{Heads, Timed, head, looks_like_head};
pub(crate) use stderr::is_open as is_open_stderr;

use crate::civil::{Civil, Stamp};
use crate::firewall::ModSecurity;
use crate::format::trimmed;
use crate::level::Level;
use crate::record::{Body, Record};

/// The length of the longest record, without its newline (`NGX_MAX_ERROR_STR` of `src/core/ngx_log.h` is 2048).
pub const MAX_RECORD: usize = 2047;

/// A record of nginx's error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NginxError<'b> {
    /// The level; `None` on verdict lines (`nginx: configuration file ... test failed`).
    pub level: Option<Level>,
    /// The process that wrote the line; `None` on start-up lines.
    pub pid: Option<u32>,
    /// The thread; the same as `pid` save in threads of a pool, 0 in builds without threads.
    pub tid: Option<u64>,
    /// The connection's serial number, unique until nginx is started anew: `$connection` of the access log.
    pub connection: Option<u64>,
    /// Message, errno and action together: all between the head and the context list.
    pub text: &'b [u8],
    /// The message with its errno, without the action.
    pub message: &'b [u8],
    /// The number of `(110: Connection timed out)`. The words differ between C libraries, the number does not.
    pub errno: Option<u32>,
    /// What nginx was doing: the text after ` while `, where it is one of nginx's own.
    pub action: Option<&'b [u8]>,
    /// The context list after the text.
    pub context: Context<'b>,
    /// Written to standard error at start (`nginx: [emerg] ...`), without a time.
    pub startup: bool,
    /// The record has the full length nginx allows, so its end is missing.
    pub cut: bool,
}

impl<'b> NginxError<'b> {
    /// Parses what follows the head. `len` is the length of the record as nginx wrote it, to know a cut one.
    pub(crate) fn parse_body(head: Head<'b>, len: usize) -> NginxError<'b> {
        let (mut error, list) = NginxError::without_context(head, len);
        error.context.read(list);
        error
    }

    const NONE: Body<'static> = Body::NginxError(NginxError {
        level: None,
        pid: None,
        tid: None,
        connection: None,
        text: b"",
        message: b"",
        errno: None,
        action: None,
        context: Context::NONE,
        startup: false,
        cut: false,
    });

    /// Reads a record with this head in place of another.
    #[inline]
    fn read(&mut self, head: &Timed, record: &'b [u8]) {
        self.level = Some(head.level);
        self.pid = head.pid;
        self.tid = Some(head.tid);
        self.connection = head.connection;
        self.startup = false;
        self.cut = false;
        let usual = record.len() < MAX_RECORD && head.level != Level::Debug;
        let body = record.get(head.len..).unwrap_or_default();
        if !usual || usual::read(self, body).is_none() {
            *self = NginxError::parse_body(head.of(record), record.len());
        }
    }

    /// The same, with the context list still to be read.
    #[inline(always)]
    fn without_context(head: Head<'b>, len: usize) -> (NginxError<'b>, &'b [u8]) {
        let cut = len >= MAX_RECORD;
        // At level debug nginx writes neither action nor list (`src/core/ngx_log.c: ngx_log_error_core`).
        let (text, list, parts) = if head.level == Some(Level::Debug) {
            (head.rest, &b""[..], message::without_action(head.rest))
        } else {
            let (text, list) = list::split(head.rest, cut);
            (text, list, message::split(text))
        };
        let error = NginxError {
            level: head.level,
            pid: head.pid,
            tid: head.tid,
            connection: head.connection,
            text,
            message: parts.message,
            errno: parts.errno,
            action: parts.action,
            context: Context::default(),
            startup: head.startup,
            cut,
        };
        (error, list)
    }

    /// The text of `FastCGI sent in stderr: "TEXT"`, without its quotes
    /// (`src/http/modules/ngx_http_fastcgi_module.c: ngx_http_fastcgi_process_header`).
    pub fn stderr(&self) -> Option<&'b [u8]> {
        stderr::text_of(self.message)
    }

    /// What ModSecurity says through its connector for nginx.
    pub fn modsecurity(&self) -> Option<ModSecurity<'b>> {
        ModSecurity::parse(self.text)
    }

    /// The messages of PHP that the record carries; nginx joins those of one read.
    pub fn php_messages(&self) -> PhpMessages<'b> {
        PhpMessages::new(self.stderr().unwrap_or_default())
    }
}

/// Puts the record in `raw` in place, which begins with this head. A record is large: it is written where it stays, and
/// most quickly where another record of nginx's error log was.
#[inline(always)]
pub(crate) fn read<'b>(record: &mut Option<Record<'b>>, raw: &'b [u8], head: &Timed) {
    let text = trimmed(raw);
    let record = match record {
        Some(record) => record,
        None => record.insert(Record { raw, at: None, zone: None, carrier: None, body: NginxError::NONE }),
    };
    let Record { raw: place, at, zone, carrier, body } = record;
    (*place, *zone, *carrier) = (raw, None, None);
    *at = Some(Stamp::Local(Civil { seconds: head.seconds, nanos: 0 }));
    if !matches!(body, Body::NginxError(_)) {
        *body = NginxError::NONE;
    }
    if let Body::NginxError(error) = body {
        error.read(head, text);
    }
}

#[cfg(test)]
mod plainly;
#[cfg(test)]
mod same;
#[cfg(test)]
mod tests;
