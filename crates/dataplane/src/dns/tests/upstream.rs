//! Other names, asked of a resolver that the test itself is: it counts, answers, refuses or stays silent.

use std::collections::HashSet;
use std::sync::Mutex;

use hickory_proto::rr::Record;
use hickory_proto::rr::rdata::TXT;

use super::*;

/// What it does with a question.
#[derive(Clone, Copy)]
enum Habit {
    Answer,
    Say(ResponseCode),
    Silence,
}

/// A resolver on loopback, UDP and TCP, and the names it was asked for.
struct Fake {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: Tasks,
}

impl Fake {
    async fn start(habit: Habit) -> Self {
        let tasks = Tasks::default();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let address: SocketAddr = (LOCALHOST, free_port()).into();
        let socket = UdpSocket::bind(address).await.unwrap();
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let log = Arc::clone(&asked);
        tasks.spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut packet).await {
                if let Some(mut reply) = reply(&packet[..length], habit, &log) {
                    if reply.to_vec().unwrap().len() > 512 {
                        reply = reply.truncate();
                    }
                    socket.send_to(&reply.to_vec().unwrap(), client).await.unwrap();
                }
            }
        });
        let log = Arc::clone(&asked);
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                while let Ok(length) = stream.read_u16().await {
                    let mut packet = vec![0; length.into()];
                    stream.read_exact(&mut packet).await.unwrap();
                    let Some(reply) = reply(&packet, habit, &log) else { break };
                    let reply = reply.to_vec().unwrap();
                    stream.write_u16(reply.len().try_into().unwrap()).await.unwrap();
                    stream.write_all(&reply).await.unwrap();
                }
            }
        });
        Fake { address, asked, tasks }
    }

    fn upstream(&self) -> Upstream {
        Upstream::servers(vec![self.address])
    }

    fn asked(&self) -> HashSet<String> {
        self.asked.lock().unwrap().iter().cloned().collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.tasks.stop.cancel();
    }
}

/// `big.…` has a TXT of 2000 bytes, every other name 192.0.2.7 (RFC 5737's documentation range) behind an alias.
fn reply(packet: &[u8], habit: Habit, asked: &Mutex<Vec<String>>) -> Option<Message> {
    let question = Message::from_vec(packet).unwrap();
    let query = question.queries[0].clone();
    asked.lock().unwrap().push(query.name.to_ascii().to_lowercase());
    let mut reply = Message::response(question.metadata.id, OpCode::Query);
    reply.metadata.recursion_desired = true;
    reply.metadata.recursion_available = true;
    reply.add_query(query.clone());
    match habit {
        Habit::Silence => return None,
        Habit::Say(code) => reply.metadata.response_code = code,
        Habit::Answer if query.query_type == RecordType::TXT => {
            let text = TXT::new((0..10).map(|part| format!("{part}").repeat(200)).collect());
            reply.add_answer(Record::from_rdata(query.name, 60, RData::TXT(text)));
        }
        Habit::Answer => {
            let alias = Name::from_ascii("alias.example.net.").unwrap();
            let cname = hickory_proto::rr::rdata::CNAME(alias.clone());
            reply.add_answer(Record::from_rdata(query.name, 60, RData::CNAME(cname)));
            reply.add_answer(Record::from_rdata(alias, 60, RData::A(Ipv4Addr::new(192, 0, 2, 7).into())));
        }
    }
    Some(reply)
}

#[tokio::test]
async fn another_name_is_asked_of_the_systems_resolver() {
    let fake = Fake::start(Habit::Answer).await;
    let served = Served::with_zone(fake.upstream()).await;
    let message = question("www.Example.com", RecordType::A);
    for answer in [udp(served.address(), &message).await, tcp(served.address(), &message).await] {
        assert_eq!(addresses(&answer), [Ipv4Addr::new(192, 0, 2, 7)]);
        assert_eq!(answer.answers.len(), 2, "the alias is told too");
        assert!(!answer.metadata.authoritative);
        assert_eq!(answer.queries, message.queries);
    }
}

