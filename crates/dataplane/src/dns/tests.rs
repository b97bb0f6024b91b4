//! The servers, asked by a client of our own that sees every byte, and by `dig` and Python as users run them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::{HostServer, Upstream, Zone};
use crate::Tasks;
use crate::listen::ports;

mod answers;
mod foreign;
mod packets;
mod resolver;
mod upstream;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// No answer here may take longer: an answer that never comes fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

const NODE: &str = "my-cache.abcdef.0001.use1.cache.simfra.dev";
const READER: &str = "my-group-ro.abcdef.ng.0001.use1.cache.simfra.dev";
const EMPTY: &str = "starting.abcdef.0001.use1.cache.simfra.dev";

fn node_address() -> Ipv4Addr {
    Ipv4Addr::new(172, 31, 0, 10)
}

fn readers() -> Vec<Ipv4Addr> {
    (11..14).map(|last| Ipv4Addr::new(172, 31, 0, last)).collect()
}

/// The guide's cluster, a reader endpoint with three replicas, one without any, and the API's name.
fn zone() -> Zone {
    Zone {
        suffix: "simfra.dev".into(),
        names: [
            (NODE.into(), vec![node_address()]),
            (READER.into(), readers()),
            (EMPTY.into(), vec![]),
            ("simfra.local".into(), vec![Ipv4Addr::LOCALHOST]),
        ]
        .into(),
    }
}

/// A host server on a port of its own.
struct Served {
    server: HostServer,
    tasks: Tasks,
}

impl Served {
    async fn start(upstream: Upstream) -> Self {
        let tasks = Tasks::default();
        let port = free_port();
        let server = HostServer::bind(port..=port, &[LOCALHOST], upstream, &tasks).await.unwrap();
        Served { server, tasks }
    }

    async fn with_zone(upstream: Upstream) -> Self {
        let served = Served::start(upstream).await;
        served.server.set_zone(Arc::new(zone()));
        served
    }

    fn address(&self) -> SocketAddr {
        (LOCALHOST, self.server.port()).into()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.tasks.stop.cancel();
    }
}

fn free_port() -> u16 {
    *ports::free(1).start()
}

fn nobody() -> Upstream {
    Upstream::servers(vec![])
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(format!("{name}.")).unwrap(), kind));
    message
}

fn with_edns(mut message: Message, version: u8, payload: u16) -> Message {
    let mut edns = Edns::new();
    edns.set_version(version).set_max_payload(payload);
    message.set_edns(edns);
    message
}

async fn udp_bytes(server: SocketAddr, packet: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    socket.send_to(packet, server).await.unwrap();
    let mut answer = vec![0; 65535];
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut answer)).await.expect("an answer").unwrap();
    answer.truncate(length);
    answer
}

async fn udp(server: SocketAddr, message: &Message) -> Message {
    Message::from_vec(&udp_bytes(server, &message.to_vec().unwrap()).await).unwrap()
}

async fn tcp(server: SocketAddr, message: &Message) -> Message {
    let packet = message.to_vec().unwrap();
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_u16(packet.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&packet).await.unwrap();
    let answer = async {
        let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut answer).await.unwrap();
        answer
    };
    Message::from_vec(&tokio::time::timeout(PATIENCE, answer).await.expect("an answer")).unwrap()
}

async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    udp(server, &question(name, kind)).await
}

fn addresses(message: &Message) -> Vec<Ipv4Addr> {
    message
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
        .collect()
}

fn code(message: &Message) -> ResponseCode {
    message.metadata.response_code
}
