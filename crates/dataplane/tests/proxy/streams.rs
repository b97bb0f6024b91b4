//! Whatever clients say, in whatever pieces, at the same time: they hear what a server without a proxy answers, and the
//! list of nodes where they asked for it.

use std::cell::Cell;

use dataplane::proxy::memcached::ServerAddress;
use dataplane::runtime::BoxStream;
use futures_util::future::join_all;
use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::lab::{DEADLINE, Proxy, Server};
use crate::stream::{Conversation, End, Hearer, conversation, listing};

const CASES: u32 = 400;
const CLIENTS: usize = 4;

#[test]
fn clients_hear_what_a_server_without_a_proxy_answers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (behind, direct) = (Server::start(), Server::start());
    let address = || ServerAddress::Unix(behind.socket());
    let (plain, secure) = (Proxy::start(0, address(), false), Proxy::start(1, address(), true));
    runtime.block_on(async { talk(direct.connect().await, &listing(), &[usize::MAX], End::Quit).await });
    let case = Cell::new(0);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let held = TestRunner::new(config).run(&vec(conversation(), 1..=CLIENTS), |conversations| {
        case.set(case.get() + 1);
        let all = conversations.iter().enumerate().map(async |(number, conversation)| {
            let prefix = format!("{:06}-{number}-", case.get());
            let proxy = if conversation.over_tls { &secure } else { &plain };
            compare(conversation, &prefix, proxy, &direct).await
        });
        runtime.block_on(join_all(all)).into_iter().collect::<Result<(), _>>()
    });
    drop(behind);
    plain.join();
    secure.join();
    held.unwrap();
}

async fn compare(
    conversation: &Conversation,
    prefix: &str,
    proxy: &Proxy,
    direct: &Server,
) -> Result<(), TestCaseError> {
    let (to_proxy, to_server) =
        (conversation.said(prefix, Hearer::Proxy), conversation.said(prefix, Hearer::Server));
    let heard = talk(proxy.connect().await, &to_proxy, &conversation.pieces, conversation.end).await;
    let expected = talk(direct.connect().await, &to_server, &[usize::MAX], conversation.end).await;
    let (heard, expected) = (conversation.heard(heard), conversation.heard(expected));
    if heard == expected {
        return Ok(());
    }
    let same = heard.iter().zip(&expected).take_while(|(one, other)| one == other).count();
    let shown = |answers: &[u8]| {
        answers[same.saturating_sub(80)..(same + 80).min(answers.len())].escape_ascii().to_string()
    };
    Err(TestCaseError::fail(format!(
        "after {same} of {} bytes the proxy's client heard\n  {}\nand the server's, of {} bytes,\n  {}",
        heard.len(),
        shown(&heard),
        expected.len(),
        shown(&expected)
    )))
}

/// Says all in pieces, and listens meanwhile; what was heard until the other side closed.
async fn talk(stream: BoxStream, said: &[u8], pieces: &[usize], end: End) -> Vec<u8> {
    let (mut from, mut to) = tokio::io::split(stream);
    let say = async {
        let mut left = said;
        for piece in pieces.iter().cycle() {
            if left.is_empty() {
                break;
            }
            // A large one is not said in ten thousands of pieces.
            let (now, later) = left.split_at((*piece).max(said.len() / 1_000).min(left.len()));
            to.write_all(now).await.expect("the other side listens");
            to.flush().await.expect("the other side listens");
            tokio::task::yield_now().await;
            left = later;
        }
        if end == End::Silence {
            to.shutdown().await.expect("the other side listens");
        }
    };
    let mut heard = Vec::new();
    let talk = async { tokio::join!(say, from.read_to_end(&mut heard)).1.map(drop) };
    let talked = timeout(DEADLINE, talk).await;
    match talked {
        Ok(ended) => ended.expect("the other side closes in order"),
        Err(_) => panic!(
            "no answer any more after {} bytes: {}",
            heard.len(),
            said[..said.len().min(400)].escape_ascii()
        ),
    }
    heard
}
