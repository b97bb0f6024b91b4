//! The runtime seam's contract, held by every backend: `#[cfg(test)] mod contract;` in a test of one, then [`holds`].

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dataplane::engine::dump::{self, Hold};
use dataplane::engine::{Target, resp, wait_ready};
use dataplane::runtime::{
    BoxStream, NetworkSpec, NodeHandle, NodeSpec, ObservedNode, ObservedState, Runtime, RuntimeError, Storage,
};
use dataplane::tls::{Authority, NodeTls};
use domain::engine::Engine;
use domain::ids::{CacheNodeId, Scope};
use domain::node::{Generation, NodeId, VpcKey};

/// What a node's start may take on a busy machine.
const START: Duration = Duration::from_secs(20);

/// A Redis node of the default account.
pub(crate) fn node(cluster: &str, storage: Storage) -> NodeSpec {
    let scope = Scope { account: "000000000000".parse().unwrap(), region: "us-east-1".parse().unwrap() };
    let vpc = VpcKey { scope: scope.clone(), vpc: "vpc-0c0ffee0".parse().unwrap() };
    NodeSpec {
        arn: format!("arn:aws:elasticache:us-east-1:000000000000:cluster:{cluster}"),
        id: NodeId { scope, cluster: cluster.parse().unwrap(), node: CacheNodeId::new(1) },
        generation: Generation::FIRST,
        engine: Engine::Redis,
        version: None,
        port: 6379,
        network: NetworkSpec { vpc, cidr: "172.31.0.0/16".parse().unwrap() },
        address: "172.31.16.10".parse().unwrap(),
        storage,
        memory: None,
        seed: None,
        tls: None,
        replication: dataplane::runtime::Replication::Alone,
        is_proxied: false,
        configuration: dataplane::runtime::Configuration::default(),
    }
}

/// Ensures the node and waits until it answers.
pub(crate) async fn up(runtime: &dyn Runtime, spec: &NodeSpec) -> NodeHandle {
    let handle = runtime.ensure(spec).await.unwrap();
    wait_ready(runtime, &Target::of(spec), START).await.unwrap();
    handle
}

/// One command to a RESP node, over a connection of its own.
pub(crate) async fn call(runtime: &dyn Runtime, spec: &NodeSpec, command: &[&str]) -> resp::Reply {
    let stream = Target::of(spec).connect(runtime).await.unwrap();
    resp::Connection::new(stream).call(command).await.unwrap()
}

/// The whole contract, on a runtime without nodes.
pub(crate) async fn holds(runtime: &dyn Runtime) {
    network_verbs_are_idempotent(runtime).await;
    a_node_comes_stays_and_goes(runtime).await;
    another_generation_starts_empty(runtime).await;
    durable_data_outlives_a_stop(runtime).await;
    a_seed_is_what_a_node_starts_with(runtime, Storage::Ephemeral).await;
    a_seed_is_what_a_node_starts_with(runtime, Storage::Durable).await;
    a_tls_node_speaks_tls_alone(runtime).await;
    runtime.remove_network(&node("any", Storage::Ephemeral).network.vpc).await.unwrap();
    assert_eq!(runtime.list().await.unwrap(), []);
}

async fn network_verbs_are_idempotent(runtime: &dyn Runtime) {
    let network = node("any", Storage::Ephemeral).network;
    runtime.remove_network(&network.vpc).await.unwrap();
    let made = runtime.ensure_network(&network).await.unwrap();
    assert_eq!(made.pool.prefix_len(), network.cidr.prefix_len());
    assert_eq!(runtime.ensure_network(&network).await.unwrap(), made);
}

async fn a_node_comes_stays_and_goes(runtime: &dyn Runtime) {
    let spec = node("comes-and-goes", Storage::Ephemeral);
    assert_absent(runtime, &spec).await;
    let handle = up(runtime, &spec).await;
    assert!(!handle.adopted);
    let state = ObservedState::Running { address: handle.address, port: handle.port };
    let observed = ObservedNode { id: spec.id.clone(), generation: spec.generation, state };
    assert_eq!(runtime.list().await.unwrap(), [observed]);

    call(runtime, &spec, &["SET", "key", "kept"]).await;
    let again = runtime.ensure(&spec).await.unwrap();
    assert_eq!(again, NodeHandle { adopted: true, ..handle });
    assert_eq!(call(runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(b"kept".to_vec())));

    runtime.remove(&spec.id).await.unwrap();
    assert_absent(runtime, &spec).await;
    runtime.remove(&spec.id).await.unwrap();
    runtime.stop(&spec.id).await.unwrap();
}

async fn assert_absent(runtime: &dyn Runtime, spec: &NodeSpec) {
    assert_eq!(runtime.list().await.unwrap(), []);
    let dialled = runtime.dial(&spec.id, spec.port).await;
    assert!(matches!(dialled, Err(RuntimeError::Absent(id)) if id == spec.id));
}

