//! The server's integration tests: one binary, one file a theme.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking, in its support code too"
)]

mod binary;
mod clusters;
mod config;
mod forwards;
mod gateway;
mod support;
