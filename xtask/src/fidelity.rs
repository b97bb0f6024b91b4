//! `cargo xtask fidelity`: owns docs/fidelity.md, what each operation does here and where that differs from AWS.
//!
//! Everything in it is read from what the code is built from: the model's operations, the table of refusals with their
//! tests, and the known differences beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

const HEAD: &str = "\
# Fidelity

What each operation of ElastiCache does in Simfra. `cargo xtask fidelity` writes this page; it is not for editing.

- **Refusals**: of the errors that AWS's model declares for the operation, and the wordings of them that are known, how many a test provokes.
  The rest stand in `crates/domain/data/refusals_open.tsv`, each with its reason.
- **Effective**: where the operation does what AWS does. `everywhere` is with Docker, with processes and without engines; `control plane` means
  that it is about records alone, which no engine has a part in. *Without engines* is `SIMFRA_RUNTIME=none`: with engines the
  operation is refused by its name, and changes nothing, or there is nothing that it could be about, as what makes it is refused. A test
  holds this to what is refused.

";

/// Where an operation is effective that answers 501 with its name.
const REFUSED: &str = "refused by name";

/// Arguments of `cargo xtask fidelity`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail when the page is stale
    #[arg(long)]
    check: bool,
}

/// Writes the page, or checks it.
///
/// # Errors
/// When a source cannot be read, or with `--check` when the page is stale.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = workspace();
    let page = page(&root)?;
    let path = root.join("docs/fidelity.md");
    if !args.check {
        return fs::write(&path, page).with_context(|| format!("write {}", path.display()));
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    ensure!(committed == page, "docs/fidelity.md is stale: run `cargo xtask fidelity`");
    Ok(())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// What is known of an operation beside what the code says.
struct Known {
    effective: String,
    differences: String,
}

fn page(root: &Path) -> anyhow::Result<String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("read {path}"));
    let operations = operations(&read("models/elasticache.json")?)?;
    let refusals = refusals(&read("crates/domain/data/refusals_open.tsv")?)?;
    let known = known(&read("crates/domain/data/fidelity.tsv")?)?;
    let strangers: Vec<_> = known.keys().filter(|name| !operations.contains(*name)).collect();
    ensure!(strangers.is_empty(), "data/fidelity.tsv has {strangers:?}, which are no operations");

    let served = known.values().filter(|known| known.effective != REFUSED).count();
    let mut page = HEAD.to_owned();
    writeln!(page, "{served} of {} operations are served.\n", operations.len())?;
    page.push_str("| Operation | Refusals | Effective | Known differences |\n|---|---|---|---|\n");
    for name in &operations {
        let Some(Known { effective, differences }) = known.get(name) else {
            bail!("data/fidelity.tsv has no line for {name}: say where it is effective, and how it differs");
        };
        let (tested, all) = refusals.get(name).copied().unwrap_or_default();
        writeln!(page, "| {name} | {tested} of {all} | {effective} | {differences} |")?;
    }
    Ok(page)
}

fn operations(model: &str) -> anyhow::Result<BTreeSet<String>> {
    let model: serde_json::Value = serde_json::from_str(model).context("parse models/elasticache.json")?;
    let operations = model["operations"].as_array().context("a model has operations")?;
    Ok(operations.iter().filter_map(|operation| operation["name"].as_str().map(str::to_owned)).collect())
}

/// Of each operation how many refusals have a test, and how many there are.
fn refusals(table: &str) -> anyhow::Result<BTreeMap<String, (usize, usize)>> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<_> = line.split('\t').collect();
        let [operations, _, _, status, _] = cells[..] else { bail!("five columns: {line}") };
        for name in operations.split('/') {
            let (tested, all) = counts.entry(name.to_owned()).or_default();
            *all += 1;
            *tested += usize::from(status == "tested");
        }
    }
    Ok(counts)
}

fn known(table: &str) -> anyhow::Result<BTreeMap<String, Known>> {
    let mut known = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<_> = line.split('\t').collect();
        let [name, effective, differences] = cells[..] else { bail!("three columns: {line}") };
        let told = Known { effective: effective.to_owned(), differences: differences.to_owned() };
        ensure!(known.insert(name.to_owned(), told).is_none(), "twice: {name}");
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_current() {
        run(&Args { check: true }).unwrap();
    }
}
