//! Shapes as XML elements.

use std::borrow::Cow;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use crate::shape::{Content, Encoder, Field};
use crate::timestamp;

/// Writes shapes into a buffer.
pub(super) struct XmlEncoder {
    writer: Writer<Vec<u8>>,
    /// An element that is open and whose start tag waits to be written: it may turn out to be empty.
    pending: Option<BytesStart<'static>>,
}

impl Default for XmlEncoder {
    fn default() -> Self {
        Self { writer: Writer::new(Vec::with_capacity(1024)), pending: None }
    }
}

impl XmlEncoder {
    /// Writes an element called `name` around what `content` writes.
    pub(super) fn element(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        namespace: Option<&str>,
        content: impl FnOnce(&mut Self),
    ) {
        self.open();
        let name = name.into();
        let mut start = BytesStart::new(name.clone());
        start.extend_attributes(namespace.map(|namespace| ("xmlns", namespace)));
        self.pending = Some(start);
        content(self);
        match self.pending.take() {
            Some(start) => self.write(Event::Empty(start)),
            None => self.write(Event::End(BytesEnd::new(name))),
        }
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        String::from_utf8(self.writer.into_inner()).expect("only strings are written")
    }

    /// Writes the start tag that waits.
    fn open(&mut self) {
        if let Some(start) = self.pending.take() {
            self.write(Event::Start(start));
        }
    }

    fn write(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("writing to memory does not fail");
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.open();
            // Quotes need no escape outside attributes, and AWS writes none.
            let escaped = partial_escape(text);
            // A bare carriage return reaches no reader: parsers turn it into a line feed.
            let escaped =
                if escaped.contains('\r') { escaped.replace('\r', "&#13;").into() } else { escaped };
            self.write(Event::Text(BytesText::from_escaped(escaped)));
        }
    }
}

impl Encoder for XmlEncoder {
    fn structure(&mut self, fields: &[Field<'_>]) {
        for field in fields {
            match &field.content {
                Content::Absent => {}
                Content::One(value) => self.element(field.name, None, |e| value.encode(e)),
                Content::List { element, items } => self.element(field.name, None, |e| {
                    for index in 0..items.len() {
                        e.element(*element, None, |e| items.get(index).encode(e));
                    }
                }),
            }
        }
    }

    fn string(&mut self, value: &str) {
        self.text(&expressible(value));
    }

    fn boolean(&mut self, value: bool) {
        self.text(if value { "true" } else { "false" });
    }

    fn integer(&mut self, value: i64) {
        self.text(&value.to_string());
    }

    /// AWS writes doubles as plain decimals, whole ones with a zero behind the point.
    fn double(&mut self, value: f64) {
        let text = value.to_string();
        let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        self.text(&if whole { text + ".0" } else { text });
    }

    fn timestamp(&mut self, value: Timestamp) {
        self.text(&timestamp::iso8601(value));
    }
}

/// `text` with what XML 1.0 cannot express, not even escaped, replaced by U+FFFD: a client that sends a control
/// character must still be able to read the answer that repeats it.
fn expressible(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}
