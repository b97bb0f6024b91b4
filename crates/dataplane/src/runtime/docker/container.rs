//! What a node's container is made of: the engine's command line, its data, its place in the network.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, Mount, MountType,
    MountVolumeOptions, NetworkingConfig,
};
use domain::engine::Engine;
use domain::engine_version::VersionNumber;

use super::certificate;
use super::helper_image::ENTRYPOINT;
use super::labels::{IMAGE, Owner, Role};
use super::network::Bridge;
use super::seed::{self, DATA};
use crate::engine::arguments;
use crate::runtime::{NodeSpec, Storage};

/// The file with the nodes of a Memcached node's cluster, in its proxy's container.
pub(super) const NODES_FILE: &str = "/nodes.json";

/// Memcached does not start when it may not open as many files as it is to have connections: 65,000, as
/// ElastiCache's parameter groups have it, or nine tenths of what Docker lets the container open.
const MEMCACHED: &str = "c=65000; l=$(ulimit -Hn); \
    if [ \"$l\" != unlimited ] && [ $((l - l / 10)) -lt $c ]; then c=$((l - l / 10)); fi; \
    exec memcached \"$@\" -c $c";

/// Where a node is to be: its network, and its address there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) bridge: Bridge,
    pub(super) address: Ipv4Addr,
}

/// The whole container, of an engine of `version`. It publishes no port, and nothing but Simfra restarts it.
pub(super) fn body(
    owner: &Owner,
    spec: &NodeSpec,
    place: &Place,
    image: &str,
    version: VersionNumber,
) -> ContainerCreateBody {
    if spec.engine == Engine::Memcached {
        return behind_proxy(owner, spec, place, image, version);
    }
    let ipam = EndpointIpamConfig { ipv4_address: Some(place.address.to_string()), ..Default::default() };
    let endpoint = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
    let mut host = HostConfig {
        network_mode: Some(place.bridge.name.clone()),
        dns: Some(vec![place.bridge.resolver().to_string()]),
        ..Default::default()
    };
    match spec.storage {
        Storage::Durable => host.mounts = Some(vec![volume(owner, spec)]),
        // The images declare a volume there: without a mount each container would leave an unnamed one behind.
        Storage::Ephemeral => host.tmpfs = Some(HashMap::from([(DATA.to_owned(), String::new())])),
    }
    ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(command(spec, place.address, version)),
        labels: Some(owner.node_labels(spec, Role::Node, place.address)),
        host_config: Some(host),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(place.bridge.name.clone(), endpoint)])),
        }),
        ..Default::default()
    }
}

/// A Memcached server, in the network of its proxy.
fn behind_proxy(
    owner: &Owner,
    spec: &NodeSpec,
    place: &Place,
    image: &str,
    version: VersionNumber,
) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(command(spec, place.address, version)),
        labels: Some(owner.node_labels(spec, Role::Node, place.address)),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{}", owner.proxy(&spec.id))),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The proxy of a Memcached node: it has the node's address.
pub(super) fn proxy_body(owner: &Owner, spec: &NodeSpec, place: &Place, image: &str) -> ContainerCreateBody {
    let ipam = EndpointIpamConfig { ipv4_address: Some(place.address.to_string()), ..Default::default() };
    let endpoint = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
    let mut labels = owner.node_labels(spec, Role::Proxy, place.address);
    labels.insert(IMAGE.to_owned(), image.to_owned());
    let (listen, server) = (format!("0.0.0.0:{}", spec.port), format!("127.0.0.1:{}", inner_port(spec)));
    let mut words = vec!["proxy", "--listen", &listen, "--server", &server, "--nodes", NODES_FILE];
    if spec.tls.is_some() {
        words.extend(["--tls", certificate::PROXY_FOLDER]);
    }
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec![ENTRYPOINT.to_owned()]),
        cmd: Some(words.into_iter().map(str::to_owned).collect()),
        labels: Some(labels),
        host_config: Some(HostConfig {
            network_mode: Some(place.bridge.name.clone()),
            dns: Some(vec![place.bridge.resolver().to_string()]),
            cap_drop: Some(vec!["ALL".to_owned()]),
            ..Default::default()
        }),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(place.bridge.name.clone(), endpoint)])),
        }),
        ..Default::default()
    }
}

/// Where a Memcached server listens behind its proxy.
fn inner_port(spec: &NodeSpec) -> u16 {
    const USUAL: u16 = 22122;
    if spec.port == USUAL { USUAL + 1 } else { USUAL }
}

/// Docker makes the volume with the container.
fn volume(owner: &Owner, spec: &NodeSpec) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(owner.volume(&spec.id, spec.generation)),
        target: Some(DATA.to_owned()),
        volume_options: Some(MountVolumeOptions {
            labels: Some(owner.volume_labels(spec, Role::Volume)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The arguments, as the official images' entrypoints take them.
fn command(spec: &NodeSpec, address: Ipv4Addr, version: VersionNumber) -> Vec<String> {
    let server = match spec.engine {
        Engine::Redis => "redis-server",
        Engine::Valkey => "valkey-server",
        Engine::Memcached => {
            let port = inner_port(spec).to_string();
            let words = ["sh", "-c", MEMCACHED, "memcached", "-p", &port, "-l", "127.0.0.1"];
            let words = words.into_iter().map(str::to_owned).chain(spec.memcached_memory());
            return words.chain(arguments::memcached_settings(spec, version)).collect();
        }
    };
    let place = arguments::Place {
        bind: Ipv4Addr::UNSPECIFIED,
        port: spec.port,
        address,
        folder: Path::new(seed::folder(spec)),
        folder_of_map: Path::new(seed::folder_of_map(spec)),
        secrets: Path::new(certificate::FOLDER),
    };
    let directives = arguments::redis(spec, place, version);
    std::iter::once(server.to_owned()).chain(arguments::command_line(&directives)).collect()
}
