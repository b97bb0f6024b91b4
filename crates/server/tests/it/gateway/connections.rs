//! Connections: half requests, slow ones, several at once, and the end of the gateway.

use std::time::{Duration, Instant};

use server::http::Limits;
use tokio::sync::Semaphore;

use crate::support::gateway::{DEADLINE, Setup, TestGateway};
use crate::support::raw::{Client, bare, probe};

/// Waits for a permit, as a test may that has no async runtime.
fn take(permits: &Semaphore) {
    let start = Instant::now();
    loop {
        match permits.try_acquire() {
            Ok(permit) => return permit.forget(),
            Err(_) => assert!(start.elapsed() < DEADLINE, "nothing happened"),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn impatient() -> TestGateway {
    let limits = Limits { head_time: Duration::from_millis(300), ..Limits::default() };
    TestGateway::with(Setup { limits, ..Setup::default() })
}

#[test]
fn half_a_head_is_closed_and_so_is_a_silent_connection() {
    let gateway = impatient();
    for part in ["", "P", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le"] {
        let mut client = gateway.connect();
        client.send(part);
        assert!(client.reply().is_none_or(|reply| reply.status == 408), "{part}");
        assert!(client.is_closed(), "{part}");
    }
}

#[test]
fn a_head_that_trickles_is_closed_at_its_time() {
    let gateway = impatient();
    let mut client = gateway.connect();
    let start = Instant::now();
    let mut connection = client.sender();
    let trickle = std::thread::spawn(move || {
        use std::io::Write;
        let head = "X-Slow: 1\r\n".repeat(2000);
        connection.write_all(b"POST / HTTP/1.1\r\n").unwrap();
        head.bytes()
            .take_while(|byte| {
                std::thread::sleep(Duration::from_millis(10));
                connection.write_all(&[*byte]).is_ok()
            })
            .count()
    });
    assert!(client.reply().is_none_or(|reply| reply.status == 408));
    assert!(client.is_closed());
    assert!(start.elapsed() < DEADLINE);
    assert!(trickle.join().unwrap() < 2000 * 11, "the whole head was taken");
}

#[test]
fn garbage_gets_an_error_or_a_closed_connection() {
    let gateway = impatient();
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Many: x\r\n".repeat(1000));
    let garbage: [&[u8]; 9] = [
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in garbage {
        let mut client = gateway.connect();
        client.send(bytes);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        assert!(client.reply().is_none_or(|reply| (400..500).contains(&reply.status)), "{text}");
        assert!(client.is_closed(), "{text}");
    }
    assert_eq!(gateway.ask(probe("still there")).body, "still there");
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(["one", "two", "three"].map(probe).concat());
    for body in ["one", "two", "three"] {
        assert_eq!(client.reply().unwrap().body, body);
    }
}

#[test]
fn a_client_that_ends_its_side_after_asking_still_gets_the_answer() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(probe("wait"));
    client.finish();
    take(&gateway.probe().arrived);
    gateway.probe().release.add_permits(1);
    assert_eq!(client.reply().unwrap().body, "waited");
    assert!(client.is_closed());
}

#[test]
fn a_request_whose_client_went_away_is_served_to_its_end() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    client.send(probe("wait"));
    take(&gateway.probe().arrived);
    client.abort();
    gateway.probe().release.add_permits(1);
    take(&gateway.probe().finished);
}

#[test]
fn a_panic_is_one_requests_and_tells_nothing() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    let reply = client.ask(probe("panic"));
    let expected = "500 InternalFailure: The request processing has failed because of an unknown error.";
    assert_eq!(reply.error(), expected);
    assert_eq!(client.ask(probe("still there")).body, "still there");
}

#[test]
fn more_connections_than_there_are_slots_wait() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let gateway = TestGateway::with(Setup { limits, ..Setup::default() });
    let mut first = gateway.connect();
    assert_eq!(first.ask(probe("one")).body, "one");
    let mut second = gateway.connect();
    second.send(probe("two"));
    assert_eq!(first.ask(probe("three")).body, "three");
    drop(first);
    assert_eq!(second.reply().unwrap().body, "two");
}

#[test]
fn a_stop_lets_requests_finish_and_closes_idle_connections() {
    let mut gateway = TestGateway::start();
    let mut idle = gateway.connect();
    assert_eq!(idle.ask(probe("hello")).body, "hello");
    let (mut fresh, mut half) = (gateway.connect(), gateway.connect());
    half.send("POST / HTTP/1.1\r\nHost: loc");
    let mut busy = gateway.connect();
    busy.send(probe("wait"));
    take(&gateway.probe().arrived);
    gateway.stop(DEADLINE);
    assert!(idle.is_closed());
    assert!(fresh.is_closed());
    assert!(half.is_closed());
    let mut refused = Client::try_connect(gateway.address());
    assert!(refused.as_mut().is_none_or(Client::is_closed));
    gateway.probe().release.add_permits(1);
    let reply = busy.reply().unwrap();
    assert_eq!((reply.body.as_str(), reply.header("connection")), ("waited", Some("close")));
    assert!(busy.is_closed());
    assert_eq!(gateway.join(), Vec::<&str>::new());
}

#[test]
fn a_stop_cuts_what_does_not_finish_in_time() {
    let mut gateway = TestGateway::start();
    let mut busy = gateway.connect();
    busy.send(probe("wait"));
    take(&gateway.probe().arrived);
    gateway.stop(Duration::from_millis(100));
    let mut late = gateway.join();
    late.sort_unstable();
    assert_eq!(late, ["connection", "request"]);
    assert!(busy.reply().is_none_or(|reply| reply.status == 500));
}

#[test]
fn without_a_host_nobody_is_served() {
    let gateway = TestGateway::start();
    assert_eq!(gateway.ask("GET / HTTP/1.1\r\n\r\n").status, 403);
    assert_eq!(gateway.ask("GET / HTTP/1.0\r\n\r\n".replace("1.0", "1.1")).status, 403);
    assert_eq!(gateway.ask(bare("GET", "/")).status, 400);
}
