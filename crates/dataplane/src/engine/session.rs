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
    secrets: NodeSecrets,
    /// False before Redis 6: whoever reaches the engine is let in.
    has_users: bool,
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
            reply => {
                let has_users = !matches!(reply, Reply::Error(_));
                Ok(Self { connection: connection.with_names(secrets), secrets: secrets.clone(), has_users })
            }
        }
    }

    /// The node's secrets.
    pub(super) const fn secrets(&self) -> &NodeSecrets {
        &self.secrets
    }

    /// The connection, which is signed in and knows the node's names of commands: for what needs more than replies.
    pub fn into_connection(self) -> Connection<S> {
        self.connection
    }

    /// Whether the engine knows users.
    pub(super) const fn has_users(&self) -> bool {
        self.has_users
    }

    /// Sends a command; an error reply is an error.
    ///
    /// # Errors
    /// When the connection breaks or the node refuses.
    pub async fn call(&mut self, words: &[&str]) -> Result<Reply, SessionError> {
        match self.connection.call(words).await? {
            Reply::Error(reason) => Err(refused(words, reason)),
            reply => Ok(reply),
        }
    }

    /// Sends commands in one go; the first error reply is an error, and the others are done all the same.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn call_all<A: AsRef<[u8]>>(
        &mut self,
        commands: &[Vec<A>],
    ) -> Result<Vec<Reply>, SessionError> {
        let replies = self.connection.call_all(commands).await?;
        match replies.iter().zip(commands).find_map(|(reply, words)| Some((words, error_of(reply)?))) {
            Some((words, reason)) => Err(refused(words, reason)),
            None => Ok(replies),
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

fn error_of(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Error(said) => Some(said.clone()),
        _ => None,
    }
}

fn refused<A: AsRef<[u8]>>(words: &[A], reason: String) -> SessionError {
    let command = words.first().map(|name| String::from_utf8_lossy(name.as_ref()).into_owned());
    SessionError::Refused { command: command.unwrap_or_default(), reason }
}
