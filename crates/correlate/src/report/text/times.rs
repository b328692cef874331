//! Times and Ray IDs that stand alone.

use crate::report::Report;
use crate::report::batch::Row;
use crate::report::problem::What;
use crate::report::ray_text;
use crate::report::stamp::Seen;
use crate::report::when::{Clock, Known};

/// The report that is nothing but a time.
pub(in crate::report) fn row(seen: Seen, text: &[u8], clock: &Clock<'_>) -> Row {
    match clock.span(seen, text) {
        Ok(span) => report(Known { start: Some(span), ..Known::default() }, clock),
        Err(what) => Row::Bad(what),
    }
}

/// The report that is nothing but a Ray ID, if the text is one.
pub(in crate::report) fn ray_alone(text: &[u8], clock: &Clock<'_>) -> Option<Row> {
    let ray = ray_text::whole(text.trim_ascii())?;
    Some(report(Known { ray: Some(ray), ..Known::default() }, clock))
}

fn report(known: Known, clock: &Clock<'_>) -> Row {
    let (when, took) = known.resolve(clock.options.now);
    match (when, known.ray) {
        (None, Some(ray)) => Row::Bad(What::OddRay(ray.to_string())),
        (None, None) => Row::Bad(What::NoTime),
        (when, ray) => Row::Request(Box::new(Report { when, took, ray, count: 1, ..Report::default() })),
    }
}
