//! Each layer by itself, and the whole fold over a file. Every bench asserts its count, so that none is fast
//! because it does nothing.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use logscan_benches::{Generator, Log};
use logscan_catalogue::{Catalogue, Rules};
use logscan_parser::{Frames, Record};
use logscan_scan::{Event, Folder, Inputs, Scan};

/// Bytes of the log in memory.
const SIZE: u64 = 8_000_000;
/// Bytes of the log in a file: a few spans for every worker.
const FILE_SIZE: u64 = 64_000_000;
const USER_RULES: usize = 200;

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

/// Measures `count`, which must come to `expected`.
fn bench(group: &mut Group<'_>, name: &str, expected: u64, mut count: impl FnMut() -> u64) {
    group.bench_function(name, |b| {
        b.iter(|| assert_eq!(black_box(count()), expected));
    });
}

fn parser(c: &mut Criterion) {
    let mut group = c.benchmark_group("parser");
    for (name, log) in [("nginx", Log::NginxError), ("php-fpm", Log::PhpFpm)] {
        let (bytes, written) = Generator::bytes(log, 1, SIZE);
        group.throughput(Throughput::Bytes(written.bytes));
        bench(&mut group, &format!("frames/{name}"), written.records, || Frames::new(&bytes).count() as u64);
        let frames: Vec<&[u8]> = Frames::new(&bytes).map(|f| f.bytes).collect();
        bench(&mut group, &format!("records/{name}"), written.records, || {
            frames.iter().filter(|raw| black_box(Record::parse(raw)).is_some()).count() as u64
        });
    }
    group.finish();
}

fn naming(c: &mut Criterion) {
    let mut group = c.benchmark_group("naming");
    let with_rules = Rules::parse(&user_rules()).and_then(Catalogue::with_rules);
    let with_rules = with_rules.unwrap_or_else(|e| fail(&e));
    for (name, log) in [("nginx", Log::NginxError), ("php-fpm", Log::PhpFpm)] {
        let (bytes, written) = Generator::bytes(log, 1, SIZE);
        group.throughput(Throughput::Bytes(written.bytes));
        let records: Vec<Record<'_>> = Frames::new(&bytes).filter_map(|f| f.record()).collect();
        for (whose, catalogue) in [("builtin", Catalogue::builtin()), ("200-user-rules", &with_rules)] {
            bench(&mut group, &format!("{whose}/{name}"), written.records, || {
                records.iter().filter(|record| black_box(catalogue.name(record)).is_some()).count() as u64
            });
        }
    }
    group.finish();
}

/// Rules as users write them: three in four a text, one in four a pattern; a few match.
fn user_rules() -> String {
    (0..USER_RULES)
        .map(|n| {
            let matcher = match n % 4 {
                0 => format!(r"regex = 'POST /plugin-{n}/\w+\.php'"),
                1 => format!("match = \"GET /product/{n}/ \""),
                2 => format!("match = \"site{n}.example.org\""),
                _ => format!("match = \"application error {n}:\""),
            };
            format!("[[kind]]\nid = \"user-{n}\"\n{matcher}\nmeaning = \"rule {n}\"\n")
        })
        .collect()
}

/// Counts events.
struct Count;

impl Folder for Count {
    type Part = u64;

    fn part(&self) -> u64 {
        0
    }

    fn add(&self, part: &mut u64, event: &Event<'_>) {
        black_box(event.named);
        *part += 1;
    }
}

fn fold(path: &Path, threads: usize) -> u64 {
    let mut events = 0;
    let outcome = Scan::new(Catalogue::builtin()).threads(threads).run(
        &Inputs::collect([path], false),
        &Count,
        |part, _| {
            events += part;
            ControlFlow::Continue(())
        },
    );
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    events
}

fn whole(c: &mut Criterion) {
    let logs = Logs::write().unwrap_or_else(|e| fail(&e));
    let mut group = c.benchmark_group("whole");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(logs.bytes));
    for threads in [1, 2] {
        bench(&mut group, &format!("file/{threads}"), logs.records, || fold(&logs.plain, threads));
    }
    bench(&mut group, "gz/1", logs.records, || fold(&logs.packed, 1));
    group.finish();
}

/// The same log plain and packed, in a folder of its own that goes when this does.
struct Logs {
    folder: PathBuf,
    plain: PathBuf,
    packed: PathBuf,
    bytes: u64,
    records: u64,
}

impl Logs {
    fn write() -> io::Result<Logs> {
        let folder = std::env::temp_dir().join(format!("logscan-benches-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let (plain, packed) = (folder.join("error.log"), folder.join("error.log.gz"));
        let mut logs = Logs { folder, plain, packed, bytes: 0, records: 0 };
        let (bytes, written) = Generator::bytes(Log::NginxError, 1, FILE_SIZE);
        (logs.bytes, logs.records) = (written.bytes, written.records);
        fs::write(&logs.plain, &bytes)?;
        let mut packer = GzEncoder::new(File::create(&logs.packed)?, Compression::default());
        packer.write_all(&bytes)?;
        packer.finish()?;
        Ok(logs)
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn fail(error: &dyn std::fmt::Display) -> ! {
    eprintln!("layers: {error}");
    std::process::exit(1);
}

criterion_group!(layers, parser, naming, whole);
criterion_main!(layers);
