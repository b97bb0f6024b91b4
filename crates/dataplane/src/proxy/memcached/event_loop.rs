//! The proxy's one loop: events in, commands and replies on. Whatever many clients ask at one moment reaches the server
//! in one write, and what it answers comes back in one read: that is what makes the way through the proxy cheap.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Registry, Token};
use tokio_rustls::rustls::ServerConfig;

use super::client::{Client, Outcome};
use super::discovery::Source;
use super::pipe::Happened;
use super::server::Server;
use super::shared::Shared;
use super::slot::{self, ClientId};

const LISTENER: Token = Token(usize::MAX - 1);
const SHARED: Token = Token(usize::MAX - 2);
const EVENTS: usize = 512;
const BUFFER: usize = 64 << 10;
/// How long nobody is accepted after that failed for want of files or memory.
const PAUSE: Duration = Duration::from_millis(50);

/// All that the proxy holds.
pub(super) struct EventLoop {
    poll: Poll,
    listener: Option<TcpListener>,
    server: Server,
    shared: Shared,
    source: Source,
    /// Present: clients speak TLS alone.
    tls: Option<Arc<ServerConfig>>,
    clients: Vec<Option<Client>>,
    free: Vec<usize>,
    turn: u32,
    /// The slots of clients for whom something may be done.
    work: VecDeque<usize>,
    is_queued: Vec<bool>,
    /// Clients that were told something and not yet written to.
    told: Vec<usize>,
    /// Somebody may be waiting to be taken in.
    may_accept: bool,
    /// Taking clients in failed: it is tried again after a pause.
    out_of_files: bool,
    buffer: Vec<u8>,
}

/// What serving a client needs beside it.
pub(super) struct Surroundings<'a> {
    pub(super) registry: &'a Registry,
    pub(super) server: &'a Server,
    pub(super) shared: &'a mut Shared,
    pub(super) source: &'a mut Source,
    pub(super) buffer: &'a mut [u8],
}

impl EventLoop {
    /// Waits until the server answers.
    pub(super) fn new(
        mut server: Server,
        source: Source,
        tls: Option<Arc<ServerConfig>>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let stream = server.await_start().map_err(io::Error::other)?;
        let shared = Shared::open(stream, poll.registry(), SHARED)?;
        Ok(Self {
            poll,
            listener: None,
            server,
            shared,
            source,
            tls,
            clients: Vec::new(),
            free: Vec::new(),
            turn: 0,
            work: VecDeque::new(),
            is_queued: Vec::new(),
            told: Vec::new(),
            may_accept: false,
            out_of_files: false,
            buffer: vec![0; BUFFER],
        })
    }

    /// Takes clients in at `address`.
    pub(super) fn listen(&mut self, address: SocketAddr) -> io::Result<()> {
        let mut listener = TcpListener::bind(address)?;
        self.poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        self.listener = Some(listener);
        Ok(())
    }

