//! What holds of nginx's error log holds of the log of every source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
#[path = "../common/mod.rs"]
mod common;

mod any_bytes;
mod logs;
mod torn;
mod ways;
mod windows;

use std::path::PathBuf;

use common::{Dir, Told, read, touch, utc};
use logs::{DAY, SourceLog};
use logscan_scan::Scan;

/// A scan that knows when the machine was started, and the forms of these logs.
fn scan(logs: &[&SourceLog]) -> Scan<'static> {
    let format = logs.iter().find_map(|log| log.format());
    utc().boot(Some(SourceLog::boot())).access_format(format)
}

/// Writes a log as if it had been written to until the end of the day: stamps without a year are of that one.
fn file(dir: &Dir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.file(name, bytes);
    touch(&path, DAY + 86_000);
    path
}

/// Reads a log as it is.
fn alone(dir: &Dir, log: &SourceLog) -> Told {
    read(&scan(&[log]).threads(1), &[file(dir, log.name, &log.bytes())])
}

/// Kind and time of what was told, in order.
fn kinds(told: &Told) -> Vec<(String, Option<String>)> {
    told.events.iter().map(|e| (e.kind.clone(), e.at.map(|at| at.to_string()))).collect()
}
