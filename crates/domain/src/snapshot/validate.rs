//! What snapshots ask of requests: pure, all before any effect.

use jiff::{SignedDuration, Timestamp};

use super::{
    CreateSnapshot, NewSnapshot, Phase, Snapshot, SnapshotRejection as Refused, SnapshotType, Subject,
};
use crate::cluster::CacheCluster;
use crate::cluster::validate as of_clusters;
use crate::engine::Engine;
use crate::ids::{CacheClusterId, ReplicationGroupId, SnapshotName};
use crate::quota::{Quota, Quotas};
use crate::rejection::Rejection;
use crate::replication_group::{GroupRejection, ReplicationGroup, validate as of_groups};
use crate::tag::Tags;

/// What is not allowed, in refusals that name a state.
const PURPOSE: &str = "taking a snapshot";

/// What a snapshot is asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// `CacheClusterId`.
    Cluster(CacheClusterId),
    /// `ReplicationGroupId`.
    Group(ReplicationGroupId),
}

/// What the rules on a new snapshot ask of the world.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// Whether a snapshot of the name is there.
    pub name_is_taken: bool,
    /// How many manual snapshots of the subject were made in the last 24 hours, as far as they are there.
    pub made_in_a_day: usize,
    /// Whether account quotas hold.
    pub quotas: Quotas,
}

impl Surroundings {
    /// Those of the snapshot `new` among `snapshots`, which are all of its account and region.
    pub fn of<'s>(
        new: &Snapshot,
        name_is_taken: bool,
        snapshots: impl IntoIterator<Item = &'s Snapshot>,
        quotas: Quotas,
    ) -> Self {
        let since = new.created_at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let counts = |snapshot: &&Snapshot| {
            snapshot.snapshot_type == SnapshotType::Manual
                && snapshot.created_at > since
                && snapshot.subject.is_of_same(&new.subject)
        };
        Self { name_is_taken, made_in_a_day: snapshots.into_iter().filter(counts).count(), quotas }
    }

    pub(super) fn is_free(&self, name: &SnapshotName) -> Result<(), Rejection> {
        if self.name_is_taken { Err(Refused::Exists(name.clone()).into()) } else { Ok(()) }
    }

    /// Whether the day's quota leaves room for the snapshot `new`.
    pub(super) fn has_room_for(&self, new: &Snapshot) -> Result<(), Rejection> {
        match self.quotas.limit(Quota::SnapshotsPerNodeAndDay) {
            Some(limit) if self.made_in_a_day >= limit as usize => Err(match new.subject {
                Subject::Cluster { .. } => Refused::NodeQuota(limit).into(),
                Subject::Group { .. } => Refused::ClusterQuota.into(),
            }),
            _ => Ok(()),
        }
    }
}

/// The name of a snapshot of one's own; `parameter` names it in a complaint.
///
/// # Errors
/// When it is missing or breaks the rule for identifiers.
pub fn own_name(asked: Option<&str>, parameter: &'static str) -> Result<SnapshotName, Rejection> {
    let asked = asked.filter(|name| !name.is_empty()).ok_or(Rejection::Missing(parameter))?;
    SnapshotName::of_own_snapshot(asked).map_err(|_| Rejection::BadIdentifier(parameter))
}

/// `FinalSnapshotIdentifier`.
///
/// # Errors
/// As [`own_name`].
pub fn last_name(asked: &str) -> Result<SnapshotName, Rejection> {
    own_name(Some(asked), "FinalSnapshotIdentifier")
}

/// The last snapshot of what is deleted.
///
/// # Errors
/// As [`own_name`].
pub fn last(asked: &str, now: Timestamp) -> Result<NewSnapshot, Rejection> {
    let (name, tags) = (last_name(asked)?, Tags::default());
    Ok(NewSnapshot { name, kms_key_id: None, snapshot_type: SnapshotType::Manual, tags, now })
}

/// The name of a snapshot that is to be there.
///
/// # Errors
/// When none can have it.
pub fn name_to_find(asked: &str) -> Result<SnapshotName, Rejection> {
    asked.parse().map_err(|_| Refused::NotFound(asked.to_owned()).into())
}

