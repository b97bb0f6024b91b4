//! Whose socket listens at an address: the node's, or that of somebody who was there first. It is read from /proc: who
//! connects is not told whom he reached.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::SocketAddrV4;

use rustix::process::Pid;

/// A socket's number, which /proc/net and /proc/<pid>/fd have in common.
type Inode = u64;

/// The state of a socket that listens, as /proc/net has it.
const LISTENS: &str = "0A";

/// Whether it is the node's own socket that listens at `socket`: one of a process in the group that `leader` leads, as
/// a script may have started the engine.
///
/// # Errors
/// When /proc does not tell.
pub(super) fn is_own(socket: SocketAddrV4, leader: Pid) -> io::Result<bool> {
    let listening = listening(&fs::read_to_string("/proc/self/net/tcp")?, socket);
    // A socket for all addresses stands there under none of them, and no node has one.
    if listening.is_empty() {
        return Ok(false);
    }
    let mut held = sockets(leader)?;
    if !listening.is_subset(&held) {
        held.extend(group(leader)?.into_iter().filter_map(|member| sockets(member).ok()).flatten());
    }
    Ok(listening.is_subset(&held))
}

/// The sockets that listen at `socket`, from the table in proc_pid_net(5): the second field is the address, in the
/// machine's own byte order, and the port; the fourth the state; the tenth the number.
fn listening(table: &str, socket: SocketAddrV4) -> HashSet<Inode> {
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(socket.ip().octets()), socket.port());
    let rows = table.lines().skip(1).filter_map(|row| {
        let mut fields = row.split_ascii_whitespace().skip(1);
        let (address, state, inode) = (fields.next()?, fields.nth(1)?, fields.nth(5)?);
        (address == local && state == LISTENS).then(|| inode.parse().ok())?
    });
    rows.collect()
}

/// The sockets that a process holds.
fn sockets(pid: Pid) -> io::Result<HashSet<Inode>> {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero()))?;
    let inodes = descriptors.flatten().filter_map(|descriptor| {
        let target = fs::read_link(descriptor.path()).ok()?;
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    });
    Ok(inodes.collect())
}

/// The processes that `leader` leads.
fn group(leader: Pid) -> io::Result<Vec<Pid>> {
    let pids = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    Ok(pids.filter(|pid| group_of(*pid) == Some(leader)).collect())
}

/// A process's group, from proc_pid_stat(5): the third field after the name, which stands in parentheses.
fn group_of(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    Pid::from_raw(stat[stat.rfind(')')? + 1..].split_ascii_whitespace().nth(2)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn only_what_listens_at_the_very_address_counts() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100537F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n\
            1: 0100537F:18EB 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0\n\
            2: 0200537F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0\n\
            3: 0100537F:18EC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0 100 0 0 10 0\n";
        let found = listening(table, SocketAddrV4::new(Ipv4Addr::new(127, 83, 0, 1), 6379));
        assert_eq!(found, HashSet::from([4711]));
    }

    #[test]
    fn this_process_knows_its_own_listeners_and_those_of_nobody_else() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let std::net::SocketAddr::V4(socket) = listener.local_addr().unwrap() else {
            panic!("an IPv4 address")
        };
        let this = rustix::process::getpid();
        assert!(is_own(socket, this).unwrap());
        let mut other = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let others = is_own(socket, Pid::from_child(&other));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(!others.unwrap());
        drop(listener);
        assert!(!is_own(socket, this).unwrap());
    }
}
