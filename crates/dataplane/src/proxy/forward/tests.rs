//! Forwards over real sockets, to targets that answer, die, move and never were.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::listen::ports;

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
const V4: IpAddr = LOOPBACK[0];
const V6: IpAddr = LOOPBACK[1];
/// Nothing here may take longer: what never comes fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wanted).await.expect("in time")
}

/// A target whose address can change, as that of a group's primary does, and which may be gone without a word.
struct Target(Mutex<(SocketAddr, CancellationToken)>);

impl Target {
    fn at(address: SocketAddr) -> Arc<Self> {
        Arc::new(Target(Mutex::new((address, CancellationToken::new()))))
    }

    fn moves(&self, address: SocketAddr) {
        self.0.lock().unwrap().0 = address;
    }

    fn is_gone(&self) {
        std::mem::take(&mut self.0.lock().unwrap().1).cancel();
    }
}

#[async_trait]
impl Dial for Target {
    async fn dial(&self) -> Result<Dialled, RuntimeError> {
        let (address, gone) = self.0.lock().unwrap().clone();
        let stream = TcpStream::connect(address).await.map_err(|error| RuntimeError::Backend {
            verb: "connect",
            subject: address.to_string(),
            reason: error.to_string(),
        })?;
        stream.set_nodelay(true).unwrap();
        Ok(Dialled { stream: Box::new(stream), gone })
    }
}

/// Greets every client with a byte and gives back what it gets; ends when dropped, with its connections.
struct Echo {
    address: SocketAddr,
    tasks: Tasks,
}

impl Echo {
    async fn start(greeting: u8) -> Self {
        Self::start_at((V4, 0).into(), greeting).await
    }

    async fn start_at(address: SocketAddr, greeting: u8) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        let inner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                inner.spawn(async move {
                    let (mut read, mut write) = stream.split();
                    if write.write_all(&[greeting]).await.is_ok() {
                        let _ = tokio::io::copy(&mut read, &mut write).await;
                        let _ = write.shutdown().await;
                    }
                });
            }
        });
        Echo { address, tasks }
    }

    async fn stop(self) {
        self.tasks.stop.cancel();
        self.tasks.tracker.close();
        self.tasks.tracker.wait().await;
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.tasks.stop.cancel();
    }
}

fn pool(count: u16) -> ForwardPool {
    ForwardPool::new(ports::free(count), LOOPBACK.to_vec(), Tasks::default())
}

async fn connect(ip: IpAddr, forward: &Forward) -> TcpStream {
    TcpStream::connect((ip, forward.local_port())).await.unwrap()
}

/// Connects and returns the greeting, by which targets are told apart.
async fn greeting(forward: &Forward) -> (TcpStream, u8) {
    let mut client = connect(V4, forward).await;
    let greeting = soon(client.read_u8()).await.unwrap();
    (client, greeting)
}

/// Whether the connection has ended, in whichever way.
async fn ended(client: &mut TcpStream) -> bool {
    matches!(soon(client.read_u8()).await, Err(error) if error.kind() != io::ErrorKind::WouldBlock)
}

fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

#[tokio::test]
async fn the_lowest_free_port_is_used_and_a_full_range_is_named() {
    let pool = pool(3);
    let first = *pool.range.start();
    let target = Target::at((V4, 1).into());
    let foreign = TcpListener::bind((V4, first + 1)).await.unwrap();
    let a = pool.open(target.clone()).await.unwrap();
    let b = pool.open(target.clone()).await.unwrap();
    assert_eq!((a.local_port(), b.local_port()), (first, first + 2));
    let error = pool.open(target.clone()).await.unwrap_err();
    assert!(matches!(&error, ForwardError::Exhausted { range } if *range == pool.range));
    assert!(error.to_string().contains(&format!("{first}-{}", first + 2)), "{error}");
    drop(foreign);
    a.close().await;
    assert_eq!(pool.open(target.clone()).await.unwrap().local_port(), first);
}

#[tokio::test]
async fn a_port_of_which_one_address_is_taken_is_not_free() {
    let pool = pool(2);
    let first = *pool.range.start();
    let foreign = TcpListener::bind((V6, first)).await;
    let expected = if foreign.is_ok() { first + 1 } else { first };
    assert_eq!(pool.open(Target::at((V4, 1).into())).await.unwrap().local_port(), expected);
}

#[tokio::test]
async fn a_forward_returns_to_its_port() {
    let pool = pool(2);
    let port = *pool.range.end();
    let target = Target::at((V4, 1).into());
    let forward = pool.open_at(port, target.clone()).await.unwrap();
    assert_eq!(forward.local_port(), port);
    assert!(
        matches!(pool.open_at(port, target.clone()).await, Err(ForwardError::Taken { port: p }) if p == port)
    );
    forward.close().await;
    pool.open_at(port, target).await.unwrap();
}

#[tokio::test]
async fn both_loopback_addresses_lead_to_the_target() {
    let echo = Echo::start(b'e').await;
    let forward = pool(1).open(Target::at(echo.address)).await.unwrap();
    let has_ipv6 = TcpListener::bind((V6, 0)).await.is_ok();
    for ip in LOOPBACK.into_iter().filter(|ip| ip.is_ipv4() || has_ipv6) {
        let mut client = connect(ip, &forward).await;
        client.write_all(b"ping").await.unwrap();
        let mut answer = [0; 5];
        soon(client.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"eping", "{ip}");
    }
}

