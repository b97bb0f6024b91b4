//! ARNs: built and taken apart, with AWS's complaints.

use std::fmt;

use crate::ids::{AccountId, Partition, Region, Scope};
use crate::rejection::Rejection;

/// The resource type in an ElastiCache ARN. Formats: the Service Authorization Reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// A cache cluster.
    Cluster,
    /// A replication group.
    ReplicationGroup,
    /// A global datastore; its ARN has no region.
    GlobalReplicationGroup,
    /// A snapshot of a cluster or replication group.
    Snapshot,
    /// A serverless cache.
    ServerlessCache,
    /// A snapshot of a serverless cache.
    ServerlessCacheSnapshot,
    /// A user.
    User,
    /// A user group.
    UserGroup,
    /// A cache parameter group.
    ParameterGroup,
    /// A cache subnet group.
    SubnetGroup,
    /// A classic cache security group.
    SecurityGroup,
    /// A reserved node.
    ReservedNode,
}

impl ResourceType {
    /// Every type.
    pub const ALL: [Self; 12] = [
        Self::Cluster,
        Self::ReplicationGroup,
        Self::GlobalReplicationGroup,
        Self::Snapshot,
        Self::ServerlessCache,
        Self::ServerlessCacheSnapshot,
        Self::User,
        Self::UserGroup,
        Self::ParameterGroup,
        Self::SubnetGroup,
        Self::SecurityGroup,
        Self::ReservedNode,
    ];

    /// The word in the ARN.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::ReplicationGroup => "replicationgroup",
            Self::GlobalReplicationGroup => "globalreplicationgroup",
            Self::Snapshot => "snapshot",
            Self::ServerlessCache => "serverlesscache",
            Self::ServerlessCacheSnapshot => "serverlesscachesnapshot",
            Self::User => "user",
            Self::UserGroup => "usergroup",
            Self::ParameterGroup => "parametergroup",
            Self::SubnetGroup => "subnetgroup",
            Self::SecurityGroup => "securitygroup",
            Self::ReservedNode => "reserved-instance",
        }
    }
}

/// An ElastiCache ARN; displays as `arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arn {
    /// Which AWS.
    pub partition: Partition,
    /// None in a global datastore's ARN.
    pub region: Option<Region>,
    /// The owner.
    pub account: AccountId,
    /// What it names.
    pub resource: ResourceType,
    /// Its id or name, in lower case but for users.
    pub id: Box<str>,
}

impl Arn {
    /// The ARN of a resource of `scope`.
    pub fn new(scope: &Scope, resource: ResourceType, id: &str) -> Self {
        let regional = resource != ResourceType::GlobalReplicationGroup;
        Self {
            partition: scope.region.partition(),
            region: regional.then(|| scope.region.clone()),
            account: scope.account.clone(),
            resource,
            id: match resource {
                ResourceType::User => id.into(),
                _ => id.to_ascii_lowercase().into(),
            },
        }
    }

    /// An ARN that the caller of `scope` sent, for a tag operation.
    ///
    /// # Errors
    /// AWS's complaint on the first field that is wrong, from left to right.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Rejection> {
        let parts: Vec<&str> = text.split(':').collect();
        let [arn, partition, service, region, account, resource, id] = parts[..] else {
            return Err(Rejection::ArnComponents);
        };
        let expected = scope.region.partition();
        if arn != "arn" || id.is_empty() {
            return Err(Rejection::ArnComponents);
        }
        if partition != expected.as_str() {
            return Err(Rejection::ArnPartition(expected.as_str()));
        }
        if service != "elasticache" {
            return Err(Rejection::ArnService);
        }
        let resource = ResourceType::ALL
            .into_iter()
            .find(|known| known.as_str() == resource)
            .ok_or(Rejection::ArnResourceType)?;
        let global = resource == ResourceType::GlobalReplicationGroup;
        if (global && !region.is_empty()) || (!global && region != scope.region.as_str()) {
            return Err(Rejection::ArnRegion);
        }
        if account != scope.account.as_str() {
            return Err(Rejection::ArnAccount);
        }
        Ok(Self::new(scope, resource, id))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_ref().map_or("", Region::as_str);
        write!(
            f,
            "arn:{}:elasticache:{region}:{}:{}:{}",
            self.partition.as_str(),
            self.account,
            self.resource.as_str(),
            self.id
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        let scope = Scope::for_tests();
        Arn::parse(text, &scope).expect_err("a bad ARN").to_string()
    }

    #[test]
    fn an_arn_reads_as_it_is_written() {
        let scope = Scope::for_tests();
        let text = "arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache";
        assert_eq!(Arn::new(&scope, ResourceType::Cluster, "My-Cache").to_string(), text);
        assert_eq!(Arn::parse(text, &scope).unwrap().to_string(), text);
        let global = Arn::new(&scope, ResourceType::GlobalReplicationGroup, "ldgnf-g").to_string();
        assert_eq!(global, "arn:aws:elasticache::000000000000:globalreplicationgroup:ldgnf-g");
        assert_eq!(Arn::parse(&global, &scope).unwrap().region, None);
    }

    #[test]
    fn the_types_are_the_references() {
        let table = crate::catalogue::Table::parse(include_str!("../data/arns.tsv"));
        let rows = table.rows(|row| (row.text("arn_type"), row.yes("region")));
        let scope = Scope::for_tests();
        let types =
            ResourceType::ALL.map(|kind| (kind.as_str(), Arn::new(&scope, kind, "x").region.is_some()));
        for (word, regional) in types {
            assert!(rows.contains(&(word, regional)), "{word}");
        }
        assert_eq!(rows.len(), types.len());
    }

    #[test]
    fn each_wrong_field_has_its_complaint() {
        assert_eq!(complaint("my-cache"), "Input ARN string does not have 7 components.");
        assert_eq!(
            complaint("arn:aws:elasticache:us-east-1:000000000000:cluster"),
            "Input ARN string does not have 7 components."
        );
        assert_eq!(
            complaint("arn:aws-cn:elasticache:us-east-1:000000000000:cluster:c"),
            "partition field is wrong. Expected value is aws"
        );
        assert_eq!(
            complaint("arn:aws:rds:us-east-1:000000000000:cluster:c"),
            "service field is wrong. Expected value is elasticache"
        );
        assert_eq!(
            complaint("arn:aws:elasticache:eu-west-1:000000000000:cluster:c"),
            "Unauthorized call. Please check the region or customer id"
        );
        assert_eq!(
            complaint("arn:aws:elasticache:us-east-1:111111111111:cluster:c"),
            "The resource ARN does not belong to the caller's account."
        );
        assert_eq!(
            complaint("arn:aws:elasticache:us-east-1:000000000000:thing:c"),
            "resource type field is wrong."
        );
    }
}
