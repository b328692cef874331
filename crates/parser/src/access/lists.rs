//! The lists that nginx writes where a request was tried at several upstreams.

use std::time::Duration;

use super::fill::{present, seconds, status};

/// What one upstream said to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Try<'b> {
    /// Address and port, `unix:/path`, or the name of the group where none of its servers was alive.
    pub addr: Option<&'b [u8]>,
    /// Status; nginx's own 502 or 504 where the upstream gave no answer.
    pub status: Option<u16>,
    /// Until the connection stood, with TLS.
    pub connect_time: Option<Duration>,
    /// Until the head of the answer was there.
    pub header_time: Option<Duration>,
    /// Until the whole answer was there.
    pub response_time: Option<Duration>,
    /// The request had been redirected inside nginx, mostly to another group (`error_page`, `X-Accel-Redirect`).
    pub redirected: bool,
}

/// The tries of one request, in their order.
///
/// nginx divides them by `, `, and by ` : ` after a redirect (`src/http/ngx_http_upstream.c:
/// ngx_http_upstream_status_variable` and its neighbours).
#[derive(Clone, Debug)]
pub struct Tries<'b> {
    /// Addresses, statuses, and the three times.
    pub(super) lists: [Option<&'b [u8]>; 5],
    pub(super) redirected: bool,
}

impl<'b> Iterator for Tries<'b> {
    type Item = Try<'b>;

    fn next(&mut self) -> Option<Try<'b>> {
        if self.lists.iter().all(Option::is_none) {
            return None;
        }
        let redirected = self.redirected;
        self.redirected = false;
        let [addr, status_text, connect, header, response] = self.lists.each_mut().map(|list| {
            let (item, rest, colon) = split((*list)?);
            self.redirected |= colon;
            *list = rest;
            present(item)
        });
        Some(Try {
            addr,
            status: status_text.and_then(status),
            connect_time: connect.and_then(seconds),
            header_time: header.and_then(seconds),
            response_time: response.and_then(seconds),
            redirected,
        })
    }
}

/// The first element, what follows it, and whether a colon divides them.
fn split(list: &[u8]) -> (&[u8], Option<&[u8]>, bool) {
    for at in memchr::memchr2_iter(b',', b' ', list) {
        let Some((item, rest)) = list.split_at_checked(at) else { break };
        if let Some(rest) = rest.strip_prefix(b", ") {
            return (item, Some(rest), false);
        }
        if let Some(rest) = rest.strip_prefix(b" : ") {
            // Where the last try met no server nginx ends the list in the colon.
            return (item, Some(rest).filter(|r| !r.is_empty()), true);
        }
    }
    (list, None, false)
}

/// The last element of a list.
pub(super) fn last(list: &[u8]) -> Option<&[u8]> {
    let mut rest = Some(list);
    let mut item = None;
    while let Some(list) = rest {
        let (first, after, _) = split(list);
        item = Some(first);
        rest = after;
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_all_lists_go_together() {
        let lists = [
            Some(&b"10.0.0.1:80, 10.0.0.2:80 : unix:/run/a.sock"[..]),
            Some(&b"502, 504 : 200"[..]),
            Some(&b"-, 0.001 : 0.000"[..]),
            None,
            Some(&b"0.000, 3.001 : 0.120"[..]),
        ];
        let tries: Vec<_> = Tries { lists, redirected: false }.collect();
        assert_eq!(tries.len(), 3);
        assert_eq!(tries[0].addr, Some(&b"10.0.0.1:80"[..]));
        assert_eq!((tries[0].status, tries[0].connect_time), (Some(502), None));
        assert_eq!(tries[1].status, Some(504));
        assert_eq!(tries[1].response_time, Some(Duration::from_millis(3001)));
        assert!(!tries[1].redirected);
        assert_eq!(tries[2].addr, Some(&b"unix:/run/a.sock"[..]));
        assert_eq!((tries[2].status, tries[2].redirected), (Some(200), true));
    }

    #[test]
    fn a_list_may_end_in_its_colon() {
        let lists = [None, Some(&b"502 : "[..]), None, None, None];
        assert_eq!(Tries { lists, redirected: false }.count(), 1);
        assert_eq!(last(b"502, 200 : 404"), Some(&b"404"[..]));
        assert_eq!(last(b"200"), Some(&b"200"[..]));
    }
}
