//! ElastiCache's rules: identifiers, catalogues, validation, life cycles and plans.
//!
//! Pure: no async, no IO, no clock, no randomness (a test holds it). Whatever varies is an argument.

pub mod engine;
pub mod ids;
pub mod node;
