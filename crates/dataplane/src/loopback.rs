//! Loopback addresses: each node has its own, 127.83.x.y, so that each can have its engine's own port. There
//! listens the node itself where it is a process, else what publishes it on the host.
//!
//! An instance claims slices 127.83.x.0/24 by locks in a folder that all instances of the user share. What others listen
//! on (another user's, a server on every address) is found by trying.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use domain::node::NodeId;

use crate::runtime::RuntimeError;

/// Addresses that are tried for a port before a listener on every address is taken to have it.
const TRIES: usize = 64;

/// The addresses of one instance.
#[derive(Debug)]
pub struct Loopback {
    locks: PathBuf,
    /// The slice that is claimed first.
    first: u8,
    ports: Option<RangeInclusive<u16>>,
    slices: BTreeMap<u8, File>,
    leases: BTreeMap<NodeId, SocketAddrV4>,
}

enum Place {
    Free,
    Taken,
    /// The system has only 127.0.0.1.
    NoSuchAddress,
}

impl Loopback {
    /// Addresses that all instances share whose user has `state_dir`. Where a node cannot have its engine's own port it
    /// gets one of `ports`, the lowest that is free; without them any.
    pub fn new(state_dir: &Path, ports: Option<RangeInclusive<u16>>) -> Self {
        let locks = state_dir.join("loopback");
        Self { locks, first: 0, ports, slices: BTreeMap::new(), leases: BTreeMap::new() }
    }

    /// Has the claims begin where the instance's name says: processes that outlive a Simfra that was killed listen in slices that
    /// nobody claims until it is back, and others are to look elsewhere first. The default instance begins with the lowest.
    #[must_use]
    pub fn of_instance(self, instance: &str) -> Self {
        let sum = || instance.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let first = if instance == "default" { 0 } else { (sum() % 256) as u8 };
        Self { first, ..self }
    }

    /// A node that was there before: its address is its own, even where another instance claimed the slice since.
    pub fn adopt(&mut self, id: &NodeId, socket: SocketAddrV4) {
        if let [127, 83, slice, _] = socket.ip().octets() {
            // A lock that fails here fails again, aloud, where a lease needs it.
            let _ = self.claim(slice);
        }
        self.leases.insert(id.clone(), socket);
    }

    /// Where a node that does not run now is to listen: at its old address where it can, on `port` where it can.
    ///
    /// # Errors
    /// [`RuntimeError::Exhausted`] when no address or no port is left; else when the claims cannot be read.
    pub fn lease(&mut self, id: &NodeId, port: u16) -> Result<SocketAddrV4, RuntimeError> {
        self.lease_beside(id, port, |_| Vec::new())
    }

    /// [`Loopback::lease`] for a node that listens on others too, now or later, which follow from the one that it gets.
    pub(crate) fn lease_beside(
        &mut self,
        id: &NodeId,
        port: u16,
        beside: fn(u16) -> Vec<u16>,
    ) -> Result<SocketAddrV4, RuntimeError> {
        let place = |address, port| places(address, port, &beside(port));
        let before = self.leases.remove(id).map(|socket| *socket.ip());
        let mut refused: Vec<Ipv4Addr> = Vec::new();
        let mut next = before.filter(|address| self.holds(*address));
        let address = loop {
            let address = match next.take() {
                Some(address) => address,
                None => self.unused(&refused)?,
            };
            match place(address, port) {
                Place::Free => return Ok(self.put(id, SocketAddrV4::new(address, port))),
                Place::NoSuchAddress => break Ipv4Addr::LOCALHOST,
                Place::Taken => refused.push(address),
            }
            if refused.len() >= TRIES {
                break refused[0];
            }
        };
        let asked = SocketAddrV4::new(address, port);
        if address == Ipv4Addr::LOCALHOST
            && !self.is_leased(asked)
            && matches!(place(address, port), Place::Free)
        {
            return Ok(self.put(id, asked));
        }
        let socket = self.with_free_port(address, beside)?;
        Ok(self.put(id, socket))
    }

    /// Where the node listens, or is to listen once it is started.
    pub(crate) fn lease_ahead(
        &mut self,
        id: &NodeId,
        port: u16,
        beside: fn(u16) -> Vec<u16>,
    ) -> Result<SocketAddrV4, RuntimeError> {
        match self.leases.get(id) {
            Some(socket) => Ok(*socket),
            None => self.lease_beside(id, port, beside),
        }
    }

    /// The node is gone.
    pub fn release(&mut self, id: &NodeId) {
        self.leases.remove(id);
    }

    fn put(&mut self, id: &NodeId, socket: SocketAddrV4) -> SocketAddrV4 {
        self.leases.insert(id.clone(), socket);
        socket
    }

    fn is_leased(&self, socket: SocketAddrV4) -> bool {
        self.leases.values().any(|leased| *leased == socket)
    }

