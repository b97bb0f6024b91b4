//! Forwards to groups with cluster mode, kept at one with the groups: members join and leave, and are replaced.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataplane::proxy::{Dial, Forward, ForwardError};
use domain::ids::CacheClusterId;
use domain::node::NodeId;

use super::members::{self, Listeners, MemberPorts};
use super::{Forwards, PortForward};
use crate::destination::Destination;
use crate::store::{Change, GroupKey, StoreError};

impl Forwards {
    /// Whether a forward leads to the group.
    pub fn lead_to(&self, key: &GroupKey) -> bool {
        self.store.read().forwards().any(|row| row.destination.is_of_group(key))
    }

    /// Has the forwards to the group lead to the members that it has now.
    pub async fn follow_group(&self, key: &GroupKey) {
        let to_group = |row: &&Arc<PortForward>| row.destination.is_of_group(key);
        let rows: Vec<_> = self.store.read().forwards().filter(to_group).cloned().collect();
        for row in rows {
            self.follow(&row.id).await;
        }
    }

    /// Has the forward lead to the members that its group has now, and its row tell of them.
    pub(super) async fn follow(&self, id: &str) {
        let _turn = self.turn.lock().await;
        let Some(row) = self.store.read().forward(id).cloned() else { return };
        let Some(ports) = self.opened().get(id).and_then(Listeners::ports) else { return };
        let group = self.members_of(&row.destination);
        let lacking = self.opened().get_mut(id).map(|listeners| listeners.retain(&group)).unwrap_or_default();
        for member in lacking {
            let before = row.members.get(&member).copied();
            match self.open_member(ports.way_to(&group[&member]), before).await {
                Ok(listener) => {
                    if let Some(listeners) = self.opened().get_mut(id) {
                        listeners.join(&member, listener);
                    }
                }
                Err(error) => {
                    tracing::warn!(id, %member, %error, "a port forward does not lead to this member of its group");
                }
            }
        }
        let members = self.opened().get(id).map(Listeners::local_ports).unwrap_or_default();
        if members == row.members {
            return;
        }
        let id = id.to_owned();
        let written: Result<(), StoreError> = self
            .store
            .transact(move |tx| {
                if let Some(row) = tx.forward(&id) {
                    let row = PortForward { members, ..PortForward::clone(row) };
                    tx.put(Change::Forward(id, Some(Arc::new(row))));
                }
                Ok(())
            })
            .await;
        if let Err(error) = written {
            tracing::error!(%error, "the row of a port forward does not tell of its members' ports");
        }
    }

    /// The way to a destination, and to a group's members where it is one.
    pub(super) fn way_to(&self, destination: &Destination) -> (Arc<dyn Dial>, Option<Arc<MemberPorts>>) {
        let Some(key) = destination.group() else { return (self.dialer.to(destination.clone()), None) };
        let ports = Arc::new(MemberPorts::new(key, self.dialer.clone(), self.naming.clone()));
        (self.dialer.to_member(destination.clone(), &ports), Some(ports))
    }

    /// Opens the ports of all members of a new forward.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub(super) async fn open_members(
        &self,
        listeners: &mut Listeners,
        destination: &Destination,
    ) -> Result<(), ForwardError> {
        let Some(ports) = listeners.ports() else { return Ok(()) };
        let group = self.members_of(destination);
        for member in listeners.retain(&group) {
            listeners.join(&member, self.pool.open(ports.way_to(&group[&member])).await?);
        }
        Ok(())
    }

    /// Opens the ports that the members of a forward had, where they are still of its group and their ports are free.
    pub(super) async fn reopen_members(&self, listeners: &mut Listeners, row: &PortForward) {
        let Some(ports) = listeners.ports() else { return };
        for (member, node) in &self.members_of(&row.destination) {
            let Some(port) = row.members.get(member) else { continue };
            match self.pool.open_at(*port, ports.way_to(node)).await {
                Ok(listener) => listeners.join(member, listener),
                Err(error) => {
                    tracing::warn!(id = row.id, %member, %error, "a member of a port forward's group gets another port");
                }
            }
        }
    }

    /// Opens the port that a member had, else the lowest that is free.
    async fn open_member(&self, dial: Arc<dyn Dial>, before: Option<u16>) -> Result<Forward, ForwardError> {
        if let Some(port) = before {
            match self.pool.open_at(port, Arc::clone(&dial)).await {
                Err(ForwardError::Taken { .. }) => {}
                opened => return opened,
            }
        }
        self.pool.open(dial).await
    }

    fn members_of(&self, destination: &Destination) -> BTreeMap<CacheClusterId, NodeId> {
        let world = self.store.read();
        let group = destination.group().and_then(|key| world.replication_group(&key));
        group.map(|group| members::reached(&world, group)).unwrap_or_default()
    }
}
