//! AWS JSON 1.1: requests as JSON objects, answers and errors as JSON objects, both with the model's names.
//!
//! An absent member is not written, and one that is `null` is absent. Points in time are seconds since 1970.

mod cursor;
mod encoder;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::json::cursor::Cursor;
use crate::json::encoder::JsonEncoder;
use crate::{DecodeError, Encode, Fault, Node, codes};

/// The `Content-Type` of requests and answers.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// A request's body.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// Reads `body`; an empty one is an empty object.
    ///
    /// # Errors
    /// `SerializationException` when it is no JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        if body.is_empty() {
            return Ok(Self(Value::Object(serde_json::Map::new())));
        }
        let no_object = |why: String| Fault::new(codes::SERIALIZATION_EXCEPTION, why);
        match serde_json::from_slice(body) {
            Ok(object @ Value::Object(_)) => Ok(Self(object)),
            Ok(_) => Err(no_object("The body is not a JSON object".to_owned())),
            Err(error) => Err(no_object(format!("The body is not valid JSON: {error}"))),
        }
    }

    /// The request's members.
    pub fn root(&self) -> impl Node + '_ {
        Cursor::root(&self.0)
    }
}

/// What a client is told of members that have the wrong structure.
pub fn malformed(error: DecodeError) -> Fault {
    Fault::new(codes::SERIALIZATION_EXCEPTION, error.reason)
}

/// An answer.
pub fn answer(output: &dyn Encode) -> String {
    let mut e = JsonEncoder::default();
    output.encode(&mut e);
    e.finish()
}

/// The answer to a request that is refused.
pub fn error(fault: &Fault) -> String {
    serde_json::json!({ "__type": fault.code.wire, "message": fault.message }).to_string()
}
