//! Each layer by itself, and the whole fold over a file. Every bench asserts its count, so that none is fast
//! because it does nothing.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use logscan_benches::{Generator, Log, layers};
use logscan_catalogue::Catalogue;
use logscan_scan::Timestamp;

/// Bytes of the log in memory.
const SIZE: u64 = 8_000_000;
/// Bytes of the log in a file: a few spans for every worker.
const FILE_SIZE: u64 = 64_000_000;
/// What the log is called in benches, and which it is.
const LOGS: [(&str, Log); 3] =
    [("nginx", Log::NginxError), ("access", Log::NginxAccess), ("php-fpm", Log::PhpFpm)];
/// Seconds of a day, which the log to seek in spans.
const DAY: u64 = 86_400;
/// Begin of the last hour of that day: 2026-11-22 23:00:00.
const LAST_HOUR: Timestamp = Timestamp { seconds: 1_795_388_400, nanos: 0 };

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

/// Measures `count`, which must come to `expected`.
fn bench(group: &mut Group<'_>, name: &str, expected: u64, mut count: impl FnMut() -> u64) {
    group.bench_function(name, |b| {
        b.iter(|| assert_eq!(black_box(count()), expected));
    });
}

fn parser(c: &mut Criterion) {
    let mut group = c.benchmark_group("parser");
    for (name, log) in LOGS {
        let (bytes, written) = Generator::bytes(log, 1, SIZE);
        let format = layers::format(log);
        group.throughput(Throughput::Bytes(written.bytes));
        let lines = bytes.iter().filter(|b| **b == b'\n').count() as u64;
        bench(&mut group, &format!("newlines/{name}"), lines, || layers::newlines(&bytes));
        bench(&mut group, &format!("frames/{name}"), written.records, || layers::frames(&bytes, &format));
        bench(&mut group, &format!("records/{name}"), written.records, || layers::records(&bytes, &format));
    }
    group.finish();
}

fn naming(c: &mut Criterion) {
    let mut group = c.benchmark_group("naming");
    let with_rules = |count| layers::with_user_rules(count).unwrap_or_else(|e| fail(&e));
    let (some, many) = (with_rules(200), with_rules(2000));
    for (name, log) in LOGS {
        let (bytes, written) = Generator::bytes(log, 1, SIZE);
        let format = layers::format(log);
        group.throughput(Throughput::Bytes(written.bytes));
        let records = layers::parsed(&bytes, &format);
        let catalogues =
            [("builtin", Catalogue::builtin()), ("200-user-rules", &some), ("2000-user-rules", &many)];
        for (whose, catalogue) in catalogues {
            let expected = match log {
                // Requests that went well have no name, unless a rule is about them.
                Log::NginxAccess => layers::named(catalogue, &records),
                Log::NginxError | Log::PhpFpm => written.records,
            };
            assert!(expected > 0);
            bench(&mut group, &format!("{whose}/{name}"), expected, || layers::named(catalogue, &records));
        }
    }
    group.finish();
}

fn fold(path: &Path, threads: usize, since: Option<Timestamp>) -> u64 {
    layers::scanned(path, threads, since).unwrap_or_else(|e| fail(&e))
}

fn whole(c: &mut Criterion) {
    let folder = Temporary::new().unwrap_or_else(|e| fail(&e));
    let mut group = c.benchmark_group("whole");
    group.sample_size(10);
    for (name, log) in [("nginx", Log::NginxError), ("access", Log::NginxAccess)] {
        let (bytes, written) = Generator::bytes(log, 1, FILE_SIZE);
        let plain = folder.file(&format!("{name}.log"), &bytes).unwrap_or_else(|e| fail(&e));
        group.throughput(Throughput::Bytes(written.bytes));
        for threads in [1, 2] {
            bench(&mut group, &format!("{name}/{threads}"), written.records, || fold(&plain, threads, None));
        }
        let packed = pack(&bytes).and_then(|p| folder.file(&format!("{name}.log.gz"), &p));
        let packed = packed.unwrap_or_else(|e| fail(&e));
        for threads in [1, 2] {
            bench(&mut group, &format!("{name}-gz/{threads}"), written.records, || {
                fold(&packed, threads, None)
            });
        }
    }
    group.finish();
}

/// Unpacking alone, by the library that does it in a scan.
fn gzip(c: &mut Criterion) {
    let mut group = c.benchmark_group("gzip");
    for (name, log) in LOGS {
        let (bytes, written) = Generator::bytes(log, 1, SIZE);
        let packed = pack(&bytes).unwrap_or_else(|e| fail(&e));
        group.throughput(Throughput::Bytes(written.bytes));
        let mut block = vec![0; 256 * 1024];
        bench(&mut group, &format!("unpack/{name}"), written.bytes, || {
            let mut unpacker = MultiGzDecoder::new(&*packed);
            let mut total = 0;
            while let Ok(count @ 1..) = unpacker.read(&mut block) {
                total += count as u64;
            }
            total
        });
    }
    group.finish();
}

/// The last hour of a day, in the log of the whole day and in one of which nothing else is left but the hour before.
fn seek(c: &mut Criterion) {
    let folder = Temporary::new().unwrap_or_else(|e| fail(&e));
    let mut group = c.benchmark_group("seek");
    group.sample_size(10);
    for (name, log) in [("nginx", Log::NginxError), ("access", Log::NginxAccess)] {
        let mut bytes = Vec::new();
        let made = Generator::new(log, 1).spanning(DAY).write(FILE_SIZE, &mut bytes);
        made.unwrap_or_else(|e| fail(&e));
        let day = folder.file("day.log", &bytes).unwrap_or_else(|e| fail(&e));
        let two_hours = folder.file("two-hours.log", tail(&bytes, bytes.len() / 12));
        let two_hours = two_hours.unwrap_or_else(|e| fail(&e));
        let records = fold(&two_hours, 1, Some(LAST_HOUR));
        assert!(records > 1000);
        for (what, path) in [("day", &day), ("two-hours", &two_hours)] {
            bench(&mut group, &format!("{what}/{name}"), records, || fold(path, 1, Some(LAST_HOUR)));
        }
    }
    group.finish();
}

fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes)?;
    packer.finish()
}

/// About the last so many bytes, from the beginning of a line. What is before the hour is not read, so that a line that
/// goes on with a record before does no harm.
fn tail(bytes: &[u8], size: usize) -> &[u8] {
    let rest = bytes.get(bytes.len().saturating_sub(size)..).unwrap_or_default();
    let newline = rest.iter().position(|b| *b == b'\n').unwrap_or(0);
    rest.get(newline + 1..).unwrap_or_default()
}

/// A folder of its own that goes when this does.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> io::Result<Temporary> {
        let folder = std::env::temp_dir().join(format!("logscan-benches-{}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Temporary(folder))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        File::create(&path)?.write_all(bytes)?;
        Ok(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fail(error: &dyn std::fmt::Display) -> ! {
    eprintln!("layers: {error}");
    std::process::exit(1);
}

criterion_group!(all, parser, naming, gzip, whole, seek);
criterion_main!(all);
