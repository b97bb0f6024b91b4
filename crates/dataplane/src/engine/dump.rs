//! Takes what a Redis or Valkey node holds, as one RDB file, so that no write is lost that the node acknowledged.
//!
//! Speaks the first half of the replication protocol: the node sends its data as it would to a replica. Whoever calls
//! decides what becomes of the node; writes are held only as long as the [`Hold`] lives and works.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use tokio::fs::{self, DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::time::timeout;

use super::resp::{Connection, Reply, RespError};
use crate::runtime::Stream;

/// How long one pause of writes lasts unless it is renewed: what clients wait for a Simfra that was killed meanwhile.
const PAUSE: Duration = Duration::from_secs(10);
/// How often the pause is renewed.
const RENEWAL: Duration = Duration::from_secs(2);
/// What the node may take for one command; renewals and their answers fit well into a pause.
const ANSWER: Duration = Duration::from_secs(5);
/// How long the node may send nothing at all. It sends a newline every few seconds while it prepares its data.
const SILENCE: Duration = Duration::from_secs(30);
/// The end mark's length of data whose length the node does not know beforehand.
const MARK: usize = 40;
/// The longest header that is believed.
const LONGEST_HEADER: usize = 1024;
/// How much is gathered before it goes to the disk.
const BUFFER: usize = 256 * 1024;
/// More replicas than any node has: with fewer it refuses writes.
const UNREACHED: &str = "1000000";

/// Why a node's data was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The connection to the node broke, or what it says is not RESP.
    #[error("the node's data could not be read: {0}")]
    Connection(#[from] RespError),
    /// The node says no.
    #[error("the node refuses {command}: {said}")]
    Refused {
        /// What was asked.
        command: &'static str,
        /// Its answer.
        said: String,
    },
    /// The node sent nothing for too long.
    #[error("the node sent nothing for {} s", SILENCE.as_secs())]
    Silent,
    /// What came is no RDB file.
    #[error("what the node sent is no RDB file: {0}")]
    NoDump(String),
    /// The file could not be written.
    #[error("the node's data could not be written to {path}: {error}")]
    File {
        /// Where to.
        path: String,
        /// Why not.
        error: io::Error,
    },
}

/// An RDB file's format: each engine reads those up to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RdbFormat(pub u16);

impl fmt::Display for RdbFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How a node's writes are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They wait: `CLIENT PAUSE … WRITE`, from Redis 6.2 on.
    Wait,
    /// They are refused, for want of replicas: older nodes can only make everybody wait, Simfra too.
    Refuse,
}

/// Holds a node's writes: [during](Self::during) the work that is done under it, none is acknowledged.
#[derive(Debug)]
pub struct Hold<S> {
    control: Connection<S>,
    way: Way,
}

impl<S: Stream> Hold<S> {
    /// Holds the writes of the node at the other end.
    ///
    /// # Errors
    /// When the node refuses, or does not answer.
    pub async fn begin(control: Connection<S>) -> Result<Self, DumpError> {
        let mut hold = Self { control, way: Way::Wait };
        match hold.pause().await {
            Err(DumpError::Refused { .. }) => {
                hold.way = Way::Refuse;
                hold.refuse(UNREACHED).await?;
            }
            paused => paused?,
        }
        Ok(hold)
    }

