//! `cargo xtask demo`: sets up what is missing, starts a Simfra of its own, types the guide's cluster part for the three
//! engines, and leaves nothing behind. Any answer that is not the guide's ends it with a failure.

use anyhow::Result;

use crate::engines::Programs;
use crate::terminal::line;
use crate::test::build;
use crate::{environment, setup};

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
    // The best runtime there is serves: with Docker, processes are only wanted when they are asked for.
    let programs = match environment::variable("SIMFRA_RUNTIME").as_deref() {
        Some("process") => Programs::Needed,
        _ => Programs::NeededWithoutDocker,
    };
    let clients = setup::ensure(programs)?;
    build()?;

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
