//! An instance of its own for each test, on the machine's Docker, which leaves nothing behind.

use std::collections::HashMap;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::models::{ContainerCreateBody, EndpointSettings, HostConfig, NetworkingConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, ListNetworksOptionsBuilder,
    ListVolumesOptionsBuilder, StartContainerOptions,
};
use dataplane::Tasks;
use dataplane::relay::Secret;
use dataplane::runtime::docker::{DockerConfig, DockerRuntime, EngineImages};
use dataplane::runtime::{EngineFallback, NodeSpec, Runtime, RuntimeEvent, Storage};
use futures_util::StreamExt;
use tokio::sync::mpsc::UnboundedReceiver;

/// How long anything in these tests may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One instance and its runtime.
pub(crate) struct Lab {
    pub(crate) config: DockerConfig,
    pub(crate) runtime: DockerRuntime,
    pub(crate) docker: Docker,
    pub(crate) tasks: Tasks,
    /// Held, as a living Simfra holds it: another one's start on this machine cleans up after the dead.
    _lock: std::fs::File,
    _folder: tempfile::TempDir,
}

/// Why there is no Docker test on this machine, found once.
fn obstacle() -> Option<&'static str> {
    static OBSTACLE: OnceLock<Option<String>> = OnceLock::new();
    let find = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let docker = match Docker::connect_with_defaults() {
                Ok(docker) => docker.negotiate_version().await,
                Err(error) => Err(error),
            };
            let docker = match docker {
                Ok(docker) => docker,
                Err(error) => return Some(format!("no daemon answers: {error}")),
            };
            for image in ["redis:7", "valkey/valkey:8", "memcached:1.6"] {
                if docker.inspect_image(image).await.is_err() {
                    return Some(format!("no image {image}; make it with `cargo xtask engines`"));
                }
            }
            None
        })
    };
    OBSTACLE.get_or_init(|| std::thread::spawn(find).join().unwrap()).as_deref()
}

/// Whether the test can run; says aloud when it cannot, and fails where it must.
#[expect(clippy::disallowed_methods, reason = "a test's own switch, not Simfra's configuration")]
pub(crate) fn possible() -> bool {
    let Some(reason) = obstacle() else { return true };
    skipped(reason);
    assert_ne!(
        std::env::var("SIMFRA_TEST_REQUIRE_DOCKER").as_deref(),
        Ok("1"),
        "Docker is required: {reason}"
    );
    false
}

/// Says so past the test harness, which keeps what a passing test prints to itself.
pub(crate) fn skipped(reason: &str) {
    writeln!(std::io::stderr(), "SKIPPED docker: {reason}").expect("standard error is open");
}

/// Configuration of an instance named after the test; its lock file lies in `folder`.
pub(crate) fn config(instance: &str, storage: Storage, folder: &tempfile::TempDir) -> DockerConfig {
    DockerConfig {
        instance: format!("test-{instance}-{}", std::process::id()),
        durable: storage == Storage::Durable,
        lock_path: folder.path().join("lock"),
        data_id: None,
        images: EngineImages::default(),
        fallback: EngineFallback::Fail,
        vpc_pool: Ipv4Addr::new(10, 200, 0, 0)..=Ipv4Addr::new(10, 254, 0, 0),
        executable: PathBuf::from(env!("CARGO_BIN_EXE_dataplane-test-resolver")),
        docker_config_dir: None,
        relay_secret: Secret::new([u8::try_from(std::process::id() % 251).expect("below 251"); 32]),
    }
}

impl Lab {
    pub(crate) async fn new(instance: &str, storage: Storage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(instance, storage, &folder);
        Self::with(config, folder).await
    }

    pub(crate) async fn with(config: DockerConfig, folder: tempfile::TempDir) -> Self {
        let lock = std::fs::File::create(&config.lock_path).unwrap();
        lock.lock().unwrap();
        let tasks = Tasks::default();
        let runtime = DockerRuntime::connect(config.clone(), tasks.clone()).await.unwrap();
        let docker = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
        Self { config, runtime, docker, tasks, _lock: lock, _folder: folder }
    }

    /// The name of a node's container.
    pub(crate) fn container(&self, spec: &NodeSpec) -> String {
        format!("simfra-elasticache-{}-{}", spec.id, self.config.instance)
    }

