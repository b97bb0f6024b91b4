//! The groups that requests name: parameter groups, subnet groups, VPC security groups; and snapshots; looked up, never
//! copied.

use std::fmt;

use crate::ids::{
    CacheParameterGroupName, CacheSubnetGroupName, Scope, SecurityGroupId, SnapshotName, SubnetId, VpcId,
};
use crate::parameter_group::CacheParameterGroup;
use crate::snapshot::Snapshot;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::{Subnet, Vpc};

/// The groups of one account and region, at one moment.
pub trait Groups: fmt::Debug {
    /// A parameter group, the default ones included.
    fn parameter_group(&self, name: &CacheParameterGroupName) -> Option<&CacheParameterGroup>;

    /// A subnet group, the default one included.
    fn subnet_group(&self, name: &CacheSubnetGroupName) -> Option<&CacheSubnetGroup>;

    /// A subnet, and the VPC that it is in.
    fn subnet(&self, id: &SubnetId) -> Option<(VpcId, Subnet)>;

    /// The VPC that a security group is in; none where there is no such group.
    fn vpc_of(&self, security_group: &SecurityGroupId) -> Option<&VpcId>;

    /// The security group of a cluster in `vpc` that names none.
    fn default_security_group(&self, vpc: &VpcId) -> Option<&SecurityGroupId>;

    /// A snapshot of a cluster or replication group, which a new one may begin with.
    fn snapshot(&self, name: &SnapshotName) -> Option<&Snapshot>;
}

/// The groups that every account and region has from the start. They depend on nothing else, and deriving them takes
/// many hashes: worth keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultGroups {
    /// The default VPC.
    pub vpc: Vpc,
    /// The subnet group over all its subnets.
    pub subnet_group: CacheSubnetGroup,
}

impl DefaultGroups {
    /// Those of `scope`.
    pub fn of(scope: &Scope) -> Self {
        let vpc = Vpc::default_of(scope);
        let subnet_group = CacheSubnetGroup::default_of(&vpc);
        Self { vpc, subnet_group }
    }
}

impl Groups for DefaultGroups {
    fn parameter_group(&self, name: &CacheParameterGroupName) -> Option<&CacheParameterGroup> {
        CacheParameterGroup::default_called(name)
    }

    fn subnet_group(&self, name: &CacheSubnetGroupName) -> Option<&CacheSubnetGroup> {
        Some(&self.subnet_group).filter(|group| group.name == *name)
    }

    fn subnet(&self, id: &SubnetId) -> Option<(VpcId, Subnet)> {
        let found = self.vpc.subnets.iter().find(|subnet| subnet.id == *id);
        found.map(|subnet| (self.vpc.key.vpc.clone(), subnet.clone()))
    }

    fn vpc_of(&self, security_group: &SecurityGroupId) -> Option<&VpcId> {
        (self.vpc.default_security_group == *security_group).then_some(&self.vpc.key.vpc)
    }

    fn default_security_group(&self, vpc: &VpcId) -> Option<&SecurityGroupId> {
        (self.vpc.key.vpc == *vpc).then_some(&self.vpc.default_security_group)
    }

    fn snapshot(&self, _: &SnapshotName) -> Option<&Snapshot> {
        None
    }
}
