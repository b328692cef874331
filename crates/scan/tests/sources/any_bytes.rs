//! Logs of every source with damage at random, and lines that are made to cost much.

use proptest::prelude::*;

use crate::common::{Dir, gzip_members, read};
use crate::logs::{SourceLog, logs};
use crate::{file, scan};

/// What happens to a log.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Delete(usize, usize),
    Double(usize, usize),
    Insert(usize, Vec<u8>),
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..40),
        prop::sample::select(vec![
            &b"\n"[..],
            b"\r\n",
            b"\0\0\0\0",
            b"\"",
            b"\x1b[31m",
            b"\n\n",
            b"]",
            b"{",
            b"--8f9a3c41-A--\n"
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (any::<usize>(), 1..200usize).prop_map(|(at, len)| Damage::Delete(at, len)),
        (any::<usize>(), 1..400usize).prop_map(|(at, len)| Damage::Double(at, len)),
        (any::<usize>(), pieces).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let len = bytes.len().max(1);
    let range = |at: usize, count: usize| at % len..(at % len + count).min(bytes.len());
    match damage {
        _ if bytes.is_empty() => {}
        Damage::Flip(at, byte) => bytes[at % len] ^= byte,
        Damage::Delete(at, count) => drop(bytes.drain(range(*at, *count))),
        Damage::Double(at, count) => {
            let piece = bytes[range(*at, *count)].to_vec();
            bytes.splice(at % len..at % len, piece);
        }
        Damage::Insert(at, piece) => drop(bytes.splice(at % len..at % len, piece.iter().copied())),
        // Most of it stays.
        Damage::Cut(at) => bytes.truncate(len - at % (len / 4 + 1)),
    }
}

fn wrapped(log: &SourceLog, wrap: u8) -> Vec<u8> {
    match wrap {
        0..=3 => log.bytes(),
        4 => log.in_docker(),
        5 => log.in_cri(),
        _ => log.in_journal(),
    }
}

/// Reads bytes in several ways; `read` checks the sums.
fn same(log: &SourceLog, bytes: &[u8], sizes: &[(u64, usize, usize)]) -> Result<(), TestCaseError> {
    let dir = Dir::new();
    let (plain, packed) = (file(&dir, "log", bytes), file(&dir, "packed", &gzip_members(bytes, 700)));
    let whole = read(&scan(&[log]).threads(1), &[&plain]);
    if let Some(input) = whole.inputs.first() {
        let lines = bytes.split_inclusive(|b| *b == b'\n').count() as u64;
        prop_assert_eq!((input.lines, input.bytes), (lines, bytes.len() as u64));
    }
    for &(span, buffer, threads) in sizes {
        let told = read(&scan(&[log]).threads(threads).block_sizes(span, buffer), &[&plain]);
        prop_assert_eq!(told.essence(), whole.essence(), "{} {} {}", span, buffer, threads);
    }
    let (_, buffer, threads) = sizes[0];
    let told = read(&scan(&[log]).threads(threads).block_sizes(1, buffer), &[&packed]);
    prop_assert_eq!(told.essence(), whole.essence(), "packed, {}", buffer);
    Ok(())
}

fn sizes() -> impl Strategy<Value = Vec<(u64, usize, usize)>> {
    prop::collection::vec((1u64..600, 64usize..700, 1usize..5), 2)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_logs_are_read_the_same(
        which in any::<prop::sample::Index>(),
        wrap in 0u8..7,
        damages in prop::collection::vec(damage(), 1..8),
        sizes in sizes(),
    ) {
        let logs = logs(9, 7);
        let log = which.get(&logs);
        let mut bytes = wrapped(log, wrap);
        damages.iter().for_each(|d| apply(&mut bytes, d));
        same(log, &bytes, &sizes)?;
    }

    #[test]
    fn any_bytes_after_a_record(
        which in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        sizes in sizes(),
    ) {
        let logs = logs(2, 7);
        let log = which.get(&logs);
        same(log, &[&log.bytes()[..], &bytes].concat(), &sizes)?;
    }
}

/// A line of a mebibyte takes no longer than its bytes: with time that grows with their square, this would not end.
#[test]
fn lines_that_are_made_to_cost_much() {
    const SHAPES: &[&str] = &[
        "[",
        "(",
        ", ",
        "\"",
        "7",
        "key=",
        "{\"a\":",
        "\\",
        " ",
        "a: ",
        "#0 /a.php(3): f() ",
        "1.2.3.4 ",
        "%",
        "\u{e9}",
    ];
    let dir = Dir::new();
    for (n, log) in logs(1, 7).iter().enumerate() {
        let head = &log.records[0].text;
        for shape in [SHAPES[n % SHAPES.len()], SHAPES[(n * 5 + 3) % SHAPES.len()]] {
            // With the head of a record, up to a place where something may be long.
            let cut = head.char_indices().map(|(at, _)| at).nth(head.len() * 2 / 3).unwrap();
            let many = shape.repeat((1 << 20) / shape.len() - 200);
            let bytes = format!("{head}\n{}{many}\n{many}\n{head}\n", &head[..cut]);
            let told = read(&scan(&[log]), &[file(&dir, log.name, bytes.as_bytes())]);
            assert_eq!(
                told.inputs[0].lines,
                bytes.split_inclusive('\n').count() as u64,
                "{} {shape}",
                log.name
            );
        }
    }
}
