//! The file system that is looked at: this machine's, or another's under a folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use glob::Pattern;

use super::note::Why;
use crate::input::{Identity, identity};

/// Bytes that are read of one configuration file; nobody writes that much by hand.
const MAX_FILE: u64 = 4 << 20;

/// Names that are looked at for one part of a pattern.
const MAX_NAMES: usize = 100_000;

/// Files that are taken for one pattern.
pub(super) const MAX_MATCHES: usize = 10_000;

/// Folders that are told of one pattern; more would say the same again.
const MAX_DENIED: usize = 8;

/// Links that are followed for one path, as in Linux.
const MAX_LINKS: usize = 40;

/// A file system. Its paths are absolute, as the machine it belongs to would write them.
pub(super) struct Tree {
    root: PathBuf,
    /// Whether the root is that of this machine, so that paths mean what they say.
    own: bool,
}

/// Files that fit a pattern.
#[derive(Default)]
pub(super) struct Matches {
    /// In the order of their names.
    pub(super) paths: Vec<PathBuf>,
    /// Folders that could not be searched.
    pub(super) denied: Vec<PathBuf>,
    /// Whether there were more than are taken.
    pub(super) cut: bool,
}

impl Tree {
    pub(super) fn new(root: &Path) -> Tree {
        let own = fs::canonicalize(root).is_ok_and(|r| r.parent().is_none());
        Tree { root: root.to_owned(), own }
    }

    /// Whether this is the machine's own file system.
    pub(super) fn is_own(&self) -> bool {
        self.own
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path lies on this machine. Links under another root lead to places under it.
    pub(super) fn real(&self, path: &Path) -> io::Result<PathBuf> {
        if self.own {
            return Ok(path.to_owned());
        }
        let mut done = PathBuf::new();
        let mut left: Vec<OsString> = parts(path);
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == ".." {
                done.pop();
                continue;
            }
            match fs::read_link(self.root.join(&done).join(&part)) {
                Ok(_) if links == MAX_LINKS => return Err(io::Error::other("too many symbolic links")),
                Ok(target) => {
                    links += 1;
                    if target.has_root() {
                        done.clear();
                    }
                    left.extend(parts(&target));
                }
                Err(_) => done.push(part),
            }
        }
        Ok(self.root.join(done))
    }

    /// Where a path lies, or would lie, to be told.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        self.real(path).unwrap_or_else(|_| self.root.join(path.strip_prefix("/").unwrap_or(path)))
    }

    /// What a file is known by, whatever path leads to it.
    pub(super) fn identity(&self, path: &Path) -> Identity {
        identity(&self.shown(path))
    }

    pub(super) fn exists(&self, path: &Path) -> bool {
        self.real(path).is_ok_and(|p| p.exists())
    }

    /// The text of a configuration file, and whether it was too long to be read whole.
    pub(super) fn read(&self, path: &Path) -> Result<(String, bool), Why> {
        let real = self.file(path)?;
        let mut bytes = Vec::new();
        File::open(&real)
            .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
            .map_err(|e| Why::Unreadable(e.to_string()))?;
        let cut = bytes.len() as u64 > MAX_FILE;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), cut))
    }

    /// Where a file lies that may be read, or why it may not.
    pub(super) fn file(&self, path: &Path) -> Result<PathBuf, Why> {
        let real = self.real(path).map_err(|e| Why::Unreadable(e.to_string()))?;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Why::Missing,
            io::ErrorKind::NotADirectory => Why::Missing,
            io::ErrorKind::PermissionDenied => self.denied(&real),
            _ => Why::Unreadable(error.to_string()),
        };
        // Opening a pipe would wait for its writer.
        if !fs::metadata(&real).map_err(failed)?.is_file() {
            return Err(Why::NotAFile);
        }
        File::open(&real).map_err(failed)?;
        Ok(real)
    }

    /// What stands in the way to a path, and who may pass.
    pub(super) fn denied(&self, real: &Path) -> Why {
        let mut above: Vec<&Path> = real.ancestors().collect();
        above.reverse();
        let passed = above.iter().take_while(|p| fs::metadata(p).is_ok()).last();
        let at = passed.copied().unwrap_or(real);
        Why::Denied { at: at.to_owned(), group: self.group_that_reads(at) }
    }

    /// Name of the group that may read a file, or read and enter a folder.
    #[cfg(unix)]
    fn group_that_reads(&self, path: &Path) -> Option<String> {
        use std::os::unix::fs::MetadataExt;
        let meta = fs::metadata(path).ok()?;
        let needed = if meta.is_dir() { 0o050 } else { 0o040 };
        // Joining the group of root is no advice to give.
        if meta.mode() & needed != needed || meta.gid() == 0 {
            return None;
        }
        let groups = fs::read_to_string(self.real(Path::new("/etc/group")).ok()?).ok()?;
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(meta.gid())).then(|| name.to_owned())
        })
    }

    #[cfg(not(unix))]
    fn group_that_reads(&self, _: &Path) -> Option<String> {
        None
    }

    /// The files that fit an absolute pattern, as glob(3) finds them: `*` fits no slash and no leading dot.
    pub(super) fn glob(&self, pattern: &str) -> Matches {
        let mut found = Matches { paths: vec![PathBuf::from("/")], ..Matches::default() };
        for part in pattern.split('/').filter(|p| !p.is_empty()) {
            if is_pattern(part) {
                found = self.names_that_fit(part, found);
            } else {
                found.paths.iter_mut().for_each(|path| path.push(part));
            }
        }
        let Matches { paths, denied, .. } = &mut found;
        paths.retain(|path| match self.real(path).and_then(fs::metadata) {
            Ok(_) => true,
            Err(error) => {
                if error.kind() == io::ErrorKind::PermissionDenied && denied.len() < MAX_DENIED {
                    denied.push(path.parent().unwrap_or(path).to_owned());
                }
                false
            }
        });
        found
    }

    fn names_that_fit(&self, part: &str, before: Matches) -> Matches {
        let mut found = Matches { paths: Vec::new(), ..before };
        let Ok(pattern) = Pattern::new(part) else { return found };
        let mut left = MAX_NAMES;
        for folder in before.paths {
            let entries = match self.real(&folder).and_then(fs::read_dir) {
                Ok(entries) => entries,
                Err(error) => {
                    if error.kind() == io::ErrorKind::PermissionDenied && found.denied.len() < MAX_DENIED {
                        found.denied.push(folder);
                    }
                    continue;
                }
            };
            let mut names: Vec<OsString> = Vec::new();
            for entry in entries.flatten() {
                if left == 0 || found.paths.len() + names.len() == MAX_MATCHES {
                    found.cut = true;
                    break;
                }
                left -= 1;
                let name = entry.file_name();
                let text = name.to_string_lossy();
                if pattern.matches(&text) && (part.starts_with('.') || !text.starts_with('.')) {
                    names.push(name);
                }
            }
            names.sort();
            found.paths.extend(names.iter().map(|name| folder.join(name)));
        }
        found
    }
}

/// Whether a path is a pattern for glob(3).
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The parts of a path, the last first.
fn parts(path: &Path) -> Vec<OsString> {
    let mut parts: Vec<OsString> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect();
    parts.reverse();
    parts
}
