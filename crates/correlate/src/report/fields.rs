//! A record of named fields, whatever it was written in, and the report that it makes.

use std::borrow::Cow;
use std::time::Duration;

use super::Report;
use super::batch::Row;
use super::column::{COLUMNS, Column, column, says_utc};
use super::internal;
use super::problem::What;
use super::request;
use super::stamp::{SECOND, Seen, field as stamp};
use super::state::{State, state_of, status_in};
use super::when::{Clock, Known, Span, plus};
use crate::ray::RayId;

/// How long before an alarm the errors may lie that it tells of, in seconds: Cloudflare's alarms come minutes late.
const ALARM_DELAY: i64 = 300;

/// Bytes of words that are looked through for a status.
const MAX_WORDS: usize = 4096;

/// The fields of a record that are known, by column.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    cells: [Option<Cow<'a, str>>; COLUMNS],
    /// Its times are in UTC, whatever zone was given.
    utc: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new() -> Fields<'a> {
        Fields { cells: [const { None }; COLUMNS], utc: false }
    }

    /// Sets the field that a key or the head of a column names, if the name is known.
    pub(super) fn set_named(&mut self, name: &str, text: Cow<'a, str>) {
        if let Some(column) = column(name) {
            // Uptime Kuma writes UTC without saying so (server/model/heartbeat.js, toJSON).
            let kuma = column == Column::Monitor && matches!(name, "monitorID" | "monitor_id" | "important");
            self.utc |= kuma || says_utc(name);
            if column == Column::MonitorTime {
                self.set(Column::Monitor, Cow::Borrowed("yes"));
                self.set(Column::Time, text);
            } else {
                self.set(column, text);
            }
        }
    }

    /// Sets a field, if it says something and was not set before.
    pub(super) fn set(&mut self, column: Column, text: Cow<'a, str>) {
        match column {
            // Monitors tell a state and a status, both under names of statuses.
            Column::Status if !is_number(&text) => {
                // `520 - Unknown error`.
                if let Some(status) = leading_status(&text) {
                    self.set_first(Column::Status, Cow::Owned(status.to_owned()));
                }
                self.set_first(Column::State, text.clone());
                self.set(Column::Message, text);
            }
            // Words may stand under several names.
            Column::Message => match self.cells.get_mut(column as usize) {
                Some(Some(words)) if words.len() < MAX_WORDS => {
                    let words = words.to_mut();
                    words.push('\n');
                    words.push_str(&text);
                }
                _ => self.set_first(column, text),
            },
            _ => self.set_first(column, text),
        }
    }

    fn set_first(&mut self, column: Column, text: Cow<'a, str>) {
        if let Some(cell) = self.cells.get_mut(column as usize)
            && cell.is_none()
            && !is_absent(&text, column)
        {
            *cell = Some(text);
        }
    }

    /// Stamps without a zone are in UTC.
    pub(super) fn set_utc(&mut self) {
        self.utc = true;
    }

    /// What a field says.
    pub(super) fn get(&self, column: Column) -> Option<&str> {
        self.cells.get(column as usize)?.as_deref()
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.get(column).is_some()
    }

    /// Whether there is a field in which a time is told.
    pub(super) fn has_time(&self) -> bool {
        use Column::{Date, End, FifteenMinutes, FiveMinutes, Hour, Minute, Ray, Start, Time};
        [Start, End, Time, Date, Minute, FiveMinutes, FifteenMinutes, Hour, Ray].iter().any(|c| self.has(*c))
    }

    /// What a record in a list hands down to those inside it: the site they are about.
    pub(super) fn handed_down(&self) -> Fields<'a> {
        let mut fields = Fields::new();
        for column in [Column::Host, Column::Zone, Column::Url] {
            if let Some(text) = self.cells.get(column as usize).and_then(Clone::clone) {
                fields.set(column, text);
            }
        }
        fields
    }

    /// Takes from another record what this one does not say.
    pub(super) fn fill_from(&mut self, other: &Fields<'a>) {
        for (cell, theirs) in self.cells.iter_mut().zip(&other.cells) {
            if cell.is_none() {
                cell.clone_from(theirs);
            }
        }
    }

    /// What the record is.
    pub(super) fn row(&self, clock: &Clock<'_>) -> Row {
        if internal::is_internal(self.get(Column::RequestSource)) {
            return Row::Internal;
        }
        let state = state_of(self);
        if state == State::Up {
            return Row::Up;
        }
        let count = self.count();
        if count == 0 {
            return Row::Nothing;
        }
        let ray = self.ray();
        let known = match self.known(clock, ray, state) {
            Ok(known) => known,
            Err(what) if ray.is_none() => return Row::Bad(what),
            Err(_) => Known { ray, ..Known::default() },
        };
        let (when, took) = known.resolve(clock.options.now);
        if when.is_none() {
            return Row::Bad(ray.map_or(What::NoTime, |ray| What::OddRay(ray.to_string())));
        }
        let mut report = Report { when, took, ray, count, status: self.status(), ..Report::default() };
        request::fill(&mut report, self);
        report.client = self.text(Column::Client);
        report.edge = self.text(Column::Edge);
        report.origin = self.text(Column::Origin);
        report.cache = self.get(Column::Cache).map(str::to_ascii_lowercase);
        report.origin_status = self.get(Column::OriginStatus).and_then(|s| s.trim().parse().ok());
        let nanos = || Some(Duration::from_nanos(self.get(Column::OriginTookNanos)?.trim().parse().ok()?));
        report.origin_took = self.millis(Column::OriginTook).or_else(nanos);
        report.header_wait = self.millis(Column::HeaderWait);
        report.tcp_handshake = self.millis(Column::TcpHandshake);
        report.tls_handshake = self.millis(Column::TlsHandshake);
        Row::Request(Box::new(report))
    }

    fn text(&self, column: Column) -> Option<String> {
        self.get(column).map(|t| t.trim().to_owned())
    }

    fn millis(&self, column: Column) -> Option<Duration> {
        Some(Duration::from_millis(self.get(column)?.trim().parse().ok()?))
    }

    fn ray(&self) -> Option<RayId> {
        let parse = |column| RayId::parse(self.get(column)?.trim().as_bytes());
        parse(Column::Ray).or_else(|| parse(Column::Instance))
    }

    /// Groups count requests; sampled rows stand for as many as were passed over.
    fn count(&self) -> u64 {
        let number = |column| {
            let text = self.get(column)?.trim();
            // Averages of a sample interval have a fraction.
            let (whole, _) = text.split_once('.').unwrap_or((text, ""));
            whole.parse::<u64>().ok()
        };
        number(Column::Count).or_else(|| number(Column::SampleInterval).map(|n| n.max(1))).unwrap_or(1)
    }

    /// The status in its column, or else in words of a monitor.
    pub(super) fn status(&self) -> Option<u16> {
        let told = self.get(Column::Status).and_then(|text| {
            let text = text.trim();
            text.strip_suffix(".0").unwrap_or(text).parse().ok()
        });
        told.filter(|s| (100..1000).contains(s)).or_else(|| self.get(Column::Message).and_then(status_in))
    }

    /// The times that are told.
    fn known(&self, clock: &Clock<'_>, ray: Option<RayId>, state: State) -> Result<Known, What> {
        let mut known = Known { ray, ..Known::default() };
        let end = self.span(clock, Column::End)?;
        let buckets = [
            (Column::Minute, 60),
            (Column::FiveMinutes, 300),
            (Column::FifteenMinutes, 900),
            (Column::Hour, 3600),
        ];
        for (column, seconds) in buckets {
            if let Some(span) = self.span(clock, column)? {
                known.within = Some(Span::new(span.from, seconds * SECOND));
                return Ok(known);
            }
        }
        if let Some(start) = self.span(clock, Column::Start)? {
            (known.start, known.end) = (Some(start), end);
            return Ok(known);
        }
        let Some(time) = self.time(clock)? else {
            known.end = end;
            return if end.is_some() || ray.is_some() { Ok(known) } else { Err(What::NoTime) };
        };
        if self.has(Column::Alarm) {
            known.within = Some(Span { from: plus(time.from, -ALARM_DELAY), until: time.until });
        } else if state == State::Down
            || self.has(Column::Monitor)
            || self.has(Column::ErrorPage)
            || (!self.has(Column::Status) && self.status().is_some())
        {
            known.end = Some(time);
        } else {
            (known.start, known.end) = (Some(time), end);
        }
        Ok(known)
    }

    /// The time in the column for times, or in two for the day and the time of day.
    fn time(&self, clock: &Clock<'_>) -> Result<Option<Span>, What> {
        let day = self.get(Column::Date);
        let Some(time) = self.get(Column::Time) else { return self.span(clock, Column::Date) };
        let seen = stamp(time.as_bytes(), clock.hints());
        if seen.is_none()
            && let Some(day) = day
        {
            let both = format!("{} {}", day.trim(), time.trim());
            return self.read(clock, &both).map(Some);
        }
        self.read(clock, time).map(Some)
    }

    /// Whether the day could be the month.
    pub(super) fn is_guessed(&self, clock: &Clock<'_>) -> bool {
        let day = self.get(Column::Date).unwrap_or_default();
        let dates = [Column::Start, Column::End, Column::Time].map(|c| self.get(c).unwrap_or_default());
        let guessed = |text: &str| matches!(stamp(text.as_bytes(), clock.hints()), Some(Seen::Time(written)) if written.guessed);
        dates.iter().any(|text| text.contains('/') && guessed(text))
            || (day.contains('/') && guessed(&format!("{day} 00:00")))
    }

    fn span(&self, clock: &Clock<'_>, column: Column) -> Result<Option<Span>, What> {
        self.get(column).map(|text| self.read(clock, text)).transpose()
    }

    fn read(&self, clock: &Clock<'_>, text: &str) -> Result<Span, What> {
        let seen = stamp(text.as_bytes(), clock.hints()).ok_or(What::NoTime)?;
        let seen = match seen {
            Seen::Time(mut written) if self.utc => {
                written.offset = written.offset.or(Some(0));
                Seen::Time(written)
            }
            other => other,
        };
        clock.span(seen, text.as_bytes())
    }
}

/// Marks that exports write where they have nothing to say.
fn is_absent(text: &str, column: Column) -> bool {
    let text = text.trim();
    matches!(text, "" | "-" | "00" | "null" | "NULL" | "N/A" | "n/a")
        || (column != Column::State && text.eq_ignore_ascii_case("unknown"))
}

/// The three digits that a text begins with.
fn leading_status(text: &str) -> Option<&str> {
    let (digits, rest) = text.trim().split_at_checked(3)?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric());
    (ends && is_number(digits)).then_some(digits)
}

/// Whether a text is a whole number, maybe with a fraction of zero as spreadsheets write it.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_suffix(".0").unwrap_or(text);
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
