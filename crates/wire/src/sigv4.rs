//! Verification of AWS Signature Version 4, in the `Authorization` header and in presigned query strings.
//!
//! Pure functions over a request's head, the digest of its body, a key and a time. The steps and their names are those
//! of "Create a signed AWS API request" in the IAM user guide; each function cites its step. Who owns a key, and
//! whether an unsigned request may pass, is the caller's to decide.
//!
//! ```
//! use wire::sigv4::{Authorization, PayloadHash, SignatureError, SigningKey};
//!
//! /// Who sent the request, when the one key that there is signed it.
//! fn authenticate(
//!     head: &http::request::Parts,
//!     body: &[u8],
//!     secret: &str,
//!     now: wire::Timestamp,
//! ) -> Result<String, SignatureError> {
//!     let authorization = Authorization::parse(head)?.ok_or(SignatureError::Unsigned)?;
//!     let key = SigningKey::derive(secret, &authorization.credential.scope); // worth caching
//!     authorization.verify(&key, head, &PayloadHash::of(body), now)?;
//!     Ok(authorization.credential.access_key)
//! }
//! ```

mod authorization;
mod canonical;
mod credential;
mod error;
mod key;
mod moment;
#[cfg(test)]
mod tests;
mod verify;

pub use authorization::{Authorization, Carrier};
pub use canonical::PayloadHash;
pub use credential::{Credential, Scope};
pub use error::SignatureError;
pub use key::SigningKey;
pub use moment::SKEW_SECONDS;

/// The one algorithm that is verified. AWS's asymmetric variant needs the client's public key, which a simulator lacks.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
