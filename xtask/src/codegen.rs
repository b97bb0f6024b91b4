//! `cargo xtask codegen`: owns the way from service models to the `models` crate.

/// Arguments of `cargo xtask codegen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Generates the models.
///
/// # Errors
/// Always: the generator has not landed.
pub(crate) fn run(_args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("the generator has not landed yet")
}
