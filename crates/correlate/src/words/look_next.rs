//! Where to look next for a report that nothing explains: by its status, in the order of what is likely, what the logs
//! at hand cannot show first.

mod steps;

use std::time::Duration;

use logscan_parser::Level;

use super::seen::{Around, Fate, Seen};
use steps::*;

/// Steps, the likeliest first.
pub(super) fn look_next(seen: &Seen<'_>) -> Vec<String> {
    match seen.report.status {
        Some(520) => unusable(seen),
        Some(521) => refused(seen),
        Some(522) => no_connection(seen),
        Some(523) => said(&[ADDRESS, ROUTE, MACHINE]),
        Some(524) => too_late(seen),
        Some(525) => handshake(seen),
        Some(526) => certificate(seen),
        Some(530) => said(&[CODE_1XXX, NAME, TUNNEL]),
        Some(502) => bad_gateway(seen),
        Some(504) => gateway_timeout(seen),
        Some(500..=519) => application(seen),
        _ => other(seen),
    }
}

fn said(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|s| (*s).to_owned()).collect()
}

/// 520: who closed the connection, or what was odd about the answer?
fn unusable(seen: &Seen<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    match seen.fate() {
        Fate::Answered(_) => {
            steps.extend(said(&[PAST_THE_EDGE, RESETS]));
            if seen.line().is_some_and(|l| l.head.is_none()) {
                // After a head that is too big the edge knows the status, as a rule.
                let cut = seen.origin_status() == Some(0);
                steps.insert(if cut { steps.len() } else { 0 }, head_size(seen));
            }
            steps.push(TICKET.to_owned());
            return steps;
        }
        Fate::GaveUp => {
            // Documented limits of the edge lie no lower than 100 s.
            match seen.line().and_then(|l| l.took).or(seen.waited()) {
                None => steps.push(request_time(seen)),
                Some(took) if took >= Duration::from_secs(95) => steps.push(NEAR_LIMIT.to_owned()),
                Some(_) => {}
            }
            steps.extend(said(&[RESETS, PAST_THE_EDGE, TICKET]));
            return steps;
        }
        Fate::NoAccessLog => steps.push(
            "Read the access log as well; its line decides. None: crash, restart or a kept connection. 444: a rule. \
             200: head too big or answer cut."
                .to_owned(),
        ),
        Fate::Unnamed => steps.push(identify(seen)),
        Fate::Absent | Fate::OnlyError | Fate::Failed(_) => {}
    }
    if seen.around() == Around::Silent {
        steps.push(stopped(seen));
    }
    // nginx itself tells a worker's death at any level, and others that were served speak against a restart.
    let heard = seen.witnesses.error() && seen.around() != Around::Silent;
    let mut kept = Vec::new();
    if seen.kept_connection() != Some(false) {
        kept.push(kept_connections(seen));
    }
    if heard || seen.kept_connection() == Some(true) {
        steps.append(&mut kept);
        steps.push(RESETS.to_owned());
    }
    steps.extend(unheard_crash(seen));
    steps.append(&mut kept);
    steps.push(RESETS.to_owned());
    if matches!(seen.fate(), Fate::Absent) {
        steps.push(other_log(seen));
    }
    steps.push(TICKET.to_owned());
    steps
}

/// Crashes and restarts of the web server, as far as no log at hand would tell them.
fn unheard_crash(seen: &Seen<'_>) -> Option<String> {
    let heard = seen.witnesses;
    let unit = heard.unit();
    if !heard.error() {
        return Some(format!(
            "Read the main error log as well: a worker that died is one [alert] line there, and no access line. Or: \
             journalctl -k | grep -iE 'segfault|killed process'; journalctl -u {unit}."
        ));
    }
    if !heard.hears(Level::Notice) && !heard.system() && !heard.apache() {
        return Some(format!(
            "Was nginx stopped or restarted? journalctl -u {unit}. No line of its error log is of level notice, which \
             tells that: error_log /var/log/nginx/error.log notice;"
        ));
    }
    (!heard.kernel()).then(|| {
        "Crashes and a lack of memory: journalctl -k | grep -iE 'segfault|killed process'; no log of the kernel was \
         read."
            .to_owned()
    })
}

