//! Tags: given at the creation, added, overwritten, listed, removed.

use aws_sdk_elasticache::types::Tag;

use crate::support::cluster::arn;
use crate::support::emu::TestEmu;
use crate::support::sdk::refusal;

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

#[tokio::test]
async fn tags_come_with_the_cluster_and_change() {
    let emu = TestEmu::start().await;
    let client = emu.client();
    emu.cluster("tagged", "redis").tags(tag("team", "blue")).tags(tag("empty", "")).send().await.unwrap();
    emu.until_status("tagged", "available").await;
    let list = client.list_tags_for_resource().resource_name(arn("tagged"));
    assert_eq!(list.clone().send().await.unwrap().tag_list(), [tag("empty", ""), tag("team", "blue")]);

    let add = client.add_tags_to_resource().resource_name(arn("tagged"));
    let added =
        add.tags(tag("team", "red")).tags(tag("cost:centre", "a/b_c.d=e+f-g@h")).send().await.unwrap();
    let all = [tag("cost:centre", "a/b_c.d=e+f-g@h"), tag("empty", ""), tag("team", "red")];
    assert_eq!(added.tag_list(), all, "the answer is every tag");
    assert_eq!(list.clone().send().await.unwrap().tag_list(), all);

    let remove = client.remove_tags_from_resource().resource_name(arn("tagged"));
    let left = remove.clone().tag_keys("team").tag_keys("empty").send().await.unwrap();
    assert_eq!(left.tag_list(), &all[..1]);
    let partly = remove.tag_keys("cost:centre").tag_keys("team").send().await;
    assert_eq!(refusal(partly), "404 TagNotFound: Tag team not found.");
    assert_eq!(list.send().await.unwrap().tag_list(), &all[..1], "all or nothing");
}

#[tokio::test]
async fn a_cluster_on_its_way_takes_no_tags_and_shows_none() {
    let emu = TestEmu::start().await;
    emu.fake().hold_ensure();
    emu.cluster("young", "redis").tags(tag("a", "b")).send().await.unwrap();
    let said =
        "400 InvalidReplicationGroupState: Cluster not in available state to perform tagging operations.";
    let (client, name) = (emu.client(), arn("young"));
    assert_eq!(refusal(client.list_tags_for_resource().resource_name(&name).send().await), said);
    let add = client.add_tags_to_resource().resource_name(&name).tags(tag("c", "d"));
    assert_eq!(refusal(add.send().await), said);
    let remove = client.remove_tags_from_resource().resource_name(&name).tag_keys("a");
    assert_eq!(refusal(remove.send().await), said);
    emu.fake().release_ensure();
    emu.until_status("young", "available").await;
    let listed = client.list_tags_for_resource().resource_name(&name).send().await.unwrap();
    assert_eq!(listed.tag_list(), [tag("a", "b")]);
}

#[tokio::test]
async fn default_groups_have_no_tags_and_take_none() {
    let emu = TestEmu::start().await;
    for group in ["parametergroup:default.redis7", "subnetgroup:default"] {
        let name = format!("arn:aws:elasticache:us-east-1:000000000000:{group}");
        let listed = emu.client().list_tags_for_resource().resource_name(&name).send().await.unwrap();
        assert_eq!(listed.tag_list.as_deref(), Some(&[][..]));
        let added = emu.client().add_tags_to_resource().resource_name(&name).tags(tag("a", "b")).send().await;
        assert!(
            refusal(added).starts_with("400 InvalidParameterValue: Tagging is not supported for the default")
        );
    }
}

#[tokio::test]
async fn fifty_tags_are_the_most() {
    let emu = TestEmu::start().await;
    emu.available("full", "redis").await;
    let add = emu.client().add_tags_to_resource().resource_name(arn("full"));
    let fifty = (0..50).map(|n| tag(&format!("k{n}"), "v")).collect();
    assert_eq!(add.clone().set_tags(Some(fifty)).send().await.unwrap().tag_list().len(), 50);
    let over = add.clone().tags(tag("one-more", "v")).send().await;
    assert!(refusal(over).starts_with("400 TagQuotaPerResourceExceeded: "));
    let same = add.tags(tag("k7", "another value")).send().await.unwrap();
    assert_eq!(same.tag_list().len(), 50, "overwriting needs no room");
}
