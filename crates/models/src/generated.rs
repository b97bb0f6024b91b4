//! What `cargo xtask codegen` writes, one module a service.

pub(crate) mod ec2;
pub(crate) mod elasticache;
pub(crate) mod sts;
pub(crate) mod tagging;
