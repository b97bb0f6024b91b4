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
