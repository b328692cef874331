//! The literals that must stand in a text for a kind to fit.

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::kind::Kind;

/// What every text that a kind fits has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// It begins with one of these.
    Start(Vec<Vec<u8>>),
    /// One of these stands in it.
    Inside(Vec<Vec<u8>>),
    /// Nothing that can be told.
    None,
}

/// So many beginnings of a regex are worth to be told apart, and so many bytes of a class.
const MAX_STARTS: usize = 64;
const MAX_CLASS: usize = 3;

/// So many beginnings are faster compared than a regex is run.
const FEW: usize = 8;

/// Shorter literals stand in many texts and are slow to find, so a beginning is better.
pub(crate) const SHORT: usize = 8;

/// The anchor of a kind.
pub(crate) fn of(kind: &Kind) -> Anchor {
    let mut inside: Vec<Vec<u8>> = kind.literals.iter().map(|l| l.as_bytes().to_vec()).collect();
    // Most regexes are not needed for that, and all are many.
    let hir = match &kind.regex {
        Some(pattern) if shortest(&inside) < SHORT => parse(pattern),
        _ => None,
    };
    if inside.is_empty() {
        inside = hir.as_ref().and_then(required).unwrap_or_default();
    }
    match hir.as_ref().and_then(starts) {
        Some(starts) if shortest(&inside) < SHORT => Anchor::Start(starts),
        _ if shortest(&inside) > 0 => Anchor::Inside(inside),
        _ => Anchor::None,
    }
}

/// The regex as it is compiled: over bytes, else over text.
fn parse(pattern: &str) -> Option<Hir> {
    let parse = |pattern: &str| regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).ok();
    parse(&format!("(?s-u){pattern}")).or_else(|| parse(pattern))
}

/// The beginnings of all texts that a regex matches, where it matches at the beginning only.
fn starts(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_class(MAX_CLASS).limit_total(MAX_STARTS);
    // Where case does not matter there are soon too many, save of the first bytes.
    let mut starts = extractor.extract(hir);
    if !starts.is_finite() {
        starts = extractor.limit_literal_len(2).extract(hir);
    }
    let starts: Vec<Vec<u8>> = starts.literals()?.iter().map(|l| l.as_bytes().to_vec()).collect();
    (shortest(&starts) > 0).then_some(starts)
}

/// The beginnings by which alone a regex goes: it matches the texts that begin with one of these, and no others.
pub(crate) fn beginnings(pattern: &str) -> Option<Vec<Vec<u8>>> {
    // Those that have these are the most, and parsing takes a while.
    let more = ["$", "+", "*", "\\d", "\\w", "\\b", "[^", "(?i"];
    if !pattern.starts_with('^') || more.iter().any(|more| pattern.contains(more)) {
        return None;
    }
    let hir = parse(pattern)?;
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let (start, rest) = parts.split_first()?;
    let is_start = matches!(start.kind(), HirKind::Look(Look::Start));
    // Literals are told without regard to what is looked at around them.
    if !is_start || rest.iter().any(|part| !part.properties().look_set().is_empty()) {
        return None;
    }
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_class(MAX_CLASS).limit_total(MAX_STARTS);
    let all = extractor.extract(&Hir::concat(rest.to_vec()));
    let literals = all.literals().filter(|literals| all.is_exact() && literals.len() <= FEW)?;
    Some(literals.iter().map(|l| l.as_bytes().to_vec()).collect())
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

    fn starts_of(pattern: &str) -> Option<Vec<String>> {
        let starts = starts(&parse(pattern).unwrap())?;
        Some(starts.into_iter().map(|l| String::from_utf8_lossy(&l).into_owned()).collect())
    }

    #[test]
    fn the_beginnings_of_a_regex_that_matches_there_only() {
        let of = |pattern| starts_of(pattern).unwrap();
        assert_eq!(of(r"^(stream )?\[lua\] "), ["stream [lua] ", "[lua] "]);
        assert_eq!(of(r"^bind\([^)]*\) failed"), ["bind("]);
        assert_eq!(of(r"^exit$"), ["exit"]);
        assert_eq!(of(r"^(one|two) \d"), ["one ", "two "]);
        assert_eq!(of(r"^(?i:ab|cd)/"), ["AB/", "Ab/", "aB/", "ab/", "CD/", "Cd/", "cD/", "cd/"]);
        assert!(
            of(r"^(?i:nginx|freenginx|openresty|angie|tengine)/").iter().all(|s| s.len() == 2),
            "else too many"
        );
        assert_eq!(starts_of(r"bind\("), None);
        assert_eq!(starts_of(r"^one|two"), None);
        assert_eq!(starts_of(r"(?m)^one"), None, "at the beginning of any line");
        assert_eq!(starts_of(r"^x?"), None, "a text may be empty");
        assert_eq!(starts_of(r"^.x"), None, "any byte");
    }

    #[test]
    fn a_regex_that_goes_by_a_beginning_alone() {
        let of = |pattern| {
            let all = beginnings(pattern)?;
            Some(all.into_iter().map(|l| String::from_utf8(l).unwrap()).collect::<Vec<_>>())
        };
        let some = |all: &[&str]| Some(all.iter().map(ToString::to_string).collect());
        assert_eq!(of(r#"^FastCGI sent in stderr: ""#), some(&["FastCGI sent in stderr: \""]));
        assert_eq!(of(r"^(?:open|stat)\(\) "), some(&["open() ", "stat() "]));
        for more in [
            r"one",
            r"^one$",
            r"^one\d",
            r"^one.*",
            r"^one\b",
            r"^on+e",
            r"(?m)^one",
            r"^a|b",
            r"^(?i:longer)",
        ] {
            assert_eq!(of(more), None, "{more}");
        }
    }

    #[test]
    fn nothing_where_a_branch_has_none() {
        assert!(anchors(r"one|\d+").is_empty());
        assert!(anchors(r"(one)*").is_empty());
        assert!(anchors(r"(?i)one").is_empty());
    }
}