    /// Simfra is gone as by `kill -9`, and another one of the instance comes.
    pub(crate) async fn crash(&mut self) {
        self.tasks.stop.cancel();
        self.tasks = Tasks::default();
        self.runtime = DockerRuntime::connect(self.config.clone(), self.tasks.clone()).await.unwrap();
    }

    /// What is labelled with this instance: containers, networks, volumes by name.
    pub(crate) async fn everything(&self) -> Vec<String> {
        let filters =
            HashMap::from([("label", vec![format!("dev.simfra.instance={}", self.config.instance)])]);
        let containers = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let containers = self.docker.list_containers(Some(containers)).await.unwrap();
        let networks = ListNetworksOptionsBuilder::new().filters(&filters).build();
        let networks = self.docker.list_networks(Some(networks)).await.unwrap();
        let volumes = ListVolumesOptionsBuilder::new().filters(&filters).build();
        let volumes = self.docker.list_volumes(Some(volumes)).await.unwrap().volumes.unwrap_or_default();
        let containers = containers.into_iter().map(|c| c.names.unwrap().concat());
        let networks = networks.into_iter().map(|n| n.name.unwrap());
        containers.chain(networks).chain(volumes.into_iter().map(|v| v.name)).collect()
    }

    /// A container of the user's, on the network, that does nothing.
    pub(crate) async fn user_container(&self, name: &str, network: &str) -> String {
        let endpoints = HashMap::from([(network.to_owned(), EndpointSettings::default())]);
        let body = ContainerCreateBody {
            image: Some("redis:7".to_owned()),
            entrypoint: Some(vec!["sleep".to_owned(), "600".to_owned()]),
            host_config: Some(HostConfig { network_mode: Some(network.to_owned()), ..Default::default() }),
            networking_config: Some(NetworkingConfig { endpoints_config: Some(endpoints) }),
            ..Default::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let id = self.docker.create_container(Some(options), body).await.unwrap().id;
        self.docker.start_container(&id, None::<StartContainerOptions>).await.unwrap();
        id
    }

    /// What a command in a container prints.
    pub(crate) async fn exec(&self, container: &str, command: &[&str]) -> String {
        let options = CreateExecOptions {
            cmd: Some(command.iter().map(|&word| word.to_owned()).collect()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..Default::default()
        };
        let exec = self.docker.create_exec(container, options).await.unwrap().id;
        let StartExecResults::Attached { output, .. } = self.docker.start_exec(&exec, None).await.unwrap()
        else {
            panic!("attached was asked for")
        };
        output.map(|line| line.unwrap().to_string()).collect::<Vec<_>>().await.concat()
    }

    /// What a client in a Redis node's container gets when it asks the name for a PONG: that, or why not.
    pub(crate) async fn ping(&self, container: &str, name: &str) -> String {
        self.exec(container, &["redis-cli", "-h", name, "PING"]).await
    }
}

/// The next event, in time.
pub(crate) async fn next(events: &mut UnboundedReceiver<RuntimeEvent>) -> RuntimeEvent {
    tokio::time::timeout(PATIENCE, events.recv()).await.expect("an event in time").expect("events go on")
}

/// Waits until the probe says yes.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut probe: impl FnMut() -> F) {
    let reached = async {
        while !probe().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, reached).await.is_ok(), "not in time: {what}");
}

impl Drop for Lab {
    /// Also after a failed assertion; in a thread, for a runtime of its own.
    fn drop(&mut self) {
        self.tasks.stop.cancel();
        let config = self.config.clone();
        let clean = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                DockerRuntime::connect(config, Tasks::default()).await?.remove_all().await
            })
        };
        let cleaned = std::thread::spawn(clean).join();
        if !std::thread::panicking() {
            cleaned.expect("cleaning up does not panic").expect("cleaning up works");
        }
    }
}

/// A name for a thing of the user's, in this test run.
pub(crate) fn user_name(what: &str) -> String {
    format!("simfra-user-{what}-{}", std::process::id())
}

/// Whether the runtime lists the node, and how.
pub(crate) async fn listed(
    runtime: &dyn Runtime,
    spec: &NodeSpec,
) -> Option<dataplane::runtime::ObservedState> {
    let nodes = runtime.list().await.unwrap();
    nodes.into_iter().find(|node| node.id == spec.id).map(|node| node.state)
}
