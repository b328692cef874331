use proptest::prelude::*;

use super::*;

/// The numbers of all that stand in a text, asked one by one.
fn one_by_one(literals: &[Vec<u8>], text: &[u8]) -> Vec<usize> {
    let stands = |l: &Vec<u8>| memchr::memmem::find(text, l).is_some();
    literals.iter().enumerate().filter(|(_, l)| stands(l)).map(|(number, _)| number).collect()
}

fn at_once(literals: &[Vec<u8>], text: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    Literals::new(literals).each(text, |number| found.push(number));
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn a_literal_is_found_wherever_it_stands() {
    let literals: Vec<Vec<u8>> = [
        "a literal",
        "another one",
        "upstream timed out",
        "(110: Connection",
        "read error",
        "no live upstreams",
    ]
    .map(|l| l.as_bytes().to_vec())
    .into();
    for (number, literal) in literals.iter().enumerate() {
        for before in 0..30 {
            let text = [&vec![b'x'; before][..], literal, b"yz"].concat();
            assert_eq!(at_once(&literals, &text), [number], "{before} bytes before");
            assert_eq!(at_once(&literals, text.get(..before + literal.len()).unwrap()), [number]);
            assert_eq!(at_once(&literals, text.get(..before + literal.len() - 1).unwrap()), []);
        }
    }
}

#[test]
fn of_many_that_differ_by_a_number_the_right_one_is_found() {
    let literals: Vec<Vec<u8>> = (0..500).map(|n| format!("site{n}.example.org").into_bytes()).collect();
    assert_eq!(
        at_once(&literals, b"client: ::1, server: site77.example.org, host: \"site77.example.org\""),
        [77]
    );
    assert_eq!(at_once(&literals, b"site777.example.org and site7.example.com"), []);
}

proptest! {
    /// A small alphabet, so that literals are parts of each other and stand across each other.
    #[test]
    fn all_that_stand_in_a_text_are_found(
        literals in prop::collection::hash_set(prop::collection::vec(0u8..3, 1..16), 0..40),
        text in prop::collection::vec(0u8..3, 0..200),
    ) {
        let literals: Vec<Vec<u8>> = literals.into_iter().collect();
        prop_assert_eq!(at_once(&literals, &text), one_by_one(&literals, &text));
    }

    /// The same with none that is short.
    #[test]
    fn all_long_ones_are_found(
        literals in prop::collection::hash_set(prop::collection::vec(0u8..2, 9..24), 0..40),
        parts in prop::collection::vec((0usize..40, prop::collection::vec(0u8..2, 0..5)), 0..8),
    ) {
        let literals: Vec<Vec<u8>> = literals.into_iter().collect();
        let part = |(number, noise): &(usize, Vec<u8>)| {
            [literals.get(*number).map(Vec::as_slice).unwrap_or_default(), noise].concat()
        };
        let text: Vec<u8> = parts.iter().flat_map(part).collect();
        prop_assert_eq!(at_once(&literals, &text), one_by_one(&literals, &text));
    }
}
