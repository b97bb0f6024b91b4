//! Whatever is drawn at random: request ids, defaults that AWS draws, names.
//!
//! The one place that holds a random generator; a seeded one gives a test the same draws each time.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use uuid::Uuid;

/// A source of random draws.
#[derive(Debug)]
pub struct Ids(Mutex<StdRng>);

impl Ids {
    /// Seeded by the system: no two runs draw the same.
    pub fn random() -> Self {
        Self(Mutex::new(StdRng::from_os_rng()))
    }

    /// Draws the same sequence for the same `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// Any number, each as likely.
    pub fn draw(&self) -> u64 {
        self.with(RngCore::next_u64)
    }

    /// A new request's id.
    pub fn request_id(&self) -> RequestId {
        let mut bytes = [0; 16];
        self.with(|generator| generator.fill_bytes(&mut bytes));
        RequestId(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// 32 bytes that nobody can guess.
    pub fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.with(|generator| generator.fill_bytes(&mut bytes));
        bytes
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        // A generator has no state that a panic elsewhere could leave half done.
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What AWS calls `RequestId`: a version 4 UUID, the same in the answer's body, its header and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_draws_and_a_request_id_is_a_random_uuid() {
        let (one, two) = (Ids::seeded(7), Ids::seeded(7));
        assert_eq!(one.draw(), two.draw());
        let id = one.request_id();
        assert_eq!(id, two.request_id());
        assert_eq!(id.0.get_version(), Some(uuid::Version::Random));
        assert_ne!(Ids::random().request_id(), Ids::random().request_id());
    }
}
