//! A whole reply as a tree, to be changed and written again.

use std::borrow::Cow;

use super::requests::number;

/// Deeper than any reply that tells of topology.
const DEEPEST: u8 = 8;

/// A reply, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A line, its end included: numbers, errors, nil.
    Line(Cow<'a, [u8]>),
    /// A text, with its sign.
    Text(u8, Cow<'a, [u8]>),
    /// Several, with their sign: the keys and values of a map one after the other.
    Many(u8, Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// The whole of `bytes`; none where it is not one reply.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (value, rest) = read(bytes, DEEPEST)?;
        rest.is_empty().then_some(value)
    }

    /// Writes it as an engine does.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Line(line) => to.extend_from_slice(line),
            Self::Text(sign, text) => {
                head(to, *sign, text.len());
                to.extend_from_slice(text);
                to.extend_from_slice(b"\r\n");
            }
            Self::Many(sign, values) => {
                head(to, *sign, values.len() / parts(*sign));
                values.iter().for_each(|value| value.write(to));
            }
        }
    }

    /// A text.
    pub(super) fn text(text: String) -> Self {
        Self::Text(b'$', Cow::Owned(text.into_bytes()))
    }

    /// A number.
    pub(super) fn number(number: u16) -> Self {
        Self::Line(Cow::Owned(format!(":{number}\r\n").into_bytes()))
    }

    /// What it says, where it is text.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(_, text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// The port that it is.
    pub(super) fn as_port(&self) -> Option<u16> {
        match self {
            Self::Line(line) => number(line.strip_prefix(b":")?.strip_suffix(b"\r\n")?),
            _ => None,
        }
    }

    /// Its parts; none where it has none.
    pub(super) fn parts(&mut self) -> &mut [Self] {
        match self {
            Self::Many(_, values) => values,
            _ => &mut [],
        }
    }
}

/// How many values make one of what is counted.
pub(super) fn parts(sign: u8) -> usize {
    if sign == b'%' { 2 } else { 1 }
}

fn head(to: &mut Vec<u8>, sign: u8, length: usize) {
    to.push(sign);
    to.extend_from_slice(length.to_string().as_bytes());
    to.extend_from_slice(b"\r\n");
}

fn read(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = bytes.split_at(end + 2);
    let (sign, length) = (*line.first()?, line.get(1..end)?);
    match sign {
        b'$' | b'=' | b'*' | b'~' | b'%' if length.starts_with(b"-") => {
            Some((Value::Line(Cow::Borrowed(line)), rest))
        }
        b'$' | b'=' => {
            let length: usize = number(length)?;
            let text = rest.get(..length)?;
            let rest = rest.get(length..)?.strip_prefix(b"\r\n")?;
            Some((Value::Text(sign, Cow::Borrowed(text)), rest))
        }
        b'*' | b'~' | b'%' => {
            let depth = depth.checked_sub(1)?;
            let count = number::<usize>(length)?.checked_mul(parts(sign))?;
            let (mut values, mut rest) = (Vec::new(), rest);
            for _ in 0..count {
                let (value, after) = read(rest, depth)?;
                values.push(value);
                rest = after;
            }
            Some((Value::Many(sign, values), rest))
        }
        _ => Some((Value::Line(Cow::Borrowed(line)), rest)),
    }
}
