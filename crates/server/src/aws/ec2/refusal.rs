//! What EC2's rules refuse, as the client sees it.

use domain::ec2::Ec2Rejection;
use wire::{Code, Fault, codes};

use crate::aws::refusal::{self, Rejects};

/// An EC2 handler's way out.
pub(in crate::aws) type Refusal = refusal::Refusal<Ec2Rejection>;

impl Rejects for Ec2Rejection {
    const NOT_STORED: Code = Code::receiver("InternalError", codes::INTERNAL_FAILURE.http);

    fn fault(&self) -> Fault {
        let (code, status) = self.code();
        let code = if status < 500 { Code::sender(code, status) } else { Code::receiver(code, status) };
        Fault::new(code, self.to_string())
    }
}
