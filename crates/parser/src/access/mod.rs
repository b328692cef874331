//! Access logs of nginx and Apache, in whatever format they are written.
//!
//! An [`AccessFormat`] is compiled from nginx's `log_format` or Apache's `LogFormat`, or found by looking at the
//! log itself; it then reads lines into [`Access`]es. nginx's side is `src/http/modules/ngx_http_log_module.c`.

mod apache;
mod clock;
mod compile;
mod detect;
mod element;
mod escape;
mod fill;
mod infer;
mod json;
mod keys;
mod known;
mod lists;
mod looks;
mod memo;
mod named;
mod pairs;
mod quick;
mod scan;
mod template;
mod word;

use std::time::Duration;

pub use compile::FormatError;
pub use escape::Escape;
pub use lists::{Tries, Try};
pub(crate) use memo::Memo;

use crate::civil::Stamp;
use element::Field;
use fill::{Fill, Sink};
use keys::Dialect;
use named::{Named, NamedFill};
use template::{Step, Template};

/// Whose log it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AccessServer {
    /// nginx, and what is made of it (angie, freenginx, openresty, tengine).
    #[default]
    Nginx,
    /// Apache httpd.
    Apache,
}

/// A format of access logs, compiled.
///
/// ```
/// use logscan_parser::AccessFormat;
///
/// let format = AccessFormat::nginx(r#"'$remote_addr [$time_local] "$request" $status $request_time'"#).unwrap();
/// let line = br#"192.0.2.7 [22/Nov/2026:14:03:07 +0000] "GET / HTTP/1.1" 502 0.003"#;
/// let (at, access) = format.parse(line).unwrap();
/// assert_eq!(access.status, Some(502));
/// assert_eq!(access.uri, Some(&b"/"[..]));
/// assert_eq!(at.unwrap().civil().to_string(), "2026-11-22 14:03:07");
/// ```
#[derive(Clone, Debug)]
pub struct AccessFormat {
    layout: Layout,
    server: AccessServer,
}

#[derive(Clone, Debug)]
enum Layout {
    Template(Template),
    Keys(Dialect),
}

