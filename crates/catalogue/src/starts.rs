//! Which of many literals a text begins with.

/// Literals by their first byte.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// Literals and their numbers; nothing where there is no literal.
    by_first: Vec<Vec<(Vec<u8>, usize)>>,
}

impl Starts {
    /// The numbers of literals are their places in the list; none is empty.
    pub(crate) fn new(literals: Vec<Vec<u8>>) -> Starts {
        let mut starts = Starts::default();
        for (number, literal) in literals.into_iter().enumerate() {
            let Some(first) = literal.first().copied() else { continue };
            starts.by_first.resize(256, Vec::new());
            if let Some(of_first) = starts.by_first.get_mut(usize::from(first)) {
                of_first.push((literal, number));
            }
        }
        starts
    }

    /// Hands out the number of every literal that a text begins with.
    #[inline]
    pub(crate) fn each(&self, text: &[u8], mut found: impl FnMut(usize)) {
        let of_first = text.first().and_then(|first| self.by_first.get(usize::from(*first)));
        for (literal, number) in of_first.into_iter().flatten() {
            if text.starts_with(literal) {
                found(*number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_are_told() {
        let starts = Starts::new(["bind() to ", "bind(", "b", "open"].map(|l| l.as_bytes().to_vec()).into());
        let of = |text: &[u8]| {
            let mut found = Vec::new();
            starts.each(text, |number| found.push(number));
            found
        };
        assert_eq!(of(b"bind() to 0.0.0.0:80"), [0, 1, 2]);
        assert_eq!(of(b"bin"), [2]);
        assert_eq!(of(b"ope"), []);
        assert_eq!(of(b""), []);
    }
}
