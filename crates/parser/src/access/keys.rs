//! Names of fields in logs that name them: JSON, LTSV, `key=value`.

use super::element::{Field, Unit};

/// How a log pairs names and values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    Json,
    Ltsv,
    Logfmt,
}

/// A name as it is looked up: lower case, without what divides its words, and with the names of the objects it
/// stands in before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    bytes: [u8; 64],
    len: usize,
}

impl Path {
    pub(super) const ROOT: Path = Path { bytes: [0; 64], len: 0 };

    /// The path of a key inside this one. One too long for any known name is one that is unknown.
    pub(super) fn join(&self, key: &[u8]) -> Path {
        let mut path = *self;
        for byte in key {
            if !byte.is_ascii_alphanumeric() {
                continue;
            }
            if let Some(place) = path.bytes.get_mut(path.len) {
                *place = byte.to_ascii_lowercase();
            }
            path.len += 1;
        }
        path
    }

    pub(super) fn field(&self, dialect: Dialect) -> Field {
        let Some(mut name) = self.bytes.get(..self.len) else { return Field::None };
        if dialect == Dialect::Ltsv
            && let Some(field) = ltsv(name)
        {
            return field;
        }
        let wrappers: [&[u8]; 7] = [b"nginx", b"access", b"apache", b"apache2", b"log", b"fields", b"data"];
        loop {
            let field = field(name);
            let inner = wrappers.iter().find_map(|w| name.strip_prefix(*w).filter(|n| !n.is_empty()));
            match (field, inner) {
                (Field::None, Some(inner)) => name = inner,
                _ => return field,
            }
        }
    }
}

/// The labels that ltsv.org recommends and that mean something else elsewhere.
fn ltsv(name: &[u8]) -> Option<Field> {
    Some(match name {
        b"host" => Field::LtsvHost,
        b"vhost" => Field::Host,
        b"size" => Field::BodyBytesSent,
        b"req" => Field::Request,
        b"reqsize" => Field::RequestLength,
        b"apptime" | b"runtime" => Field::UpstreamResponseTime,
        _ => return None,
    })
}

