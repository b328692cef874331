//! Writing a log.

use std::io::{self, Write};

use crate::Log;
use crate::access::request;
use crate::mix::templates;
use crate::random::Random;
use crate::template::Template;
use crate::values::{Clock, Spread, Values};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Makes a log, record by record.
#[derive(Clone, Debug)]
pub struct Generator {
    log: Log,
    random: Random,
    clock: Clock,
    connection: u64,
    templates: Vec<Template>,
    /// Sum of the weights up to each template.
    sums: Vec<u64>,
    spread: Spread,
    /// Seconds that a log of the size asked for is to take; without, as busy as the server is.
    span: Option<u64>,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Written {
    /// Bytes.
    pub bytes: u64,
    /// Records.
    pub records: u64,
}

impl Generator {
    /// A generator of a log; the same seed gives the same bytes.
    pub fn new(log: Log, seed: u64) -> Generator {
        let templates = templates(log);
        let mut sum = 0;
        let sums = templates.iter().map(|t| {
            sum += t.weight;
            sum
        });
        let sums = sums.collect();
        Generator {
            log,
            random: Random::new(seed),
            clock: Clock::new(log),
            connection: 1,
            templates,
            sums,
            spread: Spread::Natural,
            span: None,
        }
    }

    /// The same with so many clients, hosts and numbers in URIs, one as often as the other, instead of some thousands
    /// of which a few come most often. All come only in a log of some times as many records.
    #[must_use]
    pub fn distinct(self, count: u64) -> Generator {
        Generator { spread: Spread::Even(count), ..self }
    }

    /// The same with stamps that go evenly over so many seconds in a log of the size that is asked for. Such a log
    /// does not begin with a shorter one.
    #[must_use]
    pub fn spanning(self, seconds: u64) -> Generator {
        Generator { span: Some(seconds), ..self }
    }

    /// Writes records until there are `size` bytes: the last one may go beyond them.
    ///
    /// # Errors
    ///
    /// Where `to` cannot be written to.
    pub fn write(&mut self, size: u64, to: &mut impl Write) -> io::Result<Written> {
        let mut buffer = Vec::with_capacity(2 * BUFFER);
        let mut written = Written::default();
        loop {
            let done = written.bytes + buffer.len() as u64;
            if done >= size {
                break;
            }
            self.pass(done, size);
            written.records += self.record(&mut buffer);
            if buffer.len() >= BUFFER {
                to.write_all(&buffer)?;
                written.bytes += buffer.len() as u64;
                buffer.clear();
            }
        }
        to.write_all(&buffer)?;
        to.flush()?;
        written.bytes += buffer.len() as u64;
        Ok(written)
    }

    /// Names of the kinds whose samples it draws from.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().map(|t| &*t.id)
    }

    /// A log in memory.
    pub fn bytes(log: Log, seed: u64, size: u64) -> (Vec<u8>, Written) {
        let mut bytes = Vec::new();
        let written = Generator::new(log, seed).write(size, &mut bytes).unwrap_or_default();
        (bytes, written)
    }

    /// Lets time pass before the next record, of which so many bytes of all stand before.
    fn pass(&mut self, done: u64, size: u64) {
        if let Some(span) = self.span {
            let since_begin = u128::from(span) * u128::from(done) / u128::from(size.max(1));
            self.clock.advance_to(i64::try_from(since_begin).unwrap_or(i64::MAX / 2));
            return;
        }
        match self.log {
            // Twenty events a second, and now and then a lull.
            Log::NginxError | Log::PhpFpm => {
                if self.random.one_in(20) {
                    let seconds = if self.random.one_in(10) { 3 } else { 1 };
                    self.clock.advance(seconds);
                }
            }
            // Three hundred requests a second: five gigabytes a day.
            Log::NginxAccess => {
                if self.random.one_in(300) {
                    self.clock.advance(1);
                }
            }
        }
    }

    /// Appends a record, or the few records of one event; returns how many.
    fn record(&mut self, out: &mut Vec<u8>) -> u64 {
        self.connection += self.random.below(4);
        if self.log == Log::NginxAccess {
            let values = Values::draw(&mut self.random, &self.clock, self.connection, self.spread);
            request(&values, out);
            return 1;
        }
        let drawn = self.random.below(self.sums.last().copied().unwrap_or(0));
        let place = self.sums.partition_point(|sum| *sum <= drawn);
        let Some(template) = self.templates.get(place) else { return 0 };
        let values = Values::draw(&mut self.random, &self.clock, self.connection, self.spread);
        template.fill(&values, out);
        template.records
    }
}

#[cfg(test)]
mod tests;
