//! Each refusal of the operations on clusters, groups, events and tags, as a client reads it: `output/refusals.tsv`.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::Tag;

use crate::support::cluster::arn;
use crate::support::emu::TestEmu;
use crate::support::raw::{bare, post};

/// The API's version, in every request whose row names none.
const VERSION: &str = "2015-02-02";

/// Refusals that the domain tests and that no row provokes. The quota takes 300 nodes (`clusters/fleet.rs` has them);
/// and the default subnet group, the only one there is, has a subnet in every zone.
/// Without engines a serverless cache's states last for a moment (`serverless_caches/states.rs` holds them).
const OUT_OF_REACH: [(&str, &str); 13] = [
    ("CreateCacheCluster", "NodeQuotaForCustomerExceeded"),
    ("CreateCacheCluster", "InvalidVPCNetworkStateFault"),
    ("ModifyCacheCluster", "NodeQuotaForCustomerExceeded"),
    ("ModifyCacheCluster", "InvalidVPCNetworkStateFault"),
    ("AddTagsToResource", "InvalidServerlessCacheStateFault"),
    ("AddTagsToResource", "InvalidServerlessCacheSnapshotStateFault"),
    ("ListTagsForResource", "InvalidServerlessCacheStateFault"),
    ("ListTagsForResource", "InvalidServerlessCacheSnapshotStateFault"),
    ("RemoveTagsFromResource", "InvalidServerlessCacheStateFault"),
    ("RemoveTagsFromResource", "InvalidServerlessCacheSnapshotStateFault"),
    // `replication_groups/refusals.rs` has it: here are engines, and with them no groups yet.
    ("CreateCacheCluster", "InvalidReplicationGroupState"),
    // `snapshots/last.rs` and `snapshots/refused.rs` have them, for the same reason.
    ("DeleteCacheCluster", "SnapshotAlreadyExistsFault"),
    ("DeleteCacheCluster", "SnapshotQuotaExceededFault"),
];

/// A request and how it is refused.
struct Row {
    /// `-`: the request names none.
    operation: &'static str,
    parameters: &'static str,
    status: &'static str,
    code: &'static str,
    message: &'static str,
}

impl Row {
    fn all() -> Vec<Self> {
        let rows = include_str!("output/refusals.tsv").lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [operation, parameters, status, code, message] = cells[..] else {
                panic!("not five columns: {line}")
            };
            Self { operation, parameters, status, code, message }
        });
        rows.collect()
    }

    /// The request as a query string.
    fn query(&self) -> String {
        let mut fields = Vec::new();
        if self.operation != "-" {
            fields.push(format!("Action={}", self.operation));
        }
        if !self.parameters.split('&').any(|field| field.starts_with("Version=")) {
            fields.push(format!("Version={VERSION}"));
        }
        if !self.parameters.is_empty() {
            fields.push(self.parameters.to_owned());
        }
        fields.join("&")
    }

    /// The refusal as [`Reply::error`](crate::support::raw::Reply::error) writes it.
    fn refusal(&self) -> String {
        format!("{} {}: {}", self.status, self.code, self.message)
    }
}

/// The clusters that the rows name: `kept` with as many tags as fit, `older` and `memo` available; `young` creating,
/// `booting` rebooting and `leaving` deleting, and none of these getting any further.
async fn clusters() -> TestEmu {
    let emu = TestEmu::start().await;
    let tags = (1..=50).map(|n| Tag::builder().key(format!("k{n}")).value("v").build()).collect();
    emu.cluster("kept", "redis").set_tags(Some(tags)).send().await.unwrap();
    emu.until_status("kept", "available").await;
    emu.cluster("older", "redis").engine_version("7.0").send().await.unwrap();
    emu.until_status("older", "available").await;
    for (id, engine) in [("memo", "memcached"), ("booting", "redis"), ("leaving", "valkey")] {
        emu.available(id, engine).await;
    }
    emu.fake().stall_after(0);
    emu.cluster("young", "redis").send().await.unwrap();
    let reboot = emu.client().reboot_cache_cluster().cache_cluster_id("booting");
    reboot.cache_node_ids_to_reboot("0001").send().await.unwrap();
    emu.client().delete_cache_cluster().cache_cluster_id("leaving").send().await.unwrap();
    emu
}

/// Every cluster with its nodes, and the tags of the one whose tags the rows are after.
async fn everything(emu: &TestEmu) -> String {
    let clusters = emu.client().describe_cache_clusters().show_cache_node_info(true).send().await.unwrap();
    let tags = emu.client().list_tags_for_resource().resource_name(arn("kept")).send().await.unwrap();
    format!("{:#?}\n{:#?}", clusters.cache_clusters(), tags.tag_list())
}

#[tokio::test]
async fn refusals_are_worded_as_tabled_and_change_nothing() {
    let emu = clusters().await;
    let before = everything(&emu).await;
    let mut wrong = Vec::new();
    for row in Row::all() {
        let query = row.query();
        for (method, request) in [("GET", bare("GET", &format!("/?{query}"))), ("POST", post(&query))] {
            let reply = emu.ask(&request);
            let said = if reply.status < 400 { reply.status.to_string() } else { reply.error() };
            if said != row.refusal() {
                wrong.push(format!("{method} {query}\n  expected {}\n  got      {said}", row.refusal()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(everything(&emu).await, before, "a refused request changed something");
}

#[test]
fn no_refusal_of_a_tabled_operation_is_tested_in_the_domain_alone() {
    let rows = Row::all();
    let provoked: BTreeSet<_> = rows.iter().map(|row| (row.operation, row.code)).collect();
    let known = include_str!("../../../domain/data/refusals_open.tsv").lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[3] == "tested").then_some((cells[0], cells[1]))
    });
    let served = rows.iter().filter(|row| row.code != "NotImplemented");
    let operations: BTreeSet<_> = served.map(|row| row.operation).collect();
    let missing: Vec<_> = known
        .filter(|(operation, _)| operations.contains(operation))
        .filter(|refusal| !provoked.contains(refusal) && !OUT_OF_REACH.contains(refusal))
        .collect();
    assert_eq!(missing, [("", ""); 0], "tested in the domain, and provoked by no row over HTTP");
}
