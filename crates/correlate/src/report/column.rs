//! The names under which exports tell things.

/// What a key or a column tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    /// When the request began.
    Start,
    /// When it ended.
    End,
    /// A time, of whatever.
    Time,
    /// When a monitor saw something.
    MonitorTime,
    /// A day; the time of day may be in a column of its own.
    Date,
    /// The beginning of a minute, and so on.
    Minute,
    FiveMinutes,
    FifteenMinutes,
    Hour,
    Status,
    OriginStatus,
    Ray,
    /// RFC 9457: a Ray ID at Cloudflare, anything elsewhere.
    Instance,
    Host,
    /// A host, unless there is a better one: the zone, the site.
    Zone,
    Url,
    Uri,
    Path,
    Query,
    /// `GET /path HTTP/1.1`.
    RequestLine,
    Method,
    Client,
    Edge,
    Origin,
    Cache,
    OriginTook,
    HeaderWait,
    TcpHandshake,
    TlsHandshake,
    /// Deprecated: nanoseconds.
    OriginTookNanos,
    Count,
    SampleInterval,
    /// Who made the request: a visitor or Cloudflare itself.
    RequestSource,
    /// Down or up.
    State,
    /// Words, in which a status may stand.
    Message,
    /// A key that only monitors have.
    Monitor,
    /// A key that only alarms have.
    Alarm,
    /// A key that only Cloudflare's error documents have.
    ErrorPage,
}

/// How many columns there are.
pub(super) const COLUMNS: usize = Column::ErrorPage as usize + 1;

/// What a key or the head of a column tells, whatever its case, blanks, dashes and underscores.
///
/// Cloudflare's names are those of the data sets `http_requests` (Logpush, Logpull, Instant logs, Log Explorer) and
/// `httpRequestsAdaptive` (GraphQL).
pub(super) fn column(name: &str) -> Option<Column> {
    // No name that is known is longer.
    let mut plain = [0u8; 48];
    let mut length = 0;
    for byte in name.bytes() {
        if byte == b'(' && length > 0 {
            break;
        }
        if byte.is_ascii_alphanumeric() {
            *plain.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
    }
    let plain = plain.get(..length)?;
    by_name(plain).or_else(|| by_name(plain.strip_suffix(b"utc")?))
}

/// Whether the head of a column says that its times are in UTC.
pub(super) fn says_utc(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|w| w.eq_ignore_ascii_case("utc") || w.eq_ignore_ascii_case("gmt"))
}

