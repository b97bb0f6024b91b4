//! Users, and whom they come to.

use domain::ids::{Scope, UserId};
use domain::replication_group::ReplicationGroup;
use domain::user::{DEFAULT, EngineUser, User, UserPhase};
use domain::user_group::UserGroup;

use super::{Key, Tx, World};

impl World {
    /// The user with this id: the account's own, or the one that every account has.
    pub fn user(&self, scope: &Scope, id: &UserId) -> Option<User> {
        if id.as_str() == DEFAULT {
            return Some(User::default_of(scope));
        }
        self.get::<User>(&Key::new(scope.clone(), id.clone())).map(|user| User::clone(user))
    }

    /// The users of a replication group as its engines are told of them, in the order of their names; none where it has no
    /// user groups. Who is being deleted is none of them any more.
    pub fn engine_users(&self, group: &ReplicationGroup) -> Option<Vec<EngineUser>> {
        if group.spec.user_group_ids.is_empty() {
            return None;
        }
        let named = group.spec.user_group_ids.iter().filter_map(|id| id.parse().ok());
        let groups = named.filter_map(|id| self.get::<UserGroup>(&Key::new(group.scope.clone(), id)));
        let ids = groups.flat_map(|group| group.user_ids_to_be());
        let users = ids.filter_map(|id| self.user(&group.scope, &id));
        let mut users: Vec<_> =
            users.filter(|user| user.phase != UserPhase::Deleting).map(|user| user.in_engine()).collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Some(users)
    }
}

impl Tx<'_> {
    /// Takes the user out of its groups, and away.
    pub fn forget_user(&mut self, user: &User) {
        let groups = self.groups_of_user(&user.scope, &user.id);
        let groups: Vec<_> = groups.map(|group| UserGroup::clone(group).without(&user.id)).collect();
        for group in groups {
            self.set(group);
        }
        self.remove::<User>(Key::new(user.scope.clone(), user.id.clone()));
    }
}
