//! Clients of the engines, over a stream that a runtime dialled.
//!
//! Asks whether a node answers, waits until it does, and watches that it goes on answering. Decides nothing about
//! what is to happen then.

pub mod access;
pub(crate) mod arguments;
mod behind;
pub(crate) mod birth;
mod cluster;
pub mod dump;
pub mod heartbeat;
pub mod memcached;
pub mod ready;
mod replication;
pub mod resp;
pub mod secrets;
pub(crate) mod seed;
pub mod session;
mod slots;
mod target;
mod users;

use domain::engine::Engine;

use crate::runtime::BoxStream;

pub use access::{Access, Clients};
pub use behind::Links;
pub use birth::{Birth, NewMember, NewShard};
pub use cluster::{ClusterNode, ClusterView};
pub use heartbeat::{Heartbeat, Liveness, Missed};
pub use ready::{NotReady, wait_ready};
pub use replication::{Role, Socket};
pub use secrets::{InstanceKey, NodeSecrets, ReplicationSecret};
pub use session::{Session, SessionError};
pub use slots::{AtRecipient, Memory, Recipient, Sent, SlotMark};
pub use target::Target;

/// What an engine that is alive said to a ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It serves (asking for a password is serving).
    Ready,
    /// It is up and still reads its data: commands wait.
    Loading,
    /// It is up and refuses the ping for another reason, in its own words.
    Refused(String),
}

/// Why a ping has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// The connection broke.
    #[error("the connection to the engine broke: {0}")]
    Io(#[from] std::io::Error),
    /// Something answers that is not the engine.
    #[error("what answers does not speak {engine}'s protocol: {reason}")]
    Protocol {
        /// The engine that was expected.
        engine: Engine,
        /// What is wrong with the answer.
        reason: String,
    },
}

/// Asks the engine at the other end for a sign of life. Sets no deadline.
pub async fn ping(stream: &mut BoxStream, engine: Engine) -> Result<Answer, PingError> {
    match engine {
        Engine::Redis | Engine::Valkey => resp::ping(stream).await.map_err(|error| match error {
            resp::RespError::Io(error) => PingError::Io(error),
            resp::RespError::Protocol(reason) => PingError::Protocol { engine, reason },
        }),
        Engine::Memcached => memcached::version(stream).await.map(|_| Answer::Ready),
    }
}
