//! Telling what a file is from its first bytes.

use std::path::Path;

use logscan_parser::{AccessFormat, AccessServer, Format, Frames, Unwrapper, Wrap};

use crate::grammar::{Grammar, Unwrapped};

const MAGIC: &[(&[u8], &str)] = &[
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first: zstdcat FILE | logscan -"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first: xzcat FILE | logscan -"),
    (b"BZh", "compressed with bzip2; unpack it first: bzcat FILE | logscan -"),
    (b"PK\x03\x04", "a zip archive; unpack it first: unzip -p FILE | logscan -"),
];

/// What is known of the forms of an input's access log, if it is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'k> {
    /// The only form, as the user says.
    pub(crate) given: Option<&'k AccessFormat>,
    /// The forms that the server's configuration names.
    pub(crate) configured: &'k [AccessFormat],
    /// Whose log it is where its lines do not tell.
    pub(crate) server: AccessServer,
}

/// Whose access log a path is of: the folder next to the file that is named after a server tells, for files are named
/// after sites, and a site may be called anything.
pub(crate) fn server_of(path: &Path) -> AccessServer {
    let folders =
        || path.parent().into_iter().flat_map(Path::components).map(|c| c.as_os_str().to_string_lossy());
    let of_server = |folder: &str| match folder {
        "nginx" | "angie" | "openresty" => Some(AccessServer::Nginx),
        "apache" | "apache2" | "httpd" | "domlogs" => Some(AccessServer::Apache),
        _ => None,
    };
    if let Some(server) = folders().filter_map(|folder| of_server(&folder)).next_back() {
        return server;
    }
    // Plesk keeps those of both servers in one folder.
    let plesk = folders().any(|folder| folder == "vhosts");
    let nginx = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("proxy_"));
    if plesk && !nginx { AccessServer::Apache } else { AccessServer::Nginx }
}

/// Judges the first bytes of a file, unpacked: how it is written; words where it is none that is known.
pub(crate) fn judge(head: &[u8], known: Known<'_>) -> Result<Grammar, &'static str> {
    if let Some((_, words)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(words);
    }
    let (grammar, text) = grammar(head, known);
    let text = text.as_deref().unwrap_or(head);
    // An entry of an export may be longer than the head.
    if grammar.wrap.is_sequential() || has_record(text, &grammar.format) {
        return Ok(grammar);
    }
    Err(if known.given.is_some() { GIVEN } else { other(text) })
}

/// Words where lines are none of the form that the user says.
const GIVEN: &str = "no line of it is of the given --log-format, nor of another log that is known";

fn has_record(text: &[u8], format: &Format) -> bool {
    Frames::of(text, format).any(|frame| frame.record().is_some())
}

/// How a head is written, and its text where something is around its lines.
pub(crate) fn grammar(head: &[u8], known: Known<'_>) -> (Grammar, Option<Vec<u8>>) {
    let plain = |format| (Grammar { format, wrap: Wrap::default() }, None);
    // What looks like a time before a line may be its first column.
    if let Some(format) = expected(head, known) {
        return plain(format);
    }
    let wrap = Wrap::detect(head);
    if wrap.is_none() {
        return plain(format(head, known));
    }
    let mut unwrapped = Unwrapped::default();
    unwrapped.fill(head, &mut Unwrapper::new(wrap));
    let inner = format(&unwrapped.text, known);
    if !wrap.is_sequential() && !has_record(&unwrapped.text, &inner) {
        let whole = format(head, known);
        if has_record(head, &whole) {
            return plain(whole);
        }
    }
    (Grammar { format: inner, wrap }, Some(unwrapped.text))
}

/// The format that the user or the configuration says, where most lines have it as they stand.
fn expected(text: &[u8], known: Known<'_>) -> Option<Format> {
    let forms = known.given.map_or(known.configured, std::slice::from_ref);
    let lines = || text.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    let fit = lines().filter(|l| forms.iter().any(|form| form.parse(l).is_some())).count();
    (fit * 2 > lines().count()).then(|| Format::with_access(forms.to_vec(), true))
}

fn format(text: &[u8], known: Known<'_>) -> Format {
    if let Some(given) = known.given {
        return Format::with_access(vec![given.clone()], true);
    }
    // The configuration may have been changed since.
    expected(text, known).unwrap_or_else(|| Format::detect(text, known.server))
}

fn other(head: &[u8]) -> &'static str {
    let control =
        head.iter().take(8192).filter(|b| **b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b)).count();
    if control * 20 > head.len().min(8192) {
        return "binary data, not a log";
    }
    let mut lines = head.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).take(20);
    if lines.clone().any(is_access) {
        return "an access log in a form that is not known; say it with --log-format";
    }
    if lines.any(|l| l.starts_with(b"{")) {
        return "JSON lines that are of no log that is known";
    }
    "no line of it is of a log that is known"
}

