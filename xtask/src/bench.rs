//! `cargo xtask bench`: how fast Simfra is and how much memory it takes, as ratios within one run against the least that
//! could do the same.
//!
//! Measuring needs a release build and a load generator, which the other tasks must not wait for: this task builds
//! itself again with the feature `bench`, beside the `simfra` that it measures, and hands over.

use anyhow::Result;

#[cfg(feature = "bench")]
mod bare;
#[cfg(feature = "bench")]
mod bare_cluster;
#[cfg(feature = "bench")]
mod bare_docker;
#[cfg(feature = "bench")]
mod cache;
#[cfg(feature = "bench")]
mod client;
#[cfg(feature = "bench")]
mod line;
#[cfg(feature = "bench")]
mod lines;
#[cfg(feature = "bench")]
mod load;
#[cfg(feature = "bench")]
mod machine;
#[cfg(feature = "bench")]
mod process;
#[cfg(feature = "bench")]
mod ratio;
#[cfg(feature = "bench")]
mod report;
#[cfg(feature = "bench")]
mod sign;
#[cfg(feature = "bench")]
mod simulator;

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The lines to measure; all when none is named
    lines: Vec<String>,
    /// List the lines and their bars, and measure nothing
    #[arg(long)]
    list: bool,
    /// Fewer and shorter rounds: for a look, not for a figure
    #[arg(long)]
    quick: bool,
    /// Write the table into docs/performance.md
    #[arg(long)]
    write: bool,
    /// What a baseline process is, which the measuring one starts
    #[arg(long, hide = true)]
    bare: Option<String>,
}

/// Measures.
///
/// # Errors
/// Something cannot be built, no line has such a name, or a line that can run fails.
#[cfg(feature = "bench")]
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(role) = &args.bare {
        return bare::serve(role);
    }
    let chosen = lines::chosen(&args.lines)?;
    if args.list {
        return report::list(&chosen);
    }
    report::run(&chosen, if args.quick { line::Effort::Quick } else { line::Effort::Full }, args.write)
}

/// Builds what measures and what is measured, and hands over.
///
/// # Errors
/// As the measuring itself.
#[cfg(not(feature = "bench"))]
pub(crate) fn run(_args: &Args) -> Result<()> {
    use std::process::Command;

    use crate::command::{output, show};
    use crate::engines::Programs;
    use crate::terminal::line;
    use crate::{setup, test};

    setup::ensure(Programs::NeededWithoutDocker)?;
    let build =
        ["build", "--release", "--package", "server", "--package", "xtask", "--features", "xtask/bench"];
    line("· building in release: this takes minutes the first time");
    show(test::cargo().args(build).arg("--quiet"))?;
    // The same again is quick, and tells where the executables are, whatever the target folder is.
    let messages = output(test::cargo().args(build).args(["--quiet", "--message-format=json"]))?;
    let own = messages.lines().filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let own = own.filter(|message| message["target"]["name"] == "xtask");
    let executable = own.filter_map(|message| message["executable"].as_str().map(str::to_owned)).next_back();
    let executable = executable.ok_or_else(|| anyhow::anyhow!("cargo does not tell where it built xtask"))?;
    show(Command::new(executable).args(std::env::args_os().skip(1)))
}
