use std::collections::HashMap;

use logscan_catalogue::{Catalogue, CauseId, Named, Timestamp};
use logscan_parser::Source::{ApacheAccess, ApacheError, NginxAccess, NginxError, PhpFpm};

use super::*;
use crate::attribution::Role;
use crate::sieve::Coverage;

/// Reports with their answers, and what was read.
struct Case {
    catalogue: &'static Catalogue,
    reports: Vec<Report>,
    answers: Vec<Answer>,
    events: Vec<Event>,
    sources: Vec<Source>,
    slightest: HashMap<u32, Level>,
    tells: Tells,
    addresses: Addresses,
    dropped: u64,
    empty_input: bool,
}

/// An access log that tells everything.
const ALL: Tells = Tells {
    requests: 1000,
    rays: 1000,
    took: 1000,
    head: 1000,
    upstream: 1000,
    connection: 1000,
    host: 1000,
};

impl Case {
    fn new(sources: &[Source]) -> Case {
        Case {
            catalogue: Catalogue::builtin(),
            reports: Vec::new(),
            answers: Vec::new(),
            events: Vec::new(),
            sources: sources.to_vec(),
            slightest: HashMap::from([(0, Level::Info)]),
            tells: ALL,
            addresses: Addresses::default(),
            dropped: 0,
            empty_input: false,
        }
    }

    fn cause(&self, name: &str) -> CauseId {
        self.catalogue.cause_named(name).unwrap().0
    }

    fn answer(mut self, status: u16, verdict: Verdict, join: Join, cause: &str, lines: &[Event]) -> Case {
        let from = self.events.len();
        self.events.extend_from_slice(lines);
        self.reports.push(Report { status: Some(status), count: 1, ..Report::default() });
        self.answers.push(Answer {
            verdict,
            cause: self.cause(cause),
            confidence: 0.97,
            join,
            lines: (from..self.events.len()).map(|l| (l, Role::Primary)).collect(),
            because: Vec::new(),
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            look_next: Vec::new(),
        });
        self
    }

    fn unexplained(self, status: u16, join: Join, lines: &[Event]) -> Case {
        self.answer(status, Verdict::Unexplained, join, "no-origin-evidence", lines)
    }

    fn tells(mut self, change: impl Fn(&mut Tells)) -> Case {
        change(&mut self.tells);
        self
    }

    fn level(mut self, level: Level) -> Case {
        self.slightest = HashMap::from([(0, level)]);
        self
    }

    fn told(&self) -> Vec<Advice> {
        let at = Some(Timestamp::from_seconds(1_795_435_200));
        let mut coverage: Vec<Coverage> = self.sources.iter().map(|s| Coverage::new(0, *s, at, at)).collect();
        if self.empty_input {
            coverage.push(Coverage::new(9, Source::Other, None, None));
        }
        let witnesses = Witnesses::new(&coverage, &[], &self.slightest);
        advice(&Lacking {
            reports: &self.reports,
            answers: &self.answers,
            events: &self.events,
            witnesses: &witnesses,
            tells: &self.tells,
            addresses: &self.addresses,
            dropped: self.dropped,
            lexicon: &Lexicon::new(self.catalogue).unwrap(),
        })
    }

    fn ids(&self) -> Vec<&'static str> {
        self.told().iter().map(|a| a.id).collect()
    }

    fn text(&self, id: &str) -> String {
        self.told()
            .into_iter()
            .find(|a| a.id == id)
            .unwrap_or_else(|| panic!("no {id}: {:?}", self.ids()))
            .text
    }
}

fn request(status: u16) -> Event {
    Event { source: Some(NginxAccess), status: Some(status), ..Event::default() }
}

fn lost_worker() -> Event {
    let upstream = Some("fastcgi://unix:/run/php/php8.2-fpm.sock:".into());
    Event { source: Some(NginxError), upstream, ..Event::default() }
}

const LOGS: &[Source] = &[NginxAccess, NginxError, PhpFpm];

