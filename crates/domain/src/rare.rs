//! Values that are nothing nearly always: one word in the row that has them, and apart from it when they are something.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type with a value that says nothing, which is its default.
pub trait Blank: Default + PartialEq + 'static {
    /// That value.
    const BLANK: &'static Self;
}

/// A value that is [`Blank::BLANK`] nearly always, and then takes no room of its own.
#[derive(Clone)]
pub struct Rare<T> {
    value: Option<Box<T>>,
}

impl<T: Blank> From<T> for Rare<T> {
    fn from(value: T) -> Self {
        Self { value: (value != *T::BLANK).then(|| Box::new(value)) }
    }
}

impl<T: Blank> Rare<T> {
    /// The value by itself.
    pub fn into_inner(self) -> T {
        self.value.map_or_else(T::default, |value| *value)
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self { value: None }
    }
}

impl<T: Blank> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_deref().unwrap_or(T::BLANK)
    }
}

impl<T: Blank> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.get_or_insert_default()
    }
}

impl<T: Blank> PartialEq for Rare<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Blank + Eq> Eq for Rare<T> {}

impl<T: Blank + fmt::Debug> fmt::Debug for Rare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Blank + Serialize> Serialize for Rare<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Blank + Deserialize<'de>> Deserialize<'de> for Rare<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    struct Waits(Vec<u8>);

    impl Blank for Waits {
        const BLANK: &'static Self = &Self(Vec::new());
    }

    #[test]
    fn what_is_blank_takes_no_room_and_is_the_same_however_it_became_so() {
        let mut rare: Rare<Waits> = serde_json::from_str("[]").unwrap();
        assert!(rare.value.is_none());
        rare.0.push(1);
        assert_eq!(serde_json::to_string(&rare).unwrap(), "[1]");
        rare.0.clear();
        assert_eq!(rare, Rare::default());
    }
}
