//! One node's life: it starts, answers, dies, hangs, is replaced and removed.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use dataplane::Tasks;
use dataplane::engine::{Heartbeat, Missed, NotReady, Target, memcached, resp, wait_ready};
use dataplane::runtime::{ObservedState, Runtime, RuntimeError, Storage};
use domain::engine::Engine;
use rustix::process::Signal;
use tokio::sync::mpsc;

use crate::contract::{self, call, node, up};
use crate::instance::{DEADLINE, Instance, NONE, exit, is_on_loopback, signal, until};

#[tokio::test]
async fn keeps_the_contract() {
    let instance = Instance::durable();
    contract::holds(&instance.runtime()).await;
    assert_eq!(instance.processes(), NONE);
}

#[tokio::test]
async fn memcached_answers_at_its_own_address() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let mut spec = node("sessions", Storage::Ephemeral);
    (spec.engine, spec.port) = (Engine::Memcached, 11211);
    let handle = up(&runtime, &spec).await;
    assert!(is_on_loopback(&handle), "{handle:?}");
    let mut stream = runtime.dial(&spec.id, spec.port).await.unwrap();
    assert!(memcached::version(&mut stream).await.unwrap().starts_with("1."));
    runtime.remove(&spec.id).await.unwrap();
    // The server behind the proxy got the same signal, and is nobody's child that could be waited for.
    until("no process is left", || instance.processes() == NONE).await;
}

#[tokio::test]
async fn a_killed_engine_is_told_and_starts_again() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let mut events = runtime.events();
    let mut spec = node("killed", Storage::Ephemeral);
    let before = up(&runtime, &spec).await;
    signal(instance.process(), Signal::KILL);
    let detail = exit(&mut events, &spec).await;
    assert!(detail.starts_with("killed by signal 9"), "{detail}");
    assert_eq!(runtime.list().await.unwrap()[0].state, ObservedState::Exited { detail });

    spec.generation = spec.generation.next();
    let after = up(&runtime, &spec).await;
    assert_eq!((after.address, after.adopted), (before.address, false));
    assert!(events.try_recv().is_err(), "one death, one event");
}

#[tokio::test]
async fn a_stopped_engine_is_missed_and_replaced() {
    let instance = Instance::in_memory();
    let runtime = Arc::new(instance.runtime());
    let mut spec = node("stopped", Storage::Ephemeral);
    up(&*runtime, &spec).await;
    let (sender, mut missed) = mpsc::unbounded_channel();
    let target = Target::of(&spec);
    let _heartbeat = Heartbeat::start(runtime.clone(), target, sender, &Tasks::default());
    let stopped = instance.process();
    signal(stopped, Signal::STOP);
    let report = tokio::time::timeout(DEADLINE, missed.recv()).await.unwrap();
    assert_eq!(report, Some(Missed { id: spec.id.clone(), generation: spec.generation }));

    spec.generation = spec.generation.next();
    up(&*runtime, &spec).await;
    assert_ne!(instance.process(), stopped);
    runtime.remove(&spec.id).await.unwrap();
}

#[tokio::test]
async fn a_stopped_engine_of_the_same_generation_goes_on() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let spec = node("resumed", Storage::Ephemeral);
    up(&runtime, &spec).await;
    let pid = instance.process();
    signal(pid, Signal::STOP);
    assert!(up(&runtime, &spec).await.adopted);
    assert_eq!(instance.process(), pid);
    signal(pid, Signal::STOP);
    runtime.stop(&spec.id).await.unwrap();
    assert_eq!(instance.processes(), NONE);
}

#[tokio::test]
async fn durable_data_survives_the_death_of_the_engine_and_is_private() {
    let instance = Instance::durable();
    let runtime = instance.runtime();
    let mut events = runtime.events();
    let spec = node("kept", Storage::Durable);
    up(&runtime, &spec).await;
    call(&runtime, &spec, &["SET", "key", "value"]).await;
    // A write is on the disk a second later at the latest; an asked-for rewrite is there when it says so.
    call(&runtime, &spec, &["BGREWRITEAOF"]).await;
    let info = ["INFO", "persistence"];
    loop {
        let resp::Reply::Bulk(Some(text)) = call(&runtime, &spec, &info).await else { panic!("no INFO") };
        let text = String::from_utf8(text).unwrap();
        if text.contains("aof_rewrite_in_progress:0") && text.contains("aof_rewrite_scheduled:0") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    signal(instance.process(), Signal::KILL);
    exit(&mut events, &spec).await;
    up(&runtime, &spec).await;
    assert_eq!(call(&runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(b"value".to_vec())));

    let data = instance.home.path().join("data/elasticache").join(spec.id.to_string());
    assert_eq!(data.join("g1").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    runtime.remove(&spec.id).await.unwrap();
    assert!(!data.exists());
}

#[tokio::test]
async fn an_engine_that_fails_to_start_says_why() {
    let instance = Instance::in_memory();
    let version = r#"[ "$1" = --version ] && echo "Redis server v=7.0.0 sha=0" && exit"#;
    instance.put_engine("redis-server", &format!("{version}\necho Fatal error, cannot start >&2\nexit 3"));
    let runtime = instance.runtime();
    let mut events = runtime.events();
    let spec = node("broken", Storage::Ephemeral);
    runtime.ensure(&spec).await.unwrap();
    let late = wait_ready(&runtime, &Target::of(&spec), DEADLINE).await;
    assert!(matches!(late, Err(NotReady::Gone(_))), "{late:?}");
    let detail = exit(&mut events, &spec).await;
    assert_eq!(detail, "exited with code 3; its log ends: Fatal error, cannot start");
}

#[tokio::test]
async fn an_engine_behind_a_script_ends_with_it() {
    let instance = Instance::in_memory();
    instance.put_engine("redis-server", "PATH=/usr/local/bin:/usr/bin:/bin redis-server \"$@\"\nexit $?");
    let runtime = instance.runtime();
    let spec = node("wrapped", Storage::Ephemeral);
    up(&runtime, &spec).await;
    assert_eq!(instance.processes().len(), 2, "the script and the engine");
    runtime.remove(&spec.id).await.unwrap();
    until("both are gone", || instance.processes().is_empty()).await;
}

#[tokio::test]
async fn no_engine_no_node() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let mut spec = node("unavailable", Storage::Ephemeral);
    spec.version = Some("1.0".to_owned());
    let failed = runtime.ensure(&spec).await;
    assert!(matches!(failed, Err(RuntimeError::EngineUnavailable(_))), "{failed:?}");
    assert_eq!(runtime.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_node_that_is_known() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let spec = node("abandoned", Storage::Ephemeral);
    let mut ensure = Box::pin(runtime.ensure(&spec));
    assert!(futures_util::poll!(&mut ensure).is_pending());
    drop(ensure);
    let handle = up(&runtime, &spec).await;
    assert!(handle.adopted, "the turn after the abandoned one finds its node");
    assert_eq!(instance.processes().len(), 1);
}
