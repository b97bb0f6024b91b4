//! A node of the request: the sorted parameters that share its prefix.
//!
//! The wording of structural errors is that of AWS's own Query front ends ("0 is not a valid index", "Start of list
//! found where not expected"), as seen in answers that users of several services quote.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use crate::query::MAX_INDEX;
use crate::query::form::{Parameter, shorten};
use crate::shape::MapEntry;
use crate::{DecodeError, Node, timestamp};

/// The element name that AWS's protocol uses where the model gives none; taken for named lists too.
const DEFAULT_ELEMENT: &str = "member";

/// One node of a [`Form`](crate::query::Form).
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// The node's path, without a trailing dot.
    path: &'a str,
    /// The value of the parameter that is called exactly `path`.
    value: Option<&'a str>,
    /// The parameters whose names begin with `path` and a dot, sorted by name.
    below: &'a [Parameter],
    /// How many bytes of the names in `below` are the prefix: the path and its dot.
    prefix: usize,
}

impl<'a> Cursor<'a> {
    /// The node that holds all `parameters`, which are sorted by name.
    pub(super) fn root(parameters: &'a [Parameter]) -> Self {
        Self { path: "", value: None, below: parameters, prefix: 0 }
    }

    /// What stands behind this node's prefix in the name of a parameter below it.
    fn after<'p>(&self, parameter: &'p Parameter) -> &'p str {
        &parameter.name[self.prefix..]
    }

    /// The node `name` below this one.
    fn child(&self, name: &str) -> Option<Self> {
        let exact = self.below.binary_search_by(|parameter| self.after(parameter).cmp(name)).ok();
        let start = self.below.partition_point(|parameter| is_before(self.after(parameter), name));
        let tail = &self.below[start..];
        let end = tail.partition_point(|parameter| {
            self.after(parameter).strip_prefix(name).is_some_and(|after| after.starts_with('.'))
        });
        let below = &tail[..end];
        let any = exact.map(|at| &self.below[at]).or_else(|| below.first())?;
        let path = &any.name[..self.prefix + name.len()];
        let value = exact.map(|at| self.below[at].value.as_str());
        Some(Self { path, value, below, prefix: path.len() + 1 })
    }

    /// The elements of a list whose indexes stand directly below this node.
    fn indexed(&self) -> Result<Vec<Self>, DecodeError> {
        let mut elements: Vec<(u32, Self)> = Vec::new();
        let mut rest = self.below;
        while let Some(first) = rest.first() {
            let after = self.after(first);
            let segment = after.split('.').next().unwrap_or(after);
            let index = index(segment).ok_or_else(|| self.error(invalid_index(segment)))?;
            let path = &first.name[..self.prefix + segment.len()];
            let mine = rest.partition_point(|parameter| {
                let after = self.after(parameter);
                after.strip_prefix(segment).is_some_and(|after| after.is_empty() || after.starts_with('.'))
            });
            let (mine, others) = rest.split_at(mine);
            let exact = after.len() == segment.len();
            let (value, below) = if exact { (Some(first.value.as_str()), &mine[1..]) } else { (None, mine) };
            elements.push((index, Self { path, value, below, prefix: path.len() + 1 }));
            rest = others;
        }
        // Names are sorted as text, where 10 comes before 2.
        elements.sort_unstable_by_key(|(index, _)| *index);
        Ok(elements.into_iter().map(|(_, element)| element).collect())
    }

    /// The value of a node that must be simple.
    fn scalar(&self) -> Result<&'a str, DecodeError> {
        match (self.value, self.below.first()) {
            (Some(value), None) => Ok(value),
            (_, Some(below)) => {
                let list = self.after(below).split('.').any(|segment| index(segment).is_some());
                let kind = if list { "list" } else { "structure or map" };
                Err(self.error(format!("Start of {kind} found where not expected")))
            }
            (None, None) => Err(self.error("No value where one is expected".to_owned())),
        }
    }

    /// The value of a node that must be a `kind`, as `read` understands it.
    fn typed<T>(&self, kind: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, DecodeError> {
        read(self.scalar()?)
            .ok_or_else(|| self.error(format!("The value of {} is not {kind}", shorten(self.path))))
    }

    fn error(&self, reason: String) -> DecodeError {
        DecodeError { path: self.path.to_owned(), reason }
    }
}