fn by_name(plain: &[u8]) -> Option<Column> {
    Some(match plain {
        b"edgestarttimestamp" | b"starttimestamp" | b"edgestart" => Column::Start,
        b"edgeendtimestamp" | b"endtimestamp" | b"edgeend" => Column::End,
        b"timestamp" | b"time" | b"datetime" | b"when" | b"at" | b"ts" | b"eventtime" | b"occurredat"
        | b"occurred" | b"dateandtime" | b"detectedat" | b"incidentstart" | b"eventdatetime"
        | b"starttime" | b"startedat" | b"started" | b"start" | b"startedatetime" | b"starteddatetime"
        | b"logtime" | b"timelocal" | b"timeiso8601" | b"msec" | b"utc" | b"timestampms" | b"timestampns"
        | b"unixtime" | b"epoch" | b"eventtimestamp" | b"requesttimestamp" | b"stamp" | b"zeit"
        | b"uhrzeit" | b"zeitpunkt" | b"zeitstempel" | b"timeofday" | b"localtime" => Column::Time,
        b"triggeredat" | b"lasttriggeredat" | b"createdat" | b"created" => Column::MonitorTime,
        b"date" | b"day" | b"datum" | b"tag" => Column::Date,
        b"datetimeminute" | b"minute" => Column::Minute,
        b"datetimefiveminutes" => Column::FiveMinutes,
        b"datetimefifteenminutes" => Column::FifteenMinutes,
        b"datetimehour" | b"hour" => Column::Hour,
        b"status"
        | b"statuscode"
        | b"edgeresponsestatus"
        | b"edgestatus"
        | b"edgestatuscode"
        | b"code"
        | b"httpstatus"
        | b"httpcode"
        | b"httpstatuscode"
        | b"responsestatus"
        | b"responsecode"
        | b"errorcode"
        | b"error"
        | b"responsestatuscode"
        | b"edgeresponsestatuscode"
        | b"httpresponsecode"
        | b"httpresponsestatus"
        | b"sc" => Column::Status,
        b"originresponsestatus" | b"originstatus" | b"originstatuscode" | b"originresponsestatuscode" => {
            Column::OriginStatus
        }
        b"ray" | b"rayid" | b"rayname" | b"cfray" | b"cfrayid" | b"cloudflarerayid" | b"cloudflareray" => {
            Column::Ray
        }
        b"instance" => Column::Instance,
        b"host"
        | b"hostname"
        | b"clientrequesthost"
        | b"clientrequesthttphost"
        | b"domain"
        | b"vhost"
        | b"httphost"
        | b"virtualhost"
        | b"requesthost" => Column::Host,
        b"zone" | b"zonename" | b"site" | b"website" | b"servername" => Column::Zone,
        b"url" | b"requesturl" | b"clientrequesturl" | b"fullurl" | b"link" | b"address" | b"page" => {
            Column::Url
        }
        b"uri" | b"clientrequesturi" | b"requesturi" => Column::Uri,
        b"path" | b"clientrequestpath" | b"requestpath" | b"endpoint" => Column::Path,
        b"query" | b"clientrequestquery" | b"querystring" => Column::Query,
        b"request" | b"requestline" => Column::RequestLine,
        b"method"
        | b"clientrequestmethod"
        | b"clientrequesthttpmethodname"
        | b"httpmethod"
        | b"requestmethod"
        | b"verb" => Column::Method,
        b"clientip" | b"ip" | b"client" | b"remoteaddr" | b"visitorip" | b"clientaddress" | b"sourceip"
        | b"srcip" | b"visitor" | b"remoteip" | b"cfconnectingip" | b"ipaddress" => Column::Client,
        b"edgeserverip" | b"edgeip" => Column::Edge,
        b"originip" | b"originaddress" => Column::Origin,
        b"cachecachestatus" | b"cachestatus" | b"cfcachestatus" => Column::Cache,
        b"originresponsedurationms" => Column::OriginTook,
        b"originresponseheaderreceivedurationms" => Column::HeaderWait,
        b"origintcphandshakedurationms" => Column::TcpHandshake,
        b"origintlshandshakedurationms" => Column::TlsHandshake,
        b"originresponsetime" => Column::OriginTookNanos,
        b"count" | b"requests" | b"hits" | b"anzahl" | b"occurrences" => Column::Count,
        b"sampleinterval" => Column::SampleInterval,
        b"clientrequestsource" | b"requestsource" => Column::RequestSource,
        b"event" | b"state" | b"type" | b"alertevent" => Column::State,
        b"msg" | b"message" | b"reason" | b"statusdesc" | b"statusdesclong" | b"detail" | b"details"
        | b"description" | b"title" | b"body" | b"text" | b"subject" | b"summary" | b"rootcause"
        | b"cause" | b"errormessage" | b"statustext" | b"comment" | b"name" => Column::Message,
        b"monitorid" | b"monitor" | b"monitorname" | b"probeid" | b"important" | b"friendlyname"
        | b"monitorurl" => Column::Monitor,
        b"alerttype" => Column::Alarm,
        b"cloudflareerror" | b"errorcategory" | b"errorname" | b"retryable" => Column::ErrorPage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_regard_to_their_writing() {
        for name in
            ["EdgeStartTimestamp", "edgestarttimestamp", "edge_start_timestamp", "Edge Start-Timestamp"]
        {
            assert_eq!(column(name), Some(Column::Start), "{name}");
        }
        for name in ["Ray ID", "ray_id", "RayID", "cf-ray", "rayName"] {
            assert_eq!(column(name), Some(Column::Ray), "{name}");
        }
        for name in ["Time (UTC)", "timestamp_utc", "Date-Time", "@timestamp", "UTC"] {
            assert_eq!(column(name), Some(Column::Time), "{name}");
        }
        for name in ["", "-", "ClientRequestUserAgent", "EdgeResponseBytes", &"x".repeat(1000)] {
            assert_eq!(column(name), None, "{name}");
        }
    }

    #[test]
    fn heads_that_name_their_zone() {
        assert!(says_utc("Time (UTC)") && says_utc("timestamp_utc") && says_utc("GMT"));
        assert!(!says_utc("Timestamp") && !says_utc("outcome"));
    }
}