    /// Does the work with the writes held.
    ///
    /// # Errors
    /// The work's own, and that the hold was lost meanwhile: then the work is given up.
    pub async fn during<T, E: From<DumpError>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            done = work => done,
            error = self.keep() => Err(error.into()),
        }
    }

    /// Does the work that ends the node, with the writes held as long as it is there.
    pub async fn until<T>(mut self, end: impl Future<Output = T>) -> T {
        let mut end = std::pin::pin!(end);
        tokio::select! {
            done = &mut end => return done,
            // That the node no longer answers is what is wanted.
            _ = self.keep() => {}
        }
        end.await
    }

    /// Lets writes go on: the node stays.
    ///
    /// # Errors
    /// When the node does not answer; a pause then ends by itself.
    pub async fn release(mut self) -> Result<(), DumpError> {
        match self.way {
            Way::Wait => self.command("CLIENT UNPAUSE", &["CLIENT", "UNPAUSE"]).await,
            Way::Refuse => self.refuse("0").await,
        }
    }

    /// Renews the hold until that fails.
    async fn keep(&mut self) -> DumpError {
        loop {
            tokio::time::sleep(RENEWAL).await;
            // A refusal holds until it is taken back; the question finds out whether the node is there.
            let renewed = match self.way {
                Way::Wait => self.pause().await,
                Way::Refuse => self.refuse(UNREACHED).await,
            };
            if let Err(error) = renewed {
                return error;
            }
        }
    }

    async fn pause(&mut self) -> Result<(), DumpError> {
        let time = PAUSE.as_millis().to_string();
        self.command("CLIENT PAUSE", &["CLIENT", "PAUSE", &time, "WRITE"]).await
    }

    async fn refuse(&mut self, replicas: &str) -> Result<(), DumpError> {
        // Under its old name, which newer engines know too.
        self.command("CONFIG SET", &["CONFIG", "SET", "min-slaves-to-write", replicas]).await
    }

    async fn command(&mut self, name: &'static str, words: &[&str]) -> Result<(), DumpError> {
        ask(&mut self.control, name, words).await
    }
}