#[test]
fn nothing_is_lacking_where_all_is_explained() {
    let case = Case::new(LOGS).answer(502, Verdict::Explained, Join::RayId, "php-fpm-crash", &[request(502)]);
    assert!(case.ids().is_empty(), "{:?}", case.ids());
    // Nor is what would have helped nobody.
    let bare = case.tells(|t| *t = Tells { requests: 1000, rays: 1000, ..Tells::default() });
    assert!(bare.ids().is_empty(), "{:?}", bare.ids());
}

#[test]
fn ray_ids_help_where_reports_were_tied_more_weakly() {
    let by = |join| {
        Case::new(LOGS).tells(|t| t.rays = 0).answer(
            502,
            Verdict::Explained,
            join,
            "php-fpm-crash",
            &[request(502)],
        )
    };
    assert!(by(Join::Request).text("no-ray-id").contains("$http_cf_ray"));
    assert!(by(Join::Request).text("no-ray-id").contains("log_format cf '"));
    assert!(by(Join::Time).ids().contains(&"no-ray-id"));
    // A state is known without a request.
    assert!(!by(Join::Interval).ids().contains(&"no-ray-id"));
    let mut with_ray = by(Join::Interval);
    with_ray.reports[0].ray = crate::RayId::parse(b"a5f000f938a38226");
    assert!(with_ray.ids().contains(&"no-ray-id"));
    // A connection that failed has no request, and no line.
    with_ray.reports[0].status = Some(525);
    assert!(!with_ray.ids().contains(&"no-ray-id"));
}

#[test]
fn request_times_help_with_time_outs() {
    let of = |status| Case::new(LOGS).tells(|t| t.took = 0).unexplained(status, Join::RayId, &[]);
    assert!(of(524).text("no-request-time").contains("$request_time"));
    assert!(!of(521).ids().contains(&"no-request-time"));
    let gave_up = Case::new(LOGS).tells(|t| t.took = 0).unexplained(520, Join::RayId, &[request(499)]);
    assert!(gave_up.ids().contains(&"no-request-time"));
}

#[test]
fn the_size_of_heads_helps_with_ordinary_answers() {
    let of = |answer| Case::new(LOGS).tells(|t| t.head = 0).unexplained(520, Join::RayId, &[request(answer)]);
    let text = of(200).text("no-head-size");
    assert!(text.contains("$bytes_sent") && text.contains("$body_bytes_sent"), "{text}");
    assert!(!of(444).ids().contains(&"no-head-size"));
}

#[test]
fn connections_help_to_find_the_lines_of_a_failure() {
    let case = Case::new(LOGS).tells(|t| t.connection = 0).unexplained(502, Join::RayId, &[request(502)]);
    let text = case.text("no-connection");
    assert!(text.contains("$connection") && text.contains("$pid"), "{text}");
    let alone =
        Case::new(&[NginxAccess]).tells(|t| t.connection = 0).unexplained(502, Join::RayId, &[request(502)]);
    assert!(!alone.ids().contains(&"no-connection"));
}

#[test]
fn hosts_help_where_reports_are_of_several() {
    let mut case = Case::new(LOGS)
        .tells(|t| t.host = 0)
        .answer(502, Verdict::Explained, Join::Request, "php-fpm-crash", &[])
        .answer(502, Verdict::Explained, Join::Request, "php-fpm-crash", &[]);
    case.reports[0].host = Some("a.example".to_owned());
    case.reports[1].host = Some("a.example".to_owned());
    assert!(!case.ids().contains(&"no-host"));
    case.reports[1].host = Some("b.example".to_owned());
    assert!(case.text("no-host").contains("$host"));
}

#[test]
fn the_level_is_the_one_that_would_have_told() {
    let of = |status, level| Case::new(LOGS).level(level).unexplained(status, Join::None, &[]);
    assert!(of(525, Level::Notice).text("error-log-level").contains("error.log info;"));
    assert!(of(520, Level::Error).text("error-log-level").contains("error.log notice;"));
    assert!(of(502, Level::Crit).text("error-log-level").contains("error.log error;"));
    for (status, level) in [(525, Level::Info), (520, Level::Notice), (502, Level::Error)] {
        assert!(!of(status, level).ids().contains(&"error-log-level"), "{status}");
    }
}

