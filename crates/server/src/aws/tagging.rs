//! The Resource Groups Tagging API: tags of ElastiCache's and EC2's resources, by their ARNs.
//!
//! It keeps nothing: it reads what the store finds tagged, and changes tags by the same code as the resources' own services.

mod change;
mod keys;
mod resources;

use domain::tagging::TaggingRejection;
use models::tagging::{OperationName, SIGNING_NAME, TARGET, dispatch, errors, fault};
use wire::{Code, Encode, Fault, Node};

use super::refusal::{self, Rejects};
use crate::http::{Cx, JsonApi};
use crate::store::Store;

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
type Refusal = refusal::Refusal<TaggingRejection>;

impl Rejects for TaggingRejection {
    const NOT_STORED: Code = errors::INTERNAL_SERVICE_EXCEPTION;

    fn fault(&self) -> Fault {
        Fault::new(errors::INVALID_PARAMETER_EXCEPTION, self.to_string())
    }
}
