//! Which files to read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use logscan_parser::AccessFormat;

use crate::problem::{Problem, What};
use crate::rotation::{self, Age};

/// How deep folders are searched.
const MAX_DEPTH: usize = 16;

/// A file to read, or standard input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its path; `-` is standard input.
    pub path: PathBuf,
    /// How it came to be read.
    pub found: Found,
    /// The forms of its lines that the server's configuration names, where it is an access log.
    pub access: Vec<AccessFormat>,
}

/// How an input came to be read. What was named must be a log; what was only found may be something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// It was named.
    Named,
    /// It lies in a folder that was named.
    InFolder,
    /// It is a rotated file of a log that was named.
    Rotated,
}

/// The inputs of a scan, and what was wrong with the paths given.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files in the order in which they are read: by folder and name, rotated ones of a log from the oldest to the
    /// live one.
    pub files: Vec<Input>,
    /// Paths that lead to nothing.
    pub problems: Vec<Problem>,
    /// Folders of which something must come, with the numbers of their files.
    pub(crate) folders: Vec<(PathBuf, Vec<usize>)>,
}

impl Inputs {
    /// Finds the files of paths: files, folders, glob patterns, `-` for standard input. With `rotated`, a live
    /// log brings its rotated files, and those in folders are read. A file that is reached twice is read once. In
    /// which order the paths are given changes nothing but the order of the problems.
    pub fn collect<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, rotated: bool) -> Inputs {
        let mut collector = Collector { inputs: Inputs::default(), seen: HashMap::new(), rotated };
        for path in paths {
            collector.path(path.as_ref());
        }
        collector.inputs.sort();
        collector.inputs
    }

    /// Puts the files in order.
    fn sort(&mut self) {
        let mut files: Vec<(usize, Input)> = self.files.drain(..).enumerate().collect();
        files.sort_by_cached_key(|(_, input)| order(&input.path));
        let places: HashMap<usize, usize> = (0..).zip(&files).map(|(new, (old, _))| (*old, new)).collect();
        self.files = files.into_iter().map(|(_, input)| input).collect();
        for number in self.folders.iter_mut().flat_map(|(_, files)| files) {
            *number = places.get(number).copied().unwrap_or(*number);
        }
    }

    /// The files of logs that were found, not named: what is no log among them is no failure. With `rotated`, with
    /// their rotated files.
    pub fn found<P: AsRef<Path>>(logs: impl IntoIterator<Item = P>, rotated: bool) -> Inputs {
        let mut inputs = Inputs::collect(logs, rotated);
        for input in &mut inputs.files {
            if input.found == Found::Named {
                input.found = Found::InFolder;
            }
        }
        inputs
    }

    /// Leaves out these files, whatever paths lead to them: they are known to be no logs. How many there were.
    pub fn leave_out<P: AsRef<Path>>(&mut self, paths: impl IntoIterator<Item = P>) -> usize {
        let out: HashSet<Identity> = paths.into_iter().map(|p| identity(p.as_ref())).collect();
        let all = self.files.len();
        // The number that each file has from now on.
        let mut numbers = Vec::with_capacity(all);
        let mut kept = 0;
        self.files.retain(|input| {
            let keep = out.is_empty() || !out.contains(&identity(&input.path));
            numbers.push(keep.then_some(kept));
            kept += usize::from(keep);
            keep
        });
        for (_, files) in &mut self.folders {
            files.retain_mut(|file| match numbers.get(*file) {
                Some(Some(number)) => {
                    *file = *number;
                    true
                }
                _ => false,
            });
        }
        all - kept
    }
}

struct Collector {
    inputs: Inputs,
    /// Numbers of the files found so far.
    seen: HashMap<Identity, usize>,
    rotated: bool,
}

impl Collector {
    fn path(&mut self, path: &Path) {
        if path == Path::new("-") {
            self.add(path, Found::Named);
            return;
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(meta) if meta.is_file() => self.file(path),
            Ok(_) => _ = self.add(path, Found::Named),
            Err(error) => {
                let pattern = path.to_str().filter(|p| p.contains(['*', '?', '[']));
                match pattern {
                    Some(pattern) => self.glob(pattern, path),
                    None => self.inputs.problems.push(Problem::from_io(path, error)),
                }
            }
        }
    }

