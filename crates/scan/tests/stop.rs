//! Parts, their order, and ending a scan early.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use common::{Collect, Dir, Log, NOON, gzip, read, utc};
use logscan_catalogue::Catalogue;
use logscan_scan::{Event, Folder, Inputs, Scan};

/// A plain log, a packed one, and a plain one, of 300 records each.
fn three(dir: &Dir) -> Vec<PathBuf> {
    let log = |name: &str| {
        let mut log = Log::new();
        (0..300).for_each(|n| _ = log.nginx(NOON + n, &format!("{name} {n}")));
        log.bytes
    };
    vec![dir.file("a", &log("a")), dir.file("b", &gzip(&log("b"))), dir.file("c", &log("c"))]
}

/// Fails where `run` does not end.
fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || sender.send(run()));
    let result = receiver.recv_timeout(Duration::from_secs(30));
    if result.is_ok() {
        let _ = thread.join();
    }
    result.expect("the scan ends")
}

#[test]
fn full_parts_come_in_order() {
    let dir = Dir::new();
    let inputs = Inputs::collect(three(&dir), false);
    for threads in [1, 2, 4] {
        for size in [1, 7, 100_000] {
            let mut seen = Vec::new();
            let mut largest = 0;
            let scan = utc().threads(threads).block_sizes(2000, 333);
            let outcome = scan.run(&inputs, &Collect(size), |part, place| {
                largest = largest.max(part.len());
                assert_eq!(place.path, inputs.files[place.input].path);
                for (line, event) in part {
                    seen.push((place.input, place.line_base.unwrap() + line, event.text()));
                }
                ControlFlow::Continue(())
            });
            let expected = (0..3).flat_map(|input| (0..300_i64).map(move |n| (input, n)));
            assert_eq!(seen.len(), 900);
            for ((input, line, text), (number, n)) in seen.iter().zip(expected) {
                let name = ["a", "b", "c"][number];
                assert_eq!((*input, i64::try_from(*line).unwrap()), (number, n + 1));
                assert!(text.ends_with(&format!(" {name} {n}")), "{text}");
            }
            assert!(largest <= size);
            assert_eq!(outcome.inputs.iter().map(|i| i.records).collect::<Vec<_>>(), [300, 300, 300]);
        }
    }
}

#[test]
fn a_break_ends_the_scan() {
    for threads in [1, 2, 4] {
        for after in [1, 2, 50, 90] {
            let (parts, outcome) = in_time(move || {
                let dir = Dir::new();
                let inputs = Inputs::collect(three(&dir), false);
                let mut parts = 0;
                let outcome =
                    utc().threads(threads).block_sizes(2000, 333).run(&inputs, &Collect(5), |_, _| {
                        parts += 1;
                        if parts == after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    });
                (parts, outcome)
            });
            assert_eq!(parts, after, "nothing is handed over after a break");
            assert!(outcome.stopped);
            assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
        }
    }
}

#[test]
fn a_scan_can_be_run_again_after_a_break() {
    let dir = Dir::new();
    let paths = three(&dir);
    let scan = utc();
    scan.run(&Inputs::collect(&paths, false), &Collect(5), |_, _| ControlFlow::Break(()));
    assert_eq!(read(&scan, &paths).events.len(), 900);
}

/// A folder that nothing was read from because of a break is not one without logs.
#[test]
fn a_break_at_once_in_a_folder() {
    let dir = Dir::new();
    three(&dir);
    let inputs = Inputs::collect([&dir.0], false);
    let outcome = utc().run(&inputs, &Collect(1), |_, _| ControlFlow::Break(()));
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    let scan = utc();
    scan.progress().cancel();
    let outcome = scan.run(&inputs, &Collect(1), |_, _| panic!("nothing is read"));
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
}

#[test]
fn a_cancel_ends_the_scan() {
    for threads in [1, 2] {
        let (parts, total) = in_time(move || {
            let dir = Dir::new();
            let inputs = Inputs::collect(three(&dir), false);
            let scan = utc().threads(threads).block_sizes(2000, 333);
            let progress = scan.progress();
            let mut parts = 0;
            let outcome = scan.run(&inputs, &Collect(5), |_, _| {
                parts += 1;
                progress.cancel();
                ControlFlow::Continue(())
            });
            (parts, outcome.inputs.iter().map(|i| i.records).sum::<u64>())
        });
        assert!(parts >= 1);
        assert!(total < 900, "{total}");
    }
}

/// A log that never ends: whoever writes it goes on until nobody reads.
#[cfg(unix)]
#[test]
fn a_break_ends_the_reading_of_a_stream() {
    let stopped = in_time(|| {
        let dir = Dir::new();
        let path = dir.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                use std::io::Write;
                let mut pipe = std::fs::File::options().write(true).open(&path).unwrap();
                while pipe.write_all(b"2026/11/23 12:00:00 [error] 1#1: x\n").is_ok() {}
            });
            let inputs = Inputs::collect([&path], false);
            utc().run(&inputs, &Collect(5), |_, _| ControlFlow::Break(())).stopped
        })
    });
    assert!(stopped);
}

/// A break need not wait for a stream that comes later, whose part is not full before its end.
#[cfg(unix)]
#[test]
fn a_break_does_not_wait_for_the_inputs_ahead() {
    /// Parts that are handed over at their end only.
    struct Count;
    impl Folder for Count {
        type Part = u64;
        fn part(&self) -> u64 {
            0
        }
        fn add(&self, part: &mut u64, _: &Event<'_>) {
            *part += 1;
        }
    }
    let stopped = in_time(|| {
        let dir = Dir::new();
        let log = dir.file("error.log", b"2026/11/23 12:00:00 [error] 1#1: x\n");
        let path = dir.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                use std::io::Write;
                let mut pipe = std::fs::File::options().write(true).open(&path).unwrap();
                while pipe.write_all(b"2026/11/23 12:00:00 [error] 1#1: x\n").is_ok() {}
            });
            let inputs = Inputs::collect([&log, &path], false);
            utc().threads(2).run(&inputs, &Count, |_, _| ControlFlow::Break(())).stopped
        })
    });
    assert!(stopped);
}

#[test]
fn progress_counts_the_bytes_of_files() {
    let dir = Dir::new();
    let paths = three(&dir);
    let size: u64 = paths.iter().map(|p| p.metadata().unwrap().len()).sum();
    let scan = Scan::new(Catalogue::builtin()).block_sizes(1000, 100).threads(2);
    read(&scan, &paths);
    assert_eq!((scan.progress().done(), scan.progress().total()), (size, size));
}
