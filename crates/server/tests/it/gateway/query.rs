//! The Query protocol's front: what it answers to whom it cannot serve.

use expect_test::expect;

use crate::support::gateway::TestGateway;
use crate::support::raw::{bare, post};

/// A table of bodies and what is answered.
fn table(gateway: &TestGateway, bodies: &[&str]) -> String {
    let row = |body: &&str| format!("{body}\n  {}\n", gateway.ask(post(body)).error());
    bodies.iter().map(row).collect()
}

#[test]
fn an_operation_that_is_not_there_is_named() {
    let gateway = TestGateway::start();
    expect![[r"
        Action=Nonsense&Version=2015-02-02
          400 InvalidAction: Could not find operation Nonsense for version 2015-02-02
        Action=DescribeCacheClusters&Version=2014-09-30
          400 InvalidAction: Could not find operation DescribeCacheClusters for version 2014-09-30
        Action=DescribeCacheClusters
          400 InvalidAction: Could not find operation DescribeCacheClusters for version NO_VERSION_SPECIFIED
        Version=2015-02-02
          400 MissingAction: The request is missing an action or a required parameter.
        Action=&Version=2015-02-02
          400 InvalidAction: Could not find operation  for version 2015-02-02
        Action=%3Cb%3E%26&Version=2015-02-02
          400 InvalidAction: Could not find operation &lt;b&gt;&amp; for version 2015-02-02
        Action=CreateSnapshot&Version=2015-02-02&SnapshotName=s
          501 NotImplemented: Simfra does not implement the operation CreateSnapshot yet.
    "]]
    .assert_eq(&table(
        &gateway,
        &[
            "Action=Nonsense&Version=2015-02-02",
            "Action=DescribeCacheClusters&Version=2014-09-30",
            "Action=DescribeCacheClusters",
            "Version=2015-02-02",
            "Action=&Version=2015-02-02",
            "Action=%3Cb%3E%26&Version=2015-02-02",
            "Action=CreateSnapshot&Version=2015-02-02&SnapshotName=s",
        ],
    ));
}

#[test]
fn a_form_that_cannot_be_read_is_refused() {
    let gateway = TestGateway::start();
    let create = "Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c";
    expect![[r#"
        Action=%ff%fe&Version=2015-02-02
          404 MalformedQueryString: The query string is not valid UTF-8
        Action=%zz&Version=2015-02-02
          404 MalformedQueryString: The query string has a percent sign that two hexadecimal digits do not follow
        Action=%4
          404 MalformedQueryString: The query string has a percent sign that two hexadecimal digits do not follow
        =x&Action=DescribeEvents&Version=2015-02-02
          404 MalformedQueryString: The request has a parameter without a name
        Action=A&Action=B&Version=2015-02-02
          400 MalformedInput: The parameter Action must not be given more than once
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&Tags.Tag.0.Key=a
          400 MalformedInput: 0 is not a valid index
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&Tags.Tag.-1.Key=a
          400 MalformedInput: -1 is not a valid index
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&Tags.Tag.one.Key=a
          400 MalformedInput: one is not a valid index
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&Tags.Tag.99999999999999999999.Key=a
          400 MalformedInput: 99999999999999999999 is not a valid index
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&Tags=a
          400 MalformedInput: Unexpected list element termination
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&NumCacheNodes=one
          400 MalformedInput: The value of NumCacheNodes is not an integer
        Action=CreateCacheCluster&Version=2015-02-02&CacheClusterId=c&AutoMinorVersionUpgrade=perhaps
          400 MalformedInput: The value of AutoMinorVersionUpgrade is not a boolean
        Action=DescribeEvents&Version=2015-02-02&StartTime=yesterday
          400 MalformedInput: The value of StartTime is not a timestamp
    "#]].assert_eq(&table(
        &gateway,
        &[
            "Action=%ff%fe&Version=2015-02-02",
            "Action=%zz&Version=2015-02-02",
            "Action=%4",
            "=x&Action=DescribeEvents&Version=2015-02-02",
            "Action=A&Action=B&Version=2015-02-02",
            &format!("{create}&Tags.Tag.0.Key=a"),
            &format!("{create}&Tags.Tag.-1.Key=a"),
            &format!("{create}&Tags.Tag.one.Key=a"),
            &format!("{create}&Tags.Tag.99999999999999999999.Key=a"),
            &format!("{create}&Tags=a"),
            &format!("{create}&NumCacheNodes=one"),
            &format!("{create}&AutoMinorVersionUpgrade=perhaps"),
            "Action=DescribeEvents&Version=2015-02-02&StartTime=yesterday",
        ],
    ));
}

#[test]
fn get_and_post_are_the_same_and_other_methods_are_refused() {
    let gateway = TestGateway::start();
    let call = "Action=DescribeUsers&Version=2015-02-02";
    let not_built = "501 NotImplemented: Simfra does not implement the operation DescribeUsers yet.";
    assert_eq!(gateway.ask(post(call)).error(), not_built);
    assert_eq!(gateway.ask(bare("GET", &format!("/?{call}"))).error(), not_built);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"] {
        let reply = gateway.ask(bare(method, &format!("/?{call}")));
        let expected = format!("405 MethodNotAllowed: The method {method} is not supported; use GET or POST");
        assert_eq!(reply.error(), expected);
        assert_eq!(reply.header("allow"), Some("GET, POST"));
    }
    let head = gateway.ask(bare("HEAD", &format!("/?{call}")));
    assert_eq!((head.status, head.body.as_str()), (405, ""));
}

#[test]
fn a_refusal_has_the_shape_its_reader_understands() {
    let gateway = TestGateway::start();
    let request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n\
                   X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 2\r\n\r\n{}";
    let reply = gateway.ask(request);
    assert_eq!(reply.status, 501);
    assert_eq!(
        reply.body,
        r#"{"__type":"NotImplemented","message":"Simfra does not have the service 'DynamoDB_20120810' (yet)"}"#
    );
    let reply = gateway.ask(post("Action=DescribeUsers&Version=2015-02-02"));
    assert!(
        reply.body.starts_with("<ErrorResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">"),
        "{reply:?}"
    );
}

#[test]
fn no_two_answers_have_the_same_request_id() {
    let gateway = TestGateway::start();
    let mut client = gateway.connect();
    let mut ids: Vec<_> =
        (0..20).map(|_| client.ask(post("Action=X")).element("RequestId").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}
