//! AWS's own signer, the oracle of our verification.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;

/// The default root key.
pub(crate) const ROOT: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

/// Where the signature goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    /// A presigned request, good for five minutes.
    Query,
}

/// What a request is signed with, and for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer {
    pub(crate) key: (&'static str, &'static str),
    pub(crate) token: Option<&'static str>,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) place: Place,
}

impl Signer {
    /// The root key, for the probe in the default region.
    pub(crate) fn root(at: u64) -> Self {
        Self { key: ROOT, token: None, region: "us-east-1", service: "probe", at, place: Place::Header }
    }

    /// A POST of `body`, signed, as bytes.
    pub(crate) fn post(&self, body: &str) -> String {
        let mut settings = SigningSettings::default();
        if self.place == Place::Query {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_mins(5));
        }
        let (id, secret) = self.key;
        let identity = Credentials::new(id, secret, self.token.map(str::to_owned), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(self.at))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = "http://localhost:4599/";
        let mut request = Request::post(uri).header("host", "localhost:4599").body(()).unwrap();
        let headers = [("host", "localhost:4599")].into_iter();
        let signable =
            SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body.as_bytes())).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        let target = request.uri().path_and_query().unwrap();
        let headers: String = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()))
            .collect();
        format!("POST {target} HTTP/1.1\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
    }
}
