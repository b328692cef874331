//! Apache's error log.
//!
//! A line is written by `server/log.c: do_errorlog_default`: `[Sun Nov 22 14:03:07.123456 2026] [MODULE:LEVEL]
//! [pid N:tid N] FILE(LINE): (ERRNO)TEXT: [client IP:PORT] MESSAGE, referer: URL`. The message is escaped
//! (`server/util.c: ap_escape_errorlog_item`), so a record is one line; only what start-up prints to standard error,
//! without a head, may go on in the next.

mod head;
mod message;
mod startup;

use memchr::memmem;

pub(crate) use head::looks_like_head;
pub(crate) use startup::{is_reason, is_startup};

use crate::civil::{Stamp, number};
use crate::firewall::ModSecurity;
use crate::level::Level;
use crate::nginx::PhpMessages;

/// A record of Apache's error log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApacheError<'b> {
    /// The module that wrote it (`proxy_fcgi`); `None` before 2.4, without a head, and where the log leaves it empty.
    pub module: Option<&'b [u8]>,
    /// The level; `None` on lines without a head. All of `trace1` to `trace8` are [`Level::Debug`].
    pub level: Option<Level>,
    /// The process that wrote the line.
    pub pid: Option<u32>,
    /// The thread.
    pub tid: Option<u64>,
    /// Where in the sources the line was written, as far as the level (debug, trace) or the format shows it.
    pub origin: Option<SourceLine<'b>>,
    /// The number before `)TEXT: `: of the system, or one of APR's own (70007 is a time-out, 70014 an end of file).
    /// A number of the resolver, `(EAI 2)`, is counted from 670000 as in APR itself (`apr_errno.h`), so that it is
    /// not taken for one of the system.
    pub errno: Option<u32>,
    /// The words of the number: `Connection reset by peer`.
    pub errno_text: Option<&'b [u8]>,
    /// The client.
    pub client: Option<Peer<'b>>,
    /// The other side of a connection that Apache itself made, to a back end.
    pub remote: Option<Peer<'b>>,
    /// The number of the message, `AH01075`; not all have one.
    pub code: Option<&'b [u8]>,
    /// All that follows the brackets of module, level and process: errno, client, message, without the referer.
    pub text: &'b [u8],
    /// The message with its code, without errno, client and referer. Escaped: line breaks are `\n`.
    pub message: &'b [u8],
    /// The Referer header of the request, which nothing in the line delimits.
    pub referer: Option<&'b [u8]>,
}

/// A place in Apache's sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLine<'b> {
    /// The file without its folder: `mod_proxy_fcgi.c`.
    pub file: &'b [u8],
    /// The line.
    pub line: u32,
}

/// One side of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer<'b> {
    /// The address.
    pub address: &'b [u8],
    /// The port; Apache 2.2 writes none.
    pub port: Option<u16>,
}

/// Parses a record; syslog carries it without its time, and start-up prints it without a head.
pub(crate) fn parse(text: &[u8]) -> Option<(Option<Stamp>, ApacheError<'_>)> {
    let head = head::head(text).unwrap_or(head::Head::none(text));
    let parts = message::split(&head);
    let error = ApacheError {
        module: head.module,
        level: head.level,
        pid: head.pid,
        tid: head.tid,
        origin: parts.origin,
        errno: parts.errno.map(|(number, _)| number),
        errno_text: parts.errno.map(|(_, words)| words),
        client: parts.client,
        remote: parts.remote,
        code: message::code(parts.message),
        text: parts.text,
        message: parts.message,
        referer: parts.referer,
    };
    Some((head.at, error))
}

/// Parses what syslog carries for Apache. `None` where it is a request: access logs are sent with the same tag.
pub(crate) fn parse_carried(text: &[u8]) -> Option<(Option<Stamp>, ApacheError<'_>)> {
    let start = text.get(..text.len().min(300)).unwrap_or_default();
    let request = text.first() != Some(&b'[') && memmem::find(start, b"] \"").is_some();
    if request { None } else { parse(text) }
}

