//! A handler's way out, of whichever service: a rule was broken, or the store failed.

use wire::{Code, Fault};

use crate::store::StoreError;

/// What a service's rules refuse, as its clients see it.
pub(super) trait Rejects {
    /// The service's code where the store fails.
    const NOT_STORED: Code;

    /// What the client is told of the rule that was broken.
    fn fault(&self) -> Fault;
}

/// A domain rejection or a failure of the store, on its way to a [`Fault`].
#[derive(Debug)]
pub(super) enum Refusal<R> {
    /// A rule was broken.
    Rejected(R),
    /// The store failed.
    Store(StoreError),
}

impl<R: Rejects> From<R> for Refusal<R> {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection)
    }
}

impl<R> From<StoreError> for Refusal<R> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<R: Rejects> From<Refusal<R>> for Fault {
    fn from(refusal: Refusal<R>) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => rejection.fault(),
            Refusal::Store(error) => {
                // The client learns that nothing was done; the log says why.
                tracing::error!(%error, "a request was not served");
                Self::new(R::NOT_STORED, "The request could not be stored; nothing was changed.")
            }
        }
    }
}
