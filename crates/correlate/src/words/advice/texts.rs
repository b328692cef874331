//! The advice in words, with what to write into which file.

use logscan_parser::Level;

/// A format that has all that helps: the last fields tie a request to a report, and its error lines to it.
const LOG_FORMAT: &str = "log_format cf '$remote_addr $realip_remote_addr [$time_iso8601] $msec $host \"$request\" $status \
     \"$upstream_status\" $bytes_sent $body_bytes_sent $request_time \"$upstream_response_time\" $pid $connection \
     $connection_requests $request_id $http_cf_ray';";

pub(super) const ROTATED_FILE: &str = "Some errors lie outside of the time that the logs hold. Give the rotated files as well (access.log.1, error.log.1, \
     *.gz), and keep them for longer: rotate 30 in /etc/logrotate.d/nginx.";

pub(super) const FPM_LOG: &str = "Read php-fpm's log as well: nginx only sees that a worker was lost or late, php-fpm says why (signal, time-out, full \
     pool). In php-fpm.conf: error_log = /var/log/php-fpm.log and log_level = notice.";

pub(super) const CONNECTION: &str = "Add $pid and $connection to log_format: error lines carry the same numbers (PID#0: *CONNECTION), so that each \
     request has its own error lines for certain.";

pub(super) const CATCH_WORKERS_OUTPUT: &str = "A 500 without PHP's message: in the pool's file set php_admin_flag[log_errors] = on, \
     php_admin_value[error_log] = /var/log/php-errors.log (writable for the pool's user) and catch_workers_output = yes; \
     reload php-fpm.";

pub(super) const TOO_MANY: &str = "So many requests fit the reports that not all of them could be kept. Ask for fewer reports or a shorter time at once, \
     or give the logs of that time only.";

pub(super) fn access_log(apache: bool) -> String {
    let format = if apache {
        "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %v %B %D %{CF-Ray}i\" cf"
    } else {
        LOG_FORMAT
    };
    format!(
        "Read the access log as well: it ties each report to its request. The best format for it: {format}"
    )
}

pub(super) fn error_log(apache: bool) -> &'static str {
    if apache {
        "Read Apache's error log as well: it has the reasons of failed requests. ErrorLog in the configuration says where \
         it is."
    } else {
        "Read nginx's error log as well: the access log has the status of a failed request, the error log its reason. \
         error_log /var/log/nginx/error.log notice;"
    }
}

pub(super) fn ray_id(apache: bool) -> &'static str {
    if apache {
        "Add %{CF-Ray}i to LogFormat: it ties each report to its request for certain, and measures how far the clocks are \
         apart."
    } else {
        "Add $http_cf_ray to log_format: it ties each report to its request for certain, and measures how far the clocks \
         are apart. For instance: log_format cf '$remote_addr - $remote_user [$time_local] \"$request\" $status \
         $body_bytes_sent \"$http_referer\" \"$http_user_agent\" $host $msec $bytes_sent $request_time $pid $connection \
         $http_cf_ray'; access_log /var/log/nginx/access.log cf;"
    }
}

pub(super) fn request_time(apache: bool) -> &'static str {
    if apache {
        "Add %D to LogFormat: how long requests took tells the edge's time-outs from visitors who left."
    } else {
        "Add $request_time to log_format: a 499 near 125 s (older: 100, 120) is the edge giving up, any other a visitor \
         who left; and it tells when a request began."
    }
}

pub(super) fn head_size(apache: bool) -> &'static str {
    if apache {
        "Add %O (mod_logio) and %B to LogFormat: the difference is the response head, and one over 128 KB is a 520 that no \
         other line shows."
    } else {
        "Add $bytes_sent and $body_bytes_sent to log_format: the difference is the response head, and one over 128 KB is a \
         520 that no other line shows."
    }
}

pub(super) fn host(apache: bool) -> &'static str {
    if apache {
        "Add %{Host}i to LogFormat: the reports are of several hosts, and the log does not tell them apart."
    } else {
        "Add $host to log_format: the reports are of several hosts, and the log does not tell them apart."
    }
}

pub(super) fn level(level: Option<Level>, apache: bool) -> String {
    let why = match level {
        Some(Level::Info) if apache => {
            return "Set LogLevel ssl:info in Apache's configuration: it does not log failed TLS handshakes otherwise."
                .to_owned();
        }
        Some(Level::Info) => "failed TLS handshakes (525, 526) are told at no graver level",
        Some(Level::Notice) => "stops, starts and reloads of nginx (520, 521) are told at no graver level",
        _ => "failures of single requests are of level error, and no line of it was found",
    };
    let name = level.unwrap_or(Level::Error).as_str();
    format!("Have more in the error log: error_log /var/log/nginx/error.log {name}; as {why}.")
}

pub(super) fn behind_proxy(apache: bool) -> &'static str {
    if apache {
        "The log has Cloudflare's addresses in place of the visitors': with mod_remoteip, RemoteIPHeader CF-Connecting-IP and \
         a RemoteIPTrustedProxy for each range of cloudflare.com/ips; log %a. Until then fail2ban and rate limits hit \
         Cloudflare."
    } else {
        "The log has Cloudflare's addresses in place of the visitors': real_ip_header CF-Connecting-IP; and a \
         set_real_ip_from line for each range of cloudflare.com/ips (set_real_ip_from 173.245.48.0/20; ...). Until then \
         fail2ban and rate limits hit Cloudflare."
    }
}
