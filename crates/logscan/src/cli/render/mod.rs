//! Forms of output.

pub(crate) mod correlation;
mod csv;
mod json;
mod page;
mod text;

pub(crate) use self::csv::summary as summary_csv;
pub(crate) use json::{summary as summary_json, summary_lines};
pub(crate) use text::{Told, summary as summary_text};
