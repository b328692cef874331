//! Changes of an incident that leave the cause of each error as it is.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::incident::{Incident, is_access, is_fpm, is_nginx_error};
use super::line::{Line, Record, merged, records};
use super::stamp::{Clock, Millis, moved, ray_moved, with_rays};

/// As if the machine had been in another zone.
pub(crate) fn in_zone(incident: &Incident, zone: Tz) -> Incident {
    let mut incident = incident.clone();
    let old = incident.clock;
    let new = Clock { zone, ..old };
    incident.clock = new;
    incident.each_line(|_| true, &mut |line| line.text = moved(&line.text, old, new, 0));
    incident
}

/// As if the edge's clock had been `by` milliseconds ahead of what it was. Ray IDs carry that clock, also those
/// in the origin's logs.
pub(crate) fn edge_ahead(incident: &Incident, by: Millis) -> Incident {
    let mut incident = incident.clone();
    incident.offset += by;
    incident.rows.iter_mut().for_each(|row| row.later(by));
    incident.each_line(is_access, &mut |line| {
        let near = line.at.unwrap();
        line.text = with_rays(&line.text, near, &mut |ray| ray_moved(ray, by));
    });
    incident
}

/// As if all of it had happened later.
pub(crate) fn later(incident: &Incident, by: Millis) -> Incident {
    assert_eq!(by % 1000, 0, "most stamps have no fractions");
    let mut incident = edge_ahead(incident, by);
    incident.offset -= by;
    let clock = incident.clock;
    incident.each_line(|_| true, &mut |line| {
        line.text = moved(&line.text, clock, clock, by);
        line.at = line.at.map(|at| at + by);
    });
    incident
}

/// Puts rotated logs together again.
pub(crate) fn unrotated(incident: &Incident) -> Incident {
    let mut incident = incident.clone();
    let mut pieces: BTreeMap<String, Vec<(u32, Vec<Line>)>> = BTreeMap::new();
    for (file, lines) in std::mem::take(&mut incident.logs) {
        let plain = file.strip_suffix(".gz").unwrap_or(&file);
        let (base, age) = plain.rsplit_once('.').unwrap();
        let piece = match age.parse() {
            Ok(age) => (base.to_owned(), age),
            Err(_) => (plain.to_owned(), 0),
        };
        pieces.entry(piece.0).or_default().push((piece.1, lines));
    }
    for (file, mut pieces) in pieces {
        pieces.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
        incident.logs.insert(file, pieces.into_iter().flat_map(|(_, lines)| lines).collect());
    }
    incident
}

/// As if each log had been rotated twice: a third is in `.2.gz`, a third in `.1`, and the newest where it was.
pub(crate) fn rotated(incident: &Incident) -> Incident {
    let mut incident = unrotated(incident);
    for (file, lines) in std::mem::take(&mut incident.logs) {
        let mut records = records(lines);
        let third = records.len() / 3;
        let newest = records.split_off(third * 2);
        let middle = records.split_off(third);
        let lines = |records: Vec<Record>| records.into_iter().flat_map(|r| r.lines).collect::<Vec<Line>>();
        let oldest = lines(records);
        if !oldest.is_empty() {
            incident.logs.insert(format!("{file}.2.gz"), oldest);
            incident.logs.insert(format!("{file}.1"), lines(middle));
        }
        incident.logs.insert(file, lines(newest));
    }
    incident
}

/// How long nothing happens between two incidents that are put together.
const PAUSE: Millis = 5 * 60_000;

/// Incidents that could have happened on one machine, one after the other: all whose logs have the same form.
pub(crate) fn joined(incidents: &[Incident]) -> Vec<Incident> {
    let mut groups: BTreeMap<(String, bool), Vec<&Incident>> = BTreeMap::new();
    for incident in incidents {
        // A log that has notices tells more of its server than one that has none.
        let mut errors = incident.lines().filter(|(file, _)| is_nginx_error(file));
        let notices = errors.any(|(_, line)| line.has(" [notice] "));
        groups.entry((incident.format.clone(), notices)).or_default().push(incident);
    }
    let name = |format: &str, notices: bool| {
        format!("all with {format} logs{}", if notices { " and notices" } else { "" })
    };
    groups.into_iter().map(|((format, notices), group)| join(name(&format, notices), &group)).collect()
}

fn join(name: String, group: &[&Incident]) -> Incident {
    let mut whole = Incident { name, logs: BTreeMap::new(), rows: Vec::new(), ..group[0].clone() };
    whole.clock.zone = Tz::UTC;
    let mut logs: BTreeMap<String, Vec<Vec<Line>>> = BTreeMap::new();
    let mut last: Option<Millis> = None;
    let mut first_id = 0;
    for incident in group {
        let part = in_zone(&unrotated(incident), Tz::UTC);
        let part = edge_ahead(&part, whole.offset - part.offset);
        let times = || part.lines().filter_map(|(_, l)| l.at);
        let (from, to) = (times().min().unwrap(), times().max().unwrap());
        let by = last.map_or(0, |last| (last + PAUSE - from).div_euclid(1000) * 1000);
        last = Some(to + by);
        let mut part = later(&part, by);
        part.each_line(|_| true, &mut |line| line.id += first_id);
        for row in &mut part.rows {
            row.truth.evidence.iter_mut().for_each(|(id, _)| *id += first_id);
        }
        first_id = part.next_id().max(first_id);
        whole.rows.append(&mut part.rows);
        for (file, lines) in part.logs {
            logs.entry(joint_name(&file)).or_default().push(lines);
        }
    }
    whole.logs = logs.into_iter().map(|(file, logs)| (file, merged(logs))).collect();
    whole
}

/// One log of each sort, whichever virtual host or version it was of.
fn joint_name(file: &str) -> String {
    match file {
        _ if is_access(file) => "nginx/access.log".to_owned(),
        _ if is_nginx_error(file) => "nginx/error.log".to_owned(),
        _ if is_fpm(file) => "php/php8.2-fpm.log".to_owned(),
        _ => file.to_owned(),
    }
}