#[tokio::test]
async fn our_names_are_never_asked_of_others() {
    let fake = Fake::start(Habit::Answer).await;
    let served = Served::start(fake.upstream()).await;
    let ours =
        [NODE, EMPTY, "gone.simfra.dev", "GONE.Simfra.Dev", "simfra.dev", "a.b.c.simfra.dev", "simfra.local"];
    for has_zone in [false, true] {
        if has_zone {
            served.server.set_zone(Arc::new(zone()));
        }
        for name in ours {
            for kind in [RecordType::A, RecordType::AAAA, RecordType::TXT, RecordType::NS, RecordType::ANY] {
                ask(served.address(), name, kind).await;
            }
        }
    }
    // A question that does arrive: whatever was sent before it would have arrived before.
    ask(served.address(), "www.example.com", RecordType::A).await;
    assert_eq!(fake.asked(), HashSet::from(["www.example.com.".to_owned()]));
}

#[tokio::test]
async fn an_answer_too_long_for_udp_is_truncated_and_whole_over_tcp() {
    let fake = Fake::start(Habit::Answer).await;
    let served = Served::with_zone(fake.upstream()).await;
    let message = question("big.example.com", RecordType::TXT);
    let short = udp_bytes(served.address(), &message.to_vec().unwrap()).await;
    assert!(short.len() <= 512);
    assert!(Message::from_vec(&short).unwrap().metadata.truncation);
    let whole = tcp(served.address(), &message).await;
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 1);
    assert!(!udp(served.address(), &with_edns(message, 0, 4096)).await.metadata.truncation);
}

#[tokio::test]
async fn what_the_resolver_says_is_passed_on() {
    for said in [ResponseCode::NXDomain, ResponseCode::Refused, ResponseCode::ServFail, ResponseCode::NoError]
    {
        let fake = Fake::start(Habit::Say(said)).await;
        let served = Served::with_zone(fake.upstream()).await;
        let answer = ask(served.address(), "www.example.com", RecordType::A).await;
        assert_eq!((code(&answer), answer.answers.len()), (said, 0));
    }
}

#[tokio::test]
async fn a_silent_resolver_is_a_server_failure_and_holds_nobody_else_up() {
    let fake = Fake::start(Habit::Silence).await;
    let served = Served::with_zone(fake.upstream()).await;
    let silent = ask(served.address(), "www.example.com", RecordType::A);
    let ours = async {
        for _ in 0..50 {
            assert_eq!(addresses(&ask(served.address(), NODE, RecordType::A).await), [node_address()]);
        }
    };
    let (silent, ()) = tokio::join!(silent, ours);
    assert_eq!(code(&silent), ResponseCode::ServFail);
}

#[tokio::test]
async fn without_a_resolver_other_names_fail_and_ours_do_not() {
    let served = Served::with_zone(nobody()).await;
    assert_eq!(code(&ask(served.address(), "www.example.com", RecordType::A).await), ResponseCode::ServFail);
    assert_eq!(addresses(&ask(served.address(), NODE, RecordType::A).await), [node_address()]);
}

#[tokio::test]
async fn it_does_not_ask_itself() {
    let tasks = Tasks::default();
    let port = free_port();
    let itself = Upstream::servers(vec![(LOCALHOST, port).into()]);
    let server = HostServer::bind(port..=port, &[LOCALHOST], itself, &tasks).await.unwrap();
    let served = Served { server, tasks };
    served.server.set_zone(Arc::new(zone()));
    assert_eq!(code(&ask(served.address(), "www.example.com", RecordType::A).await), ResponseCode::ServFail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_questions_does_not_become_one_for_the_resolver() {
    let fake = Fake::start(Habit::Silence).await;
    let served = Served::with_zone(fake.upstream()).await;
    let address = served.address();
    let ask = |number: usize| async move {
        tcp(address, &question(&format!("q{number}.example.com"), RecordType::A)).await
    };
    let answers = futures_util::future::join_all((0..400).map(ask)).await;
    assert!(answers.iter().all(|answer| code(answer) == ResponseCode::ServFail));
    let asked = fake.asked().len();
    assert!((1..=256).contains(&asked), "{asked} of 400 names were asked for");
}
