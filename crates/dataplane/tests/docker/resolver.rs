//! The resolver alone, as an executable for the helper image of the tests.

use std::net::Ipv4Addr;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let outcome = dataplane::dns::resolver::run(tokio::io::stdin(), (Ipv4Addr::UNSPECIFIED, 53).into()).await;
    std::process::exit(i32::from(outcome.is_err()));
}
