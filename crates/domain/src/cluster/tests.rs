use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::addresses::Addresses;
use crate::groups::{DefaultGroups, Groups};
use crate::ids::{
    CacheParameterGroupName, CacheSubnetGroupName, SecurityGroupId, SnapshotName, SubnetId, VpcId,
};
use crate::node::Generation;
use crate::parameter_group::CacheParameterGroup;
use crate::quota::Quotas;
use crate::snapshot::Snapshot;
use crate::subnet_group::CacheSubnetGroup;
use crate::vpc::Subnet;

/// The guide's cluster, as it was asked for.
pub(super) fn guide() -> CreateCacheCluster {
    CreateCacheCluster {
        cache_cluster_id: Some("my-cache".into()),
        engine: Some("redis".into()),
        cache_node_type: Some("cache.t3.micro".into()),
        num_cache_nodes: Some(1),
        ..Default::default()
    }
}

/// A world that a test can change.
#[derive(Debug, Clone)]
pub(super) struct Around {
    pub(crate) snapshots: BTreeMap<SnapshotName, Snapshot>,
    pub(super) scope: Scope,
    pub(super) parameter_groups: BTreeMap<CacheParameterGroupName, CacheParameterGroup>,
    pub(super) subnet_group: CacheSubnetGroup,
    pub(super) security_groups: BTreeMap<SecurityGroupId, VpcId>,
    pub(super) default_security_group: Option<SecurityGroupId>,
    pub(super) id_is_taken: bool,
    pub(super) nodes: u32,
    pub(super) quotas: Quotas,
    pub(super) draw: u64,
}

impl Around {
    pub(super) fn surroundings(&self) -> Surroundings<'_> {
        let &Self { id_is_taken, nodes, quotas, draw, .. } = self;
        Surroundings { scope: &self.scope, groups: self, id_is_taken, nodes, quotas, draw }
    }
}

impl Groups for Around {
    fn parameter_group(&self, name: &CacheParameterGroupName) -> Option<&CacheParameterGroup> {
        self.parameter_groups.get(name)
    }

    fn subnet_group(&self, name: &CacheSubnetGroupName) -> Option<&CacheSubnetGroup> {
        Some(&self.subnet_group).filter(|group| group.name == *name)
    }

    fn subnet(&self, id: &SubnetId) -> Option<(VpcId, Subnet)> {
        let found = self.subnet_group.subnets.iter().find(|subnet| subnet.id == *id);
        found.map(|subnet| (self.subnet_group.vpc_id.clone(), subnet.clone()))
    }

    fn vpc_of(&self, security_group: &SecurityGroupId) -> Option<&VpcId> {
        self.security_groups.get(security_group)
    }

    fn default_security_group(&self, vpc: &VpcId) -> Option<&SecurityGroupId> {
        self.default_security_group.as_ref().filter(|_| self.subnet_group.vpc_id == *vpc)
    }

    fn snapshot(&self, name: &SnapshotName) -> Option<&Snapshot> {
        self.snapshots.get(name)
    }
}

/// A world with nothing in it.
pub(super) fn world() -> Around {
    let scope = Scope::for_tests();
    let DefaultGroups { vpc, subnet_group } = DefaultGroups::of(&scope);
    let parameter_groups = CacheParameterGroup::defaults().iter();
    Around {
        snapshots: BTreeMap::new(),
        scope,
        parameter_groups: parameter_groups.map(|group| (group.name.clone(), group.clone())).collect(),
        subnet_group,
        security_groups: BTreeMap::from([(vpc.default_security_group.clone(), vpc.key.vpc)]),
        default_security_group: Some(vpc.default_security_group),
        id_is_taken: false,
        nodes: 0,
        quotas: Quotas::Aws,
        draw: 7,
    }
}

/// The cluster that a request makes, creating.
pub(super) fn creating(request: &CreateCacheCluster) -> CacheCluster {
    let world = world();
    let (id, spec) = validate::create(request, &world.surroundings()).expect("a good request");
    let ground = Ground { group: &world.subnet_group, taken: &Addresses::default(), draw: 0 };
    let nodes = spec.place(ground).expect("an empty subnet");
    CacheCluster::new(world.scope, id, spec, nodes)
}

/// The same, available.
pub(crate) fn available(request: &CreateCacheCluster) -> CacheCluster {
    let mut cluster = creating(request);
    cluster.settle(&BTreeMap::new(), now()).expect("a creating cluster settles");
    cluster
}

pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00.250Z".parse().unwrap()
}

