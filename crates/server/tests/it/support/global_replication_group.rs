//! Global datastores as the tests make, see and await them, on runtime `none`.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::create_replication_group::builders::CreateReplicationGroupFluentBuilder;
use aws_sdk_elasticache::types::{GlobalReplicationGroup, ReplicationGroup};

use super::emu::TestEmu;
use super::until;

/// The id of the global datastore of the suffix `world`, made in us-east-1.
pub(crate) const WORLD: &str = "ldgnf-world";

/// A primary group of nodes that global datastores may have.
pub(crate) fn large(emu: &TestEmu, id: &str) -> CreateReplicationGroupFluentBuilder {
    emu.group(id).cache_node_type("cache.r6g.large")
}

impl TestEmu {
    /// AWS's SDK, for the default account in another region.
    pub(crate) fn client_in(&self, region: &'static str) -> Client {
        self.client_of("000000000000", region)
    }

    /// A global datastore of the suffix `world` over the group `first` of us-east-1, which is there.
    pub(crate) async fn world_of(&self, first: &str) -> GlobalReplicationGroup {
        let create = self.client().create_global_replication_group();
        let create = create.global_replication_group_id_suffix("world").primary_replication_group_id(first);
        create.send().await.unwrap();
        self.until_global("primary-only").await
    }

    /// The same over a new group `first` of two nodes.
    pub(crate) async fn world(&self) -> GlobalReplicationGroup {
        large(self, "first").num_cache_clusters(2).send().await.unwrap();
        self.until_group("first", "available").await;
        self.world_of("first").await
    }

    /// A request for a secondary of it.
    pub(crate) fn secondary(&self, id: &str, region: &'static str) -> CreateReplicationGroupFluentBuilder {
        let create = self.client_in(region).create_replication_group().replication_group_id(id);
        create.replication_group_description("a test's").global_replication_group_id(WORLD)
    }

    /// The global datastore, seen from us-east-1 with its members; none where it is gone.
    pub(crate) async fn find_global(&self) -> Option<GlobalReplicationGroup> {
        let describe = self.client().describe_global_replication_groups();
        match describe.global_replication_group_id(WORLD).show_member_info(true).send().await {
            Ok(answer) => answer.global_replication_groups.unwrap_or_default().pop(),
            Err(error) => {
                let missing = error.into_service_error().is_global_replication_group_not_found_fault();
                assert!(missing, "another error than that there is none");
                None
            }
        }
    }

    /// The global datastore, once it has this status.
    pub(crate) async fn until_global(&self, status: &str) -> GlobalReplicationGroup {
        until(&format!("{WORLD} is {status}"), || async {
            let global = self.find_global().await.expect("it is there");
            (global.status() == Some(status)).then_some(global)
        })
        .await
    }

    /// A group of another region.
    pub(crate) async fn group_in(&self, region: &'static str, id: &str) -> ReplicationGroup {
        let describe = self.client_in(region).describe_replication_groups().replication_group_id(id);
        describe.send().await.unwrap().replication_groups.unwrap().remove(0)
    }
}

/// The members: `us-east-1 first PRIMARY associated`.
pub(crate) fn members(global: &GlobalReplicationGroup) -> Vec<String> {
    let members = global.members().iter().map(|member| {
        let parts = [
            member.replication_group_region(),
            member.replication_group_id(),
            member.role(),
            member.status(),
        ];
        parts.map(|part| part.unwrap_or("-")).join(" ")
    });
    members.collect()
}

/// What a group says of the global datastore that it is in: `ldgnf-world PRIMARY`, or nothing.
pub(crate) fn membership(group: &ReplicationGroup) -> String {
    let info = group.global_replication_group_info().expect("it is always there");
    let parts = [info.global_replication_group_id(), info.global_replication_group_member_role()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
