//! Where a group's members go: names, zones, addresses.

use super::node_group::{Member, MemberState, NodeGroup, NodeGroupId, NodeGroupState, Role, member_name};
use super::slots::Slots;
use super::spec::ReplicationGroupSpec;
use super::surroundings::Surroundings;
use super::{Members, ReplicationGroup};
use crate::cluster::{CacheCluster, CacheNode, Ground, Membership, PendingModifiedValues as OfClusters};
use crate::ids::{AvailabilityZone, CacheClusterId, CacheNodeId, ReplicationGroupId, Scope};
use crate::network::AzMode;
use crate::rejection::Rejection;

/// Where a member is asked to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// In which zone; none: in one that has few of its shard.
    pub availability_zone: Option<AvailabilityZone>,
    /// Under which name; none: the next one of its shard.
    pub name: Option<CacheClusterId>,
}

impl Place {
    /// In the zone that was asked for, if one was.
    pub fn in_zone(availability_zone: Option<AvailabilityZone>) -> Self {
        Self { availability_zone, name: None }
    }
}

/// A shard that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShard {
    /// Its number.
    pub id: NodeGroupId,
    /// The slots that it begins with.
    pub slots: Slots,
    /// Where its members go, the primary first.
    pub places: Vec<Place>,
}

/// Puts members of one group where they can go, one after the other.
pub(super) struct Placer<'p> {
    scope: &'p Scope,
    id: &'p ReplicationGroupId,
    spec: &'p ReplicationGroupSpec,
    /// What waits for the group's window.
    pending: OfClusters,
    world: &'p Surroundings<'p>,
    taken: crate::addresses::Addresses,
    pub(super) placed: Members,
}

impl<'p> Placer<'p> {
    pub(super) fn new(
        scope: &'p Scope,
        id: &'p ReplicationGroupId,
        spec: &'p ReplicationGroupSpec,
        world: &'p Surroundings<'p>,
    ) -> Self {
        Self {
            scope,
            id,
            spec,
            pending: OfClusters::default(),
            world,
            taken: world.neighbours.addresses(&spec.member.vpc).clone(),
            placed: Members::new(),
        }
    }

    pub(super) fn of(group: &'p ReplicationGroup, world: &'p Surroundings<'p>) -> Self {
        let pending = group.pending.of_members();
        Self { pending, ..Self::new(&group.scope, &group.id, &group.spec, world) }
    }

    /// A shard with its members.
    pub(super) fn shard(&mut self, shard: &NewShard) -> Result<NodeGroup, Rejection> {
        let mut node_group = NodeGroup {
            id: shard.id,
            slots: shard.slots.clone(),
            slots_to_be: None,
            members: Vec::new(),
            state: NodeGroupState::Creating,
            failover: None,
        };
        for place in &shard.places {
            self.member(&mut node_group, place, &[])?;
        }
        Ok(node_group)
    }

    /// One member more: a new shard's first one is its primary. `beside` are the nodes that the shard has already.
    pub(super) fn member(
        &mut self,
        node_group: &mut NodeGroup,
        place: &Place,
        beside: &[CacheNode],
    ) -> Result<(), Rejection> {
        let name = place.name.clone().unwrap_or_else(|| self.next_name(node_group));
        let new = node_group.members.iter().filter_map(|member| self.placed.get(&member.cluster));
        let others: Vec<CacheNode> =
            beside.iter().cloned().chain(new.flat_map(|cluster| cluster.nodes.clone())).collect();
        let ground = self.world.ground(&self.spec.member);
        // Shards begin in different zones, so that their primaries do not share one.
        let draw = ground.draw.wrapping_add(u64::from(node_group.id.number()));
        let ground = Ground { taken: &self.taken, draw, ..ground };
        let zone = place.availability_zone.as_ref();
        let node = ground.node(CacheNodeId::new(1), zone, AzMode::CrossAz, &others)?;
        self.taken.insert(node.address);
        let zone = node.availability_zone.clone();
        let mut spec = self.spec.member.clone();
        spec.preferred_availability_zone = Some(zone.clone());
        // Its values may have changed since the group was made.
        let parameters = self.world.of_clusters.groups.parameter_group(&spec.cache_parameter_group_name);
        spec.parameters = parameters.map_or(spec.parameters, |group| group.values.clone());
        let mut cluster = CacheCluster::new(self.scope.clone(), name.clone(), spec, vec![node]);
        cluster.membership =
            Some(Membership { group: self.id.clone(), node_group: node_group.id, leaves: false });
        cluster.pending = self.pending.clone().into();
        self.placed.insert(name.clone(), cluster);
        let role = if node_group.members.is_empty() { Role::Primary } else { Role::Replica };
        node_group.members.push(Member {
            cluster: name,
            role,
            availability_zone: zone,
            state: MemberState::Joining,
        });
        Ok(())
    }

    /// The next free name: one that some other cluster has is passed over.
    fn next_name(&self, node_group: &NodeGroup) -> CacheClusterId {
        let mode = self.spec.cluster_mode;
        let mut names = (1..=u16::MAX).map(|n| member_name(self.id, mode, node_group.id, n));
        let free = |name: &CacheClusterId| {
            let named = node_group.members.iter().any(|member| member.cluster == *name);
            !named && !self.placed.contains_key(name) && !self.world.is_cluster(name)
        };
        names.find(free).expect("a shard has fewer members than there are names")
    }
}