/// Checks what CreateSnapshot says, whatever there is: what the snapshot is to be, and of what. A cluster counts before
/// a group that is named beside it: Ansible's module always names both, and got snapshots of the cluster from AWS.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(request: CreateSnapshot, now: Timestamp) -> Result<(NewSnapshot, Asked), Rejection> {
    let name = own_name(request.snapshot_name.as_deref(), "SnapshotName")?;
    let tags = Tags::default().with(&request.tags)?;
    let named = |asked: Option<String>| asked.filter(|id| !id.is_empty());
    let asked = match (named(request.cache_cluster_id), named(request.replication_group_id)) {
        (Some(cluster), _) => Asked::Cluster(of_clusters::id_to_find(Some(&cluster))?),
        (None, Some(group)) => Asked::Group(of_groups::id_to_find(Some(&group))?),
        (None, None) => return Err(Refused::NoSubject.into()),
    };
    let kms_key_id = named(request.kms_key_id);
    Ok((NewSnapshot { name, kms_key_id, snapshot_type: SnapshotType::Manual, tags, now }, asked))
}

/// Checks that the snapshot `new` of `cluster` can be taken now; `group` is the one that it is a node of.
///
/// # Errors
/// The first rule that is broken.
pub fn of_cluster(
    new: &Snapshot,
    cluster: &CacheCluster,
    group: Option<&ReplicationGroup>,
    world: &Surroundings,
) -> Result<(), Rejection> {
    has_snapshots(cluster)?;
    if let Some(group) = group.filter(|group| group.spec.cluster_mode.is_on()) {
        let (cluster, group) = (cluster.id.clone(), group.id.clone());
        return Err(Refused::NotOfOneShard { cluster, group }.into());
    }
    world.is_free(&new.name)?;
    if !cluster.is_available() {
        let (cluster, status) = (cluster.id.clone(), cluster.status());
        return Err(Rejection::ClusterState { cluster, status, purpose: PURPOSE });
    }
    world.has_room_for(new)
}

/// Checks that the snapshot `new` of `group` can be taken now.
///
/// # Errors
/// The first rule that is broken.
pub fn of_group(new: &Snapshot, group: &ReplicationGroup, world: &Surroundings) -> Result<(), Rejection> {
    if !group.spec.cluster_mode.is_on() {
        return Err(Refused::NotOfGroup(group.id.clone()).into());
    }
    last_of_group(new, group, world)
}

/// Checks that the last snapshot `new` of `group` can be taken now, with cluster mode or without.
///
/// # Errors
/// The first rule that is broken.
pub fn last_of_group(
    new: &Snapshot,
    group: &ReplicationGroup,
    world: &Surroundings,
) -> Result<(), Rejection> {
    world.is_free(&new.name)?;
    if !group.is_available() {
        return Err(group_state(group));
    }
    world.has_room_for(new)
}

pub(super) fn group_state(group: &ReplicationGroup) -> Rejection {
    GroupRejection::State { group: group.id.clone(), status: group.status(), purpose: PURPOSE }.into()
}

/// Whether snapshots of the cluster can be taken at all: not of Memcached, nor of T1 nodes (API reference).
///
/// # Errors
/// [`Rejection::SnapshotFeature`].
pub fn has_snapshots(cluster: &CacheCluster) -> Result<(), Rejection> {
    let spec = &cluster.spec;
    let never = spec.engine == Engine::Memcached || spec.cache_node_type.as_str().starts_with("cache.t1.");
    if never { Err(Rejection::SnapshotFeature) } else { Ok(()) }
}

/// Checks that the snapshot can be deleted now.
///
/// # Errors
/// [`SnapshotRejection::State`](Refused::State).
pub fn delete(snapshot: &Snapshot) -> Result<(), Rejection> {
    let is_free = snapshot.phase == Phase::Available && snapshot.uses.is_empty();
    if is_free { Ok(()) } else { Err(state(snapshot, "deletion")) }
}

pub(super) fn state(snapshot: &Snapshot, purpose: &'static str) -> Rejection {
    Refused::State { snapshot: snapshot.name.clone(), status: snapshot.status(), purpose }.into()
}
