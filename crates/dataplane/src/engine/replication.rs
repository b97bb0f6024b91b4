//! Replication as an engine tells of it and is told it.

use std::net::IpAddr;
use std::path::Path;

use super::resp::Reply;
use super::secrets::{REPLICA_USER, ReplicationSecret};
use super::session::{Session, SessionError};
use crate::runtime::Stream;
use crate::tls;

/// What an engine is to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Primary {
        /// How much of its stream of writes it has sent.
        offset: u64,
    },
    /// It follows another.
    Replica {
        /// Whom.
        of: Socket,
        /// Whether it has that one's data and goes on receiving its writes.
        in_sync: bool,
        /// How much of the stream of writes it has done; it knows that after its primary is gone too.
        offset: u64,
    },
}

/// Where an engine listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
}

impl<S: Stream> Session<S> {
    /// What the engine is to others.
    ///
    /// # Errors
    /// When the connection breaks or the engine does not say.
    pub async fn role(&mut self) -> Result<Role, SessionError> {
        let told = match self.call(&["INFO", "replication"]).await? {
            Reply::Bulk(Some(told)) => String::from_utf8_lossy(&told).into_owned(),
            other => return Err(unclear(&format!("{other:?}"))),
        };
        role(&told).ok_or_else(|| unclear(&told))
    }

    /// Has the engine take writes, and replicas that know `secret` follow it. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn lead(&mut self, secret: &ReplicationSecret) -> Result<(), SessionError> {
        self.admit_replicas(secret).await?;
        // One that started as a cluster of its own would have a replica wait for others.
        self.call(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await?;
        self.call(&["REPLICAOF", "NO", "ONE"]).await.map(drop)
    }

    /// Has an engine that speaks TLS read what lies in `folder` again, its certificate above all, and speak TLS with whom it
    /// follows one day. Who is connected stays. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn renew_tls(&mut self, folder: &Path) -> Result<(), SessionError> {
        // Written in another way: engines before 7.0 do not look again at a path that they know.
        let certificate = folder.join(".").join(tls::CERTIFICATE).display().to_string();
        self.call(&["CONFIG", "SET", "tls-replication", "yes"]).await?;
        self.call(&["CONFIG", "SET", "tls-cert-file", &certificate]).await.map(drop)
    }

    /// Has the engine follow `primary`, and drop what it holds for that one's data. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn follow(&mut self, primary: Socket, secret: &ReplicationSecret) -> Result<(), SessionError> {
        self.join(secret).await?;
        let (address, port) = (primary.address.to_string(), primary.port.to_string());
        self.call(&["REPLICAOF", &address, &port]).await.map(drop)
    }

    /// Has the engine sign in with `secret` where it follows, and let in who follows it and knows that. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn join(&mut self, secret: &ReplicationSecret) -> Result<(), SessionError> {
        // It may be the primary of others one day.
        self.admit_replicas(secret).await?;
        let login = [("masteruser", REPLICA_USER), ("masterauth", &secret.password())];
        for (directive, value) in login {
            match self.call(&["CONFIG", "SET", directive, value]).await {
                Err(SessionError::Refused { reason, .. }) if knows_no_users(&reason) => break,
                told => drop(told?),
            }
        }
        Ok(())
    }

    /// Redis before 6 has no users: whoever reaches it may follow it.
    async fn admit_replicas(&mut self, secret: &ReplicationSecret) -> Result<(), SessionError> {
        let hash = format!("#{}", secret.password_hash());
        let rules = ["reset", "on", &hash, "+psync", "+sync", "+replconf", "+ping"];
        let words: Vec<_> = ["ACL", "SETUSER", REPLICA_USER].into_iter().chain(rules).collect();
        match self.call(&words).await {
            Err(SessionError::Refused { reason, .. }) if knows_no_users(&reason) => Ok(()),
            told => told.map(drop),
        }
    }
}

fn unclear(said: &str) -> SessionError {
    SessionError::Refused { command: "INFO replication".to_owned(), reason: said.to_owned() }
}

fn knows_no_users(reason: &str) -> bool {
    ["unknown command", "Unknown option", "Unsupported CONFIG parameter"]
        .iter()
        .any(|said| reason.contains(said))
}

/// What `INFO replication` says.
fn role(told: &str) -> Option<Role> {
    let field = |name: &str| {
        told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim_end))
    };
    match field("role")? {
        "master" => Some(Role::Primary { offset: field("master_repl_offset")?.parse().ok()? }),
        "slave" => {
            let of = Socket {
                address: field("master_host")?.parse().ok()?,
                port: field("master_port")?.parse().ok()?,
            };
            let in_sync = field("master_link_status")? == "up";
            // Negative while it was never in sync.
            let offset = field("slave_repl_offset")?.parse().unwrap_or_default();
            Some(Role::Replica { of, in_sync, offset })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read() {
        let primary = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_repl_offset:14\r\n";
        assert_eq!(role(primary), Some(Role::Primary { offset: 14 }));
        let replica = |link: &str, offset: &str| {
            format!(
                "role:slave\r\nmaster_host:10.0.0.4\r\nmaster_port:6379\r\nmaster_link_status:{link}\r\n\
                 slave_read_repl_offset:99\r\nslave_repl_offset:{offset}\r\nmaster_repl_offset:7\r\n"
            )
        };
        let of = Socket { address: "10.0.0.4".parse().unwrap(), port: 6379 };
        assert_eq!(role(&replica("up", "28")), Some(Role::Replica { of, in_sync: true, offset: 28 }));
        assert_eq!(role(&replica("down", "-1")), Some(Role::Replica { of, in_sync: false, offset: 0 }));
        assert_eq!(role("loading:1\r\n"), None);
    }
}
