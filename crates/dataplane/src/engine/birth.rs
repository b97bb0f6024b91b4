//! What the nodes of a new group with cluster mode know from their first start on, so that the group serves as soon as they do.
//!
//! An engine that starts as a primary with cluster mode serves nothing for two seconds, lest it lead again before it has heard
//! who took its place; and engines that meet hear of each other by gossip, once a second. Nodes that are all new have nothing
//! to hear. So each starts with a map of the whole cluster in its configuration file, in which every shard follows a *founder*: a
//! node without an address, that never was, has the shard's slots, and is missed by nobody. A replica waits for nothing. The
//! shard's primary is told to take its founder's place, and the founder is forgotten.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddrV4};

use domain::engine_version::VersionNumber;
use domain::node::NodeId;
use domain::replication_group::Slots;

use super::arguments::NAMES_SINCE;
use crate::runtime::bus_port;

/// The engine's own file of the cluster as it knows it, in its working folder.
pub(crate) const FILE: &str = "nodes.conf";

/// The first version whose file says by name which nodes are a shard.
const SHARDS_SINCE: VersionNumber = VersionNumber::new(7, 2, 0);

/// All shards of a group as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// In the group's order.
    pub shards: Vec<NewShard>,
}

/// A shard of a group as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShard {
    /// What its founder is known by.
    pub founder: String,
    /// What its nodes are to have.
    pub slots: Slots,
    /// Its nodes.
    pub members: Vec<NewMember>,
}

/// A node of a group as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Which.
    pub id: NodeId,
    /// What it is known by to the others.
    pub known_by: String,
    /// Its address, in the VPC's CIDR as the API reports it.
    pub address: Ipv4Addr,
    /// The name by which clients with TLS are led to it.
    pub name: String,
}

impl Birth {
    /// The file that `own`'s engine of `version` starts with, where the nodes are at `sockets`; none where one of them is at none.
    pub(crate) fn file(
        &self,
        own: &NodeId,
        version: VersionNumber,
        mut sockets: impl FnMut(&NewMember) -> Option<SocketAddrV4>,
    ) -> Option<String> {
        let mut file = String::new();
        let mut begins_at = 0;
        for (shard, epoch) in self.shards.iter().zip(1_usize..) {
            let (founder, names) = (&shard.founder, shard.names(version));
            for member in &shard.members {
                let (at, name) = (sockets(member)?, names(&member.name));
                let own = if member.id == *own {
                    begins_at = epoch;
                    "myself,"
                } else {
                    ""
                };
                let (id, bus) = (&member.known_by, bus_port(at.port()));
                let _ = writeln!(file, "{id} {at}@{bus}{name} {own}slave {founder} 0 0 {epoch} connected");
            }
            let (name, slots) = (names(""), shard.slots.to_string().replace(',', " "));
            let _ = writeln!(file, "{founder} :0@0{name} master,noaddr - 0 0 {epoch} disconnected {slots}");
        }
        // Whoever leads takes an epoch that is higher than all that it knows: each another one.
        let _ = writeln!(file, "vars currentEpoch {} lastVoteEpoch 0", self.shards.len() + begins_at);
        (begins_at > 0).then_some(file)
    }
}

impl NewShard {
    /// What stands behind an address: the node's name, and its shard.
    fn names(&self, version: VersionNumber) -> impl Fn(&str) -> String + '_ {
        move |name| match version {
            _ if version >= SHARDS_SINCE => format!(",{name},shard-id={}", self.founder),
            _ if version >= NAMES_SINCE && !name.is_empty() => format!(",{name}"),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{CacheNodeId, Scope};

    fn birth() -> Birth {
        let member = |shard: u8, number: u8| NewMember {
            id: NodeId {
                scope: Scope {
                    account: "000000000000".parse().unwrap(),
                    region: "us-east-1".parse().unwrap(),
                },
                cluster: format!("g-000{shard}-00{number}").parse().unwrap(),
                node: CacheNodeId::new(1),
            },
            known_by: format!("{shard}{number}"),
            address: Ipv4Addr::new(172, 31, 0, 10 * shard + number),
            name: format!("g-000{shard}-00{number}.dev"),
        };
        let shard = |number: u8, slots: &str| NewShard {
            founder: format!("f{number}"),
            slots: slots.parse().unwrap(),
            members: [1, 2].map(|n| member(number, n)).into(),
        };
        Birth { shards: vec![shard(1, "0-8000,16383"), shard(2, "8001-16382")] }
    }

    fn file(version: VersionNumber) -> String {
        let birth = birth();
        let own = &birth.shards[1].members[0].id;
        birth.file(own, version, |member| Some(SocketAddrV4::new(member.address, 6379))).unwrap()
    }

    #[test]
    fn each_shard_follows_its_founder() {
        let seven = "\
            11 172.31.0.11:6379@16379,g-0001-001.dev slave f1 0 0 1 connected\n\
            12 172.31.0.12:6379@16379,g-0001-002.dev slave f1 0 0 1 connected\n\
            f1 :0@0 master,noaddr - 0 0 1 disconnected 0-8000 16383\n\
            21 172.31.0.21:6379@16379,g-0002-001.dev myself,slave f2 0 0 2 connected\n\
            22 172.31.0.22:6379@16379,g-0002-002.dev slave f2 0 0 2 connected\n\
            f2 :0@0 master,noaddr - 0 0 2 disconnected 8001-16382\n\
            vars currentEpoch 4 lastVoteEpoch 0\n";
        assert_eq!(file(VersionNumber::new(7, 0, 4)), seven);
    }

    #[test]
    fn names_and_shards_are_told_to_versions_that_know_them() {
        let line = |version, id: &str| {
            let file = file(version);
            file.lines().find(|line| line.starts_with(id)).unwrap().split(' ').nth(1).unwrap().to_owned()
        };
        let (six, eight) = (VersionNumber::new(6, 2, 0), VersionNumber::new(8, 0, 0));
        assert_eq!(line(six, "11"), "172.31.0.11:6379@16379");
        assert_eq!(line(eight, "11"), "172.31.0.11:6379@16379,g-0001-001.dev,shard-id=f1");
        assert_eq!(line(eight, "f1"), ":0@0,,shard-id=f1");
    }

    #[test]
    fn without_every_place_there_is_none() {
        let birth = birth();
        let own = &birth.shards[0].members[0].id;
        let lacks_one =
            |member: &NewMember| (member.known_by != "22").then(|| SocketAddrV4::new(member.address, 6379));
        assert_eq!(birth.file(own, VersionNumber::new(7, 0, 0), lacks_one), None);
    }
}
