//! The server behind the proxy: where it listens, connections to it, and its process where that is the proxy's child.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

use crate::runtime::process::system;

/// How long the server may take until it listens.
const START: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(1);

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// `127.0.0.1:22122`.
    Tcp(SocketAddr),
    /// `unix:memcached.sock`, from the working folder.
    Unix(PathBuf),
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some(path) => Ok(Self::Unix(path.into())),
            None => {
                text.parse().map(Self::Tcp).map_err(|_| "an address with a port, or unix:PATH".to_owned())
            }
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The server.
#[derive(Debug)]
pub(super) struct Server {
    address: ServerAddress,
    child: Option<Child>,
}

impl Server {
    /// Starts the command, if there is one; it ends with this thread.
    pub(super) fn start(address: ServerAddress, command: &[OsString]) -> io::Result<Self> {
        let Some((program, arguments)) = command.split_first() else {
            return Ok(Self { address, child: None });
        };
        if let ServerAddress::Unix(path) = &address {
            // Left by a server before this one: it would refuse connections until it is replaced.
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        system::bind(&mut command);
        Ok(Self { address, child: Some(command.spawn()?) })
    }

    /// Waits until it listens; the first connection to it.
    pub(super) fn await_start(&mut self) -> Result<ServerStream, String> {
        let deadline = Instant::now() + START;
        loop {
            match self.connect() {
                Ok(stream) => return Ok(stream),
                Err(error) if Instant::now() > deadline => {
                    return Err(format!("the server does not listen at {}: {error}", self.address));
                }
                Err(_) => {}
            }
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok()?) {
                return Err(told(status));
            }
            sleep(PAUSE);
        }
    }

    /// A connection of its own for whoever asks. On this machine it is there at once or not at all.
    pub(super) fn connect(&self) -> io::Result<ServerStream> {
        Ok(match &self.address {
            ServerAddress::Tcp(address) => {
                let stream = std::net::TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                ServerStream::Tcp(TcpStream::from_std(stream))
            }
            ServerAddress::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path)?;
                stream.set_nonblocking(true)?;
                ServerStream::Unix(UnixStream::from_std(stream))
            }
        })
    }

    /// Why it is gone, for people.
    pub(super) fn end(&mut self) -> String {
        match self.child.as_mut().map(|child| {
            // It no longer listens; whatever it still does is of no use to anybody.
            let _ = child.kill();
            child.wait()
        }) {
            Some(Ok(status)) => told(status),
            _ => "the server ended".to_owned(),
        }
    }
}

fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (_, Some(signal)) => format!("the server was killed by signal {signal}"),
        (Some(code), None) => format!("the server exited with code {code}"),
        (None, None) => "the server ended".to_owned(),
    }
}

/// A connection to the server.
#[derive(Debug)]
pub(super) enum ServerStream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl ServerStream {
    /// No more will be asked.
    pub(super) fn end_of_requests(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }
}

impl Read for ServerStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for ServerStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl mio::event::Source for ServerStream {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.register(registry, token, interests),
            Self::Unix(stream) => stream.register(registry, token, interests),
        }
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.reregister(registry, token, interests),
            Self::Unix(stream) => stream.reregister(registry, token, interests),
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.deregister(registry),
            Self::Unix(stream) => stream.deregister(registry),
        }
    }
}
