//! Texts that begin alike.
//!
//! Of texts that begin with a literal of a kind and go on with a path or a number, none comes twice, and nearly all are of
//! that kind. What the beginning says is found out once. What is left to be looked for in the rest of such a text are the
//! literals of the kinds that would come first: fewer than all, so they are found in larger strides.

use std::borrow::Cow;

use logscan_parser::Record;
use memchr::memmem;

use crate::kind::Kind;
use crate::literals::Literals;
use crate::matcher::{Anchors, Compiled, one_stands};
use crate::traits::{Demands, Traits};

/// Shorter beginnings say too little.
const SHORTEST: usize = 8;

/// Longer ones are no program's.
const LONGEST: usize = 96;

/// Bytes at the end of a beginning that are compared first.
const PROBE: usize = 8;

/// The end of a beginning, by which most texts that do not have it are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    bytes: [u8; PROBE],
    at: usize,
}

impl Probe {
    #[inline]
    pub(crate) fn stands(&self, text: &[u8]) -> bool {
        text.get(self.at..).and_then(|rest| rest.first_chunk()) == Some(&self.bytes)
    }
}

/// What is known of texts with the same beginning.
#[derive(Debug)]
pub(crate) struct Stem {
    start: Box<[u8]>,
    /// Kinds that fit such texts, ascending.
    kinds: Vec<Fitting>,
    /// One of these stands in every such text that may be of another kind before the last of `kinds`.
    others: Literals,
    /// Before this none of them begins.
    from: usize,
}

/// A kind that has a literal in the beginning.
#[derive(Clone, Copy, Debug)]
struct Fitting {
    place: u16,
    /// It fits all texts with the beginning, not only some.
    sure: bool,
    /// What it demands besides.
    demands: Demands,
}

/// What a beginning says of a kind.
enum Says {
    Fits,
    Never,
    Depends,
}

impl Stem {
    /// What is known of texts with a beginning. `None` where that tells too little.
    pub(crate) fn new(
        start: &[u8],
        kinds: &[Cow<'static, Kind>],
        compiled: &[Compiled],
        anchors: &Anchors,
    ) -> Option<Stem> {
        let says = |place: u16| {
            let place = usize::from(place);
            let kind_and_compiled = kinds.get(place).zip(compiled.get(place));
            kind_and_compiled.map_or(Says::Depends, |(kind, compiled)| says(compiled, kind, start))
        };
        let (mut fitting, mut never) = (Vec::new(), Vec::new());
        let mut question = anchors.question(start);
        while let Some(place) = question.lowest() {
            question.pass(place);
            let sure = match says(place) {
                Says::Fits => true,
                Says::Depends => false,
                Says::Never => {
                    never.push(place);
                    continue;
                }
            };
            let demands = compiled.get(usize::from(place))?.demands;
            fitting.push(Fitting { place, sure, demands });
            if demands.is_none() {
                break;
            }
        }
        let last = fitting.iter().rfind(|fitting| fitting.sure)?.place;
        let is_other = |place: &u16| {
            *place < last
                && fitting.iter().all(|known| known.place != *place)
                && !never.contains(place)
                && !matches!(says(*place), Says::Never)
        };
        let others = anchors.literals_of(start, is_other);
        // None stands wholly in the beginning: its kinds are known.
        let overlap = others.iter().map(|other| overlap(start, other)).max().unwrap_or(0);
        let (from, others) = (start.len() - overlap, Literals::new(&others));
        Some(Stem { start: start.into(), kinds: fitting, others, from })
    }

    pub(crate) fn start(&self) -> &[u8] {
        &self.start
    }

    pub(crate) fn probe(&self) -> Option<Probe> {
        Some(Probe { bytes: *self.start.last_chunk()?, at: self.start.len() - PROBE })
    }

    /// Whether a text begins so.
    #[inline]
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        text.starts_with(&self.start)
    }

    /// The first kind that fits a text that begins so. `None` where that must be asked in the usual way.
    #[inline]
    pub(crate) fn place(
        &self,
        kinds: &[Cow<'static, Kind>],
        text: &[u8],
        traits: &Traits<'_>,
    ) -> Option<u16> {
        let first = self.kinds.iter().find(|fitting| {
            kinds.get(usize::from(fitting.place)).is_some_and(|kind| fitting.demands.hold(kind, traits))
        });
        let first = first.filter(|first| first.sure)?;
        let rest = text.get(self.from..)?;
        (!self.others.stand(rest)).then_some(first.place)
    }
}

/// How many bytes at the end of a beginning a literal can begin with, and go on after it.
fn overlap(start: &[u8], literal: &[u8]) -> usize {
    let longest = start.len().min(literal.len().saturating_sub(1));
    let meets =
        |len: &usize| start.len().checked_sub(*len).and_then(|at| start.get(at..)) == literal.get(..*len);
    (1..=longest).rev().find(meets).unwrap_or(0)
}

/// The beginning by which texts of a kind are known: that of its sample, up to the end of the literal.
pub(crate) fn start_of<'k>(kind: &'k Kind, compiled: &Compiled) -> Option<&'k [u8]> {
    let sample = Record::parse(kind.sample.as_bytes())?;
    let text = sample.text();
    let ends = kind.literals.iter().filter_map(|l| Some(memmem::find(text, l.as_bytes())? + l.len()));
    let end = match &kind.regex {
        Some(pattern) if kind.literals.is_empty() => {
            let beginnings = compiled.beginnings(pattern)?;
            beginnings.iter().find(|b| text.starts_with(b)).map(Vec::len)
        }
        _ => ends.min(),
    };
    text.get(..end?).filter(|start| (SHORTEST..=LONGEST).contains(&start.len()))
}

fn says(compiled: &Compiled, kind: &Kind, start: &[u8]) -> Says {
    if compiled.deep || (compiled.by_literals && !one_stands(kind, start)) {
        return Says::Depends;
    }
    let Some(pattern) = &kind.regex else { return Says::Fits };
    let Some(beginnings) = compiled.beginnings(pattern) else { return Says::Depends };
    if beginnings.iter().any(|b| start.starts_with(b)) {
        Says::Fits
    } else if beginnings.iter().any(|b| b.starts_with(start)) {
        Says::Depends
    } else {
        Says::Never
    }
}
