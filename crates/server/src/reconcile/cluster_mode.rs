//! Cluster mode: has a group's engines be one cluster as its row says, who leads each shard and with which slots.
//!
//! The engines decide nothing by themselves: none takes over, none leaves for another shard. What they know of each other
//! is asked at each look, and what is missing is told. A node that was lost returns under a new id: the others forget the
//! old one before they meet the new one, so that nobody hears of claims that nobody makes any more. For a holder of the
//! group's turn.

mod founders;
mod slots;

use std::collections::BTreeSet;

use dataplane::engine::{ClusterNode, ClusterView, Role, Session, SessionError, Socket};
use dataplane::fault_point;
use dataplane::runtime::{BoxStream, RuntimeKind};
use domain::cluster::{CacheCluster, CacheNode};
use domain::ids::CacheClusterId;
use domain::replication_group::{
    Members, NodeGroup, NodeGroupId, Replication, ReplicationGroup, Role as MemberRole, Slots,
};
use futures_util::future::join_all;

use super::Reconciler;
use super::replication::node_of;
use super::steps::StepError;
use crate::store::GroupKey;
use founders::Founder;
use slots::takes_from;

/// A member that answers, and what it said.
struct Asked<'a> {
    cluster: &'a CacheCluster,
    node: &'a CacheNode,
    session: Session<BoxStream>,
    view: ClusterView,
    role: Role,
    is: Fact,
}

/// What the others are to be told of a member.
#[derive(Debug, Clone)]
struct Fact {
    shard: NodeGroupId,
    /// The row's primary of its shard.
    leads: bool,
    id: String,
    socket: Socket,
}

impl Reconciler {
    /// Has the engines of a group with cluster mode be what its row says, as far as they answer.
    pub(super) async fn arrange_cluster(&self, group: &ReplicationGroup, members: &Members) -> Replication {
        let staying = group.node_groups.iter().flat_map(|shard| {
            shard.staying().filter_map(|member| Some((shard.id, member.role, members.get(&member.cluster)?)))
        });
        let asked =
            staying.map(async |(shard, role, cluster)| match self.ask(group, shard, role, cluster).await {
                Ok(asked) => asked,
                Err(error) => {
                    // Its heartbeat finds out what is the matter with it.
                    tracing::debug!(group = %group.id, %error, "a member did not say what it is in its cluster");
                    None
                }
            });
        let mut asked: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        self.note_places(group, &asked);
        if is_in_place(group, &asked) {
            return Replication::InPlace;
        }
        if let Err(error) = self.bring_together(group, members, &mut asked).await {
            tracing::debug!(group = %group.id, %error, "a member was not told its place in its cluster");
        }
        Replication::UnderWay
    }

    /// The member whose primary is gone for good takes its place at once. If it does not, the next look sees to that.
    pub(super) async fn have_taken_over(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        heir: &CacheClusterId,
    ) {
        let Some(heir) = members.get(heir).filter(|_| group.spec.cluster_mode.is_on()) else { return };
        let others = self.views_of_other_leaders(group, members, heir).await;
        let taken = self
            .within(heir, async {
                let mut session = self.session(heir, node_of(heir)?).await?;
                if !matches!(session.role().await?, Role::Replica { .. }) {
                    return Ok(());
                }
                let view = session.cluster().await?;
                // Else it is told when it has heard of it.
                let its_own = slots::beyond_the_row(group, &heir.id, &view).is_empty();
                if its_own && !others.iter().any(|other| takes_from(&view, other)) {
                    session.take_over().await?;
                }
                Ok(())
            })
            .await;
        if let Err(error) = taken {
            tracing::debug!(group = %group.id, %error, "a member did not take over; it is told again");
        }
        fault_point::pass("after take over");
    }

    /// A member is lost, and nobody takes its place: the others forget it before another node answers at its address. In
    /// their eyes it would fail at that moment; where it had slots, that can leave the others without a majority, and so
    /// without service for five seconds.
    pub(super) async fn have_forgotten_the_lost(&self, lost: &CacheCluster) {
        for forgotten in self.have_forgotten_by_others(lost).await {
            if let Err(error) = forgotten {
                tracing::debug!(member = %lost.id, %error, "a member did not forget one that is lost");
            }
        }
    }

