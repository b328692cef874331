//! Running a scan: spans to workers, parts back in order.

use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use logscan_catalogue::{Catalogue, Namers};
use logscan_parser::AccessFormat;
use rayon::ScopeFifo;

use crate::ahead::Ahead;
use crate::event::{Event, Item, Unnamed};
use crate::input::{Found, Inputs};
use crate::prepare::{FileFrom, Prepared, Readable, Stream, Wishes, prepare};
use crate::problem::{Problem, What};
use crate::progress::Progress;
use crate::span::{Ended, MAX_KEPT, Rules, Span, read_span};
use crate::stats::{InputStats, Tally};
use crate::zone::Zone;
use logscan_catalogue::Timestamp;

const SPAN: u64 = 8 << 20;
const BUFFER: usize = 128 * 1024;

/// Larger spans are as good as none, and sums of them do not overflow.
const MAX_SPAN: u64 = 1 << 48;

/// What is made of events: each worker adds those of a stretch of a log to a part of its own.
///
/// Parts are handed to the caller in the order of the events in them, so a result that does not depend on how
/// events are spread over parts is the same for every number of threads.
pub trait Folder: Sync {
    /// The result of a stretch.
    type Part: Send;

    /// An empty part.
    fn part(&self) -> Self::Part;

    /// Adds an event.
    fn add(&self, part: &mut Self::Part, event: &Event<'_>);

    /// Adds a record that no kind fits. Most folds are not concerned.
    fn add_unnamed(&self, _part: &mut Self::Part, _record: &Unnamed<'_>) {}

    /// Whether a part should be handed over though its stretch is not at its end. Parts that grow with the
    /// number of events must say so, for memory to stay bounded.
    fn is_full(&self, _part: &Self::Part) -> bool {
        false
    }

    /// Called by the worker when nothing more comes to a part, before it is handed over: what is the same whatever
    /// the order of events is can stay here, for the next part to go on with, in place of being merged each time.
    fn end(&self, _part: &mut Self::Part) {}
}

/// Where a part comes from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Place<'p> {
    /// Number of the input.
    pub input: usize,
    /// Its path.
    pub path: &'p std::path::Path,
    /// Number of the first line of the part's span, from 1: add the line of an event. `None` where the reading
    /// began inside the file, so that lines were not counted.
    pub line_base: Option<u64>,
}

/// What a scan read.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Counts of each input that was read, in order.
    pub inputs: Vec<InputStats>,
    /// What could not be read, and what was read with a reservation.
    pub problems: Vec<Problem>,
    /// The fold asked to stop before the end.
    pub stopped: bool,
}

/// A scan: what to read and how.
#[derive(Clone, Debug)]
pub struct Scan<'c> {
    catalogue: &'c Catalogue,
    zone: Zone,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    threads: usize,
    span: u64,
    buffer: usize,
    only: Option<logscan_parser::Source>,
    access: Option<AccessFormat>,
    boot: Option<Timestamp>,
    progress: Arc<Progress>,
}

impl<'c> Scan<'c> {
    /// A scan without a window, in the machine's zone, with a thread per processor.
    pub fn new(catalogue: &'c Catalogue) -> Scan<'c> {
        Scan {
            catalogue,
            zone: Zone::Machine,
            since: None,
            until: None,
            threads: 0,
            span: SPAN,
            buffer: BUFFER,
            only: None,
            access: None,
            boot: None,
            progress: Arc::default(),
        }
    }

    /// Sets the zone of stamps that name none.
    #[must_use]
    pub fn zone(self, zone: Zone) -> Scan<'c> {
        Scan { zone, ..self }
    }

