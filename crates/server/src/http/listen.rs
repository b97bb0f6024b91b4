//! Opening the gateway's listeners.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::config::Listen;
use crate::instance::FREED_WITHIN;

const LOOKS_EVERY: Duration = Duration::from_millis(20);

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

/// Opens a listener at each address, once what is left of a Simfra that was killed has freed it. `::1` is left out on a machine
/// without IPv6.
///
/// # Errors
/// The first address that cannot be listened on.
pub async fn bind(listen: &Listen) -> Result<Vec<TcpListener>, ListenError> {
    let until = Instant::now() + FREED_WITHIN;
    let mut listeners = Vec::with_capacity(listen.addresses.len());
    for ip in &listen.addresses {
        let address = SocketAddr::new(*ip, listen.port);
        match bind_once_free(address, until).await {
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

async fn bind_once_free(address: SocketAddr, until: Instant) -> io::Result<TcpListener> {
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < until => {
                sleep(LOOKS_EVERY).await;
            }
            bound => return bound,
        }
    }
}

fn lacks_ipv6(ip: IpAddr, error: &io::Error) -> bool {
    let no_such_address =
        matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported);
    // EAFNOSUPPORT has no kind of its own.
    const EAFNOSUPPORT: i32 = 97;
    ip == Ipv6Addr::LOCALHOST && (no_such_address || error.raw_os_error() == Some(EAFNOSUPPORT))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn held() -> (std::net::TcpListener, Listen) {
        let holder = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        (holder, Listen { addresses: vec![Ipv4Addr::LOCALHOST.into()], port })
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_killed_may_hold_its_port_for_a_moment() {
        let (holder, listen) = held();
        let freed = async {
            sleep(FREED_WITHIN / 2).await;
            drop(holder);
        };
        let (bound, ()) = tokio::join!(bind(&listen), freed);
        assert_eq!(bound.unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_that_stays_taken_is_told() {
        let (_holder, listen) = held();
        let bound = bind(&listen).await;
        assert!(matches!(bound, Err(ListenError::Taken { .. })), "{bound:?}");
    }
}
