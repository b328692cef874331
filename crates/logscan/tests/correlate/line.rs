//! Lines of a log, and the records that they make up.

use super::stamp::Millis;

/// A line of a log. Its number stays when it moves, so that what was known of it is still known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: usize,
    /// Without its newline.
    pub(crate) text: Vec<u8>,
    /// Where the line names a time.
    pub(crate) at: Option<Millis>,
}

impl Line {
    pub(crate) fn has(&self, part: &str) -> bool {
        super::stamp::after(&self.text, part.as_bytes()).is_some()
    }

    /// The line as text, for what is compared and not written.
    pub(crate) fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// Lines that must stay together, and when they were written.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) lines: Vec<Line>,
    pub(crate) at: Millis,
}

/// The records of a log: a line without a stamp belongs to the one before, but for the empty line that begins a
/// block of a slow log.
pub(crate) fn records(lines: Vec<Line>) -> Vec<Record> {
    let begins: Vec<bool> = (0..lines.len())
        .map(|i| {
            let empty = |j: usize| lines.get(j).is_some_and(|l| l.text.is_empty());
            match lines[i].at {
                Some(_) => i == 0 || !empty(i - 1),
                None => empty(i) && lines.get(i + 1).is_some_and(|l| l.at.is_some()),
            }
        })
        .collect();
    let mut records: Vec<Record> = Vec::new();
    for (line, begins) in lines.into_iter().zip(begins) {
        let at = line.at;
        match records.last_mut() {
            Some(last) if !begins => {
                if last.lines.iter().all(|l| l.at.is_none()) {
                    last.at = at.unwrap_or(last.at);
                }
                last.lines.push(line);
            }
            last => {
                let at = at.or(last.map(|l| l.at)).unwrap_or(0);
                records.push(Record { lines: vec![line], at });
            }
        }
    }
    records
}

/// Puts logs together by time. Within each the order stays, as the lines of several workers are not in order.
pub(crate) fn merged(logs: impl IntoIterator<Item = Vec<Line>>) -> Vec<Line> {
    let mut all: Vec<(Millis, Record)> = Vec::new();
    for log in logs {
        let mut latest = Millis::MIN;
        for record in records(log) {
            latest = latest.max(record.at);
            all.push((latest, record));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().flat_map(|(_, record)| record.lines).collect()
}