    fn glob(&mut self, pattern: &str, path: &Path) {
        let found = if pattern.contains("**") {
            self.deep_glob(pattern)
        } else {
            glob::glob(pattern).map(|paths| paths.flatten().collect()).unwrap_or_default()
        };
        if found.is_empty() {
            self.inputs.problems.push(Problem::new(path, What::NoMatch));
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for path in found {
            if path.is_dir() {
                self.folder(&path);
            } else {
                files.push(path);
            }
        }
        files.sort_by_cached_key(|p| order(p));
        for file in files {
            // A pattern says itself which rotated files are meant.
            self.add(&file, Found::Named);
        }
    }

    /// Files that fit a pattern with `**`. A search by the pattern itself would follow links to folders, round
    /// and round.
    fn deep_glob(&mut self, pattern: &str) -> Vec<PathBuf> {
        let Ok(fits) = glob::Pattern::new(pattern) else { return Vec::new() };
        let plain = |c: &Component<'_>| !c.as_os_str().to_string_lossy().contains(['*', '?', '[']);
        let base: PathBuf = Path::new(pattern).components().take_while(plain).collect();
        let mut files = Vec::new();
        if base.as_os_str().is_empty() {
            self.walk(Path::new("."), 0, &mut files);
            files = files.iter().filter_map(|f| f.strip_prefix(".").ok()).map(Path::to_owned).collect();
        } else if base.is_dir() {
            self.walk(&base, 0, &mut files);
        }
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        files.retain(|f| fits.matches_path_with(f, options));
        files
    }

    fn file(&mut self, path: &Path) {
        if self.rotated && rotation::read(&name(path)).age == Age::Live {
            for sibling in siblings(path) {
                self.add(&sibling, Found::Rotated);
            }
        }
        self.add(path, Found::Named);
    }

    fn folder(&mut self, path: &Path) {
        let mut files = Vec::new();
        self.walk(path, 0, &mut files);
        // Where a file stands both packed and unpacked, the packed one is left out.
        let all: HashSet<PathBuf> = files.iter().cloned().collect();
        files.retain(|f| !(f.extension().is_some_and(|e| e == "gz") && all.contains(&f.with_extension(""))));
        files.retain(|f| self.rotated || rotation::read(&name(f)).age == Age::Live);
        files.sort_by_cached_key(|p| order(p));
        let numbers = files.iter().map(|file| self.add(file, Found::InFolder)).collect();
        self.inputs.folders.push((path.to_owned(), numbers));
    }

    /// Symbolic links to folders are not followed, so the walk ends.
    fn walk(&mut self, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.inputs.problems.push(Problem::from_io(folder, error)),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => self.walk(&path, depth + 1, files),
                Ok(kind) if kind.is_file() => files.push(path),
                Ok(kind) if kind.is_symlink() && path.is_file() => files.push(path),
                _ => {}
            }
        }
    }

    /// Adds a file that is not there yet. Its number.
    fn add(&mut self, path: &Path, found: Found) -> usize {
        let number = *self.seen.entry(identity(path)).or_insert(self.inputs.files.len());
        match self.inputs.files.get_mut(number) {
            None => self.inputs.files.push(Input { path: path.to_owned(), found, access: Vec::new() }),
            // Of several paths to a file the one counts that was named, then the first by name.
            Some(known) => {
                let (named, was) = (found == Found::Named, known.found == Found::Named);
                if named && !was || named == was && *path < *known.path {
                    path.clone_into(&mut known.path);
                }
                if named {
                    known.found = found;
                }
            }
        }
        number
    }
}

/// What a file is known by, whatever path leads to it: device and inode, or its path without links.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    #[cfg(unix)]
    Node(u64, u64),
    Path(PathBuf),
}

pub(crate) fn identity(path: &Path) -> Identity {
    #[cfg(unix)]
    if let Some(meta) = fs::metadata(path).ok().filter(|_| path != Path::new("-")) {
        use std::os::unix::fs::MetadataExt;
        return Identity::Node(meta.dev(), meta.ino());
    }
    Identity::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Folder, then log, then age: each log from its oldest file on.
fn order(path: &Path) -> (PathBuf, String, Age, PathBuf) {
    let rotation::Name { base, age } = rotation::read(&name(path));
    (path.parent().unwrap_or(Path::new("")).to_owned(), base, age, path.to_owned())
}

/// Rotated files of a live log, the oldest first. Where a file stands both packed and unpacked (logrotate is
/// at work on it), the packed one is left out.
fn siblings(path: &Path) -> Vec<PathBuf> {
    let live = name(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: BTreeMap<Age, PathBuf> = BTreeMap::new();
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let text = file_name.to_string_lossy();
        let read = rotation::read(&text);
        if read.base != live || read.age == Age::Live {
            continue;
        }
        let path = path.with_file_name(&file_name);
        let packed = text.ends_with(".gz");
        if !packed || !found.contains_key(&read.age) {
            found.insert(read.age, path);
        }
    }
    found.into_values().collect()
}
