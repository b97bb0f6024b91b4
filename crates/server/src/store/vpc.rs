//! The VPCs of an account and region, and what is in them: the default ones are derived, until something of them is
//! changed; from then on they are rows like all others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ec2::{SecurityGroup, Subnet, Vpc};
use domain::ids::{CacheSubnetGroupName, Scope, SecurityGroupId, SubnetId, VpcId};
use domain::paging::merged;
use domain::subnet_group::{CacheSubnetGroup, OwnSubnetGroup};
use domain::tag::Tags;

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

    /// A subnet group: a row, else the default one, which has none until it is changed.
    pub fn subnet_group(&self, scope: &Scope, name: &CacheSubnetGroupName) -> Option<OwnSubnetGroup> {
        let row = self.get::<OwnSubnetGroup>(&Key::new(scope.clone(), name.clone()));
        row.map(|row| OwnSubnetGroup::clone(row)).or_else(|| {
            let group = self.default_groups(scope).subnet_group.clone();
            let own = OwnSubnetGroup { scope: scope.clone(), group, tags: Tags::default() };
            (own.group.name == *name).then_some(own)
        })
    }

    /// The subnet groups of an account and region whose names come after `after`, by name.
    pub fn subnet_groups_after<'w>(
        &'w self,
        scope: &Scope,
        after: Option<&'w str>,
    ) -> impl Iterator<Item = Cow<'w, CacheSubnetGroup>> {
        let default = self.subnet_group(scope, &CacheSubnetGroup::default_name());
        let is_row = |own: &OwnSubnetGroup| self.get::<OwnSubnetGroup>(&own.key()).is_some();
        let default = default.filter(|own| !is_row(own)).map(|own| Cow::Owned(own.group));
        let rows = self.after::<OwnSubnetGroup>(scope, after).map(|row| Cow::Borrowed(&row.group));
        merged(default, rows, |group| group.name.clone())
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
