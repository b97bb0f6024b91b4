//! What is under way or due in an account and region: whoever sees to it does not look through what rests.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ids::{Scope, ServerlessCacheName, ServerlessCacheSnapshotName, UserGroupId, UserId};
use domain::serverless_cache::{Phase, ServerlessCache};
use domain::serverless_cache_snapshot::{Phase as SnapshotPhase, ServerlessCacheSnapshot};
use domain::user::{User, UserPhase};
use domain::user_group::{UserGroup, UserGroupPhase};
use jiff::Timestamp;

use super::{Count, Uses, UsesOthers};
use crate::store::World;

/// What is under way, and when what rests is to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Agenda {
    caches: Matters<ServerlessCacheName>,
    snapshots: Matters<ServerlessCacheSnapshotName>,
    users: BTreeSet<UserId>,
    user_groups: BTreeSet<UserGroupId>,
}

/// Those of one kind that are under way, and those that something is to happen to at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Matters<I> {
    under_way: BTreeSet<I>,
    due: BTreeSet<(Timestamp, I)>,
}

impl<I> Default for Matters<I> {
    fn default() -> Self {
        Self { under_way: BTreeSet::new(), due: BTreeSet::new() }
    }
}

impl<I: Ord + Clone> Matters<I> {
    fn count(&mut self, id: &I, rests: bool, due: Option<Timestamp>, count: Count) {
        if !rests {
            mark(&mut self.under_way, id, count);
        }
        if let Some(due) = due {
            mark(&mut self.due, &(due, id.clone()), count);
        }
    }

    /// Those to look at by `now`, each once.
    fn by(&self, now: Timestamp) -> BTreeSet<&I> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| id);
        self.under_way.iter().chain(due).collect()
    }

    fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }
}

fn mark<I: Ord + Clone>(set: &mut BTreeSet<I>, one: &I, count: Count) {
    match count {
        Count::In => drop(set.insert(one.clone())),
        Count::Out => drop(set.remove(one)),
    }
}

impl World {
    /// The serverless caches that may have a step to take by `now`.
    pub fn serverless_caches_to_see_to(&self, scope: &Scope, now: Timestamp) -> Vec<Arc<ServerlessCache>> {
        let ids = self.uses(scope).agenda.caches.by(now);
        self.rows(scope, ids.into_iter()).cloned().collect()
    }

    /// Their snapshots that may.
    pub fn serverless_snapshots_to_see_to(
        &self,
        scope: &Scope,
        now: Timestamp,
    ) -> Vec<Arc<ServerlessCacheSnapshot>> {
        let ids = self.uses(scope).agenda.snapshots.by(now);
        self.rows(scope, ids.into_iter()).cloned().collect()
    }

    /// The next moment at which something is to be done about either.
    pub fn next_serverless_moment(&self, scope: &Scope) -> Option<Timestamp> {
        let agenda = &self.uses(scope).agenda;
        agenda.caches.next().into_iter().chain(agenda.snapshots.next()).min()
    }

    /// The users with a change that is not in force everywhere.
    pub fn unsettled_users(&self, scope: &Scope) -> Vec<Arc<User>> {
        self.rows(scope, self.uses(scope).agenda.users.iter()).cloned().collect()
    }

    /// The user groups with one.
    pub fn unsettled_user_groups(&self, scope: &Scope) -> Vec<Arc<UserGroup>> {
        self.rows(scope, self.uses(scope).agenda.user_groups.iter()).cloned().collect()
    }
}

impl UsesOthers for ServerlessCache {
    fn count(&self, uses: &mut Uses, count: Count) {
        for subnet in &self.spec.subnet_ids {
            uses.subnets.count(subnet, count);
        }
        for group in &self.spec.security_group_ids {
            uses.security_groups.count(group, count);
        }
        if let Some(group) = &self.spec.user_group_id {
            uses.serverless_caches.count(group, &self.name, count);
        }
        let rests = self.phase == Phase::Available;
        uses.agenda.caches.count(&self.name, rests, self.daily_due(), count);
    }

    fn uses_as(&self, other: &Self) -> bool {
        let (one, two) = (&self.spec, &other.spec);
        one.subnet_ids == two.subnet_ids
            && one.security_group_ids == two.security_group_ids
            && one.user_group_id == two.user_group_id
            && self.phase == other.phase
            && self.daily_due() == other.daily_due()
    }
}

impl UsesOthers for ServerlessCacheSnapshot {
    fn count(&self, uses: &mut Uses, count: Count) {
        uses.snapshots.count(&self.cache, &self.name, count);
        let rests = self.phase == SnapshotPhase::Available;
        uses.agenda.snapshots.count(&self.name, rests, self.expires_at, count);
    }

    fn uses_as(&self, other: &Self) -> bool {
        (&self.cache, self.phase, self.expires_at) == (&other.cache, other.phase, other.expires_at)
    }
}

impl UsesOthers for User {
    fn count(&self, uses: &mut Uses, count: Count) {
        if self.phase != UserPhase::Active {
            mark(&mut uses.agenda.users, &self.id, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        (self.phase == UserPhase::Active) == (other.phase == UserPhase::Active)
    }
}

impl UsesOthers for UserGroup {
    fn count(&self, uses: &mut Uses, count: Count) {
        for user in self.concerned() {
            uses.groups_of_user.count(user, &self.id, count);
        }
        if self.phase != UserGroupPhase::Active {
            mark(&mut uses.agenda.user_groups, &self.id, count);
        }
    }

    fn uses_as(&self, other: &Self) -> bool {
        let rests = |group: &Self| group.phase == UserGroupPhase::Active;
        self.concerned().eq(other.concerned()) && rests(self) == rests(other)
    }
}
