//! The configuration of a Redis or Valkey node, the same on every runtime: directives, as a command line takes them.
//!
//! Knows what every node has. What a runtime alone knows (where to listen, where data lies) it is told.

use std::net::Ipv4Addr;
use std::path::Path;

use crate::runtime::{NodeSpec, Storage};
use crate::tls;

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
    /// The folder of the append-only file.
    pub(crate) folder: &'a Path,
    /// The folder of a TLS node's certificate and key.
    pub(crate) secrets: &'a Path,
}

/// A node's configuration, as far as it is the same everywhere.
pub(crate) fn redis(spec: &NodeSpec, place: Place<'_>) -> Vec<Directive> {
    let append_only = match spec.storage {
        Storage::Durable => "yes",
        Storage::Ephemeral => "no",
    };
    let mut directives = vec![
        directive("bind", place.bind),
        directive("protected-mode", "no"),
        directive("dir", place.folder.display()),
        directive("appendonly", append_only),
        directive("appendfsync", "everysec"),
        directive("save", ""),
    ];
    directives.extend(ports(spec, place));
    directives.extend(spec.memory_directives());
    directives
}

/// Where it listens. An engine that is given one port for plain connections and for TLS does not bind it: a TLS node has
/// no plain port.
fn ports(spec: &NodeSpec, place: Place<'_>) -> Vec<Directive> {
    if spec.tls.is_none() {
        return vec![directive("port", place.port)];
    }
    let file = |name| place.secrets.join(name).display().to_string();
    vec![
        directive("port", 0),
        directive("tls-port", place.port),
        directive("tls-auth-clients", "no"),
        directive("tls-cert-file", file(tls::CERTIFICATE)),
        directive("tls-key-file", file(tls::KEY)),
        directive("tls-ca-cert-file", file(tls::AUTHORITY)),
    ]
}

/// A directive with one value.
pub(crate) fn directive(name: &'static str, value: impl ToString) -> Directive {
    Directive { name, values: vec![value.to_string()] }
}

/// `--name value`, one after the other.
pub(crate) fn command_line(directives: &[Directive]) -> Vec<String> {
    let words = |directive: &Directive| {
        let name = format!("--{}", directive.name);
        std::iter::once(name).chain(directive.values.clone()).collect::<Vec<_>>()
    };
    directives.iter().flat_map(words).collect()
}
