//! An engine that leaves its node's port to a proxy, while it runs.

use super::arguments::tls_files;
use super::resp::Reply;
use super::session::{Session, SessionError};
use crate::runtime::{Behind, Stream};

/// How an engine's links to others of its cluster came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// As they shall be, or it has none.
    AsTheyShallBe,
    /// They may have been made when they were to be otherwise: in clear where they shall be encrypted, or the other way
    /// round.
    Unclear,
    /// Those are to be made anew that are older than this, by the engine's clock, in milliseconds.
    Since(u64),
}

impl<S: Stream> Session<S> {
    /// Has the engine listen behind its proxy, without TLS, and speak with others with TLS where `encrypted` says so. Who
    /// is connected stays, and so do links. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`]; Redis before 7.0 refuses.
    pub async fn move_behind(&mut self, behind: &Behind, encrypted: bool) -> Result<Links, SessionError> {
        let mut told = vec![
            ("port", behind.port.to_string()),
            ("tls-port", "0".to_owned()),
            ("replica-announce-port", behind.node_port.to_string()),
        ];
        told.extend(behind.bind.map(|address| ("bind", address.to_string())));
        // They are read when something of TLS is on, and must be there then.
        told.extend(behind.secrets.iter().flat_map(|folder| tls_files(folder)));
        let with_tls = encrypted && behind.secrets.is_some();
        let switch = |on: bool| if on { "yes" } else { "no" }.to_owned();
        told.push(("tls-replication", switch(with_tls)));
        let mut links = Links::AsTheyShallBe;
        if let Some(name) = &behind.name {
            if self.setting("tls-cluster").await? != Some(switch(with_tls)) {
                links = Links::Since(self.now().await?);
            }
            let endpoint = if with_tls { "hostname" } else { "ip" };
            told.extend([
                ("tls-cluster", switch(with_tls)),
                ("cluster-announce-hostname", name.clone()),
                ("cluster-announce-port", behind.node_port.to_string()),
                ("cluster-announce-tls-port", behind.node_port.to_string()),
                ("cluster-preferred-endpoint-type", endpoint.to_owned()),
            ]);
        }
        let words = told.iter().flat_map(|(name, value)| [*name, value.as_str()]);
        self.call(&["CONFIG", "SET"].into_iter().chain(words).collect::<Vec<_>>()).await?;
        Ok(links)
    }

    /// Gets on with making the engine's links to the others of its cluster anew, those by which they reach it included.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn renew_links(&mut self, links: Links) -> Result<Links, SessionError> {
        let then = match links {
            Links::AsTheyShallBe => return Ok(links),
            Links::Unclear if self.links().await?.iter().all(|link| link.holds == 0) => {
                // No limit closes them, and none needs to: see below. An earlier Simfra may have died before it lifted one.
                self.limit_links("0").await?;
                return Ok(Links::AsTheyShallBe);
            }
            Links::Unclear => self.now().await?,
            Links::Since(then) => then,
        };
        if self.links().await?.iter().all(|link| link.made >= then) {
            self.limit_links("0").await?;
            return Ok(Links::AsTheyShallBe);
        }
        self.limit_links("1").await?;
        Ok(Links::Since(then))
    }

    /// The engine closes each link that holds more than so many bytes, and opens another; 0: none. Redis before 7.2 counts
    /// the bytes that wait alone, mostly none: it closes a link when it hears at which ports the other is, which
    /// changes for it with encryption. All hear from each other within half a node's timeout.
    async fn limit_links(&mut self, bytes: &str) -> Result<(), SessionError> {
        self.call(&["CONFIG", "SET", "cluster-link-sendbuf-limit", bytes]).await.map(drop)
    }

    /// Its clock, in milliseconds.
    async fn now(&mut self) -> Result<u64, SessionError> {
        let said = self.call(&["TIME"]).await?;
        let number = |reply: &Reply| match reply {
            Reply::Bulk(Some(text)) => std::str::from_utf8(text).ok()?.parse::<u64>().ok(),
            _ => None,
        };
        match &said {
            Reply::Array(Some(told)) => match told.as_slice() {
                [seconds, micros] => number(seconds).zip(number(micros)),
                _ => None,
            },
            _ => None,
        }
        .map(|(seconds, micros)| seconds * 1000 + micros / 1000)
        .ok_or_else(|| unclear("TIME", &said))
    }

    async fn links(&mut self) -> Result<Vec<Link>, SessionError> {
        let said = self.call(&["CLUSTER", "LINKS"]).await?;
        let Reply::Array(Some(links)) = &said else { return Err(unclear("CLUSTER LINKS", &said)) };
        let read =
            |link: &Reply| Some(Link { made: number(link, "create-time")?, holds: number(link, HOLDS)? });
        let all: Option<Vec<_>> = links.iter().map(read).collect();
        all.ok_or_else(|| unclear("CLUSTER LINKS", &said))
    }

    /// What the engine says that it was told; none where it knows no such thing.
    async fn setting(&mut self, name: &str) -> Result<Option<String>, SessionError> {
        let told = match self.call(&["CONFIG", "GET", name]).await? {
            Reply::Array(Some(told)) => told,
            _ => Vec::new(),
        };
        Ok(match told.get(1) {
            Some(Reply::Bulk(Some(value))) => Some(String::from_utf8_lossy(value).into_owned()),
            _ => None,
        })
    }
}

/// A link to another engine of its cluster, or from there.
struct Link {
    /// When it was made, by the engine's clock, in milliseconds.
    made: u64,
    /// The bytes that it holds for what is sent.
    holds: u64,
}

const HOLDS: &str = "send-buffer-allocated";

/// What a link's list of names and values has under `name`.
fn number(link: &Reply, name: &str) -> Option<u64> {
    let Reply::Array(Some(pairs)) = link else { return None };
    let is_it = |pair: &&[Reply]| pair[0] == Reply::Bulk(Some(name.as_bytes().to_vec()));
    match pairs.chunks_exact(2).find(is_it)?[1] {
        Reply::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

fn unclear(command: &str, said: &Reply) -> SessionError {
    SessionError::Refused { command: command.to_owned(), reason: format!("{said:?}") }
}
