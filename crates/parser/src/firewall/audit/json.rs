//! One JSON object a line.
//!
//! Version 2 (`apache2/msc_logging.c: sec_audit_logger_json`) writes `transaction`, `request`, `response` and
//! `audit_data` beside each other, version 3 (`src/transaction.cc: Transaction::toJSON`) all within `transaction`.

use super::{Audit, stamp, status};
use crate::civil::{Civil, Stamp, clock, month_number, number, two_digits};
use crate::json::{Members, Value, elements, member};

pub(super) fn looks_like_head(line: &[u8]) -> bool {
    line.strip_prefix(b"{\"transaction\":{").is_some_and(|rest| rest.starts_with(b"\""))
}

pub(super) fn parse(line: &[u8]) -> Option<(Option<Stamp>, Audit<'_>)> {
    let transaction = object(line, b"transaction")?;
    if let Some(time) = member(transaction, b"time") {
        return Some((stamp(time.text()?), version_2(line, transaction)));
    }
    let at = text(transaction, b"time_stamp").and_then(unix_time);
    Some((at, version_3(transaction)))
}

fn version_2<'b>(line: &'b [u8], transaction: &'b [u8]) -> Audit<'b> {
    let request = object(line, b"request");
    let audit_data = object(line, b"audit_data");
    let intercepted = audit_data.and_then(|d| member(object(d, b"action")?, b"intercepted")?.bare());
    Audit {
        unique_id: text(transaction, b"transaction_id"),
        client: text(transaction, b"remote_address"),
        request: request.and_then(|r| text(r, b"request_line")),
        method: None,
        uri: None,
        host: request.and_then(|r| host(object(r, b"headers")?)),
        status: object(line, b"response").and_then(|r| status(member(r, b"status")?.bare()?)),
        intercepted: intercepted == Some(b"true"),
        message: audit_data.and_then(|d| first(object(d, b"messages")?)?.text()).unwrap_or_default(),
        text: audit_data.unwrap_or_default(),
    }
}

fn version_3(transaction: &[u8]) -> Audit<'_> {
    let request = object(transaction, b"request");
    let messages = object(transaction, b"messages");
    let interrupted = member(transaction, b"is_interrupted").and_then(Value::bare);
    Audit {
        unique_id: text(transaction, b"unique_id"),
        client: text(transaction, b"client_ip"),
        request: None,
        method: request.and_then(|r| text(r, b"method")),
        uri: request.and_then(|r| text(r, b"uri")),
        host: request.and_then(|r| host(object(r, b"headers")?)),
        status: object(transaction, b"response").and_then(|r| status(member(r, b"http_code")?.bare()?)),
        intercepted: interrupted == Some(b"true"),
        message: messages.and_then(|m| text(first(m)?.nested()?, b"message")).unwrap_or_default(),
        text: messages.unwrap_or_default(),
    }
}

/// Header names are as the client wrote them.
fn host(headers: &[u8]) -> Option<&[u8]> {
    let (_, value) = Members::new(headers)?.find(|(name, _)| name.eq_ignore_ascii_case(b"host"))?;
    // Version 2 has an array where a header comes several times.
    value.text().or_else(|| first(value.nested()?)?.text())
}

fn text<'b>(of: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    member(of, name)?.text()
}

/// An object or an array within another.
fn object<'b>(of: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    member(of, name)?.nested()
}

/// The first value of an array.
fn first(array: &[u8]) -> Option<Value<'_>> {
    elements(array).next()
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
