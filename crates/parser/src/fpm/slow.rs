//! The slow log of a pool: a block of lines per traced request (`sapi/fpm/fpm/fpm_php_trace.c: fpm_php_trace_dump`).

use memchr::memchr;

use crate::civil::number;

/// A block of the slow log, or the part of one that is left where a file begins inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FpmSlow<'b> {
    /// The pool's name; `None` where the head is missing.
    pub pool: Option<&'b [u8]>,
    /// Process id of the traced worker.
    pub pid: Option<u32>,
    /// The first line after the time and the pool.
    pub text: &'b [u8],
    /// All lines after the first.
    pub body: &'b [u8],
}

impl<'b> FpmSlow<'b> {
    /// Path of the script that ran (`script_filename = `).
    pub fn script(&self) -> Option<&'b [u8]> {
        lines(self.body).chain(Some(self.text)).find_map(|l| l.strip_prefix(b"script_filename = "))
    }

    /// The stack, innermost call first.
    pub fn frames(&self) -> Frames<'b> {
        Frames { first: Some(self.text), rest: self.body }
    }
}

/// Stack frames of a block: function, file and line.
#[derive(Clone, Debug)]
pub struct Frames<'b> {
    first: Option<&'b [u8]>,
    rest: &'b [u8],
}

impl<'b> Iterator for Frames<'b> {
    type Item = (&'b [u8], &'b [u8], u32);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.first.take() {
                Some(first) => first,
                None if self.rest.is_empty() => return None,
                None => {
                    let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
                    let (line, rest) = self.rest.split_at_checked(end)?;
                    self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
                    line
                }
            };
            if let Some(frame) = frame(line) {
                return Some(frame);
            }
        }
    }
}

/// `[0x00007f3b0ea14250] mysqli_query() /var/www/app/Db.php:44`.
fn frame(line: &[u8]) -> Option<(&[u8], &[u8], u32)> {
    let line = line.trim_ascii_end();
    let close = memchr(b']', line.strip_prefix(b"[0x")?)? + 3;
    let rest = line.get(close + 1..)?.strip_prefix(b" ")?;
    let end = memchr::memmem::find(rest, b"() ")?;
    let place = rest.get(end + 3..)?;
    let colon = memchr::memrchr(b':', place)?;
    let number = number(place.get(colon + 1..)?)?;
    Some((rest.get(..end)?, place.get(..colon)?, u32::try_from(number).ok()?))
}

/// Whether a line is the inside of a block, so that without its head it is still worth a record.
pub(crate) fn is_orphan(line: &[u8]) -> bool {
    line.starts_with(b"script_filename = ") || frame(line).is_some()
}

/// Reads what follows the time of a head: two blanks, the pool and the pid.
pub(crate) fn block<'b>(rest: &'b [u8], body: &'b [u8]) -> Option<FpmSlow<'b>> {
    let (pool, text) = super::pool(rest.strip_prefix(b"  ")?)?;
    let pid = number(text.strip_prefix(b"pid ")?)?;
    Some(FpmSlow { pool: Some(pool), pid: u32::try_from(pid).ok(), text, body })
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end)
}
