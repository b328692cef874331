//! The stack traces of PHP (`Zend/zend_exceptions.c: ZEND_METHOD(Exception, getTraceAsString)`).

use memchr::{memchr, memchr_iter, memrchr};

use super::is_class_byte;
use crate::civil::number;

/// The calls of a stack trace: function, file and line. What PHP itself called has no file and is left out.
#[derive(Clone, Debug)]
pub struct PhpTrace<'b> {
    rest: &'b [u8],
}

impl<'b> PhpTrace<'b> {
    pub(crate) fn new(text: &'b [u8]) -> PhpTrace<'b> {
        PhpTrace { rest: text }
    }
}

impl<'b> Iterator for PhpTrace<'b> {
    type Item = (&'b [u8], &'b [u8], u32);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            if let Some(Frame::Call(function, file, line)) = frame(line) {
                return Some((function, file, line));
            }
        }
        None
    }
}

/// One line of a trace.
enum Frame<'b> {
    Call(&'b [u8], &'b [u8], u32),
    Internal,
}

/// `#3 /var/www/a.php(12): App\Db->query('SELECT')`, `#4 [internal function]: f()`, `#5 {main}`.
fn frame(line: &[u8]) -> Option<Frame<'_>> {
    let rest = line.strip_prefix(b"#")?.trim_ascii_end();
    let digits = rest.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
    let rest = rest.get(digits..)?.strip_prefix(b" ").filter(|_| digits > 0)?;
    if rest == b"{main}" || rest.starts_with(b"[internal function]: ") {
        return Some(Frame::Internal);
    }
    // Arguments may hold what looks like a place, so the first one counts.
    memchr_iter(b')', rest).find_map(|close| {
        let call = rest.get(close + 1..)?.strip_prefix(b": ")?;
        let before = rest.get(..close)?;
        // No number of a line has more digits; looking no further back keeps this cheap.
        let open = memrchr(b'(', before.get(before.len().saturating_sub(11)..)?)?;
        let open = before.len().saturating_sub(11) + open;
        let number = number(before.get(open + 1..)?)?;
        let function = call.get(..memchr(b'(', call).unwrap_or(call.len()))?;
        Some(Frame::Call(function, rest.get(..open)?, u32::try_from(number).ok()?))
    })
}

/// Whether a line is of a trace, and of no other text that begins so.
pub(super) fn is_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line == b"Stack trace:" || is_thrown_in(line) || is_next(line) || frame(line).is_some()
}

/// `  thrown in /var/www/a.php on line 3`.
fn is_thrown_in(line: &[u8]) -> bool {
    let place = || {
        let place = line.strip_prefix(b"  thrown in ")?;
        number(place.get(memchr::memmem::rfind(place, b" on line ")? + 9..)?)
    };
    place().is_some()
}

/// `Next App\Failed: outer in /var/www/a.php:37`, without the lines that the message may have.
fn is_next(line: &[u8]) -> bool {
    let place = || {
        let rest = line.strip_prefix(b"Next ")?;
        let class = rest.iter().take_while(|b| is_class_byte(**b)).count();
        let rest = rest.get(class..)?;
        memchr::memmem::find(rest, b" in ")?;
        let line = number(rest.get(memrchr(b':', rest)? + 1..)?)?;
        (class > 0 && (rest.starts_with(b": ") || rest.starts_with(b" in "))).then_some(line)
    };
    place().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> Vec<(&str, &str, u32)> {
        let text_of = |bytes| std::str::from_utf8(bytes).unwrap();
        PhpTrace::new(text.as_bytes()).map(|(f, file, line)| (text_of(f), text_of(file), line)).collect()
    }

    #[test]
    fn the_innermost_call_comes_first() {
        let text = "Uncaught LogicException: inner in /w/nest.php:1\nStack trace:\n#0 /w/nest.php(7): App\\g()\r\n#1 /w/nest.php(8): App\\K::App\\{closure}()\n#2 [internal function]: App\\K::h(1)\n#3 /w/index.php(3): array_map(Array, Array)\n#4 {main}\n  thrown in /w/nest.php on line 1";
        let wanted = [
            ("App\\g", "/w/nest.php", 7),
            ("App\\K::App\\{closure}", "/w/nest.php", 8),
            ("array_map", "/w/index.php", 3),
        ];
        assert_eq!(calls(text), wanted);
    }

    #[test]
    fn places_in_arguments_and_of_eval() {
        assert_eq!(calls("#0 /w/a.php(1): q('b.php(3): x', Array)"), [("q", "/w/a.php", 1)]);
        assert_eq!(
            calls("#0 /w/a (old).php(1) : eval()'d code(2): f()"),
            [("f", "/w/a (old).php(1) : eval()'d code", 2)]
        );
        assert_eq!(calls("#12 /w/a.php(12): require('/w/wp-load.php')"), [("require", "/w/a.php", 12)]);
    }

    #[test]
    fn lines_of_traces() {
        for line in [
            "Stack trace:",
            "#0 {main}\r",
            "#11 [internal function]: WP_Hook->apply_filters('', Array)",
            "#0 /w/a.php(44): Db->connect()",
            "  thrown in /w/a.php on line 3",
            "Next LogicException: outer in /w/a.php:37",
            "Next App\\E in /w/a.php:37",
        ] {
            assert!(is_line(line.as_bytes()), "{line}");
        }
        for line in [
            "Stack trace: none",
            "# a comment",
            "#1 fan",
            "#include <stdio.h>",
            "#0  0x00007f3b0ea14250 in zend_mm_alloc () from /usr/sbin/php-fpm8.2",
            "  thrown in the bin",
            "Next time: buy milk",
            "Next: x in y:1",
        ] {
            assert!(!is_line(line.as_bytes()), "{line}");
        }
    }
}