/// 521: does nothing listen, or does a firewall reject?
fn refused(seen: &Seen<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    if seen.around() != Around::Served {
        steps.push(listens(seen));
        steps.push(stopped(seen));
        steps.push(bans(seen, "reject|drop"));
    } else {
        steps.push(bans(seen, "reject|drop"));
        steps.push(SSL_MODE.to_owned());
    }
    steps.push(FROM_OUTSIDE.to_owned());
    steps.push(TICKET.to_owned());
    steps
}

/// 522: packets are dropped, or the machine takes no more.
fn no_connection(seen: &Seen<'_>) -> Vec<String> {
    // The connection stood, but the request was not acknowledged.
    let stood = seen.waited().is_some_and(|t| t >= Duration::from_secs(85));
    let mut steps = vec![bans(seen, "drop|reject"), SYNS.to_owned(), QUEUES.to_owned(), ADDRESS.to_owned()];
    if stood {
        steps = said(&[QUEUES, LOSS, MACHINE]);
    } else if seen.around() == Around::Silent {
        steps.insert(0, MACHINE.to_owned());
    }
    steps
}

/// 524: slow, or waiting for a worker.
fn too_late(seen: &Seen<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    let heard = seen.witnesses;
    if !heard.access() {
        steps.push(
            "Read the access log as well: a 524 is a 499 there, with a $request_time near 125 s (older: 100, 120)."
                .to_owned(),
        );
    } else if seen.tells.took * 2 < seen.tells.requests {
        steps.push(request_time(seen));
    }
    if seen.fate() == Fate::Unnamed {
        steps.push(identify(seen));
    }
    if let Fate::Answered(_) = seen.fate() {
        steps.push(PAST_THE_EDGE.to_owned());
    }
    steps.push(SLOWLOG.to_owned());
    if !heard.fpm() {
        steps.push(FPM_FULL.to_owned());
    }
    if seen.fate() == Fate::Absent {
        steps.push(other_log(seen));
    }
    steps.extend(said(&[POOL, DATABASE]));
    steps
}

/// 525: the error log has it, if it is written down to info.
fn handshake(seen: &Seen<'_>) -> Vec<String> {
    let info = tls_level(seen);
    let heard = info.is_none();
    let mut steps: Vec<String> = info.into_iter().collect();
    steps.extend(said(&[S_CLIENT, PLAIN_443]));
    if heard {
        steps.push(bans(seen, "reject|drop"));
    }
    steps.push(TLS_CHANGES.to_owned());
    steps
}

/// 526: the certificate that is served, and whose it is.
fn certificate(seen: &Seen<'_>) -> Vec<String> {
    let mut steps = said(&[CERTIFICATE, RENEWAL, OTHER_BLOCK]);
    steps.extend(tls_level(seen));
    steps
}

/// 502: the back end, unless the edge made it.
fn bad_gateway(seen: &Seen<'_>) -> Vec<String> {
    if made_by_edge(seen, 502) {
        return said(&[COMPRESSED, PAST_THE_EDGE, TICKET]);
    }
    let mut steps = gateway(seen);
    steps.extend(whose(seen));
    steps.push(COMPRESSED.to_owned());
    steps
}

/// 504: a slow back end, unless the edge made it.
fn gateway_timeout(seen: &Seen<'_>) -> Vec<String> {
    if made_by_edge(seen, 504) {
        return said(&[INTERNAL, PAST_THE_EDGE, TICKET]);
    }
    let mut steps = gateway(seen);
    steps.push(SLOWLOG.to_owned());
    steps.extend(whose(seen));
    steps.push(POOL.to_owned());
    steps
}

