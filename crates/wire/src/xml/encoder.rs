//! Shapes as XML elements.

use std::borrow::Cow;

use jiff::Timestamp;
use quick_xml::escape::{escape, partial_escape};

use crate::shape::{Content, Encoder, Field};
use crate::{Written, timestamp};

/// What the ends of an answer take at most, behind its longest list.
const END: usize = 256;

/// Writes shapes into a buffer.
pub(super) struct XmlEncoder {
    text: String,
    /// Whether the start tag that was written last lacks its end, `>` or `/>`: its element may turn out to be empty.
    pending: bool,
}

impl Default for XmlEncoder {
    fn default() -> Self {
        Self { text: String::with_capacity(4096), pending: false }
    }
}

impl XmlEncoder {
    /// Writes an element called `name` around what `content` writes.
    pub(super) fn element(&mut self, name: &str, namespace: Option<&str>, content: impl FnOnce(&mut Self)) {
        self.open();
        self.text.push('<');
        self.text.push_str(name);
        if let Some(namespace) = namespace {
            self.text.push_str(" xmlns=\"");
            self.text.push_str(&escape(namespace));
            self.text.push('"');
        }
        self.pending = true;
        content(self);
        if self.pending {
            self.pending = false;
            self.text.push_str("/>");
        } else {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Makes room for elements whose size is known, their tags, and what ends the answer.
    fn reserve(&mut self, elements: usize, tags: usize) {
        if elements > 0 {
            self.text.reserve(elements + tags + END);
        }
    }

    /// Ends the start tag that waits.
    fn open(&mut self) {
        if self.pending {
            self.pending = false;
            self.text.push('>');
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.open();
        if text.bytes().all(is_plain) {
            return self.text.push_str(text);
        }
        // Quotes need no escape outside attributes, and AWS writes none.
        let expressible = expressible(text);
        let escaped = partial_escape(&*expressible);
        if escaped.contains('\r') {
            // A bare carriage return reaches no reader: parsers turn it into a line feed.
            self.text.push_str(&escaped.replace('\r', "&#13;"));
        } else {
            self.text.push_str(&escaped);
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
                    e.reserve(items.size(), items.len() * tags(element));
                    for index in 0..items.len() {
                        e.element(element, None, |e| items.get(index).encode(e));
                    }
                }),
                Content::Map(entries) => self.element(field.name, None, |e| {
                    entries.each(&mut |key, value| {
                        e.element("entry", None, |e| {
                            e.element("key", None, |e| e.string(key));
                            e.element("value", None, |e| value.encode(e));
                        });
                    });
                }),
            }
        }
    }

    fn string(&mut self, value: &str) {
        self.text(value);
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

    fn written(&mut self, value: &Written) {
        if !value.xml().is_empty() {
            self.open();
            self.text.push_str(value.xml());
        }
    }
}

/// How many bytes the tags around an element called `name` take.
const fn tags(name: &str) -> usize {
    2 * name.len() + "<></>".len()
}

/// Whether a byte stands for itself wherever it is found: no markup, no control character, and not the first byte of
/// what XML cannot express (U+FFFE and U+FFFF begin with 0xEF).
const fn is_plain(byte: u8) -> bool {
    byte >= b' ' && !matches!(byte, b'<' | b'>' | b'&' | 0xef)
}

/// `text` with what XML 1.0 cannot express, not even escaped, replaced by U+FFFD: a client that sends a control
/// character must still be able to read the answer that repeats it.
fn expressible(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}
