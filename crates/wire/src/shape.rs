//! The protocol-neutral traits between generated shapes and hand-written codecs.
//!
//! A shape tells an [`Encoder`] its fields and reads itself from a [`Node`]; neither knows whether the bytes are
//! a form, XML, JSON or CBOR. Names are the model's wire names, so that every codec finds what it needs: a list
//! carries its element's name, which XML writes and JSON ignores.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use crate::constraint::{self, MemberRule, Violation};
use crate::{Fault, Written};

/// A shape that can be written by any protocol.
pub trait Encode {
    /// Tells `e` this value: exactly one call of one of its methods.
    fn encode(&self, e: &mut dyn Encoder);
}

/// A shape that can be read from any protocol.
pub trait Decode: Sized {
    /// Reads the shape at `n`; an error carries the member's path.
    fn decode(n: &dyn Node) -> Result<Self, DecodeError>;
}

/// One operation of a service model.
pub trait Operation {
    /// The operation's name, as in `Action=`.
    const NAME: &'static str;
    /// The element that wraps the answer in XML; none when the operation has no output.
    const RESULT_WRAPPER: Option<&'static str>;
    /// The request's shape.
    type Input: Decode + Send;
    /// The answer's shape.
    type Output: Encode + Send;

    /// What the model demands of the request's members.
    fn rules() -> &'static [MemberRule];
}

/// What serves an operation. Missing for one operation, the service's `dispatch` does not compile.
pub trait Handle<O: Operation, Cx: Sync>: Sync {
    /// Serves one request.
    fn handle(&self, cx: &Cx, input: O::Input) -> impl Future<Output = Result<O::Output, Fault>> + Send;

    /// What every request is told before it is read, when the operation is not built: see
    /// [`refuse!`](crate::refuse!).
    fn refusal(&self) -> Option<Fault> {
        None
    }
}

/// A protocol's writing side.
pub trait Encoder {
    /// Writes a structure: its present fields, in this order.
    fn structure(&mut self, fields: &[Field<'_>]);
    /// Writes a string.
    fn string(&mut self, value: &str);
    /// Writes a boolean.
    fn boolean(&mut self, value: bool);
    /// Writes an integer of any width.
    fn integer(&mut self, value: i64);
    /// Writes a double.
    fn double(&mut self, value: f64);
    /// Writes a point in time.
    fn timestamp(&mut self, value: Timestamp);
    /// Copies what was written before.
    fn written(&mut self, value: &Written);
}

/// One member of a structure that is being written.
pub struct Field<'a> {
    /// The member's name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub content: Content<'a>,
}

/// What a [`Field`] holds.
pub enum Content<'a> {
    /// Nothing: no protocol writes it.
    Absent,
    /// One value.
    One(&'a dyn Encode),
    /// A list, possibly empty: present all the same.
    List {
        /// The name of each element, in protocols that name elements.
        element: &'static str,
        /// The elements.
        items: &'a dyn Items,
    },
    /// A map from strings, possibly empty: present all the same.
    Map(&'a dyn Entries),
}

impl<'a> Field<'a> {
    /// A member that holds one value.
    pub fn one<T: Encode>(name: &'static str, value: Option<&'a T>) -> Self {
        let content = value.map_or(Content::Absent, |value| Content::One(value));
        Self { name, content }
    }

    /// A member that holds a list whose elements are called `element`.
    pub fn list<L: Items>(name: &'static str, element: &'static str, value: Option<&'a L>) -> Self {
        let content = value.map_or(Content::Absent, |items| Content::List { element, items });
        Self { name, content }
    }

    /// A member that holds a map.
    pub fn map<M: Entries>(name: &'static str, value: Option<&'a M>) -> Self {
        let content = value.map_or(Content::Absent, |entries| Content::Map(entries));
        Self { name, content }
    }
}

/// The entries of a map, whatever its values' shape.
pub trait Entries {
    /// Calls `each` with every key and value, by key.
    fn each(&self, each: &mut dyn FnMut(&str, &dyn Encode));
}

impl<T: Encode> Entries for BTreeMap<String, T> {
    fn each(&self, each: &mut dyn FnMut(&str, &dyn Encode)) {
        for (key, value) in self {
            each(key, value);
        }
    }
}

/// The elements of a list, whatever their shape.
pub trait Items {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element at `index`, from 0.
    ///
    /// # Panics
    /// When `index` is not less than [`Items::len`].
    fn get(&self, index: usize) -> &dyn Encode;

    /// How many bytes of text they hold, as far as that is known before they are written.
    fn size(&self) -> usize {
        0
    }
}

impl<T: Encode> Items for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> &dyn Encode {
        &self[index]
    }
}

/// A key of a map that is being read, and its value.
pub type MapEntry<'n> = (String, Box<dyn Node + 'n>);

