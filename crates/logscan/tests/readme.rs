//! The README shows what the program really prints.

#![cfg(feature = "cli")]
// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace")
}

#[test]
fn its_runs_are_real() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let blocks: Vec<&str> =
        readme.split("```console\n").skip(1).filter_map(|b| b.split("\n```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let (command, shown) = block.split_once('\n').expect("a command and its output");
        let words: Vec<&str> =
            command.strip_prefix("$ logscan ").expect("a run of logscan").split(" | head -n ").collect();
        let [args, lines] = words[..] else { panic!("{command}") };
        let run = Command::new(env!("CARGO_BIN_EXE_logscan"))
            .args(args.split(' '))
            .current_dir(root())
            .env("COLUMNS", "96")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .output()
            .expect("logscan runs");
        let printed = String::from_utf8(run.stdout).expect("UTF-8");
        let printed: Vec<&str> = printed.lines().take(lines.parse().expect("a number")).collect();
        assert_eq!(shown.lines().collect::<Vec<_>>(), printed, "{command}");
    }
}

#[test]
fn quick_start_is_two_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let section =
        readme.split("\n## Quick start\n").nth(1).and_then(|s| s.split("\n## ").next()).expect("a section");
    let blocks: Vec<&str> = section.split("```sh\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    assert_eq!(blocks.len(), 1);
    let commands: Vec<&str> = blocks[0].lines().collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert!(commands[0].starts_with("cargo run ") && commands[1].starts_with("cargo test "));
    let path = commands[0].split(' ').find(|w| w.starts_with("fixtures/")).expect("a fixture");
    assert!(root().join(path).is_dir(), "{path}");
}
