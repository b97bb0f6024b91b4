use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

use super::*;
use crate::config::Config;

const NOW: &str = "2026-03-01T23:55:00Z";

/// A token as AWS's own library makes it.
struct Token {
    cache: &'static str,
    query: &'static str,
    key: &'static str,
    secret: &'static str,
    region: &'static str,
    service: &'static str,
    at: &'static str,
    lasts: u64,
}

const ROOT: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const GOOD: Token = Token {
    cache: "my-group",
    query: "Action=connect&User=app",
    key: ROOT,
    secret: SECRET,
    region: "us-east-1",
    service: "elasticache",
    at: "2026-03-01T23:50:00Z",
    lasts: 900,
};

fn token(of: &Token) -> String {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(of.lasts));
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    let identity = Credentials::new(of.key, of.secret, None, None, "a test").into();
    let at: Timestamp = of.at.parse().unwrap();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(of.region)
        .name(of.service)
        .time(SystemTime::from(at))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let url = format!("http://{}/?{}", of.cache, of.query);
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let mut signed = http::Request::get(&url).body(()).unwrap();
    instructions.apply_to_request_http1x(&mut signed);
    signed.uri().to_string().trim_start_matches("http://").to_owned()
}

fn iam(mode: &str, account: &str) -> Iam {
    let auth = Config::of_flags(["--auth", mode]).unwrap().auth;
    let scope = Scope { account: account.parse().unwrap(), region: "us-east-1".parse().unwrap() };
    let home = "000000000000".parse().unwrap();
    let (keys, unknown_keys) = keys(&auth, &home, &scope, NOW.parse().unwrap());
    Iam {
        cache: "my-group".to_owned(),
        account: account.to_owned(),
        region: scope.region.to_string(),
        default_account: home.to_string(),
        users: [("app".to_owned(), "known".to_owned())].into(),
        keys,
        unknown_keys,
    }
}

fn admits(iam: &Iam, of: &Token) -> bool {
    is_good(iam, "app", &token(of), NOW.parse().unwrap()).is_some()
}

#[test]
fn a_token_of_awss_own_making_lets_in_whom_it_names_where_it_says() {
    let (lenient, strict) = (iam("lenient", "000000000000"), iam("strict", "000000000000"));
    for iam in [&lenient, &strict] {
        assert!(admits(iam, &GOOD));
        for (wrong, why) in [
            (Token { cache: "other-group", ..GOOD }, "another cache"),
            (Token { query: "Action=connect&User=other", ..GOOD }, "another user"),
            (Token { query: "Action=disconnect&User=app", ..GOOD }, "another action"),
            (Token { query: "Action=connect", ..GOOD }, "nobody"),
            (Token { query: "Action=connect&User=app&User=app", ..GOOD }, "two users"),
            (Token { query: "Action=connect&User=app&ResourceType=ServerlessCache", ..GOOD }, "serverless"),
            (Token { secret: "another secret", ..GOOD }, "another secret"),
            (Token { region: "eu-west-1", ..GOOD }, "another region"),
            (Token { service: "rds", ..GOOD }, "another service"),
            (Token { at: "2026-03-01T23:39:00Z", ..GOOD }, "it is over"),
            (Token { at: "2026-03-02T00:20:00Z", ..GOOD }, "it is yet to come"),
            (Token { at: "2026-03-01T23:50:00Z", lasts: 901, ..GOOD }, "it would last too long"),
        ] {
            assert!(!admits(iam, &wrong), "{why}");
        }
        for nonsense in ["", "my-group", "my-group/?Action=connect&User=app", "\u{7f}", "not a token"] {
            assert!(is_good(iam, "app", nonsense, NOW.parse().unwrap()).is_none(), "{nonsense}");
        }
        let changed = token(&GOOD).replace("User=app", "User=App");
        assert!(is_good(iam, "App", &changed, NOW.parse().unwrap()).is_none());
    }
    assert!(admits(&lenient, &Token { at: "2026-03-01T23:56:00Z", ..GOOD }), "clocks differ");
}

#[test]
fn keys_that_nobody_knows_are_good_where_simfra_takes_them_in_the_account_that_they_name() {
    let (lenient, strict) = (iam("lenient", "000000000000"), iam("strict", "000000000000"));
    let unknown = Token { key: "AKIDEXAMPLE", secret: "unknown", ..GOOD };
    assert!(admits(&lenient, &unknown) && !admits(&strict, &unknown));
    assert!(!admits(&lenient, &Token { at: "2026-03-01T23:39:00Z", ..unknown }), "it is over");
    let other = iam("lenient", "111122223333");
    assert!(admits(&other, &Token { key: "111122223333", ..unknown }));
    assert!(!admits(&other, &GOOD) && !admits(&lenient, &Token { key: "111122223333", ..unknown }));
    let off = iam("off", "000000000000");
    assert!(admits(&off, &Token { secret: "another secret", ..GOOD }));
    assert!(!admits(&off, &Token { cache: "other-group", ..GOOD }));
}

#[test]
fn what_a_proxy_has_makes_signatures_of_three_days_and_one_region_alone() {
    let iam = iam("lenient", "000000000000");
    let days: Vec<_> = iam.keys.iter().map(|key| key.day.as_str()).collect();
    assert_eq!(days, ["20260228", "20260301", "20260302"]);
    assert!(!format!("{iam:?}").contains("known"), "{iam:?}");
    let later = "2026-03-03T00:01:00Z";
    let token = token(&Token { at: later, ..GOOD });
    assert!(is_good(&iam, "app", &token, later.parse().unwrap()).is_none(), "a day that it has no key of");
}