async fn another_generation_starts_empty(runtime: &dyn Runtime) {
    let mut spec = node("generations", Storage::Durable);
    up(runtime, &spec).await;
    call(runtime, &spec, &["SET", "key", "lost"]).await;
    spec.generation = spec.generation.next();
    let handle = up(runtime, &spec).await;
    assert!(!handle.adopted);
    assert_eq!(call(runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(None));
    let listed = runtime.list().await.unwrap();
    assert_eq!(listed.iter().map(|node| node.generation).collect::<Vec<_>>(), [spec.generation]);
    runtime.remove(&spec.id).await.unwrap();
}

async fn durable_data_outlives_a_stop(runtime: &dyn Runtime) {
    let spec = node("durable", Storage::Durable);
    up(runtime, &spec).await;
    call(runtime, &spec, &["SET", "key", "kept"]).await;
    runtime.stop(&spec.id).await.unwrap();
    assert!(matches!(runtime.dial(&spec.id, spec.port).await, Err(RuntimeError::Absent(_))));
    let handle = up(runtime, &spec).await;
    assert!(!handle.adopted);
    assert_eq!(call(runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(b"kept".to_vec())));
    runtime.remove(&spec.id).await.unwrap();
}

/// A node's data goes to its next generation by a dump; what that one writes is not undone by its seed.
async fn a_seed_is_what_a_node_starts_with(runtime: &dyn Runtime, storage: Storage) {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = node("seeded", storage);
    up(runtime, &spec).await;
    call(runtime, &spec, &["SET", "key", "taken"]).await;
    let seed = folder.path().join("node.rdb");
    let mut hold = Hold::begin(connection(runtime, &spec).await).await.unwrap();
    hold.during(dump::take(connection(runtime, &spec).await, &seed)).await.unwrap();
    hold.until(runtime.stop(&spec.id)).await.unwrap();

    spec.generation = spec.generation.next();
    spec.seed = Some(seed);
    let handle = up(runtime, &spec).await;
    assert!(!handle.adopted);
    assert_eq!(get(runtime, &spec).await, Some("taken"), "{storage:?}");
    call(runtime, &spec, &["SET", "key", "later"]).await;
    assert!(runtime.ensure(&spec).await.unwrap().adopted);
    assert_eq!(get(runtime, &spec).await, Some("later"), "{storage:?}");

    runtime.stop(&spec.id).await.unwrap();
    let expected = match storage {
        Storage::Durable => Some("later"),
        Storage::Ephemeral => {
            spec.seed = None;
            None
        }
    };
    up(runtime, &spec).await;
    assert_eq!(get(runtime, &spec).await, expected, "{storage:?}");
    runtime.remove(&spec.id).await.unwrap();
}

async fn connection(runtime: &dyn Runtime, spec: &NodeSpec) -> resp::Connection<BoxStream> {
    resp::Connection::new(Target::of(spec).connect(runtime).await.unwrap())
}

/// What `key` holds.
async fn get(runtime: &dyn Runtime, spec: &NodeSpec) -> Option<&'static str> {
    match call(runtime, spec, &["GET", "key"]).await {
        resp::Reply::Bulk(None) => None,
        resp::Reply::Bulk(Some(value)) if value == b"taken" => Some("taken"),
        resp::Reply::Bulk(Some(value)) if value == b"later" => Some("later"),
        other => panic!("{other:?}"),
    }
}

async fn a_tls_node_speaks_tls_alone(runtime: &dyn Runtime) {
    let (ours, foreign) = (authority(), authority());
    let spec = tls_node("encrypted", Storage::Durable, &ours);
    up(runtime, &spec).await;
    call(runtime, &spec, &["SET", "key", "kept"]).await;
    assert!(runtime.ensure(&spec).await.unwrap().adopted);

    let plain = runtime.dial(&spec.id, spec.port).await.unwrap();
    let answer = resp::Connection::new(plain).call(&["PING"]).await;
    assert!(answer.is_err(), "it answers without TLS: {answer:?}");
    let other_authority = tls_node("encrypted", Storage::Durable, &foreign);
    assert!(Target::of(&other_authority).connect(runtime).await.is_err(), "anyone's certificate is taken");
    let other_name = Target::of(&tls_node("another", Storage::Durable, &ours)).tls;
    let another = Target { tls: other_name, ..Target::of(&spec) };
    assert!(another.connect(runtime).await.is_err(), "another node's certificate is taken");

    // The authority is another one: a certificate of it comes with a new start, and the data stays.
    let handle = up(runtime, &other_authority).await;
    assert!(!handle.adopted);
    let kept = call(runtime, &other_authority, &["GET", "key"]).await;
    assert_eq!(kept, resp::Reply::Bulk(Some(b"kept".to_vec())));
    runtime.remove(&spec.id).await.unwrap();
}

/// An authority of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "a certificate's time is the engine's, which has no other clock"
)]
pub(crate) fn authority() -> Arc<Authority> {
    let folder = tempfile::tempdir().unwrap();
    Arc::new(Authority::open(folder.path(), "simfra.test", Arc::new(SystemTime::now)).unwrap())
}

/// [`node`] with TLS.
pub(crate) fn tls_node(cluster: &str, storage: Storage, authority: &Arc<Authority>) -> NodeSpec {
    let names = vec![format!("{cluster}.cache.simfra.test")];
    NodeSpec { tls: Some(NodeTls::new(Arc::clone(authority), names)), ..node(cluster, storage) }
}
