//! The Docker runtime against the machine's Docker: real engines, networks and names.

#[cfg(test)]
#[path = "contract/access.rs"]
mod access;
#[cfg(test)]
#[path = "docker/cleanup.rs"]
mod cleanup;
#[cfg(test)]
#[path = "docker/configuration.rs"]
mod configuration;
#[cfg(test)]
mod contract;
#[cfg(test)]
#[path = "docker/daemon.rs"]
mod daemon;
#[cfg(test)]
#[path = "docker/lab.rs"]
mod lab;
#[cfg(test)]
#[path = "docker/networks.rs"]
mod networks;
#[cfg(test)]
#[path = "docker/nodes.rs"]
mod nodes;
#[cfg(test)]
#[path = "docker/pulls.rs"]
mod pulls;
#[cfg(test)]
#[path = "docker/registry.rs"]
mod registry;
