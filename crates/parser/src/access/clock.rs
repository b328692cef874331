//! The forms of time in access logs.

use nom::Parser;

use crate::civil::{Civil, Stamp, clf_time, fraction, month_number, number};
use crate::syslog::{numeric_offset, rfc3339};

/// A time in any of the usual forms: `22/Nov/2026:14:03:07 +0000`, RFC 3339, seconds since 1970 with a fraction,
/// or milli-, micro- or nanoseconds since 1970.
pub(super) fn any(text: &[u8]) -> Option<Stamp> {
    let text = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]")).unwrap_or(text);
    match text.get(..5)? {
        [_, _, b'/', ..] => local(text),
        [_, _, _, _, b'-'] => iso(text),
        _ => epoch(text),
    }
}

/// `22/Nov/2026:14:03:07 +0000`.
pub(super) fn local(text: &[u8]) -> Option<Stamp> {
    let (time, offset) = text.split_at_checked(20)?;
    let civil = clf_time(time)?;
    // Fractions are put here by users of other programs that write this form.
    let (nanos, offset) = offset.strip_prefix(b".").map_or(Some((0, offset)), fraction)?;
    Some(Stamp::Offset(Civil { nanos, ..civil }, offset_of(offset.strip_prefix(b" ")?)?))
}

/// `2026-11-22T14:03:07+00:00`; a blank may stand for the `T`, and a zone may be missing.
pub(super) fn iso(text: &[u8]) -> Option<Stamp> {
    if let Some(at) = whole(text) {
        return Some(at);
    }
    let mut padded = [b'Z'; 40];
    padded.get_mut(..text.len())?.copy_from_slice(text);
    if let Some(blank) = padded.get_mut(10).filter(|b| **b == b' ') {
        *blank = b'T';
    }
    let zoned = whole(padded.get(..text.len())?);
    zoned.or_else(|| Some(Stamp::Local(whole(padded.get(..text.len() + 1)?)?.civil())))
}

fn whole(text: &[u8]) -> Option<Stamp> {
    rfc3339(text).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, at)| at)
}

/// Seconds since 1970 with a fraction, or a whole number of smaller units: their count of digits tells which.
pub(super) fn epoch(text: &[u8]) -> Option<Stamp> {
    let dot = memchr::memchr(b'.', text).unwrap_or(text.len());
    let (whole, rest) = text.split_at_checked(dot)?;
    let value = number(whole)?;
    let (seconds, mut nanos) = match whole.len() {
        9..=11 => (value, 0),
        13 => (value / 1000, value % 1000 * 1_000_000),
        16 => (value / 1_000_000, value % 1_000_000 * 1000),
        19 => (value / 1_000_000_000, value % 1_000_000_000),
        _ => return None,
    };
    if let Some(digits) = rest.strip_prefix(b".") {
        let (fraction, rest) = fraction(digits)?;
        if !rest.is_empty() {
            return None;
        }
        if whole.len() <= 11 {
            nanos = u64::from(fraction);
        }
    }
    let civil = Civil { seconds: i64::try_from(seconds).ok()?, nanos: u32::try_from(nanos).ok()? };
    Some(Stamp::Offset(civil, 0))
}

fn offset_of(text: &[u8]) -> Option<i32> {
    numeric_offset.parse(text).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, offset)| offset)
}

/// A time's form in the words of `strftime`.
#[derive(Clone, Debug)]
pub(super) struct Clock(Vec<Item>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item {
    Byte(u8),
    Year,
    YearOfCentury,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    Half,
    Minute,
    Second,
    Zone,
    Epoch,
    Letters,
}

/// What has been read of a time so far.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Parts {
    year: Option<u32>,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    epoch: Option<u64>,
    offset: Option<i32>,
    pub(super) nanos: u32,
}

impl Parts {
    pub(super) fn stamp(&self) -> Option<Stamp> {
        if let Some(epoch) = self.epoch {
            let civil = Civil { seconds: i64::try_from(epoch).ok()?, nanos: self.nanos };
            return Some(Stamp::Offset(civil, 0));
        }
        let (hour, minute, second) = (self.hour, self.minute, self.second);
        let civil = Civil::new(i64::from(self.year?), self.month, self.day, hour, minute, second)?;
        let civil = Civil { nanos: self.nanos, ..civil };
        Some(self.offset.map_or(Stamp::Local(civil), |offset| Stamp::Offset(civil, offset)))
    }
}

