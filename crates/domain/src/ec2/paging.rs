//! Pages of EC2's Describe operations: `MaxResults` and `NextToken`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Ec2Rejection;

/// The most items of a page that asks for no number (AWS states none for most operations).
const MOST: usize = 1000;

/// What a request asks of paging, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    size: usize,
    after: Option<String>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// `NextToken`, when more follows.
    pub next: Option<String>,
}

impl PageRequest {
    /// Of `MaxResults`, whose bounds the model has checked, and `NextToken`.
    ///
    /// # Errors
    /// When the token was not given out by an answer.
    pub fn parse(max_results: Option<i32>, token: Option<&str>) -> Result<Self, Ec2Rejection> {
        let size = max_results.and_then(|asked| usize::try_from(asked).ok()).filter(|size| *size > 0);
        let decode = |token: &str| {
            let id = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            id.ok_or_else(|| Ec2Rejection::BadToken(token.to_owned()))
        };
        let after = token.filter(|token| !token.is_empty()).map(decode).transpose()?;
        Ok(Self { size: size.unwrap_or(MOST).min(MOST), after })
    }

    /// The page out of `items`, put in the order of their ids.
    pub fn page<T>(&self, items: impl IntoIterator<Item = T>, id: impl Fn(&T) -> String) -> Page<T> {
        let mut keyed: Vec<(String, T)> = items.into_iter().map(|item| (id(&item), item)).collect();
        keyed.sort_by(|one, other| one.0.cmp(&other.0));
        keyed.retain(|(id, _)| self.after.as_ref().is_none_or(|after| id > after));
        let more = keyed.len() > self.size;
        keyed.truncate(self.size);
        let next = keyed.last().filter(|_| more).map(|(id, _)| STANDARD.encode(id));
        Page { items: keyed.into_iter().map(|(_, item)| item).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_put_together_are_the_list() {
        let ids = ["c", "a", "e", "b", "d"];
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let request = PageRequest::parse(Some(2), token.as_deref()).unwrap();
            let page = request.page(ids, |id| (*id).to_owned());
            assert!(page.items.len() <= 2);
            seen.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
        assert_eq!(PageRequest::parse(None, Some("%")), Err(Ec2Rejection::BadToken("%".to_owned())));
    }
}
