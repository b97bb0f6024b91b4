//! The baselines: processes that do the least that could be done.
//!
//! A baseline is this same executable, started again: a process beside the generator as Simfra is one. It ends with its
//! standard input, so none outlives a run.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::client::Answer;
use crate::terminal::line;

/// The largest head that a connection buffers, as in Simfra.
const HEAD_BYTES: usize = 64 * 1024;
/// How long a head may take, as in Simfra.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// A running baseline; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Bare {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

impl Bare {
    /// A hyper server, set up as Simfra's, that reads each request whole and answers `like` this one, whatever was
    /// asked.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn handler(like: &Answer) -> Result<Self> {
        let text = String::from_utf8(like.body.clone()).context("the answer to repeat is no text")?;
        Self::start("handler", &text)
    }

    /// A loop that copies bytes to and from `target`.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn copy_loop(target: SocketAddr) -> Result<Self> {
        Self::start("copy", &target.to_string())
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn start(role: &str, about: &str) -> Result<Self> {
        let own = std::env::current_exe().context("the system does not tell where this program lies")?;
        let mut child = Command::new(own)
            .args(["bench", "--bare", role])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("a baseline does not start")?;
        let stdin = child.stdin.as_mut().context("a baseline without input")?;
        write!(stdin, "{}\n{about}", about.len())
            .and_then(|()| stdin.flush())
            .context("a baseline went away")?;
        let mut told = String::new();
        BufReader::new(child.stdout.take().context("a baseline without output")?).read_line(&mut told)?;
        let port: u16 = told.trim().parse().context("a baseline did not tell its port")?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into() })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may have ended by itself; then the line has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the baseline's process does, until its standard input ends.
///
/// # Errors
/// No such role, or it cannot listen.
pub(super) fn serve(role: &str) -> Result<()> {
    let mut input = BufReader::new(std::io::stdin());
    let mut length = String::new();
    input.read_line(&mut length)?;
    let mut about = vec![0; length.trim().parse().context("no length")?];
    input.read_exact(&mut about)?;
    std::thread::spawn(move || {
        // Nothing more is written: this returns when the other side is gone.
        let _ = input.read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        line(listener.local_addr()?.port());
        match role {
            "handler" => answer_always(listener, Bytes::from(about)).await,
            "copy" => copy_always(listener, String::from_utf8(about)?.parse()?).await,
            other => bail!("there is no baseline {other}"),
        }
    })
}

async fn answer_always(listener: TcpListener, body: Bytes) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let body = body.clone();
        connections.spawn(async move {
            let service = service_fn(|request: Request<hyper::body::Incoming>| {
                let body = body.clone();
                async move {
                    // A request that breaks off ends with its connection.
                    let _ = request.into_body().collect().await;
                    let mut response = Response::new(Full::new(body));
                    let headers = response.headers_mut();
                    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
                    headers.insert("x-amzn-requestid", HeaderValue::from_static(REQUEST_ID));
                    Ok::<_, Infallible>(response)
                }
            });
            let mut server = hyper::server::conn::http1::Builder::new();
            server
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(HEAD_BYTES)
                .pipeline_flush(true)
                .half_close(true);
            // The generator closes its connections when it has enough.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Any id: the header's length is what matters.
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

async fn copy_always(listener: TcpListener, target: SocketAddr) -> Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await?;
        near.set_nodelay(true)?;
        connections.spawn(async move {
            let Ok(mut far) = TcpStream::connect(target).await else { return };
            if far.set_nodelay(true).is_ok() {
                // Either side may simply go away.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
