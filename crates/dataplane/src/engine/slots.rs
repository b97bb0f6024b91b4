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

/// What becomes of a key at the recipient that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtRecipient {
    /// The one that is sent takes its place.
    Replaced,
    /// It stays.
    Kept,
}

/// What became of keys that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// They are taken.
    Taken,
    /// The recipient did not take all in time, or broke off; what it did not take is still here.
    BrokenOff(String),
    /// The recipient has one of the name, which stays.
    IsThere,
    /// The recipient is full.
    NoRoom(String),
    /// The recipient cannot read one, or may not take one so large: it will not take it another time either.
    Refused(String),
}

impl Sent {
    /// What the sender's refusal says; none: nothing of the keys.
    fn of(reason: &str) -> Option<Self> {
        if reason.starts_with("IOERR") {
            return Some(Self::BrokenOff(reason.to_owned()));
        }
        let (_, said) = reason.split_once("Target instance replied with error: ")?;
        let about_the_key = ["DUMP payload", "Bad data format", "Protocol error"];
        match said {
            _ if said.starts_with("OOM") => Some(Self::NoRoom(said.to_owned())),
            _ if said.starts_with("BUSYKEY") => Some(Self::IsThere),
            _ if about_the_key.iter().any(|it| said.contains(it)) => Some(Self::Refused(said.to_owned())),
            _ => None,
        }
    }
}

/// What an engine holds, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub used: u64,
    /// Of that its keys and values.
    pub data: u64,
    /// The most that it may; none: as much as there is.
    pub limit: Option<u64>,
    /// Whether it drops any of its keys to make room for others.
    pub evicts_any: bool,
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
    /// It does not move: it stays whose it is.
    Stable,
}

impl<S: Stream> Session<S> {
    /// Has the engine hold these slots to be what `mark` says.
    ///
    /// # Errors
    /// As [`Session::call`]; some of them may have been told then.
    pub async fn mark_slots(&mut self, slots: &Slots, mark: &SlotMark<'_>) -> Result<(), SessionError> {
        let what: &[&str] = match mark {
            SlotMark::From(node) => &["IMPORTING", node],
            SlotMark::To(node) => &["MIGRATING", node],
            SlotMark::Of(node) => &["NODE", node],
            SlotMark::Stable => &["STABLE"],
        };
        let command = |slot: u16| words(&[&["CLUSTER", "SETSLOT", &slot.to_string()], what].concat());
        let commands: Vec<_> = slots.iter().map(command).collect();
        self.call_all(&commands).await.map(drop)
    }

    /// Has it take slots that the node `from` has, with an epoch above all others: everybody believes that one's claim, and
    /// `from` drops what it holds of them.
    ///
    /// # Errors
    /// As [`Session::mark_slots`].
    pub async fn claim_slots(&mut self, slots: &Slots, from: &str) -> Result<(), SessionError> {
        let own = match self.call(&["CLUSTER", "MYID"]).await? {
            Reply::Bulk(Some(id)) => String::from_utf8_lossy(&id).into_owned(),
            other => {
                let command = "CLUSTER MYID".to_owned();
                return Err(SessionError::Refused { command, reason: format!("{other:?}") });
            }
        };
        self.mark_slots(slots, &SlotMark::From(from)).await?;
        self.mark_slots(slots, &SlotMark::Of(&own)).await
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

    /// Sends keys to another engine, and drops here what that took. Those that are gone meanwhile are passed over.
    /// `timeout_ms` is what the other may take for one of its steps; this engine does nothing else meanwhile.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn send_keys(
        &mut self,
        keys: &[Vec<u8>],
        to: &Recipient,
        there: AtRecipient,
        timeout_ms: u32,
    ) -> Result<Sent, SessionError> {
        let (address, port) = (to.socket.address.to_string(), to.socket.port.to_string());
        let mut command = words(&["MIGRATE", &address, &port, "", "0", &timeout_ms.to_string()]);
        if there == AtRecipient::Replaced {
            command.push(b"REPLACE".to_vec());
        }
        if self.has_users() {
            command.extend(words(&["AUTH2", OWN_USER, &to.secrets.password()]));
        }
        command.push(b"KEYS".to_vec());
        command.extend_from_slice(keys);
        match self.call_all(&[command]).await {
            Err(SessionError::Refused { reason, command }) => {
                Sent::of(&reason).ok_or(SessionError::Refused { reason, command })
            }
            told => told.map(|_| Sent::Taken),
        }
    }

