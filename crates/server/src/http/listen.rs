//! Opening the gateway's listeners.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::config::Listen;

/// Why the gateway cannot listen. Displays as one line.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Something else listens there.
    #[error(
        "{address} is taken by another process, perhaps another Simfra: stop it, or choose another port with SIMFRA_PORT"
    )]
    Taken {
        /// Where.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (SIMFRA_HOST, SIMFRA_PORT): {source}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// Opens a listener at each address. `::1` is left out on a machine without IPv6.
///
/// # Errors
/// The first address that cannot be listened on.
pub async fn bind(listen: &Listen) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::with_capacity(listen.addresses.len());
    for ip in &listen.addresses {
        let address = SocketAddr::new(*ip, listen.port);
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if listen.addresses.len() > 1 && lacks_ipv6(*ip, &error) => {
                tracing::debug!("this machine has no ::1: listening on 127.0.0.1 alone");
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(ListenError::Taken { address });
            }
            Err(source) => return Err(ListenError::Refused { address, source }),
        }
    }
    Ok(listeners)
}

fn lacks_ipv6(ip: IpAddr, error: &io::Error) -> bool {
    let no_such_address =
        matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported);
    // EAFNOSUPPORT has no kind of its own.
    const EAFNOSUPPORT: i32 = 97;
    ip == Ipv6Addr::LOCALHOST && (no_such_address || error.raw_os_error() == Some(EAFNOSUPPORT))
}
