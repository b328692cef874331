//! A format as a sequence of variables and literal text, and how a line is read by it.

use memchr::{memchr, memchr_iter};

use super::clock::Clock;
use super::element::{Element, Field, Kind, Piece};
use super::escape::Escape;
use super::fill::{Fill, Sink, is_text, tells_upstream};
use super::memo::Memo;
use super::quick::{self, Quick};
use super::scan;
use super::word::Literal;

/// The most variables of a format: each may ask for a step down the stack.
pub(super) const MAX_VARIABLES: usize = 256;

/// A compiled format.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Literal text before the first variable.
    head: Literal,
    steps: Box<[Step]>,
    escape: Escape,
    /// Whether fields of upstreams and the Ray ID are in it.
    has_upstream: bool,
    has_ray: bool,
}

/// One variable and what follows it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The place of the variable among all of the format.
    pub(super) id: usize,
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) field: Field,
    pub(super) clock: Option<Clock>,
    pub(super) how: How,
    /// The same of most lines.
    pub(super) quick: Quick,
    /// Literal text up to the next variable or the end.
    pub(super) next: Literal,
    /// `$uri$is_args$args` is read as one and then divided.
    pub(super) parts: Box<[Step]>,
}

/// How the end of a value is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// The value's grammar tells.
    Scan,
    /// The grammar tells how far at most; the literal after it, how far.
    Back,
    /// A host before a path, which may be missing: a dash then stands for it.
    BeforePath,
    /// A list whose divider may also be the literal after it.
    Shorter,
    /// The next such byte: it cannot stand in the value.
    Until(u8),
    /// The next such byte before which no backslash stands.
    Unescaped(u8),
    /// The first place where the literal stands and the rest of the line fits.
    Search,
    /// The end of the line.
    Rest,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fit {
    Yes,
    /// Not from here.
    No,
    /// Not from any later place either.
    Never,
}

impl Template {
    pub(super) fn new(pieces: Vec<Piece>, escape: Escape) -> Template {
        let mut head = Vec::new();
        let mut parts: Vec<(Element, Vec<u8>)> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Literal(text) => parts.last_mut().map_or(&mut head, |p| &mut p.1).extend(text),
                Piece::Variable(element) => parts.push((element, Vec::new())),
            }
        }
        best_of_each_field(&mut parts);
        let mut steps: Vec<Step> = Vec::new();
        let mut rest = parts.into_iter().peekable();
        let mut ids = 0;
        while let Some((element, mut next)) = rest.next() {
            let mut group = vec![element];
            // What stands side by side without anything between is told apart by grammar or not at all.
            while let Some((following, _)) = rest.peek()
                && next.is_empty()
                && !ends_by_itself(group.last(), following)
                && let Some((following, literal)) = rest.next()
            {
                group.push(following);
                next = literal;
            }
            let last = rest.peek().is_none();
            let (id, count) = (ids, group.len());
            ids += count;
            steps.push(Step::new(group, next, escape, last, id));
        }
        let mut template =
            Template { head: head.into(), steps: steps.into(), escape, has_upstream: false, has_ray: false };
        template.has_upstream = template.has(tells_upstream);
        template.has_ray = template.has(|field| field == Field::RayId);
        template
    }

    pub(super) fn escape(&self) -> Escape {
        self.escape
    }

    pub(super) fn has_variables(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The literal text before the first variable, and each variable's grammar with the literal text after it.
    #[cfg(test)]
    pub(super) fn parts(&self) -> (&[u8], impl Iterator<Item = (Kind, &[u8])>) {
        (self.head.text(), self.steps.iter().map(|s| (s.kind, s.next.text())))
    }

    /// Whether a field is in the format.
    pub(super) fn has(&self, mut field: impl FnMut(Field) -> bool) -> bool {
        self.steps.iter().any(|s| field(s.field) || s.parts.iter().any(|p| field(p.field)))
    }

    /// All variables that can be told apart, by their ids.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        let all =
            self.steps.iter().flat_map(|s| std::iter::once(s).filter(|s| s.parts.is_empty()).chain(&s.parts));
        all.map(|s| (s.id, &*s.name))
    }

    /// Whether literal text ends the format.
    pub(super) fn ends_closed(&self) -> bool {
        self.steps.last().is_none_or(|s| s.next.len() > 0)
    }

    /// Fills in all values the quick way. Where that fails, the fields are filled in part, and [`Template::read`] tells
    /// whether the line fits.
    #[inline]
    pub(super) fn read_quickly<'b>(&self, line: &'b [u8], fill: &mut Fill<'_, 'b>, memo: &mut Memo) -> bool {
        fill.has_places(self.has_upstream, self.has_ray);
        self.head.follows(line, 0) && quick::read(line, self.head.len(), &self.steps, self.escape, fill, memo)
    }

    /// Hands all values to the sink; `false` where the line does not fit.
    pub(super) fn read(&self, line: &[u8], sink: &mut impl Sink) -> bool {
        if !follows(line, 0, self.head.text()) {
            return false;
        }
        let budget = line.len().saturating_mul(16).saturating_add(512);
        let mut run = Run { line, sink, escape: self.escape, budget };
        run.from(&self.steps, self.head.len()) == Fit::Yes
    }
}

