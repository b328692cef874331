//! Gathers what the configurations name: each log once, with what stands in the way to the others.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::note::{Note, Why};
use super::tree::Tree;
use super::{Discovery, FoundLog, NamedFormat, Role, Server};
use crate::input::{Identity, identity};
use crate::rotation::{self, Age};

/// Hosts, and formats, that are kept of a log.
const MAX_HOSTS: usize = 256;

/// Logs and notes that are kept; a configuration that was made to be endless ends here.
const MAX_LOGS: usize = 50_000;

/// A log as a configuration names it.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) role: Role,
    /// Paths where it may be; the first that is there is taken. More than one where a path is relative to a folder
    /// that is compiled in.
    pub(super) paths: Vec<PathBuf>,
    /// Whether they are patterns.
    pub(super) pattern: bool,
    pub(super) format: Option<usize>,
    pub(super) hosts: Vec<String>,
    pub(super) level: Option<String>,
    pub(super) from: PathBuf,
    /// Not named, but presumed to be compiled in: nothing is said where it is not there.
    pub(super) presumed: bool,
    /// Found in a usual place: of a log that is known it tells nothing.
    pub(super) usual: bool,
}

impl Claim {
    pub(super) fn new(role: Role, paths: Vec<PathBuf>, from: &Path) -> Claim {
        Claim {
            role,
            paths,
            pattern: false,
            format: None,
            hosts: Vec::new(),
            level: None,
            from: from.to_owned(),
            presumed: false,
            usual: false,
        }
    }
}

pub(super) struct Gather<'t> {
    pub(super) tree: &'t Tree,
    pub(super) discovery: Discovery,
    /// Whether logs that are named and not there are told of.
    pub(super) tell_missing: bool,
    /// Numbers of the logs found so far.
    seen: HashMap<Identity, usize>,
    told: HashSet<(PathBuf, Option<Role>, Why)>,
    /// Patterns wait for the logs that are named, whose roles are surer.
    patterns: Vec<Claim>,
    /// Numbers of the patterns, so that each is looked up once.
    pattern_numbers: HashMap<(Vec<PathBuf>, Role, Option<usize>), usize>,
}