#[tokio::test]
async fn a_half_closed_connection_still_brings_the_answer() {
    let listener = TcpListener::bind((V4, 0)).await.unwrap();
    let forward = pool(1).open(Target::at(listener.local_addr().unwrap())).await.unwrap();
    let sent = bytes(3 << 20, 7);
    let back = bytes(1 << 20, 8);
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        stream.write_all(&back).await.unwrap();
        stream.shutdown().await.unwrap();
        got
    };
    let client = async {
        let mut client = connect(V4, &forward).await;
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        let mut got = Vec::new();
        client.read_to_end(&mut got).await.unwrap();
        got
    };
    let (at_server, at_client) = soon(async { tokio::join!(server, client) }).await;
    assert!(at_server == sent && at_client == back, "every byte arrives, in order, both ways");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_connections_keep_their_bytes_apart() {
    let echo = Echo::start(b'e').await;
    let forward = pool(1).open(Target::at(echo.address)).await.unwrap();
    let port = forward.local_port();
    let clients = (0..200u64).map(|seed| async move {
        let sent = bytes(64 << 10, seed);
        let client = TcpStream::connect((V4, port)).await.unwrap();
        let (mut read, mut write) = client.into_split();
        let mut got = Vec::new();
        let write = async {
            write.write_all(&sent).await.unwrap();
            write.shutdown().await.unwrap();
        };
        let (_, read) = tokio::join!(write, read.read_to_end(&mut got));
        read.unwrap();
        assert!(got[0] == b'e' && got[1..] == sent, "client {seed} got what it sent");
    });
    soon(futures_util::future::join_all(clients)).await;
}

#[tokio::test]
async fn it_survives_the_restart_of_its_target() {
    let address = (V4, *ports::free(1).start()).into();
    let first = Echo::start_at(address, b'1').await;
    let forward = pool(1).open(Target::at(address)).await.unwrap();
    let (mut client, greeted) = greeting(&forward).await;
    assert_eq!(greeted, b'1');
    first.stop().await;
    assert!(ended(&mut client).await, "the target's end is the client's");

    // Connects while nobody is there, and is served by who comes.
    let mut waiting = connect(V4, &forward).await;
    waiting.write_all(b"early").await.unwrap();
    let _second = Echo::start_at(address, b'2').await;
    let mut answer = [0; 6];
    soon(waiting.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"2early");
}

#[tokio::test]
async fn it_follows_its_target_and_lets_clients_of_one_that_is_gone_go() {
    let (old, new) = (Echo::start(b'1').await, Echo::start(b'2').await);
    let target = Target::at(old.address);
    let forward = pool(1).open(target.clone()).await.unwrap();
    let (mut client, greeted) = greeting(&forward).await;
    assert_eq!(greeted, b'1');
    target.moves(new.address);
    assert_eq!(greeting(&forward).await.1, b'2', "a new connection is led to the new target");
    client.write_all(b"x").await.unwrap();
    assert_eq!(soon(client.read_u8()).await.unwrap(), b'x', "an open one stays");
    target.is_gone();
    assert!(ended(&mut client).await);
    assert_eq!(greeting(&forward).await.1, b'2');
}

#[tokio::test]
async fn a_client_whose_target_does_not_come_is_let_go() {
    let nobody = (V4, *ports::free(1).start()).into();
    let forward = pool(1).open(Target::at(nobody)).await.unwrap();
    let mut client = connect(V4, &forward).await;
    assert!(ended(&mut client).await);
}

#[tokio::test]
async fn closing_ends_connections_and_frees_the_port() {
    let echo = Echo::start(b'e').await;
    let pool = pool(1);
    for _ in 0..20 {
        let forward = pool.open(Target::at(echo.address)).await.unwrap();
        let (mut client, _) = greeting(&forward).await;
        forward.close().await;
        assert!(ended(&mut client).await);
    }
}

#[tokio::test]
async fn dropping_closes_too() {
    let echo = Echo::start(b'e').await;
    let pool = pool(1);
    let forward = pool.open(Target::at(echo.address)).await.unwrap();
    let (mut client, _) = greeting(&forward).await;
    drop(forward);
    assert!(ended(&mut client).await);
    let freed = async {
        while pool.open(Target::at(echo.address)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon(freed).await;
}

#[tokio::test]
async fn nothing_is_left_when_simfra_stops() {
    let echo = Echo::start(b'e').await;
    let tasks = Tasks::default();
    let pool = ForwardPool::new(ports::free(1), LOOPBACK.to_vec(), tasks.clone());
    let forward = pool.open(Target::at(echo.address)).await.unwrap();
    let (mut client, _) = greeting(&forward).await;
    tasks.stop.cancel();
    tasks.tracker.close();
    soon(tasks.tracker.wait()).await;
    assert!(ended(&mut client).await);
    assert!(TcpStream::connect((V4, forward.local_port())).await.is_err());
}
