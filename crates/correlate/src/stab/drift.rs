//! Clocks that run apart: an offset that grows with time.

use super::{Drift, FAR, Step, Steps, Turn, crowd, whole};

/// More samples than this are thinned out; a line needs no more.
const MAX_SAMPLES: usize = 1 << 16;

/// Parts of the time that are looked at.
const PARTS: usize = 48;

/// Parts that must hold samples.
const MIN_PARTS: usize = 4;

/// How often the line is drawn, each time through what the one before leaves over.
const ROUNDS: usize = 4;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// One interval of offsets, and when it was seen; all in microseconds.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: i64,
    from: i64,
    until: i64,
}

/// What most samples of a part of the time agree on.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Middle of its samples' times.
    at: f64,
    /// Middle of the offsets agreed on.
    offset: f64,
    /// Half of their width.
    half: f64,
    /// How many agree.
    agree: i64,
}

/// A slow and steady drift, from samples of (when, least offset, greatest offset) in microseconds: where clearly more
/// of them lie on a line than on one offset, and the line explains most of what the parts of the time agree on each.
/// `None` where the clocks keep their distance, jump, or where samples are too few to tell.
pub(crate) fn drift(samples: &[(i64, i64, i64)]) -> Option<Drift> {
    let mut sorted: Vec<Sample> = (samples.iter())
        .filter(|(_, from, until)| from <= until)
        .map(|(at, from, until)| Sample {
            at: (*at).clamp(-FAR, FAR),
            from: (*from).clamp(-FAR, FAR),
            until: (*until).clamp(-FAR, FAR),
        })
        .collect();
    sorted.sort_unstable_by_key(|sample| (sample.at, sample.from, sample.until));
    let samples: Vec<Sample> =
        sorted.iter().step_by(sorted.len().div_ceil(MAX_SAMPLES).max(1)).copied().collect();
    let (first, last) = (samples.first()?.at, samples.last()?.at);
    let middle = first + (last - first) / 2;
    let still = agreeing(&samples, middle, 0.0);
    let mut slope = 0.0;
    for _ in 0..ROUNDS {
        let parts = parts(&samples, middle, slope);
        if parts.len() < MIN_PARTS {
            return None;
        }
        slope += typical_slope(&parts)?;
    }
    let parts = parts(&samples, middle, slope);
    let moving = agreeing(&samples, middle, slope);
    let best: i64 = parts.iter().map(|part| part.agree).sum();
    // A line fits some that are wrong by chance: the more of these, the more must be won.
    let by_chance = 4.0 + 3.0 * (samples.len() as f64 - moving as f64).max(0.0).sqrt();
    let deviation = deviation(&parts)?;
    let won = (moving - still) as f64 >= by_chance && moving.saturating_mul(5) >= best.saturating_mul(4);
    (won && slope.abs() >= 3.0 * deviation)
        .then_some(Drift { per_day: slope * DAY, uncertainty: 2.0 * deviation * DAY })
}

/// How many samples agree on one offset at most, once a drift is taken out of them.
fn agreeing(samples: &[Sample], middle: i64, slope: f64) -> i64 {
    let mut turns = Vec::with_capacity(samples.len().saturating_mul(2));
    level(samples, middle, slope, &mut turns);
    Steps::over(&mut turns).map(|step| step.sum).max().unwrap_or_default()
}

/// The turns of samples, less the drift.
fn level(samples: &[Sample], middle: i64, slope: f64, turns: &mut Vec<Turn>) {
    turns.clear();
    for sample in samples {
        let shift = whole(slope * (sample.at - middle) as f64).clamp(-FAR, FAR);
        turns.push(Turn { at: sample.from - shift, sum: 1, groups: 1 });
        turns.push(Turn { at: sample.until - shift + 1, sum: -1, groups: -1 });
    }
}

/// Cuts the time into equal parts, and leaves out those with few samples.
fn parts(samples: &[Sample], middle: i64, slope: f64) -> Vec<Part> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let count = (samples.len() / 8).clamp(MIN_PARTS, PARTS);
    let least = (samples.len() / (4 * count)).max(1);
    let width = (last.at - first.at) / i64::try_from(count).unwrap_or(1) + 1;
    let mut turns = Vec::new();
    (samples.chunk_by(|one, other| (one.at - first.at) / width == (other.at - first.at) / width))
        .filter(|part| part.len() >= least)
        .filter_map(|part| {
            level(part, middle, slope, &mut turns);
            let mut centres: Vec<i64> = turns
                .chunks_exact(2)
                .filter_map(|ends| Some(ends.first()?.at.midpoint(ends.last()?.at)))
                .collect();
            let centre = *centres.select_nth_unstable(part.len() / 2).1;
            let Step { from, until, sum, .. } = crowd(&mut turns, centre, 4 * FAR)?;
            Some(Part {
                at: (part.get(part.len() / 2)?.at - middle) as f64,
                offset: from as f64 + (until - from) as f64 / 2.0,
                half: (until - from) as f64 / 2.0,
                agree: sum,
            })
        })
        .collect()
}

/// The median of the slopes between any two parts (Theil and Sen): right even where a quarter of the parts is not.
fn typical_slope(parts: &[Part]) -> Option<f64> {
    let others = |(number, one): (usize, &Part)| {
        let one = *one;
        parts.iter().skip(number + 1).map(move |other| (other.offset - one.offset) / (other.at - one.at))
    };
    median(parts.iter().enumerate().flat_map(others).filter(|slope| slope.is_finite()).collect())
}

/// How far the slope may be off, by the scatter of the parts around the line and by their width.
fn deviation(parts: &[Part]) -> Option<f64> {
    let centre = median(parts.iter().map(|part| part.offset).collect())?;
    // 1.4826 times the median distance is the standard deviation, where there are no outliers.
    let scatter = 1.4826 * median(parts.iter().map(|part| (part.offset - centre).abs()).collect())?;
    let half = median(parts.iter().map(|part| part.half).collect())?;
    let mean = parts.iter().map(|part| part.at).sum::<f64>() / parts.len() as f64;
    let spread: f64 = parts.iter().map(|part| (part.at - mean).powi(2)).sum();
    (spread > 0.0).then(|| ((scatter.powi(2) + half.powi(2) / 3.0) / spread).sqrt())
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    let middle = numbers.len() / 2;
    (middle < numbers.len()).then(|| *numbers.select_nth_unstable_by(middle, f64::total_cmp).1)
}