impl<'t> Gather<'t> {
    pub(super) fn new(tree: &'t Tree) -> Gather<'t> {
        Gather {
            tree,
            discovery: Discovery::default(),
            tell_missing: true,
            seen: HashMap::new(),
            told: HashSet::new(),
            patterns: Vec::new(),
            pattern_numbers: HashMap::new(),
        }
    }

    /// Takes a main configuration file that is there and was not yet read.
    pub(super) fn conf(&mut self, path: &Path) -> Option<String> {
        if !self.tree.exists(path) {
            // Whether the file is there cannot be seen where its folder may not be entered.
            if let Err(why @ Why::Denied { .. }) = self.tree.file(path) {
                self.note(path, None, None, why);
            }
            return None;
        }
        let real = self.tree.real(path).ok()?;
        if self.discovery.confs.iter().any(|known| identity(known) == identity(&real)) {
            return None;
        }
        let text = self.text(path, None)?;
        self.discovery.confs.push(real);
        Some(text)
    }

    /// The text of a configuration file; a note where it cannot be read.
    pub(super) fn text(&mut self, path: &Path, from: Option<&Path>) -> Option<String> {
        match self.tree.read(path) {
            Ok((text, cut)) => {
                if cut {
                    self.note(path, None, from, Why::TooMuch);
                }
                Some(text)
            }
            Err(Why::Missing) if !self.tell_missing => None,
            Err(why) => {
                self.note(path, None, from, why);
                None
            }
        }
    }

    /// Files that a configuration includes by a path or pattern.
    pub(super) fn included(&mut self, pattern: &str, from: &Path) -> Vec<PathBuf> {
        if !super::tree::is_pattern(pattern) {
            return vec![PathBuf::from(pattern)];
        }
        let found = self.tree.glob(pattern);
        for folder in &found.denied {
            self.denied(folder, from);
        }
        if found.cut {
            self.note(Path::new(pattern), None, Some(from), Why::TooMuch);
        }
        found.paths
    }

    /// Adds a note about a path of the tree, once.
    pub(super) fn note(&mut self, path: &Path, role: Option<Role>, from: Option<&Path>, why: Why) {
        let path = self.tree.shown(path);
        let from = from.map(|from| self.tree.shown(from));
        if self.told.len() < MAX_LOGS && self.told.insert((path.clone(), role, why.clone())) {
            self.discovery.notes.push(Note { path, role, from, why });
        }
    }

    /// Adds a note about a folder that may not be searched.
    pub(super) fn denied(&mut self, folder: &Path, from: &Path) {
        if let Ok(real) = self.tree.real(folder) {
            self.note(folder, None, Some(from), self.tree.denied(&real));
        }
    }

    /// Adds a note about a usual place, where nothing is known of what closes it.
    fn denied_place(&mut self, folder: &Path) {
        let Ok(real) = self.tree.real(folder) else { return };
        let why = self.tree.denied(&real);
        let same = |n: &Note| match (&n.why, &why) {
            (Why::Denied { at: known, .. }, Why::Denied { at, .. }) => known == at,
            _ => false,
        };
        if !self.discovery.notes.iter().any(same) {
            self.note(folder, None, None, why);
        }
    }

    pub(super) fn format(&mut self, name: &str, text: String, server: Server, from: &Path) -> usize {
        let from = self.tree.shown(from);
        self.discovery.formats.push(NamedFormat { name: name.to_owned(), text, server, from });
        self.discovery.formats.len() - 1
    }

    /// Takes a log that a configuration names.
    pub(super) fn claim(&mut self, claim: Claim) {
        if claim.pattern {
            let key = (claim.paths.clone(), claim.role, claim.format);
            let number = *self.pattern_numbers.entry(key).or_insert(self.patterns.len());
            match self.patterns.get_mut(number) {
                None => self.patterns.push(claim),
                Some(known) if known.hosts != claim.hosts => known.hosts.clear(),
                Some(_) => {}
            }
            return;
        }
        let there = claim.paths.iter().find(|p| self.tree.exists(p));
        // Of a relative path, the folder tells where the log would be.
        let near = || claim.paths.iter().find(|p| p.parent().is_some_and(|f| self.tree.exists(f)));
        let Some(path) = there.or_else(near).or(claim.paths.first()).cloned() else { return };
        self.take(&path, claim);
    }

    /// Takes the logs whose paths hold variables.
    pub(super) fn patterns(&mut self) {
        for claim in std::mem::take(&mut self.patterns) {
            for pattern in &claim.paths {
                self.matching(&pattern.to_string_lossy(), &claim);
            }
        }
    }

    /// Takes what fits a pattern and was not rotated.
    pub(super) fn matching(&mut self, pattern: &str, claim: &Claim) {
        let found = self.tree.glob(pattern);
        // Homes of others are closed as a rule: nothing is missed there that its owner would not know.
        if !pattern.starts_with("/home/") {
            for folder in &found.denied {
                if claim.usual {
                    self.denied_place(folder);
                } else {
                    self.denied(folder, &claim.from);
                }
            }
        }
        if found.cut {
            self.note(Path::new(pattern), Some(claim.role), Some(&claim.from), Why::TooMuch);
        }
        for path in found.paths.iter().filter(|path| is_live(path)) {
            if self.tree.real(path).is_ok_and(|p| p.is_file()) {
                self.take(path, Claim { paths: Vec::new(), ..claim.clone() });
            }
        }
    }

    fn take(&mut self, path: &Path, claim: Claim) {
        let Claim { role, format, hosts, level, from, presumed, usual, .. } = claim;
        if path == Path::new("/dev/null") || self.discovery.logs.len() >= MAX_LOGS {
            return;
        }
        if is_standard_stream(self.tree, path) {
            return self.note(&from, Some(role), None, Why::Stderr);
        }
        let real = match self.tree.file(path) {
            Ok(real) => real,
            Err(Why::Missing) if presumed || !self.tell_missing => return,
            Err(why) => return self.note(path, Some(role), (!usual).then_some(&*from), why),
        };
        let logs = &mut self.discovery.logs;
        let number = *self.seen.entry(identity(&real)).or_insert(logs.len());
        match logs.get_mut(number) {
            None => {
                let from = self.tree.shown(&from);
                let formats = format.into_iter().collect();
                logs.push(FoundLog { path: real, role, formats, hosts, level, from });
            }
            Some(_) if usual => {}
            Some(known) => {
                if let Some(format) = format.filter(|f| {
                    known.role == role && known.formats.len() < MAX_HOSTS && !known.formats.contains(f)
                }) {
                    known.formats.push(format);
                }
                // A log that is also written to outside of named hosts is of the whole server.
                if hosts.is_empty() || known.hosts.is_empty() {
                    known.hosts.clear();
                }
                for host in hosts {
                    if !known.hosts.is_empty()
                        && known.hosts.len() < MAX_HOSTS
                        && !known.hosts.contains(&host)
                    {
                        known.hosts.push(host);
                    }
                }
            }
        }
    }

    /// Tells what is missing as a whole.
    pub(super) fn finish(mut self) -> Discovery {
        let root = self.tree.root().to_owned();
        let of = |role: Role| {
            let known = self.discovery.logs.iter().any(|log| log.role == role);
            known || self.discovery.notes.iter().any(|n| n.role == Some(role) && n.is_failure())
        };
        if self.discovery.logs.is_empty() && !self.discovery.notes.iter().any(Note::is_failure) {
            let places = super::places::looked_for();
            self.discovery.notes.push(Note { path: root, role: None, from: None, why: Why::Nothing(places) });
        } else if !of(Role::System) {
            let elsewhere = (!self.tree.is_own()).then(|| root.clone());
            let why = Why::NoKernelLog { root: elsewhere };
            let path = root.join("var/log");
            self.discovery.notes.push(Note { path, role: Some(Role::System), from: None, why });
        }
        self.discovery
    }
}

/// Whether a file is neither a rotated one nor one of those that keep counts beside cPanel's logs.
fn is_live(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    rotation::read(&name).age == Age::Live && !name.ends_with(".gz") && !is_beside(&name)
}

/// Files that cPanel keeps beside access logs: bytes sent, FTP, places where its statistics stopped reading.
pub(super) fn is_beside(name: &str) -> bool {
    ["bytes_log", "ftp_log", ".offset", ".offsetftpsep", ".bkup", ".bkup2"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Whether a log is a standard stream, as in containers (`access.log -> /dev/stdout`).
fn is_standard_stream(tree: &Tree, path: &Path) -> bool {
    let real = tree.shown(path);
    let target = std::fs::read_link(&real).unwrap_or(real);
    let target = target.strip_prefix(tree.root()).unwrap_or(&target);
    ["dev/stdout", "dev/stderr", "proc/self/fd/1", "proc/self/fd/2", "proc/1/fd/1", "proc/1/fd/2"]
        .iter()
        .any(|stream| target == Path::new(stream) || target == Path::new("/").join(stream))
}
