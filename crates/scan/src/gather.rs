//! What workers found, in the order of inputs and bytes.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use crate::input::{Found, Inputs};
use crate::problem::{Problem, What};
use crate::run::{Outcome, Place};
use crate::span::Ended;
use crate::stats::Tally;

/// What a worker tells of a span.
pub(crate) enum Message<P> {
    Part(P),
    Ended(P, Box<Ended>),
}

/// A span at work, or the pieces of a stream.
pub(crate) struct Job<P> {
    pub(crate) input: usize,
    pub(crate) from_start: bool,
    pub(crate) work: Work<P>,
}

pub(crate) enum Work<P> {
    Running(Receiver<Message<P>>),
    /// One after the other.
    Pieces(Receiver<Receiver<Message<P>>>),
    Failed(Problem),
}

/// Takes results in order and sums them up per input.
pub(crate) struct Gather<'i, M> {
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

impl<'i, M> Gather<'i, M> {
    pub(crate) fn new(inputs: &'i Inputs, merge: M, stop: &'i AtomicBool) -> Gather<'i, M> {
        let outcome = Outcome::default();
        Gather { inputs, merge, outcome, current: None, known: HashSet::new(), stop }
    }

    /// Tells of an input without ending it.
    pub(crate) fn tell(&mut self, problem: Problem) {
        self.outcome.problems.push(problem);
    }

    /// Nothing of an input is wanted.
    pub(crate) fn leave_out(&mut self, input: usize) {
        self.known.insert(input);
    }

    /// What tells workers that nobody wants the rest.
    pub(crate) fn stop(&self) -> &'i AtomicBool {
        self.stop
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn take<P>(&mut self, job: Option<Job<P>>)
    where
        M: FnMut(P, Place<'_>) -> ControlFlow<()>,
    {
        // A job that is let go ends: its worker is told to stop, or finds nobody to send to.
        let Some(job) = job.filter(|_| !self.stopped()) else { return };
        if self.current.as_ref().is_none_or(|c| c.input != job.input) {
            self.close();
        }
        let from_start = job.from_start;
        let current = Current { input: job.input, tally: Tally::default(), from_start };
        match job.work {
            Work::Failed(problem) => self.failed(job.input, problem),
            Work::Running(receiver) => {
                self.current.get_or_insert(current);
                self.receive(&receiver);
            }
            Work::Pieces(pieces) => {
                self.current.get_or_insert(current);
                for receiver in pieces {
                    self.receive(&receiver);
                    if self.stopped() {
                        break;
                    }
                }
            }
        }
    }

    fn receive<P>(&mut self, messages: &Receiver<Message<P>>)
    where
        M: FnMut(P, Place<'_>) -> ControlFlow<()>,
    {
        for message in messages {
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

    pub(crate) fn finish(mut self, cancelled: bool) -> Outcome {
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
