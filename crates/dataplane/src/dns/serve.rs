//! From a packet to an answer: sockets, the protocol's own refusals, and who answers which name.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::op::{Edns, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{Name, RData, Record};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

use super::live::{Current, LiveZone};
use super::upstream::Upstream;
use super::{Answer, answer};
use crate::listen::lacks_ipv6;

/// Seconds that an answer may be kept, a negative one too: endpoints move when a group fails over.
const TTL: u32 = 1;
/// An idle TCP client is let go after this.
const TCP_IDLE: Duration = Duration::from_secs(10);
/// Answers that wait for a slow TCP client; hickory reads no further question meanwhile.
const TCP_ANSWERS: usize = 16;
/// The largest answer over UDP, whatever the client says it can take.
const MAX_UDP: u16 = 4096;

/// UDP and TCP sockets on one port.
pub(super) struct Sockets {
    udp: Vec<UdpSocket>,
    tcp: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Sockets {
    /// Binds both on every address; ::1 is left out where the system has no IPv6. Port 0 takes one for all.
    pub(super) async fn bind(ips: &[IpAddr], port: u16) -> io::Result<Self> {
        let mut sockets = Sockets { udp: Vec::new(), tcp: Vec::new(), addresses: Vec::new() };
        for ip in ips {
            let port = sockets.addresses.first().map_or(port, SocketAddr::port);
            let tcp = match TcpListener::bind((*ip, port)).await {
                Ok(tcp) => tcp,
                Err(error) if lacks_ipv6(*ip, &error) => continue,
                Err(error) => return Err(error),
            };
            let address = tcp.local_addr()?;
            sockets.udp.push(UdpSocket::bind(address).await?);
            sockets.tcp.push(tcp);
            sockets.addresses.push(address);
        }
        if sockets.addresses.is_empty() {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        Ok(sockets)
    }

    /// Where they listen: at least one.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Starts answering, until the server that is given back is dropped. Call within a runtime.
    pub(super) fn serve(self, zone: Arc<LiveZone>, upstream: Upstream) -> Server<Handler> {
        let upstream = upstream.excluding(self.addresses);
        let mut server = Server::new(Handler { zone, upstream });
        for udp in self.udp {
            server.register_socket(udp);
        }
        for tcp in self.tcp {
            server.register_listener(tcp, TCP_IDLE, TCP_ANSWERS);
        }
        server
    }
}

/// Answers one question.
pub(super) struct Handler {
    zone: Arc<LiveZone>,
    upstream: Upstream,
}

/// An answer on its way out.
struct Outcome {
    code: ResponseCode,
    authoritative: bool,
    answers: Vec<Record>,
    authorities: Vec<Record>,
}

impl Outcome {
    fn code(code: ResponseCode) -> Self {
        Outcome { code, authoritative: false, answers: Vec::new(), authorities: Vec::new() }
    }

    fn found(record: Record) -> Self {
        Outcome { authoritative: true, answers: vec![record], ..Outcome::code(ResponseCode::NoError) }
    }

    /// A negative answer, with the SOA that says for how long it may be kept (RFC 2308).
    fn negative(code: ResponseCode, authority: Option<Record>) -> Self {
        Outcome { authoritative: true, authorities: authority.into_iter().collect(), ..Outcome::code(code) }
    }
}

impl Handler {
    async fn outcome(&self, request: &Request) -> Outcome {
        if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
            return Outcome::code(ResponseCode::BADVERS);
        }
        if request.metadata.op_code != OpCode::Query {
            return Outcome::code(ResponseCode::NotImp);
        }
        let Ok(info) = request.request_info() else {
            return Outcome::code(ResponseCode::FormErr);
        };
        let query = info.query.original();
        // Without a zone it is not known which names are ours, so none may be denied nor asked of others.
        let Some(current) = self.zone.current() else {
            return Outcome::code(ResponseCode::ServFail);
        };
        match own(&current, query) {
            Some(outcome) => outcome,
            None => {
                let reply = self.upstream.ask(query).await;
                Outcome {
                    answers: reply.answers,
                    authorities: reply.authorities,
                    ..Outcome::code(reply.code)
                }
            }
        }
    }
}

/// What the zone answers; none when the name is not its own.
fn own(current: &Current, query: &Query) -> Option<Outcome> {
    let zone = &current.zone;
    Some(match answer(zone, query) {
        Answer::Addresses { name, addresses } => {
            let address = current.next(name, addresses);
            Outcome::found(Record::from_rdata(query.name.clone(), TTL, RData::A(address.into())))
        }
        Answer::Authority => match authority(&zone.suffix) {
            Some(record) => Outcome::found(record),
            None => Outcome::code(ResponseCode::ServFail),
        },
        Answer::NoRecords => Outcome::negative(ResponseCode::NoError, authority(&zone.suffix)),
        Answer::NoName => Outcome::negative(ResponseCode::NXDomain, authority(&zone.suffix)),
        Answer::Refused => Outcome::code(ResponseCode::Refused),
        Answer::Elsewhere => return None,
    })
}

/// The suffix's start of authority. None when the suffix is no domain name.
fn authority(suffix: &str) -> Option<Record> {
    let name = |text: String| Name::from_str(&text).ok();
    let origin = name(format!("{suffix}."))?;
    let (server, person) = (name(format!("ns.{suffix}."))?, name(format!("hostmaster.{suffix}."))?);
    // Nobody transfers the zone: serial and intervals mean nothing, only the last, the negative TTL, counts.
    let soa = SOA::new(server, person, 1, 3600, 600, 86400, TTL);
    Some(Record::from_rdata(origin, TTL, RData::SOA(soa)))
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let outcome = self.outcome(request).await;
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload().clamp(512, MAX_UDP)).set_version(0);
            edns
        });
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = outcome.code;
        metadata.authoritative = outcome.authoritative;
        metadata.recursion_available = true;
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &edns {
            builder.edns(edns);
        }
        let message = builder.build(metadata, &outcome.answers, &outcome.authorities, [], []);
        match response.send_response(message).await {
            Ok(info) => info,
            Err(error) => {
                tracing::debug!(%error, client = %request.src(), "cannot send a DNS answer");
                ResponseInfo::from(hickory_proto::op::Header { metadata, counts: Default::default() })
            }
        }
    }
}
