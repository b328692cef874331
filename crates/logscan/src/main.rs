//! The `logscan` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    logscan::cli::main()
}
