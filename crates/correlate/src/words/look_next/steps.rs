//! The steps, one by one.

use logscan_parser::Level;

use crate::words::seen::Seen;

pub(super) const PAST_THE_EDGE: &str = "Ask the origin past the edge: curl -skv -o /dev/null --connect-to ::ORIGINIP https://HOST/URI. 'Empty reply', 'Recv \
     failure', 'transfer closed' or odd header lines show the fault without Cloudflare.";

pub(super) const RESETS: &str = "A reset between Cloudflare and the origin (firewall, DDoS filter, balancer): tcpdump -ni any 'tcp port 443 and \
     tcp[tcpflags] & tcp-rst != 0' on the origin.";

pub(super) const TICKET: &str = "Was it Cloudflare itself? See cloudflarestatus.com for that hour; then a ticket with Ray IDs, times in UTC and the \
     access log of that minute.";

pub(super) const NEAR_LIMIT: &str = "A 499 near 125 s (older: 100, 120) is the edge giving up: read it as a 524, and look for what is slow \
     (request_slowlog_timeout = 10s in php-fpm's pool).";

pub(super) const SSL_MODE: &str = "Compare the SSL mode with what listens: ss -ltnp | grep -E ':(80|443) '. Full and Full (strict) need 443, Flexible \
     80; [::] too if there is an AAAA record.";

pub(super) const FROM_OUTSIDE: &str = "From another machine: curl -skv -o /dev/null --connect-to ::ORIGINIP https://HOST/. If that works, only the edge's \
     addresses are refused.";

pub(super) const SYNS: &str = "See the packets: tcpdump -ni any 'tcp port 443 and tcp[tcpflags] & tcp-syn != 0'. SYNs without an answer: firewall or \
     full queue. None at all: wrong address or a filter in front.";

pub(super) const QUEUES: &str = "Was the machine too busy? nstat -az TcpExtListenOverflows TcpExtListenDrops; journalctl -k | grep -iE 'conntrack|SYN \
     flooding|oom'; ss -ltn (Recv-Q at Send-Q = queue full).";

pub(super) const ADDRESS: &str = "Is it the right machine? Compare the A and AAAA records in the dashboard with ip -br addr on the origin.";

pub(super) const LOSS: &str = "Packets lost on the way: mtr -T -P 443 -c 50 104.16.0.1 from the origin, and large ones too (MTU): ping -M do -s 1472 \
     1.1.1.1.";

pub(super) const ROUTE: &str = "Routes: ip route get 172.64.0.1 on the origin must go to the normal gateway; from somewhere else mtr -T -P 443 \
     ORIGINIP names the hop that fails.";

pub(super) const MACHINE: &str = "Was the whole machine away? A gap in all logs at that time (journalctl), last -x | head, and the provider's console \
     tell.";

pub(super) const SLOWLOG: &str = "Trace what is slow: slowlog = /var/log/php-fpm-slow.log and request_slowlog_timeout = 10s in the pool, systemctl \
     reload php8.x-fpm.";

pub(super) const FPM_FULL: &str = "Read php-fpm's log as well (/var/log/php*-fpm.log): 'server reached max_children' is a full pool; with pm = static it \
     says nothing.";

pub(super) const POOL: &str = "While it happens: pm.status_path (listen queue, active processes), or ss -lxn | grep fpm: a Recv-Q above 0 is \
     requests that wait for a worker.";

pub(super) const DATABASE: &str =
    "While it happens: SHOW FULL PROCESSLIST in MySQL; queries that wait for locks hold PHP's workers.";

pub(super) const S_CLIENT: &str = "Do what the edge does: openssl s_client -connect ORIGINIP:443 -servername HOST </dev/null. It shows protocol, cipher \
     and certificate, or where it breaks.";

pub(super) const PLAIN_443: &str = "Plain HTTP on 443? curl -sk -o /dev/null -w '%{http_code}\\n' http://HOST:443/ --connect-to ::ORIGINIP. 200 or 301: \
     the listen line lacks ssl.";

pub(super) const TLS_CHANGES: &str = "What changed: certbot, ssl_protocols, a new default server, an OpenSSL upgrade? ls -lt /etc/nginx \
     /etc/letsencrypt/live/*.";

pub(super) const CERTIFICATE: &str = "See what is served: openssl s_client -connect ORIGINIP:443 -servername HOST </dev/null | openssl x509 -noout -dates \
     -subject -issuer -ext subjectAltName.";

pub(super) const RENEWAL: &str = "Expired: certbot renew, then reload the web server. If the file is new and the old one is served, only the reload \
     was missing.";

pub(super) const OTHER_BLOCK: &str = "The certificate of another name: no server block for HOST on 443, so the default server answers. Compare openssl \
     s_client with and without -servername HOST.";

pub(super) const CODE_1XXX: &str = "Read the 1xxx code on the error page: 1016 is a name that does not resolve, 1033 a tunnel that is not connected.";

pub(super) const NAME: &str = "1016: dig +short ORIGINNAME (target of the CNAME, of an origin rule or of a Worker's fetch). No address: mend that \
     record.";

pub(super) const TUNNEL: &str = "1033: systemctl status cloudflared; journalctl -u cloudflared -n 50.";

pub(super) const COMPRESSED: &str = "The edge makes a 502 of gzip that is broken or has a wrong length. Look: curl -sk --compressed -o /dev/null \
     --connect-to ::ORIGINIP https://HOST/URI; and try it with compression off for that location.";

