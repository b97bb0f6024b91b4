//! `cargo xtask codegen`: owns the way from service models to the `models` crate.
//!
//! Two steps with a committed file between them: botocore's model is reduced to facts (`models/<service>.json`), and
//! the facts become Rust (`crates/models/src/generated`). Only the first step needs botocore.

mod botocore;
mod facts;
mod names;
mod render;
mod services;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use facts::Model;
use services::SERVICES;

/// Arguments of `cargo xtask codegen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Read the service models anew from a botocore: a wheel, or the folder that holds `botocore/`
    #[arg(long, value_name = "PATH")]
    botocore: Option<PathBuf>,
    /// Write nothing; fail when a generated file is not what the facts give
    #[arg(long, conflicts_with = "botocore")]
    check: bool,
}

/// Generates the models, or checks them.
///
/// # Errors
/// When a model cannot be read, a file not written, or with `--check` when a file is stale.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = workspace();
    if let Some(botocore) = &args.botocore {
        for service in SERVICES {
            let model = botocore::reduce(botocore, &service)?;
            let text = serde_json::to_string_pretty(&model)? + "\n";
            write(&facts_path(&root, service.name), &text)?;
        }
    }
    for service in SERVICES {
        for file in generate(&root, service.name)? {
            if args.check {
                check(&file)?;
            } else {
                write(&file.path, &file.text)?;
            }
        }
    }
    Ok(())
}

/// A generated file, as it is to be on disk.
struct Generated {
    path: PathBuf,
    text: String,
}

fn generate(root: &Path, service: &str) -> anyhow::Result<Vec<Generated>> {
    let path = facts_path(root, service);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let model: Model = serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
    let folder = root.join("crates/models/src/generated");
    render::files(service, &model)
        .into_iter()
        .map(|file| Ok(Generated { path: folder.join(file.path), text: format(root, &file.text)? }))
        .collect()
}

fn check(file: &Generated) -> anyhow::Result<()> {
    let committed = fs::read_to_string(&file.path).unwrap_or_default();
    ensure!(committed == file.text, "{} is stale: run `cargo xtask codegen`", file.path.display());
    Ok(())
}

/// `text` as the project's rustfmt writes it.
fn format(root: &Path, text: &str) -> anyhow::Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start rustfmt: is the component installed?")?;
    let mut stdin = rustfmt.stdin.take().context("rustfmt has no input")?;
    // Generated files are larger than a pipe's buffer: write while the output is read.
    let output = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(text.as_bytes()));
        let output = rustfmt.wait_with_output();
        writer.join().expect("writing does not panic").and(output)
    })?;
    ensure!(output.status.success(), "rustfmt refuses generated code");
    Ok(String::from_utf8(output.stdout)?)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

fn facts_path(root: &Path, service: &str) -> PathBuf {
    root.join("models").join(format!("{service}.json"))
}

/// The workspace's root, where this program was built.
fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_what_the_facts_give() {
        for service in SERVICES {
            for file in generate(&workspace(), service.name).unwrap() {
                check(&file).unwrap();
            }
        }
    }
}
