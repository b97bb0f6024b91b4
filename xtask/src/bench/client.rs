//! One HTTP/1.1 connection at a time, blocking: for what is asked beside the load, and for what is timed once.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A connection that is kept.
#[derive(Debug)]
pub(super) struct Client<S = TcpStream> {
    stream: S,
    read: Vec<u8>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// Status line and headers.
    pub(super) head: String,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub(super) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, LIMIT).with_context(|| format!("no {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self::over(stream))
    }
}

impl<S: Read + Write> Client<S> {
    /// HTTP over any stream.
    pub(super) fn over(stream: S) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Sends a whole request and reads the answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer says neither its length nor that it is chunked.
    pub(super) fn call(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).context("the request cannot be sent")?;
        let head = loop {
            if let Some(end) = head_end(&self.read) {
                break String::from_utf8_lossy(&self.read.drain(..end).collect::<Vec<_>>()).into_owned();
            }
            self.more()?;
        };
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status")?;
        let body = match length(&head) {
            Some(length) => self.exactly(length)?,
            None if status == 204 || status == 304 => Vec::new(),
            None => self.chunks()?,
        };
        Ok(Answer { status, head, body })
    }

    /// As [`Client::call`], and the answer is a good one.
    ///
    /// # Errors
    /// As [`Client::call`], or the status is not of the 200s.
    pub(super) fn expect(&mut self, request: &[u8]) -> Result<Answer> {
        let answer = self.call(request)?;
        if !(200..300).contains(&answer.status) {
            bail!("{}: {}", answer.status, answer.text());
        }
        Ok(answer)
    }

    fn more(&mut self) -> Result<()> {
        let mut bytes = [0; 16 * 1024];
        let count = self.stream.read(&mut bytes).context("no answer")?;
        if count == 0 {
            bail!("the connection was closed before the answer was whole");
        }
        self.read.extend_from_slice(&bytes[..count]);
        Ok(())
    }

    fn exactly(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.read.len() < count {
            self.more()?;
        }
        Ok(self.read.drain(..count).collect())
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match self.read.windows(2).position(|pair| pair == b"\r\n") {
                    Some(end) => break end,
                    None => self.more()?,
                }
            };
            let line = self.exactly(end + 2)?;
            let size = usize::from_str_radix(String::from_utf8_lossy(&line[..end]).trim(), 16)
                .context("the answer has no length and is not chunked")?;
            body.extend(self.exactly(size)?);
            self.exactly(2)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

impl Answer {
    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Where a head ends, its empty line included.
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// What `Content-Length` says.
pub(super) fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    })
}

/// A request of the admin API.
pub(super) fn admin(host: &str, method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
