//! RESP2, the protocol of Redis and Valkey: one command, one reply.

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::secrets::NodeSecrets;
use super::{Answer, access};
use crate::runtime::Stream;

/// The longest line and the deepest nesting that are believed; bulk strings end at Redis's own limit of 512 MB.
const LONGEST_LINE: usize = 64 * 1024;
const DEEPEST: u8 = 8;
const LONGEST_BULK: usize = 512 * 1024 * 1024;
/// The most elements that one array may announce.
const LONGEST_ARRAY: usize = 1024 * 1024;

/// A server's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Simple(String),
    /// `-ERR …`, without the sign.
    Error(String),
    /// `:1`
    Integer(i64),
    /// `$3 …`; none: nil.
    Bulk(Option<Vec<u8>>),
    /// `*2 …`; none: nil.
    Array(Option<Vec<Reply>>),
}

/// Why a command has no reply.
#[derive(Debug, thiserror::Error)]
pub enum RespError {
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
    /// The bytes are not RESP.
    #[error("not RESP: {0}")]
    Protocol(String),
}

/// One connection; commands follow one another.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    unread: BytesMut,
    /// Present: commands that are renamed on the node go out under their names there.
    names: Option<NodeSecrets>,
}

impl<S: Stream> Connection<S> {
    /// Speaks RESP over `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, unread: BytesMut::new(), names: None }
    }

    /// From now on with a node's own names for the commands that clients may not use.
    pub(super) fn with_names(self, secrets: &NodeSecrets) -> Self {
        Self { names: Some(secrets.clone()), ..self }
    }

    /// Sends a command whose answer is not a reply.
    pub(super) async fn send<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Result<(), RespError> {
        self.stream.write_all(&self.encoded(command)).await?;
        Ok(self.stream.flush().await?)
    }

    /// A command under the name that it has on the node.
    fn encoded<A: AsRef<[u8]>>(&self, command: &[A]) -> Vec<u8> {
        let mut words: Vec<&[u8]> = command.iter().map(AsRef::as_ref).collect();
        let named =
            self.names.as_ref().zip(words.first()).and_then(|(names, name)| access::name_on(names, name));
        if let (Some(name), Some(first)) = (&named, words.first_mut()) {
            *first = name.as_bytes();
        }
        encode(&words)
    }

    /// The stream, and what was read from it and is no reply's.
    pub(super) fn into_parts(self) -> (S, BytesMut) {
        (self.stream, self.unread)
    }

    /// Sends a command and reads its reply. Sets no deadline; a caller that gives up must drop the connection.
    pub async fn call<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Result<Reply, RespError> {
        self.send(command).await?;
        self.reply().await
    }

    /// Sends commands in one go and reads their replies, in order: the engine does them without anything between. There
    /// must not be so many that the replies fill what lies between the two before all commands are sent.
    pub async fn call_all<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Result<Vec<Reply>, RespError> {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| self.encoded(command)).collect();
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        let mut replies = Vec::with_capacity(commands.len());
        for _ in commands {
            replies.push(self.reply().await?);
        }
        Ok(replies)
    }

    async fn reply(&mut self) -> Result<Reply, RespError> {
        loop {
            if let Some((reply, used)) = parse(&self.unread, DEEPEST)? {
                self.unread.advance(used);
                return Ok(reply);
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Err(RespError::Io(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

/// PING. Every error reply is a sign of life; `-NOAUTH` is the answer of an engine that serves those it knows.
pub async fn ping<S: Stream>(stream: S) -> Result<Answer, RespError> {
    match Connection::new(stream).call(&["PING"]).await? {
        Reply::Simple(_) => Ok(Answer::Ready),
        Reply::Error(said) if said.starts_with("NOAUTH") || said.starts_with("NOPERM") => Ok(Answer::Ready),
        Reply::Error(said) if said.starts_with("LOADING") => Ok(Answer::Loading),
        Reply::Error(said) => Ok(Answer::Refused(said)),
        other => Err(RespError::Protocol(format!("{other:?} is no answer to PING"))),
    }
}

fn encode<A: AsRef<[u8]>>(command: &[A]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        let word = word.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The reply at the start of `bytes` and its length; none: more bytes are needed.
fn parse(bytes: &[u8], depth: u8) -> Result<Option<(Reply, usize)>, RespError> {
    let Some((line, mut used)) = first_line(bytes)? else { return Ok(None) };
    let Some((&kind, text)) = line.split_first() else {
        return Err(RespError::Protocol("an empty line".to_owned()));
    };
    let text =
        std::str::from_utf8(text).map_err(|_| RespError::Protocol("a line that is not text".to_owned()))?;
    let reply = match kind {
        b'+' => Reply::Simple(text.to_owned()),
        b'-' => Reply::Error(text.to_owned()),
        b':' => Reply::Integer(number(text)?),
        b'$' => match length(text, LONGEST_BULK)? {
            None => Reply::Bulk(None),
            Some(length) => {
                let Some(value) = bytes.get(used..used + length + 2) else { return Ok(None) };
                used += length + 2;
                Reply::Bulk(Some(value[..length].to_vec()))
            }
        },
        b'*' if depth == 0 => return Err(RespError::Protocol("arrays nested too deep".to_owned())),
        b'*' => match length(text, LONGEST_ARRAY)? {
            None => Reply::Array(None),
            Some(count) => {
                let mut elements = Vec::new();
                for _ in 0..count {
                    let Some((element, length)) = parse(&bytes[used..], depth - 1)? else { return Ok(None) };
                    used += length;
                    elements.push(element);
                }
                Reply::Array(Some(elements))
            }
        },
        other => {
            return Err(RespError::Protocol(format!("a reply that starts with '{}'", other.escape_ascii())));
        }
    };
    Ok(Some((reply, used)))
}

/// The first line without its end, and its length with it.
fn first_line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, RespError> {
    match bytes.windows(2).position(|pair| pair == b"\r\n") {
        Some(at) if at <= LONGEST_LINE => Ok(Some((&bytes[..at], at + 2))),
        None if bytes.len() <= LONGEST_LINE => Ok(None),
        _ => Err(RespError::Protocol("a line that is too long".to_owned())),
    }
}

fn number(text: &str) -> Result<i64, RespError> {
    text.parse().map_err(|_| RespError::Protocol(format!("'{text}' is no number")))
}

/// A length; -1 is nil.
fn length(text: &str, most: usize) -> Result<Option<usize>, RespError> {
    match number(text)? {
        -1 => Ok(None),
        given => match usize::try_from(given) {
            Ok(length) if length <= most => Ok(Some(length)),
            _ => Err(RespError::Protocol(format!("a length of {given}"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> Reply {
        let (reply, used) = parse(bytes, DEEPEST).unwrap().unwrap();
        assert_eq!(used, bytes.len());
        reply
    }

    #[test]
    fn every_kind_of_reply_is_read() {
        assert_eq!(whole(b"+OK\r\n"), Reply::Simple("OK".to_owned()));
        assert_eq!(whole(b"-ERR no\r\n"), Reply::Error("ERR no".to_owned()));
        assert_eq!(whole(b":-7\r\n"), Reply::Integer(-7));
        assert_eq!(whole(b"$4\r\na\r\nb\r\n"), Reply::Bulk(Some(b"a\r\nb".to_vec())));
        assert_eq!(whole(b"$-1\r\n"), Reply::Bulk(None));
        let nested = whole(b"*2\r\n:1\r\n*1\r\n$0\r\n\r\n");
        let inner = Reply::Array(Some(vec![Reply::Bulk(Some(Vec::new()))]));
        assert_eq!(nested, Reply::Array(Some(vec![Reply::Integer(1), inner])));
    }

    #[test]
    fn a_reply_cut_anywhere_asks_for_more() {
        let reply = b"*2\r\n$3\r\nabc\r\n:12\r\n";
        for cut in 0..reply.len() {
            assert!(parse(&reply[..cut], DEEPEST).unwrap().is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_not_resp_is_refused() {
        let deep = b"*1\r\n".repeat(20);
        let cases: [&[u8]; 6] = [b"VERSION 1\r\n", b"$-2\r\n", b"$9999999999\r\n", b":x\r\n", b"\r\n", &deep];
        for bytes in cases {
            assert!(parse(bytes, DEEPEST).is_err(), "{}", bytes.escape_ascii());
        }
        assert!(parse(&[b'+'; LONGEST_LINE + 1], DEEPEST).is_err());
    }

    async fn answered(answer: &[u8]) -> Result<Answer, RespError> {
        let (client, mut server) = tokio::io::duplex(1024);
        server.write_all(answer).await.unwrap();
        ping(client).await
    }

    #[tokio::test]
    async fn error_replies_are_signs_of_life() {
        assert_eq!(answered(b"+PONG\r\n").await.unwrap(), Answer::Ready);
        assert_eq!(answered(b"-NOAUTH Authentication required.\r\n").await.unwrap(), Answer::Ready);
        assert_eq!(answered(b"-LOADING reading\r\n").await.unwrap(), Answer::Loading);
        assert_eq!(answered(b"-BUSY script\r\n").await.unwrap(), Answer::Refused("BUSY script".to_owned()));
        assert!(matches!(answered(b"$4\r\nPONG\r\n").await, Err(RespError::Protocol(_))));
    }
}
