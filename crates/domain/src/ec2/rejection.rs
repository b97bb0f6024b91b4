//! Every rule of EC2 that a request can break, in AWS's words.
//!
//! Codes are those of the "Error codes for the Amazon EC2 API" page; wordings that no recorded answer confirms are
//! marked `(uncertain)`.

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ec2Rejection {
    /// A parameter that must be there is not.
    #[error("The request must contain the parameter {0}")]
    Missing(&'static str),
    /// A value that is not what it must be, and why.
    #[error("Value ({value}) for parameter {parameter} is invalid. {why}")]
    BadValue {
        /// The parameter, as AWS names it.
        parameter: &'static str,
        /// What came.
        value: String,
        /// What it should have been.
        why: String,
    },
    /// A rule's value that is not what it must be.
    #[error("{0}")]
    BadPermission(String),
    /// Parameters that exclude each other.
    #[error("The parameter {0} cannot be used with the parameter {1}")]
    Exclusive(&'static str, &'static str),
    /// An id of another form than its kind's.
    #[error("Invalid id: \"{text}\" (expecting \"{}-...\")", .kind.prefix())]
    MalformedId {
        /// What it should name.
        kind: Kind,
        /// What came.
        text: String,
    },
    /// An id that names nothing that is there.
    #[error("The {} '{text}' does not exist", .kind.noun())]
    NotFound {
        /// What it should name.
        kind: Kind,
        /// What came.
        text: String,
    },
    /// An id of no kind that can be tagged.
    #[error("The ID '{0}' is not valid")]
    BadId(String),
    /// A filter that the operation does not have.
    #[error("The filter '{0}' is invalid")]
    BadFilter(String),
    /// A paging token that no answer gave out (uncertain).
    #[error("The token '{0}' is invalid")]
    BadToken(String),
    /// A VPC's range of a size that is not allowed, or a subnet's outside its VPC's.
    #[error("The CIDR '{cidr}' is invalid.")]
    BadRange {
        /// Whose range.
        kind: Kind,
        /// What came.
        cidr: String,
    },
    /// A range that overlaps a subnet's.
    #[error("The CIDR '{0}' conflicts with another subnet")]
    SubnetConflict(String),
    /// A group of the name is in the VPC.
    #[error("The security group '{name}' already exists for VPC '{vpc}'")]
    GroupExists {
        /// The name.
        name: String,
        /// The VPC.
        vpc: String,
    },
    /// The default group's name for another.
    #[error("Cannot use reserved security group name: default")]
    ReservedGroupName,
    /// A rule that is there.
    #[error("the specified rule \"{0}\" already exists")]
    RuleExists(String),
    /// A rule twice in one request.
    #[error("The same permission must not appear multiple times")]
    RuleTwice,
    /// A rule that is not there.
    #[error("The specified rule does not exist in this security group.")]
    NoSuchRule,
    /// Something is in it or needs it.
    #[error("{0}")]
    Dependency(String),
    /// A default group.
    #[error("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user")]
    DefaultGroup {
        /// The group.
        id: String,
    },
    /// As many as an account may have.
    #[error("The maximum number of {} has been reached.", .0.plural())]
    Limit(Limit),
    /// A reserved key.
    #[error("Tag keys starting with 'aws:' are reserved for internal use")]
    ReservedTag,
    /// More tags than a resource may carry.
    #[error("The maximum number of tags per resource has been reached.")]
    TooManyTags,
    /// The request was a trial.
    #[error("Request would have succeeded, but DryRun flag is set.")]
    DryRun,
    /// AWS serves it and Simfra does not.
    #[error("Simfra does not serve {0}.")]
    NotBuilt(&'static str),
}

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A VPC.
    Vpc,
    /// A subnet.
    Subnet,
    /// A security group.
    SecurityGroup,
    /// A rule of one.
    Rule,
    /// A route table.
    RouteTable,
    /// A network ACL.
    NetworkAcl,
    /// A network interface.
    NetworkInterface,
}

/// What an account may have so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// VPCs in a region.
    Vpcs,
    /// Subnets in a VPC.
    Subnets,
    /// Security groups in a region.
    SecurityGroups,
    /// Rules of one direction in a group.
    Rules,
}

