//! Replication groups as the tests make, see and await them, on runtime `none`.

use aws_sdk_elasticache::operation::create_replication_group::builders::CreateReplicationGroupFluentBuilder;
use aws_sdk_elasticache::types::{NodeGroup, ReplicationGroup, SourceType};

use super::emu::{Stage, TestEmu};
use super::until;

/// A Simfra without engines.
pub(crate) async fn emu() -> TestEmu {
    TestEmu::on(Stage::without_engines()).await
}

impl TestEmu {
    /// A request for a group of small Redis nodes.
    pub(crate) fn group(&self, id: &str) -> CreateReplicationGroupFluentBuilder {
        let create = self.client().create_replication_group().replication_group_id(id);
        create.replication_group_description("a test's").engine("redis").cache_node_type("cache.t3.micro")
    }

    /// A group of a primary and a replica, available.
    pub(crate) async fn group_of_two(&self, id: &str) -> ReplicationGroup {
        self.group(id).num_cache_clusters(2).send().await.unwrap();
        self.until_group(id, "available").await
    }

    /// A group with cluster mode, available.
    pub(crate) async fn group_of_shards(&self, id: &str, shards: i32, replicas: i32) -> ReplicationGroup {
        let create = self.group(id).num_node_groups(shards).replicas_per_node_group(replicas);
        let create = create.cache_parameter_group_name("default.redis7.cluster.on");
        create.automatic_failover_enabled(true).send().await.unwrap();
        self.until_group(id, "available").await
    }

    /// The group; none where there is no such group.
    pub(crate) async fn find_group(&self, id: &str) -> Option<ReplicationGroup> {
        match self.client().describe_replication_groups().replication_group_id(id).send().await {
            Ok(answer) => answer.replication_groups.unwrap_or_default().pop(),
            Err(error) => {
                let missing = error.into_service_error().is_replication_group_not_found_fault();
                assert!(missing, "another error than that there is none");
                None
            }
        }
    }

    /// The group, once it has this status.
    pub(crate) async fn until_group(&self, id: &str, status: &str) -> ReplicationGroup {
        until(&format!("{id} is {status}"), || async {
            let group = self.find_group(id).await.expect("the group is there");
            (group.status() == Some(status)).then_some(group)
        })
        .await
    }

    pub(crate) async fn until_group_gone(&self, id: &str) {
        until(&format!("{id} is gone"), || async { self.find_group(id).await.is_none().then_some(()) }).await;
    }

    /// What is told of a group, oldest first.
    pub(crate) async fn told_of_group(&self, id: &str) -> Vec<String> {
        let describe = self.client().describe_events().source_type(SourceType::ReplicationGroup);
        let events = describe.source_identifier(id).send().await.unwrap().events.unwrap_or_default();
        events.into_iter().rev().map(|event| event.message.unwrap()).collect()
    }
}

/// A shard's members with their roles: `g-001 primary, g-002 replica`; with cluster mode without.
pub(crate) fn members(node_group: &NodeGroup) -> String {
    let members = node_group.node_group_members().iter().map(|member| {
        let id = member.cache_cluster_id().unwrap();
        member.current_role().map_or_else(|| id.to_owned(), |role| format!("{id} {role}"))
    });
    members.collect::<Vec<_>>().join(", ")
}

/// Each shard's slots, `0001 0-8191`.
pub(crate) fn slots(group: &ReplicationGroup) -> Vec<String> {
    let each = group.node_groups().iter();
    each.map(|shard| format!("{} {}", shard.node_group_id().unwrap(), shard.slots().unwrap_or("-"))).collect()
}
