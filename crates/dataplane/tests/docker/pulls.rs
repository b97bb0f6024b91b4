//! Pulls: with the user's credentials, once for all that wait, and refused with the reason.

use std::path::Path;

use bollard::query_parameters::RemoveImageOptionsBuilder;
use dataplane::runtime::docker::{DockerConfig, EngineImages};
use dataplane::runtime::{Runtime, RuntimeError, Storage};
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::contract::node;
use crate::lab::{self, Lab};
use crate::registry::{BASIC, Registry};

/// Any static executable does for an engine here: that it starts is enough.
const ENGINE: &str = env!("CARGO_BIN_EXE_dataplane-test-resolver");

/// An instance whose Redis image is the registry's.
async fn lab_with(instance: &str, registry: &Registry, docker_config_dir: Option<&Path>) -> (Lab, String) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let redis = format!("{}/simfra-test-{instance}:1", registry.address);
    let config = DockerConfig {
        images: EngineImages { redis: redis.clone(), ..EngineImages::default() },
        docker_config_dir: docker_config_dir.map(Path::to_owned),
        ..lab::config(instance, Storage::Ephemeral, &folder)
    };
    (Lab::with(config, folder).await, redis)
}

#[tokio::test]
async fn one_pull_with_the_users_credentials_serves_all() {
    if !lab::possible() {
        return;
    }
    let registry = Registry::of(ENGINE).await;
    let folder = tempfile::tempdir().unwrap();
    let auths = format!(r#"{{"auths":{{"{}":{{"auth":"{BASIC}"}}}}}}"#, registry.address);
    std::fs::write(folder.path().join("config.json"), auths).unwrap();
    let (lab, image) = lab_with("pulled", &registry, Some(folder.path())).await;

    let specs: Vec<_> = (1..=5_u8)
        .map(|n| {
            let mut spec = node(&format!("pulled-{n}"), Storage::Ephemeral);
            spec.address = [172, 31, 16, n].into();
            spec
        })
        .collect();
    let handles = join_all(specs.iter().map(|spec| lab.runtime.ensure(spec))).await;
    let removed = lab.runtime.remove_all().await;
    let force = RemoveImageOptionsBuilder::new().force(true).build();
    let pulled = lab.docker.remove_image(&image, Some(force), None).await;
    for handle in handles {
        assert!(!handle.unwrap().adopted);
    }
    pulled.expect("it was pulled");
    removed.unwrap();
    // A daemon may look a tag up twice in one pull.
    assert!((1..=2).contains(&registry.lookups()), "{} lookups for five nodes", registry.lookups());
}

#[tokio::test]
async fn a_registry_that_wants_credentials_refuses_with_its_reason() {
    if !lab::possible() {
        return;
    }
    let registry = Registry::of(ENGINE).await;
    let (lab, image) = lab_with("refused", &registry, None).await;
    let refused = lab.runtime.ensure(&node("refused", Storage::Ephemeral)).await;
    let Err(RuntimeError::EngineUnavailable(message)) = refused else { panic!("{refused:?}") };
    assert!(message.contains(&image) && message.contains("no basic auth credentials"), "{message}");
    assert_eq!(registry.lookups(), 0);
}