/// How to tell the origin's errors from the edge's, where the report does not.
fn whose(seen: &Seen<'_>) -> Option<String> {
    seen.origin_status().is_none().then(|| WHOSE.to_owned())
}

/// Whether what is known speaks for the edge having made a status that is mostly the origin's.
fn made_by_edge(seen: &Seen<'_>, status: u16) -> bool {
    match seen.origin_status() {
        Some(origin) => origin != status,
        None => seen.by_ray && matches!(seen.fate(), Fate::Answered(_)),
    }
}

/// What would show why a back end failed, and was not read.
fn gateway(seen: &Seen<'_>) -> Vec<String> {
    let heard = seen.witnesses;
    let mut steps = Vec::new();
    if seen.fate() == Fate::Unnamed {
        steps.push(identify(seen));
    }
    if !heard.error() {
        steps.push(format!(
            "Read {}'s error log as well: it says what happened to the back end: no connection, reset or time-out.",
            heard.server()
        ));
    } else {
        steps.push(BACK_END.to_owned());
    }
    if !heard.fpm() {
        steps.push(
            "Read php-fpm's log as well (/var/log/php*-fpm.log): it has crashes, full pools and time-outs of workers."
                .to_owned(),
        );
    }
    if seen.fate() == Fate::Absent {
        steps.push(other_log(seen));
    }
    steps
}

/// 500, 503 and the like: whoever answered knows why.
fn application(seen: &Seen<'_>) -> Vec<String> {
    let heard = seen.witnesses;
    let mut steps = Vec::new();
    if seen.report.status == Some(503) {
        steps.push(BUSY.to_owned());
    }
    if !heard.error() {
        steps.push(format!("Read {}'s error log as well: PHP's messages go there, too.", heard.server()));
    }
    if !heard.php() {
        steps.push(PHP_LOG.to_owned());
    }
    steps.push(APP_LOG.to_owned());
    if seen.fate() == Fate::Absent {
        steps.push(other_log(seen));
    }
    if seen.fate() == Fate::Unnamed {
        steps.push(identify(seen));
    }
    steps
}

/// No status, or one that nothing is known of.
fn other(seen: &Seen<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    if seen.report.status.is_none() {
        steps.push(
            "Find out the status (52x, 502 ...) that was shown: each has causes of its own.".to_owned(),
        );
    }
    if seen.fate() == Fate::Unnamed {
        steps.push(identify(seen));
    }
    steps.extend(unheard_crash(seen));
    steps.extend(said(&[PAST_THE_EDGE, TICKET]));
    steps
}

#[cfg(test)]
mod tests {
    use logscan_parser::Source::{
        ApacheAccess, ApacheError, Fail2ban, Kernel, NginxAccess, NginxError, PhpFpm,
    };

    use super::super::sample::Sample;
    use super::super::{MOST, unexplained};
    use super::*;

    fn told(sample: &Sample) -> Vec<String> {
        unexplained(&sample.seen()).1
    }

    /// The place of the first step that has some words.
    fn place(steps: &[String], words: &str) -> Option<usize> {
        steps.iter().position(|s| s.contains(words))
    }

    #[test]
    fn every_status_has_some_steps_and_not_too_many() {
        let sources =
            [&[][..], &[NginxAccess], &[NginxAccess, NginxError, PhpFpm, Kernel, Fail2ban], &[ApacheAccess]];
        for status in [0, 403, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530, 599] {
            for sources in sources {
                let sample = || Sample::of(status, sources);
                for sample in [
                    sample(),
                    sample().named().busy(),
                    sample().named().silent(40),
                    sample().answered(200, None),
                ] {
                    let (ruled_out, next) = unexplained(&sample.seen());
                    assert!((1..=MOST).contains(&next.len()), "{status}: {next:?}");
                    assert!(ruled_out.len() <= MOST, "{status}: {ruled_out:?}");
                    let mut once = next.clone();
                    once.dedup();
                    assert_eq!(once, next);
                    assert!(next.iter().chain(&ruled_out).all(|s| s.len() < 320), "{next:?} {ruled_out:?}");
                }
            }
        }
    }