/// Of several variables for one field only the best is kept as such.
fn best_of_each_field(parts: &mut [(Element, Vec<u8>)]) {
    let same = |a: Field, b: Field| std::mem::discriminant(&a) == std::mem::discriminant(&b);
    let known: Vec<(Field, u8)> = parts.iter().map(|(e, _)| (e.field, e.rank)).collect();
    for (n, (element, _)) in parts.iter_mut().enumerate() {
        let better = |(m, (field, rank)): (usize, &(Field, u8))| {
            same(*field, element.field) && (*rank < element.rank || (*rank == element.rank && m < n))
        };
        let several = matches!(element.field, Field::None | Field::Clock | Field::Fraction);
        if !several && known.iter().enumerate().any(better) {
            element.field = Field::None;
        }
    }
}

/// Whether the end of a variable is known although another follows at once.
fn ends_by_itself(element: Option<&Element>, following: &Element) -> bool {
    match element.map(|e| e.kind) {
        None | Some(Kind::Text | Kind::Word | Kind::IsArgs) => false,
        Some(Kind::HostHeader | Kind::Host) => matches!(following.field, Field::Uri | Field::Path),
        Some(_) => true,
    }
}

impl Step {
    fn new(group: Vec<Element>, next: Vec<u8>, escape: Escape, last: bool, id: usize) -> Step {
        let mut steps: Vec<Step> = group
            .into_iter()
            .zip(id..)
            .map(|(e, id)| Step {
                id,
                name: e.name,
                kind: e.kind,
                field: e.field,
                clock: e.clock,
                how: How::Scan,
                quick: Quick::default(),
                next: Literal::default(),
                parts: Box::default(),
            })
            .collect();
        let mut step = match steps.len() {
            1 => steps.pop(),
            _ => None,
        }
        .unwrap_or_else(|| Step {
            id,
            name: Box::default(),
            kind: Kind::Text,
            field: Field::None,
            clock: None,
            how: How::Scan,
            quick: Quick::default(),
            next: Literal::default(),
            parts: if is_uri_with_query(&steps) { steps.into() } else { Box::default() },
        });
        // Before a path a host is one; elsewhere it is what the client sent.
        if step.kind == Kind::HostHeader {
            step.kind = if next.is_empty() && !last { Kind::Host } else { Kind::Text };
        }
        step.how = how(step.kind, &next, escape, last);
        step.next = next.into();
        step.quick = Quick::of(&step, escape);
        step
    }

    /// Whether its value is told as it is written.
    pub(super) fn is_text(&self) -> bool {
        self.parts.is_empty() && is_text(self.field)
    }

