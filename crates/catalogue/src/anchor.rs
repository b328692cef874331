//! The literals that must stand in a text for a kind to fit.

use regex_syntax::hir::{Hir, HirKind};

use crate::kind::Kind;

/// Literals of which at least one stands in every text that the kind fits; empty where none can be told.
pub(crate) fn of(kind: &Kind) -> Vec<Vec<u8>> {
    if !kind.literals.is_empty() {
        return kind.literals.iter().map(|l| l.as_bytes().to_vec()).collect();
    }
    let Some(pattern) = &kind.regex else { return Vec::new() };
    let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern);
    hir.ok().and_then(|h| required(&h)).unwrap_or_default()
}

/// A set of literals of which one is in every match.
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        // Of a sequence any part will do: the one whose shortest literal is longest tells most.
        HirKind::Concat(parts) => parts.iter().filter_map(required).max_by_key(|set| shortest(set)),
        HirKind::Alternation(branches) => {
            let sets = branches.iter().map(required).collect::<Option<Vec<_>>>()?;
            Some(sets.into_iter().flatten().collect())
        }
        _ => None,
    }
}

fn shortest(set: &[Vec<u8>]) -> usize {
    set.iter().map(Vec::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors(pattern: &str) -> Vec<String> {
        let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).unwrap();
        required(&hir).unwrap_or_default().into_iter().map(|l| String::from_utf8(l).unwrap()).collect()
    }

    #[test]
    fn the_longest_part_of_a_sequence() {
        assert_eq!(anchors(r"worker process \d+ exited on signal (9|11)"), [" exited on signal "]);
        assert_eq!(anchors(r"^child \d+ exited with code 124 "), [" exited with code 124 "]);
    }

    #[test]
    fn one_literal_of_every_branch() {
        assert_eq!(anchors(r"(accept4|recv)\(\) failed"), ["() failed"]);
        assert_eq!(anchors(r"x?(one|two)"), ["one", "two"]);
    }

    #[test]
    fn nothing_where_a_branch_has_none() {
        assert!(anchors(r"one|\d+").is_empty());
        assert!(anchors(r"(one)*").is_empty());
        assert!(anchors(r"(?i)one").is_empty());
    }
}
