//! Simfra's server: the gateway, the operation handlers, the store and the reconcilers.
//!
//! Knows AWS's API and the domain; reaches engines, containers and names only through `dataplane`.

pub mod admin;
pub mod clock;
pub mod config;
pub mod http;
pub mod ids;
pub mod log;
pub mod signal;
pub mod supervise;
