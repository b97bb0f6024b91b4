//! The oracle is the signer of AWS's own SDK.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::sigv4::{Authorization, Carrier, PayloadHash, Scope, SignatureError, SigningKey};
use crate::{Fault, codes};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SIGNED: i64 = 1_600_000_000;

fn signed_at() -> Timestamp {
    Timestamp::from_second(SIGNED).unwrap()
}

fn request(method: &str, uri: &str) -> http::request::Builder {
    Request::builder().method(method).uri(uri).header("host", "localhost:4599")
}

fn settings(carrier: Carrier) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if carrier == Carrier::Query {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_mins(5));
    }
    settings
}

/// Signs as the SDK does and gives the request's head as the server sees it.
fn sign_with(
    request: http::request::Builder,
    body: &[u8],
    settings: SigningSettings,
    token: Option<&str>,
) -> Parts {
    sign_payload(request, SignableBody::Bytes(body), settings, token)
}

fn sign_payload(
    request: http::request::Builder,
    payload: SignableBody<'_>,
    settings: SigningSettings,
    token: Option<&str>,
) -> Parts {
    let identity = Credentials::new(ACCESS_KEY, SECRET, token.map(str::to_owned), None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("elasticache")
        .time(UNIX_EPOCH + Duration::from_secs(SIGNED.unsigned_abs()))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let mut request = request.body(()).unwrap();
    let headers: Vec<(&str, &str)> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let method = request.method().as_str();
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(method, uri, headers.into_iter(), payload).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request.into_parts().0
}

fn signed(carrier: Carrier) -> Parts {
    sign_with(request("POST", "/"), b"Action=Describe", settings(carrier), None)
}

fn verify(head: &Parts, body: &[u8]) -> Result<(), SignatureError> {
    verify_at(head, body, signed_at())
}

fn verify_at(head: &Parts, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
    let authorization = Authorization::parse(head)?.ok_or(SignatureError::Unsigned)?;
    let key = SigningKey::derive(SECRET, &authorization.credential.scope);
    authorization.verify(&key, head, &PayloadHash::of(body), now)
}

/// Changes the text of the `Authorization` header.
fn rewrite(head: &mut Parts, change: impl FnOnce(&str) -> String) {
    let header = head.headers.get_mut("authorization").unwrap();
    *header = HeaderValue::from_str(&change(header.to_str().unwrap())).unwrap();
}

#[test]
fn what_a_request_says_is_read() {
    for carrier in [Carrier::Header, Carrier::Query] {
        let head = sign_with(request("GET", "/?a=b"), b"", settings(carrier), Some("token/of+session=="));
        let authorization = Authorization::parse(&head).unwrap().unwrap();
        assert_eq!(authorization.carrier, carrier);
        assert_eq!(authorization.credential.access_key, ACCESS_KEY);
        let scope = &authorization.credential.scope;
        assert_eq!(scope.to_string(), "20200913/us-east-1/elasticache/aws4_request");
        assert_eq!(authorization.signed, signed_at());
        assert_eq!(authorization.security_token.as_ref().unwrap().expose(), "token/of+session==");
        assert!(!format!("{authorization:?}").contains("token/of"), "the token is in Debug");
        assert_eq!(verify(&head, b""), Ok(()));
    }
}

#[test]
fn an_unsigned_request_is_not_a_wrong_one() {
    let head = request("POST", "/?Action=X&X-Amz-Meta=1").body(()).unwrap().into_parts().0;
    assert_eq!(Authorization::parse(&head), Ok(None));
}

#[test]
fn whatever_is_signed_cannot_be_changed() {
    let body = b"Action=Describe";
    for carrier in [Carrier::Header, Carrier::Query] {
        assert_eq!(verify(&signed(carrier), body), Ok(()));
        assert_eq!(verify(&signed(carrier), b"Action=Delete"), Err(SignatureError::Mismatch));
        let mut head = signed(carrier);
        head.method = http::Method::GET;
        assert_eq!(verify(&head, body), Err(SignatureError::Mismatch));
        let mut head = signed(carrier);
        head.headers.insert("host", HeaderValue::from_static("example.com"));
        assert_eq!(verify(&head, body), Err(SignatureError::Mismatch));
        let mut head = signed(carrier);
        let uri = head.uri.to_string().replacen('/', "/x", 1);
        head.uri = uri.parse().unwrap();
        assert_eq!(verify(&head, body), Err(SignatureError::Mismatch));
        let mut head = signed(carrier);
        head.headers.remove("host");
        assert_eq!(verify(&head, body), Err(SignatureError::SignedHeaderMissing("host".to_owned())));
    }
}

#[test]
fn another_secret_or_scope_makes_another_signature() {
    let head = signed(Carrier::Header);
    let authorization = Authorization::parse(&head).unwrap().unwrap();
    let body = PayloadHash::of(b"Action=Describe");
    let scope = authorization.credential.scope.clone();
    let other_region = Scope { region: "eu-west-1".to_owned(), ..scope.clone() };
    for key in [SigningKey::derive("another", &scope), SigningKey::derive(SECRET, &other_region)] {
        assert_eq!(authorization.verify(&key, &head, &body, signed_at()), Err(SignatureError::Mismatch));
    }
    assert_eq!(scope.require_service("elasticache"), Ok(()));
    assert_eq!(scope.require_region("us-east-1"), Ok(()));
    let service = Fault::from(scope.require_service("ec2").unwrap_err());
    assert_eq!(service.message, "Credential should be scoped to correct service: 'ec2'.");
    assert_eq!(service.code, codes::SIGNATURE_DOES_NOT_MATCH);
    assert!(scope.require_region("eu-west-1").is_err());
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let head = signed(Carrier::Header);
    let at = |seconds| verify_at(&head, b"Action=Describe", signed_at() + SignedDuration::from_secs(seconds));
    for seconds in [-900, -1, 0, 900] {
        assert_eq!(at(seconds), Ok(()), "{seconds}");
    }
    let old = Fault::from(at(901).unwrap_err());
    assert_eq!(old.code, codes::SIGNATURE_DOES_NOT_MATCH);
    assert_eq!(
        old.message,
        "Signature expired: 20200913T122640Z is now earlier than 20200913T122641Z (20200913T124141Z - 15 min.)"
    );
    let new = Fault::from(at(-901).unwrap_err());
    assert_eq!(
        new.message,
        "Signature not yet current: 20200913T122640Z is still later than 20200913T122639Z (20200913T121139Z + 15 min.)"
    );
}

#[test]
fn a_presigned_request_expires_when_it_says() {
    let head = signed(Carrier::Query);
    let at = |seconds| verify_at(&head, b"Action=Describe", signed_at() + SignedDuration::from_secs(seconds));
    assert_eq!(at(300), Ok(()));
    assert_eq!(Fault::from(at(301).unwrap_err()).code, codes::REQUEST_EXPIRED);
    assert!(matches!(at(-901), Err(SignatureError::TooNew { .. })));
}

#[test]
fn missing_parts_of_the_header_are_all_named() {
    let mut head = signed(Carrier::Header);
    rewrite(&mut head, |_| "AWS4-HMAC-SHA256 SignedHeaders=host".to_owned());
    head.headers.remove("x-amz-date");
    let fault = Fault::from(verify(&head, b"").unwrap_err());
    assert_eq!(fault.code, codes::INCOMPLETE_SIGNATURE);
    assert_eq!(
        fault.message,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    );
}

#[test]
fn unreadable_headers_are_incomplete_signatures() {
    let texts = [
        "Bearer secret",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256x Credential=a/20200913/r/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential",
        "AWS4-HMAC-SHA256 Credential=a/20200913/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a//r/s/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20200913/r/s/aws4_request, SignedHeaders=host, Signature=0, Signature=1",
    ];
    for text in texts {
        let mut head = signed(Carrier::Header);
        rewrite(&mut head, |_| text.to_owned());
        let fault = Fault::from(verify(&head, b"").unwrap_err());
        assert_eq!(fault.code, codes::INCOMPLETE_SIGNATURE, "{text}");
        assert!(!fault.message.contains("secret"), "{}", fault.message);
    }
}

#[test]
fn headers_of_the_signature_come_once() {
    for name in ["authorization", "x-amz-date"] {
        let mut head = signed(Carrier::Header);
        let value = head.headers.get(name).unwrap().clone();
        head.headers.append(HeaderName::from_static(name), value);
        assert!(matches!(verify(&head, b"Action=Describe"), Err(SignatureError::Unreadable(_))), "{name}");
    }
    let mut head = signed(Carrier::Header);
    head.uri = signed(Carrier::Query).uri;
    assert!(matches!(verify(&head, b"Action=Describe"), Err(SignatureError::Unreadable(_))));
}

#[test]
fn the_host_must_be_signed_and_the_scope_must_be_of_the_day() {
    let mut head = signed(Carrier::Header);
    rewrite(&mut head, |text| text.replace("SignedHeaders=host;", "SignedHeaders="));
    assert_eq!(verify(&head, b"Action=Describe"), Err(SignatureError::HostNotSigned));
    let mut head = signed(Carrier::Header);
    rewrite(&mut head, |text| text.replace("/20200913/", "/20200914/"));
    assert!(matches!(verify(&head, b"Action=Describe"), Err(SignatureError::WrongScope(_))));
    let mut head = signed(Carrier::Header);
    rewrite(&mut head, |text| text.replace("aws4_request", "aws5_request"));
    assert!(matches!(verify(&head, b"Action=Describe"), Err(SignatureError::WrongScope(_))));
}

#[test]
fn a_presigned_query_is_complete() {
    let parameters =
        ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"];
    for missing in parameters {
        let mut head = signed(Carrier::Query);
        let uri = head.uri.to_string().replace(missing, "X-Other");
        head.uri = uri.parse().unwrap();
        assert_eq!(verify(&head, b"Action=Describe"), Err(SignatureError::MissingParameter(missing)));
    }
    for expires in ["0", "604801", "soon", "-1"] {
        let mut head = signed(Carrier::Query);
        let uri = head.uri.to_string().replace("X-Amz-Expires=300", &format!("X-Amz-Expires={expires}"));
        head.uri = uri.parse().unwrap();
        assert!(matches!(verify(&head, b"Action=Describe"), Err(SignatureError::Unreadable(_))), "{expires}");
    }
}

#[test]
fn a_client_may_send_the_digest_of_its_body() {
    let mut settings = settings(Carrier::Header);
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let head = sign_with(request("POST", "/"), b"body", settings, None);
    assert!(head.headers.contains_key("x-amz-content-sha256"));
    assert_eq!(verify(&head, b"body"), Ok(()));
    assert_eq!(verify(&head, b"other"), Err(SignatureError::WrongPayloadHash));
}

#[test]
fn a_client_may_leave_its_body_out() {
    let mut settings = settings(Carrier::Header);
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let head = sign_payload(request("POST", "/"), SignableBody::UnsignedPayload, settings, None);
    assert_eq!(head.headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    assert_eq!(verify(&head, b"any body"), Ok(()));
}

#[test]
fn parameters_of_the_signature_come_once() {
    for parameter in ["X-Amz-Signature=0", "X-Amz-Date=20200913T122640Z", "X-Amz-Expires=300"] {
        let mut head = signed(Carrier::Query);
        head.uri = format!("{}&{parameter}", head.uri).parse().unwrap();
        assert!(
            matches!(verify(&head, b"Action=Describe"), Err(SignatureError::Unreadable(_))),
            "{parameter}"
        );
    }
}

#[test]
fn the_date_header_stands_in_for_amazons() {
    for date in ["Sun, 13 Sep 2020 12:26:40 GMT", "20200913T122640Z"] {
        let mut head = signed(Carrier::Header);
        head.headers.remove("x-amz-date");
        head.headers.insert("date", HeaderValue::from_static(date));
        assert_eq!(Authorization::parse(&head).unwrap().unwrap().signed, signed_at(), "{date}");
    }
    let mut head = signed(Carrier::Header);
    head.headers.insert("x-amz-date", HeaderValue::from_static("2020-09-13T12:26:40Z"));
    assert!(matches!(Authorization::parse(&head), Err(SignatureError::Unreadable(_))));
}

/// A path as clients send it: encoded once.
fn paths() -> impl Strategy<Value = String> {
    proptest::collection::vec("[a-zA-Z0-9_.~%2F-]{0,6}|\\.|\\.\\.|", 0..5).prop_map(|segments| {
        let path = segments.iter().map(|segment| segment.replace('%', "%25")).collect::<Vec<_>>();
        format!("/{}", path.join("/"))
    })
}

fn queries() -> impl Strategy<Value = String> {
    proptest::collection::vec(("[a-zA-Z0-9 /+=&?~*'é-]{1,6}", "[ -~é]{0,8}"), 0..5)
        .prop_map(|pairs| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    // Few names, so that headers repeat; many spaces, which signing joins.
    proptest::collection::vec(("x-[ab]", "[!-~]( {0,3}[!-~]){0,4}"), 0..5)
}

proptest! {
    #[test]
    fn every_request_that_the_sdk_signs_is_verified(
        method in proptest::sample::select(vec!["GET", "POST", "PUT", "DELETE", "HEAD"]),
        path in paths(),
        query in queries(),
        headers in headers(),
        body in proptest::collection::vec(any::<u8>(), 0..40),
        presigned in any::<bool>(),
        token in proptest::option::of("[a-zA-Z0-9/+=]{1,30}"),
    ) {
        let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = request(method, &uri);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let carrier = if presigned { Carrier::Query } else { Carrier::Header };
        let head = sign_with(request, &body, settings(carrier), token.as_deref());
        prop_assert_eq!(verify(&head, &body), Ok(()));
    }

    #[test]
    fn no_header_or_query_makes_parsing_panic(header in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}", query in "(X-Amz-[ADCES][a-z]{3,12}=[!-~]{0,12}&){0,6}") {
        let uri = format!("/?{query}");
        let Ok(request) = Request::builder().uri(uri).header("authorization", header).body(()) else { return Ok(()) };
        let (mut head, ()) = request.into_parts();
        let _ = verify(&head, b"");
        head.headers.remove("authorization");
        let refused = verify(&head, b"");
        prop_assert!(refused.is_err());
    }
}
