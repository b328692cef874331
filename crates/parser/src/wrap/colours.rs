//! Colours of a terminal.

/// Whether nearly all lines have colours. A single one may come from a client that would like to paint a terminal,
/// and stays what it is.
pub(super) fn has_colours(head: &[u8]) -> bool {
    let painted = |line: &[u8]| {
        memchr::memchr_iter(0x1b, line).any(|at| line.get(at..).is_some_and(|rest| colour(rest).is_some()))
    };
    let lines = head.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).take(200);
    let (some, all) = lines.fold((0, 0), |(some, all), l| (some + usize::from(painted(l)), all + 1));
    some > 0 && some * 10 >= all * 9
}

/// Length of `ESC [ 1 ; 31 m` or `ESC [ K` at the start of a text.
pub(super) fn colour(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"\x1b[")?;
    let len = inner.iter().take(24).take_while(|b| b.is_ascii_digit() || **b == b';').count();
    matches!(inner.get(len), Some(b'm' | b'K')).then_some(len + 3)
}

pub(super) fn without_colours(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        out.extend_from_slice(plain);
        let len = colour(escape).unwrap_or(1);
        if len == 1 {
            out.push(0x1b);
        }
        rest = escape.get(len..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}
