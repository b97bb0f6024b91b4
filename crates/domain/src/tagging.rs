//! The Resource Groups Tagging API's rules: which resources a request asks for, in which pages, and which ARNs it may name.
//!
//! Its refusals are its own. Wordings that no recorded answer confirms are marked `(uncertain)`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ids::Scope;

#[cfg(test)]
mod tests;

/// The most types that a request may name.
const MOST_TYPES: usize = 100;
/// How many resources a page has for whom asks for no other number (uncertain).
const RESOURCES_PER_PAGE: usize = 50;
/// How many keys or values a page has (uncertain).
const TEXTS_PER_PAGE: usize = 100;

/// Why a request is refused as a whole: always an `InvalidParameterException`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaggingRejection {
    /// A text that is no ARN.
    #[error("{0} not a valid AmazonResourceName (ARN)")]
    NoArn(String),
    /// An ARN of another region.
    #[error("Region in the ARN {arn} does not match with the region in which {operation} API is invoked")]
    OtherRegion {
        /// The ARN.
        arn: String,
        /// The operation that was called.
        operation: &'static str,
    },
    /// An ARN of another partition (uncertain).
    #[error(
        "Partition in the ARN {arn} does not match with the partition in which {operation} API is invoked"
    )]
    OtherPartition {
        /// The ARN.
        arn: String,
        /// The operation that was called.
        operation: &'static str,
    },
    /// Parameters that exclude each other (uncertain).
    #[error("{0} cannot be specified together with ResourceARNList")]
    BesideArns(&'static str),
    /// A filter without a key (uncertain).
    #[error("Each TagFilter must contain a Key")]
    FilterWithoutKey,
    /// A number outside its range (uncertain).
    #[error("{name} must be between {least} and {most}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// Its least value.
        least: usize,
        /// Its greatest value.
        most: usize,
    },
    /// More types than a request may name (uncertain).
    #[error("ResourceTypeFilters must not have more than {MOST_TYPES} items")]
    TooManyTypes,
    /// A type of another form than `service` or `service:type` (uncertain).
    #[error("'{0}' is not a valid resource type: it must have the form service[:resourceType]")]
    BadType(String),
    /// Compliance that is to be excluded and is not asked for (uncertain).
    #[error("ExcludeCompliantResources can be true only if IncludeComplianceDetails is true, too")]
    ExcludesUnasked,
    /// A token that no answer gave out (uncertain).
    #[error("The PaginationToken is not valid: use one that an answer to the same request gave out")]
    BadToken,
}

/// `GetResources`, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetResources {
    /// `ResourceARNList`.
    pub arns: Option<Vec<String>>,
    /// `TagFilters`.
    pub tag_filters: Option<Vec<RequestedFilter>>,
    /// `ResourceTypeFilters`.
    pub types: Option<Vec<String>>,
    /// `ResourcesPerPage`.
    pub resources_per_page: Option<i32>,
    /// `TagsPerPage`.
    pub tags_per_page: Option<i32>,
    /// `PaginationToken`.
    pub token: Option<String>,
    /// `IncludeComplianceDetails`.
    pub compliance_details: bool,
    /// `ExcludeCompliantResources`.
    pub exclude_compliant: bool,
}

/// A `TagFilter` as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedFilter {
    /// `Key`.
    pub key: Option<String>,
    /// `Values`.
    pub values: Option<Vec<String>>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// These, each once.
    Arns(Vec<ResourceArn>),
    /// A page of those that match.
    Matching(Matching, PageLimits),
}

/// Which resources a listing has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// All must pass.
    pub filters: Vec<TagFilter>,
    /// What ARNs begin with, in order, none within another; none: with anything.
    pub prefixes: Option<Vec<String>>,
}

/// A key, and the values of which a tag must have one; with none, any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// `Key`.
    pub key: String,
    /// `Values`.
    pub values: Vec<String>,
}

