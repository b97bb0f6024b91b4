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

    /// A VPC's subnets, by id.
    pub fn subnets_of(&self, scope: &Scope, vpc: &VpcId) -> Vec<Arc<Subnet>> {
        let mut derived = Subnet::defaults_of(scope);
        derived.retain(|subnet| subnet.vpc == *vpc && !self.has_row(subnet));
        Self::beside(derived, self.subnet_rows(scope, vpc))
    }

    /// A VPC's security groups, by id.
    pub fn security_groups_of(&self, scope: &Scope, vpc: &VpcId) -> Vec<Arc<SecurityGroup>> {
        let mut derived = vec![SecurityGroup::default_of(scope)];
        derived.retain(|group| group.vpc == *vpc && !self.has_row(group));
        Self::beside(derived, self.security_group_rows(scope, vpc))
    }

    /// The security group of a VPC that has this name.
    pub fn security_group_named(&self, scope: &Scope, vpc: &VpcId, name: &str) -> Option<Arc<SecurityGroup>> {
        let row = self.security_group_row(scope, vpc, name).cloned();
        row.or_else(|| {
            let derived = SecurityGroup::default_of(scope);
            let is_it = derived.vpc == *vpc && derived.name == name;
            is_it.then(|| Arc::new(derived))
        })
    }

    /// The security group that has the rule of this id.
    pub fn security_group_of_rule(&self, scope: &Scope, rule: &str) -> Option<Arc<SecurityGroup>> {
        let row = self.security_group_row_of(scope, rule).cloned();
        row.or_else(|| {
            let derived = SecurityGroup::default_of(scope);
            let is_it = derived.rules.iter().any(|one| one.id == rule) && !self.has_row(&derived);
            is_it.then(|| Arc::new(derived))
        })
    }

    /// How many VPCs an account has in a region.
    pub fn vpc_count(&self, scope: &Scope) -> usize {
        self.count::<Vpc>(scope) + usize::from(!self.has_row(&Vpc::default_of(scope)))
    }

    /// How many security groups.
    pub fn security_group_count(&self, scope: &Scope) -> usize {
        self.count::<SecurityGroup>(scope) + usize::from(!self.has_row(&SecurityGroup::default_of(scope)))
    }

    fn has_row<R: Resource>(&self, one: &R) -> bool {
        self.get::<R>(&one.key()).is_some()
    }

    /// The `derived` ones, which have no rows, and the `rows`, by id.
    fn beside<'w, R: Resource>(derived: Vec<R>, rows: impl Iterator<Item = &'w Arc<R>>) -> Vec<Arc<R>> {
        let derived = derived.into_iter().map(Arc::new);
        let all: BTreeMap<R::Id, Arc<R>> =
            derived.chain(rows.cloned()).map(|one| (one.key().id, one)).collect();
        all.into_values().collect()
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
    fn rows_and<R: Resource>(&self, scope: &Scope, mut derived: Vec<R>) -> Vec<Arc<R>> {
        derived.retain(|one| !self.has_row(one));
        Self::beside(derived, self.of::<R>(scope))
    }
}
