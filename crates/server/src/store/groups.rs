//! The groups that requests name, as the world has them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::groups::{DefaultGroups, Groups};
use domain::ids::{CacheParameterGroupName, CacheSubnetGroupName, Scope, SecurityGroupId, VpcId};
use domain::parameter_group::CacheParameterGroup;
use domain::subnet_group::CacheSubnetGroup;

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
#[derive(Debug, Clone)]
pub struct WorldGroups {
    /// Those that every account and region has.
    pub defaults: Arc<DefaultGroups>,
}

impl Groups for WorldGroups {
    fn parameter_group(&self, name: &CacheParameterGroupName) -> Option<&CacheParameterGroup> {
        self.defaults.parameter_group(name)
    }

    fn subnet_group(&self, name: &CacheSubnetGroupName) -> Option<&CacheSubnetGroup> {
        self.defaults.subnet_group(name)
    }

    fn vpc_of(&self, security_group: &SecurityGroupId) -> Option<&VpcId> {
        self.defaults.vpc_of(security_group)
    }

    fn default_security_group(&self, vpc: &VpcId) -> Option<&SecurityGroupId> {
        self.defaults.default_security_group(vpc)
    }
}
