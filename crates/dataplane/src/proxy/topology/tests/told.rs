//! Replies as Redis 7.0 sends them, in both protocols.

use super::*;

const SLOTS_2: &str = "*1\r\n*4\r\n:0\r\n:100\r\n*4\r\n$10\r\n10.200.0.5\r\n:6379\r\n$4\r\n4018\r\n*2\r\n$8\r\nhostname\r\n$11\r\none.example\r\n*4\r\n$11\r\ntwo.example\r\n:6379\r\n$4\r\n77aa\r\n*2\r\n$2\r\nip\r\n$10\r\n10.200.0.6\r\n";
const SLOTS_2_TOLD: &str = "*1\r\n*4\r\n:0\r\n:100\r\n*4\r\n$9\r\n127.0.0.1\r\n:11801\r\n$4\r\n4018\r\n*2\r\n$8\r\nhostname\r\n$9\r\n127.0.0.1\r\n*4\r\n$9\r\n127.0.0.1\r\n:11802\r\n$4\r\n77aa\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n";
const NODES_2: &str = "$174\r\n4018 10.200.0.5:6379@16379,one.example myself,master - 0 0 0 connected 0-100 200-300\n77aa 10.200.0.6:6379@16379,,shard-id=9 slave 4018 0 0 0 connected\nffff :0@0 master - 0 0\n\r\n";
const NODES_2_TOLD: &str = "$172\r\n4018 127.0.0.1:11801@16379,127.0.0.1 myself,master - 0 0 0 connected 0-100 200-300\n77aa 127.0.0.1:11802@16379,,shard-id=9 slave 4018 0 0 0 connected\nffff :0@0 master - 0 0\n\r\n";

#[test]
fn slots_are_told_with_local_ports() {
    let mut connection = Connection::default();
    assert_eq!(connection.exchange("CLUSTER SLOTS", SLOTS_2), SLOTS_2_TOLD);
    let in_3 = |told: &str| told.replace("*2\r\n$8\r\nhostname", "%1\r\n$8\r\nhostname");
    assert_eq!(connection.exchange("cluster slots", &in_3(SLOTS_2)), in_3(SLOTS_2_TOLD));
    let unknown = "*1\r\n*3\r\n:0\r\n:9\r\n*3\r\n$8\r\n10.9.9.9\r\n:6379\r\n$1\r\na\r\n";
    assert_eq!(connection.exchange("CLUSTER SLOTS", unknown), unknown);
    let nameless =
        "*1\r\n*3\r\n:0\r\n:9\r\n*4\r\n$-1\r\n:6379\r\n$1\r\na\r\n*2\r\n$2\r\nip\r\n$10\r\n10.200.0.5\r\n";
    let told = "*1\r\n*3\r\n:0\r\n:9\r\n*4\r\n$9\r\n127.0.0.1\r\n:11801\r\n$1\r\na\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n";
    assert_eq!(connection.exchange("CLUSTER SLOTS", nameless), told);
}

#[test]
fn shards_are_told_with_local_ports() {
    let told = |map: &str, ip: &str, name: &str, port: u16| {
        let text = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        let (shard, node) = if map == "%" { ("%2", "%6") } else { ("*4", "*12") };
        let members = [
            text("id") + &text("4018"),
            text("tls-port") + &format!(":{port}\r\n"),
            text("ip") + &text(ip),
            text("endpoint") + &text(name),
            text("hostname") + &text(""),
            text("role") + &text("master"),
        ];
        format!(
            "*1\r\n{shard}\r\n$5\r\nslots\r\n*2\r\n:0\r\n:9\r\n$5\r\nnodes\r\n*1\r\n{node}\r\n{}",
            members.concat()
        )
    };
    let mut connection = Connection::default();
    for map in ["*", "%"] {
        let reply = told(map, "10.200.0.6", "two.example", 6379);
        assert_eq!(connection.exchange("CLUSTER SHARDS", &reply), told(map, "127.0.0.1", "127.0.0.1", 11802));
        let other = told(map, "10.200.0.7", "three.example", 6379);
        assert_eq!(connection.exchange("CLUSTER SHARDS", &other), other);
    }
}

