//! The lists that answers come in pages of, whose elements may have been written before.

use std::sync::Arc;

use crate::shape::{Encode, Encoder, Items};
use crate::xml;

/// An element as it was once written, to be copied into any number of answers. Its bytes are those of the Query
/// protocols, the only ones that there are so far; whoever holds it cannot see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written(Arc<str>);

impl Written {
    /// Writes `element`.
    pub fn of(element: &impl Encode) -> Self {
        Self(xml::content(element).into())
    }

    /// What stands between the element's tags.
    pub(crate) fn xml(&self) -> &str {
        &self.0
    }
}

impl Encode for Written {
    fn encode(&self, e: &mut dyn Encoder) {
        e.written(self);
    }
}

/// A page's list: of shapes, or of elements that were written before.
#[derive(Debug, Clone, PartialEq)]
pub enum List<T> {
    /// Shapes, to be written now.
    Shapes(Vec<T>),
    /// Elements that were written.
    Written(Vec<Written>),
}

impl<T: Encode> Items for List<T> {
    fn len(&self) -> usize {
        match self {
            Self::Shapes(shapes) => shapes.len(),
            Self::Written(written) => written.len(),
        }
    }

    fn get(&self, index: usize) -> &dyn Encode {
        match self {
            Self::Shapes(shapes) => &shapes[index],
            Self::Written(written) => &written[index],
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Shapes(_) => 0,
            Self::Written(written) => written.iter().map(|element| element.0.len()).sum(),
        }
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(shapes: I) -> Self {
        Self::Shapes(shapes.into_iter().collect())
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(shapes: Vec<T>) -> Self {
        Self::Shapes(shapes)
    }
}
