//! `cargo xtask test`: sets up what is missing and runs every test: cargo's, then those of the foreign clients against
//! the `simfra` that was just built.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{show, shown};
use crate::engines::Programs;
use crate::setup::Clients;
use crate::terminal::line;
use crate::{docker, environment, setup};

mod tally;

use tally::Tally;

/// Arguments of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Tells tests that a missing Docker is a failure and not a reason to skip.
const REQUIRE_DOCKER: &str = "SIMFRA_TEST_REQUIRE_DOCKER";

/// Runs every test.
///
/// # Errors
/// Something cannot be set up or built, or a test fails.
pub(crate) fn run(_args: &Args) -> Result<()> {
    let clients = setup::ensure(Programs::Needed)?;
    let docker = docker::is_used()?;
    if !docker {
        line("· Docker tests are SKIPPED: SIMFRA_DOCKER=false, or no daemon answers");
    }
    build()?;

    let mut tally = Tally::default();
    let suites =
        [suite(cargo_tests(), docker, &mut tally), suite(client_tests(&clients)?, docker, &mut tally)];
    line(&tally);
    let broken: Vec<String> =
        suites.into_iter().filter_map(Result::err).map(|failure| failure.to_string()).collect();
    if !broken.is_empty() {
        bail!("{}", broken.join("; "));
    }
    Ok(())
}

/// Builds the `simfra` that the demo and the clients' tests run.
///
/// # Errors
/// It does not compile.
pub(crate) fn build() -> Result<()> {
    line("· building");
    show(cargo().args(["build", "--workspace", "--bins"]))
}

/// The `simfra` beside this xtask: both are built by the same cargo into the same folder.
///
/// # Errors
/// It is not there.
pub(crate) fn simfra() -> Result<PathBuf> {
    let own = env::current_exe().context("the system does not tell where this program lies")?;
    let binary = own.with_file_name("simfra");
    if !binary.is_file() {
        bail!("{} is missing: `cargo build --workspace --bins` builds it", binary.display());
    }
    Ok(binary)
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(environment::variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    command.current_dir(environment::repository());
    command
}

fn cargo_tests() -> Command {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command
}

fn client_tests(clients: &Clients) -> Result<Command> {
    let mut command = Command::new(clients.programs.join("pytest"));
    command
        .current_dir(environment::repository())
        // No traces of a run in the repository.
        .args(["-p", "no:cacheprovider", "-q", "-ra", "tests/clients"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PATH", path_with(&clients.programs)?)
        .env("SIMFRA_TEST_BINARY", simfra()?)
        .env("SIMFRA_ENGINE_PATH", environment::engine_path()?);
    Ok(command)
}

/// `PATH` with a folder before all others.
///
/// # Errors
/// The folder's name has a colon.
pub(crate) fn path_with(folder: &Path) -> Result<std::ffi::OsString> {
    let path = environment::variable("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).with_context(|| format!("{} cannot stand in PATH", folder.display()))
}

/// Runs a suite: its output is shown and counted.
fn suite(mut command: Command, docker: bool, tally: &mut Tally) -> Result<()> {
    if docker {
        command.env(REQUIRE_DOCKER, "1");
    }
    line(format_args!("· {}", shown(&command)));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", shown(&command)))?;
    let stdout = child.stdout.take().expect("standard output was asked for as a pipe");
    for text in BufReader::new(stdout).lines() {
        let text = text.context("a suite's output is no text")?;
        tally.read(&text);
        line(&text);
    }
    let status = child.wait().context("a suite does not end")?;
    if !status.success() {
        bail!("{} failed ({status})", shown(&command));
    }
    Ok(())
}
