//! Which files are read, and in which order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::path::Path;

use common::{Dir, NOON, Told, fixture, gzip, name, nginx_stamp, read, read_inputs, utc};
use logscan_scan::{Inputs, What};

/// A log of one record that says `text`.
fn log(text: &str) -> Vec<u8> {
    format!("{} [error] 1#1: {text}\n", nginx_stamp(NOON)).into_bytes()
}

/// The last word of each event.
fn words(told: &Told) -> Vec<String> {
    told.texts().iter().map(|t| t.split(' ').next_back().unwrap().to_owned()).collect()
}

fn names(inputs: &Inputs) -> Vec<String> {
    inputs.files.iter().map(|i| name(&i.path)).collect()
}

#[test]
fn rotated_files_come_oldest_first() {
    let dir = Dir::new();
    let live = dir.file("error.log", &log("live"));
    dir.file("error.log.1", &log("1"));
    for n in [2, 3, 10] {
        dir.file(&format!("error.log.{n}.gz"), &gzip(&log(&n.to_string())));
    }
    dir.file("error.log.bak", &log("no"));
    dir.file("other.error.log.1", &log("no"));
    dir.file("error.log2", &log("no"));
    assert_eq!(words(&read(&utc(), &[&live])), ["10", "3", "2", "1", "live"]);
    assert_eq!(words(&read_inputs(&utc(), Inputs::collect([&live], false))), ["live"]);
}

#[test]
fn date_suffixes() {
    let dir = Dir::new();
    let live = dir.file("error.log", &log("live"));
    for (suffix, word) in
        [("-20260329.gz", "b"), ("-20260401", "c"), ("-20251231.gz", "a"), ("-2026040213", "d")]
    {
        dir.file(&format!("error.log{suffix}"), &log(word));
    }
    // `dateformat -%Y%m%d-%s`
    dir.file("error.log-20260403-1775174400", &log("e"));
    assert_eq!(words(&read(&utc(), &[&live])), ["a", "b", "c", "d", "e", "live"]);
}

#[test]
fn a_rotated_file_that_is_named_brings_no_others() {
    let dir = Dir::new();
    dir.file("error.log", &log("live"));
    let one = dir.file("error.log.1", &log("1"));
    dir.file("error.log.2", &log("2"));
    assert_eq!(words(&read(&utc(), &[one])), ["1"]);
}

/// While logrotate packs a file, both stand there.
#[test]
fn a_packed_file_beside_the_plain_one_is_left_out() {
    let dir = Dir::new();
    let live = dir.file("logs/error.log", &log("live"));
    dir.file("logs/error.log.1", &log("1"));
    dir.file("logs/error.log.1.gz", &gzip(&log("1"))[..20]);
    for path in [live, dir.path("logs")] {
        let told = read(&utc(), &[&path]);
        assert_eq!(words(&told), ["1", "live"], "{}", path.display());
        assert!(told.problems().is_empty(), "{:?}", told.problems());
    }
}

#[test]
fn gzip_is_known_by_its_magic() {
    let dir = Dir::new();
    let live = dir.file("error.log", &log("live"));
    dir.file("error.log.1", &gzip(&log("packed")));
    dir.file("error.log.2.gz", &log("plain"));
    assert_eq!(words(&read(&utc(), &[live])), ["plain", "packed", "live"]);
}

#[test]
fn real_rotated_logs() {
    let folder = fixture("php-fpm-socket-missing");
    let told = read(&utc(), &[folder.join("php/php8.2-fpm.log")]);
    assert_eq!(told.inputs.iter().map(|i| i.records).collect::<Vec<_>>(), [9, 6, 3]);
    assert!(told.events.is_sorted_by_key(|e| e.at));
    let whole = read(&utc(), &[&folder]);
    let mut files: Vec<_> = whole.inputs.iter().map(|i| name(&i.file)).collect();
    assert_eq!(files.len(), 18);
    assert_eq!(files.split_off(15), ["php8.2-fpm.log.2.gz", "php8.2-fpm.log.1", "php8.2-fpm.log"]);
    assert!(files.contains(&"access.log".to_owned()));
    let blog: Vec<_> = files.iter().filter(|f| f.starts_with("blog.example.org.error")).collect();
    let sorted =
        ["blog.example.org.error.log.2.gz", "blog.example.org.error.log.1", "blog.example.org.error.log"];
    assert_eq!(blog, sorted.iter().collect::<Vec<_>>());
}

