//! Nodes: made, adopted, replaced, found dead, and refused with a reason.

use bollard::models::{ContainerCreateBody, NetworkDisconnectRequest, NetworkingConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, KillContainerOptions,
    RemoveContainerOptionsBuilder,
};
use dataplane::engine::resp::Reply;
use dataplane::engine::{Target, wait_ready};
use dataplane::runtime::docker::EngineImages;
use dataplane::runtime::{
    EngineFallback, NodeHandle, NodeSpec, ObservedState, Runtime, RuntimeError, RuntimeEvent, Storage,
};
use domain::engine::Engine;
use futures_util::future::join_all;

use crate::contract::{self, call, node, up};
use crate::lab::{self, Lab, PATIENCE, listed, next, until};

fn found(text: &str) -> Reply {
    Reply::Bulk(Some(text.as_bytes().to_vec()))
}

/// The node on another port and address, and of another engine.
fn serving(engine: Engine, address: &str) -> NodeSpec {
    let mut spec = node(&format!("a-{engine}"), Storage::Durable);
    spec.engine = engine;
    spec.port = engine.default_port() + 1;
    spec.address = address.parse().unwrap();
    spec
}

#[tokio::test]
async fn keeps_the_contract() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("contract", Storage::Durable).await;
    contract::holds(&lab.runtime).await;
    assert_eq!(lab.everything().await, [""; 0]);
}

#[tokio::test]
async fn every_engine_serves_on_its_port_and_publishes_none() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("engines", Storage::Durable).await;
    let specs = [
        serving(Engine::Redis, "172.31.16.1"),
        serving(Engine::Valkey, "172.31.16.2"),
        serving(Engine::Memcached, "172.31.16.3"),
    ];
    let handles = join_all(specs.iter().map(|spec| lab.runtime.ensure(spec))).await;
    for (spec, handle) in specs.iter().zip(handles) {
        assert_eq!(handle.unwrap().port, spec.port);
        wait_ready(&lab.runtime, &Target::of(spec), PATIENCE).await.unwrap();
        let container = lab.container(spec);
        let container =
            lab.docker.inspect_container(&container, None::<InspectContainerOptions>).await.unwrap();
        let ports = container.network_settings.unwrap().ports.unwrap_or_default();
        assert!(ports.values().all(Option::is_none), "{ports:?}");
        let policy = container.host_config.unwrap().restart_policy.and_then(|policy| policy.name);
        assert!(policy.is_none_or(|name| matches!(name.as_ref(), "" | "no")), "{policy:?}");
    }
}

#[tokio::test]
async fn a_death_is_told_and_the_same_generation_comes_back_with_its_data() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("death", Storage::Durable).await;
    let mut events = lab.runtime.events();
    let spec = node("dies", Storage::Durable);
    up(&lab.runtime, &spec).await;
    assert_eq!(call(&lab.runtime, &spec, &["SET", "key", "kept"]).await, Reply::Simple("OK".to_owned()));

    lab.docker.kill_container(&lab.container(&spec), None::<KillContainerOptions>).await.unwrap();
    let told = RuntimeEvent::Exited { id: spec.id.clone(), detail: "killed by signal 9".to_owned() };
    assert_eq!(next(&mut events).await, told);
    assert!(matches!(listed(&lab.runtime, &spec).await, Some(ObservedState::Exited { .. })));

    assert!(!up(&lab.runtime, &spec).await.adopted);
    assert_eq!(call(&lab.runtime, &spec, &["GET", "key"]).await, found("kept"));
}

#[tokio::test]
async fn only_deaths_that_simfra_did_not_cause_are_told() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("silence", Storage::Ephemeral).await;
    let mut events = lab.runtime.events();
    let mut spec = node("comes-and-goes", Storage::Ephemeral);
    let mut victim = node("victim", Storage::Ephemeral);
    victim.address = "172.31.16.11".parse().unwrap();
    up(&lab.runtime, &victim).await;
    up(&lab.runtime, &spec).await;
    spec.generation = spec.generation.next();
    up(&lab.runtime, &spec).await;
    lab.runtime.stop(&spec.id).await.unwrap();
    up(&lab.runtime, &spec).await;
    lab.runtime.remove(&spec.id).await.unwrap();
    // Docker's events come in order: the first one told is the one death that was nobody's wish.
    lab.docker.kill_container(&lab.container(&victim), None::<KillContainerOptions>).await.unwrap();
    assert!(matches!(next(&mut events).await, RuntimeEvent::Exited { id, .. } if id == victim.id));
}

#[tokio::test]
async fn a_paused_node_is_woken_or_replaced() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("paused", Storage::Ephemeral).await;
    let mut spec = node("paused", Storage::Ephemeral);
    up(&lab.runtime, &spec).await;
    call(&lab.runtime, &spec, &["SET", "key", "kept"]).await;
    lab.docker.pause_container(&lab.container(&spec)).await.unwrap();
    assert!(matches!(listed(&lab.runtime, &spec).await, Some(ObservedState::Running { .. })));
    assert!(up(&lab.runtime, &spec).await.adopted);
    assert_eq!(call(&lab.runtime, &spec, &["GET", "key"]).await, found("kept"));

    lab.docker.pause_container(&lab.container(&spec)).await.unwrap();
    spec.generation = spec.generation.next();
    assert!(!up(&lab.runtime, &spec).await.adopted);
    assert_eq!(call(&lab.runtime, &spec, &["GET", "key"]).await, Reply::Bulk(None));
}