pub(super) const WHOSE: &str = "Whose was it? A full Cloudflare page with 'Host: Error', or a page that does not name Cloudflare: the origin's. A bare \
     page that names cloudflare: the edge's.";

pub(super) const INTERNAL: &str = "See ClientRequestSource in the export: a 504 with origin status 0 from earlyHintsCache or edgeWorkerCacheAPI is \
     internal, and no visitor saw it.";

pub(super) const BACK_END: &str = "Ask the back end: one that answers 502 or 504 itself leaves no line in the web server's error log. \
     $upstream_status and $upstream_addr in log_format name it.";

pub(super) const BUSY: &str = "A 503 is a limit or maintenance: limit_req and limit_conn (error log), a .maintenance file of WordPress, a full \
     Apache, or the application itself.";

pub(super) const PHP_LOG: &str = "Read PHP's own log as well: php_admin_value[error_log] of the pool, or error_log of php.ini, says where it is.";

pub(super) const APP_LOG: &str = "The application answered so and knows why: wp-content/debug.log (WP_DEBUG_LOG), storage/logs, var/log of that site.";

/// A head over the limit is an ordinary answer in the access log.
pub(super) fn head_size(seen: &Seen<'_>) -> String {
    let fields = if seen.witnesses.apache() { "%O and %B" } else { "$bytes_sent and $body_bytes_sent" };
    format!(
        "Log {fields}: a head over {} is an ordinary answer here. To see it now: curl -sk -o /dev/null -D - \
         --connect-to ::ORIGINIP https://HOST/URI | wc -c, with the visitor's cookies.",
        seen.head_limit()
    )
}

/// Without it nobody can tell an edge that gave up from a visitor who left.
pub(super) fn request_time(seen: &Seen<'_>) -> String {
    if seen.witnesses.apache() {
        return "Add %D to LogFormat: a request of about 125 s (older: 100, 120) is one that the edge gave up on.".to_owned();
    }
    "Add $request_time to log_format: a 499 near 125 s (older: 100, 120) is the edge giving up, any other a visitor who \
     left."
        .to_owned()
}

/// With a time alone, the report may be about any request.
pub(super) fn identify(seen: &Seen<'_>) -> String {
    let log = match seen.tells.rays {
        0 if seen.witnesses.apache() => "; log it, too: %{CF-Ray}i",
        0 => "; log it, too: $http_cf_ray",
        _ => "",
    };
    format!(
        "Get the Ray ID or the URI of such an error (error page, Logpush, HAR file, cf-ray header): then its line can be \
         found{log}."
    )
}

/// Its line may be in a log that was not read.
pub(super) fn other_log(seen: &Seen<'_>) -> String {
    let (find, folder) = if seen.witnesses.apache() {
        ("apache2ctl -S; grep -r CustomLog /etc/apache2", "/var/log/apache2")
    } else {
        ("nginx -T | grep -n access_log", "/var/log/nginx")
    };
    format!(
        "Was the log of that site read? {find}; zgrep RAYID {folder}/*. And does another server answer to the name, \
         too?"
    )
}

/// The web server may have been down.
pub(super) fn stopped(seen: &Seen<'_>) -> String {
    let (server, unit) = (seen.witnesses.server(), seen.witnesses.unit());
    format!("Was {server} stopped? journalctl -u {unit}; journalctl -k | grep -i oom; last -x | head.")
}

pub(super) fn listens(seen: &Seen<'_>) -> String {
    let unit = seen.witnesses.unit();
    let test = if seen.witnesses.apache() { "apache2ctl -t" } else { "nginx -t" };
    format!(
        "What listens? ss -ltnp | grep -E ':(80|443) ' (Full and Full (strict): 443, Flexible: 80). Nothing: {test}, \
         then systemctl start {unit}."
    )
}

/// Firewalls write no lines about what they reject or drop; lists of bans do.
pub(super) fn bans(seen: &Seen<'_>, verdicts: &str) -> String {
    let log = if seen.witnesses.bans() { "" } else { " Read /var/log/fail2ban.log as well." };
    let address =
        if seen.report.edge.is_some() { "the report's edge address" } else { "Cloudflare's addresses" };
    format!(
        "Look for bans of {address}: fail2ban-client banned; nft list ruleset | grep -iE '{verdicts}'; csf -g IP; the \
         provider's firewall.{log}"
    )
}

/// Failures of TLS are told at level info only; `None` where that level is heard.
pub(super) fn tls_level(seen: &Seen<'_>) -> Option<String> {
    if seen.witnesses.hears(Level::Info) {
        return None;
    }
    Some(if seen.witnesses.apache() {
        "TLS failures are of level info: set LogLevel ssl:info, reload, wait for the next, and read the error log."
            .to_owned()
    } else {
        "TLS failures are of level info, and none was read: error_log /var/log/nginx/error.log info; reload, wait for \
         the next, and read 'SSL_do_handshake() failed'."
            .to_owned()
    })
}

/// The edge keeps connections for longer than web servers do, and uses them again.
pub(super) fn kept_connections(seen: &Seen<'_>) -> String {
    if seen.witnesses.apache() {
        return "Apache closes kept connections after KeepAliveTimeout (5 s), and a request that comes just then is lost \
                without a line: raise it for a day and see whether these 520s get fewer."
            .to_owned();
    }
    "A kept connection that nginx closes as a request arrives leaves no line at any level. Set keepalive_timeout 910s; \
     for a day: if these 520s vanish, that was it."
        .to_owned()
}