/// A request as the access log tells it.
///
/// A field is absent where the format does not have it, and where the log has `-` or nothing for it. Values are
/// as they are written: [`Escape::decode`] gives what was sent.
///
/// nginx writes a line when the request has ended and its time is that of writing; Apache writes it then too,
/// but its time is that of the request's beginning, save for `%{end:...}t`. nginx writes `0` for an answer without
/// body, Apache's `%b` a dash, which is 0 here as well.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Access<'b> {
    /// `$status`. `009` is 9: nginx passed an answer of HTTP/0.9 on.
    pub status: Option<u16>,
    /// `$request`: the request line as the client sent it.
    pub request: Option<&'b [u8]>,
    /// `$request_method`, else from the request line.
    pub method: Option<&'b [u8]>,
    /// `$request_uri`, else from the request line, else `$uri` with its query.
    pub uri: Option<&'b [u8]>,
    /// `$server_protocol`, else from the request line.
    pub protocol: Option<&'b [u8]>,
    /// `$host` or `$http_host`: what the client asked for. Apache's `%{Host}i` and `%V`.
    pub host: Option<&'b [u8]>,
    /// `$server_name`, Apache's `%v`: the name of the server that answered.
    pub server: Option<&'b [u8]>,
    /// `$remote_addr`, Apache's `%h` or `%a`: the visitor where the server knows its proxies, else the proxy.
    pub client: Option<&'b [u8]>,
    /// `$realip_remote_addr`, Apache's `%{c}a`: who is at the other end of the connection.
    pub edge: Option<&'b [u8]>,
    /// `X-Forwarded-For`.
    pub forwarded: Option<&'b [u8]>,
    /// `CF-Connecting-IP`.
    pub connecting: Option<&'b [u8]>,
    /// `$remote_user`.
    pub user: Option<&'b [u8]>,
    /// `Referer`.
    pub referrer: Option<&'b [u8]>,
    /// `User-Agent`.
    pub user_agent: Option<&'b [u8]>,
    /// `$bytes_sent`, Apache's `%O`: bytes of the answer with its head.
    pub bytes_sent: Option<u64>,
    /// `$body_bytes_sent`, Apache's `%b` and `%B`: bytes of the answer's body.
    pub body_bytes_sent: Option<u64>,
    /// `$request_length`, Apache's `%I`: bytes of the request with its head.
    pub request_length: Option<u64>,
    /// `$request_time`, Apache's `%T` and `%D`: from the first byte read to the last one written.
    pub request_time: Option<Duration>,
    /// `$upstream_addr`, a list as written. [`Access::tries`] takes the lists apart.
    pub upstream_addr: Option<&'b [u8]>,
    /// `$upstream_status`, a list as written.
    pub upstream_status: Option<&'b [u8]>,
    /// `$upstream_connect_time`, a list as written, in seconds.
    pub upstream_connect_time: Option<&'b [u8]>,
    /// `$upstream_header_time`, a list as written, in seconds.
    pub upstream_header_time: Option<&'b [u8]>,
    /// `$upstream_response_time`, a list as written, in seconds. Can be more than `request_time` by 1 ms.
    pub upstream_response_time: Option<&'b [u8]>,
    /// `CF-Ray` as written, with or without the data centre. [`Access::ray`] is the ID alone.
    pub ray_id: Option<&'b [u8]>,
    /// `$request_id`, Apache's `UNIQUE_ID` or `%L`.
    pub request_id: Option<&'b [u8]>,
    /// `$upstream_cache_status`.
    pub cache: Option<&'b [u8]>,
    /// `$connection`: the `*N` of nginx's error log.
    pub connection: Option<u64>,
    /// `$connection_requests`: how many requests the connection has carried, this one included.
    pub connection_requests: Option<u64>,
    /// `$pid`: the worker.
    pub pid: Option<u32>,
    /// The log tells of upstreams, so that silence about them means that none was asked.
    pub logs_upstream: bool,
    /// The log tells Ray IDs, so that a request without one did not come through Cloudflare.
    pub logs_ray: bool,
    /// How values are written.
    pub escape: Escape,
    /// Whose log it is by its format.
    pub server_kind: AccessServer,
    /// The whole line, without its newline.
    pub text: &'b [u8],
}

impl AccessFormat {
    /// Compiles nginx's `log_format`: what follows its name there, or the format alone, without quotes.
    ///
    /// Names that nginx does not know are the user's own variables, and their values are read but not used.
    pub fn nginx(format: &str) -> Result<AccessFormat, FormatError> {
        let template = compile::nginx(format)?;
        Ok(AccessFormat { layout: Layout::Template(template), server: AccessServer::Nginx })
    }

    /// Compiles Apache's `LogFormat`, with its quotes or without.
    pub fn apache(format: &str) -> Result<AccessFormat, FormatError> {
        let template = apache::apache(format)?;
        Ok(AccessFormat { layout: Layout::Template(template), server: AccessServer::Apache })
    }

    /// A format by the name people know it by: `combined`, `main`, `common`, `vhost_combined`, `ingress-nginx` ...
    /// `None` for a name that nobody but the user can know.
    pub fn named(name: &str) -> Option<AccessFormat> {
        known::named(name)
    }

    /// Finds out the format by looking at the beginning of a log, which should hold whole lines. Lines of other
    /// programs may stand between. `server` says whose log it is where the lines do not tell.
    ///
    /// What cannot be told from the lines stays unnamed.
    pub fn detect(head: &[u8], server: AccessServer) -> Option<AccessFormat> {
        detect::detect(head, server)
    }

