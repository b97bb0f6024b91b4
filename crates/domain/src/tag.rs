//! Tags and their limits (user guide, Tagging-Resources).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::quota::Quota;
use crate::rare::Rare;
use crate::rejection::Rejection;
use crate::tag_set::TagSet;

/// A tag as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedTag {
    /// `Key`.
    pub key: Option<String>,
    /// `Value`; none means an empty one.
    pub value: Option<String>,
}

/// A resource's tags, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Rare<TagSet>);

impl Tags {
    /// Adds or overwrites, all or nothing.
    ///
    /// # Errors
    /// On the first tag that breaks a limit, and when there would be more than 50.
    pub fn with(&self, requested: &[RequestedTag]) -> Result<Self, Rejection> {
        let mut tags = BTreeMap::clone(&self.0);
        let mut seen = BTreeSet::new();
        for tag in requested {
            let (key, value) = checked(tag)?;
            if !seen.insert(key) {
                return Err(Rejection::TagTwice(key.to_owned()));
            }
            tags.insert(key.to_owned(), value.to_owned());
        }
        let limit = Quota::TagsPerResource.default_limit();
        if u32::try_from(tags.len()).is_ok_and(|count| count <= limit) {
            Ok(self.changed_to(tags))
        } else {
            Err(Rejection::TooManyTags(limit))
        }
    }

    /// Removes the keys, all or nothing.
    ///
    /// # Errors
    /// [`Rejection::TagNotFound`] for a key that is not there.
    pub fn without(&self, keys: &[String]) -> Result<Self, Rejection> {
        let mut tags = BTreeMap::clone(&self.0);
        for key in keys {
            if tags.remove(key).is_none() && !self.0.contains_key(key) {
                return Err(Rejection::TagNotFound(key.clone()));
            }
        }
        Ok(self.changed_to(tags))
    }

    /// The same without these keys; one that is not there is no mistake.
    #[must_use]
    pub fn free_of(&self, keys: &[String]) -> Self {
        let mut tags = BTreeMap::clone(&self.0);
        tags.retain(|key, _| !keys.contains(key));
        self.changed_to(tags)
    }

    /// A replication group member's tags after those of its group changed: its own stay.
    #[must_use]
    pub fn following(&self, before: &Self, after: &Self) -> Self {
        let own = self.0.iter().filter(|(key, _)| !before.0.contains_key(*key) || after.0.contains_key(*key));
        let tags: BTreeMap<_, _> =
            own.chain(after.0.iter()).map(|(key, value)| (key.clone(), value.clone())).collect();
        self.changed_to(tags)
    }

    fn changed_to(&self, tags: BTreeMap<String, String>) -> Self {
        Self(self.0.changed_to(tags).into())
    }

    /// Whether there are tags, or ever were.
    pub fn was_used(&self) -> bool {
        self.0.was_used()
    }

    /// Key and value, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The key and value, when they keep the limits: key 1 to 128 characters, value at most 256, no `aws:` in front,
/// letters, digits, spaces and `_.:/=+-@`.
fn checked(tag: &RequestedTag) -> Result<(&str, &str), Rejection> {
    let key = tag.key.as_deref().ok_or(Rejection::Missing("Tags.Key"))?;
    let value = tag.value.as_deref().unwrap_or_default();
    if !(1..=128).contains(&key.chars().count()) {
        return Err(Rejection::TagKeyLength);
    }
    if value.chars().count() > 256 {
        return Err(Rejection::TagValueLength);
    }
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(Rejection::TagReserved(key.to_owned()));
    }
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    match [key, value].into_iter().find(|text| !text.chars().all(allowed)) {
        Some(text) => Err(Rejection::TagCharacters(text.to_owned())),
        None => Ok((key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> RequestedTag {
        RequestedTag { key: Some(key.into()), value: Some(value.into()) }
    }

    fn refusal(tags: &[RequestedTag]) -> Rejection {
        Tags::default().with(tags).expect_err("tags that break a limit")
    }

    #[test]
    fn tags_keep_their_limits() {
        assert_eq!(refusal(&[tag("", "v")]), Rejection::TagKeyLength);
        assert_eq!(refusal(&[tag(&"k".repeat(129), "v")]), Rejection::TagKeyLength);
        assert_eq!(refusal(&[tag("k", &"v".repeat(257))]), Rejection::TagValueLength);
        assert_eq!(refusal(&[tag("AWS:k", "v")]), Rejection::TagReserved("AWS:k".into()));
        assert_eq!(refusal(&[tag("k", "v"), tag("k", "w")]), Rejection::TagTwice("k".into()));
        assert_eq!(refusal(&[tag("k", "v;")]), Rejection::TagCharacters("v;".into()));
        assert_eq!(refusal(&[RequestedTag::default()]), Rejection::Missing("Tags.Key"));
        let many: Vec<_> = (0..51).map(|n| tag(&format!("k{n}"), "")).collect();
        assert_eq!(refusal(&many), Rejection::TooManyTags(50));
        let full = Tags::default().with(&many[1..]).unwrap();
        assert_eq!(full.len(), 50);
        assert_eq!(full.with(&[tag("k1", "new")]).unwrap().len(), 50, "overwriting takes no further place");
        assert!(Tags::default().with(&[tag(&"k".repeat(128), &"é".repeat(256))]).is_ok());
    }

    #[test]
    fn removal_is_all_or_nothing() {
        let tags = Tags::default().with(&[tag("a", "1"), tag("b", "2")]).unwrap();
        let left = tags.without(&["a".into(), "a".into()]).unwrap();
        assert_eq!(left.iter().collect::<Vec<_>>(), [("b", "2")]);
        assert_eq!(tags.without(&["a".into(), "c".into()]), Err(Rejection::TagNotFound("c".into())));
        assert!(!left.is_empty());
    }
}
