//! The Resource Groups Tagging API: tags of ElastiCache's and EC2's resources, by their ARNs.
//!
//! It keeps nothing: it reads what the store finds tagged, and changes tags by the same code as the resources' own services.

mod change;
mod keys;
mod resources;

use domain::tagging::TaggingRejection;
use models::tagging::{OperationName, SIGNING_NAME, TARGET, dispatch, errors, fault};
use wire::{Encode, Fault, Node};

use crate::http::{Cx, JsonApi};
use crate::store::{Store, StoreError};

/// The service.
pub struct Tagging {
    store: Store,
}

impl Tagging {
    /// The service over `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl JsonApi for Tagging {
    const SIGNING_NAME: &'static str = SIGNING_NAME;
    const TARGET: &'static str = TARGET;
    type Operation = OperationName;

    fn operation(name: &str) -> Option<OperationName> {
        OperationName::from_name(name)
    }

    async fn dispatch(
        &self,
        cx: &Cx,
        operation: OperationName,
        input: &dyn Node,
    ) -> Result<Box<dyn Encode + Send>, Fault> {
        dispatch(self, cx, operation, input).await.map_err(fault)
    }
}

/// A handler's way out.
#[derive(Debug)]
enum Refusal {
    /// A rule was broken.
    Rejected(TaggingRejection),
    /// The store failed.
    Store(StoreError),
}

impl From<TaggingRejection> for Refusal {
    fn from(rejection: TaggingRejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => {
                Self::new(errors::INVALID_PARAMETER_EXCEPTION, rejection.to_string())
            }
            Refusal::Store(error) => {
                tracing::error!(%error, "a request was not served");
                let message = "The request could not be stored; nothing was changed.";
                Self::new(errors::INTERNAL_SERVICE_EXCEPTION, message)
            }
        }
    }
}
