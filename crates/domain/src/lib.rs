//! ElastiCache's rules: identifiers, catalogues, validation, life cycles and plans.
//!
//! Pure: no async, no IO, no clock, no randomness (a test holds it). Whatever varies is an argument.

pub mod addresses;
pub mod arn;
pub mod catalogue;
pub mod cluster;
pub mod command;
pub mod ec2;
pub mod endpoint;
pub mod engine;
pub mod engine_version;
pub mod event;
pub mod global_replication_group;
pub mod groups;
pub mod ids;
pub mod migration;
pub mod network;
pub mod node;
pub mod node_type;
pub mod paging;
pub mod parameter;
pub mod parameter_group;
pub mod plan;
pub mod quota;
pub mod rare;
pub mod region;
pub mod rejection;
pub mod replication_group;
pub mod reserved_node;
pub mod serverless_cache;
pub mod serverless_cache_snapshot;
pub mod service_update;
pub mod snapshot;
mod stable_hash;
pub mod subnet_group;
pub mod tag;
pub mod tag_set;
pub mod tagging;
pub mod token;
pub mod user;
pub mod user_group;
pub mod vpc;
pub mod window;
