//! Formats that people use, from the servers' own and the documentation of panels, tools and hosts.

use std::sync::LazyLock;

use super::{AccessFormat, AccessServer};

/// A format with the names it goes by.
pub(super) struct Known {
    pub(super) names: &'static [&'static str],
    pub(super) server: AccessServer,
    pub(super) format: &'static str,
}

const fn nginx(names: &'static [&'static str], format: &'static str) -> Known {
    Known { names, server: AccessServer::Nginx, format }
}

const fn apache(names: &'static [&'static str], format: &'static str) -> Known {
    Known { names, server: AccessServer::Apache, format }
}

/// nginx's `combined` with more behind it.
macro_rules! combined {
    ($rest:literal) => {
        concat!(
            r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "#,
            r#""$http_user_agent""#,
            $rest
        )
    };
}

/// Of two that fit and say as much, the first is taken.
#[rustfmt::skip]
pub(super) static KNOWN: &[Known] = &[
    nginx(&["combined"], combined!("")),
    nginx(&["main"], combined!(r#" "$http_x_forwarded_for""#)),
    nginx(&["vhost_combined", "nginx-vhost-combined"], concat!("$host:$server_port ", combined!(""))),
    nginx(&["nginx-common"], r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent"#),
    nginx(&["host-combined", "elastic"], concat!("$host ", combined!(""))),
    nginx(&["server-combined"], concat!("[$host] ", combined!(""))),
    nginx(&["compression"],
        concat!(r#"$remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent "#,
            r#""$http_referer" "$http_user_agent" "$gzip_ratio""#)),
    nginx(&["combined-gzip"], combined!(r#" "$gzip_ratio""#)),
    nginx(&["combined-request-time"], combined!(" $request_time")),
    nginx(&["combined-times"], combined!(" $request_time $upstream_response_time")),
    nginx(&["combined-times-pipe"], combined!(" $request_time $upstream_response_time $pipe")),
    nginx(&["combined-all-times"],
        combined!(" $request_time $upstream_connect_time $upstream_header_time $upstream_response_time")),
    nginx(&["timed-quoted"],
        combined!(r#" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time""#)),
    nginx(&["timed"],
        combined!(" rt=$request_time uct=$upstream_connect_time uht=$upstream_header_time urt=$upstream_response_time")),
    nginx(&["timed-forwarded", "apm"],
        combined!(r#" "$http_x_forwarded_for" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time""#)),
    nginx(&["timed-forwarded-bare"],
        combined!(r#" "$http_x_forwarded_for" rt=$request_time uct=$upstream_connect_time uht=$upstream_header_time urt=$upstream_response_time"#)),
    nginx(&["timed-upstream"],
        combined!(r#" rt=$request_time ua="$upstream_addr" us="$upstream_status" ut="$upstream_response_time" ul="$upstream_response_length" cs=$upstream_cache_status"#)),
    nginx(&["main-ext", "amplify"],
        combined!(r#" "$http_x_forwarded_for" "$host" sn="$server_name" rt=$request_time ua="$upstream_addr" us="$upstream_status" ut="$upstream_response_time" ul="$upstream_response_length" cs=$upstream_cache_status"#)),
    nginx(&["upstream-times"],
        combined!(r#" rt="$request_time" uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time""#)),
    nginx(&["main-request-time"], combined!(r#" "$http_x_forwarded_for" $request_time"#)),
    nginx(&["main-times"], combined!(r#" "$http_x_forwarded_for" $request_time $upstream_response_time"#)),
    nginx(&["main-times-quoted"], combined!(r#" "$http_x_forwarded_for" "$request_time" "$upstream_response_time""#)),
    nginx(&["cloudflare", "combined-ray"], combined!(r#" "$http_cf_ray""#)),
    nginx(&["cloudflare-bare"], combined!(" $http_cf_ray")),
    nginx(&["cloudflare-forwarded"], combined!(r#" "$http_x_forwarded_for" "$http_cf_ray""#)),
    nginx(&["cloudflare-connecting"], combined!(r#" "$http_cf_connecting_ip" "$http_cf_ray""#)),
    nginx(&["cloudflare-timed"],
        combined!(r#" "$http_cf_ray" rt=$request_time us=$upstream_status urt=$upstream_response_time"#)),
    nginx(&["cloudflare-all-timed"],
        combined!(r#" "$http_cf_ray" rt=$request_time uct=$upstream_connect_time uht=$upstream_header_time urt=$upstream_response_time"#)),
    nginx(&["cloudflare-host-times"],
        combined!(r#" $host "$http_cf_ray" $request_time $upstream_status $upstream_response_time $bytes_sent"#)),
    nginx(&["cloudflare-joined", "cf"],
        r#"$remote_addr $realip_remote_addr [$time_iso8601] $msec $host "$request" $status "$upstream_status" $bytes_sent $body_bytes_sent $request_time "$upstream_response_time" $pid $connection $connection_requests $request_id $http_cf_ray"#),
    nginx(&["ingress-nginx", "upstreaminfo"],
        combined!(" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id")),
    nginx(&["upstreaminfo-old"],
        concat!("$remote_addr - [$proxy_add_x_forwarded_for] - $remote_user [$time_local] ",
            r#""$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "#,
            "$request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id")),
    nginx(&["host-quoted"], combined!(r#" "$host""#)),
    nginx(&["host-bare"], combined!(" $host")),
    nginx(&["host-request-time"], combined!(" $host $request_time")),
    nginx(&["host-times"], combined!(r#" "$host" $request_time $upstream_response_time"#)),
    nginx(&["kinsta"],
        r#"$host $remote_addr [$time_local] "$request" $status "$http_referer" "$http_user_agent" $upstream_cache_status $body_bytes_sent $request_time $upstream_response_time"#),
    nginx(&["gridpane", "we_log"],
        r#"[$time_local] $remote_addr $upstream_response_time $upstream_cache_status $http_host "$request" $status $body_bytes_sent $request_time "$http_referer" "$http_user_agent" "$http3""#),
    nginx(&["rt_cache", "easyengine", "wordops", "rt_cache_redis"],
        r#"$remote_addr $upstream_response_time $upstream_cache_status [$time_local] $http_host "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$request_body""#),
    nginx(&["rt_cache_plain"],
        r#"$remote_addr $upstream_response_time $upstream_cache_status [$time_local] $http_host "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#),
    nginx(&["engintron", "cpanel-proxy"], combined!(r#" "$upstream_cache_status""#)),
    nginx(&["npm", "nginx-proxy-manager", "proxy"],
        r#"[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server] "$http_user_agent" "$http_referer""#),
    nginx(&["npm-standard"],
        r#"[$time_local] $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] "$http_user_agent" "$http_referer""#),
    nginx(&["nginx-proxy", "docker-vhost"], concat!("$host ", combined!(r#" "$upstream_addr""#))),
    nginx(&["netdata"],
        combined!(" $request_length $request_time $upstream_response_time")),
    nginx(&["netdata-quoted"],
        combined!(r#" $request_length $request_time "$upstream_response_time""#)),
    nginx(&["datadog"], combined!(r#" "$http_x_forwarded_for" $request_time $upstream_response_time $pipe"#)),
    nginx(&["upstream_time"],
        combined!(r#"rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time""#)),
    nginx(&["healthd", "elastic-beanstalk"],
        r#"$msec"$uri"$status"$request_time"$upstream_response_time"$http_x_forwarded_for"#),
    nginx(&["upstreamlog"],
        "[$time_local] $remote_addr - $remote_user - $server_name $host to: $upstream_addr: $request $status upstream_response_time $upstream_response_time msec $msec request_time $request_time"),
    apache(&["apache-combined"], r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    apache(&["debian-combined", "apache-combined-io"], r#"%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#),
    apache(&["common", "apache-common"], r#"%h %l %u %t "%r" %>s %b"#),
    apache(&["debian-common"], r#"%h %l %u %t "%r" %>s %O"#),
    apache(&["apache-vhost-combined", "cpanel"], r#"%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    apache(&["debian-vhost-combined"], r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#),
    apache(&["vhost-common", "plesk-common"], r#"%v %h %l %u %t "%r" %>s %b"#),
    apache(&["combinedio"], r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O"#),
    apache(&["apache-time"], r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %D"#),
    apache(&["apache-ray"], r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{CF-Ray}i""#),
];

static COMPILED: LazyLock<Vec<(&'static Known, AccessFormat)>> = LazyLock::new(|| {
    let compile = |known: &'static Known| {
        let format = match known.server {
            AccessServer::Nginx => AccessFormat::nginx(known.format),
            AccessServer::Apache => AccessFormat::apache(known.format),
        };
        Some((known, format.ok()?))
    };
    KNOWN.iter().filter_map(compile).collect()
});

/// All of them, compiled once.
pub(super) fn all() -> impl Iterator<Item = &'static AccessFormat> + Clone {
    COMPILED.iter().map(|(_, format)| format)
}

pub(super) fn named(name: &str) -> Option<AccessFormat> {
    let found = COMPILED.iter().find(|(known, _)| known.names.contains(&name));
    found.map(|(_, format)| format.clone())
}