/// nginx's and Apache's names, those of ECS, and those that people give.
fn field(name: &[u8]) -> Field {
    match name {
        b"time" | b"timestamp" | b"ts" | b"datetime" | b"date" | b"msec" | b"timemsec" | b"timeiso8601"
        | b"timeiso" | b"timelocal" | b"localtime" | b"isotime" | b"eventtime" | b"requesttimestamp"
        | b"timestampmsec" | b"epoch" | b"eventcreated" | b"timeunix" | b"accesstime" => Field::Time,
        b"status"
        | b"statuscode"
        | b"httpstatus"
        | b"httpstatuscode"
        | b"responsestatus"
        | b"responsestatuscode"
        | b"responsecode"
        | b"httpresponsestatuscode"
        | b"httpresponsecode"
        | b"code"
        | b"downstreamstatus"
        | b"st" => Field::Status,
        b"request" | b"requestline" | b"httprequest" | b"requestfull" | b"httprequestline" | b"req" => {
            Field::Request
        }
        b"method" | b"requestmethod" | b"httpmethod" | b"httprequestmethod" | b"verb" | b"reqmethod" => {
            Field::Method
        }
        b"requesturi" | b"uri" | b"url" | b"httpuri" | b"httpurl" | b"requesturl" | b"path"
        | b"requestpath" | b"httprequesturi" | b"urloriginal" | b"urlfull" | b"urlpath" | b"httptarget"
        | b"target" | b"httppath" | b"originalpath" | b"requri" | b"httprequesturl" => Field::Uri,
        b"documenturi" => Field::Path,
        b"args" | b"query" | b"querystring" | b"urlquery" => Field::Query,
        b"protocol"
        | b"serverprotocol"
        | b"httpprotocol"
        | b"httpversion"
        | b"requestprotocol"
        | b"proto"
        | b"requestproto"
        | b"httprequestversion"
        | b"requesthttpversion"
        | b"serverprotocolversion" => Field::Protocol,
        b"host" | b"httphost" | b"vhost" | b"requesthost" | b"domain" | b"urldomain" | b"hostheader"
        | b"httprequesthost" | b"virtualhost" | b"site" | b"authority" => Field::Host,
        b"servername" | b"server" => Field::Server,
        b"remoteaddr"
        | b"clientip"
        | b"client"
        | b"remoteip"
        | b"ip"
        | b"remotehost"
        | b"clientaddr"
        | b"clientaddress"
        | b"sourceip"
        | b"sourceaddress"
        | b"remoteaddress"
        | b"remote"
        | b"networkclientip"
        | b"requestremoteip"
        | b"requestclientip"
        | b"httprequestremoteip"
        | b"addr" => Field::Client,
        b"realipremoteaddr" | b"edgeip" | b"edge" | b"cfip" => Field::Edge,
        b"xforwardedfor"
        | b"httpxforwardedfor"
        | b"forwardedfor"
        | b"xff"
        | b"forwarded"
        | b"proxyaddxforwardedfor"
        | b"httpforwardedfor"
        | b"xforward"
        | b"requestheadersxforwardedfor" => Field::Forwarded,
        b"cfconnectingip" | b"httpcfconnectingip" | b"requestheaderscfconnectingip" => Field::Connecting,
        b"remoteuser" | b"user" | b"auth" | b"username" | b"httpuser" | b"userid" => Field::User,
        b"referer"
        | b"referrer"
        | b"httpreferer"
        | b"httpreferrer"
        | b"httprequestreferrer"
        | b"requestreferer"
        | b"ref" => Field::Referrer,
        b"useragent"
        | b"httpuseragent"
        | b"ua"
        | b"agent"
        | b"useragentoriginal"
        | b"requestuseragent"
        | b"httprequestuseragent"
        | b"requestheadersuseragent" => Field::UserAgent,
        b"bytessent" | b"bytesout" | b"responsebytes" | b"httpresponsebytes" | b"responsesize"
        | b"sentbytes" => Field::BytesSent,
        b"bodybytessent"
        | b"bodybytes"
        | b"bodysent"
        | b"bodysize"
        | b"httpresponsebodybytes"
        | b"bytesbody"
        | b"responsebodybytes"
        | b"responsebodysize"
        | b"bodylength"
        | b"bbs" => Field::BodyBytesSent,
        b"requestlength" | b"requestsize" | b"bytesin" | b"requestbytes" | b"reqlen"
        | b"httprequestbytes" | b"bytesreceived" | b"requestlen" | b"rl" => Field::RequestLength,
        b"requesttime"
        | b"reqtime"
        | b"rt"
        | b"responsetime"
        | b"duration"
        | b"requestduration"
        | b"latency"
        | b"elapsed"
        | b"timetaken"
        | b"totaltime"
        | b"requesttimeseconds"
        | b"requesttimes"
        | b"durationseconds"
        | b"durations" => Field::RequestTime(Unit::Seconds),
        b"requesttimems" | b"durationms" | b"latencyms" | b"responsetimems" | b"requesttimemillis"
        | b"reqtimems" | b"elapsedms" => Field::RequestTime(Unit::Millis),
        b"reqtimemicrosec"
        | b"durationus"
        | b"requesttimeus"
        | b"requesttimemicros"
        | b"durationmicroseconds"
        | b"latencyus" => Field::RequestTime(Unit::Micros),
        b"eventduration" | b"durationns" => Field::RequestTime(Unit::Nanos),
        b"upstreamaddr" | b"upstream" | b"ua2" | b"upstreamaddress" | b"upstreamhost" | b"uaddr"
        | b"backend" | b"upaddr" | b"proxyaddr" | b"upstreampeer" => Field::UpstreamAddr,
        b"upstreamstatus"
        | b"us"
        | b"ustatus"
        | b"upstreamstatuscode"
        | b"upstatus"
        | b"ust"
        | b"backendstatus" => Field::UpstreamStatus,
        b"upstreamconnecttime" | b"uct" | b"upstreamconnect" | b"uconnect" | b"upstreamconntime" => {
            Field::UpstreamConnectTime
        }
        b"upstreamheadertime" | b"uht" | b"upstreamheader" | b"upstreamheaderresponsetime" => {
            Field::UpstreamHeaderTime
        }
        b"upstreamresponsetime"
        | b"urt"
        | b"upstreamtime"
        | b"uresptime"
        | b"upstreamresponse"
        | b"uptime"
        | b"upstreamrt"
        | b"upstreamduration"
        | b"upresptime"
        | b"backendtime" => Field::UpstreamResponseTime,
        b"cfray"
        | b"httpcfray"
        | b"rayid"
        | b"ray"
        | b"cfrayid"
        | b"cloudflareray"
        | b"cloudflarerayid"
        | b"requestheaderscfray"
        | b"httprequestheaderscfray" => Field::RayId,
        b"requestid" | b"reqid" | b"xrequestid" | b"httpxrequestid" | b"httprequestid" | b"traceid"
        | b"rid" => Field::RequestId,
        b"upstreamcachestatus" | b"cachestatus" | b"cache" | b"ucs" | b"upstreamcache" | b"cs" => {
            Field::Cache
        }
        b"connection" | b"conn" | b"connectionid" | b"connectionserial" | b"nginxconnection" => {
            Field::Connection
        }
        b"connectionrequests" | b"connreqs" | b"connrequests" => Field::ConnectionRequests,
        b"pid" | b"processpid" | b"workerpid" => Field::Pid,
        _ => Field::None,
    }
}
