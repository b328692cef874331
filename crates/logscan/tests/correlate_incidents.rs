//! `logscan correlate` is right about incidents whose causes are known, also where clocks, zones, rotation,
//! traffic or the history of the machine are others.
//!
//! `LOGSCAN_INCIDENTS=FOLDER` has other incidents read; `-- --nocapture` shows the figures and the wrong answers.

#![cfg(feature = "cli")]

mod common;
mod correlate;

use chrono_tz::Tz;

use correlate::ask::hold_to_goals;
use correlate::busy::{Traffic, busier};
use correlate::change::{edge_ahead, in_zone, joined, rotated};
use correlate::incident::Incident;
use correlate::load::all;

fn changed(change: impl Fn(&Incident) -> Incident) -> Vec<Incident> {
    all().iter().map(change).collect()
}

#[test]
fn as_they_were() {
    hold_to_goals("as they were", all());
}

#[test]
fn on_a_machine_in_another_zone() {
    hold_to_goals("in Adelaide", &changed(|i| in_zone(i, Tz::Australia__Adelaide)));
}

#[test]
fn with_the_edge_some_seconds_ahead() {
    hold_to_goals("edge 3.7 s further ahead", &changed(|i| edge_ahead(i, 3_700)));
}

#[test]
fn with_the_edge_behind() {
    hold_to_goals("edge 90 s further behind", &changed(|i| edge_ahead(i, -90_000)));
}

#[test]
fn with_the_edge_an_hour_ahead() {
    hold_to_goals("edge an hour further ahead", &changed(|i| edge_ahead(i, 3_600_000)));
}

#[test]
fn with_rotated_logs() {
    hold_to_goals("rotated", &changed(rotated));
}

#[test]
fn among_ten_times_the_traffic() {
    let traffic = Traffic { during: 10, around: 10 };
    hold_to_goals("ten times the traffic", &changed(|i| busier(i, traffic)));
}

#[test]
fn one_after_the_other_on_one_machine() {
    hold_to_goals("one after the other", &joined(all()));
}
