//! Generated shapes, operations, errors and constraints of the AWS services that Simfra serves.
//!
//! Everything below `generated` comes from `models/*.json` by `cargo xtask codegen`. What is written by hand here is
//! what a model cannot say: the wording of its service's own refusals. This crate knows nothing of the domain.

pub mod ec2;
pub mod elasticache;
mod generated;
mod open_enum;
pub mod sts;

pub use wire::refuse;
