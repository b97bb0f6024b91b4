//! What the tests share: servers of their own, and clients that say exactly what a test wants to say.

pub(crate) mod gateway;
pub(crate) mod raw;
pub(crate) mod services;
pub(crate) mod signer;
