//! What a replication group shall be.

use serde::{Deserialize, Serialize};

use crate::cluster::ClusterSpec;
use crate::ids::CacheClusterId;
use crate::network::listed;
use crate::node_type::DataTiering;

listed! {
    /// Whether the data is spread over shards.
    ClusterMode, "ClusterMode",
    /// One shard.
    Disabled = "disabled",
    /// One shard, for clients with and without cluster mode: a step on the way to it.
    Compatible = "compatible",
    /// Any number of shards.
    Enabled = "enabled"
}

listed! {
    /// How sure a write is when it is answered.
    Durability, "Durability",
    /// As the service decides.
    Default = "default",
    /// Sure a little later.
    Async = "async",
    /// Sure.
    Sync = "sync",
    /// As sure as memory.
    Disabled = "disabled"
}

impl ClusterMode {
    /// `ClusterEnabled`. True of `compatible` too (recorded by Terraform's acceptance tests).
    pub const fn is_on(self) -> bool {
        matches!(self, Self::Compatible | Self::Enabled)
    }

    /// Whether clients that know no cluster mode are served, by the primary and reader endpoints. Of `compatible` it is
    /// what AWS says the mode is for; whether its answers show these endpoints is uncertain.
    pub const fn takes_other_clients(self) -> bool {
        matches!(self, Self::Disabled | Self::Compatible)
    }
}

impl Durability {
    /// `EffectiveDurability`. AWS does not say what `default` comes to; no engine here writes ahead, so it is
    /// `disabled` (uncertain).
    pub const fn effective(self) -> &'static str {
        match self {
            Self::Default | Self::Disabled => "disabled",
            Self::Async => "async",
            Self::Sync => "sync",
        }
    }
}

/// A setting that is on or off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// Off.
    #[default]
    Disabled,
    /// On.
    Enabled,
}

impl Switch {
    /// What a request's flag says.
    pub const fn of(flag: bool) -> Self {
        if flag { Self::Enabled } else { Self::Disabled }
    }

    /// Whether it is on.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::Enabled)
    }

    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        }
    }
}

/// A group as it was asked for, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationGroupSpec {
    /// For people; a blank one is one space.
    pub description: String,
    /// What every member shall be, its zone apart. Its tags are the group's.
    pub member: ClusterSpec,
    /// Whether there can be several shards.
    pub cluster_mode: ClusterMode,
    /// Whether a replica takes a lost primary's place.
    pub automatic_failover: Switch,
    /// Whether a shard's members lie in several zones.
    pub multi_az: Switch,
    /// The member that daily snapshots are taken of; none with cluster mode.
    pub snapshotting_cluster: Option<CacheClusterId>,
    /// Whether data overflows to disks.
    pub data_tiering: DataTiering,
    /// How sure a write is.
    pub durability: Durability,
    /// The user groups that may come.
    pub user_group_ids: Vec<String>,
}
