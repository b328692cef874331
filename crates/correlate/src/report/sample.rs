//! An even sample of a stream whose length is not known.

/// The greatest size of a sample.
pub(super) const MOST: usize = 2000;

/// Every n-th item of a stream, n a power of two, as small as keeps the sample in its bounds. The same stream gives
/// the same sample.
#[derive(Debug)]
pub(super) struct Sample<T> {
    items: Vec<T>,
    step: u64,
    seen: u64,
}

impl<T> Sample<T> {
    pub(super) fn new() -> Sample<T> {
        Sample { items: Vec::new(), step: 1, seen: 0 }
    }

    pub(super) fn add(&mut self, item: T) {
        if self.seen.is_multiple_of(self.step) {
            if self.items.len() == MOST {
                let mut odd = true;
                self.items.retain(|_| {
                    odd = !odd;
                    !odd
                });
                self.step *= 2;
            }
            if self.seen.is_multiple_of(self.step) {
                self.items.push(item);
            }
        }
        self.seen += 1;
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_streams_are_kept_whole() {
        let mut sample = Sample::new();
        (0..MOST).for_each(|n| sample.add(n));
        assert_eq!(sample.into_vec(), (0..MOST).collect::<Vec<_>>());
    }

    #[test]
    fn long_streams_are_kept_in_even_steps() {
        let mut sample = Sample::new();
        (0..9001).for_each(|n| sample.add(n));
        // 9001 items by 8 are 1126; by 4 they would be 2251.
        assert_eq!(sample.into_vec(), (0..9001).step_by(8).collect::<Vec<_>>());
    }
}