#[test]
fn nodes_are_told_with_local_ports() {
    let mut connection = Connection::default();
    assert_eq!(connection.exchange("CLUSTER NODES", NODES_2), NODES_2_TOLD);
    let in_3 = |told: &str, length: usize| format!("={length}\r\ntxt:{}", told.split_once("\r\n").unwrap().1);
    assert_eq!(connection.exchange("CLUSTER NODES", &in_3(NODES_2, 178)), in_3(NODES_2_TOLD, 176));
    let replicas = "*1\r\n$58\r\n77aa 10.200.0.6:6379@16379 slave 4018 0 17 1 connected 0-9\r\n";
    let told = "*1\r\n$58\r\n77aa 127.0.0.1:11802@16379 slave 4018 0 17 1 connected 0-9\r\n";
    assert_eq!(connection.exchange("CLUSTER REPLICAS 4018", replicas), told);
}

#[test]
fn redirects_lead_to_local_ports_wherever_they_stand() {
    let mut connection = Connection::default();
    for (reply, told) in [
        ("-MOVED 7 10.200.0.6:6379\r\n", "-MOVED 7 127.0.0.1:11802\r\n"),
        ("-ASK 16383 one.example:6379\r\n", "-ASK 16383 127.0.0.1:11801\r\n"),
        ("*2\r\n:1\r\n-MOVED 7 10.200.0.6:6379\r\n", "*2\r\n:1\r\n-MOVED 7 127.0.0.1:11802\r\n"),
        ("-MOVED 7 10.9.9.9:6379\r\n", "-MOVED 7 10.9.9.9:6379\r\n"),
        ("-MOVED\r\n", "-MOVED\r\n"),
        ("+MOVED 7 10.200.0.6:6379\r\n", "+MOVED 7 10.200.0.6:6379\r\n"),
        ("$24\r\n-MOVED 7 10.200.0.6:6379\r\n", "$24\r\n-MOVED 7 10.200.0.6:6379\r\n"),
    ] {
        assert_eq!(connection.exchange("GET key", reply), told);
    }
}

