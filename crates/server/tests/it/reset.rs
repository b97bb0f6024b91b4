//! Resets: everything gone when they answer, whatever was under way.

use domain::node::VpcKey;
use serde_json::Value;

use crate::support::cluster::{arn, only_node};
use crate::support::emu::{Stage, TestEmu};
use crate::support::until;

fn reset(emu: &TestEmu, path: &str) {
    assert_eq!(emu.admin("POST", path, ""), (204, Value::Null));
}

/// That nothing of the default account is left.
async fn assert_empty(emu: &TestEmu) {
    let nothing = serde_json::json!([]);
    let list = emu.client().describe_cache_clusters().send().await.unwrap();
    assert_eq!(list.cache_clusters(), []);
    assert_eq!(emu.client().describe_events().send().await.unwrap().events(), []);
    assert_eq!(emu.stage().nodes().await, []);
    assert_eq!(emu.fake().networks().len(), 0);
    assert_eq!(emu.admin("GET", "/networks", "").1, nothing);
    assert_eq!(emu.admin("GET", "/port-forwards", "").1, nothing);
}

#[tokio::test]
async fn everything_is_gone_when_it_answers() {
    for stage in [Stage::default(), Stage::durable()] {
        let emu = TestEmu::on(stage).await;
        let cluster = emu.available("c", "redis").await;
        let name = only_node(&cluster).endpoint().unwrap().address().unwrap().to_owned();
        let (status, forward) =
            emu.admin("POST", "/port-forwards", &format!(r#"{{"targetArn":"{}"}}"#, arn("c")));
        assert_eq!(status, 201);
        reset(&emu, "/reset");
        assert_empty(&emu).await;
        emu.resolve(&name).expect_err("the name is gone");
        let port = u16::try_from(forward["localPort"].as_u64().unwrap()).unwrap();
        until("its port is free", || async { crate::support::emu::occupy(port) }).await;
        reset(&emu, "/reset");
        // And it goes on as if it had just been started.
        emu.available("c", "redis").await;
        assert_eq!(emu.told("c").await.len(), 2);
        assert_eq!(emu.fake().networks().len(), 1);
    }
}

#[tokio::test]
async fn what_has_no_engines_is_gone_too() {
    let emu = TestEmu::on(Stage::durable()).await;
    for account in ["000000000000", "111111111111"] {
        let client = emu.client_of(account, "us-east-1");
        let user = client
            .create_user()
            .user_id("app")
            .user_name("app")
            .engine("valkey")
            .access_string("on ~* +@all");
        user.passwords("abcdefghijklmnop").send().await.unwrap();
        client
            .create_user_group()
            .user_group_id("apps")
            .engine("valkey")
            .user_ids("app")
            .send()
            .await
            .unwrap();
        let group = client.create_cache_parameter_group().cache_parameter_group_name("mine").description("x");
        group.cache_parameter_group_family("redis7").send().await.unwrap();
    }
    let count = async |account: &str| {
        let client = emu.client_of(account, "us-east-1");
        let users = client.describe_users().send().await.unwrap().users().len();
        let user_groups = client.describe_user_groups().send().await.unwrap().user_groups().len();
        let groups = client.describe_cache_parameter_groups().cache_parameter_group_name("mine").send().await;
        (users, user_groups, groups.is_ok())
    };
    reset(&emu, "/accounts/000000000000/reset");
    assert_empty(&emu).await;
    assert_eq!(count("000000000000").await, (1, 0, false), "the default user stays");
    assert_eq!(count("111111111111").await, (2, 1, true));
    reset(&emu, "/reset");
    assert_eq!(count("111111111111").await, (1, 0, false));
}

#[tokio::test]
async fn one_account_is_reset_and_another_is_not() {
    let emu = TestEmu::start().await;
    let other = emu.client_of("111111111111", "eu-west-1");
    let create = other.create_cache_cluster().cache_cluster_id("theirs").engine("redis");
    create.cache_node_type("cache.t3.micro").num_cache_nodes(1).send().await.unwrap();
    emu.available("ours", "redis").await;
    reset(&emu, "/accounts/000000000000/reset");
    assert!(emu.find("ours").await.is_none());
    assert_eq!(other.describe_cache_clusters().send().await.unwrap().cache_clusters().len(), 1);
    let networks: Vec<VpcKey> = emu.fake().networks().into_iter().collect();
    assert!(networks.iter().all(|vpc| vpc.scope.account.to_string() == "111111111111"), "{networks:?}");
    reset(&emu, "/accounts/999999999999/reset");
    let (status, error) = emu.admin("POST", "/accounts/mine/reset", "");
    assert_eq!(status, 400, "{error}");
    assert_eq!(emu.admin("GET", "/reset", "").0, 405);
}

#[tokio::test]
async fn a_cluster_in_any_state_goes() {
    let emu = TestEmu::start().await;
    for id in ["hangs", "dies", "reboots", "waits"] {
        emu.available(id, "redis").await;
    }
    emu.fake().hang(&emu.node("hangs"));
    emu.fake().kill(&emu.node("dies"), "killed by a test");
    let reboot = emu.client().reboot_cache_cluster().cache_cluster_id("reboots");
    reboot.cache_node_ids_to_reboot("0001").send().await.unwrap();
    // It fails again and again, and is between two tries.
    let failure = dataplane::runtime::fake::Failure::Backend("on purpose".to_owned());
    emu.fake().fail_ensure(&emu.node("fails"), failure);
    emu.cluster("fails", "redis").send().await.unwrap();
    until("it was tried", || async { (emu.fake().ensured(&emu.node("fails")) > 1).then_some(()) }).await;
    reset(&emu, "/reset");
    assert_empty(&emu).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creations_beside_a_reset_end_whole_or_not_at_all() {
    let emu = TestEmu::start().await;
    for round in 0..10 {
        let ids: Vec<String> = (0..6).map(|number| format!("c{round}-{number}")).collect();
        let creates = ids.iter().map(|id| emu.cluster(id, "redis").send());
        let (created, ()) = tokio::join!(futures_util::future::join_all(creates), async {
            tokio::task::yield_now().await;
            tokio::task::block_in_place(|| reset(&emu, "/reset"));
        });
        assert!(created.iter().all(Result::is_ok));
        for id in &ids {
            until("it is available or gone", || async {
                let found = emu.find(id).await;
                found.is_none_or(|c| c.cache_cluster_status() == Some("available")).then_some(())
            })
            .await;
        }
        let list = emu.client().describe_cache_clusters().send().await.unwrap();
        assert_eq!(emu.stage().nodes().await.len(), list.cache_clusters().len());
        assert_eq!(emu.fake().networks().len(), usize::from(!list.cache_clusters().is_empty()));
        reset(&emu, "/reset");
        assert_empty(&emu).await;
    }
}

#[tokio::test]
async fn a_reset_that_a_kill_interrupts_goes_on() {
    for moment in 0..6 {
        let emu = TestEmu::on(Stage::durable()).await;
        emu.available("c", "redis").await;
        emu.fake().stall_after(moment);
        let address = emu.address();
        // Nobody waits for its answer.
        let mut client = crate::support::raw::Client::connect(address);
        client.send(crate::support::raw::bare("POST", "/_simfra/reset"));
        until("it is under way", || async {
            let deleting = emu.find("c").await.is_none_or(|c| c.cache_cluster_status() == Some("deleting"));
            deleting.then_some(())
        })
        .await;
        let stage = emu.crash();
        stage.fake.resume();
        let emu = TestEmu::on(stage).await;
        emu.until_gone("c").await;
        until("no node is left", || async { emu.stage().nodes().await.is_empty().then_some(()) }).await;
    }
}
