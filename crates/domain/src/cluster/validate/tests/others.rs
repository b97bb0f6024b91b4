//! Delete, reboot, tags, and how clusters are named.

use super::*;

fn told<T: std::fmt::Debug>(result: Result<T, Rejection>) -> (RejectionKind, String) {
    let refusal = result.expect_err("a request that AWS refuses");
    (refusal.kind(), refusal.to_string())
}

#[test]
fn clusters_are_named_and_found() {
    assert_eq!(
        told(id_to_find(None)),
        (
            InvalidParameterValue,
            "The parameter CacheClusterIdentifier must be provided and must not be null.".into()
        )
    );
    assert_eq!(told(id_to_find(text("no_body").as_deref())).0, CacheClusterNotFound);
    assert_eq!(told(id_to_name(text("no_body").as_deref())).0, InvalidParameterValue);
    assert_eq!(id_to_find(Some("My-Cache")).unwrap().as_str(), "my-cache");
}

#[test]
fn deletes_need_a_settled_cluster_and_no_snapshot() {
    let plain = DeleteCacheCluster::default();
    assert_eq!(delete(&plain, &available(&guide())), Ok(()));
    assert_eq!(
        told(delete(&plain, &creating(&guide()))),
        (
            InvalidCacheClusterState,
            "Cache cluster my-cache has status creating which is not valid for deletion.".into()
        )
    );
    let mut deleting = available(&guide());
    deleting.delete().unwrap();
    assert_eq!(told(delete(&plain, &deleting)).0, InvalidCacheClusterState);
    let last =
        |name: &str| DeleteCacheCluster { final_snapshot_identifier: text(name), ..Default::default() };
    assert_eq!(told(delete(&last("no_name"), &available(&guide()))).0, InvalidParameterValue);
    assert_eq!(
        told(delete(&last("last"), &available(&memcached()))),
        (SnapshotFeatureNotSupported, "Snapshots are not supported for this cache cluster.".into())
    );
    assert_eq!(delete(&last("last"), &available(&guide())), Ok(()));
}

#[test]
fn reboots_name_the_clusters_nodes() {
    let ids = |ids: &[&str]| RebootCacheCluster {
        cache_node_ids_to_reboot: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..Default::default()
    };
    let cluster = available(&guide());
    assert_eq!(reboot(&ids(&["0001"]), &cluster), Ok(vec![CacheNodeId::new(1)]));
    assert_eq!(
        told(reboot(&ids(&[]), &cluster)),
        (
            InvalidParameterValue,
            "The parameter CacheNodeIdsToReboot must be provided and must not be null.".into()
        )
    );
    for unknown in ["0002", "1", "+001", "one"] {
        assert_eq!(
            told(reboot(&ids(&[unknown]), &cluster)),
            (InvalidParameterValue, format!("Cache node {unknown} is not found in cache cluster my-cache."))
        );
    }
    assert_eq!(
        told(reboot(&ids(&["0001", "0001"]), &cluster)).1,
        "Cache node 0001 is specified more than once."
    );
    assert_eq!(
        told(reboot(&ids(&["0001"]), &creating(&guide()))),
        (
            InvalidCacheClusterState,
            "Cache cluster my-cache has status creating which is not valid for reboot.".into()
        )
    );
}

#[test]
fn tags_wait_for_the_cluster() {
    assert_eq!(tagging(&available(&guide())), Ok(()));
    assert_eq!(
        told(tagging(&creating(&guide()))),
        (
            InvalidReplicationGroupState,
            "Cluster not in available state to perform tagging operations.".into()
        )
    );
}