fn told(events: Vec<crate::event::ClusterEvent>) -> String {
    events.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn the_guides_cluster_is_what_it_says() {
    let cluster = creating(&guide());
    assert_eq!(cluster.arn().to_string(), "arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache");
    assert_eq!((cluster.status(), cluster.preferred_availability_zone()), ("creating", None));
    let names = EndpointNames::of(&cluster.scope, &cluster.scope, "simfra.dev");
    assert_eq!(cluster.node_endpoint(&cluster.nodes[0], &names), None);
    expect![[r#"
        {
          "engine": "redis",
          "engine_version": "7.1.0",
          "requested_version": null,
          "cache_node_type": "cache.t3.micro",
          "num_cache_nodes": 1,
          "az_mode": "single-az",
          "preferred_availability_zone": null,
          "preferred_availability_zones": [],
          "port": 6379,
          "cache_parameter_group_name": "default.redis7",
          "cache_subnet_group_name": "default",
          "vpc": {
            "scope": {
              "account": "000000000000",
              "region": "us-east-1"
            },
            "vpc": "vpc-5a77b2f143afc59aa"
          },
          "security_group_ids": [
            "sg-e7f2e3081ef671c52"
          ],
          "preferred_maintenance_window": "mon:03:30-mon:04:30",
          "snapshot_window": "20:00-21:00",
          "snapshot_retention_limit": 0,
          "auto_minor_version_upgrade": true,
          "notification": null,
          "network_type": "ipv4",
          "ip_discovery": "ipv4",
          "transit_encryption": "off",
          "at_rest_encryption": "off",
          "tags": {}
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&cluster.spec).unwrap());
}

#[test]
fn a_cluster_survives_its_store() {
    let cluster = available(&guide());
    let text = serde_json::to_string(&cluster).unwrap();
    assert_eq!(serde_json::from_str::<CacheCluster>(&text).unwrap(), cluster);
}

#[test]
fn a_create_is_told_once() {
    let mut cluster = creating(&guide());
    let events = cluster.settle(&BTreeMap::from([(CacheNodeId::new(1), 6380)]), now()).unwrap();
    assert_eq!(told(events), "Added cache node 0001 in availability zone us-east-1a; Cache cluster created");
    assert_eq!(told(cluster.settle(&BTreeMap::new(), now()).unwrap()), "");
    let names = EndpointNames::of(&cluster.scope, &cluster.scope, "simfra.dev");
    let endpoint = cluster.node_endpoint(&cluster.nodes[0], &names);
    assert_eq!(endpoint, Some(("my-cache.abcdef.0001.use1.cache.simfra.dev".into(), 6380)));
    assert_eq!(cluster.preferred_availability_zone(), Some("us-east-1a"));
    assert_eq!(cluster.configuration_endpoint(&names), None);
    let memcached = CreateCacheCluster { engine: Some("memcached".into()), ..guide() };
    assert_eq!(creating(&memcached).configuration_endpoint(&names), None);
    assert_eq!(
        available(&memcached).configuration_endpoint(&names),
        Some(("my-cache.abcdef.cfg.use1.cache.simfra.dev".into(), 11211))
    );
}

#[test]
fn a_published_nodes_endpoint_is_its_address() {
    let memcached = CreateCacheCluster { engine: Some("memcached".into()), ..guide() };
    let sockets = BTreeMap::from([(CacheNodeId::new(1), "127.83.0.1:11211".parse().unwrap())]);
    let mut cluster = creating(&memcached);
    cluster.publish(&sockets);
    let names = EndpointNames::of(&cluster.scope, &cluster.scope, "simfra.dev");
    assert_eq!(cluster.node_endpoint(&cluster.nodes[0], &names), None, "it never answered");
    let mut cluster = available(&memcached);
    cluster.publish(&sockets);
    let published = Some(("127.83.0.1".to_owned(), 11211));
    assert_eq!(cluster.node_endpoint(&cluster.nodes[0], &names), published);
    assert_eq!(cluster.configuration_endpoint(&names), published);
    cluster.publish(&BTreeMap::new());
    let named = cluster.node_endpoint(&cluster.nodes[0], &names);
    assert_eq!(named, Some(("my-cache.abcdef.0001.use1.cache.simfra.dev".into(), 11211)));
}

#[test]
fn a_reboot_empties_the_node() {
    let mut cluster = available(&guide());
    let node = CacheNodeId::new(1);
    assert_eq!(told(cluster.reboot(&[node]).unwrap()), "Cache node 0001 shutdown");
    assert_eq!((cluster.status(), cluster.nodes[0].state.status()), ("rebooting cluster nodes", "rebooting"));
    assert_eq!(cluster.nodes[0].generation, Generation(2));
    assert!(cluster.reboot(&[node]).is_err());
    assert_eq!(told(cluster.settle(&BTreeMap::new(), now()).unwrap()), "Cache node 0001 restarted");
    assert!(cluster.is_settled());
}

#[test]
fn a_loss_is_told_once_and_repaired() {
    let mut cluster = available(&guide());
    let node = CacheNodeId::new(1);
    assert_eq!(told(cluster.lose(node, NodeData::Gone).unwrap()), "Recovering cache nodes 0001");
    assert_eq!((cluster.status(), cluster.nodes[0].generation), ("modifying", Generation(2)));
    assert_eq!(told(cluster.lose(node, NodeData::Gone).unwrap()), "");
    assert_eq!(
        told(cluster.settle(&BTreeMap::new(), now()).unwrap()),
        "Finished recovery for cache nodes 0001"
    );
    assert_eq!(told(cluster.lose(node, NodeData::Kept).unwrap()), "Recovering cache nodes 0001");
    assert_eq!(cluster.nodes[0].generation, Generation(3), "kept data keeps its generation");
    cluster.delete().unwrap();
    assert!(cluster.lose(node, NodeData::Gone).is_err());
}

#[test]
fn a_failed_create_can_be_deleted() {
    let mut cluster = creating(&guide());
    assert!(cluster.delete().is_err(), "not while it is being created");
    assert_eq!(told(cluster.fail("no image").unwrap()), "Failed to create the cache cluster: no image");
    assert_eq!((cluster.status(), cluster.is_settled()), ("incompatible-network", true));
    cluster.delete().unwrap();
    assert_eq!((cluster.status(), cluster.nodes[0].state.status()), ("deleting", "deleting"));
}

#[test]
fn nodes_are_placed_in_their_zones() {
    let group = world().subnet_group;
    let (_, spec) = validate::create(&guide(), &world().surroundings()).unwrap();
    let placed = |spec: &ClusterSpec, taken: &[&str], draw| {
        let taken = taken.iter().map(|address| address.parse().unwrap()).collect::<Addresses>();
        let nodes = spec.place(Ground { group: &group, taken: &taken, draw }).unwrap();
        let told = nodes.iter().map(|n| format!("{} {} {}", n.id, n.availability_zone, n.address));
        told.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(placed(&spec, &[], 0), "0001 us-east-1a 172.31.0.4");
    assert_eq!(placed(&spec, &["172.31.16.4"], 1), "0001 us-east-1b 172.31.16.5");
    let asked =
        ClusterSpec { preferred_availability_zone: Some("us-east-1c".parse().unwrap()), ..spec.clone() };
    assert_eq!(placed(&asked, &[], 1), "0001 us-east-1c 172.31.32.4");
    let several = ClusterSpec { num_cache_nodes: 3, az_mode: crate::network::AzMode::CrossAz, ..spec };
    assert_eq!(
        placed(&several, &[], 5),
        "0001 us-east-1f 172.31.80.4, 0002 us-east-1a 172.31.0.4, 0003 us-east-1b 172.31.16.4"
    );
}

#[test]
fn a_describe_finds_pages_and_misses() {
    let clusters: Vec<_> = (0..25)
        .map(|n| creating(&CreateCacheCluster { cache_cluster_id: Some(format!("c{n:02}")), ..guide() }))
        .map(std::sync::Arc::new)
        .collect();
    let ask = |request: DescribeCacheClusters| {
        let query = ClusterQuery::parse(&request)?;
        let page = query.select(&clusters)?;
        Ok::<_, crate::rejection::Rejection>((page.items.len(), page.marker))
    };
    let named =
        |id: &str| ask(DescribeCacheClusters { cache_cluster_id: Some(id.into()), ..Default::default() });
    assert_eq!(named("C07"), Ok((1, None)));
    for missing in ["Nobody", "no_body", "a--b"] {
        assert_eq!(named(missing).unwrap_err().to_string(), format!("CacheCluster not found: {missing}"));
    }
    let (count, marker) = ask(DescribeCacheClusters { max_records: Some(20), ..Default::default() }).unwrap();
    assert_eq!(count, 20);
    assert_eq!(ask(DescribeCacheClusters { marker, ..Default::default() }), Ok((5, None)));
}

mod fleet;
