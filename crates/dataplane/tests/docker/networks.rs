//! Networks: the VPC's own range or one of the pool, addresses at their offsets, and names.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::{InspectNetworkOptions, KillContainerOptions};
use dataplane::dns::{Zone, ZoneChange, ZoneUpdate};
use dataplane::runtime::{NetworkSpec, NodeSpec, Runtime, Storage};
use ipnet::Ipv4Net;

use crate::contract::{node, up};
use crate::lab::{self, Lab, until, user_name};

/// What the C library says to NXDOMAIN, and to nothing else.
const NO_SUCH_NAME: &str = "Name or service not known";

/// Ranges for benchmarks (RFC 2544): nothing else on a machine has them.
fn network(range: &str) -> NetworkSpec {
    NetworkSpec { cidr: range.parse().unwrap(), ..node("any", Storage::Ephemeral).network }
}

fn node_in(network: NetworkSpec, address: &str) -> NodeSpec {
    NodeSpec { network, address: address.parse().unwrap(), ..node("placed", Storage::Ephemeral) }
}

#[tokio::test]
async fn a_free_range_is_the_networks_own_and_survives_a_crash() {
    if !lab::possible() {
        return;
    }
    let mut lab = Lab::new("own-range", Storage::Ephemeral).await;
    let spec = network("198.18.77.0/24");
    let made = lab.runtime.ensure_network(&spec).await.unwrap();
    assert_eq!(made.pool, spec.cidr);
    assert_eq!(made.resolver, Some(Ipv4Addr::new(198, 18, 77, 2)));
    let placed = node_in(spec.clone(), "198.18.77.20");
    assert_eq!(up(&lab.runtime, &placed).await.address, IpAddr::V4(placed.address));

    let docker = lab.docker.inspect_network(&made.name, None::<InspectNetworkOptions>).await.unwrap();
    let ipam = docker.ipam.unwrap().config.unwrap().remove(0);
    assert_eq!(ipam.gateway.as_deref(), Some("198.18.77.1"));
    assert_eq!(ipam.ip_range.as_deref(), Some("198.18.77.240/28"));

    lab.crash().await;
    assert_eq!(lab.runtime.ensure_network(&spec).await.unwrap(), made);
    let mapping = lab.runtime.networks().await.remove(0);
    assert_eq!((mapping.name, mapping.cidr, mapping.pool), (made.name, spec.cidr, made.pool));
}

#[tokio::test]
async fn a_taken_range_is_mapped_with_the_same_offsets() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("taken-range", Storage::Ephemeral).await;
    let theirs = user_name("range");
    let config = IpamConfig { subnet: Some("198.18.78.0/24".to_owned()), ..Default::default() };
    let request = NetworkCreateRequest {
        name: theirs.clone(),
        ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
        ..Default::default()
    };
    lab.docker.create_network(request).await.unwrap();
    let placed = node_in(network("198.18.78.0/23"), "198.18.79.9");
    let made = lab.runtime.ensure_network(&placed.network).await;
    let handle = lab.runtime.ensure(&placed).await;
    lab.docker.remove_network(&theirs).await.unwrap();

    let pool: Ipv4Net = made.unwrap().pool;
    assert_eq!(pool.prefix_len(), 16);
    let [a, b, ..] = pool.network().octets();
    assert_eq!(handle.unwrap().address, IpAddr::V4(Ipv4Addr::new(a, b, 1, 9)));
}

#[tokio::test]
async fn a_network_that_vanished_is_made_anew_for_the_next_node() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("vanished", Storage::Ephemeral).await;
    let mut placed = node_in(network("198.18.80.0/24"), "198.18.80.20");
    let made = lab.runtime.ensure_network(&placed.network).await.unwrap();
    let resolver = made.name.replace("simfra-vpc-", "simfra-resolver-");
    let force = bollard::models::NetworkDisconnectRequest { container: resolver, force: Some(true) };
    lab.docker.disconnect_network(&made.name, force).await.unwrap();
    lab.docker.remove_network(&made.name).await.unwrap();

    placed.generation = placed.generation.next();
    let handle = up(&lab.runtime, &placed).await;
    assert_eq!(handle.address, IpAddr::V4(placed.address));
}

