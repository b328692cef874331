//! Writes the logs of a day and reports of errors into a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use logscan_benches::{AccessFormat, Incident};

/// Writes logs/ and reports/ into a folder: five million requests, a million errors, a hundred thousand reports.
#[derive(Debug, Parser)]
#[command(name = "generate-incident", max_term_width = 100)]
struct Args {
    /// Where to
    folder: PathBuf,

    /// Factor of the size: 0.01 for a quick look
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,

    /// The same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// What the access log tells of a request
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    access: Access,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Access {
    /// Ray ID, time, connection, host and the upstream's status, too
    Full,
    /// nginx's combined
    Combined,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let format = match args.access {
        Access::Full => AccessFormat::Full,
        Access::Combined => AccessFormat::Combined,
    };
    match Incident::new(args.scale, format, args.seed).write(&args.folder) {
        Ok(made) => {
            println!(
                "{} requests, {} error records ({} of requests that failed), {} reports",
                made.requests, made.errors, made.failures, made.reports
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("generate-incident: {error}");
            ExitCode::FAILURE
        }
    }
}
