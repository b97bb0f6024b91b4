//! A client that says more than anybody takes at that moment.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use dataplane::proxy::memcached::ServerAddress;

use crate::lab::{DEADLINE, Proxy};

const LENGTH: usize = 64 << 20;

/// The server takes nothing until nothing more fits into the sockets on the way, and then everything at once.
#[test]
fn a_held_client_goes_on_when_the_server_takes_everything_at_once() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::start(2, ServerAddress::Tcp(server.local_addr().unwrap()), false);
    let (shared, _) = server.accept().unwrap();
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    let command = format!("set key 0 0 {}\r\n", LENGTH - 2);
    client.write_all(command.as_bytes()).unwrap();
    let (mut own, _) = server.accept().unwrap();

    client.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let piece = vec![b'x'; 64 << 10];
    let mut said = 0;
    while let Ok(now) = client.write(&piece) {
        said += now;
    }
    assert!((1 << 20..LENGTH).contains(&said), "{said} bytes are on the way");
    client.set_write_timeout(None).unwrap();
    let rest = thread::spawn(move || {
        // Until the server has closed: it answers nothing.
        let sent = client.write_all(&vec![b'x'; LENGTH - said]);
        drop(client);
        sent
    });
    own.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut heard = vec![0; command.len() + LENGTH];
    match own.read_exact(&mut heard) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the client's words stay on the way"),
        read => read.unwrap(),
    }
    rest.join().unwrap().unwrap();
    drop((server, shared, own));
    proxy.join();
}
