//! One port on several addresses: what the DNS server and the port forwards both need of the host.

use std::io;
use std::net::IpAddr;

use nix::libc;

/// Whether `error`, got from binding `ip`, says that this system has no IPv6 (as many containers have none), rather
/// than that the port is taken. An IPv4 address is never left out.
pub(crate) fn lacks_ipv6(ip: IpAddr, error: &io::Error) -> bool {
    ip.is_ipv6() && matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT))
}

/// Whether another port might do where `error` was got.
pub(crate) fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

/// Ports for tests, each handed out once.
#[cfg(test)]
pub(crate) mod ports {
    use std::net::{Ipv4Addr, TcpListener, UdpSocket};
    use std::ops::RangeInclusive;
    use std::sync::atomic::{AtomicU16, Ordering};

    /// Below the ports that the system gives to clients (from 32768 on), so that nobody takes one by chance.
    const FROM: u16 = 14_000;
    const COUNT: u16 = 16_000;

    static NEXT: AtomicU16 = AtomicU16::new(0);

    /// `count` ports in a row that nobody uses, for UDP nor for TCP. Test processes start at different places.
    pub(crate) fn free(count: u16) -> RangeInclusive<u16> {
        let start = u16::try_from(std::process::id() % 400).unwrap() * 40;
        loop {
            let offset = start.wrapping_add(NEXT.fetch_add(count, Ordering::Relaxed)) % (COUNT - count);
            let range = FROM + offset..=FROM + offset + count - 1;
            if range.clone().all(is_free) {
                return range;
            }
        }
    }

    fn is_free(port: u16) -> bool {
        let any = (Ipv4Addr::UNSPECIFIED, port);
        TcpListener::bind(any).is_ok() && UdpSocket::bind(any).is_ok()
    }
}
