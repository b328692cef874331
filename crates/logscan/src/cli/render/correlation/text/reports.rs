//! Every report on a line of its own.

use std::io::{self, Write};

use logscan_correlate::Verdict;

use super::about;
use crate::cli::render::correlation::words::time;
use crate::cli::render::correlation::{Answer, Told};

/// The list, in the order of the reports.
pub(super) fn list(out: &mut dyn Write, told: Told<'_>) -> io::Result<()> {
    let look = told.look;
    writeln!(out, "\n{}", look.bold("Reports"))?;
    let digits = told.reports.len().saturating_sub(1).to_string().len();
    let verdicts: Vec<String> = told.answers().map(|a| verdict(a, told)).collect();
    let width = verdicts.iter().map(String::len).max().unwrap_or(0);
    for (answer, verdict) in told.answers().zip(&verdicts) {
        let when = time(answer, told.zone).unwrap_or_else(|| "-".to_owned());
        let head = format!("  {:>digits$}  {when:<23}  ", answer.index);
        writeln!(out, "{}{verdict:<width$}  {}", look.dim(&head), about(answer, usize::MAX, told))?;
    }
    Ok(())
}

/// `php-fpm-crash 98%`, `unexplained`.
fn verdict(answer: Answer<'_>, told: Told<'_>) -> String {
    let attribution = answer.attribution;
    match (attribution.verdict, told.cause(attribution.cause)) {
        (Verdict::Explained, Some(cause)) => {
            format!("{} {:.0}%", cause.id, told.confidence(attribution) * 100.0)
        }
        (verdict, _) => verdict.as_str().to_owned(),
    }
}
