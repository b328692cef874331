//! How a log writes bytes that could be mistaken for its own.

use std::borrow::Cow;

/// What the server does to values before it writes them. The constant text of a format is written as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Escape {
    /// nginx's own way: `"`, `\`, bytes below 0x20 and above 0x7e as `\xHH`; `-` stands for what is missing
    /// (`src/http/modules/ngx_http_log_module.c: ngx_http_log_escape`).
    #[default]
    Default,
    /// `escape=json`: `\"`, `\\`, `\n`, `\u00HH`; nothing stands for what is missing
    /// (`src/core/ngx_string.c: ngx_escape_json`).
    Json,
    /// `escape=none`: nothing is escaped; nothing stands for what is missing.
    None,
    /// Apache: `\"`, `\\`, `\n` and its like, `\xhh`; `-` stands for what is missing
    /// (`server/util.c: ap_escape_logitem`).
    Apache,
}

impl Escape {
    /// The value as the client or the upstream sent it. What is no escape stays as it is.
    pub fn decode<'b>(self, value: &'b [u8]) -> Cow<'b, [u8]> {
        if self == Escape::None {
            return Cow::Borrowed(value);
        }
        let Some(first) = memchr::memchr(b'\\', value) else { return Cow::Borrowed(value) };
        let (plain, mut rest) = value.split_at_checked(first).unwrap_or((value, b""));
        let mut out = Vec::with_capacity(value.len());
        out.extend_from_slice(plain);
        while let Some((byte, after)) = rest.split_first() {
            rest = match (*byte == b'\\').then(|| self.one(after, &mut out)).flatten() {
                Some(after) => after,
                None => {
                    out.push(*byte);
                    after
                }
            };
        }
        Cow::Owned(out)
    }

    /// Decodes what follows a backslash; `None` where that is no escape.
    fn one<'b>(self, text: &'b [u8], out: &mut Vec<u8>) -> Option<&'b [u8]> {
        let (kind, rest) = text.split_first()?;
        // Logs that look like JSON are often written in nginx's own way, so `\xHH` is read there too.
        if *kind == b'x' {
            let (digits, rest) = rest.split_at_checked(2)?;
            out.push(u8::try_from(hex(digits)?).ok()?);
            return Some(rest);
        }
        if self == Escape::Default {
            return None;
        }
        if *kind == b'u' && self == Escape::Json {
            return unicode(rest, out);
        }
        out.push(match kind {
            b'"' | b'\\' => *kind,
            b'/' if self == Escape::Json => b'/',
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'v' if self == Escape::Apache => 11,
            _ => return None,
        });
        Some(rest)
    }
}

/// Four hex digits after `\u`, or eight in two such where they are a surrogate pair.
fn unicode<'b>(text: &'b [u8], out: &mut Vec<u8>) -> Option<&'b [u8]> {
    let (digits, mut rest) = text.split_at_checked(4)?;
    let mut code = hex(digits)?;
    if (0xd800..0xdc00).contains(&code) {
        let (low, after) = rest.strip_prefix(b"\\u")?.split_at_checked(4)?;
        let low = hex(low).filter(|low| (0xdc00..0xe000).contains(low))?;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        rest = after;
    }
    let mut utf8 = [0; 4];
    out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut utf8).as_bytes());
    Some(rest)
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(escape: Escape, value: &str) -> Vec<u8> {
        escape.decode(value.as_bytes()).into_owned()
    }

    #[test]
    fn nginx_writes_bytes_in_hex() {
        assert_eq!(decoded(Escape::Default, r"a\x22b\x5Cc\xC3\xA9"), b"a\"b\\c\xc3\xa9");
        assert_eq!(decoded(Escape::Default, r"\n\q\x2"), br"\n\q\x2");
        assert!(matches!(Escape::Default.decode(b"plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_has_names_for_bytes() {
        assert_eq!(decoded(Escape::Json, r#"\"\\\/\n\r\t\b\f\u0016é"#), b"\"\\/\n\r\t\x08\x0c\x16\xc3\xa9");
        assert_eq!(decoded(Escape::Json, r"\ud83d\ude00 \ud83d \uzzzz"), "😀 \\ud83d \\uzzzz".as_bytes());
        assert_eq!(decoded(Escape::Json, r"\x16\x03"), b"\x16\x03");
    }

    #[test]
    fn apache_has_both() {
        assert_eq!(decoded(Escape::Apache, r#"\"a\\\v\x16\xff"#), b"\"a\\\x0b\x16\xff");
    }

    #[test]
    fn none_is_raw() {
        assert_eq!(decoded(Escape::None, r"\x22\n"), br"\x22\n");
    }
}
