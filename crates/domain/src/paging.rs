//! Pages of a Describe: `MaxRecords` and `Marker`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::rejection::Rejection;
use crate::serverless_cache::ServerlessCacheRejection;

/// What a request asks of paging, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The most items in the answer.
    max_records: usize,
    /// The key of the last item of the page before.
    after: Option<String>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// `Marker`, when more follows.
    pub marker: Option<String>,
}

impl PageRequest {
    /// Of `MaxRecords` (20 to 100, default 100) and `Marker` (base64 of the last item's key, as AWS's).
    ///
    /// # Errors
    /// When the number is outside its range or the marker was not given out by an answer.
    pub fn parse(max_records: Option<i32>, marker: Option<&str>) -> Result<Self, Rejection> {
        Self::up_to(100, max_records, marker)
    }

    /// The same with another number at the most, which is the default too.
    ///
    /// # Errors
    /// As [`PageRequest::parse`].
    pub fn up_to(most: u16, max_records: Option<i32>, marker: Option<&str>) -> Result<Self, Rejection> {
        let asked = max_records.unwrap_or(most.into());
        let max_records = usize::try_from(asked).ok().filter(|n| (20..=usize::from(most)).contains(n));
        let max_records = max_records.ok_or(Rejection::out_of_range("MaxRecords", asked, 20, most.into()))?;
        let decode = |marker: &str| {
            let key = STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            key.filter(|key| !key.is_empty()).ok_or(Rejection::BadMarker)
        };
        let after = marker.filter(|marker| !marker.is_empty()).map(decode).transpose()?;
        Ok(Self { max_records, after })
    }

    /// Of `MaxResults` (1 to `most`, default 50) and `NextToken`, which the operations on serverless caches have.
    ///
    /// # Errors
    /// When the number is outside its range or the token was not given out by an answer.
    pub fn of_results(
        max_results: Option<i32>,
        next_token: Option<&str>,
        most: u16,
    ) -> Result<Self, Rejection> {
        let asked = max_results.unwrap_or(50);
        let max_records = usize::try_from(asked).ok().filter(|n| (1..=usize::from(most)).contains(n));
        let max_records = max_records.ok_or(Rejection::out_of_range("MaxResults", asked, 1, most.into()))?;
        let token = Self::parse(None, next_token).map_err(|_| ServerlessCacheRejection::BadNextToken)?;
        Ok(Self { max_records, ..token })
    }

    /// The key after which the page begins; none: it is the first.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The page out of `items`, which come in ascending order of their keys. An item that vanished between two pages
    /// does no harm: the next begins at the first key after the marker's.
    pub fn page<T>(&self, items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> String) -> Page<T> {
        let after = |item: &T| self.after.as_ref().is_none_or(|after| key(item) > *after);
        let mut rest = items.into_iter().filter(after);
        let items: Vec<T> = rest.by_ref().take(self.max_records).collect();
        let more = rest.next().is_some();
        let marker = items.last().filter(|_| more).map(|last| STANDARD.encode(key(last)));
        Page { items, marker }
    }
}

/// What `one` and `other` hold, both in ascending order of their keys, in that order.
pub fn merged<T, K: Ord>(
    one: impl IntoIterator<Item = T>,
    other: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> impl Iterator<Item = T> {
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    std::iter::from_fn(move || {
        let first = match (one.peek(), other.peek()) {
            (Some(one), Some(other)) => key(one) <= key(other),
            (one, _) => one.is_some(),
        };
        if first { one.next() } else { other.next() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn page_sizes_and_markers_are_checked() {
        for (asked, ok) in
            [(None, true), (Some(20), true), (Some(100), true), (Some(19), false), (Some(101), false)]
        {
            assert_eq!(PageRequest::parse(asked, None).is_ok(), ok, "{asked:?}");
        }
        assert_eq!(
            PageRequest::parse(Some(-1), None).unwrap_err().to_string(),
            "Invalid value -1 for MaxRecords. Must be between 20 and 100"
        );
        assert_eq!(PageRequest::parse(None, Some("%%")), Err(Rejection::BadMarker));
        assert_eq!(PageRequest::parse(None, Some("/w==")), Err(Rejection::BadMarker), "not UTF-8");
        assert!(PageRequest::parse(None, Some("")).is_ok(), "an empty marker is none");
    }

    #[test]
    fn a_marker_is_the_last_key_in_base64() {
        let keys = (0..21).map(|n| if n == 19 { "min-slaves-to-write".into() } else { format!("k{n:02}") });
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        let page = PageRequest::parse(Some(20), None).unwrap().page(&keys, |key| (*key).clone());
        assert_eq!(page.marker, Some(STANDARD.encode(&keys[19])));
    }

    proptest! {
        #[test]
        fn what_is_merged_is_in_order(mut one: Vec<u8>, mut other: Vec<u8>) {
            one.sort_unstable();
            other.sort_unstable();
            let all: Vec<_> = merged(one.clone(), other.clone(), |n| *n).collect();
            prop_assert!(all.is_sorted());
            prop_assert_eq!(all.len(), one.len() + other.len());
        }

        #[test]
        fn pages_put_together_are_the_list(len in 0usize..250, size in 20i32..=100) {
            let all: Vec<String> = (0..len).map(|n| format!("{n:04}")).collect();
            let (mut seen, mut marker) = (Vec::new(), None);
            loop {
                let request = PageRequest::parse(Some(size), marker.as_deref()).unwrap();
                let page = request.page(all.clone(), Clone::clone);
                prop_assert!(page.items.len() <= usize::try_from(size).unwrap());
                seen.extend(page.items);
                marker = page.marker;
                if marker.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, all);
        }
    }
}
