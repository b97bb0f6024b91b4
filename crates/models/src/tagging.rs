//! AWS Resource Groups Tagging API, version 2017-01-26: tags of resources of all services, by their ARNs.

pub use crate::generated::tagging::*;

use wire::constraint::Violation;
use wire::{DispatchError, Fault, json};

use crate::constraint_message;

/// What a client is told when a request is not served.
pub fn fault(error: DispatchError) -> Fault {
    match error {
        DispatchError::Malformed(error) => json::malformed(error),
        DispatchError::Invalid(violation) => {
            let message = match violation {
                Violation::Missing { path } => format!(
                    "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                    in_messages(&path)
                ),
                Violation::Broken(breaches) => constraint_message(&breaches, in_messages),
            };
            Fault::new(errors::INVALID_PARAMETER_EXCEPTION, message)
        }
        DispatchError::Refused(fault) => fault,
    }
}

/// A member's path as AWS's messages have it: `tagFilters.1.member.key`.
fn in_messages(path: &str) -> String {
    path.split('.').map(super::lower_first).collect::<Vec<_>>().join(".")
}
