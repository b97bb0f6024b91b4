//! The engine in a fake node: PING, SET and GET of RESP (inline or not), what a dump and a replication group without cluster
//! mode ask for, and Memcached's `version`.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::watch;

use crate::runtime::BoxStream;

/// What the node's connections share.
pub(super) type Shared = Arc<Mutex<Held>>;

type Keys = BTreeMap<Vec<u8>, Vec<u8>>;

/// What the node holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// What its clients stored.
    keys: Keys,
    /// Whom it was told to follow, and has always caught up with.
    follows: Option<(IpAddr, u16)>,
}

/// How a node behaves while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It answers.
    Serving,
    /// It reads nothing and says nothing.
    Hung,
}

/// Serves one connection until the client leaves or the node ends.
pub(super) async fn serve(stream: BoxStream, held: Shared, mut mood: watch::Receiver<Mood>) {
    let mut stream = BufReader::new(stream);
    loop {
        tokio::select! {
            biased;
            served = mood.wait_for(|mood| *mood == Mood::Hung) => match served {
                Ok(_) => break,
                Err(_) => return,
            },
            served = answer_one(&mut stream, &held) => if !matches!(served, Ok(true)) { return },
        }
    }
    // Hung: holds the connection open until the node ends.
    while mood.changed().await.is_ok() {}
}

/// False at the end of the stream.
async fn answer_one(stream: &mut BufReader<BoxStream>, held: &Shared) -> io::Result<bool> {
    let Some(command) = read_command(stream).await? else { return Ok(false) };
    let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
    let answer = match (words.first().map(|verb| verb.to_ascii_uppercase()).as_deref(), &words[1..]) {
        (Some(b"PING"), []) => b"+PONG\r\n".to_vec(),
        (Some(b"VERSION"), []) => b"VERSION 1.6.0\r\n".to_vec(),
        (Some(b"SET"), [key, value]) => {
            lock(held).keys.insert(key.to_vec(), value.to_vec());
            b"+OK\r\n".to_vec()
        }
        (Some(b"GET"), [key]) => {
            lock(held).keys.get(*key).map_or_else(|| b"$-1\r\n".to_vec(), |value| bulk(value))
        }
        // Nothing else writes while a test looks at a dump.
        (Some(b"CLIENT" | b"CONFIG" | b"REPLCONF" | b"AUTH" | b"ACL"), _) => b"+OK\r\n".to_vec(),
        (Some(b"INFO"), _) => bulk(info(&lock(held)).as_bytes()),
        (Some(b"SYNC"), []) => {
            let dump = dump(&lock(held).keys);
            [format!("\n${}\r\n", dump.len()).as_bytes(), &dump].concat()
        }
        // REPLICAOF, whatever it is called on this node.
        (Some(_), [b"NO", b"ONE"]) => {
            lock(held).follows = None;
            b"+OK\r\n".to_vec()
        }
        // And CONFIG.
        (Some(_), [b"SET", _, _]) => b"+OK\r\n".to_vec(),
        (Some(_), [address, port]) if socket(address, port).is_some() => {
            lock(held).follows = socket(address, port);
            b"+OK\r\n".to_vec()
        }
        _ => b"-ERR unknown command: the fake engine knows PING, SET, GET and version\r\n".to_vec(),
    };
    stream.write_all(&answer).await?;
    Ok(true)
}

/// What INFO tells: of an engine that knows no users.
fn info(held: &Held) -> String {
    let role = match held.follows {
        None => "role:master\r\nmaster_repl_offset:1\r\n".to_owned(),
        Some((address, port)) => format!(
            "role:slave\r\nmaster_host:{address}\r\nmaster_port:{port}\r\nmaster_link_status:up\r\nslave_repl_offset:1\r\n"
        ),
    };
    format!("redis_version:5.0.6\r\nused_memory:1000\r\n{role}")
}

fn socket(address: &[u8], port: &[u8]) -> Option<(IpAddr, u16)> {
    let text = |word| std::str::from_utf8(word).ok();
    Some((text(address)?.parse().ok()?, text(port)?.parse().ok()?))
}

/// The command's words, at least one.
async fn read_command(stream: &mut BufReader<BoxStream>) -> io::Result<Option<Vec<Vec<u8>>>> {
    let line = loop {
        let Some(line) = read_line(stream).await? else { return Ok(None) };
        if !line.trim().is_empty() {
            break line;
        }
    };
    let Some(count) = line.strip_prefix('*') else {
        return Ok(Some(line.split_ascii_whitespace().map(|word| word.as_bytes().to_vec()).collect()));
    };
    let mut words = Vec::new();
    for _ in 0..number(count)?.max(1) {
        let Some(header) = read_line(stream).await? else { return Ok(None) };
        let mut word = vec![0; number(header.trim_start_matches('$'))? + 2];
        stream.read_exact(&mut word).await?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    Ok(Some(words))
}

async fn read_line(stream: &mut BufReader<BoxStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

/// A fake's RDB file: the first bytes of a real one, then keys and values, each on a line of its own.
const FIRST: &str = "REDIS0010";

fn dump(keys: &Keys) -> Vec<u8> {
    let lines = keys.iter().flat_map(|(key, value)| [key, value]);
    lines.fold(FIRST.as_bytes().to_vec(), |mut dump, line| {
        dump.push(b'\n');
        dump.extend_from_slice(line);
        dump
    })
}

/// What a node that starts from this dump holds.
pub(super) fn read_seed(path: &Path) -> io::Result<Shared> {
    let text = std::fs::read(path)?;
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec);
    if lines.next().as_deref() != Some(FIRST.as_bytes()) {
        return Err(io::Error::other("Can't handle RDB format version"));
    }
    let mut keys = Keys::new();
    while let (Some(key), Some(value)) = (lines.next(), lines.next()) {
        keys.insert(key, value);
    }
    Ok(Arc::new(Mutex::new(Held { keys, follows: None })))
}

fn bulk(value: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat()
}

fn lock(held: &Shared) -> std::sync::MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
