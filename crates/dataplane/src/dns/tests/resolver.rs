//! The in-VPC role: zones from a stream that breaks, and everything before the first of them.

use tokio::io::DuplexStream;

use super::super::ZoneChange;
use super::super::resolver::{Resolver, change_line, zone_line};
use super::*;

/// A resolver at work, and the end of its input.
struct Running {
    address: SocketAddr,
    input: DuplexStream,
    tasks: Tasks,
}

impl Running {
    async fn start(upstream: Upstream) -> Self {
        let resolver = Resolver::bind((LOCALHOST, free_port()).into(), upstream).await.unwrap();
        let address = resolver.address();
        let (input, output) = tokio::io::duplex(1 << 16);
        let tasks = Tasks::default();
        tasks.spawn(async move { panic!("the resolver ended: {:?}", resolver.serve(output).await) });
        Running { address, input, tasks }
    }

    async fn feed(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).await.unwrap();
    }

    /// Waits until the resolver took up what it was fed: reading is not answering.
    async fn until(&self, name: &str, expected: ResponseCode) -> Message {
        let published = async {
            loop {
                let message = ask(self.address, name, RecordType::A).await;
                if code(&message) == expected {
                    return message;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, published).await.expect("the zone is published")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.stop.cancel();
    }
}

fn zone_of(name: &str) -> Zone {
    Zone { suffix: "simfra.dev".into(), names: [(name.to_owned(), vec![node_address()])].into() }
}

#[tokio::test]
async fn nothing_is_denied_before_the_first_zone() {
    let running = Running::start(nobody()).await;
    for name in [NODE, "gone.simfra.dev", "example.com"] {
        assert_eq!(code(&ask(running.address, name, RecordType::A).await), ResponseCode::ServFail, "{name}");
    }
}

#[tokio::test]
async fn each_zone_replaces_the_one_before() {
    let mut running = Running::start(nobody()).await;
    running.feed(&zone_line(&zone_of("one.simfra.dev"))).await;
    let answer = running.until("one.simfra.dev", ResponseCode::NoError).await;
    assert_eq!(addresses(&answer), [node_address()]);
    running.feed(&zone_line(&zone_of("two.simfra.dev"))).await;
    running.until("two.simfra.dev", ResponseCode::NoError).await;
    assert_eq!(code(&ask(running.address, "one.simfra.dev", RecordType::A).await), ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_nothing_else() {
    let mut running = Running::start(nobody()).await;
    let change = |gone: &[&str], new: &str| ZoneChange {
        gone: gone.iter().map(|name| (*name).to_owned()).collect(),
        names: zone_of(new).names,
    };
    running.feed(&change_line(&change(&[], "early.simfra.dev"))).await;
    let zone = ["one.simfra.dev", "two.simfra.dev"].map(|name| zone_of(name).names).into_iter().flatten();
    running.feed(&zone_line(&Zone { suffix: "simfra.dev".into(), names: zone.collect() })).await;
    running.feed(&change_line(&change(&["one.simfra.dev", "none.simfra.dev"], "three.simfra.dev"))).await;
    running.until("three.simfra.dev", ResponseCode::NoError).await;
    for (name, expected) in [
        ("one.simfra.dev", ResponseCode::NXDomain),
        ("two.simfra.dev", ResponseCode::NoError),
        ("early.simfra.dev", ResponseCode::NXDomain),
    ] {
        assert_eq!(code(&ask(running.address, name, RecordType::A).await), expected, "{name}");
    }
}

#[tokio::test]
async fn lines_that_are_no_zone_are_ignored() {
    let mut running = Running::start(nobody()).await;
    running.feed(b"not json\n\n{\"suffix\":1}\n\xff\xfe\n").await;
    running.feed(&zone_line(&zone_of("one.simfra.dev"))).await;
    running.until("one.simfra.dev", ResponseCode::NoError).await;
}

#[tokio::test]
async fn a_publisher_that_died_in_the_middle_of_a_line_spoils_only_that() {
    let mut running = Running::start(nobody()).await;
    let whole = zone_line(&zone_of("one.simfra.dev"));
    running.feed(&whole[..whole.len() / 2]).await;
    running.feed(&zone_line(&zone_of("two.simfra.dev"))).await;
    running.until("two.simfra.dev", ResponseCode::NoError).await;
}

#[tokio::test]
async fn a_line_without_end_does_not_fill_the_memory_and_is_skipped() {
    let mut running = Running::start(nobody()).await;
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..20 {
        running.feed(&piece).await;
    }
    running.feed(&zone_line(&zone_of("one.simfra.dev"))).await;
    running.until("one.simfra.dev", ResponseCode::NoError).await;
}

#[tokio::test]
async fn it_goes_on_serving_at_the_end_of_input() {
    let mut running = Running::start(nobody()).await;
    running.feed(&zone_line(&zone_of("one.simfra.dev"))).await;
    running.until("one.simfra.dev", ResponseCode::NoError).await;
    running.input.shutdown().await.unwrap();
    // Longer than it takes to look at the input again.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(addresses(&ask(running.address, "one.simfra.dev", RecordType::A).await), [node_address()]);
}
