//! `cargo xtask`: the project's own tasks. This file only dispatches; each task is a module that owns its arguments.

use clap::{Parser, Subcommand};

mod codegen;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about)]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Generate the `models` crate from the committed facts
    Codegen(codegen::Args),
}

fn main() -> anyhow::Result<()> {
    match Xtask::parse().task {
        Task::Codegen(args) => codegen::run(&args),
    }
}
