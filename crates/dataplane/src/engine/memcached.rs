//! Memcached's text protocol, as far as a sign of life needs it.

use domain::engine::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::PingError;
use crate::runtime::Stream;

/// The longest answer to `version` that is believed, in bytes.
const LONGEST_LINE: usize = 256;

/// Asks for the server's version: `1.6.18`.
pub async fn version<S: Stream>(stream: &mut S) -> Result<String, PingError> {
    stream.write_all(b"version\r\n").await?;
    stream.flush().await?;
    let line = read_line(stream).await?;
    line.strip_prefix("VERSION ")
        .map(str::to_owned)
        .ok_or_else(|| foreign(format!("'{}' is no answer to version", line.escape_debug())))
}

async fn read_line<S: Stream>(stream: &mut S) -> Result<String, PingError> {
    let mut line = Vec::new();
    let mut chunk = [0; LONGEST_LINE];
    while !line.ends_with(b"\r\n") {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Err(PingError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        line.extend_from_slice(&chunk[..read]);
        if line.len() > LONGEST_LINE {
            return Err(foreign("its line is too long".to_owned()));
        }
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).map_err(|_| foreign("its line is not text".to_owned()))
}

fn foreign(reason: String) -> PingError {
    PingError::Protocol { engine: Engine::Memcached, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: &[u8]) -> Result<String, PingError> {
        let (mut client, mut server) = tokio::io::duplex(1024);
        server.write_all(answer).await.unwrap();
        drop(server.shutdown().await);
        version(&mut client).await
    }

    #[tokio::test]
    async fn reads_the_version() {
        assert_eq!(answered(b"VERSION 1.6.18\r\n").await.unwrap(), "1.6.18");
    }

    #[tokio::test]
    async fn another_protocol_is_named_as_such() {
        let error = answered(b"-ERR unknown command\r\n").await.unwrap_err();
        assert!(error.to_string().contains("memcached's protocol"), "{error}");
        assert!(matches!(answered(&[b'x'; 600]).await, Err(PingError::Protocol { .. })));
        assert!(matches!(answered(b"VERSION 1").await, Err(PingError::Io(_))));
    }
}
