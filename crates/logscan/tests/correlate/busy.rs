//! More visitors: healthy requests of an incident come again at other times, as others' requests.

use std::collections::{BTreeMap, BTreeSet};

use super::incident::{Incident, is_access, is_fpm, is_nginx_error};
use super::line::{Line, merged};
use super::random::Random;
use super::stamp::{Clock, Millis, after, moved, ray_moved, with_rays};

/// How many times the healthy requests come again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic {
    /// While the incident lasts, in seconds in which such requests were served.
    pub(crate) during: usize,
    /// Before and after it, together.
    pub(crate) around: usize,
}

/// How long before and after the incident requests come.
const AROUND: Millis = 3 * 60_000;

/// Statuses of requests that went well, or were refused as they should be.
const HEALTHY: [u64; 4] = [200, 301, 403, 404];

/// What nginx writes about such requests.
const NOISE: [&str; 5] = [
    "open() \"",
    "directory index of \"",
    "access forbidden by rule",
    "PHP message: PHP Warning",
    "\"Primary script unknown\"",
];

/// A healthy request: its line, and what else was written about it.
#[derive(Debug)]
struct Request {
    at: Millis,
    /// Served from a file, so also while PHP is not there.
    is_static: bool,
    lines: Vec<(String, Line)>,
}

/// The incident among more requests. What servers said as they started and ended moves to before and after these.
pub(crate) fn busier(incident: &Incident, traffic: Traffic) -> Incident {
    let mut incident = super::change::unrotated(incident);
    let random = &mut Random::of(&incident.name);
    let requests = healthy(&incident);
    assert!(!requests.is_empty(), "{}", incident.name);
    let times: Vec<Millis> = requests.iter().map(|r| r.at).collect();
    let (first, last) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
    if traffic.around > 0 {
        widen(&mut incident, first, last);
    }
    let mut other = Other::new(&incident, &requests);
    let mut added: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for round in 0..traffic.during + traffic.around {
        for request in &requests {
            let to = if round < traffic.during {
                let fits = |r: &&Request| request.is_static || !r.is_static;
                random.pick(&requests.iter().filter(fits).collect::<Vec<_>>()).at
            } else {
                let away = Millis::try_from(random.below(usize::try_from(2 * AROUND).unwrap())).unwrap();
                if away < AROUND { first - 1000 - away } else { last + 1000 + away - AROUND }
            };
            // Whole seconds, as most stamps have no fractions.
            let by = (to - request.at).div_euclid(1000) * 1000;
            for (file, line) in other.again(request, by, random) {
                added.entry(file).or_default().push(line);
            }
        }
    }
    for (file, mut lines) in added {
        lines.sort_by_key(|l| l.at);
        let log = incident.logs.get_mut(&file).unwrap();
        *log = merged([std::mem::take(log), lines]);
    }
    incident
}

/// Healthy requests with their lines in nginx's logs; none of them tells anything of a reported error.
fn healthy(incident: &Incident) -> Vec<Request> {
    let evidence: BTreeSet<usize> =
        incident.rows.iter().flat_map(|r| &r.truth.evidence).map(|(id, _)| *id).collect();
    let mut noise: Vec<(&str, &Line)> = incident
        .lines()
        .filter(|(file, line)| is_nginx_error(file) && line.at.is_some() && !evidence.contains(&line.id))
        .filter(|(_, line)| line.has(" [error] ") && NOISE.iter().any(|n| line.has(n)))
        .collect();
    let mut requests = Vec::new();
    for (file, line) in incident.lines().filter(|(file, l)| is_access(file) && !evidence.contains(&l.id)) {
        let Some((asked, status)) = request_of(&line.lossy()) else { continue };
        if !HEALTHY.contains(&status) {
            continue;
        }
        let at = line.at.unwrap();
        let about = format!("request: \"{asked}\"");
        let near = |l: &Line| (l.at.unwrap() - at).abs() <= 1000;
        let (of_it, rest) = noise.into_iter().partition(|(_, l)| l.has(&about) && near(l));
        noise = rest;
        let mut lines = vec![(file.to_owned(), line.clone())];
        lines.extend(of_it.into_iter().map(|(file, l): (&str, &Line)| (file.to_owned(), l.clone())));
        let is_static = status != 200 || asked.contains("/assets/") || asked.contains(".txt");
        requests.push(Request { at, is_static, lines });
    }
    requests
}

/// The request as the error log has it, and the status, of an access log's line.
fn request_of(line: &str) -> Option<(String, u64)> {
    if let Some(line) = line.strip_prefix('{') {
        let text = |key: &str| {
            let from = line.split_once(&format!("\"{key}\":\""))?.1;
            Some(from.split_once('"')?.0)
        };
        let status = line.split_once("\"status\":")?.1.get(..3)?.parse().ok()?;
        return Some((format!("{} {} {}", text("method")?, text("uri")?, text("protocol")?), status));
    }
    let (asked, rest) = line.split_once("] \"")?.1.split_once("\" ")?;
    Some((asked.to_owned(), rest.get(..3)?.parse().ok()?))
}

