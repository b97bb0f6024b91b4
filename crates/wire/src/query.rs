//! The awsQuery protocol's reading side: form parameters such as `Tags.Tag.1.Key=team` as a tree of [`Node`]s.
//!
//! The tree is never built. Parameters are sorted by name once, and a node is the slice of them that shares its
//! prefix: reading costs a binary search a member, memory stays proportional to the body, and no nesting of a
//! hostile body can make anything recurse, because the shapes drive the reading.

mod cursor;
mod form;
#[cfg(test)]
mod tests;

pub use form::Form;

use crate::{DecodeError, Fault, codes};

/// The most parameters that a request may have. AWS states no number; the largest request that a model can express
/// within a body of 1 MiB stays well below.
pub const MAX_PARAMETERS: usize = 100_000;

/// The greatest list index. AWS states no number; lists may have gaps, so this bounds nothing but nonsense.
pub const MAX_INDEX: u32 = 100_000;

/// What a client is told whose parameters have the wrong structure.
pub fn malformed(error: DecodeError) -> Fault {
    Fault::new(codes::MALFORMED_INPUT, error.reason)
}
