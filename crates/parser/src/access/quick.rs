//! The quick way to read a line: every value ends at the first place where it can.
//!
//! That is the first way that [`Template::read`](super::template::Template::read) tries, so what is found here is
//! what it would find. Where it fails, or where there is anything unusual, nothing is told, and the line is read in
//! the general way.

use super::element::{Field, Kind, Unit};
use super::escape::Escape;
use super::fill::{Fill, Sink, is_count, present};
use super::memo::Memo;
use super::scan;
use super::template::{How, Step, back};
use super::word;

/// How a variable is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Quick {
    /// Up to the next such byte.
    Until(u8),
    /// Up to the first place where the literal stands, which begins with this byte. No quote stands before it.
    Before(u8),
    /// Bytes of this class.
    Run(u8),
    Status,
    /// Digits that count something.
    Count,
    /// A span of time in seconds.
    Span,
    TimeLocal,
    TimeIso,
    /// By the grammar of its kind.
    #[default]
    Scan,
    /// As the general way does, to the end of the line.
    Rest,
}

impl Quick {
    pub(super) fn of(step: &Step, escape: Escape) -> Quick {
        if !step.parts.is_empty() {
            return match step.how {
                How::Until(byte) => Quick::Until(byte),
                How::Search => before(step, escape),
                _ => Quick::Scan,
            };
        }
        let count = is_count(step.field) || matches!(step.field, Field::None | Field::RequestTime(_));
        match (step.how, step.kind) {
            (How::Until(byte), _) => Quick::Until(byte),
            (How::Search, _) => before(step, escape),
            (How::Rest, _) => Quick::Rest,
            (How::Scan | How::Back, Kind::Address) => Quick::Run(ADDRESS),
            (How::Scan | How::Back, Kind::Host) => Quick::Run(HOST),
            (How::Scan, Kind::Word) => Quick::Run(WORD),
            (How::Scan, Kind::Status) if matches!(step.field, Field::Status | Field::None) => Quick::Status,
            (How::Scan, Kind::Number) if count => Quick::Count,
            (How::Scan, Kind::Seconds) if step.field == Field::RequestTime(Unit::Seconds) => Quick::Span,
            (How::Scan, Kind::TimeLocal) if step.field == Field::Time => Quick::TimeLocal,
            (How::Scan, Kind::TimeIso) if step.field == Field::Time => Quick::TimeIso,
            _ => Quick::Scan,
        }
    }
}

fn before(step: &Step, escape: Escape) -> Quick {
    match step.next.text().first() {
        // Where nothing is escaped, or blanks end a word, a quote is like any other byte.
        Some(first) if step.kind == Kind::Text && escape != Escape::None => Quick::Before(*first),
        _ => Quick::Scan,
    }
}

/// Reads what the steps say from an offset of the line on; where it ends.
#[inline]
pub(super) fn read<'b>(
    line: &'b [u8],
    from: usize,
    steps: &[Step],
    escape: Escape,
    fill: &mut Fill<'_, 'b>,
    memo: &mut Memo,
) -> Option<usize> {
    let mut at = from;
    for (n, step) in steps.iter().enumerate() {
        let rest = line.get(at..)?;
        let len = match typed(step, rest, fill, memo) {
            Some(len) => len,
            None => {
                let len = match step.quick {
                    Quick::Until(byte) => word::find(byte, rest)?,
                    Quick::Before(first) => before_literal(first, step, rest)?,
                    Quick::Run(class) => run(class, step, rest),
                    _ => general(step, steps.get(n + 1), rest, escape)?,
                };
                if step.is_text() {
                    fill.text(step.field, present(rest.get(..len)?));
                } else if step.parts.is_empty() {
                    fill.take(step, at, at + len);
                } else {
                    step.divide(line, at, at + len, fill);
                }
                len
            }
        };
        if !step.next.follows(rest, len) {
            return None;
        }
        at += len + step.next.len();
    }
    Some(at)
}

