//! A client's side of the proxy: in clear, or encrypted where its node speaks TLS alone.
//!
//! Encryption stands before the [`Pipe`], which carries what is on the wire: it alone knows what the socket takes.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use mio::Registry;
use mio::net::TcpStream;
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

use super::pipe::{FULL, Found, Happened, KEPT, Pipe};

/// A client's connection.
#[derive(Debug)]
pub(super) struct ClientPipe {
    wire: Pipe<TcpStream>,
    tls: Option<Box<Tls>>,
}

impl ClientPipe {
    pub(super) fn new(wire: Pipe<TcpStream>, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        let tls = tls.map(|config| Tls::new(Arc::clone(config))).transpose()?;
        Ok(Self { wire, tls: tls.map(Box::new) })
    }

    /// The event loop says that something came.
    pub(super) fn note(&mut self, event: Happened, registry: &Registry) -> io::Result<()> {
        self.wire.note(event, registry)
    }

    pub(super) fn may_read(&self) -> bool {
        self.wire.may_read() || self.tls.as_ref().is_some_and(|tls| !tls.sealed.is_empty())
    }

    /// Appends what is to be written.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            None => self.wire.put(bytes),
            Some(tls) => tls.clear.extend_from_slice(bytes),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wire.is_empty() && self.tls.as_ref().is_none_or(|tls| tls.clear.is_empty())
    }

    pub(super) fn is_full(&self) -> bool {
        self.wire.is_full() || self.tls.as_ref().is_some_and(|tls| tls.clear.len() >= FULL)
    }

    pub(super) fn read(&mut self, buffer: &mut [u8], registry: &Registry) -> io::Result<Found> {
        match &mut self.tls {
            None => self.wire.read(buffer),
            Some(tls) => tls.read(&mut self.wire, buffer, registry),
        }
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self, registry: &Registry) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.seal(&mut self.wire)?;
        }
        self.wire.flush(registry)
    }

    /// Says goodbye, so that the client can tell an end from a connection that broke. Whether that arrives changes
    /// nothing here.
    pub(super) fn part(&mut self, registry: &Registry) {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
            let _ = tls.put_sealed(&mut self.wire).and_then(|()| self.wire.flush(registry));
        }
    }
}

/// TLS with one client.
#[derive(Debug)]
struct Tls {
    session: ServerConnection,
    /// To be encrypted: what is put in many pieces goes in few records.
    clear: Vec<u8>,
    /// What came and is not decrypted yet.
    sealed: Vec<u8>,
}

impl Tls {
    fn new(config: Arc<ServerConfig>) -> io::Result<Self> {
        let mut session = ServerConnection::new(config).map_err(io::Error::other)?;
        // It is bounded before and after: nothing stays in the session.
        session.set_buffer_limit(None);
        Ok(Self { session, clear: Vec::new(), sealed: Vec::new() })
    }

    fn read(
        &mut self,
        wire: &mut Pipe<TcpStream>,
        buffer: &mut [u8],
        registry: &Registry,
    ) -> io::Result<Found> {
        loop {
            match self.session.reader().read(buffer) {
                Ok(0) => return Ok(Found::End),
                Ok(read) => return Ok(Found::Bytes(read)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if self.sealed.is_empty() {
                match wire.read(buffer)? {
                    // One that leaves without a goodbye has ended, too: a command that is not whole is none.
                    end @ (Found::Nothing | Found::End) => return Ok(end),
                    Found::Bytes(read) => self.sealed.extend_from_slice(&buffer[..read]),
                }
            }
            self.open(wire, registry)?;
        }
    }

    /// Decrypts some of what came; what the session itself has to say to that goes out.
    fn open(&mut self, wire: &mut Pipe<TcpStream>, registry: &Registry) -> io::Result<()> {
        let mut sealed = self.sealed.as_slice();
        self.session.read_tls(&mut sealed)?;
        let left = sealed.len();
        self.sealed.drain(..self.sealed.len() - left);
        if left == 0 {
            self.sealed.shrink_to(KEPT);
        }
        let opened = self.session.process_new_packets().map_err(io::Error::other);
        self.put_sealed(wire)?;
        if opened.is_err() {
            // Why, for the client; it is let go whether it listens or not.
            let _ = wire.flush(registry);
        }
        opened.map(drop)
    }

    /// Encrypts what waits for it.
    fn seal(&mut self, wire: &mut Pipe<TcpStream>) -> io::Result<()> {
        if self.clear.is_empty() {
            return Ok(());
        }
        self.session.writer().write_all(&self.clear)?;
        self.clear.clear();
        self.clear.shrink_to(KEPT);
        self.put_sealed(wire)
    }

    fn put_sealed(&mut self, wire: &mut Pipe<TcpStream>) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut Waiting(wire))?;
        }
        Ok(())
    }
}

/// A pipe as something that takes all that is written.
struct Waiting<'a>(&'a mut Pipe<TcpStream>);

impl Write for Waiting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
