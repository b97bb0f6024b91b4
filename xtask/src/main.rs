//! `cargo xtask`: the project's own tasks. This file only dispatches; each task is a module that owns its arguments.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod apt;
mod bench;
mod codegen;
mod command;
mod demo;
mod docker;
mod engines;
mod environment;
mod fidelity;
mod image;
mod setup;
mod terminal;
mod test;
mod tidy;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about)]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure the speed and memory of a release build: the lines of docs/performance.md
    Bench(bench::Args),
    /// Generate the `models` crate from the committed facts
    Codegen(codegen::Args),
    /// Set up what is missing and walk through the guide with a cache of each engine
    Demo(demo::Args),
    /// Give this machine the engines: images where Docker runs, and server binaries
    Engines(engines::Args),
    /// Write docs/fidelity.md: what each operation does here, and where that differs from AWS
    Fidelity(fidelity::Args),
    /// Build Simfra as a Docker image, simfra:latest
    Image(image::Args),
    /// Install what this machine lacks for the demo and the tests
    Setup(setup::Args),
    /// Set up what is missing and run every test
    Test(test::Args),
    /// Hold the rules of docs/style.md that the compiler and clippy do not know
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    match perform(Xtask::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Bench(args) => bench::run(&args),
        Task::Codegen(args) => codegen::run(&args),
        Task::Demo(args) => demo::run(&args),
        Task::Engines(args) => engines::run(&args),
        Task::Fidelity(args) => fidelity::run(&args),
        Task::Image(args) => image::run(&args),
        Task::Setup(args) => setup::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Tidy(args) => tidy::run(&args),
    }
}
