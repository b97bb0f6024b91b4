//! What EC2's rules and the store refuse, as the client sees it.

use domain::ec2::Ec2Rejection;
use wire::{Code, Fault, codes};

use crate::store::StoreError;

/// An EC2 handler's way out.
#[derive(Debug)]
pub(in crate::aws) enum Refusal {
    /// A rule was broken.
    Rejected(Ec2Rejection),
    /// The store failed.
    Store(StoreError),
}

impl From<Ec2Rejection> for Refusal {
    fn from(rejection: Ec2Rejection) -> Self {
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
                let (code, status) = rejection.code();
                let code =
                    if status < 500 { Code::sender(code, status) } else { Code::receiver(code, status) };
                Self::new(code, rejection.to_string())
            }
            Refusal::Store(error) => {
                tracing::error!(%error, "a request was not served");
                let code = Code::receiver("InternalError", codes::INTERNAL_FAILURE.http);
                Self::new(code, "The request could not be stored; nothing was changed.")
            }
        }
    }
}