    /// Leaves out what is before `since`, and what is at or after `until`.
    #[must_use]
    pub fn window(self, since: Option<Timestamp>, until: Option<Timestamp>) -> Scan<'c> {
        Scan { since, until, ..self }
    }

    /// Sets the number of workers; 0 is one per processor.
    #[must_use]
    pub fn threads(self, threads: usize) -> Scan<'c> {
        Scan { threads, ..self }
    }

    /// Sets the size of the stretches that files are cut into, and of the buffers, in bytes. The result does
    /// not depend on them.
    #[must_use]
    pub fn block_sizes(self, span: u64, buffer: usize) -> Scan<'c> {
        Scan { span: span.clamp(1, MAX_SPAN), buffer: buffer.clamp(64, MAX_KEPT), ..self }
    }

    /// Takes inputs that were named for logs of this source: they need not look like it, and records of other
    /// sources are lines that are not recognized.
    #[must_use]
    pub fn only(self, source: Option<logscan_parser::Source>) -> Scan<'c> {
        Scan { only: source, ..self }
    }

    /// Sets the form of all access logs, which is otherwise told by their lines.
    #[must_use]
    pub fn access_format(self, format: Option<AccessFormat>) -> Scan<'c> {
        Scan { access: format, ..self }
    }

    /// Sets when the machine was started, for times that count from there; otherwise it is taken to be this machine.
    #[must_use]
    pub fn boot(self, boot: Option<Timestamp>) -> Scan<'c> {
        Scan { boot, ..self }
    }

    /// The counter of this scan, to be watched, or to cancel it, from another thread.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Reads the inputs. `merge` is given the parts on this thread, in order; it ends the scan with `Break`.
    pub fn run<F: Folder>(
        &self,
        inputs: &Inputs,
        folder: &F,
        merge: impl FnMut(F::Part, Place<'_>) -> ControlFlow<()>,
    ) -> Outcome {
        for input in &inputs.files {
            self.progress
                .expect(std::fs::metadata(&input.path).map_or(0, |m| if m.is_file() { m.len() } else { 0 }));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let threads = pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads);
        let stop = AtomicBool::new(false);
        let namers = self.catalogue.namers();
        let mut gather = Gather {
            inputs,
            merge,
            outcome: Outcome::default(),
            current: None,
            known: HashSet::new(),
            stop: &stop,
        };
        match pool {
            Ok(pool) => {
                pool.in_place_scope_fifo(|scope| {
                    self.feed(scope, threads, inputs, folder, &namers, &mut gather);
                });
            }
            // No thread could be started: a scope without a pool of its own still has one.
            Err(_) => {
                rayon::in_place_scope_fifo(|scope| {
                    self.feed(scope, threads, inputs, folder, &namers, &mut gather);
                });
            }
        }
        gather.finish(self.progress.is_cancelled())
    }

    /// Keeps as many spans at work as there are workers, and some ahead, and takes their results in order.
    fn feed<'s, F: Folder, M: FnMut(F::Part, Place<'_>) -> ControlFlow<()>>(
        &'s self,
        scope: &ScopeFifo<'s>,
        threads: usize,
        inputs: &Inputs,
        folder: &'s F,
        namers: &'s Namers<'s>,
        gather: &mut Gather<'s, M>,
    ) {
        let ahead = threads * 2;
        let mut running: VecDeque<Job<F::Part>> = VecDeque::new();
        for (number, input) in inputs.files.iter().enumerate() {
            if gather.stopped() || self.progress.is_cancelled() {
                break;
            }
            let prepared = match prepare(input, self.wishes(), &self.progress) {
                Ok(Some(prepared)) => prepared,
                Ok(None) => {
                    gather.known.insert(number);
                    continue;
                }
                Err(problem) => {
                    running.push_back(Job { input: number, from_start: true, work: Work::Failed(problem) });
                    continue;
                }
            };
            let Prepared { body, from_start, doubt } = prepared;
            if let Some(what) = doubt {
                gather.outcome.problems.push(Problem::new(&input.path, what));
            }
            let spans: Vec<(Source, Span)> = match body {
                Readable::File(file, spans, size) => {
                    let open = |span: Span| (Source::File(Arc::clone(&file), size), span);
                    spans.into_iter().map(open).collect()
                }
                Readable::Packed(stream, span) if threads > 1 => vec![(Source::Packed(stream), span)],
                Readable::Stream(stream, span) | Readable::Packed(stream, span) => {
                    vec![(Source::Stream(stream), span)]
                }
            };
            for (source, span) in spans {
                while running.len() >= ahead {
                    gather.take(running.pop_front());
                }
                if gather.stopped() {
                    break;
                }
                let (sender, receiver) = sync_channel(4);
                let rules = self.rules(gather.stop, namers);
                scope.spawn_fifo(move |_| work(source, span, rules, folder, &sender));
                running.push_back(Job { input: number, from_start, work: Work::Running(receiver) });
            }
        }
        while let Some(job) = running.pop_front() {
            gather.take(Some(job));
        }
    }

    fn wishes(&self) -> Wishes<'_> {
        Wishes {
            zone: self.zone,
            boot: self.boot,
            since: self.since,
            until: self.until,
            span: self.span,
            only: self.only,
            access: self.access.as_ref(),
        }
    }

    fn rules<'s>(&'s self, stop: &'s AtomicBool, namers: &'s Namers<'s>) -> Rules<'s> {
        Rules {
            catalogue: self.catalogue,
            namers,
            only: self.only,
            since: self.since,
            until: self.until,
            buffer: self.buffer,
            progress: &self.progress,
            stop,
        }
    }
}

enum Source {
    File(Arc<std::fs::File>, u64),
    Stream(Stream),
    Packed(Stream),
}

enum Message<P> {
    Part(P),
    Ended(P, Box<Ended>),
}

/// Reads a span in a worker. A send fails only where nobody wants the result any more.
fn work<F: Folder>(
    source: Source,
    span: Span,
    rules: Rules<'_>,
    folder: &F,
    sender: &SyncSender<Message<F::Part>>,
) {
    let mut part = folder.part();
    let each = |item: &Item<'_>| {
        match item {
            Item::Event(event) => folder.add(&mut part, event),
            Item::Unnamed(record) => folder.add_unnamed(&mut part, record),
        }
        if folder.is_full(&part) {
            folder.end(&mut part);
            let full = std::mem::replace(&mut part, folder.part());
            return sender.send(Message::Part(full)).is_ok();
        }
        true
    };
    let ended = match source {
        Source::File(file, size) => {
            read_span(&mut FileFrom { file, at: span.start, size }, span, rules, each)
        }
        Source::Stream(mut stream) => read_span(&mut stream, span, rules, each),
        Source::Packed(stream) => match Ahead::new(stream) {
            Ok(mut ahead) => read_span(&mut ahead, span, rules, each),
            Err(mut stream) => read_span(&mut stream, span, rules, each),
        },
    };
    folder.end(&mut part);
    let _ = sender.send(Message::Ended(part, Box::new(ended)));
}

