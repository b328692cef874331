//! Runs the program and makes files for it to read.

// Every test file is a crate of its own and needs only some of this.
#![allow(dead_code)]
// What cannot do its part here fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A line of nginx of a kind that is known, without its newline.
pub(crate) const NGINX_LINE: &str = "2026/11/23 12:00:00 [error] 7#7: *1 access forbidden by rule, client: 192.0.2.1, \
server: example.com, request: \"GET /.env HTTP/1.1\", host: \"example.com\"";

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Run {
    /// Standard output, which must be UTF-8 whatever was read.
    pub(crate) fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    pub(crate) fn err(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("standard error is UTF-8")
    }

    /// Standard output of a run that must have gone well.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, Some(0), "stderr: {}", self.err());
        self.out()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.out()))
    }

    /// One value for each line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out().lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// The exit status, and that one line of standard error holds all of `words`.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) -> &Run {
        assert_eq!(self.code, Some(code), "stderr: {}", self.err());
        let told = self.err().lines().any(|l| words.iter().all(|w| l.contains(w)));
        assert!(told, "no line of stderr says {words:?}:\n{}", self.err());
        self
    }

    /// The exit status, and that nothing stands on standard error.
    #[track_caller]
    pub(crate) fn is_quiet(&self, code: i32) -> &Run {
        assert_eq!((self.code, self.err()), (Some(code), ""));
        self
    }
}

/// The program in the folder of the incidents, with nothing in its environment that would change its output.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logscan"));
    command.current_dir(incidents()).env("LC_ALL", "C.UTF-8");
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TZ", "TERM"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    finish(command().args(args))
}

/// A run that reads `input` on its standard input.
pub(crate) fn run_on(input: &[u8], args: &[&str]) -> Run {
    let mut command = command();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    // Whether all of it is read is for the program to decide.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&bytes)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    checked(output)
}

pub(crate) fn finish(command: &mut Command) -> Run {
    checked(command.output().unwrap())
}

/// A run whose standard output goes elsewhere.
pub(crate) fn finish_to(command: &mut Command, out: fs::File) -> Run {
    let child = command.stdout(out).stderr(Stdio::piped()).spawn().unwrap();
    checked(child.wait_with_output().unwrap())
}

/// No run may panic, whatever it is given.
#[track_caller]
fn checked(output: std::process::Output) -> Run {
    let run = Run { code: output.status.code(), stdout: output.stdout, stderr: output.stderr };
    let err = String::from_utf8_lossy(&run.stderr);
    assert!(!err.contains("panicked") && !err.contains("RUST_BACKTRACE"), "{err}");
    run
}

/// Where the logs of incidents lie.
pub(crate) fn incidents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/incidents").canonicalize().unwrap()
}

/// Content of an incident's log, unpacked.
pub(crate) fn log_of(incident: &str, file: &str) -> String {
    let bytes = fs::read(incidents().join(incident).join(file)).unwrap();
    if !file.ends_with(".gz") {
        return String::from_utf8(bytes).unwrap();
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(&*bytes), &mut text).unwrap();
    text
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A text member of a JSON object; empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} of {value} is no number"))
}

pub(crate) fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A folder of a test's own, gone when the test is over.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Names of all files in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
