//! What Simfra sets up in an engine, in processes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dataplane::runtime::Runtime;
use domain::engine::Engine;
use rustix::process::{Resource, getrlimit};

use crate::access;
use crate::contract::up;
use crate::instance::{Instance, machine_engines};

#[tokio::test]
async fn clients_may_do_what_aws_lets_them() {
    let mut instance = Instance::in_memory();
    instance.config.engine_path = machine_engines();
    let runtime = instance.runtime();
    let files = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    for (engine, version) in [(Engine::Redis, "7.1"), (Engine::Valkey, "8.0")] {
        let spec = access::configured("limited", engine, version, None);
        access::holds(&runtime, &spec, files).await;
    }
    access::memcached_holds(&runtime, &access::memcached("sessions")).await;
}

#[tokio::test]
async fn no_secret_stands_where_others_can_read() {
    let instance = Instance::in_memory();
    let runtime = instance.runtime();
    let spec = access::configured("private", Engine::Redis, "7.1", None);
    up(&runtime, &spec).await;
    let line = fs::read_to_string(format!("/proc/{}/cmdline", instance.process())).unwrap();
    assert!(line.contains("engine.conf") && !line.contains("rename"), "{line}");
    let file = instance.config.run_dir.join("nodes").join(spec.id.to_string()).join("engine.conf");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().contains("rename-command \"CONFIG\""));
    runtime.remove(&spec.id).await.unwrap();
    assert!(!file.exists());
}
