//! Moves of a group's members that do not all come to the same: what a shard's primary came to is what the shard is, as it has
//! the data, and what all primaries came to is what the group is.

use super::node_group::NodeGroup;
use super::{Members, ReplicationGroup};
use crate::cluster::{CacheCluster, ClusterSpec, Served};
use crate::event::{GroupEvent, Told};
use crate::ids::CacheClusterId;

impl ReplicationGroup {
    /// Whether [`Self::align`] has something to do.
    pub(super) fn is_out_of_line(&self, members: &Members) -> bool {
        !self.strays(members).is_empty() || self.other_than_asked(members).is_some()
    }

    /// Replicas that came to be other than their primaries, or are on their way to it, start anew as these are. Where no
    /// primary came to what was asked for, and all are the same, the group is that.
    pub fn align(&mut self, members: &mut Members) -> Vec<Told> {
        let mut told = Vec::new();
        for (stray, as_is) in self.strays(members) {
            let Some(cluster) = members.get_mut(&stray) else { continue };
            // One that is not to run any more needs no place.
            let events = cluster.renew(as_is).unwrap_or_default();
            told.extend(events.into_iter().map(|event| Told::Member(stray.clone(), event)));
        }
        if let Some(is) = self.other_than_asked(members) {
            told.push(Told::Group(GroupEvent::Notice(self.not_reached(&is))));
            is.put_into(&mut self.spec.member);
        }
        told
    }

    /// Whether members are other than the group asked for: shards that could not follow the others.
    pub(super) fn leaves_some_behind(&self, members: &Members) -> bool {
        let asked = Served::of(&self.spec.member);
        members.values().any(|member| member.becomes().differs(&asked))
    }

    /// What is told of shards that could not follow the others, at the end of a change; none: there are none.
    pub fn left_behind(&self, members: &Members) -> Option<Told> {
        let asked = Served::of(&self.spec.member);
        let behind = |shard: &&NodeGroup| {
            let primary = shard.primary().and_then(|primary| members.get(&primary.cluster));
            primary.is_some_and(|primary| primary.becomes().differs(&asked))
        };
        let behind: Vec<_> =
            self.node_groups.iter().filter(behind).map(|shard| shard.id.to_string()).collect();
        let text = format!(
            "Node groups {} could not become {}, and stay what they were: see their members' events, and ask again",
            behind.join(", "),
            words(&asked, &self.spec.member),
        );
        (!behind.is_empty()).then_some(Told::Group(GroupEvent::Notice(text)))
    }

    /// Replicas that are, or will be, other than their primaries are to stay.
    fn strays(&self, members: &Members) -> Vec<(CacheClusterId, Served)> {
        let strays = self.node_groups.iter().filter_map(|shard| Some((shard, stays(shard, members)?)));
        let strays = strays.flat_map(|(shard, primary)| {
            let as_is = Served::of(&primary.spec);
            let replicas = shard.replicas().filter_map(|replica| members.get(&replica.cluster));
            let stray: Vec<_> = replicas.filter(|replica| replica.becomes().differs(&as_is)).collect();
            stray.into_iter().map(move |replica| (replica.id.clone(), as_is.clone()))
        });
        strays.collect()
    }

    /// What all primaries are to stay, where that is other than what was asked for. What differs in its cluster mode alone is
    /// seen to by [`Self::keep_mode`].
    fn other_than_asked(&self, members: &Members) -> Option<Served> {
        let asked = Served::of(&self.spec.member);
        let mut primaries =
            self.node_groups.iter().map(|shard| stays(shard, members).map(|it| Served::of(&it.spec)));
        let first = primaries.next()??;
        let same = primaries.all(|other| other.is_some_and(|other| !other.differs(&first)));
        let mode = first.cluster_mode() == asked.cluster_mode();
        (same && mode && first.differs(&asked)).then_some(first)
    }

    fn not_reached(&self, is: &Served) -> String {
        let asked = words(&Served::of(&self.spec.member), &self.spec.member);
        let stays = words(is, &self.spec.member);
        format!("It could not become {asked}, it stays {stays}: see the members' events, and ask again")
    }
}

/// `redis 7.1.0 on cache.t3.micro`.
fn words(served: &Served, spec: &ClusterSpec) -> String {
    let engine = served.engine.unwrap_or(spec.engine).as_str();
    format!("{engine} {} on {}", served.engine_version, served.cache_node_type)
}

/// The shard's primary, where it is not on its way to something else.
fn stays<'m>(shard: &NodeGroup, members: &'m Members) -> Option<&'m CacheCluster> {
    let primary = shard.primary().and_then(|primary| members.get(&primary.cluster))?;
    (primary.is_available() && primary.engine_move.is_none()).then_some(primary)
}
