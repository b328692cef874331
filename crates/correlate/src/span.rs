//! Intervals of time, in microseconds since 1970 or as differences.

/// A second, in microseconds.
pub(crate) const SECOND: i64 = 1_000_000;

/// From one instant to another, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Span {
    pub(crate) fn new(from: i64, until: i64) -> Span {
        Span { from, until: until.max(from) }
    }

    /// How far apart two intervals are; 0 where they meet.
    pub(crate) fn gap(self, other: Span) -> i64 {
        (self.from - other.until).max(other.from - self.until).max(0)
    }

    pub(crate) fn holds(self, at: i64) -> bool {
        self.from <= at && at <= self.until
    }

    pub(crate) fn meets(self, other: Span) -> bool {
        self.gap(other) == 0
    }

    /// What share of the narrower of two intervals lies in the other; at least as much as stamps may be off.
    pub(crate) fn overlap(self, other: Span) -> f32 {
        let both = self.until.min(other.until) - self.from.max(other.from) + 1;
        let narrower = (self.until - self.from).min(other.until - other.from) + 1;
        (seconds(both.max(0)) / seconds(narrower).max(1e-6)).clamp(0.1, 1.0)
    }

    pub(crate) fn moved(self, by: i64) -> Span {
        Span { from: self.from.saturating_add(by), until: self.until.saturating_add(by) }
    }

    pub(crate) fn wider(self, by: i64) -> Span {
        Span { from: self.from.saturating_sub(by), until: self.until.saturating_add(by) }
    }

    pub(crate) fn middle(self) -> i64 {
        self.from + (self.until - self.from) / 2
    }
}

/// Microseconds as seconds, for costs.
pub(crate) fn seconds(micros: i64) -> f32 {
    #[allow(clippy::cast_precision_loss)]
    let seconds = micros as f32 / 1e6;
    seconds
}