#[test]
fn logs_that_were_not_read_are_asked_for() {
    let ids = Case::new(&[NginxError]).unexplained(520, Join::None, &[]).ids();
    assert!(ids.contains(&"no-access-log") && !ids.contains(&"no-error-log"), "{ids:?}");
    let case = Case::new(&[NginxAccess]).unexplained(520, Join::None, &[]);
    assert!(case.ids().contains(&"no-error-log") && !case.ids().contains(&"no-access-log"));
    assert!(case.text("no-error-log").contains("error_log /var/log/nginx/error.log"));
    // An empty file may be that log.
    let empty = Case { empty_input: true, ..Case::new(&[NginxAccess]).unexplained(520, Join::None, &[]) };
    assert!(!empty.ids().contains(&"no-error-log"));
}

#[test]
fn php_fpms_log_is_asked_for_where_nginx_alone_explains() {
    let with = |sources: &[Source]| {
        Case::new(sources).answer(
            502,
            Verdict::Explained,
            Join::RayId,
            "php-fpm-crash",
            &[request(502), lost_worker()],
        )
    };
    assert!(with(&[NginxAccess, NginxError]).text("no-php-fpm-log").contains("error_log = "));
    assert!(!with(LOGS).ids().contains(&"no-php-fpm-log"));
    let rule = Case::new(&[NginxAccess, NginxError]).answer(
        520,
        Verdict::Explained,
        Join::RayId,
        "dropped-by-nginx-444",
        &[request(444)],
    );
    assert!(!rule.ids().contains(&"no-php-fpm-log"));
}

#[test]
fn a_500_without_phps_message_asks_for_it() {
    let case =
        Case::new(LOGS).answer(500, Verdict::Explained, Join::RayId, "app-error-response", &[request(500)]);
    let text = case.text("catch-workers-output");
    assert!(text.contains("catch_workers_output = yes") && text.contains("log_errors"), "{text}");
    let mut fatal = lost_worker();
    let (kind, _) = case.catalogue.kind_named("php-fatal").unwrap();
    fatal.named = Some(Named { kind, cause: case.cause("php-fatal-error") });
    let told = Case::new(LOGS).answer(
        500,
        Verdict::Explained,
        Join::RayId,
        "app-error-response",
        &[request(500), fatal],
    );
    assert!(!told.ids().contains(&"catch-workers-output"));
}

#[test]
fn reports_out_of_reach_ask_for_rotated_files() {
    let case = Case::new(LOGS).answer(520, Verdict::NotCovered, Join::None, "no-origin-evidence", &[]);
    assert_eq!(case.ids(), ["rotated-file-missing"]);
    assert!(case.text("rotated-file-missing").contains("access.log.1"));
}

#[test]
fn the_edges_addresses_in_the_log_are_told_where_it_matters() {
    let case = |status| {
        let mut case = Case::new(LOGS).unexplained(status, Join::None, &[]);
        case.addresses.add(0, 60, 59);
        case
    };
    let text = case(521).text("behind-proxy");
    assert!(text.contains("set_real_ip_from") && text.contains("real_ip_header CF-Connecting-IP;"), "{text}");
    assert!(!case(526).ids().contains(&"behind-proxy"));
}

#[test]
fn dropped_requests_are_told_where_something_is_open() {
    let case = Case { dropped: 7, ..Case::new(LOGS).unexplained(520, Join::None, &[]) };
    assert!(case.ids().contains(&"too-many-ordinary"));
    let done = Case {
        dropped: 7,
        ..Case::new(LOGS).answer(502, Verdict::Explained, Join::RayId, "php-fpm-crash", &[request(502)])
    };
    assert!(!done.ids().contains(&"too-many-ordinary"));
}

#[test]
fn apache_has_directives_of_its_own() {
    let case = Case::new(&[ApacheAccess, ApacheError]).tells(|t| (t.rays, t.took) = (0, 0)).unexplained(
        524,
        Join::None,
        &[],
    );
    assert!(case.text("no-ray-id").contains("%{CF-Ray}i") && !case.text("no-ray-id").contains('$'));
    assert!(case.text("no-request-time").contains("%D"));
}
