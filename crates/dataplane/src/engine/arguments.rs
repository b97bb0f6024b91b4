//! The configuration of a Redis or Valkey node, the same on every runtime: directives, as a command line takes them.
//!
//! Knows what every node has. What a runtime alone knows (where to listen, where data lies) it is told.

use std::net::Ipv4Addr;
use std::path::Path;

use domain::engine_version::VersionNumber;
use domain::parameter::Setting;
use sha2::{Digest, Sha256};

use super::birth;
use super::secrets::hex;
use crate::runtime::{NodeSpec, Replication, Storage, bus_port, inner_port};
use crate::tls;

/// The first version whose replicas can be kept from taking over by themselves.
const NO_FAILOVER_SINCE: VersionNumber = VersionNumber::new(5, 0, 0);
/// The first version that tells clients names, and whose bus can have a port of its own.
pub(super) const NAMES_SINCE: VersionNumber = VersionNumber::new(7, 0, 0);

/// The first version that can be told how often nodes hear from each other.
const INTERVAL_SINCE: VersionNumber = VersionNumber::new(7, 2, 0);
/// After how long without word of another a node asks it, in milliseconds. By itself it is half of `cluster-node-timeout`,
/// 7.5 seconds: so long a node that was just met may be without its name in another's eyes.
const INTERVAL: u32 = 500;

/// One directive of the engine's configuration, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    name: &'static str,
    values: Vec<String>,
}

/// What a runtime decides about a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The address to listen on.
    pub(crate) bind: Ipv4Addr,
    /// The port to listen on.
    pub(crate) port: u16,
    /// Where the others of its network reach it.
    pub(crate) address: Ipv4Addr,
    /// The folder of the append-only file.
    pub(crate) folder: &'a Path,
    /// The folder of what it knows of its cluster.
    pub(crate) folder_of_map: &'a Path,
    /// The folder of a TLS node's certificate and key.
    pub(crate) secrets: &'a Path,
}

/// A node's configuration, as far as it is the same everywhere, for the version of the engine that runs it.
pub(crate) fn redis(spec: &NodeSpec, place: Place<'_>, version: VersionNumber) -> Vec<Directive> {
    let append_only = match spec.storage {
        Storage::Durable => "yes",
        Storage::Ephemeral => "no",
    };
    let mut directives = vec![
        directive("bind", bind(spec, place)),
        directive("protected-mode", "no"),
        directive("dir", place.folder.display()),
        directive("appendonly", append_only),
        directive("appendfsync", "everysec"),
        directive("save", ""),
    ];
    directives.extend(ports(spec, place));
    directives.extend(replication(spec, place, version));
    directives.extend(spec.memory.map(|bytes| directive("maxmemory", bytes)));
    directives.extend(settings(&spec.configuration.settings, version));
    directives.extend(spec.configuration.access.iter().flat_map(|access| access.directives(version)));
    directives
}

/// The address at which it listens: behind a proxy in a network of their own, for that alone. One with cluster mode has
/// its bus at the address that it starts with, and leaves it to the proxy when that is there.
fn bind(spec: &NodeSpec, place: Place<'_>) -> Ipv4Addr {
    if spec.is_proxied && place.bind.is_unspecified() && spec.name_in_cluster().is_none() {
        Ipv4Addr::LOCALHOST
    } else {
        place.bind
    }
}

/// Where it listens. An engine that is given one port for plain connections and for TLS does not bind it: a TLS node has
/// no plain port. One behind a proxy has nothing else, and what it needs to follow others with TLS.
fn ports(spec: &NodeSpec, place: Place<'_>) -> Vec<Directive> {
    let ports = match &spec.tls {
        _ if spec.is_proxied => {
            vec![directive("port", inner_port(place.port)), directive("replica-announce-port", place.port)]
        }
        None => vec![directive("port", place.port)],
        Some(_) => vec![directive("port", 0), directive("tls-port", place.port)],
    };
    let files = spec.tls.iter().flat_map(|_| tls_files(place.secrets));
    ports.into_iter().chain(files.map(|(name, value)| directive(name, value))).collect()
}

