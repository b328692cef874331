//! A small HTTP client, and a backend that misbehaves on request.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(25);

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Sends bytes as they are and reads until the server closes. An answer that is cut off is kept as far as it came.
pub(crate) fn exchange(port: u16, request: &[u8]) -> String {
    let mut stream = connect(port);
    let mut answer = Vec::new();
    let _ = stream.write_all(request);
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn get(port: u16, path: &str) -> String {
    request(port, "GET", path, "", "")
}

pub(crate) fn request(port: u16, method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: live.example.com\r\nConnection: close\r\n");
    exchange(port, format!("{head}{headers}Content-Length: {length}\r\n\r\n{body}").as_bytes())
}

/// The status of an answer; nothing if there is none.
pub(crate) fn status(answer: &str) -> Option<&str> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)
}

/// Starts the backend; it ends with the test's process.
pub(crate) fn start_backend() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || misbehave(stream));
        }
    });
    port
}

fn misbehave(mut stream: TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let mut start = [0; 18];
    stream.read_exact(&mut start).ok()?;
    if start == *b"GET /backend/reset" {
        return None; // closed with input unread: the kernel resets the connection
    }
    let mut head = start.to_vec();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        head.extend_from_slice(&chunk[..count]);
    }
    let head = String::from_utf8_lossy(&head);
    stream.write_all(answer_to(head.split(' ').nth(1)?)).ok()?;
    stream.shutdown(Shutdown::Write).ok()
}

fn answer_to(path: &str) -> &'static [u8] {
    match path {
        "/backend/garbage" => b"this is not HTTP\r\n\r\n",
        "/backend/bad-header" => b"HTTP/1.1 200 OK\r\nX-Trace\0: 1\r\n\r\n",
        "/backend/cut-body" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "/backend/too-much" => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmore than two",
        "/backend/bad-chunk" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        _ => b"", // closed without an answer
    }
}
