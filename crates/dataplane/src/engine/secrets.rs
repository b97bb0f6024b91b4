//! What only Simfra knows about a node: derived from one key, never stored, never logged.

use std::fmt;

use domain::ids::{ReplicationGroupId, Scope};
use domain::node::{Generation, NodeId};
use domain::replication_group::NodeGroupId;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// The name of Simfra's own user in an engine.
pub const OWN_USER: &str = "simfra";
/// The name of the user as whom a replica follows its primary.
pub(crate) const REPLICA_USER: &str = "simfra-replica";

/// How many bytes what a node is known by has.
const CLUSTER_ID: usize = 20;

/// The key of an instance, from which the secrets of its nodes follow.
#[derive(Clone, PartialEq, Eq)]
pub struct InstanceKey([u8; 32]);

/// The secrets of one node in one generation.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeSecrets([u8; 32]);

/// What a group's replicas show to its primaries, whichever these are.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplicationSecret([u8; 32]);

impl InstanceKey {
    /// The key of these random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A node's secrets. A new generation has others: who learned the old ones has nothing.
    pub fn node(&self, id: &NodeId, generation: Generation) -> NodeSecrets {
        NodeSecrets(derive(&self.0, &format!("node {id} generation {generation}")))
    }

    /// The secret of a replication group's own links.
    pub fn replication(&self, scope: &Scope, group: &ReplicationGroupId) -> ReplicationSecret {
        ReplicationSecret(derive(&self.0, &format!("replication of {group} in {scope}")))
    }

    /// What a node of a group with cluster mode is known by to the others from its first start on: no secret.
    pub fn known_by(&self, id: &NodeId, generation: Generation) -> String {
        hex(&derive(&self.0, &format!("cluster id of node {id} generation {generation}"))[..CLUSTER_ID])
    }

    /// What the founder of a shard is known by.
    pub fn founder(&self, scope: &Scope, group: &ReplicationGroupId, shard: NodeGroupId) -> String {
        hex(&derive(&self.0, &format!("founder of shard {shard} of {group} in {scope}"))[..CLUSTER_ID])
    }
}

impl NodeSecrets {
    /// The password of Simfra's own user.
    pub(crate) fn password(&self) -> String {
        hex(&derive(&self.0, "password of Simfra's own user"))
    }

    /// The password as the engine is told it: its SHA-256, in hex.
    pub(crate) fn password_hash(&self) -> String {
        hex(&Sha256::digest(self.password()))
    }

    /// What a user of IAM's is known by to the engine: its proxy shows it for who shows a good token.
    #[must_use]
    pub fn password_of(&self, user: &str) -> String {
        hex(&derive(&self.0, &format!("password of the IAM user {user}")))
    }

    /// The same as the engine is told it.
    pub(crate) fn password_hash_of(&self, user: &str) -> String {
        hex(&Sha256::digest(self.password_of(user)))
    }

    /// What a forbidden command is called on the node.
    pub(crate) fn name_of(&self, command: &str) -> String {
        hex(&derive(&self.0, &format!("name of the command {command}"))[..16])
    }
}

impl ReplicationSecret {
    /// The password of the group's replicas.
    pub(crate) fn password(&self) -> String {
        hex(&self.0)
    }

    /// The password as the engine is told it.
    pub(crate) fn password_hash(&self) -> String {
        hex(&Sha256::digest(self.password()))
    }
}

impl fmt::Debug for ReplicationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplicationSecret(…)")
    }
}

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceKey(…)")
    }
}

impl fmt::Debug for NodeSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecrets(…)")
    }
}

fn derive(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_and_generation_and_purpose_has_its_own_and_nothing_shows_them() {
        let key = InstanceKey::new([7; 32]);
        let scope = domain::ids::Scope {
            account: "000000000000".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        };
        let id = |cluster: &str| NodeId {
            scope: scope.clone(),
            cluster: cluster.parse().unwrap(),
            node: domain::ids::CacheNodeId::new(1),
        };
        let secrets = key.node(&id("a"), Generation::FIRST);
        assert_eq!(secrets, key.node(&id("a"), Generation::FIRST));
        assert_ne!(secrets, key.node(&id("b"), Generation::FIRST));
        assert_ne!(secrets, key.node(&id("a"), Generation(2)));
        assert_ne!(secrets, InstanceKey::new([8; 32]).node(&id("a"), Generation::FIRST));
        assert_ne!(secrets.name_of("config"), secrets.name_of("debug"));
        assert_eq!(secrets.password().len(), 64);
        assert_eq!(format!("{key:?} {secrets:?}"), "InstanceKey(…) NodeSecrets(…)");
    }
}