    /// Reads a line without its newline; `None` where it does not fit the format.
    pub fn parse<'b>(&self, line: &'b [u8]) -> Option<(Option<Stamp>, Access<'b>)> {
        let mut access = Access::default();
        let at = self.read(line, &mut access, &mut Memo::default())?;
        Some((at, access))
    }

    /// The same into a place that is there already, and with what is remembered of the lines before. The time of the
    /// line, which it need not have; `None` where it does not fit, and then the place holds nothing of use.
    #[inline]
    pub(crate) fn read<'b>(
        &self,
        line: &'b [u8],
        access: &mut Access<'b>,
        memo: &mut Memo,
    ) -> Option<Option<Stamp>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match &self.layout {
            Layout::Template(template) => {
                let mut fill = Fill::new(access, line, template.escape(), self.server);
                if template.read_quickly(line, &mut fill, memo) {
                    return Some(fill.finish());
                }
                self.read_slowly(template, line, access)
            }
            Layout::Keys(dialect) => {
                let fill = Fill::new(access, line, self.escape(), self.server);
                let mut named = NamedFill::new(fill, line);
                by_keys(*dialect, line, &mut named).then(|| named.finish())?
            }
        }
    }

    #[cold]
    fn read_slowly<'b>(
        &self,
        template: &Template,
        line: &'b [u8],
        access: &mut Access<'b>,
    ) -> Option<Option<Stamp>> {
        let mut fill = Fill::new(access, line, self.escape(), self.server);
        template.read(line, &mut fill).then(|| fill.finish())
    }

    /// All variables of a line with their values as written. Where the line itself names its values, those that
    /// are understood, under nginx's names.
    pub fn values<'a, 'b>(&'a self, line: &'b [u8]) -> Option<impl Iterator<Item = (&'a str, &'b [u8])>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut found: Vec<(&'a str, usize, usize)> = Vec::new();
        let fits = match &self.layout {
            Layout::Template(template) => {
                let mut values = Values(Vec::new());
                let fits = template.read(line, &mut values);
                found.extend(template.names().filter_map(|(id, name)| {
                    let (_, from, to) = values.0.iter().rfind(|(step, _, _)| *step == id)?;
                    (!name.is_empty()).then_some((name, *from, *to))
                }));
                fits
            }
            Layout::Keys(dialect) => by_keys(*dialect, line, &mut NamedValues(&mut found)),
        };
        fits.then(|| found.into_iter().filter_map(|(name, from, to)| Some((name, line.get(from..to)?))))
    }

    /// How values are escaped in this format.
    pub fn escape(&self) -> Escape {
        match (&self.layout, self.server) {
            (Layout::Template(template), _) => template.escape(),
            (Layout::Keys(Dialect::Json), _) => Escape::Json,
            (Layout::Keys(_), AccessServer::Nginx) => Escape::Default,
            (Layout::Keys(_), AccessServer::Apache) => Escape::Apache,
        }
    }

    /// Whose log this is.
    pub fn server(&self) -> AccessServer {
        self.server
    }

    /// Whether the format ends in literal text, so that a line that was cut at its end does not fit it.
    pub fn ends_closed(&self) -> bool {
        match &self.layout {
            Layout::Template(template) => template.ends_closed(),
            Layout::Keys(dialect) => *dialect == Dialect::Json,
        }
    }
}

fn by_keys(dialect: Dialect, line: &[u8], sink: &mut impl Named) -> bool {
    match dialect {
        Dialect::Json => json::read(line, sink),
        Dialect::Ltsv => pairs::ltsv(line, sink),
        Dialect::Logfmt => pairs::logfmt(line, sink),
    }
}

struct Values(Vec<(usize, usize, usize)>);

impl Sink for Values {
    fn take(&mut self, step: &Step, from: usize, to: usize) {
        self.0.retain(|(id, _, _)| *id != step.id);
        self.0.push((step.id, from, to));
    }
}

struct NamedValues<'v, 'a>(&'v mut Vec<(&'a str, usize, usize)>);

impl Named for NamedValues<'_, '_> {
    fn take(&mut self, field: Field, from: usize, to: usize) {
        if let Some(name) = field.nginx_name() {
            self.0.push((name, from, to));
        }
    }
}

#[cfg(test)]
mod tests;
