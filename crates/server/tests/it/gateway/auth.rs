//! `SIMFRA_AUTH` in its three modes, with the SDK's signer as the oracle.

use std::time::Duration;

use jiff::Timestamp;
use server::clock::Clock;

use crate::support::gateway::{Setup, TestGateway};
use crate::support::raw::{post_with, probe};
use crate::support::signer::{Place, ROOT, Signer};

/// When all of this takes place.
const NOW: u64 = 1_800_000_000;

const STRANGER: (&str, &str) = ("AKIASOMEBODYELSES123", "whatever");
const ACCOUNT: (&str, &str) = ("123456789012", "anything");

fn gateway(flags: &'static [&'static str]) -> TestGateway {
    let now = Timestamp::from_second(NOW.cast_signed()).unwrap();
    TestGateway::with(Setup { flags, clock: Clock::manual(now).0, ..Setup::default() })
}

const LENIENT: &[&str] = &[];
const STRICT: &[&str] = &["--auth", "strict"];
const OFF: &[&str] = &["--auth", "off"];

/// What the probe says of the sender, or the error.
fn whoami(gateway: &TestGateway, request: &str) -> String {
    let reply = gateway.ask(request);
    if reply.status == 200 { reply.body } else { reply.error() }
}

const MISMATCH: &str = "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature \
     you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const UNKNOWN_KEY: &str = "403 InvalidClientTokenId: The security token included in the request is invalid.";

#[test]
fn the_root_key_is_known_in_header_and_query() {
    for flags in [LENIENT, STRICT] {
        let gateway = gateway(flags);
        for place in [Place::Header, Place::Query] {
            let signer = Signer { place, ..Signer::root(NOW) };
            assert_eq!(whoami(&gateway, &signer.post("whoami")), "000000000000 us-east-1 Root", "{place:?}");
            let elsewhere = Signer { region: "eu-west-3", ..signer };
            assert_eq!(whoami(&gateway, &elsewhere.post("whoami")), "000000000000 eu-west-3 Root");
        }
    }
}

#[test]
fn a_known_key_with_a_wrong_signature_is_refused() {
    for flags in [LENIENT, STRICT] {
        let gateway = gateway(flags);
        for place in [Place::Header, Place::Query] {
            let wrong = Signer { key: (ROOT.0, "not the secret"), place, ..Signer::root(NOW) };
            assert_eq!(whoami(&gateway, &wrong.post("whoami")), MISMATCH);
            let right = Signer { place, ..Signer::root(NOW) };
            let altered = right.post("whoami").replace("\r\n\r\nwhoami", "\r\n\r\nWHOAMI");
            assert_eq!(whoami(&gateway, &altered), MISMATCH);
            // The scope is part of what was signed: it cannot be bent to another region.
            let bent = right.post("whoami").replace("us-east-1", "us-west-2");
            assert_eq!(whoami(&gateway, &bent), MISMATCH);
        }
    }
}

#[test]
fn a_signature_is_for_its_service_and_its_time() {
    let gateway = gateway(STRICT);
    let other = Signer { service: "s3", ..Signer::root(NOW) };
    assert_eq!(
        whoami(&gateway, &other.post("whoami")),
        "501 NotImplemented: Simfra does not have the service 's3' (yet)"
    );
    let old = Signer::root(NOW - 16 * 60).post("whoami");
    let expired = "403 SignatureDoesNotMatch: Signature expired: 20270115T074400Z is now earlier than \
                   20270115T074500Z (20270115T080000Z - 15 min.)";
    assert_eq!(whoami(&gateway, &old), expired);
    let early = whoami(&gateway, &Signer::root(NOW + 16 * 60).post("whoami"));
    assert!(early.starts_with("403 SignatureDoesNotMatch: Signature not yet current"), "{early}");
    let over = Signer { place: Place::Query, ..Signer::root(NOW - 301) };
    assert_eq!(whoami(&gateway, &over.post("whoami")), "400 RequestExpired: Request has expired.");
    let nowhere = Signer { region: "Not A Region", ..Signer::root(NOW) };
    let reply = whoami(&gateway, &nowhere.post("whoami"));
    assert_eq!(reply, "403 SignatureDoesNotMatch: Credential should be scoped to a valid region.");
}

