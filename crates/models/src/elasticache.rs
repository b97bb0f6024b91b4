//! Amazon ElastiCache, API version 2015-02-02.
//!
//! One member has two names. botocore, and so the AWS CLI, reads the pending log deliveries of `PendingModifiedValues`
//! from an element `PendingLogDeliveryConfiguration` (the model names the list itself so), the SDKs made from
//! Smithy models from `LogDeliveryConfigurations`. Which one AWS writes is not on record; written is the latter.

pub use crate::generated::elasticache::*;

use wire::constraint::Violation;
use wire::{DispatchError, Fault, codes, query};

use crate::{constraint_message, lower_first};

/// What a client is told when a request is not served.
pub fn fault(error: DispatchError) -> Fault {
    match error {
        DispatchError::Malformed(error) => query::malformed(error),
        DispatchError::Invalid(violation) => invalid(&violation),
        DispatchError::Refused(fault) => fault,
    }
}

/// A missing member's wording is ElastiCache's own ("The parameter CacheNodeType must be provided and must not be
/// null."); for the constraints of the model it is the one that AWS's services share, as none of ElastiCache's
/// answers is on record.
fn invalid(violation: &Violation) -> Fault {
    match violation {
        Violation::Missing { path } => {
            let message = format!("The parameter {path} must be provided and must not be null.");
            Fault::new(errors::INVALID_PARAMETER_VALUE_EXCEPTION, message)
        }
        Violation::Broken(breaches) => {
            Fault::new(codes::VALIDATION_ERROR, constraint_message(breaches, lower_first))
        }
    }
}
