//! Serverless caches and their snapshots, without engines.

mod change;
mod create;
mod daily;
mod refused;
mod snapshots;
mod states;
