//! A cache's own protocols, as far as the lines need them: blocking, over one connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long an engine may take to answer at all.
const LIMIT: Duration = Duration::from_secs(30);

/// A connection to a Redis or Valkey.
#[derive(Debug)]
pub(super) struct Cache(TcpStream);

impl Cache {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub(super) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, LIMIT).with_context(|| format!("no {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(stream))
    }

    /// Connects and pings until there is an answer.
    ///
    /// # Errors
    /// There is none within half a minute.
    pub(super) fn answering(address: SocketAddr) -> Result<Self> {
        let begun = Instant::now();
        loop {
            let answer = Self::connect(address).and_then(|mut cache| cache.ping().map(|()| cache));
            match answer {
                Ok(cache) => return Ok(cache),
                Err(cause) if begun.elapsed() > LIMIT => return Err(cause),
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// One round trip.
    ///
    /// # Errors
    /// The answer is not PONG.
    pub(super) fn ping(&mut self) -> Result<()> {
        self.0.write_all(b"*1\r\n$4\r\nPING\r\n")?;
        let mut answer = [0; 7];
        self.0.read_exact(&mut answer)?;
        if &answer != b"+PONG\r\n" {
            bail!("PING is answered {:?}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }

    /// Sets a key.
    ///
    /// # Errors
    /// The answer is not OK.
    pub(super) fn set(&mut self, key: &str, value: &[u8]) -> Result<()> {
        write!(self.0, "*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n", key.len(), value.len())?;
        self.0.write_all(value)?;
        self.0.write_all(b"\r\n")?;
        let mut answer = [0; 5];
        self.0.read_exact(&mut answer)?;
        if &answer != b"+OK\r\n" {
            bail!("SET is answered {:?}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }

    /// Calls a command, and answers its reply where that is a line or a text.
    ///
    /// # Errors
    /// The engine refuses, or answers anything else.
    pub(super) fn call(&mut self, words: &[&str]) -> Result<String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.write_all(request.as_bytes())?;
        let line = self.line()?;
        match line.split_at_checked(1) {
            Some(("+", rest)) => Ok(rest.to_owned()),
            Some(("$", length)) => self.text(length.parse().context("a text without its length")?),
            _ => bail!("{} is answered {line:?}", words.join(" ")),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn text(&mut self, length: usize) -> Result<String> {
        let mut body = vec![0; length + 2];
        self.0.read_exact(&mut body)?;
        body.truncate(length);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// A field of `INFO server`.
    ///
    /// # Errors
    /// It has no such field.
    pub(super) fn info(&mut self, field: &str) -> Result<String> {
        let text = self.call(&["INFO", "server"])?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value.map(|value| value.trim().to_owned()).with_context(|| format!("INFO has no {field}"))
    }
}
