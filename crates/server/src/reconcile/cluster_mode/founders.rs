//! New groups: what their nodes know of each other from the start, and the founders of their shards, whose places the primaries
//! take (see `dataplane::engine::Birth`).

use std::sync::Arc;

use dataplane::engine::{Birth, ClusterView, NewMember, NewShard};
use domain::cluster::{CacheCluster, CacheNode};
use domain::node::Generation;
use domain::replication_group::{NodeGroup, NodeGroupId, Phase, ReplicationGroup};

use super::Asked;
use crate::reconcile::Reconciler;
use crate::store::{GroupKey, World};

/// A founder whose primary is there.
pub(super) struct Founder {
    id: String,
    /// Its primary has not taken its place yet.
    is_followed: bool,
    /// Its primary has its slots.
    is_followed_up: bool,
}

impl Founder {
    /// Whether a member is to go on knowing it: its slots would be nobody's in that one's eyes.
    pub(super) fn is_kept(&self, view: &ClusterView) -> bool {
        let has_slots = || view.node(&self.id).is_some_and(|founder| !founder.slots.is_empty());
        self.is_followed || (self.is_followed_up && has_slots())
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }
}

impl Reconciler {
    /// What the node knows from its first start on, in a group that is being made.
    pub(in crate::reconcile) fn birth(&self, cluster: &CacheCluster, node: &CacheNode) -> Option<Arc<Birth>> {
        let world = self.store.read();
        let group = world.replication_group(&GroupKey::of_member(cluster)?)?;
        if group.phase != Phase::Creating || node.generation != Generation::FIRST {
            return None;
        }
        let shards = group.node_groups.iter().map(|shard| self.new_shard(&world, group, shard));
        Some(Arc::new(Birth { shards: shards.collect::<Option<_>>()? }))
    }

    fn new_shard(&self, world: &World, group: &ReplicationGroup, shard: &NodeGroup) -> Option<NewShard> {
        let clusters = world.members(group);
        let names = self.names.naming().of(&group.scope);
        let members = shard.members.iter().map(|member| {
            let cluster = clusters.get(&member.cluster)?;
            let node = cluster.nodes.first()?;
            let id = cluster.node_id(node.id);
            Some(NewMember {
                known_by: self.key.known_by(&id, Generation::FIRST),
                address: node.address,
                name: cluster.node_name(node.id, &names),
                id,
            })
        });
        Some(NewShard {
            founder: self.founder(group, shard.id),
            slots: shard.slots.clone(),
            members: members.collect::<Option<_>>()?,
        })
    }

    pub(super) fn founder(&self, group: &ReplicationGroup, shard: NodeGroupId) -> String {
        self.key.founder(&group.scope, &group.id, shard)
    }

    /// The founders of the shards whose primaries answered.
    pub(super) fn founders(&self, group: &ReplicationGroup, all: &[Asked<'_>]) -> Vec<Founder> {
        let primaries = all.iter().filter(|asked| asked.is.leads);
        let founder = |primary: &Asked<'_>| {
            let (id, own) = (self.founder(group, primary.is.shard), primary.view.own());
            let is_followed = own.primary.as_ref() == Some(&id);
            let is_followed_up = own.primary.is_none() && !own.slots.is_empty();
            Founder { id, is_followed, is_followed_up }
        };
        primaries.map(founder).collect()
    }
}
