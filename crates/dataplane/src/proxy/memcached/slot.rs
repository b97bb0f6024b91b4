//! Clients' places in the event loop, and the tokens by which it knows their connections: two a place.

use mio::Token;

/// Which slot of the event loop a client has, and which of the slot's clients it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientId {
    pub(super) slot: usize,
    pub(super) turn: u32,
}

impl ClientId {
    /// Of the client's connection.
    pub(super) fn token(self) -> Token {
        Token(self.slot * 2)
    }

    /// Of its own connection to the server.
    pub(super) fn own_token(self) -> Token {
        Token(self.slot * 2 + 1)
    }
}

/// Whose connection it is.
pub(super) fn of_token(token: Token) -> usize {
    token.0 / 2
}
