//! Snapshots of clusters and replication groups as the tests make, see and await them, on runtime `none`.

use aws_sdk_elasticache::operation::create_snapshot::builders::CreateSnapshotFluentBuilder;
use aws_sdk_elasticache::types::Snapshot;

use super::emu::TestEmu;
use super::until;

impl TestEmu {
    /// A request for a snapshot of a cluster.
    pub(crate) fn snapshot_of(&self, cluster: &str, name: &str) -> CreateSnapshotFluentBuilder {
        self.client().create_snapshot().cache_cluster_id(cluster).snapshot_name(name)
    }

    /// A request for a snapshot of a group.
    pub(crate) fn snapshot_of_group(&self, group: &str, name: &str) -> CreateSnapshotFluentBuilder {
        self.client().create_snapshot().replication_group_id(group).snapshot_name(name)
    }

    /// A snapshot of a cluster, taken.
    pub(crate) async fn taken(&self, cluster: &str, name: &str) -> Snapshot {
        self.snapshot_of(cluster, name).send().await.unwrap();
        self.until_taken(name).await
    }

    /// The snapshot with its shards, once it is available.
    pub(crate) async fn until_taken(&self, name: &str) -> Snapshot {
        until(&format!("snapshot {name} is available"), || async {
            let describe =
                self.client().describe_snapshots().snapshot_name(name).show_node_group_config(true);
            let snapshot = describe.send().await.ok()?.snapshots.unwrap_or_default().pop()?;
            (snapshot.snapshot_status() == Some("available")).then_some(snapshot)
        })
        .await
    }

    /// The names of the snapshots that there are.
    pub(crate) async fn snapshots(&self) -> Vec<String> {
        let answer = self.client().describe_snapshots().send().await.unwrap();
        names(answer.snapshots())
    }

    pub(crate) async fn until_snapshots(&self, expected: &[&str]) {
        until(&format!("the snapshots are {expected:?}"), || async {
            (self.snapshots().await == expected).then_some(())
        })
        .await;
    }
}

/// Snapshots' names.
pub(crate) fn names(snapshots: &[Snapshot]) -> Vec<String> {
    snapshots.iter().map(|snapshot| snapshot.snapshot_name().unwrap().to_owned()).collect()
}

/// A snapshot's ARN in the default account and region.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:elasticache:us-east-1:000000000000:snapshot:{name}")
}