#[test]
fn only_what_was_asked_for_is_told_otherwise() {
    let mut connection = Connection::default();
    assert_eq!(connection.exchange("GET cluster", NODES_2), NODES_2);
    assert_eq!(connection.exchange("ECHO 'CLUSTER SLOTS'", SLOTS_2), SLOTS_2);
    // In one piece, as pipelines are sent; an empty line is no request.
    connection.told.clear();
    connection.asks(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*2\r\n$7\r\nCLUSTER\r\n$5\r\nNODES\r\n\r\nGET k\r\n");
    connection.answers([NODES_2, NODES_2, NODES_2].concat().as_bytes());
    assert_eq!(connection.told, [NODES_2, NODES_2_TOLD, NODES_2].concat().as_bytes());
    // What is pushed meanwhile is no reply.
    let push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
    let pushed = [push, NODES_2].concat();
    assert_eq!(connection.exchange("CLUSTER NODES", &pushed), [push, NODES_2_TOLD].concat());
}

#[test]
fn transactions_are_told_element_by_element() {
    let mut connection = Connection::default();
    for (request, reply) in [("MULTI", "+OK\r\n"), ("GET k", "+QUEUED\r\n"), ("NOSUCH", "-ERR unknown\r\n")] {
        connection.exchange(request, reply);
    }
    connection.exchange("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    for (request, reply) in [("MULTI", "+OK\r\n"), ("CLUSTER NODES", "+QUEUED\r\n"), ("DISCARD", "+OK\r\n")] {
        connection.exchange(request, reply);
    }
    assert_eq!(connection.exchange("EXEC", "-ERR EXEC without MULTI\r\n"), "-ERR EXEC without MULTI\r\n");
    let commands = ["GET k", "CLUSTER SLOTS", "GET k", "CLUSTER NODES"];
    assert_eq!(connection.exchange("MULTI", "+OK\r\n"), "+OK\r\n");
    for command in commands {
        assert_eq!(connection.exchange(command, "+QUEUED\r\n"), "+QUEUED\r\n");
    }
    let reply = ["*4\r\n", NODES_2, SLOTS_2, SLOTS_2, NODES_2].concat();
    let told = ["*4\r\n", NODES_2, SLOTS_2_TOLD, SLOTS_2, NODES_2_TOLD].concat();
    assert_eq!(connection.exchange("EXEC", &reply), told);
    assert_eq!(connection.exchange("CLUSTER SLOTS", SLOTS_2), SLOTS_2_TOLD);
}

/// A confirmation, with its sign.
fn confirmed(sign: char, word: &str, count: u64) -> String {
    format!("{sign}3\r\n${}\r\n{word}\r\n$2\r\nch\r\n:{count}\r\n", word.len())
}

#[test]
fn subscriptions_do_not_put_replies_out_of_order() {
    let hello = "%1\r\n$5\r\nproto\r\n:3\r\n";
    for sign in ['*', '>'] {
        let mut connection = Connection::default();
        if sign == '>' {
            connection.exchange("HELLO 3", hello);
        }
        let both = confirmed(sign, "subscribe", 1) + &confirmed(sign, "subscribe", 2);
        let request = "SUBSCRIBE a b\r\nPSUBSCRIBE x\r\nSSUBSCRIBE s";
        let rest = confirmed(sign, "psubscribe", 3) + &confirmed(sign, "ssubscribe", 1);
        connection.exchange(request, &(both + &rest));
        let message = format!("{sign}3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\ntext\r\n");
        let reply = [&message, NODES_2, &message].concat();
        assert_eq!(connection.exchange("CLUSTER NODES", &reply), [&message, NODES_2_TOLD, &message].concat());
        // All channels at once, then the others.
        let gone = confirmed(sign, "unsubscribe", 2) + &confirmed(sign, "unsubscribe", 1);
        let rest = confirmed(sign, "sunsubscribe", 0) + &confirmed(sign, "punsubscribe", 0);
        let reply = [&gone, &rest, SLOTS_2].concat();
        let told =
            connection.exchange("UNSUBSCRIBE\r\nSUNSUBSCRIBE s\r\nPUNSUBSCRIBE x\r\nCLUSTER SLOTS", &reply);
        assert_eq!(told, [&gone, &rest, SLOTS_2_TOLD].concat());
        // A refusal is one reply, however many channels; a list that looks like a message is a list.
        connection.exchange("SUBSCRIBE a b c", "-NOPERM no\r\n");
        connection.exchange("LRANGE k 0 -1", "*1\r\n$7\r\nmessage\r\n");
        assert_eq!(connection.exchange("CLUSTER SLOTS", SLOTS_2), SLOTS_2_TOLD);
        let none = format!("{sign}3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
        assert_eq!(connection.exchange("UNSUBSCRIBE", &none), none);
        assert_eq!(connection.exchange("CLUSTER SLOTS", SLOTS_2), SLOTS_2_TOLD);
    }
}

#[test]
fn where_the_order_is_lost_errors_alone_are_told_otherwise() {
    for (request, reply) in [("MONITOR", "+OK\r\n"), ("CLIENT REPLY SKIP\r\nGET k\r\nGET k", "$-1\r\n")] {
        let mut connection = Connection::default();
        assert_eq!(connection.exchange(request, reply), reply);
        assert_eq!(connection.exchange("CLUSTER NODES", NODES_2), NODES_2);
        assert_eq!(
            connection.exchange("GET k", "-MOVED 7 10.200.0.6:6379\r\n"),
            "-MOVED 7 127.0.0.1:11802\r\n"
        );
    }
    let mut connection = Connection::default();
    let long = format!("+{}\r\n", "MOVED 7 10.200.0.6:6379 ".repeat(1000));
    assert_eq!(connection.exchange("MONITOR", &long), long);
}

#[test]
fn large_values_pass_in_pieces() {
    let mut connection = Connection::default();
    connection.exchange("GET k", "$500000000\r\n");
    connection.asks(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\n");
    for _ in 0..100 {
        connection.told.clear();
        connection.asks(&[b'x'; 4096]);
        connection.answers(&[b'x'; 4096]);
        assert_eq!(connection.told.len(), 4096);
    }
}

#[test]
fn what_is_no_resp_passes() {
    let mut connection = Connection::default();
    let gibberish = "HTTP/1.1 200 OK\r\n-MOVED 7 10.200.0.6:6379\r\n";
    assert_eq!(connection.exchange("GET / HTTP/1.1", gibberish), gibberish);
    let mut connection = Connection::default();
    connection.asks(b"CLUSTER NODES\r\n");
    connection.answers(&NODES_2.as_bytes()[..40]);
    assert!(connection.told.is_empty(), "it is told once it is whole");
    let rest = std::mem::take(&mut connection.replies).rest();
    assert_eq!(rest, &NODES_2.as_bytes()[..40], "and not lost where it never is");
}
