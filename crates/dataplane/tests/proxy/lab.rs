//! Servers, proxies before them, and connections to both. All of it ends with its owner.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dataplane::proxy::memcached::{self, ListedNode, NodeList, ProxyConfig, ServerAddress};
use dataplane::runtime::BoxStream;
use tempfile::TempDir;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What anything here may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const NAME: &str = "a.cache.simfra.test";

/// A Memcached server at a socket. Its unique numbers of items are all 0, so that two servers that were asked the same
/// in another order answer the same.
pub(crate) struct Server {
    folder: TempDir,
    child: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("memcached")
            .arg("-s")
            .arg(folder.path().join("socket"))
            // Nothing is evicted: that would hit the one server's items earlier than the other's.
            .args(["-C", "-m", "1024", "-u", "root"])
            .stdin(Stdio::null())
            .spawn()
            .expect("memcached is on PATH");
        let server = Self { folder, child };
        until("the server listens", || std::os::unix::net::UnixStream::connect(server.socket()).is_ok());
        server
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) async fn connect(&self) -> BoxStream {
        Box::new(UnixStream::connect(self.socket()).await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A proxy; it ends with its server.
pub(crate) struct Proxy {
    _folder: TempDir,
    address: SocketAddr,
    tls: Option<TlsConnector>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Before `server`, at an address that no other test has: `number` tells those of this program apart.
    pub(crate) fn start(number: u16, server: ServerAddress, tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let address = SocketAddrV4::new(Ipv4Addr::new(127, 128 | high, middle, low), 11_211 + number).into();
        let nodes = folder.path().join("nodes.json");
        std::fs::write(&nodes, list().to_file()).unwrap();
        let connector = tls.then(|| certify(folder.path()));
        let tls = connector.as_ref().map(|_| folder.path().to_owned());
        let config = ProxyConfig { listen: address, server, nodes, tls, command: Vec::new() };
        let thread = thread::spawn(move || {
            let Err(_) = memcached::run(&config);
        });
        until("the proxy listens", || {
            assert!(!thread.is_finished(), "the proxy ended");
            std::net::TcpStream::connect(address).is_ok()
        });
        Self { _folder: folder, address, tls: connector, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn connect(&self) -> BoxStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(tls.connect(ServerName::try_from(NAME).unwrap(), stream).await.unwrap()),
        }
    }

    /// Waits until it has ended, as it does when its server has.
    pub(crate) fn join(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

/// What auto discovery tells.
pub(crate) fn list() -> NodeList {
    let node =
        |host: &str| ListedNode { host: host.to_owned(), address: Ipv4Addr::LOCALHOST.into(), port: 11211 };
    NodeList { version: 7, nodes: vec![node("one.cache.simfra.test"), node("two.cache.simfra.test")] }
}

/// Puts a certificate and its key where the proxy finds them; what trusts it.
fn certify(folder: &Path) -> TlsConnector {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der(), made.signing_key.serialize_der());
    std::fs::write(folder.join("tls-certificate.pem"), pem("CERTIFICATE", certificate)).unwrap();
    std::fs::write(folder.join("tls-key.pem"), pem("PRIVATE KEY", &key)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
