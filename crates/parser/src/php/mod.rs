//! The messages of PHP itself, wherever they are carried.

mod component;
pub(crate) mod log;
mod trace;

pub use component::Component;
pub use log::PhpError;
pub use trace::PhpTrace;

use memchr::{memchr, memmem, memrchr, memrchr2};

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

/// What follows `PHP ` in the messages of each kind.
const KINDS: &[(&[u8], PhpKind)] = &[
    (b"Fatal error:  ", PhpKind::Fatal),
    (b"Recoverable fatal error:  ", PhpKind::Recoverable),
    (b"Parse error:  ", PhpKind::Parse),
    (b"Warning:  ", PhpKind::Warning),
    (b"Notice:  ", PhpKind::Notice),
    (b"Deprecated:  ", PhpKind::Deprecated),
    (b"Strict Standards:  ", PhpKind::Strict),
    (b"Unknown error:  ", PhpKind::Unknown),
];

/// Why PHP ended a script, with the figures that the message names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PhpFatal<'b> {
    /// `memory_limit` is reached (`Zend/zend_alloc.c: zend_mm_safe_error`).
    MemoryLimit {
        /// The limit in bytes.
        limit: u64,
        /// Bytes of the piece that was refused.
        wanted: u64,
    },
    /// The system refused memory below that limit (same function).
    OutOfMemory {
        /// Bytes that the script had.
        allocated: u64,
        /// Bytes of the piece that was refused.
        wanted: u64,
    },
    /// `max_execution_time` is used up (`Zend/zend_execute_API.c: zend_timeout`). On Linux it counts the time of the
    /// processor, not that of the clock.
    ExecutionTime {
        /// The limit in seconds.
        seconds: u64,
    },
    /// Nothing caught an exception (`Zend/zend_exceptions.c: zend_exception_error`).
    Uncaught {
        /// Its class with its namespace; of nested exceptions that of the innermost.
        class: &'b [u8],
    },
}

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
        let kind = || {
            let name = message.strip_prefix(b"PHP ")?;
            let first = KINDS.iter().filter(|(kind, _)| kind.first() == name.first());
            let mut known = first.filter_map(|(kind, known)| Some((*known, name.strip_prefix(*kind)?)));
            known.next()
        };
        match kind() {
            Some((kind, text)) => PhpMessage { kind: Some(kind), text },
            None => PhpMessage { kind: None, text: message },
        }
    }

    /// File and line where it happened: `in FILE on line N` at the end, or, in the head of an uncaught
    /// exception, `in FILE:N`.
    pub fn location(&self) -> Option<(&'b [u8], u32)> {
        on_line(self.text).or_else(|| in_head(self.text))
    }

    /// The calls that led there: function, file and line, innermost call first. Nested exceptions have a trace each,
    /// that of the first thrown first. Calls that PHP itself made have no file and are left out.
    pub fn trace(&self) -> PhpTrace<'b> {
        PhpTrace::new(self.text)
    }

    /// Why PHP ended the script; `None` for messages that are not fatal, and for other reasons.
    pub fn fatal(&self) -> Option<PhpFatal<'b>> {
        (self.kind == Some(PhpKind::Fatal)).then(|| fatal(self.text)).flatten()
    }

    /// The component of WordPress to blame: the plugin or theme where it happened, else the one that called last,
    /// else WordPress itself where it happened there.
    pub fn component(&self) -> Option<Component<'b>> {
        let place = self.location().map(|(file, _)| file);
        let first = place.and_then(Component::of);
        // What called is looked at only where it may be to blame.
        let is_traced = self.text.first() == Some(&b'#') || memchr(b'\n', self.text).is_some();
        let may_be_other = || is_traced && (place.is_none() || component::may_be_to_blame(self.text));
        if !matches!(first, None | Some(Component::Core)) || !may_be_other() {
            return first;
        }
        Component::to_blame(place.into_iter().chain(self.trace().map(|(_, file, _)| file)))
    }
}

/// The last `in FILE on line N` that ends a line. Words may follow in a message that names another place: `called in
/// FILE on line 5 and defined in FILE:9`.
fn on_line(text: &[u8]) -> Option<(&[u8], u32)> {
    let mut rest = text;
    loop {
        let end = match before_line(rest) {
            Some((before, line)) => match after_in(before) {
                Some(file) => return Some((file, line)),
                None => memrchr(b'\n', before)?,
            },
            None => memrchr2(b'\r', b'\n', rest)?,
        };
        rest = rest.get(..end)?;
    }
}

/// What is before ` on line N` at the end of a text, and the number.
fn before_line(text: &[u8]) -> Option<(&[u8], u32)> {
    let digits = text.iter().rev().take(12).take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = text.split_at_checked(text.len() - digits)?;
    let before = before.strip_suffix(b" on line ")?;
    Some((before, u32::try_from(number(digits)?).ok()?))
}

