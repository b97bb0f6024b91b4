//! What is to be done next for a group: pure, from what it shall be and where its members stand.

use jiff::Timestamp;

use super::modify::follow;
use super::node_group::{MemberState, NodeGroup, NodeGroupId, NodeGroupState};
use super::{ClusterMode, Members, Phase, ReplicationGroup};
use crate::cluster::{CacheCluster, Phase as ClusterPhase, Served};
use crate::event::{GroupEvent, Told};
use crate::parameter_group::ClusterMode as ParameterMode;
use crate::rejection::Rejection;

/// Whether the engines are to each other what the row says: the primaries writable, each replica in sync with its own.
/// Where there are no engines, they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    /// They are.
    InPlace,
    /// Some are yet to be told, or to take over their primary's data.
    UnderWay,
}

/// One step of a group. Each is one transaction, and doing it twice does no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A member cannot be created: record it, with the cause.
    Fail {
        /// What went wrong, for people.
        cause: String,
    },
    /// Members that were to join cannot be created: they leave again.
    GiveUp {
        /// What went wrong, for people.
        cause: String,
    },
    /// Every member serves: the change of primary that was asked for is made in this shard.
    FailOver(NodeGroupId),
    /// Every member that shall serve does: slots go where they shall be.
    MoveSlots,
    /// They are there: record it, and have the shards that have none left leave.
    EndResharding,
    /// Members came to be other than their primaries, or these other than the group: that follows them.
    Align,
    /// Members could not change the cluster mode: the group keeps the one before, and those that could return.
    KeepMode,
    /// The maintenance window has opened: what waited is put in force.
    Open,
    /// Every member is as it shall be: record the transition's end.
    Settle,
    /// Every member is gone: the row goes too.
    Forget,
}

fn failure(cluster: &CacheCluster) -> Option<&str> {
    match &cluster.phase {
        ClusterPhase::IncompatibleNetwork { cause } | ClusterPhase::RestoreFailed { cause } => Some(cause),
        _ => None,
    }
}

impl ReplicationGroup {
    /// The next step; none: there is nothing to do, or members are yet to get on. `members` are the clusters that say
    /// they are the group's, `replication` is what was seen of their engines.
    pub fn progress(&self, members: &Members, replication: Replication, now: Timestamp) -> Option<Progress> {
        let cause = || members.values().find_map(failure).map(str::to_owned);
        match self.phase {
            Phase::CreateFailed { .. } | Phase::Snapshotting | Phase::Migrating => None,
            Phase::Available => {
                let opened = self.due().is_some_and(|due| due <= now);
                (opened && self.serves(members, replication)).then_some(Progress::Open)
            }
            Phase::Deleting => members.is_empty().then_some(Progress::Forget),
            Phase::Creating => match cause() {
                Some(cause) => Some(Progress::Fail { cause }),
                None => self.serves(members, replication).then_some(Progress::Settle),
            },
            Phase::Modifying => {
                if let Some(cause) = cause() {
                    return Some(Progress::GiveUp { cause });
                }
                if self.is_out_of_line(members) {
                    return Some(Progress::Align);
                }
                if self.unmoved(members).is_some() {
                    return Some(Progress::KeepMode);
                }
                if !self.serves(members, replication) {
                    return None;
                }
                let fails_over = |node_group: &&NodeGroup| node_group.failover.is_some();
                if let Some(node_group) = self.node_groups.iter().find(fails_over) {
                    return Some(Progress::FailOver(node_group.id));
                }
                if self.node_groups.iter().any(|node_group| node_group.slots_to_be.is_some()) {
                    let left = !self.slot_moves().is_empty();
                    return Some(if left { Progress::MoveSlots } else { Progress::EndResharding });
                }
                let left = self.members().filter(|member| member.state == MemberState::Leaving);
                let gone = left.into_iter().all(|member| !members.contains_key(&member.cluster));
                gone.then_some(Progress::Settle)
            }
        }
    }

    /// Whether an engine that is of another cluster mode than the group does not stay so.
    pub fn changes_mode(&self, members: &Members) -> bool {
        members.values().any(|member| self.differs(&member.served()))
    }