    /// A member leaves its group, which stays: nobody is led to it any more, nor told of it by the members that stay. It
    /// serves those that were, as it knows the others still.
    ///
    /// # Errors
    /// When one of the others does not do its part; it is told again.
    pub(super) async fn withdraw_from_group(&self, leaving: &CacheCluster) -> Result<(), StepError> {
        let Some(key) = GroupKey::of_member(leaving) else { return Ok(()) };
        self.names.publish_group(&key).await;
        if self.runtime.kind() == RuntimeKind::None {
            return Ok(());
        }
        self.have_forgotten_by_others(leaving).await.into_iter().collect()
    }

    /// Has the members that stay forget one, where they know each other.
    async fn have_forgotten_by_others(&self, member: &CacheCluster) -> Vec<Result<(), StepError>> {
        let Some(key) = GroupKey::of_member(member) else { return Vec::new() };
        let _turn = self.turns.take(&key).await;
        let members = {
            let world = self.store.read();
            let group = world.replication_group(&key).filter(|group| group.spec.cluster_mode.is_on());
            let Some(group) = group else { return Vec::new() };
            world.members(group)
        };
        let names = member.every_name(&self.names.naming().of(&member.scope));
        let stays = |other: &&CacheCluster| other.id != member.id && !other.leaves_group();
        let others = members.values().filter(stays).filter(|other| self.answering(other).is_some());
        let told = others.map(async |other| {
            let forgotten = async {
                let mut session = self.session(other, node_of(other)?).await?;
                let view = session.cluster().await?;
                let is_named = |name: &String| names.contains(name);
                for node in view.others().iter().filter(|node| node.name.as_ref().is_some_and(is_named)) {
                    session.forget(&node.id).await?;
                }
                Ok(())
            };
            self.within(other, forgotten).await
        });
        join_all(told).await
    }

