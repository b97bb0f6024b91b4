//! Names for the host: one DNS port, for every account.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::live::LiveZone;
use super::serve::Sockets;
use super::{Upstream, Zone};
use crate::Tasks;
use crate::listen::is_taken;

/// The DNS server on the host. It answers until [`Tasks`] are stopped, and nothing but SERVFAIL until it has a zone.
#[derive(Debug)]
pub struct HostServer {
    port: u16,
    zone: Arc<LiveZone>,
}

/// Why there is no DNS server on the host.
#[derive(Debug, thiserror::Error)]
pub enum HostServerError {
    /// Every port is somebody else's.
    #[error("no free port for DNS in {}-{}: free one, or set SIMFRA_DNS_PORT_RANGE", .range.start(), .range.end())]
    Exhausted {
        /// The ports that were tried.
        range: RangeInclusive<u16>,
    },
    /// Binding failed for another reason than a port being taken.
    #[error("cannot listen for DNS on port {port}")]
    Listen {
        /// The port that was tried.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl HostServer {
    /// Listens on the lowest port of `ports` that is free for UDP and TCP on all of `ips` (::1 is left out where the
    /// system has no IPv6).
    ///
    /// # Errors
    /// When no port is free, or the system refuses to listen at all.
    pub async fn bind(
        ports: RangeInclusive<u16>,
        ips: &[IpAddr],
        upstream: Upstream,
        tasks: &Tasks,
    ) -> Result<Self, HostServerError> {
        for port in ports.clone() {
            match Sockets::bind(ips, port).await {
                Ok(sockets) => return Ok(Self::start(sockets, upstream, tasks)),
                Err(error) if is_taken(&error) => {}
                Err(source) => return Err(HostServerError::Listen { port, source }),
            }
        }
        Err(HostServerError::Exhausted { range: ports })
    }

    fn start(sockets: Sockets, upstream: Upstream, tasks: &Tasks) -> Self {
        let port = sockets.addresses()[0].port();
        let zone = Arc::new(LiveZone::default());
        let mut server = sockets.serve(Arc::clone(&zone), upstream);
        tasks.spawn(async move {
            if let Err(error) = server.block_until_done().await {
                tracing::error!(%error, port, "the DNS server stopped");
            }
        });
        HostServer { port, zone }
    }

    /// The port, of UDP and of TCP.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Replaces every name at once.
    pub fn set_zone(&self, zone: Arc<Zone>) {
        self.zone.publish(zone);
    }

    /// Takes the names `gone` from the zone, and adds `names` or leads them elsewhere; false when there is no zone yet. Not
    /// while another sets it.
    #[must_use]
    pub fn change(&self, gone: &[String], names: BTreeMap<String, Vec<Ipv4Addr>>) -> bool {
        self.zone.change(gone, names)
    }
}
