//! EC2's tags: CreateTags, DeleteTags, TagSpecifications.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Ec2Rejection;
use super::filter::Described;
use crate::tag_set::TagSet;

/// The most that a resource may carry.
const MOST: usize = 50;

/// A tag to set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedTag {
    /// `Key`.
    pub key: Option<String>,
    /// `Value`; none means an empty one.
    pub value: Option<String>,
}

/// A tag to take away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovedTag {
    /// `Key`.
    pub key: Option<String>,
    /// `Value`: the tag goes only if it has it; none: whatever it has.
    pub value: Option<String>,
}

/// A resource's tags, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(TagSet);

impl Tags {
    /// Adds or overwrites, all or nothing.
    ///
    /// # Errors
    /// On the first tag that breaks a limit, and when there would be more than 50.
    pub fn with(&self, requested: &[RequestedTag]) -> Result<Self, Ec2Rejection> {
        let mut tags = BTreeMap::clone(&self.0);
        for tag in requested {
            let key =
                tag.key.as_deref().filter(|key| !key.is_empty()).ok_or(Ec2Rejection::Missing("Tag.Key"))?;
            let value = tag.value.as_deref().unwrap_or_default();
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(Ec2Rejection::ReservedTag);
            }
            bounded("Tag.Key", key, 128)?;
            bounded("Tag.Value", value, 256)?;
            tags.insert(key.to_owned(), value.to_owned());
        }
        if tags.len() <= MOST { Ok(Self(self.0.changed_to(tags))) } else { Err(Ec2Rejection::TooManyTags) }
    }

    /// Takes away; what is not there is no mistake. Nothing named takes all away.
    pub fn without(&self, removed: &[RemovedTag]) -> Self {
        let goes = |key: &str, value: &str| {
            removed.is_empty()
                || removed.iter().any(|tag| {
                    tag.key.as_deref() == Some(key) && tag.value.as_deref().is_none_or(|asked| asked == value)
                })
        };
        let stays = self.0.iter().filter(|(key, value)| !goes(key, value));
        Self(self.0.changed_to(stays.map(|(key, value)| (key.clone(), value.clone())).collect()))
    }

    /// Whether there are tags, or ever were.
    pub fn was_used(&self) -> bool {
        self.0.was_used()
    }

    /// Key and value, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

/// A tag of a resource, as DescribeTags lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagDescription {
    /// The resource's id.
    pub resource_id: String,
    /// `vpc`, `subnet`, `security-group`, `security-group-rule`.
    pub resource_type: &'static str,
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

impl TagDescription {
    /// The tags of one resource.
    pub fn of(resource_id: &str, resource_type: &'static str, tags: &Tags) -> Vec<Self> {
        let each = tags.iter().map(|(key, value)| Self {
            resource_id: resource_id.to_owned(),
            resource_type,
            key: key.to_owned(),
            value: value.to_owned(),
        });
        each.collect()
    }
}

impl Described for TagDescription {
    const FILTERS: &'static [&'static str] = &["key", "resource-id", "resource-type", "value"];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let one = match filter {
            "key" => &self.key,
            "resource-id" => &self.resource_id,
            "resource-type" => self.resource_type,
            _ => &self.value,
        };
        vec![one.to_owned()]
    }
}

fn bounded(parameter: &'static str, text: &str, most: usize) -> Result<(), Ec2Rejection> {
    if text.chars().count() <= most {
        return Ok(());
    }
    let why = format!("It has more than {most} characters.");
    Err(Ec2Rejection::BadValue { parameter, value: text.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: &str) -> RequestedTag {
        RequestedTag { key: Some(key.into()), value: Some(value.into()) }
    }

    fn gone(key: &str, value: Option<&str>) -> RemovedTag {
        RemovedTag { key: Some(key.into()), value: value.map(Into::into) }
    }

    #[test]
    fn tags_keep_their_limits() {
        let refused = |tag| Tags::default().with(&[tag]).unwrap_err().code().0;
        assert_eq!(refused(set("", "v")), "MissingParameter");
        assert_eq!(refused(set("AWS:x", "v")), "InvalidParameterValue");
        assert_eq!(refused(set(&"k".repeat(129), "v")), "InvalidParameterValue");
        assert_eq!(refused(set("k", &"v".repeat(257))), "InvalidParameterValue");
        let many: Vec<_> = (0..51).map(|n| set(&n.to_string(), "")).collect();
        assert_eq!(Tags::default().with(&many), Err(Ec2Rejection::TooManyTags));
    }

    #[test]
    fn a_value_that_is_named_must_fit() {
        let tags = Tags::default().with(&[set("a", "1"), set("b", ""), set("c", "3")]).unwrap();
        let left =
            tags.without(&[gone("a", Some("2")), gone("b", Some("")), gone("c", None), gone("d", None)]);
        assert_eq!(left.iter().collect::<Vec<_>>(), [("a", "1")]);
        let none = tags.without(&[]);
        assert!(none.iter().next().is_none() && none.was_used() && !Tags::default().was_used());
    }
}
