//! Simfra's roles inside a VPC, as an executable for the helper image of the tests.

use std::net::{Ipv4Addr, SocketAddrV4};

use dataplane::relay::{self, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let input = tokio::io::stdin();
    let failed = match std::env::args().nth(1).as_deref() {
        Some("resolver") => {
            dataplane::dns::resolver::run(input, (Ipv4Addr::UNSPECIFIED, 53).into()).await.is_err()
        }
        Some("relay") => {
            let listen = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, relay::PORT);
            relay::run(input, listen, Secret::new([1; 32])).await.is_err()
        }
        _ => true,
    };
    std::process::exit(i32::from(failed));
}
