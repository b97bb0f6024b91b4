//! The role `simfra proxy`: stands before a Memcached server at its node's address, and answers auto discovery.
//!
//! It owns the node's address and knows one server, one file with the cluster's nodes, and Memcached's protocols as far
//! as needed to see where commands begin and end. It outlives Simfra, and ends with its server.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

mod client;
mod client_pipe;
mod discovery;
mod event_loop;
mod framing;
mod pipe;
mod server;
mod shared;
mod slot;

pub use discovery::{ListedNode, NodeList};
pub use server::ServerAddress;

use discovery::Source;
use event_loop::EventLoop;
use server::Server;

use crate::tls;

/// What a proxy is told.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// The node's address.
    pub listen: SocketAddr,
    /// Where the server is.
    pub server: ServerAddress,
    /// The file with the [`NodeList`]; it may come later.
    pub nodes: PathBuf,
    /// The folder with the node's certificate and key, as they are named there: clients speak TLS alone.
    pub tls: Option<PathBuf>,
    /// What starts the server, as the proxy's child; empty where somebody else starts it.
    pub command: Vec<OsString>,
}

/// Why a proxy ended.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// Its address cannot be had.
    #[error("the proxy cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
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
    /// Its server cannot be started.
    #[error("the proxy cannot start its server: {0}")]
    Server(io::Error),
    /// The server behind it ended, or never came up.
    #[error("{0}")]
    Ended(io::Error),
}

/// Serves until the server ends. Clients can connect once the server answers.
///
/// # Errors
/// Always: it ends for no other reason.
pub fn run(config: &ProxyConfig) -> Result<std::convert::Infallible, ProxyError> {
    let tls = config.tls.as_deref().map(|folder| {
        tls::server_config_of(folder).map_err(|source| ProxyError::Tls { folder: folder.to_owned(), source })
    });
    let tls = tls.transpose()?;
    let server = Server::start(config.server.clone(), &config.command).map_err(ProxyError::Server)?;
    let source = Source::new(config.nodes.clone());
    let mut events = EventLoop::new(server, source, tls).map_err(ProxyError::Ended)?;
    let listening = events.listen(config.listen);
    listening.map_err(|source| ProxyError::Listen { address: config.listen, source })?;
    Err(ProxyError::Ended(events.run()))
}
