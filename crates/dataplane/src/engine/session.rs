//! A connection to a Redis or Valkey node as Simfra's own user, which may do everything.

use super::resp::{Connection, Reply, RespError};
use super::secrets::{NodeSecrets, OWN_USER};
use crate::runtime::Stream;

/// Why the node does not do what Simfra itself asks of it.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The connection failed.
    #[error(transparent)]
    Resp(#[from] RespError),
    /// It does not know Simfra's own user: the instance's key is another one than when the node started.
    #[error("the engine does not know Simfra's own user ({0}); reboot the cluster to start it anew")]
    Stranger(String),
    /// It refuses a command.
    #[error("{command} was refused: {reason}")]
    Refused {
        /// The command, without its values.
        command: String,
        /// What it said.
        reason: String,
    },
}

/// The connection.
#[derive(Debug)]
pub struct Session<S> {
    connection: Connection<S>,
}

impl<S: Stream> Session<S> {
    /// Signs in over a stream to the node. Sets no deadline.
    ///
    /// # Errors
    /// [`SessionError::Stranger`] when the node was started with other secrets.
    pub async fn open(stream: S, secrets: &NodeSecrets) -> Result<Self, SessionError> {
        let mut connection = Connection::new(stream);
        match connection.call(&["AUTH", OWN_USER, &secrets.password()]).await? {
            // Redis before 6 has no users, and an AUTH of one word.
            Reply::Error(said) if !said.contains("wrong number of arguments") => {
                Err(SessionError::Stranger(said))
            }
            _ => Ok(Self { connection: connection.with_names(secrets) }),
        }
    }

    /// The connection, which is signed in and knows the node's names of commands: for what needs more than replies.
    pub fn into_connection(self) -> Connection<S> {
        self.connection
    }

    /// Sends a command; an error reply is an error.
    ///
    /// # Errors
    /// When the connection breaks or the node refuses.
    pub async fn call(&mut self, words: &[&str]) -> Result<Reply, SessionError> {
        match self.connection.call(words).await? {
            Reply::Error(reason) => {
                let command = words.first().copied().unwrap_or_default().to_owned();
                Err(SessionError::Refused { command, reason })
            }
            reply => Ok(reply),
        }
    }

    /// Whether it still reads its data: commands wait then.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn is_loading(&mut self) -> Result<bool, SessionError> {
        match self.connection.call(&["PING"]).await? {
            Reply::Error(said) => Ok(said.starts_with("LOADING")),
            _ => Ok(false),
        }
    }
}