impl Clock {
    /// The letter that is not understood where there is one.
    pub(super) fn compile(format: &str) -> Result<Clock, char> {
        let mut items = Vec::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                let mut utf8 = [0; 4];
                items.extend(c.encode_utf8(&mut utf8).bytes().map(Item::Byte));
                continue;
            }
            let of: &[Item] = match chars.next().ok_or('%')? {
                'Y' => &[Item::Year],
                'y' => &[Item::YearOfCentury],
                'm' => &[Item::Month],
                'b' | 'h' | 'B' => &[Item::MonthName],
                'd' | 'e' => &[Item::Day],
                'H' | 'k' => &[Item::Hour],
                'I' | 'l' => &[Item::Hour12],
                'p' | 'P' => &[Item::Half],
                'M' => &[Item::Minute],
                'S' => &[Item::Second],
                'z' => &[Item::Zone],
                's' => &[Item::Epoch],
                'a' | 'A' | 'Z' => &[Item::Letters],
                'T' => &[Item::Hour, Item::Byte(b':'), Item::Minute, Item::Byte(b':'), Item::Second],
                'R' => &[Item::Hour, Item::Byte(b':'), Item::Minute],
                'F' => &[Item::Year, Item::Byte(b'-'), Item::Month, Item::Byte(b'-'), Item::Day],
                'D' => &[Item::Month, Item::Byte(b'/'), Item::Day, Item::Byte(b'/'), Item::YearOfCentury],
                'n' => &[Item::Byte(b'\n')],
                't' => &[Item::Byte(b'\t')],
                '%' => &[Item::Byte(b'%')],
                other => return Err(other),
            };
            items.extend(of);
        }
        Ok(Clock(items))
    }

    /// Reads a time off the text; its length where all items fit.
    pub(super) fn read(&self, text: &[u8], parts: &mut Parts) -> Option<usize> {
        let mut rest = text;
        for item in &self.0 {
            rest = item.read(rest, parts)?;
        }
        Some(text.len() - rest.len())
    }
}

impl Item {
    fn read<'b>(self, text: &'b [u8], parts: &mut Parts) -> Option<&'b [u8]> {
        let (value, rest) = match self {
            Item::Byte(byte) => return text.strip_prefix(&[byte]),
            Item::Letters => {
                let len = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
                return text.get(len..);
            }
            Item::Zone => {
                let (rest, offset) = numeric_offset.parse(text).ok()?;
                parts.offset = Some(offset);
                return Some(rest);
            }
            Item::MonthName => {
                parts.month = month_number(text.get(..3)?)?;
                let len = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
                return text.get(len..);
            }
            Item::Half => {
                let (half, rest) = text.split_at_checked(2)?;
                let noon = if half.eq_ignore_ascii_case(b"pm") { 12 } else { 0 };
                parts.hour = parts.hour % 12 + noon;
                return Some(rest);
            }
            Item::Epoch => {
                let (value, rest) = digits(text, 11)?;
                parts.epoch = Some(value);
                return Some(rest);
            }
            Item::Year => digits(text, 4)?,
            _ => digits(text.strip_prefix(b" ").unwrap_or(text), 2)?,
        };
        let value = u32::try_from(value).ok()?;
        match self {
            Item::Year => parts.year = Some(value),
            Item::YearOfCentury => parts.year = Some(2000 + value),
            Item::Month => parts.month = value,
            Item::Day => parts.day = value,
            Item::Hour | Item::Hour12 => parts.hour = value,
            Item::Minute => parts.minute = value,
            _ => parts.second = value,
        }
        Some(rest)
    }
}

fn digits(text: &[u8], most: usize) -> Option<(u64, &[u8])> {
    let len = text.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    Some((number(digits)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil() -> Civil {
        Civil::new(2026, 11, 22, 14, 3, 7).unwrap()
    }

    #[test]
    fn usual_forms() {
        let whole = Stamp::Offset(civil(), 0);
        let milli = Civil { nanos: 123_000_000, ..civil() };
        assert_eq!(any(b"22/Nov/2026:14:03:07 +0000"), Some(whole));
        assert_eq!(any(b"[22/Nov/2026:14:03:07 -0630]"), Some(Stamp::Offset(civil(), -23_400)));
        assert_eq!(any(b"2026-11-22T14:03:07+00:00"), Some(whole));
        assert_eq!(any(b"2026-11-22T14:03:07.123Z"), Some(Stamp::Offset(milli, 0)));
        assert_eq!(any(b"2026-11-22 14:03:07.123"), Some(Stamp::Local(milli)));
        let seconds = civil().seconds;
        assert_eq!(any(format!("{seconds}").as_bytes()), Some(whole));
        assert_eq!(any(format!("{seconds}.123").as_bytes()), Some(Stamp::Offset(milli, 0)));
        assert_eq!(any(format!("{seconds}123").as_bytes()), Some(Stamp::Offset(milli, 0)));
        assert_eq!(any(format!("{seconds}123000").as_bytes()), Some(Stamp::Offset(milli, 0)));
        for other in
            ["0.003", "12", "", "31/Nov/2026:14:03:07 +0000", "2026-11-22", "GET / HTTP/1.1", "1700000000x"]
        {
            assert_eq!(any(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn strftime() {
        let stamp = |format: &str, text: &str| {
            let mut parts = Parts::default();
            let len = Clock::compile(format).unwrap().read(text.as_bytes(), &mut parts)?;
            (len == text.len()).then(|| parts.stamp())?
        };
        assert_eq!(stamp("%d/%b/%Y:%T %z", "22/Nov/2026:14:03:07 +0000"), Some(Stamp::Offset(civil(), 0)));
        assert_eq!(stamp("%F %I:%M:%S %p", "2026-11-22 02:03:07 PM"), Some(Stamp::Local(civil())));
        assert_eq!(stamp("%a %B %e %y %k:%M:%S", "Sun November 22 26 14:03:07"), Some(Stamp::Local(civil())));
        assert_eq!(stamp("%s", &civil().seconds.to_string()), Some(Stamp::Offset(civil(), 0)));
        assert_eq!(stamp("%H:%M", "14:03"), None);
        assert_eq!(Clock::compile("%Q").unwrap_err(), 'Q');
    }
}
