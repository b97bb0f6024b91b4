//! What is about one resource costs the same however many others there are: rows that are looked at one after another are
//! counted, not time.

#![cfg(debug_assertions)]

use domain::cluster::{CacheCluster, Phase};
use domain::serverless_cache::{Phase as ServerlessPhase, ServerlessCache};
use domain::serverless_cache_snapshot::{Phase as ServerlessSnapshotPhase, ServerlessCacheSnapshot};
use domain::snapshot::{Phase as SnapshotPhase, Snapshot};
use serde_json::{Value, json};
use server::store::World;

use crate::support::emu::TestEmu;
use crate::support::one_of_each::{Drawn, ask, get, one_of_each, users_rest};
use crate::support::until;

/// How many others of each kind there come to be.
const OTHERS: u64 = 24;

/// Whether what a request began is over.
type IsDone = Box<dyn Fn(&World) -> bool>;

/// Operations on tags of the resources `a`, with what they are asked.
fn of_tags(drawn: &Drawn) -> Vec<(&'static str, Value)> {
    let cluster = "arn:aws:elasticache:us-east-1:000000000000:cluster:a";
    let group = format!("arn:aws:ec2:us-east-1:000000000000:security-group/{}", drawn.group);
    let arns = json!([cluster, group]);
    vec![
        ("TagResources", json!({ "ResourceARNList": arns, "Tags": { "of": "a" } })),
        ("GetResources", json!({ "ResourceARNList": arns })),
        ("GetResources", json!({ "TagFilters": [{ "Key": "name", "Values": ["a"] }] })),
        ("GetResources", json!({ "TagFilters": [{ "Key": "stage" }, { "Key": "of" }] })),
        (
            "GetResources",
            json!({ "TagFilters": [{ "Key": "stage", "Values": ["test"] }], "ResourcesPerPage": 2 }),
        ),
        ("GetResources", json!({ "ResourceTypeFilters": ["elasticache:cluster"], "ResourcesPerPage": 2 })),
        ("GetTagKeys", json!({})),
        ("GetTagValues", json!({ "Key": "of" })),
        ("UntagResources", json!({ "ResourceARNList": arns, "TagKeys": ["of"] })),
    ]
}

/// Requests that look at the resources `a` and change nothing.
fn looks(drawn: &Drawn) -> Vec<String> {
    let Drawn { group, rule, interface } = drawn;
    let arn = |kind: &str| format!("arn:aws:elasticache:us-east-1:000000000000:{kind}:a");
    let mut all: Vec<String> = [
        "DescribeCacheClusters&CacheClusterId=a",
        "DescribeReplicationGroups&ReplicationGroupId=a-g",
        "DescribeGlobalReplicationGroups&GlobalReplicationGroupId=ldgnf-a&ShowMemberInfo=true",
        "DescribeSnapshots&SnapshotName=a",
        "DescribeSnapshots&CacheClusterId=a",
        "DescribeSnapshots&ReplicationGroupId=a-g",
        "DescribeServerlessCaches&ServerlessCacheName=a",
        "DescribeServerlessCacheSnapshots&ServerlessCacheSnapshotName=a",
        "DescribeServerlessCacheSnapshots&ServerlessCacheName=a",
        "DescribeUsers&UserId=a",
        "DescribeUserGroups&UserGroupId=a",
        "DescribeCacheParameterGroups&CacheParameterGroupName=a",
        "DescribeReservedCacheNodes&ReservedCacheNodeId=a",
        "DescribeEvents&SourceType=cache-cluster&SourceIdentifier=a&Duration=60",
        "ListAllowedNodeTypeModifications&CacheClusterId=a",
        "DescribeSecurityGroups&GroupName.1=a&Ec2",
    ]
    .map(str::to_owned)
    .into();
    let kinds = ["cluster", "serverlesscache", "serverlesscachesnapshot", "snapshot", "user", "usergroup"];
    all.extend(kinds.map(|kind| format!("ListTagsForResource&ResourceName={}", arn(kind))));
    all.extend([
        format!("DescribeSecurityGroups&GroupId.1={group}&Ec2"),
        format!("DescribeSecurityGroupRules&SecurityGroupRuleId.1={rule}&Ec2"),
        format!("DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={group}&Ec2"),
        format!("DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1={rule}&Ec2"),
        format!("DescribeNetworkInterfaces&NetworkInterfaceId.1={interface}&Ec2"),
        format!("DescribeNetworkInterfaces&Filter.1.Name=group-id&Filter.1.Value.1={group}&Ec2"),
        "DescribeNetworkInterfaces&Filter.1.Name=private-ip-address&Filter.1.Value.1=172.31.0.1&Ec2"
            .to_owned(),
        "DescribeNetworkInterfaces&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0123456789abcdef0&Ec2"
            .to_owned(),
    ]);
    all
}

