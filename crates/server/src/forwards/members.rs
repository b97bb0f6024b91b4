//! The members of a group with cluster mode behind a forward: each has a local port of its own, and clients that are
//! told of members are told of these.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataplane::proxy::{Dial, Forward, Topology};
use domain::ids::CacheClusterId;
use domain::node::NodeId;
use domain::replication_group::ReplicationGroup;
use futures_util::future::join_all;

use crate::destination::Destination;
use crate::dialer::Dialer;
use crate::names::Naming;
use crate::store::{ClusterKey, GroupKey, World};

/// A forward's listeners. Dropped, they close their ports and their connections.
pub(super) struct Listeners {
    own: Forward,
    members: BTreeMap<CacheClusterId, Forward>,
    ports: Option<Arc<MemberPorts>>,
}

/// The local ports of a group's members.
pub(crate) struct MemberPorts {
    key: GroupKey,
    dialer: Dialer,
    naming: Naming,
    members: Mutex<BTreeMap<CacheClusterId, MemberPort>>,
}

struct MemberPort {
    local: u16,
    /// Where its node was seen last: others go on telling of a node that died.
    seen: Option<(IpAddr, u16)>,
}

impl MemberPorts {
    pub(super) fn new(key: GroupKey, dialer: Dialer, naming: Naming) -> Self {
        Self { key, dialer, naming, members: Mutex::default() }
    }

    /// The way to a member.
    pub(super) fn way_to(self: &Arc<Self>, member: &NodeId) -> Arc<dyn Dial> {
        self.dialer.to_member(Destination::Node(member.clone()), self)
    }

    /// Whether the group's nodes tell clients of each other.
    pub(crate) fn are_told(&self) -> bool {
        let world = self.dialer.store.read();
        world.replication_group(&self.key).is_some_and(|group| group.spec.cluster_mode.is_on())
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<CacheClusterId, MemberPort>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_called(&self, world: &World, member: &CacheClusterId, host: &str) -> bool {
        let cluster = world.cluster(&ClusterKey::new(self.key.scope.clone(), member.clone()));
        let names = self.naming.of(&self.key.scope);
        // Nodes hear of a change of encryption one after the other.
        cluster.is_some_and(|cluster| cluster.every_name(&names).iter().any(|name| name == host))
    }
}

impl Topology for MemberPorts {
    fn local(&self, host: &str, port: u16) -> Option<SocketAddrV4> {
        let world = self.dialer.store.read();
        let mut members = self.members();
        let found = match host.parse::<IpAddr>() {
            Ok(address) => {
                for (id, member) in members.iter_mut() {
                    let cluster = world.cluster(&ClusterKey::new(self.key.scope.clone(), id.clone()));
                    let nodes = cluster
                        .into_iter()
                        .flat_map(|cluster| cluster.nodes.iter().map(|n| cluster.node_id(n.id)));
                    let seen = nodes.filter_map(|node| self.dialer.observations.address_of(&node)).next();
                    member.seen = seen.or(member.seen);
                }
                members.values().find(|member| member.seen == Some((address, port)))
            }
            Err(_) => {
                let mut called = members.iter().filter(|(id, _)| self.is_called(&world, id, host));
                called.next().map(|(_, member)| member)
            }
        };
        found.map(|member| SocketAddrV4::new(Ipv4Addr::LOCALHOST, member.local))
    }
}

impl Listeners {
    /// A forward's own listener, whose members have none yet.
    pub(super) fn new(own: Forward, ports: Option<Arc<MemberPorts>>) -> Self {
        Self { own, members: BTreeMap::new(), ports }
    }

    /// Closes all ports, and returns when they are free.
    pub(super) async fn close(self) {
        join_all(self.members.into_values().chain([self.own]).map(Forward::close)).await;
    }

    /// Closes the ports of members that are not of the group any more, and answers with members that have none.
    pub(super) fn retain(&mut self, group: &BTreeMap<CacheClusterId, NodeId>) -> Vec<CacheClusterId> {
        self.members.retain(|id, _| group.contains_key(id));
        if let Some(ports) = &self.ports {
            ports.members().retain(|id, _| group.contains_key(id));
        }
        group.keys().filter(|id| !self.members.contains_key(*id)).cloned().collect()
    }

    /// A member's port is open: clients are told of it.
    pub(super) fn join(&mut self, id: &CacheClusterId, member: Forward) {
        if let Some(ports) = &self.ports {
            let local = member.local_port();
            ports.members().insert(id.clone(), MemberPort { local, seen: None });
            self.members.insert(id.clone(), member);
        }
    }

    /// What tells clients of members, where the forward leads to a group.
    pub(super) fn ports(&self) -> Option<Arc<MemberPorts>> {
        self.ports.clone()
    }

    /// The members' ports.
    pub(super) fn local_ports(&self) -> BTreeMap<CacheClusterId, u16> {
        self.members.iter().map(|(id, member)| (id.clone(), member.local_port())).collect()
    }
}

/// The members of a group that clients are told of: none without cluster mode.
pub(super) fn reached(world: &World, group: &ReplicationGroup) -> BTreeMap<CacheClusterId, NodeId> {
    let members = group.members().filter(|_| group.spec.cluster_mode.is_on());
    let clusters = members
        .filter_map(|member| world.cluster(&ClusterKey::new(group.scope.clone(), member.cluster.clone())));
    let reached =
        clusters.filter_map(|cluster| Some((cluster.id.clone(), cluster.node_id(cluster.nodes.first()?.id))));
    reached.collect()
}
