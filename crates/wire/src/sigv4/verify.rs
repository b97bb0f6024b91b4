//! The comparison of a signature with the one that should be there.

use http::request::Parts;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::sigv4::key::hex;
use crate::sigv4::{ALGORITHM, Authorization, PayloadHash, SignatureError, SigningKey, canonical, moment};

impl Authorization {
    /// Verifies the signature of the request with `head` and a body of digest `body` at the time `now`; `key` is
    /// [derived](SigningKey::derive) from the secret for the credential's own scope.
    ///
    /// # Errors
    /// When the scope's day is not the one of signing, the request is too old or too new, a header that must be
    /// signed is not, or the signature is another one. The comparison takes the same time wherever they differ.
    pub fn verify(
        &self,
        key: &SigningKey,
        head: &Parts,
        body: &PayloadHash,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        self.check_time(now)?;
        if !self.signed_headers.iter().any(|name| name == "host") {
            return Err(SignatureError::HostNotSigned);
        }
        let expected = key.sign(&self.string_to_sign(&canonical::request(self, head, body)?));
        if bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes())) {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// Checks that the request is neither over nor ahead of its time at `now`, and its scope's day the one of signing: all
    /// that can be said without its key.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        self.credential.scope.require_day_of(self.signed)?;
        moment::check(self.signed, self.lifetime, now)
    }

    /// Step 2 of signing: algorithm, time, scope and the digest of the canonical request, a line each.
    fn string_to_sign(&self, canonical_request: &str) -> String {
        let time = moment::basic(self.signed);
        let digest = hex(&Sha256::digest(canonical_request.as_bytes()));
        format!("{ALGORITHM}\n{time}\n{}\n{digest}", self.credential.scope)
    }
}
