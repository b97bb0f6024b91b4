//! Requests on parameter groups, as they came.

use crate::tag::RequestedTag;

/// CreateCacheParameterGroup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateCacheParameterGroup {
    /// `CacheParameterGroupName`.
    pub cache_parameter_group_name: Option<String>,
    /// `CacheParameterGroupFamily`.
    pub cache_parameter_group_family: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `Tags`.
    pub tags: Vec<RequestedTag>,
}

/// A parameter and its value, as a request names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterNameValue {
    /// `ParameterName`.
    pub parameter_name: Option<String>,
    /// `ParameterValue`.
    pub parameter_value: Option<String>,
}

/// ModifyCacheParameterGroup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModifyCacheParameterGroup {
    /// `CacheParameterGroupName`.
    pub cache_parameter_group_name: Option<String>,
    /// `ParameterNameValues`.
    pub parameter_name_values: Vec<ParameterNameValue>,
}

/// ResetCacheParameterGroup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResetCacheParameterGroup {
    /// `CacheParameterGroupName`.
    pub cache_parameter_group_name: Option<String>,
    /// `ResetAllParameters`.
    pub reset_all_parameters: bool,
    /// `ParameterNameValues`, of which the values do not count.
    pub parameter_name_values: Vec<ParameterNameValue>,
}

/// DescribeCacheParameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeCacheParameters {
    /// `CacheParameterGroupName`.
    pub cache_parameter_group_name: Option<String>,
    /// `Source`.
    pub source: Option<String>,
}

/// Where a parameter's value comes from, as a group's list says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterSource {
    /// AWS's own group.
    System,
    /// A group of one's own, changed or not (recorded).
    User,
}

impl ParameterSource {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

/// Which of a group's parameters a request for those of one source lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// All, with what the node type decides.
    All,
    /// Those that the group was told, be it their default.
    Told,
    /// None.
    Nothing,
}
