//! The simple values that shapes are made of.

use jiff::Timestamp;

use crate::shape::{Decode, DecodeError, Encode, Encoder, Field, Node};

/// A string that must not be seen in logs: a token or a password.
///
/// Its `Debug` tells nothing; [`Secret::expose`] marks every place that reads it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value` from logs.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Encode for Secret {
    fn encode(&self, e: &mut dyn Encoder) {
        e.string(&self.0);
    }
}

impl Decode for Secret {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        String::decode(n).map(Self)
    }
}

impl Encode for String {
    fn encode(&self, e: &mut dyn Encoder) {
        e.string(self);
    }
}

impl Decode for String {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        n.string().map(std::borrow::Cow::into_owned)
    }
}

impl Encode for bool {
    fn encode(&self, e: &mut dyn Encoder) {
        e.boolean(*self);
    }
}

impl Decode for bool {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        n.boolean()
    }
}

impl Encode for i32 {
    fn encode(&self, e: &mut dyn Encoder) {
        e.integer(i64::from(*self));
    }
}

impl Decode for i32 {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        let value = n.integer()?;
        Self::try_from(value).map_err(|_| {
            let path = n.path();
            let reason = format!("The value of {path} does not fit in 32 bits");
            DecodeError { path, reason }
        })
    }
}

impl Encode for i64 {
    fn encode(&self, e: &mut dyn Encoder) {
        e.integer(*self);
    }
}

impl Decode for i64 {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        n.integer()
    }
}

impl Encode for f64 {
    fn encode(&self, e: &mut dyn Encoder) {
        e.double(*self);
    }
}

impl Decode for f64 {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        n.double()
    }
}

impl Encode for Timestamp {
    fn encode(&self, e: &mut dyn Encoder) {
        e.timestamp(*self);
    }
}

impl Decode for Timestamp {
    fn decode(n: &dyn Node) -> Result<Self, DecodeError> {
        n.timestamp()
    }
}

/// The output of an operation that has none.
impl Encode for () {
    fn encode(&self, e: &mut dyn Encoder) {
        e.structure(&[] as &[Field<'_>]);
    }
}