#[tokio::test]
async fn names_resolve_in_the_vpc_and_come_back_with_the_resolver() {
    if !lab::possible() {
        return;
    }
    let lab = Lab::new("names", Storage::Ephemeral).await;
    let spec = node("names", Storage::Ephemeral);
    let handle = up(&lab.runtime, &spec).await;
    let IpAddr::V4(address) = handle.address else { panic!("containers have IPv4 addresses") };
    let name = "names.abcdef.0001.use1.cache.simfra.dev";
    let zone = |names: &[&str]| Zone {
        suffix: "simfra.dev".to_owned(),
        names: names.iter().map(|&name| (name.to_owned(), vec![address])).collect::<BTreeMap<_, _>>(),
    };
    lab.runtime.publish_zone(&spec.network.vpc, &zone(&[name])).await.unwrap();
    let container = lab.container(&spec);
    let answers = async || lab.ping(&container, name).await.contains("PONG");
    until("the name resolves", answers).await;
    let absent = lab.ping(&container, "absent.cache.simfra.dev").await;
    assert!(absent.contains(NO_SUCH_NAME), "{absent}");

    let added = "added.abcdef.0001.use1.cache.simfra.dev";
    let change = ZoneChange { gone: Vec::new(), names: zone(&[added]).names };
    assert!(lab.runtime.put_zone(&spec.network.vpc, ZoneUpdate::Change(change)));
    lab.runtime.has_zone(&spec.network.vpc).await.unwrap();
    let has_both = async || {
        let [first, second] = [lab.ping(&container, name).await, lab.ping(&container, added).await];
        first.contains("PONG") && second.contains("PONG")
    };
    until("a change adds a name", has_both).await;

    let resolver = format!("simfra-resolver-{}-{}", spec.network.vpc, lab.config.instance);
    lab.docker.kill_container(&resolver, None::<KillContainerOptions>).await.unwrap();
    until("the resolver is back with its zone and what changed", has_both).await;

    lab.runtime.publish_zone(&spec.network.vpc, &zone(&[])).await.unwrap();
    until("the name is gone", async || lab.ping(&container, name).await.contains(NO_SUCH_NAME)).await;
}

#[tokio::test]
async fn the_resolver_serves_on_while_simfra_is_away_and_hears_the_next_one() {
    if !lab::possible() {
        return;
    }
    let mut lab = Lab::new("orphaned-names", Storage::Ephemeral).await;
    let spec = node("orphaned-names", Storage::Ephemeral);
    let handle = up(&lab.runtime, &spec).await;
    let IpAddr::V4(address) = handle.address else { panic!("containers have IPv4 addresses") };
    let zone = |name: &str| Zone {
        suffix: "simfra.dev".to_owned(),
        names: BTreeMap::from([(name.to_owned(), vec![address])]),
    };
    let vpc = spec.network.vpc.clone();
    lab.runtime.publish_zone(&vpc, &zone("first.simfra.dev")).await.unwrap();
    let container = lab.container(&spec);
    until("the first name", async || lab.ping(&container, "first.simfra.dev").await.contains("PONG")).await;

    lab.crash().await;
    assert!(lab.ping(&container, "first.simfra.dev").await.contains("PONG"));
    lab.runtime.publish_zone(&vpc, &zone("second.simfra.dev")).await.unwrap();
    lab.runtime.ensure_network(&spec.network).await.unwrap();
    until("the second name", async || lab.ping(&container, "second.simfra.dev").await.contains("PONG")).await;
    let first = lab.ping(&container, "first.simfra.dev").await;
    assert!(first.contains(NO_SUCH_NAME), "{first}");
}
