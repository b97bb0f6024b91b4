//! Port forwards, as curl asks for them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::{Value, json};

use crate::support::emulator::TestEmu;
use crate::support::gateway::DEADLINE;
use crate::support::raw::bare;
use crate::support::until;

/// `curl -d`: a POST whose Content-Type says that it is a form.
fn post(emu: &TestEmu, body: &str) -> (u16, Value) {
    let head = "POST /_simfra/port-forwards HTTP/1.1\r\nHost: localhost:4599\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n";
    let reply = emu.ask(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

async fn cluster(emu: &TestEmu, id: &str) -> String {
    let sdk = emu.sdk();
    let create =
        sdk.create_cache_cluster().cache_cluster_id(id).engine("redis").cache_node_type("cache.t3.micro");
    let arn = create.num_cache_nodes(1).send().await.unwrap().cache_cluster.unwrap().arn.unwrap();
    until("the cluster is available", async || {
        let found = sdk.describe_cache_clusters().cache_cluster_id(id).send().await.unwrap();
        (found.cache_clusters()[0].cache_cluster_status() == Some("available")).then_some(())
    })
    .await;
    arn
}

#[tokio::test]
async fn a_forward_leads_to_its_node_until_it_is_closed() {
    let emu = TestEmu::start();
    let arn = cluster(&emu, "forwarded").await;
    let (status, forward) = post(&emu, &json!({ "targetArn": arn, "targetPort": 6379 }).to_string());
    assert!((200..300).contains(&status), "{status} {forward}");
    assert_eq!(
        (&forward["targetPort"], &forward["targetArn"], &forward["status"]),
        (&json!(6379), &json!(arn), &json!("active"))
    );
    let port = u16::try_from(forward["localPort"].as_u64().unwrap()).unwrap();
    let id = forward["id"].as_str().unwrap().to_owned();

    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").unwrap();
    let mut pong = [0; 7];
    stream.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"+PONG\r\n");
    drop(stream);

    let listed: Value = serde_json::from_str(&emu.ask(bare("GET", "/_simfra/port-forwards")).body).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let closed = emu.ask(bare("DELETE", &format!("/_simfra/port-forwards/{id}")));
    assert!((200..300).contains(&closed.status), "{closed:?}");
    until("the port is closed", async || {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err().then_some(())
    })
    .await;
    assert_eq!(emu.ask(bare("GET", &format!("/_simfra/port-forwards/{id}"))).status, 404);
}

#[tokio::test]
async fn what_cannot_be_forwarded_to_is_told() {
    let emu = TestEmu::start();
    let (status, said) =
        post(&emu, r#"{"targetArn":"arn:aws:elasticache:us-east-1:000000000000:cluster:none"}"#);
    assert_eq!(status, 404, "{said}");
    for body in ["", "{", "[]", r#"{"targetPort":6379}"#, r#"{"targetArn":"nonsense"}"#] {
        let (status, said) = post(&emu, body);
        assert_eq!(status, 400, "{body}: {said}");
        assert!(said["error"].is_string(), "{said}");
    }
}