    fn holds(&self, address: Ipv4Addr) -> bool {
        let [a, b, slice, _] = address.octets();
        (a, b) == (127, 83) && self.slices.contains_key(&slice)
    }

    /// An address of our slices that no node has; claims a further slice when they are full.
    fn unused(&mut self, refused: &[Ipv4Addr]) -> Result<Ipv4Addr, RuntimeError> {
        let taken = |address: &Ipv4Addr| {
            refused.contains(address) || self.leases.values().any(|leased| leased.ip() == address)
        };
        let ours = self.slices.keys().flat_map(|slice| addresses(*slice));
        match { ours }.find(|address| !taken(address)) {
            Some(address) => Ok(address),
            None => {
                let slice = self.claim_next()?;
                Ok(addresses(slice).next().expect("a slice has 254 addresses"))
            }
        }
    }

    fn claim_next(&mut self) -> Result<u8, RuntimeError> {
        for n in 0..=u8::MAX {
            let slice = self.first.wrapping_add(n);
            if !self.slices.contains_key(&slice) && self.claim(slice)? {
                return Ok(slice);
            }
        }
        let message = format!(
            "no loopback address is left: all of 127.83.0.0/16 is claimed by instances of Simfra ({})",
            self.locks.display()
        );
        Err(RuntimeError::Exhausted(message))
    }

    /// False when another instance has it. The lock lasts as long as the file is open.
    fn claim(&mut self, slice: u8) -> Result<bool, RuntimeError> {
        if self.slices.contains_key(&slice) {
            return Ok(true);
        }
        let path = self.locks.join(format!("83.{slice}.lock"));
        let opened = fs::create_dir_all(&self.locks)
            .and_then(|()| File::options().create(true).truncate(false).write(true).open(&path));
        let locked = opened.map(|file| (file.try_lock(), file));
        let failed = |error: &dyn std::fmt::Display| RuntimeError::Backend {
            verb: "claim loopback addresses by",
            subject: path.display().to_string(),
            reason: error.to_string(),
        };
        match locked {
            Ok((Ok(()), file)) => {
                self.slices.insert(slice, file);
                Ok(true)
            }
            Ok((Err(fs::TryLockError::WouldBlock), _)) => Ok(false),
            Ok((Err(fs::TryLockError::Error(error)), _)) | Err(error) => Err(failed(&error)),
        }
    }

    fn with_free_port(
        &self,
        address: Ipv4Addr,
        beside: fn(u16) -> Vec<u16>,
    ) -> Result<SocketAddrV4, RuntimeError> {
        let Some(ports) = &self.ports else { return self.with_any_port(address, beside) };
        let mut sockets = ports.clone().map(|port| SocketAddrV4::new(address, port));
        let free = |socket: &SocketAddrV4| {
            let port = socket.port();
            !self.is_leased(*socket) && matches!(places(address, port, &beside(port)), Place::Free)
        };
        sockets.find(free).ok_or_else(|| {
            let (first, last) = (ports.start(), ports.end());
            RuntimeError::Exhausted(format!(
                "no free port at {address} in {first}-{last}: delete a cache, or set SIMFRA_ELASTICACHE_PORT_RANGE"
            ))
        })
    }

    fn with_any_port(
        &self,
        address: Ipv4Addr,
        beside: fn(u16) -> Vec<u16>,
    ) -> Result<SocketAddrV4, RuntimeError> {
        for _ in 0..100 {
            let listener = TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr());
            let port = listener
                .map_err(|error| RuntimeError::Exhausted(format!("no free port at {address}: {error}")))?
                .port();
            let socket = SocketAddrV4::new(address, port);
            // Given to a node that has not bound it yet.
            let is_free = |other: u16| matches!(place(address, other), Place::Free);
            if beside(port).into_iter().all(is_free) && !self.is_leased(socket) {
                return Ok(socket);
            }
        }
        Err(RuntimeError::Exhausted(format!("no free port at {address}")))
    }
}

fn addresses(slice: u8) -> impl Iterator<Item = Ipv4Addr> {
    (1..=254).map(move |host| Ipv4Addr::new(127, 83, slice, host))
}

/// Whether all of the ports are free.
fn places(address: Ipv4Addr, port: u16, others: &[u16]) -> Place {
    let mut all = std::iter::once(&port).chain(others).map(|port| place(address, *port));
    all.find(|place| !matches!(place, Place::Free)).unwrap_or(Place::Free)
}

/// Tries to listen. Whatever forbids it (another listener, a port for root alone) makes the place taken.
fn place(address: Ipv4Addr, port: u16) -> Place {
    match TcpListener::bind((address, port)) {
        Ok(_) => Place::Free,
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => Place::NoSuchAddress,
        Err(_) => Place::Taken,
    }
}

#[cfg(test)]
mod tests;
