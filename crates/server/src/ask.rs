//! Questions to the Simfra that runs, over its admin API: what `simfra ca`, `simfra health` and `simfra dns` are.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{Question, Running};
use crate::dns_setup;

/// The longest answer that is believed, in bytes.
const LONGEST: usize = 1 << 20;
/// A Simfra on this machine answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error("no Simfra answers at {address}; start it, or name its port in SIMFRA_PORT or --port")]
    Silent {
        /// Where it was looked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What listens there does not speak as Simfra does.
    #[error("what listens at {address} does not answer as Simfra does")]
    Foreign {
        /// Where it was looked for.
        address: SocketAddr,
    },
    /// It refused, or is not ready.
    #[error("Simfra at {address} answers {path} with {status}: {text}")]
    Refused {
        /// Where it is.
        address: SocketAddr,
        /// What was asked for.
        path: String,
        /// With which status it answered.
        status: StatusCode,
        /// What it said.
        text: String,
    },
}

/// The answer, to be printed.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(question: Question, running: &Running) -> Result<String, AskError> {
    match question {
        Question::Ca => get("/_simfra/ca", running).await,
        Question::Health => health(running).await.map(|page| format!("{page}\n")),
        Question::Dns { account, suffix } => {
            let told = page(&format!("/_simfra/dns/{account}"), running).await?;
            let port = told["port"].as_u64().ok_or(AskError::Foreign { address: running.address })?;
            Ok(dns_setup::instructions(suffix.as_str(), port))
        }
    }
}

/// What the Simfra that runs says of itself, when it is healthy.
///
/// # Errors
/// See [`AskError`].
pub async fn health(running: &Running) -> Result<Value, AskError> {
    let told = page("/_simfra/health", running).await?;
    if told["status"] == "healthy" { Ok(told) } else { Err(AskError::Foreign { address: running.address }) }
}

async fn page(path: &str, running: &Running) -> Result<Value, AskError> {
    let foreign = |_| AskError::Foreign { address: running.address };
    serde_json::from_str(&get(path, running).await?).map_err(foreign)
}

async fn get(path: &str, running: &Running) -> Result<String, AskError> {
    let address = running.address;
    let silent = |source| AskError::Silent { address, source };
    let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(silent)?;
    let answered = timeout(PATIENCE, exchange(stream, path, running)).await;
    let (status, text) = answered.ok().flatten().ok_or(AskError::Foreign { address })?;
    if !status.is_success() {
        let (path, text) = (path.to_owned(), text.trim().chars().take(200).collect());
        return Err(AskError::Refused { address, path, status, text });
    }
    Ok(text)
}

/// Status and body; none where what listens does not speak HTTP.
async fn exchange(stream: TcpStream, path: &str, running: &Running) -> Option<(StatusCode, String)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let mut request = http::Request::get(path).header(HOST, format!("localhost:{}", running.address.port()));
    if let Some(token) = &running.admin_token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
    }
    let request = request.body(Empty::<Bytes>::new()).ok()?;
    let exchange = async {
        let answer = sender.send_request(request).await.ok()?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LONGEST).collect().await.ok()?.to_bytes();
        Some((status, String::from_utf8_lossy(&body).into_owned()))
    };
    tokio::select! {
        answered = exchange => answered,
        Err(_) = connection => None,
    }
}
