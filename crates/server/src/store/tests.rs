use std::sync::Arc;

use domain::event::{ClusterEvent, Event};
use domain::ids::Scope;
use domain::node::NodeId;
use jiff::Timestamp;

use super::*;
use crate::destination::Destination;
use crate::forwards::PortForward;

fn scope() -> Scope {
    Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn default_vpc() -> domain::node::VpcKey {
    domain::vpc::Vpc::default_of(&scope()).key
}

fn forward(id: &str) -> Arc<PortForward> {
    Arc::new(PortForward {
        id: id.to_owned(),
        local_port: 11800,
        target_port: 6379,
        target_arn: "arn:aws:elasticache:us-east-1:000000000000:cluster:my-cache".to_owned(),
        destination: Destination::Node(NodeId {
            scope: scope(),
            cluster: "my-cache".parse().unwrap(),
            node: domain::ids::CacheNodeId::new(1),
        }),
        members: Default::default(),
        created_at: Timestamp::UNIX_EPOCH,
    })
}

fn event(at: i64) -> Event {
    ClusterEvent::Created.of(&"my-cache".parse().unwrap(), Timestamp::from_second(at).unwrap())
}

async fn put(store: &Store, id: &'static str) {
    let put = store.transact(move |tx| {
        tx.put(Change::Forward(id.to_owned(), Some(forward(id))));
        Ok::<_, StoreError>(())
    });
    put.await.unwrap();
}

#[derive(Debug)]
struct Refused;

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        panic!("the store failed: {error}")
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (store, _feed) = Store::open(folder.path()).unwrap();
        put(&store, "pf-1").await;
        put(&store, "pf-2").await;
        let change = store.transact(|tx| {
            tx.put(Change::Forward("pf-1".to_owned(), None));
            tx.tell(&scope(), event(5));
            tx.tell(&scope(), event(5));
            Ok::<_, StoreError>(())
        });
        change.await.unwrap();
        store.close().await;
        let late = store.transact(|tx| {
            tx.put(Change::Forward("pf-2".to_owned(), None));
            Ok::<_, StoreError>(())
        });
        assert!(matches!(late.await, Err(StoreError::Closed)));
    }
    let (store, _feed) = Store::open(folder.path()).unwrap();
    let world = store.read();
    assert_eq!(world.forwards().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["pf-2"]);
    let events: Vec<_> = world.all_events().collect();
    assert_eq!(events.len(), 2, "two events of one moment are two");
    assert_eq!(world.next_event(), 3, "the numbering goes on");
}

#[tokio::test]
async fn a_refused_transaction_leaves_nothing_and_its_neighbours_stand() {
    let (store, mut feed) = Store::in_memory().unwrap();
    let refused = store.transact(|tx| -> Result<(), Refused> {
        tx.put(Change::Forward("pf-1".to_owned(), Some(forward("pf-1"))));
        assert!(tx.forward("pf-1").is_some(), "a transaction sees its own changes");
        Err(Refused)
    });
    let stands = put(&store, "pf-2");
    let (refused, ()) = tokio::join!(refused, stands);
    assert!(refused.is_err());
    assert!(store.read().forward("pf-1").is_none());
    assert!(store.read().forward("pf-2").is_some());
    let committed = feed.recv().await.unwrap();
    assert_eq!(committed.len(), 1, "only what stands is told: {committed:?}");
}

#[tokio::test]
async fn of_two_that_want_the_same_one_wins() {
    let (store, _feed) = Store::in_memory().unwrap();
    let claim = || {
        store.transact(|tx| {
            if tx.forward("pf-1").is_some() {
                return Err(Refused);
            }
            tx.put(Change::Forward("pf-1".to_owned(), Some(forward("pf-1"))));
            Ok(())
        })
    };
    let claims = futures_util::future::join_all((0..50).map(|_| claim())).await;
    assert_eq!(claims.iter().filter(|claim| claim.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_data_directory_has_one_simfra() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, _feed) = Store::open(folder.path()).unwrap();
    let Err(error) = Store::open(folder.path()) else { panic!("two have it") };
    assert!(error.to_string().contains("another Simfra"), "{error}");
}

#[tokio::test]
async fn what_clusters_use_is_counted_beside_them() {
    use domain::cluster::{CacheCluster, CreateCacheCluster, Surroundings, validate};
    use domain::quota::Quotas;

    async fn create(store: &Store, id: String, nodes: i32) -> CacheCluster {
        let create = store.transact(move |tx| {
            let request = CreateCacheCluster {
                cache_cluster_id: Some(id),
                engine: Some("memcached".into()),
                cache_node_type: Some("cache.t3.micro".into()),
                num_cache_nodes: Some(nodes),
                ..Default::default()
            };
            let scope = scope();
            let groups = tx.groups(&scope);
            let world = Surroundings::without_clusters(&scope, &groups, Quotas::Aws, 7);
            let (id, spec) = validate::create(&request, &world).expect("a good request");
            let nodes = spec.place(world.ground(&spec, tx.addresses(&spec.vpc))).expect("room for them");
            let cluster = CacheCluster::new(scope.clone(), id, spec, nodes);
            tx.put_cluster(cluster.clone());
            Ok::<_, StoreError>(cluster)
        });
        create.await.unwrap()
    }

    let (store, _feed) = Store::in_memory().unwrap();
    let recount = |store: &Store| {
        let world = store.read();
        let nodes: Vec<_> = world.all_clusters().flat_map(|cluster| cluster.nodes.clone()).collect();
        assert_eq!(world.node_count(&scope()), u32::try_from(nodes.len()).unwrap());
        assert_eq!(*world.addresses(&default_vpc()), nodes.iter().map(|node| node.address).collect());
        nodes.len()
    };
    let mut fleet = create(&store, "fleet".to_owned(), 5).await;
    for number in 0..20 {
        create(&store, format!("c{number}"), 1).await;
    }
    assert_eq!(recount(&store), 25, "no address is given twice");
    fleet.nodes.remove(1);
    let refused = fleet.clone();
    let refused = store.transact(move |tx| -> Result<(), Refused> {
        tx.put_cluster(refused);
        Err(Refused)
    });
    refused.await.unwrap_err();
    assert_eq!(recount(&store), 25);
    let gone = ClusterKey { scope: scope(), id: "c3".parse().unwrap() };
    let fewer = store.transact(move |tx| {
        tx.put_cluster(fleet);
        tx.remove::<CacheCluster>(gone);
        Ok::<_, StoreError>(())
    });
    fewer.await.unwrap();
    assert_eq!(recount(&store), 23);
    create(&store, "again".to_owned(), 2).await;
    assert_eq!(recount(&store), 25);
}
