use std::net::Ipv4Addr;

use tokio::io::AsyncWriteExt;

use super::*;

const SECRET: Secret = Secret::new([7; 32]);

/// A relay for loopback as its VPC, its port, and what feeds it.
async fn start(range: &str) -> (SocketAddrV4, tokio::io::DuplexStream, JoinSet<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (mut input, output) = tokio::io::duplex(1 << 12);
    let grant = Grant { secret: SECRET, range: range.parse().unwrap() };
    let mut running = JoinSet::new();
    running.spawn(serve(listener, output, Secret::new([9; 32])));
    input.write_all(b"half a grant").await.unwrap();
    input.write_all(&grant.line()).await.unwrap();
    (SocketAddrV4::new(Ipv4Addr::LOCALHOST, port), input, running)
}

/// A server that says back what it hears.
async fn echo(running: &mut JoinSet<()>) -> SocketAddrV4 {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 9), 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    running.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut from, mut to) = stream.split();
        tokio::io::copy(&mut from, &mut to).await.unwrap();
    });
    SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 9), port)
}

async fn ask(relay: SocketAddrV4, secret: &Secret, target: SocketAddrV4) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(relay).await?;
    connect(&mut stream, secret, [1; 32], target).await.map(|()| stream)
}

#[tokio::test]
async fn who_knows_the_secret_is_connected() {
    let (relay, _input, mut running) = start("127.0.0.0/16").await;
    let target = echo(&mut running).await;
    let mut stream = ask(relay, &SECRET, target).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"hello");
}

#[tokio::test]
async fn a_stranger_gets_no_connection_and_no_answer() {
    let (relay, _input, mut running) = start("127.0.0.0/16").await;
    let target = echo(&mut running).await;
    let error = ask(relay, &Secret::new([8; 32]), target).await.unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{error}");
}

#[tokio::test]
async fn a_request_that_was_overheard_is_of_no_use_again() {
    let (relay, _input, mut running) = start("127.0.0.0/16").await;
    let target = echo(&mut running).await;
    let mut stream = TcpStream::connect(relay).await.unwrap();
    let mut theirs = [0; 32];
    stream.read_exact(&mut theirs).await.unwrap();
    let (ip, port) = (target.ip().octets(), target.port().to_be_bytes());
    let proof = SECRET.tag(&[b"simfra relay request", &theirs, &[1; 32], &ip, &port]);
    let request = [&[1; 32][..], &ip, &port, &proof].concat();
    let mut again = TcpStream::connect(relay).await.unwrap();
    for (stream, expected) in [(&mut stream, true), (&mut again, false)] {
        if !expected {
            stream.read_exact(&mut theirs).await.unwrap();
        }
        stream.write_all(&request).await.unwrap();
        let mut answer = [0; 33];
        assert_eq!(stream.read_exact(&mut answer).await.is_ok(), expected);
    }
}

#[tokio::test]
async fn the_vpcs_range_bounds_where_it_leads() {
    let (relay, _input, _running) = start("127.0.9.0/24").await;
    for (target, expected) in [
        ("127.0.0.9:1", io::ErrorKind::PermissionDenied),
        ("127.0.9.0:1", io::ErrorKind::PermissionDenied),
        ("127.0.9.1:1", io::ErrorKind::PermissionDenied),
        ("127.0.9.255:1", io::ErrorKind::PermissionDenied),
        ("127.0.9.7:1", io::ErrorKind::ConnectionRefused),
    ] {
        assert_eq!(
            ask(relay, &SECRET, target.parse().unwrap()).await.unwrap_err().kind(),
            expected,
            "{target}"
        );
    }
}

#[tokio::test]
async fn who_took_a_dead_relays_port_is_found_out() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let impostor = SocketAddrV4::new(Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port());
    let pretend = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[0; 32 + 33]).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let target = "127.0.9.7:1".parse().unwrap();
    let (asked, ()) = tokio::join!(ask(impostor, &SECRET, target), pretend);
    assert_eq!(asked.unwrap_err().kind(), io::ErrorKind::InvalidData);
}
