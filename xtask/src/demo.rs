//! `cargo xtask demo`: sets up what is missing, starts a Simfra of its own, types the guide's cluster part for the three
//! engines, and leaves nothing behind. Any answer that is not the guide's ends it with a failure.

use anyhow::Result;

use crate::command::run as run_command;
use crate::setup;
use crate::terminal::{line, step};
use crate::test::cargo;

mod leftovers;
mod shell;
mod simulator;
mod walk;

use shell::Shell;
use simulator::Simulator;

/// Arguments of `cargo xtask demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Walks through the guide.
///
/// # Errors
/// Something cannot be set up, an answer is not the guide's, or something is left over.
pub(crate) fn run(_args: &Args) -> Result<()> {
    let clients = setup::ensure()?;
    step("building", || run_command(cargo().args(["build", "--workspace", "--bins"])))?;

    leftovers::adopt_orphans()?;
    let mut simulator = Simulator::start(&clients)?;
    let shell = Shell::new(&clients, simulator.port())?;
    let walked = simulator.wait_until_healthy(&shell).and_then(|()| walk::all(&shell));
    let stopped = simulator.stop();
    if let Err(failure) = walked.and(stopped) {
        line(format_args!("\nSimfra's log:\n{}", simulator.log()));
        return Err(failure);
    }
    leftovers::check(simulator.instance())?;
    line("\nDone: three real engines, and nothing left behind.");
    Ok(())
}