    /// How many dashes stand for it where it is missing: `$uri$is_args$args` has one of its path, one of its query.
    pub(super) fn dashes(&self) -> usize {
        if self.parts.len() == 3 { 2 } else { 1 }
    }

    /// Hands its value to the sink, or those of its parts.
    pub(super) fn hand_out(&self, line: &[u8], from: usize, to: usize, sink: &mut impl Sink) {
        if self.parts.is_empty() {
            sink.take(self, from, to);
        } else {
            self.divide(line, from, to, sink);
        }
    }

    /// Divides a URI and its query.
    fn divide(&self, line: &[u8], from: usize, to: usize, sink: &mut impl Sink) {
        let text = line.get(from..to).unwrap_or_default();
        let mark = memchr(b'?', text).map_or(to, |at| from + at);
        // `$args` of a request without them is missing, so a dash stands where `$is_args` is nothing.
        let dash = mark == to && self.parts.len() == 3 && text.len() > 1 && text.ends_with(b"-");
        let uri_end = if dash { to - 1 } else { mark };
        let query = if mark == to { uri_end } else { mark + 1 };
        for part in &self.parts {
            match (part.kind, part.field) {
                (Kind::IsArgs, _) => sink.take(part, uri_end, query),
                // Apache's `%q` has the question mark in it.
                (_, Field::Query) if self.parts.len() == 2 => sink.take(part, uri_end, to),
                (_, Field::Query) => sink.take(part, query, to),
                _ => sink.take(part, from, uri_end),
            }
        }
    }
}

fn is_uri_with_query(steps: &[Step]) -> bool {
    match steps {
        [_, mark, query] => mark.kind == Kind::IsArgs && query.field == Field::Query,
        [path, query] => {
            path.field == Field::Path && (query.field == Field::Query || query.kind == Kind::IsArgs)
        }
        _ => false,
    }
}

fn how(kind: Kind, next: &[u8], escape: Escape, last: bool) -> How {
    let first = match next.first() {
        None if last => {
            let by_text = matches!(kind, Kind::Text | Kind::Word);
            return if by_text { How::Rest } else { How::Scan };
        }
        None if kind == Kind::Host && matches!(escape, Escape::Default | Escape::Apache) => {
            return How::BeforePath;
        }
        None => return How::Scan,
        Some(first) => *first,
    };
    match kind {
        Kind::Text | Kind::Word | Kind::Host | Kind::Address | Kind::Addresses
            if first == b'"' || first < b' ' =>
        {
            match escape {
                Escape::Default => How::Until(first),
                Escape::Json | Escape::Apache => How::Unescaped(first),
                Escape::None => How::Search,
            }
        }
        Kind::Text => How::Search,
        Kind::Word if first == b' ' => How::Scan,
        Kind::Word => How::Search,
        Kind::Host | Kind::HostHeader | Kind::Address => How::Back,
        Kind::Statuses | Kind::Times | Kind::Numbers | Kind::Addresses
            if next.starts_with(b", ") || next.starts_with(b" : ") =>
        {
            How::Shorter
        }
        Kind::Addresses => How::Back,
        _ => How::Scan,
    }
}

struct Run<'r, 'b, S> {
    line: &'b [u8],
    sink: &'r mut S,
    escape: Escape,
    /// How many bytes may still be looked at before the line is given up. Without it a hostile line could be
    /// read in a number of ways that grows faster than its length.
    budget: usize,
}