struct Job<P> {
    input: usize,
    from_start: bool,
    work: Work<P>,
}

enum Work<P> {
    Running(Receiver<Message<P>>),
    Failed(Problem),
}

/// Takes results in order and sums them up per input.
struct Gather<'i, M> {
    inputs: &'i Inputs,
    merge: M,
    outcome: Outcome,
    current: Option<Current>,
    /// Inputs that are logs, were it empty or left out, or whose failure is told.
    known: HashSet<usize>,
    /// The fold asked to stop.
    stop: &'i AtomicBool,
}

/// The input whose spans are coming in.
struct Current {
    input: usize,
    tally: Tally,
    from_start: bool,
}

impl<M> Gather<'_, M> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn take<P>(&mut self, job: Option<Job<P>>)
    where
        M: FnMut(P, Place<'_>) -> ControlFlow<()>,
    {
        // A job that is let go ends: its worker is told to stop, or finds nobody to send to.
        let Some(job) = job.filter(|_| !self.stopped()) else { return };
        if self.current.as_ref().is_none_or(|c| c.input != job.input) {
            self.close();
        }
        let receiver = match job.work {
            Work::Failed(problem) => return self.failed(job.input, problem),
            Work::Running(receiver) => receiver,
        };
        let from_start = job.from_start;
        self.current.get_or_insert_with(|| Current { input: job.input, tally: Tally::default(), from_start });
        for message in receiver {
            match message {
                Message::Part(part) => self.part(part),
                Message::Ended(part, ended) => {
                    self.part(part);
                    self.ended(*ended);
                }
            }
            if self.stopped() {
                break;
            }
        }
    }

    fn part<P>(&mut self, part: P)
    where
        M: FnMut(P, Place<'_>) -> ControlFlow<()>,
    {
        let Some(current) = &self.current else { return };
        let Some(input) = self.inputs.files.get(current.input) else { return };
        let line_base = current.from_start.then_some(current.tally.all_lines + 1);
        let place = Place { input: current.input, path: &input.path, line_base };
        if !self.stopped() && (self.merge)(part, place).is_break() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some(current) = &mut self.current else { return };
        current.tally.append(&ended.tally);
        if let (Some(error), Some(path)) =
            (ended.error, self.inputs.files.get(current.input).map(|i| &i.path))
        {
            self.outcome.problems.push(Problem::from_reading(path, error, current.tally.bytes));
        }
    }

    fn failed(&mut self, input: usize, problem: Problem) {
        if matches!(problem.what, What::Empty) {
            let stats = Tally::default().into_stats(problem.path.clone());
            self.outcome.inputs.push(stats);
            self.known.insert(input);
        }
        let named = self.inputs.files.get(input).is_some_and(|i| i.found == Found::Named);
        let Problem { path, what } = problem;
        let what = match what {
            what if named => what,
            // What was only come across may be something else, be empty, or be gone by now.
            What::Foreign(words) => What::PassedOver(words),
            What::Empty | What::NotFound | What::NotAFile => return,
            what => what,
        };
        let problem = Problem { path, what };
        if problem.is_failure() {
            self.known.insert(input);
        }
        self.outcome.problems.push(problem);
    }

    fn close(&mut self) {
        let Some(Current { input, tally, from_start }) = self.current.take() else { return };
        let Some(path) = self.inputs.files.get(input).map(|i| i.path.clone()) else { return };
        self.known.insert(input);
        let number = |line: Option<u64>| line.filter(|_| from_start).map(|l| l + 1);
        let mut say = |what| self.outcome.problems.push(Problem::new(&path, what));
        if tally.unrecognized > 0 {
            say(What::Unrecognized { count: tally.unrecognized, first: number(tally.first_unrecognized) });
        }
        if tally.long_lines > 0 {
            say(What::LongLines { count: tally.long_lines, first: number(tally.first_long) });
        }
        if let Some(bytes) = tally.torn {
            say(What::Torn { bytes });
        }
        self.outcome.inputs.push(tally.into_stats(path));
    }

    fn finish(mut self, cancelled: bool) -> Outcome {
        self.close();
        self.outcome.stopped = self.stopped();
        if !self.outcome.stopped && !cancelled {
            self.no_logs();
        }
        self.outcome
    }

    /// A folder without a log is a mistake of whoever named it.
    fn no_logs(&mut self) {
        for (folder, inputs) in &self.inputs.folders {
            let failed = self.inputs.problems.iter().any(|p| p.path.starts_with(folder));
            if !failed && !inputs.iter().any(|i| self.known.contains(i)) {
                self.outcome.problems.push(Problem::new(folder, What::NoLogs));
            }
        }
    }
}
