//! What operations on parameter groups refuse, in AWS's words.

use crate::ids::CacheParameterGroupName;
use crate::rejection::RejectionKind;

/// Why a request on a parameter group is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterGroupRejection {
    /// No such family.
    #[error("CacheParameterGroupFamily {0} is not a valid parameter group family.")]
    NoSuchFamily(String),
    /// A group of the name is there.
    #[error("Parameter group {0} already exists")]
    Exists(CacheParameterGroupName),
    /// Too many groups (uncertain).
    #[error("You have already reached your quota of {0} cache parameter groups in this region.")]
    Quota(u32),
    /// More than 20 parameters at once.
    #[error("Cannot modify more than 20 parameters in a single request")]
    TooManyParameters,
    /// No parameter at all (uncertain).
    #[error("The parameter ParameterNameValues must be provided and must not be empty.")]
    NoParameters,
    /// The family has no such parameter.
    #[error("Parameter {0} doesn't exist")]
    NoSuchParameter(String),
    /// A parameter that is named twice (uncertain).
    #[error("Parameter {0} is specified more than once")]
    ParameterTwice(String),
    /// A parameter that nobody can change (uncertain).
    #[error("The parameter {0} cannot be modified.")]
    NotModifiable(String),
    /// A value that the parameter does not take (uncertain).
    #[error("The value {value} is not valid for the parameter {parameter}. Allowed values: {allowed}")]
    BadValue {
        /// The parameter.
        parameter: String,
        /// What came.
        value: String,
        /// What may come.
        allowed: String,
    },
    /// A default group (uncertain).
    #[error("The default parameter group {0} cannot be modified.")]
    DefaultGroup(CacheParameterGroupName),
    /// A change of what can be changed only while nobody uses the group (uncertain).
    #[error(
        "The parameter {parameter} cannot be modified because one or more cache clusters use the parameter group \
         {group}."
    )]
    InUseFor {
        /// The parameter.
        parameter: String,
        /// The group.
        group: CacheParameterGroupName,
    },
    /// A reset of what is just being put in force.
    #[error("Cannot reset the parameter group because the parameter {0} has pending changes.")]
    PendingChanges(String),
    /// Neither or both of ResetAllParameters and ParameterNameValues (uncertain).
    #[error("Either ResetAllParameters or ParameterNameValues must be specified, and not both.")]
    ResetWhat,
    /// DeleteCacheParameterGroup of a group that is used.
    #[error(
        "One or more cache clusters are still members of this parameter group {0}, so the group cannot be deleted."
    )]
    InUse(CacheParameterGroupName),
    /// DeleteCacheParameterGroup of none (the missing space is AWS's).
    #[error("CacheParameterGroupnot found: {0}")]
    NotFoundToDelete(String),
}

impl ParameterGroupRejection {
    /// The exception that this is.
    pub const fn kind(&self) -> RejectionKind {
        use RejectionKind as K;
        match self {
            Self::NoSuchFamily(_)
            | Self::NoParameters
            | Self::NoSuchParameter(_)
            | Self::ParameterTwice(_)
            | Self::NotModifiable(_)
            | Self::BadValue { .. }
            | Self::DefaultGroup(_) => K::InvalidParameterValue,
            Self::TooManyParameters | Self::ResetWhat => K::InvalidParameterCombination,
            Self::Exists(_) => K::CacheParameterGroupAlreadyExists,
            Self::Quota(_) => K::CacheParameterGroupQuotaExceeded,
            Self::InUseFor { .. } | Self::PendingChanges(_) | Self::InUse(_) => {
                K::InvalidCacheParameterGroupState
            }
            Self::NotFoundToDelete(_) => K::CacheParameterGroupNotFound,
        }
    }
}
