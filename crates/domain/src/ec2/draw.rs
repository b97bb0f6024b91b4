//! Ids of new resources.

use std::str::FromStr;

use crate::stable_hash::StableHash;

/// A random draw that a request brings along: every id that it needs follows from it.
#[derive(Debug, Clone, Copy)]
pub struct Draw(pub u64);

impl Draw {
    /// The `n`th id with `prefix`, `vpc-0123456789abcdef0`.
    pub(crate) fn text(self, prefix: &str, n: usize) -> String {
        let hash = StableHash::new(prefix).with(&self.0.to_string()).with(&n.to_string());
        format!("{prefix}-{}", hash.hex17())
    }

    pub(crate) fn id<I: FromStr>(self, prefix: &str) -> I
    where
        I::Err: std::fmt::Debug,
    {
        self.text(prefix, 0).parse().expect("a prefix and hexadecimal digits")
    }
}

/// The id of what belongs to the resource `of` and is not created by itself.
pub(crate) fn derived(prefix: &str, of: &str) -> String {
    format!("{prefix}-{}", StableHash::new(prefix).with(of).hex17())
}
