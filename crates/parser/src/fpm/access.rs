//! A pool's access log in its default format, `%R - %u %t "%m %r" %s` (`sapi/fpm/fpm/fpm_log.c`).

use nom::bytes::complete::{tag, take, take_till, take_while_m_n};
use nom::combinator::{all_consuming, map_opt};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::civil::{Stamp, clf_time, number};
use crate::syslog::numeric_offset;

/// A request that a worker served. A worker that dies writes no line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FpmAccess<'b> {
    /// The FastCGI peer: the web server, `-` on a unix socket. Never the visitor.
    pub remote: &'b [u8],
    /// Authenticated user; mostly empty.
    pub user: &'b [u8],
    /// Method and script URI, without query and protocol.
    pub request: &'b [u8],
    /// Status that PHP answered with.
    pub status: u16,
    /// The whole line.
    pub text: &'b [u8],
}

impl<'b> FpmAccess<'b> {
    pub(crate) fn parse(line: &'b [u8]) -> Option<(Stamp, FpmAccess<'b>)> {
        let body = line.strip_suffix(b"\r").unwrap_or(line);
        all_consuming(access).parse(body).ok().map(|(_, (at, a))| (at, FpmAccess { text: body, ..a }))
    }
}

fn access(input: &[u8]) -> IResult<&[u8], (Stamp, FpmAccess<'_>)> {
    let blank = |b: u8| b == b' ';
    let (rest, remote) = terminated(take_till(blank), tag(" - ")).parse(input)?;
    let (rest, user) = terminated(take_till(blank), tag(" ")).parse(rest)?;
    let (rest, civil) = terminated(map_opt(take(20usize), clf_time), tag(" ")).parse(rest)?;
    let (rest, offset) = terminated(numeric_offset, tag(" \"")).parse(rest)?;
    // A script's name may hold quotes: the last one is php-fpm's.
    let end = memchr::memmem::rfind(rest, b"\" ").unwrap_or(rest.len());
    let (rest, request) = terminated(take(end), tag("\" ")).parse(rest)?;
    let (rest, status) = map_opt(take_while_m_n(3, 3, |b: u8| b.is_ascii_digit()), number).parse(rest)?;
    let status = u16::try_from(status).unwrap_or(0);
    Ok((rest, (Stamp::Offset(civil, offset), FpmAccess { remote, user, request, status, text: b"" })))
}
