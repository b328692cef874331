//! The quick way to read a line: every value ends at the first place where it can.
//!
//! That is the first way that [`Template::read`](super::template::Template::read) tries, so what is found here is
//! what it would find. Where it fails, or where there is anything unusual, nothing is told, and the line is read in
//! the general way.

use super::element::{Field, Kind, Unit};
use super::escape::Escape;
use super::fill::{Fill, is_count, present};
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
    /// A list, mostly of one element.
    List,
    Status,
    /// Digits that count something.
    Count,
    /// A span of time in seconds.
    Span,
    TimeLocal,
    TimeIso,
    /// As the general way does.
    #[default]
    General,
}

impl Quick {
    pub(super) fn of(step: &Step, escape: Escape) -> Quick {
        match (step.how, step.kind, step.field) {
            (How::Until(byte), ..) if step.is_text() => Quick::Until(byte),
            (How::Search, ..) if step.is_text() => before(step, escape),
            (How::Scan | How::Back, Kind::Address, _) if step.is_text() => Quick::Run(ADDRESS),
            (How::Scan | How::Back, Kind::Host, _) if step.is_text() => Quick::Run(HOST),
            (How::Scan, Kind::Word, _) if step.is_text() => Quick::Run(WORD),
            (How::Scan | How::Shorter | How::Back, kind, _) if step.is_text() && is_list(kind) => Quick::List,
            (How::Scan, Kind::Status, Field::Status) => Quick::Status,
            (How::Scan, Kind::Number, Field::None | Field::RequestTime(_)) => Quick::Count,
            (How::Scan, Kind::Number, field) if is_count(field) => Quick::Count,
            (How::Scan, Kind::Seconds, Field::RequestTime(Unit::Seconds)) => Quick::Span,
            (How::Scan, Kind::TimeLocal, Field::Time) => Quick::TimeLocal,
            (How::Scan, Kind::TimeIso, Field::Time) => Quick::TimeIso,
            _ => Quick::General,
        }
    }
}

fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::Statuses | Kind::Times | Kind::Numbers | Kind::Addresses)
}

fn before(step: &Step, escape: Escape) -> Quick {
    match step.next.text().first() {
        // Where nothing is escaped, or blanks end a word, a quote is like any other byte.
        Some(first) if step.kind == Kind::Text && escape != Escape::None => Quick::Before(*first),
        _ => Quick::General,
    }
}

/// Reads what the steps say from an offset of the line on; whether the line ends with them.
#[inline]
pub(super) fn read<'b>(
    line: &'b [u8],
    from: usize,
    steps: &[Step],
    escape: Escape,
    fill: &mut Fill<'_, 'b>,
    memo: &mut Memo,
) -> bool {
    let mut rest = line.get(from..);
    for (n, step) in steps.iter().enumerate() {
        let Some(text) = rest else { return false };
        let len = match step.quick {
            Quick::Until(byte) => word::find(byte, text),
            Quick::Before(first) => before_literal(first, step, text),
            Quick::Run(class) => Some(run(class, step, text)),
            Quick::List => single(step, text).or_else(|| general(step, steps.get(n + 1), text, escape)),
            _ => {
                let typed = typed(step, text, fill, memo);
                let len = typed.or_else(|| other(line, text, steps.get(n..)?, escape, fill));
                rest = len.and_then(|len| step.next.after(text.get(len..)?));
                continue;
            }
        };
        let Some((value, after)) = len.and_then(|len| text.split_at_checked(len)) else { return false };
        fill.text(step.field, present(value));
        rest = step.next.after(after);
    }
    rest.is_some_and(<[u8]>::is_empty)
}

/// Reads any value as the general way does, but that nothing is tried twice.
#[inline(never)]
fn other<'b>(
    line: &'b [u8],
    text: &'b [u8],
    steps: &[Step],
    escape: Escape,
    fill: &mut Fill<'_, 'b>,
) -> Option<usize> {
    let (step, following) = steps.split_first()?;
    let len = general(step, following.first(), text, escape)?;
    let at = line.len() - text.len();
    step.hand_out(line, at, at + len, fill);
    Some(len)
}

/// Reads a value that is no text, and its meaning with it; `None` where it is an unusual one.
#[inline]
fn typed(step: &Step, rest: &[u8], fill: &mut Fill<'_, '_>, memo: &mut Memo) -> Option<usize> {
    match step.quick {
        Quick::Status => {
            let &[a, b, c, ..] = rest else { return None };
            let [a, b, c] = [a, b, c].map(|digit| digit.wrapping_sub(b'0'));
            if a > 9 || b > 9 || c > 9 {
                return None;
            }
            fill.status(u16::from(a) * 100 + u16::from(b) * 10 + u16::from(c));
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
            let nanos = u32::try_from(fraction? * NANOS.get(digits)?).ok()?;
            fill.span(Unit::Seconds.span(seconds?, nanos));
            Some(whole + 1 + digits)
        }
        Quick::TimeLocal => {
            let text = rest.first_chunk()?;
            fill.time(memo.local(text)?);
            Some(text.len())
        }
        Quick::TimeIso => {
            let text: &[u8; 25] = rest.first_chunk()?;
            if rest.get(25).is_some_and(|b| scan::time_iso(*b)) {
                return None;
            }
            fill.time(memo.iso(text)?);
            Some(text.len())
        }
        _ => None,
    }
}

/// What one unit of the last of so many digits after the second is.
const NANOS: [u64; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

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
fn run(class: u8, step: &Step, text: &[u8]) -> usize {
    let len = class_len(class, text);
    if step.how == How::Back { back(text, len, step.next.text()) } else { len }
}

/// How many bytes of a class the text begins with.
#[inline]
fn class_len(class: u8, text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        if let Some(len) = chunk.iter().position(|b| !is(class, *b)) {
            return text.len() - rest.len() + len;
        }
        rest = after;
    }
    let last = rest.iter().take_while(|b| is(class, **b)).count();
    text.len() - rest.len() + last
}

/// Where a list of one element ends; `None` for a longer one or an odd one.
fn single(step: &Step, text: &[u8]) -> Option<usize> {
    let len = match step.kind {
        _ if text.first() == Some(&b'-') && step.kind != Kind::Addresses => 1,
        Kind::Statuses => Some(word::number(text).0).filter(|len| *len <= 3)?,
        Kind::Numbers => word::number(text).0,
        Kind::Times => {
            let whole = Some(word::number(text).0).filter(|len| *len > 0)?;
            let fraction = word::number(text.get(whole..)?.strip_prefix(b".")?).0;
            Some(whole + 1 + fraction).filter(|_| fraction > 0)?
        }
        Kind::Addresses => class_len(UPSTREAM, text),
        _ => return None,
    };
    let after = text.get(len..)?;
    let goes_on = match after {
        [b',', b' ', ..] | [b' ', b':', b' ', ..] => true,
        [b, ..] => b.is_ascii_alphanumeric() || *b == b'.',
        [] => false,
    };
    let fits = step.how != How::Back || step.next.after(after).is_some();
    (len > 0 && !goes_on && fits).then_some(len)
}

/// Where a value ends, as in the general way, but that nothing is tried twice.
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
const UPSTREAM: u8 = 8;

/// The classes that a byte is of.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let of = (scan::address(byte) as u8 * ADDRESS)
            | (scan::host(byte) as u8 * HOST)
            | (scan::word(byte) as u8 * WORD)
            | (scan::upstream(byte) as u8 * UPSTREAM);
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
