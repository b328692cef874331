//! How far the edge's clock is ahead of the origin's.

mod episodes;
mod rays;
mod requests;
mod times;

#[cfg(test)]
mod tests;

pub(crate) use episodes::{Offsets, Seen};

use logscan_parser::Source;

use crate::attribution::{Clock, Method};
use crate::span::{SECOND, Span};

/// Clocks are off by seconds, or by hours where a zone is mistaken; never by more than the zones of the earth differ.
const FARTHEST: i64 = 15 * 3600 * SECOND;

/// Clocks that nobody knows anything of are taken to agree to this.
const UNKNOWN: i64 = 2 * SECOND;

/// What was found out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Offset {
    /// The edge's time minus the origin's, in microseconds.
    pub(crate) at: i64,
    /// Give or take.
    pub(crate) uncertainty: i64,
    pub(crate) method: Method,
    pub(crate) support: u64,
    /// Seconds a day, before and after `pivot`.
    pub(crate) drift: Option<f64>,
    /// When `at` holds.
    pub(crate) pivot: i64,
}

impl Offset {
    pub(crate) fn given(seconds: f64) -> Offset {
        #[allow(clippy::cast_possible_truncation)]
        let at = (seconds.clamp(-1e6, 1e6) * 1e6) as i64;
        Offset { at, uncertainty: SECOND / 10, method: Method::Given, support: 0, drift: None, pivot: 0 }
    }

    pub(crate) fn none() -> Offset {
        Offset { at: 0, uncertainty: UNKNOWN, method: Method::None, support: 0, drift: None, pivot: 0 }
    }

    /// The offset at an instant.
    pub(crate) fn then(&self, instant: i64) -> i64 {
        let Some(per_day) = self.drift else { return self.at };
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let drifted = ((instant - self.pivot) as f64 / 86_400.0 * per_day) as i64;
        self.at.saturating_add(drifted)
    }

    /// As it is told.
    pub(crate) fn clock(self, source: Source) -> Clock {
        let half_hours = (self.at + 900 * SECOND).div_euclid(1800 * SECOND);
        let mistake = half_hours * 1800;
        let is_mistake = mistake != 0 && (self.at - mistake * SECOND).abs() <= 300 * SECOND;
        #[allow(clippy::cast_precision_loss)]
        let seconds = |micros: i64| micros as f64 / 1e6;
        Clock {
            source,
            offset: seconds(self.at),
            uncertainty: seconds(self.uncertainty),
            drift: self.drift,
            steps: Vec::new(),
            method: self.method,
            support: self.support,
            zone_mistake: if is_mistake { mistake } else { 0 },
        }
    }
}

/// Offsets near zero are likelier than others, and after them those of a mistaken zone.
fn likelihood(offset: Span) -> f32 {
    let away = offset.gap(Span::default());
    let zone = {
        let half_hours = (offset.middle() + 900 * SECOND).div_euclid(1800 * SECOND);
        Span::new(half_hours * 1800 * SECOND, half_hours * 1800 * SECOND).gap(offset)
    };
    match () {
        () if away <= 2 * SECOND => 1.2,
        () if away <= 10 * SECOND => 1.15,
        () if away <= 120 * SECOND => 1.1,
        () if zone <= 10 * SECOND => 1.08,
        () if zone <= 120 * SECOND => 1.04,
        () => 1.0,
    }
}
