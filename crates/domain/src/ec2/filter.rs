//! Filters of the Describe operations: all of them must hold, each by one of its values.

use super::{Ec2Rejection, Tags};

/// A filter as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedFilter {
    /// `Name`.
    pub name: Option<String>,
    /// `Value`: texts in which `*` stands for any letters and `?` for one.
    pub values: Vec<String>,
}

/// What can be described and filtered.
pub trait Described {
    /// The filters that its operation has, those on tags apart.
    const FILTERS: &'static [&'static str];

    /// What it has of one of [`Described::FILTERS`].
    fn attribute(&self, filter: &str) -> Vec<String>;

    /// Its tags; none where it has no such thing.
    fn tags(&self) -> Option<&Tags> {
        None
    }
}

impl<T: Described> Described for std::sync::Arc<T> {
    const FILTERS: &'static [&'static str] = T::FILTERS;

    fn attribute(&self, filter: &str) -> Vec<String> {
        T::attribute(self, filter)
    }

    fn tags(&self) -> Option<&Tags> {
        T::tags(self)
    }
}

/// Filters of one operation, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Of a request that describes `R`s.
    ///
    /// # Errors
    /// [`Ec2Rejection::BadFilter`] for one that the operation does not have.
    pub fn parse<R: Described>(requested: Vec<RequestedFilter>) -> Result<Self, Ec2Rejection> {
        let known = |name: &str| R::FILTERS.contains(&name) || name == "tag-key" || name.starts_with("tag:");
        let each = requested.into_iter().map(|filter| match filter.name {
            Some(name) if known(&name) => Ok((name, filter.values)),
            name => Err(Ec2Rejection::BadFilter(name.unwrap_or_else(|| "null".to_owned()))),
        });
        each.collect::<Result<_, _>>().map(Self)
    }

    /// Whether `described` passes all of them.
    pub fn pass<R: Described>(&self, described: &R) -> bool {
        self.0.iter().all(|(name, values)| {
            let has = match (name.strip_prefix("tag:"), name.as_str(), described.tags()) {
                (Some(key), _, tags) => {
                    tags.and_then(|tags| tags.get(key)).map(str::to_owned).into_iter().collect()
                }
                (None, "tag-key", tags) => {
                    tags.into_iter().flat_map(Tags::iter).map(|(key, _)| key.to_owned()).collect()
                }
                (None, name, _) => described.attribute(name),
            };
            has.iter().any(|has| values.iter().any(|pattern| matches(pattern, has)))
        })
    }
}

/// Whether `text` is of the form that `pattern` says.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where the last `*` stands, and how much of the text it stands for so far.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, text, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("*b*", "abc", true),
            ("a?c", "abc", true),
            ("a?", "abc", false),
            ("*a*b", "aab", true),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
            ("Ä*", "Äpfel", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(2_000), &"a".repeat(1_000)), "no pattern is slow");
    }
}