/// Requests that change `a` or make something beside it, each with what there is once its work is done.
fn changes(round: &str) -> Vec<(String, IsDone)> {
    let new = format!("new-{round}");
    let cluster = |phase: Phase, id: String| {
        move |world: &World| get::<CacheCluster>(world, &id).is_some_and(|row| row.phase == phase)
    };
    let gone = {
        let id = new.clone();
        move |world: &World| get::<CacheCluster>(world, &id).is_none()
    };
    let serverless_rests = |world: &World| {
        get::<ServerlessCache>(world, "a").is_some_and(|row| row.phase == ServerlessPhase::Available)
    };
    let snapshot = new.clone();
    let snapshotted = move |world: &World| {
        get::<ServerlessCacheSnapshot>(world, &snapshot)
            .is_some_and(|row| row.phase == ServerlessSnapshotPhase::Available)
    };
    let taken = new.clone();
    let is_taken = move |world: &World| {
        let is_there =
            get::<Snapshot>(world, &taken).is_some_and(|row| row.phase == SnapshotPhase::Available);
        is_there && get::<CacheCluster>(world, "a").is_some_and(|row| row.phase == Phase::Available)
    };
    let node = "CacheNodeType=cache.r6g.large&Engine=redis";
    vec![
        (
            format!("CreateCacheCluster&CacheClusterId={new}&NumCacheNodes=1&{node}"),
            Box::new(cluster(Phase::Available, new.clone())),
        ),
        (format!("DeleteCacheCluster&CacheClusterId={new}"), Box::new(gone)),
        (
            format!("ModifyServerlessCache&ServerlessCacheName=a&Description={round}"),
            Box::new(serverless_rests),
        ),
        (
            format!("CreateServerlessCacheSnapshot&ServerlessCacheSnapshotName={new}&ServerlessCacheName=a"),
            Box::new(snapshotted),
        ),
        (format!("CreateSnapshot&SnapshotName={new}&CacheClusterId=a"), Box::new(is_taken)),
        ("ModifyUser&UserId=a&AppendAccessString=-flushall".to_owned(), Box::new(|world| users_rest(world, "a"))),
        (format!("CreateSecurityGroup&GroupName={new}&GroupDescription=d&Ec2"), Box::new(|_| true)),
        (
            "AuthorizeSecurityGroupIngress&GroupName=a&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=7\
             &IpPermissions.1.ToPort=8&IpPermissions.1.Groups.1.GroupName=a&Ec2"
                .to_owned(),
            Box::new(|_| true),
        ),
        (
            "RevokeSecurityGroupIngress&GroupName=a&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=7\
             &IpPermissions.1.ToPort=8&IpPermissions.1.Groups.1.GroupName=a&Ec2"
                .to_owned(),
            Box::new(|_| true),
        ),
    ]
}

/// How many rows each request looks at, what follows it in the background included.
async fn costs(emu: &TestEmu, drawn: &Drawn, round: &str) -> Vec<(String, u64)> {
    let looks = looks(drawn).into_iter().map(|query| (query, Box::new(|_: &World| true) as IsDone));
    let mut costs = Vec::new();
    for (query, is_done) in looks.chain(changes(round)) {
        let before = emu.store().read().rows_looked_at();
        ask(emu, &query);
        until(&query, || async { is_done(&emu.store().read()).then_some(()) }).await;
        costs.push((query, emu.store().read().rows_looked_at() - before));
    }
    for (operation, input) in of_tags(drawn) {
        let before = emu.store().read().rows_looked_at();
        emu.tagging(operation, &input);
        costs.push((format!("{operation} {input}"), emu.store().read().rows_looked_at() - before));
    }
    costs
}

#[tokio::test]
async fn what_is_about_one_does_not_look_at_the_others() {
    let emu = TestEmu::without_engines().await;
    let drawn = one_of_each(&emu, "a").await;
    let alone = costs(&emu, &drawn, "alone").await;
    for n in 0..OTHERS {
        one_of_each(&emu, &format!("other{n}")).await;
    }
    let among = costs(&emu, &drawn, "among").await;
    let dear: Vec<_> = alone
        .into_iter()
        .zip(among)
        .filter(|((_, alone), (_, among))| *among >= alone + OTHERS)
        .map(|((query, alone), (_, among))| {
            format!("{query}: {alone} rows alone, {among} among {OTHERS} others")
        })
        .collect();
    assert!(dear.is_empty(), "{} requests cost more with others there:\n{}", dear.len(), dear.join("\n"));
}
