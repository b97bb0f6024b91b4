//! The awsQuery protocol's writing side: answers and errors as XML.
//!
//! Members come in model order, absent ones not at all, and empty lists and structures as empty elements
//! (`<CacheNodeIdsToReboot/>`), as in recorded answers.

pub mod ec2;
mod encoder;
#[cfg(test)]
mod tests;

use crate::xml::encoder::XmlEncoder;
use crate::{Encode, Encoder, Fault, FaultKind};

/// The `Content-Type` of every answer: recorded ones carry no charset.
pub const CONTENT_TYPE: &str = "text/xml";

/// What surrounds every answer.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The service's XML namespace.
    pub namespace: &'a str,
    /// The request's id, the same as in the answer's `x-amzn-requestid`.
    pub request_id: &'a str,
}

impl Envelope<'_> {
    /// The answer of `operation`. Operations without output have no `result_wrapper`: their answer holds just its
    /// `ResponseMetadata`.
    pub fn answer(&self, operation: &str, result_wrapper: Option<&str>, output: &dyn Encode) -> String {
        let mut e = XmlEncoder::default();
        e.element(&format!("{operation}Response"), Some(self.namespace), |e| {
            if let Some(wrapper) = result_wrapper {
                e.element(wrapper, None, |e| output.encode(e));
            }
            e.element("ResponseMetadata", None, |e| self.request_id(e));
        });
        e.finish()
    }

    /// The answer to a request that is refused.
    pub fn error(&self, fault: &Fault) -> String {
        let kind = match fault.code.kind {
            FaultKind::Sender => "Sender",
            FaultKind::Receiver => "Receiver",
        };
        let texts = [("Type", kind), ("Code", fault.code.wire), ("Message", &fault.message)];
        let mut e = XmlEncoder::default();
        e.element("ErrorResponse", Some(self.namespace), |e| {
            e.element("Error", None, |e| {
                for (name, text) in texts {
                    e.element(name, None, |e| e.string(text));
                }
            });
            self.request_id(e);
        });
        e.finish()
    }

    fn request_id(&self, e: &mut XmlEncoder) {
        e.element("RequestId", None, |e| e.string(self.request_id));
    }
}

/// What stands between the tags of an element that holds `value`.
pub(crate) fn content(value: &dyn Encode) -> String {
    let mut e = XmlEncoder::default();
    value.encode(&mut e);
    e.finish()
}

/// Writes `value` alone, inside an element called `name`: for tests and for other envelopes.
pub fn document(name: &'static str, value: &dyn Encode) -> String {
    let mut e = XmlEncoder::default();
    e.element(name, None, |e| value.encode(e));
    e.finish()
}
