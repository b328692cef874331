//! From the logs to what the correlation keeps of them.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use logscan_correlate::{Coverage, Gathered, Kept, Sieve};
use logscan_scan::{Event, Folder, Inputs, Outcome, Place, Scan, Unnamed};

/// Hands every record to the sieve: ordinary requests are evidence, too.
struct Sifting {
    sieve: Sieve,
}

impl Folder for Sifting {
    type Part = Kept;

    fn part(&self) -> Kept {
        Kept::default()
    }

    fn add(&self, kept: &mut Kept, event: &Event<'_>) {
        self.sieve.add(kept, event.record, Some(event.named), event.at, event.offset, event.line);
    }

    fn add_unnamed(&self, kept: &mut Kept, record: &Unnamed<'_>) {
        self.sieve.add(kept, record.record, None, record.at, record.offset, record.line);
    }

    fn is_full(&self, kept: &Kept) -> bool {
        kept.is_full()
    }
}

/// Reads the logs. Events and coverage name inputs by their place in `inputs`.
pub(super) fn gather(scan: &Scan<'_>, inputs: &Inputs, sieve: Sieve) -> (Gathered, Outcome) {
    let mut gathered = Gathered::default();
    let outcome = scan.run(inputs, &Sifting { sieve }, |kept: Kept, place: Place<'_>| {
        gathered.merge(kept, number(place.input), place.line_base);
        ControlFlow::Continue(())
    });
    let mut numbers: HashMap<&Path, u32> = HashMap::new();
    for (n, input) in inputs.files.iter().enumerate() {
        numbers.entry(&input.path).or_insert(number(n));
    }
    for stats in &outcome.inputs {
        let Some(input) = numbers.get(&*stats.file).copied() else { continue };
        gathered.covers(Coverage { input, source: stats.source, first: stats.first, last: stats.last });
    }
    (gathered, outcome)
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
