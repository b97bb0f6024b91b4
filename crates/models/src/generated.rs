//! What `cargo xtask codegen` writes, one module a service.

pub(crate) mod elasticache;
