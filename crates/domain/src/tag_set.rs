//! A resource's tags by key, and whether it ever had some: the Resource Groups Tagging API lists what was tagged once.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rare::Blank;

/// Key and value. A row keeps the set that had tags and has none as `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagSet {
    tags: BTreeMap<String, String>,
    emptied: bool,
}

impl TagSet {
    /// The set after a change to `tags`.
    #[must_use]
    pub fn changed_to(&self, tags: BTreeMap<String, String>) -> Self {
        let emptied = tags.is_empty() && self.was_used();
        Self { tags, emptied }
    }

    /// Whether there are tags, or ever were.
    pub fn was_used(&self) -> bool {
        self.emptied || !self.tags.is_empty()
    }
}

impl Blank for TagSet {
    const BLANK: &'static Self = &Self { tags: BTreeMap::new(), emptied: false };
}

impl Deref for TagSet {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.tags
    }
}

impl Serialize for TagSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.emptied { serializer.serialize_none() } else { self.tags.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for TagSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = Option::deserialize(deserializer)?;
        Ok(Self { emptied: tags.is_none(), tags: tags.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_what_has_no_tags_any_more_from_what_never_had_some() {
        let never: TagSet = serde_json::from_str("{}").unwrap();
        assert!(!never.was_used() && !never.changed_to(BTreeMap::new()).was_used());
        let tagged = never.changed_to([("a".to_owned(), "b".to_owned())].into());
        let emptied = tagged.changed_to(BTreeMap::new());
        for (set, row) in [(never, "{}"), (tagged, r#"{"a":"b"}"#), (emptied.clone(), "null")] {
            assert_eq!(serde_json::to_string(&set).unwrap(), row);
            assert_eq!(serde_json::from_str::<TagSet>(row).unwrap(), set);
        }
        assert!(emptied.is_empty() && emptied.changed_to(BTreeMap::new()).was_used());
    }
}
