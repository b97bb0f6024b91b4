use http::Request;

use super::*;

fn refused(headers: &[(&str, &str)]) -> bool {
    refused_at("/", headers)
}

fn refused_at(uri: &str, headers: &[(&str, &str)]) -> bool {
    let trust = Trust::new(&["emulator".parse().unwrap()]);
    let mut request = Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    trust.check([192, 0, 2, 7].into(), &head).is_err()
}

#[test]
fn loopback_names_the_listed_ones_and_the_address_itself_are_allowed_hosts() {
    let allowed = [
        "localhost:4599",
        "LOCALHOST",
        "localhost.",
        "api.localhost:1",
        "127.0.0.1:4599",
        "127.83.0.1",
        "[::1]:4599",
        "simfra.local:4599",
        "emulator:80",
        "192.0.2.7:4599",
    ];
    for host in allowed {
        assert!(!refused(&[("host", host)]), "{host}");
    }
    let foreign = [
        "",
        "evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "192.0.2.8",
        "[2001:db8::1]",
        "elasticache.us-east-1.amazonaws.com",
        "user@localhost",
        "localhost:4599:80",
        "0x7f.1",
    ];
    for host in foreign {
        assert!(refused(&[("host", host)]), "{host}");
    }
}

#[test]
fn a_request_names_one_host() {
    assert!(refused(&[]));
    assert!(refused(&[("host", "localhost"), ("host", "localhost")]));
    assert!(refused_at("http://evil.example/", &[("host", "localhost")]));
    assert!(!refused_at("http://localhost/", &[("host", "localhost")]));
}

#[test]
fn only_a_page_of_the_same_origin_may_ask() {
    let host = ("host", "localhost:4599");
    assert!(!refused(&[host, ("origin", "http://localhost:4599"), ("sec-fetch-site", "same-origin")]));
    assert!(!refused(&[host, ("sec-fetch-site", "none")]));
    for origin in
        ["http://localhost:3000", "http://localhost", "https://evil.example", "null", "", "localhost:4599"]
    {
        assert!(refused(&[host, ("origin", origin)]), "{origin}");
    }
    for site in ["cross-site", "same-site", ""] {
        assert!(refused(&[host, ("sec-fetch-site", site)]), "{site}");
    }
    assert!(refused(&[host, ("origin", "http://localhost:4599"), ("origin", "http://evil.example")]));
}
