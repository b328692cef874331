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
#[inline(always)]
pub(super) fn usual(text: &[u8]) -> Option<usize> {
    const fn word(bytes: &[u8; 8]) -> u64 {
        u64::from_le_bytes(*bytes)
    }
    const UPSTREAM: u64 = word(b"upstream");
    const REQUEST: u64 = word(b" request");
    const HANDSHAKING: u64 = word(b"dshaking");
    const CLIENT: u64 = word(b"o client");
    const KEEPALIVE: u64 = word(b"eepalive");
    // Compared with what is known when this is compiled, an end costs next to nothing.
    #[inline(always)]
    fn is<const N: usize>(text: &[u8], end: &[u8; N]) -> Option<usize> {
        (text.last_chunk::<N>()? == end).then_some(N - b" while ".len())
    }
    match word(text.last_chunk()?) {
        UPSTREAM => is(text, b" while reading response header from upstream")
            .or_else(|| is(text, b" while connecting to upstream"))
            .or_else(|| is(text, b" while reading upstream"))
            .or_else(|| is(text, b" while sending request to upstream")),
        REQUEST => is(text, b" while waiting for request"),
        HANDSHAKING => is(text, b" while SSL handshaking"),
        CLIENT => {
            is(text, b" while sending to client").or_else(|| is(text, b" while sending response to client"))
        }
        KEEPALIVE => is(text, b" while keepalive"),
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
