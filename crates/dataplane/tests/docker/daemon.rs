//! The daemon goes away and comes back: behind a socket of the test's own, which can be cut.

use std::path::{Path, PathBuf};

use bollard::query_parameters::KillContainerOptions;
use dataplane::Tasks;
use dataplane::runtime::docker::DockerRuntime;
use dataplane::runtime::{ObservedState, Runtime, RuntimeEvent, Storage};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::contract::{call, node, up};
use crate::lab::{self, Lab, listed, next};

/// Docker's socket on the machine; tests by another transport are skipped aloud.
const SOCKET: &str = "/var/run/docker.sock";

/// Passes connections on to Docker until it is dropped, and with it every connection.
struct Relay {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    fn at(path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let serve = async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    let Ok(mut far) = UnixStream::connect(SOCKET).await else { return };
                    let _ended = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a test's own task, aborted by its owner")]
        let task = tokio::spawn(serve);
        Self { path: path.to_owned(), task }
    }

    /// Like a daemon that stops: no listener, no connection.
    async fn cut(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        std::fs::remove_file(&self.path).unwrap();
    }
}

#[tokio::test]
async fn what_ends_with_the_daemon_is_no_death_and_its_return_is_told() {
    if !lab::possible() {
        return;
    }
    if !Path::new(SOCKET).exists() {
        lab::skipped(&format!("no socket {SOCKET}"));
        return;
    }
    let lab = Lab::new("daemon", Storage::Durable).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    let relay = Relay::at(&path);
    let host = format!("unix://{}", path.display());
    let tasks = Tasks::default();
    let runtime = DockerRuntime::connect_to(&host, lab.config.clone(), tasks.clone()).await.unwrap();
    let mut events = runtime.events();
    let spec = node("restarts", Storage::Durable);
    up(&runtime, &spec).await;
    call(&runtime, &spec, &["SET", "key", "kept"]).await;

    relay.cut().await;
    assert!(runtime.list().await.is_err());
    lab.docker.kill_container(&lab.container(&spec), None::<KillContainerOptions>).await.unwrap();
    let _relay = Relay::at(&path);
    assert_eq!(next(&mut events).await, RuntimeEvent::Returned);
    assert!(matches!(listed(&runtime, &spec).await, Some(ObservedState::Exited { .. })));
    up(&runtime, &spec).await;

    // The subscription lives again.
    lab.docker.kill_container(&lab.container(&spec), None::<KillContainerOptions>).await.unwrap();
    assert!(matches!(next(&mut events).await, RuntimeEvent::Exited { id, .. } if id == spec.id));
    tasks.stop.cancel();
}

#[tokio::test]
async fn no_daemon_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let config = lab::config("nowhere", Storage::Ephemeral, &folder);
    let host = format!("unix://{}", folder.path().join("absent.sock").display());
    let error = DockerRuntime::connect_to(&host, config, Tasks::default()).await.unwrap_err().to_string();
    assert!(error.contains("Docker daemon") && error.contains("DOCKER_HOST"), "{error}");
}
