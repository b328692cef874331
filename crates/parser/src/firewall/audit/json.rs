//! One JSON object a line.
//!
//! Version 2 (`apache2/msc_logging.c: sec_audit_logger_json`) writes `transaction`, `request`, `response` and
//! `audit_data` beside each other, version 3 (`src/transaction.cc: Transaction::toJSON`) all within `transaction`.

use memchr::memchr2;

use super::{Audit, stamp, status};
use crate::civil::{Civil, Stamp, clock, month_number, number, two_digits};

pub(super) fn looks_like_head(line: &[u8]) -> bool {
    line.strip_prefix(b"{\"transaction\":{").is_some_and(|rest| rest.starts_with(b"\""))
}

pub(super) fn parse(line: &[u8]) -> Option<(Option<Stamp>, Audit<'_>)> {
    let transaction = member(line, b"transaction")?;
    if let Some(time) = member(transaction, b"time") {
        return Some((stamp(string(time)?), version_2(line, transaction)));
    }
    let at = member(transaction, b"time_stamp").and_then(string).and_then(unix_time);
    Some((at, version_3(transaction)))
}

fn version_2<'b>(line: &'b [u8], transaction: &'b [u8]) -> Audit<'b> {
    let request = member(line, b"request");
    let audit_data = member(line, b"audit_data");
    let intercepted = audit_data.and_then(|d| member(member(d, b"action")?, b"intercepted"));
    Audit {
        unique_id: text(transaction, b"transaction_id"),
        client: text(transaction, b"remote_address"),
        request: request.and_then(|r| text(r, b"request_line")),
        method: None,
        uri: None,
        host: request.and_then(|r| host(member(r, b"headers")?)),
        status: member(line, b"response").and_then(|r| status(member(r, b"status")?)),
        intercepted: intercepted == Some(b"true"),
        message: audit_data.and_then(|d| string(first(member(d, b"messages")?)?)).unwrap_or_default(),
        text: audit_data.unwrap_or_default(),
    }
}

fn version_3(transaction: &[u8]) -> Audit<'_> {
    let request = member(transaction, b"request");
    let messages = member(transaction, b"messages");
    Audit {
        unique_id: text(transaction, b"unique_id"),
        client: text(transaction, b"client_ip"),
        request: None,
        method: request.and_then(|r| text(r, b"method")),
        uri: request.and_then(|r| text(r, b"uri")),
        host: request.and_then(|r| host(member(r, b"headers")?)),
        status: member(transaction, b"response").and_then(|r| status(member(r, b"http_code")?)),
        intercepted: member(transaction, b"is_interrupted") == Some(b"true"),
        message: messages.and_then(|m| text(first(m)?, b"message")).unwrap_or_default(),
        text: messages.unwrap_or_default(),
    }
}

/// Header names are as the client wrote them.
fn host(headers: &[u8]) -> Option<&[u8]> {
    let found = Members::new(headers).find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
    // Version 2 has an array where a header comes several times.
    found.and_then(|(_, value)| string(first(value).unwrap_or(value)))
}

fn text<'b>(object: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    string(member(object, name)?)
}

/// The value of a member, as written.
fn member<'b>(object: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    Members::new(object).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// What stands between the quotes of a string.
fn string(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// The first value of an array.
fn first(array: &[u8]) -> Option<&[u8]> {
    let inner = array.strip_prefix(b"[")?.trim_ascii_start();
    inner.get(..value_len(inner)?).filter(|v| !v.is_empty())
}

/// The members of an object: names without quotes, values as written. Ends where the text is no JSON.
struct Members<'b> {
    rest: &'b [u8],
}

impl<'b> Members<'b> {
    fn new(object: &'b [u8]) -> Members<'b> {
        Members { rest: object.strip_prefix(b"{").unwrap_or_default() }
    }
}

impl<'b> Iterator for Members<'b> {
    type Item = (&'b [u8], &'b [u8]);

    fn next(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let rest = self.rest.trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        if rest.first() != Some(&b'"') {
            return None;
        }
        let (name, rest) = rest.split_at_checked(value_len(rest)?)?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (value, rest) = rest.split_at_checked(value_len(rest)?)?;
        self.rest = rest;
        Some((string(name)?, value))
    }
}

/// The length of the value at the start of a text. Values within values are counted, not followed, so that no depth
/// is too deep.
fn value_len(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string_len(text),
        b'{' | b'[' => {
            let mut depth = 0usize;
            let mut at = 0;
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => {
                        at += string_len(text.get(at..)?)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            None
        }
        _ => Some(text.iter().take_while(|b| !matches!(b, b',' | b'}' | b']' | b' ')).count()),
    }
}

/// The length of a string with its quotes.
fn string_len(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// `Sun Nov 22 14:03:07 2026`, local time.
fn unix_time(text: &[u8]) -> Option<Stamp> {
    let (day, rest) = text.get(4..)?.split_at_checked(7)?;
    let &[m1, m2, m3, b' ', d1, d2, b' '] = day else { return None };
    let (time, year) = rest.split_at_checked(8)?;
    let year = i64::try_from(number(year.strip_prefix(b" ")?).filter(|y| *y < 10_000)?).ok()?;
    let day = two_digits(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    let date = Civil::new(year, month_number(&[m1, m2, m3])?, day, 0, 0, 0)?;
    Some(Stamp::Local(Civil { seconds: date.seconds + clock(time)?, nanos: 0 }))
}
