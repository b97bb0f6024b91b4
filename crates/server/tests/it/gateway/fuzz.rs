//! Whatever arrives: AWS's error or a closed connection, never a 500, and the gateway goes on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::gateway::TestGateway;
use crate::support::raw::{bare, post, post_with, probe};

/// Runs `check` on what `strategy` makes, all against one gateway, and sees that it still serves afterwards.
fn fuzz<S: Strategy>(cases: u32, strategy: S, check: impl Fn(&TestGateway, S::Value)) {
    let gateway = TestGateway::start();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&strategy, |value| {
        check(&gateway, value);
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
    assert_eq!(gateway.ask(probe("still there")).body, "still there");
}

fn assert_blames_the_sender(status: u16) {
    assert!((400..500).contains(&status) || status == 501, "{status}");
}

#[test]
fn random_bytes() {
    fuzz(300, proptest::collection::vec(any::<u8>(), 0..600), |gateway, bytes| {
        let mut client = gateway.connect();
        client.send(bytes);
        client.finish();
        if let Some(reply) = client.reply() {
            assert_blames_the_sender(reply.status);
        }
    });
}

#[test]
fn requests_with_random_parts() {
    let line = "[ -~]{0,40}";
    let header = ("[A-Za-z-]{1,20}", "[ -~]{0,60}");
    let strategy = (
        "[A-Z]{1,8}",
        line,
        proptest::collection::vec(header, 0..8),
        proptest::collection::vec(any::<u8>(), 0..200),
    );
    fuzz(300, strategy, |gateway, (method, target, headers, body)| {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{method} /{target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        let mut client = gateway.connect();
        client.send([head.as_bytes(), &body].concat());
        client.finish();
        if let Some(reply) = client.reply().filter(|reply| reply.status != 100) {
            assert_blames_the_sender(reply.status);
        }
    });
}

/// Forms that look like ElastiCache's.
fn form() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("CacheClusterId".to_owned()),
        Just("NumCacheNodes".to_owned()),
        Just("Filters.member.1.Name".to_owned()),
        "(Tags|SecurityGroupIds|Filters|NodeGroupConfiguration|ReplicaConfiguration)(\\.[A-Za-z]{1,9})?(\\.[-0-9]{1,12})?(\\.[A-Z][a-z]{1,5})?",
        "[A-Za-z.0-9%]{1,30}",
    ];
    let value = prop_oneof!["[a-z0-9-]{0,20}", "[ -~]{0,20}", "(%[0-9a-fA-F]{2}){0,6}"];
    let operation = prop_oneof![
        Just("CreateCacheCluster"),
        Just("DescribeCacheClusters"),
        Just("CreateReplicationGroup"),
        Just("AddTagsToResource"),
        Just("DescribeEvents"),
        Just("ModifyReplicationGroupShardConfiguration"),
    ];
    (operation, proptest::collection::vec((name, value), 0..12)).prop_map(|(operation, pairs)| {
        let pairs: String = pairs.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        format!("Action={operation}&Version=2015-02-02{pairs}")
    })
}

#[test]
fn random_forms() {
    fuzz(400, form(), |gateway, form| {
        let reply = gateway.ask(post(&form));
        if reply.status == 200 {
            assert!(
                reply.body.starts_with("<CreateCacheClusterResponse")
                    || reply.body.starts_with("<DescribeEventsResponse")
            );
        } else {
            assert_blames_the_sender(reply.status);
            reply.error();
        }
    });
}

#[test]
fn random_query_strings() {
    fuzz(300, "[!-~&&[^#]]{0,120}", |gateway, query| {
        let mut client = gateway.connect();
        client.send(bare("GET", &format!("/?{query}")));
        client.finish();
        if let Some(reply) = client.reply() {
            assert_blames_the_sender(reply.status);
        }
    });
}

#[test]
fn random_signatures() {
    let element = "[ -~&&[^,]]{0,30}";
    let header = prop_oneof![
        "[ -~]{0,80}",
        (element, element, element).prop_map(|(credential, headers, signature)| {
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={headers}, Signature={signature}")
        }),
        (element, element).prop_map(|(region, headers)| {
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{region}/elasticache/aws4_request, \
                 SignedHeaders={headers}, Signature=00"
            )
        }),
    ];
    fuzz(400, (header, "[0-9TZ]{0,16}"), |gateway, (header, date)| {
        let headers = format!("Authorization: {header}\r\nX-Amz-Date: {date}\r\n");
        let reply = gateway.ask(post_with(&headers, "Action=DescribeUsers&Version=2015-02-02"));
        assert_blames_the_sender(reply.status);
        reply.error();
    });
}
