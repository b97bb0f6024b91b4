//! Commands of Redis and Valkey that AWS keeps from clients (`data/forbidden_commands.tsv`).

use std::sync::LazyLock;

use crate::catalogue::{Row, Table};

/// A command that no client may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForbiddenCommand {
    /// In small letters, as the engine names it.
    pub command: &'static str,
    /// The one subcommand that is meant; none: all of it.
    pub subcommand: Option<&'static str>,
}

static FORBIDDEN: LazyLock<Vec<ForbiddenCommand>> = LazyLock::new(|| {
    Table::parse(include_str!("../data/forbidden_commands.tsv")).rows(ForbiddenCommand::read)
});

impl ForbiddenCommand {
    /// All of them.
    pub fn all() -> &'static [Self] {
        &FORBIDDEN
    }

    fn read(row: &Row<'_>) -> Self {
        Self { command: row.text("command"), subcommand: row.optional("subcommand") }
    }
}
