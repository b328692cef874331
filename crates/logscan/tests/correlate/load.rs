//! Reads incidents: those of the repository, or a folder of one's own in the same layout with more detail.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::common::{incidents, text};

use super::incident::Incident;
use super::line::Line;
use super::report::{Kind, Row, Truth};
use super::stamp::{Clock, when};

/// Names a folder of incidents to be read instead of the repository's; CONTRIBUTING.md tells their layout.
const OTHERS: &str = "LOGSCAN_INCIDENTS";

/// All incidents, sorted by name.
pub(crate) fn all() -> &'static [Incident] {
    static ALL: OnceLock<Vec<Incident>> = OnceLock::new();
    ALL.get_or_init(|| match std::env::var_os(OTHERS) {
        Some(folder) => {
            let found = others(Path::new(&folder));
            assert!(!found.is_empty(), "{OTHERS}: no incident in {}", folder.display());
            found
        }
        None => ours(),
    })
}

/// The incidents of the repository.
fn ours() -> Vec<Incident> {
    let truths = incidents().join("../reports");
    let load = |logs: PathBuf| {
        let reports = truths.join(logs.file_name().unwrap());
        let truth = json(&reports.join("truth.json"));
        let about = About {
            name: name_of(&logs),
            zone: text(&truth, "zone").to_owned(),
            offset_s: truth["clock_offset_s"].as_f64().unwrap(),
            format: text(&truth, "access_format").to_owned(),
            ray_in_log: truth["ray_in_log"].as_bool().unwrap(),
        };
        about.incident(&logs, &reports, &truth["errors"])
    };
    folders(&incidents()).into_iter().map(load).collect()
}

/// Incidents with `logs/`, `reports/`, `truth.json` and `meta.json`.
fn others(folder: &Path) -> Vec<Incident> {
    let load = |folder: PathBuf| {
        let (meta, truth) = (json(&folder.join("meta.json")), json(&folder.join("truth.json")));
        let about = About {
            name: name_of(&folder),
            zone: text(&meta, "timezone").to_owned(),
            offset_s: meta["clock_offset_s"].as_f64().unwrap(),
            format: text(&meta, "access_log_format_name").to_owned(),
            ray_in_log: text(&meta, "access_log_format").contains("cf_ray"),
        };
        about.incident(&folder.join("logs"), &folder.join("reports"), &truth["errors"])
    };
    folders(folder).into_iter().filter(|f| f.join("truth.json").is_file()).map(load).collect()
}

struct About {
    name: String,
    zone: String,
    offset_s: f64,
    format: String,
    ray_in_log: bool,
}

impl About {
    fn incident(self, logs: &Path, reports: &Path, errors: &Value) -> Incident {
        let errors = errors.as_array().unwrap();
        let year = errors.first().map_or("2026", |e| &text(e, "time")[..4]);
        let clock = Clock { zone: self.zone.parse().unwrap(), year: year.parse().unwrap() };
        let logs_read = read_logs(logs, clock);
        let first: HashMap<&str, usize> =
            logs_read.iter().filter_map(|(file, lines)| Some((file.as_str(), lines.first()?.id))).collect();
        let read = |kind: Kind| fs::read_to_string(reports.join(kind.file())).unwrap();
        let (records, table) = (read(Kind::Ndjson), read(Kind::Csv));
        let (records, table): (Vec<&str>, Vec<&str>) =
            (records.lines().collect(), table.lines().skip(1).collect());
        assert_eq!((records.len(), table.len()), (errors.len(), errors.len()), "{}", reports.display());
        let rows = errors.iter().zip(records).zip(table).enumerate().map(|(i, ((error, record), row))| {
            let of = format!("{} #{i}", self.name);
            let status = error["status"].as_u64().unwrap();
            Row::new(of, text(error, "time"), status, record, row, truth(error, &first))
        });
        #[allow(clippy::cast_possible_truncation)] // Some seconds.
        let offset = (self.offset_s * 1000.0).round() as i64;
        Incident {
            name: self.name.clone(),
            clock,
            offset,
            ray_in_log: self.ray_in_log,
            format: self.format,
            rows: rows.collect(),
            logs: logs_read,
        }
    }
}

/// `first` is the number of the first line of each file.
fn truth(error: &Value, first: &HashMap<&str, usize>) -> Truth {
    let name = |v: &Value| v.as_str().unwrap().replace('_', "-");
    let evidence = error["evidence"].as_array().unwrap().iter().map(|e| {
        let part = |at: usize, key: &str| if e.is_array() { &e[at] } else { &e[key] };
        let file = part(0, "file").as_str().unwrap();
        let start = first[file.strip_prefix("logs/").unwrap_or(file)];
        let line = usize::try_from(part(1, "line").as_u64().unwrap()).unwrap();
        (start + line - 1, part(2, "role") == "primary")
    });
    Truth {
        cause: name(&error["cause"]),
        accept: error["accept"].as_array().unwrap().iter().map(name).collect(),
        explainable: error["explainable"].as_bool().unwrap(),
        evidence: evidence.collect(),
    }
}

fn read_logs(folder: &Path, clock: Clock) -> BTreeMap<String, Vec<Line>> {
    let mut logs = BTreeMap::new();
    let mut id = 0;
    for path in files(folder) {
        let mut bytes = fs::read(&path).unwrap();
        if path.extension().is_some_and(|e| e == "gz") {
            let packed = std::mem::take(&mut bytes);
            flate2::read::MultiGzDecoder::new(&*packed).read_to_end(&mut bytes).unwrap();
        }
        assert!(bytes.last().is_none_or(|b| *b == b'\n'), "{} ends within a line", path.display());
        let mut texts: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
        texts.pop();
        let lines = texts.into_iter().map(|text| {
            id += 1;
            Line { id: id - 1, text: text.to_vec(), at: when(text, clock) }
        });
        let file = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        logs.insert(file, lines.collect());
    }
    logs
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|e| panic!("{}: {e}", of.display()));
    let mut found: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
