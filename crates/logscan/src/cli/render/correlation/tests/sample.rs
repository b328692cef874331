//! Answers made by hand, on the lines of real logs.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use logscan_catalogue::{Catalogue, CauseId, Named, Timestamp};
use logscan_correlate::report::{Moment, Report, When};
use logscan_correlate::{
    Advice, Alternative, Attribution, CauseCount, Clock, Correlation, Event, Evidence, Join, Method, RayId,
    Role, Verdict,
};
use logscan_parser::{Record, Source};
use logscan_scan::{Folder, InputStats, Inputs, Scan, Unnamed};

use crate::cli::render::correlation::Told;
use crate::cli::style::Look;

/// Reports, answers, and what they were taken from.
pub(super) struct Sample {
    pub(super) reports: Vec<Report>,
    pub(super) correlation: Correlation,
    pub(super) inputs: Vec<InputStats>,
    pub(super) files: Vec<PathBuf>,
}

pub(super) fn cause(name: &str) -> CauseId {
    Catalogue::builtin().cause_named(name).unwrap().0
}

pub(super) fn at(text: &str) -> Timestamp {
    logscan_scan::parse_when(text, "UTC".parse().unwrap(), Timestamp::default()).unwrap()
}

/// A terminal without colours.
pub(super) fn look(width: usize) -> Look {
    Look { colour: false, width, terminal: true, unicode: true }
}

/// A report of a request at a time that is known to the millisecond.
pub(super) fn report(time: &str, status: u16, request: &str, ray: &str) -> Report {
    let from = at(time);
    let until = Timestamp::from_micros(from.micros() + 1000);
    let mut report = Report::default();
    report.count = 1;
    report.when = Some(When { from, until, moment: Moment::Start });
    report.status = Some(status);
    report.ray = RayId::parse(ray.as_bytes());
    let mut words = request.splitn(3, ' ').map(str::to_owned);
    (report.method, report.host, report.uri) = (words.next(), words.next(), words.next());
    report
}

pub(super) fn explained(name: &str, confidence: f64, join: Join, evidence: Vec<Evidence>) -> Attribution {
    let mut answer = Attribution::new(Verdict::Explained, cause(name));
    (answer.confidence, answer.join, answer.evidence) = (confidence, join, evidence);
    answer
}

/// Keeps every record: evidence can name any line.
struct All;

impl Folder for All {
    type Part = Vec<Event>;

    fn part(&self) -> Vec<Event> {
        Vec::new()
    }

    fn add(&self, events: &mut Vec<Event>, event: &logscan_scan::Event<'_>) {
        events.extend(kept(event.record, Some(event.named), event.at, event.line));
    }

    fn add_unnamed(&self, events: &mut Vec<Event>, record: &Unnamed<'_>) {
        events.extend(kept(record.record, None, record.at, record.line));
    }
}

fn kept(record: &Record<'_>, named: Option<Named>, at: Option<Timestamp>, line: u64) -> Option<Event> {
    let mut event = Event::of(record, named, at?);
    event.line = Some(line);
    Some(event)
}

impl Sample {
    /// On the logs of an incident, without reports yet.
    pub(super) fn of(incident: &str) -> Sample {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/incidents").join(incident);
        let inputs = Inputs::collect([&folder], true);
        let mut correlation = Correlation::default();
        let scan = Scan::new(Catalogue::builtin()).zone("UTC".parse().unwrap());
        let mut outcome = scan.run(&inputs, &All, |events: Vec<Event>, place| {
            for mut event in events {
                event.input = u32::try_from(place.input).unwrap();
                event.line = Some(event.line.unwrap() + place.line_base.unwrap());
                correlation.events.push(event);
            }
            ControlFlow::Continue(())
        });
        // Names as on a machine, the same wherever the tests run.
        let shown = |path: &Path| Path::new("/var/log").join(path.strip_prefix(&folder).unwrap());
        for input in &mut outcome.inputs {
            input.file = shown(&input.file);
        }
        let files = inputs.files.iter().map(|i| shown(&i.path)).collect();
        Sample { reports: Vec::new(), correlation, inputs: outcome.inputs, files }
    }

    /// Without logs.
    pub(super) fn empty() -> Sample {
        let files = vec![PathBuf::from("/var/log/nginx/error.log")];
        Sample { reports: Vec::new(), correlation: Correlation::default(), inputs: Vec::new(), files }
    }

    /// A line of the log whose name ends so, as evidence.
    pub(super) fn evidence(&self, file: &str, line: u64, role: Role) -> Evidence {
        let number = self.files.iter().position(|f| f.ends_with(file)).unwrap();
        let is_it = |e: &Event| e.input as usize == number && e.line == Some(line);
        Evidence { event: self.correlation.events.iter().position(is_it).unwrap(), role }
    }

    /// Line 7 of the first log, as evidence.
    pub(super) fn made(&mut self, line: &[u8], time: &str, role: Role) -> Evidence {
        let record = Record::parse(line).unwrap();
        let named = Catalogue::builtin().name(&record);
        self.correlation.events.extend(kept(&record, named, Some(at(time)), 7));
        Evidence { event: self.correlation.events.len() - 1, role }
    }

