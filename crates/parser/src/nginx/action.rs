//! The actions that nginx writes after ` while `.

/// Every action of a length. From `log->action` of `src/http`, `src/event`, `src/stream`, `src/mail`,
/// `src/core/ngx_resolver.c`, and of angie and the Lua module.
fn of_length(len: usize) -> &'static [&'static str] {
    match len {
        8 => &["proxying"],
        9 => &["keepalive", "resolving"],
        13 => &["in auth state", "preparing ack", "updating keys"],
        14 => &["parsing frames", "returning text", "sending frames"],
        15 => &["SSL handshaking", "closing request", "handling frames", "logging request"],
        16 => &["reading upstream", "handling payload"],
        17 => &["sending to client", "decrypting packet", "in starttls state", "logging to syslog"],
        18 => &["in http auth state"],
        19 => &["waiting for request", "handling quic input", "parsing quic packet", "proxying connection"],
        20 => &["handling quic packet", "initializing session", "reading request body"],
        21 => &["sending flv to client", "sending mp4 to client"],
        22 => &[
            "connecting to upstream",
            "prereading client data",
            "reading PROXY protocol",
            "reading client request",
        ],
        23 => &["handling initial packet"],
        24 => &["creating quic connection", "parsing quic long header"],
        25 => &["handling decrypted packet", "in delay pipelining state"],
        26 => &[
            "handling quic client input",
            "passing connection to port",
            "proxy pass SSL handshaking",
            "sending response to client",
            "storing SSL session by lua",
        ],
        27 => &[
            "reading client request line",
            "sending request to upstream",
            "SSL handshaking to upstream",
            "fetching SSL session by lua",
            "in resolving client address",
        ],
        28 => &[
            "QUIC handshaking to upstream",
            "in resolving client hostname",
            "processing HTTP/2 connection",
            "proxying upgraded connection",
            "sending client greeting line",
        ],
        29 => &["requesting certificate status", "sending early hints to client"],
        30 => &[
            "reading client request headers",
            "loading SSL certificate by lua",
            "proxying and sending to client",
            "reading response from upstream",
        ],
        31 => &["loading SSL client hello by lua", "loading proxy ssl verify by lua"],
        32 => &["proxying and reading from client", "proxying and sending to upstream"],
        34 => &["proxying and reading from upstream"],
        36 => &["loading proxy ssl certificate by lua"],
        37 => &["reading response header from upstream", "reading client pipelined request line"],
        39 => &["sending response to ACME HTTP challenge"],
        41 => &["sending PROXY protocol header to upstream"],
        _ => &[],
    }
}

/// The length of the action that a text ends in, if it is one of those that most texts with one have. ` while ` stands
/// before it.
#[inline]
pub(super) fn usual(text: &[u8]) -> Option<usize> {
    #[inline]
    fn one_of<const N: usize>(text: &[u8], ends: [&str; N]) -> Option<usize> {
        ends.iter().find(|end| text.ends_with(end.as_bytes())).map(|end| end.len() - " while ".len())
    }
    match text.last_chunk::<8>()? {
        b"upstream" => one_of(
            text,
            [
                " while reading response header from upstream",
                " while connecting to upstream",
                " while reading upstream",
                " while sending request to upstream",
            ],
        ),
        b" request" => one_of(text, [" while waiting for request"]),
        b"dshaking" => one_of(text, [" while SSL handshaking"]),
        b"o client" => one_of(text, [" while sending to client", " while sending response to client"]),
        b"eepalive" => one_of(text, [" while keepalive"]),
        b" headers" => one_of(text, [" while reading client request headers"]),
        b"est line" => one_of(text, [" while reading client request line"]),
        _ => None,
    }
}

/// Whether nginx has such an action.
pub(crate) fn known(action: &[u8]) -> bool {
    of_length(action.len()).iter().any(|a| a.as_bytes() == action)
        // The address follows (`src/event/ngx_event_accept.c: ngx_accept_log_error`).
        || action.starts_with(b"accepting new connection on ")
        // The mail proxy puts what it sends between the two (`src/mail/ngx_mail_proxy_module.c`).
        || (action.starts_with(b"sending ") && action.ends_with(b" to upstream"))
}
