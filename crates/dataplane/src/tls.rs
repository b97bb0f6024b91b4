//! TLS of cache nodes, under Simfra's own certificate authority.
//!
//! Owns the authority, the nodes' certificates, and Simfra's own way to speak TLS to a node. Which nodes speak TLS, and
//! under which names, is the server's to know. Keys leave this module only to the engine that they are made for.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::runtime::BoxStream;

mod authority;
mod pem;

pub use authority::{Authority, AuthorityError, Now};

/// The first byte of a TLS connection: a handshake record (RFC 8446, 5.1). No command of an engine begins with it.
pub(crate) const HANDSHAKE: u8 = 22;

/// That a node speaks TLS, and nothing else unless it [takes clients without](NodeTls::preferred): the names in its
/// certificate, and who signs it.
///
/// Two are equal when certificates of the one serve for the other.
#[derive(Clone)]
pub struct NodeTls {
    authority: Arc<Authority>,
    names: Vec<String>,
    former: Option<String>,
    published: Option<Ipv4Addr>,
    preferred: bool,
}

impl NodeTls {
    /// A node that is reached under `names`, the first being its own; `localhost` and the loopback addresses come
    /// along, for port forwards.
    ///
    /// # Panics
    /// Without a name.
    pub fn new(authority: Arc<Authority>, names: Vec<String>) -> Self {
        assert!(!names.is_empty(), "a node has a name");
        Self { authority, names, former: None, published: None, preferred: false }
    }

    /// The same, which may still have a certificate of when `name` was its own.
    #[must_use]
    pub fn formerly(self, name: String) -> Self {
        Self { former: Some(name), ..self }
    }

    /// The same, reached at `address` of the host too.
    #[must_use]
    pub fn published_at(self, address: Option<Ipv4Addr>) -> Self {
        Self { published: address, ..self }
    }

    /// The same on a node that takes clients without TLS, too (`TransitEncryptionMode` `preferred`).
    #[must_use]
    pub fn preferred(self) -> Self {
        Self { preferred: true, ..self }
    }

    /// The node as it was known before; none: it was always known as it is.
    pub(crate) fn before(&self) -> Option<Self> {
        let names = vec![self.former.clone()?];
        Some(Self { names, former: None, ..self.clone() })
    }

    /// Whether the node takes clients without TLS.
    pub const fn is_preferred(&self) -> bool {
        self.preferred
    }

    /// The authority's certificate, told from others': for labels.
    pub fn fingerprint(&self) -> &str {
        self.authority.fingerprint()
    }

    /// A new key and its certificate, for a node that answers at `address`.
    ///
    /// # Errors
    /// When a name is none, or the system has no randomness.
    pub(crate) fn issue(&self, address: IpAddr) -> Result<NodeFiles, AuthorityError> {
        self.authority
            .issue(&self.names, [Some(address), self.published.map(IpAddr::V4)].into_iter().flatten())
    }

    /// What serves TLS on the host in the node's stead, with a new certificate.
    ///
    /// # Errors
    /// As [`NodeTls::issue`].
    pub(crate) fn acceptor(&self) -> io::Result<TlsAcceptor> {
        self.issue(Ipv4Addr::LOCALHOST.into()).map_err(io::Error::other)?.acceptor()
    }

    /// Speaks TLS over `stream`, to this node alone: under Simfra's authority, by the node's own name.
    ///
    /// # Errors
    /// When the other end does not speak TLS, or is another.
    pub async fn connect(&self, stream: BoxStream) -> io::Result<BoxStream> {
        let name = ServerName::try_from(self.names[0].clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(self.authority.client()).connect(name, stream).await?;
        Ok(Box::new(stream))
    }
}

impl PartialEq for NodeTls {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
            && (self.published, self.preferred) == (other.published, other.preferred)
            && self.fingerprint() == other.fingerprint()
    }
}

impl Eq for NodeTls {}

impl fmt::Debug for NodeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeTls").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What an engine reads, each as PEM. Never shown.
pub(crate) struct NodeFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) authority: String,
}

impl NodeFiles {
    /// What serves TLS with them, for a node whose engine is none of the real ones.
    ///
    /// # Errors
    /// When they are not what they should be.
    pub(crate) fn acceptor(&self) -> io::Result<TlsAcceptor> {
        server_config(self.certificate.as_bytes(), self.key.as_bytes()).map(TlsAcceptor::from)
    }

    /// File names with what is in them.
    pub(crate) fn each(&self) -> [(&'static str, &str); 3] {
        [(CERTIFICATE, &self.certificate), (KEY, &self.key), (AUTHORITY, &self.authority)]
    }
}

/// What serves TLS with the certificate and the key in `folder`, under the names that [`NodeFiles::each`] gives them.
///
/// # Errors
/// When they are not there, or not what they should be.
pub(crate) fn server_config_of(folder: &Path) -> io::Result<Arc<ServerConfig>> {
    server_config(&fs::read(folder.join(CERTIFICATE))?, &fs::read(folder.join(KEY))?)
}

/// What serves TLS with a certificate and its key, both as PEM.
fn server_config(certificate: &[u8], key: &[u8]) -> io::Result<Arc<ServerConfig>> {
    let certificate = CertificateDer::from_pem_slice(certificate).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate], key));
    config.map(Arc::new).map_err(|error: rustls::Error| io::Error::other(error))
}

/// The name of the node's certificate's file.
pub(crate) const CERTIFICATE: &str = "tls-certificate.pem";
/// The name of its key's file.
pub(crate) const KEY: &str = "tls-key.pem";
/// The name of the authority's certificate's file.
pub(crate) const AUTHORITY: &str = "tls-authority.pem";

#[cfg(test)]
mod tests;
