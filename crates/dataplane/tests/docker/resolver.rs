//! Simfra's roles inside a VPC, as an executable for the helper image of the tests.

use std::net::{Ipv4Addr, SocketAddrV4};

use dataplane::proxy::memcached::{self, ProxyConfig};
use dataplane::relay::{self, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("proxy") {
        return proxy();
    }
    let input = tokio::io::stdin();
    let failed = match std::env::args().nth(1).as_deref() {
        Some("resolver") => {
            dataplane::dns::resolver::run(input, (Ipv4Addr::UNSPECIFIED, 53).into()).await.is_err()
        }
        Some("relay") => {
            let listen = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, relay::PORT);
            relay::run(input, listen, Secret::new([1; 32])).await.is_err()
        }
        // As an engine it only runs.
        Some("redis-server") => std::future::pending().await,
        _ => true,
    };
    std::process::exit(i32::from(failed));
}

/// The options are in the order in which the runtimes give them.
fn proxy() {
    let mut words = std::env::args().skip(2);
    let mut next = |option: &str| {
        assert_eq!(words.next().as_deref(), Some(option));
        words.next().expect("each option has a value")
    };
    let listen = next("--listen").parse().expect("an address");
    let server = next("--server").parse().expect("an address");
    let nodes = next("--nodes").into();
    // No node of theirs speaks TLS.
    let command = words.skip(1).map(Into::into).collect();
    let Err(failed) = memcached::run(&ProxyConfig { listen, server, nodes, tls: None, command });
    panic!("{failed}");
}