/// Moves what servers said before the first request to before the time that is added, and what they said after
/// the last one to behind it.
fn widen(incident: &mut Incident, first: Millis, last: Millis) {
    let (first, last) = (first.div_euclid(1000) * 1000, last.div_euclid(1000) * 1000);
    let evidence: BTreeSet<usize> =
        incident.rows.iter().flat_map(|r| &r.truth.evidence).map(|(id, _)| *id).collect();
    let clock = incident.clock;
    let is_notice = |line: &Line| {
        let said = line.has(" [notice] ") || line.has("] NOTICE: ");
        said && !evidence.contains(&line.id)
    };
    let shift = |line: &mut Line, by: Millis| {
        line.text = moved(&line.text, clock, clock, by);
        line.at = line.at.map(|at| at + by);
    };
    for (_, lines) in incident.logs.iter_mut().filter(|(f, _)| is_nginx_error(f) || is_fpm(f)) {
        let start = lines.iter().take_while(|l| is_notice(l) && l.at.unwrap() <= first).count();
        let end = lines.iter().rev().take_while(|l| is_notice(l) && l.at.unwrap() >= last).count();
        let count = lines.len();
        for (i, line) in lines.iter_mut().enumerate() {
            if i < start {
                shift(line, -AROUND - 2000);
            } else if i >= count - end {
                shift(line, AROUND + 2000);
            }
        }
    }
}

/// Makes requests of others out of those that there were.
struct Other {
    clock: Clock,
    next_id: usize,
    next_connection: usize,
    /// Addresses of the edge.
    edges: Vec<String>,
    /// Of each error log, when which worker wrote.
    workers: BTreeMap<String, Vec<(Millis, String)>>,
}

impl Other {
    fn new(incident: &Incident, requests: &[Request]) -> Other {
        let clients = requests.iter().filter_map(|r| client_of(&r.lines[0].1.lossy()));
        let edges: BTreeSet<String> = clients.filter(|c| !is_documentation(c)).collect();
        let mut workers: BTreeMap<String, Vec<(Millis, String)>> = BTreeMap::new();
        for (file, line) in incident.lines().filter(|(file, _)| is_nginx_error(file)) {
            if let (Some(at), Some(worker)) = (line.at, worker_of(&line.lossy())) {
                workers.entry(file.to_owned()).or_default().push((at, worker));
            }
        }
        Other {
            clock: incident.clock,
            next_id: incident.next_id(),
            next_connection: 100_000,
            edges: edges.into_iter().collect(),
            workers,
        }
    }

    /// The request's lines, `by` milliseconds later, of another client, connection and Ray ID.
    fn again(&mut self, request: &Request, by: Millis, random: &mut Random) -> Vec<(String, Line)> {
        let client = client_of(&request.lines[0].1.lossy());
        let other = client.as_deref().map(|client| self.other_client(client, random));
        let low = random.next() & 0xfff_ffff;
        self.next_connection += 1;
        let lines = request.lines.iter().map(|(file, line)| {
            let at = line.at.unwrap();
            let text = moved(&line.text, self.clock, self.clock, by);
            let text = with_rays(&text, at, &mut |ray| format!("{}{low:07x}", &ray_moved(ray, by)[..9]));
            let mut text = String::from_utf8(text).unwrap();
            if let (Some(client), Some(other)) = (&client, &other) {
                text = replaced(&text, client, other);
            }
            let connection = self.next_connection.to_string();
            text = with_number(&text, "\"connection\":", &connection);
            if let Some(worker) = self.worker_at(file, at + by) {
                let was = worker_of(&text);
                text = was.map_or(text.clone(), |was| text.replacen(&was, &worker, 1));
                text = with_number(&text, ": *", &connection);
            }
            self.next_id += 1;
            (file.clone(), Line { id: self.next_id - 1, text: text.into_bytes(), at: Some(at + by) })
        });
        lines.collect()
    }

    fn other_client(&self, client: &str, random: &mut Random) -> String {
        if !is_documentation(client) {
            return random.pick(&self.edges).clone();
        }
        let host = 1 + random.below(254);
        match random.below(4) {
            0 => format!("192.0.2.{host}"),
            1 => format!("198.51.100.{host}"),
            2 => format!("203.0.113.{host}"),
            _ => format!("2001:db8:{host:x}::{host:x}"),
        }
    }

    /// The worker that wrote the last line before a time, or else the first one.
    fn worker_at(&self, file: &str, at: Millis) -> Option<String> {
        let workers = self.workers.get(file)?;
        let before = workers.iter().rev().find(|(then, _)| *then <= at);
        before.or(workers.first()).map(|(_, worker)| worker.clone())
    }
}

fn is_documentation(address: &str) -> bool {
    ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"].iter().any(|net| address.starts_with(net))
}

/// The client's address in an access log's line.
fn client_of(line: &str) -> Option<String> {
    if let Some((_, rest)) = line.split_once("\"remote_addr\":\"") {
        return rest.split_once('"').map(|(client, _)| client.to_owned());
    }
    // A host and its port may stand before.
    let before = line.split_once(" - ")?.0;
    before.split(' ').next_back().map(str::to_owned)
}

/// `PID#TID` of a worker's line about a connection.
fn worker_of(line: &str) -> Option<String> {
    let head = line.split_once(": *")?.0;
    head.split(' ').next_back().filter(|w| w.contains('#')).map(str::to_owned)
}

/// Replaces an address where it is not part of a longer one.
fn replaced(text: &str, old: &str, new: &str) -> String {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_hexdigit() || c == '.' || c == ':');
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(old) {
        let whole = !part(before.chars().next_back()) && !part(behind.chars().next());
        out.push_str(before);
        out.push_str(if whole { new } else { old });
        rest = behind;
    }
    out + rest
}

/// Replaces the digits behind `mark`.
fn with_number(text: &str, mark: &str, number: &str) -> String {
    let Some(start) = after(text.as_bytes(), mark.as_bytes()) else { return text.to_owned() };
    let (head, tail) = text.split_at(start);
    format!("{head}{number}{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
}
