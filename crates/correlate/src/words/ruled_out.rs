//! What was looked at and does not explain a report.

use std::time::Duration;

use super::seen::{Around, Fate, Seen};

/// What was found, the request first, then what the report says, then the other logs.
pub(super) fn ruled_out(seen: &Seen<'_>) -> Vec<String> {
    [by_request(seen), by_head(seen), by_origin_status(seen), by_connection(seen), by_logs(seen)]
        .into_iter()
        .flatten()
        .collect()
}

fn by_request(seen: &Seen<'_>) -> Option<String> {
    let server = seen.witnesses.server();
    if seen.report.status == Some(530) {
        return Some(
            "With a 530 Cloudflare found no origin to connect to, so no log of the origin can show it."
                .to_owned(),
        );
    }
    let took = took(seen.line().and_then(|l| l.took));
    match seen.fate() {
        Fate::Answered(status) => {
            // A rule answers with 4xx, too.
            let behind = if status < 400 { "crash, rule or back end" } else { "crash or back end" };
            Some(if seen.by_ray {
                format!(
                    "{server} answered this request in the ordinary way ({status}{took}), so no {behind} is behind it."
                )
            } else {
                format!(
                    "The access line that fits best is an ordinary answer ({status}{took}). If it is this request, no \
                     {behind} is behind the error."
                )
            })
        }
        Fate::GaveUp => {
            let line = seen.line().and_then(|l| l.took);
            // Documented limits lie no lower than 100 s, so with some allowance.
            let early = line.is_some_and(|t| t < Duration::from_secs(95));
            let then = if early { ", before any limit of the edge" } else { "" };
            Some(format!(
                "{server} logged a 499{took}: the other side went away first{then}. The origin neither refused the \
                 request nor lost it."
            ))
        }
        Fate::Failed(status) if Some(status) == seen.report.status => Some(format!(
            "{server} itself answered {status}, so neither Cloudflare nor the way to it is the reason; no line that \
             was read says why."
        )),
        Fate::Failed(status) => Some(match seen.report.status {
            Some(edge) => format!(
                "The access line that fits, a {status}, does not make a {edge}, and no line says more of it."
            ),
            None => format!("The access line that fits is a {status}, and no line says why."),
        }),
        Fate::OnlyError => {
            Some("The error log names this request, but with nothing that makes this status.".to_owned())
        }
        Fate::NoAccessLog => {
            Some(format!("No access log was read, so whether the request reached {server} is not known."))
        }
        Fate::Absent | Fate::Unnamed => without_line(seen, server),
    }
}

/// Where no access line is known to be about it: what the others show.
fn without_line(seen: &Seen<'_>, server: &str) -> Option<String> {
    let absent = seen.fate() == Fate::Absent;
    let no_line = match (absent, seen.ray_is_missing()) {
        (true, true) => "The access log has Ray IDs, but not this one",
        (true, false) => "No access line fits the request",
        (false, _) => "The report names no request, so only its time could be compared",
    };
    Some(match (seen.around(), seen.report.status) {
        (Around::Served, Some(521)) => format!(
            "{server} served other requests at that time, so it was running: what refused this connection is a \
             firewall, or nothing listens on that port or address."
        ),
        (Around::Served, Some(522 | 523)) => format!(
            "{server} served other requests at that time, so machine and network were up: these packets alone were \
             lost or dropped."
        ),
        (Around::Served, Some(525 | 526)) => format!(
            "{server} served other requests at that time, so it was running. A handshake that failed leaves no \
             access line."
        ),
        (Around::Served, _) if absent => format!(
            "{no_line}, though {server} served others at that time: it was running, and this one was cut off before \
             it was logged, or is in another log."
        ),
        (Around::Served, _) => format!("{no_line}; {server} served requests then, so it was running."),
        // Whoever shakes hands is up: it is silent because no handshake succeeds.
        (Around::Silent, Some(525 | 526)) => {
            "No request at all was logged at that time, though some would be usual: no handshake seems to have \
             succeeded, whoever asked."
                .to_owned()
        }
        (Around::Silent, _) => format!(
            "No request at all was logged at that time, though some would be usual: {server} may have been down, \
             stuck or cut off."
        ),
        (Around::Thin, _) => format!(
            "No request at all was logged at that time; with so little traffic that does not show that {server} was \
             down."
        ),
        (Around::Unknown, _) => format!("{no_line}."),
    })
}

/// `, in under 1 s`: in classes, for reports to be told alike.
fn took(took: Option<Duration>) -> &'static str {
    match took.map(|t| t.as_secs()) {
        None => "",
        Some(0) => " in under 1 s",
        Some(1..=9) => " in under 10 s",
        Some(10..=59) => " in under 60 s",
        Some(60..=94) => " after more than 60 s",
        Some(_) => " after more than 95 s",
    }
}

