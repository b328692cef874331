//! Logs of one machine whose stamps are in different zones.

use std::collections::HashMap;

use logscan_parser::Source;

use crate::event::Event;
use crate::origin::Lexicon;

/// What is to be added to the stamps of a source to have them on the clock of the access log.
pub(crate) fn shifts(_events: &[Event], _lexicon: &Lexicon<'_>) -> HashMap<Source, i64> {
    HashMap::new()
}
