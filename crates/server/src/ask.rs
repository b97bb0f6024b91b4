//! Questions to the Simfra that runs, over its admin API: what `simfra ca` is.

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::config::{Question, Running};

/// The longest answer that is believed, in bytes.
const LONGEST: usize = 1 << 20;

/// The answer, to be printed.
///
/// # Errors
/// When no Simfra runs there, or it does not answer.
pub async fn ask(question: Question, running: &Running) -> anyhow::Result<String> {
    match question {
        Question::Ca => get("/_simfra/ca", running).await,
    }
}

async fn get(path: &str, running: &Running) -> anyhow::Result<String> {
    let port = running.port;
    let stream = TcpStream::connect(("localhost", port)).await.with_context(|| {
        format!("no Simfra answers on port {port}; start it, or name its port in SIMFRA_PORT or --port")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = http::Request::get(path).header(HOST, format!("localhost:{port}"));
    if let Some(token) = &running.admin_token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
    }
    let exchange = async {
        let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LONGEST).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        anyhow::Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    let (status, body) = tokio::select! {
        answered = exchange => answered,
        Err(error) = connection => Err(error.into()),
    }
    .with_context(|| format!("what listens on port {port} does not answer as Simfra does"))?;
    if !status.is_success() {
        bail!("Simfra on port {port} answers {path} with {status}: {}", body.trim());
    }
    Ok(body)
}
