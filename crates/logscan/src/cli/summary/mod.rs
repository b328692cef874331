//! The summary: events by kind and cause.

mod histogram;
mod top;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::PathBuf;

use logscan_catalogue::{Catalogue, Cause, Fields, Kind, Named};
use logscan_scan::{Event, Folder, InputStats, Inputs, Outcome, Place, Scan, Timestamp};

pub(crate) use histogram::{Histogram, step_for};
pub(crate) use top::Top;

use super::filter::Filter;

/// Bytes of a sample that are kept.
const MAX_SAMPLE: usize = 8 * 1024;

/// What is listed of the events of a kind: names in JSON and CSV, label in text.
pub(crate) const LISTS: [List; 6] = [
    List { plural: "hosts", counts: "host_counts", label: "host" },
    List { plural: "upstreams", counts: "upstream_counts", label: "upstream" },
    List { plural: "pools", counts: "pool_counts", label: "pool" },
    List { plural: "components", counts: "component_counts", label: "in" },
    List { plural: "units", counts: "unit_counts", label: "unit" },
    List { plural: "ips", counts: "ip_counts", label: "address" },
];

/// A list of names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) plural: &'static str,
    pub(crate) counts: &'static str,
    pub(crate) label: &'static str,
}

/// All events of a kind with one cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) count: u64,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) lists: [Top; LISTS.len()],
    pub(crate) times: Histogram,
    pub(crate) example: Option<Example>,
}

/// The first event of a group: the earliest, and of several at the same time the first that is read.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) file: PathBuf,
    /// Line, from 1, where lines were counted.
    pub(crate) line: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) at: Option<Timestamp>,
    pub(crate) text: Box<[u8]>,
}

/// A stretch of a log.
#[derive(Debug, Default)]
pub(crate) struct Part {
    events: u64,
    groups: HashMap<Named, (Group, u64)>,
}

struct Summing<'a> {
    filter: &'a Filter,
}

impl Folder for Summing<'_> {
    type Part = Part;

    fn part(&self) -> Part {
        Part::default()
    }

    fn add(&self, part: &mut Part, event: &Event<'_>) {
        let fields = Fields::of(event.record);
        if !self.filter.keeps(event, &fields) {
            return;
        }
        part.events += 1;
        let (group, line) = part.groups.entry(event.named).or_default();
        if group.example.as_ref().is_none_or(|e| is_earlier(event.at, e.at)) {
            let raw = event.record.raw;
            let text = raw.get(..MAX_SAMPLE).unwrap_or(raw).into();
            let (file, line_number) = (PathBuf::new(), None);
            group.example =
                Some(Example { file, line: line_number, offset: event.offset, at: event.at, text });
            *line = event.line;
        }
        group.count += 1;
        if let Some(at) = event.at {
            group.saw(at, at);
            group.times.add(at.seconds);
        }
        let component = fields.component.map(|c| c.to_string());
        let names = [
            fields.site(),
            fields.upstream_peer,
            fields.pool,
            component.as_ref().map(String::as_bytes),
            fields.unit,
            fields.ip,
        ];
        for (list, name) in group.lists.iter_mut().zip(names) {
            if let Some(name) = name {
                list.add(name);
            }
        }
    }
}

/// Whether a time is before another; a time that is not known is after all others.
fn is_earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a < b,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

impl Group {
    fn saw(&mut self, first: Timestamp, last: Timestamp) {
        self.first = Some(self.first.map_or(first, |f| f.min(first)));
        self.last = Some(self.last.map_or(last, |l| l.max(last)));
    }

    fn merge(&mut self, other: Group) {
        self.count += other.count;
        if let (Some(first), Some(last)) = (other.first, other.last) {
            self.saw(first, last);
        }
        for (list, more) in self.lists.iter_mut().zip(other.lists) {
            list.merge(more);
        }
        self.times.merge(&other.times);
        if let Some(example) = other.example
            && self.example.as_ref().is_none_or(|e| is_earlier(example.at, e.at))
        {
            self.example = Some(example);
        }
    }
}

