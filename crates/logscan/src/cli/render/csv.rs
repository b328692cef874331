//! The summary as a table.

use std::io::{self, Write};

use logscan_catalogue::Catalogue;

use crate::cli::safe::cell;
use crate::cli::summary::{Summary, Top};

/// A header and a row for each kind.
pub(crate) fn summary(out: &mut dyn Write, summary: &Summary, catalogue: &Catalogue) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "kind",
        "cause",
        "severity",
        "count",
        "first",
        "last",
        "hosts",
        "upstreams",
        "pools",
        "components",
        "units",
        "ips",
        "edge",
        "file",
        "line",
        "example",
        "meaning",
        "fix",
    ])?;
    for row in summary.rows(catalogue) {
        let time = |t: Option<logscan_scan::Timestamp>| t.map_or_else(String::new, |t| t.to_string());
        let example = row.group.example.as_ref();
        let mut cells = vec![
            row.kind.id.to_string(),
            row.cause.id.to_string(),
            row.kind.severity.to_string(),
            row.group.count.to_string(),
            time(row.group.first),
            time(row.group.last),
        ];
        cells.extend(row.group.lists.iter().map(names));
        cells.extend([
            row.kind.edge.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            example.map_or_else(String::new, |e| cell(e.file.to_string_lossy().as_bytes())),
            example.and_then(|e| e.line).map_or_else(String::new, |l| l.to_string()),
            example.map_or_else(String::new, |e| cell(&e.text)),
            cell(row.kind.meaning.as_bytes()),
            cell(row.fix().join(" ").as_bytes()),
        ]);
        table.write_record(cells)?;
    }
    table.flush()
}

fn names(top: &Top) -> String {
    let names: Vec<String> = top.sorted().iter().map(|(n, _)| cell(n)).collect();
    names.join("; ")
}
