//! An incident: logs, reports, and what was the truth.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::common::{Folder, gzip};

use super::line::Line;
use super::report::{Kind, Row};
use super::stamp::{Clock, Millis};

#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) name: String,
    /// Of the stamps that name no zone.
    pub(crate) clock: Clock,
    /// The edge's clock minus the origin's.
    pub(crate) offset: Millis,
    pub(crate) ray_in_log: bool,
    /// Name of the form of the access logs.
    pub(crate) format: String,
    /// By their path.
    pub(crate) logs: BTreeMap<String, Vec<Line>>,
    pub(crate) rows: Vec<Row>,
}

/// An incident on disk.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) folder: Folder,
    /// File and line, from 1, of each line by its number.
    pub(crate) places: HashMap<usize, (String, u64)>,
}

impl Laid {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().into()
    }
}

pub(crate) fn is_access(file: &str) -> bool {
    file.contains("access.log")
}

pub(crate) fn is_nginx_error(file: &str) -> bool {
    file.starts_with("nginx/") && !is_access(file)
}

pub(crate) fn is_fpm(file: &str) -> bool {
    file.contains("-fpm.log")
}

impl Incident {
    pub(crate) fn zone(&self) -> String {
        self.clock.zone.to_string()
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (&str, &Line)> {
        self.logs.iter().flat_map(|(file, lines)| lines.iter().map(|l| (file.as_str(), l)))
    }

    /// Whether the line tells something of a reported error.
    pub(crate) fn is_evidence(&self, id: usize) -> bool {
        self.rows.iter().any(|r| r.truth.evidence.iter().any(|(line, _)| *line == id))
    }

    /// Changes each line of the logs whose path is wanted.
    pub(crate) fn each_line(&mut self, wanted: fn(&str) -> bool, change: &mut dyn FnMut(&mut Line)) {
        for (_, lines) in self.logs.iter_mut().filter(|(file, _)| wanted(file)) {
            lines.iter_mut().for_each(&mut *change);
        }
    }

    /// A number that no line has.
    pub(crate) fn next_id(&self) -> usize {
        self.lines().map(|(_, l)| l.id + 1).max().unwrap_or(0)
    }

    /// Writes logs and reports into a folder of their own.
    pub(crate) fn lay(&self) -> Laid {
        let folder = Folder::new();
        let mut places = HashMap::new();
        for (file, lines) in &self.logs {
            let path = format!("logs/{file}");
            let mut bytes = Vec::new();
            for (number, line) in (1..).zip(lines) {
                bytes.extend_from_slice(&line.text);
                bytes.push(b'\n');
                places.insert(line.id, (path.clone(), number));
            }
            let at = folder.file(&path, if file.ends_with(".gz") { gzip(&bytes) } else { bytes });
            // The year of a stamp that names none comes from the file's time.
            let last =
                lines.iter().filter_map(|l| l.at).max().or(self.rows.last().map(|r| r.at)).unwrap_or(0);
            let last = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(last).unwrap() + 1000);
            fs::File::options().write(true).open(at).unwrap().set_modified(last).unwrap();
        }
        for kind in Kind::ALL {
            folder.file(&format!("reports/{}", kind.file()), kind.written(&self.rows));
        }
        Laid { folder, places }
    }
}
