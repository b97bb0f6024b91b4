//! `/_simfra/port-forwards`: its verbs, and what it refuses.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::support::cluster::{arn, only_node};
use crate::support::emu::{TestEmu, occupy};
use crate::support::gateway::DEADLINE;

fn open(emu: &TestEmu, id: &str) -> Value {
    let body = json!({ "targetArn": arn(id), "targetPort": 6379 }).to_string();
    let (status, forward) = emu.admin("POST", "/port-forwards", &body);
    assert_eq!(status, 201, "{forward}");
    forward
}

fn port_of(forward: &Value) -> u16 {
    u16::try_from(forward["localPort"].as_u64().unwrap()).unwrap()
}

fn ping(ip: IpAddr, port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((ip, port)).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"PING\r\n").ok()?;
    BufReader::new(stream).lines().next()?.ok()
}

#[tokio::test]
async fn a_forward_leads_to_its_cache_from_both_loopback_addresses() {
    let emu = TestEmu::start().await;
    let cluster = emu.available("my-cache", "redis").await;
    let forward = open(&emu, "my-cache");
    let port = port_of(&forward);
    assert!(emu.stage().forward_ports().contains(&port), "{port}");
    let id = forward["id"].as_str().unwrap();
    assert!(id.starts_with("pf-"), "{id}");
    let name = only_node(&cluster).endpoint().unwrap().address().unwrap().to_owned();
    let address = emu.resolve(&name).unwrap()[0].to_string();
    let created = forward["createdAt"].as_str().unwrap();
    created.parse::<jiff::Timestamp>().unwrap();
    let network = forward["vpcNetwork"].as_str().unwrap();
    assert!(network.starts_with("simfra-vpc-000000000000-us-east-1-vpc-"), "{network}");
    let whole = json!({
        "id": id, "localPort": port, "targetPort": 6379, "targetArn": arn("my-cache"), "targetIp": address,
        "localAddress": format!("localhost:{port}"), "vpcNetwork": network, "service": "elasticache",
        "resourceId": "my-cache", "cacheNodeId": "0001", "accountId": "000000000000", "region": "us-east-1",
        "createdAt": created, "status": "active",
    });
    assert_eq!(forward, whole);
    assert_eq!(emu.admin("GET", "/port-forwards", ""), (200, json!([whole.clone()])), "a bare array");
    assert_eq!(emu.admin("GET", &format!("/port-forwards/{id}"), ""), (200, whole));

    assert_eq!(ping(Ipv4Addr::LOCALHOST.into(), port).as_deref(), Some("+PONG"));
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        assert_eq!(ping(Ipv6Addr::LOCALHOST.into(), port).as_deref(), Some("+PONG"));
    }

    assert_eq!(emu.admin("DELETE", &format!("/port-forwards/{id}"), "").0, 204);
    assert_eq!(emu.admin("GET", "/port-forwards", ""), (200, json!([])));
    assert!(occupy(port).is_some(), "its port is free");
}

