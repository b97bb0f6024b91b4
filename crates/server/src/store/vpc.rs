//! The VPCs of an account and region, and what is in them: the default ones are derived, until something of them is
//! changed; from then on they are rows like all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ec2::{SecurityGroup, Subnet, Vpc};
use domain::ids::{Scope, SecurityGroupId, SubnetId, VpcId};

use super::{Key, Resource, World};

impl World {
    /// A VPC.
    pub fn vpc(&self, scope: &Scope, id: &VpcId) -> Option<Arc<Vpc>> {
        self.row_or(scope, id, || vec![Vpc::default_of(scope)])
    }

    /// The VPCs of an account and region, by id.
    pub fn vpcs(&self, scope: &Scope) -> Vec<Arc<Vpc>> {
        self.rows_and(scope, vec![Vpc::default_of(scope)])
    }

    /// A subnet.
    pub fn subnet(&self, scope: &Scope, id: &SubnetId) -> Option<Arc<Subnet>> {
        self.row_or(scope, id, || Subnet::defaults_of(scope))
    }

    /// The subnets of an account and region, by id.
    pub fn subnets(&self, scope: &Scope) -> Vec<Arc<Subnet>> {
        self.rows_and(scope, Subnet::defaults_of(scope))
    }

    /// A security group.
    pub fn security_group(&self, scope: &Scope, id: &SecurityGroupId) -> Option<Arc<SecurityGroup>> {
        self.row_or(scope, id, || vec![SecurityGroup::default_of(scope)])
    }

    /// The security groups of an account and region, by id.
    pub fn security_groups(&self, scope: &Scope) -> Vec<Arc<SecurityGroup>> {
        self.rows_and(scope, vec![SecurityGroup::default_of(scope)])
    }

    /// The row, else that of the `derived` ones which has its id.
    fn row_or<R: Resource>(
        &self,
        scope: &Scope,
        id: &R::Id,
        derived: impl FnOnce() -> Vec<R>,
    ) -> Option<Arc<R>> {
        let row = self.get::<R>(&Key::new(scope.clone(), id.clone())).cloned();
        row.or_else(|| derived().into_iter().find(|one| one.key().id == *id).map(Arc::new))
    }

    /// The rows, and those of the `derived` ones that have none.
    fn rows_and<R: Resource>(&self, scope: &Scope, derived: Vec<R>) -> Vec<Arc<R>> {
        let derived = derived.into_iter().map(|one| (one.key().id, Arc::new(one)));
        let mut all: BTreeMap<R::Id, Arc<R>> = derived.collect();
        all.extend(self.of::<R>(scope).map(|row| (row.key().id, Arc::clone(row))));
        all.into_values().collect()
    }
}
