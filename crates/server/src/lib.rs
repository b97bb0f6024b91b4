//! Simfra's server: the gateway, the operation handlers, the store and the reconcilers.
//!
//! Knows AWS's API and the domain; reaches engines, containers and names only through `dataplane`.

pub mod admin;
pub mod app;
pub mod ask;
pub mod aws;
pub mod certificates;
pub mod clock;
pub mod config;
pub mod destination;
pub mod dialer;
pub mod dns_setup;
pub mod doctor;
pub mod engines;
pub mod forwards;
pub mod http;
pub mod iam_tokens;
pub mod ids;
pub mod instance;
pub mod instance_key;
pub mod log;
pub mod names;
pub mod observations;
pub mod published;
pub mod reconcile;
pub mod reset;
pub mod seeds;
pub mod serving;
pub mod signal;
pub mod store;
pub mod supervise;
