//! One client: its input, cut into commands, and the way that they go.

use std::io;
use std::sync::Arc;

use mio::net::TcpStream;
use mio::{Registry, Token};
use tokio_rustls::rustls::ServerConfig;

use super::client_pipe::ClientPipe;
use super::discovery::Query;
use super::event_loop::Surroundings;
use super::framing::{Command, Protocol};
use super::pipe::{Found, Happened, Pipe};
use super::server::ServerStream;
use super::slot::ClientId;

/// After so many commands that could have been shared, a client leaves its own connection to the server again.
const STREAK: u32 = 32;
/// A client with larger values keeps its own connection: on a shared one, they would wait here until it takes them.
const LARGE: u64 = 64 << 10;
/// More commands of one client are not under way at a time.
const MOST_UNDER_WAY: u32 = 64;

/// Where commands go.
#[derive(Debug)]
enum Route {
    /// Over the connection that clients share.
    Shared,
    /// Over a connection of the client's own.
    Own(Own),
}

#[derive(Debug)]
struct Own {
    pipe: Pipe<ServerStream>,
    /// The commands in a row that could have been shared.
    streak: u32,
    /// The server was told to close after its last reply; then this is to be answered.
    farewell: Option<Option<Query>>,
    /// It was told that the client asks no more.
    ended: bool,
}

/// The rest of a command that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    /// So many bytes to pass on.
    Pass(u64),
    /// Everything up to a line end.
    PassLine,
    /// So many bytes to skip; then this is to be answered.
    Skip(u64, Query),
    /// To be answered when all before it is.
    Answer(Query),
}

/// The client's connection and how far it has come.
#[derive(Debug)]
pub(super) struct Client {
    id: ClientId,
    pipe: ClientPipe,
    protocol: Option<Protocol>,
    /// What was read and not passed on yet.
    input: Vec<u8>,
    rest: Rest,
    route: Route,
    /// Replies that it waits for on the shared connection.
    under_way: u32,
    has_large_values: bool,
    ended: bool,
}

/// Whether a client goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Closed,
}

/// What one look at the input led to.
enum Progress {
    /// So many bytes of it are done.
    Taken(usize),
    /// More input is needed, or something else must happen first.
    Waits,
}

