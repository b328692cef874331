//! What programs read: names and absent fields are a contract.

use std::collections::BTreeSet;

use logscan_correlate::Verdict;
use logscan_correlate::report::Report;
use serde_json::{Value, json};

use super::sample::{Sample, at, cause, crashes, look, report};
use crate::cli::render::correlation::{json, lines};

fn document(sample: &Sample) -> Value {
    let mut out = Vec::new();
    json(&mut out, sample.told(look(80), false)).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn names_are_those_of_the_contract() {
    let found = document(&crashes());
    assert_eq!(keys(&found), BTreeSet::from(["advice", "causes", "clocks", "inputs", "reports", "schema"]));
    assert_eq!(found["schema"], "logscan.correlation/1");
    let clock = json!({
        "source": "nginx-access", "offset_seconds": 31.0, "uncertainty_seconds": 0.1, "method": "ray-id", "support": 118
    });
    assert_eq!(found["clocks"], json!([clock]));
    assert_eq!(found["inputs"].as_array().unwrap().len(), 8);
    let input = [
        "bytes",
        "continued",
        "events",
        "file",
        "first",
        "last",
        "lines",
        "records",
        "source",
        "statuses",
        "unrecognized",
    ];
    assert_eq!(keys(&found["inputs"][2]), BTreeSet::from(input));

    let first = &found["reports"][0];
    let evidence = first["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 4);
    assert_eq!(
        evidence[1],
        json!({
            "role": "primary",
            "kind": "upstream-recv-reset-header",
            "time": "2026-11-23T11:58:13Z",
            "file": "/var/log/nginx/example.com.error.log",
            "line": 1,
            "text": "2026/11/23 11:58:13 [error] 27785#27785: *20 recv() failed (104: Connection reset by peer) while \
                     reading response header from upstream, client: 203.0.113.140, server: www.example.com, request: \
                     \"GET /products/compare?ids=31,7 HTTP/1.1\", upstream: \"fastcgi://unix:/run/php/php8.2-fpm.sock:\", \
                     host: \"www.example.com\"",
        })
    );
    assert_eq!(evidence[0]["role"], "supporting");
    let mut rest = first.clone();
    rest.as_object_mut().unwrap().remove("evidence");
    assert_eq!(
        rest,
        json!({
            "index": 0, "time": "2026-11-23T11:58:44.674Z", "status": 502, "ray_id": "a5f000f938a38226",
            "host": "www.example.com", "method": "GET", "uri": "/products/compare?ids=31,7",
            "verdict": "explained", "cause": "php-fpm-crash", "confidence": 0.98, "join": "ray-id"
        })
    );
    let other = json!([{"cause": "fpm-restarted", "confidence": 0.16}]);
    assert_eq!(found["reports"][5]["alternatives"], other);
    assert_eq!(found["reports"][8]["ruled_out"].as_array().unwrap().len(), 2);
    assert_eq!(found["reports"][8]["look_next"].as_array().unwrap().len(), 1);

    let row = &found["causes"][0];
    assert_eq!(
        keys(row),
        BTreeSet::from(["advice", "cause", "count", "expected_by_chance", "first", "last"])
    );
    assert_eq!((&row["cause"], &row["count"]), (&json!("php-fpm-crash"), &json!(6)));
    assert_eq!(row["expected_by_chance"], 0.02);
    assert_eq!(row["first"], "2026-11-23T11:58:44.674Z");
    assert!(row["advice"][0].as_str().unwrap().starts_with("Run journalctl -k"));
    assert_eq!(keys(&found["advice"][0]), BTreeSet::from(["id", "text"]));
}

#[test]
fn reports_keep_their_order_and_count_from_0() {
    let found = document(&crashes());
    let reports = found["reports"].as_array().unwrap();
    let indices: Vec<u64> = reports.iter().map(|r| r["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, (0..10).collect::<Vec<u64>>());
    // The last one was the first in time.
    assert_eq!(reports[9]["time"], "2026-11-22T20:00:00Z");
}

/// Of a report that is nothing but a status nothing else is told.
#[test]
fn what_is_absent_is_left_out() {
    let mut sample = Sample::empty();
    let mut bare = Report::default();
    (bare.status, bare.host, bare.uri) = (Some(520), Some(String::new()), None);
    let none = logscan_correlate::Attribution::new(Verdict::Unexplained, cause("no-origin-evidence"));
    sample.add(bare, none);
    let found = document(&sample);
    let wanted = json!({
        "schema": "logscan.correlation/1", "inputs": [], "clocks": [], "causes": [],
        "reports": [{
            "index": 0, "status": 520, "verdict": "unexplained", "cause": "no-origin-evidence", "confidence": 0.0,
            "join": "none"
        }]
    });
    assert_eq!(found, wanted);
    assert_eq!(document(&Sample::empty())["reports"], json!([]));
}

/// Numbers that are none have no form in JSON; those of analytics stand for many errors of a minute.
#[test]
fn strange_numbers_and_intervals() {
    let mut sample = Sample::empty();
    let mut minute = report("2026-11-23T12:00:00Z", 522, "GET example.com /", "-");
    minute.when.as_mut().unwrap().until = at("2026-11-23T12:01:00Z");
    (minute.count, minute.origin_status) = (1200, Some(0));
    let mut answer = logscan_correlate::Attribution::new(Verdict::Explained, cause("fpm-saturated"));
    answer.confidence = f64::NAN;
    sample.add(minute, answer);
    let mut clock = logscan_correlate::Clock::new(
        logscan_parser::Source::NginxError,
        logscan_correlate::Method::Time,
        f64::INFINITY,
        0.123_456_789,
    );
    (clock.drift, clock.zone_mistake) = (Some(-0.25), 3600);
    sample.correlation.clocks = vec![clock];
    let found = document(&sample);
    let row = &found["reports"][0];
    assert_eq!((&row["count"], &row["origin_status"]), (&json!(1200), &json!(0)));
    assert_eq!(
        (&row["time"], &row["until"]),
        (&json!("2026-11-23T12:00:00Z"), &json!("2026-11-23T12:01:00Z"))
    );
    assert_eq!(row["confidence"], 0.0);
    assert_eq!(
        found["clocks"][0],
        json!({
            "source": "nginx-error", "offset_seconds": 0.0, "uncertainty_seconds": 0.123457, "method": "time",
            "support": 0, "drift_seconds_per_day": -0.25, "zone_mistake_seconds": 3600
        })
    );
}

#[test]
fn lines_are_the_reports_of_the_document() {
    let sample = crashes();
    let mut out = Vec::new();
    lines(&mut out, sample.told(look(80), false)).unwrap();
    let text = String::from_utf8(out).unwrap();
    let reports: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(json!(reports), document(&sample)["reports"]);
}
