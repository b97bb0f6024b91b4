//! Auto discovery: the list of a cluster's nodes, how it reaches a proxy, and how clients are told of it.
//!
//! The list lies in a file that Simfra replaces whole. It is read at each question, so that a proxy that outlives
//! Simfra needs no connection to it.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The key of the list, for `config get`.
const KEY: &[u8] = b"cluster";
/// The key under which servers before 1.4.14 had it, for `get`.
const OLD_KEY: &[u8] = b"AmazonElastiCache:cluster";
const END: &[u8] = b"END\r\n";

/// The binary protocol's `config get`, `config set` and `config delete`, as ElastiCache's clients send them.
const BINARY_GET: u8 = 0x60;
const BINARY_SET: u8 = 0x64;
const BINARY_DELETE: u8 = 0x66;
const BINARY_NOT_FOUND: u16 = 1;
const BINARY_REFUSED: u16 = 4;

/// The nodes of a cluster, as its clients are told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeList {
    /// Grows by one for each node added or removed.
    pub version: u64,
    /// In any order.
    pub nodes: Vec<ListedNode>,
}

/// A node of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedNode {
    /// Its name, in its VPC.
    pub host: String,
    /// Its address there.
    pub address: IpAddr,
    /// Where it answers.
    pub port: u16,
}

impl NodeList {
    /// What is to be in the file. Its last byte tells that it is whole.
    ///
    /// # Panics
    /// Never: strings, addresses and numbers are JSON.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).expect("strings, addresses and numbers are JSON");
        text.push(b'\n');
        text
    }

    fn of_file(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text.strip_suffix(b"\n")?).ok()
    }

    /// The value that clients read: a line with the version, a line with the nodes, sorted by name.
    fn value(&self) -> Vec<u8> {
        let mut nodes: Vec<_> = self.nodes.iter().collect();
        nodes.sort_by(|one, other| one.host.cmp(&other.host));
        let nodes: Vec<_> =
            nodes.iter().map(|node| format!("{}|{}|{}", node.host, node.address, node.port)).collect();
        format!("{}\n{}\n", self.version, nodes.join(" ")).into_bytes()
    }
}

/// The file, and what was in it when it was last whole.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    last: Option<NodeList>,
}

impl Source {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, last: None }
    }

    /// The list as it is now. A file that is being replaced at this moment leaves the one before.
    fn read(&mut self) -> Option<&NodeList> {
        if let Some(list) = std::fs::read(&self.path).ok().and_then(|text| NodeList::of_file(&text)) {
            self.last = Some(list);
        }
        self.last.as_ref()
    }
}

/// A command that the proxy answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// `config get cluster`.
    Config,
    /// `get AmazonElastiCache:cluster`.
    Get,
    /// `gets AmazonElastiCache:cluster`.
    Gets,
    /// `config get` of another key: there is none.
    Other,
    /// `config set`, `config delete`: ElastiCache undoes what clients write there; here it is refused.
    Tampering,
    /// Any other command that begins with `config`.
    Nonsense,
    /// One of the binary protocol's, and how its reply is told from others.
    Binary { opcode: u8, opaque: [u8; 4], known: bool },
}

impl Query {
    /// The query in a command line without its end, and how many bytes of data follow the line; none when it is for
    /// the server.
    pub(super) fn of_line(line: &[u8]) -> Option<(Self, u64)> {
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        match words.next()? {
            b"config" => Some(match (words.next(), words.next()) {
                (Some(b"get"), Some(key)) => (if key == KEY { Self::Config } else { Self::Other }, 0),
                (Some(b"set"), Some(_)) => (Self::Tampering, data_length(words.nth(1))),
                (Some(b"delete"), Some(_)) => (Self::Tampering, 0),
                _ => (Self::Nonsense, 0),
            }),
            command @ (b"get" | b"gets") if words.next()? == OLD_KEY && words.next().is_none() => {
                Some((if command == b"get" { Self::Get } else { Self::Gets }, 0))
            }
            _ => None,
        }
    }

    /// The query in a whole packet of the binary protocol.
    pub(super) fn of_packet(packet: &[u8]) -> Option<Self> {
        let opcode = *packet.get(1)?;
        let extras = usize::from(*packet.get(4)?);
        let key_length = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
        let key = packet.get(24 + extras..24 + extras + key_length);
        let opaque = packet.get(12..16)?.try_into().ok()?;
        is_binary(opcode).then_some(Self::Binary { opcode, opaque, known: key == Some(KEY) })
    }

    /// What the client is answered.
    pub(super) fn answer(self, source: &mut Source) -> Vec<u8> {
        match self {
            Self::Config => match source.read() {
                Some(list) => value_reply("CONFIG cluster 0", &list.value(), ""),
                None => END.to_vec(),
            },
            Self::Get | Self::Gets => match source.read() {
                Some(list) => {
                    let unique =
                        if self == Self::Gets { format!(" {}", list.version) } else { String::new() };
                    value_reply("VALUE AmazonElastiCache:cluster 0", &list.value(), &unique)
                }
                None => END.to_vec(),
            },
            Self::Other => END.to_vec(),
            Self::Tampering => {
                b"CLIENT_ERROR the list of the cluster's nodes is kept by the service\r\n".to_vec()
            }
            Self::Nonsense => b"ERROR\r\n".to_vec(),
            Self::Binary { opcode: BINARY_GET, opaque, known } => match source.read().filter(|_| known) {
                Some(list) => packet(BINARY_GET, opaque, 0, &[0; 4], &list.value()),
                None => packet(BINARY_GET, opaque, BINARY_NOT_FOUND, &[], b"Not found"),
            },
            Self::Binary { opcode, opaque, .. } => {
                packet(opcode, opaque, BINARY_REFUSED, &[], b"Invalid arguments")
            }
        }
    }
}

/// Whether a packet with this operation code is for the proxy.
pub(super) fn is_binary(opcode: u8) -> bool {
    matches!(opcode, BINARY_GET | BINARY_SET | BINARY_DELETE)
}

/// A block of data and its line end; none where the number is none, as with any server.
fn data_length(word: Option<&[u8]>) -> u64 {
    let number =
        word.and_then(|word| std::str::from_utf8(word).ok()).and_then(|word| word.parse::<u32>().ok());
    number.map_or(0, |length| u64::from(length) + 2)
}

fn value_reply(head: &str, value: &[u8], unique: &str) -> Vec<u8> {
    let mut reply = format!("{head} {}{unique}\r\n", value.len()).into_bytes();
    reply.extend_from_slice(value);
    reply.extend_from_slice(b"\r\nEND\r\n");
    reply
}

fn packet(opcode: u8, opaque: [u8; 4], status: u16, extras: &[u8], value: &[u8]) -> Vec<u8> {
    let mut packet = vec![0_u8; 24];
    packet[0] = 0x81;
    packet[1] = opcode;
    packet[4] = u8::try_from(extras.len()).unwrap_or_default();
    packet[6..8].copy_from_slice(&status.to_be_bytes());
    let body = u32::try_from(extras.len() + value.len()).unwrap_or_default();
    packet[8..12].copy_from_slice(&body.to_be_bytes());
    packet[12..16].copy_from_slice(&opaque);
    packet.extend_from_slice(extras);
    packet.extend_from_slice(value);
    packet
}

#[cfg(test)]
mod tests;