/// A head that is too big would explain a 520.
fn by_head(seen: &Seen<'_>) -> Option<String> {
    if seen.report.status != Some(520) || !matches!(seen.fate(), Fate::Answered(_)) {
        return None;
    }
    let head = seen.line()?.head?;
    let limit = seen.head_limit();
    if head < seen.limits.old_response_head {
        Some(format!("Its response head was small; the edge takes {limit}."))
    } else if head < seen.limits.response_head {
        let old = seen.limits.old_response_head / 1024;
        Some(format!("Its response head was over {old} KB, but below the {limit} that the edge takes."))
    } else {
        None
    }
}

fn by_origin_status(seen: &Seen<'_>) -> Option<String> {
    let (status, origin) = (seen.report.status?, seen.origin_status());
    if seen.cached() && status >= 500 {
        return Some("Cloudflare's cache had the answer, so the origin need not have been asked.".to_owned());
    }
    match (status, origin?) {
        (520, 0) => Some(
            "Cloudflare got nothing of an answer (origin status 0), so the connection was cut: after a head that is \
             too big it knows the status, as a rule."
                .to_owned(),
        ),
        (520, origin @ 100..=499) => Some(format!(
            "Cloudflare read the origin's status ({origin}), so the connection stood: what came after it was too \
             big, malformed or cut off."
        )),
        (500..=504, 0) => Some(format!(
            "Cloudflare got no answer from the origin (origin status 0), so it made the {status} itself."
        )),
        (500..=504, origin) if origin == status => {
            Some(format!("The origin itself answered {status}, says Cloudflare: the edge only passed it on."))
        }
        (500..=504, origin) => Some(format!("The origin answered {origin}, and Cloudflare made a {status} of it.")),
        _ => None,
    }
}

/// What times the report tells of the connection.
fn by_connection(seen: &Seen<'_>) -> Option<String> {
    let server = seen.witnesses.server();
    match seen.report.status? {
        520 => match seen.kept_connection()? {
            true => Some(
                "It went over a kept connection (handshake times are 0), so neither a ban, TLS nor the port is the \
                 reason."
                    .to_owned(),
            ),
            false => Some(format!(
                "It went over a new connection (the handshake took time), so it is no kept one that {server} closed."
            )),
        },
        // A SYN is given up after 19 s, and a second attempt may follow; a request that is not acknowledged after 90 s.
        522 => match seen.waited()?.as_secs() {
            15..=60 => Some(
                "It ended after the time that the edge waits for a connection: its SYN packets got no answer."
                    .to_owned(),
            ),
            85.. => Some(
                "It lasted about 90 s: the connection stood, and the request was not acknowledged, so no ban of new \
                 connections is behind it."
                    .to_owned(),
            ),
            _ => None,
        },
        _ => None,
    }
}

fn by_logs(seen: &Seen<'_>) -> Option<String> {
    if seen.has_guess {
        return Some("What else happened near that time fits it no better than chance would.".to_owned());
    }
    let named = seen.witnesses.named()?;
    if seen.report.status == Some(530) {
        return None;
    }
    Some(format!("No failure in {named} fits its time and status."))
}

#[cfg(test)]
mod tests {
    use logscan_parser::Source::{self, NginxAccess, NginxError, PhpFpm};

    use super::super::sample::Sample;
    use super::*;

    fn told(sample: &Sample) -> String {
        ruled_out(&sample.seen()).join("\n")
    }

    #[test]
    fn an_ordinary_answer_by_ray_id_rules_the_origin_out() {
        let mut sample = Sample::of(520, &[NginxAccess, NginxError]).answered(200, Some(0.04));
        sample.by_ray = true;
        let words = told(&sample);
        assert!(words.contains("ordinary way (200 in under 1 s)"), "{words}");
        assert!(words.contains("no crash, rule or back end"), "{words}");
        // The same, whatever the fraction of a second: lists alike are told once.
        let mut other = Sample::of(520, &[NginxAccess, NginxError]).answered(200, Some(0.31));
        other.by_ray = true;
        assert_eq!(words, told(&other));
    }

    #[test]
    fn an_answer_found_by_the_request_may_be_of_another() {
        let words = told(&Sample::of(520, &[NginxAccess]).answered(200, None));
        assert!(words.contains("fits best") && words.contains("If it is this request"), "{words}");
    }

    #[test]
    fn a_forbidden_request_may_be_the_work_of_a_rule() {
        let words = told(&Sample::of(520, &[NginxAccess]).answered(403, None));
        assert!(words.contains("403") && !words.contains("rule"), "{words}");
    }

    #[test]
    fn a_head_that_was_logged_is_ruled_out_where_it_is_small() {
        let small = told(&Sample::of(520, &[NginxAccess]).answered(200, None).head(700));
        assert!(small.contains("head was small") && small.contains("128 KB"), "{small}");
        let big = told(&Sample::of(520, &[NginxAccess]).answered(200, None).head(60_000));
        assert!(big.contains("over 16 KB") && big.contains("128 KB"), "{big}");
        let unknown = told(&Sample::of(520, &[NginxAccess]).answered(200, None));
        assert!(!unknown.contains("head"), "{unknown}");
    }

