//! How a protocol names members.

/// The protocols that differ in it.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// EC2's own: what answers call `vpcId` is `VpcId` in requests.
    Ec2,
    /// One name for both directions.
    Other,
}

impl Protocol {
    /// The protocol that a model calls `name`.
    pub(super) fn of(name: &str) -> Self {
        if name == "ec2" { Self::Ec2 } else { Self::Other }
    }

    /// What requests call the member `model` (botocore's `EC2Serializer._get_serialized_name`).
    pub(super) fn in_requests(self, model: &str, query: Option<String>, location: Option<&str>) -> String {
        match (self, query, location) {
            (Self::Ec2, Some(query), _) => query,
            (Self::Ec2, None, Some(location)) => capital(location),
            (_, _, location) => location.unwrap_or(model).to_owned(),
        }
    }
}

fn capital(name: &str) -> String {
    let mut capital = name.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    capital
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_ec2_begin_with_capitals() {
        let ec2 = |query: Option<&str>, location| {
            Protocol::Ec2.in_requests("Tags", query.map(Into::into), location)
        };
        assert_eq!(ec2(None, Some("tagSet")), "TagSet");
        assert_eq!(ec2(None, None), "Tags");
        assert_eq!(ec2(Some("Tag"), Some("tagSet")), "Tag");
        assert_eq!(Protocol::Other.in_requests("Tags", None, Some("tagSet")), "tagSet");
    }
}
