//! GraphQL's older groups, which count all requests of a minute or an hour by status: `httpRequests1mGroups` and
//! `httpRequests1hGroups`.

use std::borrow::Cow;

use super::Json;
use crate::report::batch::Row;
use crate::report::column::Column;
use crate::report::fields::Fields;
use crate::report::when::Clock;

/// The counts by status in a group: `sum { responseStatusMap { edgeResponseStatus requests } }`.
pub(super) fn counts<'j, 'a>(group: &'j Json<'a>) -> Option<&'j [Json<'a>]> {
    group.get("dimensions")?;
    match group.get("sum")?.get("responseStatusMap")? {
        Json::List(items) => Some(items),
        _ => None,
    }
}

/// The length of the groups in a list of this name.
pub(super) fn set_named(name: &str) -> Option<Column> {
    match name {
        "httpRequests1mGroups" => Some(Column::Minute),
        "httpRequests1hGroups" => Some(Column::Hour),
        _ => None,
    }
}

/// A row for each status of a group.
///
/// `set` is the length of the groups, where the name of their list tells it.
pub(super) fn rows(
    group: &Json<'_>,
    counts: &[Json<'_>],
    set: Option<Column>,
    clock: &Clock<'_>,
) -> Vec<Row> {
    let text = |value: Option<&Json<'_>>, key: &str| value?.get(key)?.text().map(ToString::to_string);
    let dimensions = group.get("dimensions");
    let minute = text(dimensions, "datetimeMinute").map(|t| (t, Column::Minute));
    let hour = text(dimensions, "datetimeHour").map(|t| (t, Column::Hour));
    // Both sets call their time `datetime`. Under an alias, a full hour is taken for one.
    let plain = || {
        let time = text(dimensions, "datetime")?;
        let guess = if time.get(14..19) == Some("00:00") { Column::Hour } else { Column::Minute };
        Some((time, set.unwrap_or(guess)))
    };
    let time = minute.or(hour).or_else(plain);
    let row = |item: &Json<'_>| {
        let mut fields = Fields::new();
        if let Some((time, column)) = &time {
            fields.set(*column, Cow::Borrowed(time.as_str()));
        }
        for (key, column) in [("edgeResponseStatus", Column::Status), ("requests", Column::Count)] {
            if let Some(text) = text(Some(item), key) {
                fields.set(column, Cow::Owned(text));
            }
        }
        fields.row(clock)
    };
    counts.iter().map(row).collect()
}
