//! `cargo xtask tidy`: the rules of `docs/style.md` that neither the compiler nor clippy knows.
//!
//! Each rule is a module that looks at all sources and returns what it objects to; it never changes a file.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::output;
use crate::environment::repository;
use crate::terminal::line;

mod documents;
mod hosts;
mod length;
mod machine;
mod manifests;
mod names;
mod purity;
mod unfinished;

/// Arguments of `cargo xtask tidy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// A text file of the repository.
#[derive(Debug)]
struct Source {
    /// Relative to the repository's root.
    path: String,
    text: String,
}

impl Source {
    /// The ending of the file's name, without its dot.
    fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    /// Whether a program wrote it: generated code, golden answers, the lock file.
    fn is_generated(&self) -> bool {
        self.path.contains("/generated/") || self.path.contains("/golden/") || self.path == "Cargo.lock"
    }

    /// The lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// As [`Source::lines`], of a Rust file, without what is a comment.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, line)| match line.trim_start().starts_with("//") {
            true => (number, ""),
            false => (number, line.split(" // ").next().unwrap_or(line)),
        })
    }
}

/// What a rule objects to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    text: String,
}

impl Finding {
    fn new(source: &Source, line: usize, text: impl Into<String>) -> Self {
        Self { path: source.path.clone(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// A rule: what it objects to in these sources.
type Rule = fn(&[Source]) -> Vec<Finding>;

const RULES: [Rule; 8] = [
    length::findings,
    names::findings,
    machine::findings,
    hosts::findings,
    purity::findings,
    unfinished::findings,
    manifests::findings,
    documents::findings,
];

/// Holds every rule against every file.
///
/// # Errors
/// A rule objects.
pub(crate) fn run(_args: &Args) -> Result<()> {
    let sources = sources()?;
    for note in length::long_files(&sources) {
        line(format_args!("long: {note}"));
    }
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&sources)).collect();
    findings.sort();
    for finding in &findings {
        line(finding);
    }
    if !findings.is_empty() {
        bail!("{} finding(s): docs/style.md has the rules and their reasons", findings.len());
    }
    line(format_args!("tidy: {} files", sources.len()));
    Ok(())
}

/// The text files that git knows or would add.
fn sources() -> Result<Vec<Source>> {
    let mut list = Command::new("git");
    list.current_dir(repository()).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let names = output(&mut list)?;
    let read = |name: &str| {
        // What is deleted but not yet committed, or is no text, has nothing to object to.
        let text = fs::read_to_string(repository().join(name)).ok()?;
        Some(Source { path: name.to_owned(), text })
    };
    Ok(names.split('\0').filter(|name| !name.is_empty()).filter_map(read).collect())
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// The lines that a rule objects to.
#[cfg(test)]
fn objections(rule: Rule, path: &str, text: &str) -> Vec<usize> {
    rule(&[source(path, text)]).into_iter().map(|finding| finding.line).collect()
}
