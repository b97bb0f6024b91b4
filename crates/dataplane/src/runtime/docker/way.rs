//! How the host gets to a VPC's containers: directly, where it can route to them, else through a relay in the VPC.
//!
//! Found out once for each network, by knocking at its resolver, and again when there is reason to doubt it. Whether a
//! node answers is nobody's business here.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::companion::{Companion, Duty, Place};
use super::ranges;
use super::relay::{Relay, Relaying};

/// A container on the same host answers at once, or not at all.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// What takes longer gives reason to doubt that the host can route at all.
const SUSPICIOUS: Duration = Duration::from_millis(100);
/// How long a knock may take. A lost packet is sent again after a second.
const KNOCK_TIME: Duration = Duration::from_millis(1400);
/// How long a way must have held for a node's silence to be its own: longer than heartbeats are missed before they tell.
const SILENCE: Duration = Duration::from_secs(2);
/// How long a dial waits until it is known which way to go, and a supervision for its end.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks while the resolver is not up.
const PAUSE: Duration = Duration::from_millis(200);
/// Where resolvers answer.
const DNS: u16 = 53;

/// The way to one VPC.
#[derive(Debug)]
pub(super) struct Way {
    known: watch::Receiver<Known>,
    /// Where the resolver answers.
    door: SocketAddrV4,
    doubt: Arc<Notify>,
    stop: CancellationToken,
}

#[derive(Debug, Clone)]
enum Known {
    Looking,
    Direct,
    Relayed(Arc<Relay>),
}

impl Way {
    /// Finds the way to the VPC whose network is `place`'s, and keeps it found.
    pub(super) fn find(relaying: Relaying, place: &Place, pool: Ipv4Net, resolver: Arc<Companion>) -> Self {
        let (sender, known) = watch::channel(Known::Looking);
        let doubt = Arc::new(Notify::new());
        let tasks = relaying.tasks.clone();
        let stop = tasks.stop.child_token();
        let relay = Place { duty: Duty::Relay, address: ranges::nth(pool, 3), ..place.clone() };
        let door = SocketAddrV4::new(place.address, DNS);
        let search = Search { relaying, relay, pool, resolver, door, known: sender };
        // Not `Tasks::spawn`: a relay that it made must be closed in order.
        tasks.tracker.spawn(search.run(doubt.clone(), stop.clone()));
        Self { known, door, doubt, stop }
    }

    /// A connection to `target`, whichever way.
    pub(super) async fn dial(&self, target: SocketAddrV4) -> io::Result<TcpStream> {
        let mut known = self.known.clone();
        let found = {
            let decided = known.wait_for(|known| !matches!(known, Known::Looking));
            match timeout(PATIENCE, decided).await {
                Ok(Ok(found)) => found.clone(),
                Ok(Err(_)) => return Err(io::Error::other("Simfra is stopping")),
                Err(_) => return Err(io::Error::other("the VPC's resolver is not up")),
            }
        };
        match found {
            Known::Relayed(relay) => relay.dial(target).await,
            Known::Direct | Known::Looking => self.dial_directly(target, known).await,
        }
    }

    /// One that leads nowhere puts the way in doubt, and goes through the relay if there is one then.
    async fn dial_directly(
        &self,
        target: SocketAddrV4,
        mut known: watch::Receiver<Known>,
    ) -> io::Result<TcpStream> {
        let mut connecting = pin!(directly(target));
        let failure = match timeout(SUSPICIOUS, &mut connecting).await {
            Ok(Err(error)) if leads_nowhere(&error) => Some(error),
            Ok(done) => return done,
            Err(_) => None,
        };
        self.look_again();
        let relayed = async {
            match known.wait_for(|known| matches!(known, Known::Relayed(_))).await.map(|known| known.clone())
            {
                Ok(Known::Relayed(relay)) => relay.dial(target).await,
                _ => std::future::pending().await,
            }
        };
        match failure {
            None => tokio::select! {
                connected = connecting => connected,
                connected = relayed => connected,
            },
            Some(failure) => timeout(CONNECT_TIME, relayed).await.unwrap_or(Err(failure)),
        }
    }

