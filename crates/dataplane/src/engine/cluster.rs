//! Cluster mode as an engine tells of it and is told it: whom it knows, which slots each has, and who follows whom.

use std::collections::BTreeMap;

use domain::replication_group::Slots;

use super::replication::Socket;
use super::resp::Reply;
use super::session::{Session, SessionError};
use crate::runtime::{Stream, bus_port};

/// The cluster as one of its nodes sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    /// The nodes that it knows, itself first.
    pub nodes: Vec<ClusterNode>,
    /// Whether it serves its slots: `cluster_state`.
    pub serves: bool,
}

/// One node as another, or it itself, sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    /// What the nodes know it by, for the life of its configuration file.
    pub id: String,
    /// Where its clients reach it; none while that is not known.
    pub socket: Option<Socket>,
    /// The name by which clients with TLS are led to it.
    pub name: Option<String>,
    /// Whether the two have met: before that `id` is a stopgap.
    pub has_met: bool,
    /// Whom it follows; none: it leads.
    pub primary: Option<String>,
    /// The slots that it has.
    pub slots: Slots,
    /// Of those that move, by whom they come from or go to, which it says of itself alone.
    pub moving: BTreeMap<String, Slots>,
}

impl ClusterView {
    /// Who sees it so.
    pub fn own(&self) -> &ClusterNode {
        &self.nodes[0]
    }

    /// Whom it sees besides.
    pub fn others(&self) -> &[ClusterNode] {
        &self.nodes[1..]
    }

    /// What it knows of the node.
    pub fn node(&self, id: &str) -> Option<&ClusterNode> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Whether it has met the node, and knows where it is.
    pub fn knows(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.has_met && node.socket.is_some())
    }

    /// What `CLUSTER NODES` says; none where that is not clear.
    fn read(nodes: &str, serves: bool) -> Option<Self> {
        let mut read = Vec::new();
        for line in nodes.lines() {
            let (node, is_own) = node(line)?;
            read.insert(if is_own { 0 } else { read.len() }, (node, is_own));
        }
        let first_is_own = read.first().is_some_and(|(_, is_own)| *is_own);
        first_is_own.then(|| Self { nodes: read.into_iter().map(|(node, _)| node).collect(), serves })
    }
}

/// A line: `<id> <ip:port@bus,hostname> <flags> <primary> <ping> <pong> <epoch> <link> <slot> …`.
fn node(line: &str) -> Option<(ClusterNode, bool)> {
    let mut words = line.split_ascii_whitespace();
    let (id, at, flags, primary) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let flags: Vec<_> = flags.split(',').collect();
    let name = at.split(',').nth(1).filter(|name| !name.is_empty()).map(str::to_owned);
    let at = at.split(['@', ',']).next()?;
    let (address, port) = at.rsplit_once(':')?;
    let port = port.parse().ok()?;
    // The marks of slots that move stand in brackets.
    let (marks, slots): (Vec<_>, Vec<_>) = words.skip(4).partition(|word| word.starts_with('['));
    let mut moving = BTreeMap::<_, Vec<_>>::new();
    for (slot, with) in marks.into_iter().filter_map(mark) {
        moving.entry(with.to_owned()).or_default().push(slot);
    }
    let moving = moving.into_iter().filter_map(|(with, slots)| Some((with, slots.join(",").parse().ok()?)));
    let node = ClusterNode {
        id: id.to_owned(),
        socket: address.parse().ok().map(|address| Socket { address, port }),
        name,
        has_met: !flags.contains(&"handshake"),
        primary: (primary != "-").then(|| primary.to_owned()),
        slots: Slots::try_from(slots.join(",")).ok()?,
        moving: moving.collect(),
    };
    Some((node, flags.contains(&"myself")))
}

/// `[5463->-<id>]`: the slot goes there; `[5463-<-<id>]`: it comes from there.
fn mark(word: &str) -> Option<(&str, &str)> {
    let inner = word.strip_prefix('[')?.strip_suffix(']')?;
    inner.split_once("->-").or_else(|| inner.split_once("-<-"))
}

impl<S: Stream> Session<S> {
    /// The cluster as the engine sees it.
    ///
    /// # Errors
    /// When the connection breaks or the engine does not say.
    pub async fn cluster(&mut self) -> Result<ClusterView, SessionError> {
        let info = self.told("INFO").await?;
        let serves = info.lines().any(|line| line == "cluster_state:ok");
        let nodes = self.told("NODES").await?;
        ClusterView::read(&nodes, serves).ok_or_else(|| unclear("NODES", &nodes))
    }

