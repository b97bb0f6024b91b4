//! Step 1 of signing: the canonical request.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::HOST;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use sha2::{Digest as _, Sha256};

use crate::sigv4::key::hex;
use crate::sigv4::{Authorization, Carrier, SignatureError};

/// What `UriEncode` escapes: all but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a path the slashes stay.
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.remove(b'/');

const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// The value of [`CONTENT_SHA256`] that leaves the body out of the signature.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The SHA-256 of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadHash(String);

impl PayloadHash {
    /// The digest of `body`, which is the body as it came, compressed where the client compressed it.
    pub fn of(body: &[u8]) -> Self {
        Self(hex(&Sha256::digest(body)))
    }
}

/// The canonical request: method, path, query, headers, the headers' names and the body's digest, a line each.
pub(super) fn request(
    authorization: &Authorization,
    head: &Parts,
    body: &PayloadHash,
) -> Result<String, SignatureError> {
    let method = head.method.as_str();
    let path = path(head.uri.path());
    let query = query(head.uri.query().unwrap_or_default(), authorization.carrier);
    let headers = headers(&authorization.signed_headers, head)?;
    let names = authorization.signed_headers.join(";");
    let payload = payload(&head.headers, body)?;
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{payload}"))
}

/// `CanonicalUri`: the path without dot segments and empty segments (RFC 3986, 5.2.4), encoded once more than it was
/// sent, as all services but S3 want it.
pub(super) fn path(sent: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in sent.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let open = ["/", "/.", "/.."].iter().any(|end| sent.ends_with(end)) && !kept.is_empty();
    let path = format!("/{}{}", kept.join("/"), if open { "/" } else { "" });
    percent_encode(path.as_bytes(), ESCAPED_IN_PATH).to_string()
}

/// `CanonicalQueryString`: names and values encoded in one way, sorted; the signature itself is not part of it.
pub(super) fn query(sent: &str, carrier: Carrier) -> String {
    let mut pairs: Vec<(String, String)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (reencode(name), reencode(value)))
        .filter(|(name, _)| carrier == Carrier::Header || name != "X-Amz-Signature")
        .collect();
    pairs.sort_unstable();
    let joined: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    joined.join("&")
}

fn reencode(sent: &str) -> String {
    let spaced = sent.replace('+', " ");
    let decoded: Cow<'_, [u8]> = percent_decode(spaced.as_bytes()).into();
    percent_encode(&decoded, ESCAPED).to_string()
}

/// `CanonicalHeaders`: each signed header's name and values on a line.
fn headers(signed: &[String], head: &Parts) -> Result<String, SignatureError> {
    let mut lines = String::new();
    for name in signed {
        let mut values: Vec<String> =
            head.headers.get_all(name.as_str()).iter().map(|value| trimmed(value.as_bytes())).collect();
        if values.is_empty() {
            // HTTP/2 carries the host elsewhere.
            let authority = head.uri.authority().filter(|_| *name == HOST.as_str());
            let authority = authority.ok_or_else(|| SignatureError::SignedHeaderMissing(name.clone()))?;
            values.push(authority.to_string());
        }
        lines += &format!("{name}:{}\n", values.join(","));
    }
    Ok(lines)
}

/// `Trim`: no spaces at the ends, single ones within. Bytes that are not UTF-8 cannot have been signed by any client.
fn trimmed(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `HashedPayload`: the body's digest. A client that sends its own digest must have the right one; it may say that it
/// left the body out.
fn payload(headers: &HeaderMap, body: &PayloadHash) -> Result<String, SignatureError> {
    match headers.get(CONTENT_SHA256).map(http::HeaderValue::as_bytes) {
        Some(sent) if sent == UNSIGNED_PAYLOAD.as_bytes() => Ok(UNSIGNED_PAYLOAD.to_owned()),
        Some(sent) if sent != body.0.as_bytes() => Err(SignatureError::WrongPayloadHash),
        _ => Ok(body.0.clone()),
    }
}