#[tokio::test]
async fn targets_are_what_a_forward_can_lead_to() {
    let emu = TestEmu::start().await;
    assert_eq!(emu.admin("GET", "/port-forwards/targets", ""), (200, json!([])));
    emu.available("mem", "memcached").await;
    let target = json!({
        "targetArn": arn("mem"), "targetPort": 11211, "service": "elasticache", "resourceId": "mem",
        "cacheNodeId": "0001", "accountId": "000000000000", "region": "us-east-1", "engine": "memcached",
        "status": "available",
    });
    assert_eq!(emu.admin("GET", "/port-forwards/targets", ""), (200, json!([target])));
    let body = json!({ "targetArn": arn("mem"), "cacheNodeId": "0001" }).to_string();
    let (status, forward) = emu.admin("POST", "/port-forwards", &body);
    assert_eq!(
        (status, &forward["targetPort"]),
        (201, &json!(11211)),
        "the cluster's own, when none is named"
    );
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_why() {
    let emu = TestEmu::start().await;
    emu.available("here", "redis").await;
    let there = arn("here");
    let gone = arn("gone");
    let refused = [
        (json!({ "targetArn": gone }), 404),
        (json!({ "targetArn": there.replace(":cluster:", ":snapshot:") }), 404),
        (json!({ "targetArn": there.replace("us-east-1", "eu-west-1") }), 404),
        (json!({ "targetArn": there, "cacheNodeId": "0002" }), 404),
        (json!({ "targetArn": "here" }), 400),
        (json!({ "targetArn": there.replace("elasticache", "rds") }), 400),
        (json!({ "targetArn": there, "targetPort": 6380 }), 400),
        (json!({ "targetArn": there, "targetPort": 65_536 }), 400),
        (json!({ "targetArn": there, "colour": "red" }), 400),
        (json!({ "targetPort": 6379 }), 400),
        (json!([]), 400),
    ];
    for (body, expected) in refused {
        let (status, answer) = emu.admin("POST", "/port-forwards", &body.to_string());
        assert_eq!(status, expected, "{body}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.len() > 20), "{body}: {answer}");
    }
    assert_eq!(emu.admin("POST", "/port-forwards", "{").0, 400);
    let (status, answer) = emu.admin("POST", "/port-forwards", &json!({ "targetArn": gone }).to_string());
    assert_eq!(
        (status, answer["error"].as_str().unwrap()),
        (404, format!("there is no resource {gone} to forward to; GET /_simfra/port-forwards/targets lists what there is").as_str())
    );
    for method in ["GET", "DELETE"] {
        let answer = emu.admin(method, "/port-forwards/pf-00000000", "");
        let error = "there is no port forward pf-00000000; GET /_simfra/port-forwards lists them";
        assert_eq!(answer, (404, json!({ "error": error })));
    }
    assert_eq!(emu.admin("PUT", "/port-forwards", "").0, 405);
    assert_eq!(emu.admin("GET", "/port-forwards", "").1, json!([]), "nothing was opened");
}

#[tokio::test]
async fn ports_are_given_lowest_first_until_the_range_is_exhausted() {
    let emu = TestEmu::start().await;
    emu.available("busy", "redis").await;
    let range = emu.stage().forward_ports();
    // Another process's: passed over.
    let _other = occupy(*range.start());
    let mut forwards: Vec<Value> = range.clone().skip(1).map(|_| open(&emu, "busy")).collect();
    let ports: Vec<u16> = forwards.iter().map(port_of).collect();
    assert_eq!(ports, range.clone().skip(1).collect::<Vec<_>>());
    let body = json!({ "targetArn": arn("busy") }).to_string();
    let (first, last) = (range.start(), range.end());
    let error = format!(
        "no free port in {first}-{last}: delete a port forward, or set SIMFRA_PORT_FORWARD_PORT_RANGE"
    );
    assert_eq!(emu.admin("POST", "/port-forwards", &body), (409, json!({ "error": error })));
    let freed = forwards.remove(1);
    emu.admin("DELETE", &format!("/port-forwards/{}", freed["id"].as_str().unwrap()), "");
    assert_eq!(port_of(&open(&emu, "busy")), port_of(&freed));
}

#[tokio::test]
async fn a_forward_survives_its_targets_reboot_and_death() {
    let emu = TestEmu::start().await;
    emu.available("tough", "redis").await;
    let port = port_of(&open(&emu, "tough"));
    assert_eq!(ping(Ipv4Addr::LOCALHOST.into(), port).as_deref(), Some("+PONG"));
    let reboot =
        emu.client().reboot_cache_cluster().cache_cluster_id("tough").cache_node_ids_to_reboot("0001");
    reboot.send().await.unwrap();
    emu.until_told("tough", "Cache node 0001 restarted").await;
    assert_eq!(ping(Ipv4Addr::LOCALHOST.into(), port).as_deref(), Some("+PONG"));
    emu.fake().kill(&emu.node("tough"), "killed by a test");
    emu.until_told("tough", "Finished recovery for cache nodes 0001").await;
    assert_eq!(ping(Ipv4Addr::LOCALHOST.into(), port).as_deref(), Some("+PONG"));
}