    #[test]
    fn who_went_away_early_was_not_the_edge() {
        let early = told(&Sample::of(524, &[NginxAccess]).answered(499, Some(4.0)));
        assert!(early.contains("499 in under 10 s") && early.contains("before any limit"), "{early}");
        let late = told(&Sample::of(524, &[NginxAccess]).answered(499, Some(110.0)));
        assert!(!late.contains("before any limit"), "{late}");
    }

    #[test]
    fn a_failure_that_the_server_logged_is_its_own() {
        let same = told(&Sample::of(502, &[NginxAccess]).answered(502, None));
        assert!(same.contains("nginx itself answered 502"), "{same}");
        let other = told(&Sample::of(521, &[NginxAccess]).answered(502, None));
        assert!(other.contains("a 502, does not make a 521"), "{other}");
    }

    #[test]
    fn others_served_at_that_time_show_that_nginx_ran() {
        let words = told(&Sample::of(520, &[NginxAccess]).named().busy());
        assert!(words.contains("No access line fits") && words.contains("it was running"), "{words}");
        let blind = told(&Sample::of(520, &[NginxAccess]).busy());
        assert!(blind.contains("names no request") && blind.contains("it was running"), "{blind}");
        let refused = told(&Sample::of(521, &[NginxAccess]).busy());
        assert!(refused.contains("running") && refused.contains("firewall"), "{refused}");
        let ray = told(&Sample::of(520, &[NginxAccess]).ray().logs_rays().busy());
        assert!(ray.contains("has Ray IDs, but not this one"), "{ray}");
    }

    #[test]
    fn silence_says_something_only_amid_traffic() {
        let silent = told(&Sample::of(520, &[NginxAccess]).named().silent(40));
        assert!(silent.contains("No request at all") && silent.contains("may have been down"), "{silent}");
        let thin = told(&Sample::of(520, &[NginxAccess]).named().silent(2));
        let tls = told(&Sample::of(525, &[NginxAccess]).silent(40));
        assert!(tls.contains("no handshake") && !tls.contains("down"), "{tls}");
        assert!(thin.contains("No request at all") && thin.contains("does not show"), "{thin}");
    }

    #[test]
    fn without_an_access_log_that_is_said() {
        let words = told(&Sample::of(520, &[NginxError]));
        assert!(words.contains("No access log was read"), "{words}");
    }

    #[test]
    fn what_the_edge_says_of_the_origin_is_used() {
        let with = |edge: u16, origin: u16| {
            let mut sample = Sample::of(edge, &[NginxAccess]).named();
            sample.report.origin_status = Some(origin);
            told(&sample)
        };
        assert!(with(520, 0).contains("connection was cut"));
        assert!(with(520, 200).contains("the connection stood"));
        assert!(with(502, 502).contains("only passed it on"));
        assert!(with(502, 200).contains("Cloudflare made a 502 of it"));
        assert!(with(504, 0).contains("made the 504 itself"));
    }

    #[test]
    fn an_origin_status_of_0_says_nothing_where_the_cache_answered() {
        let mut sample = Sample::of(520, &[NginxAccess]).named();
        sample.report.origin_status = Some(0);
        sample.report.cache = Some("hit".to_owned());
        let words = told(&sample);
        assert!(words.contains("cache had the answer") && !words.contains("connection was cut"), "{words}");
    }

    #[test]
    fn handshake_times_tell_kept_connections_from_new_ones() {
        let with = |tcp: u64, tls: u64| {
            let mut sample = Sample::of(520, &[NginxAccess]).named();
            sample.report.tcp_handshake = Some(Duration::from_millis(tcp));
            sample.report.tls_handshake = Some(Duration::from_millis(tls));
            told(&sample)
        };
        assert!(with(0, 0).contains("kept connection (handshake times are 0)"));
        assert!(with(11, 25).contains("new connection"));
    }

    #[test]
    fn how_long_a_522_took_tells_what_was_waited_for() {
        let with = |seconds: u64| {
            let mut sample = Sample::of(522, &[NginxAccess]);
            sample.report.took = Some(Duration::from_secs(seconds));
            told(&sample)
        };
        assert!(with(19).contains("SYN packets got no answer"));
        assert!(with(91).contains("not acknowledged"));
    }

    #[test]
    fn the_other_logs_are_named() {
        let mut sample = Sample::of(520, &[NginxAccess, NginxError, PhpFpm, Source::Kernel]).named();
        let none = told(&sample);
        assert!(none.contains("fits its time and status"), "{none}");
        assert!(none.contains("the error log, php-fpm's log and the kernel's log"), "{none}");
        sample.has_guess = true;
        assert!(told(&sample).contains("no better than chance"));
        let alone = told(&Sample::of(520, &[NginxAccess]).named());
        assert!(!alone.contains("No failure"), "{alone}");
    }

    #[test]
    fn a_530_never_reaches_the_origin() {
        let words = told(&Sample::of(530, &[NginxAccess, NginxError]).busy());
        assert!(words.contains("no log of the origin") && !words.contains("No failure"), "{words}");
    }
}
