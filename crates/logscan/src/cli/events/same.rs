//! What lines have in common with lines before them, kept as it is written.

use logscan_catalogue::Named;
use logscan_parser::Source;
use logscan_scan::Event;

/// Texts that come again.
#[derive(Debug, Default)]
pub(super) struct Same {
    second: Option<i64>,
    time: Vec<u8>,
    /// By the place of the kind in the catalogue. A kind has few causes and mostly one source.
    names: Vec<Vec<Names>>,
}

#[derive(Debug)]
struct Names {
    named: Named,
    source: Source,
    text: Vec<u8>,
}

impl Same {
    /// The text of a second, which `write` makes.
    pub(super) fn time(&mut self, second: i64, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        if self.second != Some(second) {
            self.second = Some(second);
            self.time.clear();
            write(&mut self.time);
        }
        &self.time
    }

    /// The text for an event's kind, cause and source, which `write` makes.
    pub(super) fn names(&mut self, event: &Event<'_>, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let (named, source) = (event.named, event.record.source());
        let place = named.kind.index();
        if place >= self.names.len() {
            self.names.resize_with(place + 1, Vec::new);
        }
        let Some(known) = self.names.get_mut(place) else { return &[] };
        let at = known.iter().position(|n| n.named == named && n.source == source).unwrap_or_else(|| {
            let mut text = Vec::new();
            write(&mut text);
            known.push(Names { named, source, text });
            known.len() - 1
        });
        known.get(at).map_or(&[], |names| &names.text)
    }
}
