//! Port forwards: a port of the host, each of whose connections is led to its target as it is found then.
//!
//! A target that speaks TLS takes clients that do and clients that do not: the first byte tells which one it is, and
//! what comes in clear is encrypted on the way on. TLS ends at the target, but where its replies tell of other nodes: what
//! is told otherwise must be read, so there it ends here, and begins anew towards the target.
//!
//! Owns listeners and their connections; which forwards there are, and what they are called, is the server's to know.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Dial, Dialled, topology};
use crate::Tasks;
use crate::listen::{is_taken, lacks_ipv6};
use crate::runtime::{BoxStream, RuntimeError};
use crate::tls::{self, NodeTls};

/// Bytes on the way, each direction of each connection.
const BUFFER: usize = 32 << 10;
/// How long a new connection waits for a target that is being repaired.
const DIAL_PATIENCE: Duration = Duration::from_secs(3);
/// Between two tries to dial, and after a failed accept (no file descriptor is left).
const PAUSE: Duration = Duration::from_millis(50);

/// Opens forwards on the ports of one range.
#[derive(Debug)]
pub struct ForwardPool {
    range: RangeInclusive<u16>,
    ips: Vec<IpAddr>,
    tasks: Tasks,
}

/// Why a forward was not opened.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// Every port of the range is in use, here or by others.
    #[error("no free port in {}-{}: delete a port forward, or set SIMFRA_PORT_FORWARD_PORT_RANGE", .range.start(), .range.end())]
    Exhausted {
        /// The ports that were tried.
        range: RangeInclusive<u16>,
    },
    /// The port that was asked for is in use.
    #[error("port {port} is in use")]
    Taken {
        /// Which.
        port: u16,
    },
    /// Listening failed for another reason than a port being taken.
    #[error("cannot listen on port {port}")]
    Listen {
        /// The port that was tried.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ForwardPool {
    /// Forwards on `range` of all of `ips`, which end at the latest when `tasks` are stopped. An IPv6 address is left
    /// out where the system has no IPv6.
    #[must_use]
    pub fn new(range: RangeInclusive<u16>, ips: Vec<IpAddr>, tasks: Tasks) -> Self {
        ForwardPool { range, ips, tasks }
    }

    /// Opens a forward on the lowest free port.
    ///
    /// # Errors
    /// [`ForwardError::Exhausted`] when there is none; [`ForwardError::Listen`] when the system refuses.
    pub async fn open(&self, dial: Arc<dyn Dial>) -> Result<Forward, ForwardError> {
        for port in self.range.clone() {
            match self.open_at(port, Arc::clone(&dial)).await {
                Err(ForwardError::Taken { .. }) => {}
                opened_or_refused => return opened_or_refused,
            }
        }
        Err(ForwardError::Exhausted { range: self.range.clone() })
    }

    /// Opens a forward on `port`, as it was before a restart: it need not be in the range.
    ///
    /// # Errors
    /// [`ForwardError::Taken`] when the port is in use; [`ForwardError::Listen`] when the system refuses.
    pub async fn open_at(&self, port: u16, dial: Arc<dyn Dial>) -> Result<Forward, ForwardError> {
        Ok(self.serve(listen(&self.ips, port).await?, port, dial))
    }

    /// Opens a forward at `socket` alone, whatever the pool's own addresses and ports are.
    ///
    /// # Errors
    /// As [`ForwardPool::open_at`].
    pub async fn open_on(&self, socket: SocketAddr, dial: Arc<dyn Dial>) -> Result<Forward, ForwardError> {
        Ok(self.serve(listen(&[socket.ip()], socket.port()).await?, socket.port(), dial))
    }

    fn serve(&self, listeners: Vec<TcpListener>, port: u16, dial: Arc<dyn Dial>) -> Forward {
        let shared = Arc::new(Shared {
            dial,
            tasks: self.tasks.clone(),
            running: TaskTracker::new(),
            stop: CancellationToken::new(),
            acceptor: OnceLock::new(),
        });
        for listener in listeners {
            let shared = Arc::clone(&shared);
            let accept = Arc::clone(&shared).accept(listener);
            shared.spawn(accept);
        }
        Forward { port, shared }
    }
}

/// Binds the port on all addresses, or on those of IPv4 alone where the system has no IPv6.
async fn listen(ips: &[IpAddr], port: u16) -> Result<Vec<TcpListener>, ForwardError> {
    let mut listeners = Vec::with_capacity(ips.len());
    for &ip in ips {
        match TcpListener::bind((ip, port)).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if lacks_ipv6(ip, &error) => {}
            Err(error) if is_taken(&error) => return Err(ForwardError::Taken { port }),
            Err(source) => return Err(ForwardError::Listen { port, source }),
        }
    }
    Ok(listeners)
}

/// An open forward. Dropping it closes its listeners and its connections.
#[derive(Debug)]
pub struct Forward {
    port: u16,
    shared: Arc<Shared>,
}

impl Forward {
    /// The port on all of its addresses.
    #[must_use]
    pub fn local_port(&self) -> u16 {
        self.port
    }

