//! What clients are told: by replies that engines sent, and by any replies, cut anywhere.

use std::net::Ipv4Addr;

use super::*;

mod any;
mod told;

/// Two members: by address and by name, at the engine's port.
struct Two;

impl Topology for Two {
    fn local(&self, host: &str, port: u16) -> Option<SocketAddrV4> {
        let local = match host {
            "10.200.0.5" | "one.example" => 11801,
            "10.200.0.6" | "two.example" => 11802,
            _ => return None,
        };
        (port == 6379).then(|| SocketAddrV4::new(Ipv4Addr::LOCALHOST, local))
    }
}

/// One connection, whose pieces a test hands on.
#[derive(Default)]
struct Connection {
    order: Order,
    requests: Requests,
    replies: Replies,
    told: Vec<u8>,
}

impl Connection {
    fn asks(&mut self, request: &[u8]) {
        self.requests.read(request, &mut self.order);
    }

    fn answers(&mut self, reply: &[u8]) {
        self.replies.read(reply, &mut self.told, &mut self.order, &Two);
    }

    /// What the client is told to one request that is answered so.
    fn exchange(&mut self, request: &str, reply: &str) -> String {
        self.told.clear();
        self.asks(request.as_bytes());
        self.asks(b"\r\n");
        self.answers(reply.as_bytes());
        String::from_utf8(self.told.clone()).unwrap()
    }
}