/// Reads a value that is no text, and its meaning with it; `None` where it is one, or an unusual one.
#[inline]
fn typed(step: &Step, rest: &[u8], fill: &mut Fill<'_, '_>, memo: &mut Memo) -> Option<usize> {
    match step.quick {
        Quick::Status => {
            let &[a, b, c, ..] = rest else { return None };
            let [a, b, c] = [a, b, c].map(|digit| digit.wrapping_sub(b'0'));
            if a > 9 || b > 9 || c > 9 {
                return None;
            }
            if step.field == Field::Status {
                fill.status(u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c));
            }
            Some(3)
        }
        Quick::Count => {
            let (len, value) = word::number(rest);
            fill.number(step.field, value);
            (len > 0).then_some(len)
        }
        Quick::Span => {
            let (whole, seconds) = word::number(rest);
            let rest = rest.get(whole..)?.strip_prefix(b".")?;
            let (digits, fraction) = word::number(rest);
            let scale = NANOS.get(digits)?;
            let nanos = u32::try_from(fraction? * u64::from(*scale)).ok()?;
            fill.span(Unit::Seconds.span(seconds?, nanos));
            Some(whole + 1 + digits)
        }
        Quick::TimeLocal => {
            let text = rest.first_chunk().filter(|text| scan::is_time_local(text))?;
            fill.time(memo.local(text));
            Some(text.len())
        }
        Quick::TimeIso => {
            let text: &[u8; 25] = rest.first_chunk()?;
            if !text.iter().all(|b| scan::time_iso(*b)) || rest.get(25).is_some_and(|b| scan::time_iso(*b)) {
                return None;
            }
            fill.time(memo.iso(text));
            Some(text.len())
        }
        _ => None,
    }
}

/// What one unit of the last of so many digits after the second is.
const NANOS: [u32; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/// Up to the first place where the literal stands. Where a quote stands before it, it is not known here whether the
/// value may hold one.
#[inline]
fn before_literal(first: u8, step: &Step, rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let text = rest.get(at..)?;
        at += word::find2(first, b'"', text)?;
        if step.next.follows(rest, at) {
            return Some(at);
        }
        if rest.get(at) != Some(&first) {
            return None;
        }
        at += 1;
    }
}

#[inline]
fn run(class: u8, step: &Step, rest: &[u8]) -> usize {
    let len = rest.iter().position(|b| !is(class, *b)).unwrap_or(rest.len());
    if step.how == How::Back { back(rest, len, step.next.text()) } else { len }
}

/// As in the general way, but that nothing is tried twice.
fn general(step: &Step, following: Option<&Step>, rest: &[u8], escape: Escape) -> Option<usize> {
    match step.how {
        How::Unescaped(byte) => Some(scan::unescaped(byte, rest)),
        How::BeforePath => Some(scan::before_path(rest, following.map_or(1, Step::dashes))),
        How::Back => scan::value(step, rest).map(|len| back(rest, len, step.next.text())),
        How::Scan | How::Shorter => scan::value(step, rest),
        How::Rest => {
            let len = match step.kind {
                Kind::Word => scan::run(scan::word, rest),
                _ if escape == Escape::None => rest.len(),
                _ => scan::quote(rest, escape != Escape::Default),
            };
            (len == rest.len()).then_some(len)
        }
        How::Until(byte) => word::find(byte, rest),
        How::Search => search(step, rest, escape),
    }
}

fn search(step: &Step, rest: &[u8], escape: Escape) -> Option<usize> {
    let limit = match step.kind {
        Kind::Word => scan::run(scan::word, rest),
        Kind::Text if escape == Escape::None => rest.len(),
        // An empty user of Apache's.
        _ if escape == Escape::Apache && rest.starts_with(b"\"\" ") => 2,
        _ => scan::quote(rest, escape != Escape::Default),
    };
    let reach = rest.get(..=limit).unwrap_or(rest);
    memchr::memchr_iter(*step.next.text().first()?, reach).find(|len| step.next.follows(rest, *len))
}

const ADDRESS: u8 = 1;
const HOST: u8 = 2;
const WORD: u8 = 4;

/// The classes that a byte is of.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let of = scan::address(byte) as u8 * ADDRESS | scan::host(byte) as u8 * HOST | scan::word(byte) as u8 * WORD;
        // The compiler itself would tell of an index that is out of bounds.
        #[allow(clippy::indexing_slicing)]
        {
            classes[byte as usize] = of;
        }
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

#[inline]
fn is(class: u8, byte: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}