#[test]
fn lenient_takes_any_other_credentials_and_none() {
    let gateway = gateway(LENIENT);
    for place in [Place::Header, Place::Query] {
        let stranger = Signer { key: STRANGER, place, region: "ap-south-1", ..Signer::root(5) };
        assert_eq!(whoami(&gateway, &stranger.post("whoami")), "000000000000 ap-south-1 Unverified");
        let account = Signer { key: ACCOUNT, token: Some("a-session"), ..stranger };
        assert_eq!(whoami(&gateway, &account.post("whoami")), "123456789012 ap-south-1 Unverified");
    }
    assert_eq!(whoami(&gateway, &probe("whoami")), "000000000000 us-east-1 Anonymous");
}

#[test]
fn strict_takes_known_keys_alone() {
    let gateway = gateway(STRICT);
    for key in [STRANGER, ACCOUNT] {
        assert_eq!(whoami(&gateway, &Signer { key, ..Signer::root(NOW) }.post("whoami")), UNKNOWN_KEY);
    }
    let temporary = Signer { token: Some("a-session"), ..Signer::root(NOW) };
    assert_eq!(whoami(&gateway, &temporary.post("whoami")), UNKNOWN_KEY);
    assert_eq!(
        whoami(&gateway, &probe("whoami")),
        "403 MissingAuthenticationToken: Request is missing Authentication Token"
    );
}

#[test]
fn off_asks_nothing() {
    let gateway = gateway(OFF);
    let wrong = Signer { key: (ROOT.0, "not the secret"), region: "eu-west-1", ..Signer::root(5) };
    assert_eq!(whoami(&gateway, &wrong.post("whoami")), "000000000000 eu-west-1 Unverified");
    let account = Signer { key: ACCOUNT, ..Signer::root(5) };
    assert_eq!(whoami(&gateway, &account.post("whoami")), "123456789012 us-east-1 Unverified");
    let garbage = post_with("X-Amz-Target: Probe.Ask\r\nAuthorization: garbage\r\n", "whoami");
    assert_eq!(whoami(&gateway, &garbage), "000000000000 us-east-1 Anonymous");
}

#[test]
fn a_signature_that_cannot_be_read_is_incomplete() {
    for flags in [LENIENT, STRICT] {
        let gateway = gateway(flags);
        for header in
            ["", "garbage", "Basic dXNlcjpwYXNz", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b"]
        {
            let request = post_with(&format!("Authorization: {header}\r\n"), "Action=X&Version=2015-02-02");
            let reply = whoami(&gateway, &request);
            assert!(reply.starts_with("400 IncompleteSignature: "), "{header}: {reply}");
        }
    }
}

#[test]
fn the_root_key_and_the_default_scope_are_the_users_to_choose() {
    let gateway = gateway(&[
        "--root-access-key-id",
        "AKIAMYVERYOWNKEY1234",
        "--root-secret-access-key",
        "hush",
        "--default-account-id",
        "111122223333",
        "--default-region",
        "eu-central-1",
        "--auth",
        "strict",
    ]);
    let own = Signer { key: ("AKIAMYVERYOWNKEY1234", "hush"), ..Signer::root(NOW) };
    assert_eq!(whoami(&gateway, &own.post("whoami")), "111122223333 us-east-1 Root");
    assert_eq!(whoami(&gateway, &Signer::root(NOW).post("whoami")), UNKNOWN_KEY);
}

#[test]
fn a_moved_clock_moves_what_is_expired() {
    let (clock, hand) = Clock::manual(Timestamp::from_second(NOW.cast_signed()).unwrap());
    let gateway = TestGateway::with(Setup { flags: STRICT, clock, ..Setup::default() });
    let request = Signer::root(NOW).post("whoami");
    assert_eq!(gateway.ask(&request).status, 200);
    hand.advance(Duration::from_mins(15));
    assert_eq!(gateway.ask(&request).status, 200);
    hand.advance(Duration::from_secs(1));
    assert_eq!(gateway.ask(&request).status, 403);
}
