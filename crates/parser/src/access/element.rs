//! What a format is made of: variables, the grammar of their values, and the meaning they have here.

use super::clock::Clock;

/// The grammar of a variable's value. All may also be `-`, or nothing at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Three digits.
    Status,
    /// Digits.
    Number,
    /// `0.003`, or `1795435092.917`.
    Seconds,
    /// `22/Nov/2026:14:03:07 +0000`.
    TimeLocal,
    /// `2026-11-22T14:03:07+00:00`.
    TimeIso,
    /// Parts of a time in an order of the user's.
    Clock,
    /// `HTTP/1.1`.
    Protocol,
    /// No blanks and no quotes.
    Word,
    /// A name or address with or without port, as it can stand before a path.
    Host,
    /// A host as the client sent it: anything, save that before a path it is taken for a host.
    HostHeader,
    /// An address without port.
    Address,
    /// Elements divided by `, ` or ` : `.
    Statuses,
    /// The same of seconds.
    Times,
    /// The same of numbers.
    Numbers,
    /// The same of addresses with port, `unix:` paths and names.
    Addresses,
    /// `?` or nothing.
    IsArgs,
    /// Anything.
    Text,
}

/// The unit of a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

/// Which field of `Access` a value belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    None,
    Time,
    /// Part of a time; several make one.
    Clock,
    /// Digits after the second.
    Fraction,
    Status,
    Request,
    Method,
    Uri,
    /// The path nginx works with, which need not be the one asked for.
    Path,
    Query,
    Protocol,
    Host,
    Server,
    Client,
    Edge,
    Forwarded,
    Connecting,
    User,
    Referrer,
    UserAgent,
    BytesSent,
    BodyBytesSent,
    /// `%b`: `-` is zero.
    BodyBytesClf,
    RequestLength,
    RequestTime(Unit),
    UpstreamAddr,
    UpstreamStatus,
    UpstreamConnectTime,
    UpstreamHeaderTime,
    UpstreamResponseTime,
    RayId,
    RequestId,
    Cache,
    Connection,
    ConnectionRequests,
    Pid,
    /// LTSV's `host`, the client by its own rules and the host by habit.
    LtsvHost,
}

/// One variable of a format.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) field: Field,
    /// Of several variables for one field the lowest counts.
    pub(super) rank: u8,
    pub(super) clock: Option<Clock>,
}

/// A piece of a format.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Literal(Vec<u8>),
    Variable(Element),
}

impl Element {
    pub(super) fn new(name: &str, kind: Kind, field: Field, rank: u8) -> Element {
        Element { name: name.into(), kind, field, rank, clock: None }
    }

    /// The variable of nginx with this name. What nginx does not know itself is the user's own (`map`, `set`).
    pub(super) fn nginx(name: &str) -> Element {
        let (kind, field, rank) = nginx(name);
        Element::new(name, kind, field, rank)
    }
}