/// What follows the last ` in ` of the last line.
fn after_in(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let at = memrchr2(b' ', b'\n', rest)?;
        let (before, end) = rest.split_at_checked(at)?;
        if end.first() == Some(&b'\n') {
            return None;
        }
        if before.ends_with(b" in") {
            return text.get(at + 1..);
        }
        rest = before;
    }
}

/// The message of an exception may have several lines; its place ends the last one before the stack trace.
fn in_head(text: &[u8]) -> Option<(&[u8], u32)> {
    let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    lines.take_while(|line| *line != b"Stack trace:").find_map(|line| {
        let place = after_in(line)?;
        let colon = memrchr(b':', place)?;
        let number = number(place.get(colon + 1..)?)?;
        Some((place.get(..colon)?, u32::try_from(number).ok()?))
    })
}

fn fatal(text: &[u8]) -> Option<PhpFatal<'_>> {
    let wanted = |rest: &[u8]| {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let at = memmem::find(rest.get(..end)?, b"(tried to allocate ")?;
        Some(leading(rest.get(at + 19..)?)?.0)
    };
    if let Some(rest) = text.strip_prefix(b"Allowed memory size of ") {
        let (limit, rest) = leading(rest)?;
        return Some(PhpFatal::MemoryLimit { limit, wanted: wanted(rest)? });
    }
    // 8.0 and older do not write ` bytes` in the first brackets.
    if let Some(rest) = text.strip_prefix(b"Out of memory (allocated ") {
        let (allocated, rest) = leading(rest)?;
        return Some(PhpFatal::OutOfMemory { allocated, wanted: wanted(rest)? });
    }
    if let Some(rest) = text.strip_prefix(b"Maximum execution time of ") {
        let (seconds, rest) = leading(rest)?;
        return rest.starts_with(b" second").then_some(PhpFatal::ExecutionTime { seconds });
    }
    let rest = text.strip_prefix(b"Uncaught ")?;
    // PHP 5: `Uncaught exception 'NAME' with message '...'`.
    let (rest, quoted) = rest.strip_prefix(b"exception '").map_or((rest, false), |rest| (rest, true));
    let len = rest.iter().take_while(|b| is_class_byte(**b)).count();
    let (class, after) = rest.split_at_checked(len)?;
    let whole =
        if quoted { after.starts_with(b"'") } else { after.starts_with(b": ") || after.starts_with(b" in ") };
    (whole && len > 0).then_some(PhpFatal::Uncaught { class })
}

/// A number at the start, and what follows.
fn leading(text: &[u8]) -> Option<(u64, &[u8])> {
    let len = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(len)?;
    Some((number(digits)?, rest))
}

