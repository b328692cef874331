//! Writes a log of any size to standard output.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use logscan_benches::{Generator, Log};

/// Writes a log that looks like that of a busy server.
#[derive(Debug, Parser)]
#[command(name = "generate", max_term_width = 100)]
struct Args {
    /// Size: 8000000, 64KB, 500MB, 2GB; with an i (500MiB) in powers of 1024
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: u64,

    /// The same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Which log
    #[arg(long, value_name = "LOG", default_value = "nginx-error")]
    kind: Kind,

    /// So many clients, hosts and numbers in URIs, one as often as the other: 1000000, say, to see what memory they
    /// take. Default: some thousands, of which a few come most often
    #[arg(long, value_name = "N")]
    distinct: Option<u64>,

    /// Time from the first stamp to the last: 90s, 30m, 24h, 7d. Default: as a busy host writes
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    span: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// nginx's error log
    NginxError,
    /// nginx's access log, in the format `combined`
    NginxAccess,
    /// php-fpm's error log
    PhpFpm,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let log = match args.kind {
        Kind::NginxError => Log::NginxError,
        Kind::NginxAccess => Log::NginxAccess,
        Kind::PhpFpm => Log::PhpFpm,
    };
    let mut generator = Generator::new(log, args.seed);
    if let Some(count) = args.distinct {
        generator = generator.distinct(count);
    }
    if let Some(span) = args.span {
        generator = generator.spanning(span);
    }
    match generator.write(args.size, &mut io::stdout().lock()) {
        Ok(_) => ExitCode::SUCCESS,
        // Whoever reads has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(format!("no unit `{unit}`; try 500MB")),
    };
    let number: u64 = digits.parse().map_err(|_| "not a size; try 500MB".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

fn seconds(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a time has a unit; try 24h".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "not a time; try 24h".to_owned())?;
    number.checked_mul(factor).filter(|s| *s <= 366 * 86_400).ok_or_else(|| "longer than a year".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{seconds, size};

    #[test]
    fn sizes() {
        assert_eq!(size("500MB"), Ok(500_000_000));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("123"), Ok(123));
        assert!(size("5 parsecs").is_err() && size("MB").is_err() && size("99999999999GB").is_err());
    }

    #[test]
    fn spans() {
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("90s"), Ok(90));
        assert!(seconds("24").is_err() && seconds("h").is_err() && seconds("2H").is_err());
        assert!(seconds("400d").is_err() && seconds("99999999999999999999s").is_err());
    }
}
