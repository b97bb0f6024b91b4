//! Security groups. Their rules are kept and described; no packet is filtered by them.

use serde::{Deserialize, Serialize};

use super::filter::Described;
use super::permission::check_description;
use super::rule::{Direction, Peer, Protocol, RuleSpec, SecurityGroupRule};
use super::{Draw, Ec2Rejection, Kind, Limit, RequestedPermission, RequestedTag, Tags, Vpc};
use crate::ids::{Scope, SecurityGroupId, VpcId};
use crate::quota::Quotas;
use crate::vpc as default;

/// The name of the group that every VPC has.
/// The name of each VPC's default group.
pub const DEFAULT: &str = "default";

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Account and region.
    pub scope: Scope,
    /// `sg-…`.
    pub id: SecurityGroupId,
    /// Its VPC.
    pub vpc: VpcId,
    /// `GroupName`.
    pub name: String,
    /// `Description`.
    pub description: String,
    /// Its rules, in the order in which they came.
    pub rules: Vec<SecurityGroupRule>,
    /// Its tags.
    pub tags: Tags,
}

/// CreateSecurityGroup.
#[derive(Debug, Clone, Default)]
pub struct CreateSecurityGroup {
    /// `GroupName`.
    pub name: String,
    /// `Description`.
    pub description: String,
    /// The tags of `TagSpecifications`.
    pub tags: Vec<RequestedTag>,
}

impl SecurityGroup {
    /// The default group of the VPC that every account has.
    pub fn default_of(scope: &Scope) -> Self {
        let vpc = default::Vpc::default_of(scope);
        Self::default_in(scope, vpc.key.vpc, vpc.default_security_group)
    }

    /// The default group of a new VPC.
    pub fn default_of_new(vpc: &Vpc, draw: Draw) -> Self {
        Self::default_in(&vpc.scope, vpc.id.clone(), draw.id("sg"))
    }

    fn default_in(scope: &Scope, vpc: VpcId, id: SecurityGroupId) -> Self {
        let own = Peer::Group { owner: scope.account.clone(), id: id.clone() };
        let description = "default VPC security group".to_owned();
        let group = Self::bare(scope, id, vpc, DEFAULT.to_owned(), description, Tags::default());
        group.allowing_all(Direction::Ingress, own).allowing_all(Direction::Egress, everybody())
    }

    fn bare(
        scope: &Scope,
        id: SecurityGroupId,
        vpc: VpcId,
        name: String,
        description: String,
        tags: Tags,
    ) -> Self {
        Self { scope: scope.clone(), id, vpc, name, description, rules: Vec::new(), tags }
    }

    fn allowing_all(mut self, direction: Direction, peer: Peer) -> Self {
        let id = super::draw::derived("sgr", &format!("{} {direction:?}", self.id));
        let spec = RuleSpec { protocol: Protocol::All, ports: None, peer, description: None };
        self.rules.push(self.rule(id, direction, spec, Tags::default()));
        self
    }

    fn rule(&self, id: String, direction: Direction, spec: RuleSpec, tags: Tags) -> SecurityGroupRule {
        let (scope, group) = (self.scope.clone(), self.id.clone());
        SecurityGroupRule { id, scope, group, direction, spec, tags }
    }