#[test]
fn folders_with_other_logs() {
    let told = read(&utc(), &[fixture("php-fatal")]);
    let files: Vec<_> = told.inputs.iter().map(|i| name(&i.file)).collect();
    assert_eq!(files, ["access.log", "error.log", "php8.2-fpm.log", "php_errors.log"]);
    assert!(told.problems().is_empty(), "{:?}", told.problems());
    let dir = Dir::new();
    dir.file("error.log", &log("x"));
    dir.file("notes.txt", b"what to do\nand when\n");
    let told = read(&utc(), &[&dir.0]);
    assert_eq!(told.inputs.iter().map(|i| name(&i.file)).collect::<Vec<_>>(), ["error.log"]);
    assert_eq!(told.problems(), ["notes.txt: PassedOver"]);
    assert!(told.problems[0].what.to_string().contains("no line of it"));
}

#[test]
fn folders_are_read_to_their_depth() {
    let dir = Dir::new();
    for name in ["a/error.log", "a/b/error.log", "a/b/c/error.log", "z/error.log"] {
        dir.file(name, &log(name));
    }
    assert_eq!(words(&read(&utc(), &[&dir.0])).len(), 4);
}

#[test]
fn patterns() {
    let dir = Dir::new();
    for name in ["a.error.log", "b.error.log", "b.error.log.1", "b.error.log.2", "c.log", "sub/d.error.log"] {
        dir.file(name, &log(name));
    }
    let find = |pattern: &str| names(&Inputs::collect([dir.path(pattern)], true));
    assert_eq!(find("*.error.log"), ["a.error.log", "b.error.log"]);
    assert_eq!(find("b.*"), ["b.error.log.2", "b.error.log.1", "b.error.log"]);
    assert_eq!(find("[ac].*"), ["a.error.log", "c.log"]);
    assert_eq!(find("s?b"), ["d.error.log"]);
    assert_eq!(find("**/d.*"), ["d.error.log"]);
    for pattern in ["*.nothing", "[", "***"] {
        let inputs = Inputs::collect([dir.path(pattern)], true);
        assert!(inputs.files.is_empty());
        assert!(inputs.problems[0].is_failure(), "{pattern}");
    }
}

#[test]
fn a_name_with_the_signs_of_a_pattern() {
    let dir = Dir::new();
    let path = dir.file("site[1]*.error.log", &log("x"));
    assert_eq!(names(&Inputs::collect([path], true)), ["site[1]*.error.log"]);
}

#[test]
fn a_file_is_read_once() {
    let dir = Dir::new();
    let path = dir.file("error.log", &log("x"));
    let again = dir.0.join("./error.log");
    assert_eq!(read(&utc(), &[&path, &again, &path, &dir.0]).events.len(), 1);
}

/// What was named must be a log, whether or not a folder that was named has it, too.
#[test]
fn a_file_that_is_found_and_then_named_was_named() {
    let dir = Dir::new();
    dir.file("error.log", &log("x"));
    let other = dir.file("other.log", b"hello\n");
    for paths in [[&dir.0, &other], [&other, &dir.0]] {
        assert_eq!(read(&utc(), &paths).problems(), ["other.log: Foreign!"]);
    }
}

