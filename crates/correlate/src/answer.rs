//! Answers on their way out.

use std::collections::BTreeMap;

use logscan_catalogue::CauseId;

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
    (events, texts): (Vec<crate::Event>, &Texts),
    answers: Vec<Answer>,
    clocks: Vec<crate::Clock>,
    advice: Vec<crate::Advice>,
    by_chance: &BTreeMap<CauseId, f64>,
    lexicon: &Lexicon<'_>,
) -> Correlation {
    let mut places: Vec<Option<usize>> = vec![None; events.len()];
    let mut count = 0;
    let mut attributions = Vec::with_capacity(answers.len());
    let mut causes: BTreeMap<CauseId, CauseCount> = BTreeMap::new();
    for (report, answer) in reports.iter().zip(answers) {
        let mut evidence: Vec<Evidence> = Vec::new();
        for (line, role) in &answer.lines {
            let Some(slot) = places.get_mut(*line) else { continue };
            let event = *slot.get_or_insert_with(|| {
                count += 1;
                count - 1
            });
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
    let mut cited: Vec<(usize, crate::Event)> =
        places.into_iter().zip(events).filter_map(|(place, event)| Some((place?, event))).collect();
    cited.sort_unstable_by_key(|(_, event)| event.packed);
    let mut reader = texts.reader();
    for (_, event) in &mut cited {
        event.text = reader.text(event.packed).into();
    }
    cited.sort_unstable_by_key(|(place, _)| *place);
    let mut causes: Vec<CauseCount> =
        causes.into_values().filter(|c| c.cause != lexicon.causes.none).collect();
    causes.sort_by(|a, b| b.count.cmp(&a.count).then(a.cause.cmp(&b.cause)));
    Correlation { attributions, events: cited.into_iter().map(|(_, e)| e).collect(), clocks, causes, advice }
}
