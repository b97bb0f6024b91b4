//! What is about one resource costs the same however many others there are: rows that are looked at one after another are
//! counted, not time.

#![cfg(debug_assertions)]

use domain::cluster::{CacheCluster, Phase};
use domain::global_replication_group::{GlobalReplicationGroup, Phase as GlobalPhase};
use domain::ids::{AccountId, Scope};
use domain::replication_group::{Phase as GroupPhase, ReplicationGroup};
use domain::serverless_cache::{Phase as ServerlessPhase, ServerlessCache};
use domain::serverless_cache_snapshot::{Phase as ServerlessSnapshotPhase, ServerlessCacheSnapshot};
use domain::snapshot::{Phase as SnapshotPhase, Snapshot};
use domain::user::{User, UserPhase};
use domain::user_group::{UserGroup, UserGroupPhase};
use server::store::{Key, Resource, World};

use crate::support::emu::TestEmu;
use crate::support::raw::post;
use crate::support::until;

/// How many others of each kind there come to be.
const OTHERS: u64 = 24;

fn scope() -> Scope {
    let account: AccountId = "000000000000".parse().unwrap();
    Scope { account, region: "us-east-1".parse().unwrap() }
}

fn get<'w, R: Resource>(world: &'w World, id: &str) -> Option<&'w R>
where
    R::Id: std::str::FromStr,
{
    let id = id.parse().ok()?;
    world.get::<R>(&Key::new(scope(), id)).map(|row| &**row)
}

/// What was asked of EC2 ends with its version.
fn ask(emu: &TestEmu, query: &str) -> String {
    let version = if query.contains("&Ec2") { "2016-11-15" } else { "2015-02-02" };
    let reply = emu.ask(&post(&format!("Action={query}&Version={version}")));
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    reply.body
}

/// The first text between the two.
fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}")) + start.len();
    text[from..].split(end).next().unwrap().to_owned()
}

/// One of each kind, all called `name`; the ids that EC2 drew.
async fn one_of_each(emu: &TestEmu, name: &str) -> Drawn {
    let node = "CacheNodeType=cache.r6g.large&Engine=redis";
    ask(emu, &format!("CreateCacheCluster&CacheClusterId={name}&NumCacheNodes=1&{node}"));
    let group = format!("ReplicationGroupDescription=d&NumCacheClusters=2&{node}");
    ask(emu, &format!("CreateReplicationGroup&ReplicationGroupId={name}-g&{group}"));
    ask(emu, &format!("CreateServerlessCache&ServerlessCacheName={name}&Engine=valkey"));
    ask(
        emu,
        &format!(
            "CreateUser&UserId={name}&UserName={name}&Engine=redis&NoPasswordRequired=true&AccessString=on%20~*%20%2B@all"
        ),
    );
    ask(
        emu,
        &format!(
            "CreateUserGroup&UserGroupId={name}&Engine=redis&UserIds.member.1=default&UserIds.member.2={name}"
        ),
    );
    ask(
        emu,
        &format!(
            "CreateCacheParameterGroup&CacheParameterGroupName={name}&CacheParameterGroupFamily=redis7&Description=d"
        ),
    );
    let offering = "01ce0a19-a476-41cb-8aee-48eacbcdc8e5";
    ask(
        emu,
        &format!(
            "PurchaseReservedCacheNodesOffering&ReservedCacheNodesOfferingId={offering}&ReservedCacheNodeId={name}"
        ),
    );
    let group = ask(emu, &format!("CreateSecurityGroup&GroupName={name}&GroupDescription=d&Ec2"));
    let group = between(&group, "<groupId>", "<");
    let rule = format!(
        "AuthorizeSecurityGroupIngress&GroupId={group}&IpProtocol=tcp&FromPort=1&ToPort=2&CidrIp=10.0.0.0/8&Ec2"
    );
    let rule = between(&ask(emu, &rule), "<securityGroupRuleId>", "<");
    until(name, || async {
        let world = emu.store().read();
        let cluster = get::<CacheCluster>(&world, name)?.phase == Phase::Available;
        let group = get::<ReplicationGroup>(&world, &format!("{name}-g"))?.phase == GroupPhase::Available;
        let serverless = get::<ServerlessCache>(&world, name)?.phase == ServerlessPhase::Available;
        (cluster && group && serverless && users_rest(&world, name)).then_some(())
    })
    .await;
    ask(
        emu,
        &format!(
            "CreateGlobalReplicationGroup&GlobalReplicationGroupIdSuffix={name}&PrimaryReplicationGroupId={name}-g"
        ),
    );
    ask(emu, &format!("CreateSnapshot&SnapshotName={name}&CacheClusterId={name}"));
    ask(
        emu,
        &format!(
            "CreateServerlessCacheSnapshot&ServerlessCacheSnapshotName={name}&ServerlessCacheName={name}"
        ),
    );
    until(name, || async {
        let world = emu.store().read();
        let global = get::<GlobalReplicationGroup>(&world, &format!("ldgnf-{name}"))?;
        let global = global.phase == GlobalPhase::Available;
        let group = get::<ReplicationGroup>(&world, &format!("{name}-g"))?.phase == GroupPhase::Available;
        let cluster = get::<CacheCluster>(&world, name)?.phase == Phase::Available;
        let snapshot = get::<Snapshot>(&world, name)?.phase == SnapshotPhase::Available;
        let serverless = get::<ServerlessCacheSnapshot>(&world, name)?.phase;
        (global && group && cluster && snapshot && serverless == ServerlessSnapshotPhase::Available)
            .then_some(())
    })
    .await;
    let interfaces = format!(
        "DescribeNetworkInterfaces&Filter.1.Name=description&Filter.1.Value.1=ElastiCache%20{name}&Ec2"
    );
    let interface = between(&ask(emu, &interfaces), "<networkInterfaceId>", "<");
    Drawn { group, rule, interface }
}

fn users_rest(world: &World, name: &str) -> bool {
    let user = get::<User>(world, name).is_some_and(|user| user.phase == UserPhase::Active);
    let group = get::<UserGroup>(world, name).is_some_and(|group| group.phase == UserGroupPhase::Active);
    user && group
}

struct Drawn {
    group: String,
    rule: String,
    interface: String,
}

/// Whether what a request began is over.
type IsDone = Box<dyn Fn(&World) -> bool>;

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
