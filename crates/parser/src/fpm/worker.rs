//! What the master says of its workers (`sapi/fpm/fpm/fpm_children.c`, `fpm_stdio.c`, `fpm_request.c`).

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::u32 as number;
use nom::combinator::{map, opt};
use nom::number::complete::double;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// A line about one worker process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Worker<'b> {
    /// `child PID exited with code N after S seconds from start` (`fpm_children.c: fpm_children_bury`).
    Exited {
        /// The worker.
        pid: u32,
        /// Exit code; 0 is normal, 70 could not start, 124 hard timeout, 255 native code gave up.
        code: u32,
        /// Age of the worker in seconds, not the duration of a request.
        age: f64,
    },
    /// `child PID exited on signal N (NAME) after S seconds from start` (`fpm_children.c: fpm_children_bury`).
    Signalled {
        /// The worker.
        pid: u32,
        /// Number of the signal.
        signal: u32,
        /// Its name; may be empty.
        name: &'b [u8],
        /// Whether the kernel wrote a core file.
        core_dumped: bool,
        /// Age of the worker in seconds.
        age: f64,
    },
    /// `child PID started` (`fpm_children.c: fpm_children_make`).
    Started {
        /// The worker.
        pid: u32,
    },
    /// `child PID said into stderr: "TEXT"` (`fpm_stdio.c: fpm_stdio_child_said`).
    Said {
        /// The worker.
        pid: u32,
        /// What it wrote.
        output: Output<'b>,
    },
    /// `child PID, script 'S' (request: "R") executing too slow (S sec), logging`
    /// (`fpm_request.c: fpm_request_check_timed_out`).
    Slow {
        /// The worker.
        pid: u32,
        /// Path of the script.
        script: &'b [u8],
        /// Method, script URI and query after rewrites; not what the visitor asked for.
        request: &'b [u8],
        /// Seconds that the request has taken.
        seconds: f64,
    },
    /// `child PID, script 'S' (request: "R") execution timed out (S sec), terminating` (same function).
    TimedOut {
        /// The worker.
        pid: u32,
        /// Path of the script.
        script: &'b [u8],
        /// Method, script URI and query after rewrites.
        request: &'b [u8],
        /// Seconds that the request had taken.
        seconds: f64,
    },
}

/// The stream that a worker wrote to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error: PHP's messages without an `error_log` of their own.
    Stderr,
}

/// A line of a worker's output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output<'b> {
    /// Where it was written.
    pub stream: Stream,
    /// The line, without the quotes that php-fpm puts round it.
    pub text: &'b [u8],
    /// The worker closed the stream with this line.
    pub pipe_closed: bool,
}

impl Output<'_> {
    /// Whether the line goes on with a message of PHP: php-fpm makes a record of each line of a stack trace, and
    /// only the first has PHP's mark. Records of other workers may stand between.
    pub fn continues_message(&self) -> bool {
        let frame = || {
            let digits = self.text.strip_prefix(b"#")?;
            let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            (len > 0).then(|| digits.get(len) == Some(&b' '))
        };
        [&b"Stack trace:"[..], b"  thrown in ", b"Next "].iter().any(|start| self.text.starts_with(start))
            || frame().unwrap_or(false)
    }
}

impl Worker<'_> {
    /// Process id of the worker.
    pub fn pid(&self) -> u32 {
        match *self {
            Worker::Exited { pid, .. }
            | Worker::Signalled { pid, .. }
            | Worker::Started { pid }
            | Worker::Said { pid, .. }
            | Worker::Slow { pid, .. }
            | Worker::TimedOut { pid, .. } => pid,
        }
    }
}

pub(super) fn parse(text: &[u8]) -> Option<Worker<'_>> {
    let (rest, pid) = child(text).ok()?;
    let mut any = alt((|i| exited(i, pid), |i| signalled(i, pid), |i| started(i, pid), |i| timed(i, pid)));
    if let Ok((_, worker)) = any.parse(rest) {
        return Some(worker);
    }
    said(rest).map(|output| Worker::Said { pid, output })
}

fn child(input: &[u8]) -> IResult<&[u8], u32> {
    preceded(tag("child "), number).parse(input)
}

fn age(input: &[u8]) -> IResult<&[u8], f64> {
    delimited(tag(" after "), double, tag(" seconds from start")).parse(input)
}

fn exited(input: &[u8], pid: u32) -> IResult<&[u8], Worker<'_>> {
    map((preceded(tag(" exited with code "), number), age), |(code, age)| Worker::Exited { pid, code, age })
        .parse(input)
}

fn signalled(input: &[u8], pid: u32) -> IResult<&[u8], Worker<'_>> {
    let name = take_while(|b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'+');
    let core = map(opt(tag(" - core dumped")), |c| c.is_some());
    map(
        (
            preceded(tag(" exited on signal "), number),
            preceded(tag(" ("), name),
            terminated(core, tag(")")),
            age,
        ),
        |(signal, name, core_dumped, age)| Worker::Signalled { pid, signal, name, core_dumped, age },
    )
    .parse(input)
}

fn started(input: &[u8], pid: u32) -> IResult<&[u8], Worker<'_>> {
    map(tag(" started"), |_| Worker::Started { pid }).parse(input)
}

/// Script and request may hold any byte, so they are taken from both ends: php-fpm's own words frame them.
fn timed(input: &[u8], pid: u32) -> IResult<&[u8], Worker<'_>> {
    let fail = || nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify));
    let (body, _) = tag(", script '")(input)?;
    let (slow, mark): (bool, &[u8]) = if body.ends_with(b" sec), logging") {
        (true, b"\") executing too slow (")
    } else if body.ends_with(b" sec), terminating") {
        (false, b"\") execution timed out (")
    } else {
        return Err(fail());
    };
    let end = memchr::memmem::rfind(body, mark).ok_or_else(fail)?;
    let (framed, tail) = body.split_at_checked(end).ok_or_else(fail)?;
    let (_, seconds) = preceded(tag(mark), double).parse(tail)?;
    let middle: &[u8] = b"' (request: \"";
    let at = memchr::memmem::find(framed, middle).ok_or_else(fail)?;
    let (script, request) = framed.split_at_checked(at).ok_or_else(fail)?;
    let request = request.strip_prefix(middle).ok_or_else(fail)?;
    let worker = if slow {
        Worker::Slow { pid, script, request, seconds }
    } else {
        Worker::TimedOut { pid, script, request, seconds }
    };
    Ok((&[], worker))
}

/// The text is not escaped, so only the last quote is php-fpm's.
fn said(rest: &[u8]) -> Option<Output<'_>> {
    let rest = rest.strip_prefix(b" said into ")?;
    let (stream, rest) = match rest.strip_prefix(b"stderr: \"") {
        Some(rest) => (Stream::Stderr, rest),
        None => (Stream::Stdout, rest.strip_prefix(b"stdout: \"")?),
    };
    let (text, pipe_closed) = match rest.strip_suffix(b"\", pipe is closed") {
        Some(text) => (text, true),
        None => (rest.strip_suffix(b"\"").unwrap_or(rest), false),
    };
    Some(Output { stream, text, pipe_closed })
}
