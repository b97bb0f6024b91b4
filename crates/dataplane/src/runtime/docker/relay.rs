//! Simfra's side of a VPC's relay: its container, and connections through it.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::companion::{Companion, Duty, Place};
use super::daemon::Daemon;
use super::helper_image::HelperImage;
use super::told::Told;
use crate::Tasks;
use crate::relay::{Grant, Secret, connect};
use crate::runtime::RuntimeError;

/// More than the relay itself gives a target.
const DIAL_TIME: Duration = Duration::from_secs(3);

/// What relays are made of and known by.
#[derive(Debug, Clone)]
pub(super) struct Relaying {
    pub(super) daemon: Daemon,
    pub(super) helper: Arc<HelperImage>,
    pub(super) proofs: Arc<Proofs>,
    pub(super) tasks: Tasks,
}

/// This run's secret, and how often it was used: no two connections begin alike.
#[derive(Debug)]
pub(super) struct Proofs {
    secret: Secret,
    used: AtomicU64,
}

impl Proofs {
    pub(super) fn new(secret: Secret) -> Self {
        Self { secret, used: AtomicU64::new(0) }
    }

    fn nonce(&self) -> [u8; 32] {
        let mut nonce = [0; 32];
        nonce[..8].copy_from_slice(&self.used.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        nonce
    }
}

/// One VPC's relay, on its way or running.
#[derive(Debug)]
pub(super) struct Relay {
    companion: Companion,
    name: String,
    relaying: Relaying,
    /// Held: the supervision ends without it.
    _grant: watch::Sender<Told>,
}

impl Relay {
    /// Brings the relay up and keeps it. `place` is the resolver's network.
    pub(super) fn start(relaying: &Relaying, place: Place, range: ipnet::Ipv4Net) -> Self {
        debug_assert_eq!(place.duty, Duty::Relay);
        let name = relaying.daemon.owner.companion(super::labels::Role::Relay, &place.vpc);
        let grant = Grant { secret: relaying.proofs.secret.clone(), range };
        let (sender, told) = watch::channel(Told::line(grant.line()));
        let (daemon, helper) = (relaying.daemon.clone(), relaying.helper.clone());
        let companion = Companion::supervise(daemon, helper, place, told, &relaying.tasks);
        Self { companion, name, relaying: relaying.clone(), _grant: sender }
    }

    /// A connection to `target` through the relay.
    pub(super) async fn dial(&self, target: SocketAddrV4) -> io::Result<TcpStream> {
        let port = self.companion.has(1, &self.name).await.map_err(io::Error::other)?;
        let port = port.ok_or_else(|| io::Error::other("the relay has no port"))?;
        let connected = async {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            stream.set_nodelay(true)?;
            let proofs = &self.relaying.proofs;
            connect(&mut stream, &proofs.secret, proofs.nonce(), target).await.map(|()| stream)
        };
        tokio::time::timeout(DIAL_TIME, connected)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Whether it has been up for at least this long.
    pub(super) fn is_up_for(&self, long: Duration) -> bool {
        self.companion.up_for().is_some_and(|up| up >= long)
    }

    /// Ends the supervision; the container is left.
    pub(super) async fn close(&self) {
        self.companion.close().await;
    }

    /// Ends the supervision and removes the container.
    pub(super) async fn remove(&self) -> Result<(), RuntimeError> {
        self.close().await;
        self.relaying.daemon.remove_container(&self.name).await
    }
}
