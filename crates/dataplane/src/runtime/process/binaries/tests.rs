use super::*;

fn binaries(engine_path: &Path, fallback: EngineFallback) -> Binaries {
    Binaries {
        engine_path: engine_path.to_owned(),
        search_path: Vec::new(),
        fallback,
        told: Mutex::default(),
    }
}

/// A script that says it is of a version, as a wrapper with its own loader does.
fn put(folder: &Path, name: &str, says: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_engines_versions_are_read() {
    let redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1";
    assert_eq!(told_version(Engine::Redis, redis).unwrap().text, "7.0.15");
    assert_eq!(told_version(Engine::Valkey, "Valkey server v=8.1.1 sha=0").unwrap().text, "8.1.1");
    assert_eq!(told_version(Engine::Memcached, "memcached 1.6.18\n").unwrap().text, "1.6.18");
    assert_eq!(told_version(Engine::Redis, "Valkey server v=8.1.1 sha=0"), None);
}

#[test]
fn a_version_is_served_as_far_as_its_minor() {
    let serves = |asked: &str, have: &str| serves(Engine::Redis, asked, &Version::parse(have).unwrap());
    assert!(serves("7.0", "7.0.15") && serves("7.0.7", "7.0.15") && serves("7", "7.2.4"));
    assert!(!serves("6.2", "7.0.15") && !serves("7.0", "7.2.4") && !serves("x", "7.0.15"));
    assert!(serves("7.1", "7.2.4") && !serves("7.1", "7.0.15"));
}

#[tokio::test]
async fn the_version_asked_for_is_found_in_a_folder_of_its_own() {
    let engines = tempfile::tempdir().unwrap();
    put(&engines.path().join("redis-6.2/bin"), "redis-server", "Redis server v=6.2.14 sha=0");
    let newer = put(&engines.path().join("redis-7.2/bin"), "redis-server", "Redis server v=7.2.4 sha=0");
    put(&engines.path().join("a-root/usr/local/bin"), "redis-server", "Redis server v=5.0.6 sha=0");
    let choice =
        binaries(engines.path(), EngineFallback::Fail).choose(Engine::Redis, Some("7.1")).await.unwrap();
    assert_eq!((choice.binary.path, choice.notice), (newer, None));
}

#[tokio::test]
async fn another_version_fails_or_serves_with_a_notice() {
    let engines = tempfile::tempdir().unwrap();
    let path = put(engines.path(), "redis-server", "Redis server v=7.0.15 sha=0");
    let failed = binaries(engines.path(), EngineFallback::Fail).choose(Engine::Redis, Some("6.2")).await;
    let Err(RuntimeError::EngineUnavailable(message)) = failed else { panic!("{failed:?}") };
    for part in ["redis 6.2", "7.0.15", "SIMFRA_ENGINE_FALLBACK=warn", path.to_str().unwrap()] {
        assert!(message.contains(part), "no '{part}' in '{message}'");
    }
    let choice =
        binaries(engines.path(), EngineFallback::Warn).choose(Engine::Redis, Some("6.2")).await.unwrap();
    assert!(choice.notice.unwrap().contains("7.0.15"));
}

#[tokio::test]
async fn what_does_not_work_is_named() {
    let engines = tempfile::tempdir().unwrap();
    let none = binaries(engines.path(), EngineFallback::Warn).choose(Engine::Valkey, None).await.unwrap_err();
    assert!(none.to_string().contains("no valkey-server is below"), "{none}");
    put(engines.path(), "redis-server", "Valkey server v=8.1.1 sha=0");
    let other = binaries(engines.path(), EngineFallback::Warn).choose(Engine::Redis, None).await.unwrap_err();
    assert!(other.to_string().contains("is no redis: 'Valkey server v=8.1.1 sha=0'"), "{other}");
}
