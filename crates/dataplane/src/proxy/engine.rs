//! The role `simfra proxy` before a Redis or Valkey engine: takes clients with TLS and without, and signs in who comes
//! with a token of IAM's.
//!
//! It owns the node's address and port once the engine has left it, and knows one engine, one [`Policy`] in a file, and
//! RESP as far as needed to see commands that sign in. What the engine answers passes untouched. It outlives Simfra, and
//! ends with its engine.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

mod client;
mod commands;
mod policy;

pub use policy::{Iam, IamKey, Policy};

use policy::PolicyFile;

use crate::Tasks;
use crate::listen::is_taken;
use crate::tls;

/// How long the engine may take to leave the node's port to the proxy.
const HANDOVER: Duration = Duration::from_secs(60);
/// How often the port is tried meanwhile: nobody is served between the two.
const TRY: Duration = Duration::from_millis(1);
/// How long the engine may take until it listens behind the proxy.
const START: Duration = Duration::from_secs(10);
/// How often the policy is looked at besides when somebody comes, and the pause after a failed accept.
const LOOK: Duration = Duration::from_millis(100);

/// What a proxy is told.
#[derive(Debug, Clone)]
pub struct EngineProxyConfig {
    /// The node's address.
    pub listen: SocketAddr,
    /// Where the engine listens behind it.
    pub server: SocketAddr,
    /// The file with the [`Policy`].
    pub policy: PathBuf,
    /// The folder with the node's certificate and key, where clients can have TLS.
    pub tls: Option<PathBuf>,
}

/// Whether a user's token is good.
pub trait Verify: Send + Sync + 'static {
    /// Whether `token` lets `user` in, of whom `iam` says that he shows one.
    fn admits(&self, iam: &Iam, user: &str, token: &str) -> bool;
}

/// Why a proxy ended.
#[derive(Debug, thiserror::Error)]
pub enum EngineProxyError {
    /// Its policy cannot be read.
    #[error("the proxy has no policy in {path}: {source}")]
    Policy {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// Its certificate or key is not what it should be.
    #[error("the proxy cannot speak TLS with what is in {folder}: {source}")]
    Tls {
        /// Where they are.
        folder: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// Its address cannot be had.
    #[error("the proxy cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The engine behind it ended, or never came there.
    #[error("the engine does not listen at {address}: {source}")]
    Ended {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// What every connection needs.
struct Shared {
    server: SocketAddr,
    tls: Option<TlsAcceptor>,
    policy: PolicyFile,
    verify: Arc<dyn Verify>,
}

/// Serves until the engine ends.
///
/// # Errors
/// Always: it ends for no other reason.
pub async fn run(config: EngineProxyConfig, verify: Arc<dyn Verify>) -> Result<Infallible, EngineProxyError> {
    open_as_many_files_as_allowed();
    let tls = config.tls.map(|folder| {
        tls::server_config_of(&folder).map_err(|source| EngineProxyError::Tls { folder, source })
    });
    let policy = PolicyFile::open(config.policy.clone())
        .map_err(|source| EngineProxyError::Policy { path: config.policy, source })?;
    let shared = Shared { server: config.server, tls: tls.transpose()?.map(Into::into), policy, verify };
    let listener = listen(config.listen).await?;
    let shared = Arc::new(shared);
    tokio::select! {
        () = accept(listener, &shared) => unreachable!("clients are taken in for ever"),
        () = shared.policy.follow(LOOK) => unreachable!("the policy is followed for ever"),
        source = end_of(config.server) => Err(EngineProxyError::Ended { address: config.server, source }),
    }
}

/// An engine raises its own limit to what is allowed; before it, each client takes two descriptors.
fn open_as_many_files_as_allowed() {
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, the limit holds that there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// The engine leaves the port while the proxy waits for it.
async fn listen(address: SocketAddr) -> Result<TcpListener, EngineProxyError> {
    let end = Instant::now() + HANDOVER;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if is_taken(&error) && Instant::now() < end => sleep(TRY).await,
            Err(source) => return Err(EngineProxyError::Listen { address, source }),
        }
    }
}

/// Returns when nobody listens there any more: a connection that asks for nothing ends with the engine. One may close it
/// for its silence, or have no room for it.
async fn end_of(engine: SocketAddr) -> io::Error {
    let mut patience = Instant::now() + START;
    loop {
        match TcpStream::connect(engine).await {
            Ok(mut stream) => {
                // That it says something is news of its own; only the end counts.
                let mut said = [0; 256];
                while stream.read(&mut said).await.is_ok_and(|read| read > 0) {}
                patience = Instant::now();
                sleep(TRY).await;
            }
            // Any other failure is one of the proxy's own: it may have no descriptor left.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && Instant::now() >= patience => {
                return error;
            }
            Err(_) => sleep(TRY).await,
        }
    }
}

async fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    let tasks = Tasks::default();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let shared = Arc::clone(shared);
                tasks.spawn(async move {
                    // How a connection ended is its client's affair.
                    let _ = serve(socket, &shared).await;
                });
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => sleep(LOOK).await,
        }
    }
}

/// One client, from its first byte on, which tells how it speaks.
async fn serve(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 {
        return Ok(());
    }
    shared.policy.look();
    let mut policy = shared.policy.subscribe();
    let encrypted = first[0] == tls::HANDSHAKE;
    if !policy.borrow().takes(encrypted) {
        return Ok(());
    }
    let iam = policy.borrow().iam.is_some();
    let served = async {
        let server = TcpStream::connect(shared.server).await?;
        server.set_nodelay(true)?;
        match shared.tls.as_ref().filter(|_| encrypted) {
            Some(tls) => client::serve(tls.accept(socket).await?, server, shared, iam).await,
            None => client::serve(socket, server, shared, iam).await,
        }
    };
    tokio::select! {
        served = served => served,
        () = revoked(&mut policy, encrypted) => Ok(()),
    }
}

/// Waits until clients that speak so are taken no more.
async fn revoked(policy: &mut watch::Receiver<Arc<Policy>>, encrypted: bool) {
    if policy.wait_for(|policy| !policy.takes(encrypted)).await.is_err() {
        std::future::pending::<()>().await;
    }
}
