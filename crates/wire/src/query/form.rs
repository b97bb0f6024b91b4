//! Form decoding: percent escapes, UTF-8, names that occur twice.

use crate::query::MAX_PARAMETERS;
use crate::query::cursor::Cursor;
use crate::{Fault, Node, codes};

/// One parameter, decoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parameter {
    /// `Tags.Tag.1.Key`.
    pub(super) name: String,
    /// What stands after the equals sign.
    pub(super) value: String,
}

/// The parameters of a request, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    parameters: Vec<Parameter>,
}

impl Form {
    /// Reads an `application/x-www-form-urlencoded` body or a query string.
    ///
    /// # Errors
    /// `MalformedQueryString` for a bad percent escape, bytes that are not UTF-8, a parameter without a name or too
    /// many parameters; `MalformedInput` for a name that occurs twice.
    pub fn parse(form: &[u8]) -> Result<Self, Fault> {
        let mut parameters = Vec::new();
        for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == MAX_PARAMETERS {
                return Err(unreadable("The request has too many parameters"));
            }
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..equals])?;
            if name.is_empty() {
                return Err(unreadable("The request has a parameter without a name"));
            }
            let value = decode(pair.get(equals + 1..).unwrap_or_default())?;
            parameters.push(Parameter { name, value });
        }
        parameters.sort_unstable();
        match parameters.windows(2).find(|pair| pair[0].name == pair[1].name) {
            None => Ok(Self { parameters }),
            Some(pair) => {
                let message =
                    format!("The parameter {} must not be given more than once", shorten(&pair[0].name));
                Err(Fault::new(codes::MALFORMED_INPUT, message))
            }
        }
    }

    /// The value of the parameter called exactly `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.parameters.binary_search_by(|parameter| parameter.name.as_str().cmp(name)).ok()?;
        Some(&self.parameters[at].value)
    }

    /// The request as a structure.
    pub fn root(&self) -> impl Node + '_ {
        Cursor::root(&self.parameters)
    }
}

/// Undoes the encoding of one name or value.
fn decode(encoded: &[u8]) -> Result<String, Fault> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, mut tail)) = rest.split_first() {
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let [high, low, after @ ..] = tail else { return Err(bad_escape()) };
                tail = after;
                hex(*high)? << 4 | hex(*low)?
            }
            other => *other,
        });
        rest = tail;
    }
    String::from_utf8(decoded).map_err(|_| unreadable("The query string is not valid UTF-8"))
}

fn hex(digit: u8) -> Result<u8, Fault> {
    let value = char::from(digit).to_digit(16).ok_or_else(bad_escape)?;
    Ok(u8::try_from(value).expect("a hexadecimal digit is less than 16"))
}

fn bad_escape() -> Fault {
    unreadable("The query string has a percent sign that two hexadecimal digits do not follow")
}

fn unreadable(message: &'static str) -> Fault {
    Fault::new(codes::MALFORMED_QUERY_STRING, message)
}

/// As much of a name that a client chose as an error message should repeat.
pub(super) fn shorten(name: &str) -> &str {
    const MOST: usize = 128;
    let end = name.char_indices().nth(MOST).map_or(name.len(), |(at, _)| at);
    &name[..end]
}
