//! AWS's services: one folder each, with a file a resource.

pub mod ec2;
pub mod elasticache;
mod elements;
mod fault;
mod refusal;
pub mod sts;
pub mod tagging;
