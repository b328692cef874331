//! What the columns of a table without names hold, told by their content.

use std::borrow::Cow;
use std::net::IpAddr;

use logscan_catalogue::Ranges;

use crate::report::column::Column;
use crate::report::ray_text::is_ray;
use crate::report::request::{is_host, is_method};
use crate::report::stamp::{Seen, whole};
use crate::report::when::Clock;

type Rows<'r, 'a> = &'r [Vec<Cow<'a, str>>];

/// The columns of rows that are all so wide, where times or Ray IDs, and another known thing, are among them.
pub(super) fn columns(rows: Rows<'_, '_>, width: usize, clock: &Clock<'_>) -> Option<Vec<Option<Column>>> {
    let mut columns = vec![None; width];
    let stamps: Vec<usize> = (0..width).filter(|c| all(rows, *c, |t| is_time(t, clock))).collect();
    let rays: Vec<usize> = (0..width).filter(|c| all(rows, *c, is_ray)).collect();
    if stamps.is_empty() && rays.is_empty() {
        return None;
    }
    let mut set = |at: usize, column| {
        if let Some(cell @ None) = columns.get_mut(at) {
            *cell = Some(column);
        }
    };
    if let Some(ray) = rays.first() {
        set(*ray, Column::Ray);
    }
    match (stamps.first(), stamps.get(1)) {
        // Logpush writes fields in the order of the alphabet if not told otherwise, so the end may stand first.
        (Some(&first), Some(&second)) => {
            let earlier = earlier(rows, first, second, clock);
            set(first, if earlier { Column::Start } else { Column::End });
            set(second, if earlier { Column::End } else { Column::Start });
        }
        (Some(&only), None) => set(only, Column::Time),
        _ => {}
    }
    let free = |c: &usize| !stamps.contains(c) && !rays.contains(c);
    if let Some(status) =
        (0..width).filter(free).find(|c| all(rows, *c, is_status) && any(rows, *c, is_usual))
    {
        set(status, Column::Status);
        // The origin's stands beside it, or durations would be taken for it.
        if all(rows, status + 1, |t| t.trim() == "0" || is_status(t)) {
            set(status + 1, Column::OriginStatus);
        }
    }
    let mut first = |column, test: &dyn Fn(&str) -> bool| {
        if let Some(at) = (0..width).filter(free).find(|c| all(rows, *c, test)) {
            set(at, column);
        }
    };
    first(Column::Edge, &|t| Ranges::cloudflare().contains(t.trim().as_bytes()));
    first(Column::Client, &|t| {
        t.trim().parse::<IpAddr>().is_ok() && !Ranges::cloudflare().contains(t.trim().as_bytes())
    });
    first(Column::Method, &|t| is_method(t.trim()));
    first(Column::Uri, &|t| t.trim().starts_with('/'));
    first(Column::Url, &|t| t.contains("://"));
    first(Column::Host, &|t| is_host(t.trim()));
    let known = columns.iter().flatten().count();
    (known >= 2).then_some(columns)
}

/// Whether a column says something, and all that it says is of a kind.
fn all(rows: Rows<'_, '_>, column: usize, test: impl Fn(&str) -> bool) -> bool {
    let mut told = rows.iter().filter_map(|r| r.get(column)).filter(|t| !t.trim().is_empty()).peekable();
    told.peek().is_some() && told.all(|t| test(t))
}

fn any(rows: Rows<'_, '_>, column: usize, test: impl Fn(&str) -> bool) -> bool {
    rows.iter().filter_map(|r| r.get(column)).any(|t| test(t))
}

/// Also an impossible time, so that one of them does not undo the table.
fn is_time(text: &str, clock: &Clock<'_>) -> bool {
    matches!(whole(text.as_bytes(), clock.hints()), Some(Seen::Time(_) | Seen::Never))
}

/// Whether the times of one column are before those of another, as a rule.
fn earlier(rows: Rows<'_, '_>, first: usize, second: usize, clock: &Clock<'_>) -> bool {
    let at = |row: &Vec<Cow<'_, str>>, column: usize| match whole(row.get(column)?.as_bytes(), clock.hints())?
    {
        Seen::Time(written) => Some(written.at),
        _ => None,
    };
    let later =
        rows.iter().filter(|r| matches!((at(r, first), at(r, second)), (Some(a), Some(b)) if a > b)).count();
    later * 2 < rows.len()
}

fn is_status(text: &str) -> bool {
    matches!(text.trim().parse::<u16>(), Ok(100..=599))
}

/// A status that lists of requests are full of; other numbers of three digits may be anything.
fn is_usual(text: &str) -> bool {
    matches!(text.trim().parse::<u16>(), Ok(200 | 301 | 302 | 304 | 403 | 404 | 500..=504 | 520..=530))
}