/// Grammar, meaning and rank of nginx's variables (`src/http/ngx_http_variables.c`,
/// `src/http/modules/ngx_http_log_module.c`, `src/http/ngx_http_upstream.c`, `ngx_http_realip_module.c`).
fn nginx(name: &str) -> (Kind, Field, u8) {
    use Kind::{
        Address, Addresses, Host, HostHeader, IsArgs, Number, Numbers, Protocol, Seconds, Status, Statuses,
        Text, TimeIso, TimeLocal, Times, Word,
    };
    match name {
        "msec" => (Seconds, Field::Time, 0),
        "time_iso8601" => (TimeIso, Field::Time, 1),
        "time_local" => (TimeLocal, Field::Time, 2),
        "status" => (Status, Field::Status, 0),
        "request" => (Text, Field::Request, 0),
        "request_method" => (Word, Field::Method, 0),
        "request_uri" => (Text, Field::Uri, 0),
        "uri" => (Text, Field::Path, 0),
        "document_uri" => (Text, Field::Path, 1),
        "args" => (Text, Field::Query, 0),
        "query_string" => (Text, Field::Query, 1),
        "is_args" => (IsArgs, Field::None, 0),
        "server_protocol" => (Protocol, Field::Protocol, 0),
        "host" => (Host, Field::Host, 0),
        "http_host" => (HostHeader, Field::Host, 1),
        "server_name" => (Host, Field::Server, 0),
        "remote_addr" => (Address, Field::Client, 0),
        "the_real_ip" => (Address, Field::Client, 1),
        "realip_remote_addr" => (Address, Field::Edge, 0),
        "http_x_forwarded_for" => (Text, Field::Forwarded, 0),
        "proxy_add_x_forwarded_for" => (Text, Field::Forwarded, 1),
        "http_cf_connecting_ip" => (Text, Field::Connecting, 0),
        "remote_user" => (Text, Field::User, 0),
        "http_referer" => (Text, Field::Referrer, 0),
        "http_user_agent" => (Text, Field::UserAgent, 0),
        "bytes_sent" => (Number, Field::BytesSent, 0),
        "body_bytes_sent" => (Number, Field::BodyBytesSent, 0),
        "request_length" => (Number, Field::RequestLength, 0),
        "request_time" => (Seconds, Field::RequestTime(Unit::Seconds), 0),
        "upstream_addr" => (Addresses, Field::UpstreamAddr, 0),
        "upstream_status" => (Statuses, Field::UpstreamStatus, 0),
        "upstream_connect_time" => (Times, Field::UpstreamConnectTime, 0),
        "upstream_header_time" => (Times, Field::UpstreamHeaderTime, 0),
        "upstream_response_time" => (Times, Field::UpstreamResponseTime, 0),
        "upstream_first_byte_time" | "upstream_session_time" | "upstream_queue_time" => {
            (Times, Field::None, 0)
        }
        "upstream_response_length" | "upstream_bytes_sent" | "upstream_bytes_received" => {
            (Numbers, Field::None, 0)
        }
        "http_cf_ray" => (Text, Field::RayId, 0),
        "request_id" => (Word, Field::RequestId, 0),
        "req_id" => (Word, Field::RequestId, 1),
        "upstream_cache_status" => (Word, Field::Cache, 0),
        "connection" => (Number, Field::Connection, 0),
        "connection_requests" => (Number, Field::ConnectionRequests, 0),
        "pid" => (Number, Field::Pid, 0),
        "gzip_ratio" | "connection_time" => (Seconds, Field::None, 0),
        "server_port"
        | "remote_port"
        | "proxy_port"
        | "realip_remote_port"
        | "proxy_protocol_port"
        | "connections_active"
        | "connections_reading"
        | "connections_writing"
        | "connections_waiting" => (Number, Field::None, 0),
        "server_addr" | "proxy_protocol_addr" => (Address, Field::None, 0),
        "proxy_host" => (Host, Field::None, 0),
        "scheme"
        | "pipe"
        | "https"
        | "request_completion"
        | "ssl_protocol"
        | "ssl_cipher"
        | "ssl_session_id"
        | "ssl_session_reused"
        | "http2"
        | "http3"
        | "hostname"
        | "nginx_version"
        | "limit_req_status"
        | "limit_conn_status"
        | "geoip_country_code"
        | "geoip2_country_code"
        | "geoip2_data_country_code" => (Word, Field::None, 0),
        _ => (Text, Field::None, 0),
    }
}

impl Field {
    /// nginx's variable for the field.
    pub(super) fn nginx_name(self) -> Option<&'static str> {
        Some(match self {
            Field::None | Field::Clock | Field::Fraction | Field::LtsvHost => return None,
            Field::Time => "time",
            Field::Status => "status",
            Field::Request => "request",
            Field::Method => "request_method",
            Field::Uri => "request_uri",
            Field::Path => "uri",
            Field::Query => "args",
            Field::Protocol => "server_protocol",
            Field::Host => "host",
            Field::Server => "server_name",
            Field::Client => "remote_addr",
            Field::Edge => "realip_remote_addr",
            Field::Forwarded => "http_x_forwarded_for",
            Field::Connecting => "http_cf_connecting_ip",
            Field::User => "remote_user",
            Field::Referrer => "http_referer",
            Field::UserAgent => "http_user_agent",
            Field::BytesSent => "bytes_sent",
            Field::BodyBytesSent | Field::BodyBytesClf => "body_bytes_sent",
            Field::RequestLength => "request_length",
            Field::RequestTime(_) => "request_time",
            Field::UpstreamAddr => "upstream_addr",
            Field::UpstreamStatus => "upstream_status",
            Field::UpstreamConnectTime => "upstream_connect_time",
            Field::UpstreamHeaderTime => "upstream_header_time",
            Field::UpstreamResponseTime => "upstream_response_time",
            Field::RayId => "http_cf_ray",
            Field::RequestId => "request_id",
            Field::Cache => "upstream_cache_status",
            Field::Connection => "connection",
            Field::ConnectionRequests => "connection_requests",
            Field::Pid => "pid",
        })
    }
}