impl Kind {
    /// What its ids begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Vpc => "vpc",
            Self::Subnet => "subnet",
            Self::SecurityGroup => "sg",
            Self::Rule => "sgr",
            Self::RouteTable => "rtb",
            Self::NetworkAcl => "acl",
            Self::NetworkInterface => "eni",
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Vpc => "vpc ID",
            Self::Subnet => "subnet ID",
            Self::SecurityGroup => "security group",
            Self::Rule => "security group rule ID",
            Self::RouteTable => "routeTable ID",
            Self::NetworkAcl => "networkAcl ID",
            Self::NetworkInterface => "networkInterface ID",
        }
    }

    /// The codes of an id that names nothing, and of one of another form (the latter uncertain).
    const fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Vpc => ("InvalidVpcID.NotFound", "InvalidVpcID.Malformed"),
            Self::Subnet => ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"),
            Self::SecurityGroup => ("InvalidGroup.NotFound", "InvalidGroupId.Malformed"),
            Self::Rule => ("InvalidSecurityGroupRuleId.NotFound", "InvalidSecurityGroupRuleId.Malformed"),
            Self::RouteTable => ("InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed"),
            Self::NetworkAcl => ("InvalidNetworkAclID.NotFound", "InvalidNetworkAclId.Malformed"),
            Self::NetworkInterface => {
                ("InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed")
            }
        }
    }

    /// `text` as an id of this kind; one that has another form is told so.
    pub(crate) fn id<I: std::str::FromStr>(self, text: &str) -> Result<I, Ec2Rejection> {
        text.parse().map_err(|_| Ec2Rejection::MalformedId { kind: self, text: text.to_owned() })
    }

    /// Whether `text` has the form of this kind's ids: a prefix and hexadecimal digits.
    ///
    /// # Errors
    /// [`Ec2Rejection::MalformedId`] when it has not.
    pub fn check(self, text: &str) -> Result<(), Ec2Rejection> {
        let digits =
            text.strip_prefix(self.prefix()).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(());
        }
        Err(Ec2Rejection::MalformedId { kind: self, text: text.to_owned() })
    }

    /// That nothing of this kind is called `text`.
    pub fn not_found(self, text: &str) -> Ec2Rejection {
        Ec2Rejection::NotFound { kind: self, text: text.to_owned() }
    }
}

impl Limit {
    const fn plural(self) -> &'static str {
        match self {
            Self::Vpcs => "VPCs",
            Self::Subnets => "subnets per VPC",
            Self::SecurityGroups => "security groups",
            Self::Rules => "rules per security group",
        }
    }

    /// AWS's default ("Amazon VPC quotas").
    pub const fn default_number(self) -> usize {
        match self {
            Self::Vpcs => 5,
            Self::Subnets => 200,
            Self::SecurityGroups => 2500,
            Self::Rules => 60,
        }
    }
}

impl Ec2Rejection {
    /// The code on the wire and the HTTP status.
    pub const fn code(&self) -> (&'static str, u16) {
        let code = match self {
            Self::Missing(_) => "MissingParameter",
            Self::BadValue { .. }
            | Self::BadPermission(_)
            | Self::BadFilter(_)
            | Self::RuleTwice
            | Self::ReservedGroupName
            | Self::ReservedTag => "InvalidParameterValue",
            Self::Exclusive(..) => "InvalidParameterCombination",
            Self::MalformedId { kind, .. } => kind.codes().1,
            Self::NotFound { kind, .. } => kind.codes().0,
            Self::BadId(_) => "InvalidID",
            Self::BadToken(_) => "InvalidNextToken",
            Self::BadRange { kind: Kind::Vpc, .. } => "InvalidVpc.Range",
            Self::BadRange { .. } => "InvalidSubnet.Range",
            Self::SubnetConflict(_) => "InvalidSubnet.Conflict",
            Self::GroupExists { .. } => "InvalidGroup.Duplicate",
            Self::RuleExists(_) => "InvalidPermission.Duplicate",
            Self::NoSuchRule => "InvalidPermission.NotFound",
            Self::Dependency(_) => "DependencyViolation",
            Self::DefaultGroup { .. } => "CannotDelete",
            Self::Limit(Limit::Vpcs) => "VpcLimitExceeded",
            Self::Limit(Limit::Subnets) => "SubnetLimitExceeded",
            Self::Limit(Limit::SecurityGroups) => "SecurityGroupLimitExceeded",
            Self::Limit(Limit::Rules) => "RulesPerSecurityGroupLimitExceeded",
            Self::TooManyTags => "TagLimitExceeded",
            Self::DryRun => return ("DryRunOperation", 412),
            Self::NotBuilt(_) => return ("NotImplemented", 501),
        };
        (code, 400)
    }
}
