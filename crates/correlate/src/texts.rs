//! The texts of events, packed: many are kept, and few are asked for in the end.

use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress};

/// Bytes that are packed together.
const BLOCK: usize = 128 * 1024;

/// Where a text lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Place {
    block: u32,
    from: u32,
    length: u32,
}

impl Place {
    /// Whether no text was kept.
    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// Texts, in blocks that are unpacked one at a time.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    packed: Vec<Box<[u8]>>,
    /// The last block, which is not full yet; its number is that of the next packed one.
    open: Vec<u8>,
    /// Kept from one block to the next: it is large.
    packer: Option<Compress>,
}

impl Texts {
    /// Adds a text, which is not longer than some kilobytes.
    pub(crate) fn add(&mut self, text: &[u8]) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (block, from) = (number(self.packed.len()), number(self.open.len()));
        self.open.extend_from_slice(text);
        if self.open.len() >= BLOCK {
            self.close();
        }
        Place { block, from, length: number(text.len()) }
    }

    fn close(&mut self) {
        let packer = self.packer.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        self.packed.push(pack(packer, &self.open));
        self.open.clear();
    }

    /// Adds others; returns what becomes of their places.
    pub(crate) fn append(&mut self, other: Texts) -> impl Fn(Place) -> Place + use<> {
        // Blocks keep their order: whole ones come in before the open one is at its end.
        let inner = u32::try_from(other.packed.len()).unwrap_or(u32::MAX);
        if inner > 0 && !self.open.is_empty() {
            self.close();
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let base = number(self.packed.len());
        self.packed.extend(other.packed);
        let (last, moved) = (number(self.packed.len()), number(self.open.len()));
        self.open.extend_from_slice(&other.open);
        if self.open.len() >= BLOCK {
            self.close();
        }
        move |place| match place.block {
            block if block == inner => Place { block: last, from: place.from.saturating_add(moved), ..place },
            block => Place { block: base.saturating_add(block), ..place },
        }
    }

    /// Hands out texts. Each block is unpacked once if places come in order.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { texts: self, block: None, bytes: Vec::new() }
    }
}

/// Reads texts back.
#[derive(Debug)]
pub(crate) struct Reader<'t> {
    texts: &'t Texts,
    block: Option<u32>,
    bytes: Vec<u8>,
}

impl Reader<'_> {
    /// The text at a place; empty where none was kept.
    pub(crate) fn text(&mut self, place: Place) -> &[u8] {
        let bytes = match self.texts.packed.get(place.block as usize) {
            None => &self.texts.open,
            Some(packed) => {
                if self.block != Some(place.block) {
                    self.block = Some(place.block);
                    self.bytes.clear();
                    // What was packed here can be unpacked.
                    let _ = DeflateDecoder::new(&**packed).read_to_end(&mut self.bytes);
                }
                &self.bytes
            }
        };
        let from = place.from as usize;
        bytes.get(from..from.saturating_add(place.length as usize)).unwrap_or_default()
    }
}

fn pack(packer: &mut Compress, bytes: &[u8]) -> Box<[u8]> {
    packer.reset();
    let mut packed = Vec::with_capacity(bytes.len() / 4 + 64);
    loop {
        let done = usize::try_from(packer.total_in()).ok().and_then(|done| bytes.get(done..));
        // Packing in memory does not fail.
        match packer.compress_vec(done.unwrap_or_default(), &mut packed, FlushCompress::Finish) {
            Ok(flate2::Status::Ok | flate2::Status::BufError) => packed.reserve(bytes.len() / 4 + 64),
            Ok(flate2::Status::StreamEnd) | Err(_) => return packed.into_boxed_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: usize) -> Vec<u8> {
        format!("{number} {}", "text ".repeat(number % 97)).into()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let mut all = Texts::default();
        let mut places = Vec::new();
        let mut number = 0;
        // Parts below a block, of several blocks, and empty ones.
        for size in [3, 2000, 0, 5, 1, 4000, 700, 700, 700] {
            let mut part = Texts::default();
            let mut inner = Vec::new();
            for _ in 0..size {
                inner.push((part.add(&text(number)), number));
                number += 1;
            }
            let moved = all.append(part);
            places.extend(inner.into_iter().map(|(place, number)| (moved(place), number)));
        }
        assert!(all.packed.len() > 3 && !all.open.is_empty());
        let mut reader = all.reader();
        for (place, number) in &places {
            assert_eq!(reader.text(*place), text(*number));
        }
        assert_eq!(reader.text(Place::default()), b"");
    }
}