impl TagFilter {
    /// Whether a resource with `tags` passes.
    pub fn passes(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(&self.key).is_some_and(|value| self.values.is_empty() || self.values.contains(value))
    }
}

impl GetResources {
    /// What the request asks for.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(self, scope: &Scope) -> Result<Asked, TaggingRejection> {
        if self.exclude_compliant && !self.compliance_details {
            return Err(TaggingRejection::ExcludesUnasked);
        }
        if let Some(arns) = self.arns.as_ref().filter(|arns| !arns.is_empty()) {
            self.check_beside_arns()?;
            return Ok(Asked::Arns(ResourceArn::parse_all(arns, scope, "GetResources")?));
        }
        let limits = PageLimits::of(self.resources_per_page, self.tags_per_page, self.token.as_deref())?;
        let filters = self.tag_filters.unwrap_or_default().into_iter().map(|filter| {
            let key = filter.key.ok_or(TaggingRejection::FilterWithoutKey)?;
            Ok(TagFilter { key, values: filter.values.unwrap_or_default() })
        });
        let filters = filters.collect::<Result<_, _>>()?;
        let types = self.types.filter(|types| !types.is_empty());
        let prefixes = types.map(|types| prefixes(scope, &types)).transpose()?;
        Ok(Asked::Matching(Matching { filters, prefixes }, limits))
    }

    fn check_beside_arns(&self) -> Result<(), TaggingRejection> {
        let token = self.token.as_ref().is_some_and(|token| !token.is_empty());
        let beside = [
            (self.types.as_ref().is_some_and(|types| !types.is_empty()), "ResourceTypeFilters"),
            (self.tag_filters.as_ref().is_some_and(|filters| !filters.is_empty()), "TagFilters"),
            (self.resources_per_page.is_some(), "ResourcesPerPage"),
            (self.tags_per_page.is_some(), "TagsPerPage"),
            (token, "PaginationToken"),
        ];
        match beside.into_iter().find(|(given, _)| *given) {
            Some((_, name)) => Err(TaggingRejection::BesideArns(name)),
            None => Ok(()),
        }
    }
}

/// What the ARNs of these types begin with: `service` has those of all its types, `service:type` those of one.
fn prefixes(scope: &Scope, types: &[String]) -> Result<Vec<String>, TaggingRejection> {
    if types.len() > MOST_TYPES {
        return Err(TaggingRejection::TooManyTypes);
    }
    let partition = scope.region.partition().as_str();
    let mut prefixes = Vec::new();
    for asked in types {
        let bad = || TaggingRejection::BadType(asked.clone());
        let (service, kind) =
            asked.split_once(':').map_or((asked.as_str(), None), |(s, kind)| (s, Some(kind)));
        let word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        };
        if !word(service) || !kind.is_none_or(word) {
            return Err(bad());
        }
        // Global resources have no region in their ARNs; between a type and an id some services have a slash.
        for region in [scope.region.as_str(), ""] {
            let owner = format!("arn:{partition}:{service}:{region}:{}:", scope.account);
            match kind {
                Some(kind) => prefixes.extend([format!("{owner}{kind}:"), format!("{owner}{kind}/")]),
                None => prefixes.push(owner),
            }
        }
    }
    prefixes.sort();
    prefixes.dedup_by(|inner, outer| inner.starts_with(outer.as_str()));
    Ok(prefixes)
}

/// How much a page holds, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLimits {
    resources: usize,
    tags: Option<usize>,
    after: Option<String>,
}

impl PageLimits {
    fn of(resources: Option<i32>, tags: Option<i32>, token: Option<&str>) -> Result<Self, TaggingRejection> {
        let within = |name, asked: Option<i32>, least, most| {
            let number = asked.map(|asked| usize::try_from(asked).unwrap_or_default());
            match number {
                Some(number) if !(least..=most).contains(&number) => {
                    Err(TaggingRejection::OutOfRange { name, least, most })
                }
                _ => Ok(number),
            }
        };
        let resources = within("ResourcesPerPage", resources, 1, 100)?;
        let tags = within("TagsPerPage", tags, 100, 500)?;
        // Whoever counts tags alone is not stopped by a number of resources before: each counts as a tag at least.
        let most = resources.or(tags).unwrap_or(RESOURCES_PER_PAGE);
        Ok(Self { resources: most, tags, after: after(token)? })
    }

