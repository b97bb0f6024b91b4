//! What is refused of requests on groups: code, status and text, and that nothing changes.

use crate::support::emu::TestEmu;
use crate::support::raw::post;
use crate::support::replication_group::emu;

/// Sends each request and sees its refusal; none changes a group or a cluster.
async fn refused(emu: &TestEmu, operation: &str, rows: &[(&str, &str)]) {
    let everything = async || {
        let groups = emu.client().describe_replication_groups().send().await.unwrap();
        let clusters = emu.client().describe_cache_clusters().send().await.unwrap();
        format!("{:#?}{:#?}", groups.replication_groups(), clusters.cache_clusters())
    };
    let before = everything().await;
    let mut wrong = Vec::new();
    for (query, expected) in rows {
        let reply = emu.ask(&post(&format!("Action={operation}&Version=2015-02-02&{query}")));
        let said = if reply.status < 400 { reply.status.to_string() } else { reply.error() };
        if said != *expected {
            wrong.push(format!("{operation} {query}\n  expected {expected}\n  got      {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(everything().await, before, "a refused request changed something");
}

/// What every good request on a new group has; a row's own members come after it.
macro_rules! new {
    ($rest:literal) => {
        concat!("ReplicationGroupId=new&ReplicationGroupDescription=x&CacheNodeType=cache.t3.micro", $rest)
    };
}

#[tokio::test]
async fn creations_are_refused() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    emu.available("memo", "memcached").await;
    emu.fake().hold_ensure();
    emu.cluster("young", "redis").send().await.unwrap();
    refused(&emu, "CreateReplicationGroup", &[
        ("ReplicationGroupId=-a&ReplicationGroupDescription=x", "400 InvalidParameterValue: The parameter ReplicationGroupId is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."),
        ("ReplicationGroupId=new", "400 InvalidParameterValue: The parameter ReplicationGroupDescription must be provided and must not be null."),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x", "400 InvalidParameterValue: The parameter CacheNodeType must be provided and must not be null."),
        (new!("&Engine=memcached"), "400 InvalidParameterValue: Invalid value 'memcached' for Engine. Valid values: redis, valkey"),
        (new!("&EngineVersion=4.0.13"), "400 InvalidParameterCombination: Cannot find version 4.0.13 for redis"),
        (new!("&GlobalReplicationGroupId=ldgnf-g"), "404 GlobalReplicationGroupNotFoundFault: Global replication group ldgnf-g not found."),
        (new!("&PrimaryClusterId=nobody"), "400 InvalidParameterCombination: Cannot specify both PrimaryClusterId and CacheNodeType."),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x&PrimaryClusterId=nobody", "404 CacheClusterNotFound: CacheCluster not found: nobody"),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x&PrimaryClusterId=memo", "400 InvalidCacheClusterState: Cache cluster memo cannot be the primary of a replication group: its engine is memcached."),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x&PrimaryClusterId=duo-001", "400 InvalidCacheClusterState: Cache cluster duo-001 cannot be the primary of a replication group: it is part of a replication group."),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x&PrimaryClusterId=young", "400 InvalidCacheClusterState: Cache cluster young cannot be the primary of a replication group: it is not available."),
        ("ReplicationGroupId=duo&ReplicationGroupDescription=x&CacheNodeType=cache.t3.micro", "400 ReplicationGroupAlreadyExists: Replication group duo already exists."),
        (new!("&AutomaticFailoverEnabled=true"), "400 InvalidParameterCombination: When using automatic failover, there must be at least 2 cache clusters in the replication group."),
        (new!("&NumNodeGroups=2&AutomaticFailoverEnabled=false"), "400 InvalidParameterValue: Redis with cluster mode enabled cannot be created with auto failover turned off."),
        (new!("&NumCacheClusters=7"), "400 InvalidParameterValue: The number of replicas per node group must be within 0 and 5."),
        (new!("&NumNodeGroups=2&ReplicasPerNodeGroup=6"), "400 InvalidParameterValue: The number of replicas per node group must be within 0 and 5."),
        (new!("&NumNodeGroups=0"), "400 InvalidParameterValue: Invalid value 0 for NumNodeGroups. Must be between 1 and 500"),
        (new!("&NumCacheClusters=2&ReplicasPerNodeGroup=1"), "400 InvalidParameterCombination: Cannot specify both NumCacheClusters and ReplicasPerNodeGroup."),
        (new!("&NumCacheClusters=2&MultiAZEnabled=true"), "400 InvalidParameterCombination: Multi-AZ can only be enabled when automatic failover is enabled."),
        (new!("&NumCacheClusters=2&MultiAZEnabled=true&AutomaticFailoverEnabled=true&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1a&PreferredCacheClusterAZs.AvailabilityZone.2=us-east-1a"), "400 InvalidParameterCombination: Multi-AZ requires at least one replica in a different availability zone than the primary."),
        (new!("&NumCacheClusters=2&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1a"), "400 InvalidParameterCombination: The number of PreferredCacheClusterAZs (1) must equal NumCacheClusters (2)."),
        (new!("&PreferredCacheClusterAZs.AvailabilityZone.1=us-east-1z"), "400 InvalidParameterValue: us-east-1z is not a valid availability zone."),
        (new!("&NumNodeGroups=91&ReplicasPerNodeGroup=0"), "400 NodeGroupsPerReplicationGroupQuotaExceeded: Node groups per replication group quota exceeded. Each replication group can have at most 90 node groups."),
        (new!("&NumNodeGroups=90&ReplicasPerNodeGroup=1"), "400 NodeQuotaForClusterExceeded: Cluster node quota exceeded. Each cluster can have at most 90 nodes in this region."),
        (new!("&CacheParameterGroupName=default.redis7.cluster.on&ClusterMode=disabled"), "400 InvalidParameterCombination: Cluster mode should be disabled in parameter group, but found it is enabled."),
        (new!("&CacheParameterGroupName=default.redis7&NumNodeGroups=2"), "400 InvalidParameterCombination: Cluster mode should be enabled in parameter group, but found it is disabled."),
        (new!("&CacheParameterGroupName=default.redis6.x"), "400 InvalidParameterCombination: Expected a parameter group of family redis7 but found one of family redis6.x"),
        (new!("&CacheParameterGroupName=nobodys"), "404 CacheParameterGroupNotFound: CacheParameterGroup not found: nobodys"),
        (new!("&CacheSubnetGroupName=nobodys"), "400 CacheSubnetGroupNotFoundFault: Cache subnet group nobodys not found."),
        (new!("&ClusterMode=compatible&NumNodeGroups=2"), "400 InvalidParameterCombination: Replication groups with cluster mode disabled can have only one node group."),
        (new!("&NodeGroupConfiguration.NodeGroupConfiguration.1.Slots=0-16384&NodeGroupConfiguration.NodeGroupConfiguration.2.Slots=1"), "400 InvalidParameterValue: Invalid slots: 0-16384. Slots range from 0 to 16383, in the format startkey-endkey."),
        (new!("&NodeGroupConfiguration.NodeGroupConfiguration.1.Slots=0-9000&NodeGroupConfiguration.NodeGroupConfiguration.2.Slots=9000-16383"), "400 InvalidParameterValue: The slots of the node groups must cover 0-16383 and must not overlap."),
        (new!("&NodeGroupConfiguration.NodeGroupConfiguration.1.NodeGroupId=1&NodeGroupConfiguration.NodeGroupConfiguration.2.NodeGroupId=0001"), "400 InvalidParameterValue: Node group 0001 is specified more than once."),
        (new!("&NumNodeGroups=3&NodeGroupConfiguration.NodeGroupConfiguration.1.NodeGroupId=1&NodeGroupConfiguration.NodeGroupConfiguration.2.NodeGroupId=2"), "400 InvalidParameterCombination: The number of NodeGroupConfiguration items (2) must equal NumNodeGroups (3)."),
        (new!("&UserGroupIds.member.1=team"), "400 InvalidParameterCombination: User group based access control requires encryption-in-transit to be enabled on the replication group."),
        (new!("&TransitEncryptionEnabled=true&UserGroupIds.member.1=team"), "404 UserGroupNotFound: User group team not found."),
        (new!("&AuthToken=0123456789abcdef"), "400 InvalidParameterCombination: AuthToken is only supported when encryption-in-transit is enabled."),
        (new!("&AuthToken=short&TransitEncryptionEnabled=true"), "400 InvalidParameterValue: Invalid AuthToken provided."),
        (new!("&TransitEncryptionMode=required"), "400 InvalidParameterCombination: To modify transit encryption mode, set encryption-in-transit as enabled."),
        (new!("&KmsKeyId=alias/x"), "400 InvalidParameterCombination: KmsKeyId can only be specified together with AtRestEncryptionEnabled."),
        (new!("&DataTieringEnabled=true"), "400 InvalidParameterCombination: Data tiering is not supported for cache node type cache.t3.micro."),
        ("ReplicationGroupId=new&ReplicationGroupDescription=x&CacheNodeType=cache.r6gd.xlarge", "400 InvalidParameterCombination: Data tiering must be enabled for cache node type cache.r6gd.xlarge."),
        (new!("&Durability=none"), "400 InvalidParameterValue: Invalid value 'none' for Durability. Valid values: default, async, sync, disabled"),
        (new!("&Tags.Tag.1.Key=aws:x"), "400 InvalidParameterValue: Tag keys starting with aws: are reserved for system use: aws:x"),
        (new!("&ServerlessCacheSnapshotName=s"), "501 NotImplemented: Simfra does not serve restores from a serverless snapshot (ServerlessCacheSnapshotName) yet."),
    ]).await;
    emu.fake().release_ensure();
}

#[tokio::test]
async fn too_many_tags_and_nodes_are_refused() {
    let emu = emu().await;
    let tags: String = (1..=51).map(|n| format!("&Tags.Tag.{n}.Key=k{n}")).collect();
    let many = format!("{}{tags}", new!(""));
    refused(&emu, "CreateReplicationGroup", &[(
        many.as_str(),
        "400 TagQuotaPerResourceExceeded: The tag quota for the resource is exceeded. A resource can have at most 50 tags.",
    )])
    .await;
    for n in 0..3 {
        emu.group_of_shards(&format!("large-{n}"), 45, 1).await;
    }
    emu.group_of_shards("rest", 7, 3).await;
    let full =
        "400 NodeQuotaForCustomerExceeded: You have already reached your quota of 300 nodes in this region.";
    refused(&emu, "CreateReplicationGroup", &[(new!("&NumCacheClusters=3"), full)]).await;
    let more = "ReplicationGroupId=rest&NewReplicaCount=4&ApplyImmediately=true";
    refused(&emu, "IncreaseReplicaCount", &[(more, full)]).await;
    let shard = "ReplicationGroupId=rest&NodeGroupCount=8&ApplyImmediately=true";
    refused(&emu, "ModifyReplicationGroupShardConfiguration", &[(shard, full)]).await;
}

#[tokio::test]
async fn deletions_and_describes_are_refused() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    emu.group_of_shards("shards", 2, 1).await;
    emu.fake().hold_ensure();
    emu.group("young").send().await.unwrap();
    refused(&emu, "DeleteReplicationGroup", &[
        ("ReplicationGroupId=nobody", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=no_body", "400 InvalidParameterValue: The parameter ReplicationGroupId is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."),
        ("ReplicationGroupId=young", "400 InvalidReplicationGroupState: Replication group young has status creating which is not valid for deletion."),
        ("ReplicationGroupId=shards&RetainPrimaryCluster=true", "400 InvalidParameterCombination: RetainPrimaryCluster is not supported for cluster mode enabled replication groups."),
    ]).await;
    refused(
        &emu,
        "DescribeReplicationGroups",
        &[
            (
                "ReplicationGroupId=nobody",
                "404 ReplicationGroupNotFoundFault: Replication group nobody not found.",
            ),
            (
                "MaxRecords=19",
                "400 InvalidParameterValue: Invalid value 19 for MaxRecords. Must be between 20 and 100",
            ),
        ],
    )
    .await;
    let arn = "ResourceName=arn:aws:elasticache:us-east-1:000000000000:replicationgroup:young";
    let tagging =
        "400 InvalidReplicationGroupState: Cluster not in available state to perform tagging operations.";
    refused(&emu, "ListTagsForResource", &[(arn, tagging)]).await;
    refused(&emu, "ListAllowedNodeTypeModifications", &[
        ("ReplicationGroupId=nobody", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("CacheClusterId=nobody", "404 CacheClusterNotFound: CacheCluster not found: nobody"),
        ("CacheClusterId=duo-001&ReplicationGroupId=duo", "400 InvalidParameterCombination: Cannot specify both CacheClusterId and ReplicationGroupId."),
        ("", "400 InvalidParameterValue: The parameter CacheClusterId or ReplicationGroupId must be provided and must not be null."),
    ]).await;
    emu.fake().release_ensure();
}

#[tokio::test]
async fn changes_of_replicas_are_refused() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    emu.group("auto").num_cache_clusters(2).automatic_failover_enabled(true).send().await.unwrap();
    emu.until_group("auto", "available").await;
    emu.group("one").send().await.unwrap();
    emu.until_group("one", "available").await;
    emu.group_of_shards("shards", 2, 1).await;
    emu.fake().hold_ensure();
    emu.group("young").send().await.unwrap();
    let not_available =
        "400 InvalidReplicationGroupState: Replication group must be in available state to modify.";
    let later = "400 InvalidParameterValue: ApplyImmediately=False is not currently supported.";
    refused(&emu, "IncreaseReplicaCount", &[
        ("ReplicationGroupId=nobody&ApplyImmediately=true&NewReplicaCount=1", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=young&ApplyImmediately=true&NewReplicaCount=1", not_available),
        ("ReplicationGroupId=duo&ApplyImmediately=false&NewReplicaCount=2", later),
        ("ReplicationGroupId=duo&ApplyImmediately=true", "400 InvalidParameterValue: The parameter NewReplicaCount must be provided and must not be null."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=6", "400 InvalidParameterValue: The number of replicas per node group must be within 0 and 5."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=1", "400 NoOperationFault: The replication group already has the number of replicas specified."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=0", "400 InvalidParameterValue: NewReplicaCount must be greater than the current number of replicas of node group 0001."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=2&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=1&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=2", "400 InvalidParameterCombination: Cannot specify both NewReplicaCount and ReplicaConfiguration."),
        ("ReplicationGroupId=shards&ApplyImmediately=true&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=9&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=2", "400 InvalidParameterValue: Node group 0009 is not part of the replication group."),
        ("ReplicationGroupId=shards&ApplyImmediately=true&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=1&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=2&ReplicaConfiguration.ConfigureShard.1.PreferredAvailabilityZones.PreferredAvailabilityZone.1=us-east-1a", "400 InvalidParameterCombination: The number of PreferredAvailabilityZones (1) must equal NewReplicaCount plus 1 (3)."),
    ]).await;
    refused(&emu, "DecreaseReplicaCount", &[
        ("ReplicationGroupId=nobody&ApplyImmediately=true&NewReplicaCount=0", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=young&ApplyImmediately=true&NewReplicaCount=0", not_available),
        ("ReplicationGroupId=duo&ApplyImmediately=false&NewReplicaCount=0", later),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=1", "400 NoOperationFault: The replication group already has the number of replicas specified."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&NewReplicaCount=2", "400 InvalidParameterValue: NewReplicaCount must be less than the current number of replicas of node group 0001."),
        ("ReplicationGroupId=auto&ApplyImmediately=true&NewReplicaCount=0", "400 InvalidParameterValue: Must have at least 1 replica when cluster mode is disabled with auto failover enabled."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&ReplicasToRemove.member.1=duo-001", "400 InvalidParameterValue: Cache cluster duo-001 is a primary and cannot be removed as a replica."),
        ("ReplicationGroupId=duo&ApplyImmediately=true&ReplicasToRemove.member.1=auto-002", "400 InvalidParameterValue: Cache cluster auto-002 is not a member of replication group duo."),
        ("ReplicationGroupId=shards&ApplyImmediately=true&NewReplicaCount=0&ReplicasToRemove.member.1=shards-0001-002&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=1&ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=0", "400 InvalidParameterCombination: Cannot specify both NewReplicaCount and ReplicaConfiguration."),
    ]).await;
    refused(&emu, "CreateCacheCluster", &[
        ("CacheClusterId=r&ReplicationGroupId=nobody", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("CacheClusterId=r&ReplicationGroupId=young", not_available),
        ("CacheClusterId=duo-001&ReplicationGroupId=duo", "400 CacheClusterAlreadyExists: Cache cluster duo-001 already exists."),
        ("CacheClusterId=r&ReplicationGroupId=shards", "400 InvalidParameterCombination: CreateCacheCluster is only applicable for cluster mode disabled replication groups."),
        ("CacheClusterId=r&ReplicationGroupId=duo&Engine=redis", "400 InvalidParameterCombination: Cannot specify additional cache cluster parameters when creating a replica cluster"),
    ]).await;
    refused(&emu, "DeleteCacheCluster", &[
        ("CacheClusterId=duo-001", "400 InvalidCacheClusterState: Cache cluster duo-001 is serving as primary for replication group duo and cannot be deleted."),
        ("CacheClusterId=one-001", "400 InvalidCacheClusterState: Cannot delete the cache cluster since it is the only member of a replication group. Delete the replication group instead."),
        ("CacheClusterId=auto-002", "400 InvalidCacheClusterState: Cannot delete the cache cluster because it is the only read replica for replication group auto which has autofailover enabled or pending. You can disable autofailover and then delete this cache cluster. Alternatively, to delete the entire replication group, use DeleteReplicationGroup."),
        ("CacheClusterId=shards-0001-002", "400 InvalidCacheClusterState: DeleteCacheCluster is not supported for cache cluster shards-0001-002 because it is part of replication group shards."),
    ]).await;
    refused(&emu, "ModifyCacheCluster", &[("CacheClusterId=duo-001&AutoMinorVersionUpgrade=false", "400 InvalidCacheClusterState: ModifyCacheCluster is not supported for cache cluster duo-001 because it is part of replication group duo.")]).await;
    refused(&emu, "RebootCacheCluster", &[("CacheClusterId=shards-0001-001&CacheNodeIdsToReboot.CacheNodeId.1=0001", "400 InvalidCacheClusterState: RebootCacheCluster is not supported for cache cluster shards-0001-001 because it is part of replication group shards.")]).await;
    emu.fake().release_ensure();
}

#[tokio::test]
async fn changes_of_shards_and_failovers_are_refused() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    emu.group_of_shards("shards", 2, 1).await;
    emu.group_of_shards("bare", 1, 0).await;
    emu.fake().hold_ensure();
    emu.group("young").num_node_groups(2).send().await.unwrap();
    let not_available =
        "400 InvalidReplicationGroupState: Replication group must be in available state to modify.";
    refused(&emu, "ModifyReplicationGroupShardConfiguration", &[
        ("ReplicationGroupId=nobody&NodeGroupCount=2&ApplyImmediately=true", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=young&NodeGroupCount=3&ApplyImmediately=true", not_available),
        ("ReplicationGroupId=duo&NodeGroupCount=2&ApplyImmediately=true", "400 InvalidParameterValue: Operation is only applicable for cluster mode enabled replication groups."),
        ("ReplicationGroupId=shards&NodeGroupCount=3&ApplyImmediately=false", "400 InvalidParameterValue: ApplyImmediately=False is not currently supported."),
        ("ReplicationGroupId=shards&NodeGroupCount=0&ApplyImmediately=true", "400 InvalidParameterValue: Invalid value 0 for NodeGroupCount. Must be between 1 and 500"),
        ("ReplicationGroupId=shards&NodeGroupCount=2&ApplyImmediately=true", "400 InvalidReplicationGroupState: Slots in the replication group are uniformly distributed. Nothing to do."),
        ("ReplicationGroupId=shards&NodeGroupCount=1&ApplyImmediately=true", "400 InvalidParameterValue: The parameter NodeGroupsToRemove must be provided and must not be null."),
        ("ReplicationGroupId=shards&NodeGroupCount=1&ApplyImmediately=true&NodeGroupsToRemove.NodeGroupToRemove.1=1&NodeGroupsToRetain.NodeGroupToRetain.1=2", "400 InvalidParameterCombination: Cannot specify both NodeGroupsToRemove and NodeGroupsToRetain."),
        ("ReplicationGroupId=shards&NodeGroupCount=1&ApplyImmediately=true&NodeGroupsToRemove.NodeGroupToRemove.1=9", "400 InvalidParameterValue: Node group 0009 is not part of the replication group."),
        ("ReplicationGroupId=shards&NodeGroupCount=3&ApplyImmediately=true&NodeGroupsToRemove.NodeGroupToRemove.1=1", "400 InvalidParameterCombination: NodeGroupsToRemove and NodeGroupsToRetain can only be specified together with a smaller NodeGroupCount."),
        ("ReplicationGroupId=bare&NodeGroupCount=91&ApplyImmediately=true", "400 NodeGroupsPerReplicationGroupQuotaExceeded: Node groups per replication group quota exceeded. Each replication group can have at most 90 node groups."),
    ]).await;
    refused(&emu, "TestFailover", &[
        ("ReplicationGroupId=nobody&NodeGroupId=0001", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=shards&NodeGroupId=0009", "404 NodeGroupNotFoundFault: Node group 0009 not found."),
        ("ReplicationGroupId=young&NodeGroupId=0001", not_available),
        ("ReplicationGroupId=duo&NodeGroupId=0001", "400 InvalidReplicationGroupState: Automatic failover must be enabled for replication group duo to test it."),
        ("ReplicationGroupId=bare&NodeGroupId=0001", "400 InvalidReplicationGroupState: Node group 0001 has no replica to fail over to."),
        ("ReplicationGroupId=shards&NodeGroupId=0000", "400 InvalidParameterValue: Invalid node group id: 0000. Must be 1 to 4 digits."),
    ]).await;
    emu.fake().release_ensure();
}

#[tokio::test]
async fn modifications_are_refused() {
    let emu = emu().await;
    emu.group_of_two("duo").await;
    emu.group("one").send().await.unwrap();
    emu.until_group("one", "available").await;
    emu.group_of_shards("shards", 2, 1).await;
    emu.group("old").engine_version("6.2").num_cache_clusters(2).send().await.unwrap();
    emu.until_group("old", "available").await;
    emu.group("tls").transit_encryption_enabled(true).auth_token("0123456789abcdef").send().await.unwrap();
    emu.until_group("tls", "available").await;
    emu.fake().hold_ensure();
    emu.group("young").send().await.unwrap();
    refused(&emu, "ModifyReplicationGroup", &[
        ("ReplicationGroupId=nobody", "404 ReplicationGroupNotFoundFault: Replication group nobody not found."),
        ("ReplicationGroupId=young&AutoMinorVersionUpgrade=false", "400 InvalidReplicationGroupState: Replication group must be in available state to modify."),
        ("ReplicationGroupId=duo&EngineVersion=6.2", "400 InvalidParameterCombination: Cannot downgrade from version 7.1.0 to version 6.2.6."),
        ("ReplicationGroupId=duo&Engine=memcached", "400 InvalidParameterCombination: Cannot modify the engine of cache cluster duo-001 from redis to memcached."),
        ("ReplicationGroupId=duo&CacheNodeType=cache.m8g.large", "400 InvalidParameterCombination: Cache node type cache.m8g.large is not supported for engine redis version 7.1.0."),
        ("ReplicationGroupId=duo&CacheNodeType=cache.r6gd.xlarge", "400 InvalidParameterCombination: Cache node type cache.r6gd.xlarge is only supported in replication groups with data tiering enabled."),
        ("ReplicationGroupId=duo&CacheParameterGroupName=nobodys", "404 CacheParameterGroupNotFound: CacheParameterGroup not found: nobodys"),
        ("ReplicationGroupId=duo&CacheParameterGroupName=default.redis7.cluster.on", "400 InvalidParameterCombination: Cluster mode should be disabled in parameter group, but found it is enabled."),
        ("ReplicationGroupId=one&AutomaticFailoverEnabled=true", "400 InvalidParameterCombination: Replication group must have at least one read replica to enable autofailover."),
        ("ReplicationGroupId=shards&AutomaticFailoverEnabled=false", "400 InvalidParameterCombination: Turning off automatic failover for replication group with cluster mode enabled is not supported."),
        ("ReplicationGroupId=duo&MultiAZEnabled=true", "400 InvalidParameterCombination: Multi-AZ can only be enabled when automatic failover is enabled."),
        ("ReplicationGroupId=duo&PrimaryClusterId=one-001", "400 InvalidParameterValue: Cache cluster one-001 is not a member of replication group duo."),
        ("ReplicationGroupId=shards&PrimaryClusterId=shards-0001-002", "400 InvalidParameterCombination: PrimaryClusterId is only applicable for cluster mode disabled replication groups."),
        ("ReplicationGroupId=duo&AutomaticFailoverEnabled=true&PrimaryClusterId=duo-002", "400 InvalidParameterCombination: Cannot change the primary cluster while automatic failover is enabled."),
        ("ReplicationGroupId=duo&SnapshotRetentionLimit=3", "400 InvalidParameterCombination: Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots"),
        ("ReplicationGroupId=shards&SnapshottingClusterId=shards-0001-001", "400 InvalidParameterCombination: Cannot set snapshotting cluster for cluster mode enabled replication group"),
        ("ReplicationGroupId=duo&TransitEncryptionMode=preferred", "400 InvalidParameterCombination: To modify transit encryption mode, set encryption-in-transit as enabled."),
        ("ReplicationGroupId=duo&TransitEncryptionEnabled=true", "400 InvalidParameterCombination: TransitEncryptionMode must be preferred before encryption in-transit is enabled."),
        ("ReplicationGroupId=duo&TransitEncryptionEnabled=true&TransitEncryptionMode=required", "400 InvalidParameterCombination: TransitEncryptionMode must be preferred before encryption in-transit is required."),
        ("ReplicationGroupId=tls&TransitEncryptionEnabled=false", "400 InvalidParameterCombination: TransitEncryptionMode must be preferred before encryption in-transit is disabled."),
        ("ReplicationGroupId=old&TransitEncryptionEnabled=true&TransitEncryptionMode=preferred", "400 InvalidParameterCombination: Modification of transit encryption is not supported for engine version 6.2.6."),
        ("ReplicationGroupId=duo&ClusterMode=enabled", "400 InvalidParameterCombination: Cluster mode cannot be changed from disabled to enabled."),
        ("ReplicationGroupId=duo&ClusterMode=compatible&AutoMinorVersionUpgrade=true", "400 InvalidParameterCombination: ClusterMode cannot be modified together with other parameters."),
        ("ReplicationGroupId=old&ClusterMode=compatible", "400 InvalidParameterCombination: Modification of cluster mode is not supported for engine version 6.2.6."),
        ("ReplicationGroupId=duo&ClusterMode=compatible", "400 InvalidParameterValue: Redis with cluster mode enabled cannot be created with auto failover turned off."),
        ("ReplicationGroupId=duo&UserGroupIdsToAdd.member.1=team", "400 InvalidParameterCombination: User group based access control requires encryption-in-transit to be enabled on the replication group."),
        ("ReplicationGroupId=tls&UserGroupIdsToAdd.member.1=team", "404 UserGroupNotFound: User group team not found."),
        ("ReplicationGroupId=tls&UserGroupIdsToRemove.member.1=team", "400 InvalidParameterValue: User group team is not associated with the replication group."),
        ("ReplicationGroupId=tls&AuthTokenUpdateStrategy=DELETE", "400 InvalidParameterValue: Auth token update strategy delete is not supported currently"),
        ("ReplicationGroupId=duo&AuthToken=0123456789abcdef", "400 InvalidParameterCombination: AuthToken is only supported when encryption-in-transit is enabled."),
    ]).await;
    emu.fake().release_ensure();
}
