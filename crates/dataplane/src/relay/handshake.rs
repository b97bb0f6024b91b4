//! How a connection to a relay begins: both sides prove that they know the secret, without telling it.
//!
//! ```text
//! relay  → Simfra   32 bytes that the relay never sends again
//! Simfra → relay    32 bytes that Simfra never sends again, the target's address (4) and port (2), HMAC of all these
//! relay  → Simfra   what became of it (1), HMAC of all these; then, if connected, the target's bytes
//! ```
//!
//! Each HMAC covers both sides' bytes, so nothing that was overheard is of use in another connection; and a program
//! that has taken a dead relay's port learns nothing, and cannot answer.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Secret;

const REQUEST: &[u8] = b"simfra relay request";
const ANSWER: &[u8] = b"simfra relay answer.";

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The target's bytes follow.
    Connected = 0,
    /// The target is not of the VPC.
    Forbidden = 1,
    /// Nothing listens there.
    Refused = 2,
    /// The target did not answer.
    TimedOut = 3,
    /// Connecting failed for another reason.
    Unreachable = 4,
}

impl Answer {
    pub(super) fn from_failure(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Unreachable,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Connected, Self::Forbidden, Self::Refused, Self::TimedOut, Self::Unreachable];
        all.into_iter().find(|answer| *answer as u8 == code)
    }

    fn as_failure(self) -> Option<io::Error> {
        let kind = match self {
            Self::Connected => return None,
            Self::Forbidden => io::ErrorKind::PermissionDenied,
            Self::Refused => io::ErrorKind::ConnectionRefused,
            Self::TimedOut => io::ErrorKind::TimedOut,
            Self::Unreachable => io::ErrorKind::HostUnreachable,
        };
        Some(kind.into())
    }
}

/// Has the relay at the other end of `stream` connect it to `target`. `nonce` must not have been used before with this
/// secret.
///
/// # Errors
/// When the target cannot be reached, or the other end is no relay that knows the secret.
pub async fn connect(
    stream: &mut TcpStream,
    secret: &Secret,
    nonce: [u8; 32],
    target: SocketAddrV4,
) -> io::Result<()> {
    let mut theirs = [0; 32];
    stream.read_exact(&mut theirs).await?;
    let (ip, port) = (target.ip().octets(), target.port().to_be_bytes());
    let proof = secret.tag(&[REQUEST, &theirs, &nonce, &ip, &port]);
    stream.write_all(&[&nonce[..], &ip, &port, &proof].concat()).await?;
    let mut answer = [0; 33];
    stream.read_exact(&mut answer).await?;
    if !secret.verifies(&[ANSWER, &theirs, &nonce, &answer[..1]], &answer[1..]) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what answers is not Simfra's relay"));
    }
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, "the relay is of another version");
    Answer::from_code(answer[0]).ok_or_else(unknown)?.as_failure().map_or(Ok(()), Err)
}

/// What makes a connection's proofs its own.
pub(super) struct Nonces {
    relays: [u8; 32],
    simfras: [u8; 32],
}

impl Nonces {
    /// The target that a client asks for who knows the secret; none for one who does not.
    pub(super) async fn receive(
        client: &mut TcpStream,
        secret: &Secret,
        relays: [u8; 32],
    ) -> io::Result<Option<(Self, SocketAddrV4)>> {
        client.write_all(&relays).await?;
        let (mut simfras, mut ip, mut port, mut proof) = ([0; 32], [0; 4], [0; 2], [0; 32]);
        for part in [&mut simfras[..], &mut ip, &mut port, &mut proof] {
            client.read_exact(part).await?;
        }
        let known = secret.verifies(&[REQUEST, &relays, &simfras, &ip, &port], &proof);
        let target = SocketAddrV4::new(Ipv4Addr::from(ip), u16::from_be_bytes(port));
        Ok(known.then_some((Self { relays, simfras }, target)))
    }

    pub(super) async fn answer(
        &self,
        client: &mut TcpStream,
        secret: &Secret,
        answer: Answer,
    ) -> io::Result<()> {
        let code = [answer as u8];
        let proof = secret.tag(&[ANSWER, &self.relays, &self.simfras, &code]);
        client.write_all(&[&code[..], &proof].concat()).await
    }
}
