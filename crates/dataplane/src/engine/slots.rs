//! Slots that go from one engine to another, with the keys in them, while clients use both.
//!
//! A slot that moves is marked on both: its owner sends clients to the other for what it does not hold, and that one
//! serves whom it was sent. Commands for many slots go in one pipeline: what an engine does in one go it writes into its
//! file of nodes once.

use domain::replication_group::Slots;

use super::replication::Socket;
use super::resp::Reply;
use super::secrets::{NodeSecrets, OWN_USER};
use super::session::{Session, SessionError};
use crate::runtime::Stream;

/// How many keys are asked for and sent at once: the engine does nothing else meanwhile.
const KEYS_AT_ONCE: &str = "100";

/// The engine that keys are sent to.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Where it listens.
    pub socket: Socket,
    /// What lets the sender in, as Simfra's own user.
    pub secrets: NodeSecrets,
}

/// What a slot is to an engine, with the id of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotMark<'a> {
    /// It comes from that node, which has it: clients that were sent here for it are served.
    From(&'a str),
    /// It goes to that node: clients are sent there for what this one, which has the slot, does not hold.
    To(&'a str),
    /// It is that node's. An engine that holds keys of it does not give it away.
    Of(&'a str),
}

impl<S: Stream> Session<S> {
    /// Has the engine hold these slots to be what `mark` says.
    ///
    /// # Errors
    /// As [`Session::call`]; some of them may have been told then.
    pub async fn mark_slots(&mut self, slots: &Slots, mark: &SlotMark<'_>) -> Result<(), SessionError> {
        let (what, node) = match mark {
            SlotMark::From(node) => ("IMPORTING", node),
            SlotMark::To(node) => ("MIGRATING", node),
            SlotMark::Of(node) => ("NODE", node),
        };
        let command = |slot: u16| words(&["CLUSTER", "SETSLOT", &slot.to_string(), what, node]);
        let commands: Vec<_> = slots.iter().map(command).collect();
        self.call_all(&commands).await.map(drop)
    }

    /// The functions that it was given, for another engine; none: its version knows none.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn functions(&mut self) -> Result<Option<Vec<u8>>, SessionError> {
        match self.call(&["FUNCTION", "DUMP"]).await {
            // Before Redis 7.0.
            Err(SessionError::Refused { .. }) => Ok(None),
            told => Ok(bytes(told?)),
        }
    }

    /// Gives it another engine's functions, in the place of those of the same names.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn take_functions(&mut self, functions: Vec<u8>) -> Result<(), SessionError> {
        let [function, restore, replace] = [b"FUNCTION".to_vec(), b"RESTORE".to_vec(), b"REPLACE".to_vec()];
        self.call_all(&[vec![function, restore, functions, replace]]).await.map(drop)
    }

    /// Those of the slots that it holds keys of, with how many.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn held_slots(&mut self, slots: &Slots) -> Result<Vec<(u16, i64)>, SessionError> {
        let command = |slot: u16| words(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]);
        let commands: Vec<_> = slots.iter().map(command).collect();
        let counts = self.call_all(&commands).await?;
        let held = slots.iter().zip(counts).filter_map(|(slot, count)| match count {
            Reply::Integer(count @ 1..) => Some((slot, count)),
            _ => None,
        });
        Ok(held.collect())
    }

    /// Some of the keys that it holds of the slot.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn keys_of_slot(&mut self, slot: u16) -> Result<Vec<Vec<u8>>, SessionError> {
        match self.call(&["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), KEYS_AT_ONCE]).await? {
            Reply::Array(Some(keys)) => Ok(keys.into_iter().filter_map(bytes).collect()),
            other => Err(SessionError::Refused {
                command: "CLUSTER GETKEYSINSLOT".to_owned(),
                reason: format!("{other:?}"),
            }),
        }
    }

    /// Sends keys to another engine, where they take the place of any that are there, and drops them here. Those that are
    /// gone meanwhile are passed over. `timeout_ms` is what the other may take for one of its steps; this engine does
    /// nothing else meanwhile. False: it took longer; what was not taken is still here.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn send_keys(
        &mut self,
        keys: &[Vec<u8>],
        to: &Recipient,
        timeout_ms: u32,
    ) -> Result<bool, SessionError> {
        let (address, port) = (to.socket.address.to_string(), to.socket.port.to_string());
        let mut command = words(&["MIGRATE", &address, &port, "", "0", &timeout_ms.to_string(), "REPLACE"]);
        if self.has_users() {
            command.extend(words(&["AUTH2", OWN_USER, &to.secrets.password()]));
        }
        command.push(b"KEYS".to_vec());
        command.extend_from_slice(keys);
        match self.call_all(&[command]).await {
            Err(SessionError::Refused { reason, .. }) if reason.starts_with("IOERR") => Ok(false),
            told => told.map(|_| true),
        }
    }
}

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn bytes(reply: Reply) -> Option<Vec<u8>> {
    match reply {
        Reply::Bulk(bytes) => bytes,
        _ => None,
    }
}
