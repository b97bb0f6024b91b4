//! Shapes as JSON.

use jiff::Timestamp;
use serde_json::Value;

use crate::Written;
use crate::shape::{Content, Encoder, Field};

/// Writes shapes into a buffer.
#[derive(Default)]
pub(super) struct JsonEncoder(String);

impl JsonEncoder {
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn scalar(&mut self, value: impl Into<Value>) {
        self.0.push_str(&value.into().to_string());
    }

    /// Writes the name before a value, and the comma after the value before it.
    fn name(&mut self, name: &str, first: &mut bool) {
        self.comma(first);
        self.scalar(name);
        self.0.push(':');
    }

    fn comma(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.0.push(',');
        }
    }
}

impl Encoder for JsonEncoder {
    fn structure(&mut self, fields: &[Field<'_>]) {
        let mut first = true;
        self.0.push('{');
        for field in fields {
            if matches!(field.content, Content::Absent) {
                continue;
            }
            self.name(field.name, &mut first);
            match &field.content {
                Content::Absent => {}
                Content::One(value) => value.encode(self),
                Content::List { items, .. } => {
                    let mut first = true;
                    self.0.push('[');
                    for index in 0..items.len() {
                        self.comma(&mut first);
                        items.get(index).encode(self);
                    }
                    self.0.push(']');
                }
                Content::Map(entries) => {
                    let mut first = true;
                    self.0.push('{');
                    entries.each(&mut |key, value| {
                        self.name(key, &mut first);
                        value.encode(self);
                    });
                    self.0.push('}');
                }
            }
        }
        self.0.push('}');
    }

    fn string(&mut self, value: &str) {
        self.scalar(value);
    }

    fn boolean(&mut self, value: bool) {
        self.scalar(value);
    }

    fn integer(&mut self, value: i64) {
        self.scalar(value);
    }

    /// JSON has no word for what is no number: AWS writes a string.
    fn double(&mut self, value: f64) {
        match value {
            _ if value.is_finite() => self.scalar(value),
            _ if value.is_nan() => self.scalar("NaN"),
            _ => self.scalar(if value > 0.0 { "Infinity" } else { "-Infinity" }),
        }
    }

    /// Milliseconds at the most, as in recorded answers.
    fn timestamp(&mut self, value: Timestamp) {
        let millisecond = value.as_millisecond();
        if millisecond % 1000 == 0 {
            self.scalar(millisecond / 1000);
        } else {
            self.scalar((value.as_duration().as_secs_f64() * 1000.0).round() / 1000.0);
        }
    }

    fn written(&mut self, _value: &Written) {
        unreachable!("what is written once is XML: services that speak JSON answer with shapes");
    }
}
