//! The server's packets: answers, rotation, the protocol's refusals, and whatever is no question at all.

use hickory_proto::rr::DNSClass;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::HostServerError;
use super::*;

#[tokio::test]
async fn udp_and_tcp_give_the_same_answer() {
    let served = Served::with_zone(nobody()).await;
    let message = question(NODE, RecordType::A);
    for answer in [udp(served.address(), &message).await, tcp(served.address(), &message).await] {
        assert_eq!((answer.metadata.id, code(&answer)), (4711, ResponseCode::NoError));
        assert_eq!(addresses(&answer), [node_address()]);
        assert_eq!(answer.answers[0].ttl, 1);
        assert!(answer.metadata.authoritative && answer.metadata.recursion_available);
    }
}

#[tokio::test]
async fn the_question_comes_back_in_its_own_case() {
    let served = Served::with_zone(nobody()).await;
    let mixed = "mY-CaChE.AbCdEf.0001.UsE1.cAcHe.SimfRA.dEv";
    let packet = question(mixed, RecordType::A).to_vec().unwrap();
    let answer = udp_bytes(served.address(), &packet).await;
    assert_eq!(answer[12..packet.len()], packet[12..], "byte for byte, for clients that randomise it");
    let answer = Message::from_vec(&answer).unwrap();
    assert_eq!(addresses(&answer), [node_address()]);
    assert_eq!(answer.answers[0].name.to_ascii(), format!("{mixed}."));
}

#[tokio::test]
async fn negative_answers_say_for_how_long() {
    let served = Served::with_zone(nobody()).await;
    let cases = [
        (NODE, RecordType::AAAA, ResponseCode::NoError),
        (NODE, RecordType::MX, ResponseCode::NoError),
        (EMPTY, RecordType::A, ResponseCode::NoError),
        ("gone.simfra.dev", RecordType::A, ResponseCode::NXDomain),
    ];
    for (name, kind, expected) in cases {
        let answer = ask(served.address(), name, kind).await;
        assert_eq!((code(&answer), answer.answers.len()), (expected, 0), "{name} {kind}");
        let [authority] = &answer.authorities[..] else { panic!("one SOA for {name} {kind}") };
        let RData::SOA(soa) = &authority.data else { panic!("an SOA for {name} {kind}") };
        assert_eq!((authority.name.to_ascii().as_str(), authority.ttl, soa.minimum), ("simfra.dev.", 1, 1));
    }
}

#[tokio::test]
async fn a_reader_endpoint_gives_one_replica_in_rotation() {
    let served = Served::with_zone(nobody()).await;
    let mut seen = Vec::new();
    for turn in 0..6 {
        // As applications do: the primary's name and the AAAA of the reader's between two questions.
        ask(served.address(), NODE, RecordType::A).await;
        ask(served.address(), READER, RecordType::AAAA).await;
        let given = addresses(&ask(served.address(), READER, RecordType::A).await);
        assert_eq!(given.len(), 1);
        seen.extend(given);
        if turn == 1 {
            served.server.set_zone(Arc::new(zone()));
        }
    }
    assert_eq!(seen, [readers(), readers()].concat(), "a new zone does not begin the rotation anew");
}

#[tokio::test]
async fn a_zone_is_replaced_at_once_and_names_vanish() {
    let served = Served::start(nobody()).await;
    assert_eq!(code(&ask(served.address(), NODE, RecordType::A).await), ResponseCode::ServFail);
    served.server.set_zone(Arc::new(zone()));
    assert_eq!(addresses(&ask(served.address(), NODE, RecordType::A).await), [node_address()]);
    served.server.set_zone(Arc::new(Zone { names: [].into(), ..zone() }));
    assert_eq!(code(&ask(served.address(), NODE, RecordType::A).await), ResponseCode::NXDomain);
}