/// Whether a byte can be of the name of a class; anonymous ones are `PARENT@anonymous`.
fn is_class_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\' | b'@' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn what_another_program_wrote_after_a_message_hides_no_place() {
        let text = b"PHP Warning:  x in /var/www/a.php on line 3\nwaiting in line on line two\ngood bye";
        assert_eq!(PhpMessage::parse(text).location(), Some((&b"/var/www/a.php"[..], 3)));
    }

    /// The same by searching for the words from the end on.
    fn simply_on_line(text: &[u8]) -> Option<(&[u8], u32)> {
        memmem::rfind_iter(text, b" on line ").find_map(|mark| {
            let digits = &text[mark + 9..];
            let len = digits.iter().take(12).take_while(|b| b.is_ascii_digit()).count();
            let line = number(&digits[..len])?;
            if !matches!(digits.get(len), None | Some(b'\r' | b'\n')) {
                return None;
            }
            let before = &text[memrchr(b'\n', &text[..mark]).map_or(0, |at| at + 1)..mark];
            let file = &before[memmem::rfind(before, b" in ")? + 4..];
            Some((file, u32::try_from(line).ok()?))
        })
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            " on line ",
            " on line ",
            "on line ",
            " in ",
            " in ",
            "in ",
            " ",
            "\n",
            "\r",
            "/a.php",
            ":",
            "7",
            "0",
            "123456",
            "4294967295",
            "4294967296",
            "x",
            "(1) : eval()'d code",
            "\u{fc}",
        ])
    }

    proptest! {
        #[test]
        fn the_place_is_where_a_plain_search_finds_it(pieces in prop::collection::vec(piece(), 0..16)) {
            let text = pieces.concat();
            prop_assert_eq!(on_line(text.as_bytes()), simply_on_line(text.as_bytes()));
            let line = text.rsplit('\n').next().unwrap().as_bytes();
            prop_assert_eq!(after_in(text.as_bytes()), memmem::rfind(line, b" in ").map(|at| &line[at + 4..]));
        }
    }

    fn line() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "x in /w/wp-content/plugins/a/b.php:3",
            "x in /w/wp-includes/class-wpdb.php:3",
            "x in /w/index.php:3",
            "Stack trace:",
            "#0 /w/wp-includes/class-wpdb.php(3): f()",
            "#1 /w/wp-content/themes/t/index.php(4): g()",
            "#2 wp-content/mu-plugins/m.php(4): h()",
            "#3 web/app/plugins/p/p.php(4): h()",
            "#4 {main}",
            "  thrown in /w/wp-admin/index.php on line 3",
            "  thrown in /w/wp-content/plugins/c/d.php on line 3",
            "wp-content/plugins/e/f.php",
        ])
    }

    proptest! {
        #[test]
        fn the_component_is_that_of_place_and_trace(lines in prop::collection::vec(line(), 0..6)) {
            let text = lines.join("\n");
            let message = PhpMessage { kind: None, text: text.as_bytes() };
            let place = message.location().map(|(file, _)| file);
            let files = place.into_iter().chain(message.trace().map(|(_, file, _)| file));
            prop_assert_eq!(message.component(), Component::to_blame(files));
        }
    }

    #[test]
    fn the_kinds_of_messages() {
        for (name, kind) in KINDS {
            let message = [b"PHP ", *name, b"x"].concat();
            assert_eq!(PhpMessage::parse(&message), PhpMessage { kind: Some(*kind), text: b"x" });
            for len in 0..message.len() - 1 {
                let cut = &message[..len];
                assert_eq!(PhpMessage::parse(cut), PhpMessage { kind: None, text: cut });
            }
        }
    }

    #[test]
    fn code_of_eval_is_in_the_file_that_called_it() {
        let text = b"PHP Parse error:  syntax error, unexpected identifier \"is\" in /var/www/a.php(1) : eval()'d code on line 1";
        assert_eq!(PhpMessage::parse(text).location(), Some((&b"/var/www/a.php(1) : eval()'d code"[..], 1)));
    }

    #[test]
    fn an_application_message_has_no_kind() {
        let m = PhpMessage::parse(b"cache miss for key 42");
        assert_eq!((m.kind, m.location()), (None, None));
    }

    #[test]
    fn why_a_script_was_ended() {
        let of = |text: &'static str| PhpMessage::parse(text.as_bytes()).fatal();
        assert_eq!(
            of(
                "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 2000003072 bytes) in /a.php on line 1"
            ),
            Some(PhpFatal::MemoryLimit { limit: 134_217_728, wanted: 2_000_003_072 })
        );
        for text in [
            "PHP Fatal error:  Out of memory (allocated 98566144 bytes) (tried to allocate 4096 bytes) in /a.php on line 1",
            "PHP Fatal error:  Out of memory (allocated 98566144) (tried to allocate 4096 bytes) in /a.php on line 1",
        ] {
            assert_eq!(of(text), Some(PhpFatal::OutOfMemory { allocated: 98_566_144, wanted: 4096 }));
        }
        for (text, seconds) in [
            ("PHP Fatal error:  Maximum execution time of 1 second exceeded in /a.php on line 1", 1),
            ("PHP Fatal error:  Maximum execution time of 30 seconds exceeded in /a.php on line 1", 30),
        ] {
            assert_eq!(of(text), Some(PhpFatal::ExecutionTime { seconds }));
        }
        assert_eq!(of("PHP Fatal error:  Cannot redeclare aa() in /a.php on line 1"), None);
        assert_eq!(
            of("PHP Warning:  Maximum execution time of 30 seconds exceeded in /a.php on line 1"),
            None
        );
        assert_eq!(of("PHP Fatal error:  Allowed memory size of 134217728"), None);
    }

    #[test]
    fn the_class_of_an_uncaught_exception() {
        let of = |text: &'static str| match PhpMessage::parse(text.as_bytes()).fatal() {
            Some(PhpFatal::Uncaught { class }) => Some(std::str::from_utf8(class).unwrap()),
            None => None,
            other => panic!("{other:?}"),
        };
        let head = "PHP Fatal error:  Uncaught ";
        assert_eq!(of("PHP Fatal error:  Uncaught App\\Db\\Gone: x in /a.php:3"), Some("App\\Db\\Gone"));
        assert_eq!(of("PHP Fatal error:  Uncaught Exception in /a.php:1"), Some("Exception"));
        assert_eq!(
            of("PHP Fatal error:  Uncaught Exception@anonymous in /a.php on line 1"),
            Some("Exception@anonymous")
        );
        assert_eq!(
            of("PHP Fatal error:  Uncaught exception 'Exception' with message 'x' in /a.php:1"),
            Some("Exception")
        );
        // What `__toString()` of a class returns stands there without a name.
        assert_eq!(of("PHP Fatal error:  Uncaught custom text\n  thrown in /a.php on line 1"), None);
        assert_eq!(PhpMessage::parse(head.as_bytes()).fatal(), None);
    }
}
