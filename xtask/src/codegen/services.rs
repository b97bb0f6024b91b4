//! Which services are generated, and how much of each.

/// A service: `name` is its module and its facts.
pub(super) struct ServedService {
    pub(super) name: &'static str,
    /// Its folder in botocore.
    pub(super) folder: &'static str,
    pub(super) operations: Operations,
}

/// Which of a model's operations are generated.
pub(super) enum Operations {
    /// All: the server does not compile while one has no handler.
    All,
    /// Those that Simfra serves, of a service that is there for ElastiCache's sake: the others are refused by name.
    Served(&'static [&'static str]),
}

impl Operations {
    pub(super) fn include(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Served(names) => names.contains(&name),
        }
    }
}

/// The services that are generated.
pub(super) const SERVICES: [ServedService; 4] = [
    ServedService { name: "elasticache", folder: "elasticache", operations: Operations::All },
    ServedService { name: "ec2", folder: "ec2", operations: Operations::Served(&EC2) },
    ServedService { name: "sts", folder: "sts", operations: Operations::Served(&["GetCallerIdentity"]) },
    ServedService {
        name: "tagging",
        folder: "resourcegroupstaggingapi",
        operations: Operations::Served(&TAGGING),
    },
];

const TAGGING: [&str; 5] = ["GetResources", "GetTagKeys", "GetTagValues", "TagResources", "UntagResources"];

const EC2: [&str; 29] = [
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateTags",
    "CreateVpc",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteTags",
    "DeleteVpc",
    "DescribeAccountAttributes",
    "DescribeAvailabilityZones",
    "DescribeNetworkAcls",
    "DescribeNetworkInterfaces",
    "DescribeRegions",
    "DescribeRouteTables",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVpcAttribute",
    "DescribeVpcs",
    "ModifySecurityGroupRules",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
];
