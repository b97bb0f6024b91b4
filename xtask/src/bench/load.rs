//! The load: a number of kept connections, each of which asks again once it is answered.
//!
//! It writes requests that were signed before and looks at no more of an answer than its status and its length, on one
//! thread: whatever it costs, it costs the same on both sides, and as little as it can.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::client::{head_end, length};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Requests<'a> {
    /// These, again and again, for so long.
    Again(&'a [Vec<u8>], Duration),
    /// Each of these once.
    Once(&'a [Vec<u8>]),
}

/// Asks over `connections` at a time; answers how many requests a second were answered.
///
/// # Errors
/// A connection breaks or an answer is not 200.
pub(super) fn drive(address: SocketAddr, connections: usize, requests: Requests<'_>) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(drive_local(address, connections, requests)))
}

async fn drive_local(address: SocketAddr, connections: usize, requests: Requests<'_>) -> Result<f64> {
    let (list, until, once) = match requests {
        Requests::Again(list, time) => (list, Some(time), false),
        Requests::Once(list) => (list, None, true),
    };
    // The tasks outlive this borrow only in the eyes of the compiler.
    let list: Rc<[Vec<u8>]> = list.into();
    let next = Rc::new(Cell::new(0));
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.with_context(|| format!("no {address}"))?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for stream in streams {
        let (list, next) = (Rc::clone(&list), Rc::clone(&next));
        tasks.spawn_local(async move {
            let mut line = Conversation { stream, read: Vec::with_capacity(64 * 1024) };
            let mut answers = 0_u32;
            while until.is_none_or(|until| begun.elapsed() < until) {
                let at = next.replace(next.get() + 1);
                if once && at >= list.len() {
                    break;
                }
                line.ask(&list[at % list.len()]).await?;
                answers += 1;
            }
            Ok::<_, anyhow::Error>(answers)
        });
    }
    let mut answers = 0;
    while let Some(end) = tasks.join_next().await {
        answers += end.context("a connection's task ended")??;
    }
    Ok(f64::from(answers) / begun.elapsed().as_secs_f64())
}

struct Conversation {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Conversation {
    async fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection was closed");
            }
            let Some(end) = head_end(&self.read) else { continue };
            let head = std::str::from_utf8(&self.read[..end])?;
            let whole = end + length(head).context("an answer without Content-Length")?;
            if !head.starts_with("HTTP/1.1 200") {
                bail!("an answer is not 200: {}", String::from_utf8_lossy(&self.read));
            }
            while self.read.len() < whole {
                if self.stream.read_buf(&mut self.read).await? == 0 {
                    bail!("the connection was closed within an answer");
                }
            }
            return Ok(());
        }
    }
}
