//! Slots in the engines' maps: every shard's primary has those of the row, and no member takes back what its shard gave
//! away.

use std::collections::BTreeSet;

use dataplane::engine::{ClusterView, Session};
use dataplane::fault_point;
use dataplane::runtime::BoxStream;
use domain::cluster::CacheCluster;
use domain::ids::CacheClusterId;
use domain::replication_group::{Members, NodeGroup, ReplicationGroup, Slots};
use futures_util::future::join_all;

use super::Asked;
use crate::reconcile::Reconciler;
use crate::reconcile::replication::node_of;
use crate::reconcile::steps::StepError;

impl Reconciler {
    /// What the primaries of the shards that `heir` is not in see, as far as they answer.
    pub(super) async fn views_of_other_leaders(
        &self,
        group: &ReplicationGroup,
        members: &Members,
        heir: &CacheCluster,
    ) -> Vec<ClusterView> {
        let of_others = |shard: &&NodeGroup| shard.members.iter().all(|member| member.cluster != heir.id);
        let leaders = group.node_groups.iter().filter(of_others).filter_map(NodeGroup::primary);
        let asked = leaders.filter_map(|leader| members.get(&leader.cluster)).map(async |leader| {
            self.answering(leader)?;
            let asked = async { Ok(self.session(leader, node_of(leader)?).await?.cluster().await?) };
            self.within(leader, asked).await.ok()
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Members that would take slots with their lost primaries' places which others have by now: they have not heard of it
    /// yet. Their owners tell them at once, rather than at some time.
    pub(super) async fn have_told_of_their_slots(
        &self,
        group: &ReplicationGroup,
        all: &mut [Asked<'_>],
    ) -> Result<BTreeSet<String>, StepError> {
        let heirs = all.iter().filter(|asked| asked.is.leads && asked.view.own().primary.is_some());
        let heirs: Vec<_> = heirs.map(|heir| (heir.is.clone(), heir.cluster, heir.view.clone())).collect();
        let mut uninformed = BTreeSet::new();
        // Whose primary does not answer may have them: it is waited for.
        let answer: BTreeSet<_> = all.iter().filter(|it| it.is.leads).map(|it| it.is.shard).collect();
        for (is, cluster, view) in &heirs {
            let others = beyond_the_row(group, &cluster.id, view);
            let mut silent = group.node_groups.iter().filter(|shard| !answer.contains(&shard.id));
            if silent.any(|shard| shard.slots.overlaps(&others)) {
                uninformed.insert(is.id.clone());
            }
        }
        for (is, _, view) in &heirs {
            for other in all.iter_mut().filter(|other| other.is.leads && other.is.id != is.id) {
                if takes_from(view, &other.view) {
                    uninformed.insert(is.id.clone());
                    // Who meets another tells it all that it has, also one that it knows.
                    self.within(other.cluster, async { Ok(other.session.meet(is.socket).await?) }).await?;
                }
            }
        }
        Ok(uninformed)
    }

    /// The primaries have the slots of their shards that nobody has.
    pub(super) async fn have_slots(
        &self,
        group: &ReplicationGroup,
        all: &mut [Asked<'_>],
    ) -> Result<(), StepError> {
        let had = all.iter().fold(Slots::default(), |had, asked| had.with(&asked.view.own().slots));
        self.have_claimed(group, all).await?;
        for (n, asked) in all.iter_mut().enumerate() {
            let Some(shard) = group.node_group(asked.is.shard) else { continue };
            // A slot that moves and that nobody has was lost by who gave it: the other has what of it was sent.
            let missing = shard.slots_to_be.as_ref().unwrap_or(&shard.slots).without(&had);
            let lonely = asked.view.others().is_empty();
            let leads = asked.is.leads && asked.view.own().primary.is_none();
            self.within(asked.cluster, async {
                if lonely {
                    asked.session.begin_at_epoch(n + 1).await?;
                }
                if leads && !missing.is_empty() {
                    fault_point::pass("before add slots");
                    take_slots(&mut asked.session, &asked.view, missing).await?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// The primaries have the slots of their shards that others took: the row is right. Whoever took them drops their keys.
    async fn have_claimed(&self, group: &ReplicationGroup, all: &mut [Asked<'_>]) -> Result<(), StepError> {
        let had: Vec<_> =
            all.iter().map(|asked| (asked.is.id.clone(), asked.view.own().slots.clone())).collect();
        for asked in all.iter_mut().filter(|asked| asked.is.leads && asked.view.own().primary.is_none()) {
            let Some(shard) = group.node_group(asked.is.shard) else { continue };
            let gone = taken_away(shard, &asked.view);
            for (taker, slots) in had.iter().filter(|(id, _)| *id != asked.is.id) {
                let taken = gone.both(slots);
                if taken.is_empty() || !asked.view.knows(taker) {
                    continue;
                }
                tracing::warn!(group = %group.id, shard = %shard.id, slots = %taken, "another shard took slots; they come back");
                self.within(asked.cluster, async { Ok(asked.session.claim_slots(&taken, taker).await?) })
                    .await?;
            }
        }
        Ok(())
    }
}

/// Takes slots that nobody has; whom it still takes for their owner does not claim them.
async fn take_slots(
    session: &mut Session<BoxStream>,
    view: &ClusterView,
    mut slots: Slots,
) -> Result<(), StepError> {
    for other in view.others() {
        let theirs = slots.both(&other.slots);
        if !theirs.is_empty() {
            session.claim_slots(&theirs, &other.id).await?;
            slots = slots.without(&theirs);
        }
    }
    if !slots.is_empty() {
        session.add_slots(&slots).await?;
    }
    Ok(())
}

/// The slots that a member takes with its lost primary's place, and that the row has in other shards.
pub(super) fn beyond_the_row(group: &ReplicationGroup, heir: &CacheClusterId, view: &ClusterView) -> Slots {
    let before = view.own().primary.as_deref().and_then(|before| view.node(before));
    let Some((before, shard)) = before.zip(group.node_group_of(heir)) else { return Slots::default() };
    let then = shard.slots_to_be.clone().unwrap_or_default();
    before.slots.without(&shard.slots).without(&then)
}

/// Whether a member knows somebody who has each slot of the group.
pub(super) fn knows_all(view: &ClusterView, group: &ReplicationGroup) -> bool {
    let known = view.nodes.iter().fold(Slots::default(), |known, node| known.with(&node.slots));
    group.node_groups.iter().all(|shard| shard.slots.without(&known).is_empty())
}

/// Whether a member that takes its lost primary's place takes slots that `other` has: it would drop their keys.
pub(super) fn takes_from(heir: &ClusterView, other: &ClusterView) -> bool {
    let before = heir.own().primary.as_deref().and_then(|before| heir.node(before));
    before.is_some_and(|before| before.slots.overlaps(&other.own().slots))
}

/// The slots of the row that the shard's primary does not have though nothing moves them.
fn taken_away(shard: &NodeGroup, by_itself: &ClusterView) -> Slots {
    let stay = match &shard.slots_to_be {
        Some(then) => shard.slots.both(then),
        None => shard.slots.clone(),
    };
    stay.without(&by_itself.own().slots)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dataplane::engine::ClusterNode;
    use domain::replication_group::{NodeGroupId, NodeGroupState};

    use super::*;

    /// What a node sees: each by its id, whom it follows, its slots; itself first.
    fn view(nodes: &[(&str, &str, &str)]) -> ClusterView {
        let node = |(id, primary, slots): &(&str, &str, &str)| ClusterNode {
            id: (*id).to_owned(),
            socket: None,
            name: None,
            has_met: true,
            primary: (!primary.is_empty()).then(|| (*primary).to_owned()),
            slots: Slots::try_from((*slots).to_owned()).unwrap(),
            moving: BTreeMap::new(),
        };
        ClusterView { nodes: nodes.iter().map(node).collect(), serves: true }
    }

    #[test]
    fn an_heir_that_has_not_heard_of_a_move_is_known() {
        let owner = view(&[("b", "", "5-9"), ("a", "", "0-4"), ("a2", "a", "")]);
        let uninformed = view(&[("a2", "a", ""), ("a", "", "0-5"), ("b", "", "6-9")]);
        let informed = view(&[("a2", "a", ""), ("a", "", "0-4"), ("b", "", "5-9")]);
        assert!(takes_from(&uninformed, &owner) && !takes_from(&informed, &owner));
        let leads = view(&[("a2", "", "0-5"), ("b", "", "6-9")]);
        assert!(!takes_from(&leads, &owner), "it took over already");
    }

    #[test]
    fn slots_that_move_are_nobodys_to_claim() {
        let slots = |text: &str| Slots::try_from(text.to_owned()).unwrap();
        let mut shard = NodeGroup {
            id: NodeGroupId::FIRST,
            slots: slots("0-5"),
            slots_to_be: None,
            members: Vec::new(),
            state: NodeGroupState::Available,
            failover: None,
        };
        let by_itself = view(&[("a", "", "0-3"), ("b", "", "4-9")]);
        assert_eq!(taken_away(&shard, &by_itself), slots("4-5"));
        shard.slots_to_be = Some(slots("0-4"));
        assert_eq!(taken_away(&shard, &by_itself), slots("4"));
        shard.slots_to_be = Some(slots("0-3,8"));
        assert_eq!(taken_away(&shard, &by_itself), Slots::default(), "what comes is not there yet");
    }
}
