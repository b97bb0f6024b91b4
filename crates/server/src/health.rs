//! `simfra health`: asks a running Simfra how it is, for container health checks and scripts.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A health page that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any health page has.
const LONGEST: u64 = 64 << 10;

/// Why a Simfra is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nothing answers there.
    #[error("no Simfra answers at {address} (SIMFRA_HOST, SIMFRA_PORT): {source}")]
    Silent {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// What answers is not ready, or is no Simfra.
    #[error("what answers at {address} is not healthy: {answer}")]
    NotHealthy {
        /// Where.
        address: SocketAddr,
        /// Its answer, as far as it is for people.
        answer: String,
    },
}

/// What the Simfra at `address` says of itself when it is healthy.
///
/// # Errors
/// When it is not.
pub async fn ask(address: SocketAddr) -> Result<String, Unhealthy> {
    let answer = timeout(PATIENCE, fetch(address)).await;
    let answer = answer.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    let answer = answer.map_err(|source| Unhealthy::Silent { address, source })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let line = head.lines().next().unwrap_or_default();
    let status =
        serde_json::from_str::<serde_json::Value>(body).ok().and_then(|page| page.get("status").cloned());
    if line.split(' ').nth(1) == Some("200") && status.is_some_and(|status| status == "healthy") {
        return Ok(body.trim().to_owned());
    }
    let said = if body.trim().is_empty() { line } else { body.trim() };
    Err(Unhealthy::NotHealthy { address, answer: said.chars().take(200).collect() })
}

async fn fetch(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /_simfra/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