    /// None: it does not run, or has not answered since it was started.
    async fn ask<'a>(
        &self,
        group: &ReplicationGroup,
        shard: NodeGroupId,
        role: MemberRole,
        cluster: &'a CacheCluster,
    ) -> Result<Option<Asked<'a>>, StepError> {
        let Some(socket) = self.answering(cluster) else { return Ok(None) };
        let node = node_of(cluster)?;
        let untold = self.observations.is_untold(&cluster.node_id(node.id), node.generation);
        self.within(cluster, async {
            let mut session = self.session(cluster, node).await?;
            if untold {
                session.join(&self.key.replication(&group.scope, &group.id)).await?;
            }
            let (own, view) = (session.role().await?, session.cluster().await?);
            let id = view.own().id.clone();
            let is = Fact { shard, leads: role == MemberRole::Primary, id, socket };
            Ok(Some(Asked { cluster, node, session, view, role: own, is }))
        })
        .await
    }

    /// What the members said they are and know, for the names and for who takes over from whom.
    fn note_places(&self, group: &ReplicationGroup, all: &[Asked<'_>]) {
        for asked in all {
            let (id, generation) = (asked.cluster.node_id(asked.node.id), asked.node.generation);
            self.observations.put_knowledge_of_slots(&id, generation, slots::knows_all(&asked.view, group));
            // Of a replica whose primary does not answer the last that is known holds.
            let Some(primary) = primary_of(all, asked.is.shard) else { continue };
            if !asked.is.leads && matches!(asked.role, Role::Primary { .. }) {
                // It begins anew, or has yet to be told whom it follows.
                self.observations.emptied(&id, generation);
            }
            if !asked.is.leads {
                self.observations.follows(&id, generation, is_in_sync(asked, &primary.is));
            } else if asked.view.own().primary.is_none() && !asked.view.own().slots.is_empty() {
                self.observations.told_to_lead(&id, generation);
            }
        }
    }

    /// Tells the members what is missing, as far as that can be told now.
    async fn bring_together(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        all: &mut [Asked<'_>],
    ) -> Result<(), StepError> {
        if self.take_over_from_the_lost(group, members, all).await? {
            // What they see of each other is no longer true.
            return Ok(());
        }
        if all.len() < group.node_groups.iter().flat_map(NodeGroup::staying).count() {
            // Whom the others may forget, and which slots nobody has, is known when all have been asked.
            return Ok(());
        }
        let facts: Vec<_> = all.iter().map(|asked| asked.is.clone()).collect();
        match self.have_forgotten(group, all, &facts).await? {
            Strangers::None => self.have_slots(group, all).await?,
            // Who still has their slots is heard of by those that know it.
            Strangers::Founders => {}
            Strangers::Others => return Ok(()),
        }
        let unaware: Vec<_> = all.iter().map(|asked| self::unaware(asked, all)).collect();
        let told = all.iter_mut().zip(unaware).enumerate().map(async |(n, (asked, unaware))| {
            let later = facts.get(n + 1..).unwrap_or_default();
            self.within(asked.cluster, async {
                introduce_again(&mut asked.session, &asked.view, &unaware).await?;
                meet_and_follow(&mut asked.session, &asked.view, &asked.is, later, &facts).await
            })
            .await
        });
        join_all(told).await.into_iter().collect()
    }

    /// The row's primaries lead. One that follows a node which is gone takes its place; one that follows another that is
    /// there asks for its. Whether any was told so.
    async fn take_over_from_the_lost(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        all: &mut [Asked<'_>],
    ) -> Result<bool, StepError> {
        let mut told = false;
        let ids: BTreeSet<_> = all.iter().map(|asked| asked.is.id.clone()).collect();
        let answer: BTreeSet<_> = all.iter().map(|asked| asked.cluster.id.clone()).collect();
        let uninformed = self.have_told_of_their_slots(group, all).await?;
        // Who takes a founder's place is to be followed at once, by replicas that know how.
        let all_answer = all.len() == group.node_groups.iter().flat_map(NodeGroup::staying).count();
        for asked in all.iter_mut().filter(|asked| asked.is.leads) {
            let Some(before) = asked.view.own().primary.clone() else { continue };
            let waits = before == self.founder(group, asked.is.shard) && !all_answer;
            if waits || uninformed.contains(&asked.is.id) {
                told = true;
                continue;
            }
            if ids.contains(&before) {
                self.within(asked.cluster, async { Ok(asked.session.ask_for_lead().await?) }).await?;
                told = true;
                continue;
            }
            let at = asked.view.node(&before).and_then(|node| node.socket);
            // One that runs there and was not asked yet may be it.
            let unasked = members.values().filter(|member| !answer.contains(&member.id));
            let runs_there = |member: &CacheCluster| {
                let node = member.nodes.first().map(|node| member.node_id(node.id));
                let socket = node.and_then(|node| self.observations.address_of(&node));
                at.is_some() && socket == at.map(|at| (at.address, at.port))
            };
            if !unasked.into_iter().any(runs_there) {
                self.within(asked.cluster, async { Ok(asked.session.take_over().await?) }).await?;
                told = true;
            }
        }
        Ok(told)
    }

    /// Has everybody forget nodes that are no members, and tells which are left.
    async fn have_forgotten(
        &self,
        group: &ReplicationGroup,
        all: &mut [Asked<'_>],
        facts: &[Fact],
    ) -> Result<Strangers, StepError> {
        let founders = &self.founders(group, all);
        let told = all.iter_mut().map(async |asked| {
            let (session, view, is) = (&mut asked.session, &asked.view, &asked.is);
            self.within(asked.cluster, forget_strangers(session, view, is, facts, founders)).await
        });
        let left: Result<Vec<_>, _> = join_all(told).await.into_iter().collect();
        Ok(left?.into_iter().max().unwrap_or(Strangers::None))
    }
}

/// Who is known to a node that is no member of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strangers {
    /// Nobody.
    None,
    /// Founders, until it has heard who has their slots.
    Founders,
    /// Others: nobody is to meet anybody before they are forgotten.
    Others,
}

/// Forgets who is no member, and says who is left. Whom a replica follows it cannot forget: it is told whom it
/// follows instead, or where it does not know that one, it begins anew.
async fn forget_strangers(
    session: &mut Session<BoxStream>,
    view: &ClusterView,
    is: &Fact,
    facts: &[Fact],
    founders: &[Founder],
) -> Result<Strangers, StepError> {
    let strange = |id: &str| !facts.iter().any(|fact| fact.id == id);
    let is_kept = |id: &str| founders.iter().any(|founder| founder.is(id) && founder.is_kept(view));
    let follows_a_stranger = |primary: &&str| strange(primary) && !is_kept(primary) && !is.leads;
    if let Some(lost) = view.own().primary.as_deref().filter(follows_a_stranger) {
        let primary = facts.iter().find(|fact| fact.leads && fact.shard == is.shard);
        match primary.filter(|primary| leads_as_seen(view, &primary.id)) {
            Some(primary) => {
                session.replicate(&primary.id).await?;
                session.forget(lost).await?;
            }
            None => session.begin_anew().await?,
        }
        return Ok(Strangers::Others);
    }
    let mut left = Strangers::None;
    for stranger in view.others().iter().filter(|node| node.has_met && strange(&node.id)) {
        if is_kept(&stranger.id) {
            left = Strangers::Founders;
        } else {
            session.forget(&stranger.id).await?;
        }
    }
    Ok(left)
}

/// As [`unaware_of`], of members that were asked.
fn unaware(replica: &Asked<'_>, all: &[Asked<'_>]) -> Vec<Socket> {
    unaware_of(replica.view.own(), all.iter().map(|other| (other.is.socket, &other.view)))
}

/// Where those are that know a replica, and have yet to hear whom it follows.
fn unaware_of<'a>(
    replica: &ClusterNode,
    others: impl Iterator<Item = (Socket, &'a ClusterView)>,
) -> Vec<Socket> {
    let is_unaware = |view: &ClusterView| {
        let seen = view.node(&replica.id).filter(|seen| seen.has_met);
        replica.primary.is_some() && seen.is_some_and(|seen| seen.primary != replica.primary)
    };
    others.filter(|(_, view)| is_unaware(view)).map(|(socket, _)| socket).collect()
}

/// Has nodes that know it hear at once what it is. Redis tells nobody whom it follows until it answers a ping, and each
/// node pings one other a second: the more there are, the longer that takes. Who is met again is told as one that is new.
async fn introduce_again(
    session: &mut Session<BoxStream>,
    view: &ClusterView,
    to: &[Socket],
) -> Result<(), StepError> {
    for other in to.iter().filter(|other| !is_meeting(view, **other)) {
        session.meet(*other).await?;
    }
    Ok(())
}

/// Whether it was told to meet whoever is there, and has not yet.
fn is_meeting(view: &ClusterView, socket: Socket) -> bool {
    view.nodes.iter().any(|node| !node.has_met && node.socket == Some(socket))
}

/// Meets those of `others` that it does not know; a replica follows its primary as soon as it knows it.
async fn meet_and_follow(
    session: &mut Session<BoxStream>,
    view: &ClusterView,
    is: &Fact,
    others: &[Fact],
    facts: &[Fact],
) -> Result<(), StepError> {
    for other in others.iter().filter(|other| !view.knows(&other.id) && !is_meeting(view, other.socket)) {
        session.meet(other.socket).await?;
    }
    let primary = facts.iter().find(|fact| fact.leads && fact.shard == is.shard);
    let Some(primary) = primary.filter(|primary| !is.leads && leads_as_seen(view, &primary.id)) else {
        return Ok(());
    };
    if view.own().primary.as_ref() == Some(&primary.id) {
        return Ok(());
    }
    fault_point::pass("before replicate");
    match session.replicate(&primary.id).await {
        // It led once, in what is no shard's any more.
        Err(SessionError::Refused { reason, .. }) if reason.contains("must be empty") => {
            Ok(session.begin_anew().await?)
        }
        told => Ok(told?),
    }
}

fn leads_as_seen(view: &ClusterView, id: &str) -> bool {
    view.knows(id) && view.node(id).is_some_and(|node| node.primary.is_none())
}

/// The shard's primary, if it answers.
fn primary_of<'a, 'b>(all: &'b [Asked<'a>], shard: NodeGroupId) -> Option<&'b Asked<'a>> {
    all.iter().find(|asked| asked.is.leads && asked.is.shard == shard)
}

