//! Others on the machine: foreign listeners, other instances, many nodes.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use dataplane::engine::{Target, wait_ready};
use dataplane::runtime::{Runtime, Storage};
use domain::ids::CacheNodeId;
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;

use crate::contract::{node, up};
use crate::instance::{Instance, NONE, is_on_loopback, until};

#[tokio::test]
async fn a_listener_on_every_address_costs_the_port() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let foreign = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let mut spec = node("elsewhere", Storage::Ephemeral);
    spec.port = foreign.local_addr().unwrap().port();
    let handle = up(&runtime, &spec).await;
    assert_ne!(handle.port, spec.port);
    let at = runtime.host_address(&spec.id, spec.port).unwrap();
    assert_eq!((at.ip(), at.port()), (handle.address, handle.port));
    assert!(runtime.dial(&spec.id, handle.port).await.is_ok(), "its real port leads to it as well");
}

/// As when a node is handed over and its port is free for a moment.
#[tokio::test]
async fn a_foreign_listener_at_a_nodes_address_is_not_taken_for_it() {
    let instance = Instance::in_memory();
    // An engine that does not come to listen.
    let version = "case $1 in --version) echo Redis server v=7.0.15 sha=0; exit 0;; esac";
    instance.put_engine("redis-server", &format!("{version}\nexec sleep 600"));
    let runtime = instance.runtime();
    let spec = node("usurped", Storage::Ephemeral);
    let handle = runtime.ensure(&spec).await.unwrap();

    let usurper = tokio::net::TcpListener::bind((handle.address, handle.port)).await.unwrap();
    let serve = async {
        loop {
            let (mut client, _) = usurper.accept().await.unwrap();
            let _ = client.write_all(b"+PONG\r\n").await;
        }
    };
    let target = Target::of(&spec);
    let ready = wait_ready(&runtime, &target, Duration::from_secs(1));
    let late = tokio::select! {
        () = serve => unreachable!("it serves for ever"),
        ready = ready => ready.unwrap_err().to_string(),
    };
    assert!(late.contains("another program listens there"), "{late}");
    drop(usurper);
    runtime.remove(&spec.id).await.unwrap();
    assert_eq!(instance.processes(), NONE);
}

#[tokio::test]
async fn two_instances_side_by_side_have_the_same_port() {
    let (one, other) = (Instance::in_memory(), Instance::in_memory());
    let (here, there) = (one.runtime(), other.runtime());
    let spec = node("same-name", Storage::Ephemeral);
    let (first, second) = (up(&here, &spec).await, up(&there, &spec).await);
    assert!(is_on_loopback(&first) && is_on_loopback(&second));
    assert_ne!(first.address, second.address);
    here.remove_all().await.unwrap();
    assert_eq!(there.list().await.unwrap().len(), 1);
    assert!(there.dial(&spec.id, spec.port).await.is_ok());
}

#[tokio::test]
async fn a_sweep_takes_what_is_in_memory_and_abandoned() {
    let (sweeper, abandoned, alive, durable) =
        (Instance::in_memory(), Instance::in_memory(), Instance::in_memory(), Instance::durable());
    let others = [&abandoned, &alive, &durable].map(Instance::runtime);
    let spec = node("swept", Storage::Ephemeral);
    join_all(others.iter().map(|runtime| up(runtime, &spec))).await;
    let sweeping = sweeper.runtime();
    up(&sweeping, &spec).await;

    let free = [abandoned.config.lock_path.clone(), durable.config.lock_path.clone()];
    sweeping.sweep(&|lock| free.iter().any(|free| free == lock)).await.unwrap();
    until("the abandoned is gone", || abandoned.processes().is_empty()).await;
    for kept in [&sweeper, &alive, &durable] {
        kept.process();
    }
    others[2].remove_all().await.unwrap();
}

#[tokio::test]
async fn dropped_an_instance_in_memory_leaves_nothing_and_a_durable_one_its_nodes() {
    let (memory, durable) = (Instance::in_memory(), Instance::durable());
    for instance in [&memory, &durable] {
        up(&instance.runtime(), &node("dropped", Storage::Ephemeral)).await;
    }
    until("nothing is left in memory", || memory.processes().is_empty()).await;
    durable.process();
    durable.runtime().remove_all().await.unwrap();
    assert!(!durable.config.run_dir.join("nodes").exists());
}

#[tokio::test]
async fn fifty_nodes_at_once() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let mut specs = vec![node("many", Storage::Ephemeral); 50];
    for (number, spec) in (1..).zip(&mut specs) {
        spec.id.node = CacheNodeId::new(number);
    }
    let handles = join_all(specs.iter().map(|spec| up(&runtime, spec))).await;
    let mut addresses: Vec<_> = handles.iter().map(|handle| (handle.address, handle.port)).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 50);
    assert_eq!(instance.processes().len(), 50);
    runtime.remove_all().await.unwrap();
    assert_eq!(instance.processes(), NONE);
    assert_eq!(runtime.list().await.unwrap(), []);
}
