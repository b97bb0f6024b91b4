//! Simfra's own container, when it runs in one of the daemon that it serves with.
//!
//! Such a Simfra joins each VPC's network itself instead of being its gateway, and its life is read from the daemon: a
//! lock file inside a container is seen by nobody else.

use std::net::Ipv4Addr;

use bollard::Docker;
use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters::InspectContainerOptions;

use super::daemon::failed;
use crate::runtime::RuntimeError;

/// The container that this process runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnContainer {
    pub(super) id: String,
    /// Whether it has networks of its own: one on the host's network reaches VPCs as the host does.
    joins: bool,
    /// Whether the host's network is its own: what listens there is found from the host.
    on_host: bool,
}

impl OwnContainer {
    /// Finds it: what the system tells about this process, checked against the daemon. None on a host, and in a
    /// container that another daemon runs.
    pub(super) async fn find(docker: &Docker) -> Option<Self> {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let (mounts, cgroups) = (read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
        for candidate in candidates(&mounts, &cgroups, read("/proc/sys/kernel/hostname").trim()) {
            let Ok(found) = docker.inspect_container(&candidate, None::<InspectContainerOptions>).await
            else {
                continue;
            };
            let running = found.state.and_then(|state| state.running) == Some(true);
            let Some(id) = found.id.filter(|id| running && id.starts_with(&candidate)) else { continue };
            let mode = found.host_config.and_then(|host| host.network_mode).unwrap_or_default();
            let on_host = mode == "host";
            let joins = !on_host && mode != "none" && !mode.starts_with("container:");
            tracing::info!(container = id, joins, "Simfra runs in a container of this Docker");
            return Some(Self { id, joins, on_host });
        }
        None
    }

    /// Whether what listens at an address of its own is found by nobody outside.
    pub(super) fn is_secluded(&self) -> bool {
        !self.on_host
    }

    /// Its address in the network, joined where it is not in it yet: at `wanted`, or where that is taken at any that
    /// Docker gives. None where the host's network is its own.
    pub(super) async fn join(
        &self,
        docker: &Docker,
        network: &str,
        wanted: Ipv4Addr,
    ) -> Result<Option<Ipv4Addr>, RuntimeError> {
        if !self.joins {
            return Ok(None);
        }
        if let Some(address) = self.address(docker, network).await? {
            return Ok(Some(address));
        }
        let ipam = EndpointIpamConfig { ipv4_address: Some(wanted.to_string()), ..Default::default() };
        let at_wanted = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
        if self.connect(docker, network, at_wanted).await.is_err() {
            let connected = self.connect(docker, network, EndpointSettings::default()).await;
            connected.map_err(failed("connect Simfra's own container to", network))?;
        }
        self.address(docker, network).await
    }

    async fn connect(
        &self,
        docker: &Docker,
        network: &str,
        endpoint: EndpointSettings,
    ) -> Result<(), bollard::errors::Error> {
        // Its published ports stay with the network that it had first, where the daemon knows of priorities.
        let endpoint_config = Some(EndpointSettings { gw_priority: Some(-1), ..endpoint });
        let request = NetworkConnectRequest { container: self.id.clone(), endpoint_config };
        docker.connect_network(network, request).await
    }

    async fn address(&self, docker: &Docker, network: &str) -> Result<Option<Ipv4Addr>, RuntimeError> {
        let found = docker.inspect_container(&self.id, None::<InspectContainerOptions>).await;
        let found = found.map_err(failed("inspect", "Simfra's own container"))?;
        let endpoints = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let endpoint = endpoints.into_values().find(|each| each.network_id.as_deref() == Some(network));
        Ok(endpoint.and_then(|endpoint| endpoint.ip_address?.parse().ok()))
    }

    /// Leaves the network; one that it is not in, or that is gone, is left already.
    pub(super) async fn leave(&self, docker: &Docker, network: &str) {
        if !self.joins {
            return;
        }
        let request = NetworkDisconnectRequest { container: self.id.clone(), force: Some(true) };
        if let Err(error) = docker.disconnect_network(network, request).await {
            tracing::debug!(%error, network, "Simfra's own container was not in the network");
        }
    }
}

/// What may be this process's container, the surest first.
fn candidates(mounts: &str, cgroups: &str, hostname: &str) -> Vec<String> {
    // Docker mounts these three from the container's own folder. (proc_pid_mountinfo(5): root and mount point are the
    // fourth and fifth fields.)
    let of_mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let own = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"].contains(&point);
        own.then(|| root.split('/').find(|part| is_id(part)))?
    });
    let of_cgroups = cgroups.lines().filter_map(|line| {
        let last = line.rsplit('/').next()?;
        let last = last.strip_prefix("docker-").unwrap_or(last);
        Some(last.strip_suffix(".scope").unwrap_or(last)).filter(|part| is_id(part))
    });
    // The default, until somebody chooses another.
    let of_name = Some(hostname).filter(|name| name.len() == 12 && is_hexadecimal(name));
    let mut found: Vec<String> = Vec::new();
    for candidate in of_mounts.chain(of_cgroups).chain(of_name) {
        if !found.iter().any(|known| known == candidate) {
            found.push(candidate.to_owned());
        }
    }
    found
}

fn is_id(part: &str) -> bool {
    part.len() == 64 && is_hexadecimal(part)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::candidates;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_container_is_told_by_its_own_mounts_its_cgroup_or_its_name() {
        let mounts = format!(
            "720 710 8:1 /var/lib/docker/containers/{ID}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw\n\
             721 710 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n"
        );
        assert_eq!(candidates(&mounts, "", "a-name"), [ID]);
        assert_eq!(candidates("", &format!("12:cpu:/docker/{ID}\n1:name=systemd:/docker/{ID}\n"), ""), [ID]);
        assert_eq!(candidates("", &format!("0::/system.slice/docker-{ID}.scope\n"), ""), [ID]);
        assert_eq!(candidates("", "0::/\n", "0123456789ab"), ["0123456789ab"]);
    }

    #[test]
    fn a_host_is_no_container_although_it_mounts_those_of_others() {
        let mounts = format!(
            "900 29 0:50 / /var/lib/docker/containers/{ID}/mounts/shm rw,nosuid - tmpfs shm rw,size=65536k\n\
             30 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        );
        let none: [&str; 0] = [];
        assert_eq!(candidates(&mounts, "0::/user.slice/user-1000.slice/session-2.scope\n", "laptop"), none);
    }
}
