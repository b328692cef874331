//! Which cause can show as which status at the edge, and which status of the origin's access line goes with it.
//!
//! The knowledge is data: `data/plausibility.toml`, where each row has its reason and its source.

use std::fmt;
use std::sync::LazyLock;

use logscan_catalogue::{Catalogue, CauseId};
use serde::Deserialize;

const DATA: &str = include_str!("../data/plausibility.toml");

/// Statuses below this are the origin's own, and the edge passes them on.
const FIRST_OF_EDGE: u16 = 520;

const IMPOSSIBLE: Fit<'static> = Fit { weight: 0.0, when: "", reason: "" };
const OF_USER: Fit<'static> = Fit { weight: 0.5, when: "", reason: "A cause of the user's own rules." };
const PASSED_ON: Fit<'static> =
    Fit { weight: 1.0, when: "", reason: "The origin's answer is passed on as it is." };

static BUILTIN: LazyLock<Plausibility> = LazyLock::new(|| Plausibility::read(DATA).unwrap_or_default());

/// How well a cause fits a status.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Fit<'t> {
    /// From 0, impossible, to 1, what this cause makes as a rule.
    pub weight: f64,
    /// The configuration or circumstance that it needs; empty where it needs none.
    pub when: &'t str,
    /// What the origin answers, and what the edge makes of it.
    pub reason: &'t str,
}

/// Statuses of access lines: one (`444`), or a class (`2xx`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Statuses {
    first: u16,
    last: u16,
}

impl Statuses {
    /// Whether a status is among them.
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl TryFrom<String> for Statuses {
    type Error = String;

    fn try_from(text: String) -> Result<Statuses, String> {
        let number = |digits: &str| match digits.bytes().all(|b| b.is_ascii_digit()) {
            true => digits.parse::<u16>().ok(),
            false => None,
        };
        let both = match text.strip_suffix("xx") {
            Some(class) if class.len() == 1 => number(class).map(|c| (c * 100, c * 100 + 99)),
            None if text.len() == 3 => number(&text).map(|s| (s, s)),
            _ => None,
        };
        let (first, last) = both.ok_or_else(|| format!("`{text}`: no status such as 444 or 4xx"))?;
        Ok(Statuses { first, last })
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{:03}", self.first),
            false => write!(f, "{}xx", self.first / 100),
        }
    }
}

/// A cause, a status that it can show as, and how.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Row {
    /// Name of the cause.
    pub cause: String,
    /// Status at the edge.
    pub status: u16,
    /// How well they fit, 0 to 1, where nothing is known of the request's access line.
    pub weight: f64,
    /// The configuration or circumstance that it needs; empty where it needs none.
    pub when: String,
    /// What the origin answers, and what the edge makes of it.
    pub reason: String,
    /// Who says so: a document, or a function of the program.
    pub source: String,
    /// Statuses that the access line of such a request can have; empty: it has no line; `None`: not known.
    pub line: Option<Vec<Statuses>>,
    /// The weight where the access line has one of these statuses, if it then differs.
    pub with_line: Option<f64>,
}

impl Row {
    /// How well they fit where the origin logged the request with a status. 0 where such a request cannot have
    /// this line; otherwise at least what is true without it, as the line can show the configuration.
    pub fn given(&self, origin: u16) -> f64 {
        match &self.line {
            None => self.weight,
            Some(line) if line.iter().any(|s| s.contains(origin)) => self.with_line.unwrap_or(self.weight),
            Some(_) => 0.0,
        }
    }

    fn fit(&self) -> Fit<'_> {
        Fit { weight: self.weight, when: &self.when, reason: &self.reason }
    }
}

/// Statuses of the origin's access line that go with a status at the edge.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LineRow {
    /// Statuses at the edge.
    pub edge: Vec<u16>,
    /// Statuses in the access line.
    pub origin: Vec<Statuses>,
    /// How well they go together, 0 to 1.
    pub weight: f64,
    /// How it comes to that.
    pub reason: String,
    /// Who says so.
    pub source: String,
}

/// The table of causes and statuses.
#[derive(Clone, Debug, Default)]
pub struct Plausibility {
    statuses: Vec<u16>,
    /// By cause, then by status, the best weight first.
    rows: Vec<Row>,
    lines: Vec<LineRow>,
    never: Vec<String>,
}