impl<'b, S: Sink> Run<'_, 'b, S> {
    fn spend(&mut self, bytes: usize) -> bool {
        self.budget = self.budget.saturating_sub(bytes + 1);
        self.budget > 0
    }

    fn take(&mut self, step: &Step, from: usize, to: usize) {
        step.hand_out(self.line, from, to, self.sink);
    }

    fn from(&mut self, mut steps: &[Step], mut at: usize) -> Fit {
        while let Some((step, following)) = steps.split_first() {
            let Some(rest) = self.line.get(at..) else { return Fit::No };
            let len = match step.how {
                How::Search => return self.search(step, following, at, rest),
                How::Shorter => return self.shorter(step, following, at, rest),
                How::Until(byte) => match memchr(byte, rest) {
                    Some(len) => len,
                    None => return Fit::No,
                },
                How::Unescaped(byte) => scan::unescaped(byte, rest),
                How::Rest => {
                    let len = match step.kind {
                        Kind::Word => scan::run(scan::word, rest),
                        _ if self.escape == Escape::None => rest.len(),
                        _ => self.quote(rest),
                    };
                    if len < rest.len() {
                        return Fit::No;
                    }
                    len
                }
                How::BeforePath => scan::before_path(rest, following.first().map_or(1, Step::dashes)),
                How::Scan | How::Back => match scan::value(step, rest) {
                    Some(len) if step.how == How::Back => back(rest, len, step.next.text()),
                    Some(len) => len,
                    None => return Fit::No,
                },
            };
            if !self.spend(len) || !follows(rest, len, step.next.text()) {
                return Fit::No;
            }
            self.take(step, at, at + len);
            at += len + step.next.len();
            steps = following;
        }
        if at == self.line.len() { Fit::Yes } else { Fit::No }
    }

    fn quote(&self, rest: &[u8]) -> usize {
        scan::quote(rest, self.escape != Escape::Default)
    }

    /// Tries the places where the literal stands, the nearest first.
    fn search(&mut self, step: &Step, following: &[Step], at: usize, rest: &'b [u8]) -> Fit {
        let free = self.escape == Escape::None && step.kind == Kind::Text;
        let limit = match step.kind {
            Kind::Word => scan::run(scan::word, rest),
            _ if free => rest.len(),
            // Apache writes an empty user as a pair of quotes.
            _ if self.escape == Escape::Apache && rest.starts_with(b"\"\" ") => 2,
            _ => self.quote(rest),
        };
        let Some(first) = step.next.text().first() else { return Fit::No };
        let reach = rest.get(..(limit + 1).min(rest.len())).unwrap_or(rest);
        let mut looked = 0;
        for len in memchr_iter(*first, reach) {
            if !self.spend(len - looked) {
                return Fit::Never;
            }
            looked = len;
            if !follows(rest, len, step.next.text()) {
                continue;
            }
            self.take(step, at, at + len);
            match self.from(following, at + len + step.next.len()) {
                Fit::No => {}
                fit => return fit,
            }
        }
        // A value that may hold anything could have been longer, so an earlier one that is longer does not help.
        if free || !self.spend(reach.len() - looked) { Fit::Never } else { Fit::No }
    }

    /// Tries a list at its longest, then without its last elements.
    fn shorter(&mut self, step: &Step, following: &[Step], at: usize, rest: &[u8]) -> Fit {
        let mut len = scan::value(step, rest);
        while let Some(end) = len {
            if !self.spend(end) {
                return Fit::Never;
            }
            if follows(rest, end, step.next.text()) {
                self.take(step, at, at + end);
                match self.from(following, at + end + step.next.len()) {
                    Fit::No => {}
                    fit => return fit,
                }
            }
            len = rest.get(..end).and_then(scan::shorter);
        }
        Fit::No
    }
}

/// Whether the literal stands there. Literals are short, so that a loop is faster than a call.
#[inline]
fn follows(text: &[u8], at: usize, literal: &[u8]) -> bool {
    let Some(there) = text.get(at..).and_then(|t| t.get(..literal.len())) else { return false };
    there.iter().zip(literal).all(|(a, b)| a == b)
}

/// The length of a value that reaches this far at most, where the literal after it could be part of it:
/// `2001:db8::1:443` before a colon and a port.
pub(super) fn back(rest: &[u8], most: usize, next: &[u8]) -> usize {
    if follows(rest, most, next) {
        return most;
    }
    let Some(first) = next.first() else { return most };
    let ends = |at: &usize| follows(rest, *at, next);
    memchr::memrchr_iter(*first, rest.get(..most).unwrap_or_default()).find(ends).unwrap_or(most)
}