    /// Drops a key of a slot that another engine has and that comes from there.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn drop_key(&mut self, key: &[u8]) -> Result<(), SessionError> {
        self.call_all(&[words(&["ASKING"]), vec![b"DEL".to_vec(), key.to_vec()]]).await.map(drop)
    }

    /// About how many bytes the key takes, be its slot the engine's or one that comes; none: it is gone, or the engine does
    /// not say.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn size_of(&mut self, key: &[u8]) -> Result<Option<u64>, SessionError> {
        let usage = vec![b"MEMORY".to_vec(), b"USAGE".to_vec(), key.to_vec()];
        match self.call_all(&[words(&["ASKING"]), usage]).await {
            // Before Redis 4.0.
            Err(SessionError::Refused { .. }) => Ok(None),
            told => Ok(match told?.pop() {
                Some(Reply::Integer(bytes)) => u64::try_from(bytes).ok(),
                _ => None,
            }),
        }
    }

    /// What it holds, and how much it may.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn memory(&mut self) -> Result<Memory, SessionError> {
        let told = bytes(self.call(&["INFO", "memory"]).await?).unwrap_or_default();
        let told = String::from_utf8_lossy(&told);
        let text = |name: &str| {
            told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_end))
        };
        let field = |name: &str| text(name).and_then(|value| value.parse().ok());
        let of = |name| field(name).unwrap_or_default();
        let used: u64 = of("used_memory");
        // Not its `used_memory_dataset`: that leaves out what keys take in tables, and can be less than nothing.
        let data = ["used_memory_startup", "mem_replication_backlog", "mem_clients_normal"]
            .into_iter()
            .fold(used, |data, other| data.saturating_sub(of(other)));
        let evicts_any = text("maxmemory_policy").is_some_and(|policy| policy.starts_with("allkeys-"));
        Ok(Memory { used, data, limit: field("maxmemory").filter(|limit| *limit > 0), evicts_any })
    }

    /// Puts it under another limit of what it holds; none: under no limit.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn put_under_limit(&mut self, bytes: Option<u64>) -> Result<(), SessionError> {
        let bytes = bytes.unwrap_or_default().to_string();
        self.call(&["CONFIG", "SET", "maxmemory", &bytes]).await.map(drop)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_keys_is_read() {
        let by_target = |said: &str| Sent::of(&format!("ERR Target instance replied with error: {said}"));
        let oom = "OOM command not allowed when used memory > 'maxmemory'.";
        assert_eq!(by_target(oom), Some(Sent::NoRoom(oom.to_owned())));
        assert_eq!(by_target("BUSYKEY Target key name already exists."), Some(Sent::IsThere));
        for said in [
            "ERR DUMP payload version or checksum are wrong",
            "ERR Bad data format",
            "ERR Protocol error: invalid bulk length",
        ] {
            assert_eq!(by_target(said), Some(Sent::Refused(said.to_owned())));
        }
        let late = "IOERR error or timeout reading to target instance";
        assert_eq!(Sent::of(late), Some(Sent::BrokenOff(late.to_owned())));
        // It is a replica since a moment, or its slots are somebody else's: another time it takes them.
        for said in ["READONLY You can't write against a read only replica.", "MOVED 7 127.0.0.1:6379"] {
            assert_eq!(by_target(said), None);
        }
        assert_eq!(Sent::of("NOPERM no"), None);
    }
}
