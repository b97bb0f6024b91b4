//! The writer of a store in memory: a transaction runs where it is asked for, once it is its turn.
//!
//! Nothing is waited for, so there is no thread to hand over to, and no second world for what is not durable yet.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use super::writer::Published;
use super::{StoreError, Tx};

/// Whose turn it is; none once the store is closed.
pub(super) struct Turns(Mutex<Option<Published>>);

impl Turns {
    pub(super) fn new(published: Published) -> Self {
        Self(Mutex::new(Some(published)))
    }

    /// Runs `work` alone; its changes are taken back when it refuses or panics.
    pub(super) fn run<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let published = turn.as_ref().ok_or(StoreError::Closed)?;
        let mut world = published.world.write().unwrap_or_else(PoisonError::into_inner);
        let mut tx = Tx::new(&mut world);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut tx)));
        let (done, undo) = tx.into_parts();
        if !matches!(outcome, Ok(Ok(_))) {
            for inverse in undo.into_iter().rev() {
                world.apply(inverse);
            }
        }
        drop(world);
        match outcome {
            Ok(Ok(answer)) => {
                published.tell(done);
                Ok(answer)
            }
            Ok(Err(refusal)) => Err(refusal),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Refuses later transactions.
    pub(super) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
