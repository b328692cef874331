//! Runs one layer over a log, for a tool that counts instructions: what is done before takes the same however often
//! the layer runs.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use logscan_benches::{Log, layers};
use logscan_catalogue::Catalogue;

/// Runs one layer over a log, and prints how many records it has.
#[derive(Debug, Parser)]
#[command(name = "layers-once", max_term_width = 100)]
struct Args {
    /// Which
    layer: Layer,

    /// The log, of the kind that the layer is for
    file: PathBuf,

    /// How often
    #[arg(default_value_t = 1)]
    times: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Layer {
    /// Finding newlines
    Newlines,
    /// Cutting nginx's error log into records and parsing them
    NginxError,
    /// The same of nginx's access log, in the format `combined`
    NginxAccess,
    /// The same of php-fpm's log
    PhpFpm,
    /// Naming records of nginx's error log that are parsed already
    Naming,
    /// The same with 200 rules of a user
    NamingUserRules,
    /// Scanning the file, plain or packed, on one thread with a fold that only counts
    Scan,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(records) => {
            println!("{records}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("layers-once: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<u64, Box<dyn Error>> {
    let bytes = std::fs::read(&args.file)?;
    let format = layers::format(match args.layer {
        Layer::NginxAccess => Log::NginxAccess,
        Layer::PhpFpm => Log::PhpFpm,
        _ => Log::NginxError,
    });
    let repeat =
        |layer: &dyn Fn() -> Result<u64, Box<dyn Error>>| (0..args.times).try_fold(0, |_, _| layer());
    let naming = |catalogue: &Catalogue| {
        let records = layers::parsed(&bytes, &format);
        repeat(&|| Ok(layers::named(catalogue, &records)))?;
        Ok(records.len() as u64)
    };
    match args.layer {
        Layer::Newlines => {
            repeat(&|| Ok(layers::newlines(&bytes)))?;
            Ok(layers::records(&bytes, &format))
        }
        Layer::NginxError | Layer::NginxAccess | Layer::PhpFpm => {
            repeat(&|| Ok(layers::records(&bytes, &format)))
        }
        Layer::Naming => naming(Catalogue::builtin()),
        Layer::NamingUserRules => naming(&layers::with_user_rules(200)?),
        Layer::Scan => repeat(&|| layers::scanned(&args.file, 1, None)),
    }
}