    /// Has it and the node at `other` meet. They know each other a moment later.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn meet(&mut self, other: Socket) -> Result<(), SessionError> {
        let (address, port, bus) = (other.address.to_string(), other.port, bus_port(other.port));
        let words = ["CLUSTER", "MEET", &address, &port.to_string(), &bus.to_string()];
        self.call(&words).await.map(drop)
    }

    /// Gives it its first epoch, so that no two nodes begin with the same one. One that has an epoch or knows others
    /// keeps what it has.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn begin_at_epoch(&mut self, epoch: usize) -> Result<(), SessionError> {
        match self.call(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch.to_string()]).await {
            Err(SessionError::Refused { .. }) => Ok(()),
            told => told.map(drop),
        }
    }

    /// Gives it slots that nobody has.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn add_slots(&mut self, slots: &Slots) -> Result<(), SessionError> {
        let bounds = slots.ranges().iter().flat_map(|(first, last)| [first.to_string(), last.to_string()]);
        let words: Vec<_> =
            ["CLUSTER".to_owned(), "ADDSLOTSRANGE".to_owned()].into_iter().chain(bounds).collect();
        match self.call(&refs(&words)).await {
            // Before Redis 7.0.
            Err(SessionError::Refused { reason, .. }) if reason.contains("nknown sub") => {
                let each = slots.iter().map(|slot| slot.to_string());
                let words: Vec<_> =
                    ["CLUSTER".to_owned(), "ADDSLOTS".to_owned()].into_iter().chain(each).collect();
                self.call(&refs(&words)).await.map(drop)
            }
            told => told.map(drop),
        }
    }

    /// Has it follow the node `primary`, which it has met. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Session::call`]; a node that holds data or slots of its own refuses.
    pub async fn replicate(&mut self, primary: &str) -> Result<(), SessionError> {
        self.call(&["CLUSTER", "REPLICATE", primary]).await.map(drop)
    }

    /// Has it lead, with the slots of whom it followed, whatever others think of that.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn take_over(&mut self) -> Result<(), SessionError> {
        self.call(&["CLUSTER", "FAILOVER", "TAKEOVER"]).await.map(drop)
    }

    /// Has it lead once it has all writes of whom it follows, which agrees.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn ask_for_lead(&mut self) -> Result<(), SessionError> {
        self.call(&["CLUSTER", "FAILOVER"]).await.map(drop)
    }

    /// Has it forget the node, and hear nothing of it for a minute. One that it follows it does not forget.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn forget(&mut self, id: &str) -> Result<(), SessionError> {
        match self.call(&["CLUSTER", "FORGET", id]).await {
            Err(SessionError::Refused { .. }) => Ok(()),
            told => told.map(drop),
        }
    }

    /// Has it drop what it holds and knows, and be as one that was never told anything.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn begin_anew(&mut self) -> Result<(), SessionError> {
        // One that leads must be empty; one that follows drops its data itself, and takes no such command.
        match self.call(&["FLUSHALL"]).await {
            Err(SessionError::Refused { .. }) => {}
            told => drop(told?),
        }
        self.call(&["CLUSTER", "RESET", "HARD"]).await.map(drop)
    }

    async fn told(&mut self, what: &str) -> Result<String, SessionError> {
        match self.call(&["CLUSTER", what]).await? {
            Reply::Bulk(Some(told)) => Ok(String::from_utf8_lossy(&told).into_owned()),
            other => Err(unclear(what, &format!("{other:?}"))),
        }
    }
}

fn refs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn unclear(what: &str, said: &str) -> SessionError {
    SessionError::Refused { command: format!("CLUSTER {what}"), reason: said.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nodes_see_is_read() {
        let told = "\
            aa 127.83.0.2:6379@16379,two.simfra.dev master - 0 17 2 connected 5462-10922 [5463-<-bb]\n\
            bb 127.83.0.1:6379@16379,one.simfra.dev,shard-id=7f myself,master - 0 0 1 connected 0-5461 7000 [7->-aa] [9->-aa] [5463-<-cc]\n\
            cc :0@0 slave,fail,noaddr bb 17 17 1 disconnected\n\
            dd 10.0.0.4:6379@16379 handshake - 0 0 0 connecting\n";
        let view = ClusterView::read(told, true).unwrap();
        assert_eq!((view.own().id.as_str(), view.others().len()), ("bb", 3));
        assert_eq!(view.own().slots.to_string(), "0-5461,7000");
        let moving: Vec<_> =
            view.own().moving.iter().map(|(with, slots)| format!("{with} {slots}")).collect();
        assert_eq!(moving, ["aa 7,9", "cc 5463"]);
        assert_eq!(view.node("cc").unwrap().primary.as_deref(), Some("bb"));
        assert_eq!(view.node("cc").unwrap().socket, None);
        assert_eq!(view.own().name.as_deref(), Some("one.simfra.dev"));
        let met: Vec<_> =
            view.nodes.iter().filter(|node| view.knows(&node.id)).map(|node| &*node.id).collect();
        assert_eq!(met, ["bb", "aa"]);
        let socket = Socket { address: "127.83.0.2".parse().unwrap(), port: 6379 };
        assert_eq!(view.node("aa").unwrap().socket, Some(socket));
        assert_eq!(ClusterView::read("aa 127.83.0.2:6379@16379 master - 0 1 2 connected\n", true), None);
    }
}