impl<'b> ApacheError<'b> {
    /// The message without its code.
    fn words(&self) -> &'b [u8] {
        let code = self.code.map_or(0, |c| c.len() + 2);
        self.message.get(code..).unwrap_or_default()
    }

    fn is(&self, code: &[u8]) -> bool {
        self.code == Some(code)
    }

    /// What a FastCGI program wrote to its standard error: the text of `AH01071: Got error 'TEXT'`
    /// (`modules/proxy/mod_proxy_fcgi.c: dispatch`), escaped. A record ends at 8 KiB, and the quote may be missing.
    pub fn stderr(&self) -> Option<&'b [u8]> {
        if !self.is(b"AH01071") {
            return None;
        }
        let text = self.words().strip_prefix(b"Got error '")?;
        Some(text.strip_suffix(b"'").unwrap_or(text))
    }

    /// The messages of PHP that the record carries, escaped: from php-fpm, or of PHP inside of Apache (mod_php).
    pub fn php_messages(&self) -> PhpMessages<'b> {
        let of_module = || self.message.starts_with(b"PHP ").then_some(self.message);
        PhpMessages::escaped(self.stderr().or_else(of_module).unwrap_or_default())
    }

    /// What ModSecurity 2 says.
    pub fn modsecurity(&self) -> Option<ModSecurity<'b>> {
        ModSecurity::parse_doubled(self.message)
    }

    /// The back end that the message names: `ADDRESS:PORT`, a host's name, or the path of a unix socket.
    pub fn upstream(&self) -> Option<&'b [u8]> {
        let words = self.words();
        let (mark, end): (&[u8], &[u8]) = match self.code? {
            b"AH02454" => (b" Unix domain socket ", b" ("),
            b"AH00957" => (b" attempt to connect to ", b" ("),
            b"AH00959" => (b" disabling worker for (", b")"),
            b"AH00940" | b"AH00941" => (b" connection for (", b")"),
            b"AH01084" | b"AH02608" => (b" request body failed to ", b" ("),
            b"AH01102" => (b" from remote server ", b" "),
            b"AH01079" | b"AH01114" => (b" make connection to backend: ", b" "),
            b"AH01075" => (b"dispatching request to ", b": "),
            _ => return None,
        };
        let from = memmem::find(words, mark)? + mark.len();
        let rest = words.get(from..)?;
        let named = rest.get(..memmem::find(rest, end).unwrap_or(rest.len()))?;
        let named = named.strip_suffix(b":").unwrap_or(named);
        // The stand-in for the host of a unix socket (`modules/proxy/proxy_util.c`) names none.
        (!named.is_empty() && !named.starts_with(b":") && named != b"httpd-UDS").then_some(named)
    }

    /// The path of the request that the message names.
    pub fn uri(&self) -> Option<&'b [u8]> {
        if !self.is(b"AH00898") && !self.is(b"AH01106") {
            return None;
        }
        let words = self.words();
        let rest = words.get(memmem::rfind(words, b" returned by ")? + 13..)?;
        // `AH01106: bad HTTP/1.1 header returned by /api/x (GET)`.
        let end = if self.is(b"AH01106") { memmem::rfind(rest, b" (") } else { None };
        rest.get(..end.unwrap_or(rest.len()))
    }

    /// The script whose answer had no complete head: `End of script output before headers: index.php`, or
    /// `Premature end of script headers: index.php` (`server/util_script.c: ap_scan_script_header_err_core_ex`).
    pub fn script(&self) -> Option<&'b [u8]> {
        let marks: [&[u8]; 2] =
            [b"End of script output before headers: ", b"Premature end of script headers: "];
        marks.iter().find_map(|mark| self.words().strip_prefix(*mark))
    }

    /// Process id and signal of a child that died: `AH00052: child pid 3311 exit signal Segmentation fault (11)`
    /// (`server/mpm_unix.c: ap_process_child_status`).
    pub fn child_signal(&self) -> Option<(u32, u32)> {
        if !self.is(b"AH00051") && !self.is(b"AH00052") {
            return None;
        }
        let rest = self.words().strip_prefix(b"child pid ")?;
        let mark = memmem::find(rest, b" exit signal ")?;
        let pid = u32::try_from(number(rest.get(..mark)?)?).ok()?;
        let name = rest.get(mark + 13..)?;
        let open = memchr::memchr(b'(', name)?;
        let digits = name.get(open + 1..)?;
        let close = memchr::memchr(b')', digits)?;
        Some((pid, u32::try_from(number(digits.get(..close)?)?).ok()?))
    }
}

#[cfg(test)]
mod tests;
