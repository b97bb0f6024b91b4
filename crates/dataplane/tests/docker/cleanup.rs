//! Cleaning up takes what is this instance's or a dead one's, and nothing else.

use std::path::{Path, PathBuf};

use bollard::query_parameters::RemoveContainerOptionsBuilder;
use dataplane::Tasks;
use dataplane::runtime::docker::{DockerConfig, DockerRuntime};
use dataplane::runtime::{Runtime, Storage};

use crate::contract::{node, up};
use crate::lab::{self, Lab, user_name};

#[tokio::test]
async fn a_sweep_takes_only_what_is_dead_and_not_durable() {
    if !lab::possible() {
        return;
    }
    let sweeper = Lab::new("sweeper", Storage::Ephemeral).await;
    let dead = Lab::new("swept-dead", Storage::Ephemeral).await;
    let alive = Lab::new("swept-alive", Storage::Ephemeral).await;
    let durable = Lab::new("swept-durable", Storage::Durable).await;
    for lab in [&sweeper, &dead, &alive, &durable] {
        let storage = if lab.config.durable { Storage::Durable } else { Storage::Ephemeral };
        up(&lab.runtime, &node("swept", storage)).await;
    }
    // A dead one's tasks are dead too.
    dead.tasks.stop.cancel();
    durable.tasks.stop.cancel();
    let free: Vec<PathBuf> = [&sweeper, &dead, &durable].map(|lab| lab.config.lock_path.clone()).into();
    sweeper.runtime.sweep(&|lock: &Path| free.iter().any(|path| path == lock)).await.unwrap();

    assert_eq!(dead.everything().await, [""; 0]);
    // A node, a network and a resolver each; the durable one has a volume too.
    assert_eq!(sweeper.everything().await.len(), 3);
    assert_eq!(alive.everything().await.len(), 3);
    assert_eq!(durable.everything().await.len(), 4);
}

#[tokio::test]
async fn an_instance_in_memory_does_not_destroy_kept_data_of_its_name() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("kept", Storage::Durable).await;
    let spec = node("kept", Storage::Durable);
    up(&lab.runtime, &spec).await;
    let before = lab.everything().await;

    let config = DockerConfig { durable: false, ..lab.config.clone() };
    let in_memory = DockerRuntime::connect(config, Tasks::default()).await.unwrap();
    in_memory.remove_all().await.unwrap();
    assert_eq!(lab.everything().await, before);

    lab.runtime.remove_all().await.unwrap();
    assert_eq!(lab.everything().await, [""; 0]);
}

#[tokio::test]
async fn a_network_with_a_users_container_is_left_to_the_user() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("attached", Storage::Ephemeral).await;
    let spec = node("attached", Storage::Ephemeral);
    let network = lab.runtime.ensure_network(&spec.network).await.unwrap();
    let theirs = lab.user_container(&user_name("attached"), &network.name).await;
    up(&lab.runtime, &spec).await;

    lab.runtime.remove_all().await.unwrap();
    let left = lab.everything().await;
    lab.runtime.remove_network(&spec.network.vpc).await.unwrap();
    let still = lab.everything().await;
    let remove = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    lab.docker.remove_container(&theirs, Some(remove)).await.expect("it is still there");
    assert_eq!((&left[..], &still[..]), (&[network.name.clone()][..], &[network.name][..]));

    lab.runtime.remove_network(&spec.network.vpc).await.unwrap();
    assert_eq!(lab.everything().await, [""; 0]);
}

#[tokio::test]
async fn a_stop_with_a_data_directory_leaves_data_and_network_and_nothing_that_runs() {
    if !lab::possible() {
        return;
    }
    let mut lab = Lab::new("stopped", Storage::Durable).await;
    let spec = node("stopped", Storage::Durable);
    let handle = up(&lab.runtime, &spec).await;
    lab.runtime.stop(&spec.id).await.unwrap();
    lab.runtime.remove_companions().await.unwrap();
    let suffix = &lab.config.instance;
    let network = format!("simfra-vpc-{}-{suffix}", spec.network.vpc);
    let volume = format!("simfra-elasticache-{}-g1-{suffix}", spec.id);
    assert_eq!(lab.everything().await, [network, volume]);

    lab.crash().await;
    assert_eq!(up(&lab.runtime, &spec).await, handle);
}