    /// What a CreateSecurityGroup makes in `vpc`, beside groups of these `names`.
    ///
    /// # Errors
    /// When the name is reserved, taken or of a form that AWS does not allow; a description or tags that break limits.
    pub fn create<'n>(
        scope: &Scope,
        vpc: &VpcId,
        mut names: impl Iterator<Item = &'n str>,
        request: &CreateSecurityGroup,
        draw: Draw,
    ) -> Result<Self, Ec2Rejection> {
        let CreateSecurityGroup { name, description, tags } = request;
        let bad = |parameter, value: &str, why: &str| {
            Err(Ec2Rejection::BadValue { parameter, value: value.to_owned(), why: why.to_owned() })
        };
        if name == DEFAULT {
            return Err(Ec2Rejection::ReservedGroupName);
        }
        if name.starts_with("sg-") {
            return bad("GroupName", name, "Group names may not be in the format sg-*.");
        }
        if name.is_empty() || name.chars().count() > 255 || check_description(Some(name)).is_err() {
            return bad(
                "GroupName",
                name,
                "Invalid security group name. Valid names contain 1 to 255 characters.",
            );
        }
        if description.is_empty() || check_description(Some(description)).is_err() {
            return bad(
                "GroupDescription",
                description,
                "Invalid security group description. Valid descriptions are strings less than 256 characters from the \
                 following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
            );
        }
        let tags = Tags::default().with(tags)?;
        if names.any(|other| other == name) {
            return Err(Ec2Rejection::GroupExists { name: name.clone(), vpc: vpc.to_string() });
        }
        let group = Self::bare(scope, draw.id("sg"), vpc.clone(), name.clone(), description.clone(), tags);
        Ok(group.allowing_all(Direction::Egress, everybody()))
    }

    /// Whether it is its VPC's default group.
    pub fn is_default(&self) -> bool {
        self.name == DEFAULT
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        super::arn(&self.scope, "security-group", self.id.as_str())
    }

    /// Its rules of one direction.
    pub fn rules_of(&self, direction: Direction) -> impl Iterator<Item = &SecurityGroupRule> {
        self.rules.iter().filter(move |rule| rule.direction == direction)
    }

    /// The groups that its rules name, itself apart.
    pub fn references(&self) -> impl Iterator<Item = &SecurityGroupId> {
        self.rules.iter().filter_map(|rule| match &rule.spec.peer {
            Peer::Group { id, .. } if *id != self.id => Some(id),
            _ => None,
        })
    }

    /// Adds rules, all or none; answers them.
    ///
    /// # Errors
    /// When a permission is wrong, a rule is there already or comes twice, or there would be too many.
    pub fn authorize(
        &mut self,
        direction: Direction,
        permissions: &[RequestedPermission],
        tags: &[RequestedTag],
        draw: Draw,
        quotas: Quotas,
    ) -> Result<Vec<SecurityGroupRule>, Ec2Rejection> {
        let specs = self.specs(permissions)?;
        let tags = Tags::default().with(tags)?;
        for (at, spec) in specs.iter().enumerate() {
            if specs[..at].iter().any(|other| other.is_same(spec)) {
                return Err(Ec2Rejection::RuleTwice);
            }
            if self.rules_of(direction).any(|rule| rule.spec.is_same(spec)) {
                return Err(spec.complaint());
            }
        }
        if quotas == Quotas::Aws
            && self.rules_of(direction).count() + specs.len() > Limit::Rules.default_number()
        {
            return Err(Ec2Rejection::Limit(Limit::Rules));
        }
        let numbered = specs.into_iter().enumerate();
        let added: Vec<_> =
            numbered.map(|(n, spec)| self.rule(draw.text("sgr", n), direction, spec, tags.clone())).collect();
        self.rules.extend(added.iter().cloned());
        Ok(added)
    }

    /// Takes rules away, by what they let pass; answers them.
    ///
    /// # Errors
    /// When a permission is wrong, or a rule is not there.
    pub fn revoke(
        &mut self,
        direction: Direction,
        permissions: &[RequestedPermission],
    ) -> Result<Vec<SecurityGroupRule>, Ec2Rejection> {
        let mut gone = Vec::new();
        for spec in self.specs(permissions)? {
            let at = self.position(direction, &spec)?;
            gone.push(self.rules.remove(at));
        }
        Ok(gone)
    }

    /// Takes rules away by their ids; answers them.
    ///
    /// # Errors
    /// When the group has no such rule of the direction.
    pub fn revoke_by_id(
        &mut self,
        direction: Direction,
        ids: &[String],
    ) -> Result<Vec<SecurityGroupRule>, Ec2Rejection> {
        let mut gone = Vec::new();
        for id in ids {
            let at = self.rules.iter().position(|rule| rule.id == *id && rule.direction == direction);
            gone.push(self.rules.remove(at.ok_or_else(|| Kind::Rule.not_found(id))?));
        }
        Ok(gone)
    }

    /// Sets the descriptions of rules to those of the permissions.
    ///
    /// # Errors
    /// When a permission is wrong, or a rule is not there.
    pub fn describe_rules(
        &mut self,
        direction: Direction,
        permissions: &[RequestedPermission],
    ) -> Result<(), Ec2Rejection> {
        for spec in self.specs(permissions)? {
            let at = self.position(direction, &spec)?;
            self.rules[at].spec.description = spec.description;
        }
        Ok(())
    }

    /// Sets the description of a rule.
    ///
    /// # Errors
    /// When the group has no such rule of the direction, or the description has letters that AWS does not allow.
    pub fn describe_rule(
        &mut self,
        direction: Direction,
        id: &str,
        description: Option<String>,
    ) -> Result<(), Ec2Rejection> {
        check_description(description.as_deref())?;
        let rule = self.rules.iter_mut().find(|rule| rule.id == id && rule.direction == direction);
        let rule = rule.ok_or_else(|| Kind::Rule.not_found(id))?;
        rule.spec.description = description.filter(|text| !text.is_empty());
        Ok(())
    }

    /// Has the rule `id` let something else pass.
    ///
    /// # Errors
    /// When there is no such rule, the permission is wrong or has not one peer, or another rule does the same.
    pub fn replace_rule(&mut self, id: &str, permission: &RequestedPermission) -> Result<(), Ec2Rejection> {
        let at = self.rules.iter().position(|rule| rule.id == id).ok_or_else(|| Kind::Rule.not_found(id))?;
        let mut specs = permission.rules(&self.scope.account)?;
        let (Some(spec), true) = (specs.pop(), specs.is_empty()) else {
            let message = "A security group rule has exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId.";
            return Err(Ec2Rejection::BadPermission(message.to_owned()));
        };
        let direction = self.rules[at].direction;
        if self.rules_of(direction).any(|other| other.id != id && other.spec.is_same(&spec)) {
            return Err(spec.complaint());
        }
        self.rules[at].spec = spec;
        Ok(())
    }

    /// Whether it may go, when clusters or other groups' rules need it or not.
    ///
    /// # Errors
    /// [`Ec2Rejection::DefaultGroup`], [`Ec2Rejection::Dependency`].
    pub fn deletable(&self, needed: bool) -> Result<(), Ec2Rejection> {
        if self.is_default() {
            return Err(Ec2Rejection::DefaultGroup { id: self.id.to_string() });
        }
        if needed {
            return Err(Ec2Rejection::Dependency(format!("resource {} has a dependent object", self.id)));
        }
        Ok(())
    }

    fn specs(&self, permissions: &[RequestedPermission]) -> Result<Vec<RuleSpec>, Ec2Rejection> {
        if permissions.is_empty() {
            return Err(Ec2Rejection::Missing("ipPermissions"));
        }
        let each = permissions.iter().map(|permission| permission.rules(&self.scope.account));
        each.collect::<Result<Vec<_>, _>>().map(|specs| specs.into_iter().flatten().collect())
    }

    fn position(&self, direction: Direction, spec: &RuleSpec) -> Result<usize, Ec2Rejection> {
        let is_it = |rule: &SecurityGroupRule| rule.direction == direction && rule.spec.is_same(spec);
        self.rules.iter().position(is_it).ok_or(Ec2Rejection::NoSuchRule)
    }
}

