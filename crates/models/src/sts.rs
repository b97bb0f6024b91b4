//! AWS Security Token Service, API version 2011-06-15: the one operation that every client begins with.

pub use crate::generated::sts::*;

use wire::{DispatchError, Fault, codes, query};

/// What a client is told when a request is not served.
pub fn fault(error: DispatchError) -> Fault {
    match error {
        DispatchError::Malformed(error) => query::malformed(error),
        DispatchError::Invalid(violation) => Fault::new(codes::VALIDATION_ERROR, violation.to_string()),
        DispatchError::Refused(fault) => fault,
    }
}
