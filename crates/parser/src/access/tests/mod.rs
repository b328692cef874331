//! Access logs: each test says what nginx or Apache would have written.

mod compile;
mod detect;
mod hostile;
mod known;
mod quick;
mod read;
mod rendered;

use super::*;

fn nginx(format: &str) -> AccessFormat {
    AccessFormat::nginx(format).unwrap_or_else(|error| panic!("{format}: {error}"))
}

fn apache(format: &str) -> AccessFormat {
    AccessFormat::apache(format).unwrap_or_else(|error| panic!("{format}: {error}"))
}

/// Names and values, one a line.
fn values(format: &AccessFormat, line: &str) -> String {
    let Some(values) = format.values(line.as_bytes()) else { return String::from("no fit") };
    let shown = values.map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
    shown.collect::<Vec<_>>().join("\n")
}

fn access<'b>(format: &AccessFormat, line: &'b str) -> Access<'b> {
    format.parse(line.as_bytes()).unwrap_or_else(|| panic!("{line} does not fit")).1
}

fn text(value: Option<&[u8]>) -> Option<&str> {
    value.map(|v| std::str::from_utf8(v).unwrap())
}

#[test]
fn formats_go_to_other_threads() {
    fn is_shared<T: Send + Sync + Clone + std::fmt::Debug>() {}
    is_shared::<AccessFormat>();
}