    /// The ARN after which the page begins.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The page out of `matching`, which come in the order of their ARNs.
    pub fn page<'r, T>(
        &self,
        matching: impl Iterator<Item = (&'r str, T)>,
        tags: impl Fn(&T) -> usize,
    ) -> Page<(&'r str, T)> {
        let (mut items, mut count) = (Vec::new(), 0);
        for (arn, one) in matching {
            // No resource's tags are split between pages; one without tags counts as one.
            count += tags(&one).max(1);
            if items.len() == self.resources || self.tags.is_some_and(|most| count > most) {
                let token = items.last().map(|(arn, _): &(&str, T)| STANDARD.encode(arn));
                return Page { items, token };
            }
            items.push((arn, one));
        }
        Page { items, token: None }
    }
}

/// A page, and the token of the next one where more follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// `PaginationToken`.
    pub token: Option<String>,
}

/// Where a page of keys or values begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextsAfter(Option<String>);

impl TextsAfter {
    /// Of `PaginationToken`.
    ///
    /// # Errors
    /// When no answer gave it out.
    pub fn parse(token: Option<&str>) -> Result<Self, TaggingRejection> {
        after(token).map(Self)
    }

    /// The text after which the page begins.
    pub fn after(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The page out of `texts`, which come in order.
    pub fn page<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Page<String> {
        let mut texts = texts.peekable();
        let items: Vec<String> = texts.by_ref().take(TEXTS_PER_PAGE).map(str::to_owned).collect();
        let token = items.last().filter(|_| texts.peek().is_some()).map(|last| STANDARD.encode(last));
        Page { items, token }
    }
}

/// What a token says: the base64 of the last item's text. An empty one is none.
fn after(token: Option<&str>) -> Result<Option<String>, TaggingRejection> {
    let decode = |token: &str| {
        let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or(TaggingRejection::BadToken)
    };
    token.filter(|token| !token.is_empty()).map(decode).transpose()
}

/// An ARN that a request in its region may name, of any service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceArn {
    text: String,
    service: String,
    account: String,
    resource: String,
}

impl ResourceArn {
    /// Each of `arns` once, in their order.
    ///
    /// # Errors
    /// On the first that is none, or of another partition or region than `scope`'s; `operation` is the one that was called.
    pub fn parse_all(
        arns: &[String],
        scope: &Scope,
        operation: &'static str,
    ) -> Result<Vec<Self>, TaggingRejection> {
        let mut parsed: Vec<Self> = Vec::new();
        for arn in arns {
            let one = Self::parse(arn, scope, operation)?;
            if !parsed.contains(&one) {
                parsed.push(one);
            }
        }
        Ok(parsed)
    }

    fn parse(text: &str, scope: &Scope, operation: &'static str) -> Result<Self, TaggingRejection> {
        let no_arn = || TaggingRejection::NoArn(text.to_owned());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else { return Err(no_arn()) };
        let untyped = service == "ec2" && !resource.contains('/');
        if partition.is_empty() || service.is_empty() || resource.is_empty() || untyped {
            return Err(no_arn());
        }
        let arn = text.to_owned();
        if partition != scope.region.partition().as_str() {
            return Err(TaggingRejection::OtherPartition { arn, operation });
        }
        // Global resources have no region.
        if !region.is_empty() && region != scope.region.as_str() {
            return Err(TaggingRejection::OtherRegion { arn, operation });
        }
        Ok(Self {
            text: arn,
            service: service.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }

    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `elasticache`.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Whose it is.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What stands behind the account: `cluster:my-cache`, `vpc/vpc-0123`.
    pub fn resource(&self) -> &str {
        &self.resource
    }
}
