//! Unpacking gzip.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

const WINDOW_BITS: u8 = 15;

/// Whether the packed data themselves are at fault.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Unpacks all gzip members of a stream, one after the other.
///
/// Unlike the readers of flate2 it hands out every byte that comes before damaged data, whatever the size of the
/// buffer it is read into.
pub(crate) struct Gunzip<R> {
    packed: R,
    member: Decompress,
    /// What ended the data, told once all bytes before it are handed out.
    damage: Option<io::Error>,
}

impl<R: BufRead> Gunzip<R> {
    pub(crate) fn new(packed: R) -> Gunzip<R> {
        Gunzip { packed, member: Decompress::new_gzip(WINDOW_BITS), damage: None }
    }

    /// Unpacks once: how many bytes came out, and whether more may come.
    fn step(&mut self, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
        let input = self.packed.fill_buf()?;
        let ended = input.is_empty();
        let (read, written) = (self.member.total_in(), self.member.total_out());
        if ended && read == 0 {
            return Ok((0, false));
        }
        // Tapes and some copies fill up with zeros after the last member; gzip itself ignores them.
        let zeros = input.iter().take_while(|b| **b == 0).count();
        if read == 0 && zeros > 0 {
            self.packed.consume(zeros);
            return Ok((0, true));
        }
        let status = self.member.decompress(input, buffer, FlushDecompress::None);
        let used = difference(self.member.total_in(), read);
        let count = difference(self.member.total_out(), written);
        self.packed.consume(used);
        match status {
            Ok(Status::StreamEnd) => self.member = Decompress::new_gzip(WINDOW_BITS),
            Ok(_) if used + count > 0 => {}
            Ok(_) => self.damage = Some(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => self.damage = Some(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
        Ok((count, true))
    }
}

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after - before).unwrap_or(usize::MAX)
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if let Some(error) = self.damage.take() {
                return Err(error);
            }
            let (count, more) = self.step(buffer)?;
            if count > 0 || !more {
                return Ok(count);
            }
        }
        Ok(0)
    }
}
