//! A node of a request: a JSON value and the way to it.
//!
//! The wording of structural errors is that of AWS's own JSON front ends ("NUMBER_VALUE cannot be converted to String"),
//! as seen in answers that users of several services quote.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::Value;

use crate::shape::MapEntry;
use crate::{DecodeError, Node};

#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// `ResourceARNList.1.member`: elements are counted from 1 and called `member`, as in AWS's messages.
    path: String,
    value: &'a Value,
}

impl<'a> Cursor<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    fn child(&self, name: &str, value: &'a Value) -> Box<dyn Node + 'a> {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Box::new(Self { path, value })
    }

    /// The members of an object.
    fn object(&self) -> Result<&'a serde_json::Map<String, Value>, DecodeError> {
        self.value.as_object().ok_or_else(|| {
            self.error(match self.value {
                Value::Array(_) => "Start of list found where not expected".to_owned(),
                other => format!("{} found where a structure or map is expected", token(other)),
            })
        })
    }

    /// This value as `read` understands it, or the error that it is no `kind`.
    fn typed<T>(&self, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, DecodeError> {
        read(self.value).ok_or_else(|| {
            self.error(match self.value {
                Value::Array(_) => "Start of list found where not expected".to_owned(),
                Value::Object(_) => "Start of structure or map found where not expected".to_owned(),
                scalar => format!("{} cannot be converted to {kind}", token(scalar)),
            })
        })
    }

    fn error(&self, reason: String) -> DecodeError {
        DecodeError { path: self.path.clone(), reason }
    }
}

impl Node for Cursor<'_> {
    fn path(&self) -> String {
        self.path.clone()
    }

    fn member(&self, name: &str) -> Result<Option<Box<dyn Node + '_>>, DecodeError> {
        let value = self.object()?.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| self.child(name, value)))
    }

    fn elements(&self, _element: &str) -> Result<Vec<Box<dyn Node + '_>>, DecodeError> {
        let Value::Array(items) = self.value else {
            return Err(self.error(match self.value {
                Value::Object(_) => "Start of structure or map found where not expected".to_owned(),
                _ => "Expected list or null".to_owned(),
            }));
        };
        let item = |(index, value)| self.child(&format!("{}.member", index + 1), value);
        Ok(items.iter().enumerate().map(item).collect())
    }

    fn entries(&self) -> Result<Vec<MapEntry<'_>>, DecodeError> {
        let entry = |(key, value): (&String, _)| (key.clone(), self.child(key, value));
        Ok(self.object()?.iter().map(entry).collect())
    }

    fn string(&self) -> Result<Cow<'_, str>, DecodeError> {
        self.typed("String", Value::as_str).map(Cow::Borrowed)
    }

    fn boolean(&self) -> Result<bool, DecodeError> {
        self.typed("Boolean", Value::as_bool)
    }

    fn integer(&self) -> Result<i64, DecodeError> {
        self.typed("Integer", Value::as_i64)
    }

    fn double(&self) -> Result<f64, DecodeError> {
        self.typed("Double", Value::as_f64)
    }

    fn timestamp(&self) -> Result<Timestamp, DecodeError> {
        self.typed("Timestamp", |value| {
            let since_1970 = SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?;
            // A double holds no more of today's times than that.
            Timestamp::from_duration(since_1970).ok()?.round(Unit::Millisecond).ok()
        })
    }
}

/// What AWS calls a simple value.
const fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) | Value::Object(_) => "COMPLEX_VALUE",
    }
}
