//! Markdown and CSV.

use super::sample::{crashes, look};
use crate::cli::render::correlation::{Told, csv, markdown};

fn written(write: fn(&mut dyn std::io::Write, Told<'_>) -> std::io::Result<()>, all: bool) -> String {
    let mut out = Vec::new();
    write(&mut out, crashes().told(look(80), all)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_ticket() {
    insta::assert_snapshot!("markdown", written(markdown, false));
}

/// With every report, and every row with as many cells as the head of its table.
#[test]
fn a_ticket_with_all_reports() {
    let ticket = written(markdown, true);
    let (_, reports) = ticket.split_once("\n## Reports\n\n").expect("a section of reports");
    let rows: Vec<&str> = reports.lines().take_while(|l| l.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 10);
    assert!(rows.iter().all(|r| r.matches(" | ").count() == rows[0].matches(" | ").count()), "{rows:#?}");
    assert_eq!(
        rows[2],
        "| 0 | 2026-11-23 11:58:44.674 | 502 | `GET www.example.com/products/compare?ids=31,7` | `a5f000f938a38226` | \
         php-fpm-crash | 98 % | `/var/log/nginx/example.com.error.log:1` |"
    );
    assert!(rows[10].contains("| unexplained |"), "{}", rows[10]);
}

#[test]
fn a_row_for_each_report() {
    let table = written(csv, false);
    let mut rows = ::csv::Reader::from_reader(table.as_bytes());
    let head: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        head.join(","),
        "index,time,status,ray_id,host,method,uri,verdict,cause,confidence,join,evidence,text"
    );
    let rows: Vec<Vec<String>> =
        rows.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows.len(), 10);
    assert_eq!(
        rows[0][..12],
        [
            "0",
            "2026-11-23T11:58:44.674Z",
            "502",
            "a5f000f938a38226",
            "www.example.com",
            "GET",
            "/products/compare?ids=31,7",
            "explained",
            "php-fpm-crash",
            "0.98",
            "ray-id",
            "/var/log/nginx/example.com.error.log:1"
        ]
    );
    assert!(rows[0][12].starts_with("2026/11/23 11:58:13 [error] 27785#27785: *20 recv() failed"));
    let nothing = ["unexplained", "no-origin-evidence", "0", "none", "", ""];
    assert_eq!(rows[8][7..], nothing);
    assert_eq!((&*rows[9][3], &*rows[9][7]), ("", "not-covered"));
}
