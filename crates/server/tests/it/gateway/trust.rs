//! Host and Origin, on the wire: in the shape of what was asked.

use crate::support::gateway::TestGateway;

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n{headers}\r\n")
}

const FOREIGN: [&str; 5] = [
    "Host: evil.example:4599\r\n",
    "Host: localhost\r\nOrigin: http://evil.example\r\n",
    "Host: localhost\r\nOrigin: http://localhost:3000\r\n",
    "Host: localhost\r\nOrigin: null\r\n",
    "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n",
];

#[test]
fn no_web_page_drives_the_aws_api() {
    let gateway = TestGateway::start();
    for headers in FOREIGN {
        let reply = gateway.ask(get("/?Action=DescribeUsers&Version=2015-02-02", headers));
        assert!(reply.error().starts_with("403 AccessDenied: "), "{headers}: {reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    let own = "Host: localhost:4599\r\nOrigin: http://localhost:4599\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(gateway.ask(get("/?Action=DescribeUsers&Version=2015-02-02", own)).status, 501);
}

#[test]
fn no_web_page_drives_the_admin_api() {
    let gateway = TestGateway::start();
    gateway.say_healthy();
    for headers in FOREIGN {
        let reply = gateway.ask(get("/_simfra/health", headers));
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (403, Some("application/json")),
            "{headers}"
        );
        assert!(reply.body.starts_with(r#"{"error":""#), "{reply:?}");
    }
    assert_eq!(gateway.ask(get("/_simfra/health", "Host: localhost:4599\r\n")).status, 200);
}

#[test]
fn further_hosts_are_the_users_to_allow() {
    let gateway =
        TestGateway::with_flags(&["--allowed-hosts", "emulator,elasticache.us-east-1.amazonaws.com"]);
    let call = "/?Action=DescribeUsers&Version=2015-02-02";
    for host in ["emulator:4599", "EMULATOR", "elasticache.us-east-1.amazonaws.com"] {
        assert_eq!(gateway.ask(get(call, &format!("Host: {host}\r\n"))).status, 501, "{host}");
    }
    assert_eq!(gateway.ask(get(call, "Host: elasticache.us-east-2.amazonaws.com\r\n")).status, 403);
}
