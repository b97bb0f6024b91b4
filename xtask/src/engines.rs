//! `cargo xtask engines`: gives this machine real engines, without a registry if need be.
//!
//! Docker gets the images that Simfra asks for by default, the process runtime its server programs. What is there is
//! left alone, an image that can be pulled is pulled, and the rest is made from the distribution's own packages, from
//! the mirror that this machine's apt is configured with.

use std::fs::{self, File};

use anyhow::{Context, Result};

use crate::docker::{self, Pull};
use crate::environment;
use crate::terminal::{line, step};

mod binary;
mod image;
mod packages;
mod rootfs;

use image::{RECIPES, Recipe};
use rootfs::Rootfs;

/// Arguments of `cargo xtask engines`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Gives this machine the engines.
///
/// # Errors
/// An engine is missing and can neither be pulled, installed nor built.
pub(crate) fn run(_args: &Args) -> Result<()> {
    ensure(Programs::Needed)
}

/// Whether server programs for the process runtime must be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programs {
    /// Without them nothing goes on.
    Needed,
    /// Docker can do without them, so a user who may not install any can go on.
    NeededWithoutDocker,
}

/// As [`run`], for the tasks that need engines.
///
/// # Errors
/// As [`run`].
pub(crate) fn ensure(programs: Programs) -> Result<()> {
    let cache = environment::cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let path = cache.join("engines.lock");
    let lock = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    // Two of these at once would build the same root filesystem in the same place.
    lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;

    let docker = docker::is_used()?;
    if docker {
        images(&cache)?;
    } else {
        line("· no Docker: server programs only");
    }
    line("· server programs for the process runtime");
    match binary::ensure(&cache, &environment::engine_path()?) {
        Err(failure) if docker && programs == Programs::NeededWithoutDocker => {
            line(format_args!("  left out, as Docker serves without them: {failure:#}"));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Sees to it that every image is there under every name it is asked for.
fn images(cache: &std::path::Path) -> Result<()> {
    line("· images for Docker");
    let mut registry_answers = true;
    for recipe in &RECIPES {
        for reference in recipe.references {
            let origin = image(cache, recipe, reference, &mut registry_answers)?;
            line(format_args!("  {reference:<26} {origin}"));
        }
    }
    Ok(())
}

/// Sees to it that one image is there, and tells where it came from.
fn image(
    cache: &std::path::Path,
    recipe: &Recipe,
    reference: &str,
    registry_answers: &mut bool,
) -> Result<&'static str> {
    if docker::has_image(reference) {
        return Ok("there");
    }
    if recipe.is_published() && *registry_answers {
        match step(format_args!("pulling {reference}"), || Ok(docker::pull(reference)))? {
            Pull::Done => return Ok("pulled"),
            Pull::NoSuchImage => {}
            Pull::NoRegistry => *registry_answers = false,
        }
    }
    if image::tag_built(recipe, reference)? {
        return Ok("another name of the same image");
    }
    let rootfs = Rootfs::ensure(cache, recipe.release)?;
    step(format_args!("building {reference}"), || image::build(recipe, &rootfs, reference))?;
    Ok("built from the distribution's packages")
}
