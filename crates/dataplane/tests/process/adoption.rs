//! After a crash of Simfra: the next start knows what runs.

use std::fs;

use dataplane::engine::resp;
use dataplane::runtime::{ObservedState, Runtime, Storage};
use domain::engine::Engine;

use crate::contract::{call, node, up};
use crate::instance::{Instance, exit, machine_engines, signal, until};

const KEPT: &[u8] = b"before the crash";

/// A durable node with a key, whose Simfra is gone; its pid.
async fn crashed(instance: &Instance) -> i32 {
    let runtime = instance.runtime();
    let spec = node("survivor", Storage::Durable);
    up(&runtime, &spec).await;
    call(&runtime, &spec, &["SET", "key", "before the crash"]).await;
    instance.process()
}

async fn is_adopted(instance: &Instance, pid: i32) {
    let runtime = instance.runtime();
    let mut events = runtime.events();
    let spec = node("survivor", Storage::Durable);
    let [observed] = &runtime.list().await.unwrap()[..] else { panic!("one node is listed") };
    assert!(matches!(observed.state, ObservedState::Running { .. }), "{observed:?}");
    assert!(up(&runtime, &spec).await.adopted);
    assert_eq!(call(&runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(KEPT.to_vec())));
    assert_eq!(instance.process(), pid);

    signal(pid, rustix::process::Signal::KILL);
    exit(&mut events, &spec).await;
    runtime.remove_all().await.unwrap();
}

#[tokio::test]
async fn a_running_node_is_adopted_and_watched() {
    let instance = Instance::durable();
    let pid = crashed(&instance).await;
    is_adopted(&instance, pid).await;
}

#[tokio::test]
async fn a_node_is_known_without_its_record() {
    let instance = Instance::durable();
    let pid = crashed(&instance).await;
    fs::remove_dir_all(instance.config.run_dir.join("nodes")).unwrap();
    fs::create_dir_all(instance.config.run_dir.join("nodes/000000000000-us-east-1-survivor-0001")).unwrap();
    is_adopted(&instance, pid).await;
}

#[tokio::test]
async fn a_start_without_its_second_record_is_known() {
    let instance = Instance::durable();
    let pid = crashed(&instance).await;
    let record = instance.config.run_dir.join("nodes/000000000000-us-east-1-survivor-0001/node.json");
    let mut intent: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    assert_eq!(intent["process"]["pid"], pid);
    intent["process"] = serde_json::Value::Null;
    fs::write(&record, intent.to_string()).unwrap();
    is_adopted(&instance, pid).await;
}

#[tokio::test]
async fn a_record_whose_process_is_gone_is_an_exited_node_that_starts_with_its_data() {
    let instance = Instance::durable();
    crashed(&instance).await;
    let runtime = instance.runtime();
    let spec = node("survivor", Storage::Durable);
    runtime.stop(&spec.id).await.unwrap();
    drop(runtime);

    let runtime = instance.runtime();
    let [observed] = &runtime.list().await.unwrap()[..] else { panic!("one node is listed") };
    assert!(matches!(observed.state, ObservedState::Exited { .. }), "{observed:?}");
    assert!(!up(&runtime, &spec).await.adopted);
    assert_eq!(call(&runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(KEPT.to_vec())));
    runtime.remove(&spec.id).await.unwrap();
    assert_eq!(runtime.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_number_that_went_to_another_process_is_not_adopted() {
    let instance = Instance::durable();
    crashed(&instance).await;
    let record = instance.config.run_dir.join("nodes/000000000000-us-east-1-survivor-0001/node.json");
    let mut reused: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    instance.runtime().remove_all().await.unwrap();
    reused["process"]["pid"] = std::process::id().into();
    fs::create_dir_all(record.parent().unwrap()).unwrap();
    fs::write(&record, reused.to_string()).unwrap();

    let runtime = instance.runtime();
    let [observed] = &runtime.list().await.unwrap()[..] else { panic!("one node is listed") };
    assert!(matches!(observed.state, ObservedState::Exited { .. }), "{observed:?}");
    runtime.remove_all().await.unwrap();
}

#[tokio::test]
async fn an_older_generation_that_was_left_is_killed() {
    let instance = Instance::durable();
    let older = crashed(&instance).await;
    // A start that never saw the older one, as if its record and its label had not been found.
    let mut twin = instance.config.clone();
    twin.instance.push_str("-twin");
    twin.run_dir = instance.home.path().join("twin");
    let blind = dataplane::runtime::process::ProcessRuntime::new(twin, dataplane::Tasks::default()).unwrap();
    let mut spec = node("survivor", Storage::Durable);
    spec.generation = spec.generation.next();
    up(&blind, &spec).await;
    drop(blind);
    assert_eq!(instance.processes().len(), 2);

    let runtime = instance.runtime();
    assert_eq!(runtime.list().await.unwrap().len(), 1);
    runtime.remove_all().await.unwrap();
    until("the older one is gone", || !instance.processes().contains(&older)).await;
    let twin = instance.process();
    signal(twin, rustix::process::Signal::KILL);
    until("the twin is gone", || instance.processes().is_empty()).await;
}

#[tokio::test]
async fn a_node_of_another_data_folder_is_ended_and_its_data_kept() {
    let mut instance = Instance::durable();
    let pid = crashed(&instance).await;
    let theirs = instance.config.data_dir.replace(instance.home.path().join("other"));
    let runtime = instance.runtime();
    assert_eq!(runtime.list().await.unwrap(), []);
    until("it is gone", || !instance.processes().contains(&pid)).await;
    let spec = node("survivor", Storage::Durable);
    up(&runtime, &spec).await;
    assert_eq!(call(&runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(None));
    runtime.remove_all().await.unwrap();
    drop(runtime);

    instance.config.data_dir = theirs;
    let runtime = instance.runtime();
    up(&runtime, &spec).await;
    assert_eq!(call(&runtime, &spec, &["GET", "key"]).await, resp::Reply::Bulk(Some(KEPT.to_vec())));
    runtime.remove_all().await.unwrap();
}

#[tokio::test]
async fn valkey_is_adopted_as_well() {
    let mut instance = Instance::durable();
    instance.config.engine_path = machine_engines();
    let mut spec = node("valkey", Storage::Durable);
    spec.engine = Engine::Valkey;
    let before = up(&instance.runtime(), &spec).await;
    fs::remove_dir_all(instance.config.run_dir.join("nodes")).unwrap();

    let runtime = instance.runtime();
    let after = up(&runtime, &spec).await;
    assert_eq!((after.adopted, after.address, after.port), (true, before.address, before.port));
    let resp::Reply::Bulk(Some(info)) = call(&runtime, &spec, &["INFO", "server"]).await else {
        panic!("no INFO")
    };
    assert!(String::from_utf8(info).unwrap().contains("server_name:valkey"));
    runtime.remove_all().await.unwrap();
}
