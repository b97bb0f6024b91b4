//! Amazon EC2, API version 2016-11-15: the networks that caches lie in.
//!
//! EC2's model declares no errors: its codes are those of the "Error codes for the Amazon EC2 API" page.

pub use crate::generated::ec2::*;

use wire::constraint::Violation;
use wire::{Code, DispatchError, Fault};

/// A parameter's value is not what it must be.
pub const INVALID_PARAMETER_VALUE: Code = Code::sender("InvalidParameterValue", 400);
/// A parameter that must be there is not.
pub const MISSING_PARAMETER: Code = Code::sender("MissingParameter", 400);

/// What a client is told when a request is not served.
pub fn fault(error: DispatchError) -> Fault {
    match error {
        DispatchError::Malformed(error) => Fault::new(INVALID_PARAMETER_VALUE, error.reason),
        DispatchError::Invalid(violation) => invalid(&violation),
        DispatchError::Refused(fault) => fault,
    }
}

fn invalid(violation: &Violation) -> Fault {
    match violation {
        Violation::Missing { path } => {
            Fault::new(MISSING_PARAMETER, format!("The request must contain the parameter {path}"))
        }
        Violation::Broken(breaches) => {
            let each = breaches.iter().map(|breach| {
                let value = breach.value.as_ref().map_or_else(String::new, |value| format!(" ( {value} )"));
                format!("Value{value} for parameter {} is invalid. {}.", breach.path, breach.demand)
            });
            Fault::new(INVALID_PARAMETER_VALUE, each.collect::<Vec<_>>().join(" "))
        }
    }
}