#[tokio::test]
async fn what_it_does_not_do_is_refused_by_its_code() {
    let served = Served::with_zone(nobody()).await;
    let mut notify = question(NODE, RecordType::A);
    notify.metadata.op_code = OpCode::Notify;
    let mut two = question(NODE, RecordType::A);
    two.add_query(two.queries[0].clone());
    let mut chaos = question(NODE, RecordType::A);
    chaos.queries[0].set_query_class(DNSClass::CH);
    let cases = [
        (notify, ResponseCode::NotImp),
        (two, ResponseCode::FormErr),
        (chaos, ResponseCode::Refused),
        (question("simfra.dev", RecordType::AXFR), ResponseCode::Refused),
        (with_edns(question(NODE, RecordType::A), 1, 1232), ResponseCode::BADVERS),
    ];
    for (message, expected) in cases {
        let said = code(&udp(served.address(), &message).await);
        // By number: 16 is BADVERS and BADSIG both.
        assert_eq!(u16::from(said), u16::from(expected), "{message}");
    }
}

#[tokio::test]
async fn edns_is_answered_in_kind() {
    let served = Served::with_zone(nobody()).await;
    let answer = udp(served.address(), &with_edns(question(NODE, RecordType::A), 0, 65000)).await;
    assert_eq!(addresses(&answer), [node_address()]);
    assert_eq!(answer.edns.expect("EDNS in the answer").max_payload(), 4096);
    assert!(ask(served.address(), NODE, RecordType::A).await.edns.is_none());
}

#[tokio::test]
async fn a_message_that_breaks_off_is_a_format_error() {
    let served = Served::with_zone(nobody()).await;
    let whole = question(NODE, RecordType::A).to_vec().unwrap();
    for length in 12..whole.len() {
        let answer = Message::from_vec(&udp_bytes(served.address(), &whole[..length]).await).unwrap();
        assert_eq!((answer.metadata.id, code(&answer)), (4711, ResponseCode::FormErr), "{length} bytes");
    }
}

/// Shorter than a header, an answer instead of a question, pointers that go round, and noise: it says what it says,
/// and the next question is answered.
#[test]
fn no_packet_stops_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let served = runtime.block_on(Served::with_zone(nobody()));
    let valid = with_edns(question(NODE, RecordType::A), 0, 1232).to_vec().unwrap();
    let noise = prop::collection::vec(any::<u8>(), 0..600);
    let spoilt = prop::collection::vec((0..valid.len(), any::<u8>()), 1..8).prop_map(move |changes| {
        let mut packet = valid.clone();
        for (place, byte) in changes {
            packet[place] = byte;
        }
        packet
    });
    // `example.com` would be asked of nobody, so whatever the noise spells stays on this machine.
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop_oneof![noise, spoilt], |packet| {
            runtime.block_on(async {
                let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
                socket.send_to(&packet, served.address()).await.unwrap();
                let mut stream = TcpStream::connect(served.address()).await.unwrap();
                stream.write_all(&packet).await.unwrap();
                drop(stream);
                assert_eq!(addresses(&ask(served.address(), NODE, RecordType::A).await), [node_address()]);
            });
            Ok(())
        })
        .unwrap();
    drop(served);
}

#[tokio::test]
async fn the_lowest_port_that_is_free_for_both_protocols_is_used() {
    let range = ports::free(4);
    let first = *range.start();
    let _tcp = tokio::net::TcpListener::bind((LOCALHOST, first)).await.unwrap();
    let _udp = UdpSocket::bind((LOCALHOST, first + 1)).await.unwrap();
    let tasks = Tasks::default();
    let ips = [LOCALHOST, "::1".parse().unwrap()];
    let bind = || HostServer::bind(range.clone(), &ips, nobody(), &tasks);
    let (a, b) = (bind().await.unwrap(), bind().await.unwrap());
    assert_eq!((a.port(), b.port()), (first + 2, first + 3));
    let error = bind().await.unwrap_err();
    assert!(matches!(&error, HostServerError::Exhausted { range: tried } if *tried == range));
    assert!(error.to_string().contains(&format!("{first}-{}", first + 3)), "{error}");
    tasks.stop.cancel();
    tasks.tracker.close();
    tokio::time::timeout(PATIENCE, tasks.tracker.wait()).await.expect("both end");
    let released = async {
        while UdpSocket::bind((LOCALHOST, first + 2)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, released).await.expect("its port is free again");
}