    #[test]
    fn an_ordinary_answer_asks_for_the_size_of_its_head() {
        let steps = told(&Sample::of(520, &[NginxAccess, NginxError]).answered(200, None));
        assert!(steps[0].contains("$bytes_sent") && steps[0].contains("$body_bytes_sent"), "{steps:?}");
        assert!(steps[0].contains("128 KB"), "{steps:?}");
        let mut cut = Sample::of(520, &[NginxAccess, NginxError]).answered(200, None);
        cut.report.origin_status = Some(0);
        assert_eq!(place(&told(&cut), "$bytes_sent"), Some(2));
        let logged = told(&Sample::of(520, &[NginxAccess, NginxError]).answered(200, None).head(700));
        assert_eq!(place(&logged, "$bytes_sent"), None, "{logged:?}");
        assert!(place(&logged, "tcpdump").is_some(), "{logged:?}");
    }

    #[test]
    fn apache_is_told_apaches_directives() {
        let steps = told(&Sample::of(520, &[ApacheAccess, ApacheError]).answered(200, None));
        assert!(steps[0].contains("%O") && !steps[0].contains("$bytes_sent"), "{steps:?}");
        let tls = told(&Sample::of(525, &[ApacheError]));
        assert!(tls[0].contains("LogLevel"), "{tls:?}");
    }

    #[test]
    fn without_an_access_line_kept_connections_are_likely() {
        let heard = [NginxAccess, NginxError, Kernel];
        let steps = told(&Sample::of(520, &heard).level(Level::Info).named().busy());
        assert_eq!(place(&steps, "keepalive_timeout"), Some(0), "{steps:?}");
        assert!(place(&steps, "tcpdump").is_some() && place(&steps, "access_log").is_some(), "{steps:?}");
    }

    #[test]
    fn what_was_not_heard_comes_first() {
        let deaf = told(&Sample::of(520, &[NginxAccess]).named().busy());
        assert!(deaf[0].contains("error log") && deaf[0].contains("[alert]"), "{deaf:?}");
        let silent = Sample::of(520, &[NginxAccess, NginxError]).level(Level::Error).named().silent(40);
        let silent = told(&silent);
        assert!(silent[0].contains("journalctl -u nginx") && silent[1].contains("notice;"), "{silent:?}");
        // Amid traffic a restart is not likely.
        let busy = told(&Sample::of(520, &[NginxAccess, NginxError]).level(Level::Error).named().busy());
        assert!(busy[0].contains("keepalive_timeout") && place(&busy, "notice;") == Some(2), "{busy:?}");
        let kernel = told(&Sample::of(520, &[NginxAccess, NginxError]).level(Level::Info).named().busy());
        assert_eq!(place(&kernel, "journalctl -k"), Some(2), "{kernel:?}");
    }

    #[test]
    fn who_went_away_soon_was_not_the_edge_at_its_limit() {
        let of = |took| told(&Sample::of(520, &[NginxAccess, NginxError]).answered(499, took));
        assert!(of(None)[0].contains("$request_time"));
        assert!(of(Some(125.0))[0].contains("524"));
        let soon = of(Some(2.0));
        assert!(soon[0].contains("tcp-rst") && place(&soon, "524").is_none(), "{soon:?}");
    }

    #[test]
    fn a_new_connection_is_no_kept_one() {
        let mut sample =
            Sample::of(520, &[NginxAccess, NginxError, Kernel]).level(Level::Info).named().busy();
        sample.report.tcp_handshake = Some(Duration::from_millis(9));
        assert_eq!(place(&told(&sample), "keepalive_timeout"), None);
        sample.report.tcp_handshake = Some(Duration::ZERO);
        assert_eq!(place(&told(&sample), "keepalive_timeout"), Some(0));
    }

