//! Units of systemd that visitors depend on.

use logscan_parser::{Body, Record};

/// Words in the names of units that serve pages, or stand behind those that do.
const NAMES: [&str; 23] = [
    "nginx",
    "angie",
    "openresty",
    "tengine",
    "fpm",
    "apache",
    "httpd",
    "caddy",
    "lsws",
    "litespeed",
    "haproxy",
    "varnish",
    "hitch",
    "mysql",
    "mariadb",
    "postgresql",
    "redis",
    "valkey",
    "memcached",
    "gunicorn",
    "uwsgi",
    "puma",
    "unicorn",
];

/// Words in the descriptions of such units, by which older versions name them: those of Debian, RHEL and nginx.org.
const DESCRIPTIONS: [&str; 14] = [
    "reverse proxy server",
    "high performance web server",
    "FastCGI Process Manager",
    "Apache HTTP Server",
    "OpenLiteSpeed",
    "MariaDB",
    "MySQL",
    "PostgreSQL",
    "Redis",
    "Advanced key-value store",
    "memcached daemon",
    "Varnish",
    "HAProxy",
    "OpenResty",
];

/// Whether a record is about a unit that visitors depend on.
pub(crate) fn is_web(record: &Record<'_>) -> bool {
    let Body::Systemd(systemd) = &record.body else { return false };
    let holds = |text: &[u8], words: &[&str]| {
        words.iter().any(|w| memchr::memmem::find(text, w.as_bytes()).is_some())
    };
    match systemd.unit {
        // Timers and slices serve nobody.
        Some(unit) => (unit.ends_with(b".service") || unit.ends_with(b".socket")) && holds(unit, &NAMES),
        None => {
            let line = systemd.text.split(|b| *b == b'\n').next().unwrap_or_default();
            holds(line, &DESCRIPTIONS)
        }
    }
}
