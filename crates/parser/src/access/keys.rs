//! Names of fields in logs that name them: JSON, LTSV, `key=value`.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::element::{Field, Unit};

/// How a log pairs names and values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    Json,
    Ltsv,
    Logfmt,
}

/// A name as it is looked up: lower case, without what divides its words, and with the names of the objects it
/// stands in before it. Only its hash (FNV-1a) is kept: a log has the same few names on each line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path(u64);

impl Path {
    pub(super) const ROOT: Path = Path(0xcbf2_9ce4_8422_2325);

    /// The path of a key inside this one.
    #[inline]
    pub(super) fn join(self, key: &[u8]) -> Path {
        let letters = key.iter().filter(|b| b.is_ascii_alphanumeric());
        Path(letters.fold(self.0, |hash, b| {
            (hash ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    #[inline]
    pub(super) fn field(self, dialect: Dialect) -> Field {
        let known = if dialect == Dialect::Ltsv { &TABLES.ltsv } else { &TABLES.usual };
        known.get(&self.0).copied().unwrap_or(Field::None)
    }
}

type Table = HashMap<u64, Field, BuildHasherDefault<Hashed>>;

struct Tables {
    usual: Table,
    ltsv: Table,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut usual = Table::default();
    // The name itself goes before the one that is left when an outer object's name is taken off.
    for outer in OUTER {
        for (field, names) in NAMES {
            for name in names.split_ascii_whitespace() {
                let path = Path::ROOT.join(outer.as_bytes()).join(name.as_bytes());
                usual.entry(path.0).or_insert(*field);
            }
        }
    }
    let mut ltsv = usual.clone();
    ltsv.extend(LTSV.iter().map(|(field, name)| (Path::ROOT.join(name.as_bytes()).0, *field)));
    Tables { usual, ltsv }
});

/// Takes a hash for what it is.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Names of objects that shippers put everything into.
const OUTER: &[&str] =
    &["", "nginx", "access", "nginxaccess", "apache", "apache2", "apache2access", "log", "fields", "data"];

/// The labels that ltsv.org recommends and that mean something else elsewhere.
const LTSV: &[(Field, &str)] = &[
    (Field::LtsvHost, "host"),
    (Field::Host, "vhost"),
    (Field::BodyBytesSent, "size"),
    (Field::Request, "req"),
    (Field::RequestLength, "reqsize"),
    (Field::UpstreamResponseTime, "apptime"),
    (Field::UserAgent, "ua"),
];

/// nginx's and Apache's names, those of ECS, and those that people give. Names that mean one thing here and
/// another there (`response_time`, `latency`, `ua`) are left out.
#[rustfmt::skip]
const NAMES: &[(Field, &str)] = &[
    (Field::Time,
        "time timestamp ts datetime date msec timemsec timeiso8601 timeiso timelocal \
         localtime isotime eventtime requesttimestamp timestampmsec epoch eventcreated \
         timeunix accesstime"),
    (Field::Status,
        "status statuscode httpstatus httpstatuscode responsestatus responsestatuscode \
         responsecode httpresponsestatuscode httpresponsecode downstreamstatus"),
    (Field::Request, "request requestline httprequest requestfull httprequestline req"),
    (Field::Method, "method requestmethod httpmethod httprequestmethod verb reqmethod"),
    (Field::Uri,
        "requesturi requesturl requestpath httprequesturi httprequesturl urloriginal urlfull httptarget \
         originalpath requri"),
    // May be either, the one that was asked for and the one that nginx made of it.
    (Field::Path, "uri url path httpuri httpurl httppath urlpath documenturi"),
    (Field::Query, "args query querystring urlquery"),
    (Field::Protocol,
        "protocol serverprotocol httpprotocol httpversion requestprotocol proto requestproto \
         httprequestversion requesthttpversion serverprotocolversion"),
    (Field::Host,
        "host httphost vhost requesthost domain urldomain hostheader httprequesthost \
         virtualhost site authority"),
    (Field::Server, "servername server"),
    (Field::Client,
        "remoteaddr clientip client remoteip ip remotehost clientaddr clientaddress sourceip \
         sourceaddress remoteaddress remote networkclientip requestremoteip requestclientip \
         httprequestremoteip addr"),
    (Field::Edge, "realipremoteaddr edgeip edge"),
    (Field::Forwarded,
        "xforwardedfor httpxforwardedfor forwardedfor xff forwarded proxyaddxforwardedfor \
         httpforwardedfor xforward requestheadersxforwardedfor"),
    (Field::Connecting, "cfconnectingip httpcfconnectingip requestheaderscfconnectingip"),
    (Field::User, "remoteuser user auth username httpuser userid"),
    (Field::Referrer,
        "referer referrer httpreferer httpreferrer httprequestreferrer requestreferer"),
    (Field::UserAgent,
        "useragent httpuseragent agent useragentoriginal requestuseragent \
         httprequestuseragent requestheadersuseragent"),
    (Field::BytesSent, "bytessent bytesout responsebytes httpresponsebytes responsesize sentbytes"),
    (Field::BodyBytesSent,
        "bodybytessent bodybytes bodysent bodysize httpresponsebodybytes bytesbody \
         responsebodybytes responsebodysize bodylength bbs"),
    (Field::RequestLength,
        "requestlength requestsize bytesin requestbytes reqlen httprequestbytes bytesreceived \
         requestlen rl"),
    (Field::RequestTime(Unit::Seconds),
        "requesttime reqtime rt duration requestduration \
         requesttimeseconds requesttimes durationseconds durations"),
    (Field::RequestTime(Unit::Millis),
        "requesttimems durationms requesttimemillis reqtimems"),
    (Field::RequestTime(Unit::Micros),
        "reqtimemicrosec durationus requesttimeus requesttimemicros durationmicroseconds"),
    (Field::RequestTime(Unit::Nanos), "eventduration durationns"),
    (Field::UpstreamAddr,
        "upstreamaddr upstream upstreamaddress upstreamhost uaddr backend upaddr proxyaddr \
         upstreampeer"),
    (Field::UpstreamStatus,
        "upstreamstatus us ustatus upstreamstatuscode upstatus ust backendstatus"),
    (Field::UpstreamConnectTime,
        "upstreamconnecttime uct upstreamconnect uconnect upstreamconntime"),
    (Field::UpstreamHeaderTime, "upstreamheadertime uht upstreamheader upstreamheaderresponsetime"),
    (Field::UpstreamResponseTime,
        "upstreamresponsetime urt upstreamtime uresptime upstreamresponse upstreamrt \
         upstreamduration upresptime backendtime"),
    (Field::RayId,
        "cfray httpcfray rayid ray cfrayid cloudflareray cloudflarerayid requestheaderscfray \
         httprequestheaderscfray"),
    (Field::RequestId, "requestid reqid xrequestid httpxrequestid httprequestid traceid rid"),
    (Field::Cache, "upstreamcachestatus cachestatus cache ucs upstreamcache cs"),
    (Field::Connection, "connection conn connectionid connectionserial nginxconnection"),
    (Field::ConnectionRequests, "connectionrequests connreqs connrequests"),
    (Field::Pid, "pid processpid workerpid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        Path::ROOT.join(name.as_bytes()).field(Dialect::Json)
    }

    #[test]
    fn every_name_is_found_and_none_stands_twice() {
        let mut seen = Vec::new();
        for (wanted, names) in NAMES {
            for name in names.split_ascii_whitespace() {
                assert_eq!(field(name), *wanted, "{name}");
                assert!(!seen.contains(&name), "{name}");
                seen.push(name);
            }
        }
    }

    #[test]
    fn ways_to_write_a_name() {
        for name in [
            "request_time",
            "requestTime",
            "RequestTime",
            "request-time",
            "$request_time",
            "nginx.request_time",
        ] {
            assert_eq!(field(name), Field::RequestTime(Unit::Seconds), "{name}");
        }
        let nested = Path::ROOT.join(b"http").join(b"response").join(b"status_code");
        assert_eq!(nested.field(Dialect::Json), Field::Status);
        for name in ["", "x", "level", "msg", "message", "requesttim"] {
            assert_eq!(field(name), Field::None, "{name}");
        }
    }
}