/// Has the node send its data into the file `path`, which is there whole or not at all, for nobody else to read. Not
/// bounded in time as long as the node sends something.
///
/// # Errors
/// When the node refuses or breaks off, or the file cannot be written.
pub async fn take<S: Stream>(mut replica: Connection<S>, path: &Path) -> Result<RdbFormat, DumpError> {
    // Straight from memory and at once, where the engine can: its folder need not have room for all its data, and
    // nobody is to wait for further replicas. An engine that does not know them sends a file.
    let wishes: [(&str, &[&str]); 3] = [
        ("CONFIG SET", &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]),
        ("CONFIG SET", &["CONFIG", "SET", "repl-diskless-sync", "yes"]),
        ("REPLCONF", &["REPLCONF", "capa", "eof"]),
    ];
    for (name, words) in wishes {
        match ask(&mut replica, name, words).await {
            Ok(()) | Err(DumpError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    replica.send(&["SYNC"]).await?;
    let (stream, unread) = replica.into_parts();
    let mut source = Source { stream, unread };
    let extent = source.header().await?;
    let unwritten = |error: io::Error| DumpError::File { path: path.display().to_string(), error };
    let half = path.with_extension("half");
    let file = create(&half).await.map_err(unwritten)?;
    let mut sink = Sink { file: BufWriter::with_capacity(BUFFER, file), first: Vec::new() };
    source.body(extent, &mut sink, &unwritten).await?;
    let format = sink.format()?;
    sink.finish().await.map_err(unwritten)?;
    put_in_place(&half, path).await.map_err(unwritten)?;
    Ok(format)
}

async fn ask<S: Stream>(
    connection: &mut Connection<S>,
    command: &'static str,
    words: &[&str],
) -> Result<(), DumpError> {
    match timeout(ANSWER, connection.call(words)).await {
        Ok(Ok(Reply::Error(said))) => Err(DumpError::Refused { command, said }),
        Ok(answered) => answered.map(drop).map_err(DumpError::from),
        Err(_) => Err(RespError::Io(io::ErrorKind::TimedOut.into()).into()),
    }
}

/// How the end of the data is known.
#[derive(Debug, PartialEq, Eq)]
enum Extent {
    Length(u64),
    Mark([u8; MARK]),
}

/// What the node sends.
struct Source<S> {
    stream: S,
    unread: BytesMut,
}

impl<S: Stream> Source<S> {
    async fn more(&mut self) -> Result<(), DumpError> {
        match timeout(SILENCE, self.stream.read_buf(&mut self.unread)).await {
            Err(_) => Err(DumpError::Silent),
            Ok(Ok(0)) => Err(RespError::Io(io::ErrorKind::UnexpectedEof.into()).into()),
            Ok(read) => read.map(drop).map_err(|error| RespError::Io(error).into()),
        }
    }

    /// The line before the data, after any number of empty ones that say that it is still to come.
    async fn header(&mut self) -> Result<Extent, DumpError> {
        loop {
            let empty = self.unread.iter().take_while(|&&byte| byte == b'\n' || byte == b'\r').count();
            let _ = self.unread.split_to(empty);
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line = self.unread.split_to(end + 1);
                return extent(String::from_utf8_lossy(&line).trim_end());
            }
            if self.unread.len() > LONGEST_HEADER {
                return Err(DumpError::NoDump("its header has no end".to_owned()));
            }
            self.more().await?;
        }
    }

    async fn body(
        &mut self,
        extent: Extent,
        sink: &mut Sink,
        unwritten: &impl Fn(io::Error) -> DumpError,
    ) -> Result<(), DumpError> {
        let mut rest = match extent {
            Extent::Mark(mark) => return self.until_mark(&mark, sink, unwritten).await,
            Extent::Length(length) => length,
        };
        while rest > 0 {
            if self.unread.is_empty() {
                self.more().await?;
            }
            let length = usize::try_from(rest).unwrap_or(usize::MAX).min(self.unread.len());
            sink.write(&self.unread.split_to(length)).await.map_err(unwritten)?;
            rest -= length as u64;
        }
        Ok(())
    }

    /// Nothing follows the mark before the replica has said how far it is, which we never do.
    async fn until_mark(
        &mut self,
        mark: &[u8; MARK],
        sink: &mut Sink,
        unwritten: &impl Fn(io::Error) -> DumpError,
    ) -> Result<(), DumpError> {
        loop {
            let certain = self.unread.len().saturating_sub(MARK);
            sink.write(&self.unread.split_to(certain)).await.map_err(unwritten)?;
            if self.unread[..] == mark[..] {
                return Ok(());
            }
            self.more().await?;
        }
    }
}

/// `$1234` or `$EOF:` and the mark.
fn extent(line: &str) -> Result<Extent, DumpError> {
    if let Some(said) = line.strip_prefix('-') {
        return Err(DumpError::Refused { command: "SYNC", said: said.to_owned() });
    }
    let strange = || DumpError::NoDump(format!("it begins with '{}'", line.escape_debug()));
    let told = line.strip_prefix('$').ok_or_else(strange)?;
    match told.strip_prefix("EOF:") {
        Some(mark) => mark.as_bytes().try_into().map(Extent::Mark).map_err(|_| strange()),
        None => told.parse().map(Extent::Length).map_err(|_| strange()),
    }
}

/// The file being written.
struct Sink {
    file: BufWriter<File>,
    /// The data's first bytes, which name its format.
    first: Vec<u8>,
}

impl Sink {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let wanted = FIRST.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(&bytes[..wanted]);
        self.file.write_all(bytes).await
    }

    fn format(&self) -> Result<RdbFormat, DumpError> {
        format_of(&self.first)
            .ok_or_else(|| DumpError::NoDump(format!("it begins with '{}'", self.first.escape_ascii())))
    }

    async fn finish(mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.into_inner().sync_all().await
    }
}

/// `REDIS0011`; from Valkey 9 on `VALKEY080`.
const FIRST: usize = 9;

/// The format that an RDB file's first bytes name.
fn format_of(first: &[u8]) -> Option<RdbFormat> {
    let number = first.strip_prefix(b"REDIS").or_else(|| first.strip_prefix(b"VALKEY"))?;
    let whole = first.len() == FIRST;
    std::str::from_utf8(number).ok().filter(|_| whole)?.parse().ok().map(RdbFormat)
}

/// The format of an RDB file; none: it cannot be read, or is none.
pub async fn format_of_file(path: &Path) -> Option<RdbFormat> {
    let mut first = [0; FIRST];
    File::open(path).await.ok()?.read_exact(&mut first).await.ok()?;
    format_of(&first)
}

/// Caches hold people's data: nobody else may read it.
async fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).await
}

async fn put_in_place(half: &Path, path: &Path) -> io::Result<()> {
    fs::rename(half, path).await?;
    match path.parent() {
        Some(folder) => File::open(folder).await?.sync_all().await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
