//! A DNS client as small as a question.

use std::net::{Ipv4Addr, UdpSocket};

use super::gateway::DEADLINE;

/// Asks the server on `port` of loopback for the A records of `name`; an answer that is no success is its code.
pub(crate) fn resolve(port: u16, name: &str) -> Result<Vec<Ipv4Addr>, u8> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    socket.connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    // RFC 1035, 4.1: an id, "recursion desired", one question.
    let mut asked = Vec::new();
    for label in name.split('.') {
        asked.push(u8::try_from(label.len()).unwrap());
        asked.extend(label.as_bytes());
    }
    asked.push(0);
    // RFC 1035, 4.1: an id, "recursion desired", one question for an A record.
    let head = [0x51, 0x4d, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let question = [&head[..], &asked, &[0, 1, 0, 1]].concat();
    socket.send(&question).unwrap();
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).unwrap();
    assert_eq!(answer[..2], question[..2], "an answer to another question");
    match answer[3] & 0x0f {
        0 => Ok(addresses(&answer[question.len()..length], &asked, answer[7])),
        code => Err(code),
    }
}

/// The addresses of `count` records of the name `asked`, written out or as a pointer to the question.
fn addresses(mut records: &[u8], asked: &[u8], count: u8) -> Vec<Ipv4Addr> {
    let mut addresses = Vec::new();
    for _ in 0..count {
        let rest = records.strip_prefix(asked).or_else(|| records.strip_prefix(&[0xc0, 12]));
        let rest = rest.expect("a record of the name that was asked for");
        assert_eq!(rest[..4], [0, 1, 0, 1], "an A record");
        // The time to live and the length stand between the class and the address.
        addresses.push(Ipv4Addr::new(rest[10], rest[11], rest[12], rest[13]));
        records = &rest[14..];
    }
    addresses
}
