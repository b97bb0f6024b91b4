//! Connections: accepted, bounded in time and number, and let go in order.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Client, Gateway};

mod stream;

use stream::Shared;

/// What a connection and a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time for a request's head to arrive whole; also how long a connection may be idle between requests.
    pub head_time: Duration,
    /// The time for a request's body to arrive whole.
    pub body_time: Duration,
    /// The size of a body, as sent and inflated, in bytes.
    pub body_bytes: usize,
    /// How long a waiter's call is held until what it asks about has settled.
    pub hold_time: Duration,
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    /// The body's size is AWS's for the Query protocol (1 MiB); the others are our own: generous to slow clients, and
    /// a bound for hostile ones.
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            body_bytes: 1 << 20,
            hold_time: Duration::from_secs(5),
            connections: 2048,
        }
    }
}

impl Limits {
    /// The connections that there may be, as permits.
    pub(super) fn slots(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(self.connections))
    }
}

/// How long accepting pauses when the system is out of files: trying at once again would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection has at the gateway's stop when no request is under way on it: enough to send the last answer,
/// and no more, so that half a head does not hold the stop up.
const FAREWELL: Duration = Duration::from_millis(500);

/// The most that a connection buffers while a head arrives, in bytes; AWS's heads stay below 20 KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// Accepts connections on `listener`, as long as there are `slots`, until the gateway stops.
pub(super) fn accept(gateway: Arc<Gateway>, listener: TcpListener, slots: Arc<Semaphore>) {
    let supervisor = gateway.supervisor.clone();
    supervisor.spawn("accept", async move {
        loop {
            let slot = slots.clone().acquire_owned().await.expect("nobody closes the semaphore");
            match listener.accept().await {
                Ok((stream, _)) => converse(&gateway, stream, slot),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    });
}

/// Serves the requests of one connection, until the client leaves, a limit is reached or the gateway stops.
fn converse(gateway: &Arc<Gateway>, stream: TcpStream, slot: OwnedSemaphorePermit) {
    let local = match stream.local_addr() {
        Ok(local) => local,
        // The client is gone already.
        Err(_) => return,
    };
    // Small answers must not wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without TCP_NODELAY");
    }
    let gateway = gateway.clone();
    let supervisor = gateway.supervisor.clone();
    supervisor.spawn_draining("connection", async move {
        let _slot = slot;
        serve(gateway, Client { stream: Arc::new(stream), local: local.ip() }).await;
    });
}

async fn serve(gateway: Arc<Gateway>, client: Client) {
    let stop = gateway.supervisor.stopping();
    let head_time = gateway.limits.head_time;
    // One request at a time: pipelined ones wait for their turn.
    let under_way = Arc::new(AtomicBool::new(false));
    let stream = Shared(client.stream.clone());
    let service = service_fn(|request| {
        let (gateway, under_way, client) = (gateway.clone(), under_way.clone(), client.clone());
        async move {
            under_way.store(true, Relaxed);
            let answer = gateway.answer(client, request).await;
            under_way.store(false, Relaxed);
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(HEAD_BYTES)
        .pipeline_flush(true)
        // A client may close its side once it has asked (`nc -N`) and still wants the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            if under_way.load(Relaxed) {
                connection.await
            } else {
                timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}