/// `... [23/Nov/2026:10:46:16 +0000] "GET / HTTP/1.1" 200 ...`.
fn is_access(line: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'[', line) else { return false };
    let stamp = line.get(open + 1..open + 27).unwrap_or_default();
    stamp.get(2) == Some(&b'/') && stamp.get(6) == Some(&b'/') && stamp.get(11) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Known<'static> = Known { given: None, configured: &[], server: AccessServer::Nginx };

    fn words(head: &[u8]) -> &'static str {
        judge(head, NOTHING).expect_err("a log")
    }

    #[test]
    fn known_logs() {
        for head in [
            &b"2026/11/23 10:46:33 [error] 1#1: x\n"[..],
            b"[23-Nov-2026 05:58:26] NOTICE: fpm is running, pid 1\n",
            b"nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n",
            b"Nov 23 06:01:53 web1 cron[1]: x\n",
        ] {
            assert!(judge(head, NOTHING).is_ok());
        }
    }

    #[test]
    fn others_are_named() {
        assert!(words(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0").contains("binary"));
        assert!(words(b"\x28\xb5\x2f\xfdxxxx").contains("zstd"));
        assert!(words(b"hello\nworld\n").contains("no line"));
        assert!(words(b"{\"a\":1}\n").contains("JSON"));
    }

    /// A time before each line may have been put there, or be a column of the log.
    #[test]
    fn a_time_in_the_first_column_is_no_wrapper() {
        let line = "2026-11-23T12:00:00+01:00 200 502 0.100 \"GET /cart HTTP/1.1\"\n".repeat(2);
        let format = r#"$time_iso8601 $body_bytes_sent $status $request_time "$request""#;
        let format = AccessFormat::nginx(format).unwrap();
        let given = Known { given: Some(&format), ..NOTHING };
        let configured = Known { configured: std::slice::from_ref(&format), ..NOTHING };
        for known in [given, configured] {
            let grammar = judge(line.as_bytes(), known).unwrap();
            assert!(grammar.wrap.is_none());
            let first = line.lines().next().unwrap();
            assert!(grammar.format.parse(first.as_bytes()).is_some_and(|r| r.at.is_some()));
            // The same, as a runtime writes it.
            let wrapped = line.replace(
                "2026-11-23T12:00:00+01:00",
                "2026-11-23T11:00:00.000000123Z 2026-11-23T12:00:00+01:00",
            );
            assert!(!judge(wrapped.as_bytes(), known).unwrap().wrap.is_none());
        }
    }

    #[test]
    fn whose_log_a_path_is_of() {
        for (path, server) in [
            ("/var/log/nginx/access.log", AccessServer::Nginx),
            ("/var/log/apache2/access.log", AccessServer::Apache),
            ("/var/log/httpd/access_log", AccessServer::Apache),
            ("/etc/apache2/logs/domlogs/example.com", AccessServer::Apache),
            ("/usr/local/apache/domlogs/nginx.example.com", AccessServer::Apache),
            ("/var/log/nginx/apache.example.com.access.log", AccessServer::Nginx),
            ("/srv/httpd-docs/logs/access.log", AccessServer::Nginx),
            ("access.log", AccessServer::Nginx),
            ("/var/www/vhosts/system/example.com/logs/access_log", AccessServer::Apache),
            ("/var/www/vhosts/system/example.com/logs/proxy_access_log", AccessServer::Nginx),
        ] {
            assert_eq!(server_of(Path::new(path)), server, "{path}");
        }
    }
}
