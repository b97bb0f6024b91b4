//! What Simfra sets up in an engine, in containers.

use dataplane::runtime::Storage;
use domain::engine::Engine;

use crate::access;
use crate::contract::up;
use crate::lab::{self, Lab};

#[tokio::test]
async fn clients_may_do_what_aws_lets_them() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("access", Storage::Ephemeral).await;
    for (engine, version, serving) in [
        (Engine::Redis, "7.1", None),
        // No Redis 8 is to be had at AWS; a newer engine than the family's must start all the same.
        (Engine::Redis, "7.1", Some("8")),
        (Engine::Valkey, "8.0", None),
    ] {
        let spec = access::configured("limited", engine, version, serving);
        up(&lab.runtime, &spec).await;
        let files = lab.exec(&lab.container(&spec), &["sh", "-c", "ulimit -Hn"]).await;
        access::holds(&lab.runtime, &spec, files.trim().parse().unwrap_or(u64::MAX)).await;
    }
    access::memcached_holds(&lab.runtime, &access::memcached("sessions")).await;
}
