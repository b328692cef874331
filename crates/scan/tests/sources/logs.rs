//! A log of each source, made of the catalogue's samples at times that grow.

use logscan_catalogue::Catalogue;
use logscan_parser::{AccessFormat, Source};
use logscan_scan::Timestamp;

/// 2026-11-22T00:00:00Z: the day of all samples.
pub(crate) const DAY: i64 = 1_795_305_600;

/// A record and the second of the day that it is from.
pub(crate) struct Written {
    pub(crate) second: i64,
    pub(crate) text: String,
}

/// A log of one source.
pub(crate) struct SourceLog {
    pub(crate) name: &'static str,
    pub(crate) records: Vec<Written>,
}

/// The form of the samples of requests to nginx, which they alone do not tell.
const NGINX: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
     \"$http_referer\" \"$http_user_agent\" \"$http_cf_ray\" $host rt=$request_time us=$upstream_status \
     urt=$upstream_response_time bs=$bytes_sent";

/// Forms of access logs besides those of the samples.
const LTSV: &str = "time:22/Nov/2026:14:03:07 +0000\thost:192.0.2.7\treq:GET /a HTTP/1.1\tstatus:502\tsize:157\t\
                    reqtime:0.104\tua:Mozilla/5.0\tapptime:0.103";
const JSON: &str = "{\"time_local\":\"22/Nov/2026:14:03:07 +0000\",\"remote_addr\":\"192.0.2.7\",\"request\":\"GET /a \
                    HTTP/1.1\",\"status\":\"502\",\"body_bytes_sent\":\"157\",\"request_time\":\"0.104\",\
                    \"upstream_status\":\"502\",\"http_user_agent\":\"Mozilla/5.0\"}";
const COMBINED: &str =
    "192.0.2.7 - - [22/Nov/2026:14:03:07 +0000] \"GET /a HTTP/1.1\" 502 157 \"-\" \"Mozilla/5.0\"";
const FPM_ACCESS: &str = "127.0.0.1 -  22/Nov/2026:14:03:07 +0000 \"GET /index.php\" 502";
const AUDIT_JSON: &str = "{\"transaction\":{\"time\":\"22/Nov/2026:14:03:07.123456 +0000\",\"transaction_id\":\"Z0CJm38\",\
     \"remote_address\":\"172.68.10.5\",\"remote_port\":41022,\"local_address\":\"10.0.0.5\",\"local_port\":443},\"request\":\
     {\"request_line\":\"GET /?id=1 HTTP/1.1\",\"headers\":{\"Host\":\"example.com\"}},\"response\":{\"status\":403},\
     \"audit_data\":{\"messages\":[\"Access denied with code 403 (phase 2). Match.\"],\"action\":{\"intercepted\":true,\
     \"phase\":2,\"message\":\"Match.\"}}}";
const APACHE_22: &str =
    "[Sun Nov 22 14:03:07 2026] [error] [client 172.68.10.5] File does not exist: /var/www/favicon.ico";

/// The samples of a source that are whole records with a time.
fn samples(source: Source, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let kinds = Catalogue::builtin().kinds().filter(|k| k.source == Some(source));
    kinds.map(|k| k.sample.to_string()).filter(|s| fits(s)).collect()
}

fn is_packet(sample: &str) -> bool {
    sample.contains(" IN=")
}

/// The samples of each log. Each line of these holds the time in one of the forms that `at` knows.
fn all_samples() -> Vec<(&'static str, Vec<String>)> {
    let syslog = |s: &str| s.starts_with("Nov 22 14:03:07 ");
    let kernel = || samples(Source::Kernel, |s| syslog(s) && !is_packet(s) && !s.contains("[    0.0"));
    let bare = |s: &String| s.strip_prefix("Nov 22 14:03:07 web1 kernel: ").unwrap().to_owned();
    let iso = |s: &String| s.replacen("Nov 22 14:03:07", "2026-11-22T14:03:07+0000", 1);
    let systemd = samples(Source::Systemd, syslog);
    let guards = |tag: &str| samples(Source::Other, |s| s.contains(tag));
    let audits = || samples(Source::Modsecurity, |_| true);
    vec![
        ("nginx-access", samples(Source::NginxAccess, |_| true)),
        ("combined", vec![COMBINED.to_owned(), COMBINED.replace(" 502 ", " 504 ")]),
        ("json", vec![JSON.to_owned(), JSON.replace("502", "504")]),
        ("ltsv", vec![LTSV.to_owned(), LTSV.replace("502", "504")]),
        ("apache-access", samples(Source::ApacheAccess, |_| true)),
        ("php-error", samples(Source::PhpError, |s| s.starts_with("[22-Nov-2026 "))),
        ("php-fpm-access", vec![FPM_ACCESS.to_owned(), FPM_ACCESS.replace("502", "404")]),
        ("kernel", kernel()),
        ("dmesg", kernel().iter().map(bare).collect()),
        ("systemd", systemd.clone()),
        ("journal", systemd.iter().map(iso).collect()),
        ("fail2ban", samples(Source::Fail2ban, |_| true)),
        ("packets", samples(Source::Kernel, |s| syslog(s) && is_packet(s))),
        ("lfd", guards(" lfd[")),
        ("imunify", guards("defence360")),
        ("apache-error", samples(Source::ApacheError, |s| s.starts_with("[Sun Nov 22 "))),
        ("apache-2.2", vec![APACHE_22.to_owned()]),
        ("modsecurity", audits()),
        ("modsecurity-json", vec![AUDIT_JSON.to_owned()]),
    ]
}

