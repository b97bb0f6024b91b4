//! The role `simfra relay`: a way into a VPC for a Simfra whose host cannot route to containers.
//!
//! Its container has a leg in the VPC's network and a port on the host's loopback. Everybody on the host can reach
//! that port, so each connection proves that it is Simfra's ([`handshake`]), and names a target in the VPC's own range.
//! What a run of Simfra proves itself by arrives on standard input, a [`Grant`] a line, from whoever is attached.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, copy_bidirectional_with_sizes,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

mod handshake;
mod secret;

pub use handshake::{Answer, connect};
pub use secret::Secret;

use handshake::Nonces;

/// The port in the relay's container.
pub const PORT: u16 = 4598;

/// Bytes on the way, each direction of each connection.
const BUFFER: usize = 32 << 10;
/// How long a stranger may hold a connection without having proved anything.
const PROOF_TIME: Duration = Duration::from_secs(5);
/// Connections that have proved nothing yet; one more waits.
const STRANGERS: usize = 64;
/// A container of the same network answers at once, or not at all.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// A longer line is no grant.
const MAX_LINE: u64 = 1 << 10;
/// How often the input is looked at again after its end, and a failed accept is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// What a run of Simfra may do: connect to addresses of `range`, with the knowledge of `secret`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Known to that run and to the relay alone.
    pub secret: Secret,
    /// The VPC's range in Docker.
    pub range: Ipv4Net,
}

impl Grant {
    /// What a relay reads. It begins with a line end too: what an earlier writer left unfinished then spoils only itself.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = vec![b'\n'];
        serde_json::to_writer(&mut line, self).expect("strings are JSON, and a Vec takes every byte");
        line.push(b'\n');
        line
    }

    /// The gateway is the host itself: nothing of the VPC.
    fn allows(&self, target: Ipv4Addr) -> bool {
        let gateway = Ipv4Addr::from(u32::from(self.range.network()) + 1);
        self.range.contains(&target)
            && ![self.range.network(), gateway, self.range.broadcast()].contains(&target)
    }
}

/// Why the relay cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Its port cannot be had.
    #[error("the relay cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddrV4,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It cannot be told to stop.
    #[error("the relay cannot wait for signals")]
    Signals(#[source] io::Error),
}

/// Relays for whoever knows the secret of the last grant that `input` brought, until SIGTERM or SIGINT. `seed` is
/// random: no two runs have the same.
///
/// A caller that passes standard input must end by `std::process::exit`: a read of it cannot be called off.
///
/// # Errors
/// When it cannot listen.
pub async fn run(
    input: impl AsyncRead + Unpin,
    listen: SocketAddrV4,
    seed: Secret,
) -> Result<(), RelayError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(RelayError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RelayError::Signals)?;
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|source| RelayError::Listen { address: listen, source })?;
    tracing::info!(%listen, "the relay listens");
    tokio::select! {
        () = serve(listener, input, seed) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Never ends.
async fn serve(listener: TcpListener, input: impl AsyncRead + Unpin, seed: Secret) {
    let (sender, grants) = watch::channel(None);
    tokio::select! {
        () = accept(listener, grants, seed) => {}
        () = read_grants(BufReader::new(input), sender) => {}
    }
}

async fn accept(listener: TcpListener, grants: watch::Receiver<Option<Grant>>, seed: Secret) {
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    let connections = AtomicU64::new(0);
    let mut running = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&strangers).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = running.join_next() => continue,
        };
        match accepted {
            Ok((client, _)) => {
                let nonce = seed.tag(&[b"nonce", &connections.fetch_add(1, Ordering::Relaxed).to_be_bytes()]);
                let grants = grants.clone();
                running.spawn(async move {
                    let admitted = timeout(PROOF_TIME, admit(client, grants, nonce)).await;
                    drop(permit);
                    if let Ok(Ok(Some((client, target)))) = admitted {
                        relay(client, target).await;
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The client and the connection that it asked for; none for one that may not have it. A stranger gets no answer.
async fn admit(
    mut client: TcpStream,
    mut grants: watch::Receiver<Option<Grant>>,
    nonce: [u8; 32],
) -> io::Result<Option<(TcpStream, TcpStream)>> {
    client.set_nodelay(true)?;
    let Ok(grant) = grants.wait_for(Option::is_some).await.map(|grant| grant.clone()) else {
        return Ok(None);
    };
    let Some(grant) = grant else { return Ok(None) };
    let Some((nonces, target)) = Nonces::receive(&mut client, &grant.secret, nonce).await? else {
        tracing::warn!("a connection that does not know the secret: closed");
        return Ok(None);
    };
    let (answer, connected) =
        if grant.allows(*target.ip()) { open(target).await } else { (Answer::Forbidden, None) };
    nonces.answer(&mut client, &grant.secret, answer).await?;
    Ok(connected.map(|connected| (client, connected)))
}

async fn open(target: SocketAddrV4) -> (Answer, Option<TcpStream>) {
    let connected = timeout(CONNECT_TIME, TcpStream::connect(target)).await;
    let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
        Ok(stream) => (Answer::Connected, Some(stream)),
        Err(error) => (Answer::from_failure(&error), None),
    }
}

async fn relay(mut client: TcpStream, mut target: TcpStream) {
    if let Err(error) = copy_bidirectional_with_sizes(&mut client, &mut target, BUFFER, BUFFER).await {
        tracing::debug!(%error, "a relayed connection broke");
    }
}

/// Takes every grant that `input` brings, and goes on at its end: somebody may attach again.
async fn read_grants(mut input: impl AsyncBufRead + Unpin, grants: watch::Sender<Option<Grant>>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut input).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) => tokio::time::sleep(PAUSE).await,
            Ok(_) if line.trim_ascii().is_empty() => {}
            Ok(_) => match serde_json::from_slice::<Grant>(&line) {
                Ok(grant) => {
                    tracing::info!(range = %grant.range, "relaying for a new run of Simfra");
                    grants.send_replace(Some(grant));
                }
                Err(_) => tracing::warn!("a line is no grant: ignored"),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot read grants; the last one stays");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
