//! Requests of AWS's Query protocol, signed (Signature Version 4) before the clock runs: what a client's signing costs
//! is no part of any figure.

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// The key that Simfra knows.
pub(super) const KNOWN: Key = Key { id: "AKIABENCHBENCHBENCH0", secret: "the-secret-of-the-benchmark" };

/// A key that it does not know.
pub(super) const UNKNOWN: Key = Key { id: "AKIAUNKNOWNUNKNOWN00", secret: "somebody's" };

/// An access key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The access key id.
    pub(super) id: &'static str,
    /// The secret access key.
    pub(super) secret: &'static str,
}

/// The region of every request.
const REGION: &str = "us-east-1";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// `ElastiCache`'s API version.
const VERSION: &str = "2015-02-02";

/// One signed request, whole, as it goes over the wire to `host`. `age` seconds ago it was signed: so that the requests
/// of a batch differ.
pub(super) fn request(key: Key, host: &str, action: &str, members: &[(&str, &str)], age: i64) -> Vec<u8> {
    let mut body = format!("Action={action}&Version={VERSION}");
    for (name, value) in members {
        body += &format!("&{name}={}", escaped(value));
    }
    let date = (now() - jiff::SignedDuration::from_secs(age)).strftime("%Y%m%dT%H%M%SZ").to_string();
    let names = "content-type;host;x-amz-date";
    let canonical = format!(
        "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{date}\n\n{names}\n{}",
        hex(&Sha256::digest(body.as_bytes()))
    );
    let scope = format!("{}/{REGION}/elasticache/aws4_request", &date[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let signature = hex(&mac(&signing_key(key, &date[..8]), &text));
    format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nContent-Type: {CONTENT_TYPE}\r\n\
         User-Agent: simfra-bench\r\nX-Amz-Date: {date}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        key.id,
        body.len()
    )
    .into_bytes()
}

fn signing_key(key: Key, day: &str) -> Vec<u8> {
    let first = mac(format!("AWS4{}", key.secret).as_bytes(), day);
    [REGION, "elasticache", "aws4_request"].iter().fold(first, |key, word| mac(&key, word))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escaped(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value
        .bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "signatures carry the time, and xtask has no `Clock`")]
fn now() -> Timestamp {
    Timestamp::now()
}