    #[test]
    fn a_refusal_amid_traffic_is_a_ban_and_in_silence_a_stop() {
        let busy = told(&Sample::of(521, &[NginxAccess]).busy());
        assert!(busy[0].contains("fail2ban-client banned") && busy[0].contains("fail2ban.log"), "{busy:?}");
        assert!(busy[1].contains("443"), "{busy:?}");
        let heard = told(&Sample::of(521, &[NginxAccess, Fail2ban]).busy());
        assert!(!heard[0].contains("fail2ban.log"), "{heard:?}");
        let silent = told(&Sample::of(521, &[NginxAccess]).silent(40));
        assert!(silent[0].contains("ss -ltnp") && silent[1].contains("journalctl -u nginx"), "{silent:?}");
    }

    #[test]
    fn a_connection_without_answer_is_a_dropped_packet() {
        let steps = told(&Sample::of(522, &[NginxAccess]).busy());
        assert!(steps[0].contains("drop"), "{steps:?}");
        assert!(place(&steps, "tcp-syn").is_some() && place(&steps, "nstat").is_some(), "{steps:?}");
        let mut late = Sample::of(522, &[NginxAccess]).busy();
        late.report.took = Some(Duration::from_secs(90));
        assert!(told(&late)[0].contains("nstat"));
    }

    #[test]
    fn tls_failures_need_the_level_info() {
        for status in [525, 526] {
            let deaf = told(&Sample::of(status, &[NginxAccess, NginxError]).level(Level::Error).busy());
            assert!(place(&deaf, "error.log info;").is_some(), "{deaf:?}");
            let heard = told(&Sample::of(status, &[NginxAccess, NginxError]).level(Level::Info).busy());
            assert_eq!(place(&heard, "error.log info;"), None, "{heard:?}");
            assert!(place(&heard, "openssl s_client").is_some(), "{heard:?}");
        }
    }

    #[test]
    fn a_gateways_error_asks_for_the_logs_of_the_back_end() {
        let deaf = told(&Sample::of(502, &[NginxAccess]).answered(502, None));
        assert!(deaf[0].contains("error log") && deaf[1].contains("php*-fpm.log"), "{deaf:?}");
        let heard = told(&Sample::of(504, &[NginxAccess, NginxError, PhpFpm]).answered(504, None));
        assert_eq!(place(&heard, "php*-fpm.log as"), None, "{heard:?}");
        assert!(place(&heard, "request_slowlog_timeout").is_some(), "{heard:?}");
    }

    #[test]
    fn a_gateways_error_that_the_origin_did_not_send_is_the_edges() {
        let mut sample = Sample::of(502, &[NginxAccess, NginxError]).answered(200, None);
        sample.by_ray = true;
        assert!(told(&sample)[0].contains("--compressed"));
        let mut sample = Sample::of(502, &[NginxAccess]).named();
        assert!(place(&told(&sample), "Host: Error").is_some());
        sample.report.origin_status = Some(502);
        assert_eq!(place(&told(&sample), "Host: Error"), None);
        let mut sample = Sample::of(504, &[NginxAccess, NginxError]);
        sample.report.origin_status = Some(0);
        assert!(told(&sample)[0].contains("ClientRequestSource"));
    }

    #[test]
    fn a_524_needs_the_time_of_requests() {
        let mut sample = Sample::of(524, &[NginxAccess, NginxError]).answered(499, None);
        assert!(told(&sample)[0].contains("$request_time"));
        sample.tells.took = sample.tells.requests;
        let steps = told(&sample);
        assert_eq!(place(&steps, "$request_time"), None, "{steps:?}");
        assert!(steps[0].contains("slowlog"), "{steps:?}");
    }

    #[test]
    fn a_report_of_a_time_alone_is_to_be_told_apart() {
        let steps = told(&Sample::of(520, &[NginxAccess, NginxError]).busy());
        assert!(steps[0].contains("Ray ID"), "{steps:?}");
    }
}
