//! A cluster as clients on the host see it: where nodes tell of each other's addresses, a forward tells of its own.
//!
//! Owns the way between such a client and a node, and nothing of which members there are. What is told otherwise: replies
//! to CLUSTER SLOTS, SHARDS, NODES and REPLICAS, in transactions too, and the errors MOVED and ASK wherever they stand. The
//! rest passes as it is, in pieces as they come. A reply is matched with its request by its place in the order;
//! where that cannot be known any more (after MONITOR, or CLIENT REPLY OFF and SKIP), and where one end does not speak
//! RESP, the rest of the connection passes as it is but for errors, or wholly. Replies that scripts make of topology,
//! ROLE and INFO pass as they are.

use std::io;
use std::net::SocketAddrV4;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::runtime::Stream;

mod order;
mod replies;
mod requests;
mod retell;
mod value;

use order::Order;
use replies::Replies;
use requests::Requests;

/// Bytes on the way, each direction of each connection.
const BUFFER: usize = 32 << 10;

/// Where a cluster's members are reached from the host.
pub trait Topology: Send + Sync + 'static {
    /// Where the member is reached that calls itself `host`, by address or name, and `port`; none: it is no member.
    fn local(&self, host: &str, port: u16) -> Option<SocketAddrV4>;
}

/// Leads bytes both ways until both ends have said all, or either breaks.
pub(super) async fn lead(client: impl Stream, node: impl Stream, topology: &dyn Topology) -> io::Result<()> {
    let order = Mutex::new(Order::default());
    let (from_client, to_client) = tokio::io::split(client);
    let (from_node, to_node) = tokio::io::split(node);
    let asking = requests(from_client, to_node, &order);
    let answering = replies(from_node, to_client, &order, topology);
    tokio::try_join!(asking, answering).map(drop)
}

async fn requests(
    mut client: impl AsyncRead + Unpin,
    mut node: impl AsyncWrite + Unpin,
    order: &Mutex<Order>,
) -> io::Result<()> {
    let mut requests = Requests::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = client.read(&mut buffer).await?;
        if length == 0 {
            return node.shutdown().await;
        }
        // Before the node has them: its reply finds the request in its place.
        requests.read(&buffer[..length], &mut locked(order));
        node.write_all(&buffer[..length]).await?;
        node.flush().await?;
    }
}

async fn replies(
    mut node: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    order: &Mutex<Order>,
    topology: &dyn Topology,
) -> io::Result<()> {
    let mut replies = Replies::default();
    let (mut buffer, mut told) = (vec![0; BUFFER], Vec::with_capacity(BUFFER));
    loop {
        let length = node.read(&mut buffer).await?;
        if length == 0 {
            client.write_all(&replies.rest()).await?;
            return client.shutdown().await;
        }
        told.clear();
        replies.read(&buffer[..length], &mut told, &mut locked(order), topology);
        client.write_all(&told).await?;
        client.flush().await?;
    }
}

fn locked(order: &Mutex<Order>) -> MutexGuard<'_, Order> {
    order.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