/// Whether a replica follows the primary, with its data.
fn is_in_sync(replica: &Asked<'_>, primary: &Fact) -> bool {
    let follows = replica.view.own().primary.as_ref() == Some(&primary.id);
    follows && matches!(replica.role, Role::Replica { of, in_sync: true, .. } if of == primary.socket)
}

/// Whether all members answer, and each sees all of them as the row has them.
fn is_in_place(group: &ReplicationGroup, all: &[Asked<'_>]) -> bool {
    let staying = group.node_groups.iter().flat_map(NodeGroup::staying).count();
    let moves = !group.slot_moves().is_empty();
    let sees = |by: &Asked<'_>, member: &Asked<'_>| {
        let Some(primary) = primary_of(all, member.is.shard) else { return false };
        let Some(seen) = by.view.node(&member.is.id).filter(|_| by.view.knows(&member.is.id)) else {
            return false;
        };
        let place = if member.is.leads {
            let shard = group.node_group(member.is.shard);
            // While slots move, the others hear of it later.
            let hears_later = moves && by.is.id != member.is.id;
            let has = shard.is_some_and(|shard| hears_later || may_have(shard, &seen.slots));
            seen.primary.is_none() && has
        } else {
            seen.primary.as_ref() == Some(&primary.is.id) && is_in_sync(member, &primary.is)
        };
        place && seen.name == member.view.own().name
    };
    let sees_all =
        |by: &Asked<'_>| by.view.nodes.len() == all.len() && all.iter().all(|member| sees(by, member));
    let had = all.iter().fold(Slots::default(), |had, asked| had.with(&asked.view.own().slots));
    let is_had = |shard: &NodeGroup| shard.slots.without(&had).is_empty();
    all.len() == staying
        && group.node_groups.iter().all(is_had)
        && all.iter().all(|asked| asked.view.serves && sees_all(asked))
}

/// Whether a shard's primary has slots as it may: while they move, the row hears of it later.
fn may_have(shard: &NodeGroup, seen: &Slots) -> bool {
    match &shard.slots_to_be {
        None => shard.slots == *seen,
        Some(then) => seen.without(&shard.slots.with(then)).is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn socket(port: u16) -> Socket {
        Socket { address: Ipv4Addr::LOCALHOST.into(), port }
    }

    fn node(id: &str, has_met: bool, primary: Option<&str>) -> ClusterNode {
        ClusterNode {
            id: id.to_owned(),
            socket: None,
            name: None,
            has_met,
            primary: primary.map(str::to_owned),
            slots: Slots::default(),
            moving: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_replica_is_introduced_again_to_those_who_know_it_for_something_else() {
        let replica = node("r", true, Some("p"));
        let seen = |as_what: Vec<ClusterNode>| ClusterView { nodes: as_what, serves: true };
        let views = [
            (socket(1), seen(vec![node("p", true, None), node("r", true, Some("p"))])),
            (socket(2), seen(vec![node("q", true, None), node("r", true, None)])),
            (socket(3), seen(vec![node("s", true, None), node("r", true, Some("q"))])),
            (socket(4), seen(vec![node("t", true, None), node("r", false, None)])),
            (socket(5), seen(vec![node("u", true, None)])),
        ];
        let others = || views.iter().map(|(socket, view)| (*socket, view));
        assert_eq!(unaware_of(&replica, others()), [socket(2), socket(3)]);
        assert_eq!(
            unaware_of(&node("r", true, None), others()),
            [],
            "one that leads is told of by its slots"
        );
    }
}