impl Client {
    pub(super) fn new(
        id: ClientId,
        socket: TcpStream,
        tls: Option<&Arc<ServerConfig>>,
        registry: &Registry,
    ) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let wire = Pipe::register(socket, registry, id.token())?;
        Ok(Self {
            id,
            pipe: ClientPipe::new(wire, tls)?,
            protocol: None,
            input: Vec::new(),
            rest: Rest::None,
            route: Route::Shared,
            under_way: 0,
            has_large_values: false,
            ended: false,
        })
    }

    pub(super) fn id(&self) -> ClientId {
        self.id
    }

    /// An event of its connection, or of its own connection to the server.
    pub(super) fn note(&mut self, token: Token, event: Happened, registry: &Registry) -> io::Result<()> {
        if token == self.id.token() {
            return self.pipe.note(event, registry);
        }
        match &mut self.route {
            Route::Own(own) => own.pipe.note(event, registry),
            Route::Shared => Ok(()),
        }
    }

    /// A piece of a reply came over the shared connection.
    pub(super) fn reply(&mut self, bytes: &[u8], last: bool, announces: u64) {
        self.pipe.put(bytes);
        self.under_way -= u32::from(last);
        self.has_large_values |= announces > LARGE;
    }

    /// The shared connection broke: are replies lost?
    pub(super) fn is_waiting(&self) -> bool {
        self.under_way > 0
    }

    /// It is let go, with all that it was to be told.
    pub(super) fn part(&mut self, registry: &Registry) {
        self.pipe.part(registry);
    }

    /// Writes what it is to be told; true when it then wants to be served again.
    pub(super) fn flush(&mut self, registry: &Registry) -> io::Result<bool> {
        self.pipe.flush(registry)?;
        Ok(!self.input.is_empty() || self.pipe.may_read() || self.ended || self.rest != Rest::None)
    }

    /// Does all that can be done at this moment.
    pub(super) fn serve(&mut self, around: &mut Surroundings<'_>) -> io::Result<Outcome> {
        loop {
            let replied = self.take_replies(around)?;
            if replied == Outcome::Closed {
                self.pipe.flush(around.registry)?;
                return Ok(if self.pipe.is_empty() { Outcome::Closed } else { Outcome::Open });
            }
            let before = (self.input.len(), self.rest);
            self.consume(around)?;
            let held = self.is_held(around);
            let read = !held && self.read(around)?;
            if let Route::Own(own) = &mut self.route {
                own.pipe.flush(around.registry)?;
            }
            self.pipe.flush(around.registry)?;
            // What held it may have gone out just now, and no event will tell of that.
            let freed = held && !self.is_held(around);
            if !read && !freed && before == (self.input.len(), self.rest) {
                return self.finish();
            }
        }
    }

    /// Whether nothing more may be taken in: what is there cannot go anywhere.
    fn is_held(&self, around: &Surroundings<'_>) -> bool {
        let server_full = match &self.route {
            Route::Shared => around.shared.is_full() || self.under_way >= MOST_UNDER_WAY,
            Route::Own(own) => own.pipe.is_full() || own.farewell.is_some(),
        };
        self.ended
            || self.pipe.is_full()
            || server_full
            || matches!(self.rest, Rest::Answer(_))
            || self.input.len() > around.buffer.len()
    }

    /// Reads more input and passes on what of it can go; true when there was some.
    fn read(&mut self, around: &mut Surroundings<'_>) -> io::Result<bool> {
        match self.pipe.read(around.buffer, around.registry)? {
            Found::Nothing => Ok(false),
            Found::End => {
                self.ended = true;
                Ok(true)
            }
            Found::Bytes(read) if self.input.is_empty() => {
                // The common case: whole commands, which are never copied here.
                let buffer = std::mem::take(&mut around.buffer);
                let taken = self.pass(&buffer[..read], around);
                self.input.extend_from_slice(&buffer[taken.as_ref().copied().unwrap_or(read)..read]);
                around.buffer = buffer;
                taken.map(|_| true)
            }
            Found::Bytes(read) => {
                self.input.extend_from_slice(&around.buffer[..read]);
                self.consume(around)?;
                Ok(true)
            }
        }
    }

    fn consume(&mut self, around: &mut Surroundings<'_>) -> io::Result<()> {
        let mut input = std::mem::take(&mut self.input);
        let taken = self.pass(&input, around)?;
        if taken == input.len() {
            input = Vec::new();
        } else {
            input.drain(..taken);
        }
        self.input = input;
        Ok(())
    }

    /// Passes on as much of `input` as can go now; how much that was.
    fn pass(&mut self, input: &[u8], around: &mut Surroundings<'_>) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let left = &input[taken..];
            if left.is_empty() && !matches!(self.rest, Rest::Answer(_)) {
                return Ok(taken);
            }
            match self.step(left, around)? {
                Progress::Taken(bytes) => taken += bytes,
                Progress::Waits => return Ok(taken),
            }
        }
    }

    fn step(&mut self, left: &[u8], around: &mut Surroundings<'_>) -> io::Result<Progress> {
        if let Route::Own(own) = &self.route
            && (own.pipe.is_full() || own.farewell.is_some())
        {
            return Ok(Progress::Waits);
        }
        match self.rest {
            Rest::None => self.begin(left, around),
            Rest::Pass(length) => {
                let now = usize::try_from(length).unwrap_or(usize::MAX).min(left.len());
                let remaining = length - now as u64;
                self.rest = if remaining == 0 { Rest::None } else { Rest::Pass(remaining) };
                self.put_own(&left[..now]);
                Ok(Progress::Taken(now))
            }
            Rest::PassLine => {
                let end = left.iter().position(|byte| *byte == b'\n');
                let now = end.map_or(left.len(), |end| end + 1);
                if end.is_some() {
                    self.rest = Rest::None;
                }
                self.put_own(&left[..now]);
                Ok(Progress::Taken(now))
            }
            Rest::Skip(length, query) => {
                let now = usize::try_from(length).unwrap_or(usize::MAX).min(left.len());
                let remaining = length - now as u64;
                self.rest = if remaining == 0 { Rest::Answer(query) } else { Rest::Skip(remaining, query) };
                Ok(Progress::Taken(now))
            }
            Rest::Answer(query) => self.answer(query, around),
        }
    }

    /// Looks at the command at the beginning of `left`, and sends it on its way.
    fn begin(&mut self, left: &[u8], around: &mut Surroundings<'_>) -> io::Result<Progress> {
        let protocol = *self.protocol.get_or_insert_with(|| Protocol::of(left[0]));
        let command = protocol.command(left);
        if let (Route::Own(own), false) = (&mut self.route, self.has_large_values) {
            own.streak = if matches!(command, Command::Shared { .. }) { own.streak + 1 } else { 0 };
            if own.streak > STREAK {
                own.pipe.put(protocol.farewell());
                own.farewell = Some(None);
                return Ok(Progress::Waits);
            }
        }
        match command {
            Command::Partial => Ok(Progress::Waits),
            Command::Shared { length, reply } => {
                if matches!(self.route, Route::Shared) && !self.has_large_values {
                    if self.under_way >= MOST_UNDER_WAY || around.shared.is_full() || self.pipe.is_full() {
                        return Ok(Progress::Waits);
                    }
                    around.shared.ask(self.id, reply, &left[..length]);
                    self.under_way += 1;
                    return Ok(Progress::Taken(length));
                }
                self.begin_own(Rest::Pass(length as u64), around)
            }
            Command::Own { length } => self.begin_own(Rest::Pass(length), around),
            Command::OwnLine => self.begin_own(Rest::PassLine, around),
            Command::Query { length, query } => {
                self.rest = Rest::Skip(length, query);
                Ok(Progress::Taken(0))
            }
        }
    }

    /// Has a connection of the client's own, once it waits for nothing on the shared one.
    fn begin_own(&mut self, rest: Rest, around: &mut Surroundings<'_>) -> io::Result<Progress> {
        if matches!(self.route, Route::Shared) {
            if self.under_way > 0 {
                return Ok(Progress::Waits);
            }
            let pipe = Pipe::register(around.server.connect()?, around.registry, self.id.own_token())?;
            self.route = Route::Own(Own { pipe, streak: 0, farewell: None, ended: false });
        }
        self.rest = rest;
        Ok(Progress::Taken(0))
    }

    /// Answers a query, once everything before it is answered: on a connection of its own, the server's end of it
    /// says so.
    fn answer(&mut self, query: Query, around: &mut Surroundings<'_>) -> io::Result<Progress> {
        match &mut self.route {
            Route::Shared if self.under_way > 0 => Ok(Progress::Waits),
            Route::Shared => {
                self.rest = Rest::None;
                self.pipe.put(&query.answer(around.source));
                Ok(Progress::Taken(0))
            }
            Route::Own(own) => {
                own.pipe.put(self.protocol.unwrap_or(Protocol::Text).farewell());
                own.farewell = Some(Some(query));
                self.rest = Rest::None;
                Ok(Progress::Waits)
            }
        }
    }

    fn put_own(&mut self, bytes: &[u8]) {
        if let Route::Own(own) = &mut self.route {
            own.pipe.put(bytes);
        }
    }

    /// Passes on what its own connection to the server brings. Closed: the server closed it, and not at our bidding.
    fn take_replies(&mut self, around: &mut Surroundings<'_>) -> io::Result<Outcome> {
        while let Route::Own(own) = &mut self.route {
            if self.pipe.is_full() {
                self.pipe.flush(around.registry)?;
                if self.pipe.is_full() {
                    break;
                }
            }
            match own.pipe.read(around.buffer)? {
                Found::Nothing => break,
                Found::Bytes(read) => self.pipe.put(&around.buffer[..read]),
                Found::End => match own.farewell.take() {
                    Some(query) => {
                        self.route = Route::Shared;
                        if let Some(query) = query {
                            self.pipe.put(&query.answer(around.source));
                        }
                    }
                    None => return Ok(Outcome::Closed),
                },
            }
        }
        Ok(Outcome::Open)
    }

    /// Nothing more can be done: is that because the client has ended?
    fn finish(&mut self) -> io::Result<Outcome> {
        let waits = self.under_way > 0 || matches!(self.rest, Rest::Answer(_));
        if !self.ended || waits || self.has_command() {
            return Ok(Outcome::Open);
        }
        match &mut self.route {
            Route::Shared if self.pipe.is_empty() => Ok(Outcome::Closed),
            Route::Shared => Ok(Outcome::Open),
            Route::Own(own) => {
                if own.farewell.is_none() && own.pipe.is_empty() && !own.ended {
                    own.ended = true;
                    own.pipe.socket().end_of_requests()?;
                }
                Ok(Outcome::Open)
            }
        }
    }
}

impl Client {
    /// Whether its input goes on with more than the beginning of a command.
    fn has_command(&self) -> bool {
        let begun = self.rest == Rest::None
            && self.protocol.is_some_and(|protocol| {
                !self.input.is_empty() && protocol.command(&self.input) == Command::Partial
            });
        !self.input.is_empty() && !begun
    }
}