    /// Serves until the server ends; why, for people.
    pub(super) fn run(mut self) -> io::Error {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait =
                if !self.work.is_empty() { Some(Duration::ZERO) } else { self.out_of_files.then_some(PAUSE) };
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return error,
                _ => {}
            }
            if let Err(error) = self.turn(&events) {
                return error;
            }
        }
    }

    /// One round: replies first, since they let clients go on.
    fn turn(&mut self, events: &Events) -> io::Result<()> {
        self.may_accept |= std::mem::take(&mut self.out_of_files);
        for event in events {
            self.note(event)?;
        }
        self.take_replies()?;
        self.accept();
        let was_full = self.shared.is_full();
        for _ in 0..self.work.len() {
            let Some(slot) = self.work.pop_front() else { break };
            self.is_queued[slot] = false;
            self.serve(slot);
        }
        if self.shared.flush(self.poll.registry()).is_err() {
            self.reopen()?;
        }
        if was_full && !self.shared.is_full() {
            (0..self.clients.len()).for_each(|slot| self.queue(slot));
        }
        Ok(())
    }

    fn note(&mut self, event: &Event) -> io::Result<()> {
        let happened = Happened::of(event);
        match event.token() {
            LISTENER => self.may_accept = true,
            SHARED => {
                if self.shared.note(happened, self.poll.registry()).is_err() {
                    self.reopen()?;
                }
            }
            token => {
                let slot = slot::of_token(token);
                let Some(Some(client)) = self.clients.get_mut(slot) else { return Ok(()) };
                if client.note(token, happened, self.poll.registry()).is_err() {
                    self.close(slot);
                } else {
                    self.queue(slot);
                }
            }
        }
        Ok(())
    }

    fn queue(&mut self, slot: usize) {
        if self.clients[slot].is_some() && !std::mem::replace(&mut self.is_queued[slot], true) {
            self.work.push_back(slot);
        }
    }

    fn take_replies(&mut self) -> io::Result<()> {
        let (clients, told) = (&mut self.clients, &mut self.told);
        let taken = self.shared.take_replies(&mut self.buffer, |id, bytes, piece| {
            let client = clients.get_mut(id.slot).and_then(Option::as_mut).filter(|client| client.id() == id);
            // Gone since it asked: its reply goes too.
            let Some(client) = client else { return };
            client.reply(bytes, piece.last, piece.announces);
            if told.last() != Some(&id.slot) {
                told.push(id.slot);
            }
        });
        for slot in std::mem::take(&mut self.told) {
            let Some(client) = &mut self.clients[slot] else { continue };
            match client.flush(self.poll.registry()) {
                Ok(true) => self.queue(slot),
                Ok(false) => {}
                Err(_) => self.close(slot),
            }
        }
        if taken.is_err() { self.reopen() } else { Ok(()) }
    }

    /// The server closed the shared connection. Where it goes on, so do the clients that wait for nothing on it;
    /// where it does not listen any more, it is gone, and the proxy with it.
    fn reopen(&mut self) -> io::Result<()> {
        let stream = self.server.connect().map_err(|_| io::Error::other(self.server.end()))?;
        self.shared = Shared::open(stream, self.poll.registry(), SHARED)?;
        for slot in 0..self.clients.len() {
            if self.clients[slot].as_ref().is_some_and(Client::is_waiting) {
                self.close(slot);
            }
        }
        Ok(())
    }

    fn accept(&mut self) {
        if !std::mem::take(&mut self.may_accept) {
            return;
        }
        let Some(listener) = self.listener.take() else { return };
        self.accept_from(&listener);
        self.listener = Some(listener);
    }

    fn accept_from(&mut self, listener: &TcpListener) {
        loop {
            match listener.accept() {
                Ok((socket, _)) => {
                    let slot = self.free.pop().unwrap_or(self.clients.len());
                    if slot == self.clients.len() {
                        self.clients.push(None);
                        self.is_queued.push(false);
                    }
                    self.turn = self.turn.wrapping_add(1);
                    let id = ClientId { slot, turn: self.turn };
                    match Client::new(id, socket, self.tls.as_ref(), self.poll.registry()) {
                        Ok(client) => {
                            self.clients[slot] = Some(client);
                            self.queue(slot);
                        }
                        Err(_) => self.free.push(slot),
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // A client that went away again.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    self.out_of_files = true;
                    return;
                }
            }
        }
    }

    fn serve(&mut self, slot: usize) {
        let Some(client) = &mut self.clients[slot] else { return };
        let mut around = Surroundings {
            registry: self.poll.registry(),
            server: &self.server,
            shared: &mut self.shared,
            source: &mut self.source,
            buffer: &mut self.buffer,
        };
        match client.serve(&mut around) {
            Ok(Outcome::Open) => {}
            Ok(Outcome::Closed) => {
                client.part(self.poll.registry());
                self.close(slot);
            }
            Err(_) => self.close(slot),
        }
    }

    fn close(&mut self, slot: usize) {
        if self.clients[slot].take().is_some() {
            self.free.push(slot);
        }
    }
}
