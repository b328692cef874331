//! The messages of PHP itself, wherever they are carried.

mod component;
pub(crate) mod log;

pub use component::Component;
pub use log::PhpError;

use memchr::memmem;

use crate::civil::number;

/// The kind of a PHP error, as `main/main.c: php_error_cb` names it. The gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PhpKind {
    /// The script ended.
    Fatal,
    /// Like fatal; `Recoverable fatal error`.
    Recoverable,
    /// The file could not be compiled.
    Parse,
    /// The script went on.
    Warning,
    /// The script went on.
    Notice,
    /// The script went on.
    Deprecated,
    /// `Strict Standards` of old versions.
    Strict,
    /// `Unknown error`.
    Unknown,
}

const KINDS: &[(&[u8], PhpKind)] = &[
    (b"PHP Fatal error:  ", PhpKind::Fatal),
    (b"PHP Recoverable fatal error:  ", PhpKind::Recoverable),
    (b"PHP Parse error:  ", PhpKind::Parse),
    (b"PHP Warning:  ", PhpKind::Warning),
    (b"PHP Notice:  ", PhpKind::Notice),
    (b"PHP Deprecated:  ", PhpKind::Deprecated),
    (b"PHP Strict Standards:  ", PhpKind::Strict),
    (b"PHP Unknown error:  ", PhpKind::Unknown),
];

/// One message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhpMessage<'b> {
    /// The kind; `None` for what an application logged with `error_log()`.
    pub kind: Option<PhpKind>,
    /// The message after its kind; with its stack trace where it has one.
    pub text: &'b [u8],
}

impl<'b> PhpMessage<'b> {
    /// Reads the kind off a message (`PHP Fatal error:  ...`).
    pub fn parse(message: &'b [u8]) -> PhpMessage<'b> {
        KINDS
            .iter()
            .find_map(|(prefix, kind)| {
                message.strip_prefix(*prefix).map(|text| PhpMessage { kind: Some(*kind), text })
            })
            .unwrap_or(PhpMessage { kind: None, text: message })
    }

    /// File and line where it happened: `in FILE on line N` at the end, or, in the head of an uncaught
    /// exception, `in FILE:N`.
    pub fn location(&self) -> Option<(&'b [u8], u32)> {
        on_line(self.text).or_else(|| in_head(self.text))
    }
}

fn on_line(text: &[u8]) -> Option<(&[u8], u32)> {
    let mark = memmem::rfind(text, b" on line ")?;
    let digits = text.get(mark + 9..)?;
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let line = number(digits.get(..len)?)?;
    // Words may follow in a message that names another place: `called in FILE on line 5 and defined in FILE:9`.
    if !matches!(digits.get(len), None | Some(b'\r' | b'\n')) {
        return None;
    }
    let before = text.get(..mark)?;
    let file = before.get(memmem::rfind(before, b" in ")? + 4..)?;
    Some((file, u32::try_from(line).ok()?))
}

/// The message of an exception may have several lines; its place ends the last one before the stack trace.
fn in_head(text: &[u8]) -> Option<(&[u8], u32)> {
    let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    lines.take_while(|line| *line != b"Stack trace:").find_map(|line| {
        let place = line.get(memmem::rfind(line, b" in ")? + 4..)?;
        let colon = memchr::memrchr(b':', place)?;
        let number = number(place.get(colon + 1..)?)?;
        Some((place.get(..colon)?, u32::try_from(number).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_place() {
        let m = PhpMessage::parse(b"PHP Fatal error:  Allowed memory size of 67108864 bytes exhausted (tried to allocate 2097152 bytes) in /var/www/app/Report.php on line 13");
        assert_eq!(m.kind, Some(PhpKind::Fatal));
        assert_eq!(m.location(), Some((&b"/var/www/app/Report.php"[..], 13)));
    }

    #[test]
    fn uncaught_exception_ends_in_its_place() {
        let text = b"PHP Fatal error:  Uncaught RuntimeException: x in /var/www/a.php:3\nStack trace:\n#0 {main}\n  thrown in /var/www/a.php on line 3";
        assert_eq!(PhpMessage::parse(text).location(), Some((&b"/var/www/a.php"[..], 3)));
        let cut = b"PHP Fatal error:  Uncaught RuntimeException: x in /var/www/a.php:3\nStack tr";
        assert_eq!(PhpMessage::parse(cut).location(), Some((&b"/var/www/a.php"[..], 3)));
    }

    #[test]
    fn an_application_message_has_no_kind() {
        let m = PhpMessage::parse(b"cache miss for key 42");
        assert_eq!((m.kind, m.location()), (None, None));
    }
}
