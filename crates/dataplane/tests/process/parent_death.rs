//! Simfra dies by kill -9: what becomes of the engines.
//!
//! Simfra's part is played by this test executable, started a second time with one ignored test.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use dataplane::Tasks;
use dataplane::runtime::Storage;
use dataplane::runtime::process::ProcessRuntime;

use crate::contract::{node, up};
use crate::instance::{Instance, config, until};

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
    assert!(up(&runtime, &node("bound", Storage::Ephemeral)).await.adopted);
    assert_eq!(instance.process(), engine);
    runtime.remove_all().await.unwrap();
    until("the engine is gone", || instance.processes().is_empty()).await;
}

async fn killed_with_a_node(instance: &Instance) {
    let mut simfra = Simfra::start(instance);
    let ready = instance.home.path().join("ready");
    until("Simfra has its node", || ready.exists()).await;
    instance.process();
    simfra.0.kill().unwrap();
    simfra.0.wait().unwrap();
}

/// Killed when a test fails before it is done with it.
struct Simfra(Child);

impl Simfra {
    fn start(instance: &Instance) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "parent_death::plays_simfra", "--ignored"]);
        command
            .env(HOME, instance.home.path())
            .env("SIMFRA_TEST_DURABLE", instance.config.durable.to_string());
        Self(command.stdout(Stdio::null()).spawn().unwrap())
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
    let runtime = ProcessRuntime::new(config(&home, durable), Tasks::default()).unwrap();
    up(&runtime, &node("bound", Storage::Ephemeral)).await;
    std::fs::write(home.join("ready"), "").unwrap();
    std::future::pending::<()>().await;
}