/// A kind with one cause, and what was seen of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'s> {
    pub(crate) kind: &'s Kind,
    pub(crate) cause: &'s Cause,
    pub(crate) group: &'s Group,
}

impl Row<'_> {
    /// What to do: of the kind, or, where a record speaks for another cause than the kind mostly does, of
    /// that cause.
    pub(crate) fn fix(&self) -> &[logscan_catalogue::Text] {
        let other = self.cause.id != self.kind.cause && !self.cause.fix.is_empty() && self.by_message();
        if other { &self.cause.fix } else { &self.kind.fix }
    }

    /// Whether the cause differs by what the message says, not by whom it is about.
    fn by_message(&self) -> bool {
        self.kind.cause_when.iter().any(|w| w.cause == self.cause.id && !w.literals.is_empty())
    }
}

/// The whole summary.
#[derive(Debug)]
pub(crate) struct Summary {
    groups: HashMap<Named, Group>,
    pub(crate) inputs: Vec<InputStats>,
}

impl Summary {
    /// Scans the inputs.
    pub(crate) fn of(scan: &Scan<'_>, inputs: &Inputs, filter: &Filter) -> (Summary, Outcome) {
        let mut groups: HashMap<Named, Group> = HashMap::new();
        let mut events: HashMap<PathBuf, u64> = HashMap::new();
        let mut outcome = scan.run(inputs, &Summing { filter }, |part: Part, place: Place<'_>| {
            *events.entry(place.path.to_owned()).or_insert(0) += part.events;
            for (named, (mut group, line)) in part.groups {
                if let Some(example) = &mut group.example {
                    example.file = place.path.to_owned();
                    example.line = place.line_base.map(|base| base + line);
                }
                groups.entry(named).or_default().merge(group);
            }
            ControlFlow::Continue(())
        });
        // What the filters left.
        for input in &mut outcome.inputs {
            input.events = events.get(&input.file).copied().unwrap_or(0);
        }
        let summary = Summary { groups, inputs: std::mem::take(&mut outcome.inputs) };
        (summary, outcome)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Kinds and causes, the most important first: by severity, whether the cause is known, count and name.
    pub(crate) fn rows<'s>(&'s self, catalogue: &'s Catalogue) -> Vec<Row<'s>> {
        let mut rows: Vec<Row<'s>> = self
            .groups
            .iter()
            .filter_map(|(named, group)| {
                Some(Row { kind: catalogue.kind(named.kind)?, cause: catalogue.cause(named.cause)?, group })
            })
            .collect();
        rows.sort_by(|a, b| {
            // What only shows that something failed comes after what says why.
            let open = |r: &Row<'s>| matches!(&*r.cause.id, "other" | "app-error-response");
            let key = |r: &Row<'s>| (r.kind.severity, open(r), std::cmp::Reverse(r.group.count));
            key(a).cmp(&key(b)).then_with(|| (&a.kind.id, &a.cause.id).cmp(&(&b.kind.id, &b.cause.id)))
        });
        rows
    }

    /// Requests by status over all access logs, the lowest first.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, u64> {
        let mut sums = BTreeMap::new();
        for (status, count) in self.inputs.iter().flat_map(|i| &i.statuses) {
            *sums.entry(*status).or_insert(0) += count;
        }
        sums
    }

    /// Earliest and latest time of a record.
    pub(crate) fn covered(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.inputs.iter().filter_map(|i| i.first).min()?;
        let last = self.inputs.iter().filter_map(|i| i.last).max()?;
        Some((first, last))
    }

    /// The range of all events in seconds, and the least width of bins that all of them have.
    pub(crate) fn range(&self) -> Option<((i64, i64), i64)> {
        let ranges = || self.groups.values().filter_map(|g| g.times.range());
        let range = (ranges().map(|r| r.0).min()?, ranges().map(|r| r.1).max()?);
        let least = self.groups.values().map(|g| g.times.width()).max()?;
        Some((range, least))
    }
}
