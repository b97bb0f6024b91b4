//! Simfra dies by kill -9: what becomes of the engines.
//!
//! Simfra's part is played by this test executable, started a second time with one ignored test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dataplane::Tasks;
use dataplane::runtime::process::ProcessRuntime;
use dataplane::runtime::{NodeSpec, ObservedState, Runtime, Storage};
use domain::ids::CacheNodeId;
use futures_util::future::join_all;

use crate::contract::{node, up};
use crate::instance::{Instance, NONE, config, until};

const HOME: &str = "SIMFRA_TEST_HOME";

#[tokio::test]
async fn engines_of_an_instance_in_memory_die_with_it() {
    let instance = Instance::in_memory();
    killed_with_a_node(&instance).await;
    until("the engine is gone", || instance.processes().is_empty()).await;
}

#[tokio::test]
async fn engines_of_a_durable_instance_go_on_and_are_adopted() {
    let instance = Instance::durable();
    killed_with_a_node(&instance).await;
    let engine = instance.process();
    let runtime = instance.runtime();
    assert!(up(&runtime, &bound(1)).await.adopted);
    assert_eq!(instance.process(), engine);
    runtime.remove_all().await.unwrap();
    until("the engine is gone", || instance.processes().is_empty()).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_its_starts_it_leaves_no_engine_that_the_next_start_does_not_know() {
    for seen in [1, 2, 5, 9] {
        let instance = Instance::durable();
        let mut simfra = Simfra::start(&instance, "20");
        until("some engines run", || instance.processes().len() >= seen).await;
        simfra.kill();
        // Free when the last child has become an engine: until then it holds the lock as well.
        let lock = locked(&instance.config.lock_path);
        let runtime = instance.runtime();
        let listed = runtime.list().await.unwrap();
        let running =
            listed.iter().filter(|node| matches!(node.state, ObservedState::Running { .. })).count();
        // A child that ends lets go of the lock before it leaves its folder.
        until("what runs is what is known", || instance.processes().len() == running).await;
        runtime.remove_all().await.unwrap();
        assert_eq!(instance.processes(), NONE);
        drop(lock);
    }
}

async fn killed_with_a_node(instance: &Instance) {
    let mut simfra = Simfra::start(instance, "1");
    let ready = instance.home.path().join("ready");
    until("Simfra has its node", || ready.exists()).await;
    instance.process();
    simfra.kill();
}

fn bound(number: u16) -> NodeSpec {
    let mut spec = node("bound", Storage::Ephemeral);
    spec.id.node = CacheNodeId::new(number);
    spec
}

/// Holds an instance's lock, as Simfra does from its start to its end.
fn locked(path: &Path) -> File {
    let lock = File::create(path).unwrap();
    lock.lock().unwrap();
    lock
}

/// Killed when a test fails before it is done with it.
struct Simfra(Child);

impl Simfra {
    fn start(instance: &Instance, nodes: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "parent_death::plays_simfra", "--ignored"]);
        command
            .env(HOME, instance.home.path())
            .env("SIMFRA_TEST_DURABLE", instance.config.durable.to_string());
        command.env("SIMFRA_TEST_NODES", nodes);
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Simfra {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "started by the other tests of this file, to be killed"]
#[expect(clippy::disallowed_methods, reason = "how the test that starts this one says where")]
async fn plays_simfra() {
    let Some(home) = std::env::var_os(HOME).map(PathBuf::from) else { return };
    let durable = std::env::var("SIMFRA_TEST_DURABLE").unwrap() == "true";
    let nodes: u16 = std::env::var("SIMFRA_TEST_NODES").unwrap().parse().unwrap();
    let config = config(&home, durable);
    let _lock = locked(&config.lock_path);
    let runtime = ProcessRuntime::new(config, Tasks::default()).unwrap();
    let specs: Vec<_> = (1..=nodes).map(bound).collect();
    join_all(specs.iter().map(|spec| up(&runtime, spec))).await;
    std::fs::write(home.join("ready"), "").unwrap();
    std::future::pending::<()>().await;
}
