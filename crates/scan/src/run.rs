//! Running a scan: spans to workers, parts back in order.

use std::collections::VecDeque;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use logscan_catalogue::{Catalogue, Namers};
use logscan_parser::AccessFormat;
use rayon::ScopeFifo;

use crate::ahead::Ahead;
use crate::event::{Event, Item, Unnamed};
use crate::gather::{Gather, Job, Message, Work};
use crate::input::Inputs;
use crate::pieces::{self, Piece, Pieces};
use crate::prepare::{FileFrom, Prepared, Readable, Stream, Wishes, prepare};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::span::{MAX_KEPT, Rules, Span, read_span};
use crate::stats::InputStats;
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
        let mut gather = Gather::new(inputs, merge, &stop);
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
        // Several packed files are unpacked side by side; the lines of one are read by several workers.
        let packed = inputs.files.iter().filter(|input| input.path.extension().is_some_and(|e| e == "gz"));
        let alone = packed.count() <= 1;
        let mut running: VecDeque<Job<F::Part>> = VecDeque::new();
        for (number, input) in inputs.files.iter().enumerate() {
            if gather.stopped() || self.progress.is_cancelled() {
                break;
            }
            let prepared = match prepare(input, self.wishes(), &self.progress) {
                Ok(Some(prepared)) => prepared,
                Ok(None) => {
                    gather.leave_out(number);
                    continue;
                }
                Err(problem) => {
                    running.push_back(Job { input: number, from_start: true, work: Work::Failed(problem) });
                    continue;
                }
            };
            let Prepared { body, from_start, doubt } = prepared;
            if let Some(what) = doubt {
                gather.tell(Problem::new(&input.path, what));
            }
            let spans: Vec<(Source, Span)> = match body {
                Readable::File(file, spans, size) => {
                    let open = |span: Span| (Source::File(Arc::clone(&file), size), span);
                    spans.into_iter().map(open).collect()
                }
                Readable::Packed(stream, span) if threads > 1 && alone && span.can_be_cut(self.zone) => {
                    while running.len() >= ahead {
                        gather.take(running.pop_front());
                    }
                    let (sender, receiver) = sync_channel(threads * 4);
                    let rules = self.rules(gather.stop(), namers);
                    let (grammar, size) = (
                        Arc::clone(&span.grammar),
                        usize::try_from(self.span).map_or(pieces::SIZE, |span| span.min(pieces::SIZE)),
                    );
                    let pieces = Pieces::new(stream, grammar, self.only, size);
                    scope.spawn_fifo(move |scope| share(pieces, &span, rules, folder, scope, &sender));
                    running.push_back(Job { input: number, from_start, work: Work::Pieces(receiver) });
                    continue;
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
                let rules = self.rules(gather.stop(), namers);
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

/// Reads a span in a worker.
fn work<F: Folder>(
    source: Source,
    span: Span,
    rules: Rules<'_>,
    folder: &F,
    sender: &SyncSender<Message<F::Part>>,
) {
    let mut buffer = Vec::new();
    let mut read = |reader: &mut dyn Read, span| fold(reader, (&mut buffer, 0), span, rules, folder, sender);
    match source {
        Source::File(file, size) => read(&mut FileFrom { file, at: span.start, size }, span),
        Source::Stream(mut stream) => read(&mut stream, span),
        Source::Packed(stream) => match Ahead::new(stream) {
            Ok(mut ahead) => read(&mut ahead, span),
            Err(mut stream) => read(&mut stream, span),
        },
    }
}

/// Reads a span and sends what comes of it. A send fails only where nobody wants the result any more.
fn fold<F: Folder>(
    reader: &mut dyn Read,
    buffer: (&mut Vec<u8>, usize),
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
    let ended = read_span(reader, buffer, span, rules, each);
    folder.end(&mut part);
    let _ = sender.send(Message::Ended(part, Box::new(ended)));
}

/// A piece of a stream that is to be read.
struct Task<P> {
    piece: Piece,
    span: Span,
    sender: SyncSender<Message<P>>,
}

/// Pieces of one stream.
struct Shared<P> {
    /// Those that no worker reads yet.
    waiting: Mutex<VecDeque<Task<P>>>,
    /// Buffers to be filled again.
    buffers: Mutex<Vec<Vec<u8>>>,
}

/// So many pieces wait for a worker; where there are more, who unpacks them reads, too.
const WAITING: usize = 2;

/// Unpacks a stream, for all workers to read.
fn share<'s, F: Folder>(
    mut pieces: Pieces,
    span: &Span,
    rules: Rules<'s>,
    folder: &'s F,
    scope: &ScopeFifo<'s>,
    told: &SyncSender<Receiver<Message<F::Part>>>,
) {
    let shared = Arc::new(Shared { waiting: Mutex::default(), buffers: Mutex::default() });
    while !rules.ended()
        && let Some(piece) = pieces.next(shared.buffer())
    {
        let (sender, receiver) = sync_channel(4);
        // The results of a piece are waited for only when it is told. So it is told before anybody reads it, and whoever
        // waits here for the pieces before it to be asked for leaves none of these unread.
        let mut untold = told.try_send(receiver);
        while let Err(TrySendError::Full(receiver)) = untold {
            untold = match shared.read_one(rules, folder) {
                true => told.try_send(receiver),
                false => told.send(receiver).map_err(|unsent| TrySendError::Disconnected(unsent.0)),
            };
        }
        if untold.is_err() {
            return;
        }
        let span = span.piece(piece.offset);
        lock(&shared.waiting).push_back(Task { piece, span, sender });
        let others = Arc::clone(&shared);
        scope.spawn_fifo(move |_| _ = others.read_one(rules, folder));
        while lock(&shared.waiting).len() > WAITING {
            shared.read_one(rules, folder);
        }
    }
}

impl<P> Shared<P> {
    fn buffer(&self) -> Vec<u8> {
        lock(&self.buffers).pop().unwrap_or_default()
    }

    /// Reads the piece that waits longest; `false` where there is none.
    fn read_one<F: Folder<Part = P>>(&self, rules: Rules<'_>, folder: &F) -> bool {
        let waiting = lock(&self.waiting).pop_front();
        let Some(Task { piece, span, sender }) = waiting else { return false };
        let Piece { mut bytes, filled, mut rest, .. } = piece;
        fold(&mut rest, (&mut bytes, filled), span, rules, folder, &sender);
        lock(&self.buffers).push(bytes);
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
