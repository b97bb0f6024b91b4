//! Bodies: too large, too slow, compressed.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use server::http::Limits;

use crate::support::gateway::{Setup, TestGateway};
use crate::support::raw::{Client, post, probe};

const MIB: usize = 1 << 20;

const TOO_LARGE: &str = "413 RequestEntityTooLarge: The request's body is larger than 1048576 bytes";

fn head(headers: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Probe.Ask\r\n{headers}\r\n")
}

/// Sends `mebibytes` of a body in pieces.
fn pour(client: &mut Client, mebibytes: usize, piece: &[u8]) {
    for _ in 0..mebibytes {
        client.send(piece);
    }
}

fn assert_refused_and_closed(client: &mut Client) {
    assert_eq!(client.reply().expect("a refusal").error(), TOO_LARGE);
    assert!(client.is_closed());
}

#[test]
fn a_mebibyte_is_served_and_a_byte_more_is_refused() {
    let gateway = TestGateway::start();
    let most = "x".repeat(MIB);
    assert_eq!(gateway.ask(probe(&most)).body.len(), MIB);
    let mut client = gateway.connect();
    client.send(probe(&format!("{most}x")));
    assert_refused_and_closed(&mut client);
}

#[test]
fn a_hundred_mebibytes_are_refused_whether_announced_or_not() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(head(&format!("Content-Length: {}\r\n", 100 * MIB)));
    pour(&mut client, 100, &vec![b'x'; MIB]);
    assert_refused_and_closed(&mut client);

    let mut client = gateway.connect();
    client.send(head("Transfer-Encoding: chunked\r\n"));
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b'x'; MIB], b"\r\n"].concat();
    pour(&mut client, 100, &chunk);
    client.send("0\r\n\r\n");
    assert_refused_and_closed(&mut client);
}

#[test]
fn a_client_that_asks_first_is_told_before_it_sends() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(head(&format!("Expect: 100-continue\r\nContent-Length: {}\r\n", 100 * MIB)));
    assert_refused_and_closed(&mut client);

    let mut client = gateway.connect();
    client.send(head("Expect: 100-continue\r\nContent-Length: 5\r\n"));
    assert_eq!(client.reply().unwrap().status, 100);
    client.send("hello");
    assert_eq!(client.reply().unwrap().body, "hello");
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let limits = Limits { body_time: Duration::from_millis(300), ..Limits::default() };
    let gateway = TestGateway::with(Setup { limits, ..Setup::default() });
    let mut client = gateway.connect();
    client.send(head("Content-Length: 10\r\n"));
    client.send("half");
    assert_eq!(
        client.reply().unwrap().error(),
        "408 RequestTimeout: The request's body did not arrive in time"
    );
    assert!(client.is_closed());
}

#[test]
fn a_body_that_breaks_off_reaches_no_service() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(head("Content-Length: 10\r\n"));
    client.send("wait");
    client.finish();
    assert!(client.reply().is_none_or(|reply| reply.status == 400));
    assert!(client.is_closed());
    assert_eq!(gateway.probe().arrived.available_permits(), 0);
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn compressed(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = head(&format!("Content-Encoding: {encoding}\r\nContent-Length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

#[test]
fn compressed_bodies_are_inflated_within_the_same_limit() {
    let gateway = TestGateway::start();
    assert_eq!(gateway.ask(compressed("gzip", &gzip(b"hello"))).body, "hello");
    assert_eq!(gateway.ask(compressed("GZIP", &[gzip(b"hel"), gzip(b"lo")].concat())).body, "hello");
    assert_eq!(gateway.ask(compressed("identity", b"hello")).body, "hello");
    assert_eq!(gateway.ask(compressed("gzip", &gzip(&vec![b'x'; MIB]))).body.len(), MIB);
    let bomb = gzip(&vec![0; 64 * MIB]);
    assert!(bomb.len() < MIB, "{}", bomb.len());
    assert_eq!(gateway.ask(compressed("gzip", &bomb)).error(), TOO_LARGE);
    let invalid = "400 MalformedInput: The request's body is not valid gzip";
    assert_eq!(gateway.ask(compressed("gzip", b"hello")).error(), invalid);
    assert_eq!(gateway.ask(compressed("gzip", &gzip(b"hello")[..12])).error(), invalid);
    for encoding in ["br", "deflate", "gzip, gzip", "gzip\r\nContent-Encoding: gzip"] {
        let reply = gateway.ask(compressed(encoding, b"hello")).error();
        assert_eq!(reply, "415 UnsupportedMediaType: The only Content-Encoding that is supported is gzip");
    }
}

#[test]
fn after_a_refusal_of_what_was_read_whole_the_connection_goes_on() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    assert_eq!(client.ask(post("Action=%ff")).status, 404);
    assert_eq!(client.ask(compressed("gzip", b"nonsense")).status, 400);
    assert_eq!(client.ask(probe("hello")).body, "hello");
}
