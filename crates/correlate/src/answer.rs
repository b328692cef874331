//! Answers on their way out.

use std::collections::BTreeMap;

use logscan_catalogue::CauseId;
use rayon::prelude::*;

use crate::attribution::{Alternative, Attribution, CauseCount, Correlation, Evidence, Join, Role, Verdict};
use crate::origin::Lexicon;
use crate::report::Report;
use crate::texts::Texts;

/// An answer on its way.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) cause: CauseId,
    pub(crate) confidence: f64,
    pub(crate) join: Join,
    pub(crate) lines: Vec<(usize, Role)>,
    pub(crate) because: Vec<String>,
    pub(crate) alternatives: Vec<(CauseId, f64)>,
    pub(crate) ruled_out: Vec<String>,
    pub(crate) look_next: Vec<String>,
}

impl Answer {
    pub(crate) fn of(cause: CauseId, confidence: f64, join: Join, lines: Vec<(usize, Role)>) -> Answer {
        Answer {
            verdict: Verdict::Explained,
            cause,
            confidence,
            join,
            lines,
            because: Vec::new(),
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            look_next: Vec::new(),
        }
    }
}

/// Only the events that answers point to are handed out.
pub(crate) fn pack(
    reports: &[Report],
    (mut events, texts): (Vec<crate::Event>, &Texts),
    answers: Vec<Answer>,
    clocks: Vec<crate::Clock>,
    advice: Vec<crate::Advice>,
    by_chance: &BTreeMap<CauseId, f64>,
    lexicon: &Lexicon<'_>,
) -> Correlation {
    let cited = Cited::of(&answers, events.len());
    let mut line = 0;
    events.retain(|_| {
        line += 1;
        cited.place(line - 1).is_some()
    });
    // Answers and texts need the room.
    events.shrink_to_fit();
    let mut attributions = Vec::with_capacity(answers.len());
    let mut causes: BTreeMap<CauseId, CauseCount> = BTreeMap::new();
    for (report, answer) in reports.iter().zip(answers) {
        let mut evidence: Vec<Evidence> = Vec::new();
        for (line, role) in &answer.lines {
            let Some(event) = cited.place(*line) else { continue };
            if !evidence.iter().any(|e| e.event == event) {
                evidence.push(Evidence { event, role: *role });
            }
        }
        if answer.verdict != Verdict::NotCovered {
            let at = report.when.map(|w| w.from);
            let entry = causes.entry(answer.cause).or_insert_with(|| CauseCount {
                cause: answer.cause,
                count: 0,
                expected_by_chance: by_chance.get(&answer.cause).copied().unwrap_or(0.0),
                first: at,
                last: at,
            });
            entry.count += report.count.max(1);
            entry.first = [entry.first, at].into_iter().flatten().min();
            entry.last = entry.last.max(at);
        }
        attributions.push(Attribution {
            verdict: answer.verdict,
            cause: answer.cause,
            confidence: answer.confidence.clamp(0.0, 1.0),
            join: answer.join,
            evidence,
            alternatives: answer
                .alternatives
                .into_iter()
                .filter(|(c, w)| *c != answer.cause && *w >= 0.01)
                .map(|(cause, confidence)| Alternative { cause, confidence })
                .collect(),
            because: answer.because,
            ruled_out: answer.ruled_out,
            look_next: answer.look_next,
        });
    }
    unpack(&mut events, texts);
    let mut causes: Vec<CauseCount> =
        causes.into_values().filter(|c| c.cause != lexicon.causes.none).collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then(a.cause.cmp(&b.cause)));
    Correlation { attributions, events, clocks, causes, advice }
}

/// Which events answers point to, and what place they have among these.
struct Cited {
    places: Vec<Option<usize>>,
}

impl Cited {
    fn of(answers: &[Answer], events: usize) -> Cited {
        let mut places = vec![None; events];
        for (line, _) in answers.iter().flat_map(|answer| &answer.lines) {
            if let Some(place) = places.get_mut(*line) {
                *place = Some(0);
            }
        }
        places.iter_mut().flatten().zip(0..).for_each(|(place, number)| *place = number);
        Cited { places }
    }

    fn place(&self, line: usize) -> Option<usize> {
        self.places.get(line).copied().flatten()
    }
}

/// Gives events their texts. Those of neighbours lie together, mostly.
fn unpack(events: &mut [crate::Event], texts: &Texts) {
    /// So many are worth another worker.
    const PIECE: usize = 4096;
    events.par_chunks_mut(PIECE).for_each(|piece| {
        let mut reader = texts.reader();
        for event in piece {
            event.text = reader.text(event.packed).into();
        }
    });
}
