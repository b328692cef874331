//! JSON: one record a line, lists of records, and whole documents of analytics, monitors and browsers.

mod har;
mod maps;
mod value;

use std::borrow::Cow;

pub(super) use value::{Json, parse, parse_all};

use super::Report;
use super::batch::{Collector, Row};
use super::column::Column;
use super::fields::Fields;
use super::problem::What;
use super::stamp;
use super::text::times;
use super::when::Clock;

/// How deep objects in objects are looked into for the fields of one record.
const DEPTH: usize = 4;

/// Where records come from: a line, or a document that numbers them.
#[derive(Debug)]
pub(super) struct Records<'c, 'o> {
    collector: &'c mut Collector<'o>,
    clock: Clock<'o>,
    /// The line, or the number of the last record.
    line: u64,
    /// Records are numbered.
    counted: bool,
    /// The length of the groups in the list that is read.
    set: Option<Column>,
}

impl<'c, 'o> Records<'c, 'o> {
    /// Of a value that stands in a line.
    pub(super) fn of_line(collector: &'c mut Collector<'o>, clock: Clock<'o>, line: u64) -> Self {
        Records { collector, clock, line, counted: false, set: None }
    }

    /// Of a document; records are counted on from a number.
    pub(super) fn of_document(collector: &'c mut Collector<'o>, clock: Clock<'o>, before: u64) -> Self {
        Records { collector, clock, line: before, counted: true, set: None }
    }

    /// The number of the last record.
    pub(super) fn last(&self) -> u64 {
        self.line
    }

    fn add(&mut self, row: Row) {
        if self.counted {
            self.line += 1;
        }
        self.collector.add(row, self.line, self.counted);
    }

    /// Takes every record of a value.
    pub(super) fn take(&mut self, value: &Json<'_>) {
        self.walk(value, &Fields::new(), true);
    }

    /// `is_row`: the value stands where a record is expected.
    fn walk<'a>(&mut self, value: &Json<'a>, above: &Fields<'a>, is_row: bool) {
        match value {
            Json::Null => {}
            Json::Text(text) => {
                if is_row {
                    self.scalar(text);
                }
            }
            // Lists of times are read where nothing is around them; elsewhere they are of something else.
            Json::List(items) => {
                let is_row = |item: &Json<'_>| is_row || !matches!(item, Json::Text(_));
                items.iter().for_each(|item| self.walk(item, above, is_row(item)));
            }
            Json::Object(members) if har::is_entry(value) => {
                let row = har::row(value, members, &self.clock);
                self.add(row);
            }
            Json::Object(members) => match maps::counts(value) {
                Some(counts) => {
                    let rows = maps::rows(value, counts, self.set, &self.clock);
                    rows.into_iter().for_each(|row| self.add(row));
                }
                None => self.object(members, above, is_row),
            },
        }
    }

    fn object<'a>(&mut self, members: &[(Cow<'a, str>, Json<'a>)], above: &Fields<'a>, is_row: bool) {
        let mut fields = Fields::new();
        let lists = gather(members, &mut fields);
        let is_record = fields.has(Column::Start)
            || fields.has(Column::End)
            || (fields.has_time()
                && (fields.has(Column::Status) || fields.has(Column::Ray) || lists != Lists::Records));
        if is_record {
            fields.fill_from(above);
            let row = fields.row(&self.clock);
            self.add(row);
            return;
        }
        if lists != Lists::Records {
            // An answer with an empty list says that there were none.
            if is_row && lists == Lists::None {
                let row = fields.row(&self.clock);
                self.add(row);
            }
            return;
        }
        let mut down = fields.handed_down();
        down.fill_from(above);
        for (name, value) in members {
            if !matches!(value, Json::Text(_)) {
                let outer = self.set;
                self.set = maps::set_named(name).or(outer);
                self.walk(value, &down, false);
                self.set = outer;
            }
        }
    }

    /// A time or a Ray ID in a list of them.
    fn scalar(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let row = match stamp::whole(bytes, self.clock.hints()) {
            Some(seen) => times::row(seen, bytes, &self.clock),
            None => times::ray_alone(bytes, &self.clock).unwrap_or(Row::Bad(What::NoTime)),
        };
        self.add(row);
    }
}

/// The lists in an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Lists {
    /// None, or only lists of texts.
    None,
    /// Empty ones.
    Empty,
    /// Lists of objects.
    Records,
}

/// Gathers the fields of an object and of objects in it, the outer before the inner, and tells which lists are in it.
fn gather<'a>(members: &[(Cow<'a, str>, Json<'a>)], fields: &mut Fields<'a>) -> Lists {
    let mut lists = Lists::None;
    let mut level = vec![members];
    for _ in 0..DEPTH {
        let mut next: Vec<&[(Cow<'a, str>, Json<'a>)]> = Vec::new();
        for (name, value) in level.drain(..).flatten() {
            match value {
                Json::Text(text) => fields.set_named(name, text.clone()),
                Json::Object(inner) if is_headers(name) => {
                    if let Some(ray) = inner.iter().find(|(n, _)| n.eq_ignore_ascii_case("cf-ray"))
                        && let Some(text) = ray.1.text()
                    {
                        fields.set(Column::Ray, text.clone());
                    }
                }
                Json::Object(inner) => {
                    // A bare `heartbeat` is Uptime Kuma's, whatever else it holds.
                    if name == "heartbeat" {
                        fields.set_utc();
                        fields.set(Column::Monitor, Cow::Borrowed("heartbeat"));
                    }
                    next.push(inner);
                }
                Json::List(items) => {
                    if items.is_empty() {
                        lists = lists.max(Lists::Empty);
                    } else if items.iter().any(|item| matches!(item, Json::Object(_) | Json::List(_))) {
                        lists = Lists::Records;
                    } else if let Some(Json::Text(text)) = items.first() {
                        // A header that came twice.
                        fields.set_named(name, text.clone());
                    }
                }
                Json::Null => {}
            }
        }
        level = next;
    }
    lists
}

/// Logpush's objects of headers and cookies: whatever visitors and applications like.
fn is_headers(name: &str) -> bool {
    ["requestheaders", "responseheaders", "cookies", "headers"].iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Sets `status` and so on of a request that an entry of another kind of document tells.
fn with_status(mut report: Report, status: Option<&str>) -> Report {
    report.status = status.and_then(|s| s.trim().parse().ok()).filter(|s| (100..1000).contains(s));
    report
}

/// Whether a document is a list of records, or has one inside.
pub(super) fn is_list(value: &Json<'_>) -> bool {
    match value {
        Json::List(_) => true,
        Json::Object(members) => gather(members, &mut Fields::new()) != Lists::None,
        _ => false,
    }
}
