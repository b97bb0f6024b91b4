//! What all admin routes share.

use expect_test::expect;

use crate::support::gateway::TestGateway;
use crate::support::raw::bare;

#[test]
fn health_tells_when_simfra_serves() {
    let gateway = TestGateway::start();
    let reply = gateway.ask(bare("GET", "/_simfra/health"));
    assert_eq!((reply.status, reply.body.as_str()), (503, r#"{"status":"bootstrapping"}"#));
    gateway.say_healthy();
    let reply = gateway.ask(bare("GET", "/_simfra/health"));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    expect![[r#"{"status":"healthy","services":2,"dockerEnabled":false,"persistenceEnabled":false,"defaultAccountId":"000000000000","defaultRegion":"us-east-1","runtime":"none"}"#]]
        .assert_eq(&reply.body);
}

#[test]
fn what_is_not_there_is_told_in_json() {
    let gateway = TestGateway::start();
    let told = |method, path| {
        let reply = gateway.ask(bare(method, path));
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply:?}");
        format!("{} {}", reply.status, reply.body)
    };
    for path in ["/_simfra", "/_simfra/", "/_simfra/nowhere", "/_simfra/health/", "/_simfra//health"] {
        assert_eq!(told("GET", path), format!(r#"404 {{"error":"there is nothing at {path}"}}"#));
    }
    assert_eq!(told("DELETE", "/_simfra/health"), r#"405 {"error":"/_simfra/health does not take DELETE"}"#);
    // Not the admin API, however alike.
    assert_eq!(gateway.ask(bare("GET", "/_simfrastructure")).header("content-type"), Some("text/xml"));
}

#[test]
fn a_token_guards_all_but_health() {
    let gateway = TestGateway::with_flags(&["--admin-token", "open-sesame"]);
    let with = |path: &str, token: &str| {
        gateway.ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"))
    };
    assert_eq!(gateway.ask(bare("GET", "/_simfra/health")).status, 503);
    let refused = gateway.ask(bare("GET", "/_simfra/nowhere"));
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    for token in ["", "open-sesame", "Basic open-sesame", "Bearer", "Bearer open", "Bearer open-sesame!"] {
        assert_eq!(with("/_simfra/nowhere", token).status, 401, "{token}");
    }
    assert_eq!(with("/_simfra/nowhere", "Bearer open-sesame").status, 404);
    assert_eq!(with("/_simfra/nowhere", "bearer open-sesame").status, 404);
}