/// A protocol's reading side: one node of a decoded request.
///
/// `Sync`, because a request waits beside its handler's future, which may move between threads.
pub trait Node: Sync {
    /// Where the node stands in the request as the client wrote it: `Tags.Tag.1.Key`; empty at the root.
    fn path(&self) -> String;

    /// The member `name` of this structure, none when the request does not mention it. Members that no shape asks
    /// for are thereby ignored, as AWS does.
    ///
    /// # Errors
    /// When this node is no structure.
    fn member(&self, name: &str) -> Result<Option<Box<dyn Node + '_>>, DecodeError>;

    /// The elements of this list, in order; `element` is their name in protocols that name elements.
    ///
    /// # Errors
    /// When this node is no list, or its indexes are wrong.
    fn elements(&self, element: &str) -> Result<Vec<Box<dyn Node + '_>>, DecodeError>;

    /// The entries of this map, in the order of the request.
    ///
    /// # Errors
    /// When this node is no map.
    fn entries(&self) -> Result<Vec<MapEntry<'_>>, DecodeError>;

    /// This node as a string.
    ///
    /// # Errors
    /// When it is a list or a structure.
    fn string(&self) -> Result<Cow<'_, str>, DecodeError>;

    /// This node as a boolean.
    ///
    /// # Errors
    /// When it is none.
    fn boolean(&self) -> Result<bool, DecodeError>;

    /// This node as an integer.
    ///
    /// # Errors
    /// When it is none, or needs more than 64 bits.
    fn integer(&self) -> Result<i64, DecodeError>;

    /// This node as a double.
    ///
    /// # Errors
    /// When it is none.
    fn double(&self) -> Result<f64, DecodeError>;

    /// This node as a point in time.
    ///
    /// # Errors
    /// When it is none.
    fn timestamp(&self) -> Result<Timestamp, DecodeError>;
}

/// Reads the member `name` of the structure `n`.
///
/// # Errors
/// The member's own.
pub fn optional<T: Decode>(n: &dyn Node, name: &str) -> Result<Option<T>, DecodeError> {
    n.member(name)?.map(|member| T::decode(&*member)).transpose()
}

/// Reads the member `name` of the structure `n`, a list: an empty list is not an absent one.
///
/// # Errors
/// The list's own and its elements'.
pub fn list<T: Decode>(n: &dyn Node, name: &str, element: &str) -> Result<Option<Vec<T>>, DecodeError> {
    let Some(member) = n.member(name)? else { return Ok(None) };
    let elements = member.elements(element)?;
    elements.iter().map(|element| T::decode(&**element)).collect::<Result<_, _>>().map(Some)
}

/// Reads the member `name` of the structure `n`, a map: an empty map is not an absent one.
///
/// # Errors
/// The map's own and its values'.
pub fn map<T: Decode>(n: &dyn Node, name: &str) -> Result<Option<BTreeMap<String, T>>, DecodeError> {
    let Some(member) = n.member(name)? else { return Ok(None) };
    let entries = member.entries()?.into_iter();
    entries.map(|(key, value)| Ok((key, T::decode(&*value)?))).collect::<Result<_, _>>().map(Some)
}

/// Why a request's members could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DecodeError {
    /// The member's path as the client wrote it, `Tags.Tag.1.Key`.
    pub path: String,
    /// What is wrong with it, without the value: it may be a secret.
    pub reason: String,
}

/// Why an operation was not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// The request could not be read.
    #[error("cannot read the request: {0}")]
    Malformed(#[source] DecodeError),
    /// The request could be read and breaks what the model demands.
    #[error("the request is not valid: {0}")]
    Invalid(#[source] Violation),
    /// The handler refused.
    #[error("the handler refused: {}: {}", .0.code.wire, .0.message)]
    Refused(Fault),
}

/// An operation that is being served.
pub type Served<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn Encode + Send>, DispatchError>> + Send + 'a>>;

/// Serves operation `O`: refuses it when it is not built, reads the request, checks what the model demands of it,
/// hands it to the service's handler. What fails first is the answer's error.
///
/// Boxed, and never inlined: a service's dispatch has an arm per operation, and without this its frame would hold
/// the futures of all of them.
#[inline(never)]
pub fn serve<'a, O, S, Cx>(service: &'a S, cx: &'a Cx, request: &'a dyn Node) -> Served<'a>
where
    O: Operation,
    O::Output: 'static,
    S: Handle<O, Cx>,
    Cx: Sync,
{
    Box::pin(async move {
        if let Some(fault) = service.refusal() {
            return Err(DispatchError::Refused(fault));
        }
        let input = O::Input::decode(request).map_err(DispatchError::Malformed)?;
        constraint::check(request, O::rules())?;
        let output = service.handle(cx, input).await.map_err(DispatchError::Refused)?;
        Ok(Box::new(output) as Box<dyn Encode + Send>)
    })
}
