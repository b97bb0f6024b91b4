//! The connection to the server that clients share: their commands in one stream, the replies told apart by their
//! order and form.

use std::collections::VecDeque;
use std::io;

use mio::{Registry, Token};

use super::framing::{Piece, Replies, Reply};
use super::pipe::{Found, Happened, Pipe};
use super::server::ServerStream;
use super::slot::ClientId;

/// The connection, and who waits for what on it.
#[derive(Debug)]
pub(super) struct Shared {
    pipe: Pipe<ServerStream>,
    waiting: VecDeque<(ClientId, Reply)>,
    replies: Replies,
    /// The beginning of a line whose end has not come.
    input: Vec<u8>,
}

impl Shared {
    pub(super) fn open(stream: ServerStream, registry: &Registry, token: Token) -> io::Result<Self> {
        let pipe = Pipe::register(stream, registry, token)?;
        Ok(Self { pipe, waiting: VecDeque::new(), replies: Replies::default(), input: Vec::new() })
    }

    /// Puts a client's whole command after those of the others.
    pub(super) fn ask(&mut self, client: ClientId, reply: Reply, command: &[u8]) {
        self.pipe.put(command);
        self.waiting.push_back((client, reply));
    }

    pub(super) fn is_full(&self) -> bool {
        self.pipe.is_full()
    }

    pub(super) fn note(&mut self, event: Happened, registry: &Registry) -> io::Result<()> {
        self.pipe.note(event, registry)
    }

    pub(super) fn flush(&mut self, registry: &Registry) -> io::Result<()> {
        self.pipe.flush(registry)
    }

    /// Reads what the server answers, and gives each piece to `deliver`. An error when the server closed the
    /// connection, or answers what was not asked.
    pub(super) fn take_replies(
        &mut self,
        buffer: &mut [u8],
        mut deliver: impl FnMut(ClientId, &[u8], Piece),
    ) -> io::Result<()> {
        loop {
            match self.pipe.read(buffer)? {
                Found::Nothing => return Ok(()),
                Found::End => return Err(io::ErrorKind::UnexpectedEof.into()),
                Found::Bytes(read) if self.input.is_empty() => {
                    let taken = self.split(&buffer[..read], &mut deliver)?;
                    self.input.extend_from_slice(&buffer[taken..read]);
                }
                Found::Bytes(read) => {
                    let mut input = std::mem::take(&mut self.input);
                    input.extend_from_slice(&buffer[..read]);
                    let taken = self.split(&input, &mut deliver)?;
                    input.drain(..taken);
                    self.input = input;
                }
            }
        }
    }

    fn split(&mut self, input: &[u8], deliver: &mut impl FnMut(ClientId, &[u8], Piece)) -> io::Result<usize> {
        let mut taken = 0;
        while taken < input.len() {
            let foreign =
                || io::Error::new(io::ErrorKind::InvalidData, "the server answers what nobody asked");
            let (client, reply) = *self.waiting.front().ok_or_else(foreign)?;
            let piece = self.replies.piece(reply, &input[taken..]).ok_or_else(foreign)?;
            if piece.length == 0 {
                break;
            }
            deliver(client, &input[taken..taken + piece.length], piece);
            taken += piece.length;
            if piece.last {
                self.waiting.pop_front();
            }
        }
        Ok(taken)
    }
}