    /// Closes it, and returns when its port is free and its connections are gone.
    pub async fn close(self) {
        self.shared.end();
        self.shared.running.wait().await;
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// What the tasks of one forward share.
struct Shared {
    dial: Arc<dyn Dial>,
    tasks: Tasks,
    /// Those tasks, for [`Forward::close`].
    running: TaskTracker,
    /// Ends the listeners and the connections.
    stop: CancellationToken,
    /// What ends TLS of clients here, once one of them spoke it.
    acceptor: OnceLock<TlsAcceptor>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("running", &self.running.len()).finish_non_exhaustive()
    }
}

impl Shared {
    fn end(&self) {
        self.stop.cancel();
        self.running.close();
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (stop, running) = (self.stop.clone(), self.running.token());
        self.tasks.spawn(async move {
            stop.run_until_cancelled(task).await;
            drop(running);
        });
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    self.spawn(Arc::clone(&self).relay(client));
                }
                Err(error) => {
                    tracing::warn!(%error, "a port forward cannot accept a connection");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Leads one client to the target, and both ways until both have ended or either breaks.
    async fn relay(self: Arc<Self>, client: TcpStream) {
        let (tls, topology) = (self.dial.tls(), self.dial.topology());
        let encrypted = match &tls {
            None => false,
            Some(_) => match speaks_tls(&client).await {
                Some(encrypted) => encrypted,
                None => return,
            },
        };
        let passes = encrypted && topology.is_none();
        let Dialled { stream: target, gone } = match reach(&*self.dial, !passes).await {
            Ok(dialled) => dialled,
            Err(error) => {
                tracing::info!(%error, "a port forward does not reach its target: connection closed");
                return;
            }
        };
        let relayed = async {
            let Some(topology) = topology else { return copy(client, target).await };
            let tls = tls.as_ref().filter(|_| encrypted);
            topology::lead(self.decrypted(client, tls).await?, target, &*topology).await
        };
        if let Some(Err(error)) = gone.run_until_cancelled(relayed).await {
            tracing::debug!(%error, "a forwarded connection broke");
        }
    }

    /// What the client says in clear, where it speaks TLS to what stands for a node with `tls`.
    async fn decrypted(&self, client: TcpStream, tls: Option<&NodeTls>) -> io::Result<BoxStream> {
        client.set_nodelay(true)?;
        let Some(tls) = tls else { return Ok(Box::new(client)) };
        let acceptor = match self.acceptor.get() {
            Some(acceptor) => acceptor,
            None => {
                let acceptor = tls.acceptor()?;
                self.acceptor.get_or_init(|| acceptor)
            }
        };
        Ok(Box::new(acceptor.accept(client).await?))
    }
}

/// Both ways, as it comes.
async fn copy(mut client: TcpStream, mut target: BoxStream) -> io::Result<()> {
    // A request of a cache client is one small packet that must not wait for the next.
    client.set_nodelay(true)?;
    copy_bidirectional_with_sizes(&mut client, &mut target, BUFFER, BUFFER).await.map(drop)
}

/// Whether a client opens with TLS; none when it left without a word. One that waits for the target to speak first
/// waits in vain (no engine does) and costs its own connection alone: the target is dialled after the first byte.
async fn speaks_tls(client: &TcpStream) -> Option<bool> {
    let mut first = [0; 1];
    match client.peek(&mut first).await {
        Ok(1) => Some(first[0] == tls::HANDSHAKE),
        Ok(_) | Err(_) => None,
    }
}

/// Dials the target until it is reached or patience ends; `encrypts`: what goes to it, where it speaks TLS alone. Which node
/// it is, and so the name that its certificate has, may be another at each try.
async fn reach(dial: &dyn Dial, encrypts: bool) -> Result<Dialled, RuntimeError> {
    let deadline = Instant::now() + DIAL_PATIENCE;
    loop {
        let tls = dial.tls().filter(|_| encrypts);
        match timeout_at(deadline, connect(dial, tls.as_ref())).await {
            Ok(Ok(dialled)) => return Ok(dialled),
            Ok(Err(error)) if Instant::now() + PAUSE >= deadline => return Err(error),
            Ok(Err(_)) => sleep(PAUSE).await,
            Err(_) => {
                return Err(RuntimeError::Backend {
                    verb: "dial",
                    subject: "the forward's target".into(),
                    reason: format!("no answer within {} s", DIAL_PATIENCE.as_secs()),
                });
            }
        }
    }
}

async fn connect(dial: &dyn Dial, tls: Option<&NodeTls>) -> Result<Dialled, RuntimeError> {
    let Dialled { stream, gone } = dial.dial().await?;
    let Some(tls) = tls else { return Ok(Dialled { stream, gone }) };
    let stream = tls.connect(stream).await.map_err(|error| RuntimeError::Backend {
        verb: "speak TLS with",
        subject: "the forward's target".into(),
        reason: error.to_string(),
    })?;
    Ok(Dialled { stream, gone })
}

#[cfg(test)]
mod tests;