    /// Whether the way has held of late. If not, it answers once there is one again, or has not been for long.
    pub(super) async fn held(&self) -> bool {
        let known = self.known.borrow().clone();
        let held = match known {
            Known::Looking => false,
            Known::Direct => timeout(SUSPICIOUS, knock(self.door)).await.unwrap_or(false),
            Known::Relayed(relay) => {
                relay.is_up_for(SILENCE)
                    && timeout(SUSPICIOUS, relay.dial(self.door)).await.is_ok_and(|d| d.is_ok())
            }
        };
        if !held {
            self.look_again();
            let mended = async {
                while self.dial(self.door).await.is_err_and(|error| !is_refusal(&error)) {
                    tokio::time::sleep(PAUSE).await;
                }
            };
            let _late = timeout(PATIENCE, mended).await;
        }
        held
    }

    /// There is reason to doubt that the way is what it was.
    pub(super) fn look_again(&self) {
        self.doubt.notify_one();
    }

    /// Ends the supervision of the relay, if there is one; its container is left.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        let mut known = self.known.clone();
        let ended = async { while known.changed().await.is_ok() {} };
        if timeout(PATIENCE + PATIENCE, ended).await.is_err() {
            tracing::warn!("Docker does not answer: the way into a VPC is left as it is");
        }
    }
}

struct Search {
    relaying: Relaying,
    relay: Place,
    pool: Ipv4Net,
    resolver: Arc<Companion>,
    /// Where the resolver answers.
    door: SocketAddrV4,
    known: watch::Sender<Known>,
}

impl Search {
    async fn run(self, doubt: Arc<Notify>, stop: CancellationToken) {
        let search = async {
            loop {
                let reaches = self.reaches().await;
                self.learn(reaches).await;
                doubt.notified().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = search => {}
        }
        let known = self.known.borrow().clone();
        if let Known::Relayed(relay) = known {
            relay.close().await;
        }
    }

    /// Whether the host reaches the VPC directly.
    async fn reaches(&self) -> bool {
        loop {
            if self.resolver.has(0, "resolver").await.is_err() {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            if knock(self.door).await {
                return true;
            }
            // A resolver that ended meanwhile says nothing about the way.
            if self.resolver.up_for().is_some() {
                return false;
            }
        }
    }

    async fn learn(&self, reaches: bool) {
        let known = self.known.borrow().clone();
        match (known, reaches) {
            (Known::Direct, true) | (Known::Relayed(_), false) => {}
            (Known::Looking, true) => {
                self.known.send_replace(Known::Direct);
            }
            (Known::Relayed(relay), true) => {
                tracing::info!(vpc = %self.relay.vpc, "the host routes to the VPC again: its relay goes");
                self.known.send_replace(Known::Direct);
                if let Err(error) = relay.remove().await {
                    tracing::warn!(vpc = %self.relay.vpc, %error, "the relay is left until the VPC's network goes");
                }
            }
            (Known::Looking | Known::Direct, false) => {
                tracing::info!(vpc = %self.relay.vpc, "the host cannot route to the VPC: a relay leads into it");
                let relay = Relay::start(&self.relaying, self.relay.clone(), self.pool);
                self.known.send_replace(Known::Relayed(Arc::new(relay)));
            }
        }
    }
}

/// Whether somebody is at home behind `door`: a refusal is an answer too.
async fn knock(door: SocketAddrV4) -> bool {
    if !is_routed(*door.ip()).await {
        return false;
    }
    match timeout(KNOCK_TIME, TcpStream::connect(door)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => !leads_nowhere(&error),
        Err(_) => false,
    }
}

/// A connection without a relay.
pub(super) async fn directly(target: SocketAddrV4) -> io::Result<TcpStream> {
    if !is_routed(*target.ip()).await {
        let reason = "the host has no route to the VPC's network";
        return Err(io::Error::new(io::ErrorKind::NetworkUnreachable, reason));
    }
    let connected = timeout(CONNECT_TIME, TcpStream::connect(target)).await;
    let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether the error tells of somebody who is at home and does not want to talk.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

/// Whether the error tells of a way that ends before the target.
fn leads_nowhere(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::TimedOut | Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::PermissionDenied
    )
}

/// Whether the host is in the network of `address`. Where the bridge is gone, the default route would carry what is
/// meant for a node out of this machine, and what answers there is not the node.
async fn is_routed(address: Ipv4Addr) -> bool {
    match tokio::fs::read_to_string("/proc/net/route").await {
        Ok(table) => ranges::leads_to(&ranges::routes(&table), address),
        // Not Linux: the daemon is in a virtual machine, and a connection fails by itself.
        Err(_) => true,
    }
}
