//! One side of a connection in the event loop: a socket, what is to be written to it, whether it may be read.

use std::io::{self, ErrorKind, Read, Write};

use mio::event::{Event, Source};
use mio::{Interest, Registry, Token};

/// With more to write than this, nothing more is taken in for it.
pub(super) const FULL: usize = 256 << 10;
/// Room beyond this is given back when it is empty: idle connections hold no memory.
pub(super) const KEPT: usize = 4 << 10;

/// The socket, registered for as long as it is open.
#[derive(Debug)]
pub(super) struct Pipe<S> {
    socket: S,
    token: Token,
    waiting: Vec<u8>,
    written: usize,
    /// The socket may have something to read: said by the event loop, taken back by a read that found less than it could take.
    readable: bool,
    /// Its other side has ended: reading goes on to the end that is seen as such.
    hung_up: bool,
    /// The event loop tells when the socket takes more.
    blocked: bool,
}

/// What an event tells of a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened {
    readable: bool,
    writable: bool,
    hung_up: bool,
}

impl Happened {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            readable: event.is_readable(),
            writable: event.is_writable(),
            hung_up: event.is_read_closed() || event.is_error(),
        }
    }
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Bytes(usize),
    Nothing,
    End,
}

impl<S: Source + Read + Write> Pipe<S> {
    pub(super) fn register(mut socket: S, registry: &Registry, token: Token) -> io::Result<Self> {
        registry.register(&mut socket, token, Interest::READABLE)?;
        Ok(Self {
            socket,
            token,
            waiting: Vec::new(),
            written: 0,
            readable: true,
            hung_up: false,
            blocked: false,
        })
    }

    pub(super) fn socket(&self) -> &S {
        &self.socket
    }

    /// The event loop says that something came.
    pub(super) fn note(&mut self, event: Happened, registry: &Registry) -> io::Result<()> {
        self.readable |= event.readable || event.hung_up;
        self.hung_up |= event.hung_up;
        if event.writable && self.blocked {
            self.blocked = false;
            registry.reregister(&mut self.socket, self.token, Interest::READABLE)?;
        }
        Ok(())
    }

    pub(super) fn may_read(&self) -> bool {
        self.readable
    }

    /// Appends what is to be written.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() - self.written >= FULL
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Found> {
        if !self.readable {
            return Ok(Found::Nothing);
        }
        loop {
            return match self.socket.read(buffer) {
                Ok(0) => Ok(Found::End),
                Ok(read) => {
                    // A stream that had less than was asked for is empty: the next event tells of more.
                    self.readable = self.hung_up || read == buffer.len();
                    Ok(Found::Bytes(read))
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.readable = false;
                    Ok(Found::Nothing)
                }
                Err(error) => Err(error),
            };
        }
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self, registry: &Registry) -> io::Result<()> {
        while !self.blocked && self.written < self.waiting.len() {
            match self.socket.write(&self.waiting[self.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    let both = Interest::READABLE | Interest::WRITABLE;
                    registry.reregister(&mut self.socket, self.token, both)?;
                }
                Err(error) => return Err(error),
            }
        }
        if self.written == self.waiting.len() {
            self.waiting.clear();
            self.waiting.shrink_to(KEPT);
            self.written = 0;
        } else if self.written >= FULL {
            self.waiting.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }
}
