//! Why a signature is refused, and AWS's wording for it.

use jiff::Timestamp;

use crate::sigv4::SKEW_SECONDS;
use crate::sigv4::moment::basic;
use crate::{Fault, codes};

/// Why a request is not authenticated.
///
/// No variant repeats the header, the signature or a header's value: a message must not carry credentials. AWS
/// itself repeats some of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("Request is missing Authentication Token")]
    Unsigned,
    /// The caller knows no such access key.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The `Authorization` header lacks parts, named with their quotes: `'Signature'`.
    #[error("{}", requires(.0))]
    MissingParts(Vec<&'static str>),
    /// The presigned query lacks a parameter.
    #[error("AWS query-string parameters must include '{0}'. Re-examine the query-string parameters.")]
    MissingParameter(&'static str),
    /// A part can be read in two ways or in none.
    #[error("{0}")]
    Unreadable(&'static str),
    /// The credential's scope does not fit the request.
    #[error("{0}")]
    WrongScope(String),
    /// `host` is not signed.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// A header is said to be signed and is not there.
    #[error("The header '{0}' is a 'SignedHeader' in the AWS Authorization and is not in the request.")]
    SignedHeaderMissing(String),
    /// The client's digest of the body is not the body's.
    #[error("The value of 'x-amz-content-sha256' does not match the SHA-256 of the body that was received.")]
    WrongPayloadHash,
    /// The signature was made too long ago.
    #[error("{}", too_old(*.signed, *.now))]
    TooOld {
        /// When the request was signed.
        signed: Timestamp,
        /// The verifier's time.
        now: Timestamp,
    },
    /// The signature is for the future.
    #[error("{}", too_new(*.signed, *.now))]
    TooNew {
        /// When the request says it was signed.
        signed: Timestamp,
        /// The verifier's time.
        now: Timestamp,
    },
    /// The presigned request's own time is over.
    #[error("Request has expired.")]
    Expired,
    /// The signature is another one.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl From<SignatureError> for Fault {
    fn from(error: SignatureError) -> Self {
        let code = match &error {
            SignatureError::Unsigned => codes::MISSING_AUTHENTICATION_TOKEN,
            SignatureError::UnknownKey => codes::INVALID_CLIENT_TOKEN_ID,
            SignatureError::MissingParts(_)
            | SignatureError::MissingParameter(_)
            | SignatureError::Unreadable(_) => codes::INCOMPLETE_SIGNATURE,
            SignatureError::Expired => codes::REQUEST_EXPIRED,
            SignatureError::WrongScope(_)
            | SignatureError::HostNotSigned
            | SignatureError::SignedHeaderMissing(_)
            | SignatureError::WrongPayloadHash
            | SignatureError::TooOld { .. }
            | SignatureError::TooNew { .. }
            | SignatureError::Mismatch => codes::SIGNATURE_DOES_NOT_MATCH,
        };
        Self::new(code, error.to_string())
    }
}

/// AWS joins one sentence a part.
fn requires(parts: &[&str]) -> String {
    let sentence = |part: &&str| format!("Authorization header requires {part}.");
    parts.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn too_old(signed: Timestamp, now: Timestamp) -> String {
    let earliest = now.saturating_sub(skew()).map_or_else(|_| String::new(), basic);
    let (signed, now) = (basic(signed), basic(now));
    format!("Signature expired: {signed} is now earlier than {earliest} ({now} - {} min.)", SKEW_SECONDS / 60)
}

fn too_new(signed: Timestamp, now: Timestamp) -> String {
    let latest = now.saturating_add(skew()).map_or_else(|_| String::new(), basic);
    let (signed, now) = (basic(signed), basic(now));
    format!(
        "Signature not yet current: {signed} is still later than {latest} ({now} + {} min.)",
        SKEW_SECONDS / 60
    )
}

fn skew() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(SKEW_SECONDS)
}