    pub(super) fn add(&mut self, report: Report, answer: Attribution) {
        self.reports.push(report);
        self.correlation.attributions.push(answer);
    }

    pub(super) fn told(&self, look: Look, all: bool) -> Told<'_> {
        Told {
            reports: &self.reports,
            correlation: &self.correlation,
            inputs: &self.inputs,
            files: &self.files,
            catalogue: Catalogue::builtin(),
            zone: "UTC".parse().unwrap(),
            look,
            all,
        }
    }
}

/// Ten errors of php-fpm's crashes, of a limit, of nothing that the logs show, and of a time before them.
pub(super) fn crashes() -> Sample {
    let mut s = Sample::of("php-fpm-segfault");
    let (primary, supporting) = (Role::Primary, Role::Supporting);
    let access = "nginx/example.com.access.log";
    let errors = "nginx/example.com.error.log";
    let fpm = "php/php8.2-fpm.log";
    for (time, request, ray, lines) in [
        (
            "2026-11-23T11:58:44.674Z",
            "GET www.example.com /products/compare?ids=31,7",
            "a5f000f938a38226",
            [10, 1, 4, 1],
        ),
        ("2026-11-23T11:58:45.875Z", "GET www.example.com /products/158", "a5f00100b56ee3c2", [18, 3, 6, 0]),
        (
            "2026-11-23T11:58:46.974Z",
            "GET www.example.com /products/compare?ids=31,7",
            "a5f00107917482a8",
            [27, 4, 8, 2],
        ),
        (
            "2026-11-23T11:58:47.475Z",
            "GET www.example.com /products/compare?ids=9",
            "a5f0010aba82dc75",
            [30, 6, 10, 3],
        ),
        ("2026-11-23T11:58:48.576Z", "POST www.example.com /checkout", "a5f0011196d4fb92", [35, 7, 12, 0]),
        ("2026-11-23T11:58:49.675Z", "POST www.example.com /checkout", "a5f001187ca2040c", [38, 8, 0, 0]),
    ] {
        let [a, e, f, k] = lines;
        let mut evidence = vec![s.evidence(access, a, supporting), s.evidence(errors, e, primary)];
        if f > 0 {
            evidence.push(s.evidence(fpm, f, primary));
        }
        if k > 0 {
            evidence.push(s.evidence("kern.log", k, primary));
        }
        let (confidence, join) = if f > 0 { (0.98, Join::RayId) } else { (0.84, Join::Request) };
        let mut answer = explained("php-fpm-crash", confidence, join, evidence);
        if f == 0 {
            answer.alternatives = vec![Alternative { cause: cause("fpm-restarted"), confidence: 0.16 }];
        }
        s.add(report(time, 502, request, ray), answer);
    }
    for (time, request) in [
        ("2026-11-23T11:58:50.101Z", "GET blog.example.org /feed"),
        ("2026-11-23T11:58:50.377Z", "GET blog.example.org /2026/"),
    ] {
        let evidence = vec![s.evidence(fpm, 20, primary)];
        s.add(report(time, 520, request, "-"), explained("nginx-worker-crash", 0.61, Join::Time, evidence));
    }
    let mut open = Attribution::new(Verdict::Unexplained, cause("no-origin-evidence"));
    open.ruled_out = vec![
        "nginx was up and answered 12 other requests in these 2 s.".to_owned(),
        "No request for this URI in any access log within 30 s.".to_owned(),
    ];
    open.look_next =
        vec!["Firewall and provider: is an edge address blocked? fail2ban-client banned".to_owned()];
    s.add(report("2026-11-23T11:58:52.010Z", 520, "GET www.example.com /basket", "a5f001297ca2040c"), open);
    let outside = Attribution::new(Verdict::NotCovered, cause("no-origin-evidence"));
    s.add(report("2026-11-22T20:00:00Z", 522, "GET www.example.com /", "-"), outside);

    let mut clock = Clock::new(Source::NginxAccess, Method::RayId, 31.0, 0.1);
    clock.support = 118;
    s.correlation.clocks = vec![clock];
    let count = |name: &str, count, by_chance, first: &str, last: &str| {
        let mut row = CauseCount::new(cause(name), count);
        (row.expected_by_chance, row.first, row.last) = (by_chance, Some(at(first)), Some(at(last)));
        row
    };
    s.correlation.causes = vec![
        count("php-fpm-crash", 6, 0.02, "2026-11-23T11:58:44.674Z", "2026-11-23T11:58:49.675Z"),
        count("nginx-worker-crash", 2, 0.4, "2026-11-23T11:58:50.101Z", "2026-11-23T11:58:50.377Z"),
    ];
    s.correlation.advice = vec![Advice::new(
        "no-connection",
        "Add $connection and $request_id to log_format: error lines and requests can then be tied without doubt.",
    )];
    s
}
