//! What is told: the table on the terminal, and the one in the documentation.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::line::{Effort, Line, Outcome};
use super::machine;
use crate::environment;
use crate::terminal::line as say;

/// Where the figures stand.
const DOCUMENT: &str = "docs/performance.md";

/// Between these lines the document is written by this task.
const BEGIN: &str = "<!-- cargo xtask bench --write: begin -->";
const END: &str = "<!-- cargo xtask bench --write: end -->";

/// Lists the lines.
///
/// # Errors
/// None.
pub(super) fn list(lines: &[&Line]) -> Result<()> {
    for each in lines {
        say(format_args!("{:<22} {:<14} {}", each.name, each.bar.to_string(), each.what));
    }
    Ok(())
}

/// Measures the lines and tells the figures.
///
/// # Errors
/// A line fails; the others are measured all the same.
pub(super) fn run(lines: &[&Line], effort: Effort, write: bool) -> Result<()> {
    let machine = machine::described();
    say(format_args!("· {machine}"));
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for each in lines {
        let begun = Instant::now();
        let row = match (each.measure)(effort) {
            Ok(outcome) => Row::of(each, &outcome),
            Err(failure) => {
                broken.push(format!("{}: {failure:#}", each.name));
                Row::new(each, "failed".to_owned(), "–", format!("{failure:#}"))
            }
        };
        let seconds = begun.elapsed().as_secs_f32();
        say(format_args!(
            "{:<22} {:>12}  {:<14} {:<8} {} [{seconds:.0} s]",
            each.name,
            row.measured,
            each.bar.to_string(),
            row.met,
            row.detail
        ));
        rows.push(row);
    }
    if !broken.is_empty() {
        bail!("{}", broken.join("\n"));
    }
    if write { record(&machine, &rows, effort) } else { Ok(()) }
}

struct Row {
    what: &'static str,
    name: &'static str,
    measured: String,
    bar: String,
    met: &'static str,
    detail: String,
}

impl Row {
    fn of(line: &Line, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Measured { value, detail } => {
                let met = match line.bar.is_met(*value) {
                    Some(true) => "met",
                    Some(false) => "NOT met",
                    None => "–",
                };
                Self::new(line, line.bar.shown(*value), met, detail.clone())
            }
            Outcome::Skipped(reason) => Self::new(line, "skipped".to_owned(), "–", reason.clone()),
        }
    }

    fn new(line: &Line, measured: String, met: &'static str, detail: String) -> Self {
        Self { what: line.what, name: line.name, measured, bar: line.bar.to_string(), met, detail }
    }
}

/// Writes the table into its place in the document.
fn record(machine: &str, rows: &[Row], effort: Effort) -> Result<()> {
    let path = environment::repository().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let before = text.split_once(BEGIN).map(|(before, _)| before);
    let after = text.split_once(END).map(|(_, after)| after);
    let (Some(before), Some(after)) = (before, after) else {
        bail!("{DOCUMENT} has no place for the table: it stands between `{BEGIN}` and `{END}`");
    };
    let flag = effort.of("", " --quick");
    let mut table = format!("`cargo xtask bench --write{flag}` on {machine}:\n\n");
    table += "| Line | | Measured | Bar | | Made of |\n|---|---|---|---|---|---|\n";
    for row in rows {
        let Row { what, name, measured, bar, met, detail } = row;
        table += &format!(
            "| `{name}` | {what} | **{measured}** | {bar} | {met} | {} |\n",
            detail.replace('|', "/")
        );
    }
    fs::write(&path, format!("{before}{BEGIN}\n{table}{END}{after}"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    say(format_args!("written into {DOCUMENT}"));
    Ok(())
}
