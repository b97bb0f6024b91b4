//! `simfra resolver` as its container runs it, up to the signal that ends it. Alone in this executable, because the
//! signal reaches the whole process.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use dataplane::dns::Zone;
use dataplane::dns::resolver::{run, zone_line};
use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use nix::sys::signal::{Signal, raise};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing here may take longer.
const PATIENCE: Duration = Duration::from_secs(20);
const NAME: &str = "my-cache.abcdef.0001.use1.cache.simfra.dev";

fn address_of_the_node() -> Ipv4Addr {
    Ipv4Addr::new(172, 31, 0, 10)
}

/// The address that `server` gives the name; none when it gives none or does not listen (yet).
async fn look_up(server: SocketAddr) -> Result<Option<Ipv4Addr>, Box<dyn Error>> {
    let mut question = Message::query();
    question.add_query(Query::query(Name::from_ascii(format!("{NAME}."))?, RecordType::A));
    let packet = question.to_vec()?;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_u16(packet.len().try_into()?).await?;
    stream.write_all(&packet).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    let answer = Message::from_vec(&answer)?;
    Ok(answer.answers.first().and_then(|record| match record.data {
        RData::A(address) => Some(address.0),
        _ => None,
    }))
}

#[tokio::test]
async fn it_serves_what_it_is_told_until_it_is_told_to_stop() {
    // Below the ports that the system gives to clients, so that nobody takes it by chance.
    let port = 13_000 + u16::try_from(std::process::id() % 900).unwrap();
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (mut input, output) = tokio::io::duplex(1 << 16);
    let publisher = async {
        let zone = Zone {
            suffix: "simfra.dev".into(),
            names: [(NAME.to_owned(), vec![address_of_the_node()])].into(),
        };
        input.write_all(&zone_line(&zone)).await.unwrap();
        while look_up(server).await.ok().flatten() != Some(address_of_the_node()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(input);
        assert_eq!(look_up(server).await.unwrap(), Some(address_of_the_node()), "the input's end is no end");
        raise(Signal::SIGTERM).unwrap();
    };
    let both = async { tokio::join!(run(output, server), publisher) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("it ends");
    ended.expect("in order");
    assert!(look_up(server).await.is_err(), "nobody listens any more");
}