    fn differs(&self, served: &Served) -> bool {
        self.spec.cluster_mode.is_on() != (served.cluster_mode() == ParameterMode::On)
    }

    /// A member that is of another mode and does not change it: it could not. None while a member is under way.
    fn unmoved<'m>(&self, members: &'m Members) -> Option<&'m CacheCluster> {
        if !members.values().all(CacheCluster::is_available) {
            return None;
        }
        members.values().find(|member| self.differs(&Served::of(&member.spec)))
    }

    /// Members could not change the cluster mode: it stays what it was.
    ///
    /// # Errors
    /// When members that changed it are not available; nothing is done then.
    pub fn keep_mode(&mut self, members: &mut Members) -> Result<Vec<Told>, Rejection> {
        let Some(before) = self.unmoved(members).map(|member| member.spec.clone()) else {
            return Ok(Vec::new());
        };
        let (mut spec, given_up) = (self.spec.member.clone(), self.spec.cluster_mode);
        spec.cache_parameter_group_name = before.cache_parameter_group_name;
        spec.parameters = before.parameters;
        let kept = if given_up.is_on() { ClusterMode::Disabled } else { ClusterMode::Compatible };
        let (given_up, kept_word) = (given_up.as_str(), kept.as_str());
        let text = format!(
            "The cluster mode could not become {given_up}, it stays {kept_word}: see the members' events"
        );
        let mut told = vec![Told::Group(GroupEvent::Notice(text))];
        let mut changed = members.clone();
        for member in changed.values_mut() {
            told.extend(follow(member, &spec)?);
        }
        (self.spec.member, self.spec.cluster_mode, *members) = (spec, kept, changed);
        Ok(told)
    }

    /// When what waits for the maintenance window is put in force.
    pub fn due(&self) -> Option<Timestamp> {
        self.pending.due(&self.spec.member.preferred_maintenance_window)
    }

    /// Whether every member that stays is available, and is to the others what it shall be.
    fn serves(&self, members: &Members, replication: Replication) -> bool {
        if replication != Replication::InPlace {
            return false;
        }
        let mut staying = self.members().filter(|member| member.state != MemberState::Leaving);
        staying.all(|member| members.get(&member.cluster).is_some_and(CacheCluster::is_available))
    }

    /// Every slot is where it shall be; the members of shards that have none left leave.
    pub fn end_resharding(&mut self, members: &mut Members) -> Vec<Told> {
        let mut moved = false;
        for node_group in &mut self.node_groups {
            moved |= node_group.slots_to_be.take().is_some();
            if node_group.state != NodeGroupState::Deleting {
                continue;
            }
            for member in &mut node_group.members {
                member.state = MemberState::Leaving;
                if let Some(cluster) = members.get_mut(&member.cluster) {
                    cluster.leave_group();
                }
            }
        }
        // That it was given up is told.
        let given_up = std::mem::take(&mut self.resharding_given_up);
        if moved && !given_up { vec![Told::Group(GroupEvent::Resharded)] } else { Vec::new() }
    }

    /// The members that were to join do not come up, for good: they leave again, and slots stay where they are.
    pub fn give_up_joining(&mut self, cause: &str, members: &mut Members) -> Vec<Told> {
        if self.phase != Phase::Modifying {
            return Vec::new();
        }
        let mut left = Vec::new();
        self.resharding_given_up = false;
        for node_group in &mut self.node_groups {
            for member in &mut node_group.members {
                let failed = members.get(&member.cluster).is_some_and(|cluster| failure(cluster).is_some());
                // A new shard that has slots already stays, with who of it came up.
                let joins = member.state == MemberState::Joining
                    && (node_group.state != NodeGroupState::Creating || node_group.slots.is_empty());
                if !joins && !failed {
                    continue;
                }
                member.state = MemberState::Leaving;
                if let Some(cluster) = members.get_mut(&member.cluster) {
                    cluster.leave_group();
                }
                left.push(member.cluster.clone());
            }
            node_group.slots_to_be = None;
            let stays = node_group.staying().next().is_some();
            node_group.state = if stays { NodeGroupState::Modifying } else { NodeGroupState::Deleting };
        }
        vec![Told::Group(GroupEvent::MembersNotAdded { members: left, cause: cause.to_owned() })]
    }
}