/// What an engine needs to speak TLS, with its certificate, its key and their authority in `folder`.
pub(crate) fn tls_files(folder: &Path) -> [(&'static str, String); 4] {
    let file = |name| folder.join(name).display().to_string();
    [
        ("tls-auth-clients", "no".to_owned()),
        ("tls-cert-file", file(tls::CERTIFICATE)),
        ("tls-key-file", file(tls::KEY)),
        ("tls-ca-cert-file", file(tls::AUTHORITY)),
    ]
}

/// What a node of a replication group starts with. Whom it follows it is told while it runs: until then it follows an
/// address where nobody listens, so that no client writes to what is not the primary. With cluster mode it has no slots.
fn replication(spec: &NodeSpec, place: Place<'_>, version: VersionNumber) -> Vec<Directive> {
    let mut told = match &spec.replication {
        Replication::Alone => return Vec::new(),
        Replication::Member => vec![directives("replicaof", ["127.0.0.1".to_owned(), "1".to_owned()])],
        Replication::Shard { name, .. } => shard(spec, name, place, version),
    };
    // A replica that comes is not to wait for others.
    told.push(directive("repl-diskless-sync-delay", 0));
    if spec.tls.is_some() {
        told.push(directive("tls-replication", "yes"));
    }
    if !place.bind.is_unspecified() {
        // On loopback its connections come from elsewhere.
        told.push(directive("replica-announce-ip", place.address));
    }
    told
}

/// Cluster mode: who leads and which slots it has is Simfra's to say, never the nodes'.
fn shard(spec: &NodeSpec, name: &str, place: Place<'_>, version: VersionNumber) -> Vec<Directive> {
    let mut told = vec![directive("cluster-enabled", "yes"), directive("cluster-announce-ip", place.address)];
    told.push(directive("cluster-config-file", place.folder_of_map.join(birth::FILE).display()));
    // More replicas than a shard can have: none ever leaves for another shard.
    told.push(directive("cluster-migration-barrier", 1000));
    if version >= NO_FAILOVER_SINCE {
        told.push(directive("cluster-replica-no-failover", "yes"));
    }
    if version >= NAMES_SINCE {
        told.push(directive("cluster-allow-replica-migration", "no"));
        told.push(directive("cluster-port", bus_port(place.port)));
        // Wherever the engine listens when a proxy has the node's port, and however its clients and the others come.
        told.push(directive("cluster-announce-port", place.port));
        told.push(directive("cluster-announce-tls-port", place.port));
        told.push(directive("cluster-announce-hostname", name));
        // `tls-dynamic`: clients with TLS check the name.
        let endpoint = if spec.tls.is_some() { "hostname" } else { "ip" };
        told.push(directive("cluster-preferred-endpoint-type", endpoint));
    }
    if version >= INTERVAL_SINCE {
        told.push(directive("cluster-ping-interval", INTERVAL));
    }
    if spec.tls.is_some() {
        told.push(directive("tls-cluster", "yes"));
    }
    told
}

/// A directive with one value.
pub(crate) fn directive(name: &'static str, value: impl ToString) -> Directive {
    Directive { name, values: vec![value.to_string()] }
}

/// A directive with several values.
pub(crate) fn directives(name: &'static str, values: impl IntoIterator<Item = String>) -> Directive {
    Directive { name, values: values.into_iter().collect() }
}

/// The settings of a parameter group that an engine of `version` knows.
fn settings(settings: &[Setting], version: VersionNumber) -> impl Iterator<Item = Directive> {
    let known = settings.iter().filter(move |setting| setting.since <= version);
    known.map(|setting| directives(setting.directive, setting.value.clone()))
}

/// What tells one set of settings from another.
pub(crate) fn digest(settings: &[Setting]) -> String {
    let mut hash = Sha256::new();
    for setting in settings {
        hash.update(format!("{} {}\n", setting.directive, setting.value.join(" ")));
    }
    hex(&hash.finalize()[..8])
}

/// The settings of a parameter group as a Memcached of `version` takes them.
pub(crate) fn memcached_settings(spec: &NodeSpec, version: VersionNumber) -> Vec<String> {
    let known = spec.configuration.settings.iter().filter(|setting| setting.since <= version);
    let words = known.flat_map(|setting| {
        let (option, name) = setting.directive.split_once(' ').unwrap_or((setting.directive, ""));
        let (option, value) = (option.to_owned(), setting.value.join(" "));
        match (option.as_str(), name) {
            // Switches.
            ("-C" | "-F" | "-M" | "-r" | "-L" | "-k", _) => {
                if value == "1" {
                    vec![option]
                } else {
                    Vec::new()
                }
            }
            (_, "") => vec![option, value],
            (_, name) if name.ends_with('=') => vec![option, format!("{name}{value}")],
            (_, name) if value == "1" => vec![option, name.to_owned()],
            (_, name @ ("lru_crawler" | "lru_maintainer")) => vec![option, format!("no_{name}")],
            _ => Vec::new(),
        }
    });
    words.collect()
}

/// The directives as a configuration file has them.
pub(crate) fn file(directives: &[Directive]) -> String {
    let line = |directive: &Directive| {
        let values: Vec<_> = directive.values.iter().map(|value| quoted(value)).collect();
        format!("{} {}\n", directive.name, values.join(" "))
    };
    directives.iter().map(line).collect()
}

fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            _ => text.push(character),
        }
    }
    text + "\""
}

/// `--name value`, one after the other.
pub(crate) fn command_line(directives: &[Directive]) -> Vec<String> {
    let words = |directive: &Directive| {
        let name = format!("--{}", directive.name);
        std::iter::once(name).chain(directive.values.clone()).collect::<Vec<_>>()
    };
    directives.iter().flat_map(words).collect()
}