fn everybody() -> Peer {
    Peer::Ipv4(ipnet::Ipv4Net::default())
}

impl Described for SecurityGroup {
    const FILTERS: &'static [&'static str] = &[
        "description",
        "egress.ip-permission.cidr",
        "egress.ip-permission.group-id",
        "egress.ip-permission.protocol",
        "group-id",
        "group-name",
        "ip-permission.cidr",
        "ip-permission.group-id",
        "ip-permission.protocol",
        "owner-id",
        "vpc-id",
    ];

    fn attribute(&self, filter: &str) -> Vec<String> {
        let (direction, of_rules) = match filter.strip_prefix("egress.") {
            Some(rest) => (Direction::Egress, rest),
            None => (Direction::Ingress, filter),
        };
        let peers = |wanted: fn(&Peer) -> bool| {
            let peers = self.rules_of(direction).map(|rule| &rule.spec.peer);
            peers.filter(|peer| wanted(peer)).map(ToString::to_string).collect()
        };
        match of_rules {
            "ip-permission.cidr" => peers(|peer| matches!(peer, Peer::Ipv4(_))),
            "ip-permission.group-id" => peers(|peer| matches!(peer, Peer::Group { .. })),
            "ip-permission.protocol" => {
                self.rules_of(direction).map(|rule| rule.spec.protocol.to_string()).collect()
            }
            "description" => vec![self.description.clone()],
            "group-id" => vec![self.id.to_string()],
            "group-name" => vec![self.name.clone()],
            "owner-id" => vec![self.scope.account.to_string()],
            _ => vec![self.vpc.to_string()],
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

#[cfg(test)]
mod tests;