impl Plausibility {
    /// The table that comes with logscan.
    pub fn builtin() -> &'static Plausibility {
        &BUILTIN
    }

    fn read(text: &str) -> Result<Plausibility, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut rows: Vec<Row> = file.cause.into_iter().flat_map(Group::rows).collect();
        rows.sort_by(|a, b| {
            (&a.cause, a.status).cmp(&(&b.cause, b.status)).then(b.weight.total_cmp(&a.weight))
        });
        Ok(Plausibility { statuses: file.statuses, rows, lines: file.line, never: file.never })
    }

    /// How well a cause fits a status of [`statuses`](Plausibility::statuses); `None`: any of them. A cause that
    /// logscan does not know is a user's own and fits each half.
    pub fn cause(&self, cause: &str, status: Option<u16>) -> Fit<'_> {
        self.known(cause).map_or(OF_USER, |rows| best(rows, status))
    }

    /// How well a status at the edge goes with the status in the access line of the same request, 0 to 1. `None`:
    /// any error that the edge can show for it.
    pub fn line(&self, edge: Option<u16>, origin: u16) -> f64 {
        match edge {
            Some(edge) => self.line_of(edge, origin),
            None => self.statuses.iter().map(|&edge| self.line_of(edge, origin)).fold(0.0, f64::max),
        }
    }

    fn line_of(&self, edge: u16, origin: u16) -> f64 {
        let row = self.lines.iter().find(|row| {
            row.edge.contains(&edge) && row.origin.iter().any(|statuses| statuses.contains(origin))
        });
        match row {
            Some(row) => row.weight,
            None if edge == origin && edge < FIRST_OF_EDGE => 1.0,
            None => 0.0,
        }
    }

    /// The statuses that the table is about.
    pub fn statuses(&self) -> &[u16] {
        &self.statuses
    }

    /// All causes with their statuses: by cause, then by status, the best weight first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Which statuses of access lines go with which status at the edge; the first that fits counts.
    pub fn lines(&self) -> &[LineRow] {
        &self.lines
    }

    /// Names of the causes that make none of the statuses.
    pub fn never(&self) -> &[String] {
        &self.never
    }

    /// The same, to be asked by the ids of a catalogue.
    pub fn for_catalogue<'t>(&'t self, catalogue: &'t Catalogue) -> Table<'t> {
        let causes = catalogue.causes().map(|cause| self.known(&cause.id)).collect();
        Table { table: self, catalogue, causes }
    }

    /// The rows of a cause; `None` where the table does not know it.
    fn known(&self, cause: &str) -> Option<&[Row]> {
        let first = self.rows.partition_point(|row| row.cause.as_str() < cause);
        let rows = self.rows.get(first..).unwrap_or_default();
        let rows = rows.get(..rows.partition_point(|row| row.cause == cause)).unwrap_or_default();
        (!rows.is_empty() || self.never.iter().any(|name| name == cause)).then_some(rows)
    }
}

/// The table by the ids of a catalogue.
#[derive(Clone, Debug)]
pub struct Table<'t> {
    table: &'t Plausibility,
    catalogue: &'t Catalogue,
    /// Rows of each cause, at its index; `None` for a user's own.
    causes: Vec<Option<&'t [Row]>>,
}

impl<'t> Table<'t> {
    /// How well a cause fits a status; `None`: any of the table's. For a status that the table is not about (403,
    /// 429, 499) the catalogue's list of the cause's statuses decides.
    pub fn cause(&self, cause: CauseId, status: Option<u16>) -> Fit<'t> {
        let Some(rows) = self.rows_of(cause) else { return OF_USER };
        match status {
            Some(status) if !self.table.statuses.contains(&status) => self.listed(cause, status),
            _ => best(rows, status),
        }
    }

    /// The same where the origin logged the request with a status, which can show that the configuration is there,
    /// or that it was not this cause. How well the two statuses go together is [`line`](Plausibility::line)'s.
    pub fn given(&self, cause: CauseId, status: Option<u16>, origin: u16) -> f64 {
        let Some(rows) = self.rows_of(cause) else { return OF_USER.weight };
        match status {
            Some(status) if !self.table.statuses.contains(&status) => self.listed(cause, status).weight,
            _ => of_status(rows, status).map(|row| row.given(origin)).fold(0.0, f64::max),
        }
    }

    fn rows_of(&self, cause: CauseId) -> Option<&'t [Row]> {
        self.causes.get(cause.index()).copied().flatten()
    }

    fn listed(&self, cause: CauseId, status: u16) -> Fit<'t> {
        let listed = self.catalogue.cause(cause).is_some_and(|c| c.edge.contains(&status));
        if listed { PASSED_ON } else { IMPOSSIBLE }
    }
}

fn of_status(rows: &[Row], status: Option<u16>) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| status.is_none_or(|status| row.status == status))
}

fn best(rows: &[Row], status: Option<u16>) -> Fit<'_> {
    of_status(rows, status).max_by(|a, b| a.weight.total_cmp(&b.weight)).map_or(IMPOSSIBLE, Row::fit)
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    statuses: Vec<u16>,
    never: Vec<String>,
    cause: Vec<Group>,
    line: Vec<LineRow>,
}

/// Rows that several causes share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    id: Vec<String>,
    rows: Vec<Cell>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Cell {
    status: u16,
    weight: f64,
    #[serde(default)]
    when: String,
    reason: String,
    source: String,
    line: Option<Vec<Statuses>>,
    with_line: Option<f64>,
}

impl Group {
    fn rows(self) -> impl Iterator<Item = Row> {
        let Group { id, rows } = self;
        id.into_iter().flat_map(move |cause| {
            let row = |cell: &Cell| Row {
                cause: cause.clone(),
                status: cell.status,
                weight: cell.weight,
                when: cell.when.clone(),
                reason: cell.reason.clone(),
                source: cell.source.clone(),
                line: cell.line.clone(),
                with_line: cell.with_line,
            };
            rows.iter().map(row).collect::<Vec<_>>()
        })
    }
}

#[cfg(test)]
mod tests;