#[tokio::test]
async fn a_node_that_was_cut_off_from_its_network_is_reached_again() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("cut-off", Storage::Durable).await;
    let spec = node("cut-off", Storage::Durable);
    let handle = up(&lab.runtime, &spec).await;
    call(&lab.runtime, &spec, &["SET", "key", "kept"]).await;
    let network = lab.runtime.networks().await.remove(0).name;
    let cut = NetworkDisconnectRequest { container: lab.container(&spec), force: Some(true) };
    lab.docker.disconnect_network(&network, cut).await.unwrap();

    assert_eq!(up(&lab.runtime, &spec).await, handle);
    assert_eq!(call(&lab.runtime, &spec, &["GET", "key"]).await, found("kept"));
}

#[tokio::test]
async fn nodes_are_found_by_their_labels_after_a_crash() {
    if !lab::possible() {
        return;
    }
    let mut lab = Lab::new("crash", Storage::Durable).await;
    let spec = node("survivor", Storage::Durable);
    let handle = up(&lab.runtime, &spec).await;
    call(&lab.runtime, &spec, &["SET", "key", "kept"]).await;

    lab.crash().await;
    let running = ObservedState::Running { address: handle.address, port: handle.port };
    assert_eq!(listed(&lab.runtime, &spec).await, Some(running));
    assert_eq!(call(&lab.runtime, &spec, &["GET", "key"]).await, found("kept"));
    assert_eq!(lab.runtime.ensure(&spec).await.unwrap(), NodeHandle { adopted: true, ..handle });
}

#[tokio::test]
async fn a_container_that_was_created_and_never_started_is_started() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("halfway", Storage::Ephemeral).await;
    let spec = node("halfway", Storage::Ephemeral);
    let handle = up(&lab.runtime, &spec).await;
    // What a kill between create and start leaves: the same container, unborn.
    let name = lab.container(&spec);
    let made = lab.docker.inspect_container(&name, None::<InspectContainerOptions>).await.unwrap();
    let remove = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    lab.docker.remove_container(&name, Some(remove)).await.unwrap();
    let config = made.config.unwrap();
    let endpoints = made.network_settings.unwrap().networks;
    let body = ContainerCreateBody {
        image: config.image,
        cmd: config.cmd,
        labels: config.labels,
        host_config: made.host_config,
        networking_config: Some(NetworkingConfig { endpoints_config: endpoints }),
        ..Default::default()
    };
    let options = CreateContainerOptionsBuilder::new().name(&name).build();
    lab.docker.create_container(Some(options), body).await.unwrap();
    assert!(matches!(listed(&lab.runtime, &spec).await, Some(ObservedState::Exited { .. })));

    let again = up(&lab.runtime, &spec).await;
    assert_eq!(again, handle);
}

#[tokio::test]
async fn a_container_that_simfra_did_not_make_is_left_alone() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("foreign", Storage::Ephemeral).await;
    let spec = node("foreign", Storage::Ephemeral);
    let theirs = lab.user_container(&lab.container(&spec), "bridge").await;
    let refused = lab.runtime.ensure(&spec).await.unwrap_err().to_string();
    assert!(refused.contains("docker rm -f simfra-elasticache-"), "{refused}");
    lab.runtime.remove(&spec.id).await.unwrap();
    lab.runtime.remove_all().await.unwrap();
    let remove = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    lab.docker.remove_container(&theirs, Some(remove)).await.expect("it is still there");
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_named_with_the_ways_out() {
    if !lab::possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut config = lab::config("image", Storage::Ephemeral, &folder);
    // A registry that is not there, on loopback.
    config.images =
        EngineImages { redis: "localhost:1/simfra/absent:1".to_owned(), ..EngineImages::default() };
    let lab = Lab::with(config, folder).await;
    let refused = lab.runtime.ensure(&node("absent", Storage::Ephemeral)).await;
    let Err(RuntimeError::EngineUnavailable(message)) = refused else { panic!("{refused:?}") };
    for part in [
        "localhost:1/simfra/absent:1",
        "docker pull",
        "SIMFRA_ELASTICACHE_IMAGE_REDIS",
        "SIMFRA_ENGINE_FALLBACK=warn",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn the_default_serves_where_the_fallback_allows_it() {
    if !lab::possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut config = lab::config("fallback", Storage::Ephemeral, &folder);
    config.fallback = EngineFallback::Warn;
    let lab = Lab::with(config, folder).await;
    let mut spec = node("fallback", Storage::Ephemeral);
    // No registry can have an image of that name, so none is asked.
    spec.version = Some("no version".to_owned());
    let handle = up(&lab.runtime, &spec).await;
    let notice = handle.notice.unwrap();
    assert!(notice.contains("no version") && notice.contains("redis:7"), "{notice}");
}

#[tokio::test]
async fn an_engine_that_exits_at_once_tells_its_code_and_last_words() {
    if !lab::possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut config = lab::config("exits", Storage::Ephemeral, &folder);
    // Its entrypoint does not know redis-server.
    config.images = EngineImages { redis: "memcached:1.6".to_owned(), ..EngineImages::default() };
    let lab = Lab::with(config, folder).await;
    let mut events = lab.runtime.events();
    let spec = node("exits", Storage::Ephemeral);
    match lab.runtime.ensure(&spec).await {
        // Docker itself or the first look finds it.
        Err(RuntimeError::StartFailed(message)) => assert!(message.contains("redis-server"), "{message}"),
        // It ended a moment later: the event tells.
        Ok(_) => {
            let RuntimeEvent::Exited { id, detail } = next(&mut events).await else { panic!("no exit") };
            assert_eq!(id, spec.id);
            assert!(detail.contains("redis-server"), "{detail}");
        }
        Err(other) => panic!("{other:?}"),
    }
    until("it is seen as exited", async || {
        matches!(listed(&lab.runtime, &spec).await, Some(ObservedState::Exited { .. }))
    })
    .await;
}
