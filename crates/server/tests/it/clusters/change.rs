//! ModifyCacheCluster, RebootCacheCluster and DeleteCacheCluster.

use domain::node::Generation;

use crate::support::cluster::{arn, only_node};
use crate::support::emu::{TestEmu, occupy};
use crate::support::sdk::refusal;
use crate::support::until;

#[tokio::test]
async fn settings_are_in_force_when_the_cluster_is_available_again() {
    let emu = TestEmu::start().await;
    emu.available("mod", "redis").await;
    let topic = "arn:aws:sns:us-east-1:000000000000:alerts";
    let modify = emu.client().modify_cache_cluster().cache_cluster_id("Mod").apply_immediately(true);
    let all =
        modify.clone().preferred_maintenance_window("tue:01:00-tue:02:30").snapshot_window("04:00-05:00");
    let all = all.auto_minor_version_upgrade(false).notification_topic_arn(topic);
    let answer = all.send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(answer.cache_cluster_status(), Some("modifying"));
    let cluster = emu.until_status("mod", "available").await;
    assert_eq!(cluster.preferred_maintenance_window(), Some("tue:01:00-tue:02:30"));
    assert_eq!(cluster.snapshot_window(), Some("04:00-05:00"));
    assert_eq!(cluster.auto_minor_version_upgrade(), Some(false));
    assert_eq!(cluster.notification_configuration().unwrap().topic_arn(), Some(topic));

    let quiet = modify.clone().notification_topic_arn(topic).notification_topic_status("inactive");
    quiet.send().await.unwrap();
    let cluster = emu.until_status("mod", "available").await;
    assert_eq!(cluster.notification_configuration().unwrap().topic_status(), Some("inactive"));

    let groups: Vec<String> =
        cluster.security_groups().iter().map(|group| group.security_group_id().unwrap().to_owned()).collect();
    let same =
        modify.set_security_group_ids(Some(groups.clone())).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(same.cache_cluster_status(), Some("available"), "a change of nothing");
    let node = emu.node("mod");
    assert_eq!(emu.fake().ensured(&node), 1, "none of it needs another engine");
    let told = emu.told("mod").await;
    assert_eq!(told[2..], ["Cache cluster modified", "Cache cluster modified"]);
}

#[tokio::test]
async fn the_same_parameter_group_changes_nothing_and_another_familys_is_refused() {
    let emu = TestEmu::start().await;
    emu.available("params", "valkey").await;
    let client = emu.client();
    let own = emu.find("params").await.unwrap();
    let own = own.cache_parameter_group().unwrap().cache_parameter_group_name().unwrap().to_owned();
    let modify = client.modify_cache_cluster().cache_cluster_id("params").apply_immediately(true);
    let same = modify.clone().cache_parameter_group_name(own).send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(same.cache_cluster_status(), Some("available"), "a change of nothing");
    let other = modify.cache_parameter_group_name("default.redis7").send().await;
    assert!(
        refusal(other).starts_with("400 InvalidParameterCombination: Expected a parameter group of family ")
    );
}

#[tokio::test]
async fn a_reboot_starts_an_empty_node_of_the_next_generation() {
    let emu = TestEmu::start().await;
    let before = emu.available("reboot", "redis").await;
    let node = emu.node("reboot");
    emu.fake().hold_ensure();
    let reboot =
        emu.client().reboot_cache_cluster().cache_cluster_id("Reboot").cache_node_ids_to_reboot("0001");
    let answer = reboot.clone().send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(answer.cache_cluster_status(), Some("rebooting cache cluster nodes"), "the reply's own words");
    let seen = emu.find("reboot").await.unwrap();
    assert_eq!(seen.cache_cluster_status(), Some("rebooting cluster nodes"));
    assert_eq!(only_node(&seen).cache_node_status(), Some("rebooting"));
    assert_eq!(only_node(&seen).endpoint(), only_node(&before).endpoint(), "its name stays");
    let again = refusal(reboot.send().await);
    assert!(again.starts_with("400 InvalidCacheClusterState: "), "{again}");
    assert!(again.contains("rebooting cluster nodes"), "{again}");
    let delete = emu.client().delete_cache_cluster().cache_cluster_id("reboot").send().await;
    assert!(refusal(delete).starts_with("400 InvalidCacheClusterState: "));

    emu.fake().release_ensure();
    let after = emu.until_status("reboot", "available").await;
    assert_eq!(after.cache_cluster_create_time(), before.cache_cluster_create_time());
    assert_eq!(emu.stage().nodes().await[0].generation, Generation(2));
    assert_eq!(emu.fake().ensured(&node), 2);
    let told = emu.told("reboot").await;
    assert_eq!(told[2..], ["Cache node 0001 shutdown", "Cache node 0001 restarted"]);
}

#[tokio::test]
async fn a_deleted_cluster_is_seen_deleting_and_then_gone_with_all_it_had() {
    let emu = TestEmu::start().await;
    let cluster = emu.available("leaving", "redis").await;
    let name = only_node(&cluster).endpoint().unwrap().address().unwrap().to_owned();
    assert_eq!(emu.resolve(&name).unwrap().len(), 1);
    let body = format!(r#"{{"targetArn":"{}","targetPort":6379}}"#, arn("leaving"));
    let (status, forward) = emu.admin("POST", "/port-forwards", &body);
    assert_eq!(status, 201, "{forward}");
    let port = u16::try_from(forward["localPort"].as_u64().unwrap()).unwrap();

    emu.fake().stall_after(0);
    let delete = emu.client().delete_cache_cluster().cache_cluster_id("LEAVING");
    let answer = delete.clone().send().await.unwrap().cache_cluster.unwrap();
    assert_eq!(answer.cache_cluster_status(), Some("deleting"));
    let seen = emu.find("leaving").await.unwrap();
    assert_eq!(only_node(&seen).cache_node_status(), Some("deleting"));
    assert_eq!(
        refusal(delete.send().await),
        "400 InvalidCacheClusterState: Cache cluster leaving has status deleting which is not valid for deletion."
    );
    let taken = emu.cluster("leaving", "redis").send().await;
    assert!(
        refusal(taken).starts_with("400 CacheClusterAlreadyExists: "),
        "its id is its own until it is gone"
    );

    emu.fake().resume();
    emu.until_gone("leaving").await;
    assert_eq!(emu.stage().nodes().await, []);
    assert_eq!(emu.told("leaving").await.last().unwrap(), "Cache cluster deleted");
    let gone = until("the name is gone", || async { emu.resolve(&name).err() }).await;
    assert_eq!(gone, 3, "NXDOMAIN");
    let closed = || async { occupy(port).map(drop) };
    until("the forward is closed", closed).await;
    assert_eq!(emu.admin("GET", "/port-forwards", "").1, serde_json::json!([]));

    let again = emu.available("leaving", "redis").await;
    assert!(again.cache_cluster_create_time() > cluster.cache_cluster_create_time(), "it is another one");
}

#[tokio::test]
async fn what_is_not_there_or_not_yet_is_not_deleted() {
    let emu = TestEmu::start().await;
    let delete = |id: &str| emu.client().delete_cache_cluster().cache_cluster_id(id).send();
    assert_eq!(refusal(delete("Nobody").await), "404 CacheClusterNotFound: CacheCluster not found: Nobody");
    emu.fake().hold_ensure();
    emu.cluster("young", "redis").send().await.unwrap();
    assert_eq!(
        refusal(delete("young").await),
        "400 InvalidCacheClusterState: Cache cluster young has status creating which is not valid for deletion."
    );
    emu.fake().release_ensure();
    emu.until_status("young", "available").await;
    emu.delete("young").await;
}