/// A sample as it would have been written at a second of the day.
fn at(sample: &str, second: i64) -> String {
    let clock = |second: i64| format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let (utc, berlin) = (clock(second), clock(second + 3600));
    sample
        .replace("15:03:07 Europe/Berlin", &format!("{berlin} Europe/Berlin"))
        .replace("14:03:07", &utc)
        .replace("[  4848.848801]", &format!("[{second:>6}.848801]"))
        .replace("audit(1763820187.", &format!("audit({}.", DAY + second))
}

/// A text as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// A log of each source with so many records, `step` seconds apart, of samples from its first to its last.
pub(crate) fn logs(records: usize, step: i64) -> Vec<SourceLog> {
    all_samples().into_iter().map(|(name, samples)| log(name, &samples, records, step)).collect()
}

/// A log of each source of more than so many bytes, with records at every third second.
pub(crate) fn large_logs(bytes: usize) -> impl Iterator<Item = SourceLog> {
    all_samples().into_iter().map(move |(name, samples)| {
        let one: usize = samples.iter().map(|s| s.len() + 1).sum();
        log(name, &samples, (bytes / one + 1) * samples.len(), 3)
    })
}

fn log(name: &'static str, samples: &[String], records: usize, step: i64) -> SourceLog {
    assert!(!samples.is_empty(), "{name}");
    let written = |n: usize| {
        let second = 60 + i64::try_from(n).unwrap() * step;
        let sample = if records < samples.len() { n * samples.len() / records } else { n % samples.len() };
        Written { second, text: at(&samples[sample], second) }
    };
    SourceLog { name, records: (0..records).map(written).collect() }
}

impl SourceLog {
    /// The form of its requests, where the lines do not tell it, or not whose they are.
    pub(crate) fn format(&self) -> Option<AccessFormat> {
        match self.name {
            "nginx-access" => Some(AccessFormat::nginx(NGINX).unwrap()),
            "apache-access" => Some(
                AccessFormat::apache("%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"").unwrap(),
            ),
            _ => None,
        }
    }

    /// Whether it holds requests, of which one form is known in a file.
    pub(crate) fn is_access(&self) -> bool {
        matches!(self.name, "nginx-access" | "combined" | "json" | "ltsv" | "apache-access")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.with_ends("\n")
    }

    pub(crate) fn with_ends(&self, end: &str) -> Vec<u8> {
        self.records.iter().flat_map(|r| format!("{}\n", r.text).replace('\n', end).into_bytes()).collect()
    }

    /// When the machine was started whose kernel counts from there.
    pub(crate) fn boot() -> Timestamp {
        Timestamp::from_seconds(DAY)
    }

    /// Lines with the second they were written.
    fn lines(&self) -> impl Iterator<Item = (i64, &str)> {
        self.records.iter().flat_map(|r| r.text.split('\n').map(move |line| (r.second, line)))
    }

    /// The lines as Docker's `json-file` driver keeps them.
    pub(crate) fn in_docker(&self) -> Vec<u8> {
        let line = |(second, line): (i64, &str)| {
            let time = Timestamp::from_seconds(DAY + second).to_string();
            let log = quoted(&format!("{line}\n"));
            format!("{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"{time}\"}}\n").into_bytes()
        };
        self.lines().flat_map(line).collect()
    }

    /// The lines in the format of Kubernetes' CRI, long ones in parts.
    pub(crate) fn in_cri(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (second, line) in self.lines() {
            let time = Timestamp::from_seconds(DAY + second).to_string();
            let middle = line.len() / 2;
            if line.is_char_boundary(middle) && second % 3 == 0 && middle > 0 {
                bytes.extend(format!("{time} stderr P {}\n", &line[..middle]).into_bytes());
                bytes.extend(format!("{time} stderr F {}\n", &line[middle..]).into_bytes());
            } else {
                bytes.extend(format!("{time} stderr F {line}\n").into_bytes());
            }
        }
        bytes
    }

    /// The records as `journalctl -o json` shows them.
    pub(crate) fn in_journal(&self) -> Vec<u8> {
        let identifier = match self.name {
            "apache-error" | "apache-2.2" | "apache-access" => "apache2",
            "php-error" | "php-fpm-access" => "php-fpm8.2",
            "fail2ban" => "fail2ban.actions",
            "imunify" => "imunify360",
            _ => "nginx",
        };
        let entry = |r: &Written| {
            let micros = (DAY + r.second) * 1_000_000;
            let (tag, message) = match r.text.strip_prefix("Nov 22 ").and_then(|s| s.split_once("web1 ")) {
                Some((_, tagged)) => tagged.split_once(": ").unwrap(),
                None => (identifier, &*r.text),
            };
            let (tag, pid) = tag.split_once('[').unwrap_or((tag, "77]"));
            let transport = if tag == "kernel" { "kernel" } else { "stdout" };
            let (tag, pid, message) = (quoted(tag), quoted(pid.trim_end_matches(']')), quoted(message));
            format!(
                "{{\"__REALTIME_TIMESTAMP\":\"{micros}\",\"_HOSTNAME\":\"web1\",\"PRIORITY\":\"6\",\
                 \"_TRANSPORT\":\"{transport}\",\"SYSLOG_IDENTIFIER\":{tag},\"_PID\":{pid},\"MESSAGE\":{message}}}\n"
            )
            .into_bytes()
        };
        self.records.iter().flat_map(entry).collect()
    }
}
