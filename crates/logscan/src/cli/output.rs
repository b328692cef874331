//! Where output goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::fail::Failure;

/// The file that is being written, for an interrupt to remove.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Standard output, or a file that takes its name only when it is whole.
#[derive(Debug)]
pub(crate) enum Output {
    Stdout(BufWriter<StdoutLock<'static>>),
    File { writer: BufWriter<File>, temporary: PathBuf, path: PathBuf },
}

impl Output {
    pub(crate) fn open(path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path.filter(|p| *p != Path::new("-")) else {
            return Ok(Output::Stdout(BufWriter::with_capacity(64 * 1024, io::stdout().lock())));
        };
        // A device or a pipe is written to as it is; a file is replaced.
        if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
            let open = OpenOptions::new().write(true).open(path).map_err(|e| failure(path, &e))?;
            return Ok(Output::File {
                writer: BufWriter::new(open),
                temporary: path.to_owned(),
                path: path.to_owned(),
            });
        }
        let name =
            path.file_name().ok_or_else(|| Failure::usage(format!("-o {}: no file name", path.display())))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", std::process::id()));
        let temporary = path.with_file_name(hidden);
        // `create_new` follows no link that someone else has put there.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(|e| failure(path, &e))?;
        remember(Some(temporary.clone()));
        Ok(Output::File { writer: BufWriter::new(file), temporary, path: path.to_owned() })
    }

    /// Writes the rest, and gives the file its name. Where `nothing_read`, a file that stood there before stays.
    pub(crate) fn finish(self, nothing_read: bool) -> io::Result<()> {
        match self {
            Output::Stdout(mut out) => out.flush(),
            Output::File { .. } if nothing_read => {
                discard();
                Ok(())
            }
            Output::File { writer, temporary, path } => {
                let done = writer.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| {
                    if temporary == path {
                        Ok(())
                    } else {
                        file.sync_all().and_then(|()| fs::rename(&temporary, &path))
                    }
                });
                if done.is_err() && temporary != path {
                    let _ = fs::remove_file(&temporary);
                }
                remember(None);
                done
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.write_all(bytes),
            Output::File { writer, .. } => writer.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.flush(),
            Output::File { writer, .. } => writer.flush(),
        }
    }
}

fn remember(path: Option<PathBuf>) {
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        *unfinished = path;
    }
}

/// Removes the file that is being written.
pub(crate) fn discard() {
    if let Ok(mut unfinished) = UNFINISHED.lock()
        && let Some(path) = unfinished.take()
    {
        let _ = fs::remove_file(path);
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("-o {}: cannot be written: {error}", path.display()))
}
