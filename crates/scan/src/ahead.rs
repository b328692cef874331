//! Reading ahead: a stream is unpacked on a thread of its own while its lines are read.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Bytes that are read at once.
const BLOCK: usize = 256 * 1024;

/// Blocks that are on their way.
const BLOCKS: usize = 4;

/// A reader that is ahead of whoever reads it, by no more than some blocks.
///
/// Every byte comes in order, and an error after the bytes before it, as from the reader itself.
pub(crate) struct Ahead {
    filled: Receiver<io::Result<Vec<u8>>>,
    /// Blocks go back to be filled again.
    done: Sender<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
}

impl Ahead {
    /// Gives the reader back where no thread can be started.
    pub(crate) fn new<R: Read + Send + 'static>(reader: R) -> Result<Ahead, R> {
        let (give, take) = channel::<R>();
        let (filled, blocks) = sync_channel(BLOCKS);
        let (done, free) = channel();
        let unpack = move || {
            if let Ok(reader) = take.recv() {
                run(reader, &free, &filled);
            }
        };
        if std::thread::Builder::new().name("unpack".to_owned()).spawn(unpack).is_err() {
            return Err(reader);
        }
        // It waits for both, so that neither can fail.
        for _ in 0..BLOCKS {
            let _ = done.send(vec![0; BLOCK]);
        }
        match give.send(reader) {
            Ok(()) => Ok(Ahead { filled: blocks, done, block: Vec::new(), at: 0 }),
            Err(unsent) => Err(unsent.0),
        }
    }
}

/// Fills blocks until the end, an error, or nobody wants more.
fn run(mut reader: impl Read, free: &Receiver<Vec<u8>>, filled: &SyncSender<io::Result<Vec<u8>>>) {
    while let Ok(mut block) = free.recv() {
        block.resize(BLOCK, 0);
        let (count, end) = fill(&mut reader, &mut block);
        block.truncate(count);
        let more = matches!(end, Ok(true));
        if count > 0 && filled.send(Ok(block)).is_err() {
            return;
        }
        if let Err(error) = end {
            let _ = filled.send(Err(error));
        }
        if !more {
            return;
        }
    }
}

/// Fills a block: how many bytes, and whether more may come.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> (usize, io::Result<bool>) {
    let mut count = 0;
    while let Some(rest) = block.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => return (count, Ok(false)),
            Ok(n) => count += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (count, Err(error)),
        }
    }
    (count, Ok(true))
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.at >= self.block.len() {
            let Ok(next) = self.filled.recv() else { return Ok(0) };
            // The thread may have ended.
            let _ = self.done.send(std::mem::replace(&mut self.block, next?));
            self.at = 0;
        }
        let count = self.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out its bytes a few at a time, then fails or ends.
    struct Slow {
        left: Vec<u8>,
        step: usize,
        error: Option<io::ErrorKind>,
        _dropped: Sender<()>,
    }

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.left.len().min(self.step).min(buffer.len());
            if count == 0 {
                return self.error.take().map_or(Ok(0), |kind| Err(kind.into()));
            }
            buffer[..count].copy_from_slice(&self.left[..count]);
            self.left.drain(..count);
            Ok(count)
        }
    }

    fn slow(length: usize, step: usize, error: Option<io::ErrorKind>) -> (Slow, Receiver<()>) {
        let (dropped, gone) = channel();
        let left = (0..=250).cycle().take(length).collect();
        (Slow { left, step, error, _dropped: dropped }, gone)
    }

    #[test]
    fn all_bytes_come_in_order() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCKS * BLOCK * 2 + 7] {
            let (reader, _) = slow(length, 64 * 1024 + 3, None);
            let wanted = reader.left.clone();
            let mut ahead = Ahead::new(reader).ok().unwrap();
            let mut found = Vec::new();
            ahead.read_to_end(&mut found).unwrap();
            assert!(found == wanted, "{length}");
            assert_eq!(ahead.read(&mut [0; 9]).unwrap(), 0, "the end stays the end");
        }
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        for length in [0, 5, BLOCK, BLOCK * 3 + 1] {
            let (reader, _) = slow(length, 1 << 20, Some(io::ErrorKind::InvalidData));
            let wanted = reader.left.clone();
            let mut ahead = Ahead::new(reader).ok().unwrap();
            let mut found = Vec::new();
            let error = ahead.read_to_end(&mut found).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(found == wanted, "{length}");
        }
    }

    #[test]
    fn it_ends_when_nobody_reads_on() {
        let (reader, gone) = slow(BLOCKS * BLOCK * 4, BLOCK, None);
        let mut ahead = Ahead::new(reader).ok().unwrap();
        ahead.read_exact(&mut [0; 10]).unwrap();
        drop(ahead);
        // The reader is dropped with its thread: nothing is sent, the other end is closed.
        assert!(gone.recv().is_err());
    }
}
