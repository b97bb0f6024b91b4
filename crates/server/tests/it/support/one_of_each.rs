//! One resource of each kind that the store keeps, on runtime `none`.

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

use super::emu::TestEmu;
use super::raw::post;
use super::until;

pub(crate) fn scope() -> Scope {
    let account: AccountId = "000000000000".parse().unwrap();
    Scope { account, region: "us-east-1".parse().unwrap() }
}

pub(crate) fn get<'w, R: Resource>(world: &'w World, id: &str) -> Option<&'w R>
where
    R::Id: std::str::FromStr,
{
    let id = id.parse().ok()?;
    world.get::<R>(&Key::new(scope(), id)).map(|row| &**row)
}

/// What was asked of EC2 ends with its version.
pub(crate) fn ask(emu: &TestEmu, query: &str) -> String {
    let version = if query.contains("&Ec2") { "2016-11-15" } else { "2015-02-02" };
    let reply = emu.ask(&post(&format!("Action={query}&Version={version}")));
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    reply.body
}

/// The first text between the two.
pub(crate) fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}")) + start.len();
    text[from..].split(end).next().unwrap().to_owned()
}

/// One of each kind, all called `name`; the ids that EC2 drew.
pub(crate) async fn one_of_each(emu: &TestEmu, name: &str) -> Drawn {
    let node = "CacheNodeType=cache.r6g.large&Engine=redis";
    let tags =
        format!("Tags.Tag.1.Key=name&Tags.Tag.1.Value={name}&Tags.Tag.2.Key=stage&Tags.Tag.2.Value=test");
    ask(emu, &format!("CreateCacheCluster&CacheClusterId={name}&NumCacheNodes=1&{node}&{tags}"));
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

pub(crate) fn users_rest(world: &World, name: &str) -> bool {
    let user = get::<User>(world, name).is_some_and(|user| user.phase == UserPhase::Active);
    let group = get::<UserGroup>(world, name).is_some_and(|group| group.phase == UserGroupPhase::Active);
    user && group
}

pub(crate) struct Drawn {
    pub(crate) group: String,
    pub(crate) rule: String,
    pub(crate) interface: String,
}
