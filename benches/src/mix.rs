//! How often each kind comes.

use logscan_catalogue::Catalogue;

use crate::Log;
use crate::template::Template;

/// What a busy server writes most. All other kinds have weight 1, and together make about a tenth of a log.
const NGINX: &[(&str, u64)] = &[
    // Upstream errors: a fifth of all.
    ("upstream-timeout-header", 150),
    ("upstream-closed-header", 130),
    ("connect-unix-eagain", 110),
    ("upstream-recv-reset-header", 100),
    ("upstream-no-live", 90),
    ("connect-refused-tcp", 80),
    ("upstream-timeout-connect", 40),
    ("upstream-closed-body", 30),
    ("connect-unix-enoent", 25),
    ("upstream-too-big-header", 20),
    ("upstream-timeout-body", 15),
    ("connect-unix-refused", 10),
    // Clients.
    ("client-closed-keepalive", 350),
    ("client-closed-waiting", 150),
    ("client-timeout-waiting", 120),
    ("client-closed-upstream-too", 110),
    ("client-closed-epoll", 90),
    ("client-recv-reset-keepalive", 60),
    ("client-recv-reset-waiting", 50),
    ("client-send-epipe", 40),
    ("client-plain-to-https", 30),
    ("client-invalid-method", 20),
    ("h2-canceled-stream", 40),
    ("tls-handshake-eof", 80),
    ("tls-peer-closed-handshake", 80),
    ("tls-handshake-no-shared-cipher", 40),
    ("tls-handshake-unsupported-protocol", 40),
    ("tls-handshake-syscall-reset", 30),
    // Requests.
    ("static-not-found", 350),
    ("access-forbidden", 200),
    ("limit-req-reject", 180),
    ("upstream-response-buffered", 120),
    ("client-body-buffered", 80),
    ("limit-req-delay", 60),
    ("index-forbidden", 60),
    ("modsec-denied", 40),
    ("limit-conn", 30),
    ("auth-password-mismatch", 20),
    ("client-too-large-body", 20),
    // Scripts.
    ("fastcgi-php-warning", 250),
    ("fastcgi-php-notice", 160),
    ("fastcgi-php-uncaught", 90),
    ("fastcgi-primary-script-unknown", 60),
    ("fastcgi-stderr-any", 60),
    ("fastcgi-php-memory", 20),
    ("fastcgi-php-max-exec", 10),
];

const FPM: &[(&str, u64)] = &[
    ("fpm-child-started", 300),
    ("fpm-said-php-message", 300),
    ("fpm-child-exit-0", 250),
    ("fpm-request-slow", 150),
    ("fpm-seems-busy", 120),
    ("fpm-max-children-reached", 100),
    ("fpm-said-php-fatal", 60),
    ("fpm-request-terminated", 40),
    ("fpm-about-to-trace", 40),
    ("fpm-finished-trace", 40),
    ("fpm-child-sigsegv", 30),
    ("fpm-child-sigterm", 20),
];

/// Stack traces, which in php-fpm's log are a record a line, or, without decoration, one record.
const FPM_TRACES: &[(&str, u64, &str)] = &[
    (
        "fpm-said-php-fatal",
        40,
        "[22-Nov-2026 14:03:07] WARNING: [pool www] child 1234 said into stderr: \"NOTICE: PHP message: PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/example.com/a.php:44\"
[22-Nov-2026 14:03:07] WARNING: [pool www] child 1234 said into stderr: \"Stack trace:\"
[22-Nov-2026 14:03:07] WARNING: [pool www] child 1234 said into stderr: \"#0 /var/www/example.com/a.php(44): PDO->__construct()\"
[22-Nov-2026 14:03:07] WARNING: [pool www] child 1234 said into stderr: \"#1 {main}\"
[22-Nov-2026 14:03:07] WARNING: [pool www] child 1234 said into stderr: \"  thrown in /var/www/example.com/a.php on line 44\"",
    ),
    (
        "fpm-undecorated-php-message",
        40,
        "NOTICE: PHP message: PHP Fatal error:  Uncaught TypeError: count(): Argument #1 ($value) must be of type Countable|array, null given in /var/www/example.com/a.php:21
Stack trace:
#0 /srv/www/index.php(12): require()
#1 {main}
  thrown in /var/www/example.com/a.php on line 21",
    ),
];

/// The templates of a log, of every kind of the catalogue that its file can hold; none for an access log, whose
/// requests are no samples.
pub(crate) fn templates(log: Log) -> Vec<Template> {
    let common = match log {
        Log::NginxError => NGINX,
        Log::NginxAccess => return Vec::new(),
        Log::PhpFpm => FPM,
    };
    let weight = |id: &str| common.iter().find(|(name, _)| *name == id).map_or(1, |(_, weight)| *weight);
    let kinds = Catalogue::builtin().kinds();
    let samples = kinds.filter_map(|kind| Template::new(log, &kind.id, weight(&kind.id), &kind.sample));
    let traces = FPM_TRACES.iter().filter_map(|(id, weight, sample)| Template::new(log, id, *weight, sample));
    samples.chain(traces).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_kinds_are_of_the_catalogue() {
        for (log, common) in [(Log::NginxError, NGINX), (Log::PhpFpm, FPM)] {
            let templates = templates(log);
            for (id, weight) in common {
                assert!(templates.iter().any(|t| t.id == *id && t.weight == *weight), "{id}");
            }
        }
    }
}
