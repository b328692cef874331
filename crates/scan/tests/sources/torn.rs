//! Logs that end in the middle of a line.

use crate::common::{Dir, read};
use crate::logs::logs;
use crate::{file, kinds, scan};

/// Cut at every byte of the last line, the records before are told, and of the last one the truth or nothing.
#[test]
fn every_source_cut_at_every_byte() {
    let dir = Dir::new();
    for log in logs(3, 7) {
        let bytes = log.records[..3].iter().map(|r| format!("{}\n", r.text)).collect::<String>();
        let path = file(&dir, log.name, bytes.as_bytes());
        let whole = kinds(&read(&scan(&[&log]).threads(1), &[&path]));
        assert_eq!(whole.len(), 3, "{}", log.name);
        let end = bytes.trim_end().rfind('\n').unwrap() + 1;
        for cut in end + 1..bytes.len() {
            let path = file(&dir, "cut", &bytes.as_bytes()[..cut]);
            let told = read(&scan(&[&log]).threads(1), &[&path]);
            assert!(told.problems().contains(&"cut: Torn".to_owned()), "{}: {:?}", log.name, told.problems());
            assert!(
                whole.starts_with(&kinds(&told)) && told.events.len() >= 2,
                "{} {cut}: {:#?}",
                log.name,
                told.events
            );
            for (event, record) in told.events.iter().zip(&log.records).take(2) {
                assert_eq!(event.text(), record.text, "{} {cut}", log.name);
            }
            let lines = bytes[..cut].split_inclusive('\n').count() as u64;
            assert_eq!(told.inputs[0].lines, lines);
            // However it is cut into spans.
            if cut % 5 == 0 {
                let again = read(&scan(&[&log]).threads(2).block_sizes(50, 64), &[&path]);
                assert_eq!(again.essence(), told.essence(), "{} {cut}", log.name);
            }
        }
    }
}
