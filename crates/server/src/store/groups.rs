//! The groups that requests name, as the world has them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ec2::{DEFAULT_SECURITY_GROUP, SecurityGroup};
use domain::groups::{DefaultGroups, Groups};
use domain::ids::{
    CacheParameterGroupName, CacheSubnetGroupName, Scope, SecurityGroupId, SnapshotName, SubnetId, VpcId,
};
use domain::parameter_group::CacheParameterGroup;
use domain::snapshot::Snapshot;
use domain::subnet_group::{CacheSubnetGroup, OwnSubnetGroup};
use domain::vpc::Subnet;

use super::{Key, World};

/// The most accounts and regions whose default groups are kept: a bound for clients that name account after account.
const MOST: usize = 256;

/// The default groups of the accounts and regions that were asked for, each derived once.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults(Arc<Mutex<HashMap<Scope, Arc<DefaultGroups>>>>);

impl Defaults {
    pub(super) fn of(&self, scope: &Scope) -> Arc<DefaultGroups> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(groups) = kept.get(scope) {
            return Arc::clone(groups);
        }
        if kept.len() == MOST {
            kept.clear();
        }
        let groups = Arc::new(DefaultGroups::of(scope));
        kept.insert(scope.clone(), Arc::clone(&groups));
        groups
    }
}

/// The groups of one account and region: see [`super::World::groups`].
#[derive(Clone)]
pub struct WorldGroups<'w> {
    /// Those that every account and region has.
    pub defaults: Arc<DefaultGroups>,
    pub(super) world: &'w World,
    pub(super) scope: &'w Scope,
}

impl fmt::Debug for WorldGroups<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the groups of {}", self.scope)
    }
}

impl Groups for WorldGroups<'_> {
    fn parameter_group(&self, name: &CacheParameterGroupName) -> Option<&CacheParameterGroup> {
        self.world.parameter_group(self.scope, name)
    }

    fn subnet_group(&self, name: &CacheSubnetGroupName) -> Option<&CacheSubnetGroup> {
        let own = self.world.get::<OwnSubnetGroup>(&Key::new(self.scope.clone(), name.clone()));
        own.map(|own| &own.group).or_else(|| self.defaults.subnet_group(name))
    }

    fn subnet(&self, id: &SubnetId) -> Option<(VpcId, Subnet)> {
        let found = self.world.subnet(self.scope, id)?;
        let (id, availability_zone, cidr) = (found.id.clone(), found.availability_zone.clone(), found.cidr);
        Some((found.vpc.clone(), Subnet { id, availability_zone, cidr }))
    }

    fn vpc_of(&self, security_group: &SecurityGroupId) -> Option<&VpcId> {
        let row = self.world.get::<SecurityGroup>(&Key::new(self.scope.clone(), security_group.clone()));
        row.map(|row| &row.vpc).or_else(|| self.defaults.vpc_of(security_group))
    }

    fn default_security_group(&self, vpc: &VpcId) -> Option<&SecurityGroupId> {
        let own =
            || self.world.security_group_row(self.scope, vpc, DEFAULT_SECURITY_GROUP).map(|row| &row.id);
        self.defaults.default_security_group(vpc).or_else(own)
    }

    fn snapshot(&self, name: &SnapshotName) -> Option<&Snapshot> {
        self.world.get::<Snapshot>(&Key::new(self.scope.clone(), name.clone())).map(|snapshot| &**snapshot)
    }
}
