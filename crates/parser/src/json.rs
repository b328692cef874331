//! JSON as machines write logs in it: the members of one object, borrowed, and the text of a string.

/// A member's value as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value<'b> {
    /// Between the quotes, with its escapes.
    Text(&'b [u8]),
    /// A number, `true`, `false` or `null`.
    Bare(&'b [u8]),
    /// An array or an object, with its brackets.
    Nested(&'b [u8]),
}

impl<'b> Value<'b> {
    /// A string's inside, with its escapes.
    pub(crate) fn text(self) -> Option<&'b [u8]> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An array or an object, with its brackets.
    pub(crate) fn nested(self) -> Option<&'b [u8]> {
        match self {
            Value::Nested(value) => Some(value),
            _ => None,
        }
    }

    /// A number or a word.
    pub(crate) fn bare(self) -> Option<&'b [u8]> {
        match self {
            Value::Bare(value) => Some(value),
            _ => None,
        }
    }
}

/// The value of a member of an object.
pub(crate) fn member<'b>(object: &'b [u8], name: &[u8]) -> Option<Value<'b>> {
    Members::new(object)?.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Nesting that is followed; no log nests so deep.
const MAX_DEPTH: usize = 64;

/// The members of an object, as key (with its escapes) and value. Ends early where the text is no JSON; see
/// [`Members::is_whole`].
#[derive(Clone, Debug)]
pub(crate) struct Members<'b> {
    rest: &'b [u8],
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    First,
    Next,
    Whole,
    Broken,
}

impl<'b> Members<'b> {
    /// The members of a text that begins with `{`; `None` where it does not.
    pub(crate) fn new(text: &'b [u8]) -> Option<Members<'b>> {
        let rest = text.trim_ascii_start().strip_prefix(b"{")?;
        Some(Members { rest, state: State::First })
    }

    /// Whether the object's end was reached, with nothing but blanks after it.
    pub(crate) fn is_whole(&self) -> bool {
        self.state == State::Whole && self.rest.trim_ascii().is_empty()
    }

    fn member(&mut self) -> Option<(&'b [u8], Value<'b>)> {
        let mut rest = self.rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix(b"}") {
            self.rest = after;
            self.state = State::Whole;
            return None;
        }
        if self.state == State::Next {
            rest = rest.strip_prefix(b",")?.trim_ascii_start();
        }
        let (key, rest) = string(rest)?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (value, rest) = value(rest)?;
        self.rest = rest;
        self.state = State::Next;
        Some((key, value))
    }
}

impl<'b> Iterator for Members<'b> {
    type Item = (&'b [u8], Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Whole | State::Broken) {
            return None;
        }
        let member = self.member();
        if member.is_none() && self.state != State::Whole {
            self.state = State::Broken;
        }
        member
    }
}

/// A string's inside, and what follows its closing quote.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', inner.get(from..)?)?;
        if inner.get(at) == Some(&b'"') {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
        from = at + 2;
    }
}

fn value(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    match text.first()? {
        b'"' => string(text).map(|(inner, rest)| (Value::Text(inner), rest)),
        b'{' | b'[' => {
            let len = nested(text)?;
            let (value, rest) = text.split_at_checked(len)?;
            Some((Value::Nested(value), rest))
        }
        _ => {
            let len = text.iter().take_while(|b| !matches!(b, b',' | b'}' | b']') && **b > b' ').count();
            let (value, rest) = text.split_at_checked(len).filter(|(v, _)| !v.is_empty())?;
            Some((Value::Bare(value), rest))
        }
    }
}

/// Length of an array or object with its brackets.
fn nested(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let (inner, _) = string(text.get(at..)?)?;
                at += inner.len() + 1;
            }
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
        if depth > MAX_DEPTH {
            return None;
        }
    }
}

/// The elements of an array of plain values.
pub(crate) fn elements(array: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut rest = array.strip_prefix(b"[").unwrap_or_default();
    std::iter::from_fn(move || {
        let (found, after) = value(rest.trim_ascii_start())?;
        let after = after.trim_ascii_start();
        rest = after.strip_prefix(b",").unwrap_or_default();
        Some(found)
    })
}

/// Appends a string's text without its escapes. Half a surrogate pair becomes U+FFFD.
pub(crate) fn unescape(inner: &[u8], out: &mut Vec<u8>) {
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        out.extend_from_slice(plain);
        let code = escape.get(1).copied().unwrap_or(b'\\');
        rest = escape.get(2..).unwrap_or_default();
        match code {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'u' => rest = unicode(rest, out),
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
}

fn unicode<'b>(rest: &'b [u8], out: &mut Vec<u8>) -> &'b [u8] {
    let Some((unit, after)) = hex4(rest) else { return rest };
    let (code, after) = match (unit, after.strip_prefix(b"\\u").and_then(hex4)) {
        (0xd800..=0xdbff, Some((low @ 0xdc00..=0xdfff, after))) => {
            (0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), after)
        }
        _ => (unit, after),
    };
    let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    after
}

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let value = digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(inner: &str) -> String {
        let mut out = Vec::new();
        unescape(inner.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn members_in_order() {
        let line = br#" {"a":"x\"y", "b" : -1.5,"c":[1,{"d":"]"}],"e":{},"f":null } "#;
        let mut members = Members::new(line).unwrap();
        let found: Vec<_> = members.by_ref().collect();
        let expected: [(&[u8], Value<'_>); 5] = [
            (b"a", Value::Text(b"x\\\"y")),
            (b"b", Value::Bare(b"-1.5")),
            (b"c", Value::Nested(br#"[1,{"d":"]"}]"#)),
            (b"e", Value::Nested(b"{}")),
            (b"f", Value::Bare(b"null")),
        ];
        assert_eq!(found, expected);
        assert!(members.is_whole());
    }

    #[test]
    fn broken_objects_end_early() {
        for line in ["{\"a\":1", "{\"a\":\"x", "{\"a\" 1}", "{\"a\":1}x", "{,}", "{\"a\":[1}", "{\"a\":\"\\"]
        {
            let mut members = Members::new(line.as_bytes()).unwrap();
            let _ = members.by_ref().count();
            assert!(!members.is_whole(), "{line}");
        }
        assert!(Members::new(b"[1]").is_none());
        let deep = "{\"a\":".to_owned() + &"[".repeat(100_000);
        assert!(Members::new(deep.as_bytes()).unwrap().next().is_none());
    }

    #[test]
    fn escapes() {
        assert_eq!(text(r#"a\"b\\c\/d\n\t\u00e4\u20ac\ud83d\ude00"#), "a\"b\\c/d\n\tä€😀");
        assert_eq!(text(r"\ud83d x \udc00"), "\u{fffd} x \u{fffd}");
        assert_eq!(text(r"\u12"), "12");
    }

    #[test]
    fn arrays_of_numbers() {
        let found: Vec<_> = elements(b"[72, 105]").collect();
        assert_eq!(found, [Value::Bare(b"72"), Value::Bare(b"105")]);
        assert_eq!(elements(b"[]").count(), 0);
    }
}
