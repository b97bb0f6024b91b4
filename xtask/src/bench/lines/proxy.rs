//! Memcached through Simfra's proxy, against the same server without it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream as Blocking};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use super::super::line::{Bar, Effort, Line, Outcome, Unit};
use super::super::ratio::Pairs;
use crate::environment;
use crate::test::simfra;

/// The line.
pub(super) const MEMCACHED: Line = Line {
    name: "memcached-proxy",
    what: "Memcached through the proxy against the server itself: one set to ten gets, values of 32 bytes, 50 connections",
    bar: Bar::AtLeast(0.7, Unit::Times),
    measure,
};

const CONNECTIONS: usize = 50;
const GETS_TO_A_SET: usize = 10;
const KEYS: usize = 10_000;
const VALUE: &str = "0123456789abcdef0123456789abcdef";
const LIMIT: Duration = Duration::from_secs(10);

fn measure(effort: Effort) -> Result<Outcome> {
    let Some(program) = environment::program("memcached") else {
        return Ok(Outcome::Skipped("no memcached on PATH".to_owned()));
    };
    let folder = Folder::new()?;
    let (direct, through) = (free()?, free()?);
    let mut server = Command::new(program);
    server.args(["-l", "127.0.0.1", "-U", "0", "-c", "4096", "-p", &direct.port().to_string()]);
    if nix::unistd::geteuid().is_root() {
        // It refuses to run as root unless told to.
        server.args(["-u", "root"]);
    }
    let _server = Running::start(server, &folder)?;
    wait_for(direct)?;
    let nodes = folder.0.join("nodes.json");
    fs::write(&nodes, "{\"version\":1,\"nodes\":[]}\n")?;
    let mut proxy = Command::new(simfra()?);
    proxy.args(["proxy", "--listen", &through.to_string(), "--server", &direct.to_string(), "--nodes"]);
    proxy.arg(&nodes);
    let _proxy = Running::start(proxy, &folder)?;
    wait_for(through)?;
    let time = effort.of(Duration::from_secs(3), Duration::from_secs(1));
    fill(direct)?;
    let pairs = Pairs::take(effort.of(7, 3), || mix(through, time), || mix(direct, time))?;
    let detail = format!("{:.0}/s against {:.0}/s ({})", pairs.measured(), pairs.baseline(), pairs.spread());
    Ok(Outcome::Measured { value: pairs.ratio(), detail })
}

/// Sets every key, so that each get is a hit.
fn fill(address: SocketAddr) -> Result<()> {
    let mut stream = Blocking::connect(address)?;
    for number in 0..KEYS {
        stream.write_all(set(number).as_bytes())?;
        let mut answer = [0; 8];
        stream.read_exact(&mut answer)?;
        if &answer != b"STORED\r\n" {
            bail!("a set is answered {:?}", String::from_utf8_lossy(&answer));
        }
    }
    Ok(())
}

/// How many operations a second.
fn mix(address: SocketAddr, time: Duration) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(async {
        let mut connections = JoinSet::new();
        let begun = Instant::now();
        for first in 0..CONNECTIONS {
            connections.spawn_local(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let mut read = Vec::with_capacity(256);
                let mut done = 0_usize;
                while begun.elapsed() < time {
                    // A walk that spreads over the keys, another one on each connection.
                    let number = (first * 199 + done * 7919) % KEYS;
                    let is_set = done.is_multiple_of(GETS_TO_A_SET + 1);
                    let (asked, end): (_, &[u8]) = if is_set {
                        (set(number), b"STORED\r\n")
                    } else {
                        (format!("get {}\r\n", key(number)), b"END\r\n")
                    };
                    stream.write_all(asked.as_bytes()).await?;
                    read.clear();
                    while !read.ends_with(end) {
                        if stream.read_buf(&mut read).await? == 0 {
                            bail!("the connection was closed");
                        }
                    }
                    if !is_set && !read.starts_with(b"VALUE ") {
                        bail!("a key is not there: {:?}", String::from_utf8_lossy(&read));
                    }
                    done += 1;
                }
                Ok(done)
            });
        }
        let mut operations = 0_usize;
        while let Some(end) = connections.join_next().await {
            operations += end.context("a connection's task ended")??;
        }
        Ok(f64::from(u32::try_from(operations)?) / begun.elapsed().as_secs_f64())
    }))
}

fn key(number: usize) -> String {
    format!("memtier-{number:05}")
}

fn set(number: usize) -> String {
    format!("set {} 0 0 {}\r\n{VALUE}\r\n", key(number), VALUE.len())
}

fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn wait_for(address: SocketAddr) -> Result<()> {
    let begun = Instant::now();
    while let Err(cause) = Blocking::connect(address) {
        if begun.elapsed() > LIMIT {
            return Err(cause).with_context(|| format!("nobody listens at {address}"));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A folder that goes with its line.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("simfra-bench-{}-proxy", std::process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the system's to tell.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child that ends with its line.
struct Running(Child);

impl Running {
    fn start(mut command: Command, folder: &Folder) -> Result<Self> {
        let log = File::create(folder.0.join("log"))?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        child.map(Self).with_context(|| format!("{} does not start", command.get_program().to_string_lossy()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then the line has failed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
