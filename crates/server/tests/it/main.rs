//! The server's integration tests: one binary, one file a theme.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking, in its support code too"
)]

mod binary;
mod clusters;
mod config;
mod cost;
mod coverage;
mod ec2;
mod engine_versions;
mod events;
mod fidelity;
mod gateway;
mod global_replication_groups;
mod interleavings;
mod migrations;
mod names;
mod parameter_groups;
mod port_forwards;
mod refusals;
mod replication_groups;
mod reserved_nodes;
mod reset;
mod restart;
mod serverless_caches;
mod service_updates;
mod snapshots;
mod sts;
mod subnet_groups;
mod support;
mod tagging;
mod tags;
mod user_groups;
mod users;
mod waiters;