impl Node for Cursor<'_> {
    fn path(&self) -> String {
        self.path.to_owned()
    }

    fn member(&self, name: &str) -> Result<Option<Box<dyn Node + '_>>, DecodeError> {
        if self.value.is_some_and(|value| !value.is_empty()) {
            return Err(self.error("Unexpected complex element termination".to_owned()));
        }
        Ok(self.child(name).map(|child| Box::new(child) as Box<dyn Node + '_>))
    }

    fn elements(&self, element: &str) -> Result<Vec<Box<dyn Node + '_>>, DecodeError> {
        let named = self.child(element);
        let default = if element == DEFAULT_ELEMENT { None } else { self.child(DEFAULT_ELEMENT) };
        let holder = match (named, default) {
            (Some(holder), None) | (None, Some(holder)) => holder,
            (None, None) => *self,
            (Some(_), Some(_)) => {
                return Err(self.error(format!("{} has elements of two names", shorten(self.path))));
            }
        };
        // `X=` is how the protocol writes an empty list.
        if [self.value, holder.value].into_iter().flatten().any(|value| !value.is_empty()) {
            return Err(self.error("Unexpected list element termination".to_owned()));
        }
        let elements = holder.indexed()?;
        Ok(elements.into_iter().map(|element| Box::new(element) as Box<dyn Node + '_>).collect())
    }

    /// `Map.entry.1.key=a&Map.entry.1.value=b`.
    fn entries(&self) -> Result<Vec<MapEntry<'_>>, DecodeError> {
        let Some(holder) = self.child("entry") else { return Ok(Vec::new()) };
        let entry = |entry: Self| {
            let part = |name: &str| {
                entry.child(name).ok_or_else(|| entry.error(format!("{} has no {name}", shorten(entry.path))))
            };
            let value: Box<dyn Node + '_> = Box::new(part("value")?);
            Ok((part("key")?.scalar()?.to_owned(), value))
        };
        holder.indexed()?.into_iter().map(entry).collect()
    }

    fn string(&self) -> Result<Cow<'_, str>, DecodeError> {
        self.scalar().map(Cow::Borrowed)
    }

    fn boolean(&self) -> Result<bool, DecodeError> {
        self.typed("a boolean", |value| match value {
            _ if value.eq_ignore_ascii_case("true") => Some(true),
            _ if value.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        })
    }

    fn integer(&self) -> Result<i64, DecodeError> {
        self.typed("an integer", |value| value.parse().ok())
    }

    fn double(&self) -> Result<f64, DecodeError> {
        self.typed("a number", |value| value.parse().ok().filter(|number: &f64| number.is_finite()))
    }

    fn timestamp(&self) -> Result<Timestamp, DecodeError> {
        self.typed("a timestamp", timestamp::parse)
    }
}

/// Whether `text` is sorted before `name` and a dot.
fn is_before(text: &str, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    let common = text.len().min(name.len());
    match text[..common].cmp(&name[..common]) {
        Ordering::Equal => text.get(name.len()).is_none_or(|next| *next < b'.'),
        unequal => unequal.is_lt(),
    }
}

/// The index that `segment` spells: from 1, in decimal, without leading zeros, so that none can be spelt twice.
fn index(segment: &str) -> Option<u32> {
    if segment.starts_with('0') || !segment.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    segment.parse().ok().filter(|index| *index <= MAX_INDEX)
}

fn invalid_index(segment: &str) -> String {
    format!("{} is not a valid index", shorten(segment))
}