#[test]
fn a_folder_without_logs() {
    let dir = Dir::new();
    dir.file("empty/x", b"");
    std::fs::create_dir(dir.path("nothing")).unwrap();
    dir.file("other/notes.txt", b"hello\n");
    let problems = |name: &str| read(&utc(), &[dir.path(name)]).problems();
    assert_eq!(problems("nothing"), ["nothing: NoLogs!"]);
    assert_eq!(problems("other"), ["notes.txt: PassedOver", "other: NoLogs!"]);
    // An empty file may well be a log that nothing was written to.
    assert!(problems("empty").is_empty());
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn loops_end() {
        let dir = Dir::new();
        dir.file("a/error.log", &log("x"));
        symlink(dir.path("a"), dir.path("a/up")).unwrap();
        symlink("..", dir.path("a/parent")).unwrap();
        symlink("self", dir.path("a/self")).unwrap();
        let told = read(&utc(), &[&dir.0]);
        assert_eq!((told.events.len(), told.problems().len()), (1, 0));
        let told = read(&utc(), &[dir.path("**/error.log")]);
        assert_eq!(told.events.len(), 1);
        // Named itself, a link that leads nowhere is a failure.
        assert!(read(&utc(), &[dir.path("a/self")]).problems[0].is_failure());
    }

    #[test]
    fn a_file_that_two_paths_lead_to_is_read_once() {
        let dir = Dir::new();
        let path = dir.file("logs/error.log", &log("x"));
        symlink(&path, dir.path("logs/current.log")).unwrap();
        symlink(dir.path("logs"), dir.path("link")).unwrap();
        std::fs::hard_link(&path, dir.path("logs/hard.log")).unwrap();
        let told = read(&utc(), &[dir.path("logs"), dir.path("link"), path]);
        assert_eq!((told.events.len(), told.problems()), (1, vec![]));
    }

    #[test]
    fn a_link_to_a_live_log_in_a_folder_is_followed() {
        let dir = Dir::new();
        let path = dir.file("real/error.log", &log("x"));
        std::fs::create_dir(dir.path("links")).unwrap();
        symlink(&path, dir.path("links/error.log")).unwrap();
        assert_eq!(read(&utc(), &[dir.path("links")]).events.len(), 1);
    }

    #[test]
    fn a_socket_is_no_log() {
        let dir = Dir::new();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path("fpm.sock")).unwrap();
        dir.file("error.log", &log("x"));
        assert_eq!(read(&utc(), &[dir.path("fpm.sock")]).problems(), ["fpm.sock: NotAFile!"]);
        assert!(read(&utc(), &[&dir.0]).problems().is_empty());
        assert_eq!(read(&utc(), &[Path::new("/dev/null")]).problems(), ["null: Empty"]);
    }
}

/// A file that is known to be no log is left out by whatever path it is reached; its folder still must have a log.
#[test]
fn files_can_be_left_out() {
    let dir = Dir::new();
    let list = dir.file("logs/520s.csv", b"2026-11-23T12:00:00Z,520\n");
    dir.file("logs/a.log", &log("a"));
    dir.file("logs/b.log", &log("b"));
    let folder = list.parent().unwrap();
    let mut inputs = Inputs::collect([folder, &folder.join("b.log")], true);
    assert_eq!(inputs.leave_out([folder.join("../logs/520s.csv")]), 1);
    assert_eq!(names(&inputs), ["a.log", "b.log"]);
    let told = read_inputs(&utc(), inputs);
    assert_eq!(words(&told), ["a", "b"]);
    assert!(told.problems.is_empty(), "{:?}", told.problems);

    let mut inputs = Inputs::collect([folder], true);
    assert_eq!(inputs.leave_out(["520s.csv", "no/such/file"]), 0, "another file of that name");
    assert_eq!(inputs.leave_out(Vec::<&Path>::new()), 0);
    let all = ["520s.csv", "a.log", "b.log"].map(|n| folder.join(n));
    assert_eq!((inputs.leave_out(all), inputs.files.len()), (3, 0));
    let told = read_inputs(&utc(), inputs);
    assert!(told.problems.iter().any(|p| matches!(p.what, What::NoLogs)), "{:?}", told.problems);
}
