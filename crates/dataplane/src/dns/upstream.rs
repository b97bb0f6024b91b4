//! Names that are not ours, asked of the resolvers that the system is configured with.
//!
//! Must never be given a name under the zone's suffix: that rule is kept by [`super::answer`].

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::Record;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Resolver, TokioResolver};
use tokio::sync::Semaphore;

/// Questions under way at once; one more is answered SERVFAIL, which makes a stub resolver ask again.
const CONCURRENCY: usize = 256;
/// One try at one server.
const TRY: Duration = Duration::from_millis(1500);
/// A question as a whole, below the 5 s after which a stub resolver gives up (resolv.conf(5)).
const DEADLINE: Duration = Duration::from_secs(4);
/// What the system's configuration is read from; a laptop's changes with every network that it joins.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The servers that other names are asked of.
#[derive(Debug)]
pub struct Upstream {
    source: Source,
    own: Vec<SocketAddr>,
    open: Mutex<Option<Open>>,
    permits: Semaphore,
}

#[derive(Debug)]
enum Source {
    System,
    Servers(Vec<SocketAddr>),
}

/// A resolver, and the state of the system's configuration that it was made from.
#[derive(Debug, Clone)]
struct Open {
    as_of: Option<SystemTime>,
    /// None when no server is left to ask.
    resolver: Option<Arc<TokioResolver>>,
}

/// What the servers said.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: ResponseCode,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
}

impl Reply {
    fn failed(code: ResponseCode) -> Self {
        Reply { code, answers: Vec::new(), authorities: Vec::new() }
    }
}

impl Upstream {
    /// The system's resolvers, read anew when their configuration changes.
    #[must_use]
    pub fn system() -> Self {
        Upstream::from(Source::System)
    }

    /// These servers and no others; none at all means that every other name fails.
    #[must_use]
    pub fn servers(servers: Vec<SocketAddr>) -> Self {
        Upstream::from(Source::Servers(servers))
    }

    fn from(source: Source) -> Self {
        Upstream { source, own: Vec::new(), open: Mutex::new(None), permits: Semaphore::new(CONCURRENCY) }
    }

    /// Leaves out what would lead back to the server that asks.
    pub(super) fn excluding(mut self, own: Vec<SocketAddr>) -> Self {
        self.own = own;
        self
    }

    /// Asks, within [`DEADLINE`]. Every failure is a response code: SERVFAIL where there is nobody to ask.
    pub(super) async fn ask(&self, query: &Query) -> Reply {
        let Ok(_permit) = self.permits.try_acquire() else {
            return Reply::failed(ResponseCode::ServFail);
        };
        let Some(resolver) = self.resolver() else {
            return Reply::failed(ResponseCode::ServFail);
        };
        let lookup = resolver.lookup(query.name.clone(), query.query_type);
        match tokio::time::timeout(DEADLINE, lookup).await {
            Ok(Ok(lookup)) => Reply {
                code: ResponseCode::NoError,
                answers: lookup.answers().to_vec(),
                authorities: lookup.authorities().to_vec(),
            },
            Ok(Err(error)) => refusal(error),
            Err(_) => Reply::failed(ResponseCode::ServFail),
        }
    }

    fn resolver(&self) -> Option<Arc<TokioResolver>> {
        let as_of = match self.source {
            Source::System => modified(Path::new(RESOLV_CONF)),
            Source::Servers(_) => None,
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.as_ref().filter(|open| open.as_of == as_of) {
            return open.resolver.clone();
        }
        let resolver = self.build();
        *open = Some(Open { as_of, resolver: resolver.clone() });
        resolver
    }

    fn build(&self) -> Option<Arc<TokioResolver>> {
        let (servers, mut options) = match &self.source {
            Source::System => match read_system_conf() {
                Ok((config, options)) => (config.name_servers().to_vec(), options),
                Err(error) => {
                    tracing::warn!(%error, "no system resolver: names outside the suffix fail until there is one");
                    return None;
                }
            },
            Source::Servers(servers) => (servers.iter().map(name_server).collect(), ResolverOpts::default()),
        };
        let servers: Vec<_> = servers.into_iter().filter(|server| !self.leads_back(server)).collect();
        if servers.is_empty() {
            return None;
        }
        options.timeout = TRY;
        options.attempts = 1;
        // The hosts file is the host's own, and what others asked for is the servers' to remember.
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 0;
        options.preserve_intermediates = true;
        let config = ResolverConfig::from_name_servers(servers);
        let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        match builder.build() {
            Ok(resolver) => Some(Arc::new(resolver)),
            Err(error) => {
                tracing::warn!(%error, "cannot use the system's resolvers");
                None
            }
        }
    }

    fn leads_back(&self, server: &NameServerConfig) -> bool {
        server.connections.iter().any(|connection| {
            let target = SocketAddr::new(server.ip, connection.port);
            self.own.iter().any(|own| is_same(*own, target))
        })
    }
}

/// Whether packets to `target` arrive at the socket bound to `own`.
///
/// Of an unspecified address every address of this machine is one; but a loopback address other than the first may
/// be another server's, as 127.0.0.11 is Docker's in every container.
fn is_same(own: SocketAddr, target: SocketAddr) -> bool {
    if own.port() != target.port() {
        return false;
    }
    if !own.ip().is_unspecified() {
        return own.ip() == target.ip();
    }
    match target.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => ip == std::net::Ipv4Addr::LOCALHOST,
        ip => UdpSocket::bind((ip, 0)).is_ok(),
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    NameServerConfig::new(address.ip(), true, connections.to_vec())
}

fn modified(path: &Path) -> Option<SystemTime> {
    let modified = || -> io::Result<SystemTime> { std::fs::metadata(path)?.modified() };
    modified().ok()
}

fn refusal(error: NetError) -> Reply {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Reply {
            code: none.response_code,
            answers: Vec::new(),
            authorities: none.authorities.map(|records| records.to_vec()).unwrap_or_default(),
        },
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)) => Reply::failed(ResponseCode::Refused),
        error => {
            tracing::debug!(%error, "upstream resolver");
            Reply::failed(ResponseCode::ServFail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn only_our_own_socket_leads_back() {
        let check = |own: &str, target: &str, expected: bool| {
            assert_eq!(is_same(own.parse().unwrap(), target.parse().unwrap()), expected, "{own} {target}");
        };
        check("127.0.0.1:10000", "127.0.0.1:10000", true);
        check("127.0.0.1:10000", "127.0.0.1:53", false);
        check("127.0.0.1:53", "127.0.0.53:53", false);
        check("0.0.0.0:53", "127.0.0.1:53", true);
        // Docker's embedded DNS, in the resolver's own container.
        check("0.0.0.0:53", "127.0.0.11:53", false);
        // An address of the documentation range is nobody's (RFC 5737).
        check("0.0.0.0:53", "192.0.2.1:53", false);
    }
}
